//! What arrives from the world instead of a document: each spelling is answered with its code, on the right axis, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use eco_core::name::Timestamp;
use eco_core::verdict::{Class, Code};
use eco_documents::json::{self, BYTES_MAX, DEPTH_MAX, Node, text};
use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::metadata::read_metadata;
use eco_documents::passport::{COMPONENTS_MAX, read_passport};
use eco_documents::proof::{self, PROOFS_MAX};

const PASSPORT: &str = include_str!("documents/battery.json");
const CERTIFICATE: &str = include_str!("documents/certificate.json");

/// Another file made of a document.
type Edit = fn(&str) -> Vec<u8>;

/// Codes of what is wrong with the document itself, each once; notices and what schemes will say left out.
fn condemned(bytes: &[u8], is_passport: bool) -> Vec<Code> {
    let flaws = if is_passport { read_passport(bytes, &[]).flaws } else { read_metadata(bytes).flaws };
    let mut codes: Vec<Code> = flaws.iter().map(|f| f.code).filter(|c| !c.class().is_notice()).collect();
    codes.dedup();
    codes
}

/// One edit of the passport and of the certificate alike: both end with one and the same code.
fn both(edit: impl Fn(&str) -> Vec<u8>, code: Code, what: &str) {
    for (document, is_passport) in [(PASSPORT, true), (CERTIFICATE, false)] {
        assert_eq!(condemned(document.as_bytes(), is_passport), [], "the control");
        assert_eq!(condemned(&edit(document), is_passport), [code], "{what}, passport: {is_passport}");
        assert!(matches!(code.class(), Class::Untrustworthy | Class::NotEstablished), "{what} is on the axis of trust");
    }
}

/// Puts a member in front of all others.
fn with_member(document: &str, member: &str) -> Vec<u8> {
    document.replacen('{', &format!("{{{member},"), 1).into_bytes()
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

/// Two programs must never read one signed document in two ways.
#[test]
fn what_can_be_read_in_two_ways_is_not_strict() {
    let members = [
        ("a duplicate key", r#""a":"1","a":"2""#),
        ("a duplicate key by another spelling", r#""a":"1","\u0061":"2""#),
        ("a duplicate key further inside", r#""a":{"b":"1","b":"1"}"#),
        ("a number", r#""a":1"#),
        ("a negative number", r#""a":-1"#),
        ("zero", r#""a":0"#),
        ("a fraction", r#""a":1.5"#),
        ("an exponent", r#""a":1e3"#),
        ("a large number", r#""a":12345678901234567890"#),
        ("a number in a list", r#""a":["x",7]"#),
        ("not a number", r#""a":NaN"#),
        ("infinity", r#""a":-Infinity"#),
        ("a high surrogate alone", r#""a":"\ud800""#),
        ("a low surrogate alone", r#""a":"\udc00""#),
        ("surrogates in the wrong order", r#""a":"\udc00\ud800""#),
        ("a high surrogate before a letter", r#""a":"\ud800x""#),
        ("a surrogate in a name", r#""\ud800":"a""#),
        ("a control character", "\"a\":\"\u{1}\""),
        ("a tab in a string", "\"a\":\"\t\""),
        ("single quotes", "'a':'b'"),
        ("a comment", r#"/* */"a":"b""#),
        ("two commas", r#""a":"b","#),
        ("a bare word", r#""a":undefined"#),
        ("an unknown escape", r#""a":"\x41""#),
    ];
    for (what, member) in members {
        both(|document| with_member(document, member), Code::JsonNotStrict, what);
    }
    let levels = |count: usize| format!("\"a\":{}\"x\"{}", "[".repeat(count), "]".repeat(count));
    both(|document| with_member(document, &levels(DEPTH_MAX)), Code::JsonNotStrict, "one level too deep");
    both(|document| with_member(document, &levels(100_000)), Code::JsonNotStrict, "a hundred thousand levels");
    both(|document| with_member(document, &levels(DEPTH_MAX - 1)), Code::UnknownField, "the deepest that is read");
    let edits: [(&str, Edit); 10] = [
        ("a byte order mark", |d| [b"\xef\xbb\xbf", d.as_bytes()].concat()),
        ("UTF-16, little-endian", |d| utf16(d, u16::to_le_bytes)),
        ("UTF-16, big-endian", |d| utf16(d, u16::to_be_bytes)),
        ("UTF-16 with its mark", |d| [b"\xff\xfe".to_vec(), utf16(d, u16::to_le_bytes)].concat()),
        ("Latin-1", |d| d.replacen("Example", "Ex\u{1}mple", 1).bytes().map(|b| if b == 1 { 0xe4 } else { b }).collect()),
        ("a byte after the end", |d| [d.as_bytes(), b"x"].concat()),
        ("two documents", |d| [d.as_bytes(), d.as_bytes()].concat()),
        ("a NUL after the end", |d| [d.as_bytes(), b"\0"].concat()),
        ("cut short", |d| d.as_bytes()[..d.len() - 20].to_vec()),
        ("nothing", |_| Vec::new()),
    ];
    for (what, edit) in edits {
        both(edit, Code::JsonNotStrict, what);
    }
}

/// A bound that is off by one refuses honest documents, or lets hostile ones grow.
#[test]
fn bounds_hold_to_the_last_byte() {
    let padded = |document: &str, bytes: usize| format!("{document}{}", " ".repeat(bytes - document.len())).into_bytes();
    both(|document| padded(document, BYTES_MAX + 1), Code::JsonNotStrict, "one byte too many");
    assert_eq!(condemned(&padded(PASSPORT, BYTES_MAX), true), [], "as many bytes as are read");
    let edited = |from: &str, to: String| {
        assert!(PASSPORT.contains(from), "{from}");
        condemned(PASSPORT.replacen(from, &to, 1).as_bytes(), true)
    };
    let model = "\"model\": \"BP-48100\"";
    // Bounds of texts count code points, not bytes.
    for (count, codes) in [(200, vec![]), (201, vec![Code::FieldInvalid])] {
        assert_eq!(edited(model, format!("\"model\": \"{}\"", "电".repeat(count))), codes, "{count} code points");
    }
    let component = "{\"type\": \"Component\", \"name\": \"x\", \"emissions\": \"0\"}";
    let at = PASSPORT.find("\"components\": [").unwrap();
    let upto = PASSPORT[at..].find("\n   ]").or_else(|| PASSPORT[at..].find("]\n  }")).unwrap() + at;
    for (count, codes) in [(COMPONENTS_MAX, vec![]), (COMPONENTS_MAX + 1, vec![Code::FieldInvalid])] {
        let list = vec![component; count].join(",");
        let document = format!("{}\"components\": [{list}{}", &PASSPORT[..at], &PASSPORT[upto..]);
        assert_eq!(condemned(document.as_bytes(), true), codes, "{count} components");
    }
}

/// A vocabulary of somebody's own gives every term another meaning.
#[test]
fn only_the_two_pinned_contexts_in_their_order() {
    let node = |document: &str| json::read(document.as_bytes()).unwrap().get("@context").unwrap().clone();
    let contexts: Vec<String> = node(PASSPORT).as_list().unwrap().iter().map(|c| c.as_text().unwrap().to_owned()).collect();
    let (w3c, own) = (contexts[0].as_str(), contexts[1].as_str());
    let written = |document: &str, to: &str| {
        let mut members = json::read(document.as_bytes()).unwrap().as_object().unwrap().to_vec();
        for member in members.iter_mut().filter(|m| m.name == "@context") {
            member.node = json::read(to.as_bytes()).unwrap();
        }
        json::pretty(&Node::new(json::Value::Object(members))).into_bytes()
    };
    let wrong = [
        format!("[\"{own}\", \"{w3c}\"]"),
        format!("[\"{w3c}\"]"),
        format!("[\"{own}\"]"),
        format!("[\"{w3c}\", \"{own}\", \"https://evil.example/v1\"]"),
        format!("[\"{w3c}\", \"{own}\", {{\"name\": \"https://evil.example/name\"}}]"),
        format!("[\"{w3c}\", \"{own}\", \"{own}\"]"),
        format!("[\"{w3c}\", \"{own}/\"]"),
        format!("[\"{w3c}\", \"{}\"]", own.replace("https", "http")),
        format!("[\"{w3c}\", \"{}\"]", own.to_uppercase()),
        format!("\"{own}\""),
        "{}".into(),
        "[]".into(),
        "null".into(),
        "\"https://schema.org/\"".into(),
    ];
    for context in &wrong {
        both(|document| written(document, context), Code::ContextNotPinned, context);
    }
    let later = format!("[\"{w3c}\", \"{}\"]", own.replace("/v1", "/v2"));
    both(|document| written(document, &later), Code::ProfileVersionUnsupported, "a later version");
    for (document, is_passport) in [(PASSPORT, true), (CERTIFICATE, false)] {
        assert_eq!(condemned(&written(document, &format!("[\"{w3c}\", \"{own}\"]")), is_passport), [], "the control");
    }
}

/// What nobody defined could be anything: in no place is it passed over.
#[test]
fn unknown_members_are_refused_wherever_they_stand() {
    for (document, is_passport) in [(PASSPORT, true), (CERTIFICATE, false)] {
        let opens: Vec<usize> = document.match_indices('{').map(|(at, _)| at + 1).collect();
        for at in opens {
            let edited = format!("{}\"zzUnknown\": \"x\",{}", &document[..at], &document[at..]);
            assert_eq!(condemned(edited.as_bytes(), is_passport), [Code::UnknownField], "at byte {at}, passport: {is_passport}");
        }
    }
}

fn signed(times: usize) -> Node {
    let unsigned = json::read(PASSPORT.as_bytes()).unwrap();
    let key = |n: usize| SecretKey::of_seed(KeyAlgorithm::Ed25519, &[u8::try_from(n).unwrap(); 32]).unwrap();
    (1..=times)
        .fold(unsigned, |document, n| proof::sign(&document, &key(n), "did:web:acme.example.cn", Timestamp(1_778_400_900_000)).unwrap())
}

fn findings(document: &Node) -> Vec<Code> {
    read_passport(json::pretty(document).as_bytes(), &[]).findings().findings.iter().map(|f| f.code).collect()
}

/// The document with another value of its only proof's member.
fn with_proof(document: &Node, name: &str, value: Node) -> Node {
    let mut document = document.clone();
    let json::Value::Object(members) = &mut document.value else { panic!("an object") };
    let proof = &mut members.iter_mut().find(|m| m.name == "proof").unwrap().node;
    let json::Value::Object(proof) = &mut proof.value else { panic!("one proof") };
    proof.iter_mut().find(|m| m.name == name).unwrap().node = value;
    document
}

/// Proofs: as many as are checked, each by its own rules; one that does not hold condemns what it was put under.
#[test]
fn forged_swapped_foreign_and_too_many_proofs() {
    let good = signed(1);
    assert_eq!(findings(&good), []);
    assert_eq!(findings(&signed(PROOFS_MAX)), [], "as many as are checked");
    let full = signed(PROOFS_MAX);
    assert!(proof::sign(&full, &SecretKey::of_seed(KeyAlgorithm::Ed25519, &[99; 32]).unwrap(), "did:web:x.example", Timestamp(1)).is_err());
    let json::Value::Object(mut members) = full.value else { panic!("an object") };
    let set = &mut members.iter_mut().find(|m| m.name == "proof").unwrap().node;
    let json::Value::List(list) = &mut set.value else { panic!("a set") };
    list.push(list[0].clone());
    assert_eq!(findings(&Node::new(json::Value::Object(members))), [Code::ProofInvalid], "one more than are checked");
    let laser = json::read(include_bytes!("documents/laser.json")).unwrap();
    let json::Value::Object(mut swapped) = laser.value else { panic!("an object") };
    swapped.push(json::Member { name: "proof".into(), at: 0, node: good.get("proof").unwrap().clone() });
    assert_eq!(findings(&Node::new(json::Value::Object(swapped))), [Code::ProofInvalid], "another document's proof");
    for suite in ["eddsa-rdfc-2022", "ecdsa-jcs-2019", "bbs-2023", "EDDSA-JCS-2022", ""] {
        assert_eq!(findings(&with_proof(&good, "cryptosuite", text(suite))), [Code::AlgorithmUnsupported], "{suite:?}");
        assert_eq!(Code::AlgorithmUnsupported.class(), Class::NotEstablished, "what cannot be checked is not condemned");
    }
    for (member, value) in [
        ("proofPurpose", "authentication"),
        ("created", "yesterday"),
        ("created", "2026-05-10T08:15:01Z"),
        ("verificationMethod", "did:web:acme.example.cn"),
        ("verificationMethod", "did:web:acme.example.cn#z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"),
        ("proofValue", ""),
        ("proofValue", "z1"),
        ("proofValue", "zI0Ol"),
        ("@context", "https://evil.example"),
    ] {
        assert_eq!(findings(&with_proof(&good, member, text(value))), [Code::ProofInvalid], "{member} = {value:?}");
    }
    let report = read_passport(json::pretty(&with_proof(&good, "proofValue", text("z1"))).as_bytes(), &[]);
    assert_eq!(report.to_mend().iter().map(|f| (f.code, f.path.as_str())).collect::<Vec<_>>(), [(Code::ProofInvalid, "proof")]);
}
