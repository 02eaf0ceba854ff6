//! Receipts: an entry is on the log, since when, and who sealed it (SPEC section 11.3).

use crate::codec::{Canonical, CodecDefect, invalid};
use crate::eco_file::{FileDefect, FileKind, unwrap, wrap};
use crate::entry::SignedEntry;
use crate::header::Header;
use crate::limits::{PROOF_HASHES_MAX, RECEIPT_BYTES_MAX};
use crate::log::{LogHash, LogProofDefect, leaf_hash, verify_inclusion};
use crate::name::{Height, Timestamp};
use crate::seal::Seal;
use crate::sign::SignatureDefect;
use crate::slim::{NetworkHint, SlimHeader};
use crate::trust::{TrustDefect, TrustRoot};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// An entry, its inclusion proof, and a sealed header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entry.
    pub entry: SignedEntry,
    /// Its place on the log.
    pub index: u64,
    /// Siblings from the leaf to the root of the header's log tree.
    pub path: Vec<LogHash>,
    /// The header.
    pub header: Header,
    /// Its seal.
    pub seal: Seal,
}

/// What a receipt says about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dating {
    /// The entry is one of the header's own block: recorded at that height and time.
    Dated {
        /// Height of its block.
        height: Height,
        /// Time of its block.
        time: Timestamp,
    },
    /// The entry was on the log by that height; when it came is not shown.
    ExistenceOnly {
        /// Height of the header.
        height: Height,
        /// Time of the header.
        time: Timestamp,
    },
}

/// A receipt that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptDefect {
    /// Not a receipt file.
    #[error(transparent)]
    File(#[from] FileDefect),
    /// Of another network, by the hint in the file.
    #[error("the receipt is of a network whose id begins {found}, the trust root is for {expected}")]
    OtherNetwork {
        /// The trust root's.
        expected: crate::sign::NetworkId,
        /// First 16 hex digits in the file.
        found: alloc::string::String,
    },
    /// The entry inside is not canonical.
    #[error("the entry in the receipt: {0}")]
    Entry(CodecDefect),
    /// A signature on the entry does not hold.
    #[error("the entry in the receipt: {0}")]
    EntrySignature(SignatureDefect),
    /// Header or seal do not hold under the trust root.
    #[error(transparent)]
    Trust(#[from] TrustDefect),
    /// The entry is not under the header's log root.
    #[error("the entry is not on the sealed log at index {index}: {defect}")]
    Inclusion {
        /// Claimed place.
        index: u64,
        /// What fails.
        defect: LogProofDefect,
    },
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Wire {
    network: NetworkHint,
    header: SlimHeader,
    seal: Seal,
    index: u64,
    path: Vec<LogHash>,
    /// The signed entry without the 32 bytes of network id after its version byte.
    entry: Vec<u8>,
}

impl Canonical for Wire {
    const NAME: &'static str = "receipt";
    const BYTES_MAX: usize = RECEIPT_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.path.len() > PROOF_HASHES_MAX {
            return Err(invalid::<Self>("an inclusion proof has at most 64 hashes"));
        }
        self.seal.check()
    }
}

/// Where the network id stands in a signed entry: after the version byte.
const NETWORK_AT: usize = 1;

impl Receipt {
    /// The bytes of the `.eco` file.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let full = self.entry.as_bytes();
        let mut entry = full.get(..NETWORK_AT).unwrap_or_default().to_vec();
        entry.extend_from_slice(full.get(NETWORK_AT + 32..).unwrap_or_default());
        wrap(
            FileKind::Receipt,
            &Wire {
                network: NetworkHint::of(&self.header.network),
                header: SlimHeader::of(&self.header),
                seal: self.seal.clone(),
                index: self.index,
                path: self.path.clone(),
                entry,
            },
        )
    }

    /// Reads an `.eco` file under a trust root, which supplies the ids left out. Nothing is verified yet.
    ///
    /// # Errors
    /// Not a receipt, of another network, or of an epoch that the trust root does not know.
    pub fn from_file(bytes: &[u8], trust: &TrustRoot) -> Result<Self, ReceiptDefect> {
        let wire: Wire = unwrap(FileKind::Receipt, bytes)?;
        if wire.network != NetworkHint::of(&trust.network()) {
            let found = wire.network.0.iter().map(|b| alloc::format!("{b:02x}")).collect();
            return Err(ReceiptDefect::OtherNetwork { expected: trust.network(), found });
        }
        let mut full = wire.entry.get(..NETWORK_AT).unwrap_or_default().to_vec();
        full.extend_from_slice(trust.network().as_bytes());
        full.extend_from_slice(wire.entry.get(NETWORK_AT..).unwrap_or_default());
        let entry = SignedEntry::decode(&full).map_err(ReceiptDefect::Entry)?;
        let header = wire.header.fill(trust)?;
        Ok(Self { entry, index: wire.index, path: wire.path, header, seal: wire.seal })
    }

    /// Checks everything: entry signatures, inclusion, header, seal.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(&self, trust: &TrustRoot) -> Result<Dating, ReceiptDefect> {
        trust.verify_sealed(&self.header, &self.seal)?;
        let leaf = leaf_hash(self.entry.as_bytes());
        verify_inclusion(&leaf, self.index, self.header.tree_size, &self.path, &self.header.log_root)
            .map_err(|defect| ReceiptDefect::Inclusion { index: self.index, defect })?;
        self.entry.clone().verify().map_err(ReceiptDefect::EntrySignature)?;
        let Header { height, time, .. } = self.header;
        Ok(if self.header.holds(self.index) { Dating::Dated { height, time } } else { Dating::ExistenceOnly { height, time } })
    }

    /// C2SP tlog-proof text (SPEC 11.6): index, path, checkpoint.
    #[must_use]
    pub fn to_tlog_proof(&self, trust: &TrustRoot) -> Option<Vec<u8>> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let set = &trust.epoch(self.header.epoch).ok()?.validators;
        let mut text = alloc::format!("c2sp.org/tlog-proof@v1\nindex {}\n", self.index);
        for hash in &self.path {
            text.push_str(&STANDARD.encode(hash.as_bytes()));
            text.push('\n');
        }
        text.push('\n');
        let mut out = text.into_bytes();
        out.extend_from_slice(&crate::checkpoint::signed_note(&trust.origin(), &self.header, &self.seal, set));
        Some(out)
    }
}
