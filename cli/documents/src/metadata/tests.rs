//! The worked example and what becomes of it under one edit.

use super::*;
use crate::json;
use eco_core::verdict::Code;

/// The example of the reference, its computed members filled in.
pub(crate) const EXAMPLE: &str = include_str!("../../tests/documents/certificate.json");

fn codes(text: &str) -> Vec<(Code, String)> {
    read_metadata(text.as_bytes()).flaws.into_iter().map(|f| (f.code, f.path)).collect()
}

/// One edit of the example and what it gives, alone.
fn edit(from: &str, to: &str) -> Vec<(Code, String)> {
    assert!(EXAMPLE.contains(from), "{from}");
    codes(&EXAMPLE.replacen(from, to, 1))
}

fn one(code: Code, path: &str) -> Vec<(Code, String)> {
    vec![(code, path.into())]
}

const SUBJECT: &str = "credentialSubject";

/// What the reader takes from a document must be all of it: a field dropped here never reaches the paper.
#[test]
fn the_example_is_read_whole_and_written_back() {
    let report = read_metadata(EXAMPLE.as_bytes());
    assert_eq!(report.flaws, []);
    let metadata = report.metadata.unwrap();
    assert_eq!(metadata.items[0].fob_value.as_ref().unwrap().written, "38400.00");
    assert_eq!(metadata.proof_type.kind(), DocumentKind::Certificate);
    let again = read_metadata(json::pretty(&metadata.to_node()).as_bytes());
    assert_eq!(again.fingerprint, report.fingerprint, "written back, it is the same document");
    assert_eq!(again.metadata.unwrap(), metadata);
}

/// Each rule of the table, broken once: its own code, at its own path, and nothing else.
#[test]
fn every_rule_has_its_code_and_place() {
    use Code::{ContextNotPinned, FieldInvalid, FieldMissing, ProfileVersionUnsupported, SignerNotIssuer, StringNotNfc, UnknownField};
    let item = format!("{SUBJECT}.originItems[0]");
    let at = |name: &str| format!("{SUBJECT}.{name}");
    let cases: &[(&str, &str, Code, String)] = &[
        ("notary/v1", "notary/v2", ProfileVersionUnsupported, "@context".into()),
        ("credentials/v2", "credentials/v1", ContextNotPinned, "@context".into()),
        ("\"validUntil\": \"2027-05-09T23:59:59Z\"", "\"validUntil\": \"2028-05-09T23:59:59Z\"", FieldInvalid, "validUntil".into()),
        ("\"validUntil\": \"2027-05-09T23:59:59Z\",", "", FieldMissing, "validUntil".into()),
        ("\"certificateNumber\": \"26C4403A000100001\",", "", FieldMissing, at("certificateNumber")),
        ("\"certificateNumber\": \"26C4403A000100001\"", "\"certificateNumber\": \"26#1\"", FieldInvalid, at("certificateNumber")),
        ("\"certificateNumber\": \"26C4403A000100001\"", "\"certificateNumber\": \"26C4403A000099998\"", FieldInvalid, at("replaces")),
        ("\"proofOfOriginType\": \"CO\"", "\"proofOfOriginType\": \"XX\"", FieldInvalid, at("proofOfOriginType")),
        ("\"nonce\": \"7f", "\"nonce\": \"7F", FieldInvalid, at("nonce")),
        ("\"issueDate\": \"2026-05-10\"", "\"issueDate\": \"10.05.2026\"", FieldInvalid, at("issueDate")),
        ("\"issuedRetroactively\": false", "\"issuedRetroactively\": \"false\"", FieldInvalid, at("issuedRetroactively")),
        ("\"thirdPartyInvoicing\": false,", "", FieldMissing, at("thirdPartyInvoicing")),
        ("\"exportedTo\": \"VN\"", "\"exportedTo\": \"Vietnam\"", FieldInvalid, at("exportedTo")),
        ("\"producerDisclosure\": \"same\"", "\"producerDisclosure\": \"named\"", FieldMissing, at("producer")),
        ("\"portOfDischarge\": \"VNSGN\"", "\"portOfDischarge\": \"Saigon\"", FieldInvalid, at("transport.portOfDischarge")),
        (
            "\"id\": \"did:web:ccpit.example.cn\",\n   \"type\"",
            "\"id\": \"did:web:other.example.cn\",\n   \"type\"",
            SignerNotIssuer,
            at("issuingBody"),
        ),
        ("\"packageCount\": \"40\"", "\"packageCount\": \"forty\"", FieldInvalid, format!("{item}.packageCount")),
        ("\"itemNumber\": \"1\"", "\"itemNumber\": \"2\"", FieldInvalid, format!("{item}.itemNumber")),
        ("\"codeValue\": \"850760\"", "\"codeValue\": \"8507.60\"", FieldInvalid, format!("{item}.hsClassification.codeValue")),
        ("\"inCodeSet\": \"HS2022\"", "\"inCodeSet\": \"HS2012\"", FieldInvalid, format!("{item}.hsClassification.inCodeSet")),
        ("\"originCriterion\": \"RVC\"", "\"originCriterion\": \"PSR\"", FieldInvalid, format!("{item}.originCriterion")),
        ("\"originCriterion\": \"RVC\"", "\"originCriterion\": \"WO\"", FieldInvalid, format!("{item}.fobValue")),
        ("\"ACU\"", "\"CTH\"", FieldInvalid, format!("{item}.originQualifier")),
        ("\"quantityValue\": \"40\"", "\"quantityValue\": \"0\"", FieldInvalid, format!("{item}.quantity.quantityValue")),
        ("\"currency\": \"USD\"", "\"currency\": \"$\"", FieldInvalid, format!("{item}.fobValue.currency")),
        ("01/06901234567892", "01/06901234567893", FieldInvalid, format!("{item}.originProduct.id")),
        ("\"fingerprint\": \"jcs:", "\"fingerprint\": \"file:", FieldInvalid, format!("{item}.carbonPassport.fingerprint")),
        ("\"agreement\": \"RCEP\"", "\"agreement\": \"RCEP\", \"colour\": \"red\"", UnknownField, at("colour")),
        ("\"id\": \"https://ccpit", "\"credentialStatus\": {}, \"id\": \"https://ccpit", UnknownField, "credentialStatus".into()),
        ("Saigon Storage JSC", "Caf\\u0065\\u0301", StringNotNfc, at("consignee.legalName")),
    ];
    for (from, to, code, path) in cases {
        assert_eq!(edit(from, to), one(*code, path), "{from} -> {to}");
    }
    let (from, upto) = (EXAMPLE.find("\"fobValue\"").unwrap(), EXAMPLE.find("\"invoice\"").unwrap());
    let without = format!("{}{}", &EXAMPLE[..from], &EXAMPLE[upto..]);
    assert_eq!(codes(&without), one(Code::FieldMissing, &format!("{item}.fobValue")), "no fobValue");
}

/// Someone mending a document by one finding at a time gives up: all of them come at once.
#[test]
fn all_flaws_come_at_once() {
    let mut text = EXAMPLE.replace("\"exportedTo\": \"VN\"", "\"exportedTo\": \"Vietnam\"");
    text = text.replace("\"agreement\": \"RCEP\"", "\"agreement\": \"RCEP\", \"colour\": \"red\"").replace("\"packageKind\": \"CT\",", "");
    let found: Vec<Code> = codes(&text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(found, [Code::UnknownField, Code::FieldInvalid, Code::FieldMissing]);
    let flaw = &read_metadata(text.as_bytes()).flaws[1];
    assert_eq!((flaw.found.as_str(), flaw.mend.as_str()), ("\"Vietnam\"", "write it like CN or VN"));
}

/// A declaration is its exporter's own word: no issuing body, and the exporter signs.
#[test]
fn declarations_are_issued_by_their_exporter() {
    let (from, upto) = (EXAMPLE.find("\"issuingBody\"").unwrap(), EXAMPLE.find("\"exporter\"").unwrap());
    let declaration = format!("{}{}", &EXAMPLE[..from], &EXAMPLE[upto..]).replace("\"CO\"", "\"DOC-EP\"");
    assert_eq!(codes(&declaration), one(Code::SignerNotIssuer, "credentialSubject.exporter"));
    let own = declaration.replace("did:web:ccpit.example.cn", "did:web:acme.example.cn");
    assert_eq!(codes(&own), []);
    assert_eq!(read_metadata(own.as_bytes()).metadata.unwrap().proof_type.kind(), DocumentKind::Declaration);
    let approved = own.replace("\"DOC-EP\"", "\"DOC-AE\"");
    assert_eq!(codes(&approved), one(Code::FieldMissing, "credentialSubject.approvedExporterCode"));
    assert_eq!(
        edit("\"proofOfOriginType\": \"CO\"", "\"proofOfOriginType\": \"DOC-EP\"").len(),
        2,
        "issuing body too much, exporter not the issuer"
    );
}

/// Links recomputed otherwise than the issuer made them condemn a genuine certificate.
#[test]
fn links_and_summary_follow_from_the_metadata() {
    use eco_core::commitment::LinkRole;
    use eco_core::document::Commitment;
    let report = read_metadata(EXAMPLE.as_bytes());
    let (metadata, own) = (report.metadata.unwrap(), report.fingerprint.unwrap());
    let passport = metadata.items[0].passport.clone().unwrap().fingerprint;
    let mut expected = vec![
        Commitment::link(&metadata.nonce(), LinkRole::Metadata, &own),
        Commitment::link(&metadata.nonce(), LinkRole::Passport, &passport),
    ];
    expected.sort_unstable();
    assert_eq!(metadata.links(&own, Carried::InPdf).unwrap(), expected);
    assert_eq!(metadata.links(&own, Carried::Alone).unwrap().len(), 1, "what is recorded itself is not linked");
    let summary = metadata.summary(&"ccpit".parse().unwrap()).unwrap();
    let lines: Vec<&str> = summary.as_str().lines().collect();
    assert_eq!(lines[..4], ["eco-summary-1", "26C4403A000100001", "ccpit", "CO"]);
    assert_eq!(lines[9], "1|850760|40 H87|RVC|CN");
    let facts = metadata.facts(own, None);
    assert_eq!(facts.summary.recorded_by(&"ccpit".parse().unwrap()), Ok(summary));
    assert_eq!(facts.items[0].product.as_deref(), Some("https://id.gs1.org/01/06901234567892"));
}
