//! JSON documents that stand by themselves: passports, and certificates of origin without a PDF.

use crate::json::Node;
use crate::metadata::MetadataReport;
use crate::{jcs, json, metadata, passport, proof};
use eco_core::sign::PublicKey;
use eco_core::verdict::{Candidate, DocumentFindings, Facts, Subject};

/// Reads a JSON document as what its type says: a certificate of origin, or else a passport.
#[must_use]
pub fn read_credential(bytes: &[u8], registered: &[PublicKey]) -> DocumentFindings {
    let read = json::read(bytes);
    let is_certificate = read.as_ref().is_ok_and(|document| has_type(document, "CertificateOfOrigin"));
    if is_certificate { metadata::read_tree(read).findings(registered) } else { passport::read_tree(read, registered).findings() }
}

/// Whether `type` names this type.
#[must_use]
pub fn has_type(document: &Node, name: &str) -> bool {
    document.get("type").and_then(Node::as_list).is_some_and(|list| list.iter().any(|t| t.as_text() == Some(name)))
}

impl MetadataReport {
    /// The findings of a certificate without a PDF: profile, proofs, facts.
    #[must_use]
    pub fn findings(&self, registered: &[PublicKey]) -> DocumentFindings {
        let mut findings: Vec<_> = self.flaws.iter().map(|f| f.finding(Subject::Certificate)).collect();
        let (Some(document), Some(fingerprint)) = (&self.document, self.fingerprint) else {
            return DocumentFindings { findings, ..DocumentFindings::default() };
        };
        let proofs = proof::verify_all(document, &jcs::canonical_document(document), registered);
        findings.extend(proof::findings(&proofs, Subject::Certificate));
        let candidates: Vec<Candidate> = proofs.iter().filter_map(|p| p.candidate(fingerprint)).collect();
        let mut checks = vec!["strict JSON of one reading".to_owned()];
        checks.extend(candidates.iter().filter_map(|c| c.key).map(|key| format!("a Data Integrity proof by {key} holds")));
        let facts = self.metadata.as_ref().map_or(Facts::None, |m| Facts::Certificate(Box::new(m.facts(fingerprint, None))));
        DocumentFindings { candidates, findings, checks, facts, ..DocumentFindings::default() }
    }
}
