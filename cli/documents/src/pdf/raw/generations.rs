//! Object numbers that come back: only with the generation that was announced when they were freed (7.3.10, 7.5.4).
//!
//! Else a reader that goes by generations sees nothing where another sees an object.

use super::xref::{Entry, Section};
use std::collections::{BTreeMap, BTreeSet};

/// What the revisions so far say about numbers.
#[derive(Debug, Default)]
pub(super) struct Generations {
    /// Freed numbers, each with a generation announced for it.
    announced: BTreeSet<(u32, u16)>,
    /// Numbers of cross-reference streams.
    sections: BTreeSet<u32>,
    /// Whether a revision was followed.
    has_begun: bool,
}

impl Generations {
    /// Takes the entries of the next revision, or says which is wrong.
    pub(super) fn follow(&mut self, entries: &BTreeMap<u32, Entry>, sections: &[Section]) -> Result<(), String> {
        for (number, entry) in entries {
            if self.sections.contains(number) {
                return Err(format!("object {number}, a cross-reference stream, is defined again"));
            }
            if let Some(wrong) = self.wrong(*number, *entry) {
                return Err(format!("object {number} {wrong}"));
            }
        }
        let freed = entries.iter().filter_map(|(number, entry)| match entry {
            Entry::Free { next } => Some((*number, *next)),
            Entry::At { .. } | Entry::In { .. } => None,
        });
        self.announced.extend(freed);
        self.sections.extend(sections.iter().filter_map(|section| section.own).map(|own| own.number));
        self.has_begun = true;
        Ok(())
    }

    fn wrong(&self, number: u32, entry: Entry) -> Option<String> {
        let generation = match entry {
            Entry::Free { next } => return (next == 0 && self.has_begun).then(|| "is freed, and no generation announced for it".into()),
            Entry::At { generation, .. } => generation,
            Entry::In { .. } => 0,
        };
        if self.announced.contains(&(number, 0)) {
            return Some("comes back, and was freed for good".into());
        }
        let highest = self.announced.range((number, 0)..=(number, u16::MAX)).next_back().map(|(_, next)| *next);
        let comes_back = highest.is_some_and(|highest| generation < highest);
        let is_announced = generation == 0 || self.announced.contains(&(number, generation));
        match highest {
            Some(highest) if comes_back => Some(format!("comes back with generation {generation}, announced was {highest}")),
            _ if !is_announced => Some(format!("has generation {generation}, which nothing announced")),
            _ => None,
        }
    }
}
