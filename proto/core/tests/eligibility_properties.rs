//! Properties of the whole verdict: total on any facts, never better by anything bad, the same in any order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::decimal::Decimal;
use eco_core::name::Timestamp;
use eco_core::verdict::{Class, Code, Eligibility, EntryRecord, Finding, Listed, PresentationFacts, Quantity, Stated, Subject, Trust};
use kit::org;
use kit::trade::{Trade, attestation, dec, entry, hs, jcs, part, party, row, trade};

type Edit = fn(&mut Trade);

/// Each makes a consignment worse by itself.
const WORSE: &[Edit] = &[
    |t| t.passport.footprint.value_kind = None,
    |t| t.passport.footprint.value = Some(Stated::Text("~12".into())),
    |t| t.passport.footprint.scopes.scope1 = Some(dec("4.1")),
    |t| t.passport.footprint.scopes.scope2_method = None,
    |t| t.passport.footprint.standards.clear(),
    |t| t.passport.footprint.deprecated = true,
    |t| t.passport.footprint.stages.push(part("x", "500")),
    |t| t.passport.footprint.unit = Some("litre".into()),
    |t| t.passport.footprint.primary_data_share = None,
    |t| t.passport.footprint.activity.clear(),
    |t| t.passport.present.clear(),
    |t| t.passport.hs = Some(hs("610910")),
    |t| t.passport.product = "urn:eco:model:other:X".into(),
    |t| t.passport.manufacturer = Some(party("other-maker")),
    |t| t.certificate.items[0].passport = None,
    |t| t.certificate.items[0].hs = Some(hs("610910")),
    |t| t.passport_given = false,
    |t| t.metadata = false,
    |t| t.attestations = Listed::not_asked(),
    |t| t.attestations = Listed { items: vec![], complete: true, read_at: kit::START.plus_ms(3000) },
    |t| t.attestations.items.iter_mut().for_each(|a| a.withdrawn = Some(a.attested)),
    |t| t.recognition = None,
    |t| t.recognition.iter_mut().for_each(|r| r.rows.items.clear()),
    |t| t.import.arrival = None,
    |t| t.import.arrival = Some(Timestamp(0)),
    |t| t.unknown_scheme = true,
    |t| t.passport_found.push(Finding::new(Code::FieldInvalid, Subject::Passport, "planted")),
    |t| t.certificate_found.push(Finding::new(Code::PdfEncrypted, Subject::Certificate, "planted")),
    |t| t.passport_found.push(Finding::new(Code::CfValueRange, Subject::Passport, "planted")),
];

#[test]
fn nothing_bad_ever_makes_eligible_nor_any_other_better() {
    let rank = |t: &Trade| {
        let judgement = t.judge();
        (judgement.scheme.as_ref().unwrap().eligibility, judgement.documents().map(|d| d.trust).max())
    };
    assert_eq!(rank(&trade()).0, Eligibility::Eligible);
    for (i, first) in WORSE.iter().enumerate() {
        let one = trade().with(first);
        assert!(rank(&one).0 > Eligibility::Eligible, "edit {i} changes nothing");
        for (j, second) in WORSE.iter().enumerate().skip(i) {
            assert!(rank(&trade().with(first).with(second)).0 > Eligibility::Eligible, "edits {i} and {j} heal each other");
        }
        // Any X beside anything: never eligible, and the trust as it was.
        let (_, trust) = rank(&one);
        let x = one.with(|t| t.certificate_found.push(Finding::new(Code::EntryRecordMismatch, Subject::Entry, "planted")));
        let (eligibility, after) = rank(&x);
        assert!(x.unknown_scheme || eligibility == Eligibility::NotEligible, "edit {i}");
        assert_eq!(trust, after, "edit {i}: eligibility changed the trust");
    }
}

#[test]
fn the_order_of_what_is_given_decides_nothing() {
    let full = || {
        trade().with(|t| {
            let mut expired = attestation();
            expired.until = expired.attested;
            t.attestations.items.push(expired);
            t.attestations.items.push(eco_core::verdict::AttestationFacts { body: org("other-body"), ..attestation() });
            let rows = &mut t.recognition.as_mut().unwrap().rows.items;
            *rows = vec![row("jp-customs", "cn-cnas"), row("kr-customs", "cn-verifier"), row("cn-cnas", "cn-verifier")];
            for n in 0..3 {
                let shown = |name: &str| PresentationFacts {
                    customs: org("kr-customs"),
                    customs_name: name.into(),
                    lodged: kit::START.plus_ms(n),
                    standing: "lodged",
                    withdrawn: false,
                    own: false,
                };
                t.presentations.items.push(shown(["b", "a", "c"][n as usize]));
            }
            let mut second = kit::trade::item();
            (second.number, second.passport) = (2, None);
            t.certificate.items.push(second);
        })
    };
    let reversed = || {
        full().with(|t| {
            t.attestations.items.reverse();
            t.recognition.as_mut().unwrap().rows.items.reverse();
            t.presentations.items.reverse();
            t.certificate.items.reverse();
        })
    };
    let (one, other) = (full().judge(), reversed().judge());
    let reasons = |j: &eco_core::verdict::Judgement| j.scheme.as_ref().unwrap().reasons.clone();
    assert_eq!(reasons(&one), reasons(&other));
    assert!(reasons(&one).len() > 3, "the control: there is something to order");
}

/// A small generator: the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
    fn of<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.next(from.len())].clone()
    }
}

const EXTREME: &[&str] = &["0", "-999999999999999999.999999999999", "999999999999999999.999999999999", "0.000000000001", "407.4", "100"];
const TIMES: &[Option<Timestamp>] = &[None, Some(Timestamp(0)), Some(kit::START), Some(Timestamp(u64::MAX))];
const TEXTS: &[&str] = &["", "ISO14067", "约12", "location-based", "CN-GD", "\u{0}", "did:web:a", "ＡＢＣ"];

fn scramble(t: &mut Trade, n: &mut Numbers) {
    let decimal = |n: &mut Numbers| n.of(EXTREME).parse::<Decimal>().ok();
    let text = |n: &mut Numbers| n.of(TEXTS).to_string();
    let footprint = &mut t.passport.footprint;
    let (number, words) = (decimal(n), text(n));
    footprint.value = n.of(&[None, number.map(Stated::Number), Some(Stated::Text(words))]);
    (footprint.scopes.scope1, footprint.scopes.scope2_location) = (decimal(n), decimal(n));
    (footprint.scopes.scope3_upstream, footprint.fossil) = (decimal(n), decimal(n));
    (footprint.period_start, footprint.period_end) = (n.of(TIMES), n.of(TIMES));
    (footprint.geography, footprint.value_kind) = (Some(text(n)), Some(text(n)));
    footprint.stages.iter_mut().chain(&mut footprint.energy_mix).for_each(|p| p.amount = n.of(EXTREME).parse().unwrap());
    footprint.components[0].emissions = decimal(n);
    footprint.factors[0].year = n.of(&[None, Some(0), Some(u16::MAX)]);
    if let Some(verification) = &mut footprint.verification {
        verification.statement_number = n.of(&["", "EV-1", "EV-2"]).into();
        verification.completed_at = n.of(TIMES);
        verification.verifier = n.of(&[party("cn-verifier"), Default::default()]);
    }
    t.certificate.items[0].passport = n.of(&[None, Some(jcs("passport")), Some(jcs("x"))]);
    let product = text(n);
    t.certificate.items[0].product = n.of(&[None, Some(product)]);
    (t.certificate.departure, t.certificate.exported_to) = (n.of(&[None, "1970-01-01".parse().ok()]), n.of(&[None, "JP".parse().ok()]));
    (t.import.arrival, t.import.lodging, t.as_of) = (n.of(TIMES), n.of(TIMES), n.of(TIMES));
    t.attestations.complete = n.next(2) == 0;
    t.attestations.items[0].attested = n.of(TIMES).unwrap_or_default();
    (t.attestations.items[0].until, t.attestations.items[0].withdrawn) = (n.of(TIMES).unwrap_or_default(), n.of(TIMES));
    if let Some(recognition) = &mut t.recognition {
        recognition.rows.complete = n.next(2) == 0;
        (recognition.rows.items[0].from, recognition.rows.items[0].until) = (n.of(TIMES).unwrap_or_default(), n.of(TIMES));
    }
    let quantity = Quantity { amount: n.of(EXTREME).parse().unwrap(), unit: n.of(&["KGM", "TNE", "GRM", "H87", ""]).into() };
    t.certificate.items[0].quantity = n.of(&[None, Some(Quantity { amount: dec("1"), unit: "KGM".into() })]);
    let consignee = Some(text(n));
    t.entry = n.of(&[None, Some(EntryRecord { quantity: Some(quantity), consignee, ..entry() })]);
    t.scheme.as_mut().unwrap().before_arrival.as_mut().unwrap().hours = n.of(&[0, 24, u32::MAX]);
    t.draft = n.next(4) == 0;
}

#[test]
fn any_facts_have_a_verdict_that_follows_its_classes() {
    let mut numbers = Numbers(1);
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..200 {
        let t = trade().with(|t| scramble(t, &mut numbers));
        let judgement = t.judge();
        let scheme = judgement.scheme.as_ref().unwrap();
        let any = |class| scheme.reasons.iter().any(|r| r.class == class);
        let expected = match (any(Class::Excluded), any(Class::Deferred)) {
            (true, _) => Eligibility::NotEligible,
            (false, true) => Eligibility::Undetermined,
            (false, false) => Eligibility::Eligible,
        };
        assert_eq!(scheme.eligibility, expected, "round {round}");
        if judgement.documents().any(|d| d.trust != Trust::Trusted) {
            assert_ne!(scheme.eligibility, Eligibility::Eligible, "round {round}");
        }
        assert!([0, 1, 3, 4, 5].contains(&judgement.exit_code()));
        seen.extend(scheme.reasons.iter().map(|r| r.code));
    }
    assert!(seen.len() > 12, "the control: the rounds reach few rules: {seen:?}");
}
