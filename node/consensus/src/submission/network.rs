//! The swarm itself: who gets in, which protocol is spoken, how much may be open.

use std::net::SocketAddr;

use eco_core::sign::NetworkId;
use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};

use super::message::SubmissionCodec;
use crate::config::multiaddr;
use crate::limits::{BATCH_TIMEOUT, INBOUND_PER_PEER_MAX, OUTBOUND_PER_PEER_MAX};

/// Connections to one peer: both sides may have dialled.
const CONNECTIONS_PER_PEER_MAX: u32 = 2;
/// Handshakes of strangers under way.
const PENDING_MAX: u32 = 32;
/// A connection without any batch or hello for so long is given up.
const IDLE: std::time::Duration = std::time::Duration::from_secs(60);

/// A peer of the submission swarm.
#[derive(Clone, Debug)]
pub(crate) struct ListedPeer {
    /// Its libp2p name.
    pub peer: PeerId,
    /// Where it takes entries.
    pub address: Multiaddr,
    /// Whether it votes.
    pub votes: bool,
}

/// What the swarm needs to start.
#[derive(Clone)]
pub(crate) struct SubmissionSettings {
    /// The node's identity.
    pub keypair: Keypair,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The network: part of the protocol's name, so that two networks never talk.
    pub network: NetworkId,
    /// Who may connect.
    pub peers: Vec<ListedPeer>,
}

/// Why the swarm does not start.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// Noise or the protocol's name.
    #[error("cannot set up the submission swarm: {0}")]
    Setup(String),
    /// The address is taken or not ours.
    #[error("cannot listen for submissions on {address}: {detail}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        detail: String,
    },
}

/// What the swarm does.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    allowed: allow_block_list::Behaviour<AllowedPeers>,
    limits: connection_limits::Behaviour,
    pub(super) batches: request_response::Behaviour<SubmissionCodec>,
}

/// Builds the swarm and listens.
pub(super) fn swarm(settings: &SubmissionSettings) -> Result<Swarm<Behaviour>, SubmissionError> {
    let setup = |error: &dyn std::fmt::Display| SubmissionError::Setup(error.to_string());
    let id = settings.network.to_string();
    let name = format!("/eco-notary/{}/submit/1", id.get(..16).unwrap_or(&id));
    let protocol = StreamProtocol::try_from_owned(name).map_err(|error| setup(&error))?;

    let mut allowed = allow_block_list::Behaviour::<AllowedPeers>::default();
    for listed in &settings.peers {
        allowed.allow_peer(listed.peer);
    }
    let peers = u32::try_from(settings.peers.len()).unwrap_or(u32::MAX);
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING_MAX))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX))
        .with_max_established(Some(peers.saturating_mul(CONNECTIONS_PER_PEER_MAX)));
    // Hellos come beside the batches in both directions.
    let streams = 2 * (INBOUND_PER_PEER_MAX + OUTBOUND_PER_PEER_MAX);
    let config = request_response::Config::default().with_request_timeout(BATCH_TIMEOUT).with_max_concurrent_streams(streams);
    let batches = request_response::Behaviour::new([(protocol, ProtocolSupport::Full)], config);
    let behaviour = Behaviour { allowed, limits: connection_limits::Behaviour::new(limits), batches };

    let builder = SwarmBuilder::with_existing_identity(settings.keypair.clone()).with_tokio();
    let mut swarm = builder
        .with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|error| setup(&error))?
        .with_behaviour(|_| behaviour)
        .map_err(|error| setup(&error))?
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
        .build();
    let listening = swarm.listen_on(multiaddr(settings.listen, None));
    listening.map_err(|error| SubmissionError::Listen { address: settings.listen, detail: error.to_string() })?;
    Ok(swarm)
}

/// Dials a peer unless that is under way already.
pub(super) fn dial(swarm: &mut Swarm<Behaviour>, peer: PeerId, address: Multiaddr) {
    let to = DialOpts::peer_id(peer).addresses(vec![address]).condition(PeerCondition::DisconnectedAndNotDialing);
    if let Err(error) = swarm.dial(to.build()) {
        tracing::trace!(%peer, %error, "not dialled");
    }
}
