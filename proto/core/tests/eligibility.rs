//! `judge_consignment`: certificate and passports together, both axes, each rule told as a story.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::document::DocumentStatus;
use eco_core::name::Timestamp;
use eco_core::registry::Purpose;
use eco_core::scheme::{HsCoverage, Mode, ModeFrom, PageRule, ReferenceDate, Requires};
use eco_core::verdict::{
    Code, Eligibility, Finding, Judgement, Listed, Notices, OriginalFacts, PageFacts, PassportFacts, Policy, PresentationFacts, Quantity,
    Stated, Subject, Trust,
};
use kit::trade::{Trade, another, attribute, codes, day, dec, entry, hs, jcs, part, passport_document, row, supersede, trade};
use kit::*;

fn eligibility(judgement: &Judgement) -> Eligibility {
    judgement.scheme.as_ref().unwrap().eligibility
}

impl Trade {
    /// Expects this eligibility, these codes and no others, and nothing changed in the trust of the documents.
    fn expect(self, expected: Eligibility, found: &[Code]) -> Judgement {
        let judgement = self.judge();
        assert_eq!(eligibility(&judgement), expected, "{:#?}", judgement.scheme);
        assert_eq!(codes(&judgement).all.into_iter().collect::<Vec<_>>(), found, "{:#?}", judgement.scheme);
        judgement
    }
    fn eligible(self) -> Judgement {
        self.expect(Eligibility::Eligible, &[])
    }
    fn excluded(self, code: Code) -> Judgement {
        self.expect(Eligibility::NotEligible, &[code])
    }
    fn undetermined(self, code: Code) -> Judgement {
        self.expect(Eligibility::Undetermined, &[code])
    }
    fn noticed(self, code: Code) -> Judgement {
        self.expect(Eligibility::Eligible, &[code])
    }
}

#[test]
fn a_consignment_in_order_is_trusted_and_eligible() {
    let judgement = trade().eligible();
    assert!(judgement.documents().all(|d| d.trust == Trust::Trusted), "{judgement:#?}");
    assert_eq!(judgement.exit_code(), 0);
    let scheme = judgement.scheme.unwrap();
    assert!(scheme.checks.iter().any(|c| c.contains("JP recognises cn-verifier through jp-customs")), "{:?}", scheme.checks);
    assert!(scheme.checks.iter().any(|c| c.contains("customs.example/list of 2025-11-01")), "the source is shown: {:?}", scheme.checks);
}

/// The worked examples of the reference: one edit, one code, and the documents stay genuine.
#[test]
fn one_edit_of_the_example_gives_one_code() {
    let with = |change: fn(&mut PassportFacts)| trade().with(|t| change(&mut t.passport));
    for text in ["400-415", "12-15", "~12", "<15", "12 ± 1", "TBD", "约12", "[407.4,407.5]"] {
        let range = with(|_| {}).with(|t| t.passport.footprint.value = Some(Stated::Text(text.into())));
        let judgement = range.excluded(Code::CfValueRange);
        assert!(judgement.documents().all(|d| d.trust == Trust::Trusted), "an estimate is no forgery");
    }
    with(|p| p.footprint.scopes.scope1 = Some(dec("4.1"))).excluded(Code::CfSumMismatch);
    with(|p| p.footprint.stages.push(part("Distribution", "1"))).excluded(Code::CfSumMismatch);
    with(|p| p.footprint.scope3_categories.push(part("7", "1"))).excluded(Code::CfSumMismatch);
    with(|p| p.footprint.energy_mix[0].amount = dec("88.3")).excluded(Code::CfSumMismatch);
    with(|p| p.footprint.energy_mix[0].amount = dec("88.4")).eligible();
    with(|p| p.footprint.fossil = Some(dec("408"))).excluded(Code::CfSumMismatch);
    with(|p| p.footprint.components[0].emissions = Some(dec("399"))).excluded(Code::CfSumMismatch);
    with(|p| p.footprint.components[0].components[0].emissions = Some(dec("292"))).excluded(Code::CfSumMismatch);
    with(|p| p.hs = Some(hs("850790"))).excluded(Code::OriginLinkMismatch);
    with(|p| p.product = "https://id.gs1.org/01/06901234567885".into()).excluded(Code::OriginLinkMismatch);
    with(|p| p.product.push_str("/10/B7")).eligible();
    with(|p| p.manufacturer = Some(kit::trade::party("vn-vcci"))).excluded(Code::OriginLinkMismatch);
    with(|p| p.manufacturer = None).noticed(Code::ProducerNotCompared);
    with(|p| p.footprint.scopes.scope2_method = Some("market-based".into())).excluded(Code::CfScopeIncomplete);
}

#[test]
fn a_laser_is_inside_only_as_the_scheme_asks() {
    let laser = |source: Option<&str>| {
        let attributes: Vec<_> = source.map(|s| attribute("laserSource", s)).into_iter().collect();
        let goods = |t: &mut Trade| {
            (t.passport.hs, t.passport.attributes) = (Some(hs("845611")), attributes);
            t.certificate.items[0].hs = Some(hs("845611"));
            t.recognition.as_mut().unwrap().rows.items[0].goods = HsCoverage::Every;
        };
        trade().with(goods).scheme_with(|s| {
            s.scope.include = vec!["845611".parse().unwrap()];
            s.scope.attributes = vec![attribute("laserSource", "CO2")];
        })
    };
    laser(Some("CO2")).eligible();
    laser(Some("fibre")).excluded(Code::SchemeNotApplicable);
    let missing = laser(None).excluded(Code::RequiredFieldMissing);
    assert_eq!(missing.scheme.unwrap().reasons[0].path.as_deref(), Some("credentialSubject.laserSource"));
}

#[test]
fn the_same_documents_are_eligible_in_one_country_and_not_in_another() {
    let prepared = trade().prepare();
    let here = trade().judge_prepared(&prepared);
    let there = trade()
        .with(|t| {
            t.import.country = "KR".parse().ok();
            let recognition = t.recognition.as_mut().unwrap();
            recognition.country = "KR".parse().unwrap();
            recognition.authority = Some(org("kr-customs"));
        })
        .judge_prepared(&prepared);
    assert_eq!((eligibility(&here), eligibility(&there)), (Eligibility::Eligible, Eligibility::NotEligible));
    assert_eq!(codes(&there).decisive.into_iter().collect::<Vec<_>>(), [Code::AccreditationNotRecognised]);
    assert_eq!((here.exit_code(), there.exit_code()), (0, 1));
    assert!(here.documents().eq(there.documents()), "trust does not depend on the country");
}

#[test]
fn an_update_while_the_goods_are_at_sea_changes_nothing() {
    trade().with(|t| t.after = supersede).noticed(Code::PassportSupersededSince);
    let revoke: fn(&mut Network) = |n| {
        let document = passport_document(jcs("passport"));
        n.record(vec![n.change("acme-battery", document, 1, DocumentStatus::Revoked)]);
    };
    let judgement = trade().with(|t| t.after = revoke).noticed(Code::ChangedSince);
    assert_eq!(judgement.passports[0].trust, Trust::Trusted);
    // Looking at the day of arrival, it was revoked by then: the lane is lost, the certificate is not.
    let arrival = trade().with(|t| t.after = revoke).scheme_with(|s| s.reference_date = ReferenceDate::Arrival).judge();
    assert_eq!(eligibility(&arrival), Eligibility::NotEligible);
    assert!(codes(&arrival).decisive.contains(&Code::DocumentNotTrusted));
    assert_eq!(arrival.certificate.as_ref().unwrap().trust, Trust::Trusted);
    // A newer version beside the named one, on the page or in the file, is a notice.
    let newer = PassportFacts { supersedes: Some(kit::trade::passport().id), ..another() };
    let both = trade().with(|t| t.other = Some((newer.clone(), true)));
    let judgement = both.expect(Eligibility::Eligible, &[Code::PassportSupersededSince, Code::PassportNewerThanCertificate]);
    assert!(judgement.passports.iter().all(|p| p.trust == Trust::Trusted), "{judgement:#?}");
    // Alone it is not what the certificate names.
    let alone = trade().with(|t| (t.passport_given, t.other) = (false, Some((newer, true))));
    alone.expect(Eligibility::NotEligible, &[Code::PassportFingerprintMismatch, Code::PassportNewerThanCertificate]);
}

#[test]
fn what_follows_depends_on_the_mode_of_the_day() {
    let mode = |mode| move |s: &mut eco_core::scheme::Scheme| s.modes[0].mode = mode;
    let bad = || trade().with(|t| t.passport.footprint.deprecated = true);
    for (chosen, exit) in [(Mode::Observe, 0), (Mode::Warn, 0), (Mode::Enforce, 1)] {
        let judgement = bad().scheme_with(mode(chosen)).excluded(Code::CfDeprecated);
        assert_eq!((judgement.scheme.as_ref().unwrap().mode, judgement.exit_code()), (Some(chosen), exit));
    }
    let later = |s: &mut eco_core::scheme::Scheme| s.modes[0] = ModeFrom { from: day("2026-06-01"), mode: Mode::Enforce };
    let judgement = trade().scheme_with(later).excluded(Code::SchemeNotApplicable);
    assert_eq!(judgement.scheme.as_ref().unwrap().mode, None);
    assert_eq!(judgement.exit_code(), 1);
}

#[test]
fn recognition_is_direct_or_in_two_steps_and_never_in_three() {
    let rows = |rows: &[(&str, &str)]| {
        let rows: Vec<_> = rows.iter().map(|(by, body)| row(by, body)).collect();
        trade().with(|t| t.recognition.as_mut().unwrap().rows.items = rows)
    };
    let no = Code::AccreditationNotRecognised;
    rows(&[("jp-customs", "cn-cnas"), ("cn-cnas", "cn-verifier")]).eligible();
    rows(&[("cn-cnas", "cn-verifier"), ("jp-customs", "other-body"), ("jp-customs", "cn-cnas")]).eligible();
    rows(&[("cn-cnas", "cn-verifier")]).excluded(no);
    rows(&[("jp-customs", "cn-cnas")]).excluded(no);
    rows(&[("jp-customs", "iaf"), ("iaf", "cn-cnas"), ("cn-cnas", "cn-verifier")]).excluded(no);
    rows(&[("kr-customs", "cn-verifier")]).excluded(no);
}

#[test]
fn a_row_counts_for_its_goods_its_standard_and_its_time() {
    type Edit = fn(&mut eco_core::verdict::RecognitionRow);
    let with = |edit: Edit| trade().with(|t| edit(&mut t.recognition.as_mut().unwrap().rows.items[0]));
    let refused: [Edit; 8] = [
        |r| r.goods = HsCoverage::Prefixes(vec![]),
        |r| r.goods = HsCoverage::Prefixes(vec!["8456".parse().unwrap()]),
        |r| r.goods = HsCoverage::Prefixes(vec!["85076010".parse().unwrap()]),
        |r| r.standard = "ISO 14064-1:2018".into(),
        |r| r.from = START.plus_ms(1501),
        |r| r.recorded = START.plus_ms(1501),
        |r| r.until = Some(START.plus_ms(1900)),
        |r| r.withdrawn = Some(START.plus_ms(1500)),
    ];
    for edit in refused {
        with(edit).excluded(Code::AccreditationNotRecognised);
    }
    with(|r| r.goods = HsCoverage::Every).eligible();
    // Withdrawn after the reference date: the lane that was open then stays open.
    with(|r| r.withdrawn = Some(START.plus_ms(DAY_MS))).eligible();
    trade()
        .with(|t| t.passport.footprint.verification.as_mut().unwrap().accreditation_standard = "ISO 17029".into())
        .excluded(Code::AccreditationNotRecognised);
    trade().scheme_with(|s| s.requires.accreditation_standards = vec!["ISO 17029".into()]).excluded(Code::AccreditationNotRecognised);
    // "Not recognised" needs the whole list; an authority that is not known recognises nothing and refuses nothing.
    let incomplete = trade().with(|t| t.recognition.as_mut().unwrap().rows = Listed::not_asked());
    let judgement = incomplete.undetermined(Code::RecognitionNotChecked);
    assert!(judgement.scheme.unwrap().not_established.iter().any(|n| n.contains("ask a node")), "it says what would settle it");
    trade().with(|t| t.recognition.as_mut().unwrap().authority = None).undetermined(Code::RecognitionNotChecked);
    trade().with(|t| t.recognition.as_mut().unwrap().country = "VN".parse().unwrap()).undetermined(Code::RecognitionNotChecked);
    trade().with(|t| t.certificate.exported_to = None).undetermined(Code::RecognitionNotChecked);
}

#[test]
fn an_attestation_is_of_this_statement_by_this_body_for_this_period() {
    let with = |edit: fn(&mut eco_core::verdict::AttestationFacts)| trade().with(|t| edit(&mut t.attestations.items[0]));
    let missing = Code::AttestationMissing;
    with(|a| a.statement.0[0] ^= 1).excluded(missing);
    with(|a| a.body = org("other-body")).excluded(missing);
    with(|a| a.admitted = Some(false)).excluded(missing);
    with(|a| a.period_from = day("2025-01-02")).excluded(missing);
    with(|a| a.period_until = day("2025-12-30")).excluded(missing);
    // Withdrawn while the goods are at sea: a notice. Withdrawn before the certificate was issued: lost.
    with(|a| a.withdrawn = Some(START.plus_ms(DAY_MS))).noticed(Code::ChangedSince);
    with(|a| a.withdrawn = Some(START.plus_ms(1600))).excluded(Code::AttestationWithdrawn);
    // Attested only after the certificate: what counts is whether it holds today.
    let late = with(|a| (a.attested, a.withdrawn) = (START.plus_ms(2500), Some(START.plus_ms(2600))));
    late.excluded(Code::AttestationWithdrawn);
    // Asked about a day before anybody attested: what was said later is no answer.
    let later = || with(|a| a.attested = START.plus_ms(2500));
    later().eligible();
    later().with(|t| t.as_of = Some(START.plus_ms(2400))).excluded(missing);
    // A second attestation that holds heals the first.
    let second = with(|a| a.withdrawn = Some(START.plus_ms(1600))).with(|t| t.attestations.items.push(kit::trade::attestation()));
    second.eligible();
}

#[test]
fn starred_codes_are_notices_where_the_scheme_does_not_require_them() {
    let lax = |s: &mut eco_core::scheme::Scheme| {
        (s.requires, s.before_arrival) = (Requires::default(), None);
    };
    trade().scheme_with(lax).with(|t| t.passport_given = false).noticed(Code::PassportMissing);
    trade().scheme_with(lax).with(|t| t.passport.footprint.factors[0].region = "JP".into()).noticed(Code::GridFactorMismatch);
    trade().scheme_with(lax).with(|t| t.passport.footprint.activity[0].until = Some(day("2025-06-30"))).noticed(Code::CfDataInsufficient);
    let judgement = trade().scheme_with(lax).with(|t| t.import.arrival = Some(START.plus_ms(1400))).noticed(Code::AttestedAfterArrival);
    let not_stated = judgement.scheme.unwrap().not_established;
    assert!(not_stated.iter().any(|n| n.contains("units")), "what the scheme does not state is said: {not_stated:?}");
    trade().scheme_with(lax).with(|t| t.import.arrival = None).eligible();
    let judgement = trade().scheme_with(lax).with(|t| t.page = Some(page(Code::MalformedBlock))).noticed(Code::MalformedBlock);
    assert_eq!(judgement.exit_code(), 0);
}

fn page(code: Code) -> PageFacts {
    PageFacts { findings: vec![Finding::new(code, Subject::Page, "planted")], entry_checked: true, ..PageFacts::default() }
}

#[test]
fn within_the_grace_a_new_enough_capture_stands_in_for_a_page_that_is_down() {
    let rule = PageRule { required: true, entry_required: false, outage_grace_hours: 2, newest_capture_hours: 24 };
    let hours = |n: u64| Some(Timestamp(START.0 + 2000 - n * 3_600_000));
    let down = |since, captured| {
        let facts = PageFacts { captured: hours(captured), unreachable_since: hours(since), ..page(Code::PageUnreachable) };
        trade().scheme_with(|s| s.page = Some(rule)).with(|t| t.page = Some(facts))
    };
    down(1, 3).noticed(Code::PageUnreachable);
    down(3, 3).undetermined(Code::PageUnreachable);
    down(1, 25).undetermined(Code::PageUnreachable);
    trade().scheme_with(|s| s.page = Some(rule)).undetermined(Code::PageUnreachable);
}

#[test]
fn policy_raises_notices_on_their_axis_and_lowers_nothing() {
    let raised = |code| Policy { raised: Notices::NONE.with(code), ..Policy::default() };
    let shown = PresentationFacts {
        customs: org("kr-customs"),
        customs_name: "Korea Customs".into(),
        lodged: START,
        standing: "released",
        withdrawn: false,
        own: false,
    };
    let twice = || trade().with(|t| t.presentations.items.push(shown.clone()));
    twice().noticed(Code::DuplicatePresentation);
    let judgement = twice().with(|t| t.policy = raised(Code::DuplicatePresentation)).excluded(Code::DuplicatePresentation);
    assert!(judgement.documents().all(|d| d.trust == Trust::Trusted), "E never touches T");
    twice().with(|t| t.presentations.items[0].own = true).eligible();
    twice().with(|t| t.presentations.items[0].withdrawn = true).eligible();
    let notice = Finding::new(Code::PrintedTextNotCompared, Subject::Certificate, "planted");
    let strict = trade().with(|t| (t.certificate_found, t.policy) = (vec![notice], raised(Code::PrintedTextNotCompared))).judge();
    assert_eq!(strict.certificate.unwrap().trust, Trust::Untrustworthy);
    assert_eq!(Notices::NONE.with(Code::Revoked), Notices::NONE, "what counts already cannot be raised, nor lowered");
}

#[test]
fn items_are_judged_each() {
    let two = |second: fn(&mut eco_core::verdict::ItemFacts)| {
        trade().with(|t| {
            let mut item = kit::trade::item();
            item.number = 2;
            second(&mut item);
            t.certificate.items.push(item);
        })
    };
    two(|_| {}).eligible();
    let judgement = two(|i| i.passport = None).excluded(Code::PassportMissing);
    assert_eq!(judgement.scheme.unwrap().reasons[0].item, Some(2));
    let judgement = two(|i| i.hs = Some(hs("610910"))).judge();
    assert_eq!(
        codes(&judgement).decisive.into_iter().collect::<Vec<_>>(),
        [Code::SchemeNotApplicable, Code::OriginLinkMismatch, Code::AccreditationNotRecognised]
    );
}

#[test]
fn the_proof_on_a_passport_is_by_a_document_key_of_its_author() {
    let by = |who, purpose| trade().with(|t| (t.document_key_of, t.document_key_purpose) = (who, purpose)).judge();
    for (who, purpose) in [("approved-co", Purpose::Document), ("acme-battery", Purpose::Issue), ("nobody", Purpose::Document)] {
        let judgement = by(who, purpose);
        assert!(judgement.passports[0].has(Code::SignerNotIssuer), "{who} {purpose:?}: {:#?}", judgement.passports[0]);
        assert_eq!(judgement.certificate.unwrap().trust, Trust::Trusted);
    }
    let foreign = trade().with(|t| t.passport.issuer = kit::trade::party("approved-co")).judge();
    assert!(foreign.passports[0].has(Code::SignerNotIssuer), "the passport names another issuer");
}

fn called() -> Network {
    Network::of(kit::identified(kit::genesis("eco.example/main", eco_core::genesis::NetworkPurpose::Production)))
}

/// A member that signs with its own key could name another company as the passport's issuer, or name a body that attested nothing.
#[test]
fn issuers_and_verifiers_are_those_that_the_registry_calls_so() {
    let named = |id: &str| eco_core::verdict::Party { id: id.into(), name: "Some Ltd.".into(), organisation: None };
    let said = |t: Trade| {
        let judgement = t.judge();
        let open = |verdict: &eco_core::verdict::Verdict| verdict.not_established.iter().any(|gap| gap.contains("does not bind"));
        let (passport, certificate) = (&judgement.passports[0], judgement.certificate.as_ref().unwrap());
        [passport, certificate].map(|verdict| (verdict.has(Code::SignerNotIssuer), open(verdict)))
    };
    let unnamed = || {
        trade().with(|t| {
            t.passport.issuer = named("did:web:acme-battery.example");
            t.certificate.issuer = named("did:web:cn-ccpit.example");
        })
    };
    assert_eq!(said(unnamed()), [(false, true); 2], "a network that lists no identifiers");
    assert_eq!(said(unnamed().with(|t| t.network = called)), [(false, false); 2]);
    let foreign = |t: &mut Trade| (t.network, t.passport.issuer) = (called, named("did:web:cn-ccpit.example"));
    assert_eq!(said(unnamed().with(foreign)), [(true, false), (false, false)]);
    let unknown = |t: &mut Trade| (t.network, t.certificate.issuer) = (called, named("did:web:cn-ccpit.example:office"));
    assert_eq!(said(unnamed().with(unknown)), [(false, false), (true, false)]);

    let attested = |own: &str| {
        let judgement = trade().with(|t| {
            t.passport.footprint.verification.as_mut().unwrap().verifier = named("did:web:cn-verifier.example");
            t.attestations.items[0].identifiers = vec![own.into()];
        });
        codes(&judgement.judge()).decisive.contains(&Code::AttestationMissing)
    };
    assert!(!attested("did:web:cn-verifier.example") && attested("did:web:other.example"));
}

#[test]
fn data_must_be_what_was_recorded_with_the_certificate() {
    let linked = |change: fn(&mut Trade)| trade().with(change).judge().certificate.unwrap();
    assert!(linked(|t| t.certificate_anchor = |a| a.links.clear()).has(Code::MetadataLinkMismatch), "a missing link");
    let surplus: fn(&mut Trade) = |t| {
        t.certificate_anchor = |a| {
            a.links.push(eco_core::document::Commitment([0xff; 32]));
            a.links.sort();
        };
    };
    assert!(linked(surplus).has(Code::MetadataLinkMismatch), "a surplus link");
    let replaces = Some(OriginalFacts { number: "CO-0".into(), fingerprint: Some(fingerprint("old")) });
    let claimed = trade().with(|t| t.certificate.replaces = replaces).judge().certificate.unwrap();
    assert!(claimed.has(Code::MetadataLinkMismatch), "the log knows of no replacement");
    assert!(linked(|t| t.certificate.proof = Some(eco_core::verdict::ProofOfOrigin::ApprovedExporter)).has(Code::KindMismatch));
    assert!(linked(|t| t.certificate.number = eco_core::number::CertificateNumber::normalise("CO-2").ok()).has(Code::ReferenceConflict));
    assert!(linked(|t| t.certificate.issuer = kit::trade::party("vn-vcci")).has(Code::SignerNotIssuer));
    assert!(linked(|t| t.certificate.valid_until = Some(START.plus_ms(1))).has(Code::Expired));
}

#[test]
fn a_true_copy_falls_with_its_original() {
    let copy = |before: fn(&mut Network)| {
        trade().with(|t| {
            t.before = before;
            t.certificate.true_copy_of = Some(OriginalFacts { number: "O-1".into(), fingerprint: Some(fingerprint("original")) });
        })
    };
    let original: fn(&mut Network) = |n| {
        n.record(vec![n.anchor("cn-ccpit", certificate("cn-ccpit", "original", "O-1"))]);
    };
    copy(original).eligible();
    let revoked: fn(&mut Network) = |n| {
        n.record(vec![n.anchor("cn-ccpit", certificate("cn-ccpit", "original", "O-1"))]);
        let id = eco_core::document::DocumentId::of(&org("cn-ccpit"), &fingerprint("original"));
        n.record(vec![n.change("cn-ccpit", id, 1, DocumentStatus::Revoked)]);
    };
    let judgement = copy(revoked).judge();
    assert!(judgement.certificate.as_ref().unwrap().has(Code::Revoked));
    assert_eq!(judgement.exit_code(), 4);
}

#[test]
fn the_gate_before_issue_and_a_passport_alone() {
    let gate = |change: fn(&mut Trade)| trade().with(|t| t.draft = true).with(change);
    let judgement = gate(|_| {}).eligible();
    assert!(judgement.certificate.is_none() && judgement.scheme.unwrap().not_established.iter().any(|n| n.contains("not issued yet")));
    gate(|t| t.passport.hs = Some(hs("850790"))).excluded(Code::OriginLinkMismatch);
    gate(|t| t.attestations.items.clear()).excluded(Code::AttestationMissing);
}

#[test]
fn a_certificate_without_data_links_nothing() {
    let judgement = trade().with(|t| (t.metadata, t.import.country) = (false, "JP".parse().ok())).excluded(Code::PassportMissing);
    assert_eq!(judgement.certificate.as_ref().unwrap().trust, Trust::Trusted, "a PDF without metadata is no forgery");
    assert!(judgement.scheme.unwrap().not_established.iter().any(|n| n.contains("no machine-readable data")));
}

#[test]
fn without_a_scheme_everything_is_said_aside_and_decides_nothing() {
    let judgement = trade().with(|t| (t.scheme, t.passport.footprint.deprecated) = (None, true)).judge();
    assert!(judgement.scheme.is_none() && judgement.exit_code() == 0);
    assert_eq!(judgement.aside.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::CfDeprecated]);
    // An entry record alone is compared by the built-in scheme `entry`.
    let judgement = trade().with(|t| (t.scheme, t.entry, t.passport.footprint.deprecated) = (None, Some(entry()), true)).judge();
    let scheme = judgement.scheme.as_ref().unwrap();
    assert_eq!((scheme.scheme.as_str(), scheme.eligibility, judgement.exit_code()), ("entry", Eligibility::Eligible, 0), "{scheme:#?}");
    assert_eq!(judgement.aside.len(), 1);
}

#[test]
fn the_customs_entry_is_compared_field_by_field() {
    type Edit = fn(&mut eco_core::verdict::EntryRecord);
    let compared = |edit: Edit| {
        let mut record = entry();
        edit(&mut record);
        trade().with(|t| (t.scheme, t.entry) = (None, Some(record)))
    };
    let mass = |amount: &str, unit: &str| Some(Quantity { amount: dec(amount), unit: unit.into() });
    compared(|_| {}).eligible();
    let differing: [(Edit, &str); 9] = [
        (|e| e.certificate_number = Some("CO-2".into()), "certificateNumber"),
        (|e| e.issuer = Some("vn-vcci".into()), "issuer"),
        (|e| e.hs = "850790".parse().ok(), "hs"),
        (|e| e.product = Some("https://id.gs1.org/01/06901234567885".into()), "productId"),
        (|e| e.quantity.as_mut().unwrap().amount = dec("40.000000000001"), "quantity"),
        (|e| e.country_of_origin = "VN".parse().ok(), "countryOfOrigin"),
        (|e| e.invoice_number = Some("AC-26-0513".into()), "invoiceNumber"),
        (|e| e.consignee = Some("Hanoi Storage JSC".into()), "consignee"),
        (|e| e.exporter = Some("did:web:other.example".into()), "exporter"),
    ];
    for (edit, field) in differing {
        let judgement = compared(edit).excluded(Code::EntryRecordMismatch);
        let reason = judgement.scheme.as_ref().unwrap().reasons[0].clone();
        assert_eq!(reason.path.as_deref(), Some(field));
        assert!(reason.detail.contains("entry ") && reason.detail.contains("certificate "), "both values: {}", reason.detail);
        assert_eq!(judgement.exit_code(), 1);
    }
    compared(|e| e.hs = "8507".parse().ok()).noticed(Code::EntryFieldNotCompared);
    compared(|e| e.exporter = None).noticed(Code::EntryFieldNotCompared);
    compared(|e| e.consignee = Some("did:web:saigon.example".into())).noticed(Code::EntryFieldNotCompared);
    let weighed = |own, other| {
        let mut record = entry();
        record.quantity = own;
        trade().with(|t| (t.scheme, t.entry, t.certificate.items[0].quantity) = (None, Some(record), other))
    };
    weighed(mass("1.5", "TNE"), mass("1500", "KGM")).eligible();
    weighed(mass("1500.001", "KGM"), mass("1.5", "TNE")).excluded(Code::EntryRecordMismatch);
    weighed(mass("999", "GRM"), mass("1", "KGM")).eligible();
    weighed(mass("1", "LBR"), mass("1", "KGM")).noticed(Code::EntryFieldNotCompared);
}

/// An old answer of a node hides what was withdrawn since: it settles nothing about later days.
#[test]
fn a_list_read_before_the_day_that_counts_settles_nothing() {
    let late = || trade().with(|t| t.policy.status_age_ms_max = 1000);
    let early = START;
    late().with(|t| t.attestations.read_at = early).undetermined(Code::DocumentNotTrusted);
    late().with(|t| t.recognition.as_mut().unwrap().rows.read_at = early).undetermined(Code::RecognitionNotChecked);
    late().with(|t| t.recognition.as_mut().unwrap().rows.read_at = START.plus_ms(1500)).eligible();
    // That nobody attested must be known as of the day asked about.
    let nobody = || late().with(|t| t.attestations.items.clear());
    nobody().with(|t| t.attestations.read_at = START.plus_ms(1500)).undetermined(Code::DocumentNotTrusted);
    nobody().excluded(Code::AttestationMissing);
}

#[test]
fn an_arrival_that_lies_ahead_is_judged_as_of_now_and_said() {
    let judgement = trade().scheme_with(|s| s.reference_date = ReferenceDate::Arrival).eligible();
    let scheme = judgement.scheme.unwrap();
    assert_eq!(scheme.reference, Some(day("2026-02-01")));
    assert!(scheme.not_established.iter().any(|n| n.contains("judged as of now")), "{:?}", scheme.not_established);
    let ending = trade().with(|t| t.attestations.items[0].until = day("2026-01-20"));
    ending.scheme_with(|s| s.reference_date = ReferenceDate::Arrival).excluded(Code::AttestationExpired);
}
