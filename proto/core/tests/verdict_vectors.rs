//! Golden vectors of saved verdicts (SPEC 11.8): what each version holds, and what a reader must refuse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::eco_file::{FileKind, unwrap, wrap};
use eco_core::number::CertificateNumber;
use eco_core::verdict::{
    Code, Eligibility, Finding, Policy, Question, SavedAsked, SavedConsignment, SavedDocument, SavedPassport, SavedScheme, SavedVerdict,
    SchemeVerdict, Subject, Trust, Verdict,
};
use kit::carbon::{declaration, scheme};
use kit::golden::{Vectors, golden};
use kit::*;

/// Bytes of the container before the content.
const CONTAINER: usize = 10;

fn finding(code: Code) -> Finding {
    Finding::new(code, Subject::Certificate, "")
}

fn scheme_verdict() -> SchemeVerdict {
    SchemeVerdict {
        scheme: "battery-lane".into(),
        revision: Some(eco_core::name::Revision(2)),
        eligibility: Eligibility::NotEligible,
        mode: None,
        effect: None,
        reference: Some(START.plus_ms(1000)),
        reasons: vec![finding(Code::AccreditationNotRecognised)],
        checks: vec![],
        not_established: vec![],
    }
}

/// A certificate with its receipt and its status, asked about by number.
fn plain() -> SavedVerdict {
    let mut network = Network::production();
    let index = network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "co", "CO-1"))]);
    let status = network.status_of("cn-ccpit", fingerprint("co"), Some(signer("cn-ccpit")));
    let question = Question {
        now: network.now().plus_ms(60_000),
        as_of: Some(network.now()),
        issuer: Some(org("cn-ccpit")),
        number: Some(CertificateNumber::normalise("CO-1").unwrap()),
        kind: None,
    };
    let mut found = findings("co", "cn-ccpit");
    found.findings = vec![finding(Code::MetadataMissing)];
    let about = SavedDocument { name: "co.pdf", content: [7; 32], findings: &found };
    let verdict = Verdict {
        trust: Trust::Trusted,
        reasons: vec![finding(Code::MetadataMissing)],
        checks: vec![],
        recorded: None,
        head: None,
        not_established: vec![],
    };
    SavedVerdict::of(&question, &Policy::default(), about, &[network.receipt(index).to_file()], &[status.to_file()], &verdict)
}

fn together() -> SavedConsignment {
    SavedConsignment {
        data: Some(b"{}".to_vec()),
        is_passport: false,
        country: "KR".parse().ok(),
        lodging: None,
        arrival: Some(START),
        own: None,
        asked: SavedAsked::Named("battery-lane".parse().unwrap()),
        entry: vec![("hs".into(), "850760".into())],
        passports: vec![SavedPassport {
            name: "bp.jsonld".into(),
            data: b"{\"a\":\"b\"}".to_vec(),
            receipts: vec![vec![3]],
            trust: "TRUSTED".into(),
            codes: vec!["OTHER_CLAIMS".into()],
        }],
        scheme: Some(SavedScheme::of(&scheme_verdict())),
    }
}

/// The same for a customs that named its own declaration.
fn declared() -> SavedConsignment {
    SavedConsignment { own: Some((org("kr-customs"), declaration("kr-customs", "1"))), ..together() }
}

fn alone() -> SavedConsignment {
    SavedConsignment {
        data: None,
        country: None,
        arrival: None,
        asked: SavedAsked::Nothing,
        entry: vec![],
        passports: vec![],
        scheme: None,
        ..together()
    }
}

fn file(verdict: &SavedVerdict) -> Vec<u8> {
    wrap(FileKind::Verdict, verdict)
}

/// The file with one run of bytes in place of another, which is there once.
fn edit(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(at, _)| at).collect();
    let [at] = places[..] else { panic!("{} is there {} times", String::from_utf8_lossy(from), places.len()) };
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// A string as it stands in the file.
fn string(text: &str) -> Vec<u8> {
    [u32::try_from(text.len()).unwrap().to_le_bytes().as_slice(), text.as_bytes()].concat()
}

fn good() -> Vec<(&'static str, Vec<u8>)> {
    let rules = SavedAsked::Rules(Box::new(scheme("battery-1")));
    let passport = SavedConsignment { is_passport: true, data: Some(b"{}".to_vec()), ..alone() };
    vec![
        ("version 1: trust alone", file(&plain())),
        ("version 2: with the answer for a scheme", file(&plain().with_scheme(&scheme_verdict()))),
        ("version 3: everything that was judged together", file(&plain().with_consignment(together()))),
        ("version 3: a document by itself", file(&plain().with_consignment(alone()))),
        ("version 3: by the asker's own rules", file(&plain().with_consignment(SavedConsignment { asked: rules, ..alone() }))),
        ("version 3: a passport without certificate", file(&plain().with_consignment(passport))),
        ("version 4: with the asker's own declaration", file(&plain().with_consignment(declared()))),
    ]
}

fn bad() -> Vec<(String, Vec<u8>)> {
    let [one, two] = [file(&plain()), file(&plain().with_scheme(&scheme_verdict()))];
    let [three, four] = [together(), declared()].map(|consignment| file(&plain().with_consignment(consignment)));
    let alone = file(&plain().with_consignment(alone()));
    let set = |bytes: &[u8], at: usize, byte: u8| {
        let mut changed = bytes.to_vec();
        changed[at] = byte;
        changed
    };
    let word = |bytes: &[u8], from: &str, to: &str| edit(bytes, &string(from), &string(to));
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |comment: &str, bytes: Vec<u8>| cases.push((comment.into(), bytes));
    for (content, bytes) in [("1", &one), ("2", &two), ("3", &three), ("4", &four)] {
        for version in (0..=5u8).filter(|version| version.to_string() != content) {
            add(&format!("content of version {content}, called version {version}"), set(bytes, CONTAINER, version));
        }
    }
    add("another magic", set(&three, 0, 0x88));
    add("another kind of file", set(&three, CONTAINER - 2, FileKind::Receipt as u8));
    add("another version of the container", set(&three, CONTAINER - 1, 2));
    add("a byte more", [three.as_slice(), &[0]].concat());
    add("a byte less", three[..three.len() - 1].to_vec());
    add("the container alone", three[..CONTAINER].to_vec());
    add("cut before what was judged together", [&one[..CONTAINER], &[3], &one[CONTAINER + 1..]].concat());
    add("a verdict that is no word", word(&one, "TRUSTED", "GENUINE"));
    add(
        "a code that nobody knows, found in the document",
        edit(&three, &[string("METADATA_MISSING"), string("")].concat(), &[string("METADATA_MISSENT"), string("")].concat()),
    );
    add("a code that nobody knows, on a passport", word(&three, "OTHER_CLAIMS", "OTHER_CLAIM"));
    add("a code that nobody knows, for the scheme", word(&three, "ACCREDITATION_NOT_RECOGNISED", "ACCREDITATION_RECOGNISED"));
    add("an answer for the scheme that is no word", word(&three, "NOT_ELIGIBLE", "LIKELY"));
    add("an answer for the scheme that is no word, version 2", word(&two, "NOT_ELIGIBLE", "eligible"));
    let passport = [string("bp.jsonld"), string("{\"a\":\"b\"}")].concat();
    let receipts = [1u32.to_le_bytes().as_slice(), &1u32.to_le_bytes(), &[3]].concat();
    let (trusted, believed) = ([passport.clone(), receipts.clone(), string("TRUSTED")], [passport, receipts, string("BELIEVED")]);
    add("a verdict on a passport that is no word", edit(&three, &trusted.concat(), &believed.concat()));
    add("a number that is not normalised", word(&three, "CO-1", " co-1"));
    let country = [&[0u8, 1][..], b"KR"].concat();
    add("a country in lower case", edit(&three, &country, &[&[0u8, 1][..], b"kr"].concat()));
    add("a boolean that is neither", edit(&three, &country, &[&[2u8, 1][..], b"KR"].concat()));
    add("an option that is neither", edit(&three, &country, &[&[0u8, 2][..], b"KR"].concat()));
    let own = string("kr-customs");
    add("the asker's customs with a space", edit(&four, &own, &string("kr customs")));
    add("the asker's declaration cut off", four[..four.len() - 1].to_vec());
    add("a text that is not UTF-8", edit(&three, &string("850760"), &[string("850760")[..9].to_vec(), vec![0xff]].concat()));
    let asked = [vec![1], string("battery-lane"), 1u32.to_le_bytes().to_vec()].concat();
    add("a scheme asked for in a fourth way", edit(&three, &asked, &[&[3], &asked[1..]].concat()));
    add(
        "a scheme asked for under a name in upper case",
        edit(&three, &asked, &[vec![1], string("Battery-lane"), asked[17..].to_vec()].concat()),
    );
    // Its last 15 bytes: no data; whether it is a passport; no country, lodging, arrival, scheme; two empty lists; no answer.
    let is_passport = alone.len() - 14;
    add("a passport without its data", set(&alone, is_passport, 1));
    add("more passports than there are bytes", [&alone[..alone.len() - 5], &[0xff; 4], &[0]].concat());
    cases
}

fn described(verdict: &SavedVerdict) -> String {
    let (trust, codes) = verdict.stated();
    let together = verdict.consignment();
    let scheme = verdict.stated_scheme().map_or("-".into(), |s| format!("{} {}", s.eligibility, s.codes.join("+")));
    let own = together.and_then(|t| t.own).map_or("-".into(), |(customs, declaration)| format!("{customs} {declaration}"));
    let passports = together.map_or(0, |t| t.passports.len());
    let (receipts, statuses) = (verdict.receipts().len(), verdict.statuses().len());
    format!("{trust} {}; scheme {scheme}; own {own}; passports {passports}; receipts {receipts}; status proofs {statuses}", codes.join("+"))
}

#[test]
fn saved_verdicts_in_bytes() {
    let mut out = Vectors::new(
        "Saved verdicts (SPEC 11.8). expect: what the file states (verdict and codes, answer for the scheme, the asker's own declaration) and\n\
         how many passports, receipts and status proofs it keeps; or refused: a reader gives no part of such a file.",
    );
    let read = |bytes: &[u8]| unwrap::<SavedVerdict>(FileKind::Verdict, bytes);
    let (good, bad) = (good(), bad());
    assert!(bad.len() > 2 * good.len());
    for (comment, bytes) in good {
        let verdict = read(&bytes).unwrap_or_else(|defect| panic!("{comment}: {defect}"));
        assert_eq!(file(&verdict), bytes, "{comment}: it is written as it was read");
        out.case(&[("comment", comment.into()), ("verdict", hex::encode(&bytes)), ("expect", described(&verdict))]);
    }
    for (comment, bytes) in bad {
        assert!(read(&bytes).is_err(), "{comment}");
        out.case(&[("comment", comment), ("verdict", hex::encode(&bytes)), ("expect", "refused".into())]);
    }
    golden("verdicts.txt", &out.0);
}
