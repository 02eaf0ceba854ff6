//! Importing a footprint of PACT 3.0: what it says goes into a draft passport, what it lacks is listed.
//!
//! PACT carries no scopes, no accreditation and no HS code, so a draft is never complete; nothing is invented.

use crate::json::{self, Member, Node, Value, object, text};
use crate::product;
use crate::profile::{CONTEXTS, instant};

/// What becomes of a PACT document.
#[derive(Debug, Clone)]
pub struct Import {
    /// One draft for each footprint of PACT 3.0 in it.
    pub drafts: Vec<Draft>,
    /// Why the others are none, and where they stand.
    pub refused: Vec<(String, PactDefect)>,
}

/// A draft passport.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The footprint's own id.
    pub id: String,
    /// The passport as far as it goes.
    pub document: Node,
    /// Members that must be added, by path.
    pub missing: Vec<String>,
    /// Members of PACT that the profile has no place for.
    pub left_out: Vec<String>,
}

/// Why a document is not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PactDefect {
    /// Not strict JSON. Numbers are read as their digits: the version says what they are.
    #[error("not JSON of PACT 3: {0}")]
    NotStrict(json::NotStrict),
    /// No footprint in it.
    #[error("no PACT footprint: neither an object with pcf, nor a list of such objects, nor data with them")]
    NoFootprint,
    /// Another version.
    #[error("specVersion {0:?}; this version imports PACT 3.0")]
    Version(String),
    /// Members that PACT 3 does not have, lacks, or writes otherwise: each with its path and its rule.
    #[error("not PACT 3.0: {}", listed(.0))]
    Members(Vec<(String, &'static str)>),
}

fn listed(members: &[(String, &'static str)]) -> String {
    members.iter().map(|(path, rule)| format!("{path}: {rule}")).collect::<Vec<_>>().join("; ")
}

/// Members of `pcf` that the profile takes as they are.
const TAKEN: [&str; 20] = [
    "declaredUnitOfMeasurement",
    "declaredUnitAmount",
    "productMassPerDeclaredUnit",
    "pcfExcludingBiogenicUptake",
    "pcfIncludingBiogenicUptake",
    "fossilGhgEmissions",
    "landUseChangeGhgEmissions",
    "aircraftGhgEmissions",
    "fossilCarbonContent",
    "biogenicCarbonContent",
    "boundaryProcessesDescription",
    "referencePeriodStart",
    "referencePeriodEnd",
    "geographyCountry",
    "geographyCountrySubdivision",
    "ipccCharacterizationFactors",
    "crossSectoralStandards",
    "exemptedEmissionsPercent",
    "allocationRulesDescription",
    "primaryDataShare",
];
/// Members that PACT 2 had and PACT 3 has not.
const OLD: [&str; 6] = [
    "declaredUnit",
    "unitaryProductAmount",
    "pCfExcludingBiogenic",
    "pCfIncludingBiogenic",
    "characterizationFactors",
    "crossSectoralStandardsUsed",
];

/// Imports every footprint of a PACT 3.0 document: one, a list, or an answer whose `data` is either.
///
/// # Errors
/// Not strict JSON, or no footprint of PACT 3.0 in it: why the first is none.
pub fn import(bytes: &[u8]) -> Result<Import, PactDefect> {
    let document = json::read_foreign(bytes).map_err(PactDefect::NotStrict)?;
    let within = document.get("data").unwrap_or(&document);
    let footprints: Vec<&Node> = within.as_list().map_or_else(|| vec![within], |list| list.iter().collect());
    let (mut drafts, mut refused) = (Vec::new(), Vec::new());
    for footprint in footprints {
        match draft(&document, footprint) {
            Ok(draft) => drafts.push(draft),
            Err(defect) => refused.push((document.path_at(footprint.at), defect)),
        }
    }
    if drafts.is_empty() {
        return Err(refused.into_iter().next().map_or(PactDefect::NoFootprint, |(_, defect)| defect));
    }
    Ok(Import { drafts, refused })
}

fn draft(root: &Node, footprint: &Node) -> Result<Draft, PactDefect> {
    let pcf = footprint.get("pcf").filter(|p| p.as_object().is_some()).ok_or(PactDefect::NoFootprint)?;
    let version = footprint.get("specVersion").and_then(Node::as_text).unwrap_or_default();
    if !version.starts_with("3.") {
        return Err(PactDefect::Version(version.chars().take(40).collect()));
    }
    well_formed(root, footprint, pcf)?;
    let string = |name: &str| footprint.get(name).and_then(Node::as_text);
    let gtin = footprint
        .get("productIds")
        .and_then(Node::as_list)
        .and_then(|ids| ids.iter().filter_map(Node::as_text).find_map(|id| product::gtin14(id.strip_prefix("urn:gtin:")?).ok()));
    let id = string("id").unwrap_or_default();
    let mut members: Vec<Member> = vec![];
    let mut add = |name: &str, node: Node| members.push(Member { name: name.into(), at: 0, node });
    add("id", text(format!("urn:uuid:{}", id.to_lowercase())));
    add("type", text("ProductCarbonFootprint"));
    for name in ["specVersion", "status"] {
        string(name).into_iter().for_each(|t| add(name, text(t)));
    }
    string("created").into_iter().for_each(|t| add("created", text(utc(t))));
    for name in TAKEN {
        match (name, pcf.get(name)) {
            (_, None) => {}
            ("referencePeriodStart" | "referencePeriodEnd", Some(node)) => add(name, text(utc(node.as_text().unwrap_or_default()))),
            (_, Some(node)) => add(name, node.clone()),
        }
    }
    if let Some(rules) = pcf.get("productOrSectorSpecificRules").and_then(Node::as_list) {
        let names = rules.iter().filter_map(|r| r.get("ruleNames")?.as_list()).flatten().cloned().collect();
        add("productOrSectorSpecificRules", Node::new(Value::List(names)));
    }
    if let Some(dqi) = pcf.get("dqi") {
        let ratings = ["technologicalDQR", "geographicalDQR", "temporalDQR"].map(|n| (n, dqi.get(n).cloned()));
        add("dqi", object(ratings));
    }
    let subject = object([
        ("id", gtin.as_ref().map(|g| text(format!("https://id.gs1.org/01/{g}")))),
        ("type", Some(text("Product"))),
        ("name", string("productNameCompany").or_else(|| string("productDescription")).map(text)),
        ("gtin", gtin.as_deref().map(text)),
        ("carbonFootprint", Some(Node::new(Value::Object(members)))),
    ]);
    let list = |words: &[&str]| Node::new(Value::List(words.iter().map(|w| text(*w)).collect()));
    let document = object([
        ("@context", Some(list(&CONTEXTS))),
        ("type", Some(list(&["VerifiableCredential", "CarbonPassport"]))),
        ("validFrom", string("validityPeriodStart").map(|t| text(utc(t)))),
        ("validUntil", string("validityPeriodEnd").map(|t| text(utc(t)))),
        ("credentialSubject", Some(subject)),
    ]);
    Ok(Draft { id: id.into(), missing: missing(&document), left_out: left_out(footprint, pcf), document })
}

/// The rules of PACT 3.0 whose breach shows that a document is not of it; every breach is named.
fn well_formed(root: &Node, footprint: &Node, pcf: &Node) -> Result<(), PactDefect> {
    let mut wrong: Vec<(String, &'static str)> = Vec::new();
    let at = |node: &Node| root.path_at(node.at);
    wrong.extend(OLD.iter().filter_map(|name| pcf.get(name)).map(|node| (at(node), "a member of PACT 2")));
    let required =
        ["declaredUnitOfMeasurement", "declaredUnitAmount", "pcfExcludingBiogenicUptake", "referencePeriodStart", "referencePeriodEnd"];
    for name in required {
        match pcf.get(name) {
            None => wrong.push((format!("{}.{name}", at(pcf)), "is missing")),
            Some(node) if node.as_text().is_none() => wrong.push((at(node), "a string")),
            Some(_) => {}
        }
    }
    let times = ["created", "updated", "validityPeriodStart", "validityPeriodEnd"].map(|name| footprint.get(name));
    let periods = ["referencePeriodStart", "referencePeriodEnd"].map(|name| pcf.get(name));
    let no_time = |node: &&Node| node.as_text().is_none_or(|t| instant(&utc(t)).is_none());
    let times = times.into_iter().chain(periods).flatten().filter(no_time);
    wrong.extend(times.map(|node| (at(node), "a time in UTC as RFC 3339 writes it")));
    let uuid = |t: &str| t.len() == 36 && t.bytes().all(|c| c.is_ascii_hexdigit() || c == b'-');
    match footprint.get("id") {
        Some(node) if node.as_text().is_some_and(uuid) => {}
        Some(node) => wrong.push((at(node), "a UUID")),
        None => wrong.push((format!("{}.id", at(footprint)).trim_start_matches('.').to_owned(), "is missing")),
    }
    if wrong.is_empty() { Ok(()) } else { Err(PactDefect::Members(wrong)) }
}

/// `+00:00` is `Z`; another zone stays as it is, and the check of the draft points at it.
fn utc(text: &str) -> String {
    text.strip_suffix("+00:00").map_or_else(|| text.to_owned(), |time| format!("{time}Z"))
}

/// What the profile's reader misses in the draft, by path.
fn missing(draft: &Node) -> Vec<String> {
    let report = super::read_passport(json::pretty(draft).as_bytes(), &[]);
    report.flaws.iter().chain(&report.carbon).map(|f| format!("{}: {}", f.path, f.rule)).collect()
}

fn left_out(footprint: &Node, pcf: &Node) -> Vec<String> {
    let taken_outside =
        ["id", "specVersion", "created", "status", "validityPeriodStart", "validityPeriodEnd", "productIds", "productNameCompany", "pcf"];
    let names = |node: &Node| node.as_object().unwrap_or_default().iter().map(|m| m.name.clone()).collect::<Vec<_>>();
    let inside = names(pcf).into_iter().filter(|n| !TAKEN.contains(&n.as_str()) && n != "dqi" && n != "productOrSectorSpecificRules");
    let outside = names(footprint).into_iter().filter(|n| !taken_outside.contains(&n.as_str()));
    outside.chain(inside.map(|n| format!("pcf.{n}"))).collect()
}
