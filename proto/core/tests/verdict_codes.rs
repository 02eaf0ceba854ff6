//! Every reason code has a story that produces it, and no other code that counts (SPEC section 12).
//!
//! Codes that only a reader of files can find come as findings; what is shown is that they are weighed alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::codec::encode;
use eco_core::date::HOUR_MS;
use eco_core::document::{DocumentKind, DocumentStatus};
use eco_core::name::{Revision, Timestamp};
use eco_core::number::CertificateNumber;
use eco_core::registry::{KeyRecord, Organisation, Purpose, Revocation};
use eco_core::scheme::{Assurance, HsEdition, PageRule, ReferenceDate};
use eco_core::state::RecordKey;
use eco_core::statement::Anchor;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{
    Class, Code, Evidence, Finding, OriginalFacts, PageFacts, PassportFacts, Policy, PresentationFacts, Producer, Quantity, Question,
    Reach, Stated, Subject, Verdict, judge,
};
use kit::ask::{Ask, anchored, ask, document};
use kit::quorum;
use kit::trade::{self, Codes, Trade, codes, dec, hs, trade as in_order};
use kit::*;

/// What only a reader of files can find.
const READ: &[Code] = &[
    Code::PdfSignatureMissing,
    Code::PdfSignatureInvalid,
    Code::PdfModifiedAfterSigning,
    Code::PdfStructureAmbiguous,
    Code::PdfEncrypted,
    Code::InputLimitExceeded,
    Code::AlgorithmUnsupported,
    Code::AlgorithmWeak,
    Code::JsonNotStrict,
    Code::ContextNotPinned,
    Code::ProfileVersionUnsupported,
    Code::UnknownField,
    Code::FieldMissing,
    Code::FieldInvalid,
    Code::ProofMissing,
    Code::ProofInvalid,
    Code::PdfProfileViolation,
    Code::SignerPathNotEstablished,
    Code::TimestampInvalid,
    Code::MetadataMissing,
    Code::PrintedTextNotCompared,
    Code::StringNotNfc,
];

fn of(verdict: &Verdict) -> Codes {
    let counts = |f: &&Finding| !matches!(f.class, Class::TrustNotice | Class::EligibilityNotice);
    Codes {
        decisive: verdict.reasons.iter().filter(counts).map(|f| f.code).collect(),
        all: verdict.reasons.iter().map(|f| f.code).collect(),
    }
}

fn asked(network: &Network, change: impl FnOnce(&mut Ask<'_>)) -> Codes {
    of(&ask(network, "a").with(change).verdict())
}

/// The log, its nodes and the trust root.
fn log(code: Code) -> Option<Codes> {
    let network = anchored("a");
    let status = |a: &mut Ask<'_>| a.statuses.push(network.status_of("cn-ccpit", fingerprint("a"), Some(signer("cn-ccpit"))).to_file());
    let with = |change: &dyn Fn(&mut Ask<'_>)| {
        Some(asked(&network, |a| {
            status(a);
            change(a);
        }))
    };
    let reach = |reach: Reach| Some(asked(&network, |a| a.reach = reach));
    match code {
        Code::NodeUnreachable => reach(Reach::Unreachable("refused".into())),
        Code::NodeAnswerInvalid => reach(Reach::Invalid("bad".into())),
        Code::NodeLagging => reach(Reach::Lagging("behind".into())),
        Code::AbsenceNotProven => reach(Reach::NoProof("not found".into())),
        Code::TrustRootMissing => with(&|a| a.trust = false),
        Code::StatusStale => with(&|a| a.question.now = network.now().plus_ms(DAY_MS)),
        Code::LocalClockWrong => with(&|a| a.question.now = Timestamp(network.now().0 - HOUR_MS)),
        Code::LogProofInvalid => Some(asked(&network, |a| a.receipts.push(b"garbage".to_vec()))),
        Code::ReceiptDiscarded => with(&|a| a.receipts.push(b"garbage".to_vec())),
        Code::NetworkMismatch => {
            let foreign = Network::new("eco.example/other", eco_core::genesis::NetworkPurpose::Production);
            let mut foreign = foreign;
            foreign.record(vec![foreign.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"))]);
            Some(asked(&network, |a| a.receipts.push(foreign.receipt(0).to_file())))
        }
        Code::FingerprintMismatch => {
            let other = anchored("b");
            Some(of(&ask(&other, "a").with(|a| a.receipts.push(other.receipt(0).to_file())).verdict()))
        }
        Code::LogEntryMissing => Some(of(&ask(&network, "b").status("b").verdict())),
        Code::KindMismatch => with(&|a| a.question.kind = Some(DocumentKind::Declaration)),
        Code::ReferenceConflict => with(&|a| a.question.number = CertificateNumber::normalise("CO-2").ok()),
        Code::SignerNotIssuer => with(&|a| a.findings.candidates[0].signature_hash = Some(signature_hash("forged"))),
        Code::SignerCertInvalid => with(&|a| a.findings.candidates[0].signer_valid = Some((Timestamp(0), START))),
        Code::IssuerNotAdmitted => Some(asked(&network, |a| {
            a.question.issuer = Some(org("nobody-here"));
            a.statuses.push(network.status_of("nobody-here", fingerprint("a"), None).to_file());
        })),
        _ => None,
    }
}

/// Several networks, several epochs, keys and members that went.
fn history(code: Code) -> Option<Codes> {
    let mut network = anchored("a");
    let receipt = network.receipt(0).to_file();
    let before = network.now();
    let online = |network: &Network, change: &dyn Fn(&mut Ask<'_>)| {
        let file = network.status_of("cn-ccpit", fingerprint("a"), Some(signer("cn-ccpit"))).to_file();
        Some(asked(network, |a| {
            a.statuses.push(file);
            change(a);
        }))
    };
    let mut change = |status| {
        network.record(vec![network.change("cn-ccpit", document("a"), 1, status)]);
    };
    match code {
        Code::Revoked => change(DocumentStatus::Revoked),
        Code::Suspended => change(DocumentStatus::Suspended),
        Code::ChangedSince => change(DocumentStatus::Suspended),
        Code::Superseded => {
            let supersedes = Some(eco_core::statement::Supersedes { document: document("a"), base: Revision(1) });
            network.record(vec![network.anchor("cn-ccpit", Anchor { supersedes, ..certificate("cn-ccpit", "new", "CO-2") })]);
        }
        Code::Specimen => {
            network = Network::new("eco.example/test", eco_core::genesis::NetworkPurpose::Test);
            network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"))]);
        }
        Code::OtherClaims => {
            network.record(vec![network.anchor("vn-vcci", certificate("vn-vcci", "a", "7"))]);
        }
        Code::Expired | Code::NotYetValid => {
            let (from, until) = (START.plus_ms(DAY_MS), START.plus_ms(2 * DAY_MS));
            network = Network::production();
            let stated = Anchor { valid_from: Some(from), valid_until: Some(until), ..certificate("cn-ccpit", "a", "1") };
            network.record(vec![network.anchor("cn-ccpit", stated)]);
            let later = if code == Code::Expired { until.plus_ms(1) } else { network.now().plus_ms(1000) };
            let built = network.state.build(&network.records, later, network.last_seal(), []).unwrap();
            network.commit(built);
        }
        Code::StateContradictsLog => {
            // A network whose quorum sealed a later state without the document.
            let mut liar = Network::production();
            liar.record(vec![]);
            liar.record(vec![]);
            return online(&liar, &|a| a.receipts.push(receipt.clone()));
        }
        Code::ForkDetected => {
            let mut liar = Network::production();
            liar.record(vec![liar.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-9"))]);
            let (block, seal) = &liar.blocks[0];
            return Some(by_receipt(&network, &receipt, &network.trust().advance(&block.header, seal, &[]).unwrap()));
        }
        Code::TrustRootTooOld => return Some(by_receipt(&network, &quorum::receipt_of_epoch_1(&network), &network.trust())),
        Code::SealedByRetiredKeys => return Some(by_receipt(&network, &receipt, &quorum::after_epoch_0(&network.genesis))),
        Code::ActedByAgent => {
            let file = quorum::receipt_by_agent(&network, "cn-ccpit", "acme-battery", certificate("cn-ccpit", "a", "CO-1"));
            return Some(by_receipt(&network, &file, &network.trust()));
        }
        Code::IssuerSuspended | Code::IssuerSuspendedSince => {
            let key = RecordKey::Organisation(org("cn-ccpit"));
            let mut member: Organisation = network.shown(&key);
            member.suspended = Some(if code == Code::IssuerSuspended { START } else { network.now().plus_ms(1) });
            return Some(by_status(&network, &[(key, encode(&member))]));
        }
        Code::KeyRevoked => {
            let key = RecordKey::Key(public(&secret("cn-ccpit", Purpose::Issue)));
            let mut record: KeyRecord = network.shown(&key);
            record.revoked = Some(Revocation { at: network.now(), since: START });
            return Some(by_status(&network, &[(key, encode(&record))]));
        }
        _ => return None,
    }
    online(&network, &|a| a.question.as_of = (code == Code::ChangedSince).then_some(before))
}

fn by_receipt(network: &Network, receipt: &[u8], trust: &TrustRoot) -> Codes {
    let question = Question { now: network.now(), as_of: None, issuer: None, number: None, kind: None };
    let evidence = Evidence { receipts: &[receipt.to_vec()], statuses: &[], reach: Reach::NotAsked };
    of(&judge(&question, &findings("a", "cn-ccpit"), &evidence, Some(trust), &Policy::default()))
}

/// The document's status as if these records were in the state.
fn by_status(network: &Network, records: &[(RecordKey, Vec<u8>)]) -> Codes {
    let mut keys =
        vec![RecordKey::Organisation(org("cn-ccpit")), RecordKey::Document(document("a")), RecordKey::Certificate(signer("cn-ccpit"))];
    keys.extend(records.iter().map(|(key, _)| *key).filter(|key| !matches!(key, RecordKey::Organisation(_))));
    let file = quorum::status_with(network, records, &keys);
    asked(network, |a| a.statuses.push(file))
}

/// What the data says against what was recorded.
fn metadata(code: Code) -> Option<Codes> {
    let alone = in_order().with(|t| t.scheme = None);
    let trade = match code {
        Code::MetadataLinkMismatch => alone.with(|t| t.certificate_anchor = |a| a.links.truncate(1)),
        Code::SummaryMismatch => alone.with(|t| t.certificate_anchor = |a| a.summary = Some(a.links[0])),
        Code::BackToBackOriginalMissing => alone.with(|t| {
            t.certificate.back_to_back_of = Some(OriginalFacts { number: "O-1".into(), fingerprint: Some(fingerprint("original")) });
            t.scheme = Some(trade::scheme());
        }),
        _ => return None,
    };
    Some(codes(&trade.judge()))
}

/// Goods, documents and scheme.
fn scope(code: Code) -> Option<Codes> {
    let trade = match code {
        // The node did not prove the whole list of attestations.
        Code::DocumentNotTrusted => in_order().with(|t| t.attestations = eco_core::verdict::Listed::not_asked()),
        Code::SchemeNotApplicable => in_order().scheme_with(|s| s.scope.include = vec!["845611".parse().unwrap()]),
        Code::SchemeUnknown => in_order().with(|t| t.unknown_scheme = true),
        Code::HsTooCoarse => in_order().scheme_with(|s| s.scope.exclude = vec!["85076010".parse().unwrap()]),
        Code::HsEditionMismatch => in_order().scheme_with(|s| s.scope.hs_edition = Some(HsEdition::Hs2028)),
        Code::RequiredFieldMissing => in_order().with(|t| t.passport.present.clear()),
        Code::PassportMissing => in_order().with(|t| t.passport_given = false),
        Code::PassportFingerprintMismatch => in_order().with(|t| {
            t.passport_given = false;
            t.other = Some((trade::another(), false));
        }),
        Code::OriginLinkMismatch => in_order().with(|t| t.passport.hs = Some(hs("850790"))),
        Code::PassportSupersededSince => in_order().with(|t| t.after = trade::supersede),
        Code::PassportNewerThanCertificate => in_order().with(|t| {
            let supersedes = Some(t.passport.id.clone());
            t.other = Some((PassportFacts { supersedes, ..trade::another() }, true));
        }),
        Code::ProducerNotCompared => in_order().with(|t| t.certificate.producer = Producer::NotNamed),
        Code::OriginCountryDiffers => in_order().with(|t| t.passport.country_of_origin = "VN".parse().ok()),
        Code::RetroactiveFlagMissing => in_order().with(|t| t.certificate.departure = "2025-12-31".parse().ok()),
        Code::DuplicatePresentation => in_order().with(|t| {
            t.presentations.items.push(PresentationFacts {
                customs: org("kr-customs"),
                customs_name: "Korea Customs".into(),
                lodged: START,
                standing: "lodged",
                withdrawn: false,
                own: false,
            });
        }),
        _ => return None,
    };
    Some(codes(&trade.judge()))
}

/// The carbon value.
fn footprint(code: Code) -> Option<Codes> {
    let with = |change: fn(&mut eco_core::verdict::FootprintFacts)| in_order().with(|t| change(&mut t.passport.footprint));
    let trade = match code {
        Code::CfNotVerified => with(|f| f.value_kind = Some("estimated".into())),
        Code::CfValueRange => with(|f| f.value = Some(Stated::Text("400-415".into()))),
        Code::CfScopeIncomplete => with(|f| f.scopes.scope2_location = None),
        Code::CfSumMismatch => with(|f| f.scopes.scope1 = Some(dec("4.1"))),
        Code::CfUnitMismatch => with(|f| f.unit = Some("kilogram".into())),
        Code::CfStandardMissing => with(|f| f.standards.clear()),
        Code::CfPeriodInvalid => in_order().scheme_with(|s| s.requires.period_days_max = Some(300)),
        Code::CfDataInsufficient => with(|f| f.primary_data_share = Some(dec("49.999"))),
        Code::GridFactorMismatch => with(|f| f.factors[0].region = "JP".into()),
        Code::CfDeprecated => with(|f| f.deprecated = true),
        Code::CfFactorOutdated => with(|f| f.factors[1].year = Some(2020)),
        Code::AssuranceTooLow => with(|f| f.verification.as_mut().unwrap().assurance = Some(Assurance::Limited))
            .scheme_with(|s| s.requires.assurance = Some(Assurance::Reasonable)),
        Code::AccreditationExpired => with(|f| f.verification.as_mut().unwrap().accredited_until = "2025-12-25".parse().ok()),
        _ => return None,
    };
    Some(codes(&trade.judge()))
}

/// Who stands behind it, in time, for which country.
fn attestation(code: Code) -> Option<Codes> {
    let attested = |change: fn(&mut eco_core::verdict::AttestationFacts)| in_order().with(|t| change(&mut t.attestations.items[0]));
    let trade = match code {
        Code::AttestationMissing => in_order().with(|t| t.attestations.items.clear()),
        Code::AttestationWithdrawn => attested(|a| a.withdrawn = Some(a.attested.plus_ms(1))),
        Code::AttestationExpired => attested(|a| a.until = a.attested.plus_ms(1)),
        Code::AccreditationNotRecognised => in_order().with(|t| t.recognition.as_mut().unwrap().rows.items.clear()),
        Code::RecognitionNotChecked => in_order().with(|t| t.recognition = None),
        Code::SubmittedAfterArrival => {
            let late = |t: &mut Trade| {
                t.import.arrival = Some(START.plus_ms(24 * HOUR_MS + 500));
                t.attestations.items[0].attested = START.plus_ms(400);
                t.recognition.as_mut().unwrap().rows.items[0].recorded = START;
            };
            in_order().with(late)
        }
        Code::AttestedAfterArrival => in_order().with(|t| t.import.arrival = Some(START.plus_ms(24 * HOUR_MS + 1200))),
        Code::ArrivalNotGiven => in_order().with(|t| t.import.arrival = None).scheme_with(|s| s.reference_date = ReferenceDate::Arrival),
        _ => return None,
    };
    Some(codes(&trade.judge()))
}

/// Product page and customs entry.
fn beside(code: Code) -> Option<Codes> {
    let rule = PageRule { required: true, entry_required: true, outage_grace_hours: 48, newest_capture_hours: 24 };
    let page = || in_order().scheme_with(|s| s.page = Some(rule));
    let found = |subject| {
        let findings = vec![Finding::new(code, subject, "planted")];
        Some(codes(&page().with(|t| t.page = Some(PageFacts { findings, entry_checked: true, ..PageFacts::default() })).judge()))
    };
    let entry = |change: fn(&mut eco_core::verdict::EntryRecord)| {
        let mut record = trade::entry();
        change(&mut record);
        Some(codes(&in_order().with(|t| t.entry = Some(record)).judge()))
    };
    match code {
        Code::VerificationEntryMissing
        | Code::VerificationEntryBroken
        | Code::MalformedBlock
        | Code::AmbiguousBlock
        | Code::PageContradictsPassport
        | Code::PageUnreachable
        | Code::CaptureRefused
        | Code::MissingJsonld => found(Subject::Page),
        Code::EntryRecordMismatch => entry(|e| e.quantity = Some(Quantity { amount: dec("41"), unit: "H87".into() })),
        Code::EntryFieldNotCompared => entry(|e| e.quantity = Some(Quantity { amount: dec("1"), unit: "KGM".into() })),
        _ => None,
    }
}

fn read(code: Code) -> Option<Codes> {
    let network = anchored("a");
    READ.contains(&code).then(|| {
        of(&ask(&network, "a")
            .status("a")
            .with(|a| a.findings.findings.push(Finding::new(code, Subject::Certificate, "planted")))
            .verdict())
    })
}

#[test]
fn every_code_has_a_story_and_comes_alone() {
    let stories = [log, history, metadata, scope, footprint, attestation, beside, read];
    let wrong: Vec<String> = Code::ALL
        .iter()
        .filter_map(|code| {
            let told: Vec<Codes> = stories.iter().filter_map(|story| story(*code)).collect();
            let [Codes { decisive, all }] = told.as_slice() else { return Some(format!("{code}: {} stories", told.len())) };
            let notice = matches!(code.class(), Class::TrustNotice | Class::EligibilityNotice);
            let expected: Vec<&Code> = if notice { vec![] } else { vec![code] };
            let fits = all.contains(code) && decisive.iter().collect::<Vec<_>>() == expected;
            (!fits).then(|| format!("{code}: counts {decisive:?} of {all:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The control: a story that gives a second code is caught, and one that gives none.
#[test]
fn the_table_would_notice() {
    let two = in_order().with(|t| {
        t.passport.footprint.deprecated = true;
        t.passport.footprint.standards.clear();
    });
    assert_eq!(codes(&two.judge()).decisive.into_iter().collect::<Vec<_>>(), [Code::CfStandardMissing, Code::CfDeprecated]);
    assert!(codes(&in_order().judge()).all.is_empty());
}
