//! Golden vectors of genesis version 2, the statements 3 to 7, their records, and their status proofs.
#![allow(clippy::too_many_lines, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::codec::{CodecDefect, decode, encode};
use eco_core::document::DocumentId;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::entry::Entry;
use eco_core::name::Revision;
use eco_core::recognition::HsPrefix;
use eco_core::state::{RecordKey, SchemeKey};
use eco_core::statement::{Attest, Present, PresentationState, Recognise, Statement, WithdrawAttest};
use eco_core::status::{StatusDefect, StatusProof};
use kit::carbon::*;
use kit::golden::{Vectors, golden};
use kit::*;

const BATTERY: &str = "https://id.gs1.org/01/06901234567892";

/// Cases with a colon that hold all the same.
const GOOD: [&str; 3] = ["Recognise: all codes", "Present: lodged", "Present: released"];

/// Everything there is once: attested, recognised in two steps, presented six times, a withdrawn attestation.
fn full() -> Network {
    let mut n = network();
    let (p, c) = (passport_id("acme-battery", "p"), DocumentId::of(&org("cn-ccpit"), &fingerprint("c")));
    n.record(vec![n.anchor("acme-battery", passport("p", BATTERY)), n.anchor("cn-ccpit", certificate("cn-ccpit", "c", "CO-1"))]);
    n.record(vec![
        n.attests("cn-verify", attest(p, 0, "1")),
        n.attests("eu-verify", attest(p, 0, "1")),
        n.recognises("jp-standards", recognise(country("JP"), "cn-accredit", 0)),
        n.recognises("cn-accredit", recognise(accreditation("cn-accredit"), "cn-verify", 0)),
    ]);
    for number in 0..6 {
        n.record(vec![n.presents("jp-customs", present(c, "jp-customs", &number.to_string(), 0, PresentationState::Lodged))]);
    }
    n.record(vec![n.withdraws("eu-verify", withdraw_attest(p, 1, "1"))]);
    n
}

fn names() -> Vec<(&'static str, RecordKey)> {
    let (p, c) = (passport_id("acme-battery", "p"), DocumentId::of(&org("cn-ccpit"), &fingerprint("c")));
    let (jp, by) = (country("JP"), accreditation("cn-accredit"));
    let (verify, acme, key) = (org("cn-verify"), org("acme-battery"), product(BATTERY));
    vec![
        ("attestations", RecordKey::Attestations(p)),
        ("attestation-slot", RecordKey::AttestationSlot(p, 4)),
        ("attestation", RecordKey::Attestation(p, verify)),
        ("presentations", RecordKey::Presentations(c)),
        ("presentation-slot", RecordKey::PresentationSlot(c, 4)),
        ("presentation", RecordKey::Presentation(c, org("jp-customs"), declaration("jp-customs", "0"))),
        ("recognitions", RecordKey::Recognitions(jp, org("cn-accredit"))),
        ("recognition", RecordKey::Recognition(by, verify, 0)),
        ("recognised", RecordKey::Recognised(jp)),
        ("recognised-slot", RecordKey::RecognisedSlot(jp, 4)),
        ("recognisers", RecordKey::Recognisers(verify)),
        ("recogniser-slot", RecordKey::RecogniserSlot(verify, 4)),
        ("products", RecordKey::Products(acme, key)),
        ("product-slot", RecordKey::ProductSlot(acme, key, 4)),
        ("authority", RecordKey::Authority("JP".parse().unwrap())),
        ("schemes", RecordKey::Schemes),
        ("scheme-slot", RecordKey::SchemeSlot(4)),
        ("scheme", RecordKey::Scheme(SchemeKey::of(&"battery-1".parse().unwrap()))),
    ]
}

#[test]
fn statements_in_bytes() {
    let n = network();
    let p = passport_id("acme-battery", "p");
    let mut out = Vectors::new(
        "Genesis version 2 and the statements 3 to 7 (SPEC 7, 8.7 to 8.9). entry: entry bytes in hex.\nexpect: the entry id, or refused: malformed (1), structure (8.7 to 8.9).",
    );
    out.case(&[("genesis", hex::encode(encode(&n.genesis))), ("network-id", n.id().to_string())]);
    let jp = country("JP");
    let mut cases: Vec<(&str, Vec<u8>)> = Vec::new();
    let bytes = |statement: Statement| {
        let author = "cn-verify".parse().unwrap();
        encode(&Entry { version: 1, network: n.id(), author, agent: None, not_after: START, statement })
    };
    let attests = |change: &dyn Fn(&mut Attest)| {
        let mut statement = attest(p, 0, "EV-2026-0417");
        change(&mut statement);
        bytes(Statement::Attest(statement))
    };
    let row = |change: &dyn Fn(&mut Recognise)| {
        let mut statement = recognise(jp, "cn-verify", 0);
        change(&mut statement);
        bytes(Statement::Recognise(statement))
    };
    let shows = |base, state| bytes(Statement::Present(Present { base: Revision(base), state, ..present(p, "jp-customs", "1", 0, state) }));
    let edit = |bytes: &[u8], from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    };
    let good = attests(&|_| {});
    cases.push(("Attest", good.clone()));
    cases.push(("Attest: the period ends when it begins", attests(&|a| a.period_until = a.period_from)));
    cases.push(("Attest: the period is backwards", attests(&|a| (a.period_from, a.period_until) = (a.period_until, a.period_from))));
    cases.push(("Attest: standard in lower case", edit(&good, b"ISO14065", b"iso14065")));
    cases.push(("Attest: standard with a space", edit(&good, b"ISO14065", b"ISO 4065")));
    cases.push(("Attest: standard of one character", edit(&good, b"\x0d\0\0\0ISO14065:2020", b"\x01\0\0\0I")));
    cases.push(("Attest: body cut", good[..good.len() - 1].to_vec()));
    cases.push(("Attest: a byte more", [good.as_slice(), &[0]].concat()));
    let withdrawal = |base| bytes(Statement::WithdrawAttest(WithdrawAttest { base: Revision(base), ..withdraw_attest(p, 1, "1") }));
    cases.push(("WithdrawAttest", withdrawal(1)));
    cases.push(("WithdrawAttest: base revision 0", withdrawal(0)));
    let good = row(&|_| {});
    cases.push(("Recognise for a country", good.clone()));
    cases.push(("Recognise by an accreditation body", row(&|r| r.scope = accreditation("cn-accredit"))));
    cases.push(("Recognise: all codes", row(&|r| r.prefixes = vec![HsPrefix::Any])));
    cases.push(("Recognise: no prefix", row(&|r| r.prefixes.clear())));
    cases.push(("Recognise: prefixes descending", row(&|r| r.prefixes.reverse())));
    cases.push(("Recognise: a prefix twice", row(&|r| r.prefixes[1] = r.prefixes[0])));
    cases.push(("Recognise: * beside a prefix", row(&|r| r.prefixes.insert(0, HsPrefix::Any))));
    let many = |r: &mut Recognise| r.prefixes = (10..43).map(|k| k.to_string().parse().unwrap()).collect();
    cases.push(("Recognise: 33 prefixes", row(&many)));
    cases.push(("Recognise: a prefix of one digit", edit(&good, b"\x04\0\0\08507", b"\x01\0\0\08")));
    cases.push(("Recognise: a prefix with a letter", edit(&good, b"\x04\0\0\08507", b"\x04\0\0\0850x")));
    cases.push(("Recognise: ends when it begins", row(&|r| r.valid_until = Some(r.valid_from))));
    cases.push(("Recognise: source is no web address", edit(&good, b"https://", b"ftps:///")));
    cases.push(("Recognise: source with a space", edit(&good, b"lists.example/", b"lists example/")));
    let long = |r: &mut Recognise| r.source.url = format!("https://{}", "a".repeat(193));
    cases.push(("Recognise: source of 201 bytes", row(&long)));
    cases.push(("Recognise: scope 3", edit(&good, b"\x01JP", b"\x03JP")));
    cases.push(("Recognise: country in lower case", edit(&good, b"\x01JP", b"\x01jp")));
    let unrow = |base| bytes(Statement::WithdrawRecognise(withdraw_recognise(jp, "cn-verify", 0, base)));
    cases.push(("WithdrawRecognise", unrow(1)));
    cases.push(("WithdrawRecognise: base revision 0", unrow(0)));
    cases.push(("Present: lodged", shows(0, PresentationState::Lodged)));
    cases.push(("Present: released", shows(1, PresentationState::Released)));
    cases.push(("Present: lodged a second time", shows(1, PresentationState::Lodged)));
    cases.push(("Present: released at base revision 0", shows(0, PresentationState::Released)));
    let mut sixth = shows(1, PresentationState::Withdrawn);
    *sixth.last_mut().unwrap() = 6;
    cases.push(("Present: state 6", sixth));
    let mut negative = 0;
    for (comment, bytes) in &cases {
        let expect = match decode::<Entry>(bytes) {
            Ok(entry) => entry.id().to_string(),
            Err(CodecDefect::Invalid { .. }) => "refused structure".into(),
            Err(_) => "refused malformed".into(),
        };
        negative += usize::from(expect.starts_with("refused"));
        let good = !comment.contains(':') || GOOD.contains(comment);
        assert_eq!(expect.starts_with("refused"), !good, "{comment}: {expect}");
        out.case(&[("comment", (*comment).into()), ("entry", hex::encode(bytes)), ("expect", expect)]);
    }
    assert!(negative * 2 > cases.len());
    for (context, key) in names() {
        out.case(&[("record-type", context.into()), ("record-key", hex::encode(encode(&key))), ("state-key", key.state_key().to_string())]);
    }
    golden("statements.txt", &out.0);
}

#[test]
fn status_proofs_of_carbon() {
    let n = full();
    let trust = n.trust();
    let mut out = Vectors::new("Status proofs over the records 9 to 26 (SPEC 10, 11.4); expect as in status-proofs.txt.");
    out.case(&[("trust", hex::encode(wrap(FileKind::TrustRoot, &trust)))]);
    let all = n.status(&names().iter().map(|(_, key)| *key).collect::<Vec<_>>());
    let c = DocumentId::of(&org("cn-ccpit"), &fingerprint("c"));
    let counter = RecordKey::Presentations(c);
    let list = n.status(&[counter, counter.slot(4).unwrap(), counter.slot(5).unwrap(), counter.slot(6).unwrap()]);
    let mut cases: Vec<(String, StatusProof)> = vec![
        ("one record of each type, slots absent but those of presentations and schemes".into(), all.clone()),
        ("a complete list of six presentations, and that there is no seventh".into(), list.clone()),
    ];
    for item in 0..list.items.len() {
        let mut proof = list.clone();
        proof.items[item].record = match proof.items[item].record {
            Some(_) => None,
            None => Some(encode(&(org("kr-customs"), [0u8; 32]))),
        };
        cases.push((format!("item {item} of the list hidden or invented"), proof));
    }
    for (item, (name, _)) in all.items.iter().zip(names()).enumerate().map(|(at, (_, name))| (at, name)) {
        let mut proof = all.clone();
        if let Some(record) = proof.items[item].record.as_mut() {
            let last = record.len() - 1;
            record[last] ^= 1;
            cases.push((format!("the {name} altered"), proof));
        }
    }
    let mut older = list.clone();
    older.items[0].record = n.status(&[counter]).items[0].record.clone().map(|mut r| {
        r[0] = 5;
        r
    });
    cases.push(("the counter of an earlier head".into(), older));
    let negative = cases.len() - 2;
    assert!(negative > 10);
    for (comment, proof) in cases {
        let file = proof.to_file();
        let expect = match StatusProof::from_file(&file, &trust).and_then(|p| p.verify(&trust).map(|_| p)) {
            Ok(proof) => format!("shown {}", proof.items.iter().map(|i| if i.record.is_some() { '1' } else { '0' }).collect::<String>()),
            Err(StatusDefect::File(_)) => "refused file".into(),
            Err(StatusDefect::Trust(_) | StatusDefect::OtherNetwork { .. }) => "refused seal".into(),
            Err(StatusDefect::Proof { .. } | StatusDefect::OtherRecord { .. }) => "refused proof".into(),
        };
        out.case(&[("comment", comment), ("status", hex::encode(&file)), ("expect", expect)]);
    }
    golden("status-carbon.txt", &out.0);
}
