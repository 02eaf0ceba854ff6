//! `judge`: every trust code that rests on log evidence, and that nothing bad ever helps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::SignatureHash;
use eco_core::document::{DocumentKind, DocumentStatus};
use eco_core::name::{Revision, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::state::RecordKey;
use eco_core::statement::{Anchor, Supersedes};
use eco_core::verdict::{Code, DocumentFindings, Finding, Reach, Subject, Trust};
use kit::ask::{Ask, anchored, ask, document};
use kit::*;

#[test]
fn a_recorded_certificate_is_trusted_by_receipt_or_status_or_both() {
    let network = anchored("a");
    let by_receipt = ask(&network, "a").receipt(0).trusted();
    assert_eq!(by_receipt.recorded.unwrap().anchored.unwrap().1, network.now());
    assert!(!by_receipt.not_established.is_empty(), "what a receipt cannot show is said");
    let by_status = ask(&network, "a").status("a").trusted();
    assert_eq!(by_status.recorded.unwrap().author_name.as_deref(), Some("cn-ccpit Ltd."));
    ask(&network, "a").status("a").receipt(0).trusted();
    ask(&network, "a").status("a").with(|a| a.question.number = CertificateNumber::normalise("co\u{2010}1").ok()).trusted();
    ask(&network, "a").status("a").with(|a| a.question.kind = Some(DocumentKind::Certificate)).trusted();
}

#[test]
fn nothing_at_hand_is_unverifiable_never_untrustworthy() {
    let network = anchored("a");
    ask(&network, "a").expect(Trust::Unverifiable, Code::NodeUnreachable);
    let reach = |reach| ask(&network, "a").with(|a| a.reach = reach);
    reach(Reach::Unreachable("refused".into())).expect(Trust::Unverifiable, Code::NodeUnreachable);
    reach(Reach::Invalid("bad".into())).expect(Trust::Unverifiable, Code::NodeAnswerInvalid);
    reach(Reach::NoProof("not found".into())).expect(Trust::Unverifiable, Code::AbsenceNotProven);
    reach(Reach::Lagging("behind".into())).expect(Trust::Unverifiable, Code::NodeLagging);
    reach(Reach::Answered).expect(Trust::Unverifiable, Code::AbsenceNotProven);
    ask(&network, "a").status("a").with(|a| a.trust = false).expect(Trust::Unverifiable, Code::TrustRootMissing);
}

#[test]
fn what_is_wrong_with_the_file_outweighs_all_log_evidence() {
    let network = anchored("a");
    for code in [Code::PdfSignatureInvalid, Code::PdfModifiedAfterSigning, Code::PdfStructureAmbiguous] {
        ask(&network, "a")
            .status("a")
            .receipt(0)
            .with(|a| a.findings.findings.push(Finding::new(code, Subject::Certificate, "planted")))
            .expect(Trust::Untrustworthy, code);
    }
    ask(&network, "a")
        .status("a")
        .with(|a| a.findings.findings.push(Finding::new(Code::PdfEncrypted, Subject::Certificate, "planted")))
        .expect(Trust::Unverifiable, Code::PdfEncrypted);
}

#[test]
fn a_missing_entry_condemns_only_when_it_is_proven() {
    let network = anchored("a");
    let verdict = ask(&network, "other").status("other").expect(Trust::Untrustworthy, Code::LogEntryMissing);
    assert!(verdict.reasons[0].detail.contains("admitted member"), "{:?}", verdict.reasons);
    // The same absence without the proof that the issuer is a member.
    let bare = network.status(&[RecordKey::Document(document("other")), RecordKey::Certificate(signer("cn-ccpit"))]).to_file();
    ask(&network, "other").with(|a| a.statuses.push(bare)).expect(Trust::Unverifiable, Code::AbsenceNotProven);
    // A proof about something else says nothing about this.
    let foreign = network.status_of("cn-ccpit", fingerprint("a"), Some(signer("cn-ccpit"))).to_file();
    ask(&network, "other").with(|a| a.statuses.push(foreign)).expect(Trust::Unverifiable, Code::AbsenceNotProven);
    // From an old head.
    ask(&network, "other")
        .status("other")
        .with(|a| a.question.now = network.now().plus_ms(DAY_MS))
        .expect(Trust::Unverifiable, Code::StatusStale);
}

#[test]
fn a_number_that_does_not_exist_is_proven_absent() {
    let network = anchored("a");
    let number = CertificateNumber::normalise("CO-404").unwrap();
    let keys =
        [RecordKey::Organisation(org("cn-ccpit")), RecordKey::Reference(org("cn-ccpit"), ReferenceKey::of(&org("cn-ccpit"), &number))];
    let by_number = |number: &CertificateNumber, keys: &[RecordKey]| {
        let (number, file) = (number.clone(), network.status(keys).to_file());
        ask(&network, "a").with(|a| {
            a.findings = DocumentFindings::number_only();
            a.question.issuer = Some(org("cn-ccpit"));
            a.question.number = Some(number);
            a.statuses.push(file);
        })
    };
    let verdict = by_number(&number, &keys).expect(Trust::Untrustworthy, Code::LogEntryMissing);
    assert!(verdict.reasons[0].detail.contains("no certificate with the number CO-404"), "{:?}", verdict.reasons);
    let there = CertificateNumber::normalise("CO-1").unwrap();
    let keys =
        [keys[0], RecordKey::Reference(org("cn-ccpit"), ReferenceKey::of(&org("cn-ccpit"), &there)), RecordKey::Document(document("a"))];
    assert_eq!(by_number(&there, &keys).trusted().recorded.unwrap().document, document("a"));
}

#[test]
fn an_issuer_that_is_no_member_or_does_not_issue_is_named() {
    let network = anchored("a");
    let asked = |issuer: &str| {
        let file = network.status_of(issuer, fingerprint("a"), Some(signer("cn-ccpit"))).to_file();
        let issuer = org(issuer);
        ask(&network, "a").with(|a| {
            a.question.issuer = Some(issuer);
            a.statuses.push(file);
        })
    };
    asked("nobody-here").expect(Trust::Untrustworthy, Code::IssuerNotAdmitted);
    asked("jp-customs").expect(Trust::Untrustworthy, Code::IssuerNotAdmitted);
    asked("vn-vcci").expect(Trust::Untrustworthy, Code::LogEntryMissing);
}

/// Equal fingerprint, another signature: a foreign certificate put on the chamber's file.
#[test]
fn another_signature_over_the_same_bytes_is_refused() {
    let network = anchored("a");
    let resign = |a: &mut Ask<'_>| a.findings.candidates[0].signature_hash = Some(SignatureHash::of_pdf(b"a", b"attacker"));
    ask(&network, "a").status("a").with(resign).expect(Trust::Untrustworthy, Code::SignerNotIssuer);
    ask(&network, "a").receipt(0).with(resign).expect(Trust::Untrustworthy, Code::SignerNotIssuer);
    // The attacker's certificate belongs to nobody.
    let unknown = network.status(&[RecordKey::Certificate(signer("attacker")), RecordKey::Claims(fingerprint("a"))]).to_file();
    ask(&network, "a")
        .with(|a| {
            resign(a);
            a.findings.candidates[0].signer = Some(signer("attacker"));
            a.statuses.push(unknown);
        })
        .expect(Trust::Untrustworthy, Code::SignerNotIssuer);
    // The right signature hash, but the registry gives the certificate to another issuer.
    let foreign = network.status_of("cn-ccpit", fingerprint("a"), Some(signer("vn-vcci"))).to_file();
    ask(&network, "a")
        .with(|a| {
            a.findings.candidates[0].signer = Some(signer("vn-vcci"));
            a.question.issuer = Some(org("cn-ccpit"));
            a.statuses.push(foreign);
        })
        .expect(Trust::Untrustworthy, Code::SignerNotIssuer);
}

#[test]
fn the_signers_certificate_must_have_been_valid_when_recorded() {
    let network = anchored("a");
    let validity = |from, until| move |a: &mut Ask<'_>| a.findings.candidates[0].signer_valid = Some((from, until));
    ask(&network, "a").status("a").with(validity(START, START.plus_ms(DAY_MS))).trusted();
    ask(&network, "a").status("a").with(validity(Timestamp(0), START)).expect(Trust::Untrustworthy, Code::SignerCertInvalid);
    // Expired since: it was valid at the proven time.
    let mut later = anchored("a");
    let built = later.state.build(&later.records, START.plus_ms(9 * DAY_MS), later.last_seal(), []).unwrap();
    later.commit(built);
    ask(&later, "a").status("a").with(validity(START, START.plus_ms(DAY_MS))).trusted();
}

#[test]
fn status_decides_as_of_the_time_asked_about() {
    let mut network = anchored("a");
    let before = network.now();
    network.record(vec![network.change("cn-ccpit", document("a"), 1, DocumentStatus::Suspended)]);
    ask(&network, "a").status("a").expect(Trust::Untrustworthy, Code::Suspended);
    network.record(vec![network.change("cn-ccpit", document("a"), 2, DocumentStatus::Revoked)]);
    ask(&network, "a").status("a").receipt(0).expect(Trust::Untrustworthy, Code::Revoked);
    let then = ask(&network, "a").status("a").with(|a| a.question.as_of = Some(before)).trusted();
    assert!(then.has(Code::ChangedSince));
    assert!(
        !ask(&network, "a").status("a").with(|a| a.question.as_of = Some(before)).verdict().has(Code::StatusStale),
        "old days need no fresh head"
    );
    ask(&network, "a")
        .status("a")
        .with(|a| a.question.as_of = Some(Timestamp(before.0 - 1)))
        .expect(Trust::Untrustworthy, Code::LogEntryMissing);
    // A receipt alone does not know, and is fresh for a short time only.
    ask(&network, "a").receipt(0).with(|a| a.question.now = network.now().plus_ms(DAY_MS)).expect(Trust::Unverifiable, Code::StatusStale);
}

#[test]
fn a_replaced_certificate_says_by_what() {
    let mut network = anchored("old");
    let anchor =
        Anchor { supersedes: Some(Supersedes { document: document("old"), base: Revision(1) }), ..certificate("cn-ccpit", "new", "CO-2") };
    network.record(vec![network.anchor("cn-ccpit", anchor)]);
    let verdict = ask(&network, "old").status("old").expect(Trust::Untrustworthy, Code::Superseded);
    assert!(verdict.reasons[0].detail.contains(&document("new").to_string()));
    ask(&network, "new").status("new").trusted();
}

#[test]
fn stated_validity_counts() {
    let mut network = Network::production();
    let (from, until) = (START.plus_ms(DAY_MS), START.plus_ms(2 * DAY_MS));
    network.record(vec![
        network.anchor("cn-ccpit", Anchor { valid_from: Some(from), valid_until: Some(until), ..certificate("cn-ccpit", "a", "1") }),
    ]);
    ask(&network, "a").status("a").expect(Trust::Untrustworthy, Code::NotYetValid);
    let built = network.state.build(&network.records, until.plus_ms(1), network.last_seal(), []).unwrap();
    network.commit(built);
    ask(&network, "a").status("a").expect(Trust::Untrustworthy, Code::Expired);
    ask(&network, "a").status("a").with(|a| a.question.as_of = Some(from)).trusted();
}

#[test]
fn another_number_or_kind_is_a_conflict() {
    let network = anchored("a");
    ask(&network, "a")
        .status("a")
        .with(|a| a.question.number = CertificateNumber::normalise("CO-2").ok())
        .expect(Trust::Untrustworthy, Code::ReferenceConflict);
    ask(&network, "a")
        .receipt(0)
        .with(|a| a.question.number = CertificateNumber::normalise("CO-2").ok())
        .expect(Trust::Untrustworthy, Code::ReferenceConflict);
    ask(&network, "a")
        .status("a")
        .with(|a| a.question.kind = Some(DocumentKind::Declaration))
        .expect(Trust::Untrustworthy, Code::KindMismatch);
}
