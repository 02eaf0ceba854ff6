//! A data package: a folder with a certificate, its passports and everything that proves them, and a manifest that states
//! what follows. The manifest is checked against what the files themselves give; nothing in it is believed.
//!
//! Layout: `manifest.json`, the certificate under its own name, `metadata.jsonld` if it is a PDF with data,
//! `passports/`, `proofs/` with receipts and status proofs.

use crate::consignment::{Consignment, SchemeAsked, Terms};
use crate::dates::rfc3339;
use crate::document::Document;
use crate::evidence::Exhibit;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX, Wanted};
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::name::{Country, OrgId, Timestamp};
use eco_core::scheme::SchemeId;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Import, Judgement, Policy, Question};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The manifest's name.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The data of a PDF, as a file of its own.
pub(crate) const METADATA: &str = "metadata.jsonld";
/// Folders of passports and proofs.
pub(crate) const PASSPORTS: &str = "passports";
/// See [`PASSPORTS`].
pub(crate) const PROOFS: &str = "proofs";
/// Version of the manifest; it grows when a member changes its meaning or goes.
const VERSION: u32 = 1;
const MANIFEST_BYTES_MAX: u64 = 4 << 20;

/// What a package answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Importing countries.
    pub(crate) countries: Vec<Country>,
    /// Schemes of the log.
    pub(crate) schemes: Vec<SchemeId>,
    /// When the customs declaration was lodged.
    pub(crate) lodging: Option<Timestamp>,
    /// When the goods arrive.
    pub(crate) arrival: Option<Timestamp>,
}

/// The judgement for one country and scheme.
pub(crate) struct Answer {
    /// Importing country; `None` where none is known.
    pub(crate) country: Option<Country>,
    /// What was judged, under the terms of this answer.
    pub(crate) consignment: Consignment,
    /// The judgement.
    pub(crate) judgement: Judgement,
}

/// What a package states, and what that follows from.
pub(crate) struct Manifest {
    /// The bytes of the manifest, as JSON.
    pub(crate) value: Value,
    /// The answers for every country and scheme.
    pub(crate) answers: Vec<Answer>,
    /// What it lacks to answer by itself.
    pub(crate) missing: Vec<String>,
}

/// A folder as it is read: the documents, and every file with its hash.
pub(crate) struct Package {
    /// What is at hand in it.
    pub(crate) consignment: Consignment,
    /// The certificate's data by itself, where there is a PDF that holds some.
    data: Option<Vec<u8>>,
    folder: PathBuf,
    files: Map<String, Value>,
}

/// A value that the manifest states otherwise than the files give it.
pub(crate) struct Difference {
    /// Its path in the manifest.
    pub(crate) path: String,
    /// What the manifest states; `null` for nothing.
    pub(crate) stated: Value,
    /// What the files give.
    pub(crate) found: Value,
}

impl Package {
    /// Reads a folder. `certificate` is the name of the certificate's file in it.
    pub(crate) fn read(
        folder: &Path,
        certificate: &str,
        trust: Option<&TrustRoot>,
        read: impl Fn(&Path) -> Result<Document>,
    ) -> Result<Self> {
        let mut hashes = Map::new();
        let names = [Wanted::All, Wanted::Eco].map(|wanted| files::below(folder, None, wanted));
        let [plain, eco] = names;
        let (plain, eco) = (plain?, eco?);
        for name in plain.iter().chain(&eco).filter(|name| name.as_os_str() != MANIFEST) {
            let bytes = files::read(&folder.join(name), files::DOCUMENT_BYTES_MAX)?;
            let file = json!({ "blake3": hex::encode(Fingerprint::of_file(&bytes).hash), "bytes": bytes.len() });
            hashes.insert(name.display().to_string(), file);
        }
        let inside = |name: &&PathBuf| name.parent() == Some(Path::new(PASSPORTS));
        let passports = plain.iter().filter(inside).map(|name| read(&folder.join(name))).collect::<Result<Vec<_>>>()?;
        let mut consignment = Consignment::of(Some(read(&folder.join(certificate))?), passports, Terms::none())?;
        let data = consignment.issued().and_then(|piece| piece.document.data.clone());
        for name in eco.iter().filter(|name| name.parent() == Some(Path::new(PROOFS))) {
            let exhibit = Exhibit { source: name.display().to_string(), bytes: files::read(&folder.join(name), ECO_BYTES_MAX)? };
            consignment.pack(exhibit, trust);
        }
        Ok(Self { consignment, data, folder: folder.to_path_buf(), files: hashes })
    }

    /// The same under the name that its folder is going to have.
    pub(crate) fn named(mut self, folder: &Path) -> Self {
        for piece in self.consignment.pieces_mut() {
            if let Ok(inside) = piece.document.path.strip_prefix(&self.folder) {
                piece.document.path = folder.join(inside);
            }
        }
        Self { folder: folder.to_path_buf(), ..self }
    }

    /// The answers for every country and scheme of a scope.
    pub(crate) fn answers(&self, question: &Question, scope: &Scope, trust: Option<&TrustRoot>, policy: &Policy) -> Vec<Answer> {
        let countries: Vec<Option<Country>> = match scope.countries.as_slice() {
            [] => vec![self.consignment.importing()],
            some => some.iter().copied().map(Some).collect(),
        };
        let schemes: Vec<SchemeAsked> = match scope.schemes.as_slice() {
            [] => vec![SchemeAsked::Nothing],
            some => some.iter().cloned().map(SchemeAsked::Named).collect(),
        };
        let mut answers = Vec::new();
        for country in countries {
            for scheme in &schemes {
                let import = Import { country, lodging: scope.lodging, arrival: scope.arrival };
                let consignment = Consignment { terms: Terms::about(import, scheme.clone()), ..self.consignment.clone() };
                let judgement = consignment.judge(question, trust, policy);
                answers.push(Answer { country, consignment, judgement });
            }
        }
        answers
    }

    /// What the package lacks to answer by itself, each with what would add it.
    pub(crate) fn missing(&self, answers: &[Answer], scope: &Scope, trust: Option<&TrustRoot>) -> Vec<String> {
        let lists = self.consignment.lists(trust);
        let mut missing = Vec::new();
        let Some(first) = answers.first() else { return missing };
        // Who attests is known only once every list of attestations is whole.
        let (mut bodies, mut all_known) = (BTreeSet::new(), true);
        for (piece, verdict) in self.consignment.pieces().zip(first.judgement.documents()) {
            let name = self.name_of(&piece.document.path);
            if piece.gathered.receipts.is_empty() {
                missing.push(format!("a receipt of {name}: eco receipt, or a node"));
            }
            if lists.about(&piece.document.findings).is_empty() {
                missing.push(format!("a status proof of {name}: a node"));
            }
            let is_passport = self.consignment.issued().is_none_or(|certificate| certificate.document.path != piece.document.path);
            let Some(id) = verdict.recorded.as_ref().map(|recorded| recorded.document) else {
                all_known &= !is_passport;
                continue;
            };
            let attestations = lists.attestations(id);
            bodies.extend(attestations.items.iter().map(|attestation| attestation.body));
            all_known &= !is_passport || attestations.complete;
            if is_passport && !attestations.complete {
                missing.push(format!("the whole list of attestations of {name}: a node"));
            }
            if !is_passport && !lists.presentations(id, None).complete {
                missing.push(format!("the whole list of presentations of {name}: a node"));
            }
        }
        let named = self.consignment.facts().into_iter().flat_map(|facts| facts.items.iter().filter_map(|item| item.passport));
        let at_hand = |passport: &Fingerprint| {
            self.consignment.passports.iter().any(|p| p.document.findings.candidates.iter().any(|c| c.fingerprint == *passport))
        };
        let lacking: BTreeSet<String> = named.filter(|passport| !at_hand(passport)).map(|passport| passport.to_string()).collect();
        missing.extend(lacking.into_iter().map(|passport| format!("the passport {passport}, which the certificate links: --passport")));
        let bodies: Vec<OrgId> = bodies.into_iter().collect();
        for country in answers.iter().filter_map(|answer| answer.country).collect::<BTreeSet<_>>() {
            let speaks = !all_known || !bodies.is_empty();
            if speaks && !lists.recognition(country, &bodies).is_some_and(|recognition| recognition.rows.complete) {
                missing.push(format!("the whole list of what {country} recognises: a node"));
            }
        }
        missing.extend(
            scope.schemes.iter().filter(|id| lists.scheme(id).is_none()).map(|id| format!("the record of the scheme {id}: a node")),
        );
        missing
    }

    /// Where the file of the metadata is not what is attached to the certificate.
    pub(crate) fn data_differs(&self) -> Option<Difference> {
        let own = self.files.get(METADATA).and_then(|file| file.get("blake3")).cloned().unwrap_or(Value::Null);
        let inside = self.data.as_ref().map_or(Value::Null, |data| hex::encode(Fingerprint::of_file(data).hash).into());
        (own != inside).then(|| Difference { path: METADATA.into(), stated: own, found: inside })
    }

    fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).display().to_string()
    }

    /// The manifest that these files give for a moment and a scope, and what it is made of.
    pub(crate) fn manifest(&self, question: &Question, scope: &Scope, trust: &TrustRoot) -> Manifest {
        let answers = self.answers(question, scope, Some(trust), &Policy::default());
        let missing = self.missing(&answers, scope, Some(trust));
        let value = self.stated(question, scope, trust, &answers, &missing);
        Manifest { value, answers, missing }
    }

    fn stated(&self, question: &Question, scope: &Scope, trust: &TrustRoot, answers: &[Answer], missing: &[String]) -> Value {
        let first = answers.first();
        let verdicts = first.map(|answer| answer.judgement.documents().collect::<Vec<_>>()).unwrap_or_default();
        let documents: Vec<Value> = self
            .consignment
            .pieces()
            .zip(verdicts)
            .map(|(piece, verdict)| {
                let candidate = piece.document.findings.candidates.first();
                let recorded = verdict.recorded.as_ref();
                json!({
                    "file": self.name_of(&piece.document.path),
                    "fingerprint": candidate.map(|candidate| candidate.fingerprint.to_string()),
                    "signature_hash": candidate.and_then(|candidate| candidate.signature_hash).map(|hash| hash.to_string()),
                    "document": recorded.map(|recorded| recorded.document.to_string()),
                    "issuer": recorded.map(|recorded| recorded.author.as_str()),
                    "kind": recorded.map(|recorded| recorded.kind.name()),
                    "recorded": recorded.and_then(|recorded| recorded.anchored).map(|(_, time)| rfc3339(time)),
                    "trust": verdict.trust.name(),
                })
            })
            .collect();
        json!({
            "schema_version": VERSION,
            "type": "eco-package",
            "made_ms": question.now.0,
            "network": { "name": trust.name().as_str(), "id": trust.network().to_string(), "purpose": trust.purpose().name() },
            "issuer": question.issuer.map(|issuer| issuer.to_string()),
            "asked": {
                "countries": scope.countries.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "schemes": scope.schemes.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "lodging_ms": scope.lodging.map(|time| time.0),
                "arrival_ms": scope.arrival.map(|time| time.0),
            },
            "documents": documents,
            "metadata": self.data.as_ref().map(|data| json!({ "file": METADATA, "blake3": hex::encode(Fingerprint::of_file(data).hash) })),
            "answers": answers.iter().map(Answer::stated).collect::<Vec<_>>(),
            "missing": missing,
            "files": self.files,
        })
    }
}

impl Answer {
    fn stated(&self) -> Value {
        let scheme = self.judgement.scheme.as_ref();
        json!({
            "country": self.country.map(|country| country.to_string()),
            "scheme": scheme.map(|scheme| &scheme.scheme),
            "revision": scheme.and_then(|scheme| scheme.revision).map(|revision| revision.0),
            "eligibility": scheme.map(|scheme| scheme.eligibility.name()),
            "reference": scheme.and_then(|scheme| scheme.reference).map(rfc3339),
            "codes": scheme.map(|scheme| scheme.reasons.iter().map(|reason| reason.code.name()).collect::<Vec<_>>()),
        })
    }
}

/// A manifest as it stands, with what is needed to recompute it.
pub(crate) struct Stated {
    /// All of it.
    pub(crate) manifest: Value,
    /// The certificate's file.
    pub(crate) certificate: String,
    /// The question that it answers.
    pub(crate) question: Question,
    /// The scope that it answers.
    pub(crate) scope: Scope,
}

impl Stated {
    /// Reads the manifest of a package.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let shown = path.display();
        let invalid = |what: &str| Fault::unverifiable("MANIFEST_INVALID", format!("{shown}: {what}"));
        let manifest: Value = serde_json::from_slice(&files::read(&path, MANIFEST_BYTES_MAX)?).map_err(|e| invalid(&e.to_string()))?;
        if manifest.get("schema_version") != Some(&VERSION.into()) {
            let found = manifest.get("schema_version").unwrap_or(&Value::Null);
            return Err(invalid(&format!("schema_version is {found}, this version reads {VERSION}")).into());
        }
        let certificate = manifest.pointer("/documents/0/file").and_then(Value::as_str).unwrap_or_default().to_owned();
        // A name with a folder in it would have files from elsewhere read.
        if Path::new(&certificate).file_name().is_none_or(|name| *name != *certificate) {
            return Err(invalid(&format!("documents[0].file {certificate:?} is no name of a file in the package")).into());
        }
        let moment = |at: &str| manifest.pointer(at).and_then(Value::as_u64).map(Timestamp);
        let texts =
            |at: &str| manifest.pointer(at).and_then(Value::as_array).into_iter().flatten().map(|text| text.as_str().unwrap_or_default());
        let countries = texts("/asked/countries").map(str::parse).collect::<Result<_, _>>().map_err(|e| invalid(&format!("{e}")))?;
        let schemes = texts("/asked/schemes").map(str::parse).collect::<Result<_, _>>().map_err(|e| invalid(&format!("{e}")))?;
        let scope = Scope { countries, schemes, lodging: moment("/asked/lodging_ms"), arrival: moment("/asked/arrival_ms") };
        let now = moment("/made_ms").ok_or_else(|| invalid("made_ms is missing"))?;
        let issuer =
            manifest.get("issuer").and_then(Value::as_str).map(str::parse).transpose().map_err(|e| invalid(&format!("issuer: {e}")))?;
        let question = Question { now, as_of: None, issuer, number: None, kind: None };
        Ok(Self { manifest, certificate, question, scope })
    }
}

impl Difference {
    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({ "path": self.path, "stated": self.stated, "found": self.found })
    }
}

/// Every value in which two JSON documents differ.
pub(crate) fn differences(stated: &Value, found: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare("", stated, found, &mut differences);
    differences
}

fn compare(path: &str, stated: &Value, found: &Value, differences: &mut Vec<Difference>) {
    match (stated, found) {
        (Value::Object(own), Value::Object(other)) => {
            for name in own.keys().chain(other.keys().filter(|name| !own.contains_key(*name))) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, own.get(name).unwrap_or(&Value::Null), other.get(name).unwrap_or(&Value::Null), differences);
            }
        }
        (Value::Array(own), Value::Array(other)) => {
            for at in 0..own.len().max(other.len()) {
                compare(&format!("{path}[{at}]"), own.get(at).unwrap_or(&Value::Null), other.get(at).unwrap_or(&Value::Null), differences);
            }
        }
        _ if stated == found => {}
        _ => differences.push(Difference { path: path.to_owned(), stated: stated.clone(), found: found.clone() }),
    }
}
