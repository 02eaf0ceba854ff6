//! The checkpoint text that a precommit signs (SPEC section 9.3; C2SP tlog-checkpoint).
//!
//! ```text
//! eco.example/main/0f3c9a1b22d4e5f6
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! eco1 1044 0 yQCwoyU5bZ3mDcI4a0Y1r5bG4oXQ8mY0Gk5Zq2Zb0aE=
//! ```
//!
//! It is built from header and round, never parsed.

use crate::header::{BlockId, Header};
use crate::log::LogHash;
use crate::name::{Height, NetworkName, OrgId, Round};
use crate::sign::{NetworkId, PublicKey};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The first line: network name, `/`, first 16 hex digits of the network id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin of a network.
    #[must_use]
    pub fn of(name: &NetworkName, network: &NetworkId) -> Self {
        let id = format!("{network}");
        Self(format!("{name}/{}", id.get(..16).unwrap_or_default()))
    }
    /// The line, without line feed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The signed-note key name of a validator of an organisation.
    #[must_use]
    pub fn key_name(&self, organisation: &OrgId) -> String {
        format!("{}/v/{organisation}", self.0)
    }
}

/// The head that a vote is for: all of the checkpoint text but origin, height and round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct ProposedHead {
    /// The block.
    pub block: BlockId,
    /// Entries on the log after it.
    pub tree_size: u64,
    /// Log root after it.
    pub log_root: LogHash,
}

impl Header {
    /// The head that votes for this block are for.
    #[must_use]
    pub fn head(&self) -> ProposedHead {
        ProposedHead { block: self.id(), tree_size: self.tree_size, log_root: self.log_root }
    }
}

/// The text of a block's checkpoint in one round: what a seal's signatures are over.
#[must_use]
pub fn note_text(origin: &Origin, header: &Header, round: Round) -> Vec<u8> {
    head_text(origin, header.height, round, &header.head())
}

/// The same, from the head alone: what a precommit signs.
#[must_use]
pub fn head_text(origin: &Origin, height: Height, round: Round, head: &ProposedHead) -> Vec<u8> {
    format!(
        "{}\n{}\n{}\neco1 {height} {round} {}\n",
        origin.as_str(),
        head.tree_size,
        STANDARD.encode(head.log_root.as_bytes()),
        STANDARD.encode(head.block.as_bytes()),
    )
    .into_bytes()
}

/// Type byte of a plain Ed25519 signature in C2SP signed-note.
const NOTE_ED25519: u8 = 1;

/// The 4-byte key id of C2SP signed-note: SHA-256(name, LF, type, key), first 4 bytes.
#[must_use]
pub fn note_key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let digest = Sha256::new().chain_update(name).chain_update([b'\n', NOTE_ED25519]).chain_update(key.as_bytes()).finalize();
    let mut id = [0u8; 4];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    id
}

/// A verifier key line of C2SP signed-note: `name+keyid+base64(type, key)`.
#[must_use]
pub fn note_verifier_key(name: &str, key: &PublicKey) -> String {
    let id = u32::from_be_bytes(note_key_id(name, key));
    let mut typed = alloc::vec![NOTE_ED25519];
    typed.extend_from_slice(key.as_bytes());
    format!("{name}+{id:08x}+{}", STANDARD.encode(typed))
}

/// A signed checkpoint: the text, a blank line, and a line per signature of the seal.
#[must_use]
pub fn signed_note(origin: &Origin, header: &Header, seal: &crate::seal::Seal, set: &crate::seal::ValidatorSet) -> Vec<u8> {
    let mut note = note_text(origin, header, seal.round);
    note.push(b'\n');
    for signature in &seal.signatures {
        let Some(validator) = set.validators().get(usize::from(signature.validator)) else { continue };
        let name = origin.key_name(&validator.organisation);
        let mut blob = note_key_id(&name, &validator.key).to_vec();
        blob.extend_from_slice(&signature.signature.0);
        note.extend_from_slice(format!("\u{2014} {name} {}\n", STANDARD.encode(blob)).as_bytes());
    }
    note
}
