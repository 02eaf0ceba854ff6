//! Rules on one passport's footprint: those of the base profile, and what the scheme demands beyond it.

use super::text::{region_contains, same_standard};
use super::{Held, Weighing};
use crate::date::{DAY_MS, Date, HOUR_MS, instant};
use crate::name::Timestamp;
use crate::scheme::Requires;
use crate::verdict::{Code, Finding, FootprintFacts, PartsSum, PassportFacts, Relation, SUM_TOLERANCE_PERCENT, Stated, Subject};
use alloc::format;
use alloc::string::String;

/// The standard that every footprint of the base profile follows.
const BASE_STANDARD: &str = "ISO14067";

impl Weighing<'_> {
    /// The base profile: one verified single value, scopes 1 and 2, sums, period, accreditation.
    pub(super) fn footprint(&mut self, passport: &PassportFacts) {
        let footprint = &passport.footprint;
        if footprint.value_kind.as_deref() != Some("verified") {
            let kind = footprint.value_kind.as_deref().unwrap_or("not stated");
            self.finding(Code::CfNotVerified, "valueKind", format!("valueKind is {kind:?}, must be \"verified\""));
        }
        if let Some(Stated::Text(text)) = &footprint.value {
            self.finding(Code::CfValueRange, "pcfExcludingBiogenicUptake", format!("{text:?} is not one number"));
        }
        if footprint.scopes_one_and_two().is_none() {
            self.finding(
                Code::CfScopeIncomplete,
                "emissionsByScope",
                "scope1, scope2Method and the value of that method are needed".into(),
            );
        }
        if !footprint.standards.iter().any(|s| same_standard(BASE_STANDARD, s)) {
            let found = footprint.standards.join(", ");
            self.finding(Code::CfStandardMissing, "crossSectoralStandards", format!("{BASE_STANDARD} is needed, found [{found}]"));
        }
        if footprint.deprecated {
            self.finding(Code::CfDeprecated, "status", "the status is Deprecated".into());
        }
        self.sums(footprint);
        self.period(footprint);
        self.grid(footprint);
        if let Some(verification) = &footprint.verification
            && let (Some(completed), Some(until)) = (verification.completed_at, verification.accredited_until)
            && completed >= until.ends()
        {
            let detail = format!("verified {}, accredited until {until}", instant(completed));
            self.finding(Code::AccreditationExpired, "verification.accreditation.accreditedUntil", detail);
        }
    }

    /// Every sum of a footprint whose value is one number.
    fn sums(&mut self, footprint: &FootprintFacts) {
        let tolerance = self.scheme.and_then(|s| s.requires.tolerance_percent).unwrap_or(SUM_TOLERANCE_PERCENT);
        for rule in footprint.sums(tolerance) {
            let PartsSum { member, sum, whole, relation, tolerance } = &rule;
            if rule.holds() {
                if *relation == Relation::Equal {
                    self.check(format!("{member} adds up"));
                }
                continue;
            }
            let sum = sum.map_or_else(|| "beyond 10^18".into(), |sum| format!("{sum}"));
            let detail = match relation {
                Relation::Equal => format!("{member}: the sum is {sum}, expected {whole} within {tolerance} %"),
                Relation::AtMost => format!("{member}: the sum is {sum} kg, at most {whole} kg fit within {tolerance} %"),
            };
            self.finding(Code::CfSumMismatch, member, detail);
        }
        let categories = !footprint.scope3_categories.is_empty() && footprint.scopes.scope3_upstream.is_none();
        if categories && matches!(footprint.value, Some(Stated::Number(_))) {
            self.gap("whether the scope 3 categories add up: the passport states no scope3Upstream");
        }
    }

    fn finding(&mut self, code: Code, member: &str, detail: String) {
        self.add(Finding::new(code, Subject::Passport, detail).in_member(path(member)));
    }

    fn period(&mut self, footprint: &FootprintFacts) {
        let (Some(start), Some(end)) = (footprint.period_start, footprint.period_end) else { return };
        if start >= end {
            let detail = format!("from {} to {}", instant(start), instant(end));
            return self.finding(Code::CfPeriodInvalid, "referencePeriodStart", detail);
        }
        let Some(scheme) = self.scheme else { return };
        if let Some(days) = scheme.requires.period_days_max
            && end.since(start) > u64::from(days) * DAY_MS
        {
            let found = end.since(start) / DAY_MS;
            self.finding(Code::CfPeriodInvalid, "referencePeriodEnd", format!("{found} days, the scheme allows {days}"));
        }
        if let (Some(days), Some(reference)) = (scheme.requires.data_age_days_max, self.reference)
            && reference.since(end) > u64::from(days) * DAY_MS
        {
            let found = reference.since(end) / DAY_MS;
            let detail = format!("the period ended {found} days before the reference date, the scheme allows {days}");
            self.finding(Code::CfPeriodInvalid, "referencePeriodEnd", detail);
        }
    }

    /// A grid factor's region must contain the place of production; where none is named so, any factor's.
    fn grid(&mut self, footprint: &FootprintFacts) {
        let Some(place) = &footprint.geography else { return };
        let is_grid = |name: &str| name.to_ascii_lowercase().contains("grid") || name.contains("电网");
        let named = footprint.factors.iter().any(|f| is_grid(&f.name));
        let mut factors = footprint.factors.iter().filter(|f| !named || is_grid(&f.name));
        if !footprint.factors.is_empty() && !factors.any(|f| region_contains(&f.region, place)) {
            let required = self.scheme.is_some_and(|s| s.requires.grid_factor);
            let detail = format!("produced in {place}, no grid factor is of that region");
            let finding = Finding::new(Code::GridFactorMismatch, Subject::Passport, detail);
            self.starred(required, finding.in_member(path("emissionFactorSources")));
        }
    }

    /// What the scheme demands beyond the base profile.
    pub(super) fn demands(&mut self, passport: &PassportFacts) {
        let Some(scheme) = self.scheme else { return };
        let (requires, footprint) = (&scheme.requires, &passport.footprint);
        for wanted in &requires.required_fields {
            if passport.present.binary_search(wanted).is_err() {
                let detail = format!("{} requires {wanted}", scheme.id);
                self.add(Finding::new(Code::RequiredFieldMissing, Subject::Passport, detail).in_member(wanted.clone()));
            }
        }
        if let Some(unit) = &footprint.unit
            && !requires.units.is_empty()
            && !requires.units.contains(unit)
        {
            let wanted = requires.units.join(", ");
            self.finding(Code::CfUnitMismatch, "declaredUnitOfMeasurement", format!("{unit}, the scheme accepts {wanted}"));
        }
        if let (Some(found), Some(wanted)) = (footprint.boundary, requires.boundary)
            && found != wanted
        {
            self.finding(Code::CfUnitMismatch, "boundary", format!("{}, the scheme demands {}", found.name(), wanted.name()));
        }
        let stated = || footprint.standards.iter().chain(&footprint.sector_rules).chain(&footprint.characterization_factors);
        for wanted in requires.standards.iter().filter(|wanted| !stated().any(|s| same_standard(wanted, s))) {
            // The base standard has been demanded already.
            if !same_standard(wanted, BASE_STANDARD) {
                self.finding(Code::CfStandardMissing, "crossSectoralStandards", format!("the scheme requires {wanted}"));
            }
        }
        if let Some((found, wanted)) = footprint.verification.as_ref().and_then(|v| v.assurance).zip(requires.assurance)
            && found < wanted
        {
            let detail = format!("{}, the scheme demands {}", found.name(), wanted.name());
            self.finding(Code::AssuranceTooLow, "verification.levelOfAssurance", detail);
        }
        self.data(requires, footprint);
        self.factor_age(requires, footprint);
    }

    fn data(&mut self, requires: &Requires, footprint: &FootprintFacts) {
        if let Some(least) = requires.primary_data_share_min
            && footprint.primary_data_share.is_none_or(|share| share < least)
        {
            let found = footprint.primary_data_share.map_or_else(|| String::from("not stated"), |s| format!("{s} %"));
            self.finding(Code::CfDataInsufficient, "primaryDataShare", format!("{found}, the scheme demands {least} %"));
        }
        let required = requires.resolution_s_max.is_some();
        if required && footprint.activity.is_empty() {
            self.finding(Code::CfDataInsufficient, "activityData", "the scheme demands activity data, there is none".into());
        }
        for activity in &footprint.activity {
            let kind = &activity.kind;
            if let Some(coarsest) = requires.resolution_s_max
                && activity.resolution_s.is_none_or(|s| s > u64::from(coarsest))
            {
                let found = activity.resolution_s.map_or_else(|| String::from("not stated"), |s| format!("{s} s"));
                self.finding(
                    Code::CfDataInsufficient,
                    "activityData",
                    format!("{kind}: resolution {found}, the scheme demands {coarsest} s"),
                );
            }
            let covers = |a: Option<Timestamp>, b: Option<Timestamp>| a.zip(b).is_none_or(|(a, b)| a <= b);
            if !covers(activity.from, footprint.period_start) || !covers(footprint.period_end, activity.until) {
                let detail = format!("{kind}: the observation does not cover the reference period");
                let finding = Finding::new(Code::CfDataInsufficient, Subject::Passport, detail).in_member(path("activityData"));
                self.starred(required, finding);
            }
        }
    }

    fn factor_age(&mut self, requires: &Requires, footprint: &FootprintFacts) {
        let (Some(years), Some(reference)) = (requires.factor_age_years_max, self.reference) else { return };
        let this_year = Date::of(reference).year();
        for factor in &footprint.factors {
            if let Some(year) = factor.year.filter(|y| this_year.saturating_sub(u32::from(*y)) > u32::from(years)) {
                let detail = format!("{} is of {year}, older than {years} years", factor.name);
                self.finding(Code::CfFactorOutdated, "emissionFactorSources", detail);
            }
        }
    }

    /// The passport was on the log in time.
    pub(super) fn before_arrival(&mut self, held: &Held<'_>) {
        let rule = self.scheme.and_then(|s| s.before_arrival);
        let (Some(limit), Some(recorded)) = (self.arrival_limit(), held.recorded_at()) else { return };
        if recorded > limit {
            let detail = format!("recorded {}, needed by {}", instant(recorded), instant(limit));
            self.starred(rule.is_some_and(|r| r.passport), Finding::new(Code::SubmittedAfterArrival, Subject::Passport, detail));
        } else {
            self.check("the passport was recorded before arrival");
        }
    }

    /// Until when something must be on the log: the arrival, less the hours that the scheme demands.
    pub(super) fn arrival_limit(&self) -> Option<Timestamp> {
        let hours = self.scheme.and_then(|s| s.before_arrival).map_or(0, |r| r.hours);
        let arrival = self.consignment.import.arrival?;
        Some(Timestamp(arrival.0.saturating_sub(u64::from(hours).saturating_mul(HOUR_MS))))
    }
}

fn path(member: &str) -> String {
    format!("credentialSubject.carbonFootprint.{member}")
}
