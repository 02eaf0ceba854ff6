//! Revisions that keep signatures verifiable: the security store (DSS) and document timestamps.

use super::plan::{BYTE_RANGE_PLACEHOLDER, Planned, Planner};
use super::{SignError, SignOptions, splice};
use crate::pdf::cms::SignatureProfile;
use crate::pdf::evidence::PathMaterial;
use crate::pdf::raw::{Pdf, Span, Value};
use crate::pdf::tree::{self, SignatureField};

/// A file with a document timestamp still missing.
#[derive(Debug, Clone)]
pub(in crate::pdf) struct Stamped {
    pub(in crate::pdf) bytes: Vec<u8>,
    /// The `<...>` of `/Contents`.
    pub(in crate::pdf) gap: Span,
    pub(in crate::pdf) field: String,
}

fn fields<'p>(pdf: &'p Pdf<'_>) -> Result<Vec<SignatureField<'p>>, SignError> {
    Ok(tree::signature_fields(pdf, pdf.revisions.len().saturating_sub(1))?)
}

/// Adds an empty document timestamp of `reserved` bytes in a new invisible field.
pub(in crate::pdf) fn with_document_timestamp(bytes: &[u8], nonce: [u8; 16], reserved: usize) -> Result<Stamped, SignError> {
    let pdf = Pdf::parse(bytes)?;
    let fields = fields(&pdf)?;
    let mut planner = Planner::new(&pdf, &fields)?;
    if !planner.has_signature {
        return Err(SignError::Form("a document timestamp keeps signatures, and it has none".into()));
    }
    let is_free = |number: &usize| fields.iter().all(|field| field.name != format!("Timestamp{number}"));
    let name = format!("Timestamp{}", (1..).find(is_free).unwrap_or_default());
    let mut options = SignOptions::new(nonce, 0);
    options.field = Some(name);
    let dictionary = planner.number();
    let name = planner.add_field(&fields, &options, "", dictionary)?;
    // A catalog that has a signature changes in form and fields only, by whichever profile.
    planner.catalog(SignatureProfile::Viewer, dictionary)?;
    let zeros = "0".repeat(2 * reserved);
    let body = format!(
        "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161\n/ByteRange {BYTE_RANGE_PLACEHOLDER}\n/Contents <{zeros}>>>"
    );
    let mut planned = planner.place(dictionary, body.into_bytes(), nonce, reserved, name)?;
    planned.fill_byte_range()?;
    let Planned { bytes, gap, field, .. } = planned;
    Ok(Stamped { bytes, gap, field })
}

/// Adds certificates, CRLs and OCSP answers to the security store, which only grows.
pub(in crate::pdf) fn with_store(bytes: &[u8], nonce: [u8; 16], new: &PathMaterial) -> Result<Vec<u8>, SignError> {
    let pdf = Pdf::parse(bytes)?;
    let mut planner = Planner::new(&pdf, &fields(&pdf)?)?;
    if !planner.has_signature {
        return Err(SignError::Form("a security store keeps signatures, and it has none".into()));
    }
    let mut lists = Vec::new();
    for (key, items) in [("Certs", &new.certificates), ("CRLs", &new.crls), ("OCSPs", &new.ocsps)] {
        let mut references = Vec::new();
        for item in items {
            let number = planner.number();
            let head = format!("<</Length {}>>\nstream\n", item.len());
            planner.update.put(number, 0, [head.as_bytes(), item, b"\nendstream"].concat());
            references.push(format!("{number} 0 R"));
        }
        if !references.is_empty() {
            lists.push((key, references.join(" ")));
        }
    }
    let (object, catalog) = planner.catalog_dict()?;
    let Some(value) = catalog.get("DSS") else {
        let number = planner.number();
        let entries: String = lists.iter().map(|(key, references)| format!("/{key}[{references}]")).collect();
        planner.update.put(number, 0, format!("<</Type/DSS{entries}>>").into_bytes());
        planner.catalog_edits.push(splice::set(catalog, object.value.span, "DSS", &format!("{number} 0 R")));
        planner.catalog(SignatureProfile::Viewer, 0)?;
        return Ok(planner.write(nonce)?.bytes);
    };
    let holder = value.as_reference().map(|id| planner.object(id)).transpose()?;
    let store: &Value = holder.map_or(value, |object| &object.value);
    let dict = store.as_dict().ok_or_else(|| SignError::Form("/DSS is no dictionary".into()))?;
    let mut edits = Vec::new();
    for (key, references) in &lists {
        let (edit, moved) = planner.array_edit(Some(dict), store.span, key, references)?;
        match moved {
            Some(object) => planner.edit(object, vec![edit])?,
            None => edits.push(edit),
        }
    }
    match holder {
        Some(object) => planner.edit(object, edits)?,
        None => planner.catalog_edits.extend(edits),
    }
    planner.catalog(SignatureProfile::Viewer, 0)?;
    Ok(planner.write(nonce)?.bytes)
}
