//! What a scheme would say against a footprint, before anyone asks: advice for whoever makes the passport.
//!
//! Decides nothing: `eco_core` judges the same values under each scheme's own rules and tolerance.

use crate::json::Node;
use crate::profile::Flaw;
use eco_core::decimal::Decimal;
use eco_core::verdict::{Code, ComponentFacts, FootprintFacts, Part, PassportFacts, Stated};

/// Default tolerance of sums, percent.
const TOLERANCE: &str = "0.1";

/// Every objection that follows from the passport alone.
pub(super) fn advice(document: &Node, facts: &PassportFacts) -> Vec<Flaw> {
    let footprint = document.get("credentialSubject").and_then(|s| s.get("carbonFootprint")).unwrap_or(document);
    let mut advice = Advice { document, footprint, flaws: Vec::new(), tolerance: TOLERANCE.parse().unwrap_or_default() };
    advice.words(&facts.footprint);
    advice.scopes(&facts.footprint);
    advice.sums(&facts.footprint);
    advice.flaws
}

struct Advice<'a> {
    document: &'a Node,
    footprint: &'a Node,
    flaws: Vec<Flaw>,
    tolerance: Decimal,
}

impl Advice<'_> {
    fn say(&mut self, code: Code, member: &str, rule: &str, found: String, mend: &str) {
        let at = member.split('.').try_fold(self.footprint, |node, name| node.get(name)).unwrap_or(self.footprint).at;
        let path = self.document.path_at(at);
        self.flaws.push(Flaw { code, path, offset: at, rule: rule.into(), found, mend: mend.into() });
    }

    fn words(&mut self, f: &FootprintFacts) {
        if let Some(kind) = f.value_kind.as_deref().filter(|k| *k != "verified") {
            self.say(Code::CfNotVerified, "valueKind", "verified", format!("{kind:?}"), "have the value verified first");
        }
        if let Some(Stated::Text(text)) = &f.value {
            let mend = "state the one value that was verified";
            self.say(Code::CfValueRange, "pcfExcludingBiogenicUptake", "one number", format!("{text:?}"), mend);
        }
        if !f.standards.iter().any(|s| s == "ISO14067") {
            let found = f.standards.join(", ");
            self.say(Code::CfStandardMissing, "crossSectoralStandards", "holds ISO14067", found, "calculate by ISO 14067 and say so");
        }
        if f.deprecated {
            self.say(Code::CfDeprecated, "status", "Active", "Deprecated".into(), "use the footprint that replaced it");
        }
        if let (Some(start), Some(end)) = (f.period_start, f.period_end)
            && start >= end
        {
            self.say(Code::CfPeriodInvalid, "referencePeriodEnd", "after its start", "an end that is not".into(), "check both dates");
        }
        let accreditation = f.verification.as_ref().and_then(|v| Some((v.completed_at?, v.accredited_until?)));
        if let Some((completed, until)) = accreditation.filter(|(completed, until)| *completed >= until.ends()) {
            let found = format!("completed {}, accredited until {until}", crate::profile::rfc3339(completed));
            let mend = "name the accreditation that was in force";
            self.say(Code::AccreditationExpired, "verification.completedAt", "within the accreditation", found, mend);
        }
    }

    fn scopes(&mut self, f: &FootprintFacts) {
        let (scope1, scope2) = (f.scopes.scope1, scope2(f));
        if scope1.is_none() || scope2.is_none() {
            let lacks = if scope1.is_none() { "scope1" } else { "scope2Method or the value by it" };
            let mend = "state scope 1, the method of scope 2, and scope 2 by that method";
            self.say(Code::CfScopeIncomplete, "emissionsByScope", "scopes 1 and 2 as numbers", format!("no {lacks}"), mend);
        }
    }

    fn sums(&mut self, f: &FootprintFacts) {
        let Some(Stated::Number(whole)) = f.value else { return };
        if let (Some(one), Some(two), Some(three)) = (f.scopes.scope1, scope2(f), f.scopes.scope3_upstream) {
            self.equal("emissionsByScope", "scope 1 + scope 2 + scope 3", Decimal::sum([one, two, three]), whole);
        }
        let total = |parts: &[Part]| Decimal::sum(parts.iter().map(|p| p.amount));
        if !f.stages.is_empty() {
            self.equal("lifeCycleStages", "the life cycle stages", total(&f.stages), whole);
        }
        if let (false, Some(upstream)) = (f.scope3_categories.is_empty(), f.scopes.scope3_upstream) {
            self.equal("scope3Categories", "the scope 3 categories", total(&f.scope3_categories), upstream);
        }
        if !f.energy_mix.is_empty() {
            self.equal("energyMix", "the energy mix", total(&f.energy_mix), Decimal::HUNDRED);
        }
        if let Some(fossil) = f.fossil.filter(|fossil| !fossil.at_most(whole, self.tolerance)) {
            self.say(
                Code::CfSumMismatch,
                "fossilGhgEmissions",
                &format!("at most the whole, {whole}"),
                fossil.to_string(),
                "check both values",
            );
        }
        self.components(&f.components, whole);
    }

    fn components(&mut self, list: &[ComponentFacts], whole: Decimal) {
        let sum = Decimal::sum(list.iter().filter_map(|c| c.emissions));
        if sum.is_none_or(|sum| !sum.at_most(whole, self.tolerance)) {
            let found = sum.map_or_else(|| "more".into(), |s| s.to_string());
            self.say(Code::CfSumMismatch, "components", &format!("components add up to at most {whole}"), found, "check the contributions");
        }
        for component in list.iter().filter(|c| !c.components.is_empty()) {
            if let Some(own) = component.emissions {
                self.components(&component.components, own);
            }
        }
    }

    fn equal(&mut self, member: &str, what: &str, sum: Option<Decimal>, whole: Decimal) {
        if sum.is_none_or(|sum| !sum.within(whole, self.tolerance)) {
            let found = sum.map_or_else(|| "a sum beyond 18 digits".into(), |s| s.to_string());
            let rule = format!("{what} = {whole} within {} %", self.tolerance);
            self.say(Code::CfSumMismatch, member, &rule, found, "correct the part that is wrong");
        }
    }
}

fn scope2(f: &FootprintFacts) -> Option<Decimal> {
    match f.scopes.scope2_method.as_deref() {
        Some("location-based") => f.scopes.scope2_location,
        Some("market-based") => f.scopes.scope2_market,
        _ => None,
    }
}
