//! The network and its members.

use crate::client::Client;
use crate::error::ClientError;
use crate::head::SealedHead;
use crate::node::{Node, ask};
use eco_core::eco_file::{FileKind, unwrap};
use eco_core::genesis::{Genesis, NetworkPurpose};
use eco_core::name::NetworkName;
use eco_core::sign::NetworkId;
use eco_proto::v1;

/// A network, as its trust root names it, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The node that answered.
    pub node: String,
    /// The network's name.
    pub name: NetworkName,
    /// Its id.
    pub id: NetworkId,
    /// What it is for.
    pub purpose: NetworkPurpose,
    /// The newest head: verified and pinned; none before the first block.
    pub head: Option<SealedHead>,
    /// Version of the node's software, as it says.
    pub software_version: String,
}

impl Client {
    /// The network that a node serves: it must be the trust root's.
    ///
    /// # Errors
    /// No node serves this network.
    pub async fn network(&self) -> Result<Network, ClientError> {
        self.first(|node| Box::pin(self.network_from(node))).await.map(|(network, _)| network)
    }

    async fn network_from(&self, node: &Node) -> Result<Network, ClientError> {
        let trust = self.trust();
        let wire = node.registry().get_network(ask(v1::GetNetworkRequest {})).await.map_err(|s| node.failure(&s).0)?.into_inner();
        if wire.network_id != trust.network().as_bytes() {
            let found: String = wire.network_id.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
            return Err(node.invalid("network", format!("it serves network {found}, the trust root is for {}", trust.network())));
        }
        let head = match self.head_of_node(node).await {
            Ok(head) => Some(head),
            Err(ClientError::Unavailable { .. }) => None,
            Err(failure) => return Err(failure),
        };
        Ok(Network {
            node: node.address.clone(),
            name: trust.name().clone(),
            id: trust.network(),
            purpose: trust.purpose(),
            head,
            software_version: wire.software_version.chars().take(64).filter(|c| !c.is_control()).collect(),
        })
    }

    /// The genesis: its hash is the network id, so members, keys and limits of epoch 0 are complete as shown.
    ///
    /// # Errors
    /// No node gave the genesis of this network.
    pub async fn genesis(&self) -> Result<Genesis, ClientError> {
        self.first(|node| Box::pin(self.genesis_from(node))).await.map(|(genesis, _)| genesis)
    }

    async fn genesis_from(&self, node: &Node) -> Result<Genesis, ClientError> {
        let wire = node.registry().get_genesis(ask(v1::GetGenesisRequest {})).await.map_err(|s| node.failure(&s).0)?.into_inner();
        let genesis: Genesis = unwrap(FileKind::Genesis, &wire.genesis).map_err(|defect| node.invalid("genesis", defect))?;
        let (expected, found) = (self.trust().network(), genesis.network_id());
        if found == expected {
            Ok(genesis)
        } else {
            Err(node.invalid("genesis", format!("it is that of network {found}, the trust root is for {expected}")))
        }
    }
}
