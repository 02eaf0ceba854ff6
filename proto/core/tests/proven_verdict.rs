//! The whole verdict from log evidence alone: statements on the log, proven records, facts, answer; all offline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::codec::{decode, encode};
use eco_core::commitment::Nonce;
use eco_core::name::{Country, OrgId};
use eco_core::recognition::RecognitionScope;
use eco_core::state::RecordKey;
use eco_core::statement::PresentationState;
use eco_core::verdict::{
    Code, Eligibility, Judgement, Policy, Question, SavedAsked, SavedConsignment, SavedDocument, SavedPassport, SavedScheme, SavedVerdict,
};
use kit::carbon::{accreditation, attest, country, present, recognise, withdraw_attest};
use kit::trade::{Prepared, Trade, codes, jcs, party, passport_document, trade};
use kit::*;

/// The passport was attested by cn-verify, whom JP recognises through an accreditation body and KR not at all.
fn story(after: fn(&mut Network)) -> (Trade, Prepared) {
    let t = trade().with(|t| {
        t.network = carbon::network;
        t.after = after;
        t.passport.nonce = Nonce([0x5b; 32]);
        t.passport.footprint.period_end = Some(START);
        t.passport.footprint.activity[0].until = Some(START);
        t.passport.footprint.verification.as_mut().unwrap().verifier = party("cn-verify");
    });
    let t = t.with(|t| {
        t.before_certificate = |n| {
            let passport = passport_document(jcs("passport"));
            n.record(vec![
                n.attests("cn-verify", attest(passport, 0, "EV-1")),
                n.recognises("jp-standards", recognise(country("JP"), "cn-accredit", 0)),
                n.recognises("cn-accredit", recognise(accreditation("cn-accredit"), "cn-verify", 0)),
            ]);
        }
    });
    let prepared = t.prepare();
    (t, prepared)
}

/// Everything that is asked of a node, proven under one head.
fn answer(t: Trade, prepared: &Prepared, importing: &str) -> Judgement {
    let passport = passport_document(jcs("passport"));
    let certificate = eco_core::document::DocumentId::of(&org("cn-ccpit"), &fingerprint("co"));
    let (verify, accredit): (OrgId, OrgId) = (org("cn-verify"), org("cn-accredit"));
    let to: Country = importing.parse().unwrap();
    let (own, by) = (RecognitionScope::Country(to), accreditation("cn-accredit"));
    let keys = [
        RecordKey::Attestations(passport),
        RecordKey::Attestation(passport, verify),
        RecordKey::Organisation(verify),
        RecordKey::Authority(to),
        RecordKey::Recognisers(verify),
        RecordKey::Recognitions(by, verify),
        RecordKey::Recognition(by, verify, 0),
        RecordKey::Recognitions(own, accredit),
        RecordKey::Recognition(own, accredit, 0),
        RecordKey::Presentations(certificate),
        RecordKey::Presentation(certificate, org("kr-customs"), carbon::declaration("kr-customs", "1")),
    ];
    let view = prepared.network.status(&keys).verify(&prepared.network.trust()).unwrap();
    t.with(|t| {
        t.import.country = Some(to);
        t.attestations = view.attestations(passport);
        t.recognition = Some(view.recognition(to, &[verify]));
        t.presentations = view.presentations(certificate, None);
    })
    .judge_prepared(prepared)
}

fn decided(judgement: &Judgement) -> (Eligibility, Vec<Code>) {
    (judgement.scheme.as_ref().unwrap().eligibility, codes(judgement).all.into_iter().collect())
}

#[test]
fn eligible_here_and_not_there_by_log_evidence_alone() {
    let nothing: fn(&mut Network) = |_| {};
    let (here, prepared) = story(nothing);
    let judgement = answer(here, &prepared, "JP");
    assert_eq!(decided(&judgement), (Eligibility::Eligible, vec![]), "{:#?}", judgement.scheme);
    let steps = judgement.scheme.unwrap().checks.into_iter().filter(|c| c.contains("JP recognises")).count();
    assert_eq!(steps, 2, "both rows are shown with their source");
    let there = answer(story(nothing).0, &prepared, "KR");
    assert_eq!(decided(&there), (Eligibility::NotEligible, vec![Code::AccreditationNotRecognised]));
    assert!(there.documents().all(|d| d.trust == eco_core::verdict::Trust::Trusted));
    // VN is not among the scheme's destinations, and nobody speaks for it.
    let nobody = answer(story(nothing).0, &prepared, "VN");
    assert_eq!(decided(&nobody), (Eligibility::NotEligible, vec![Code::SchemeNotApplicable, Code::RecognitionNotChecked]));
}

#[test]
fn what_happens_at_sea_is_told_and_changes_nothing() {
    let (t, prepared) = story(|n| {
        let passport = passport_document(jcs("passport"));
        let certificate = eco_core::document::DocumentId::of(&org("cn-ccpit"), &fingerprint("co"));
        n.record(vec![
            n.withdraws("cn-verify", withdraw_attest(passport, 1, "EV-1")),
            n.presents("kr-customs", present(certificate, "kr-customs", "1", 0, PresentationState::Lodged)),
        ]);
    });
    let judgement = answer(t, &prepared, "JP");
    assert_eq!(
        decided(&judgement),
        (Eligibility::Eligible, vec![Code::ChangedSince, Code::DuplicatePresentation]),
        "{:#?}",
        judgement.scheme
    );
}

#[test]
fn a_saved_verdict_carries_the_answer_for_the_scheme() {
    let (t, prepared) = story(|_| {});
    let judgement = answer(t, &prepared, "KR");
    let scheme = judgement.scheme.as_ref().unwrap();
    let question = Question { now: prepared.network.now(), as_of: None, issuer: None, number: None, kind: None };
    let found = findings("co", "cn-ccpit");
    let about = SavedDocument { name: "co.pdf", content: [7; 32], findings: &found };
    let verdict = judgement.certificate.as_ref().unwrap();
    let plain = SavedVerdict::of(&question, &Policy::default(), about, &[], &[], verdict);
    let both = plain.clone().with_scheme(scheme);
    let (one, two) = (encode(&plain), encode(&both));
    assert_eq!((one[0], two[0]), (1, 2), "a version of its own, and version 1 stays readable");
    assert_eq!(decode::<SavedVerdict>(&one).unwrap(), plain);
    let read = decode::<SavedVerdict>(&two).unwrap();
    let stated = read.stated_scheme().unwrap();
    assert_eq!((stated.scheme.as_str(), stated.eligibility.as_str()), ("battery-lane", "NOT_ELIGIBLE"));
    assert_eq!(stated.codes, ["ACCREDITATION_NOT_RECOGNISED"]);
    assert!(read.says_the_same_of_scheme(scheme) && read.says_the_same(verdict) && !plain.says_the_same_of_scheme(scheme));
    // Version 3 keeps all that was judged together.
    let passport =
        SavedPassport { name: "bp.jsonld".into(), data: vec![1, 2], receipts: vec![vec![3]], trust: "TRUSTED".into(), codes: vec![] };
    let together = SavedConsignment {
        data: Some(vec![4]),
        is_passport: false,
        country: "KR".parse().ok(),
        lodging: None,
        arrival: Some(START),
        own: None,
        asked: SavedAsked::Named("battery-lane".parse().unwrap()),
        entry: vec![("hs".into(), "850760".into())],
        passports: vec![passport.clone()],
        scheme: Some(SavedScheme::of(scheme)),
    };
    let whole = plain.clone().with_consignment(together.clone());
    let three = encode(&whole);
    let read = decode::<SavedVerdict>(&three).unwrap();
    assert_eq!((three[0], &read), (3, &whole));
    assert!(read.says_the_same_of_scheme(scheme) && read.consignment() == Some(&together));
    let unknown = SavedPassport { codes: vec!["NO_SUCH_CODE".into()], ..passport.clone() };
    let better = SavedPassport { trust: "GENUINE".into(), ..passport };
    for passport in [unknown, better] {
        let bytes = encode(&plain.clone().with_consignment(SavedConsignment { passports: vec![passport], ..together.clone() }));
        assert!(decode::<SavedVerdict>(&bytes).is_err());
    }
    let no_data = SavedConsignment { is_passport: true, data: None, ..together };
    assert!(decode::<SavedVerdict>(&encode(&plain.clone().with_consignment(no_data))).is_err());
    let other = answer(story(|_| {}).0, &prepared, "JP");
    assert!(!read.says_the_same_of_scheme(other.scheme.as_ref().unwrap()), "another answer is another answer");
    // Neither version can be read as the other.
    for (bytes, version) in [(&one, 2), (&two, 1), (&two, 3), (&one, 3), (&three, 2), (&three, 1), (&three, 4)] {
        let mut swapped = bytes.clone();
        swapped[0] = version;
        assert!(decode::<SavedVerdict>(&swapped).is_err(), "version {version}");
    }
}
