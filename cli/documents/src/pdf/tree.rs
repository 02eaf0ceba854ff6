//! The page tree and the form's fields as of a revision, walked with limits and without circles.

use super::raw::{Dict, Kind, ObjectId, Pdf, StructureDefect, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Most pages walked.
const MAX_PAGES: usize = 20_000;
/// Most form fields walked.
const MAX_FIELDS: usize = 20_000;
/// Most widgets of one form.
const MAX_WIDGETS: usize = 100_000;
/// Most annotations of all pages.
const MAX_ANNOTATIONS: usize = 200_000;
/// Longest full name of a field, in bytes.
const MAX_NAME_BYTES: usize = 1_024;
/// Deepest page or field tree.
const MAX_DEPTH: usize = 32;

/// A signature field (`/FT /Sig`).
#[derive(Debug, Clone)]
pub(crate) struct SignatureField<'p> {
    /// Its object.
    pub(crate) id: ObjectId,
    /// Full name: partial names joined by dots.
    pub(crate) name: String,
    /// Its dictionary.
    pub(crate) dict: &'p Dict,
    /// Its widgets; the field itself where they are merged.
    pub(crate) widgets: Vec<ObjectId>,
    /// `/V`, its own or inherited.
    pub(crate) value: Option<&'p Value>,
}

/// Objects of all pages, in order, as of a revision.
pub(crate) fn pages(pdf: &Pdf<'_>, revision: usize) -> Result<Vec<ObjectId>, StructureDefect> {
    let (catalog, dict) = pdf.catalog_at(revision).ok_or_else(|| StructureDefect::ambiguous(0, "the file has no catalog"))?;
    let at = catalog.span.start;
    let root = dict.get("Pages").and_then(Value::as_reference);
    let root = root.ok_or_else(|| StructureDefect::ambiguous(at, "the catalog has no page tree"))?;
    let (mut pages, mut seen) = (Vec::new(), BTreeSet::new());
    walk_pages(pdf, revision, root, 0, &mut seen, &mut pages)?;
    Ok(pages)
}

fn walk_pages(
    pdf: &Pdf<'_>,
    revision: usize,
    id: ObjectId,
    depth: usize,
    seen: &mut BTreeSet<ObjectId>,
    pages: &mut Vec<ObjectId>,
) -> Result<(), StructureDefect> {
    if !seen.insert(id) {
        return Err(StructureDefect::ambiguous(0, format!("object {id} stands twice in the page tree")));
    }
    if depth > MAX_DEPTH || seen.len() > MAX_PAGES {
        return Err(StructureDefect::limit(0, format!("a page tree deeper than {MAX_DEPTH} or above {MAX_PAGES} pages")));
    }
    let object = pdf.object_at(revision, id.number).filter(|object| object.id == id);
    let dict = object.and_then(|object| object.value.as_dict());
    let Some(dict) = dict else {
        return Err(StructureDefect::ambiguous(0, format!("object {id} of the page tree is missing")));
    };
    let at = object.map_or(0, |object| object.span.start);
    match pdf.get_at(revision, dict, "Kids") {
        None if dict.is("Type", "Page") => pages.push(id),
        Some(kids) if dict.is("Type", "Pages") => {
            let before = pages.len();
            for kid in kids.as_array().ok_or_else(|| StructureDefect::ambiguous(at, "/Kids of the page tree is no array"))? {
                let kid = kid.as_reference();
                let kid = kid.ok_or_else(|| StructureDefect::ambiguous(at, "a page is no indirect object"))?;
                walk_pages(pdf, revision, kid, depth + 1, seen, pages)?;
            }
            let (said, found) = (pdf.get_at(revision, dict, "Count").and_then(Value::as_usize), pages.len() - before);
            if said != Some(found) {
                return Err(StructureDefect::ambiguous(at, format!("/Count of the page tree says {said:?}, there are {found} pages")));
            }
        }
        _ => return Err(StructureDefect::ambiguous(at, format!("object {id} of the page tree is neither node nor page"))),
    }
    Ok(())
}

/// The form dictionary as of a revision.
pub(crate) fn form<'p>(pdf: &'p Pdf<'_>, revision: usize) -> Option<&'p Dict> {
    let (_, catalog) = pdf.catalog_at(revision)?;
    pdf.get_at(revision, catalog, "AcroForm")?.as_dict()
}

/// All signature fields as of a revision.
pub(crate) fn signature_fields<'p>(pdf: &'p Pdf<'_>, revision: usize) -> Result<Vec<SignatureField<'p>>, StructureDefect> {
    let mut walk = FieldWalk { pdf, revision, seen: BTreeSet::new(), widgets: BTreeSet::new(), names: BTreeMap::new(), found: Vec::new() };
    if let Some(form) = form(pdf, revision)
        && let Some(fields) = pdf.get_at(revision, form, "Fields")
    {
        for field in fields.as_array().unwrap_or_default() {
            walk.field(field, "", None, None, 0)?;
        }
    }
    // Fields of one name are one field for some readers.
    if let Some(twice) = walk.found.iter().find(|field| walk.names.get(&field.name).is_some_and(|count| *count > 1)) {
        let at = pdf.object_at(revision, twice.id.number).map_or(0, |object| object.span.start);
        return Err(StructureDefect::ambiguous(at, format!("two fields are named {:?}", twice.name)));
    }
    Ok(walk.found)
}

struct FieldWalk<'p, 'a> {
    pdf: &'p Pdf<'a>,
    revision: usize,
    seen: BTreeSet<ObjectId>,
    widgets: BTreeSet<ObjectId>,
    /// Full names of fields without fields below, and how often each stands.
    names: BTreeMap<String, usize>,
    found: Vec<SignatureField<'p>>,
}

impl<'p> FieldWalk<'p, '_> {
    fn field(
        &mut self,
        field: &'p Value,
        parent: &str,
        kind: Option<&'p [u8]>,
        value: Option<&'p Value>,
        depth: usize,
    ) -> Result<(), StructureDefect> {
        let Some(id) = field.as_reference() else {
            return Err(StructureDefect::ambiguous(field.span.start, "a form field is no indirect object"));
        };
        if !self.seen.insert(id) {
            return Err(StructureDefect::ambiguous(field.span.start, format!("field {id} stands twice in the form")));
        }
        if depth > MAX_DEPTH || self.seen.len() > MAX_FIELDS {
            return Err(StructureDefect::limit(0, format!("more than {MAX_FIELDS} fields, or deeper than {MAX_DEPTH}")));
        }
        let object = self.pdf.object_at(self.revision, id.number).filter(|object| object.id == id);
        let Some((object, dict)) = object.and_then(|object| Some((object, object.value.as_dict()?))) else {
            return Err(StructureDefect::ambiguous(field.span.start, format!("field {id} is missing")));
        };
        let own = dict.get("T").and_then(Value::as_string).map(text);
        let name = match own {
            Some(own) if parent.is_empty() => own,
            Some(own) => format!("{parent}.{own}"),
            None => parent.to_owned(),
        };
        if name.len() > MAX_NAME_BYTES {
            return Err(StructureDefect::limit(object.span.start, format!("a field's name is longer than {MAX_NAME_BYTES} bytes")));
        }
        let kind = dict.name("FT").or(kind);
        let value = dict.get("V").filter(|value| !matches!(value.kind, Kind::Null)).or(value);
        let kids = self.pdf.get_at(self.revision, dict, "Kids").and_then(Value::as_array).unwrap_or_default();
        let (fields, widgets): (Vec<&Value>, Vec<&Value>) = kids.iter().partition(|kid| self.is_field(kid));
        for kid in &fields {
            self.field(kid, &name, kind, value, depth + 1)?;
        }
        if !fields.is_empty() {
            return Ok(());
        }
        *self.names.entry(name.clone()).or_default() += 1;
        let mut own_widgets: Vec<ObjectId> = widgets.iter().filter_map(|kid| kid.as_reference()).collect();
        for widget in &own_widgets {
            if !self.widgets.insert(*widget) || self.seen.contains(widget) {
                return Err(StructureDefect::ambiguous(object.span.start, format!("widget {widget} belongs to two fields")));
            }
        }
        if self.widgets.len() > MAX_WIDGETS {
            return Err(StructureDefect::limit(object.span.start, format!("more than {MAX_WIDGETS} widgets")));
        }
        if kind != Some(b"Sig") {
            return Ok(());
        }
        if dict.is("Subtype", "Widget") {
            own_widgets.push(object.id);
        }
        self.found.push(SignatureField { id, name, dict, widgets: own_widgets, value });
        Ok(())
    }

    /// Kids with a name of their own are fields, others are widgets (12.7.4.2).
    fn is_field(&self, kid: &Value) -> bool {
        let resolved = self.pdf.resolve_at(self.revision, kid).and_then(Value::as_dict);
        resolved.is_some_and(|dict| dict.get("T").is_some())
    }
}

/// Widgets of signature fields as pages show them.
#[derive(Debug, Default)]
pub(crate) struct ShownWidgets {
    /// How often pages list each widget annotation.
    pub(crate) count: BTreeMap<ObjectId, usize>,
    /// Signed ones that no field of the form has.
    pub(crate) strays: Vec<ObjectId>,
}

/// All widgets that the pages list.
pub(crate) fn widgets_shown(
    pdf: &Pdf<'_>,
    revision: usize,
    pages: &[ObjectId],
    fields: &[SignatureField<'_>],
) -> Result<ShownWidgets, StructureDefect> {
    let known: BTreeSet<ObjectId> = fields.iter().flat_map(|field| field.widgets.iter().copied()).collect();
    let (mut shown, mut seen) = (ShownWidgets::default(), 0usize);
    for page in pages {
        let object = pdf.object_at(revision, page.number);
        let dict = object.and_then(|object| object.value.as_dict());
        let list = dict.and_then(|dict| pdf.get_at(revision, dict, "Annots")).and_then(Value::as_array).unwrap_or_default();
        seen += list.len();
        if seen > MAX_ANNOTATIONS {
            let at = object.map_or(0, |object| object.span.start);
            return Err(StructureDefect::limit(at, format!("more than {MAX_ANNOTATIONS} annotations")));
        }
        for value in list {
            let widget = pdf.resolve_at(revision, value).and_then(Value::as_dict).filter(|dict| dict.is("Subtype", "Widget"));
            let (Some(dict), Some(id)) = (widget, value.as_reference()) else { continue };
            *shown.count.entry(id).or_default() += 1;
            if dict.is("FT", "Sig") && dict.get("V").is_some() && !known.contains(&id) {
                shown.strays.push(id);
            }
        }
    }
    Ok(shown)
}

/// A text string: UTF-16 or UTF-8 with its mark, else Latin letters.
pub(crate) fn text(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        let units: Vec<u16> = rest.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok().map(u16::from_be_bytes)).collect();
        return String::from_utf16_lossy(&units);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return String::from_utf8_lossy(rest).into_owned();
    }
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
