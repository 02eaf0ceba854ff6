//! Evidence against validators: forks and double votes (SPEC section 9.5). It verifies offline.

use crate::checkpoint::{Origin, ProposedHead, head_text};
use crate::codec::{Canonical, CodecDefect};
use crate::header::{HEADER_BYTES, Header};
use crate::limits::SEAL_BYTES_MAX;
use crate::name::{Height, OrgId, Round};
use crate::seal::Seal;
use crate::sign::{PublicKey, Signature, SignatureDefect, verify};
use crate::trust::{TrustDefect, TrustRoot};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Two sealed headers of one network that cannot both be true.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ForkEvidence {
    /// One history.
    pub first: (Header, Seal),
    /// The other.
    pub second: (Header, Seal),
}

impl Canonical for ForkEvidence {
    const NAME: &'static str = "fork evidence";
    const BYTES_MAX: usize = 2 * (HEADER_BYTES + SEAL_BYTES_MAX);
    fn check(&self) -> Result<(), CodecDefect> {
        for (header, seal) in [&self.first, &self.second] {
            header.check()?;
            seal.check()?;
        }
        Ok(())
    }
}

/// Evidence that shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceDefect {
    /// A header is not sealed.
    #[error(transparent)]
    Trust(#[from] TrustDefect),
    /// A vote does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureDefect),
    /// Both can be true.
    #[error("the two do not contradict each other")]
    NoContradiction,
}

impl ForkEvidence {
    /// Checks both seals and that they contradict; gives the organisations that signed both histories.
    ///
    /// # Errors
    /// A seal that does not hold, or no contradiction.
    pub fn verify(&self, trust: &TrustRoot) -> Result<Vec<OrgId>, EvidenceDefect> {
        let ((a, seal_a), (b, seal_b)) = (&self.first, &self.second);
        for (header, seal) in [(a, seal_a), (b, seal_b)] {
            match trust.verify_sealed(header, seal) {
                // A fork of the pinned head is what this evidence is about.
                Ok(()) | Err(TrustDefect::Fork { .. }) => {}
                Err(defect) => return Err(defect.into()),
            }
        }
        let two_blocks = a.id() != b.id() && (a.height == b.height || a.previous == b.previous);
        let two_logs = a.tree_size == b.tree_size && a.log_root != b.log_root;
        if !two_blocks && !two_logs {
            return Err(EvidenceDefect::NoContradiction);
        }
        let signers = |header: &Header, seal: &Seal| -> Result<Vec<OrgId>, TrustDefect> {
            let set = &trust.epoch(header.epoch)?.validators;
            Ok(seal.signatures.iter().filter_map(|s| set.validators().get(usize::from(s.validator)).map(|v| v.organisation)).collect())
        };
        let second = signers(b, seal_b)?;
        Ok(signers(a, seal_a)?.into_iter().filter(|o| second.contains(o)).collect())
    }
}

/// Two precommits of one validator at one height and round, for different blocks.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DoubleVote {
    /// The validator.
    pub key: PublicKey,
    /// Where.
    pub height: Height,
    /// Where.
    pub round: Round,
    /// One vote.
    pub first: (ProposedHead, Signature),
    /// The other.
    pub second: (ProposedHead, Signature),
}

impl DoubleVote {
    /// Checks both signatures and that the blocks differ.
    ///
    /// # Errors
    /// A vote that does not hold, or votes for one block.
    pub fn verify(&self, origin: &Origin) -> Result<(), EvidenceDefect> {
        if self.first.0.block == self.second.0.block {
            return Err(EvidenceDefect::NoContradiction);
        }
        for (head, signature) in [&self.first, &self.second] {
            verify(&self.key, &head_text(origin, self.height, self.round, head), signature)?;
        }
        Ok(())
    }
}
