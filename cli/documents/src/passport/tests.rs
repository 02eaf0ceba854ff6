//! The worked examples, signed, and what becomes of them under one edit.

use super::read_passport;
use crate::json;
use crate::keys::{KeyAlgorithm, SecretKey};
use crate::proof;
use eco_core::name::Timestamp;
use eco_core::verdict::{Code, Facts, Stated};

const BATTERY: &str = include_str!("../../tests/documents/battery.json");
const LASER: &str = include_str!("../../tests/documents/laser.json");

/// Trust codes with their paths, then what speaks against the footprint.
fn found(text: &str) -> (Vec<(Code, String)>, Vec<Code>) {
    let report = read_passport(text.as_bytes(), &[]);
    (report.flaws.into_iter().map(|f| (f.code, f.path)).collect(), report.carbon.into_iter().map(|f| f.code).collect())
}

fn edit(from: &str, to: &str) -> (Vec<(Code, String)>, Vec<Code>) {
    assert!(BATTERY.contains(from), "{from}");
    found(&BATTERY.replacen(from, to, 1))
}

fn footprint(name: &str) -> String {
    format!("credentialSubject.carbonFootprint.{name}")
}

/// What is right must read as right, with every value that is judged.
#[test]
fn the_examples_have_no_flaw() {
    for (text, value) in [(BATTERY, "407.4"), (LASER, "1848")] {
        let report = read_passport(text.as_bytes(), &[]);
        assert_eq!((report.flaws, report.carbon), (vec![], vec![]));
        let facts = report.facts.unwrap();
        assert_eq!(facts.footprint.value, Some(Stated::Number(value.parse().unwrap())));
    }
    let facts = read_passport(BATTERY.as_bytes(), &[]).facts.unwrap();
    assert_eq!(facts.footprint.activity.iter().map(|a| a.resolution_s).collect::<Vec<_>>(), [Some(900), Some(31 * 86_400)]);
    assert_eq!(facts.footprint.components[0].components[0].name, "Cathode active material");
    let has = |path: &str| facts.present.binary_search(&path.into()).is_ok();
    assert!(has("credentialSubject.carbonFootprint.components[].emissions") && has("credentialSubject.carbonFootprint.primaryDataShare"));
    assert!(!has("credentialSubject.carbonFootprint.components[].components"), "not every component has components");
    assert_eq!(read_passport(LASER.as_bytes(), &[]).facts.unwrap().attributes[0].value, "CO2");
}

/// A signed passport gives one candidate; an unsigned one none, and says why.
#[test]
fn a_signed_passport_may_be_on_the_log() {
    let key = SecretKey::of_seed(KeyAlgorithm::Ed25519, &[9; 32]).unwrap();
    let unsigned = read_passport(BATTERY.as_bytes(), &[]);
    let codes: Vec<Code> = unsigned.findings().findings.iter().map(|f| f.code).collect();
    assert_eq!((codes, unsigned.findings().candidates), (vec![Code::ProofMissing], vec![]));
    let signed = proof::sign(unsigned.document.as_ref().unwrap(), &key, "did:web:acme.example.cn", Timestamp(1_778_400_900_000)).unwrap();
    let report = read_passport(json::pretty(&signed).as_bytes(), &[]);
    assert_eq!(report.fingerprint, unsigned.fingerprint);
    let findings = report.findings();
    assert_eq!(findings.findings, []);
    assert_eq!(findings.candidates[0].key, proof::public(&key));
    assert!(findings.candidates[0].signature_hash.is_some() && matches!(findings.facts, Facts::Passport(_)));
    let forged = json::pretty(&signed).replacen("\"407.4\"", "\"307.4\"", 1);
    let codes: Vec<Code> = read_passport(forged.as_bytes(), &[]).findings().findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, [Code::ProofInvalid]);
}

/// An estimate in any spelling, and whatever else makes a value no verified value, loses the lane, not the trust.
#[test]
fn estimates_and_ranges_speak_against_the_footprint_only() {
    for range in ["12-15", "~12", "<15", "12 ± 1", "TBD", "约12", "400-415", "１２～１５", "circa 12", ""] {
        let quoted = format!("\"pcfExcludingBiogenicUptake\": \"{range}\"");
        assert_eq!(edit("\"pcfExcludingBiogenicUptake\": \"407.4\"", &quoted), (vec![], vec![Code::CfValueRange]), "{range:?}");
    }
    for several in ["[\"400\", \"415\"]", "{\"min\": \"400\", \"max\": \"415\"}"] {
        let value = format!("\"pcfExcludingBiogenicUptake\": {several}");
        assert_eq!(edit("\"pcfExcludingBiogenicUptake\": \"407.4\"", &value), (vec![], vec![Code::CfValueRange]), "{several}");
    }
    for odd in ["1,234.5", "1e3", "４０７．４", "407.4 kg", "-1", "0407.4"] {
        let quoted = format!("\"pcfExcludingBiogenicUptake\": \"{odd}\"");
        let path = footprint("pcfExcludingBiogenicUptake");
        assert_eq!(edit("\"pcfExcludingBiogenicUptake\": \"407.4\"", &quoted), (vec![(Code::FieldInvalid, path)], vec![]), "{odd:?}");
    }
    let cases: &[(&str, &str, &[Code])] = &[
        ("\"valueKind\": \"verified\"", "\"valueKind\": \"estimated\"", &[Code::CfNotVerified]),
        ("\"scope1\": \"3.1\"", "\"scope1\": \"4.1\"", &[Code::CfSumMismatch]),
        ("\"scope1\": \"3.1\",", "", &[Code::CfScopeIncomplete]),
        ("\"scope1\": \"3.1\"", "\"scope1\": \"about 3\"", &[Code::CfScopeIncomplete]),
        ("\"scope2Method\": \"location-based\",", "", &[Code::CfScopeIncomplete]),
        ("\"ISO14067\"", "\"GHGP-Product\"", &[Code::CfStandardMissing]),
        ("\"status\": \"Active\"", "\"status\": \"Deprecated\"", &[Code::CfDeprecated]),
        ("\"emissions\": \"65.5\"", "\"emissions\": \"75.5\"", &[Code::CfSumMismatch]),
        ("\"sharePercent\": \"11.5\"", "\"sharePercent\": \"12.5\"", &[Code::CfSumMismatch]),
        ("\"emissions\": \"291.0\"", "\"emissions\": \"491.0\"", &[Code::CfSumMismatch]),
        ("\"fossilGhgEmissions\": \"407.4\"", "\"fossilGhgEmissions\": \"507.4\"", &[Code::CfSumMismatch]),
        ("\"accreditedUntil\": \"2028-12-31\"", "\"accreditedUntil\": \"2025-12-31\"", &[Code::AccreditationExpired]),
        ("\"referencePeriodStart\": \"2025-01-01", "\"referencePeriodStart\": \"2026-01-01", &[Code::CfPeriodInvalid]),
    ];
    for (from, to, codes) in cases {
        assert_eq!(edit(from, to), (vec![], codes.to_vec()), "{from} -> {to}");
    }
}

/// Each rule of the table, broken once: its own code, at its own path, and nothing else.
#[test]
fn every_rule_has_its_code_and_place() {
    use Code::{FieldInvalid, FieldMissing, UnknownField};
    let subject = |name: &str| format!("credentialSubject.{name}");
    let cases: &[(&str, &str, Code, String)] = &[
        ("\"id\": \"https://acme.example.cn/products/BP-48100/carbon/2026-1.jsonld\",", "", FieldMissing, "id".into()),
        ("\"validUntil\": \"2027", "\"validUntil\": \"2029", FieldInvalid, "validUntil".into()),
        ("\"gtin\": \"06901234567892\"", "\"gtin\": \"06901234567893\"", FieldInvalid, subject("gtin")),
        ("\"gtin\": \"06901234567892\"", "\"gtin\": \"6901234567892\"", FieldInvalid, subject("gtin")),
        ("\"gtin\": \"06901234567892\",", "", FieldMissing, subject("gtin")),
        ("\"gtin\": \"06901234567892\"", "\"gtin\": \"06901234567892\", \"modelCode\": \"A\"", FieldInvalid, subject("modelCode")),
        ("\"gtin\": \"06901234567892\"", "\"modelCode\": \"A\"", FieldInvalid, subject("modelCode")),
        ("\"idGranularity\": \"model\"", "\"idGranularity\": \"batch\"", FieldInvalid, subject("idGranularity")),
        ("\"codeValue\": \"850760\"", "\"codeValue\": \"8507\"", FieldInvalid, subject("hsClassification.codeValue")),
        ("414/6901234000016", "414/6901234000017", FieldInvalid, subject("producedAt.id")),
        (
            "\"addressCountry\": \"CN\"\n  },\n  \"dataProvider\"",
            "\"addressCountry\": \"VN\"\n  },\n  \"dataProvider\"",
            FieldInvalid,
            footprint("geographyCountrySubdivision"),
        ),
        ("\"nonce\": \"5b1e", "\"nonce\": \"5b1", FieldInvalid, subject("nonce")),
        ("\"valueKind\": \"verified\",", "", FieldMissing, footprint("valueKind")),
        ("\"pcfExcludingBiogenicUptake\": \"407.4\",", "", FieldMissing, footprint("pcfExcludingBiogenicUptake")),
        (
            "\"declaredUnitOfMeasurement\": \"piece\"",
            "\"declaredUnitOfMeasurement\": \"box\"",
            FieldInvalid,
            footprint("declaredUnitOfMeasurement"),
        ),
        ("\"declaredUnitAmount\": \"1\"", "\"declaredUnitAmount\": \"0\"", FieldInvalid, footprint("declaredUnitAmount")),
        ("\"boundary\": \"cradle-to-gate\"", "\"boundary\": \"gate-to-gate\"", FieldInvalid, footprint("boundary")),
        (
            "\"geographyCountrySubdivision\": \"CN-GD\"",
            "\"geographyCountrySubdivision\": \"Guangdong\"",
            FieldInvalid,
            footprint("geographyCountrySubdivision"),
        ),
        ("\"geographyCountrySubdivision\": \"CN-GD\",", "", FieldMissing, footprint("geographyCountry")),
        ("\"created\": \"2026-03", "\"created\": \"2026-05", FieldInvalid, footprint("created")),
        ("\"primaryDataShare\": \"71.4\"", "\"primaryDataShare\": \"171.4\"", FieldInvalid, footprint("primaryDataShare")),
        ("\"technologicalDQR\": \"1.5\"", "\"technologicalDQR\": \"0.5\"", FieldInvalid, footprint("dqi.technologicalDQR")),
        ("\"category\": \"4\"", "\"category\": \"16\"", FieldInvalid, footprint("scope3Categories[1].category")),
        ("\"stage\": \"InboundTransport\"", "\"stage\": \"MainProduction\"", FieldInvalid, footprint("lifeCycleStages[2].stage")),
        (
            "\"temporalResolution\": \"PT15M\"",
            "\"temporalResolution\": \"15 min\"",
            FieldInvalid,
            footprint("activityData[0].temporalResolution"),
        ),
        ("\"fingerprint\": \"file:ab", "\"fingerprint\": \"md5:ab", FieldInvalid, footprint("activityData[0].evidenceLink.fingerprint")),
        (
            "\"levelOfAssurance\": \"reasonable\"",
            "\"levelOfAssurance\": \"high\"",
            FieldInvalid,
            footprint("verification.levelOfAssurance"),
        ),
        ("\"statementNumber\": \"EV-2026-0417\",", "", FieldMissing, footprint("verification.statementNumber")),
        ("\"bomRevision\": \"r7\"", "\"bomRevision\": \"r7\", \"colour\": \"red\"", UnknownField, footprint("colour")),
        ("\"model\": \"BP-48100\"", "\"Model\": \"BP-48100\"", UnknownField, subject("Model")),
    ];
    for (from, to, code, path) in cases {
        let (flaws, _) = edit(from, to);
        assert_eq!(flaws, [(*code, path.clone())], "{from} -> {to}");
    }
}

/// Depth, count and shape of hostile passports: an answer, with a code, and no panic.
#[test]
fn hostile_passports_are_answered() {
    let deep = BATTERY.replacen("\"name\": \"Cathode active material\"", "\"name\": \"x\", \"components\": [{\"name\": \"y\"}]", 1);
    assert_eq!(found(&deep).0, [(Code::FieldInvalid, footprint("components[0].components[0].components"))]);
    let element = "{\"name\": \"x\", \"emissions\": \"0\"},".repeat(250);
    let many = BATTERY.replacen("\"components\": [\n", &format!("\"components\": [\n{element}"), 1);
    assert!(found(&many).0.contains(&(Code::FieldInvalid, footprint("components"))));
    for (text, code) in [
        ("", Code::JsonNotStrict),
        ("[]", Code::FieldInvalid),
        ("{}", Code::ContextNotPinned),
        ("{\"@context\": {\"@vocab\": \"https://schema.org/\"}}", Code::ContextNotPinned),
        ("{\"credentialSubject\": []}", Code::ContextNotPinned),
    ] {
        let report = read_passport(text.as_bytes(), &[]);
        assert!(report.flaws.iter().any(|f| f.code == code) && report.facts.is_none(), "{text}");
    }
}

/// Any byte that is changed in signed content changes the fingerprint, or the document is refused.
#[test]
fn no_byte_of_signed_content_can_change_unnoticed() {
    let report = read_passport(BATTERY.as_bytes(), &[]);
    let mut state = 0x2545_f491_4f6c_dd1du64;
    for _ in 0..2000 {
        // xorshift: a fixed seed, so that a failure is the same everywhere.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut bytes = BATTERY.as_bytes().to_vec();
        let at = usize::try_from(state).unwrap_or(0) % bytes.len();
        let to = u8::try_from(state >> 40 & 0x7f).unwrap_or(0);
        let space = |b: u8| matches!(b, b' ' | b'\n' | b'\t' | b'\r');
        if bytes[at] == to || (space(bytes[at]) && space(to)) {
            continue;
        }
        bytes[at] = to;
        let changed = read_passport(&bytes, &[]);
        assert!(changed.fingerprint != report.fingerprint, "byte {at} became {to}");
    }
}
