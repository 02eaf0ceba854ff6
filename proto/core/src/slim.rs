//! Headers as evidence carries them: without what the trust root supplies (SPEC section 11.3).

use crate::header::{BlockId, Header};
use crate::log::LogHash;
use crate::name::{Epoch, Height, Timestamp};
use crate::seal::{SealHash, ValidatorSetHash};
use crate::state::tree::StateRoot;
use crate::trust::{TrustDefect, TrustRoot};
use borsh::{BorshDeserialize, BorshSerialize};

/// First eight bytes of a network id: enough to say that evidence is of another network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct NetworkHint(pub(crate) [u8; 8]);

impl NetworkHint {
    pub(crate) fn of(network: &crate::sign::NetworkId) -> Self {
        let mut hint = [0u8; 8];
        hint.iter_mut().zip(network.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(hint)
    }
}

/// A header without version, network and its epoch's validator set hash.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct SlimHeader {
    height: Height,
    epoch: Epoch,
    time: Timestamp,
    previous: BlockId,
    previous_seal: SealHash,
    first_index: u64,
    tree_size: u64,
    log_root: LogHash,
    state_root: StateRoot,
    /// Present only where the next set is another one.
    next_validators: Option<ValidatorSetHash>,
}

impl SlimHeader {
    pub(crate) fn of(header: &Header) -> Self {
        Self {
            height: header.height,
            epoch: header.epoch,
            time: header.time,
            previous: header.previous,
            previous_seal: header.previous_seal,
            first_index: header.first_index,
            tree_size: header.tree_size,
            log_root: header.log_root,
            state_root: header.state_root,
            next_validators: (header.next_validators != header.validators).then_some(header.next_validators),
        }
    }

    /// The full header, under a trust root.
    pub(crate) fn fill(&self, trust: &TrustRoot) -> Result<Header, TrustDefect> {
        let validators = trust.epoch(self.epoch)?.validators.hash();
        Ok(Header {
            version: 1,
            network: trust.network(),
            height: self.height,
            epoch: self.epoch,
            time: self.time,
            previous: self.previous,
            previous_seal: self.previous_seal,
            first_index: self.first_index,
            tree_size: self.tree_size,
            log_root: self.log_root,
            state_root: self.state_root,
            validators,
            next_validators: self.next_validators.unwrap_or(validators),
        })
    }
}
