//! Validator sets, and the seal: the quorum of signatures that makes a checkpoint (SPEC section 9).

use crate::checkpoint::{Origin, note_text};
use crate::codec::{Canonical, CodecDefect, ascending, encode, invalid};
use crate::hash::{derive, id32};
use crate::header::Header;
use crate::limits::{SEAL_BYTES_MAX, VALIDATORS_MAX};
use crate::name::{Country, OrgId, Round};
use crate::registry::Roles;
use crate::sign::{PublicKey, Signature, SignatureDefect, verify};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

id32! {
    /// Hash of a validator set's bytes.
    ValidatorSetHash
}
id32! {
    /// Hash of a seal's bytes, as the next header binds it; zero in header 1.
    SealHash
}

/// One voting node.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validator {
    /// Its consensus key.
    pub key: PublicKey,
    /// Whose node it is.
    pub organisation: OrgId,
    /// What that organisation is.
    pub roles: Roles,
    /// Where it is.
    pub country: Country,
    /// Voting power, 1 in version 1.
    pub power: u64,
}

/// The validators of one epoch, strictly ascending by key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ValidatorSet {
    version: u8,
    /// 1: one Ed25519 signature per validator over the checkpoint text.
    scheme: u8,
    validators: Vec<Validator>,
}

impl Canonical for ValidatorSet {
    const NAME: &'static str = "validator set";
    const BYTES_MAX: usize = 16 + VALIDATORS_MAX * 96;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.version != 1 || self.scheme != 1 {
            return Err(invalid::<Self>("version or seal scheme is not 1"));
        }
        if self.validators.is_empty() || self.validators.len() > VALIDATORS_MAX {
            return Err(invalid::<Self>("a set has 1 to 64 validators"));
        }
        let keys: Vec<PublicKey> = self.validators.iter().map(|v| v.key).collect();
        if !ascending(&keys) {
            return Err(invalid::<Self>("validators must be strictly ascending by key"));
        }
        Ok(())
    }
}

impl ValidatorSet {
    /// A set of version 1; sorts by key.
    #[must_use]
    pub fn new(mut validators: Vec<Validator>) -> Self {
        validators.sort_by_key(|v| v.key);
        Self { version: 1, scheme: 1, validators }
    }
    /// The validators, ascending by key. A seal names them by their place here.
    #[must_use]
    pub fn validators(&self) -> &[Validator] {
        &self.validators
    }
    /// The place of a key.
    #[must_use]
    pub fn index_of(&self, key: &PublicKey) -> Option<u16> {
        self.validators.binary_search_by_key(key, |v| v.key).ok().and_then(|at| u16::try_from(at).ok())
    }
    /// Power of all.
    #[must_use]
    pub fn total_power(&self) -> u128 {
        self.validators.iter().map(|v| u128::from(v.power)).sum()
    }
    /// Hash of the bytes.
    #[must_use]
    pub fn hash(&self) -> ValidatorSetHash {
        ValidatorSetHash(derive("eco-notary/v1 validator-set", &[&encode(self)]))
    }
}

/// One validator's precommit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct SealSignature {
    /// Place in the set.
    pub validator: u16,
    /// Over the checkpoint text of the block and round.
    pub signature: Signature,
}

/// Signatures of more than two thirds of the power on one block's checkpoint, in one round.
///
/// Several valid seals of one block (subsets, even rounds) are normal.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Seal {
    /// The round in which they precommitted.
    pub round: Round,
    /// Strictly ascending by validator.
    pub signatures: Vec<SealSignature>,
}

impl Canonical for Seal {
    const NAME: &'static str = "seal";
    const BYTES_MAX: usize = SEAL_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        let places: Vec<u16> = self.signatures.iter().map(|s| s.validator).collect();
        if places.len() > VALIDATORS_MAX || !ascending(&places) {
            return Err(invalid::<Self>("signatures must be at most 64, strictly ascending by validator"));
        }
        Ok(())
    }
}

/// A seal that does not make its block's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealDefect {
    /// The set offered is not the one that the header names.
    #[error("the header names validator set {named}, the set at hand is {found}")]
    OtherSet {
        /// In the header.
        named: ValidatorSetHash,
        /// At hand.
        found: ValidatorSetHash,
    },
    /// Out of order, or twice the same.
    #[error("seal signatures are not strictly ascending by validator")]
    Order,
    /// A place outside the set.
    #[error("the seal names validator {place}, the set has {size}")]
    NoSuchValidator {
        /// The place.
        place: u16,
        /// The set's size.
        size: usize,
    },
    /// A signature that does not hold over the text rebuilt from header and round.
    #[error("validator {place}: {defect}")]
    Signature {
        /// The place.
        place: u16,
        /// What is wrong.
        defect: SignatureDefect,
    },
    /// Too few.
    #[error("signed by power {signed} of {total}; more than two thirds are needed")]
    BelowQuorum {
        /// Power that signed.
        signed: u128,
        /// Power of all.
        total: u128,
    },
}

impl Seal {
    /// Hash of the bytes, as the next header carries it.
    #[must_use]
    pub fn hash(&self) -> SealHash {
        SealHash(derive("eco-notary/v1 seal", &[&encode(self)]))
    }

    /// Every signature must hold, also those beyond the quorum; their power must exceed two thirds.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(&self, header: &Header, set: &ValidatorSet, origin: &Origin) -> Result<(), SealDefect> {
        let found = set.hash();
        if header.validators != found {
            return Err(SealDefect::OtherSet { named: header.validators, found });
        }
        let text = note_text(origin, header, self.round);
        let mut signed: u128 = 0;
        let mut before: Option<u16> = None;
        for SealSignature { validator: place, signature } in &self.signatures {
            if before.is_some_and(|b| b >= *place) {
                return Err(SealDefect::Order);
            }
            before = Some(*place);
            let validator = set
                .validators()
                .get(usize::from(*place))
                .ok_or(SealDefect::NoSuchValidator { place: *place, size: set.validators().len() })?;
            verify(&validator.key, &text, signature).map_err(|defect| SealDefect::Signature { place: *place, defect })?;
            signed = signed.saturating_add(u128::from(validator.power));
        }
        let total = set.total_power();
        if signed.saturating_mul(3) > total.saturating_mul(2) { Ok(()) } else { Err(SealDefect::BelowQuorum { signed, total }) }
    }
}
