//! Gathering: files beside the documents, what arguments name, and what nodes prove.

use super::{Certificate, Consignment, Piece, Terms};
use crate::document::Document;
use crate::evidence::{Exhibit, Gathered, checked};
use crate::files::{self, ECO_BYTES_MAX};
use crate::judging;
use crate::nodes::{Asking, Query};
use anyhow::Result;
use eco_client::ListQuery;
use eco_core::document::{DocumentId, DocumentKind};
use eco_core::eco_file::{FileKind, kind_of};
use eco_core::name::{Country, OrgId};
use eco_core::statement::Statement;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Facts, Policy, Question};
use std::collections::BTreeSet;
use std::path::PathBuf;

impl Consignment {
    /// Documents with what lies beside them. A document that is a passport by its data is one, wherever it was named.
    pub(crate) fn of(certificate: Option<Document>, passports: Vec<Document>, terms: Terms) -> Result<Self> {
        let beside = |document: Document| -> Result<Piece> {
            let mut gathered = Gathered::from_files(Some(&document.path), &[])?;
            gathered.add_stapled(&document);
            Ok(Piece { document, gathered })
        };
        let mut consignment = Self { terms, ..Self::empty() };
        for (document, is_certificate) in certificate.map(|d| (d, true)).into_iter().chain(passports.into_iter().map(|d| (d, false))) {
            let is_passport = matches!(document.findings.facts, Facts::Passport(_));
            let piece = beside(document)?;
            if is_certificate && !is_passport {
                consignment.certificate = Certificate::Issued(Box::new(piece));
            } else {
                consignment.passports.push(piece);
            }
        }
        Ok(consignment)
    }

    /// Adds files that arguments name: a receipt to the document that it is of, a status proof to all.
    pub(crate) fn add_files(&mut self, named: &[PathBuf], trust: Option<&TrustRoot>) -> Result<()> {
        for path in named {
            let exhibit = Exhibit { source: path.display().to_string(), bytes: files::read(path, ECO_BYTES_MAX)? };
            self.add(exhibit, trust);
        }
        Ok(())
    }

    /// Adds one exhibit; by itself a document is judged by every status proof. What belongs to no document stands with the first, where its being put aside is said.
    pub(crate) fn add(&mut self, exhibit: Exhibit, trust: Option<&TrustRoot>) {
        if kind_of(&exhibit.bytes) == Ok(FileKind::StatusProof) {
            let alone = self.is_alone();
            let proofs = match &mut self.certificate {
                Certificate::Issued(only) if alone => &mut only.gathered.statuses,
                _ => &mut self.proofs,
            };
            return proofs.push(exhibit);
        }
        let of =
            trust.and_then(|trust| checked(&exhibit.bytes, trust).ok()).and_then(|(receipt, _)| match &receipt.entry.entry().statement {
                Statement::Anchor(anchor) => Some(anchor.fingerprint),
                _ => None,
            });
        let is_of = |piece: &Piece| of.is_some_and(|of| piece.document.findings.candidates.iter().any(|c| c.fingerprint == of));
        let at = self.pieces().position(is_of).unwrap_or(0);
        if let Some(piece) = self.pieces_mut().nth(at) {
            piece.gathered.receipts.push(exhibit);
        }
    }

    /// Adds one exhibit of a package, where every status proof speaks for all.
    pub(crate) fn pack(&mut self, exhibit: Exhibit, trust: Option<&TrustRoot>) {
        match kind_of(&exhibit.bytes) {
            Ok(FileKind::StatusProof) => self.proofs.push(exhibit),
            _ => self.add(exhibit, trust),
        }
    }

    /// Every document, the certificate first.
    pub(crate) fn pieces_mut(&mut self) -> impl Iterator<Item = &mut Piece> {
        let certificate = if let Certificate::Issued(piece) = &mut self.certificate { Some(piece.as_mut()) } else { None };
        certificate.into_iter().chain(&mut self.passports)
    }

    /// The importing country that counts for this consignment.
    pub(crate) fn importing(&self) -> Option<Country> {
        self.terms.import.country.or_else(|| self.facts()?.exported_to)
    }

    /// Asks nodes for everything that the verdict needs: of one document by itself, whose trust alone is asked about, its
    /// receipt and status; else as [`Self::ask_all`].
    pub(crate) async fn ask(&mut self, asking: &mut Asking<'_>, question: &Question, trust: Option<&TrustRoot>, countries: &[Country]) {
        if self.is_alone() {
            return self.ask_documents(asking, question).await;
        }
        self.ask_all(asking, question, trust, countries).await;
    }

    /// Asks nodes for receipts and statuses, then the lists of attestations and presentations and the scheme, then who
    /// recognises the attesting bodies for each country. Never fails: what is not proven is part of the verdict.
    pub(crate) async fn ask_all(&mut self, asking: &mut Asking<'_>, question: &Question, trust: Option<&TrustRoot>, countries: &[Country]) {
        self.ask_documents(asking, question).await;
        let (certificate, passports) = self.recorded(question, trust);
        let mut queries: Vec<ListQuery> = passports.iter().copied().map(ListQuery::Attestations).collect();
        queries.extend(certificate.map(ListQuery::Presentations));
        queries.extend(self.terms.scheme.named().map(|_| ListQuery::Schemes));
        self.ask_lists(asking, &queries).await;
        let lists = self.lists(trust);
        let attestations = passports.iter().flat_map(|document| lists.attestations(*document).items);
        let bodies: BTreeSet<OrgId> = attestations.map(|attestation| attestation.body).collect();
        let recognition = |country: &Country| {
            let country = *country;
            bodies.iter().map(move |body| ListQuery::Recognition { country, body: *body }).collect::<Vec<_>>()
        };
        self.ask_lists(asking, &countries.iter().flat_map(recognition).collect::<Vec<_>>()).await;
    }

    async fn ask_documents(&mut self, asking: &mut Asking<'_>, question: &Question) {
        let issuer = question.issuer;
        let is_certificate = self.issued().is_some();
        for (at, piece) in self.pieces_mut().enumerate() {
            let issuer = issuer.filter(|_| is_certificate && at == 0);
            asking.ask(&mut piece.gathered, &Query::of(&piece.document, issuer)).await;
        }
    }

    async fn ask_lists(&mut self, asking: &mut Asking<'_>, queries: &[ListQuery]) {
        if queries.is_empty() {
            return;
        }
        match asking.lists(queries).await {
            Ok(Some(answer)) => {
                let source = answer.node;
                self.proofs.extend(answer.files.into_iter().map(|bytes| Exhibit { source: source.clone(), bytes }));
            }
            Ok(None) => {}
            Err(why) if self.silence.contains(&why) => {}
            Err(why) => self.silence.push(why),
        }
    }

    /// Under which ids the documents are recorded, as far as what is at hand proves it.
    fn recorded(&self, question: &Question, trust: Option<&TrustRoot>) -> (Option<DocumentId>, Vec<DocumentId>) {
        let id = |piece: &Piece, question: &Question| {
            let verdict = judging::verdict(question, Some(&piece.document), &piece.gathered, trust, &Policy::default());
            verdict.recorded.map(|recorded| recorded.document)
        };
        let alone = Question { kind: Some(DocumentKind::Passport), issuer: None, number: None, ..question.clone() };
        (self.issued().and_then(|piece| id(piece, question)), self.passports.iter().filter_map(|piece| id(piece, &alone)).collect())
    }
}
