//! The gate before issuing: what stands in its way, and what does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use eco_core::scheme::Mode;
use eco_core::verdict::{Code, Eligibility, Finding, Judgement, SchemeVerdict, Subject, Trust, Verdict};

fn findings(codes: &[Code]) -> Vec<Finding> {
    codes.iter().map(|code| Finding::new(*code, Subject::Passport, "")).collect()
}

fn judged(trust: Trust, reasons: &[Code], scheme: Option<(Mode, Eligibility, &[Code])>, aside: &[Code]) -> Vec<Code> {
    let verdict =
        Verdict { trust, reasons: findings(reasons), checks: Vec::new(), recorded: None, head: None, not_established: Vec::new() };
    let scheme = scheme.map(|(mode, eligibility, reasons)| SchemeVerdict {
        scheme: "lane".into(),
        revision: None,
        eligibility,
        mode: Some(mode),
        effect: None,
        reference: None,
        reasons: findings(reasons),
        checks: Vec::new(),
        not_established: Vec::new(),
    });
    let judgement = Judgement { certificate: None, passports: vec![verdict], scheme, aside: findings(aside) };
    judgement.objections().into_iter().map(|finding| finding.code).collect()
}

/// A certificate that goes out over an objection cannot be called back before customs have it; one that is held back
/// for a notice, or for a scheme that only observes, holds back goods for nothing.
#[test]
fn what_stands_in_the_way_and_what_does_not() {
    use Code::{AttestationMissing, AttestationWithdrawn, NodeUnreachable, ProducerNotCompared, RecognitionNotChecked, Revoked, Specimen};
    use Eligibility::{Eligible, NotEligible, Undetermined};
    assert!(judged(Trust::Trusted, &[Specimen], None, &[ProducerNotCompared, RecognitionNotChecked]).is_empty());
    assert!(judged(Trust::Trusted, &[], Some((Mode::Enforce, Eligible, &[ProducerNotCompared])), &[]).is_empty());
    assert!(judged(Trust::Trusted, &[], Some((Mode::Observe, NotEligible, &[AttestationMissing])), &[]).is_empty());
    assert_eq!(judged(Trust::Untrustworthy, &[Revoked, Specimen], None, &[]), [Revoked]);
    assert_eq!(judged(Trust::Unverifiable, &[NodeUnreachable], None, &[]), [NodeUnreachable]);
    assert_eq!(judged(Trust::Trusted, &[], Some((Mode::Enforce, NotEligible, &[AttestationWithdrawn])), &[]), [AttestationWithdrawn]);
    assert_eq!(judged(Trust::Trusted, &[], Some((Mode::Enforce, Undetermined, &[RecognitionNotChecked])), &[]), [RecognitionNotChecked]);
    assert_eq!(judged(Trust::Trusted, &[], None, &[AttestationWithdrawn]), [AttestationWithdrawn]);
}
