//! Scheme files: the samples are schemes, and whatever is wrong with one is said at once, by its path.

use super::{SAMPLES, read_scheme};
use crate::profile::duration_s;
use eco_core::name::Country;
use eco_core::scheme::{Goods, Hs, HsEdition, Mode, Ruling, ScopeRule};
use eco_core::verdict::Code;

fn sample(name: &str) -> &'static str {
    SAMPLES.iter().find(|(id, _)| *id == name).unwrap().1
}

#[test]
fn every_sample_is_a_scheme_that_calls_itself_a_sample() {
    for (name, text) in SAMPLES {
        let report = read_scheme(text.as_bytes());
        assert_eq!(report.flaws, [], "{name}");
        let scheme = report.scheme.unwrap();
        assert_eq!(scheme.id.as_str(), name);
        assert!(scheme.effect.text.contains("SAMPLE") && scheme.scope.category.contains("SAMPLE"), "{name}");
    }
}

/// A scheme read otherwise than it was written lets goods into a lane, or keeps them out.
#[test]
fn members_arrive_where_the_judge_looks() {
    let scheme = read_scheme(sample("sample-lithium-battery").as_bytes()).scheme.unwrap();
    let day = |text: &str| crate::profile::instant(text).unwrap();
    assert_eq!(scheme.mode_at(day("2025-12-31T23:59:59Z")), None);
    assert_eq!(scheme.mode_at(day("2026-01-01T00:00:00Z")), Some(Mode::Observe));
    assert_eq!(scheme.mode_at(day("2026-07-01T00:00:00Z")), Some(Mode::Enforce));
    assert_eq!(scheme.requires.period_days_max, Some(366));
    assert_eq!(scheme.requires.factor_age_years_max, Some(5));
    assert_eq!(scheme.status_age_ms_max, Some(24 * 3600 * 1000));
    let goods = |code: &str| Goods {
        hs: Some(Hs { code: code.parse().unwrap(), edition: HsEdition::Hs2022 }),
        destination: Some("VN".parse::<Country>().unwrap()),
        ..Goods::default()
    };
    assert_eq!(scheme.ruling(&goods("850760")), Ruling::In(ScopeRule::Included("850760".parse().unwrap())));
    assert!(matches!(scheme.ruling(&goods("8507")), Ruling::Undetermined(ScopeRule::TooCoarse { .. })));
    assert!(matches!(scheme.ruling(&goods("854911")), Ruling::Out(ScopeRule::NotIncluded(_))));
}

#[test]
fn every_flaw_is_named_by_its_path() {
    let edits: &[(&str, &str, Code, &str)] = &[
        ("\"revision\": \"1\"", "\"revision\": \"01\"", Code::FieldInvalid, "revision"),
        ("\"revision\": \"1\"", "\"revision\": \"0\"", Code::FieldInvalid, ""),
        ("\"mode\": \"warn\"", "\"mode\": \"ignore\"", Code::FieldInvalid, "modes[1].mode"),
        ("\"from\": \"2026-04-01\"", "\"from\": \"2026-08-01\"", Code::FieldInvalid, ""),
        ("\"hsEdition\": \"HS2022\",", "", Code::FieldInvalid, ""),
        ("\"850790\"", "\"8507.90\"", Code::FieldInvalid, "include[2]"),
        ("\"850790\"", "\"850760\"", Code::FieldInvalid, "include[2]"),
        ("\"VN\"", "\"vn\"", Code::FieldInvalid, "destinations[3]"),
        ("\"P1Y\"", "\"1 year\"", Code::FieldInvalid, "requires.maxPeriod"),
        ("\"tolerancePercent\": \"0.1\"", "\"tolerancePercent\": \"101\"", Code::FieldInvalid, "requires.tolerancePercent"),
        ("\"category\": \"SAMPLE lithium battery\",", "", Code::FieldMissing, "category"),
        ("\"hours\": \"0\"", "\"hours\": \"-1\"", Code::FieldInvalid, "beforeArrival.hours"),
        ("\"passport\": true,\n    \"boundary\"", "\"pasport\": true,\n    \"boundary\"", Code::UnknownField, "requires.pasport"),
        ("\"hours\": \"0\"", "\"hours\": 0", Code::JsonNotStrict, ""),
    ];
    let good = sample("sample-lithium-battery");
    for (from, to, code, path) in edits {
        assert_eq!(good.matches(from).count(), 1, "{from}");
        let report = read_scheme(good.replace(from, to).as_bytes());
        assert!(report.scheme.is_none(), "{to}");
        assert!(report.flaws.iter().any(|f| f.code == *code && f.path == *path), "{to}: {:?}", report.flaws);
    }
}

#[test]
fn durations_are_whole_units_in_order() {
    let day = 24 * 3600;
    for (text, seconds) in [("P1Y", 366 * day), ("P1M", 31 * day), ("P2W3D", 17 * day), ("PT24H", day), ("P1DT1M1S", day + 61)] {
        assert_eq!(duration_s(text), Some(seconds), "{text}");
    }
    for bad in ["", "P", "P0D", "PT", "1D", "P1", "P1H", "PT1D", "P1D1Y", "P1.5D", "P-1D", "P1DT", "p1d", "P1D ", "P99999999999999999999D"]
    {
        assert_eq!(duration_s(bad), None, "{bad}");
    }
}
