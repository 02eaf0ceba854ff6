//! The head seen last: what newer answers must extend, and what shows a node that lags or a fork.

use crate::client::{Client, Pins};
use crate::error::ClientError;
use crate::node::{Node, ask};
use eco_core::codec::decode;
use eco_core::evidence::ForkEvidence;
use eco_core::header::Header;
use eco_core::limits::PROOF_HASHES_MAX;
use eco_core::log::LogHash;
use eco_core::name::Height;
use eco_core::seal::Seal;
use eco_core::trust::{TrustDefect, TrustRoot};
use eco_proto::convert::bytes32;
use eco_proto::v1;

/// A header whose seal was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedHead {
    /// The header.
    pub header: Header,
    /// Its seal.
    pub seal: Seal,
}

impl SealedHead {
    /// Decodes and verifies a sealed header from the wire.
    pub(crate) fn read(node: &Node, wire: Option<v1::SealedHeader>, trust: &TrustRoot) -> Result<Self, ClientError> {
        let head = Self::decode(node, wire)?;
        trust.verify_sealed(&head.header, &head.seal).map_err(|defect| trust_failure(node, defect))?;
        Ok(head)
    }

    fn decode(node: &Node, wire: Option<v1::SealedHeader>) -> Result<Self, ClientError> {
        let wire = wire.ok_or_else(|| node.invalid("header", "it is missing"))?;
        let header = decode(&wire.header).map_err(|defect| node.invalid("header", defect))?;
        let seal = decode(&wire.seal).map_err(|defect| node.invalid("seal", defect))?;
        Ok(Self { header, seal })
    }
}

/// What a header that does not fit the trust root says about the node.
pub(crate) fn trust_failure(node: &Node, defect: TrustDefect) -> ClientError {
    let address = node.address.clone();
    match defect {
        TrustDefect::Fork { height, pinned, found } => ClientError::Fork { node: address, height, pinned, found, evidence: None },
        TrustDefect::Older { pinned, found } => ClientError::Lagging { node: address, pinned, found },
        TrustDefect::UnknownEpoch { .. } => ClientError::TrustRootTooOld { node: address, defect: defect.to_string() },
        TrustDefect::OtherNetwork { .. } | TrustDefect::OutsideEpoch { .. } | TrustDefect::Seal(_) | TrustDefect::Inconsistent { .. } => {
            node.invalid("sealed header", defect)
        }
    }
}

impl Client {
    /// Refuses an answer under an older head than `before`, which was pinned when the question was asked,
    /// and pins a newer one once it is shown to extend the last.
    pub(crate) async fn check_head(&self, node: &Node, head: &SealedHead, before: &TrustRoot) -> Result<(), ClientError> {
        let (pinned, found) = (before.head().height, head.header.height);
        if found < pinned {
            return Err(ClientError::Lagging { node: node.address.clone(), pinned, found });
        }
        self.pin(node, head).await
    }

    /// Pins a verified head if it is newer than the last one, which it must extend.
    pub(crate) async fn pin(&self, node: &Node, head: &SealedHead) -> Result<(), ClientError> {
        loop {
            let before = self.trust();
            let old = *before.head();
            if head.header.height < old.height {
                return Ok(());
            }
            let path = if old.tree_size == 0 || old.tree_size == head.header.tree_size {
                Vec::new()
            } else {
                self.consistency(node, old.tree_size, head.header.tree_size).await?
            };
            match before.advance(&head.header, &head.seal, &path) {
                Ok(advanced) => {
                    let mut pins = self.pins();
                    // Another answer may have moved the pin meanwhile: then this one must extend that.
                    if *pins.trust.head() == old {
                        *pins = Pins { trust: advanced, sealed: Some(head.clone()) };
                        return Ok(());
                    }
                }
                Err(defect @ (TrustDefect::Inconsistent { .. } | TrustDefect::Fork { .. })) => {
                    return Err(self.fork(node, head, old.height, trust_failure(node, defect)).await);
                }
                Err(defect) => return Err(trust_failure(node, defect)),
            }
        }
    }

    async fn consistency(&self, node: &Node, old_size: u64, new_size: u64) -> Result<Vec<LogHash>, ClientError> {
        let request = ask(v1::GetConsistencyProofRequest { old_size, new_size });
        let answer = node.log().get_consistency_proof(request).await.map_err(|s| node.failure(&s).0)?.into_inner();
        if answer.hashes.len() > PROOF_HASHES_MAX {
            return Err(node.invalid("consistency proof", format!("{} hashes, at most {PROOF_HASHES_MAX} expected", answer.hashes.len())));
        }
        let hash = |bytes: &Vec<u8>| bytes32("hashes", bytes).map(LogHash).map_err(|defect| node.invalid("consistency proof", defect));
        answer.hashes.iter().map(hash).collect()
    }

    /// Two histories, if the node's own block at the pinned height is sealed and another one; else `failure`.
    pub(crate) async fn fork(&self, node: &Node, head: &SealedHead, height: Height, failure: ClientError) -> ClientError {
        let Pins { trust, sealed } = self.pins().clone();
        let pinned = *trust.head();
        let other = if head.header.height == height { Some(head.clone()) } else { self.header_at(node, height).await.ok() };
        let Some(other) = other.filter(|other| other.header.id() != pinned.block && pinned.height == height) else { return failure };
        match trust.verify_sealed(&other.header, &other.seal) {
            Ok(()) | Err(TrustDefect::Fork { .. }) => {}
            Err(_) => return failure,
        }
        let evidence = sealed
            .filter(|own| own.header.height == height)
            .map(|own| Box::new(ForkEvidence { first: (own.header, own.seal), second: (other.header.clone(), other.seal.clone()) }));
        ClientError::Fork { node: node.address.clone(), height, pinned: pinned.block, found: other.header.id(), evidence }
    }

    /// The node's header of a height, decoded, not verified.
    async fn header_at(&self, node: &Node, height: Height) -> Result<SealedHead, ClientError> {
        let request = ask(v1::ListHeadersRequest { from_height: height.0, page_size: 1, page_token: String::new() });
        let answer = node.log().list_headers(request).await.map_err(|s| node.failure(&s).0)?.into_inner();
        SealedHead::decode(node, answer.headers.into_iter().next())
    }

    /// The newest head that a node shows: verified, consistent with the last one seen, and pinned.
    ///
    /// # Errors
    /// No node gave a head that holds.
    pub async fn advance(&self) -> Result<SealedHead, ClientError> {
        self.first(|node| Box::pin(self.head_of_node(node))).await.map(|(head, _)| head)
    }

    pub(crate) async fn head_of_node(&self, node: &Node) -> Result<SealedHead, ClientError> {
        let before = self.trust();
        let answer = node.log().get_checkpoint(ask(v1::GetCheckpointRequest {})).await.map_err(|s| node.failure(&s).0)?.into_inner();
        let head = SealedHead::decode(node, answer.sealed_header)?;
        self.verify_head(node, &head, &before).await?;
        self.check_head(node, &head, &before).await?;
        Ok(head)
    }

    /// Verifies the seal; a fork of the pinned head comes back with its evidence.
    pub(crate) async fn verify_head(&self, node: &Node, head: &SealedHead, trust: &TrustRoot) -> Result<(), ClientError> {
        match trust.verify_sealed(&head.header, &head.seal) {
            Ok(()) => Ok(()),
            Err(defect @ TrustDefect::Fork { height, .. }) => Err(self.fork(node, head, height, trust_failure(node, defect)).await),
            Err(defect) => Err(trust_failure(node, defect)),
        }
    }
}
