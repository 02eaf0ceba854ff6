//! Parts of a footprint that must add up, in exact decimals.

use crate::decimal::Decimal;
use crate::verdict::{ComponentFacts, FootprintFacts, Part, Stated};
use alloc::vec::Vec;

/// How far sums may be off if no scheme says otherwise, percent. The energy mix adds up to 100 within this in any case.
pub const SUM_TOLERANCE_PERCENT: Decimal = Decimal::TENTH;

/// Levels of components that the profile allows; deeper ones are not in form.
const COMPONENT_LEVELS_MAX: u8 = 2;

/// How parts and their whole belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The parts are the whole.
    Equal,
    /// There are other parts too.
    AtMost,
}

/// One sum of a footprint: its parts, and the whole that they are held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsSum {
    /// Member of `carbonFootprint` that states the parts.
    pub member: &'static str,
    /// Their sum; `None` beyond 10^18.
    pub sum: Option<Decimal>,
    /// The whole, in the same unit.
    pub whole: Decimal,
    /// How both belong together.
    pub relation: Relation,
    /// How far they may be off, percent.
    pub tolerance: Decimal,
}

impl PartsSum {
    /// Whether the parts fit the whole.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.sum.is_some_and(|sum| match self.relation {
            Relation::Equal => sum.within(self.whole, self.tolerance),
            Relation::AtMost => sum.at_most(self.whole, self.tolerance),
        })
    }
}

impl FootprintFacts {
    /// Scope 1, and the scope 2 that the method names; `None` where one is missing.
    #[must_use]
    pub fn scopes_one_and_two(&self) -> Option<(Decimal, Decimal)> {
        let scopes = &self.scopes;
        let scope2 = match scopes.scope2_method.as_deref()? {
            "location-based" => scopes.scope2_location?,
            "market-based" => scopes.scope2_market?,
            _ => return None,
        };
        Some((scopes.scope1?, scope2))
    }

    /// Every sum that the footprint states; none where its value is not one number (SPEC section 14.7).
    #[must_use]
    pub fn sums(&self, tolerance: Decimal) -> Vec<PartsSum> {
        let Some(Stated::Number(whole)) = self.value else { return Vec::new() };
        let mut sums = Vec::new();
        let mut equal = |member, sum, whole, tolerance| sums.push(PartsSum { member, sum, whole, relation: Relation::Equal, tolerance });
        let scope3 = self.scopes.scope3_upstream;
        if let (Some((scope1, scope2)), Some(scope3)) = (self.scopes_one_and_two(), scope3) {
            equal("emissionsByScope", Decimal::sum([scope1, scope2, scope3]), whole, tolerance);
        }
        let parts = [
            ("lifeCycleStages", &self.stages, Some(whole), tolerance),
            ("scope3Categories", &self.scope3_categories, scope3, tolerance),
            ("energyMix", &self.energy_mix, Some(Decimal::HUNDRED), SUM_TOLERANCE_PERCENT),
        ];
        for (member, parts, whole, tolerance) in parts {
            if let (false, Some(whole)) = (parts.is_empty(), whole) {
                equal(member, Decimal::sum(parts.iter().map(|p: &Part| p.amount)), whole, tolerance);
            }
        }
        if let Some(fossil) = self.fossil {
            sums.push(PartsSum { member: "fossilGhgEmissions", sum: Some(fossil), whole, relation: Relation::AtMost, tolerance });
        }
        components(&mut sums, "components", &self.components, whole, tolerance, 0);
        sums
    }
}

/// Components never have more than their parent.
fn components(sums: &mut Vec<PartsSum>, member: &'static str, list: &[ComponentFacts], whole: Decimal, tolerance: Decimal, level: u8) {
    if level >= COMPONENT_LEVELS_MAX || list.is_empty() {
        return;
    }
    let sum = Decimal::sum(list.iter().filter_map(|c| c.emissions));
    sums.push(PartsSum { member, sum, whole, relation: Relation::AtMost, tolerance });
    for component in list {
        if let Some(own) = component.emissions {
            components(sums, "components.components", &component.components, own, tolerance, level.saturating_add(1));
        }
    }
}
