//! What an operator configures, and who the node is. The doc comments are the manual.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use eco_core::name::OrgId;
use eco_core::sign::PublicKey;
use ed25519_dalek::SigningKey;
use libp2p::identity::{self, Keypair};
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

/// How consensus runs on this node. Nothing about whom to trust or where data lies has a default.
#[derive(Clone, Debug)]
pub struct ConsensusConfig {
    /// The node's name in logs and metrics.
    pub moniker: String,
    /// Where other nodes reach consensus.
    pub consensus_listen: SocketAddr,
    /// Where other nodes hand over entries.
    pub submission_listen: SocketAddr,
    /// The only nodes that may connect.
    pub peers: Vec<PeerConfig>,
    /// Holds the engine's WAL, the signer state and evidence. Never restored from a backup.
    pub home: PathBuf,
    /// How long each step may take.
    pub timeouts: StepTimeouts,
    /// How long after the last block an empty one is due: 30 to 60 s.
    pub heartbeat: Duration,
    /// How long to collect further entries after the first: 0 to 20 ms.
    pub linger: Duration,
    /// How long to collect late signatures into seals; none collects none.
    pub collect_votes: Option<Duration>,
    /// After how long without a new height, although one is due, the node says that it is stuck.
    pub stall_after: Duration,
    /// Whether several nodes share one address, as in a test network on one machine.
    pub sharing: AddressSharing,
}

/// Whether several nodes share one IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSharing {
    /// Each node has its own: connections per address are few, and reconnecting is slowed down.
    Own,
    /// Many nodes share one.
    Shared,
}

/// How long each step of a round may take; each round adds its delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepTimeouts {
    /// Waiting for a proposal.
    pub propose: Duration,
    /// Added per round.
    pub propose_delta: Duration,
    /// Collecting prevotes.
    pub prevote: Duration,
    /// Added per round.
    pub prevote_delta: Duration,
    /// Collecting precommits.
    pub precommit: Duration,
    /// Added per round.
    pub precommit_delta: Duration,
    /// Sending the last vote again.
    pub rebroadcast: Duration,
    /// No step takes longer.
    pub max: Duration,
}

impl StepTimeouts {
    /// For nodes in different places.
    #[must_use]
    pub const fn wide_area() -> Self {
        Self {
            propose: Duration::from_millis(1000),
            propose_delta: Duration::from_millis(500),
            prevote: Duration::from_millis(300),
            prevote_delta: Duration::from_millis(200),
            precommit: Duration::from_millis(300),
            precommit_delta: Duration::from_millis(200),
            rebroadcast: Duration::from_secs(2),
            max: Duration::from_secs(30),
        }
    }

    /// For nodes on one machine or in one building.
    #[must_use]
    pub const fn local_area() -> Self {
        let (propose, vote) = (Duration::from_millis(600), Duration::from_millis(200));
        Self { propose, prevote: vote, precommit: vote, ..Self::wide_area() }
    }
}

/// Another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerConfig {
    /// Whose it is.
    pub organisation: OrgId,
    /// The key it proves on every connection.
    pub p2p_key: PublicKey,
    /// Where it runs consensus.
    pub consensus_address: SocketAddr,
    /// Where it takes entries.
    pub submission_address: SocketAddr,
    /// The key it votes with, if it votes: entries are handed to such nodes.
    pub validator_key: Option<PublicKey>,
}

/// A key that is not a point of the curve, or no key at all, cannot name a peer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is not a usable p2p key")]
pub struct P2pKeyDefect {
    /// The key.
    pub key: PublicKey,
}

/// The libp2p name of a node with this p2p key.
///
/// # Errors
/// If the key is not a point of the curve.
pub fn peer_id(key: &PublicKey) -> Result<PeerId, P2pKeyDefect> {
    let public = identity::ed25519::PublicKey::try_from_bytes(key.as_bytes());
    public.map(|public| identity::PublicKey::from(public).to_peer_id()).map_err(|_| P2pKeyDefect { key: *key })
}

/// A TCP address, with the peer expected there if it is given.
#[must_use]
pub(crate) fn multiaddr(address: SocketAddr, peer: Option<PeerId>) -> Multiaddr {
    let at = Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()));
    match peer {
        Some(peer) => at.with(Protocol::P2p(peer)),
        None => at,
    }
}

/// Who this node is.
#[derive(Clone)]
pub struct Identity {
    /// The key it votes with. Without it the node follows, and hands entries to those that vote.
    pub consensus: Option<SigningKey>,
    /// The key it proves on every connection.
    pub p2p: Keypair,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let votes = if self.consensus.is_some() { "votes" } else { "follows" };
        write!(f, "Identity({}, {votes})", self.p2p.public().to_peer_id())
    }
}

/// A 32-byte seed that libp2p does not take as an Ed25519 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the p2p seed is not an Ed25519 secret key")]
pub struct SeedDefect;

impl Identity {
    /// From the seeds of the two Ed25519 keys.
    ///
    /// # Errors
    /// If libp2p does not take the p2p seed.
    pub fn from_seeds(consensus: Option<&[u8; 32]>, p2p: &[u8; 32]) -> Result<Self, SeedDefect> {
        let p2p = Keypair::ed25519_from_bytes(*p2p).map_err(|_| SeedDefect)?;
        Ok(Self { consensus: consensus.map(SigningKey::from_bytes), p2p })
    }

    /// The public p2p key, as peers list it.
    #[must_use]
    pub fn p2p_key(&self) -> Option<PublicKey> {
        let public = self.p2p.public().try_into_ed25519().ok()?;
        Some(PublicKey::ed25519(public.to_bytes()))
    }

    /// The public consensus key.
    #[must_use]
    pub fn consensus_key(&self) -> Option<PublicKey> {
        self.consensus.as_ref().map(|key| PublicKey::ed25519(key.verifying_key().to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Peers list the key; libp2p proves the peer id: both must name the same node.
    #[test]
    fn the_p2p_key_names_the_peer() {
        let identity = Identity::from_seeds(None, &[7; 32]).unwrap();
        let key = identity.p2p_key().unwrap();
        assert_eq!(peer_id(&key).unwrap(), identity.p2p.public().to_peer_id());
        assert_ne!(peer_id(&Identity::from_seeds(None, &[8; 32]).unwrap().p2p_key().unwrap()), peer_id(&key));
    }

    #[test]
    fn addresses_are_ip_and_tcp_and_name_their_peer() {
        let peer = Identity::from_seeds(None, &[7; 32]).unwrap().p2p.public().to_peer_id();
        let at = multiaddr("127.0.0.1:4001".parse().unwrap(), Some(peer));
        assert_eq!(at.to_string(), format!("/ip4/127.0.0.1/tcp/4001/p2p/{peer}"));
        assert_eq!(multiaddr("[::1]:1".parse().unwrap(), None).to_string(), "/ip6/::1/tcp/1");
    }

    #[test]
    fn an_identity_does_not_print_its_keys() {
        let identity = Identity::from_seeds(Some(&[3; 32]), &[7; 32]).unwrap();
        assert!(!format!("{identity:?}").contains("3, 3"));
    }
}
