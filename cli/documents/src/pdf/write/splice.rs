//! Changes single entries of existing dictionaries in their raw bytes. Nothing else is written anew.

use crate::pdf::raw::{Dict, Object, Pdf, Span, StructureDefect, Value, decode_stream};
use std::borrow::Cow;

/// Replace these bytes by those.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    at: Span,
    with: Vec<u8>,
}

/// Sets a key of a dictionary to a value given as PDF source.
pub(crate) fn set(dict: &Dict, whole: Span, key: &str, source: &str) -> Edit {
    match dict.get(key) {
        Some(old) => Edit { at: old.span, with: format!(" {source} ").into_bytes() },
        // Before the closing `>>`.
        None => {
            let at = whole.end.saturating_sub(2);
            Edit { at: Span { start: at, end: at }, with: format!("/{key} {source} ").into_bytes() }
        }
    }
}

/// Adds an element at the end of an array.
pub(crate) fn append(array: &Value, source: &str) -> Edit {
    // Before the closing `]`.
    let at = array.span.end.saturating_sub(1);
    Edit { at: Span { start: at, end: at }, with: format!(" {source}").into_bytes() }
}

/// The bytes that an object's spans are offsets into: the file, or its decoded object stream.
pub(crate) fn source<'a>(pdf: &Pdf<'a>, object: &Object) -> Result<Cow<'a, [u8]>, StructureDefect> {
    let Some(container) = object.container else { return Ok(Cow::Borrowed(pdf.bytes)) };
    let at = object.span.start;
    let holder = pdf.revisions.iter().filter_map(|revision| revision.objects.get(&container));
    let holder = holder.into_iter().find(|holder| holder.span == object.span);
    let missing = || StructureDefect::ambiguous(at, format!("object stream {container} is missing"));
    let holder = holder.ok_or_else(missing)?;
    let (dict, data) = (holder.value.as_dict().ok_or_else(missing)?, holder.stream.ok_or_else(missing)?);
    decode_stream(dict, data.of(pdf.bytes), at, crate::pdf::raw::MAX_DECODED_TOTAL_BYTES).map(Cow::Owned)
}

/// The bytes of `whole` with the edits made. Edits do not overlap; those at one place keep their order.
pub(crate) fn apply(source: &[u8], whole: Span, mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|edit| edit.at);
    let (mut out, mut from) = (Vec::new(), whole.start);
    for edit in edits {
        out.extend_from_slice(Span { start: from, end: edit.at.start }.of(source));
        out.extend_from_slice(&edit.with);
        from = edit.at.end;
    }
    out.extend_from_slice(Span { start: from, end: whole.end }.of(source));
    out
}
