//! What a signature allows later: DocMDP of a certification, the lock of its field, FieldMDP.

use super::raw::{Dict, Pdf, Value};
use super::tree::text;

/// Fields that may not change once a signature is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Locks {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    All,
    Include(Vec<String>),
    Exclude(Vec<String>),
}

impl Locks {
    /// Whether the field of this full name is locked, itself or by a field above it.
    pub(crate) fn covers(&self, name: &str) -> bool {
        let names = |list: &[String]| {
            list.iter().any(|locked| name == locked || name.strip_prefix(locked.as_str()).is_some_and(|rest| rest.starts_with('.')))
        };
        self.rules.iter().any(|rule| match rule {
            Rule::All => true,
            Rule::Include(list) => names(list),
            Rule::Exclude(list) => !names(list),
        })
    }
}

/// `/P` of a DocMDP transform in `/Reference`. What is there but unreadable is 0, which nothing allows.
pub(crate) fn certification(pdf: &Pdf<'_>, revision: usize, signature: &Dict) -> Option<u8> {
    let parameters = transforms(pdf, revision, signature, "DocMDP").next()?;
    level(parameters)
}

/// `/P`, by default 2 (12.8.2.2).
fn level(parameters: Option<&Dict>) -> Option<u8> {
    let level = parameters.and_then(|parameters| parameters.get("P")).map_or(Some(2), Value::as_integer);
    level.and_then(|level| u8::try_from(level).ok()).or(Some(0))
}

/// The parameters of each transform of a kind; `None` where they are no dictionary.
fn transforms<'p>(pdf: &'p Pdf<'_>, revision: usize, signature: &'p Dict, method: &'static str) -> impl Iterator<Item = Option<&'p Dict>> {
    let references = pdf.get_at(revision, signature, "Reference").and_then(Value::as_array).unwrap_or_default();
    let entries = references.iter().filter_map(move |value| pdf.resolve_at(revision, value)?.as_dict());
    entries
        .filter(move |entry| entry.is("TransformMethod", method))
        .map(move |entry| pdf.get_at(revision, entry, "TransformParams").and_then(Value::as_dict))
}

/// What a signature allows later, if it says so: by certification, or by `/P` of its field's lock (PDF 2.0).
pub(crate) fn permission(pdf: &Pdf<'_>, revision: usize, signature: &Dict, field: &Dict) -> Option<u8> {
    let lock = pdf.get_at(revision, field, "Lock").and_then(Value::as_dict);
    let locked = lock.filter(|lock| lock.get("P").is_some()).and_then(|lock| level(Some(lock)));
    match (certification(pdf, revision, signature), locked) {
        (Some(certified), Some(locked)) => Some(certified.min(locked)),
        (certified, locked) => certified.or(locked),
    }
}

/// Fields locked by FieldMDP in the signature, or by its field.
pub(crate) fn locks(pdf: &Pdf<'_>, revision: usize, signature: &Dict, field: &Dict) -> Locks {
    let declared = transforms(pdf, revision, signature, "FieldMDP");
    let own = field.get("Lock").map(|lock| pdf.resolve_at(revision, lock).and_then(Value::as_dict));
    Locks { rules: declared.chain(own).map(|lock| lock.map_or(Rule::All, |lock| rule(pdf, revision, lock))).collect() }
}

/// What cannot be read locks everything.
fn rule(pdf: &Pdf<'_>, revision: usize, lock: &Dict) -> Rule {
    let fields = pdf.get_at(revision, lock, "Fields").and_then(Value::as_array).unwrap_or_default();
    let names = fields.iter().filter_map(Value::as_string).map(text).collect();
    match lock.name("Action") {
        Some(b"Include") => Rule::Include(names),
        Some(b"Exclude") => Rule::Exclude(names),
        _ => Rule::All,
    }
}
