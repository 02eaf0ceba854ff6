//! Evidence about documents: status proofs and receipts, verified and complete.

use crate::client::Client;
use crate::error::ClientError;
use crate::head::{SealedHead, trust_failure};
use crate::node::{Node, ask};
use eco_core::Fingerprint;
use eco_core::codec::Canonical;
use eco_core::document::DocumentId;
use eco_core::entry::EntryId;
use eco_core::limits::LIST_INLINE_MAX;
use eco_core::name::OrgId;
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::receipt::{Dating, Receipt, ReceiptDefect};
use eco_core::state::{Claim, ClaimsRecord, DocumentRecord, RecordKey};
use eco_core::status::{Shown, StatusDefect, StatusProof, StatusView};
use eco_core::trust::TrustRoot;
use eco_proto::convert::{EntryName, StatusCandidate, StatusQuery};
use eco_proto::limits::{BATCH_QUERIES_MAX, CANDIDATES_MAX};
use eco_proto::needed::{Needed, Records, needed};
use eco_proto::v1;

/// A receipt that holds under the trust root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedReceipt {
    /// The `.eco` file, as the node sent it.
    pub file: Vec<u8>,
    /// What it holds.
    pub receipt: Receipt,
    /// What it says about time.
    pub dating: Dating,
}

impl CheckedReceipt {
    pub(crate) fn read(node: &Node, file: Vec<u8>, trust: &TrustRoot) -> Result<Self, ClientError> {
        let failure = |defect| match defect {
            ReceiptDefect::Trust(defect) => trust_failure(node, defect),
            defect => node.invalid("receipt", defect),
        };
        let receipt = Receipt::from_file(&file, trust).map_err(failure)?;
        let dating = receipt.verify(trust).map_err(failure)?;
        Ok(Self { file, receipt, dating })
    }

    pub(crate) fn head(&self) -> SealedHead {
        SealedHead { header: self.receipt.header.clone(), seal: self.receipt.seal.clone() }
    }
}

/// Evidence about one document that holds and leaves nothing out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusAnswer {
    /// The node that gave it.
    pub node: String,
    /// The status proof as an `.eco` file, for `judge` and for keeping.
    pub file: Vec<u8>,
    /// What it shows.
    pub view: StatusView,
    /// Documents that are present, with their records.
    pub documents: Vec<(DocumentId, DocumentRecord)>,
    /// Receipts of their Anchors. Empty in answers to batches.
    pub receipts: Vec<CheckedReceipt>,
    /// What other nodes, asked before, failed with.
    pub passed_over: Vec<ClientError>,
}

/// Everyone who recorded a fingerprint, proven complete as of one head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsAnswer {
    /// The view of the last page, whose counter says how many there are.
    pub view: StatusView,
    /// All claims, in log order.
    pub claims: Vec<Claim>,
}

/// An answer as a source of records: what it does not cover cannot be read.
pub(crate) struct Shows<'a>(pub(crate) &'a StatusView);

impl Records for Shows<'_> {
    type Error = String;
    fn read<T: Canonical>(&self, key: &RecordKey) -> Result<Option<T>, String> {
        match self.0.show(key)? {
            Shown::Present(record) => Ok(Some(record)),
            Shown::Absent => Ok(None),
            Shown::NotCovered => Err(format!("it leaves out {key:?}")),
        }
    }
}

/// Checks that an answer covers all that the question needs.
fn complete(view: &StatusView, query: &StatusQuery) -> Result<Needed, String> {
    let needed = needed(query, &Shows(view))?;
    match needed.keys.iter().find(|key| !view.keys().any(|covered| covered == *key)) {
        Some(hidden) => Err(format!("it leaves out {hidden:?}")),
        None => Ok(needed),
    }
}

impl Client {
    /// Evidence about a document by its content: one candidate per signature, newest first; at most 7 are asked for.
    ///
    /// # Errors
    /// No node gave evidence that holds.
    pub async fn status_of(&self, candidates: &[StatusCandidate], issuer: Option<OrgId>) -> Result<StatusAnswer, ClientError> {
        let candidates = candidates.iter().take(CANDIDATES_MAX).copied().collect();
        self.status(&StatusQuery::Candidates { candidates, issuer }).await
    }

    /// Evidence about the certificate with a number.
    ///
    /// # Errors
    /// No node gave evidence that holds.
    pub async fn status_of_number(&self, issuer: OrgId, number: &CertificateNumber) -> Result<StatusAnswer, ClientError> {
        self.status(&StatusQuery::Number { issuer, reference: ReferenceKey::of(&issuer, number) }).await
    }

    /// Evidence about a document by its id.
    ///
    /// # Errors
    /// No node gave evidence that holds.
    pub async fn status_of_document(&self, document: DocumentId) -> Result<StatusAnswer, ClientError> {
        self.status(&StatusQuery::Document(document)).await
    }

    /// Evidence that answers one question.
    ///
    /// # Errors
    /// No node gave evidence that holds.
    pub async fn status(&self, query: &StatusQuery) -> Result<StatusAnswer, ClientError> {
        let (mut answer, passed_over) = self.first(|node| Box::pin(self.status_from(node, query.clone()))).await?;
        answer.passed_over = passed_over;
        Ok(answer)
    }

    async fn status_from(&self, node: &Node, query: StatusQuery) -> Result<StatusAnswer, ClientError> {
        let before = self.trust();
        let request = ask(v1::GetStatusRequest { query: Some((&query).into()) });
        let wire = node.verification().get_status(request).await.map_err(|s| node.failure(&s).0)?.into_inner();
        let (view, head) = self.read_proof(node, &wire.status_proof, &before).await?;
        let documents = complete(&view, &query).map_err(|defect| node.invalid("status proof", defect))?.documents;
        let mut receipts = Vec::with_capacity(wire.receipts.len());
        for file in wire.receipts {
            let receipt = CheckedReceipt::read(node, file, &before)?;
            if !documents.iter().any(|(_, record)| is_of(&receipt, record)) {
                return Err(node.invalid("receipt", format!("it is of entry {}, which no record shown names", receipt.receipt.entry.id())));
            }
            receipts.push(receipt);
        }
        self.check_head(node, &head, &before).await?;
        Ok(StatusAnswer { node: node.address.clone(), file: wire.status_proof, view, documents, receipts, passed_over: Vec::new() })
    }

    /// Evidence that answers several questions, all under one head, in their order; without receipts.
    ///
    /// # Errors
    /// No node gave evidence that holds for all of them.
    pub async fn status_batch(&self, queries: &[StatusQuery]) -> Result<Vec<StatusAnswer>, ClientError> {
        let mut answers = Vec::with_capacity(queries.len());
        for part in queries.chunks(BATCH_QUERIES_MAX) {
            let (part, _) = self.first(|node| Box::pin(self.status_batch_from(node, part.to_vec()))).await?;
            answers.extend(part);
        }
        Ok(answers)
    }

    async fn status_batch_from(&self, node: &Node, queries: Vec<StatusQuery>) -> Result<Vec<StatusAnswer>, ClientError> {
        let before = self.trust();
        let request = ask(v1::BatchGetStatusRequest { queries: queries.iter().map(Into::into).collect() });
        let wire = node.verification().batch_get_status(request).await.map_err(|s| node.failure(&s).0)?.into_inner();
        if wire.proof_of_query.len() != queries.len() {
            return Err(node.invalid("batch", format!("{} answers to {} questions", wire.proof_of_query.len(), queries.len())));
        }
        let mut proofs: Vec<(StatusView, SealedHead)> = Vec::with_capacity(wire.status_proofs.len());
        for file in &wire.status_proofs {
            let proof = self.read_proof(node, file, &before).await?;
            if proofs.first().is_some_and(|(first, _)| first.header != proof.0.header) {
                return Err(node.invalid("batch", "its proofs are under two heads"));
            }
            proofs.push(proof);
        }
        if let Some((_, head)) = proofs.first() {
            self.check_head(node, head, &before).await?;
        }
        let mut answers = Vec::with_capacity(queries.len());
        for (query, at) in queries.iter().zip(&wire.proof_of_query) {
            let place = usize::try_from(*at).unwrap_or(usize::MAX);
            let shown = proofs.get(place).zip(wire.status_proofs.get(place));
            let ((view, _), file) = shown.ok_or_else(|| node.invalid("batch", format!("it names proof {at}, which is not there")))?;
            let documents = complete(view, query).map_err(|defect| node.invalid("status proof", defect))?.documents;
            let (view, file) = (view.clone(), file.clone());
            answers.push(StatusAnswer { node: node.address.clone(), file, view, documents, receipts: Vec::new(), passed_over: Vec::new() });
        }
        Ok(answers)
    }

    /// Decodes and verifies a status proof; a fork of the pinned head comes back with its evidence.
    pub(crate) async fn read_proof(&self, node: &Node, file: &[u8], trust: &TrustRoot) -> Result<(StatusView, SealedHead), ClientError> {
        let failure = |defect| match defect {
            StatusDefect::Trust(defect) => trust_failure(node, defect),
            defect => node.invalid("status proof", defect),
        };
        let proof = StatusProof::from_file(file, trust).map_err(failure)?;
        let head = SealedHead { header: proof.header.clone(), seal: proof.seal.clone() };
        self.verify_head(node, &head, trust).await?;
        Ok((proof.verify(trust).map_err(failure)?, head))
    }

    /// The receipt of an entry.
    ///
    /// # Errors
    /// No node gave a receipt that holds.
    pub async fn receipt(&self, name: EntryName) -> Result<CheckedReceipt, ClientError> {
        self.first(|node| Box::pin(self.receipt_from(node, name))).await.map(|(receipt, _)| receipt)
    }

    pub(crate) async fn receipt_from(&self, node: &Node, name: EntryName) -> Result<CheckedReceipt, ClientError> {
        let trust = self.trust();
        let wire = node.verification().get_receipt(ask(name.into())).await.map_err(|s| node.failure(&s).0)?.into_inner();
        let checked = CheckedReceipt::read(node, wire.receipt, &trust)?;
        let receipt = &checked.receipt;
        let fits = match name {
            EntryName::Id(id) => receipt.entry.id() == id,
            EntryName::Index(index) => receipt.index == index,
            EntryName::Document(document) => document_of(receipt) == Some(document),
        };
        if !fits {
            return Err(node
                .invalid("receipt", format!("it is of entry {} at index {}, asked for was {name:?}", receipt.entry.id(), receipt.index)));
        }
        self.pin(node, &checked.head()).await?;
        Ok(checked)
    }

    /// Everyone who recorded a fingerprint, proven complete.
    ///
    /// # Errors
    /// No node gave a list that holds.
    pub async fn claims(&self, fingerprint: Fingerprint) -> Result<ClaimsAnswer, ClientError> {
        self.first(|node| Box::pin(self.claims_from(node, fingerprint))).await.map(|(claims, _)| claims)
    }

    async fn claims_from(&self, node: &Node, fingerprint: Fingerprint) -> Result<ClaimsAnswer, ClientError> {
        let (mut slots, mut page_token): (Vec<Claim>, String) = (Vec::new(), String::new());
        loop {
            let before = self.trust();
            let request = ask(v1::ListClaimsRequest { fingerprint: Some(fingerprint.into()), page_size: 0, page_token });
            let wire = node.verification().list_claims(request).await.map_err(|s| node.failure(&s).0)?.into_inner();
            let (view, head) = self.read_proof(node, &wire.status_proof, &before).await?;
            self.check_head(node, &head, &before).await?;
            let invalid = |defect: String| node.invalid("list of claims", defect);
            let counter = Shows(&view).read::<ClaimsRecord>(&RecordKey::Claims(fingerprint)).map_err(invalid)?.unwrap_or_default();
            let slots_expected = usize::try_from(counter.count).unwrap_or(usize::MAX).saturating_sub(LIST_INLINE_MAX);
            let held_before = slots.len();
            // Slots are taken in order from where the last page ended; a page that skips one gives none.
            while slots.len() < slots_expected {
                let number = u32::try_from(slots.len().saturating_add(LIST_INLINE_MAX)).unwrap_or(u32::MAX);
                match view.show::<Claim>(&RecordKey::ClaimSlot(fingerprint, number)).map_err(invalid)? {
                    Shown::Present(claim) => slots.push(claim),
                    Shown::Absent => return Err(invalid(format!("slot {number} of {} is absent", counter.count))),
                    Shown::NotCovered => break,
                }
            }
            if slots.len() >= slots_expected {
                let claims = counter.first.iter().copied().chain(slots).collect();
                return Ok(ClaimsAnswer { view, claims });
            }
            if slots.len() == held_before || wire.next_page_token.is_empty() {
                return Err(invalid(format!(
                    "{} claims are counted, {} shown",
                    counter.count,
                    slots.len().saturating_add(counter.first.len())
                )));
            }
            page_token = wire.next_page_token;
        }
    }
}

/// Whether a receipt is of the Anchor that a record names.
fn is_of(receipt: &CheckedReceipt, record: &DocumentRecord) -> bool {
    let id: EntryId = receipt.receipt.entry.id();
    id == record.entry && record.anchored().is_some_and(|change| change.index == receipt.receipt.index)
}

/// The document whose Anchor a receipt is of.
fn document_of(receipt: &Receipt) -> Option<DocumentId> {
    match &receipt.entry.entry().statement {
        eco_core::statement::Statement::Anchor(anchor) => Some(DocumentId::of(&receipt.entry.entry().author, &anchor.fingerprint)),
        _ => None,
    }
}
