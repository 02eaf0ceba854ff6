//! The one `match` from errors to gRPC codes. Whose fault it is decides the code; internals never leak.

use crate::limits::RETRY_DELAY;
use eco_core::name::Timestamp;
use eco_core::state::Refusal;
use eco_ledger::{LedgerError, PoolFull, SubmitError};
use eco_proto::convert::WireDefect;
use eco_proto::problem::{Problem, reason};
use std::time::Duration;
use tonic::{Code, Status};

/// A problem on its way to the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError(pub(crate) Box<Problem>);

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<WireDefect> for ApiError {
    fn from(defect: WireDefect) -> Self {
        Problem::from(defect).into()
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        // Paths and rows of this node's disk are for its operator.
        tracing::error!(%error, "the ledger failed a request");
        let problem = if error.must_stop() {
            Problem::new(Code::Unavailable, reason::NODE_STOPPED, "this node has stopped after a failure; ask another node")
        } else {
            Problem::new(Code::Internal, reason::NODE_INTERNAL, "this node failed; ask another node")
        };
        problem.into()
    }
}

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        error.0.to_status()
    }
}

/// What a submitter is told. The receipt of the entry in the way is added by the caller.
pub(crate) fn problem_of(error: SubmitError, now: Timestamp) -> ApiError {
    match error {
        SubmitError::Refusal(refusal) => of_refusal(&refusal, now),
        SubmitError::PoolFull(full) => of_pool_full(&full),
        SubmitError::Behind => Problem::new(Code::Unavailable, reason::NODE_BEHIND, error.to_string()).retry_after(RETRY_DELAY).into(),
        // How much is free is the operator's business.
        SubmitError::LowDisk { .. } => {
            Problem::new(Code::Unavailable, reason::NODE_LOW_DISK, "this node is low on disk; submit to another node").into()
        }
        SubmitError::Ledger(error) => error.into(),
    }
}

fn of_pool_full(full: &PoolFull) -> ApiError {
    Problem::new(Code::ResourceExhausted, reason::POOL_FULL, full.to_string()).retry_after(RETRY_DELAY).into()
}

/// A refused entry: what is wrong with it, and which entry stands in the way.
pub(crate) fn of_refusal(refusal: &Refusal, now: Timestamp) -> ApiError {
    let mut problem = Problem::new(code_of(refusal), refusal.reason(), refusal.to_string());
    problem.conflicting_index = refusal.conflicting_index();
    if let Refusal::RateExceeded { retry_at, .. } = refusal {
        problem.retry_after = Some(Duration::from_millis(retry_at.since(now)));
    }
    problem.into()
}

/// The gRPC code of a refusal: the entry itself, who may say it, what is there already, or the moment.
const fn code_of(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Malformed(_)
        | Refusal::WrongNetwork { .. }
        | Refusal::BadSignature(_)
        | Refusal::SignatureCount { .. }
        | Refusal::NotAfterTooFar { .. } => Code::InvalidArgument,
        Refusal::UnknownAuthor { .. }
        | Refusal::NotTheAuthority { .. }
        | Refusal::OtherScope { .. }
        | Refusal::AuthorSuspended { .. }
        | Refusal::MissingRole { .. }
        | Refusal::UnknownKey { .. }
        | Refusal::KeyOfAnother { .. }
        | Refusal::KeyPurpose { .. }
        | Refusal::KeyNotValid { .. }
        | Refusal::KeyRevoked { .. }
        | Refusal::NotDelegated { .. } => Code::PermissionDenied,
        Refusal::DocumentExists { .. } | Refusal::NumberTaken { .. } | Refusal::AttestationExists { .. } => Code::AlreadyExists,
        Refusal::StatementUnsupported { .. }
        | Refusal::Expired { .. }
        | Refusal::NoSuchDocument { .. }
        | Refusal::RevisionConflict { .. }
        | Refusal::StatusFinal { .. }
        | Refusal::StatusUnchanged { .. }
        | Refusal::HistoryFull { .. }
        | Refusal::SupersedesOtherKind { .. }
        | Refusal::DocumentUnknown { .. }
        | Refusal::WrongKind { .. }
        | Refusal::NotActive { .. }
        | Refusal::OverAlready { .. }
        | Refusal::StaleRecord { .. }
        | Refusal::NoSuchAttestation { .. }
        | Refusal::WithdrawnAlready { .. }
        | Refusal::RecordFull { .. }
        | Refusal::NotABody { .. }
        | Refusal::NoSuchRecognition { .. }
        | Refusal::PresentationOrder { .. } => Code::FailedPrecondition,
        Refusal::RateExceeded { .. } => Code::ResourceExhausted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_core::codec::CodecDefect;
    use eco_core::commitment::StatementHash;
    use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
    use eco_core::name::{OrgId, Revision};
    use eco_core::recognition::RecognitionScope;
    use eco_core::registry::Purpose;
    use eco_core::sign::{NetworkId, PublicKey, SignatureDefect};
    use eco_core::state::Refusal as R;
    use eco_core::statement::PresentationState;

    fn every_refusal() -> Vec<(R, Code)> {
        let (author, key): (OrgId, _) = ("chamber-a".parse().unwrap(), PublicKey::ed25519([1; 32]));
        let (document, at, status) = (DocumentId([2; 32]), Timestamp(5), DocumentStatus::Active);
        let network = NetworkId([3; 32]);
        let (jp, statement) = ("JP".parse().unwrap(), StatementHash([4; 32]));
        let (kind, state) = (DocumentKind::Other, PresentationState::Refused);
        vec![
            (R::Malformed(CodecDefect::NotCanonical { what: "entry" }), Code::InvalidArgument),
            (R::WrongNetwork { expected: network, found: network }, Code::InvalidArgument),
            (R::BadSignature(SignatureDefect::Mismatch { key }), Code::InvalidArgument),
            (R::SignatureCount { found: 2 }, Code::InvalidArgument),
            (R::NotAfterTooFar { not_after: at, now: at }, Code::InvalidArgument),
            (R::UnknownAuthor { author }, Code::PermissionDenied),
            (R::AuthorSuspended { author, since: at }, Code::PermissionDenied),
            (R::MissingRole { author, has: String::new(), needs: "x" }, Code::PermissionDenied),
            (R::UnknownKey { key, author }, Code::PermissionDenied),
            (R::KeyOfAnother { key, owner: author, author }, Code::PermissionDenied),
            (R::KeyPurpose { key, has: Purpose::Issue, needs: Purpose::Status }, Code::PermissionDenied),
            (R::KeyNotValid { key, from: at, until: None, at }, Code::PermissionDenied),
            (R::KeyRevoked { key, revoked: at, author }, Code::PermissionDenied),
            (R::NotDelegated { agent: author, author }, Code::PermissionDenied),
            (R::DocumentExists { document, index: 7 }, Code::AlreadyExists),
            (R::NumberTaken { document, index: 7 }, Code::AlreadyExists),
            (R::StatementUnsupported { tag: 9 }, Code::FailedPrecondition),
            (R::Expired { not_after: at, now: at }, Code::FailedPrecondition),
            (R::NoSuchDocument { document, author }, Code::FailedPrecondition),
            (R::RevisionConflict { document, base: Revision(1), found: Revision(2), index: 7 }, Code::FailedPrecondition),
            (R::StatusFinal { document, status, index: 7 }, Code::FailedPrecondition),
            (R::StatusUnchanged { document, status }, Code::FailedPrecondition),
            (R::HistoryFull { document, changes: 32 }, Code::FailedPrecondition),
            (R::NotTheAuthority { author, country: jp, authority: None }, Code::PermissionDenied),
            (R::OtherScope { author, named: author }, Code::PermissionDenied),
            (R::AttestationExists { document, body: author, statement, index: 7 }, Code::AlreadyExists),
            (R::SupersedesOtherKind { document, found: kind, given: kind }, Code::FailedPrecondition),
            (R::DocumentUnknown { document }, Code::FailedPrecondition),
            (R::WrongKind { document, found: kind, statement: "Attest", needs: "passports" }, Code::FailedPrecondition),
            (R::NotActive { document, status, index: 7 }, Code::FailedPrecondition),
            (R::OverAlready { until: at, now: at }, Code::FailedPrecondition),
            (R::StaleRecord { record: "row", base: Revision(1), found: Revision(2), index: Some(7) }, Code::FailedPrecondition),
            (R::NoSuchAttestation { document, body: author, statement }, Code::FailedPrecondition),
            (R::WithdrawnAlready { index: 7 }, Code::FailedPrecondition),
            (R::RecordFull { record: "row", max: 8, remedy: "x" }, Code::FailedPrecondition),
            (R::NotABody { body: author, has: String::new(), needs: "x" }, Code::FailedPrecondition),
            (R::NoSuchRecognition { scope: RecognitionScope::Country(jp), body: author, number: 1, count: 1 }, Code::FailedPrecondition),
            (R::PresentationOrder { before: state, state, index: 7 }, Code::FailedPrecondition),
            (R::RateExceeded { author, max: 1, retry_at: Timestamp(9) }, Code::ResourceExhausted),
        ]
    }

    // Clients and people act on reason and code: both must come out at the other end as eco-core named them.
    #[test]
    fn every_refusal_keeps_its_reason_its_code_and_the_entry_in_the_way() {
        let mut reasons = std::collections::BTreeSet::new();
        for (refusal, code) in every_refusal() {
            let problem = Problem::of_status(&Status::from(of_refusal(&refusal, Timestamp(5))));
            assert_eq!((problem.code, problem.reason.as_str()), (code, refusal.reason()));
            assert_eq!(problem.conflicting_index, refusal.conflicting_index());
            assert!(reasons.insert(problem.reason), "{} names two refusals", refusal.reason());
            let waits = matches!(refusal, R::RateExceeded { .. });
            assert_eq!(problem.retry_after, waits.then_some(Duration::from_millis(4)));
        }
    }

    #[test]
    fn what_concerns_the_operator_stays_with_the_operator() {
        let secret = "/var/lib/eco/data";
        let errors = [
            ApiError::from(LedgerError::Store { operation: "write", detail: secret.into() }),
            ApiError::from(LedgerError::Damaged { what: secret.into(), expected: secret.into(), found: secret.into() }),
            problem_of(SubmitError::LowDisk { free: 12_345, min: 67_890 }, Timestamp(0)),
        ];
        for ApiError(problem) in errors {
            assert!(!problem.message.contains(secret) && !problem.message.contains("12345"), "{}", problem.message);
        }
    }
}
