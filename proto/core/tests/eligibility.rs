//! `judge_consignment`: certificate and passports together, both axes, and that nothing bad ever helps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::verdict::{Code, Eligibility, Trust};
use kit::trade::{codes, trade};

#[test]
fn a_consignment_in_order_is_trusted_and_eligible() {
    let judgement = trade().judge();
    let scheme = judgement.scheme.as_ref().unwrap();
    assert!(judgement.documents().all(|d| d.trust == Trust::Trusted), "{judgement:#?}");
    assert_eq!(scheme.eligibility, Eligibility::Eligible, "{:#?}", scheme.reasons);
    assert!(codes(&judgement).all.is_empty(), "{:?}", codes(&judgement).all);
    assert_eq!(judgement.exit_code(), 0);
    assert!(scheme.checks.iter().any(|c| c.contains("JP recognises cn-verifier through jp-customs")), "{:?}", scheme.checks);
    assert!(!codes(&judgement).all.contains(&Code::Revoked));
}
