//! What must hold for every JSON document, passport, metadata file and PACT footprint: one reading, one canonical form, every
//! flaw at its place, and no signature that nobody made.
#![allow(unreachable_pub, clippy::unwrap_used)]

use super::mutate::{Random, mutated_by};
use eco_core::name::Timestamp;
use eco_documents::json::{self, Node, Value};
use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::metadata::read_metadata;
use eco_documents::passport::{pact, read_passport};
use eco_documents::profile::Flaw;
use eco_documents::{jcs, proof};
use std::collections::BTreeSet;

/// Entry points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Any bytes as JSON, strict and foreign.
    Json,
    /// The canonical form of what is strict.
    Canonical,
    /// A passport.
    Passport,
    /// A certificate's metadata.
    Metadata,
    /// A footprint of PACT.
    Pact,
}

/// Words that a reader of JSON acts on, and values that the profiles do.
const TOKENS: [&[u8]; 44] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b":",
    b",",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"\\ud83d\\ude00",
    b"\\u0061",
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"0.1",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xed\xa0\x80",
    b"\0",
    b"\n",
    b" ",
    b"\xe2\x80\xae",
    b"e\xcc\x81",
    b"\"proof\":",
    b"\"type\":",
    b"\"id\":",
    b"\"@context\":",
    b"\"\"",
    b"\"~12\"",
    b"\"12-15\"",
    b"\"-1\"",
    b"\"1e3\"",
    b"\"99999999999999999999\"",
    b"\"2026-02-30\"",
    b"\"ZZ\"",
    b"\"__proto__\":{},",
    b"{\"id\":\"x\"},",
    b"[[[[[[[[[[[[[[[[",
    b"\"components\":[{}]",
    b"\"eddsa-rdfc-2022\"",
    b"\"data\":",
];

const DOCUMENTS: [&str; 3] =
    [include_str!("../documents/battery.json"), include_str!("../documents/laser.json"), include_str!("../documents/certificate.json")];
const FOOTPRINT: &str = r#"{"data":[{"id":"91715e5e-fd0b-4d1c-8fab-76290c46e6ed","specVersion":"3.0.0","created":"2025-03-01T09:32:20Z",
    "status":"Active","productIds":["urn:gtin:5695872369587"],"productNameCompany":"Green Ethanol","pcf":{"declaredUnitOfMeasurement":"liter",
    "declaredUnitAmount":"1","pcfExcludingBiogenicUptake":"1.85","referencePeriodStart":"2025-01-01T00:00:00Z",
    "referencePeriodEnd":"2025-12-31T00:00:00+00:00","geographyCountry":"FR","dqi":{"technologicalDQR":1.5},"primaryDataShare":56.1}}]}"#;

/// Seeds, signed and unsigned, and the candidates that they honestly have.
pub struct Texts {
    documents: Vec<Vec<u8>>,
    footprints: Vec<Vec<u8>>,
    honest: BTreeSet<String>,
}

impl Texts {
    pub fn new() -> Self {
        let key = |seed: u8| SecretKey::of_seed(KeyAlgorithm::Ed25519, &[seed; 32]).unwrap();
        let sign = |node: &Node, seed| proof::sign(node, &key(seed), "did:web:acme.example.cn", Timestamp(1_778_400_900_000)).unwrap();
        let mut documents: Vec<Vec<u8>> = DOCUMENTS.iter().map(|text| text.as_bytes().to_vec()).collect();
        for text in DOCUMENTS {
            let once = sign(&json::read(text.as_bytes()).unwrap(), 1);
            documents.push(jcs::canonical(&sign(&once, 2)).into_bytes());
            documents.push(json::pretty(&once).into_bytes());
        }
        let honest = documents.iter().flat_map(|bytes| believed(bytes)).collect();
        Self { documents, footprints: vec![FOOTPRINT.as_bytes().to_vec()], honest }
    }

    /// One input for a target.
    pub fn input(&self, target: Text, random: &mut Random) -> Vec<u8> {
        let seeds = if target == Text::Pact { &self.footprints } else { &self.documents };
        mutated_by(random, seeds, &TOKENS)
    }

    /// Runs one input. `Err` says which property broke.
    pub fn answer(&self, target: Text, input: &[u8]) -> Result<(), String> {
        match target {
            Text::Json => one_reading(input),
            Text::Canonical => one_form(input),
            Text::Passport => self.profile(input, |bytes| read_passport(bytes, &[]).to_mend()),
            Text::Metadata => self.profile(input, |bytes| read_metadata(bytes).flaws),
            Text::Pact => imported(input),
        }
    }

    /// Every flaw lies in the file and says something; how a file is laid out changes none; no signature comes from nowhere.
    fn profile(&self, input: &[u8], read: impl Fn(&[u8]) -> Vec<Flaw>) -> Result<(), String> {
        let flaws = read(input);
        for flaw in &flaws {
            if flaw.offset > input.len() || flaw.rule.is_empty() || flaw.found.is_empty() || flaw.mend.is_empty() {
                return Err(format!("a flaw that says too little: {flaw:?}"));
            }
        }
        if let Some(new) = believed(input).into_iter().find(|candidate| !self.honest.contains(candidate)) {
            return Err(format!("a signature that nobody made: {new}"));
        }
        let Ok(document) = json::read(input) else { return Ok(()) };
        let pretty = json::pretty(&document);
        if pretty.len() > json::BYTES_MAX {
            return Ok(());
        }
        let said = |flaws: Vec<Flaw>| flaws.into_iter().map(|f| (f.code, f.path, f.found)).collect::<BTreeSet<_>>();
        let (one, other) = (said(flaws), said(read(pretty.as_bytes())));
        if one == other { Ok(()) } else { Err(format!("the layout changes the flaws: {:?}", one.symmetric_difference(&other).next())) }
    }
}

/// Fingerprints and keys that the log would be asked for.
fn believed(bytes: &[u8]) -> Vec<String> {
    let (passport, metadata) = (read_passport(bytes, &[]).findings(), read_metadata(bytes).findings(&[]));
    let candidates = passport.candidates.into_iter().chain(metadata.candidates);
    candidates.map(|candidate| format!("{} {:?}", candidate.fingerprint, candidate.signature_hash)).collect()
}

fn same(node: &Node, other: &serde_json::Value) -> bool {
    match (&node.value, other) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Text(a), serde_json::Value::String(b)) => a == b,
        (Value::List(a), serde_json::Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|member| b.get(&member.name).is_some_and(|other| same(&member.node, other)))
        }
        _ => false,
    }
}

/// The strict reader takes nothing that another reader refuses, and reads it as that one does.
fn one_reading(input: &[u8]) -> Result<(), String> {
    match json::read(input) {
        Ok(node) => match serde_json::from_slice::<serde_json::Value>(input) {
            Ok(other) if same(&node, &other) => {}
            Ok(other) => return Err(format!("read in two ways: {} and {other}", node.shown())),
            Err(error) => return Err(format!("read here, refused elsewhere: {error}")),
        },
        Err(defect) if defect.offset > input.len() => return Err(format!("a defect beyond the end: {defect:?}")),
        Err(_) => {}
    }
    // Numbers that no machine holds are digits here; anything else that is read, others read as well.
    if json::read_foreign(input).is_ok()
        && let Err(error) = serde_json::from_slice::<serde_json::Value>(input)
        && !error.to_string().contains("out of range")
    {
        return Err(format!("foreign JSON read here, refused elsewhere: {error}"));
    }
    Ok(())
}

/// The canonical form is read again, is its own canonical form, and is what another implementation writes.
fn one_form(input: &[u8]) -> Result<(), String> {
    let Ok(node) = json::read(input) else { return Ok(()) };
    let form = jcs::canonical(&node);
    let again = json::read(form.as_bytes()).map_err(|defect| format!("the canonical form is not strict: {defect}"))?;
    let other = serde_json_canonicalizer::to_string(&serde_json::from_slice::<serde_json::Value>(input).unwrap()).unwrap();
    let pretty = json::pretty(&node);
    if jcs::canonical(&again) != form {
        return Err("the canonical form of the canonical form is another".into());
    }
    if other != form {
        return Err(format!("another implementation writes {other}"));
    }
    match json::read(pretty.as_bytes()) {
        Ok(again) if jcs::canonical(&again) != form => Err("written for people it is another document".into()),
        Err(defect) if pretty.len() <= json::BYTES_MAX => Err(format!("written for people it is not strict: {defect}")),
        _ => Ok(()),
    }
}

/// Whatever is imported is strict JSON, says what it lacks, and is whole by itself never.
fn imported(input: &[u8]) -> Result<(), String> {
    let Ok(found) = pact::import(input) else { return Ok(()) };
    for draft in found.drafts {
        let written = json::pretty(&draft.document);
        if written.len() <= json::BYTES_MAX && json::read(written.as_bytes()).is_err() {
            return Err("a draft that is no strict JSON".into());
        }
        if draft.missing.is_empty() {
            return Err("a draft that lacks nothing".into());
        }
        if draft.id.contains(['/', '\\', '.']) || draft.id.len() != 36 {
            return Err(format!("a draft whose id is no file name: {:?}", draft.id));
        }
    }
    Ok(())
}
