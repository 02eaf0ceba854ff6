//! `SubmissionService`: one entry is a batch of one.

use crate::api::{Api, HandOverAnswer};
use crate::limits::FINAL_WAIT_MAX;
use crate::status::{ApiError, of_refusal, problem_of};
use eco_core::codec::decode;
use eco_core::document::DocumentId;
use eco_core::entry::EntryId;
use eco_core::name::Timestamp;
use eco_core::state::{DocumentRecord, RecordKey};
use eco_ledger::{Duplicate, Final, Ledger, LedgerError, Submitted, View};
use eco_proto::convert::WireDefect;
use eco_proto::limits::BATCH_ENTRIES_MAX;
use eco_proto::problem::{Problem, reason};
use eco_proto::v1;
use eco_proto::v1::submission_service_server::SubmissionService;
use tokio::sync::oneshot;
use tonic::{Code, Request, Response, Status};

/// What became of one entry.
type Outcome = Result<v1::SubmitResponse, ApiError>;

/// How far one entry of a batch has come.
enum Step {
    Done(Outcome),
    Pending(EntryId),
    Waiting(EntryId, oneshot::Receiver<Final>),
    Ended(EntryId, Final),
}

#[tonic::async_trait]
impl SubmissionService for Api {
    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Result<Response<v1::SubmitResponse>, Status> {
        let request = request.into_inner();
        let wait = request.wait();
        let outcome = self.submit_all(vec![request.signed_entry], wait).await?.pop();
        let missing = || ApiError::from(Problem::new(Code::Internal, reason::NODE_INTERNAL, "the entry has no outcome"));
        let mut response = outcome.unwrap_or_else(|| Err(missing()))?;
        response.head = Some(self.head());
        Ok(Response::new(response))
    }

    async fn submit_batch(&self, request: Request<v1::SubmitBatchRequest>) -> Result<Response<v1::SubmitBatchResponse>, Status> {
        use v1::submit_batch_result::Result as Wire;
        let request = request.into_inner();
        let (found, wait) = (request.signed_entries.len(), request.wait());
        if found == 0 || found > BATCH_ENTRIES_MAX {
            let defect = WireDefect::new("signed_entries", format!("expected 1 to {BATCH_ENTRIES_MAX}, found {found}"));
            return Err(ApiError::from(defect).into());
        }
        let outcomes = self.submit_all(request.signed_entries, wait).await?;
        let wire = |outcome: Outcome| match outcome {
            Ok(response) => Wire::Submitted(response),
            Err(ApiError(problem)) => Wire::Refused(refused(*problem)),
        };
        let results = outcomes.into_iter().map(|outcome| v1::SubmitBatchResult { result: Some(wire(outcome)) }).collect();
        Ok(Response::new(v1::SubmitBatchResponse { results, head: Some(self.head()) }))
    }
}

impl Api {
    /// Takes entries in, hands them on if this node does not vote, and waits for them if asked to.
    async fn submit_all(&self, entries: Vec<Vec<u8>>, wait: v1::WaitMode) -> Result<Vec<Outcome>, ApiError> {
        let now = self.now();
        self.counters.submitted(entries.len());
        let for_hand_over = if self.hand_over.is_some() { entries.clone() } else { Vec::new() };
        let mut steps = self
            .blocking(move |ledger| {
                let outcomes = ledger.submit_batch(&entries, now)?;
                let view = ledger.view()?;
                Ok(outcomes.into_iter().map(|outcome| first_step(&view, outcome, now)).collect::<Vec<_>>())
            })
            .await?;
        self.hand_on(&mut steps, for_hand_over).await;
        if wait == v1::WaitMode::Final {
            steps = self.blocking(move |ledger| Ok(steps.into_iter().map(|step| register(ledger, step, now)).collect::<Vec<_>>())).await?;
            steps = wait_for(steps).await;
        }
        let outcomes = self.blocking(move |ledger| conclude(ledger, steps, now)).await?;
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).for_each(|error| self.counters.refused(&error.0.reason));
        Ok(outcomes)
    }

    /// Brings pending entries to a validator, where this node is none.
    async fn hand_on(&self, steps: &mut [Step], entries: Vec<Vec<u8>>) {
        let Some(hand_over) = &self.hand_over else { return };
        let mut pending: Vec<(&mut Step, Vec<u8>)> =
            steps.iter_mut().zip(entries).filter(|(step, _)| matches!(step, Step::Pending(_))).collect();
        if pending.is_empty() {
            return;
        }
        let answers = hand_over(pending.iter_mut().map(|(_, bytes)| std::mem::take(bytes)).collect()).await;
        match answers {
            Ok(answers) => {
                for ((step, _), answer) in pending.iter_mut().zip(answers) {
                    if let HandOverAnswer::Refused(why) = answer {
                        **step = Step::Done(Err(Problem::new(Code::FailedPrecondition, reason::REFUSED_BY_VALIDATOR, why).into()));
                    }
                }
            }
            // The entries are in this node's pool, whose gossip still carries them: not taken is not the answer.
            Err(failure) => tracing::warn!(detail = failure.0, "no validator took the entries directly; they are left to gossip"),
        }
    }
}

fn first_step(view: &View<'_>, outcome: Result<Submitted, eco_ledger::SubmitError>, now: Timestamp) -> Step {
    match outcome {
        Ok(Submitted::Pending(id)) => Step::Pending(id),
        Ok(Submitted::Duplicate(duplicate)) => Step::Done(of_duplicate(*duplicate)),
        Err(error) => Step::Done(Err(with_conflict(view, problem_of(error, now)))),
    }
}

fn register(ledger: &Ledger, step: Step, now: Timestamp) -> Step {
    let Step::Pending(id) = step else { return step };
    match ledger.wait_final(id) {
        Ok(receiver) => Step::Waiting(id, receiver),
        Err(error) => Step::Done(Err(problem_of(error, now))),
    }
}

/// Waits for all, at most as long as a submission may wait.
async fn wait_for(steps: Vec<Step>) -> Vec<Step> {
    let deadline = tokio::time::Instant::now() + FINAL_WAIT_MAX;
    let mut ended = Vec::with_capacity(steps.len());
    for step in steps {
        ended.push(match step {
            Step::Waiting(id, receiver) => match tokio::time::timeout_at(deadline, receiver).await {
                Ok(Ok(outcome)) => Step::Ended(id, outcome),
                // The ledger stopped, or it takes longer: accepted is all that can be said.
                Ok(Err(_)) | Err(_) => Step::Pending(id),
            },
            Step::Done(_) | Step::Pending(_) | Step::Ended(..) => step,
        });
    }
    ended
}

fn conclude(ledger: &Ledger, steps: Vec<Step>, now: Timestamp) -> Result<Vec<Outcome>, ApiError> {
    let view = ledger.view()?;
    let outcome = |step| match step {
        Step::Done(outcome) => outcome,
        Step::Pending(id) | Step::Waiting(id, _) => Ok(accepted(id)),
        Step::Ended(id, Final::Committed { index, .. }) => committed(&view, id, index),
        Step::Ended(_, Final::Refused(refusal)) => Err(with_conflict(&view, of_refusal(&refusal, now))),
        Step::Ended(_, Final::Unknown) => {
            // It left the pool between being taken in and being waited for: handing it in again tells why.
            let problem =
                Problem::new(Code::Unavailable, reason::POOL_FULL, "the entry left the pool before it was waited for; submit it again");
            Err(problem.retry_after(crate::limits::RETRY_DELAY).into())
        }
    };
    Ok(steps.into_iter().map(outcome).collect())
}

fn accepted(id: EntryId) -> v1::SubmitResponse {
    v1::SubmitResponse { entry_id: id.as_bytes().to_vec(), outcome: v1::SubmitOutcome::Accepted.into(), ..Default::default() }
}

fn committed(view: &View<'_>, id: EntryId, index: u64) -> Outcome {
    let parts =
        view.receipt_parts(index)?.ok_or_else(|| LedgerError::Stopped { reason: format!("entry {index} is final but not in the view") })?;
    let receipt = parts.into_receipt()?;
    let document = receipt.entry.entry().document();
    let record = document.map(|document| view.record(&RecordKey::Document(document))).transpose()?.flatten();
    Ok(v1::SubmitResponse {
        entry_id: id.as_bytes().to_vec(),
        outcome: v1::SubmitOutcome::Final.into(),
        already_applied: false,
        receipt: receipt.to_file(),
        standing: document.zip(record).and_then(|(document, record)| standing(document, &record)),
        head: None,
    })
}

fn of_duplicate(duplicate: Duplicate) -> Outcome {
    let Duplicate { id, receipt, document, record } = duplicate;
    Ok(v1::SubmitResponse {
        entry_id: id.as_bytes().to_vec(),
        outcome: v1::SubmitOutcome::Final.into(),
        already_applied: true,
        receipt: receipt.into_receipt()?.to_file(),
        standing: document.zip(record).and_then(|(document, record)| standing(document, &record)),
        head: None,
    })
}

/// Adds the receipt of the entry in the way.
fn with_conflict(view: &View<'_>, error: ApiError) -> ApiError {
    let ApiError(mut problem) = error;
    if let Some(index) = problem.conflicting_index {
        // Without the receipt the index still tells where to look.
        problem.conflicting_receipt =
            view.receipt_parts(index).ok().flatten().and_then(|parts| parts.into_receipt().ok()).map(|r| r.to_file());
    }
    ApiError(problem)
}

fn standing(document: DocumentId, record: &[u8]) -> Option<v1::DocumentStanding> {
    let record: DocumentRecord = decode(record).ok()?;
    Some(v1::DocumentStanding {
        document_id: document.as_bytes().to_vec(),
        status: v1::DocumentStatus::from(record.status()).into(),
        revision: record.revision.0,
    })
}

fn refused(problem: Problem) -> v1::SubmitRefusal {
    v1::SubmitRefusal {
        code: problem.code.into(),
        reason: problem.reason,
        message: problem.message,
        conflicting_receipt: problem.conflicting_receipt.unwrap_or_default(),
        retry_after_ms: problem.retry_after.map_or(0, |delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)),
    }
}
