//! One node: its address, its connection, and how its errors read.

use crate::error::{ClientError, Refused};
use eco_proto::limits::{ANSWER_BYTES_MAX, SUBMIT_REQUEST_BYTES_MAX};
use eco_proto::problem::{Problem, reason};
use eco_proto::v1::log_service_client::LogServiceClient;
use eco_proto::v1::registry_service_client::RegistryServiceClient;
use eco_proto::v1::submission_service_client::SubmissionServiceClient;
use eco_proto::v1::verification_service_client::VerificationServiceClient;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take where the node waits for finality.
pub(crate) const FINAL_TIMEOUT: Duration = Duration::from_secs(90);
/// How often an idle connection is probed, so that a dead one is found.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long a probe may take.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The reason where a node does not know a call.
const NODE_TOO_OLD: &str = "NODE_TOO_OLD";

/// A node and the connection to it, made when first used.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) address: String,
    channel: Channel,
}

impl Node {
    pub(crate) fn new(address: &str) -> Result<Self, ClientError> {
        let defect = |detail: String| ClientError::Address { address: address.to_owned(), detail };
        let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let endpoint = Endpoint::from_shared(url).map_err(|e| defect(e.to_string()))?;
        if endpoint.uri().host().is_none_or(str::is_empty) {
            return Err(defect("no host".to_owned()));
        }
        let channel = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .connect_lazy();
        Ok(Self { address: address.to_owned(), channel })
    }

    pub(crate) fn submission(&self) -> SubmissionServiceClient<Channel> {
        SubmissionServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(SUBMIT_REQUEST_BYTES_MAX)
    }

    pub(crate) fn verification(&self) -> VerificationServiceClient<Channel> {
        VerificationServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub(crate) fn log(&self) -> LogServiceClient<Channel> {
        LogServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    pub(crate) fn registry(&self) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// An answer that does not hold.
    pub(crate) fn invalid(&self, what: &'static str, defect: impl ToString) -> ClientError {
        ClientError::InvalidAnswer { node: self.address.clone(), what, defect: defect.to_string() }
    }

    /// What a status means. The receipt of an entry in the way is checked by the caller.
    pub(crate) fn failure(&self, status: &Status) -> (ClientError, Problem) {
        let problem = Problem::of_status(status);
        (self.failure_of(&problem), problem)
    }

    pub(crate) fn failure_of(&self, problem: &Problem) -> ClientError {
        let (node, message) = (self.address.clone(), problem.message.clone());
        match (problem.code, problem.reason.as_str()) {
            (_, reason::NOT_FOUND) => ClientError::NotFound { node, message },
            (
                _,
                reason::POOL_FULL
                | reason::NODE_BEHIND
                | reason::NODE_LOW_DISK
                | reason::NODE_STOPPED
                | reason::NODE_INTERNAL
                | reason::NO_BLOCK_YET
                | reason::TOO_MANY_REQUESTS
                | reason::READER_TOO_SLOW
                | reason::PAGE_BEYOND_HEAD,
            )
            | (Code::ResourceExhausted | Code::Aborted | Code::Internal, _) => {
                ClientError::Unavailable { node, reason: problem.reason.clone(), message, retry_after: problem.retry_after }
            }
            (Code::Unimplemented, _) => {
                let older = "it does not know this question: it is older than this program, or no node of Eco Notary";
                let message = format!("{older}; update it or ask another ({message})");
                ClientError::Unavailable { node, reason: NODE_TOO_OLD.to_owned(), message, retry_after: None }
            }
            (Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown, _) => {
                ClientError::Unreachable { node, detail: if message.is_empty() { problem.reason.clone() } else { message } }
            }
            _ => ClientError::Refused(Box::new(Refused {
                node,
                reason: problem.reason.clone(),
                message,
                conflicting: None,
                retry_after: problem.retry_after,
            })),
        }
    }
}

/// A request with the usual deadline.
pub(crate) fn ask<T>(message: T) -> Request<T> {
    within(ANSWER_TIMEOUT, message)
}

/// A request with a deadline.
pub(crate) fn within<T>(timeout: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}
