//! Schemes as files: strict JSON in, the record that the network agrees on out, every flaw at once.
//!
//! A member that the file does not state is not checked later, and every verdict says so. Names are those of
//! SPEC section 14; durations are ISO 8601, as in passports.

#[cfg(test)]
mod tests;

use crate::json::{self, Node};
use crate::product::ProductId;
use crate::profile::{Check, Fields, Flaw, duration_s};
use eco_core::codec;
use eco_core::date::Date;
use eco_core::decimal::Decimal;
use eco_core::fingerprint::Method;
use eco_core::name::{Country, Revision, Timestamp};
use eco_core::scheme::{
    Assurance, Attribute, BeforeArrival, Boundary, Effect, EffectKind, HsCode, HsEdition, Mode, ModeFrom, PageRule, ReferenceDate,
    Requires, Scheme, SchemeId, Scope, Source,
};
use eco_core::verdict::Code;

/// The sample schemes: starter categories of goods, marked as samples in their own text. No authority has published them.
pub const SAMPLES: [(&str, &str); 4] = [
    ("sample-lithium-battery", include_str!("../schemes/sample-lithium-battery.json")),
    ("sample-new-energy-equipment", include_str!("../schemes/sample-new-energy-equipment.json")),
    ("sample-power-tools", include_str!("../schemes/sample-power-tools.json")),
    ("sample-laser-cutting", include_str!("../schemes/sample-laser-cutting.json")),
];

/// Elements of a list in a scheme; what the record may hold in all is bounded by its bytes.
const LIST_MAX: usize = 1_000;
const DAY_S: u64 = 24 * 3600;

/// What reading a scheme's file found.
#[derive(Debug, Clone)]
pub struct SchemeReport {
    /// Every way in which it is not a scheme, in the order of the file.
    pub flaws: Vec<Flaw>,
    /// The record; only without flaws.
    pub scheme: Option<Scheme>,
}

/// Reads a scheme from its file.
#[must_use]
pub fn read_scheme(bytes: &[u8]) -> SchemeReport {
    let document = match json::read(bytes) {
        Ok(document) => document,
        Err(defect) => return SchemeReport { flaws: vec![Flaw::not_strict(&defect)], scheme: None },
    };
    let mut check = Check::of(&document);
    let scheme = scheme(&mut check, &document);
    // What the record itself refuses: lists and members that do not go together, too many bytes.
    if let Some(defect) = scheme.as_ref().and_then(|s| codec::decode::<Scheme>(&codec::encode(s)).err()) {
        check.flaw_found(Code::FieldInvalid, &document, "a scheme that holds together", defect.to_string(), "change the members it names");
    }
    let flaws = check.flaws();
    let scheme = scheme.filter(|_| flaws.is_empty());
    SchemeReport { flaws, scheme }
}

fn scheme(check: &mut Check<'_>, root: &Node) -> Option<Scheme> {
    let mut f = check.fields(root)?;
    let id = f.must(check, "scheme").and_then(|n| parsed::<SchemeId>(check, n, "a name of a-z, 0-9 and inner dashes, at most 40 bytes"));
    let revision = f.must(check, "revision").and_then(|n| count(check, n)).map(Revision);
    let source = f.must(check, "source").and_then(|n| source(check, n));
    let modes = f.must(check, "modes").and_then(|n| modes(check, n));
    let effect = f.must(check, "effect").and_then(|n| effect(check, n));
    let scope = scope(check, &mut f);
    let reference_date = f.may("referenceDate").map_or(Some(ReferenceDate::Issue), |n| named(check, n, ReferenceDate::ALL, |v| v.name()));
    let requires = f.may("requires").map_or_else(|| Some(Requires::default()), |n| requires(check, n));
    let before_arrival = f.may("beforeArrival").and_then(|n| before_arrival(check, n));
    let status_age_ms_max = f.may("statusMaxAge").and_then(|n| duration(check, n)).map(|s| s * 1000);
    let page = f.may("page").and_then(|n| page(check, n));
    f.close(check);
    Some(Scheme {
        version: 1,
        id: id?,
        revision: revision?,
        source: source?,
        modes: modes?,
        effect: effect?,
        scope: scope?,
        reference_date: reference_date?,
        requires: requires?,
        before_arrival,
        status_age_ms_max,
        page,
    })
}

fn source(check: &mut Check<'_>, node: &Node) -> Option<Source> {
    let mut f = check.fields(node)?;
    let url = f.must(check, "url").and_then(|n| check.iri(n)).map(str::to_owned);
    let list_date = f.must(check, "listDate").and_then(|n| check.date(n));
    let fingerprint = f.may("fingerprint").map(|n| check.fingerprint(n, &[Method::File]));
    f.close(check);
    Some(Source { url: url?, list_date: list_date?, fingerprint: fingerprint.flatten() })
}

fn modes(check: &mut Check<'_>, node: &Node) -> Option<Vec<ModeFrom>> {
    let list = check.list(node, 1, eco_core::scheme::SCHEME_MODES_MAX)?;
    let mut modes = Vec::with_capacity(list.len());
    for each in list {
        let mut f = check.fields(each)?;
        let from = f.must(check, "from").and_then(|n| moment(check, n));
        let mode = f.must(check, "mode").and_then(|n| named(check, n, Mode::ALL, |v| v.name()));
        f.close(check);
        modes.push(ModeFrom { from: from?, mode: mode? });
    }
    Some(modes)
}

fn effect(check: &mut Check<'_>, node: &Node) -> Option<Effect> {
    let mut f = check.fields(node)?;
    let kind = f.must(check, "kind").and_then(|n| named(check, n, EffectKind::ALL, |v| v.name()));
    let text = f.must(check, "text").and_then(|n| check.text_of(n, 200)).map(str::to_owned);
    f.close(check);
    Some(Effect { kind: kind?, text: text? })
}

fn scope(check: &mut Check<'_>, f: &mut Fields<'_>) -> Option<Scope> {
    let category = f.must(check, "category").and_then(|n| check.text_of(n, 100)).map(str::to_owned);
    let hs_edition = f.may("hsEdition").and_then(|n| named(check, n, HsEdition::ALL, |v| v.name()));
    let prefix = "2 to 10 digits, without points";
    let include = f.may("include").map_or(Some(Vec::new()), |n| set(check, n, |c, n| parsed::<HsCode>(c, n, prefix)));
    let exclude = f.may("exclude").map_or(Some(Vec::new()), |n| set(check, n, |c, n| parsed::<HsCode>(c, n, prefix)));
    let products = f.may("products").map_or(Some(Vec::new()), |n| set(check, n, product));
    let [origins, destinations] =
        ["origins", "destinations"].map(|name| f.may(name).map_or(Some(Vec::new()), |n| set::<Country>(check, n, |c, n| c.country(n))));
    let attributes = f.may("attributes").map_or(Some(Vec::new()), |n| attributes(check, n));
    Some(Scope {
        category: category?,
        hs_edition,
        include: include?,
        exclude: exclude?,
        products: products?,
        origins: origins?,
        destinations: destinations?,
        attributes: attributes?,
    })
}

/// `{ "laserSource": "CO2" }`: what the passport must state about the goods.
fn attributes(check: &mut Check<'_>, node: &Node) -> Option<Vec<Attribute>> {
    let Some(members) = node.as_object() else {
        check.invalid(node, "an object", "write it as { \"laserSource\": \"CO2\" }");
        return None;
    };
    let mut attributes = Vec::with_capacity(members.len());
    for member in members {
        let value = check.text_of(&member.node, 100)?.to_owned();
        attributes.push(Attribute { name: member.name.clone(), value });
    }
    attributes.sort();
    Some(attributes)
}

fn requires(check: &mut Check<'_>, node: &Node) -> Option<Requires> {
    let mut f = check.fields(node)?;
    let [required_fields, units, standards, accreditation_standards] = ["requiredFields", "units", "standards", "accreditationStandards"]
        .map(|name| f.may(name).map_or(Some(Vec::new()), |n| set(check, n, |c, n| c.text_of(n, 200).map(str::to_owned))));
    let days = |seconds: u64| u32::try_from(seconds / DAY_S).unwrap_or(u32::MAX);
    let requires = Requires {
        passport: f.may("passport").and_then(|n| check.truth(n)).unwrap_or_default(),
        required_fields: required_fields?,
        units: units?,
        boundary: f.may("boundary").and_then(|n| named(check, n, Boundary::ALL, |v| v.name())),
        standards: standards?,
        assurance: f.may("assurance").and_then(|n| named(check, n, Assurance::ALL, |v| v.name())),
        accreditation_standards: accreditation_standards?,
        primary_data_share_min: f.may("minPrimaryDataShare").and_then(|n| percent(check, n)),
        resolution_s_max: f.may("maxResolution").and_then(|n| duration(check, n)).map(|s| u32::try_from(s).unwrap_or(u32::MAX)),
        period_days_max: f.may("maxPeriod").and_then(|n| duration(check, n)).map(days),
        data_age_days_max: f.may("dataMaxAge").and_then(|n| duration(check, n)).map(days),
        factor_age_years_max: f.may("factorMaxAge").and_then(|n| years(check, n)),
        grid_factor: f.may("gridFactor").and_then(|n| check.truth(n)).unwrap_or_default(),
        tolerance_percent: f.may("tolerancePercent").and_then(|n| percent(check, n)),
    };
    f.close(check);
    Some(requires)
}

fn before_arrival(check: &mut Check<'_>, node: &Node) -> Option<BeforeArrival> {
    let mut f = check.fields(node)?;
    let [passport, attestation] = ["passport", "attestation"].map(|name| f.may(name).and_then(|n| check.truth(n)).unwrap_or_default());
    let hours = f.may("hours").map_or(Some(0), |n| count(check, n));
    f.close(check);
    Some(BeforeArrival { passport, attestation, hours: hours? })
}

fn page(check: &mut Check<'_>, node: &Node) -> Option<PageRule> {
    let mut f = check.fields(node)?;
    let [required, entry_required] = ["required", "entryRequired"].map(|name| f.may(name).and_then(|n| check.truth(n)).unwrap_or_default());
    let [grace, newest] = ["outageGrace", "newestCapture"].map(|name| f.may(name).map_or(Some(0), |n| duration(check, n)));
    f.close(check);
    let hours = |seconds: u64| u32::try_from(seconds / 3600).unwrap_or(u32::MAX);
    Some(PageRule { required, entry_required, outage_grace_hours: hours(grace?), newest_capture_hours: hours(newest?) })
}

fn product(check: &mut Check<'_>, node: &Node) -> Option<String> {
    let id = node.as_text().and_then(|text| ProductId::normalise(text).ok()).map(|id| id.to_string());
    if id.is_none() {
        check.invalid(node, "a product id: GS1 Digital Link or urn:eco:model:..", "see `eco passport check` for its check digits");
    }
    id
}

fn percent(check: &mut Check<'_>, node: &Node) -> Option<Decimal> {
    check.decimal_in(node, 0, 100)
}

/// A time, or a day: its first moment in UTC.
fn moment(check: &mut Check<'_>, node: &Node) -> Option<Timestamp> {
    match node.as_text().and_then(|text| text.parse::<Date>().ok()) {
        Some(day) => crate::profile::instant(&format!("{day}T00:00:00Z")),
        None => check.instant(node),
    }
}

/// A whole number as a string.
fn count(check: &mut Check<'_>, node: &Node) -> Option<u32> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let count = node.as_text().filter(|text| plain(text)).and_then(|text| text.parse().ok());
    if count.is_none() {
        check.invalid(node, "a whole number as a string", "write it like \"24\"");
    }
    count
}

/// A duration in seconds.
fn duration(check: &mut Check<'_>, node: &Node) -> Option<u64> {
    let seconds = node.as_text().and_then(duration_s);
    if seconds.is_none() {
        check.invalid(node, "an ISO 8601 duration", "write it like P1Y, P90D, P1M or PT24H");
    }
    seconds
}

/// A duration of whole years.
fn years(check: &mut Check<'_>, node: &Node) -> Option<u16> {
    let years = node.as_text().and_then(|text| text.strip_prefix('P')?.strip_suffix('Y')?.parse().ok());
    if years.is_none() {
        check.invalid(node, "a duration of whole years", "write it like P5Y");
    }
    years
}

/// One of the named values.
fn named<T: Copy>(check: &mut Check<'_>, node: &Node, all: &[T], name: impl Fn(&T) -> &'static str) -> Option<T> {
    let words: Vec<(&str, T)> = all.iter().map(|value| (name(value), *value)).collect();
    check.choice(node, &words)
}

/// A string with a grammar of its own.
fn parsed<T: core::str::FromStr>(check: &mut Check<'_>, node: &Node, rule: &str) -> Option<T> {
    let value = node.as_text().and_then(|text| text.parse().ok());
    if value.is_none() {
        check.invalid(node, rule, "spell it so");
    }
    value
}

/// A list without one value twice, in the order of the record.
fn set<T: Ord>(check: &mut Check<'_>, node: &Node, mut read: impl FnMut(&mut Check<'_>, &Node) -> Option<T>) -> Option<Vec<T>> {
    let list = check.list(node, 1, LIST_MAX)?;
    let mut values = Vec::with_capacity(list.len());
    for element in list {
        let value = read(check, element)?;
        if values.contains(&value) {
            check.invalid(element, "no value twice", "remove the second one");
        }
        values.push(value);
    }
    values.sort();
    values.dedup();
    Some(values)
}
