//! What a new signature may bring: its dictionary, the value and appearance of a field prepared for it, or an invisible field.

use super::geometry::{self, Rectangle};
use super::{Sealed, Update};
use crate::pdf::raw::{Dict, Kind, Object, ObjectId, Span, Value};

/// Deepest chain of references followed inside one addition.
const MAX_CLAIM_DEPTH: usize = 32;
/// Dictionary keys that make an appearance act instead of show.
const ACTIVE_KEYS: [&str; 9] = ["JS", "JavaScript", "A", "AA", "OpenAction", "Launch", "URI", "EF", "Annots"];
/// All that a new field may have.
const NEW_FIELD_KEYS: [&str; 18] =
    ["Type", "Subtype", "FT", "T", "TU", "V", "P", "F", "Ff", "Rect", "AP", "Lock", "SV", "MK", "BS", "Border", "DA", "M"];

impl<'p> Update<'p, '_> {
    /// A new signature: its dictionary and its field.
    pub(super) fn signature(&mut self, seal: &Sealed, earlier: &[Sealed], new_widgets: &mut Vec<ObjectId>) {
        if self.old(seal.dictionary).is_none() {
            self.allowed.insert(seal.dictionary);
        }
        let Some(field) = self.defined(seal.field) else { return };
        let Some(dict) = field.value.as_dict() else { return };
        match self.old(seal.field) {
            Some(old) => {
                if let Some(lock) = earlier.iter().find(|earlier| earlier.locks.covers(&seal.name)) {
                    let what = format!("field {} was filled, which the signature in {} had locked", seal.name, lock.name);
                    self.change(what, field.span.start, Some(field.id));
                }
                self.filled_field(seal, field, dict, old);
            }
            None => self.new_field(seal, field, dict, new_widgets),
        }
    }

    /// A field that was there and empty: only its value and appearance may come.
    fn filled_field(&mut self, seal: &Sealed, field: &'p Object, dict: &'p Dict, old: &'p Object) {
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
        if seal.widget == seal.field {
            self.covers_nothing(seal, field, dict);
            return;
        }
        let (Some(widget), Some(was)) = (self.defined(seal.widget), self.old(seal.widget)) else { return };
        if let (Some(new), Some(was)) = (widget.value.as_dict(), was.value.as_dict())
            && new.same_except(was, &["AP"])
        {
            self.allowed.insert(seal.widget);
            self.claim_entries(new, &["AP"]);
            self.covers_nothing(seal, widget, new);
        }
    }

    /// What a signature shows stays in its box, and its box hides nothing that was signed before.
    fn covers_nothing(&mut self, seal: &Sealed, widget: &'p Object, dict: &'p Dict) {
        let at = (widget.span.start, Some(widget.id));
        let Some(shown) = Rectangle::of(self.pdf, self.before, dict, "Rect") else {
            self.change("a signature field whose rectangle is not four numbers", at.0, at.1);
            return;
        };
        if !shown.has_area() {
            return;
        }
        if seal.is_timestamp {
            self.change("a document timestamp in a visible field", at.0, at.1);
        }
        let name = &seal.name;
        match geometry::page_of(self.pdf, self.before, &self.pages, widget.id, dict) {
            Some(page) => {
                if let Some(what) = geometry::hidden_by(self.pdf, self.before, page, widget.id, shown) {
                    self.change(format!("the appearance of signature {name} {what}"), at.0, at.1);
                }
            }
            None => self.change(format!("the visible field {name} is on no page"), at.0, at.1),
        }
    }

    /// A field that was not there: must not be visible.
    fn new_field(&mut self, seal: &Sealed, field: &'p Object, dict: &'p Dict, new_widgets: &mut Vec<ObjectId>) {
        let at = (field.span.start, Some(field.id));
        if seal.widget != seal.field || dict.get("Parent").is_some() || !dict.is("Subtype", "Widget") {
            self.change("a new signature field of several objects", at.0, at.1);
            return;
        }
        if Rectangle::of(self.pdf, self.index, dict, "Rect").is_none_or(Rectangle::has_area) {
            self.change("a new visible signature field", at.0, at.1);
            return;
        }
        if let Some((key, _)) = dict.entries.iter().find(|(key, _)| !NEW_FIELD_KEYS.iter().any(|known| known.as_bytes() == &**key)) {
            let key = String::from_utf8_lossy(key).into_owned();
            self.change(format!("a new signature field with /{key}"), at.0, at.1);
            return;
        }
        self.allowed.insert(seal.field);
        self.claim_entries(dict, &["AP", "Lock", "SV", "MK", "BS"]);
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
}
