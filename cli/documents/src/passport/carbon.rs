//! What a scheme would say against a footprint, before anyone asks: advice for whoever makes the passport.
//!
//! Decides nothing: `eco_core` judges the same values under each scheme's own rules and tolerance.

use crate::json::Node;
use crate::profile::Flaw;
use eco_core::verdict::{Code, FootprintFacts, PartsSum, Relation, SUM_TOLERANCE_PERCENT, Stated};

/// Every objection that follows from the footprint of a passport alone.
pub(super) fn advice(document: &Node, facts: &FootprintFacts) -> Vec<Flaw> {
    let footprint = document.get("credentialSubject").and_then(|s| s.get("carbonFootprint")).unwrap_or(document);
    let mut advice = Advice { document, footprint, flaws: Vec::new() };
    advice.words(facts);
    advice.scopes(facts);
    advice.sums(facts);
    advice.flaws
}

struct Advice<'a> {
    document: &'a Node,
    footprint: &'a Node,
    flaws: Vec<Flaw>,
}

impl Advice<'_> {
    fn say(&mut self, code: Code, member: &str, rule: &str, found: String, mend: &str) {
        let mut steps = member.split('.');
        let mut node = self.footprint;
        // Of parts within parts the list that holds them is named.
        while let Some(inner) = steps.next().and_then(|name| node.get(name)) {
            node = inner;
        }
        let at = node.at;
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
        if f.scopes_one_and_two().is_none() {
            let lacks = if f.scopes.scope1.is_none() { "scope1" } else { "scope2Method or the value by it" };
            let mend = "state scope 1, the method of scope 2, and scope 2 by that method";
            self.say(Code::CfScopeIncomplete, "emissionsByScope", "scopes 1 and 2 as numbers", format!("no {lacks}"), mend);
        }
    }

    fn sums(&mut self, f: &FootprintFacts) {
        for PartsSum { member, sum, whole, relation, tolerance } in f.sums(SUM_TOLERANCE_PERCENT).into_iter().filter(|s| !s.holds()) {
            let found = sum.map_or_else(|| "a sum beyond 18 digits".into(), |sum| sum.to_string());
            let rule = match relation {
                Relation::Equal => format!("parts that add up to {whole} within {tolerance} %"),
                Relation::AtMost => format!("parts that add up to at most {whole} within {tolerance} %"),
            };
            self.say(Code::CfSumMismatch, member, &rule, found, "correct the part that is wrong, or the whole");
        }
    }
}
