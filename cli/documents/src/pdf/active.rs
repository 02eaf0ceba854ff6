//! What acts instead of shows: scripts, XFA forms, content from elsewhere, layers that switch by themselves.
//!
//! A certificate is looked at. Whatever lets one file show different things, or do things when opened, has
//! no place in it: such a file is not signed, and once signed it is reported.

use super::raw::{Dict, Kind, ObjectId, Pdf, Value};
use eco_core::verdict::Code;

/// Most places that are named.
const MAX_NAMED: usize = 20;

/// What active content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// What the pages show may differ between readers or times: the signed bytes do not fix it.
    ChangesDisplay,
    /// It does something, but the pages stay what they are.
    Acts,
}

/// One place with active content.
#[derive(Debug, Clone)]
pub(crate) struct Active {
    effect: Effect,
    name: &'static str,
    pub(crate) offset: usize,
    pub(crate) object: ObjectId,
}

impl Active {
    /// What it means for a signed document.
    pub(crate) const fn code(&self) -> Code {
        match self.effect {
            Effect::ChangesDisplay => Code::PdfStructureAmbiguous,
            Effect::Acts => Code::PdfProfileViolation,
        }
    }

    /// What was found, for a person.
    pub(crate) fn what(&self) -> String {
        match self.effect {
            Effect::ChangesDisplay => format!("{}: what the pages show is not fixed by the signed bytes", self.name),
            Effect::Acts => format!("{}: a certificate shows, it does not act", self.name),
        }
    }
}

/// Entries that are active content in a dictionary that has one of the others: a resource may have any name.
const KEYS: [(&str, &[&str], &str, Effect); 5] = [
    ("JS", &["S"], "a script", Effect::ChangesDisplay),
    ("JavaScript", &[], "scripts of the document", Effect::ChangesDisplay),
    ("XFA", &[], "an XFA form", Effect::ChangesDisplay),
    ("AA", &["Type", "Subtype", "FT", "T"], "an action that starts by itself", Effect::Acts),
    ("OPI", &["Type", "Subtype"], "an image from elsewhere", Effect::ChangesDisplay),
];
/// Actions by `/S`.
const ACTIONS: [(&str, &str, Effect); 9] = [
    ("JavaScript", "a script", Effect::ChangesDisplay),
    ("Rendition", "a media action", Effect::Acts),
    ("SetOCGState", "an action that switches layers", Effect::ChangesDisplay),
    ("Launch", "an action that starts a program", Effect::Acts),
    ("SubmitForm", "an action that sends the form", Effect::Acts),
    ("ImportData", "an action that imports form data", Effect::ChangesDisplay),
    ("Hide", "an action that hides annotations", Effect::ChangesDisplay),
    ("GoToE", "an action that opens an embedded file", Effect::Acts),
    ("RichMediaExecute", "a media action", Effect::Acts),
];
/// Annotations by `/Subtype`.
const ANNOTATIONS: [(&str, &str); 4] =
    [("RichMedia", "embedded media"), ("3D", "a three-dimensional scene"), ("Movie", "a film"), ("Screen", "a media screen")];

/// Active content as of a revision.
pub(crate) fn find(pdf: &Pdf<'_>, revision: usize) -> Vec<Active> {
    let mut found = Vec::new();
    for (index, known) in pdf.revisions.iter().enumerate().take(revision.saturating_add(1)) {
        for object in known.objects.values() {
            // Only what is in force at that revision.
            let current = pdf.object_at(revision, object.id.number);
            if index != revision && current.is_none_or(|current| !core::ptr::eq(current, object)) {
                continue;
            }
            let mut place = |effect, name, offset: usize| found.push(Active { effect, name, offset, object: object.id });
            // Spans inside object streams are not offsets in the file.
            let base = object.container.map(|_| object.span.start);
            walk(&object.value, &mut |dict, at| examine(dict, base.unwrap_or(at), &mut place));
            if found.len() >= MAX_NAMED {
                found.truncate(MAX_NAMED);
                return found;
            }
        }
    }
    if let Some((object, catalog)) = pdf.catalog_at(revision) {
        let opens = pdf.get_at(revision, catalog, "OpenAction").and_then(Value::as_dict);
        if opens.is_some_and(|action| !action.is("S", "GoTo")) {
            found.push(Active { effect: Effect::Acts, name: "an action on opening", offset: object.span.start, object: object.id });
        }
    }
    found
}

/// Every dictionary in a value, as deep as the lexer lets values nest.
fn walk(value: &Value, visit: &mut dyn FnMut(&Dict, usize)) {
    match &value.kind {
        Kind::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Kind::Dict(dict) => {
            visit(dict, value.span.start);
            dict.entries.iter().for_each(|(_, value)| walk(value, visit));
        }
        _ => {}
    }
}

fn examine(dict: &Dict, at: usize, place: &mut dyn FnMut(Effect, &'static str, usize)) {
    for (key, value) in &dict.entries {
        if let Some((_, beside, name, effect)) = KEYS.iter().find(|(known, ..)| known.as_bytes() == &**key)
            && (beside.is_empty() || beside.iter().any(|other| dict.get(other).is_some()))
        {
            place(*effect, name, at);
        }
        let Some(value) = value.as_name() else { continue };
        match &**key {
            b"S" => {
                if let Some((_, name, effect)) = ACTIONS.iter().find(|(known, ..)| known.as_bytes() == value) {
                    place(*effect, name, at);
                }
            }
            b"Subtype" => {
                if let Some((_, name)) = ANNOTATIONS.iter().find(|(known, _)| known.as_bytes() == value) {
                    place(Effect::Acts, name, at);
                }
            }
            _ => {}
        }
    }
    // Readers make the appearances of the fields anew, each by its own lights.
    if dict.get("NeedAppearances").is_some_and(|value| !matches!(value.kind, Kind::Bool(false))) && dict.get("Fields").is_some() {
        place(Effect::Acts, "a form that each reader draws anew (/NeedAppearances)", at);
    }
    if dict.is("Subtype", "Form") && dict.get("Ref").is_some() {
        place(Effect::ChangesDisplay, "a page of another file shown in this one", at);
    }
    // Layers that a reader switches by itself, for print or view.
    if dict.get("OCGs").is_some()
        && dict
            .get("D")
            .and_then(Value::as_dict)
            .and_then(|default| default.get("AS"))
            .and_then(Value::as_array)
            .is_some_and(|list| !list.is_empty())
    {
        place(Effect::ChangesDisplay, "layers that differ between screen and print", at);
    }
}
