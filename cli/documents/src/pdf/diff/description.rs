//! What programs note about the file when they save it: the dates of the information dictionary, and the XMP packet.
//!
//! Signing software rewrites both with each signature. Neither is drawn on a page, and nothing here reads them; so a revision
//! that adds a signature or a proof may change them, while they are what they say and serve for nothing else.

use super::{NOTHING, Update};
use crate::pdf::raw::{Dict, Holder, Kind, Object, ObjectId, Value, decode_stream};

/// What a program may note in the information dictionary: when it saved the file, and its name.
const NOTED: [&str; 2] = ["ModDate", "Producer"];
/// All that the dictionary of an XMP packet may have.
const PACKET: [&str; 4] = ["Type", "Subtype", "Length", "Filter"];

impl<'p> Update<'p, '_> {
    /// Both, where this revision adds a signature or a proof.
    pub(super) fn description(&mut self, adds_signature: bool) {
        let (old, new) = (self.pdf.catalog_at(self.before), self.pdf.catalog_at(self.index));
        let (Some((_, old)), Some((object, new))) = (old, new) else { return };
        let store = new.get("DSS").map(|value| value.as_reference().map_or(object.id.number, |id| id.number));
        if adds_signature || store.is_some_and(|number| self.defined(number).is_some()) {
            self.information();
            self.packet(old.get("Metadata"), new.get("Metadata"), (object.span.start, object.id));
        } else if old.get("Metadata").map(Value::as_reference) != new.get("Metadata").map(Value::as_reference) {
            self.change("the catalog's /Metadata is another", object.span.start, Some(object.id));
        }
    }

    /// The information dictionary, which the trailer names: only [`NOTED`], as plain strings.
    fn information(&mut self) {
        let Some(id) = self.revision.trailer.get("Info").and_then(Value::as_reference) else { return };
        let (Some(new), Some(old)) = (self.defined(id.number), self.old(id.number)) else { return };
        let (Some(is), Some(was)) = (new.value.as_dict(), old.value.as_dict()) else { return };
        let is_plain = |key: &&str| is.get(key).is_none_or(|value| value.as_string().is_some());
        let is_noted = new.id == old.id && is.same_except(was, &NOTED) && NOTED.iter().all(is_plain);
        if is_noted && new.stream.is_none() && self.pdf.sole_holder(id.number) == Some(Holder::Trailer) {
            self.allowed.insert(id.number);
        }
    }

    /// The XMP packet, which the catalog names: the same object with other text, or a new one where there was none.
    fn packet(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, catalog: (usize, ObjectId)) {
        let (old, new) = (old.map(Value::as_reference), new.map(Value::as_reference));
        if old == new && new.flatten().is_none_or(|id| self.defined(id.number).is_none()) {
            return;
        }
        let Some(Some(id)) = new.filter(|_| old.is_none_or(|old| Some(old) == new)) else {
            self.change("the catalog's /Metadata is another", catalog.0, Some(catalog.1));
            return;
        };
        let (before, now) = (self.old(id.number), self.defined(id.number));
        let was_packet = before.map_or(old.is_none(), |object| object.id == id && self.is_packet(object));
        let is_packet = now.is_some_and(|object| object.id == id && self.is_packet(object));
        if was_packet && is_packet && self.pdf.sole_holder(id.number) == Some(Holder::Object(catalog.1.number)) {
            self.allowed.insert(id.number);
        } else {
            self.change("the catalog's /Metadata is no XMP packet, or serves for something else too", catalog.0, Some(catalog.1));
        }
    }

    /// A stream that says it is XMP, is, and has nothing more. All packets of a file share one limit with its proofs.
    fn is_packet(&mut self, object: &Object) -> bool {
        let is_plain = |dict: &Dict| dict.is("Type", "Metadata") && dict.is("Subtype", "XML") && dict.same_except(&NOTHING, &PACKET);
        let has_name = |dict: &Dict| dict.get("Filter").is_none_or(|filter| matches!(filter.kind, Kind::Name(_)));
        let (Some(data), Some(dict)) = (object.stream, object.value.as_dict().filter(|dict| is_plain(dict) && has_name(dict))) else {
            return false;
        };
        let text = decode_stream(dict, data.of(self.pdf.bytes), object.span.start, *self.decoded_left);
        *self.decoded_left -= text.as_ref().map_or(0, Vec::len).min(*self.decoded_left);
        text.is_ok_and(|text| is_xmp(&text))
    }
}

/// One element `x:xmpmeta` of Adobe's namespace, between processing instructions. What is in it is not read.
fn is_xmp(text: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(text) else { return false };
    let rest = behind_instructions(text.trim_start_matches('\u{feff}'));
    let Some((tag, inside)) = rest.strip_prefix("<x:xmpmeta").and_then(|rest| rest.split_once('>')) else { return false };
    let Some((_, behind)) = inside.rsplit_once("</x:xmpmeta>") else { return false };
    let is_adobes = ["xmlns:x=\"adobe:ns:meta/\"", "xmlns:x='adobe:ns:meta/'"].iter().any(|namespace| tag.contains(namespace));
    let declares = ["<!DOCTYPE", "<!ENTITY"].iter().any(|word| text.contains(word));
    is_adobes && !declares && behind_instructions(behind).is_empty()
}

/// What follows processing instructions.
fn behind_instructions(text: &str) -> &str {
    let mut rest = text.trim();
    while let Some((_, behind)) = rest.strip_prefix("<?").and_then(|rest| rest.split_once("?>")) {
        rest = behind.trim_start();
    }
    rest
}
