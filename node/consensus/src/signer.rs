//! Signing with the consensus key: first the signer state is on disk, then a signature exists.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ed25519_dalek::{Signer as _, SigningKey};
use malachite::app::types::core::{ValidatorProof, VoteExtensionScope, VoteType};
use malachite_signing::{Error, Signer};

use crate::context::{Address, Notary, PartInit, Proposal, Vote};
use crate::scheme::{Signed, SignedBytes, VoteSignature};
use crate::signer_state::{Position, SignerState, SignerStateError, Step};

/// A key, what it may still sign, and the bytes of one network.
#[derive(Clone)]
pub(crate) struct NotarySigner {
    key: Arc<SigningKey>,
    bytes: SignedBytes,
    state: Arc<Mutex<SignerState>>,
    refusal: Arc<Mutex<Option<String>>>,
}

impl std::fmt::Debug for NotarySigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NotarySigner({})", self.address())
    }
}

impl NotarySigner {
    /// A signer over an open signer state.
    #[must_use]
    pub(crate) fn new(key: SigningKey, bytes: SignedBytes, state: SignerState) -> Self {
        Self { key: Arc::new(key), bytes, state: Arc::new(Mutex::new(state)), refusal: Arc::default() }
    }

    /// The address of the key.
    #[must_use]
    pub(crate) fn address(&self) -> Address {
        Address(self.key.verifying_key().to_bytes())
    }

    #[cfg(test)]
    /// The public key.
    #[must_use]
    pub(crate) fn public(&self) -> crate::scheme::Key {
        crate::scheme::Key(self.key.verifying_key().to_bytes())
    }

    /// The highest height this key has signed at, as far as its state knows.
    #[must_use]
    pub(crate) fn highest_signed(&self) -> Option<u64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last().map(|last| last.position.height)
    }

    /// Why the signer refused, if it did since this was asked last: the engine stops on a refusal.
    #[must_use]
    pub(crate) fn take_refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Signs the announcement of our own block. It is no vote and binds nothing: the signer state,
    /// which orders votes, does not hear of it. One head per round is the ledger's `hold`.
    #[must_use]
    pub(crate) fn sign_part_init(&self, init: &PartInit) -> VoteSignature {
        self.sign(&self.bytes.part_init(init))
    }

    fn sign(&self, message: &[u8]) -> VoteSignature {
        VoteSignature(self.key.sign(message).to_bytes())
    }

    async fn sign_at(&self, position: Option<Position>, message: Option<Vec<u8>>) -> Result<VoteSignature, Error> {
        let (Some(position), Some(message)) = (position, message) else {
            return Err(Error::from_source("nobody votes in the nil round"));
        };
        let this = self.clone();
        let signed = tokio::task::spawn_blocking(move || {
            let mut state = this.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.permit(position, &message)?;
            let signature = this.sign(&message);
            #[cfg(feature = "fault-injection")]
            crate::fault::signed(position, &message);
            Ok::<_, SignerStateError>(signature)
        });
        match signed.await {
            Ok(Ok(signature)) => Ok(signature),
            Ok(Err(refused)) => {
                tracing::error!(%refused, "the signer state refused a signature");
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refused.to_string());
                Err(Error::from_source(refused))
            }
            Err(stopped) => Err(Error::from_source(stopped)),
        }
    }
}

#[async_trait]
impl Signer<Notary> for NotarySigner {
    async fn sign_vote(&self, vote: Vote) -> Result<Signed<Vote>, Error> {
        let step = match vote.kind {
            VoteType::Prevote => Step::Prevote,
            VoteType::Precommit => Step::Precommit,
        };
        let position = vote.round.as_u32().map(|round| Position { height: vote.height.0, round, step });
        #[cfg(feature = "fault-injection")]
        if let (Some(position), malachite::app::types::core::NilOrVal::Val(_)) = (position, vote.value) {
            crate::fault::before_vote(self.address().0, position).await.map_err(Error::from_source)?;
        }
        let signature = self.sign_at(position, self.bytes.vote(&vote)).await?;
        Ok(Signed::new(vote, signature))
    }

    async fn sign_proposal(&self, proposal: Proposal) -> Result<Signed<Proposal>, Error> {
        let place = |round| Position { height: proposal.height.0, round, step: Step::Propose };
        let position = proposal.round.as_u32().map(place);
        let signature = self.sign_at(position, self.bytes.proposal(&proposal)).await?;
        Ok(Signed::new(proposal, signature))
    }

    async fn sign_vote_extension(&self, _scope: VoteExtensionScope<Notary>, _extension: ()) -> Result<Signed<()>, Error> {
        Err(Error::from_source("vote extensions are off"))
    }

    async fn sign_validator_proof(&self, public_key: Vec<u8>, peer_id: Vec<u8>) -> Result<ValidatorProof<Notary>, Error> {
        let signature = self.sign(&ValidatorProof::<Notary>::signing_bytes(&public_key, &peer_id));
        Ok(ValidatorProof::new(public_key, peer_id, signature))
    }
}
