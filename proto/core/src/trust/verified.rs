//! Seals that were verified already: thousands of receipts of one block bear the same one, whose signatures are checked once.

use crate::checkpoint::Origin;
use crate::header::{BlockId, Header};
use crate::seal::{Seal, SealHash, ValidatorSet, ValidatorSetHash};
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};

/// Seals kept: some 250 bytes each. Those beyond are verified every time.
const SEALS_MAX: usize = 1 << 16;

/// A seal whose signatures held: only verifying makes one. It names, by hash, all that verifying looked at, so it says
/// nothing about any other header, seal, validator set or network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerifiedSeal {
    block: BlockId,
    seal: SealHash,
    validators: ValidatorSetHash,
    origin: String,
}

impl VerifiedSeal {
    /// What a seal is called once it has been verified.
    pub(super) fn name(header: &Header, seal: &Seal, validators: &ValidatorSet, origin: &Origin) -> Self {
        Self { block: header.id(), seal: seal.hash(), validators: validators.hash(), origin: origin.as_str().to_string() }
    }

    pub(super) const fn block(&self) -> BlockId {
        self.block
    }
}

/// The seals that a trust root need not verify again. They are no part of what it is: not written, not compared.
#[derive(Debug, Clone, Default)]
pub(super) struct VerifiedSeals(BTreeSet<VerifiedSeal>);

impl VerifiedSeals {
    pub(super) fn has(&self, seal: &VerifiedSeal) -> bool {
        self.0.contains(seal)
    }

    pub(super) fn keep(&mut self, seal: VerifiedSeal) {
        if self.0.len() < SEALS_MAX {
            self.0.insert(seal);
        }
    }
}

impl PartialEq for VerifiedSeals {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for VerifiedSeals {}
