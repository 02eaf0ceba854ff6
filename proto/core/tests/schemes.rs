//! Schemes: one encoding, structural rules by name, and which goods are inside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::codec::{Canonical, CodecDefect, decode, encode};
use eco_core::name::Revision;
use eco_core::scheme::{Goods, HsCode, Mode, ModeFrom, PageRule, Ruling, Scheme};
use kit::golden::{Vectors, golden};
use kit::trade::{PRODUCT, attribute, dec, hs, scheme};

type Edit = fn(&mut Scheme);

fn edited(edit: Edit) -> Scheme {
    let mut scheme = scheme();
    edit(&mut scheme);
    scheme
}

/// What breaks a structural rule, and the words of the rule.
const BROKEN: &[(Edit, &str)] = &[
    (|s| s.version = 2, "version"),
    (|s| s.revision = Revision(0), "revision 0"),
    (|s| s.modes.clear(), "modes: a scheme has 1 to 16"),
    (|s| s.modes.push(s.modes[0]), "modes are not strictly ascending"),
    (|s| s.scope.include.reverse(), "include and exclude"),
    (|s| s.scope.origins.reverse(), "products, origins and destinations"),
    (|s| s.scope.attributes = vec![attribute("a", "1"), attribute("a", "2")], "attributes"),
    (|s| s.scope.hs_edition = None, "hsEdition"),
    (|s| s.requires.standards.reverse(), "strictly ascending"),
    (|s| s.requires.tolerance_percent = Some(dec("100.1")), "tolerancePercent"),
    (|s| s.requires.primary_data_share_min = Some(dec("-1")), "minPrimaryDataShare"),
    (|s| s.requires.period_days_max = Some(0), "maxPeriod"),
    (|s| s.requires.passport = false, "need requires.passport"),
    (|s| s.before_arrival.as_mut().unwrap().passport = false, ""),
    (
        |s| {
            let rule = s.before_arrival.as_mut().unwrap();
            (rule.passport, rule.attestation) = (false, false);
        },
        "beforeArrival",
    ),
    (|s| s.page = Some(PageRule { required: false, entry_required: false, outage_grace_hours: 1, newest_capture_hours: 1 }), "page"),
    (|s| s.effect.text.clear(), "a text is empty"),
    (|s| s.source.url = "x".repeat(301), "longer than 300 bytes"),
    (|s| s.scope.category = "a\nb".into(), "control characters"),
];

#[test]
fn broken_rules_are_named() {
    for (edit, words) in BROKEN.iter().filter(|(_, words)| !words.is_empty()) {
        match edited(*edit).check() {
            Err(CodecDefect::Invalid { rule, .. }) => assert!(rule.contains(words), "{rule} does not say {words}"),
            other => panic!("{words}: {other:?}"),
        }
    }
    assert_eq!(scheme().check(), Ok(()));
    assert_eq!(edited(BROKEN[13].0).check(), Ok(()), "the control: one of the two is enough");
}

#[test]
fn one_encoding_and_its_vectors() {
    let mut vectors = Vectors::new("Schemes (SPEC 14.3). given: canonical bytes in hex; expect: id and revision, or refused and why.");
    let everything: Edit = |s| {
        s.scope.exclude = vec!["85079090".parse().unwrap()];
        s.scope.products = vec![PRODUCT.into()];
        s.scope.attributes = vec![attribute("laserSource", "CO2")];
        s.modes.push(ModeFrom { from: kit::START.plus_ms(kit::DAY_MS), mode: Mode::Warn });
        s.page = Some(PageRule { required: true, entry_required: true, outage_grace_hours: 48, newest_capture_hours: 24 });
    };
    let plain: Edit = |_| {};
    for edit in [plain, everything] {
        let scheme = edited(edit);
        let bytes = encode(&scheme);
        assert_eq!(decode::<Scheme>(&bytes).unwrap(), scheme);
        vectors.case(&[("given", hex::encode(&bytes)), ("expect", format!("{} revision {}", scheme.id, scheme.revision))]);
    }
    for (edit, _) in BROKEN.iter().filter(|(_, words)| !words.is_empty()) {
        let bytes = encode(&edited(*edit));
        let defect = decode::<Scheme>(&bytes).unwrap_err();
        vectors.case(&[("given", hex::encode(&bytes)), ("expect", format!("refused {defect}"))]);
    }
    let mut trailing = encode(&scheme());
    trailing.push(0);
    assert!(decode::<Scheme>(&trailing).is_err());
    golden("schemes.txt", &vectors.0);
}

/// The decision by codes alone: `in`, `out` or `undetermined`, and the rule.
fn by_code(include: &[&str], exclude: &[&str], code: &str) -> (&'static str, String) {
    let mut scheme = scheme();
    let codes = |list: &[&str]| list.iter().map(|c| c.parse().unwrap()).collect::<Vec<HsCode>>();
    (scheme.scope.include, scheme.scope.exclude) = (codes(include), codes(exclude));
    let goods = Goods { hs: Some(hs(code)), origin: "CN".parse().ok(), destination: "JP".parse().ok(), ..Goods::default() };
    let ruling = scheme.ruling(&goods);
    (ruling.name(), ruling.rule().to_string())
}

#[test]
fn the_longest_prefix_decides_and_exclude_wins_ties() {
    for (include, exclude, code, expected) in [
        (&["8507"][..], &[][..], "850760", "in"),
        (&["8507"], &["850720"], "850760", "in"),
        (&["8507"], &["850720"], "850720", "out"),
        (&["8507", "85072010"], &["850720"], "8507201000", "in"),
        (&["850760"], &["850760"], "850760", "out"),
        (&["8507"], &[], "854140", "out"),
        (&[], &["8549"], "850760", "in"),
        (&[], &["8549"], "854911", "out"),
        // A code that ends before the prefix that would decide.
        (&["85076010"], &[], "850760", "undetermined"),
        (&["8507"], &["85076010"], "850760", "undetermined"),
        (&["8507", "85076010"], &[], "850760", "in"),
        (&["8507"], &["8507", "85076010"], "850760", "out"),
        (&["85076010"], &["85076010"], "850760", "out"),
        (&[], &["85076010"], "850760", "undetermined"),
        (&["85076010"], &[], "8507601000", "in"),
        (&["85076010"], &[], "8507609000", "out"),
    ] {
        let (found, rule) = by_code(include, exclude, code);
        assert_eq!(found, expected, "include {include:?} exclude {exclude:?} code {code}: {rule}");
    }
    assert_eq!(by_code(&["850760"], &[], "850760").1, "HS 850760 is included");
    assert_eq!(by_code(&["85076010"], &[], "850760").1, "HS 850760 is shorter than the scheme's 85076010");
}

#[test]
fn lists_exclude_and_what_is_not_known_stays_open() {
    let full = Goods {
        hs: Some(hs("850760")),
        product: Some(PRODUCT),
        origin: "CN".parse().ok(),
        destination: "JP".parse().ok(),
        attributes: None,
    };
    let ruling = |edit: Edit, goods: Goods<'_>| edited(edit).ruling(&goods).name();
    let same: Edit = |_| {};
    assert_eq!(ruling(same, full), "in");
    assert_eq!(ruling(same, Goods { origin: "US".parse().ok(), ..full }), "out");
    assert_eq!(ruling(same, Goods { destination: "US".parse().ok(), ..full }), "out");
    assert_eq!(ruling(same, Goods { destination: None, ..full }), "undetermined");
    assert_eq!(ruling(same, Goods { hs: None, ..full }), "undetermined");
    let listed: Edit = |s| s.scope.products = vec!["https://id.gs1.org/01/06901234567892".into()];
    assert_eq!(ruling(listed, full), "in");
    assert_eq!(ruling(listed, Goods { product: Some("https://id.gs1.org/01/06901234567892/10/B7"), ..full }), "in");
    assert_eq!(ruling(listed, Goods { product: Some("urn:eco:model:acme:X"), ..full }), "out");
    assert_eq!(ruling(listed, Goods { product: None, ..full }), "undetermined");
    // A rule that excludes wins over one that cannot be decided.
    assert_eq!(ruling(same, Goods { hs: None, origin: "US".parse().ok(), ..full }), "out");
    let anything: Edit = |s| {
        (s.scope.hs_edition, s.scope.include) = (None, vec![]);
        (s.scope.origins, s.scope.destinations) = (vec![], vec![]);
    };
    assert!(matches!(edited(anything).ruling(&Goods::default()), Ruling::In(_)));
}
