//! What a revision after a signature may add: further signatures, timestamps and the proofs for them (DSS), and with them
//! what the program notes about the file.
//!
//! A closed list (`pdf-signing.md` 7): whatever is not on it is a modification, reachable or not.

mod description;
mod fields;
mod geometry;
mod proofs;

use super::permissions::Locks;
use super::raw::{Dict, Object, ObjectId, Pdf, Revision, Value};
use super::tree;
use std::collections::BTreeSet;

/// Most changes of one revision that are named; the rest is counted.
const MAX_CHANGES: usize = 50;
/// Most annotations of one revision's pages that are compared.
const MAX_ANNOTATIONS: usize = 200_000;

static NOTHING: Dict = Dict { entries: Vec::new() };

/// A signature in place, as far as comparing revisions needs it (object numbers).
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) dictionary: u32,
    pub(crate) field: u32,
    pub(crate) widget: u32,
    /// Full name of its field.
    pub(crate) name: String,
    /// The revision it closes.
    pub(crate) revision: usize,
    pub(crate) is_timestamp: bool,
    /// DocMDP `/P`, if it certifies.
    pub(crate) certifies: Option<u8>,
    /// What it allows later (`/P` of the certification, or of its field's lock).
    pub(crate) permission: Option<u8>,
    /// Fields that may not change after it.
    pub(crate) locks: Locks,
}

/// Something changed that may not.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) what: String,
    pub(crate) offset: usize,
    pub(crate) object: Option<ObjectId>,
}

/// Everything that the revisions from `first` on change and may not, given the signatures of the file.
/// `decoded_left`: bytes that proofs and XMP packets may still decode to.
pub(crate) fn unpermitted(pdf: &Pdf<'_>, first: usize, sealed: &[Sealed], decoded_left: &mut usize) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut pages = first.checked_sub(1).and_then(|before| tree::pages(pdf, before).ok()).unwrap_or_default();
    for index in first..pdf.revisions.len() {
        let (Some(revision), Some(before)) = (pdf.revisions.get(index), index.checked_sub(1)) else { continue };
        let mut update = Update { pdf, revision, index, before, pages, allowed: BTreeSet::new(), changes: Vec::new(), decoded_left };
        update.compare(sealed);
        if let Some(further) = update.changes.len().checked_sub(MAX_CHANGES).filter(|further| *further > 0) {
            update.changes.truncate(MAX_CHANGES);
            update.change(format!("{further} further changes in the same revision"), revision.span.start, None);
        }
        changes.append(&mut update.changes);
        pages = update.pages;
    }
    changes
}

struct Update<'p, 'a> {
    pdf: &'p Pdf<'a>,
    revision: &'p Revision,
    index: usize,
    before: usize,
    /// Pages before this revision; after it, once they were compared.
    pages: Vec<ObjectId>,
    allowed: BTreeSet<u32>,
    changes: Vec<Change>,
    decoded_left: &'p mut usize,
}

impl<'p> Update<'p, '_> {
    fn compare(&mut self, sealed: &[Sealed]) {
        self.frame();
        let start = self.revision.span.start;
        let (index, revision) = (self.index, self.revision);
        let added = || sealed.iter().filter(|seal| seal.revision == index);
        let earlier: Vec<Sealed> = sealed.iter().filter(|seal| seal.revision < index).cloned().collect();
        if let Some(strict) = earlier.iter().find(|seal| seal.permission == Some(1))
            && added().any(|seal| !seal.is_timestamp)
        {
            self.change(format!("the signature in {} (P=1) allows no further signature", strict.name), start, None);
        }
        if let Some(late) = added().find(|seal| seal.certifies.is_some()) {
            let id = revision.objects.get(&late.dictionary).map(|object| object.id);
            self.change("a certification after another signature", start, id);
        }
        let mut new_widgets: Vec<ObjectId> = Vec::new();
        for seal in added() {
            self.signature(seal, &earlier, &mut new_widgets);
        }
        self.catalog(&new_widgets);
        self.description(added().next().is_some());
        self.compare_pages(&new_widgets);
        self.remaining();
    }

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
        let first_id = |revision: &'p Revision| revision.trailer.get("ID").and_then(Value::as_array).and_then(<[Value]>::first);
        if let (Some(new), Some(old)) = (first_id(self.revision), self.pdf.revisions.get(self.before).and_then(first_id))
            && !new.same(old)
        {
            self.change("the first half of the file's /ID changed", self.revision.xref_offset, None);
        }
        for (number, entry) in &self.revision.entries {
            if matches!(entry, super::raw::Entry::Free { .. }) && self.old(*number).is_some() {
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

    /// The catalog: form, DSS, the ISO_ 32002 entry and the XMP packet only.
    fn catalog(&mut self, new_widgets: &[ObjectId]) {
        let old = self.pdf.catalog_at(self.before);
        let new = self.pdf.catalog_at(self.index);
        let (Some((_, old)), Some((object, new))) = (old, new) else {
            self.change("the catalog is gone", self.revision.xref_offset, None);
            return;
        };
        if !new.same_except(old, &["AcroForm", "DSS", "Extensions", "Metadata"]) {
            self.change("the catalog changed in more than form, proofs and description", object.span.start, Some(object.id));
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
        let flags = |dict: &Dict| dict.get("SigFlags").and_then(Value::as_integer).unwrap_or(0);
        if flags(new) & !3 != 0 || flags(new) & flags(old) != flags(old) {
            self.change("the form's /SigFlags were lowered", at.0, Some(at.1));
        }
        let (before, after) = self.both(old.get("Fields"), new.get("Fields"));
        self.appended(before, after, new_widgets, "form fields", at);
    }

    /// An array that only got the new fields at its end.
    fn appended(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, permitted: &[ObjectId], what: &str, at: (usize, ObjectId)) {
        let is_list = new.is_none_or(|value| value.as_array().is_some());
        let old = old.and_then(Value::as_array).unwrap_or_default();
        let new = new.and_then(Value::as_array).unwrap_or_default();
        let kept = is_list && new.len() >= old.len() && old.iter().zip(new).all(|(old, new)| old.same(new));
        let added = new.get(old.len()..).unwrap_or_default();
        let fits = added.iter().all(|value| value.as_reference().is_some_and(|id| permitted.contains(&id)));
        if !kept || !fits {
            self.change(format!("{what} changed in more than new signatures"), at.0, Some(at.1));
        }
    }

    /// Pages: only the widgets of new, invisible signature fields.
    fn compare_pages(&mut self, new_widgets: &[ObjectId]) {
        let pages = match tree::pages(self.pdf, self.index) {
            Ok(new) if new == self.pages => new,
            Ok(new) => {
                let counts = (self.pages.len(), new.len());
                let what = format!("the pages are not those that were signed: {} then, {} now", counts.0, counts.1);
                self.change(what, self.revision.span.start, None);
                self.pages = new;
                return;
            }
            Err(defect) => {
                self.change(format!("the pages cannot be told: {}", defect.what), defect.offset, None);
                return;
            }
        };
        let mut compared = 0usize;
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
            compared += after.and_then(Value::as_array).map_or(0, <[Value]>::len);
            if compared > MAX_ANNOTATIONS {
                self.change(format!("more than {MAX_ANNOTATIONS} annotations to compare"), at.0, Some(at.1));
                return;
            }
            self.appended(before, after, new_widgets, "a page's annotations", at);
        }
    }

    /// Whatever no rule allowed, and whatever fills a reference that pointed nowhere when the file was signed.
    fn remaining(&mut self) {
        for (number, object) in &self.revision.objects {
            let is_new = self.old(*number).is_none();
            let what = if is_new && self.pdf.is_referred_before(self.index, *number) {
                format!("object {number} was referred to before it existed: what was signed as empty now shows something")
            } else if self.allowed.contains(number) {
                continue;
            } else if is_new {
                format!("object {number} was added and belongs to no signature or proof")
            } else {
                format!("object {number} was changed")
            };
            self.change(what, object.span.start, Some(object.id));
        }
    }
}
