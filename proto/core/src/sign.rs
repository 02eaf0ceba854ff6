//! Signatures: the one verification rule, and what is signed (SPEC section 5).

use crate::hash::{id32, write_hex};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize, io};
use core::fmt;
use ed25519_dalek::VerifyingKey;

id32! {
    /// A network: BLAKE3 of its genesis bytes.
    NetworkId
}

/// What a message of ours is: part of its prefix, so that none can pass for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// An entry, by its author, agent or approvers.
    Entry,
    /// Proof of possession of a key that enters the registry.
    Possession,
    /// A prevote, for a head or for nothing.
    Prevote,
    /// A precommit for nothing. A precommit for a head signs the checkpoint text instead.
    NilPrecommit,
    /// A proposal of the engine.
    Proposal,
    /// The first part of a proposed block.
    ProposalInit,
}

impl MessageKind {
    /// All kinds.
    pub const ALL: &'static [Self] =
        &[Self::Entry, Self::Possession, Self::Prevote, Self::NilPrecommit, Self::Proposal, Self::ProposalInit];

    /// The last segment of the prefix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Possession => "possession",
            Self::Prevote => "prevote",
            Self::NilPrecommit => "nil-precommit",
            Self::Proposal => "proposal",
            Self::ProposalInit => "proposal-init",
        }
    }
}

/// The bytes that are signed: `eco-notary/v1/<kind>`, 0x00, network id, body.
#[must_use]
pub fn message(kind: MessageKind, network: &NetworkId, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64usize.saturating_add(body.len()));
    out.extend_from_slice(b"eco-notary/v1/");
    out.extend_from_slice(kind.name().as_bytes());
    out.push(0);
    out.extend_from_slice(network.as_bytes());
    out.extend_from_slice(body);
    out
}

/// The algorithm tag of Ed25519. 2 (P-256), 3 (ML-DSA-44) and 4 (SM2) are reserved and refused.
pub const ALGORITHM_ED25519: u8 = 1;

/// A public key with its algorithm. Encoded as tag, then 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct PublicKey {
    algorithm: u8,
    bytes: [u8; 32],
}

impl PublicKey {
    /// An Ed25519 key; canonical form is checked by [`PublicKey::check_admissible`].
    #[must_use]
    pub const fn ed25519(bytes: [u8; 32]) -> Self {
        Self { algorithm: ALGORITHM_ED25519, bytes }
    }

    /// The 32 key bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The registry's rule for a key: a canonical encoding of a point that is not of small order.
    ///
    /// # Errors
    /// Which part of the rule is broken.
    pub fn check_admissible(&self) -> Result<(), SignatureDefect> {
        self.point().map(|_| ())
    }

    fn point(&self) -> Result<VerifyingKey, SignatureDefect> {
        let key = VerifyingKey::from_bytes(&self.bytes).map_err(|_| SignatureDefect::KeyNotAPoint { key: *self })?;
        // Decompression reduces y modulo p, so a second encoding of the same point re-encodes differently.
        if key.to_edwards().compress().to_bytes() != self.bytes {
            return Err(SignatureDefect::KeyNotCanonical { key: *self });
        }
        if key.is_weak() {
            return Err(SignatureDefect::KeyOfSmallOrder { key: *self });
        }
        Ok(key)
    }
}

impl BorshDeserialize for PublicKey {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        match u8::deserialize_reader(reader)? {
            ALGORITHM_ED25519 => Ok(Self::ed25519(<[u8; 32]>::deserialize_reader(reader)?)),
            2..=4 => Err(crate::codec::refuse("key algorithm reserved, not supported by this version")),
            _ => Err(crate::codec::refuse("unknown key algorithm")),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed25519:")?;
        write_hex(&self.bytes, f)
    }
}
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A text that is not `ed25519:<64 hex>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a public key is written ed25519: and 64 lower-case hex digits")]
pub struct PublicKeyTextDefect;

impl core::str::FromStr for PublicKey {
    type Err = PublicKeyTextDefect;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("ed25519:").ok_or(PublicKeyTextDefect)?;
        crate::hash::parse_hex32(digits).map(Self::ed25519).map_err(|_| PublicKeyTextDefect)
    }
}

/// 64 signature octets (R, s); the algorithm is that of the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(")?;
        write_hex(&self.0, f)?;
        f.write_str(")")
    }
}

/// A key or signature that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureDefect {
    /// The key bytes decode to no point.
    #[error("key {key} is not a point of the curve")]
    KeyNotAPoint {
        /// The key.
        key: PublicKey,
    },
    /// Another encoding names the same point.
    #[error("key {key} is not in canonical form")]
    KeyNotCanonical {
        /// The key.
        key: PublicKey,
    },
    /// A key for which a signature binds nothing.
    #[error("key {key} is of small order")]
    KeyOfSmallOrder {
        /// The key.
        key: PublicKey,
    },
    /// s >= L, R of small order, or the equation does not hold.
    #[error("the signature by key {key} does not verify")]
    Mismatch {
        /// The key.
        key: PublicKey,
    },
}

/// A key whose point is decompressed and checked: half the work of a signature by a key that comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreparedKey {
    key: PublicKey,
    point: VerifyingKey,
}

impl PublicKey {
    /// Decompresses and checks the key, once for many signatures.
    ///
    /// # Errors
    /// Not a point, not canonical, or of small order.
    pub fn prepare(&self) -> Result<PreparedKey, SignatureDefect> {
        Ok(PreparedKey { key: *self, point: self.point()? })
    }
}

impl PreparedKey {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// *The* signature rule (SPEC 5.2): A canonical and not of small order, s < L, R not of small order,
    /// and `R = [s]B - [k]A` compared as bytes, without cofactor. Never in batches, whose acceptance differs.
    ///
    /// # Errors
    /// The signature does not hold.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureDefect> {
        let octets = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.point.verify_strict(message, &octets).map_err(|_| SignatureDefect::Mismatch { key: self.key })
    }
}

/// Verifies one signature by a key as it stands in an entry, seal or vote: see [`PreparedKey::verify`].
///
/// # Errors
/// Which part of the rule fails.
pub fn verify(key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), SignatureDefect> {
    key.prepare()?.verify(message, signature)
}
