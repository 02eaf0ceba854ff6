//! `judge` and evidence that is bad, old or contradictory: it must neither help a bad file nor hurt a good one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::Fingerprint;
use eco_core::document::{DocumentKind, DocumentStatus};
use eco_core::genesis::NetworkPurpose;
use eco_core::name::Timestamp;
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::registry::Purpose;
use eco_core::state::RecordKey;
use eco_core::statement::{Anchor, Statement};
use eco_core::verdict::{Code, DocumentFindings, Evidence, Policy, Question, Reach, SignerStanding, Trust, judge};
use kit::ask::{anchored, ask, document};
use kit::*;

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
        ("oversize", [network.receipt(0).to_file(), vec![0; 64 << 10]].concat(), Code::LogProofInvalid),
    ];
    for (what, bytes, code) in bad {
        let alone = ask(&network, "a").with(|a| a.receipts.push(bytes.clone())).expect(Trust::Unverifiable, code);
        assert!(alone.recorded.is_none(), "{what}");
        let beside = ask(&network, "a").receipt(0).with(|a| a.receipts.insert(0, bytes.clone())).trusted();
        assert!(beside.has(Code::ReceiptDiscarded), "{what}");
        let stapled = |a: &mut kit::ask::Ask<'_>| a.findings.stapled.push(bytes.clone());
        let carried = ask(&network, "a").with(stapled).expect(Trust::Unverifiable, code);
        assert!(carried.recorded.is_none(), "{what}");
        assert!(ask(&network, "a").receipt(0).with(stapled).trusted().has(Code::ReceiptDiscarded), "{what}");
        let online = ask(&network, "a").status("a").with(|a| a.receipts.push(bytes)).trusted();
        assert!(online.has(Code::ReceiptDiscarded), "{what}");
    }
    let good = network.receipt(0).to_file();
    let carried = ask(&network, "a").with(|a| a.findings.stapled.push(good.clone())).trusted();
    assert!(!carried.has(Code::ReceiptDiscarded), "the control: a good one suffices");
    let twice = ask(&network, "a").with(|a| a.findings.stapled.push(good.clone())).receipt(0).trusted();
    assert_eq!(twice, carried, "the same receipt beside the file and in it is one");
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

/// The lists of a consignment lie beside its documents: a newer proof about something else must not hide an older one
/// about the document, nor an older one a revocation.
#[test]
fn a_newer_proof_about_something_else_hides_nothing() {
    let mut network = anchored("a");
    let about = |network: &Network, content| network.status_of("cn-ccpit", fingerprint(content), Some(signer("cn-ccpit"))).to_file();
    let own = about(&network, "a");
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "b", "CO-2"))]);
    let other = about(&network, "b");
    let verdict = |network: &Network, statuses: Vec<Vec<u8>>| ask(network, "a").with(|a| a.statuses = statuses).verdict();
    for statuses in [vec![own.clone(), other.clone()], vec![other.clone(), own.clone()]] {
        let verdict = verdict(&network, statuses);
        assert_eq!(verdict.trust, Trust::Trusted, "{verdict:#?}");
    }
    let alone = verdict(&network, vec![other.clone()]);
    assert!(alone.trust == Trust::Unverifiable && alone.has(Code::AbsenceNotProven), "{alone:#?}");
    network.record(vec![network.change("cn-ccpit", document("a"), 1, DocumentStatus::Revoked)]);
    let revoked = about(&network, "a");
    for statuses in [vec![own.clone(), revoked.clone(), other.clone()], vec![revoked, other, own]] {
        assert!(verdict(&network, statuses).has(Code::Revoked));
    }
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
            standing: SignerStanding::default(),
            key: None,
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

/// A file without any signature that holds has nothing that log evidence could be about: neither a genuine
/// receipt beside it nor the record of the number it shows makes it one.
#[test]
fn log_evidence_says_nothing_about_a_file_without_fingerprint() {
    let network = anchored("a");
    let number = CertificateNumber::normalise("CO-1").unwrap();
    let reference = RecordKey::Reference(org("cn-ccpit"), ReferenceKey::of(&org("cn-ccpit"), &number));
    let keys = [RecordKey::Organisation(org("cn-ccpit")), reference, RecordKey::Document(document("a"))];
    let asked = |findings: DocumentFindings| {
        ask(&network, "a").receipt(0).with(|a| {
            a.statuses.push(network.status(&keys).to_file());
            a.question.issuer = Some(org("cn-ccpit"));
            a.question.number = Some(number.clone());
            a.findings = findings;
        })
    };
    let verdict = asked(DocumentFindings::default()).expect(Trust::Unverifiable, Code::AbsenceNotProven);
    assert!(verdict.recorded.is_none() && verdict.head.is_none(), "{verdict:#?}");
    assert!(verdict.not_established[0].contains("no fingerprint"), "{:?}", verdict.not_established);
    // The control: the same evidence answers a question about the number, where no document is at hand.
    assert_eq!(asked(DocumentFindings::number_only()).trusted().recorded.unwrap().document, document("a"));
}
