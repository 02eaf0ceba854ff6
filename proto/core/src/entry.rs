//! Entries: a statement with its author, bound to one network, with signatures. One entry is one leaf.

use crate::codec::{Canonical, CodecDefect, ascending, decode, encode, invalid};
use crate::document::DocumentId;
use crate::hash::{derive, id32};
use crate::limits::{SIGNATURES_MAX, SIGNED_ENTRY_BYTES_MAX};
use crate::name::{OrgId, Revision, Timestamp};
use crate::sign::{MessageKind, NetworkId, PreparedKey, PublicKey, Signature, SignatureDefect, message};
use crate::state::RecordKey;
use crate::statement::Statement;
use alloc::boxed::Box;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The entry version written by this software.
pub const ENTRY_VERSION: u8 = 1;

id32! {
    /// The intent: network, author and statement, whatever key signed it and until when.
    EntryId
}

/// A statement by an author, for one network.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Entry {
    /// Format version, 1.
    pub version: u8,
    /// The network it is meant for; on another it is refused.
    pub network: NetworkId,
    /// Who says it.
    pub author: OrgId,
    /// Who acts for the author, if another organisation does.
    pub agent: Option<OrgId>,
    /// If it is not on the log by then, it never will be.
    pub not_after: Timestamp,
    /// What is said.
    pub statement: Statement,
}

impl Entry {
    /// The intent's id.
    #[must_use]
    pub fn id(&self) -> EntryId {
        EntryId(derive("eco-notary/v1 entry", &[self.network.as_bytes(), self.author.as_str().as_bytes(), &encode(&self.statement)]))
    }

    /// The document that the statement is about; none where it is about no document, or is not known.
    #[must_use]
    pub fn document(&self) -> Option<DocumentId> {
        match &self.statement {
            Statement::Anchor(anchor) => Some(DocumentId::of(&self.author, &anchor.fingerprint)),
            Statement::ChangeStatus(change) => Some(change.document),
            Statement::Attest(attest) => Some(attest.document),
            Statement::WithdrawAttest(withdrawal) => Some(withdrawal.document),
            Statement::Present(present) => Some(present.document),
            Statement::Recognise(_) | Statement::WithdrawRecognise(_) | Statement::Unknown { .. } => None,
        }
    }

    /// The record whose revision the statement names, and that revision: of two entries that name the same, one enters.
    /// None for an Anchor, whose document must not exist.
    #[must_use]
    pub fn base(&self) -> Option<(RecordKey, Revision)> {
        match &self.statement {
            Statement::Anchor(_) | Statement::Unknown { .. } => None,
            Statement::ChangeStatus(change) => Some((RecordKey::Document(change.document), change.base)),
            Statement::Attest(attest) => Some((RecordKey::Attestation(attest.document, self.author), attest.base)),
            Statement::WithdrawAttest(withdrawal) => Some((RecordKey::Attestation(withdrawal.document, self.author), withdrawal.base)),
            Statement::Recognise(row) => Some((RecordKey::Recognitions(row.scope, row.body), row.base)),
            Statement::WithdrawRecognise(w) => Some((RecordKey::Recognition(w.scope, w.body, w.number), w.base)),
            Statement::Present(p) => Some((RecordKey::Presentation(p.document, self.author, p.declaration), p.base)),
        }
    }

    /// The bytes that author, agent or approvers sign.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        message(MessageKind::Entry, &self.network, &encode(self))
    }
}

/// One signature on an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct EntrySignature {
    /// The key.
    pub key: PublicKey,
    /// Over [`Entry::message`].
    pub signature: Signature,
}

impl Canonical for Entry {
    const NAME: &'static str = "entry";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.version != ENTRY_VERSION {
            return Err(invalid::<Self>("version is not 1"));
        }
        self.statement.check()
    }
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Wire {
    entry: Entry,
    signatures: Vec<EntrySignature>,
}

impl Canonical for Wire {
    const NAME: &'static str = "signed entry";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.signatures.is_empty() || self.signatures.len() > SIGNATURES_MAX {
            return Err(invalid::<Self>("an entry has 1 to 64 signatures"));
        }
        let keys: Vec<PublicKey> = self.signatures.iter().map(|s| s.key).collect();
        if !ascending(&keys) {
            return Err(invalid::<Self>("signatures must be strictly ascending by key"));
        }
        self.entry.check()
    }
}

/// An entry and its signatures, with the exact bytes that are the leaf data of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEntry {
    entry: Entry,
    signatures: Vec<EntrySignature>,
    id: EntryId,
    bytes: Box<[u8]>,
}

impl SignedEntry {
    /// Reads canonical bytes. Signatures are not verified here.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecDefect> {
        let Wire { entry, signatures } = decode(bytes)?;
        let id = entry.id();
        Ok(Self { entry, signatures, id, bytes: bytes.into() })
    }

    /// Puts an entry and its signatures together; sorts them.
    ///
    /// # Errors
    /// No signature, too many, two by one key, or an entry that breaks a structural rule.
    pub fn new(entry: Entry, mut signatures: Vec<EntrySignature>) -> Result<Self, CodecDefect> {
        signatures.sort();
        let bytes = encode(&Wire { entry, signatures });
        Self::decode(&bytes)
    }

    /// The entry.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }
    /// Its signatures, ascending by key.
    #[must_use]
    pub fn signatures(&self) -> &[EntrySignature] {
        &self.signatures
    }
    /// The intent's id.
    #[must_use]
    pub const fn id(&self) -> EntryId {
        self.id
    }
    /// The exact bytes: leaf data of the log.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies every signature. What the keys may say is a question for the registry.
    ///
    /// # Errors
    /// The first signature that does not hold.
    pub fn verify(self) -> Result<Verified, SignatureDefect> {
        self.verify_with(PublicKey::prepare)
    }

    /// The same, with keys that were prepared before. `prepare` may remember; what it gives for another key is not used.
    ///
    /// # Errors
    /// The first signature that does not hold.
    pub fn verify_with(
        self,
        mut prepare: impl FnMut(&PublicKey) -> Result<PreparedKey, SignatureDefect>,
    ) -> Result<Verified, SignatureDefect> {
        let message = self.entry.message();
        for EntrySignature { key, signature } in &self.signatures {
            let prepared = prepare(key)?;
            let own = if prepared.key() == key { prepared } else { key.prepare()? };
            own.verify(&message, signature)?;
        }
        Ok(Verified(self))
    }
}

impl BorshSerialize for SignedEntry {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        writer.write_all(&self.bytes)
    }
}
impl BorshDeserialize for SignedEntry {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let wire = Wire::deserialize_reader(reader)?;
        let bytes = borsh::to_vec(&wire)?;
        Self::decode(&bytes).map_err(|e| crate::codec::refuse(&alloc::string::ToString::to_string(&e)))
    }
}

/// A signed entry whose signatures verify. Only [`SignedEntry::verify`] makes one, or a cache that
/// compared the whole signed entry with one that it had verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified(SignedEntry);

impl Verified {
    /// The entry.
    #[must_use]
    pub const fn signed(&self) -> &SignedEntry {
        &self.0
    }
    /// The entry, by value.
    #[must_use]
    pub fn into_signed(self) -> SignedEntry {
        self.0
    }
    /// The same intent in the same bytes, already verified before: a cache hit compares all bytes.
    #[must_use]
    pub fn same_as(&self, other: &SignedEntry) -> bool {
        self.0.bytes == other.bytes
    }
}
