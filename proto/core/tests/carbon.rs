//! Who may attest, recognise and present, what that changes, and that the lists a verdict relies on are proven complete.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::entry::SignedEntry;
use eco_core::genesis::{Genesis, NetworkPurpose};
use eco_core::name::{OrgId, Revision, Timestamp};
use eco_core::recognition::RecognitionScope;
use eco_core::registry::Purpose;
use eco_core::scheme::{Scheme, SchemeId};
use eco_core::state::{
    AttestationRecord, PresentationName, PresentationRecord, RecognitionRecord, RecognitionsRecord, RecordKey, Refusal, SchemeKey,
};
use eco_core::statement::{Anchor, PresentationState, Statement, Supersedes};
use eco_core::status::{Shown, StatusView};
use kit::carbon::*;
use kit::*;

const BATTERY: &str = "https://id.gs1.org/01/06901234567892";

/// A network with one passport of acme-battery and one certificate of cn-ccpit.
fn with_passport() -> (Network, DocumentId, DocumentId) {
    let mut n = network();
    n.record(vec![n.anchor("acme-battery", passport("p", BATTERY)), n.anchor("cn-ccpit", certificate("cn-ccpit", "c", "CO-1"))]);
    (n, passport_id("acme-battery", "p"), DocumentId::of(&org("cn-ccpit"), &fingerprint("c")))
}

fn reason(n: &Network, entry: SignedEntry) -> &'static str {
    n.admit(entry).map_or_else(|refusal| refusal.reason(), |()| "")
}

fn shown(n: &Network, keys: &[RecordKey]) -> StatusView {
    n.status(keys).verify(&n.trust()).unwrap()
}

/// Without this cell by cell check an exporter could attest its own passport, or a customs recognise for another country.
#[test]
fn only_the_right_role_with_a_key_of_the_right_purpose_may_attest_recognise_and_present() {
    let (n, p, c) = with_passport();
    let mut admitted = Vec::new();
    for member in n.state.registry().organisations() {
        let id = member.id.as_str();
        for purpose in Purpose::ALL {
            let statements = [
                ("attest", Statement::Attest(attest(p, 0, "1"))),
                ("recognise JP", Statement::Recognise(recognise(country("JP"), "cn-verify", 0))),
                ("recognise KR", Statement::Recognise(recognise(country("KR"), "cn-verify", 0))),
                ("recognise VN", Statement::Recognise(recognise(country("VN"), "cn-verify", 0))),
                ("accredit", Statement::Recognise(recognise(accreditation(id), "cn-verify", 0))),
                ("accredit for cn-accredit", Statement::Recognise(recognise(accreditation("cn-accredit"), "cn-verify", 0))),
                ("present", Statement::Present(present(c, id, "1", 0, PresentationState::Lodged))),
            ];
            for (what, statement) in statements {
                match n.admit(n.entry(id, statement, *purpose)) {
                    Ok(()) => admitted.push(format!("{id} {what} {}", purpose.name())),
                    Err(
                        Refusal::KeyPurpose { .. }
                        | Refusal::MissingRole { .. }
                        | Refusal::NotTheAuthority { .. }
                        | Refusal::OtherScope { .. },
                    ) => {}
                    Err(other) => panic!("{id} {what} {purpose:?}: {other}"),
                }
            }
        }
    }
    let expected = [
        "cn-accredit accredit attest",
        "cn-accredit accredit for cn-accredit attest",
        "cn-verify attest attest",
        "eu-accredit accredit attest",
        "eu-verify attest attest",
        "jp-customs present present",
        "jp-standards recognise JP attest",
        "kr-customs recognise KR attest",
        "kr-customs present present",
        "vn-customs present present",
        "vn-verify attest attest",
    ];
    assert_eq!(admitted, expected);
}

/// A network that began before these statements existed keeps its rules: nodes of two versions must not disagree.
#[test]
fn a_network_of_version_1_takes_none_of_them() {
    let mut n = Network::of(Genesis { version: 1, authorities: vec![], schemes: vec![], ..carbon::genesis() });
    n.record(vec![n.anchor("acme-battery", passport("p", BATTERY))]);
    let p = passport_id("acme-battery", "p");
    for entry in [
        n.attests("cn-verify", attest(p, 0, "1")),
        n.withdraws("cn-verify", withdraw_attest(p, 1, "1")),
        n.recognises("cn-accredit", recognise(accreditation("cn-accredit"), "cn-verify", 0)),
        n.unrecognises("cn-accredit", withdraw_recognise(accreditation("cn-accredit"), "cn-verify", 0, 1)),
        n.presents("jp-customs", present(p, "jp-customs", "1", 0, PresentationState::Lodged)),
    ] {
        assert_eq!(n.admit(entry.clone()), Err(Refusal::StatementUnsupported { tag: entry.entry().statement.tag() }));
    }
    let products = RecordKey::Products(org("acme-battery"), product(BATTERY));
    assert_eq!(shown(&n, &[products]).list::<DocumentId>(&products), Ok(Shown::Absent), "no lists of products in version 1");
}

#[test]
fn a_passport_is_attested_while_it_is_active() {
    let (mut n, p, c) = with_passport();
    let by = |n: &Network, attest| reason(n, n.attests("cn-verify", attest));
    assert_eq!(by(&n, attest(DocumentId([9; 32]), 0, "1")), "DOCUMENT_UNKNOWN");
    assert_eq!(by(&n, attest(c, 0, "1")), "WRONG_KIND");
    assert_eq!(by(&n, attest(p, 1, "1")), "RECORD_CONFLICT");
    assert_eq!(by(&n, eco_core::statement::Attest { until: n.now(), ..attest(p, 0, "1") }), "OVER_ALREADY");
    n.record(vec![n.change("acme-battery", p, 1, DocumentStatus::Suspended)]);
    assert_eq!(
        n.admit(n.attests("cn-verify", attest(p, 0, "1"))),
        Err(Refusal::NotActive { document: p, status: DocumentStatus::Suspended, index: 2 })
    );
    n.record(vec![n.change("acme-battery", p, 2, DocumentStatus::Active)]);
    n.record(vec![n.attests("cn-verify", attest(p, 0, "1"))]);
    // Replayed, and the same statement number again whatever the revision.
    for base in [0, 1] {
        let exists = Refusal::AttestationExists { document: p, body: org("cn-verify"), statement: statement("1"), index: 4 };
        assert_eq!(n.admit(n.attests("cn-verify", attest(p, base, "1"))), Err(exists));
    }
    let stale = n.admit(n.attests("cn-verify", attest(p, 0, "2"))).unwrap_err();
    assert_eq!(stale.reason(), "RECORD_CONFLICT");
    assert_eq!(stale.conflicting_index(), Some(4));
    // Another body's record is another one: nobody can be in its way.
    n.record(vec![n.attests("eu-verify", attest(p, 0, "1")), n.attests("cn-verify", attest(p, 1, "2"))]);
    n.record(vec![
        n.anchor("acme-battery", Anchor { supersedes: Some(Supersedes { document: p, base: Revision(3) }), ..passport("p2", BATTERY) }),
    ]);
    assert_eq!(by(&n, attest(p, 2, "3")), "NOT_ACTIVE");
    // What was said of the old version can still be withdrawn.
    n.record(vec![n.withdraws("cn-verify", withdraw_attest(p, 2, "1"))]);
    let record: AttestationRecord = shown(&n, &[RecordKey::Attestation(p, org("cn-verify"))])
        .show(&RecordKey::Attestation(p, org("cn-verify")))
        .unwrap()
        .present()
        .unwrap();
    assert_eq!(record.revision, Revision(3));
    let [first, second] = &record.attestations[..] else { panic!("{record:?}") };
    assert_eq!((first.recorded.index, first.withdrawn.unwrap().place.index, second.withdrawn), (4, 8, None));
}

#[test]
fn a_withdrawal_is_by_its_author_and_final() {
    let (mut n, p, _) = with_passport();
    n.record(vec![n.attests("cn-verify", attest(p, 0, "1"))]);
    assert_eq!(reason(&n, n.withdraws("eu-verify", withdraw_attest(p, 1, "1"))), "NO_SUCH_ATTESTATION");
    assert_eq!(reason(&n, n.withdraws("cn-verify", withdraw_attest(p, 1, "2"))), "NO_SUCH_ATTESTATION");
    assert_eq!(reason(&n, n.withdraws("cn-verify", withdraw_attest(p, 2, "1"))), "RECORD_CONFLICT");
    n.record(vec![n.withdraws("cn-verify", withdraw_attest(p, 1, "1"))]);
    assert_eq!(n.admit(n.withdraws("cn-verify", withdraw_attest(p, 2, "1"))), Err(Refusal::WithdrawnAlready { index: 3 }));
    assert_eq!(reason(&n, n.attests("cn-verify", attest(p, 2, "1"))), "ATTESTATION_EXISTS", "a withdrawn statement does not come back");
    n.record(vec![n.attests("cn-verify", attest(p, 2, "2"))]);
}

#[test]
fn a_body_attests_a_document_eight_times_at_most() {
    let (mut n, p, _) = with_passport();
    for base in 0..8 {
        n.record(vec![n.attests("cn-verify", attest(p, base, &base.to_string()))]);
    }
    assert_eq!(reason(&n, n.attests("cn-verify", attest(p, 8, "8"))), "RECORD_FULL");
    n.record(vec![n.withdraws("cn-verify", withdraw_attest(p, 8, "7"))]);
    n.record(vec![n.attests("eu-verify", attest(p, 0, "8"))]);
}

#[test]
fn a_country_is_spoken_for_by_its_one_authority() {
    let mut n = network();
    let jp = country("JP");
    let not = |author: &str, code: &str, authority: Option<&str>| Refusal::NotTheAuthority {
        author: org(author),
        country: code.parse().unwrap(),
        authority: authority.map(org),
    };
    // jp-customs is a customs of JP, but jp-standards recognises for it.
    let entry = n.recognises("jp-customs", recognise(jp, "cn-verify", 0));
    assert_eq!(n.admit(entry), Err(not("jp-customs", "JP", Some("jp-standards"))));
    let entry = n.recognises("vn-customs", recognise(country("VN"), "vn-verify", 0));
    assert_eq!(n.admit(entry), Err(not("vn-customs", "VN", None)));
    for (body, scope, author) in [
        ("cn-ccpit", jp, "jp-standards"),
        ("nobody-here", jp, "jp-standards"),
        ("eu-accredit", accreditation("cn-accredit"), "cn-accredit"),
    ] {
        assert_eq!(reason(&n, n.recognises(author, recognise(scope, body, 0))), "NOT_A_BODY", "{body}");
    }
    let over = eco_core::statement::Recognise { valid_from: Timestamp(0), valid_until: Some(START), ..recognise(jp, "cn-verify", 0) };
    assert_eq!(reason(&n, n.recognises("jp-standards", over)), "OVER_ALREADY");
    let first = n.recognises("jp-standards", recognise(jp, "cn-verify", 0));
    n.record(vec![first.clone()]);
    assert_eq!(reason(&n, first), "RECORD_CONFLICT", "replayed");
    n.record(vec![
        n.recognises("jp-standards", recognise(jp, "cn-verify", 1)),
        n.recognises("jp-standards", recognise(jp, "cn-accredit", 0)),
    ]);
    for (number, base, expected) in [(2, 1, "NO_SUCH_RECOGNITION"), (1, 2, "RECORD_CONFLICT"), (1, 1, "")] {
        assert_eq!(reason(&n, n.unrecognises("jp-standards", withdraw_recognise(jp, "cn-verify", number, base))), expected);
    }
    assert_eq!(reason(&n, n.unrecognises("kr-customs", withdraw_recognise(jp, "cn-verify", 1, 1))), "NOT_THE_AUTHORITY");
    n.record(vec![n.unrecognises("jp-standards", withdraw_recognise(jp, "cn-verify", 1, 1))]);
    assert_eq!(reason(&n, n.unrecognises("jp-standards", withdraw_recognise(jp, "cn-verify", 1, 2))), "WITHDRAWN_ALREADY");
}

#[test]
fn recognition_is_proven_complete_in_two_steps() {
    let mut n = network();
    let jp = country("JP");
    n.record(vec![
        n.recognises("jp-standards", recognise(jp, "cn-accredit", 0)),
        n.recognises("cn-accredit", recognise(accreditation("cn-accredit"), "cn-verify", 0)),
        n.recognises("kr-customs", recognise(country("KR"), "cn-verify", 0)),
    ]);
    let (body, listed) = (org("cn-verify"), RecordKey::Recognisers(org("cn-verify")));
    let view = shown(
        &n,
        &[
            listed,
            RecordKey::Recognitions(jp, body),
            RecordKey::Recognitions(accreditation("cn-accredit"), body),
            RecordKey::Recognition(accreditation("cn-accredit"), body, 0),
            RecordKey::Recognitions(jp, org("cn-accredit")),
            RecordKey::Recognition(jp, org("cn-accredit"), 0),
            RecordKey::Recognised(jp),
            RecordKey::Authority("VN".parse().unwrap()),
        ],
    );
    // No direct row for JP: proven absent. Whoever recognises cn-verify: a complete list.
    assert_eq!(view.show::<RecognitionsRecord>(&RecordKey::Recognitions(jp, body)), Ok(Shown::Absent));
    assert_eq!(view.list::<RecognitionScope>(&listed), Ok(Shown::Present(vec![accreditation("cn-accredit"), country("KR")])));
    assert_eq!(view.list::<OrgId>(&RecordKey::Recognised(jp)), Ok(Shown::Present(vec![org("cn-accredit")])));
    let second = view.show::<RecognitionRecord>(&RecordKey::Recognition(jp, org("cn-accredit"), 0)).unwrap().present().unwrap();
    assert_eq!((second.author, second.revision, second.prefixes.len()), (org("jp-standards"), Revision(1), 2));
    assert_eq!(view.show::<eco_core::state::AuthorityRecord>(&RecordKey::Authority("VN".parse().unwrap())), Ok(Shown::Absent));
}

#[test]
fn a_presentation_goes_through_its_states() {
    use PresentationState::{Lodged, Referred, Refused, Released, Withdrawn};
    let (mut n, p, c) = with_passport();
    let by = |n: &Network, customs: &str, base, state| reason(n, n.presents(customs, present(c, customs, "1", base, state)));
    assert_eq!(reason(&n, n.presents("jp-customs", present(p, "jp-customs", "1", 0, Lodged))), "WRONG_KIND");
    assert_eq!(reason(&n, n.presents("jp-customs", present(DocumentId([9; 32]), "jp-customs", "1", 0, Lodged))), "DOCUMENT_UNKNOWN");
    assert_eq!(by(&n, "jp-customs", 1, Released), "RECORD_CONFLICT", "nothing was lodged");
    n.record(vec![n.presents("jp-customs", present(c, "jp-customs", "1", 0, Lodged))]);
    assert_eq!(by(&n, "jp-customs", 0, Lodged), "RECORD_CONFLICT", "replayed");
    assert_eq!(by(&n, "kr-customs", 1, Released), "RECORD_CONFLICT", "another customs' presentation is another record");
    // Every step that SPEC 8.9 allows, and no other.
    let allowed: Vec<(PresentationState, PresentationState)> = PresentationState::ALL
        .iter()
        .flat_map(|before| PresentationState::ALL.iter().map(move |after| (*before, *after)))
        .filter(|(before, after)| after.may_follow(Some(*before)))
        .collect();
    let expected = [
        (Lodged, Referred),
        (Lodged, Released),
        (Lodged, Refused),
        (Lodged, Withdrawn),
        (Referred, Released),
        (Referred, Refused),
        (Referred, Withdrawn),
        (Released, Referred),
        (Released, Refused),
    ];
    assert_eq!(allowed, expected);
    for (base, state) in [(1, Released), (2, Referred)] {
        n.record(vec![n.presents("jp-customs", present(c, "jp-customs", "1", base, state))]);
    }
    assert_eq!(by(&n, "jp-customs", 3, Referred), "PRESENTATION_ORDER");
    n.record(vec![n.presents("jp-customs", present(c, "jp-customs", "1", 3, Refused))]);
    assert_eq!(by(&n, "jp-customs", 4, Withdrawn), "PRESENTATION_ORDER");
    // A revoked certificate that is lodged elsewhere is what the others must see.
    n.record(vec![n.change("cn-ccpit", c, 1, DocumentStatus::Revoked)]);
    n.record(vec![n.presents("kr-customs", present(c, "kr-customs", "9", 0, Lodged))]);
    let record = RecordKey::Presentation(c, org("jp-customs"), declaration("jp-customs", "1"));
    let view = shown(&n, &[RecordKey::Presentations(c), record]);
    let names = view.list::<PresentationName>(&RecordKey::Presentations(c)).unwrap().present().unwrap();
    assert_eq!(names.iter().map(|name| name.customs).collect::<Vec<_>>(), [org("jp-customs"), org("kr-customs")]);
    let history = view.show::<PresentationRecord>(&record).unwrap().present().unwrap().history;
    assert_eq!(history.iter().map(|change| change.state).collect::<Vec<_>>(), [Lodged, Released, Referred, Refused]);
}

#[test]
fn the_last_place_of_a_presentation_is_kept_for_its_end() {
    let (mut n, _, c) = with_passport();
    let states = [PresentationState::Released, PresentationState::Referred];
    n.record(vec![n.presents("jp-customs", present(c, "jp-customs", "1", 0, PresentationState::Lodged))]);
    for base in 1..15 {
        n.record(vec![n.presents("jp-customs", present(c, "jp-customs", "1", base, states[(base as usize + 1) % 2]))]);
    }
    assert_eq!(reason(&n, n.presents("jp-customs", present(c, "jp-customs", "1", 15, states[0]))), "RECORD_FULL");
    n.record(vec![n.presents("jp-customs", present(c, "jp-customs", "1", 15, PresentationState::Refused))]);
}

#[test]
fn schemes_are_a_complete_list_from_genesis_on() {
    let mut n = network();
    n.record(vec![]);
    let one = RecordKey::Scheme(SchemeKey::of(&"battery-5".parse().unwrap()));
    let view = shown(&n, &[RecordKey::Schemes, RecordKey::SchemeSlot(4), one]);
    let ids = view.list::<SchemeId>(&RecordKey::Schemes).unwrap().present().unwrap();
    assert_eq!(ids.iter().map(SchemeId::as_str).collect::<Vec<_>>(), ["battery-1", "battery-2", "battery-3", "battery-4", "battery-5"]);
    assert_eq!(view.show::<Scheme>(&one), Ok(Shown::Present(scheme("battery-5"))));
    assert_eq!(n.state.registry().schemes().count(), 5);
}

/// Without counter and slots a node could leave out the second presentation, and nobody would know.
#[test]
fn lists_are_complete_or_refused() {
    let (mut n, _, c) = with_passport();
    for number in 0..6 {
        n.record(vec![n.presents("jp-customs", present(c, "jp-customs", &number.to_string(), 0, PresentationState::Lodged))]);
    }
    let counter = RecordKey::Presentations(c);
    let slots = [counter.slot(4).unwrap(), counter.slot(5).unwrap()];
    let complete = shown(&n, &[counter, slots[0], slots[1], RecordKey::Presentations(DocumentId([1; 32]))]);
    let names = complete.list::<PresentationName>(&counter).unwrap().present().unwrap();
    assert_eq!(
        names.iter().map(|name| name.declaration).collect::<Vec<_>>(),
        (0..6).map(|k| declaration("jp-customs", &k.to_string())).collect::<Vec<_>>()
    );
    assert_eq!(complete.list::<PresentationName>(&RecordKey::Presentations(DocumentId([1; 32]))), Ok(Shown::Absent));
    // The planted faults: a slot left out, the counter left out, an older counter, a slot claimed absent.
    assert_eq!(shown(&n, &[counter, slots[0]]).list::<PresentationName>(&counter), Ok(Shown::NotCovered));
    assert_eq!(shown(&n, &slots).list::<PresentationName>(&counter), Ok(Shown::NotCovered));
    let mut older = n.status(&[counter, slots[0]]);
    let listing = eco_core::state::Listing { count: 5, first: names[..4].to_vec() };
    older.items[0].record = Some(eco_core::codec::encode(&listing));
    assert!(older.verify(&n.trust()).is_err());
    let mut hidden = n.status(&[counter, slots[0], slots[1]]);
    hidden.items[2].record = None;
    assert!(hidden.verify(&n.trust()).is_err());
}

#[test]
fn passports_are_found_by_product_and_author() {
    let mut n = network();
    let product_of = |author: &str| RecordKey::Products(org(author), product(BATTERY));
    n.record((0..6).map(|k| n.anchor("acme-battery", passport(&format!("p{k}"), BATTERY))).collect());
    let newer = Anchor {
        supersedes: Some(Supersedes { document: passport_id("acme-battery", "p5"), base: Revision(1) }),
        ..passport("p6", BATTERY)
    };
    n.record(vec![n.anchor("acme-battery", newer), n.anchor("approved-co", passport("elsewhere", BATTERY))]);
    let own = product_of("acme-battery");
    let keys: Vec<RecordKey> =
        [own, product_of("approved-co"), product_of("cn-ccpit")].into_iter().chain((4..7).map(|s| own.slot(s).unwrap())).collect();
    let view = shown(&n, &keys);
    let documents = view.list::<DocumentId>(&own).unwrap().present().unwrap();
    assert_eq!(documents, (0..7).map(|k| passport_id("acme-battery", &format!("p{k}"))).collect::<Vec<_>>());
    assert_eq!(view.list::<DocumentId>(&product_of("approved-co")).unwrap().present().unwrap().len(), 1);
    assert_eq!(view.list::<DocumentId>(&product_of("cn-ccpit")), Ok(Shown::Absent));
    // The version before says which one replaced it.
    let old = RecordKey::Document(passport_id("acme-battery", "p5"));
    let record: eco_core::state::DocumentRecord = shown(&n, &[old]).show(&old).unwrap().present().unwrap();
    assert_eq!((record.status(), record.superseded_by), (DocumentStatus::Superseded, Some(passport_id("acme-battery", "p6"))));
}

#[test]
fn a_document_supersedes_its_own_kind() {
    let (n, p, _) = with_passport();
    let other = Anchor { supersedes: Some(Supersedes { document: p, base: Revision(1) }), ..other("file") };
    assert_eq!(
        n.admit(n.anchor("acme-battery", other)),
        Err(Refusal::SupersedesOtherKind { document: p, found: DocumentKind::Passport, given: DocumentKind::Other })
    );
}

#[test]
fn a_suspended_body_may_only_withdraw() {
    let mut genesis = carbon::genesis();
    let later = START.plus_ms(DAY_MS);
    for member in genesis.organisations.iter_mut().filter(|o| ["cn-verify", "jp-standards", "jp-customs"].contains(&o.id.as_str())) {
        member.suspended = Some(later);
    }
    let mut n = Network::of(genesis);
    n.record(vec![n.anchor("acme-battery", passport("p", BATTERY)), n.anchor("cn-ccpit", certificate("cn-ccpit", "c", "CO-1"))]);
    let (p, c) = (passport_id("acme-battery", "p"), DocumentId::of(&org("cn-ccpit"), &fingerprint("c")));
    let jp = country("JP");
    n.record(vec![n.attests("cn-verify", attest(p, 0, "1")), n.recognises("jp-standards", recognise(jp, "cn-verify", 0))]);
    let built = n.state.build(&n.records, START.plus_ms(2 * DAY_MS), n.last_seal(), []).unwrap();
    n.commit(built);
    for entry in [
        n.attests("cn-verify", attest(p, 1, "2")),
        n.recognises("jp-standards", recognise(jp, "cn-verify", 1)),
        n.presents("jp-customs", present(c, "jp-customs", "1", 0, PresentationState::Lodged)),
    ] {
        assert_eq!(reason(&n, entry), "AUTHOR_SUSPENDED");
    }
    n.record(vec![
        n.withdraws("cn-verify", withdraw_attest(p, 1, "1")),
        n.unrecognises("jp-standards", withdraw_recognise(jp, "cn-verify", 0, 1)),
    ]);
}

#[test]
fn a_genesis_names_authorities_of_their_own_country() {
    use eco_core::codec::{decode, encode};
    let good = carbon::genesis();
    assert_eq!(decode::<Genesis>(&encode(&good)).unwrap(), good);
    let one = kit::genesis("eco.example/main", NetworkPurpose::Production);
    assert_eq!(decode::<Genesis>(&encode(&one)).unwrap(), one, "version 1 is read as before");
    let broken = |change: &dyn Fn(&mut Genesis)| {
        let mut genesis = good.clone();
        change(&mut genesis);
        decode::<Genesis>(&encode(&genesis)).is_err()
    };
    assert!(!broken(&|g| g.version = 3) && broken(&|g| g.version = 4));
    assert!(broken(&|g| g.version = 0));
    assert!(broken(&|g| g.authorities.swap(0, 1)));
    assert!(broken(&|g| g.authorities[1] = g.authorities[0]), "two authorities of one country");
    assert!(broken(&|g| g.authorities[0].organisation = org("kr-customs")), "of another country");
    assert!(broken(&|g| g.authorities[0].organisation = org("nobody-here")));
    assert!(
        broken(&|g| (g.authorities[0].country, g.authorities[0].organisation) = ("CN".parse().unwrap(), org("cn-verify"))),
        "no authority's role"
    );
    assert!(broken(&|g| g.schemes.swap(0, 1)));
    assert!(broken(&|g| g.schemes[0].version = 2));
    assert!(broken(&|g| g.schemes[1].id = g.schemes[0].id.clone()), "two schemes of one name");
    let long = |fields: usize| (0..fields).map(|n| format!("{n:03}{}", "x".repeat(290))).collect::<Vec<_>>();
    assert!(!broken(&|g| g.schemes[0].requires.required_fields = long(5)), "a scheme within its limit");
    assert!(broken(&|g| g.schemes[0].requires.required_fields = long(20)), "a record that no status proof could hold");
    let one_with_schemes = Genesis { version: 1, authorities: vec![], ..good.clone() };
    assert!(eco_core::codec::Canonical::check(&one_with_schemes).is_err());
    let mut bytes = encode(&good);
    bytes[0] = 1;
    assert!(decode::<Genesis>(&bytes).is_err(), "trailing bytes under version 1");
}

/// A list shown in part must never pass for the whole: "not recognised" and "not presented elsewhere" rest on it.
#[test]
fn facts_are_complete_only_where_they_are_proven_whole() {
    let (mut n, p, c) = with_passport();
    let (jp, by) = (country("JP"), accreditation("cn-accredit"));
    n.record(vec![
        n.attests("cn-verify", attest(p, 0, "1")),
        n.recognises("jp-standards", recognise(jp, "cn-accredit", 0)),
        n.recognises("cn-accredit", recognise(by, "cn-verify", 0)),
        n.presents("jp-customs", present(c, "jp-customs", "1", 0, PresentationState::Lodged)),
        n.presents("kr-customs", present(c, "kr-customs", "2", 0, PresentationState::Lodged)),
    ]);
    n.record(vec![
        n.withdraws("cn-verify", withdraw_attest(p, 1, "1")),
        n.presents("jp-customs", present(c, "jp-customs", "1", 1, PresentationState::Withdrawn)),
    ]);
    let (verify, accredit) = (org("cn-verify"), org("cn-accredit"));
    let jp_code: eco_core::name::Country = "JP".parse().unwrap();
    let (own, other) = (declaration("jp-customs", "1"), declaration("kr-customs", "2"));
    let needed = [
        RecordKey::Attestations(p),
        RecordKey::Attestation(p, verify),
        RecordKey::Authority(jp_code),
        RecordKey::Recognisers(verify),
        RecordKey::Recognitions(by, verify),
        RecordKey::Recognition(by, verify, 0),
        RecordKey::Recognitions(jp, accredit),
        RecordKey::Recognition(jp, accredit, 0),
        RecordKey::Presentations(c),
        RecordKey::Presentation(c, org("jp-customs"), own),
        RecordKey::Presentation(c, org("kr-customs"), other),
    ];
    let facts = |view: &StatusView| {
        (view.attestations(p), view.recognition(jp_code, &[verify]), view.presentations(c, Some((org("jp-customs"), own))))
    };
    let all = shown(&n, &[needed.as_slice(), &[RecordKey::Organisation(verify), RecordKey::Organisation(org("kr-customs"))]].concat());
    let (attested, recognised, presented) = facts(&all);
    assert!(attested.complete && recognised.rows.complete && presented.complete);
    let [one] = &attested.items[..] else { panic!("{attested:?}") };
    assert_eq!((one.body, one.admitted, one.standard.as_str()), (verify, Some(true), "ISO14065:2020"));
    assert_eq!((one.attested, one.withdrawn), (n.blocks[1].0.header.time, Some(n.now())));
    assert_eq!(recognised.authority, Some(org("jp-standards")));
    let steps: Vec<_> = recognised.rows.items.iter().map(|row| (row.by, row.body)).collect();
    assert_eq!(steps, [(accredit, verify), (org("jp-standards"), accredit)]);
    let seen: Vec<_> = presented.items.iter().map(|f| (f.customs_name.as_str(), f.standing, f.withdrawn, f.own)).collect();
    assert_eq!(seen, [("jp-customs", "withdrawn", true, true), ("kr-customs Ltd.", "lodged", false, false)]);
    // The planted fault, once per record: without it one of the three lists must no longer count as whole.
    for hidden in needed {
        let rest: Vec<RecordKey> = needed.iter().copied().filter(|key| *key != hidden).collect();
        let (attested, recognised, presented) = facts(&shown(&n, &rest));
        assert!(!(attested.complete && recognised.rows.complete && presented.complete), "{hidden:?} is missing and nobody noticed");
    }
    // VN has no authority, and that is proven; a body that nobody recognises has an empty list.
    let vn: eco_core::name::Country = "VN".parse().unwrap();
    let view = shown(&n, &[RecordKey::Authority(vn), RecordKey::Recognisers(org("vn-verify"))]);
    let nobody = view.recognition(vn, &[org("vn-verify")]);
    assert!(nobody.authority.is_none() && nobody.rows.complete && nobody.rows.items.is_empty());
    // Two proofs of one head say as much as one; of two heads they say nothing together.
    let (first, second) = needed.split_at(5);
    let joined = shown(&n, first).join(shown(&n, second)).unwrap();
    assert!(joined.attestations(p).complete && joined.recognition(jp_code, &[verify]).rows.complete);
    let before = shown(&n, first);
    n.record(vec![]);
    assert!(before.join(shown(&n, second)).is_err());
}
