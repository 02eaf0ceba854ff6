//! Reading `credentialSubject.carbonFootprint`: the base rows, then what is optional.

use super::{COMPONENTS_MAX, UNITS};
use crate::json::Node;
use crate::profile::{Check, Fields, Named, Spelling, duration_s, organization, spelling};
use eco_core::decimal::Decimal;
use eco_core::fingerprint::Method;
use eco_core::name::Timestamp;
use eco_core::scheme::{Assurance, Boundary};
use eco_core::verdict::{
    ActivityFacts, Code, ComponentFacts, FactorFacts, FootprintFacts, Part, Party, ScopeFacts, Stated, VerificationFacts,
};

/// The footprint, and the id of the passport that this one supersedes.
pub(super) fn read(check: &mut Check<'_>, node: &Node, valid_from: Option<Timestamp>) -> Option<(FootprintFacts, Option<String>)> {
    let mut f = check.fields(node)?;
    f.kind(check, "ProductCarbonFootprint");
    let mut facts = base(check, &mut f);
    let supersedes = about_itself(check, &mut f, valid_from, &mut facts);
    amounts(check, &mut f, &mut facts);
    let words = |check: &mut Check<'_>, node: Option<&Node>| -> Vec<String> {
        node.and_then(|n| check.set(n, 40)).unwrap_or_default().into_iter().map(str::to_owned).collect()
    };
    facts.sector_rules = words(check, f.may("productOrSectorSpecificRules"));
    facts.characterization_factors = words(check, f.may("ipccCharacterizationFactors"));
    if facts.characterization_factors.iter().any(|w| w != "AR5" && w != "AR6") {
        f.may("ipccCharacterizationFactors").inspect(|n| check.invalid(n, "a set of AR5 and AR6", "name the assessment report only"));
    }
    f.may("boundaryProcessesDescription").and_then(|n| check.text(n));
    f.may("allocationRulesDescription").and_then(|n| check.text(n));
    f.may("bomRevision").and_then(|n| check.text_of(n, 200));
    facts.stages = parts(check, f.may("lifeCycleStages"), "StageEmissions", ("stage", "emissions"));
    facts.scope3_categories = parts(check, f.may("scope3Categories"), "ScopeCategory", ("category", "emissions"));
    facts.energy_mix = parts(check, f.may("energyMix"), "EnergyShare", ("energySource", "sharePercent"));
    facts.activity = each(check, f.may("activityData"), 0, activity);
    let mut left = COMPONENTS_MAX;
    facts.components = f.may("components").map(|n| components(check, n, 1, &mut left)).unwrap_or_default();
    f.close(check);
    Some((facts, supersedes))
}

fn base(check: &mut Check<'_>, f: &mut Fields<'_>) -> FootprintFacts {
    let value_kind = f.must(check, "valueKind").map(|n| n.as_text().map_or_else(|| n.shown(), str::to_owned));
    let value = f.must(check, "pcfExcludingBiogenicUptake").and_then(|n| stated(check, n));
    let units = UNITS.map(|unit| (unit, unit));
    let unit = f.must(check, "declaredUnitOfMeasurement").and_then(|n| check.choice(n, &units)).map(str::to_owned);
    f.must(check, "declaredUnitAmount").and_then(|n| check.positive(n));
    let standards = f.must(check, "crossSectoralStandards").and_then(|n| check.set(n, 40));
    let boundaries: Vec<_> = Boundary::ALL.iter().map(|b| (b.name(), *b)).collect();
    let boundary = f.must(check, "boundary").and_then(|n| check.choice(n, &boundaries));
    let scopes = f.may("emissionsByScope").and_then(|n| scopes(check, n)).unwrap_or_default();
    let period_start = f.must(check, "referencePeriodStart").and_then(|n| check.instant(n));
    let period_end = f.must(check, "referencePeriodEnd").and_then(|n| check.instant(n));
    let geography = geography(check, f);
    let sources = f.must(check, "emissionFactorSources");
    FootprintFacts {
        value_kind,
        value,
        unit,
        boundary,
        standards: standards.unwrap_or_default().into_iter().map(str::to_owned).collect(),
        scopes,
        period_start,
        period_end,
        geography,
        factors: each(check, sources, 1, factor),
        verification: f.must(check, "verification").and_then(|n| verification(check, n)),
        ..FootprintFacts::default()
    }
}

/// The one value: a number, or the text that stands in its place.
fn stated(check: &mut Check<'_>, node: &Node) -> Option<Stated> {
    match spelling(node) {
        Spelling::Exact(_) => check.amount(node).map(Stated::Number),
        Spelling::NotOneNumber => Some(Stated::Text(node.as_text().map_or_else(|| node.shown(), str::to_owned))),
        Spelling::Respell(_) | Spelling::Malformed => {
            check.decimal(node);
            None
        }
    }
}

/// A scope's emissions. What is no number leaves the scope open, which `judge` has a code for.
fn scope(check: &mut Check<'_>, node: Option<&Node>) -> Option<Decimal> {
    let node = node?;
    if spelling(node) == Spelling::NotOneNumber { None } else { check.amount(node) }
}

fn scopes(check: &mut Check<'_>, node: &Node) -> Option<ScopeFacts> {
    let mut f = check.fields(node)?;
    f.kind(check, "ScopeEmissions");
    let scope1 = f.may("scope1");
    let method = f.may("scope2Method").map(|n| n.as_text().map_or_else(|| n.shown(), str::to_owned));
    let [location, market, upstream] = ["scope2LocationBased", "scope2MarketBased", "scope3Upstream"].map(|name| f.may(name));
    f.close(check);
    Some(ScopeFacts {
        scope1: scope(check, scope1),
        scope2_method: method,
        scope2_location: scope(check, location),
        scope2_market: scope(check, market),
        scope3_upstream: scope(check, upstream),
    })
}

fn geography(check: &mut Check<'_>, f: &mut Fields<'_>) -> Option<String> {
    let (country, part) = (f.may("geographyCountry"), f.may("geographyCountrySubdivision"));
    match (country, part) {
        (Some(node), None) => check.country(node).map(|c| c.to_string()),
        (None, Some(node)) => {
            let form = |t: &str| {
                t.split_once('-').is_some_and(|(country, part)| {
                    crate::country::is_assigned(country)
                        && (1..=3).contains(&part.len())
                        && part.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
                })
            };
            check.formed(node, "a subdivision of ISO 3166-2", "write it like CN-GD", form).map(str::to_owned)
        }
        (Some(_), Some(node)) => {
            check.invalid(node, "exactly one of geographyCountry and geographyCountrySubdivision", "remove one of them");
            None
        }
        (None, None) => {
            check.missing(
                Code::FieldMissing,
                f.owner,
                "geographyCountry",
                "exactly one of geographyCountry and geographyCountrySubdivision",
            );
            None
        }
    }
}

fn about_itself(check: &mut Check<'_>, f: &mut Fields<'_>, valid_from: Option<Timestamp>, facts: &mut FootprintFacts) -> Option<String> {
    let uuid = |t: &str| {
        t.strip_prefix("urn:uuid:").is_some_and(|id| {
            id.len() == 36
                && id.bytes().enumerate().all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == b'-' } else { c.is_ascii_hexdigit() })
        })
    };
    f.may("id").and_then(|n| check.formed(n, "urn:uuid:<uuid>", "write it like urn:uuid:3f0c2a52-5d2b-4c52-9a51-0b7f3d9f6a11", uuid));
    let version =
        |t: &str| t.split('.').count() == 3 && t.split('.').all(|n| (1..=4).contains(&n.len()) && n.bytes().all(|c| c.is_ascii_digit()));
    f.may("specVersion").and_then(|n| check.formed(n, "a version of PACT, like 3.0.3", "write three numbers", version));
    let created = f.may("created");
    if let (Some(node), Some(at), Some(from)) = (created, created.and_then(|n| check.instant(n)), valid_from)
        && at > from
    {
        check.invalid(node, "not later than validFrom", "check both dates");
    }
    let status = f.may("status").and_then(|n| check.choice(n, &[("Active", false), ("Deprecated", true)]));
    facts.deprecated = status == Some(true);
    f.may("supersedes").and_then(|n| check.iri(n)).map(str::to_owned)
}

fn amounts(check: &mut Check<'_>, f: &mut Fields<'_>, facts: &mut FootprintFacts) {
    f.may("productMassPerDeclaredUnit").and_then(|n| check.amount(n));
    // Uptake and removals may outweigh emissions: these two may be negative.
    for name in ["pcfIncludingBiogenicUptake", "landUseChangeGhgEmissions"] {
        f.may(name).and_then(|n| check.decimal(n));
    }
    facts.fossil = f.may("fossilGhgEmissions").and_then(|n| check.amount(n));
    for name in ["aircraftGhgEmissions", "fossilCarbonContent", "biogenicCarbonContent"] {
        f.may(name).and_then(|n| check.amount(n));
    }
    f.may("exemptedEmissionsPercent").and_then(|n| check.decimal_in(n, 0, 100));
    facts.primary_data_share = f.may("primaryDataShare").and_then(|n| check.decimal_in(n, 0, 100));
    if let Some(mut dqi) = f.may("dqi").and_then(|n| check.fields(n)) {
        dqi.kind(check, "DataQuality");
        for name in ["technologicalDQR", "geographicalDQR", "temporalDQR"] {
            dqi.may(name).and_then(|n| check.decimal_in(n, 1, 5));
        }
        dqi.close(check);
    }
}

/// Every element of a list that can be read.
fn each<T>(check: &mut Check<'_>, node: Option<&Node>, least: usize, read: fn(&mut Check<'_>, &Node) -> Option<T>) -> Vec<T> {
    let list = node.and_then(|n| check.list(n, least, 1000)).unwrap_or_default();
    list.iter().filter_map(|element| read(check, element)).collect()
}

/// Named parts of a sum; no name twice.
fn parts(check: &mut Check<'_>, node: Option<&Node>, kind: &str, (name_of, amount_of): (&str, &str)) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for element in node.and_then(|n| check.list(n, 1, 1000)).unwrap_or_default() {
        let Some(mut f) = check.fields(element) else { continue };
        f.kind(check, kind);
        let name_at = f.must(check, name_of);
        let numbered = |t: &str| t.parse::<u8>().is_ok_and(|n| (1..=15).contains(&n) && n.to_string() == t);
        let name = match name_of {
            "category" => name_at.and_then(|n| check.formed(n, "a scope 3 category, 1 to 15", "write its number", numbered)),
            _ => name_at.and_then(|n| check.text_of(n, 200)),
        };
        let amount = f.must(check, amount_of);
        let amount = if amount_of == "sharePercent" {
            amount.and_then(|n| check.decimal_in(n, 0, 100))
        } else {
            amount.and_then(|n| check.amount(n))
        };
        f.close(check);
        let (Some(name), Some(node)) = (name, name_at) else { continue };
        if parts.iter().any(|p| p.name == name) {
            check.invalid(node, format!("each {name_of} once"), "add the two up, or rename one");
        } else if let Some(amount) = amount {
            parts.push(Part { name: name.to_owned(), amount });
        }
    }
    parts
}

fn factor(check: &mut Check<'_>, node: &Node) -> Option<FactorFacts> {
    let mut f = check.fields(node)?;
    f.kind(check, "EmissionFactorSource");
    let name = f.must(check, "name").and_then(|n| check.text_of(n, 200));
    f.must(check, "sourceVersion").and_then(|n| check.text_of(n, 200));
    let region = f.must(check, "sourceRegion").and_then(|n| check.text_of(n, 200));
    let digits = |t: &str| t.len() == 4 && t.bytes().all(|c| c.is_ascii_digit());
    let year = f.must(check, "sourceYear").and_then(|n| check.formed(n, "a year of four digits", "write it like 2024", digits));
    f.close(check);
    Some(FactorFacts { name: name?.to_owned(), region: region?.to_owned(), year: year.and_then(|y| y.parse().ok()) })
}

fn activity(check: &mut Check<'_>, node: &Node) -> Option<ActivityFacts> {
    let mut f = check.fields(node)?;
    f.kind(check, "ActivityData");
    let kind = f.must(check, "activityType").and_then(|n| check.text_of(n, 200));
    f.may("granularity").and_then(|n| check.text_of(n, 200));
    let resolution = f.must(check, "temporalResolution");
    let form = |t: &str| duration_s(t).is_some();
    let resolution = resolution.and_then(|n| check.formed(n, "a duration of ISO 8601", "write it like PT15M or P1M", form));
    let from = f.must(check, "observedFrom").and_then(|n| check.instant(n));
    let until = f.must(check, "observedTo").and_then(|n| check.instant(n));
    link(check, f.may("evidenceLink"));
    f.close(check);
    Some(ActivityFacts { kind: kind?.to_owned(), resolution_s: resolution.and_then(duration_s), from, until })
}

/// A link with the fingerprint of what it leads to, if it is there.
fn link(check: &mut Check<'_>, node: Option<&Node>) {
    let Some(mut f) = node.and_then(|n| check.fields(n)) else { return };
    f.kind(check, "SecureLink");
    let (url, id) = (f.may("linkURL"), f.may("id"));
    match url.or(id) {
        Some(node) => drop(check.iri(node)),
        None => check.missing(Code::FieldMissing, f.owner, "linkURL", "a required member"),
    }
    f.must(check, "fingerprint").and_then(|n| check.fingerprint(n, &[Method::File, Method::Pdf, Method::Jcs]));
    f.close(check);
}

fn components(check: &mut Check<'_>, node: &Node, depth: usize, left: &mut usize) -> Vec<ComponentFacts> {
    let mut found = Vec::new();
    for element in check.list(node, 1, COMPONENTS_MAX).unwrap_or_default() {
        let Some(rest) = left.checked_sub(1) else {
            check.invalid(node, format!("at most {COMPONENTS_MAX} components over both levels"), "leave out the smallest");
            break;
        };
        *left = rest;
        let Some(mut f) = check.fields(element) else { continue };
        f.kind(check, "Component");
        f.may("id").and_then(|n| check.iri(n));
        let name = f.must(check, "name").and_then(|n| check.text_of(n, 200));
        f.may("hsClassification").and_then(|n| crate::profile::hs(check, n));
        let emissions = f.may("emissions").and_then(|n| check.amount(n));
        link(check, f.may("carbonPassport"));
        let components = match f.may("components") {
            Some(node) if depth >= 2 => {
                check.invalid(node, "components to depth 2", "let the component have a passport of its own and link it");
                Vec::new()
            }
            Some(node) => components(check, node, depth + 1, left),
            None => Vec::new(),
        };
        f.close(check);
        found.push(ComponentFacts { name: name.unwrap_or_default().to_owned(), emissions, components });
    }
    found
}

fn verification(check: &mut Check<'_>, node: &Node) -> Option<VerificationFacts> {
    let mut f = check.fields(node)?;
    f.kind(check, "Verification");
    f.must(check, "verificationStandard").and_then(|n| check.text_of(n, 200));
    let levels: Vec<_> = Assurance::ALL.iter().map(|a| (a.name(), *a)).collect();
    let assurance = f.must(check, "levelOfAssurance").and_then(|n| check.choice(n, &levels));
    let statement = f.must(check, "statementNumber").and_then(|n| check.text_of(n, 200));
    let completed_at = f.must(check, "completedAt").and_then(|n| check.instant(n));
    let verifier = f.must(check, "verifier").and_then(|n| organization(check, n, Named::Id));
    let accreditation = f.must(check, "accreditation").and_then(|n| check.fields(n));
    let accredited = accreditation.and_then(|mut f| {
        f.kind(check, "Accreditation");
        let body = f.must(check, "accreditationBody").and_then(|n| check.text_of(n, 200));
        let standard = f.must(check, "accreditationStandard").and_then(|n| check.text_of(n, 200));
        f.must(check, "accreditationNumber").and_then(|n| check.text_of(n, 200));
        let until = f.must(check, "accreditedUntil").and_then(|n| check.date(n));
        f.close(check);
        Some((body?.to_owned(), standard?.to_owned(), until))
    });
    link(check, f.may("evidenceLink"));
    f.close(check);
    let (accreditation_body, accreditation_standard, accredited_until) = accredited?;
    Some(VerificationFacts {
        assurance,
        statement_number: statement?.to_owned(),
        completed_at,
        verifier: verifier.map(|v| v.party()).unwrap_or_else(Party::default),
        accreditation_body,
        accreditation_standard,
        accredited_until,
    })
}
