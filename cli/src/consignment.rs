//! A consignment as it is at hand: certificate, passports, the status proofs that speak for all of them, and what is
//! asked. Gathered here, judged by `eco_core::verdict::judge_dossier`, which alone decides.

mod gather;
mod saving;
pub(crate) mod show;
mod terms;

pub(crate) use terms::{SchemeAsked, Terms, scheme_file};

use crate::document::Document;
use crate::evidence::{Exhibit, Gathered};
use eco_core::trust::TrustRoot;
use eco_core::verdict::{
    Asked, CertificateAtHand, CertificateFacts, Document as AtHand, Dossier, Evidence, Facts, Judgement, Policy, ProvenLists, Question,
    judge_dossier,
};

/// One document and what speaks for it alone.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// What reading it found.
    pub(crate) document: Document,
    /// Its receipts, status proofs beside it, and how asking went.
    pub(crate) gathered: Gathered,
}

/// The certificate that is asked about.
#[derive(Debug, Clone)]
pub(crate) enum Certificate {
    /// None: passports alone.
    None,
    /// Its data, before it is issued.
    Draft(Box<CertificateFacts>),
    /// An issued one.
    Issued(Box<Piece>),
}

/// Everything at hand about one consignment.
#[derive(Debug, Clone)]
pub(crate) struct Consignment {
    /// The certificate.
    pub(crate) certificate: Certificate,
    /// Carbon passports.
    pub(crate) passports: Vec<Piece>,
    /// Status proofs: of documents, of lists, of schemes; each counts for whatever it shows.
    pub(crate) proofs: Vec<Exhibit>,
    /// What is asked.
    pub(crate) terms: Terms,
    /// Why nodes gave no lists, where they were asked.
    pub(crate) silence: Vec<String>,
}

impl Piece {
    fn evidence(&self, lists: &ProvenLists) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let mut statuses = self.gathered.status_bytes();
        statuses.extend(lists.about(&self.document.findings).into_iter().filter(|bytes| !self.gathered.has_status(bytes)));
        (self.gathered.receipt_bytes(), statuses)
    }

    fn at_hand<'a>(&'a self, (receipts, statuses): &'a (Vec<Vec<u8>>, Vec<Vec<u8>>)) -> AtHand<'a> {
        AtHand { findings: &self.document.findings, evidence: Evidence { receipts, statuses, reach: self.gathered.reach.clone() } }
    }
}

impl Consignment {
    /// Nothing.
    fn empty() -> Self {
        let terms = Terms::none();
        Self { certificate: Certificate::None, passports: Vec::new(), proofs: Vec::new(), terms, silence: Vec::new() }
    }

    /// One document by itself, with what was gathered for it.
    pub(crate) fn alone(document: Document, gathered: Gathered) -> Self {
        Self { certificate: Certificate::Issued(Box::new(Piece { document, gathered })), ..Self::empty() }
    }

    /// Whether it is about the trust in one document and nothing else.
    pub(crate) fn is_alone(&self) -> bool {
        self.passports.is_empty() && self.terms.is_none()
    }

    /// The certificate as a document, if it is issued.
    pub(crate) fn issued(&self) -> Option<&Piece> {
        if let Certificate::Issued(piece) = &self.certificate { Some(piece) } else { None }
    }

    /// The certificate's data, where there is any.
    pub(crate) fn facts(&self) -> Option<&CertificateFacts> {
        let facts = match &self.certificate {
            Certificate::Draft(facts) => return Some(facts),
            Certificate::Issued(piece) => &piece.document.findings.facts,
            Certificate::None => return None,
        };
        if let Facts::Certificate(facts) = facts { Some(facts) } else { None }
    }

    /// Every document, the certificate first.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.issued().into_iter().chain(&self.passports)
    }

    /// Everything that status proofs at hand show together.
    pub(crate) fn lists(&self, trust: Option<&TrustRoot>) -> ProvenLists {
        ProvenLists::of(&self.status_files(), trust)
    }

    /// Every status proof at hand, once.
    pub(crate) fn status_files(&self) -> Vec<Vec<u8>> {
        let mut files: Vec<Vec<u8>> = Vec::new();
        let beside = self.pieces().flat_map(|piece| piece.gathered.status_bytes());
        for bytes in self.proofs.iter().map(|proof| proof.bytes.clone()).chain(beside) {
            if !files.contains(&bytes) {
                files.push(bytes);
            }
        }
        files
    }

    /// Everything at hand that bears a seal.
    pub(crate) fn evidence_files(&self) -> Vec<Vec<u8>> {
        let beside = self.pieces().flat_map(|piece| piece.gathered.all_bytes());
        self.proofs.iter().map(|proof| proof.bytes.clone()).chain(beside).collect()
    }

    /// The whole verdict.
    pub(crate) fn judge(&self, question: &Question, trust: Option<&TrustRoot>, policy: &Policy) -> Judgement {
        let lists = self.lists(trust);
        let own = self.issued().map(|piece| piece.evidence(&lists));
        let certificate = match (&self.certificate, &own) {
            (Certificate::Issued(piece), Some(evidence)) => CertificateAtHand::Issued(piece.at_hand(evidence)),
            (Certificate::Draft(facts), _) => CertificateAtHand::Draft(facts),
            (Certificate::None | Certificate::Issued(_), _) => CertificateAtHand::None,
        };
        let evidence: Vec<_> = self.passports.iter().map(|piece| piece.evidence(&lists)).collect();
        let passports: Vec<_> = self.passports.iter().zip(&evidence).map(|(piece, evidence)| piece.at_hand(evidence)).collect();
        let proven = self.terms.scheme.named().and_then(|id| lists.scheme(id));
        let asked = match (&self.terms.scheme, &proven) {
            (SchemeAsked::Nothing, _) => Asked::Nothing,
            (SchemeAsked::Given(scheme), _) => Asked::Scheme(scheme),
            (SchemeAsked::Named(_), Some(scheme)) => Asked::Scheme(scheme),
            (SchemeAsked::Named(id), None) => Asked::Unknown(id.clone()),
        };
        let entry = self.terms.entry_for(self.facts());
        let import = self.terms.import;
        let dossier = Dossier { certificate, passports: &passports, import, asked, entry, page: None, own: self.terms.own };
        judge_dossier(question, &dossier, &lists, trust, policy)
    }
}
