//! Entries by members of a test network, for stories and load: a file's fingerprint, recorded as such.

use eco_core::Fingerprint;
use eco_core::codec::CodecDefect;
use eco_core::document::DocumentKind;
use eco_core::entry::{Entry, EntrySignature, SignedEntry};
use eco_core::name::{OrgId, Timestamp};
use eco_core::sign::{NetworkId, PublicKey, Signature};
use eco_core::statement::{Anchor, Statement};

/// How long such an entry may take to get on the log.
const VALID_FOR_MS: u64 = 3_600_000;

/// Whose entries they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The network.
    pub network: NetworkId,
    /// The member's permanent name.
    pub organisation: OrgId,
    /// Its key for entries.
    pub key: PublicKey,
}

impl Author {
    /// An entry that records some bytes; `sign` signs a message with the author's key.
    ///
    /// # Errors
    /// The entry breaks a structural rule.
    pub fn record(&self, content: &[u8], now: Timestamp, sign: impl FnOnce(&[u8]) -> Signature) -> Result<SignedEntry, CodecDefect> {
        let anchor = Anchor {
            fingerprint: Fingerprint::of_file(content),
            kind: DocumentKind::Other,
            signature_hash: None,
            reference: None,
            product_keys: vec![],
            links: vec![],
            summary: None,
            valid_from: None,
            valid_until: None,
            supersedes: None,
        };
        let entry = Entry {
            version: 1,
            network: self.network,
            author: self.organisation,
            agent: None,
            not_after: now.plus_ms(VALID_FOR_MS),
            statement: Statement::Anchor(anchor),
        };
        let signature = sign(&entry.message());
        SignedEntry::new(entry, vec![EntrySignature { key: self.key, signature }])
    }
}
