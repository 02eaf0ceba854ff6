//! Asking nodes, through `eco-client`, which believes no answer that it has not checked.

use crate::anchoring::Outcome;
use crate::args::DocumentArgs;
use crate::dates::rfc3339;
use crate::document::Document;
use crate::evidence::Gathered;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use anyhow::Result;
use eco_client::{CheckedReceipt, Client, ClientError, EntryName, SealedHead, StatusCandidate, StatusQuery, Submitted, Wait, Watch};
use eco_core::document::DocumentId;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::entry::SignedEntry;
use eco_core::name::OrgId;
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::registry::CertificateBinding;
use eco_core::state::{ClaimsRecord, DocumentRecord, RecordKey, ReferenceRecord};
use eco_core::status::StatusView;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Candidate, Reach};
use std::path::PathBuf;

/// What a node is asked about.
#[derive(Debug, Clone)]
pub(crate) enum Query {
    /// A document by its content.
    Document {
        /// Newest signature first.
        candidates: Vec<Candidate>,
        /// Whose record counts, if the asker knows.
        issuer: Option<OrgId>,
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

/// Asks nodes for evidence and adds it to what is at hand. Never fails: how it went is part of the evidence.
pub(crate) async fn ask(gathered: &mut Gathered, query: &Query, home: &Home, trust: Option<&TrustRoot>) {
    let Some(trust) = trust else { return };
    let endpoints = home.nodes();
    if endpoints.is_empty() || matches!(query, Query::Document { candidates, .. } if candidates.is_empty()) {
        return;
    }
    let answer = match Client::connect(&endpoints, trust.clone()) {
        Ok(client) => client.status(&query.wire()).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => {
            gathered.add(answer.node.clone(), answer.file);
            answer.receipts.into_iter().for_each(|r| gathered.add(answer.node.clone(), r.file));
            gathered.reach = Reach::Answered;
        }
        Err(error) => {
            gathered.reach = match (keep_evidence(home, &error), error.reach()) {
                (Some(path), Reach::Invalid(detail)) => Reach::Invalid(format!("{detail}; the evidence is kept in {}", path.display())),
                (_, reach) => reach,
            };
        }
    }
}

/// Writes the evidence of a fork beside the trust root: it names who signed two histories, and verifies offline.
fn keep_evidence(home: &Home, error: &ClientError) -> Option<PathBuf> {
    let ClientError::Fork { height, evidence: Some(evidence), .. } = error else { return None };
    let path = home.directory().join(format!("fork-at-{height}.eco"));
    let kept = files::write(&path, &wrap(FileKind::ForkEvidence, evidence.as_ref()));
    kept.is_ok().then_some(path)
}

impl Query {
    fn wire(&self) -> StatusQuery {
        match self {
            Self::Document { candidates, issuer } => StatusQuery::Candidates {
                candidates: candidates
                    .iter()
                    .take(CANDIDATES_MAX)
                    .map(|c| StatusCandidate { fingerprint: c.fingerprint, signer: c.signer })
                    .collect(),
                issuer: *issuer,
            },
            Self::Number { issuer, number } => StatusQuery::Number { issuer: *issuer, reference: ReferenceKey::of(issuer, number) },
            Self::Id(document) => StatusQuery::Document(*document),
        }
    }
}

/// Signatures of one document that a node is asked about: the newest.
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
        let answer = self.client.status(&query.wire()).await.map_err(|e| fault(&e))?;
        Ok((answer.view, answer.file))
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

/// The id of the document that arguments name, and its record if it has one.
///
/// By file, the issuer is the one given, else whoever the signer's certificate is bound to, else the only
/// member that recorded the file.
pub(crate) async fn find_document(
    args: &DocumentArgs,
    author: Option<OrgId>,
    nodes: &Nodes,
) -> Result<(DocumentId, Option<DocumentRecord>, StatusView)> {
    let issuer = args.issuer.or(author);
    if let Some(id) = args.document {
        let (view, _) = nodes.status(&Query::Id(id)).await?;
        return Ok((id, record_of(&view, &id)?, view));
    }
    if let Some(number) = &args.number {
        let issuer = issuer.ok_or_else(|| Fault::usage("ISSUER_MISSING", "a number needs its issuer").hint("--issuer SLUG"))?;
        let (view, _) = nodes.status(&Query::Number { issuer, number: number.clone() }).await?;
        let reference = view.show::<ReferenceRecord>(&RecordKey::Reference(issuer, ReferenceKey::of(&issuer, number)));
        let reference = reference.map_err(|e| Fault::unverifiable("PROFILE_VERSION_UNSUPPORTED", e))?.present();
        let id =
            reference.ok_or_else(|| Fault::refused("LOG_ENTRY_MISSING", format!("{issuer} has recorded no number {number}")))?.document;
        return Ok((id, record_of(&view, &id)?, view));
    }
    let file = args.file.as_deref().ok_or_else(|| Fault::usage("DOCUMENT_MISSING", "no file, document id or number given"))?;
    let document = Document::read(file, args.method)?;
    let candidates = document.findings.candidates;
    let first = candidates.first().cloned();
    let first = first.ok_or_else(|| Fault::refused("PDF_SIGNATURE_MISSING", format!("{} is not signed", file.display())))?;
    let (view, _) = nodes.status(&Query::Document { candidates: candidates.clone(), issuer }).await?;
    let issuer = issuer.or_else(|| named_by(&view, &candidates));
    let issuer = issuer.ok_or_else(|| {
        Fault::refused("LOG_ENTRY_MISSING", format!("nobody is known to have recorded {}", file.display()))
            .hint("--issuer SLUG, if you know it")
    })?;
    for candidate in &candidates {
        let id = DocumentId::of(&issuer, &candidate.fingerprint);
        if let Ok(Some(record)) = record_of(&view, &id) {
            return Ok((id, Some(record), view));
        }
    }
    let id = DocumentId::of(&issuer, &first.fingerprint);
    Ok((id, record_of(&view, &id)?, view))
}

fn named_by(view: &StatusView, candidates: &[Candidate]) -> Option<OrgId> {
    let bound = candidates.iter().find_map(|c| {
        let binding = view.show::<CertificateBinding>(&RecordKey::Certificate(c.signer?)).ok()?;
        binding.present().map(|b| b.organisation)
    });
    let sole = || {
        let claims = view.show::<ClaimsRecord>(&RecordKey::Claims(candidates.first()?.fingerprint)).ok()?.present()?;
        claims.first.first().filter(|_| claims.count == 1).map(|c| c.author)
    };
    bound.or_else(sole)
}
