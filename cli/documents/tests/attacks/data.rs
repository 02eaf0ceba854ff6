//! Attacks on the data inside: what the first signature does not cover, or no reader can hold to one meaning, is no fact.

use crate::common::replace;
use crate::files::{DATA, objects, revised, signed, stream, with};
use eco_core::Fingerprint;
use eco_core::verdict::{Code, DocumentFindings, Facts, Subject};
use eco_documents::metadata::read_metadata;
use eco_documents::pdf::read_pdf;

const FILE: &str = "/Type/EmbeddedFile/Subtype/application#2Fld+json";
const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R";

fn codes(findings: &DocumentFindings) -> Vec<Code> {
    let of_data = |code: &Code| *code != Code::SignerPathNotEstablished;
    findings.findings.iter().map(|finding| finding.code).filter(of_data).collect()
}

fn fact(findings: &DocumentFindings) -> Option<Fingerprint> {
    match &findings.facts {
        Facts::Certificate(facts) => Some(facts.fingerprint),
        _ => None,
    }
}

/// The data is a fact, and that nobody compared the print with it is said each time.
#[test]
pub(crate) fn data_in_form_is_a_fact() {
    let findings = read_pdf(&signed(&objects()));
    assert_eq!(codes(&findings), [Code::PrintedTextNotCompared]);
    assert_eq!(fact(&findings), read_metadata(DATA.as_bytes()).fingerprint);
    assert_eq!(findings.candidates.len(), 1, "the data's own proof is no candidate of the PDF");
}

#[test]
pub(crate) fn a_certificate_without_data_says_so() {
    let findings = read_pdf(&signed(&with(&[(1, &format!("{CATALOG}>>"))])));
    assert_eq!((codes(&findings), fact(&findings)), (vec![Code::MetadataMissing], None));
}

/// Each flaw is a finding, placed by its member: an offset into the attachment is none into the file.
#[test]
pub(crate) fn flaws_of_the_data_are_findings() {
    let changed = replace(&signed(&objects()), b"\"agreement\"", b"\"agreemenT\"");
    let findings = read_pdf(&changed);
    for (code, member) in [(Code::FieldMissing, "credentialSubject.agreement"), (Code::UnknownField, "credentialSubject.agreemenT")] {
        let found = findings.findings.iter().find(|finding| finding.code == code).unwrap();
        assert_eq!((found.path.as_deref(), &found.place, found.subject), (Some(member), &None, Subject::Certificate));
    }
    assert_eq!(fact(&findings), None);
}

/// Nobody signs what no verifier would accept.
#[test]
pub(crate) fn flawed_data_is_not_signed() {
    let unsigned = |data: &str| crate::files::table(&with(&[(9, &stream(FILE, data))]));
    let number = "\"certificateNumber\": \"26C4403A000100001\",";
    let cases = [
        (DATA.replace("\"agreement\": \"RCEP\",", ""), Code::FieldMissing),
        (DATA.replace(number, &format!("{number} \"extra\": \"1\",")), Code::UnknownField),
        (DATA.replace(number, &format!("{number} {number}")), Code::JsonNotStrict),
        ("{\"origin\":1}".to_owned(), Code::JsonNotStrict),
    ];
    for (data, code) in cases {
        let refused = crate::files::sign_in(&unsigned(&data), "Chamber").unwrap_err();
        assert!(refused.to_string().contains(code.name()), "{refused}: {code}");
    }
}

/// Data added or exchanged after the signature is never believed, whatever the signatures allow.
#[test]
pub(crate) fn later_data_is_not_believed() {
    let other = DATA.replace("26C4403A000100001", "26C4403A000100002");
    let exchanged = revised(&signed(&objects()), &[(9, &stream(FILE, &other))]);
    let findings = read_pdf(&exchanged);
    assert!(codes(&findings).contains(&Code::PdfModifiedAfterSigning), "{findings:?}");
    assert_eq!(fact(&findings), read_metadata(DATA.as_bytes()).fingerprint, "the signed data is what is said");
    let without = signed(&with(&[(1, &format!("{CATALOG}>>"))]));
    let added = revised(&without, &[(1, &format!("{CATALOG}/Names<</EmbeddedFiles<</Names[(certificate-of-origin.jsonld) 8 0 R]>>>>>>"))]);
    let findings = read_pdf(&added);
    assert!(codes(&findings).contains(&Code::PdfModifiedAfterSigning), "{findings:?}");
    assert_eq!(fact(&findings), None);
}

/// Two attachments of the name: which one would be meant?
#[test]
pub(crate) fn data_twice_is_refused() {
    let names = "(certificate-of-origin.jsonld) 8 0 R";
    let twice = with(&[(1, &format!("{CATALOG}/Names<</EmbeddedFiles<</Names[{names} {names}]>>>>>>"))]);
    let refused = crate::files::sign_in(&crate::files::table(&twice), "Chamber").unwrap_err();
    assert!(refused.to_string().contains("2 attached files"), "{refused}");
}
