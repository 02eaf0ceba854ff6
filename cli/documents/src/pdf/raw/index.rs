//! Which revision defines an object, which first refers to it, and from where.

use super::read::Revision;
use super::value::{Dict, Kind, Value};
use std::collections::BTreeMap;

/// Object numbers over all revisions of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Revisions with an entry for the number, oldest first.
    defined: BTreeMap<u32, Vec<usize>>,
    referred: BTreeMap<u32, Referred>,
}

/// What contains a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The trailer of a revision.
    Trailer,
    /// An object of this number.
    Object(u32),
}

/// The references to one object number.
#[derive(Debug, Clone, Copy)]
struct Referred {
    /// The oldest and the newest revision with one.
    first: usize,
    last: usize,
    /// What holds the only one of each revision; `None` if there are several.
    sole: Option<Holder>,
}

impl Index {
    pub(super) fn of(revisions: &[Revision]) -> Self {
        let mut index = Self::default();
        for (at, revision) in revisions.iter().enumerate() {
            for number in revision.entries.keys() {
                index.defined.entry(*number).or_default().push(at);
            }
            index.dict(&revision.trailer, at, Holder::Trailer);
            // A section that is a stream holds the trailer: the same references once more.
            for (number, object) in revision.objects.iter().filter(|(_, object)| object.span.start != revision.xref_offset) {
                index.value(&object.value, at, Holder::Object(*number));
            }
        }
        index
    }

    fn dict(&mut self, dict: &Dict, at: usize, holder: Holder) {
        dict.entries.iter().for_each(|(_, value)| self.value(value, at, holder));
    }

    /// As deep as the lexer lets values nest.
    fn value(&mut self, value: &Value, at: usize, holder: Holder) {
        match &value.kind {
            Kind::Array(items) => items.iter().for_each(|item| self.value(item, at, holder)),
            Kind::Dict(dict) => self.dict(dict, at, holder),
            Kind::Reference(id) => {
                let again = |referred: &mut Referred| {
                    referred.sole = referred.sole.filter(|sole| *sole == holder && referred.last != at);
                    referred.last = at;
                };
                let only = Referred { first: at, last: at, sole: Some(holder) };
                self.referred.entry(id.number).and_modify(again).or_insert(only);
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
        self.referred.get(&number).map(|referred| referred.first)
    }

    /// What holds the only reference to the number, in all revisions together.
    pub(super) fn sole_holder(&self, number: u32) -> Option<Holder> {
        self.referred.get(&number)?.sole
    }
}
