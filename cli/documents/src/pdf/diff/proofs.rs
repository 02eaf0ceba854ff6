//! The document security store and the catalog's extensions: they only grow, and hold nothing that could be shown.

use super::{NOTHING, Update};
use crate::asn1;
use crate::pdf::raw::{Dict, ObjectId, Value, decode_stream};
use std::collections::BTreeSet;

/// Most certificates, CRLs or OCSP answers in one list.
const MAX_PROOFS: usize = 4_096;
/// All that an extension entry may have.
const EXTENSION_KEYS: [&str; 5] = ["Type", "BaseVersion", "ExtensionLevel", "ExtensionRevision", "URL"];

impl<'p> Update<'p, '_> {
    /// Only an added ISO_ entry of level 32002.
    pub(super) fn extensions(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, at: (usize, ObjectId)) {
        let (old, new) = self.both(old, new);
        let old = old.and_then(Value::as_dict).unwrap_or(&NOTHING);
        let Some(new) = new.and_then(Value::as_dict) else {
            if !old.entries.is_empty() {
                self.change("the catalog's extensions were removed", at.0, Some(at.1));
            }
            return;
        };
        let is_level = |value: &Value| {
            value.as_dict().is_some_and(|dict| {
                dict.get("ExtensionLevel").and_then(Value::as_integer) == Some(32002) && dict.same_except(&NOTHING, &EXTENSION_KEYS)
            })
        };
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
    pub(super) fn dss(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, at: (usize, ObjectId)) {
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
        let added: Vec<&str> = after
            .entries
            .iter()
            .filter(|(key, _)| before.get_bytes(key).is_none())
            .take(MAX_PROOFS)
            .filter_map(|(key, _)| core::str::from_utf8(key).ok())
            .collect();
        if after.entries.len() > MAX_PROOFS || !after.same_except(before, &added) {
            self.change("the security store lost or changed an entry", at.0, Some(at.1));
        }
        for key in added {
            let (_, entry) = self.both(None, after.get(key));
            match entry.and_then(Value::as_dict) {
                Some(entry) => self.related(entry, at),
                None if key == "Type" => {}
                None => self.change("the security store has other entries", at.0, Some(at.1)),
            }
        }
    }

    /// Proofs for one signature (VRI): `/Cert /CRL /OCSP`, `/TU`, `/TS`.
    fn related(&mut self, entry: &'p Dict, at: (usize, ObjectId)) {
        let strings =
            ["Type", "TU"].iter().filter_map(|key| entry.get(key)).all(|value| value.as_array().is_none() && value.as_dict().is_none());
        if !strings || !entry.same_except(&NOTHING, &["Type", "Cert", "CRL", "OCSP", "TU", "TS"]) {
            self.change("the security store has other entries", at.0, Some(at.1));
        }
        for key in ["Cert", "CRL", "OCSP"] {
            let (_, list) = self.both(None, entry.get(key));
            self.grown(None, list, at);
        }
        if let Some(stamp) = entry.get("TS") {
            self.proof(stamp, at);
        }
    }

    fn grown(&mut self, old: Option<&'p Value>, new: Option<&'p Value>, at: (usize, ObjectId)) {
        let old = old.and_then(Value::as_array).unwrap_or_default();
        let Some(list) = new.map(Value::as_array) else {
            if !old.is_empty() {
                self.change("the security store lost an entry", at.0, Some(at.1));
            }
            return;
        };
        let Some(new) = list.filter(|list| list.len() <= MAX_PROOFS) else {
            self.change(format!("the security store holds no list, or more than {MAX_PROOFS} proofs"), at.0, Some(at.1));
            return;
        };
        let known: BTreeSet<ObjectId> = new.iter().filter_map(Value::as_reference).collect();
        if !old.iter().all(|value| value.as_reference().is_some_and(|id| known.contains(&id))) {
            self.change("the security store lost an entry", at.0, Some(at.1));
        }
        let had: BTreeSet<ObjectId> = old.iter().filter_map(Value::as_reference).collect();
        for value in new.iter().filter(|value| value.as_reference().is_none_or(|id| !had.contains(&id))) {
            self.proof(value, at);
        }
    }

    /// One proof: a plain stream that holds one DER structure, so that nothing in it can be shown.
    fn proof(&mut self, value: &'p Value, at: (usize, ObjectId)) {
        let object = value.as_reference().and_then(|id| self.pdf.object_at(self.index, id.number).filter(|object| object.id == id));
        let parts = object.and_then(|object| Some((object, object.value.as_dict()?, object.stream?)));
        let Some((object, dict, data)) = parts else {
            self.change("the security store holds something other than streams", at.0, Some(at.1));
            return;
        };
        let place = object.span.start;
        let is_plain = dict.same_except(&NOTHING, &["Length", "Filter", "DecodeParms"]);
        let decoded = decode_stream(dict, data.of(self.pdf.bytes), place, *self.decoded_left);
        let is_der = decoded.as_ref().is_ok_and(|bytes| asn1::only(bytes, asn1::SEQUENCE).is_ok());
        *self.decoded_left -= decoded.map_or(0, |bytes| bytes.len()).min(*self.decoded_left);
        if is_plain && is_der {
            if self.defined(object.id.number).is_some() && self.old(object.id.number).is_none() {
                self.allowed.insert(object.id.number);
            }
        } else {
            let what = "a stream of the security store is no certificate, CRL or OCSP answer";
            self.change(what, place, Some(object.id));
        }
    }
}
