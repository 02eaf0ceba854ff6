//! Asking nodes, through `eco-client`, which believes no answer that it has not checked.

use crate::anchoring::Outcome;
use crate::dates::rfc3339;
use crate::document::Document;
use crate::evidence::Gathered;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use anyhow::Result;
use eco_client::{
    CheckedReceipt, Client, ClientError, EntryName, ListQuery, ListsAnswer, SealedHead, StatusAnswer, StatusCandidate, StatusQuery,
    Submitted, Wait, Watch,
};
use eco_core::Fingerprint;
use eco_core::document::DocumentId;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::entry::SignedEntry;
use eco_core::name::OrgId;
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::state::{DocumentRecord, RecordKey};
use eco_core::statement::Statement;
use eco_core::status::StatusView;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Candidate, Reach};
use std::path::PathBuf;
use std::time::Duration;

/// What a node is asked about.
#[derive(Debug, Clone)]
pub(crate) enum Query {
    /// A document by its content.
    Document {
        /// Newest signature first.
        candidates: Vec<Candidate>,
        /// Whose record counts, if the asker knows.
        issuer: Option<OrgId>,
        /// Certificates that this one copies or continues: their records count for it.
        originals: Vec<Fingerprint>,
    },
    /// A certificate by its number.
    Number {
        /// Whose.
        issuer: OrgId,
        /// Which.
        number: CertificateNumber,
    },
    /// A document by its id.
    Id(DocumentId),
}

/// Nodes asked about one document after the other, and what became of it.
pub(crate) struct Asking<'a> {
    home: &'a Home,
    client: Option<Result<Client, ClientError>>,
    /// Nobody answered: the next question would wait as long for nothing.
    unreachable: Option<Reach>,
}

impl<'a> Asking<'a> {
    /// The nodes of arguments, environment or configuration; none without a trust root.
    pub(crate) fn of(home: &'a Home, trust: Option<&TrustRoot>) -> Self {
        let endpoints = home.nodes();
        let trust = trust.filter(|_| !endpoints.is_empty());
        Self { home, client: trust.map(|trust| Client::connect(&endpoints, trust.clone())), unreachable: None }
    }

    /// Asks for evidence and adds it to what is at hand. Never fails: how it went is part of the evidence.
    pub(crate) async fn ask(&mut self, gathered: &mut Gathered, query: &Query) {
        let Some(client) = &self.client else { return };
        if matches!(query, Query::Document { candidates, .. } if candidates.is_empty()) {
            return;
        }
        if let Some(reach) = &self.unreachable {
            gathered.reach = reach.clone();
            return;
        }
        let answer = match client {
            Ok(client) => patiently(async || client.status(&query.wire()).await).await,
            Err(error) => Err(error.clone()),
        };
        match answer {
            Ok(answer) => {
                gathered.add(answer.node.clone(), answer.file);
                let own = answer.receipts.into_iter().filter(|receipt| !query.is_original(receipt));
                own.for_each(|r| gathered.add(answer.node.clone(), r.file));
                gathered.reach = Reach::Answered;
            }
            Err(error) => {
                gathered.reach = match (keep_evidence(self.home, &error), error.reach()) {
                    (Some(path), Reach::Invalid(detail)) => Reach::Invalid(format!("{detail}; the evidence is kept in {}", path.display())),
                    (_, reach) => reach,
                };
                if let Reach::Unreachable(_) = gathered.reach {
                    self.unreachable = Some(gathered.reach.clone());
                }
            }
        }
    }

    /// Asks for whole lists, all under one head. `None` if no node is to be asked, or none can be reached.
    ///
    /// # Errors
    /// Why none gave them, for people.
    pub(crate) async fn lists(&mut self, queries: &[ListQuery]) -> Result<Option<ListsAnswer>, String> {
        let Some(client) = &self.client else { return Ok(None) };
        if self.unreachable.is_some() {
            return Ok(None);
        }
        let answer = match client {
            Ok(client) => patiently(async || client.lists(queries).await).await,
            Err(error) => Err(error.clone()),
        };
        answer.map(Some).map_err(|error| {
            keep_evidence(self.home, &error);
            error.to_string()
        })
    }

    /// Keeps the newest head seen beside the pinned trust root, as `eco trust update` does. A note where that failed: the
    /// head is asked for again next time.
    pub(crate) fn keep_head(&self) -> Option<String> {
        let Some(Ok(client)) = &self.client else { return None };
        let error = self.home.keep_head(&client.trust()).err()?;
        Some(format!("the newest head was not kept: {error:#}"))
    }
}

/// Times that a node which is a block or two behind is asked again, and how long is waited each time.
const LAGGING_RETRIES: usize = 4;
const LAGGING_PAUSE: Duration = Duration::from_millis(250);

/// Asks again if the node is behind the head seen last: it usually catches up within a block.
async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T, ClientError>) -> Result<T, ClientError> {
    for _ in 0..LAGGING_RETRIES {
        match ask().await {
            Err(error) if matches!(error.reach(), Reach::Lagging(_)) => tokio::time::sleep(LAGGING_PAUSE).await,
            answer => return answer,
        }
    }
    ask().await
}

/// Writes the evidence of a fork beside the trust root: it names who signed two histories, and verifies offline.
fn keep_evidence(home: &Home, error: &ClientError) -> Option<PathBuf> {
    let ClientError::Fork { height, evidence: Some(evidence), .. } = error else { return None };
    let path = home.directory().join(format!("fork-at-{height}.eco"));
    let kept = files::write(&path, &wrap(FileKind::ForkEvidence, evidence.as_ref()));
    kept.is_ok().then_some(path)
}

impl Query {
    /// About a document by its content.
    pub(crate) fn of(document: &Document, issuer: Option<OrgId>) -> Self {
        Self::Document { candidates: document.findings.candidates.clone(), issuer, originals: document.originals() }
    }

    /// Whether a receipt is of an original, not of the document asked about.
    fn is_original(&self, receipt: &CheckedReceipt) -> bool {
        match (self, &receipt.receipt.entry.entry().statement) {
            (Self::Document { originals, .. }, Statement::Anchor(anchor)) => originals.contains(&anchor.fingerprint),
            _ => false,
        }
    }

    fn wire(&self) -> StatusQuery {
        match self {
            Self::Document { candidates, issuer, originals } => {
                let original = |fingerprint: &Fingerprint| StatusCandidate { fingerprint: *fingerprint, signer: None, key: None };
                let own = candidates.iter().take(CANDIDATES_MAX.saturating_sub(originals.len().min(2))).map(StatusCandidate::from);
                StatusQuery::Candidates { candidates: own.chain(originals.iter().take(2).map(original)).collect(), issuer: *issuer }
            }
            Self::Number { issuer, number } => StatusQuery::Number { issuer: *issuer, reference: ReferenceKey::of(issuer, number) },
            Self::Id(document) => StatusQuery::Document(*document),
        }
    }
}

/// Fingerprints that a node is asked about at once: the newest signatures, and at most two originals.
const CANDIDATES_MAX: usize = 7;

/// Nodes that are asked in turn.
pub(crate) struct Nodes {
    client: Client,
}

impl Nodes {
    /// Connects to the nodes of arguments, environment or configuration.
    pub(crate) fn connect(home: &Home, trust: &TrustRoot) -> Result<Self> {
        let endpoints = home.nodes();
        if endpoints.is_empty() {
            return Err(Fault::usage("NODE_MISSING", "no node given")
                .hint(format!("--node URL, ECO_NODE, or nodes = [\"http://..\"] in {}", home.directory().join("config.toml").display()))
                .into());
        }
        Self::connect_to(&endpoints, trust)
    }

    /// Connects to these nodes.
    pub(crate) fn connect_to(endpoints: &[String], trust: &TrustRoot) -> Result<Self> {
        let client = Client::connect(endpoints, trust.clone()).map_err(|e| fault(&e))?;
        Ok(Self { client })
    }

    /// The records about a document, and the status proof file that shows them.
    pub(crate) async fn status(&self, query: &Query) -> Result<(StatusView, Vec<u8>)> {
        let answer = patiently(async || self.client.status(&query.wire()).await).await.map_err(|e| fault(&e))?;
        Ok((answer.view, answer.file))
    }

    /// Several questions at once: one answer for each in their order, without receipts.
    ///
    /// # Errors
    /// No node gave answers that hold for all of them.
    pub(crate) async fn status_batch(&self, queries: &[Query]) -> Result<Vec<StatusAnswer>> {
        let wire: Vec<StatusQuery> = queries.iter().map(Query::wire).collect();
        patiently(async || self.client.status_batch(&wire).await).await.map_err(|e| fault(&e).into())
    }

    /// Keeps the newest head seen, as [`Asking::keep_head`] does.
    pub(crate) fn keep_head(&self, home: &Home) -> Option<String> {
        let error = home.keep_head(&self.client.trust()).err()?;
        Some(format!("the newest head was not kept: {error:#}"))
    }

    /// Whole lists, all under one head.
    pub(crate) async fn lists(&self, queries: &[ListQuery]) -> Result<ListsAnswer> {
        patiently(async || self.client.lists(queries).await).await.map_err(|e| fault(&e).into())
    }

    /// The receipt of a document's Anchor.
    pub(crate) async fn receipt(&self, document: &DocumentId) -> Result<CheckedReceipt> {
        self.client.receipt(EntryName::Document(*document)).await.map_err(|e| fault(&e).into())
    }

    /// Submits entries and waits until each is final or refused: one outcome per entry, in order.
    pub(crate) async fn submit(&self, entries: Vec<SignedEntry>) -> Result<Vec<Outcome>> {
        let outcomes = self.client.submit_batch(&entries, Wait::Final).await.map_err(|e| fault(&e))?;
        Ok(outcomes.into_iter().map(outcome).collect())
    }

    /// The trust root with the head of a node pinned, checked against the one pinned before.
    pub(crate) async fn advance(&self) -> Result<(TrustRoot, SealedHead)> {
        let head = self.client.advance().await.map_err(|e| fault(&e))?;
        Ok((self.client.trust(), head))
    }

    /// Follows the log from an index on.
    pub(crate) fn watch(&self, from: u64) -> Watch {
        self.client.watch(from)
    }
}

fn outcome(answer: Result<Submitted, ClientError>) -> Outcome {
    match answer {
        Ok(Submitted { receipt: Some(receipt), already_applied: already, standing, .. }) => {
            Outcome::Recorded { receipt: Box::new(receipt.receipt), already, status: standing.map(|s| s.status) }
        }
        Ok(Submitted { node, .. }) => {
            let message = format!("{node}: took the entry, but it was not final in time; run the same command again");
            Outcome::Refused(Fault::unverifiable("NOT_FINAL_YET", message))
        }
        Err(error) => Outcome::Refused(fault(&error)),
    }
}

/// What a client's error means for the exit code.
pub(crate) fn fault(error: &ClientError) -> Fault {
    let message = error.to_string();
    match error {
        ClientError::Refused(refused) => {
            let fault = Fault::refused(refused.reason.clone(), message);
            match &refused.conflicting {
                Some(other) => fault.hint(format!(
                    "entry {} of {} stands in the way, recorded {}",
                    other.receipt.index,
                    other.receipt.entry.entry().author,
                    rfc3339(other.receipt.header.time)
                )),
                None => fault,
            }
        }
        ClientError::Address { .. } | ClientError::NoNode => Fault::usage("NODE_ADDRESS_INVALID", message),
        ClientError::NotFound { .. } => Fault::unverifiable("NOT_FOUND", message),
        ClientError::Unavailable { reason, .. } => Fault::unverifiable(reason.clone(), message),
        ClientError::Unreachable { .. } => Fault::unverifiable("NODE_UNREACHABLE", message),
        ClientError::InvalidAnswer { .. } => Fault::unverifiable("NODE_ANSWER_INVALID", message),
        ClientError::TrustRootTooOld { .. } => Fault::unverifiable("TRUST_ROOT_TOO_OLD", message).hint("eco trust update"),
        ClientError::Lagging { .. } => Fault::unverifiable("NODE_LAGGING", message),
        ClientError::Fork { .. } => {
            Fault::unverifiable("FORK_DETECTED", message).hint("keep everything and tell the members of the network")
        }
        ClientError::All(failures) => {
            let reason = match error.reach() {
                Reach::Invalid(_) => "NODE_ANSWER_INVALID",
                Reach::Lagging(_) => "NODE_LAGGING",
                Reach::NoProof(_) => "NOT_FOUND",
                Reach::Unreachable(_) | Reach::NotAsked | Reach::Answered => "NODE_UNREACHABLE",
            };
            Fault::unverifiable(reason, format!("{} nodes asked: {message}", failures.len()))
        }
    }
}

/// The record of a document, or that it is proven absent.
pub(crate) fn record_of(view: &StatusView, document: &DocumentId) -> Result<Option<DocumentRecord>> {
    use eco_core::status::Shown;
    let shown =
        view.show::<DocumentRecord>(&RecordKey::Document(*document)).map_err(|e| Fault::unverifiable("PROFILE_VERSION_UNSUPPORTED", e))?;
    match shown {
        Shown::Present(record) => Ok(Some(record)),
        Shown::Absent => Ok(None),
        Shown::NotCovered => {
            Err(Fault::unverifiable("ABSENCE_NOT_PROVEN", format!("the answer does not cover document {document}")).into())
        }
    }
}
