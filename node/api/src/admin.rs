//! `AdminService`: for the operator, on a listener of its own.

use crate::api::Api;
use crate::status::ApiError;
use eco_proto::problem::{Problem, reason};
use eco_proto::v1;
use eco_proto::v1::admin_service_server::AdminService;
use tonic::{Code, Request, Response, Status};

#[tonic::async_trait]
impl AdminService for Api {
    async fn get_node_status(&self, _: Request<v1::GetNodeStatusRequest>) -> Result<Response<v1::GetNodeStatusResponse>, Status> {
        let (facts, ledger) = (self.facts.borrow().clone(), self.ledger.metrics());
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Ok(Response::new(v1::GetNodeStatusResponse {
            head: Some(self.head()),
            pool_entries: count(ledger.pool_entries),
            pool_bytes: count(ledger.pool_bytes),
            state_keys: count(ledger.state_keys),
            peers_connected: facts.peers_connected,
            peers_expected: facts.peers_expected,
            best_peer_height: facts.best_peer_height,
            is_syncing: facts.is_syncing,
            is_validator: facts.is_validator,
            safety_failure: facts.safety_failure.unwrap_or_default(),
            not_serving_reason: self.not_serving().submissions.unwrap_or_default(),
            software_version: self.software_version.to_owned(),
        }))
    }

    async fn check_store(&self, _: Request<v1::CheckStoreRequest>) -> Result<Response<v1::CheckStoreResponse>, Status> {
        let Ok(permit) = self.checks.clone().try_acquire_owned() else {
            let problem = Problem::new(Code::ResourceExhausted, reason::TOO_MANY_REQUESTS, "a check is under way already");
            return Err(ApiError::from(problem).into());
        };
        // It may take long: what it finds is also logged, should the caller have gone.
        let ledger = self.ledger.clone();
        let task = tokio::task::spawn_blocking(move || {
            let found = ledger.fsck_log(|_| ());
            drop(permit);
            found
        });
        let found = task.await.map_err(|error| ApiError::from(Problem::new(Code::Internal, reason::NODE_INTERNAL, error.to_string())))?;
        let records = u64::try_from(self.ledger.metrics().state_keys).unwrap_or(u64::MAX);
        Ok(Response::new(match found {
            Ok(found) => v1::CheckStoreResponse { blocks: found.blocks, entries: found.entries, records, defect: String::new() },
            Err(error) => {
                tracing::error!(%error, "the check of the store found a defect");
                v1::CheckStoreResponse { defect: error.to_string(), ..Default::default() }
            }
        }))
    }
}
