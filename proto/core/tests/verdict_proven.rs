//! `judge` and the proven time: a certificate expired or revoked since must not condemn what was signed before,
//! and one that was dead already must not pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::name::Timestamp;
use eco_core::verdict::{Code, SignerPath, SignerStanding, Trust};
use kit::ask::{Ask, anchored, ask};

const HOUR_MS: u64 = 60 * 60 * 1000;

fn path() -> SignerPath {
    let valid = (Timestamp(0), Timestamp(u64::MAX));
    SignerPath { anchor: "Root".into(), valid, revoked: None, status_until: Some(Timestamp(u64::MAX)) }
}

fn before(time: Timestamp) -> Timestamp {
    Timestamp(time.0 - HOUR_MS)
}

/// Sets what the document says about its signer.
fn stands(change: impl FnOnce(&mut SignerStanding)) -> impl FnOnce(&mut Ask<'_>) {
    let mut standing = SignerStanding { path: Some(path()), ..SignerStanding::default() };
    change(&mut standing);
    move |a| a.findings.candidates[0].standing = standing
}

#[test]
fn a_revoked_signer_passes_only_with_a_proof_of_earlier_time() {
    let network = anchored("a");
    let recorded = network.now();
    let revoked = |at: Timestamp| move |standing: &mut SignerStanding| standing.path.as_mut().unwrap().revoked = Some(at);
    ask(&network, "a").status("a").with(stands(|_| {})).trusted();
    // The block time alone proves that the signature was there.
    ask(&network, "a").status("a").with(stands(revoked(recorded.plus_ms(1)))).trusted();
    ask(&network, "a").status("a").with(stands(revoked(recorded))).expect(Trust::Untrustworthy, Code::SignerCertInvalid);
    ask(&network, "a").status("a").with(stands(revoked(before(recorded)))).expect(Trust::Untrustworthy, Code::SignerCertInvalid);
    ask(&network, "a").receipt(0).with(stands(revoked(before(recorded)))).expect(Trust::Untrustworthy, Code::SignerCertInvalid);
    // A timestamp, or a document timestamp, of before the revocation.
    let earlier = Timestamp(before(recorded).0 - 1);
    ask(&network, "a")
        .status("a")
        .with(stands(|standing| {
            revoked(before(recorded))(standing);
            standing.timestamped = Some(earlier);
        }))
        .trusted();
    ask(&network, "a")
        .status("a")
        .with(stands(|standing| {
            revoked(before(recorded))(standing);
            standing.archived = Some(earlier);
        }))
        .trusted();
}

#[test]
fn a_timestamp_later_than_the_block_is_put_aside() {
    let network = anchored("a");
    let recorded = network.now();
    let at = |ahead| stands(move |standing: &mut SignerStanding| standing.timestamped = Some(recorded.plus_ms(ahead)));
    let late = ask(&network, "a").status("a").with(at(HOUR_MS)).trusted();
    assert!(late.has(Code::TimestampInvalid));
    // Clocks differ a little.
    assert!(!ask(&network, "a").status("a").with(at(60_000)).trusted().has(Code::TimestampInvalid));
    assert!(!ask(&network, "a").receipt(0).with(at(60_000)).verdict().has(Code::TimestampInvalid));
}

#[test]
fn a_path_out_of_its_time_is_none() {
    let network = anchored("a");
    let recorded = network.now();
    let until = |end: Timestamp| stands(move |standing: &mut SignerStanding| standing.path.as_mut().unwrap().valid.1 = end);
    let good = ask(&network, "a").status("a").with(until(recorded)).trusted();
    assert!(!good.has(Code::SignerPathNotEstablished) && good.checks.iter().any(|check| check.contains("trust anchor Root")));
    let late = ask(&network, "a").status("a").with(until(before(recorded))).trusted();
    assert!(late.has(Code::SignerPathNotEstablished), "only the log names the signer then");
}

#[test]
fn unknown_revocation_is_said() {
    let network = anchored("a");
    let recorded = network.now();
    let known = |until| stands(move |standing: &mut SignerStanding| standing.path.as_mut().unwrap().status_until = until);
    let says = |until| ask(&network, "a").status("a").with(known(until)).trusted().not_established.iter().any(|gap| gap.contains("CRL"));
    assert!(says(None) && says(Some(before(recorded))));
    assert!(!says(Some(recorded)));
}
