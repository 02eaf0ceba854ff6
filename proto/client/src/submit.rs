//! Handing in entries: what comes back is a verified receipt of exactly that entry.

use crate::client::Client;
use crate::error::{ClientError, Refused};
use crate::node::{FINAL_TIMEOUT, Node, ask, within};
use crate::status::CheckedReceipt;
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::entry::{EntryId, SignedEntry};
use eco_core::name::Revision;
use eco_core::trust::TrustRoot;
use eco_proto::convert::{EntryName, StatusQuery};
use eco_proto::limits::{BATCH_ENTRIES_MAX, SUBMIT_REQUEST_BYTES_MAX};
use eco_proto::problem::Problem;
use eco_proto::v1;
use std::time::Duration;
use tonic::{Code, Request};

/// When a submission comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Once a node has the entry in its pool.
    AtOnce,
    /// Once it is on the log, sealed and durable, or the node gives up waiting.
    Final,
}

/// A document as it stands now, proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The document.
    pub document: DocumentId,
    /// Its status.
    pub status: DocumentStatus,
    /// The base of the next statement about it.
    pub revision: Revision,
}

/// An entry that a node took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The node.
    pub node: String,
    /// The intent.
    pub entry: EntryId,
    /// The same author had the same statement on the log before.
    pub already_applied: bool,
    /// The receipt of this entry; none while it is not final.
    pub receipt: Option<CheckedReceipt>,
    /// Of a statement that was applied before: its document as it stands now.
    pub standing: Option<Standing>,
}

/// Bytes of a batch request kept free for its framing.
const FRAMING_BYTES: usize = 16 * 1024;
/// Bytes of framing around one entry of a batch.
const ENTRY_FRAMING_BYTES: usize = 8;

impl Client {
    /// Hands in an entry. Handing it in again is safe: it is recorded once.
    ///
    /// # Errors
    /// It is refused, or no node took it.
    pub async fn submit(&self, entry: &SignedEntry, wait: Wait) -> Result<Submitted, ClientError> {
        self.first(|node| Box::pin(self.submit_to(node, entry.clone(), wait))).await.map(|(submitted, _)| submitted)
    }

    async fn submit_to(&self, node: &Node, entry: SignedEntry, wait: Wait) -> Result<Submitted, ClientError> {
        let trust = self.trust();
        let request = request(wait, v1::SubmitRequest { signed_entry: entry.as_bytes().to_vec(), wait: wire_wait(wait).into() });
        let submitted = match node.submission().submit(request).await {
            Ok(answer) => self.read_submitted(node, &entry, answer.into_inner(), &trust)?,
            Err(status) => {
                let (failure, problem) = node.failure(&status);
                return Err(self.with_conflict(node, failure, problem, &trust).await);
            }
        };
        self.settle(node, vec![(&entry, submitted)]).await?.pop().ok_or(ClientError::NoNode)
    }

    /// Hands in several entries, as few requests as the bounds allow; outcomes come in their order.
    ///
    /// # Errors
    /// No node took a request. What was handed in before is safe to hand in again.
    pub async fn submit_batch(&self, entries: &[SignedEntry], wait: Wait) -> Result<Vec<Result<Submitted, ClientError>>, ClientError> {
        let mut outcomes = Vec::with_capacity(entries.len());
        for part in parts(entries) {
            let (part, _) = self.first(|node| Box::pin(self.submit_part(node, part.to_vec(), wait))).await?;
            outcomes.extend(part);
        }
        Ok(outcomes)
    }

    async fn submit_part(
        &self,
        node: &Node,
        entries: Vec<SignedEntry>,
        wait: Wait,
    ) -> Result<Vec<Result<Submitted, ClientError>>, ClientError> {
        use v1::submit_batch_result::Result as Outcome;
        let trust = self.trust();
        let signed_entries = entries.iter().map(|entry| entry.as_bytes().to_vec()).collect();
        let request = request(wait, v1::SubmitBatchRequest { signed_entries, wait: wire_wait(wait).into() });
        let answer = node.submission().submit_batch(request).await.map_err(|s| node.failure(&s).0)?.into_inner();
        if answer.results.len() != entries.len() {
            return Err(node.invalid("batch", format!("{} outcomes for {} entries", answer.results.len(), entries.len())));
        }
        let (mut outcomes, mut taken) = (Vec::with_capacity(entries.len()), Vec::new());
        for (entry, result) in entries.iter().zip(answer.results) {
            match result.result {
                None => return Err(node.invalid("batch", "an outcome is missing")),
                Some(Outcome::Submitted(wire)) => {
                    taken.push((entry, self.read_submitted(node, entry, wire, &trust)?));
                    outcomes.push(None);
                }
                Some(Outcome::Refused(wire)) => {
                    let problem = problem_of(wire);
                    let failure = node.failure_of(&problem);
                    outcomes.push(Some(self.with_conflict(node, failure, problem, &trust).await));
                }
            }
        }
        let mut taken = self.settle(node, taken).await?.into_iter();
        outcomes
            .into_iter()
            .map(|failure| failure.map_or_else(|| taken.next().ok_or(ClientError::NoNode).map(Ok), |f| Ok(Err(f))))
            .collect()
    }

    /// Checks that an answer is about exactly this entry.
    fn read_submitted(
        &self,
        node: &Node,
        entry: &SignedEntry,
        wire: v1::SubmitResponse,
        trust: &TrustRoot,
    ) -> Result<Submitted, ClientError> {
        let is_final = match wire.outcome() {
            v1::SubmitOutcome::Final => true,
            v1::SubmitOutcome::Accepted => false,
            v1::SubmitOutcome::Unspecified => return Err(node.invalid("outcome", "it is not stated")),
        };
        let receipt = if is_final { Some(CheckedReceipt::read(node, wire.receipt, trust)?) } else { None };
        if let Some(checked) = &receipt
            && checked.receipt.entry.id() != entry.id()
        {
            return Err(node.invalid("receipt", format!("it is of entry {}, handed in was {}", checked.receipt.entry.id(), entry.id())));
        }
        let already_applied = wire.already_applied && is_final;
        Ok(Submitted { node: node.address.clone(), entry: entry.id(), already_applied, receipt, standing: None })
    }

    /// Pins the newest head among the receipts, and proves how documents of earlier statements stand now.
    async fn settle(&self, node: &Node, taken: Vec<(&SignedEntry, Submitted)>) -> Result<Vec<Submitted>, ClientError> {
        let newest = taken.iter().filter_map(|(_, submitted)| submitted.receipt.as_ref()).max_by_key(|r| r.receipt.header.height);
        if let Some(newest) = newest {
            self.pin(node, &newest.head()).await?;
        }
        let earlier: Vec<DocumentId> =
            taken.iter().filter(|(_, s)| s.already_applied).filter_map(|(entry, _)| entry.entry().document()).collect();
        let queries: Vec<StatusQuery> = earlier.into_iter().map(StatusQuery::Document).collect();
        let answers = if queries.is_empty() { Vec::new() } else { self.status_batch(&queries).await? };
        let mut settled = Vec::with_capacity(taken.len());
        for (entry, mut submitted) in taken {
            if submitted.already_applied
                && let Some(document) = entry.entry().document()
            {
                let record = answers.iter().flat_map(|a| &a.documents).find(|(id, _)| *id == document);
                let (_, record) = record
                    .ok_or_else(|| node.invalid("receipt", format!("the entry is on the log, document {document} is not in the state")))?;
                submitted.standing = Some(Standing { document, status: record.status(), revision: record.revision });
            }
            settled.push(submitted);
        }
        Ok(settled)
    }

    /// Adds the verified receipt of the entry in the way to a refusal.
    async fn with_conflict(&self, node: &Node, failure: ClientError, problem: Problem, trust: &TrustRoot) -> ClientError {
        let ClientError::Refused(refused) = failure else { return failure };
        let conflicting = match (problem.conflicting_receipt, problem.conflicting_index) {
            (Some(file), _) => match CheckedReceipt::read(node, file, trust) {
                Ok(receipt) => Some(receipt),
                Err(failure) => return failure,
            },
            (None, Some(index)) => self.receipt_from(node, EntryName::Index(index)).await.ok(),
            (None, None) => None,
        };
        ClientError::Refused(Box::new(Refused { conflicting, ..*refused }))
    }
}

const fn wire_wait(wait: Wait) -> v1::WaitMode {
    match wait {
        Wait::AtOnce => v1::WaitMode::ReturnAtOnce,
        Wait::Final => v1::WaitMode::Final,
    }
}

fn request<T>(wait: Wait, message: T) -> Request<T> {
    match wait {
        Wait::AtOnce => ask(message),
        Wait::Final => within(FINAL_TIMEOUT, message),
    }
}

fn problem_of(wire: v1::SubmitRefusal) -> Problem {
    let mut problem = Problem::new(Code::from_i32(wire.code), wire.reason, wire.message);
    problem.conflicting_receipt = Some(wire.conflicting_receipt).filter(|receipt| !receipt.is_empty());
    problem.retry_after = Some(wire.retry_after_ms).filter(|ms| *ms > 0).map(Duration::from_millis);
    problem
}

/// Cuts entries into requests within the bounds of bytes and number.
fn parts(entries: &[SignedEntry]) -> impl Iterator<Item = &[SignedEntry]> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let (mut count, mut bytes) = (0usize, 0usize);
        for entry in rest {
            let grown = bytes.saturating_add(entry.as_bytes().len()).saturating_add(ENTRY_FRAMING_BYTES);
            if count == BATCH_ENTRIES_MAX || (count > 0 && grown > SUBMIT_REQUEST_BYTES_MAX.saturating_sub(FRAMING_BYTES)) {
                break;
            }
            (count, bytes) = (count.saturating_add(1), grown);
        }
        let (part, remaining) = rest.split_at_checked(count)?;
        rest = remaining;
        (!part.is_empty()).then_some(part)
    })
}
