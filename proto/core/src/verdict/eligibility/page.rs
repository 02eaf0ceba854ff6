//! What capturing the product page and the verification entry found, weighed by the scheme's page rule.

use super::Weighing;
use super::links::Linked;
use crate::date::{HOUR_MS, instant};
use crate::scheme::PageRule;
use crate::verdict::{Class, Code, Finding, PageFacts, Subject};
use alloc::format;

impl Weighing<'_> {
    /// Findings of the capture: they count where the scheme requires the page, or the verification entry.
    pub(super) fn page(&mut self, linked: &Linked<'_>) {
        let rule = self.scheme.and_then(|s| s.page);
        let Some(page) = self.consignment.page else {
            if rule.is_some() {
                self.reason(
                    Code::PageUnreachable,
                    Subject::Page,
                    "the scheme requires the product page or its verification entry; neither was captured",
                );
                self.gap("the product page: capture it");
            }
            return;
        };
        for found in &page.findings {
            let of_entry = matches!(found.code, Code::VerificationEntryMissing | Code::VerificationEntryBroken);
            let required = rule.is_some_and(|r| if of_entry { r.entry_required } else { r.required });
            if found.code == Code::PageUnreachable && rule.is_some_and(|r| self.stands_in(page, r)) {
                let at = page.captured.map(instant).unwrap_or_default();
                self.check(format!("the page does not answer; the capture of {at} stands in within the grace"));
                self.add(Finding { class: Class::EligibilityNotice, ..found.clone() });
            } else if found.code.class().is_notice() {
                self.add(found.clone());
            } else {
                self.starred(required, found.clone());
            }
        }
        if rule.is_some_and(|r| r.entry_required) && !page.entry_checked {
            self.reason(Code::PageUnreachable, Subject::Page, "the scheme requires the verification entry; it was not looked for");
        }
        for held in linked.used.iter().filter(|h| !page.shows.is_empty() && !page.shows.contains(&h.facts.fingerprint)) {
            self.gap(format!("whether the page shows a version of {}: it shows other passports", held.facts.fingerprint));
        }
    }

    /// Within the outage grace a capture that is new enough stands in for a page that does not answer.
    fn stands_in(&self, page: &PageFacts, rule: PageRule) -> bool {
        let now = self.question.now;
        let within = |since: Option<crate::name::Timestamp>, hours: u32| since.is_some_and(|s| now.since(s) <= u64::from(hours) * HOUR_MS);
        within(page.unreachable_since, rule.outage_grace_hours) && within(page.captured, rule.newest_capture_hours)
    }
}
