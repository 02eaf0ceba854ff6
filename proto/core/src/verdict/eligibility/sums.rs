//! Parts of a footprint that must add up, in exact decimals.

use super::Weighing;
use crate::decimal::Decimal;
use crate::verdict::{Code, ComponentFacts, Finding, FootprintFacts, Part, Stated, Subject};
use alloc::format;

/// Scope 1, the scope 2 that the method names, and both together; `None` where one is missing.
pub(super) fn scopes_one_and_two(footprint: &FootprintFacts) -> Option<(Decimal, Decimal)> {
    let scopes = &footprint.scopes;
    let scope2 = match scopes.scope2_method.as_deref()? {
        "location-based" => scopes.scope2_location?,
        "market-based" => scopes.scope2_market?,
        _ => return None,
    };
    Some((scopes.scope1?, scope2))
}

impl Weighing<'_> {
    /// How far sums may be off, percent.
    fn tolerance(&self) -> Decimal {
        let default = Decimal::whole(1).checked_shift_down(1).unwrap_or(Decimal::ZERO);
        self.scheme.and_then(|s| s.requires.tolerance_percent).unwrap_or(default)
    }

    /// Every sum of a footprint whose value is one number.
    pub(super) fn sums(&mut self, footprint: &FootprintFacts) {
        let Some(Stated::Number(whole)) = footprint.value else { return };
        let tolerance = self.tolerance();
        let scope3 = footprint.scopes.scope3_upstream;
        if let (Some((scope1, scope2)), Some(scope3)) = (scopes_one_and_two(footprint), scope3) {
            self.total("emissionsByScope", Decimal::sum([scope1, scope2, scope3]), whole, tolerance);
        }
        if let Some(fossil) = footprint.fossil.filter(|f| !f.at_most(whole, tolerance)) {
            self.off("fossilGhgEmissions", format!("{fossil} of {whole} kg"));
        }
        self.parts("lifeCycleStages", &footprint.stages, whole, tolerance);
        match scope3 {
            Some(scope3) => self.parts("scope3Categories", &footprint.scope3_categories, scope3, tolerance),
            None if footprint.scope3_categories.is_empty() => {}
            None => self.gap("whether the scope 3 categories add up: the passport states no scope3Upstream"),
        }
        let tenth = Decimal::whole(1).checked_shift_down(1).unwrap_or(Decimal::ZERO);
        self.parts("energyMix", &footprint.energy_mix, Decimal::HUNDRED, tenth);
        self.components("components", &footprint.components, whole, tolerance, 0);
    }

    fn parts(&mut self, member: &str, parts: &[Part], whole: Decimal, tolerance: Decimal) {
        if !parts.is_empty() {
            self.total(member, Decimal::sum(parts.iter().map(|p| p.amount)), whole, tolerance);
        }
    }

    fn total(&mut self, member: &str, sum: Option<Decimal>, whole: Decimal, tolerance: Decimal) {
        match sum {
            None => self.off(member, format!("the sum is beyond 10^18, expected {whole}")),
            Some(sum) if sum.within(whole, tolerance) => self.check(format!("{member} adds up")),
            Some(sum) => self.off(member, format!("the sum is {sum}, expected {whole} within {tolerance} %")),
        }
    }

    /// Components never have more than their parent; the profile allows two levels, deeper ones are not in form.
    fn components(&mut self, member: &str, components: &[ComponentFacts], parent: Decimal, tolerance: Decimal, depth: u8) {
        const DEPTH_MAX: u8 = 2;
        if depth >= DEPTH_MAX {
            return;
        }
        match Decimal::sum(components.iter().filter_map(|c| c.emissions)) {
            Some(sum) if sum.at_most(parent, tolerance) => {}
            Some(sum) => self.off(member, format!("components have {sum}, their parent {parent} kg")),
            None => self.off(member, format!("the sum is beyond 10^18, the parent has {parent} kg")),
        }
        for component in components {
            if let Some(own) = component.emissions {
                self.components("components.components", &component.components, own, tolerance, depth.saturating_add(1));
            }
        }
    }

    fn off(&mut self, member: &str, detail: alloc::string::String) {
        let path = format!("credentialSubject.carbonFootprint.{member}");
        self.add(Finding::new(Code::CfSumMismatch, Subject::Passport, format!("{member}: {detail}")).in_member(path));
    }
}
