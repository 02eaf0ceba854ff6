//! Which revision defines an object, and which first refers to it.

use super::read::Revision;
use super::value::{Dict, Kind, Value};
use std::collections::BTreeMap;

/// Object numbers over all revisions of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Revisions with an entry for the number, oldest first.
    defined: BTreeMap<u32, Vec<usize>>,
    /// The oldest revision that refers to the number.
    referred: BTreeMap<u32, usize>,
}

impl Index {
    pub(super) fn of(revisions: &[Revision]) -> Self {
        let mut index = Self::default();
        for (at, revision) in revisions.iter().enumerate() {
            for number in revision.entries.keys() {
                index.defined.entry(*number).or_default().push(at);
            }
            index.dict(&revision.trailer, at);
            for object in revision.objects.values() {
                index.value(&object.value, at);
            }
        }
        index
    }

    fn dict(&mut self, dict: &Dict, at: usize) {
        dict.entries.iter().for_each(|(_, value)| self.value(value, at));
    }

    /// As deep as the lexer lets values nest.
    fn value(&mut self, value: &Value, at: usize) {
        match &value.kind {
            Kind::Array(items) => items.iter().for_each(|item| self.value(item, at)),
            Kind::Dict(dict) => self.dict(dict, at),
            Kind::Reference(id) => {
                self.referred.entry(id.number).or_insert(at);
            }
            _ => {}
        }
    }

    /// The newest revision up to `revision` that has an entry for the number.
    pub(super) fn latest(&self, revision: usize, number: u32) -> Option<usize> {
        let defined = self.defined.get(&number)?;
        defined.get(..defined.partition_point(|at| *at <= revision))?.last().copied()
    }

    /// The oldest revision that refers to the number.
    pub(super) fn first_reference(&self, number: u32) -> Option<usize> {
        self.referred.get(&number).copied()
    }
}
