//! One signature dictionary, one field, one widget, at most one place on the pages: what breaks that is a finding.

use super::finding;
use crate::pdf::raw::{ObjectId, Pdf, Value};
use crate::pdf::tree::{ShownWidgets, SignatureField};
use eco_core::verdict::{Code, Finding};
use std::collections::{BTreeMap, BTreeSet};

/// Most signature dictionaries that are named one by one when they belong nowhere.
const MAX_STRAY: usize = 20;

/// Revisions that define each object, of any revision, that is a signature dictionary.
pub(super) fn signature_dictionaries(pdf: &Pdf<'_>) -> BTreeMap<u32, Vec<usize>> {
    let mut found: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, revision) in pdf.revisions.iter().enumerate() {
        for (number, object) in &revision.objects {
            let is_signature = object
                .value
                .as_dict()
                .is_some_and(|dict| dict.get("ByteRange").is_some() || dict.is("Type", "Sig") || dict.is("Type", "DocTimeStamp"));
            if is_signature {
                found.entry(*number).or_default().push(index);
            }
        }
    }
    found
}

/// Objects, of any revision, whose `/V` is one of these dictionaries.
fn holders(pdf: &Pdf<'_>, dictionaries: &BTreeMap<u32, Vec<usize>>) -> BTreeMap<u32, BTreeSet<ObjectId>> {
    let mut found: BTreeMap<u32, BTreeSet<ObjectId>> = BTreeMap::new();
    for object in pdf.revisions.iter().flat_map(|revision| revision.objects.values()) {
        let value = object.value.as_dict().and_then(|dict| dict.get("V")).and_then(Value::as_reference);
        if let Some(id) = value.filter(|id| dictionaries.contains_key(&id.number)) {
            found.entry(id.number).or_default().insert(object.id);
        }
    }
    found
}

/// Pairs fields with dictionaries; what cannot be paired is a finding.
pub(super) fn pair<'f, 'p>(
    pdf: &Pdf<'_>,
    signed: &[&'f SignatureField<'p>],
    dictionaries: &BTreeMap<u32, Vec<usize>>,
    shown: &ShownWidgets,
    findings: &mut Vec<Finding>,
) -> Vec<(&'f SignatureField<'p>, ObjectId)> {
    let (mut pairs, mut used) = (Vec::new(), BTreeSet::new());
    let holders = holders(pdf, dictionaries);
    for field in signed {
        match pair_one(field, dictionaries, &holders, shown) {
            Ok(id) if used.insert(id.number) => pairs.push((*field, id)),
            Ok(id) => {
                findings.push(finding(Code::PdfSignatureInvalid, format!("signature {id} is shown by two fields"), 0, Some(field.id)))
            }
            Err((code, what)) => {
                let at = field.value.map_or(0, |value| value.span.start);
                findings.push(finding(code, format!("field {}: {what}", field.name), at, Some(field.id)));
                used.extend(field.value.and_then(Value::as_reference).map(|id| id.number));
            }
        }
    }
    for widget in shown.strays.iter().take(MAX_STRAY) {
        let at = pdf.object(widget.number).map_or(0, |object| object.span.start);
        findings.push(finding(Code::PdfSignatureInvalid, "a signature shown on a page belongs to no field of the form", at, Some(*widget)));
    }
    for (number, revisions) in dictionaries.iter().filter(|(number, _)| !used.contains(*number)).take(MAX_STRAY) {
        let object = revisions.first().and_then(|index| pdf.revisions.get(*index)?.objects.get(number));
        let (at, id) = object.map_or((0, None), |object| (object.span.start, Some(object.id)));
        findings.push(finding(Code::PdfSignatureInvalid, format!("signature dictionary {number} belongs to no field"), at, id));
    }
    pairs
}

fn pair_one(
    field: &SignatureField<'_>,
    dictionaries: &BTreeMap<u32, Vec<usize>>,
    holders: &BTreeMap<u32, BTreeSet<ObjectId>>,
    shown: &ShownWidgets,
) -> Result<ObjectId, (Code, String)> {
    let invalid = |what: String| Err((Code::PdfSignatureInvalid, what));
    let Some(id) = field.value.and_then(Value::as_reference) else { return invalid("its value is no signature object".into()) };
    let Some(revisions) = dictionaries.get(&id.number) else { return invalid(format!("object {id} is no signature")) };
    if revisions.len() != 1 {
        let what = format!("signature dictionary {id} is defined in {} revisions", revisions.len());
        return Err((Code::PdfModifiedAfterSigning, what));
    }
    let [widget] = field.widgets.as_slice() else { return invalid(format!("it has {} widgets, expected one", field.widgets.len())) };
    if let Some(count @ 2..) = shown.count.get(widget) {
        return invalid(format!("its widget {widget} is shown {count} times"));
    }
    match holders.get(&id.number) {
        Some(by) if by.len() > 1 => invalid(format!("signature {id} is shown by two fields: objects {}", joined(by))),
        _ => Ok(id),
    }
}

fn joined(ids: &BTreeSet<ObjectId>) -> String {
    ids.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
