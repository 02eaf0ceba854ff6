//! `judge`: every trust code that rests on log evidence, and that nothing bad ever helps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::genesis::NetworkPurpose;
use eco_core::name::{Revision, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::registry::Purpose;
use eco_core::state::RecordKey;
use eco_core::statement::{Anchor, Statement, Supersedes};
use eco_core::verdict::{Code, DocumentFindings, Evidence, Finding, Policy, Question, Reach, Subject, Trust, Verdict, judge};
use eco_core::{Fingerprint, SignatureHash};
use kit::*;

/// One verification, with everything that can vary.
struct Ask<'a> {
    network: &'a Network,
    findings: DocumentFindings,
    receipts: Vec<Vec<u8>>,
    statuses: Vec<Vec<u8>>,
    reach: Reach,
    question: Question,
    trust: bool,
}

fn ask<'a>(network: &'a Network, content: &str) -> Ask<'a> {
    Ask {
        network,
        findings: findings(content, "cn-ccpit"),
        receipts: vec![],
        statuses: vec![],
        reach: Reach::NotAsked,
        question: Question { now: network.now().plus_ms(1000), as_of: None, issuer: None, number: None, kind: None },
        trust: true,
    }
}

impl Ask<'_> {
    fn verdict(&self) -> Verdict {
        let evidence = Evidence { receipts: &self.receipts, statuses: &self.statuses, reach: self.reach.clone() };
        let trust = self.trust.then(|| self.network.trust());
        judge(&self.question, &self.findings, &evidence, trust.as_ref(), &Policy::default())
    }
    fn status(mut self, content: &str) -> Self {
        self.statuses.push(self.network.status_of("cn-ccpit", fingerprint(content), Some(signer("cn-ccpit"))).to_file());
        self
    }
    fn receipt(mut self, index: u64) -> Self {
        self.receipts.push(self.network.receipt(index).to_file());
        self
    }
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
    /// Expects a verdict with one code that decides it.
    fn expect(self, trust: Trust, code: Code) -> Verdict {
        let verdict = self.verdict();
        assert_eq!(verdict.trust, trust, "{verdict:#?}");
        assert!(verdict.has(code), "no {code}: {:#?}", verdict.reasons);
        verdict
    }
    fn trusted(self) -> Verdict {
        let verdict = self.verdict();
        assert_eq!(verdict.trust, Trust::Trusted, "{:#?}", verdict.reasons);
        verdict
    }
}

fn anchored(content: &str) -> Network {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", content, "CO-1"))]);
    network
}

fn document(content: &str) -> DocumentId {
    DocumentId::of(&org("cn-ccpit"), &fingerprint(content))
}

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
            a.findings = DocumentFindings::default();
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

/// Anyone in transit can replace what lies beside a file: it must neither help a bad file nor hurt a good one.
#[test]
fn bad_receipts_are_put_aside() {
    let mut network = anchored("a");
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "b", "CO-2"))]);
    let foreign = {
        let mut n = Network::new("eco.example/other", NetworkPurpose::Test);
        n.record(vec![n.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"))]);
        n
    };
    let mut flipped = network.receipt(0).to_file();
    let at = flipped.len() - 10;
    flipped[at] ^= 1;
    let bad: Vec<(&str, Vec<u8>, Code)> = vec![
        ("garbage", b"garbage".to_vec(), Code::LogProofInvalid),
        ("flipped", flipped, Code::LogProofInvalid),
        ("of another file", network.receipt(1).to_file(), Code::FingerprintMismatch),
        ("of another network", foreign.receipt(0).to_file(), Code::NetworkMismatch),
    ];
    for (what, bytes, code) in bad {
        let alone = ask(&network, "a").with(|a| a.receipts.push(bytes.clone())).expect(Trust::Unverifiable, code);
        assert!(alone.recorded.is_none(), "{what}");
        let beside = ask(&network, "a").receipt(0).with(|a| a.receipts.insert(0, bytes.clone())).trusted();
        assert!(beside.has(Code::ReceiptDiscarded), "{what}");
        let online = ask(&network, "a").status("a").with(|a| a.receipts.push(bytes)).trusted();
        assert!(online.has(Code::ReceiptDiscarded), "{what}");
    }
    let bad_status = network.status_of("cn-ccpit", fingerprint("a"), None).to_file();
    let mut broken = bad_status;
    let last = broken.len() - 1;
    broken[last] ^= 1;
    ask(&network, "a").with(|a| a.statuses.push(broken.clone())).expect(Trust::Unverifiable, Code::LogProofInvalid);
    ask(&network, "a").status("a").with(|a| a.statuses.push(broken)).trusted();
}

#[test]
fn an_absence_older_than_a_receipt_does_not_downgrade() {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "x", "9"))]);
    let before = network.status_of("cn-ccpit", fingerprint("a"), Some(signer("cn-ccpit"))).to_file();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"))]);
    let verdict = ask(&network, "a").receipt(1).with(|a| a.statuses.push(before)).expect(Trust::Unverifiable, Code::NodeLagging);
    assert!(!verdict.has(Code::LogEntryMissing));
}

#[test]
fn a_state_that_denies_a_sealed_entry_is_evidence_against_the_node() {
    let network = anchored("a");
    // A network whose quorum sealed a state without the document: same genesis, other history, later head.
    let mut liar = Network::production();
    liar.record(vec![]);
    liar.record(vec![]);
    let file = liar.status_of("cn-ccpit", fingerprint("a"), Some(signer("cn-ccpit"))).to_file();
    let verdict = ask(&network, "a")
        .receipt(0)
        .with(|a| {
            a.question.now = liar.now();
            a.statuses.push(file);
        })
        .expect(Trust::Unverifiable, Code::StateContradictsLog);
    assert!(!verdict.has(Code::LogEntryMissing));
    // A record that names another entry than the receipt.
    let mut other = Network::production();
    other.record(vec![other.anchor("vn-vcci", certificate("vn-vcci", "z", "3"))]);
    other.record(vec![other.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"))]);
    let file = other.status_of("cn-ccpit", fingerprint("a"), Some(signer("cn-ccpit"))).to_file();
    ask(&network, "a")
        .receipt(0)
        .with(|a| {
            a.question.now = other.now();
            a.statuses.push(file);
        })
        .expect(Trust::Unverifiable, Code::StateContradictsLog);
}

#[test]
fn claims_by_others_are_a_notice() {
    let mut network = Network::production();
    let squat = Statement::Anchor(Anchor { kind: DocumentKind::Other, reference: None, ..certificate("acme-battery", "a", "1") });
    network.record(vec![network.entry("acme-battery", squat, Purpose::Issue)]);
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"))]);
    let verdict = ask(&network, "a").status("a").receipt(1).trusted();
    assert!(verdict.has(Code::OtherClaims));
    assert_eq!(verdict.recorded.unwrap().author, org("cn-ccpit"));
    // The squatter's receipt beside the file changes nothing.
    let verdict = ask(&network, "a").status("a").receipt(0).trusted();
    assert!(verdict.has(Code::ReceiptDiscarded));
}

#[test]
fn five_claims_need_a_slot_and_are_counted() {
    let mut network = Network::production();
    for author in ["acme-battery", "approved-co", "jp-customs", "kr-customs"] {
        network.record(vec![network.anchor(author, other("a"))]);
    }
    network.record(vec![network.anchor("vn-vcci", other("a"))]);
    let fingerprint = Fingerprint::of_file(b"a");
    let view = network.status(&[RecordKey::Claims(fingerprint), RecordKey::ClaimSlot(fingerprint, 4)]).verify(&network.trust()).unwrap();
    let claims: eco_core::state::ClaimsRecord = view.show(&RecordKey::Claims(fingerprint)).unwrap().present().unwrap();
    assert_eq!((claims.count, claims.first.len()), (5, 4));
    let fifth: eco_core::state::Claim = view.show(&RecordKey::ClaimSlot(fingerprint, 4)).unwrap().present().unwrap();
    assert_eq!(fifth.author, org("vn-vcci"));
}

#[test]
fn a_revoked_key_voids_what_it_signed_since() {
    let mut network = anchored("a");
    // The registry learns later that the issuing key was stolen: the record as a node of then would show it.
    let key = public(&secret("cn-ccpit", Purpose::Issue));
    let mut record: eco_core::registry::KeyRecord = eco_core::codec::decode(&network.records.0[&RecordKey::Key(key).state_key()]).unwrap();
    record.revoked = Some(eco_core::registry::Revocation { at: network.now().plus_ms(1), since: START });
    let position = network.genesis.keys.iter().position(|k| k.key == key).unwrap();
    network.genesis.keys[position] = record;
    let revoked = {
        let mut n = Network::production();
        n.genesis = network.genesis.clone();
        n
    };
    let mut state_of = Network::production();
    state_of.genesis = revoked.genesis;
    let (state, rows) = eco_core::state::State::genesis(&state_of.genesis);
    // Seal the anchored document's record beside the revoked key's, as a state after both.
    let mut rows: Vec<_> = rows.into_iter().map(|(k, _, b)| (k, b)).collect();
    let document_key = RecordKey::Document(document("a")).state_key();
    rows.push((document_key, network.records.0[&document_key].clone()));
    let map = state.map().update([(document_key, Some(eco_core::state::record::value_hash(&rows.last().unwrap().1)))]);
    let mut header = network.blocks[0].0.header.clone();
    header.network = state.network();
    header.previous.0 = state.network().0;
    header.state_root = map.root();
    header.validators = state.validators().hash();
    header.next_validators = header.validators;
    let seal = seal_by(&state, &header, 0, &VALIDATORS);
    let names = [
        RecordKey::Document(document("a")),
        RecordKey::Key(key),
        RecordKey::Organisation(org("cn-ccpit")),
        RecordKey::Certificate(signer("cn-ccpit")),
    ];
    let mut items: Vec<_> = names
        .iter()
        .map(|name| eco_core::status::StatusItem {
            key: *name,
            record: rows.iter().find(|(k, _)| *k == name.state_key()).map(|(_, b)| b.clone()),
            proof: map.prove(&name.state_key()).to_bytes(),
        })
        .collect();
    items.sort_by_key(|i| i.key);
    let file = eco_core::status::StatusProof { header, seal, items }.to_file();
    let trust = eco_core::trust::TrustRoot::of_genesis(&state_of.genesis);
    let statuses = [file];
    let evidence = Evidence { receipts: &[], statuses: &statuses, reach: Reach::Answered };
    let question = Question { now: network.now(), as_of: None, issuer: None, number: None, kind: None };
    let verdict = judge(&question, &findings("a", "cn-ccpit"), &evidence, Some(&trust), &Policy::default());
    assert_eq!(verdict.trust, Trust::Untrustworthy, "{verdict:#?}");
    assert!(verdict.has(Code::KeyRevoked));
}

#[test]
fn suspension_of_the_issuer_is_told_apart_by_time() {
    let mut network = Network::production();
    network.record(vec![network.anchor("suspended-body", certificate("suspended-body", "a", "1"))]);
    let built = network.state.build(&network.records, START.plus_ms(2 * DAY_MS), network.last_seal(), []).unwrap();
    network.commit(built);
    let file = network.status_of("suspended-body", fingerprint("a"), None).to_file();
    let verdict = ask(&network, "a")
        .with(|a| {
            a.question.issuer = Some(org("suspended-body"));
            a.findings.candidates[0].signer = None;
            a.statuses.push(file);
        })
        .trusted();
    assert!(verdict.has(Code::IssuerSuspendedSince));
}

#[test]
fn a_test_network_is_marked_and_trusted_nowhere_else() {
    let mut specimen = Network::new("eco.example/test", NetworkPurpose::Test);
    specimen.record(vec![specimen.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"))]);
    assert!(ask(&specimen, "a").status("a").trusted().has(Code::Specimen));
    let production = anchored("a");
    let (receipt, status) = (specimen.receipt(0).to_file(), specimen.status_of("cn-ccpit", fingerprint("a"), None).to_file());
    ask(&production, "a")
        .with(|a| {
            a.receipts.push(receipt);
            a.statuses.push(status);
        })
        .expect(Trust::Unverifiable, Code::NetworkMismatch);
}

#[test]
fn a_wrong_clock_is_said() {
    let network = anchored("a");
    let behind = |ms: u64| Timestamp(network.now().0 - ms);
    ask(&network, "a").status("a").with(|a| a.question.now = behind(3_600_000)).expect(Trust::Unverifiable, Code::LocalClockWrong);
    ask(&network, "a").receipt(0).with(|a| a.question.now = behind(3_600_000)).expect(Trust::Unverifiable, Code::LocalClockWrong);
    // A clock that is a little behind does not make a new entry unborn.
    ask(&network, "a").status("a").with(|a| a.question.now = behind(1000)).trusted();
}

#[test]
fn an_unsigned_file_is_judged_by_whoever_recorded_it() {
    let mut network = Network::production();
    network.record(vec![network.anchor("acme-battery", other("note"))]);
    let fingerprint = Fingerprint::of_file(b"note");
    let file = network.status_of("acme-battery", fingerprint, None).to_file();
    let plain = |content: &[u8]| DocumentFindings {
        candidates: vec![eco_core::verdict::Candidate {
            fingerprint: Fingerprint::of_file(content),
            signature_hash: None,
            signer: None,
            signer_name: None,
            signer_valid: None,
        }],
        ..DocumentFindings::default()
    };
    let verdict = ask(&network, "a")
        .with(|a| {
            a.findings = plain(b"note");
            a.statuses.push(file);
        })
        .trusted();
    assert_eq!(verdict.recorded.unwrap().author, org("acme-battery"));
    let nobody = network.status(&[RecordKey::Claims(Fingerprint::of_file(b"unknown"))]).to_file();
    ask(&network, "a")
        .with(|a| {
            a.findings = plain(b"unknown");
            a.statuses.push(nobody);
        })
        .expect(Trust::Untrustworthy, Code::LogEntryMissing);
}

#[test]
fn every_code_has_a_name_and_a_sentence() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|c| c.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(Code::ALL.iter().all(|c| c.sentence().len() > 10 && c.name().chars().all(|ch| ch.is_ascii_uppercase() || ch == '_')));
}
