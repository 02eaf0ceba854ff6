//! What validators sign, and the one rule by which it is verified: that of eco-core.
//!
//! A precommit for a head signs the text of that head's checkpoint and nothing else, so that the
//! engine's certificate is a signed checkpoint. Everything else signs `eco-notary/v1/<kind>`, 0x00,
//! network id, body, and the NUL keeps the two apart. The engine's validator proof has its own
//! preimage, which the engine fixes.

use async_trait::async_trait;
use eco_core::checkpoint::{Origin, head_text};
use eco_core::name as core;
use eco_core::sign::{MessageKind, NetworkId, PublicKey, Signature, message, verify};
use malachite::app::types::core::{NilOrVal, Round, SignedMessage, SigningScheme, ValidatorProof, VoteExtensionScope, VoteType};
use malachite_signing::{Error, VerificationResult, Verifier};

use crate::codec::Wire;
use crate::context::{Address, Head, Height, Notary, PartInit, Proposal, Vote};
use crate::wire::Writer;

/// Ed25519 by eco-core's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ed25519;

/// A consensus public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", Address(self.0))
    }
}

impl Key {
    /// The key as eco-core knows it.
    #[must_use]
    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::ed25519(self.0)
    }
}

/// A signature by a consensus key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VoteSignature(pub [u8; 64]);

impl std::fmt::Debug for VoteSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VoteSignature(..)")
    }
}

/// No private key passes through the engine: it asks the signer (`signer.rs`).
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoPrivateKey {}

/// Bytes that are not a key or a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {expected} bytes expected, {found} found")]
pub(crate) struct LengthDefect {
    what: &'static str,
    expected: usize,
    found: usize,
}

impl SigningScheme for Ed25519 {
    type DecodingError = LengthDefect;
    type Signature = VoteSignature;
    type PublicKey = Key;
    type PrivateKey = NoPrivateKey;

    fn decode_signature(bytes: &[u8]) -> Result<VoteSignature, LengthDefect> {
        let defect = LengthDefect { what: "signature", expected: 64, found: bytes.len() };
        bytes.try_into().map(VoteSignature).map_err(|_| defect)
    }

    fn encode_signature(signature: &VoteSignature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<Key, LengthDefect> {
        let defect = LengthDefect { what: "public key", expected: 32, found: bytes.len() };
        bytes.try_into().map(Key).map_err(|_| defect)
    }

    fn encode_public_key(key: &Key) -> Vec<u8> {
        key.0.to_vec()
    }
}

/// Builds the signed bytes of one network. Both the signer and the verifier hold it.
#[derive(Clone, Debug)]
pub(crate) struct SignedBytes {
    origin: Origin,
    network: NetworkId,
}

impl SignedBytes {
    /// For the network with this origin and id.
    #[must_use]
    pub(crate) fn new(origin: Origin, network: NetworkId) -> Self {
        Self { origin, network }
    }

    /// The bytes of a vote. `None` for a vote in the nil round, which nobody casts.
    #[must_use]
    pub(crate) fn vote(&self, vote: &Vote) -> Option<Vec<u8>> {
        let round = vote.round.as_u32()?;
        Some(match (vote.kind, &vote.value) {
            (VoteType::Precommit, NilOrVal::Val(head)) => self.checkpoint(vote.height, round, head),
            (VoteType::Precommit, NilOrVal::Nil) => {
                self.body(MessageKind::NilPrecommit, |out| put_place(out, vote.height, round, &vote.address))
            }
            (VoteType::Prevote, value) => self.body(MessageKind::Prevote, |out| {
                put_place(out, vote.height, round, &vote.address);
                match value {
                    NilOrVal::Nil => {
                        out.u8(0);
                    }
                    NilOrVal::Val(head) => put_head(out.u8(1), head),
                }
            }),
        })
    }

    /// The bytes of a precommit for a head: the checkpoint's text.
    #[must_use]
    pub(crate) fn checkpoint(&self, height: Height, round: u32, head: &Head) -> Vec<u8> {
        head_text(&self.origin, core::Height(height.0), core::Round(round), &head.0)
    }

    /// The bytes of a proposal. `None` in the nil round.
    #[must_use]
    pub(crate) fn proposal(&self, proposal: &Proposal) -> Option<Vec<u8>> {
        let round = proposal.round.as_u32()?;
        Some(self.body(MessageKind::Proposal, |out| {
            put_place(out, proposal.height, round, &proposal.address);
            put_head(out, &proposal.value);
            match proposal.pol_round {
                Round::Nil => out.u8(0).u32(0),
                Round::Some(round) => out.u8(1).u32(round),
            };
        }))
    }

    /// The bytes of the announcement of a block in parts.
    #[must_use]
    pub(crate) fn part_init(&self, init: &PartInit) -> Vec<u8> {
        self.body(MessageKind::ProposalInit, |out| {
            put_place(out, init.height, init.round, &init.proposer);
            put_head(out, &init.head);
            out.u32(init.length);
        })
    }

    fn body(&self, kind: MessageKind, fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut out = Writer::default();
        fill(&mut out);
        message(kind, &self.network, &out.finish())
    }
}

fn put_place(out: &mut Writer, height: Height, round: u32, address: &Address) {
    out.u64(height.0).u32(round).raw(&address.0);
}

fn put_head(out: &mut Writer, head: &Head) {
    // Writing 72 fixed bytes cannot meet a bound.
    let _ = head.put(out);
}

/// Verifies by eco-core's one rule.
#[derive(Clone, Debug)]
pub(crate) struct NotaryVerifier {
    bytes: SignedBytes,
}

impl NotaryVerifier {
    /// A verifier for one network.
    #[must_use]
    pub(crate) fn new(bytes: SignedBytes) -> Self {
        Self { bytes }
    }

    /// Whether the proposer of a part stream signed its announcement.
    #[must_use]
    pub(crate) fn part_init_holds(&self, init: &PartInit) -> bool {
        holds(&Key(init.proposer.0), Some(&self.bytes.part_init(init)), &init.signature)
    }
}

fn holds(key: &Key, bytes: Option<&Vec<u8>>, signature: &VoteSignature) -> bool {
    bytes.is_some_and(|bytes| verify(&key.public(), bytes, &Signature(signature.0)).is_ok())
}

#[async_trait]
impl Verifier<Notary> for NotaryVerifier {
    async fn verify_signed_vote(&self, vote: &Vote, signature: &VoteSignature, key: &Key) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::from_bool(holds(key, self.bytes.vote(vote).as_ref(), signature)))
    }

    async fn verify_signed_proposal(&self, proposal: &Proposal, signature: &VoteSignature, key: &Key) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::from_bool(holds(key, self.bytes.proposal(proposal).as_ref(), signature)))
    }

    async fn verify_signed_vote_extension(
        &self,
        _scope: &VoteExtensionScope<Notary>,
        _extension: &(),
        _signature: &VoteSignature,
        _key: &Key,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid) // extensions are off: whoever sends one is wrong
    }

    async fn verify_validator_proof(&self, proof: &ValidatorProof<Notary>) -> Result<VerificationResult, Error> {
        let Ok(key) = Ed25519::decode_public_key(&proof.public_key) else {
            return Ok(VerificationResult::Invalid);
        };
        Ok(VerificationResult::from_bool(holds(&key, Some(&proof.preimage()), &proof.signature)))
    }
}

/// A message with its signature, as the engine wants it.
pub(crate) type Signed<T> = SignedMessage<Notary, T>;

#[cfg(test)]
mod tests;
