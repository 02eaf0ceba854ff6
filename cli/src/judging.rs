//! Putting a question to `eco_core::verdict::judge`, which alone decides.

use crate::document::Document;
use crate::evidence::Gathered;
use eco_core::name::Timestamp;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{DocumentFindings, Evidence, Policy, Question, Verdict, judge};

/// The verdict on a document, or on a certificate number where there is no document.
pub(crate) fn verdict(
    question: &Question,
    document: Option<&Document>,
    gathered: &Gathered,
    trust: Option<&TrustRoot>,
    policy: &Policy,
) -> Verdict {
    let nothing = DocumentFindings::default();
    let findings = document.map_or(&nothing, |d| &d.findings);
    // Without one signature that holds, no log evidence is about this file: a receipt beside it is of another.
    let about_it = document.is_none_or(|d| !d.findings.candidates.is_empty());
    let (receipts, statuses) = if about_it { (gathered.receipt_bytes(), gathered.status_bytes()) } else { (Vec::new(), Vec::new()) };
    let evidence = Evidence { receipts: &receipts, statuses: &statuses, reach: gathered.reach.clone() };
    judge(question, findings, &evidence, trust, policy)
}

/// A question about now.
pub(crate) const fn question_now(now: Timestamp) -> Question {
    Question { now, as_of: None, issuer: None, number: None, kind: None }
}
