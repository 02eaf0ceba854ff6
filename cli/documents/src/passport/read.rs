//! Reading a passport: envelope, product and parties; the footprint has a file of its own.

use super::{carbon, footprint};
use crate::jcs;
use crate::json::{self, Node, NotStrict, Value};
use crate::metadata::product_id;
use crate::product::{self, ProductDefect, ProductId};
use crate::profile::{Check, Demands, Envelope, Fields, Flaw, Named, hs, organization, years_after};
use crate::proof::{self, ProofReport};
use eco_core::Fingerprint;
use eco_core::commitment::Nonce;
use eco_core::date::Date;
use eco_core::name::Country;
use eco_core::scheme::Attribute;
use eco_core::sign::PublicKey;
use eco_core::verdict::{Candidate, Code, DocumentFindings, Facts, Party, PassportFacts, Subject};
use std::collections::BTreeSet;

/// What reading a passport found.
#[derive(Debug, Clone)]
pub struct PassportReport {
    /// Fingerprint of method `jcs`; `None` where it is not strict JSON.
    pub fingerprint: Option<Fingerprint>,
    /// Every way in which it breaks the profile, in the order of the file.
    pub flaws: Vec<Flaw>,
    /// What a scheme with the default tolerance would say against the footprint, by the passport alone.
    pub carbon: Vec<Flaw>,
    /// Its signatures.
    pub proofs: Vec<ProofReport>,
    /// What it says, if every required member could be read.
    pub facts: Option<PassportFacts>,
    /// The tree.
    pub document: Option<Node>,
}

/// Reads a passport. `registered` are document keys of its issuer, for proofs that name no key themselves.
#[must_use]
pub fn read_passport(bytes: &[u8], registered: &[PublicKey]) -> PassportReport {
    read_tree(json::read(bytes), registered)
}

/// The same of a document that was read already.
pub(crate) fn read_tree(read: Result<Node, NotStrict>, registered: &[PublicKey]) -> PassportReport {
    let document = match read {
        Ok(document) => document,
        Err(defect) => {
            let flaws = vec![Flaw::not_strict(&defect)];
            return PassportReport { fingerprint: None, flaws, carbon: Vec::new(), proofs: Vec::new(), facts: None, document: None };
        }
    };
    let canonical = jcs::canonical_document(&document);
    let fingerprint = Fingerprint::of_jcs(canonical.as_bytes());
    let mut check = Check::of(&document);
    let mut carbon = Vec::new();
    let facts = passport(&mut check, &document, fingerprint, &mut carbon);
    let proofs = proof::verify_all(&document, &canonical, registered);
    PassportReport { fingerprint: Some(fingerprint), flaws: check.flaws(), carbon, proofs, facts, document: Some(document) }
}

impl PassportReport {
    /// Everything that is to be mended before it is recorded, and every notice: profile, footprint, and proofs that do not hold.
    /// That there is no proof yet is none of them.
    #[must_use]
    pub fn to_mend(&self) -> Vec<Flaw> {
        let proofs = self.proofs.iter().filter_map(ProofReport::flaw);
        self.flaws.iter().cloned().chain(proofs).chain(self.carbon.iter().cloned()).collect()
    }

    /// The findings that `judge` takes: profile, proofs, facts. Without a proof that holds there is no candidate.
    #[must_use]
    pub fn findings(&self) -> DocumentFindings {
        let mut findings: Vec<_> = self.flaws.iter().map(|f| f.finding(Subject::Passport)).collect();
        if self.fingerprint.is_some() {
            findings.extend(proof::findings(&self.proofs, Subject::Passport));
        }
        let candidates: Vec<Candidate> = self.fingerprint.iter().flat_map(|f| self.proofs.iter().filter_map(|p| p.candidate(*f))).collect();
        let mut checks = Vec::new();
        if self.fingerprint.is_some() {
            checks.push("strict JSON of one reading".to_owned());
        }
        if self.facts.is_some() && !self.flaws.iter().any(|f| f.code != Code::StringNotNfc) {
            checks.push("the closed profile CarbonPassport, version 1".to_owned());
        }
        checks.extend(candidates.iter().filter_map(|c| c.key).map(|key| format!("a Data Integrity proof by {key} holds")));
        let facts = self.facts.clone().map_or(Facts::None, |facts| Facts::Passport(Box::new(facts)));
        DocumentFindings { candidates, findings, checks, facts, ..DocumentFindings::default() }
    }
}

/// `carbon` takes what schemes would say against the footprint, also where something else of the passport cannot be read.
fn passport(check: &mut Check<'_>, root: &Node, fingerprint: Fingerprint, carbon: &mut Vec<Flaw>) -> Option<PassportFacts> {
    let envelope = Envelope::read(check, root, "CarbonPassport", Demands::All)?;
    let mut f = check.fields(envelope.subject?)?;
    f.kind(check, "Product");
    let nonce = f.must(check, "nonce").and_then(|n| check.nonce(n));
    let product = product(check, &mut f);
    f.must(check, "name").and_then(|n| check.text_of(n, 200));
    f.may("model").and_then(|n| check.text_of(n, 200));
    let hs = f.must(check, "hsClassification").and_then(|n| hs(check, n));
    let lasers = ["CO2", "fibre", "solidState", "diode", "other"].map(|word| (word, word));
    let laser = f.may("laserSource").and_then(|n| check.choice(n, &lasers));
    let country_of_origin = f.may("countryOfOrigin").and_then(|n| check.country(n));
    let manufacturer = f.may("manufacturer").and_then(|n| organization(check, n, Named::IdCountry));
    let facility_country = f.may("producedAt").and_then(|n| facility(check, n));
    f.may("dataProvider").and_then(|n| organization(check, n, Named::Id));
    let footprint_at = f.must(check, "carbonFootprint");
    let read = footprint_at.and_then(|n| footprint::read(check, n, envelope.valid_from));
    f.close(check);
    let (footprint, supersedes) = read?;
    carbon.extend(carbon::advice(root, &footprint));
    dates_and_places(check, &envelope, footprint_at, &footprint, facility_country);
    let issuer = envelope.issuer?;
    Some(PassportFacts {
        fingerprint,
        nonce: Nonce(nonce?),
        id: envelope.id?.to_owned(),
        issuer: Party { id: issuer.id, name: issuer.name, organisation: None },
        valid_from: envelope.valid_from,
        valid_until: envelope.valid_until,
        product: product?.to_string(),
        hs: Some(hs?),
        country_of_origin,
        manufacturer: manufacturer.map(|m| m.party()),
        facility_country,
        attributes: laser.map(|value| Attribute { name: "laserSource".into(), value: value.into() }).into_iter().collect(),
        supersedes,
        present: present(root),
        footprint,
    })
}

/// `id` and exactly one of gtin, gmn, modelCode, which must agree; granularity fits the id.
fn product(check: &mut Check<'_>, f: &mut Fields<'_>) -> Option<ProductId> {
    let id_at = f.must(check, "id");
    let id = id_at.and_then(|n| product_id(check, n));
    let codes = ["gtin", "gmn", "modelCode"].map(|name| (name, f.may(name)));
    let mut given = codes.iter().filter_map(|(name, node)| Some((*name, (*node)?)));
    match (given.next(), given.next()) {
        (None, _) => check.missing(Code::FieldMissing, f.owner, "gtin", "exactly one of gtin, gmn and modelCode"),
        (Some(_), Some((name, node))) => check.invalid(node, "exactly one of gtin, gmn and modelCode", format!("remove {name:?}")),
        (Some((name, node)), None) => {
            let text = check.text(node)?;
            let read: Result<String, ProductDefect> = match name {
                "gtin" if text.len() != 14 => Err(ProductDefect::GtinForm(text.chars().take(80).collect())),
                "gtin" => product::gtin14(text),
                "gmn" => product::gmn(text),
                _ => product::model_code(text),
            };
            let named = match &id {
                Some(ProductId::Gtin { gtin, .. }) => Some(("gtin", gtin)),
                Some(ProductId::Gmn(gmn)) => Some(("gmn", gmn)),
                Some(ProductId::Model { code, .. }) => Some(("modelCode", code)),
                None => None,
            };
            match (read, named) {
                (Err(defect), _) => check.flaw_found(
                    Code::FieldInvalid,
                    node,
                    "a code with the right check digits",
                    defect.to_string(),
                    "check the code against the product; a GTIN is padded to 14 digits",
                ),
                (Ok(code), Some((kind, own))) if kind != name || code != *own => {
                    check.invalid(node, format!("the {kind} {own} of credentialSubject.id"), "let code and id name one product");
                }
                (Ok(_), _) => {}
            }
        }
    }
    let granularity = f.may("idGranularity");
    let word = granularity.and_then(|n| check.choice(n, &[("model", 0), ("batch", 1), ("item", 2)]));
    if let (Some(node), Some(word), Some(id)) = (granularity, word, &id) {
        let lacks = match id {
            ProductId::Gtin { batch, .. } if word == 1 && batch.is_none() => Some("batch (AI 10)"),
            ProductId::Gtin { serial, .. } if word == 2 && serial.is_none() => Some("serial number (AI 21)"),
            ProductId::Gmn(_) | ProductId::Model { .. } if word > 0 => Some("batch or serial number: a GTIN"),
            _ => None,
        };
        if let Some(lacks) = lacks {
            check.invalid(node, format!("an id with a {lacks}"), "write \"model\", or a finer id");
        }
    }
    id
}

fn facility(check: &mut Check<'_>, node: &Node) -> Option<Country> {
    let mut f = check.fields(node)?;
    f.kind(check, "Facility");
    let gln = |t: &str| t.strip_prefix("https://id.gs1.org/414/").is_none_or(|gln| gln.len() == 13 && product::gtin14(gln).is_ok());
    if let Some(id) = f.must(check, "id").filter(|n| check.iri(n).is_some()) {
        check.formed(id, "a GLN of 13 digits with its check digit, or another IRI", "check the number", gln);
    }
    f.must(check, "name").and_then(|n| check.text_of(n, 200));
    let country = f.must(check, "addressCountry").and_then(|n| check.country(n));
    f.close(check);
    country
}

/// Rules between envelope, footprint and facility.
fn dates_and_places(
    check: &mut Check<'_>,
    envelope: &Envelope<'_>,
    footprint_at: Option<&Node>,
    footprint: &eco_core::verdict::FootprintFacts,
    facility: Option<Country>,
) {
    if let (Some(until), Some(end), Some(node)) = (envelope.valid_until, footprint.period_end, envelope.valid_until_at) {
        let latest = years_after(Date::of(end), 3).ends();
        if until > latest {
            check.invalid(node, "at most three years after the end of the reference period", "shorten the validity, or use newer data");
        }
    }
    let geography = ["geographyCountry", "geographyCountrySubdivision"].iter().find_map(|name| footprint_at?.get(name));
    if let (Some(place), Some(country), Some(node)) = (&footprint.geography, facility, geography)
        && place.get(..2) != Some(country.to_string().as_str())
    {
        check.invalid(node, format!("within {country}, the country of producedAt"), "let both name the place of production");
    }
}

/// Paths of all members, list steps as `[]`; a path through a list is there if every element has it.
pub(crate) fn present(root: &Node) -> Vec<String> {
    let mut paths = BTreeSet::new();
    walk(root, "", &mut paths);
    paths.into_iter().collect()
}

fn walk(node: &Node, path: &str, paths: &mut BTreeSet<String>) {
    match &node.value {
        Value::Object(members) => {
            for member in members.iter().filter(|m| !(path.is_empty() && m.name == "proof")) {
                let own = if path.is_empty() { member.name.clone() } else { format!("{path}.{}", member.name) };
                walk(&member.node, &own, paths);
                paths.insert(own);
            }
        }
        Value::List(list) => {
            let step = format!("{path}[]");
            let common = list.iter().map(|element| {
                let mut own = BTreeSet::new();
                walk(element, &step, &mut own);
                own
            });
            paths.extend(common.reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap_or_default());
        }
        Value::Null | Value::Bool(_) | Value::Text(_) => {}
    }
}
