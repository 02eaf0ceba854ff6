//! What a revision after a signature may add: further signatures, timestamps and the proofs for them (DSS).
//!
//! A closed list (`pdf-signing.md` 7): whatever is not on it is a modification, reachable or not.

use super::raw::{Dict, Kind, Object, ObjectId, Pdf, Revision, Span, Value};
use super::tree;
use std::collections::BTreeSet;

/// Deepest chain of references followed inside one addition.
const MAX_CLAIM_DEPTH: usize = 32;
/// Dictionary keys that make an appearance act instead of show.
const ACTIVE_KEYS: [&str; 9] = ["JS", "JavaScript", "A", "AA", "OpenAction", "Launch", "URI", "EF", "Annots"];

static NOTHING: Dict = Dict { entries: Vec::new() };

/// A signature in place, as far as comparing revisions needs it (object numbers).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed {
    pub(crate) dictionary: u32,
    pub(crate) field: u32,
    pub(crate) widget: u32,
    /// The revision it closes.
    pub(crate) revision: usize,
    pub(crate) is_timestamp: bool,
    /// DocMDP `/P`, if it certifies.
    pub(crate) permission: Option<u8>,
}

/// Something changed that may not.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) what: String,
    pub(crate) offset: usize,
    pub(crate) object: Option<ObjectId>,
}

/// Everything that revision `index` changes and may not, given the signatures of the file.
pub(crate) fn unpermitted(pdf: &Pdf<'_>, index: usize, sealed: &[Sealed]) -> Vec<Change> {
    let (Some(revision), Some(before)) = (pdf.revisions.get(index), index.checked_sub(1)) else { return Vec::new() };
    let mut update = Update { pdf, revision, index, before, allowed: BTreeSet::new(), changes: Vec::new() };
    update.frame();
    let added: Vec<Sealed> = sealed.iter().filter(|seal| seal.revision == index).copied().collect();
    let is_locked = sealed.iter().any(|seal| seal.revision < index && seal.permission == Some(1));
    if is_locked && added.iter().any(|seal| !seal.is_timestamp) {
        update.change("the certification (P=1) allows no further signature", revision.span.start, None);
    }
    if let Some(late) = added.iter().find(|seal| seal.permission.is_some()) {
        let id = revision.objects.get(&late.dictionary).map(|object| object.id);
        update.change("a certification after another signature", revision.span.start, id);
    }
    let mut new_widgets: Vec<ObjectId> = Vec::new();
    for seal in &added {
        update.signature(*seal, &mut new_widgets);
    }
    update.catalog(&new_widgets);
    update.pages(&new_widgets);
    update.remaining();
    update.changes
}

struct Update<'p, 'a> {
    pdf: &'p Pdf<'a>,
    revision: &'p Revision,
    index: usize,
    before: usize,
    allowed: BTreeSet<u32>,
    changes: Vec<Change>,
}

impl<'p> Update<'p, '_> {
    fn change(&mut self, what: impl Into<String>, offset: usize, object: Option<ObjectId>) {
        self.changes.push(Change { what: what.into(), offset, object });
    }

    fn old(&self, number: u32) -> Option<&'p Object> {
        self.pdf.object_at(self.before, number)
    }

    /// The object, if this revision defines it.
    fn defined(&self, number: u32) -> Option<&'p Object> {
        self.revision.objects.get(&number)
    }

    /// Trailer, comments, removed objects, and the containers of the revision itself.
    fn frame(&mut self) {
        let start = self.revision.span.start;
        if self.revision.has_comments {
            self.change("comments between objects after signing", start, None);
        }
        let known = ["Size", "Prev", "ID", "Type", "W", "Index", "Filter", "DecodeParms", "Length", "DL"];
        if let Some(old) = self.pdf.revisions.get(self.before)
            && !self.revision.trailer.same_except(&old.trailer, &known)
        {
            self.change("the trailer names another root or has other entries", self.revision.xref_offset, None);
        }
        for (number, entry) in &self.revision.entries {
            if *entry == super::raw::Entry::Free && self.old(*number).is_some() {
                let id = self.old(*number).map(|object| object.id);
                self.change(format!("object {number} was removed"), self.revision.xref_offset, id);
            }
        }
        let is_container = |object: &Object| object.value.as_dict().is_some_and(|dict| dict.is("Type", "XRef"));
        if self.revision.objects.values().all(is_container) {
            self.change("an update that adds nothing", start, None);
        }
        for (number, object) in &self.revision.objects {
            let Some(dict) = object.value.as_dict().filter(|_| object.stream.is_some()) else { continue };
            let is_section = dict.is("Type", "XRef") && object.span.start == self.revision.xref_offset;
            if (is_section || dict.is("Type", "ObjStm")) && self.old(*number).is_none() {
                self.allowed.insert(*number);
            }
        }
    }

    /// A new signature: its dictionary and its field.
    fn signature(&mut self, seal: Sealed, new_widgets: &mut Vec<ObjectId>) {
        if self.old(seal.dictionary).is_none() {
            self.allowed.insert(seal.dictionary);
        }
        let Some(field) = self.defined(seal.field) else { return };
        let Some(dict) = field.value.as_dict() else { return };
        match self.old(seal.field) {
            Some(old) => self.filled_field(seal, field, dict, old),
            None => self.new_field(seal, field, dict, new_widgets),
        }
    }

    /// A field that was there and empty: only its value and appearance may come.
    fn filled_field(&mut self, seal: Sealed, field: &'p Object, dict: &'p Dict, old: &'p Object) {
        let Some(old) = old.value.as_dict() else { return };
        let was_empty = old.get("V").is_none_or(|value| matches!(value.kind, Kind::Null));
        if !was_empty || !dict.same_except(old, &["V", "AP", "Lock"]) {
            self.change("a signature field changed in more than its signature", field.span.start, Some(field.id));
            return;
        }
        if let Some(lock) = old.get("Lock")
            && !dict.get("Lock").is_some_and(|new| new.same(lock))
        {
            self.change("the lock of a signature field changed", field.span.start, Some(field.id));
        }
        self.allowed.insert(seal.field);
        self.claim_entries(dict, &["AP", "Lock"]);
        if seal.widget != seal.field
            && let (Some(widget), Some(was)) = (self.defined(seal.widget), self.old(seal.widget))
            && let (Some(new), Some(was)) = (widget.value.as_dict(), was.value.as_dict())
            && new.same_except(was, &["AP"])
        {
            self.allowed.insert(seal.widget);
            self.claim_entries(new, &["AP"]);
        }
    }

    /// A field that was not there: must not be visible.
    fn new_field(&mut self, seal: Sealed, field: &'p Object, dict: &'p Dict, new_widgets: &mut Vec<ObjectId>) {
        if seal.widget != seal.field || dict.get("Parent").is_some() || !dict.is("Subtype", "Widget") {
            self.change("a new signature field of several objects", field.span.start, Some(field.id));
            return;
        }
        if !is_invisible(dict) {
            self.change("a new visible signature field", field.span.start, Some(field.id));
            return;
        }
        self.allowed.insert(seal.field);
        self.claim_entries(dict, &["AP", "Lock"]);
        new_widgets.push(field.id);
    }

    fn claim_entries(&mut self, dict: &'p Dict, keys: &[&str]) {
        for key in keys {
            if let Some(value) = dict.get(key) {
                self.claim(value, 0);
            }
        }
    }

    /// Allows the new objects that a value leads to. What acts instead of showing is not allowed.
    fn claim(&mut self, value: &'p Value, depth: usize) {
        if depth > MAX_CLAIM_DEPTH {
            return;
        }
        match &value.kind {
            Kind::Array(items) => items.iter().for_each(|item| self.claim(item, depth + 1)),
            Kind::Dict(dict) => self.claim_dict(dict, value.span, depth),
            Kind::Reference(id) => {
                if let Some(object) = self.defined(id.number)
                    && self.old(id.number).is_none()
                    && self.allowed.insert(id.number)
                {
                    self.claim(&object.value, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn claim_dict(&mut self, dict: &'p Dict, span: Span, depth: usize) {
        let active = ACTIVE_KEYS.iter().find(|key| dict.get(key).is_some());
        if let Some(key) = active {
            self.change(format!("/{key} inside an addition after signing"), span.start, None);
        }
        for kind in ["Catalog", "Pages", "Page", "Annot", "Action", "Filespec"] {
            if dict.is("Type", kind) {
                self.change(format!("a /{kind} inside an addition after signing"), span.start, None);
            }
        }
        for (_, value) in &dict.entries {
            self.claim(value, depth + 1);
        }
    }

    /// The catalog: form, DSS and the ISO_ 32002 entry only.
    fn catalog(&mut self, new_widgets: &[ObjectId]) {
        let old = self.pdf.catalog_at(self.before);
        let new = self.pdf.catalog_at(self.index);
        let (Some((_, old)), Some((object, new))) = (old, new) else {
            self.change("the catalog is gone", self.revision.xref_offset, None);
            return;
        };
        if !new.same_except(old, &["AcroForm", "DSS", "Extensions"]) {
            self.change("the catalog changed in more than form and proofs", object.span.start, Some(object.id));
            return;
        }
        if self.defined(object.id.number).is_some() {
            self.allowed.insert(object.id.number);
        }
        let at = (object.span.start, object.id);
        self.form(old.get("AcroForm"), new.get("AcroForm"), new_widgets, at);
        self.extensions(old.get("Extensions"), new.get("Extensions"), at);
        self.dss(old.get("DSS"), new.get("DSS"), at);
    }

    /// Follows a reference that may not have moved; allows the object. Gives old and new value.
    fn both(&mut self, old: Option<&'p Value>, new: Option<&'p Value>) -> (Option<&'p Value>, Option<&'p Value>) {
        let old_value = old.and_then(|value| self.pdf.resolve_at(self.before, value));
        let new_value = new.and_then(|value| self.pdf.resolve_at(self.index, value));
        if let Some(id) = new.and_then(Value::as_reference)
            && (old.and_then(Value::as_reference) == Some(id) || self.old(id.number).is_none())
            && self.defined(id.number).is_some()
        {
            self.allowed.insert(id.number);
        }
        (old_value, new_value)
    }

    fn form(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, new_widgets: &[ObjectId], at: (usize, ObjectId)) {
        let (old, new) = self.both(old, new);
        let (old, new) = (old.and_then(Value::as_dict), new.and_then(Value::as_dict));
        let (Some(old), Some(new)) = (old, new) else {
            if old.is_some() || new.is_some() {
                self.change("the form was added or removed", at.0, Some(at.1));
            }
            return;
        };
        if !new.same_except(old, &["Fields", "SigFlags"]) {
            self.change("the form changed in more than its fields", at.0, Some(at.1));
        }
        let (before, after) = self.both(old.get("Fields"), new.get("Fields"));
        self.appended(before, after, new_widgets, "form fields", at);
    }

    /// An array that only got the new fields at its end.
    fn appended(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, permitted: &[ObjectId], what: &str, at: (usize, ObjectId)) {
        let old = old.and_then(Value::as_array).unwrap_or_default();
        let new = new.and_then(Value::as_array).unwrap_or_default();
        let kept = new.len() >= old.len() && old.iter().zip(new).all(|(old, new)| old.same(new));
        let added = new.get(old.len()..).unwrap_or_default();
        let fits = added.iter().all(|value| value.as_reference().is_some_and(|id| permitted.contains(&id)));
        if !kept || !fits {
            self.change(format!("{what} changed in more than new signatures"), at.0, Some(at.1));
        }
    }

    /// Only an added ISO_ entry of level 32002.
    fn extensions(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, at: (usize, ObjectId)) {
        let (old, new) = self.both(old, new);
        let old = old.and_then(Value::as_dict).unwrap_or(&NOTHING);
        let Some(new) = new.and_then(Value::as_dict) else {
            if !old.entries.is_empty() {
                self.change("the catalog's extensions were removed", at.0, Some(at.1));
            }
            return;
        };
        let is_level =
            |value: &Value| value.as_dict().is_some_and(|dict| dict.get("ExtensionLevel").and_then(Value::as_integer) == Some(32002));
        let added = match new.get("ISO_") {
            Some(value) if old.get("ISO_").is_some_and(|old| old.same(value)) => true,
            Some(value) if old.get("ISO_").is_none() => {
                value.as_array().map_or_else(|| is_level(value), |items| items.len() == 1 && items.iter().all(is_level))
            }
            Some(_) => false,
            None => old.get("ISO_").is_none(),
        };
        if !added || !new.same_except(old, &["ISO_"]) {
            self.change("the catalog's extensions changed in more than ISO_ 32002", at.0, Some(at.1));
        }
    }

    /// The document security store only grows, and holds only certificates, CRLs and OCSP answers.
    fn dss(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, at: (usize, ObjectId)) {
        let (old, new) = self.both(old, new);
        let old = old.and_then(Value::as_dict).unwrap_or(&NOTHING);
        let Some(new) = new.and_then(Value::as_dict) else {
            if !old.entries.is_empty() {
                self.change("the security store was removed", at.0, Some(at.1));
            }
            return;
        };
        if !new.same_except(&NOTHING, &["Type", "Certs", "CRLs", "OCSPs", "VRI"]) {
            self.change("the security store has other entries", at.0, Some(at.1));
        }
        for key in ["Certs", "CRLs", "OCSPs"] {
            let (before, after) = self.both(old.get(key), new.get(key));
            self.grown(before, after, at);
        }
        let (before, after) = self.both(old.get("VRI"), new.get("VRI"));
        let before = before.and_then(Value::as_dict).unwrap_or(&NOTHING);
        let after = after.and_then(Value::as_dict).unwrap_or(&NOTHING);
        for (key, value) in &before.entries {
            if !after.get_bytes(key).is_some_and(|new| new.same(value)) {
                self.change("the security store lost an entry", at.0, Some(at.1));
            }
        }
        for (key, value) in &after.entries {
            if before.get_bytes(key).is_none() && **key != *b"Type" {
                self.claim(value, 0);
            }
        }
    }

    fn grown(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, at: (usize, ObjectId)) {
        let old = old.and_then(Value::as_array).unwrap_or_default();
        let new = new.and_then(Value::as_array).unwrap_or_default();
        let known: BTreeSet<ObjectId> = new.iter().filter_map(Value::as_reference).collect();
        if !old.iter().all(|value| value.as_reference().is_some_and(|id| known.contains(&id))) {
            self.change("the security store lost an entry", at.0, Some(at.1));
        }
        for value in new {
            let is_stream =
                value.as_reference().and_then(|id| self.pdf.object_at(self.index, id.number)).is_some_and(|object| object.stream.is_some());
            if is_stream {
                self.claim(value, 0);
            } else {
                self.change("the security store holds something other than streams", at.0, Some(at.1));
            }
        }
    }

    /// Pages: only the widgets of new, invisible signature fields.
    fn pages(&mut self, new_widgets: &[ObjectId]) {
        let pages = match (tree::pages(self.pdf, self.before), tree::pages(self.pdf, self.index)) {
            (Ok(old), Ok(new)) if old == new => new,
            _ => {
                self.change("the pages are not those that were signed", self.revision.span.start, None);
                return;
            }
        };
        for id in pages {
            let (Some(old), Some(new)) = (self.old(id.number), self.pdf.object_at(self.index, id.number)) else {
                continue;
            };
            let (Some(was), Some(is)) = (old.value.as_dict(), new.value.as_dict()) else { continue };
            let annots = (was.get("Annots"), is.get("Annots"));
            let moved = annots.1.and_then(Value::as_reference).is_some_and(|id| self.defined(id.number).is_some());
            if self.defined(id.number).is_none() && !moved {
                continue;
            }
            let at = (new.span.start, id);
            if !is.same_except(was, &["Annots"]) {
                self.change("a page changed in more than its annotations", at.0, Some(at.1));
                continue;
            }
            if self.defined(id.number).is_some() {
                self.allowed.insert(id.number);
            }
            let (before, after) = self.both(annots.0, annots.1);
            self.appended(before, after, new_widgets, "a page's annotations", at);
        }
    }

    /// Whatever no rule allowed.
    fn remaining(&mut self) {
        let others: Vec<&Object> =
            self.revision.objects.iter().filter(|(number, _)| !self.allowed.contains(number)).map(|(_, o)| o).collect();
        for object in others {
            let number = object.id.number;
            let what = match self.old(number) {
                Some(_) => format!("object {number} was changed"),
                None => format!("object {number} was added and belongs to no signature or proof"),
            };
            self.change(what, object.span.start, Some(object.id));
        }
    }
}

/// A field whose rectangle has no area.
fn is_invisible(dict: &Dict) -> bool {
    let numbers: Vec<f64> =
        dict.get("Rect").and_then(Value::as_array).map(|items| items.iter().filter_map(Value::as_number).collect()).unwrap_or_default();
    match numbers.as_slice() {
        [left, bottom, right, top] => left == right || bottom == top,
        _ => false,
    }
}
