//! A node over a [`Network`] that answers truly, or with one lie.

use super::network::Network;
use eco_core::codec::{Canonical, decode, encode};
use eco_core::document::{DocumentStatus, ReasonCode};
use eco_core::log::Frontier;
use eco_core::log::leaf_hash;
use eco_core::state::{DocumentRecord, RecordKey};
use eco_proto::convert::{EntryName, StatusQuery};
use eco_proto::lists::{list_queries, listed};
use eco_proto::needed::{Records, needed};
use eco_proto::problem::{Problem, reason};
use eco_proto::v1;
use eco_proto::v1::log_service_server::{LogService, LogServiceServer};
use eco_proto::v1::submission_service_server::{SubmissionService, SubmissionServiceServer};
use eco_proto::v1::verification_service_server::{VerificationService, VerificationServiceServer};
use eco_proto::v1::watch_response::Event;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status};

/// What is false in the answers of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Nothing.
    None,
    /// The document's record is left out.
    HidesDocument,
    /// The document's record is shown as absent.
    DeniesDocument,
    /// The record says another status.
    ForgesStatus,
    /// Of lists, only the counters are shown.
    HidesSlot,
    /// Lists are shown as empty.
    DeniesCounter,
    /// The receipt is of another entry.
    SwapsReceipt,
    /// Answers are under block 1.
    AnswersOld,
    /// One entry of a watch is another one.
    SwapsEntry,
    /// The seal has another signature.
    BreaksSeal,
    /// The consistency proof is another one.
    BreaksConsistency,
}

/// What a node has and how it lies; a test changes it while the node runs.
#[derive(Clone)]
pub(crate) struct Node(pub(crate) Arc<Mutex<(Network, Lie)>>);

impl Node {
    pub(crate) fn new(network: Network, lie: Lie) -> Self {
        Self(Arc::new(Mutex::new((network, lie))))
    }

    pub(crate) fn set(&self, network: Network, lie: Lie) {
        *self.0.lock().unwrap() = (network, lie);
    }

    fn get(&self) -> (Network, Lie) {
        self.0.lock().unwrap().clone()
    }

    /// Serves on a free port of the loopback until the runtime ends.
    pub(crate) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tonic::transport::Server::builder()
            .add_service(VerificationServiceServer::new(self.clone()))
            .add_service(LogServiceServer::new(self.clone()))
            .add_service(SubmissionServiceServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        format!("http://{address}")
    }
}

struct At<'a>(&'a Network, usize);

impl Records for At<'_> {
    type Error = String;
    fn read<T: Canonical>(&self, key: &RecordKey) -> Result<Option<T>, String> {
        self.0.record(self.1, key).map(|bytes| decode(&bytes).map_err(|e| e.to_string())).transpose()
    }
}

fn none<T>() -> Result<Response<T>, Status> {
    Err(Problem::new(Code::NotFound, reason::NOT_FOUND, "none").to_status())
}

#[tonic::async_trait]
impl VerificationService for Node {
    async fn get_receipt(&self, request: Request<v1::GetReceiptRequest>) -> Result<Response<v1::GetReceiptResponse>, Status> {
        let (network, lie) = self.get();
        let index = match EntryName::try_from(request.into_inner()).unwrap() {
            EntryName::Index(index) => Some(index),
            EntryName::Id(id) => network.entries.iter().position(|entry| entry.id() == id).map(|at| at as u64),
            EntryName::Document(_) => None,
        };
        let Some(index) = index else { return none() };
        let shown = if lie == Lie::SwapsReceipt { index ^ 1 } else { index };
        let mut receipt = network.receipt(shown);
        if lie == Lie::BreaksSeal {
            receipt.seal.signatures[0].signature.0[0] ^= 1;
        }
        Ok(Response::new(v1::GetReceiptResponse { receipt: receipt.to_file(), head: None }))
    }

    async fn get_status(&self, request: Request<v1::GetStatusRequest>) -> Result<Response<v1::GetStatusResponse>, Status> {
        let (network, lie) = self.get();
        let query = StatusQuery::try_from(request.into_inner().query.unwrap()).unwrap();
        let height = if lie == Lie::AnswersOld { 1 } else { network.height() };
        let answer = needed(&query, &At(&network, height)).unwrap();
        let mut proof = network.proof(height, &answer.keys);
        let is_document = |key: &RecordKey| matches!(key, RecordKey::Document(_));
        match lie {
            Lie::HidesDocument => proof.items.retain(|item| !is_document(&item.key)),
            Lie::DeniesDocument => proof.items.iter_mut().filter(|item| is_document(&item.key)).for_each(|item| item.record = None),
            Lie::ForgesStatus => proof.items.iter_mut().filter(|item| is_document(&item.key)).for_each(|item| {
                let mut record: DocumentRecord = decode(item.record.as_ref().unwrap()).unwrap();
                let last = record.history.last_mut().unwrap();
                (last.status, last.reason) = (DocumentStatus::Active, ReasonCode(0));
                item.record = Some(encode(&record));
            }),
            Lie::BreaksSeal => proof.seal.signatures[0].signature.0[0] ^= 1,
            _ => {}
        }
        let mut receipts = Vec::new();
        for (_, record) in &answer.documents {
            let index = record.anchored().unwrap().index;
            let shown = if lie == Lie::SwapsReceipt { index ^ 1 } else { index };
            receipts.push(network.receipt(shown).to_file());
        }
        Ok(Response::new(v1::GetStatusResponse { status_proof: proof.to_file(), receipts, head: None }))
    }

    async fn batch_get_status(&self, request: Request<v1::BatchGetStatusRequest>) -> Result<Response<v1::BatchGetStatusResponse>, Status> {
        let (network, lie) = self.get();
        let (mut status_proofs, mut proof_of_query) = (Vec::new(), Vec::new());
        for (at, query) in request.into_inner().queries.into_iter().enumerate() {
            // Two heads in one answer, where the lie asks for it.
            let height = if lie == Lie::AnswersOld && at > 0 { 1 } else { network.height() };
            let answer = needed(&StatusQuery::try_from(query).unwrap(), &At(&network, height)).unwrap();
            status_proofs.push(network.proof(height, &answer.keys).to_file());
            proof_of_query.push(at as u32);
        }
        Ok(Response::new(v1::BatchGetStatusResponse { status_proofs, proof_of_query, head: None }))
    }

    async fn get_lists(&self, request: Request<v1::GetListsRequest>) -> Result<Response<v1::GetListsResponse>, Status> {
        let (network, lie) = self.get();
        let mut keys = std::collections::BTreeSet::new();
        for query in list_queries(request.into_inner().queries).unwrap() {
            keys.extend(listed(&query, &At(&network, network.height())).unwrap());
        }
        let keys: Vec<RecordKey> = keys.into_iter().collect();
        let mut status_proofs = Vec::new();
        // Small proofs, so that every list comes in several.
        for (at, part) in keys.chunks(3).enumerate() {
            let height = if lie == Lie::AnswersOld && at > 0 { network.height() - 1 } else { network.height() };
            let mut proof = network.proof(height, &part.iter().copied().collect());
            match lie {
                Lie::HidesSlot => proof.items.retain(|item| item.key.slot(0).is_some()),
                Lie::DeniesCounter => proof.items.iter_mut().filter(|item| item.key.slot(0).is_some()).for_each(|item| item.record = None),
                _ => {}
            }
            status_proofs.push(proof.to_file());
        }
        Ok(Response::new(v1::GetListsResponse { status_proofs, head: None }))
    }

    async fn list_claims(&self, _: Request<v1::ListClaimsRequest>) -> Result<Response<v1::ListClaimsResponse>, Status> {
        none()
    }
}

#[tonic::async_trait]
impl LogService for Node {
    async fn get_checkpoint(&self, _: Request<v1::GetCheckpointRequest>) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let (network, lie) = self.get();
        let (header, mut seal) = network.sealed(if lie == Lie::AnswersOld { 1 } else { network.height() });
        if lie == Lie::BreaksSeal {
            seal.signatures[0].signature.0[0] ^= 1;
        }
        let sealed_header = Some(v1::SealedHeader { header: encode(&header), seal: encode(&seal) });
        Ok(Response::new(v1::GetCheckpointResponse { signed_note: Vec::new(), sealed_header, head: None }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let (network, lie) = self.get();
        let request = request.into_inner();
        let mut hashes: Vec<Vec<u8>> = network.consistency(request.old_size, request.new_size).iter().map(|hash| hash.0.to_vec()).collect();
        if lie == Lie::BreaksConsistency {
            hashes[0][0] ^= 1;
        }
        Ok(Response::new(v1::GetConsistencyProofResponse { hashes, head: None }))
    }

    async fn list_entries(&self, _: Request<v1::ListEntriesRequest>) -> Result<Response<v1::ListEntriesResponse>, Status> {
        none()
    }

    async fn list_headers(&self, request: Request<v1::ListHeadersRequest>) -> Result<Response<v1::ListHeadersResponse>, Status> {
        let (network, _) = self.get();
        let (header, seal) = network.sealed(request.into_inner().from_height as usize);
        let headers = vec![v1::SealedHeader { header: encode(&header), seal: encode(&seal) }];
        Ok(Response::new(v1::ListHeadersResponse { headers, next_page_token: String::new(), head: None }))
    }

    type WatchStream = tokio_stream::Iter<std::vec::IntoIter<Result<v1::WatchResponse, Status>>>;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let (network, lie) = self.get();
        let from = request.into_inner().from_index;
        let mut before = Frontier::new();
        before.extend(network.entries.iter().take(from as usize).map(|entry| leaf_hash(entry.as_bytes())));
        let subtree_roots = before.hashes().iter().map(|hash| hash.0.to_vec()).collect();
        let mut events = vec![Event::Start(v1::WatchStart { from_index: from, subtree_roots })];
        for height in 1..=network.height() {
            let (header, seal) = network.sealed(height);
            if header.tree_size <= from && from > 0 {
                continue;
            }
            for index in header.first_index.max(from)..header.tree_size {
                let shown = if lie == Lie::SwapsEntry && index > 0 { index - 1 } else { index };
                let signed_entry = network.entries[shown as usize].as_bytes().to_vec();
                events.push(Event::Entry(v1::LogEntry { index, signed_entry }));
            }
            events.push(Event::BlockEnd(v1::SealedHeader { header: encode(&header), seal: encode(&seal) }));
        }
        let events: Vec<_> = events.into_iter().map(|event| Ok(v1::WatchResponse { event: Some(event) })).collect();
        Ok(Response::new(tokio_stream::iter(events)))
    }
}

#[tonic::async_trait]
impl SubmissionService for Node {
    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Result<Response<v1::SubmitResponse>, Status> {
        let (network, lie) = self.get();
        let bytes = request.into_inner().signed_entry;
        let Some(index) = network.entries.iter().position(|entry| entry.as_bytes() == bytes).map(|at| at as u64) else {
            let mut problem = Problem::new(Code::AlreadyExists, "NUMBER_TAKEN", "taken");
            problem.conflicting_index = Some(0);
            problem.conflicting_receipt = Some(network.receipt(0).to_file());
            if lie == Lie::BreaksSeal {
                problem.conflicting_receipt = Some(vec![1, 2, 3]);
            }
            return Err(problem.to_status());
        };
        let shown = if lie == Lie::SwapsReceipt { index ^ 1 } else { index };
        Ok(Response::new(v1::SubmitResponse {
            entry_id: network.entries[index as usize].id().0.to_vec(),
            outcome: v1::SubmitOutcome::Final.into(),
            already_applied: true,
            receipt: network.receipt(shown).to_file(),
            standing: None,
            head: None,
        }))
    }

    async fn submit_batch(&self, _: Request<v1::SubmitBatchRequest>) -> Result<Response<v1::SubmitBatchResponse>, Status> {
        none()
    }
}
