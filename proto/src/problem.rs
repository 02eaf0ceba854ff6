//! Errors on the wire: google.rpc.Status with `ErrorInfo`, and what helps to mend them.
//!
//! One type for both sides: a node writes it, a client reads it back. Reasons are UPPER_SNAKE and stable.

use crate::convert::WireDefect;
use crate::limits::CONFLICT_RECEIPT_BYTES_MAX;
use crate::v1::ConflictDetail;
use prost::Message as _;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// `ErrorInfo.domain` of every error of ours.
pub const DOMAIN: &str = "eco.notary";

/// Reasons that are not those of a refused entry, which eco-core names.
pub mod reason {
    /// A field of the request holds no value of its type.
    pub const REQUEST_INVALID: &str = "REQUEST_INVALID";
    /// There is no such entry, document or block.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// No block has been made yet, so there is nothing to prove anything with.
    pub const NO_BLOCK_YET: &str = "NO_BLOCK_YET";
    /// The pool has no room.
    pub const POOL_FULL: &str = "POOL_FULL";
    /// The node is behind its peers.
    pub const NODE_BEHIND: &str = "NODE_BEHIND";
    /// The node is low on disk.
    pub const NODE_LOW_DISK: &str = "NODE_LOW_DISK";
    /// The node failed and takes nothing more until it is restarted.
    pub const NODE_STOPPED: &str = "NODE_STOPPED";
    /// The node met an error of its own that concerns this request.
    pub const NODE_INTERNAL: &str = "NODE_INTERNAL";
    /// The reader of a stream was too slow; resume from the last header seen.
    pub const READER_TOO_SLOW: &str = "READER_TOO_SLOW";
    /// A validator that the entry was handed over to does not take it.
    pub const REFUSED_BY_VALIDATOR: &str = "REFUSED_BY_VALIDATOR";
    /// The answer would be larger than an answer may be; ask for less.
    pub const ANSWER_TOO_LARGE: &str = "ANSWER_TOO_LARGE";
    /// Too many requests at once.
    pub const TOO_MANY_REQUESTS: &str = "TOO_MANY_REQUESTS";
    /// The walk is bound to more than this node has: it is not the node that began it, or it lost blocks.
    pub const PAGE_BEYOND_HEAD: &str = "PAGE_BEYOND_HEAD";
}

/// `ErrorInfo.metadata` key: log index of the entry in the way.
pub const CONFLICTING_INDEX: &str = "conflicting_index";

const CONFLICT_TYPE_URL: &str = "type.googleapis.com/eco.notary.v1.ConflictDetail";

/// An error with everything that helps to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The gRPC code.
    pub code: Code,
    /// Stable reason, UPPER_SNAKE.
    pub reason: String,
    /// For people.
    pub message: String,
    /// The field at fault, if one is.
    pub field: Option<String>,
    /// Log index of the entry in the way, if one is.
    pub conflicting_index: Option<u64>,
    /// `.eco` receipt file of that entry, if it was sent along.
    pub conflicting_receipt: Option<Vec<u8>>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
}

impl Problem {
    /// A problem with a reason and a message only.
    #[must_use]
    pub fn new(code: Code, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
            message: message.into(),
            field: None,
            conflicting_index: None,
            conflicting_receipt: None,
            retry_after: None,
        }
    }

    /// The same, with the time after which trying again makes sense.
    #[must_use]
    pub const fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// As a gRPC status. A receipt too long for trailers is left out: the index names it.
    #[must_use]
    pub fn to_status(&self) -> Status {
        let metadata: HashMap<String, String> =
            self.conflicting_index.iter().map(|index| (CONFLICTING_INDEX.to_owned(), index.to_string())).collect();
        let mut details = ErrorDetails::new();
        details.set_error_info(&self.reason, DOMAIN, metadata);
        if let Some(field) = &self.field {
            details.add_bad_request_violation(field, &self.message);
        }
        if let Some(delay) = self.retry_after {
            details.set_retry_info(Some(delay));
        }
        let status = Status::with_error_details(self.code, &self.message, details);
        match &self.conflicting_receipt {
            Some(receipt) if receipt.len() <= CONFLICT_RECEIPT_BYTES_MAX => with_receipt(&status, receipt.clone()),
            _ => status,
        }
    }

    /// Reads a status. One without `ErrorInfo` of ours, such as from a proxy, gets its code as reason.
    #[must_use]
    pub fn of_status(status: &Status) -> Self {
        let mut problem = Self::new(status.code(), format!("{:?}", status.code()), status.message());
        if let Some(info) = status.get_details_error_info().filter(|info| info.domain == DOMAIN) {
            problem.conflicting_index = info.metadata.get(CONFLICTING_INDEX).and_then(|text| text.parse().ok());
            problem.reason = info.reason;
        }
        problem.field = status.get_details_bad_request().and_then(|b| b.field_violations.into_iter().next()).map(|v| v.field);
        problem.retry_after = status.get_details_retry_info().and_then(|r| r.retry_delay);
        problem.conflicting_receipt = receipt_of(status);
        problem
    }
}

impl From<WireDefect> for Problem {
    fn from(defect: WireDefect) -> Self {
        let mut problem = Self::new(Code::InvalidArgument, reason::REQUEST_INVALID, defect.to_string());
        problem.field = Some(defect.field.to_owned());
        problem
    }
}

fn with_receipt(status: &Status, receipt: Vec<u8>) -> Status {
    // The bytes were encoded by the line before this call.
    let Ok(mut rpc) = tonic_types::pb::Status::decode(status.details()) else { return status.clone() };
    let value = ConflictDetail { receipt }.encode_to_vec();
    rpc.details.push(prost_types::Any { type_url: CONFLICT_TYPE_URL.to_owned(), value });
    Status::with_details(status.code(), status.message(), rpc.encode_to_vec().into())
}

fn receipt_of(status: &Status) -> Option<Vec<u8>> {
    let rpc = tonic_types::pb::Status::decode(status.details()).ok()?;
    let detail = rpc.details.into_iter().find(|any| any.type_url == CONFLICT_TYPE_URL)?;
    ConflictDetail::decode(detail.value.as_slice()).ok().map(|detail| detail.receipt)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A client that loses the reason or the receipt on the way cannot say why an entry was refused.
    #[test]
    fn a_problem_survives_the_wire() {
        let mut problem = Problem::new(Code::AlreadyExists, "NUMBER_TAKEN", "taken");
        assert_eq!(Problem::of_status(&problem.to_status()), problem);
        problem.conflicting_index = Some(7);
        problem.conflicting_receipt = Some(vec![1, 2, 3]);
        problem.retry_after = Some(Duration::from_millis(1500));
        problem.field = Some("signed_entry".into());
        assert_eq!(Problem::of_status(&problem.to_status()), problem);
    }

    #[test]
    fn a_receipt_too_long_for_trailers_is_left_to_its_index() {
        let mut problem = Problem::new(Code::AlreadyExists, "DOCUMENT_EXISTS", "there");
        problem.conflicting_index = Some(7);
        problem.conflicting_receipt = Some(vec![0; CONFLICT_RECEIPT_BYTES_MAX + 1]);
        let read = Problem::of_status(&problem.to_status());
        assert_eq!((read.conflicting_index, read.conflicting_receipt), (Some(7), None));
    }

    #[test]
    fn a_status_of_somebody_else_keeps_its_code_as_reason() {
        let read = Problem::of_status(&Status::unavailable("proxy"));
        assert_eq!((read.code, read.reason.as_str(), read.message.as_str()), (Code::Unavailable, "Unavailable", "proxy"));
        // ErrorInfo of another domain is not ours to interpret.
        let mut details = ErrorDetails::new();
        details.set_error_info("NUMBER_TAKEN", "example.com", HashMap::new());
        let read = Problem::of_status(&Status::with_error_details(Code::Internal, "x", details));
        assert_eq!(read.reason, "Internal");
    }
}
