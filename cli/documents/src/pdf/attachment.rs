//! Takes the metadata out of a certificate: the one attached file of its name, as of the newest revision.

use super::METADATA_FILE;
use super::raw::{Dict, MAX_DECODED_TOTAL_BYTES, Pdf, StructureDefect, Value, decode_stream};
use super::tree;

/// Most nodes of the tree of attached files that are walked.
const MAX_NODES: usize = 1_000;

/// The bytes of the attached `certificate-of-origin.jsonld`; `None` if there is none.
///
/// # Errors
/// A file that the strict reader refuses, or two attachments of that name.
pub fn attached_metadata(bytes: &[u8]) -> Result<Option<Vec<u8>>, StructureDefect> {
    let pdf = Pdf::parse(bytes)?;
    attached_at(&pdf, pdf.revisions.len().saturating_sub(1))
}

/// The same, as of a revision.
pub(super) fn attached_at(pdf: &Pdf<'_>, revision: usize) -> Result<Option<Vec<u8>>, StructureDefect> {
    let Some((_, catalog)) = pdf.catalog_at(revision) else { return Ok(None) };
    let names = pdf.get_at(revision, catalog, "Names").and_then(Value::as_dict);
    let root = names.and_then(|names| pdf.get_at(revision, names, "EmbeddedFiles")).and_then(Value::as_dict);
    let mut waiting: Vec<&Dict> = root.into_iter().collect();
    let mut found: Vec<&Value> = Vec::new();
    let mut walked = 0;
    while let Some(node) = waiting.pop() {
        walked += 1;
        if walked > MAX_NODES {
            return Err(StructureDefect::limit(0, format!("a tree of attached files with more than {MAX_NODES} nodes")));
        }
        let list = |key: &str| pdf.get_at(revision, node, key).and_then(Value::as_array).unwrap_or_default();
        let kids = list("Kids").iter().filter_map(|kid| pdf.resolve_at(revision, kid)?.as_dict());
        waiting.extend(kids);
        for pair in list("Names").chunks(2) {
            if let [name, file] = pair
                && name.as_string().is_some_and(|name| tree::text(name) == METADATA_FILE)
            {
                found.push(file);
            }
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [only] => content(pdf, revision, only).map(Some),
        several => Err(StructureDefect::ambiguous(0, format!("{} attached files have the name {METADATA_FILE}", several.len()))),
    }
}

fn content(pdf: &Pdf<'_>, revision: usize, file: &Value) -> Result<Vec<u8>, StructureDefect> {
    let missing = || StructureDefect::ambiguous(0, format!("the attachment {METADATA_FILE} has no content"));
    let specification = pdf.resolve_at(revision, file).and_then(Value::as_dict).ok_or_else(missing)?;
    let files = pdf.get_at(revision, specification, "EF").and_then(Value::as_dict).ok_or_else(missing)?;
    let id = files.get("F").and_then(Value::as_reference).ok_or_else(missing)?;
    let object = pdf.object_at(revision, id.number).filter(|object| object.id == id).ok_or_else(missing)?;
    let (dict, span) = object.value.as_dict().zip(object.stream).ok_or_else(missing)?;
    decode_stream(dict, span.of(pdf.bytes), span.start, MAX_DECODED_TOTAL_BYTES)
}
