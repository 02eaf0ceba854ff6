//! One incremental update: objects, a cross-reference section of the previous kind, a trailer.

use crate::pdf::raw::{Pdf, Value, XrefKind};
use crate::pdf::text::hex;
use std::collections::BTreeMap;

/// Objects to add to a file, by number: body source and generation.
#[derive(Debug, Default)]
pub(crate) struct Update {
    objects: BTreeMap<u32, (u16, Vec<u8>)>,
}

/// A file with an update added.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    /// Offset of each added object's body.
    pub(crate) bodies: BTreeMap<u32, usize>,
}

impl Update {
    /// Adds or replaces an object.
    pub(crate) fn put(&mut self, number: u32, generation: u16, body: Vec<u8>) {
        self.objects.insert(number, (generation, body));
    }

    /// Writes the update after the old bytes, which stay as they are. `size` is one above the highest number.
    pub(crate) fn write(mut self, pdf: &Pdf<'_>, nonce: [u8; 16], mut size: u32) -> Option<Written> {
        let last = pdf.revisions.last()?;
        let mut bytes = pdf.bytes.to_vec();
        if !matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.push(b'\n');
        }
        let mut offsets: BTreeMap<u32, (usize, u16)> = BTreeMap::new();
        let mut bodies = BTreeMap::new();
        for (number, (generation, body)) in core::mem::take(&mut self.objects) {
            offsets.insert(number, (bytes.len(), generation));
            bytes.extend_from_slice(format!("{number} {generation} obj\n").as_bytes());
            bodies.insert(number, bytes.len());
            bytes.extend_from_slice(&body);
            bytes.extend_from_slice(b"\nendobj\n");
        }
        let section_at = bytes.len();
        let trailer = trailer_entries(pdf, &last.trailer, nonce, last.xref_offset);
        match last.xref_kind {
            XrefKind::Table => {
                bytes.extend_from_slice(b"xref\n");
                for run in runs(&offsets) {
                    let first = run.first().map_or(0, |(number, _)| *number);
                    bytes.extend_from_slice(format!("{first} {}\n", run.len()).as_bytes());
                    for (_, (offset, generation)) in run {
                        bytes.extend_from_slice(format!("{offset:010} {generation:05} n \n").as_bytes());
                    }
                }
                bytes.extend_from_slice(format!("trailer\n<</Size {size}{trailer}>>\n").as_bytes());
            }
            XrefKind::Stream => {
                let own = size;
                size += 1;
                offsets.insert(own, (section_at, 0));
                let (mut index, mut rows) = (String::new(), Vec::new());
                for run in runs(&offsets) {
                    let first = run.first().map_or(0, |(number, _)| *number);
                    index.push_str(&format!("{first} {} ", run.len()));
                    for (_, (offset, generation)) in run {
                        rows.push(1);
                        rows.extend_from_slice(&u32::try_from(offset).ok()?.to_be_bytes());
                        rows.extend_from_slice(&generation.to_be_bytes());
                    }
                }
                let length = rows.len();
                bytes.extend_from_slice(
                    format!(
                        "{own} 0 obj\n<</Type/XRef/W[1 4 2]/Index[{}]/Length {length}/Size {size}{trailer}>>\nstream\n",
                        index.trim_end()
                    )
                    .as_bytes(),
                );
                bytes.extend_from_slice(&rows);
                bytes.extend_from_slice(b"\nendstream\nendobj\n");
            }
        }
        bytes.extend_from_slice(format!("startxref\n{section_at}\n%%EOF\n").as_bytes());
        Some(Written { bytes, bodies })
    }
}

/// Entries carried over, `/ID` with its second half new, `/Prev`.
fn trailer_entries(pdf: &Pdf<'_>, old: &crate::pdf::raw::Dict, nonce: [u8; 16], prev: usize) -> String {
    let mut out = String::new();
    for key in ["Root", "Info"] {
        if let Some(id) = old.get(key).and_then(Value::as_reference) {
            out.push_str(&format!("/{key} {id} R"));
        }
    }
    let first = old.get("ID").and_then(Value::as_array).and_then(|pair| pair.first()).and_then(Value::as_string);
    let first = first.map_or_else(|| hex(&nonce), hex);
    debug_assert!(prev < pdf.bytes.len());
    out.push_str(&format!("/ID[<{first}><{}>]/Prev {prev}", hex(&nonce)));
    out
}

type Row = (u32, (usize, u16));

/// Runs of consecutive object numbers.
fn runs(offsets: &BTreeMap<u32, (usize, u16)>) -> Vec<Vec<Row>> {
    let mut runs: Vec<Vec<Row>> = Vec::new();
    for (number, place) in offsets {
        let row = (*number, *place);
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| last + 1 == *number) => run.push(row),
            _ => runs.push(vec![row]),
        }
    }
    runs
}
