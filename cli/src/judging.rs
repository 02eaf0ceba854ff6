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
    let number_only = DocumentFindings::number_only();
    let findings = document.map_or(&number_only, |d| &d.findings);
    let (receipts, statuses) = (gathered.receipt_bytes(), gathered.status_bytes());
    let evidence = Evidence { receipts: &receipts, statuses: &statuses, reach: gathered.reach.clone() };
    judge(question, findings, &evidence, trust, policy)
}

/// A question about now.
pub(crate) const fn question_now(now: Timestamp) -> Question {
    Question { now, as_of: None, issuer: None, number: None, kind: None }
}
