//! The trust root: what a verifier starts from, and how it advances (SPEC section 11.2).

mod verified;

pub use verified::VerifiedSeal;

use crate::checkpoint::Origin;
use crate::codec::{Canonical, CodecDefect, invalid};
use crate::genesis::{Genesis, NetworkPurpose};
use crate::header::{BlockId, Header};
use crate::limits::{EPOCHS_MAX, TRUST_BYTES_MAX};
use crate::log::{LogHash, LogProofDefect, verify_consistency};
use crate::name::{Epoch, Height, NetworkName, Timestamp};
use crate::seal::{Seal, SealDefect, ValidatorSet};
use crate::sign::NetworkId;
use crate::state::State;
use crate::state::tree::StateRoot;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use verified::VerifiedSeals;

/// A head that was checked once and is never taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PinnedHead {
    /// Its height; 0 is the genesis.
    pub height: Height,
    /// The block; the network id at height 0.
    pub block: BlockId,
    /// Its time.
    pub time: Timestamp,
    /// Entries on the log.
    pub tree_size: u64,
    /// Log root.
    pub log_root: LogHash,
    /// State root.
    pub state_root: StateRoot,
}

impl PinnedHead {
    /// The head of a block.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        Self {
            height: header.height,
            block: header.id(),
            time: header.time,
            tree_size: header.tree_size,
            log_root: header.log_root,
            state_root: header.state_root,
        }
    }
}

/// A period with one validator set.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EpochRecord {
    /// Its number.
    pub number: Epoch,
    /// The first block that its set seals.
    pub first_height: Height,
    /// The set.
    pub validators: ValidatorSet,
    /// Its last block, once it is closed.
    pub closed: Option<PinnedHead>,
}

/// Network, its epochs, and the head seen last.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TrustRoot {
    version: u8,
    name: NetworkName,
    network: NetworkId,
    purpose: NetworkPurpose,
    epochs: Vec<EpochRecord>,
    head: PinnedHead,
    #[borsh(skip)]
    verified: VerifiedSeals,
}

impl Canonical for TrustRoot {
    const NAME: &'static str = "trust root";
    const BYTES_MAX: usize = TRUST_BYTES_MAX;

    fn check(&self) -> Result<(), CodecDefect> {
        if self.version != 1 {
            return Err(invalid::<Self>("version is not 1"));
        }
        if self.epochs.is_empty() || self.epochs.len() > EPOCHS_MAX {
            return Err(invalid::<Self>("a trust root has 1 to 1024 epochs"));
        }
        let follows = |a: &EpochRecord, b: &EpochRecord| {
            b.number.0 == a.number.0.saturating_add(1) && a.closed.is_some_and(|end| end.height.next() == b.first_height)
        };
        let first = self.epochs.first().is_some_and(|e| e.number.0 == 0 && e.first_height.0 == 1);
        if !first || !self.epochs.windows(2).all(|w| matches!(w, [a, b] if follows(a, b))) {
            return Err(invalid::<Self>("epochs must be numbered from 0 and follow one another without a gap"));
        }
        if self.epochs.last().is_some_and(|e| e.closed.is_some()) {
            return Err(invalid::<Self>("the last epoch must be open"));
        }
        self.epochs.iter().try_for_each(|e| e.validators.check())
    }
}

/// A header, seal or transition that does not fit a trust root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustDefect {
    /// Of another network.
    #[error("it is of network {found}, the trust root is for {expected}")]
    OtherNetwork {
        /// The trust root's.
        expected: NetworkId,
        /// The evidence's.
        found: NetworkId,
    },
    /// An epoch that the trust root does not know: it must be updated first.
    #[error("it is of epoch {epoch}, the trust root knows epochs up to {known}; update the trust root")]
    UnknownEpoch {
        /// The evidence's.
        epoch: Epoch,
        /// The last one known.
        known: Epoch,
    },
    /// A height outside its epoch.
    #[error("height {height} is not one of epoch {epoch}")]
    OutsideEpoch {
        /// The evidence's.
        height: Height,
        /// The evidence's.
        epoch: Epoch,
    },
    /// The seal does not hold.
    #[error(transparent)]
    Seal(#[from] SealDefect),
    /// The pinned head is another block of that height.
    #[error("block {found} at height {height} is sealed, but block {pinned} is pinned there: the validators signed two histories")]
    Fork {
        /// Where.
        height: Height,
        /// In the trust root.
        pinned: BlockId,
        /// In the evidence.
        found: BlockId,
    },
    /// Older than the pinned head.
    #[error("height {found} is older than the pinned height {pinned}")]
    Older {
        /// In the trust root.
        pinned: Height,
        /// In the evidence.
        found: Height,
    },
    /// The log did not only grow.
    #[error("the log at size {new_size} does not extend the pinned log at size {old_size}: {defect}")]
    Inconsistent {
        /// Pinned.
        old_size: u64,
        /// Offered.
        new_size: u64,
        /// What fails.
        defect: LogProofDefect,
    },
}

impl TrustRoot {
    /// The trust root of a network that nobody has yet followed.
    #[must_use]
    pub fn of_genesis(genesis: &Genesis) -> Self {
        let (state, _) = State::genesis(genesis);
        let network = genesis.network_id();
        Self {
            version: 1,
            name: genesis.name.clone(),
            network,
            purpose: genesis.purpose,
            epochs: alloc::vec![EpochRecord {
                number: Genesis::FIRST_EPOCH,
                first_height: Height(1),
                validators: genesis.validator_set(),
                closed: None
            }],
            head: PinnedHead {
                height: Height(0),
                block: BlockId(network.0),
                time: genesis.time,
                tree_size: 0,
                log_root: LogHash::EMPTY_ROOT,
                state_root: state.map().root(),
            },
            verified: VerifiedSeals::default(),
        }
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> NetworkId {
        self.network
    }
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &NetworkName {
        &self.name
    }
    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> NetworkPurpose {
        self.purpose
    }
    /// Its epochs, the last one open.
    #[must_use]
    pub fn epochs(&self) -> &[EpochRecord] {
        &self.epochs
    }
    /// The head seen last.
    #[must_use]
    pub const fn head(&self) -> &PinnedHead {
        &self.head
    }
    /// Origin line of the network's checkpoints.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::of(&self.name, &self.network)
    }

    /// An epoch by number.
    ///
    /// # Errors
    /// The trust root does not know it.
    pub fn epoch(&self, number: Epoch) -> Result<&EpochRecord, TrustDefect> {
        let known = self.epochs.last().map_or(Epoch(0), |e| e.number);
        let at = usize::try_from(number.0).unwrap_or(usize::MAX);
        self.epochs.get(at).ok_or(TrustDefect::UnknownEpoch { epoch: number, known })
    }

    /// Checks that a header is sealed by the set of its own epoch, inside that epoch, and no fork of the pinned head.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify_sealed(&self, header: &Header, seal: &Seal) -> Result<(), TrustDefect> {
        self.verified_seal(header, seal).map(drop)
    }

    /// Checks as [`Self::verify_sealed`] does, and says so for [`Self::keep_verified`].
    ///
    /// # Errors
    /// What does not hold.
    pub fn verified_seal(&self, header: &Header, seal: &Seal) -> Result<VerifiedSeal, TrustDefect> {
        if header.network != self.network {
            return Err(TrustDefect::OtherNetwork { expected: self.network, found: header.network });
        }
        let epoch = self.epoch(header.epoch)?;
        let inside = header.height >= epoch.first_height && epoch.closed.is_none_or(|end| header.height <= end.height);
        if !inside {
            return Err(TrustDefect::OutsideEpoch { height: header.height, epoch: header.epoch });
        }
        let origin = self.origin();
        let sealed = VerifiedSeal::name(header, seal, &epoch.validators, &origin);
        if !self.verified.has(&sealed) {
            seal.verify(header, &epoch.validators, &origin)?;
        }
        let found = sealed.block();
        if header.height == self.head.height && found != self.head.block {
            return Err(TrustDefect::Fork { height: header.height, pinned: self.head.block, found });
        }
        Ok(sealed)
    }

    /// Keeps a seal that was verified, so that its signatures are not checked again by this trust root and its copies.
    /// Epoch, height and fork are checked for every header all the same.
    pub fn keep_verified(&mut self, seal: VerifiedSeal) {
        self.verified.keep(seal);
    }

    /// Pins a newer head, whose log extends the pinned one.
    ///
    /// # Errors
    /// Not sealed, older, a fork, or a log that did not only grow.
    pub fn advance(mut self, header: &Header, seal: &Seal, consistency: &[LogHash]) -> Result<Self, TrustDefect> {
        self.verify_sealed(header, seal)?;
        if header.height < self.head.height {
            return Err(TrustDefect::Older { pinned: self.head.height, found: header.height });
        }
        let (old_size, new_size) = (self.head.tree_size, header.tree_size);
        verify_consistency(old_size, &self.head.log_root, new_size, &header.log_root, consistency)
            .map_err(|defect| TrustDefect::Inconsistent { old_size, new_size, defect })?;
        self.head = PinnedHead::of(header);
        Ok(self)
    }
}
