//! Which objects a signature adds and changes, and the file with room for the signature.

use super::splice::{self, Edit};
use super::update::{Update, Written};
use super::{Placement, SignError, SignOptions, SignerIdentity, appearance};
use crate::pdf::cms::SignatureProfile;
use crate::pdf::raw::{Dict, Kind, Object, ObjectId, Pdf, Span, Value};
use crate::pdf::text::string;
use crate::pdf::tree::{self, SignatureField};
use crate::pki::Certificate;
use crate::time::Civil;

/// The catalog entry that ISO/TS 32002 asks for.
const ISO_32002: &str = "<</BaseVersion/2.0/ExtensionLevel 32002/ExtensionRevision(:2022)\
                         /URL(https://www.iso.org/standard/45875.html)>>";
/// Widget flags Print (3) and Locked (8).
const WIDGET_FLAGS: u32 = 132;
/// Room for `[0 b c d]` with three numbers of ten digits.
pub(super) const BYTE_RANGE_PLACEHOLDER: &str = "[0 0000000000 0000000000 0000000000]";

/// A file with an empty signature.
pub(super) struct Planned {
    pub(super) bytes: Vec<u8>,
    /// The `<...>` of `/Contents`.
    pub(super) gap: Span,
    /// The `[...]` of `/ByteRange`.
    pub(super) byte_range: Span,
    pub(super) field: String,
}

pub(super) struct Planner<'p, 'a> {
    pdf: &'p Pdf<'a>,
    last: usize,
    pub(super) update: Update,
    next: u32,
    pub(super) catalog_edits: Vec<Edit>,
    pub(super) has_signature: bool,
}

impl Planned {
    /// Writes `/ByteRange`: everything but `/Contents`.
    pub(super) fn fill_byte_range(&mut self) -> Result<(), SignError> {
        let numbers = format!("[0 {} {} {}", self.gap.start, self.gap.end, self.bytes.len() - self.gap.end);
        let place = self.bytes.get_mut(self.byte_range.start..self.byte_range.end).unwrap_or_default();
        let padded = format!("{numbers:<width$}]", width = place.len().saturating_sub(1));
        if padded.len() != place.len() {
            return Err(SignError::Form("the byte range does not fit its placeholder".into()));
        }
        place.copy_from_slice(padded.as_bytes());
        Ok(())
    }

    /// The two covered ranges.
    pub(super) fn ranges(&self) -> [&[u8]; 2] {
        let before = Span { start: 0, end: self.gap.start };
        let after = Span { start: self.gap.end, end: self.bytes.len() };
        [before.of(&self.bytes), after.of(&self.bytes)]
    }
}

/// Makes the file with an empty signature of `reserved` bytes.
pub(super) fn plan(pdf: &Pdf<'_>, identity: &SignerIdentity, options: &SignOptions, reserved: usize) -> Result<Planned, SignError> {
    let fields = tree::signature_fields(pdf, pdf.revisions.len().saturating_sub(1))?;
    let mut planner = Planner::new(pdf, &fields)?;
    let has_signature = planner.has_signature;
    let certificate = Certificate::parse(&identity.certificate).map_err(|defect| SignError::Certificate(defect.to_string()))?;
    let signer = certificate.subject_name().unwrap_or_default();
    let dictionary = planner.number();
    let (name, lock) = match choose(&fields, options)? {
        Some(field) => planner.fill(field, options, &signer, dictionary)?,
        None => (planner.add_field(&fields, options, &signer, dictionary)?, None),
    };
    planner.catalog(identity.profile, dictionary)?;
    let body = signature_dictionary(options, &signer, reserved, !has_signature, lock.as_deref());
    planner.place(dictionary, body, options.nonce, reserved, name)
}

fn offset_of(body: &[u8], text: &str) -> Option<usize> {
    body.windows(text.len()).position(|window| window == text.as_bytes())
}

/// The empty field to fill; `None` to add one.
fn choose<'f, 'p>(fields: &'f [SignatureField<'p>], options: &SignOptions) -> Result<Option<&'f SignatureField<'p>>, SignError> {
    let empty: Vec<&SignatureField<'p>> = fields.iter().filter(|field| field.value.is_none()).collect();
    let fail = |what| {
        let names = empty.iter().map(|field| field.name.clone()).collect();
        Err(SignError::Field { name: options.field.clone().unwrap_or_default(), what, empty: names })
    };
    match &options.field {
        Some(name) => match fields.iter().find(|field| field.name == *name) {
            Some(field) if field.value.is_some() => fail("is signed already"),
            found => Ok(found),
        },
        None => match empty.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            _ => fail("several are empty: name one"),
        },
    }
}

/// `/Contents` zero-filled, `/ByteRange` a placeholder; both found again by their text, which stands first.
fn signature_dictionary(options: &SignOptions, signer: &str, reserved: usize, certify: bool, lock: Option<&str>) -> Vec<u8> {
    let mut body = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached\n/ByteRange {BYTE_RANGE_PLACEHOLDER}\n/Contents <{}>\n/M({})",
        "0".repeat(2 * reserved),
        Civil::of_unix(options.signing_time).pdf_date()
    );
    let name = options.name.as_deref().unwrap_or(signer);
    for (key, value) in [("Name", Some(name)), ("Reason", options.reason.as_deref()), ("Location", options.location.as_deref())] {
        if let Some(value) = value {
            body.push_str(&format!("/{key} {}", string(value)));
        }
    }
    let mut references = String::new();
    if certify {
        references.push_str("<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 2/V/1.2>>>>");
    }
    if let Some(lock) = lock {
        references.push_str(&format!("<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2{lock}>>>>"));
    }
    if !references.is_empty() {
        body.push_str(&format!("/Reference[{references}]"));
    }
    body.push_str(">>");
    body.into_bytes()
}

impl<'p, 'a> Planner<'p, 'a> {
    /// An update of a file with these signature fields.
    pub(super) fn new(pdf: &'p Pdf<'a>, fields: &[SignatureField<'p>]) -> Result<Self, SignError> {
        let has_signature = fields.iter().any(|field| field.value.is_some());
        let size = pdf.revisions.last().and_then(|revision| revision.trailer.get("Size")?.as_integer());
        let next = size.and_then(|size| u32::try_from(size).ok());
        let next = next.ok_or_else(|| SignError::Form("/Size is no object count".into()))?;
        let last = pdf.revisions.len().saturating_sub(1);
        Ok(Self { pdf, last, update: Update::default(), next, catalog_edits: Vec::new(), has_signature })
    }

    /// Writes the file with an empty signature dictionary, and finds its placeholders.
    pub(super) fn place(
        mut self,
        dictionary: u32,
        body: Vec<u8>,
        nonce: [u8; 16],
        reserved: usize,
        field: String,
    ) -> Result<Planned, SignError> {
        let (range_at, contents_at) = (offset_of(&body, BYTE_RANGE_PLACEHOLDER), offset_of(&body, "<0000"));
        self.update.put(dictionary, 0, body);
        let written = self.write(nonce)?;
        let placed = written.bodies.get(&dictionary).and_then(|at| Some((at + range_at?, at + contents_at?)));
        let (range_at, contents_at) = placed.ok_or_else(|| SignError::Form("the signature dictionary has no placeholders".into()))?;
        Ok(Planned {
            bytes: written.bytes,
            gap: Span { start: contents_at, end: contents_at + 2 + 2 * reserved },
            byte_range: Span { start: range_at, end: range_at + BYTE_RANGE_PLACEHOLDER.len() },
            field,
        })
    }

    /// The file with the update added.
    pub(super) fn write(self, nonce: [u8; 16]) -> Result<Written, SignError> {
        let written = self.update.write(self.pdf, nonce, self.next);
        written.ok_or_else(|| SignError::Form("the file would grow beyond what it can address".into()))
    }

    pub(super) const fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    pub(super) fn object(&self, id: ObjectId) -> Result<&'p Object, SignError> {
        let object = self.pdf.object_at(self.last, id.number).filter(|object| object.id == id);
        object.ok_or_else(|| SignError::Form(format!("object {id} is missing")))
    }

    /// Puts an object with some of its entries changed.
    pub(super) fn edit(&mut self, object: &Object, edits: Vec<Edit>) -> Result<(), SignError> {
        if edits.is_empty() {
            return Ok(());
        }
        let source = splice::source(self.pdf, object)?;
        let body = splice::apply(&source, object.value.span, edits);
        self.update.put(object.id.number, object.id.generation, body);
        Ok(())
    }

    /// Fills an empty field; gives its name and the entries of its lock.
    fn fill(
        &mut self,
        field: &SignatureField<'p>,
        options: &SignOptions,
        signer: &str,
        dictionary: u32,
    ) -> Result<(String, Option<String>), SignError> {
        let object = self.object(field.id)?;
        let whole = object.value.span;
        let mut edits = vec![splice::set(field.dict, whole, "V", &format!("{dictionary} 0 R"))];
        let [widget] = field.widgets.as_slice() else {
            return Err(SignError::Form(format!("field {} has {} widgets", field.name, field.widgets.len())));
        };
        let widget = self.object(*widget)?;
        let shown = widget.value.as_dict().and_then(|dict| Some((dict, area(dict)?)));
        if let Some((dict, size)) = shown {
            let form = self.appearance(options, signer, size)?;
            let edit = splice::set(dict, widget.value.span, "AP", &format!("<</N {form} 0 R>>"));
            if widget.id == field.id {
                edits.push(edit);
            } else {
                self.edit(widget, vec![edit])?;
            }
        }
        self.edit(object, edits)?;
        self.extend_form(None)?;
        Ok((field.name.clone(), self.lock(field.dict)?))
    }

    /// `/Action` and `/Fields` of a field's lock, as source.
    fn lock(&self, dict: &'p Dict) -> Result<Option<String>, SignError> {
        let Some(lock) = dict.get("Lock") else { return Ok(None) };
        let lock = self.pdf.resolve_at(self.last, lock).and_then(Value::as_dict);
        let lock = lock.ok_or_else(|| SignError::Form("a field's lock is no dictionary".into()))?;
        let mut out = match lock.name("Action") {
            Some(b"All") => "/Action/All".to_owned(),
            Some(b"Include") => "/Action/Include".to_owned(),
            Some(b"Exclude") => "/Action/Exclude".to_owned(),
            _ => return Err(SignError::Form("a field's lock has no known action".into())),
        };
        if let Some(fields) = self.pdf.get_at(self.last, lock, "Fields") {
            let names: String = fields
                .as_array()
                .unwrap_or_default()
                .iter()
                .filter_map(Value::as_string)
                .map(|name| format!("<{}>", crate::pdf::text::hex(name)))
                .collect();
            out.push_str(&format!("/Fields[{names}]"));
        }
        Ok(Some(out))
    }

    fn appearance(&mut self, options: &SignOptions, signer: &str, size: (f64, f64)) -> Result<u32, SignError> {
        let first = self.next;
        for (number, body) in appearance::objects(options, signer, size, first)? {
            self.update.put(number, 0, body);
            self.next = self.next.max(number + 1);
        }
        Ok(first)
    }

    /// Adds a field to form and page; gives its name.
    pub(super) fn add_field(
        &mut self,
        fields: &[SignatureField<'p>],
        options: &SignOptions,
        signer: &str,
        dictionary: u32,
    ) -> Result<String, SignError> {
        let (page, rectangle) = match options.placement {
            Placement::Invisible => (0, None),
            Placement::Visible { .. } if self.has_signature => {
                return Err(SignError::Form("a new visible field would break the signatures it has".into()));
            }
            Placement::Visible { page, rectangle } => (page, Some(rectangle)),
        };
        let pages = tree::pages(self.pdf, self.last)?;
        let page = *pages.get(page).ok_or_else(|| SignError::Form(format!("the file has {} pages", pages.len())))?;
        let name = options.field.clone().unwrap_or_else(|| {
            let free = |number: &usize| fields.iter().all(|field| field.name != format!("Signature{number}"));
            format!("Signature{}", (1..).find(free).unwrap_or_default())
        });
        if name.is_empty() || name.contains('.') {
            return Err(SignError::Field { name, what: "a new field's name has no dot", empty: Vec::new() });
        }
        let field = self.number();
        let (rectangle, shown) = match rectangle {
            None => ("0 0 0 0".to_owned(), String::new()),
            Some([left, bottom, right, top]) => {
                let form = self.appearance(options, signer, (right - left, top - bottom))?;
                (format!("{left:.2} {bottom:.2} {right:.2} {top:.2}"), format!("/AP<</N {form} 0 R>>"))
            }
        };
        let body = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T {}/V {dictionary} 0 R/P {page} R/F {WIDGET_FLAGS}/Rect[{rectangle}]{shown}>>",
            string(&name)
        );
        self.update.put(field, 0, body.into_bytes());
        self.extend_array(self.object(page)?, "Annots", field)?;
        self.extend_form(Some(field))?;
        Ok(name)
    }

    /// Adds a reference to an array that is an entry of an object, direct or not.
    fn extend_array(&mut self, holder: &'p Object, key: &str, number: u32) -> Result<(), SignError> {
        let (edit, moved) = self.array_edit(holder.value.as_dict(), holder.value.span, key, &format!("{number} 0 R"))?;
        match moved {
            Some(object) => self.edit(object, vec![edit]),
            None => self.edit(holder, vec![edit]),
        }
    }

    /// The edit that adds references to an array; with the object to make it in, if not the holder.
    pub(super) fn array_edit(
        &self,
        dict: Option<&'p Dict>,
        whole: Span,
        key: &str,
        references: &str,
    ) -> Result<(Edit, Option<&'p Object>), SignError> {
        let unusable = || SignError::Form(format!("/{key} is no array"));
        let dict = dict.ok_or_else(unusable)?;
        match dict.get(key) {
            None => Ok((splice::set(dict, whole, key, &format!("[{references}]")), None)),
            Some(value) => match &value.kind {
                Kind::Array(_) => Ok((splice::append(value, references), None)),
                Kind::Reference(id) => {
                    let object = self.object(*id)?;
                    object.value.as_array().ok_or_else(unusable)?;
                    Ok((splice::append(&object.value, references), Some(object)))
                }
                _ => Err(unusable()),
            },
        }
    }

    /// `/AcroForm` with the new field, if there is one, and `/SigFlags 3`: set by the first signature and never changed
    /// afterwards, because other validators take a later change for a change of the form.
    fn extend_form(&mut self, field: Option<u32>) -> Result<(), SignError> {
        let (catalog_object, catalog) = self.catalog_dict()?;
        let Some(value) = catalog.get("AcroForm") else {
            let fields = field.map(|field| format!("{field} 0 R")).unwrap_or_default();
            let form = format!("<</Fields[{fields}]/SigFlags 3>>");
            self.catalog_edits.push(splice::set(catalog, catalog_object.value.span, "AcroForm", &form));
            return Ok(());
        };
        let holder = value.as_reference().map(|id| self.object(id)).transpose()?;
        let form = holder.map_or(value, |object| &object.value);
        let dict = form.as_dict().ok_or_else(|| SignError::Form("/AcroForm is no dictionary".into()))?;
        let mut edits = Vec::new();
        if let Some(field) = field {
            let (edit, moved) = self.array_edit(Some(dict), form.span, "Fields", &format!("{field} 0 R"))?;
            match moved {
                Some(object) => self.edit(object, vec![edit])?,
                None => edits.push(edit),
            }
        }
        if !self.has_signature && dict.get("SigFlags").and_then(Value::as_integer) != Some(3) {
            edits.push(splice::set(dict, form.span, "SigFlags", "3"));
        }
        match holder {
            Some(object) => self.edit(object, edits),
            None => {
                self.catalog_edits.extend(edits);
                Ok(())
            }
        }
    }

    pub(super) fn catalog_dict(&self) -> Result<(&'p Object, &'p Dict), SignError> {
        self.pdf.catalog_at(self.last).ok_or_else(|| SignError::Form("the file has no catalog".into()))
    }

    /// Version, extension, certification; then the catalog is written if anything in it changed.
    pub(super) fn catalog(&mut self, profile: SignatureProfile, dictionary: u32) -> Result<(), SignError> {
        let (object, catalog) = self.catalog_dict()?;
        let whole = object.value.span;
        if !self.has_signature {
            if self.pdf.version < (2, 0) && !catalog.is("Version", "2.0") {
                self.catalog_edits.push(splice::set(catalog, whole, "Version", "/2.0"));
            }
            if catalog.get("Perms").is_some() {
                return Err(SignError::Form("the catalog has /Perms without a signature".into()));
            }
            let permissions = format!("<</DocMDP {dictionary} 0 R>>");
            self.catalog_edits.push(splice::set(catalog, whole, "Perms", &permissions));
        }
        if profile == SignatureProfile::Iso32002 {
            self.declare_iso_32002(catalog, whole)?;
        }
        let edits = core::mem::take(&mut self.catalog_edits);
        self.edit(object, edits)
    }

    fn declare_iso_32002(&mut self, catalog: &'p Dict, whole: Span) -> Result<(), SignError> {
        let Some(value) = catalog.get("Extensions") else {
            let extensions = format!("<</ISO_[{ISO_32002}]>>");
            self.catalog_edits.push(splice::set(catalog, whole, "Extensions", &extensions));
            return Ok(());
        };
        let holder = value.as_reference().map(|id| self.object(id)).transpose()?;
        let extensions = holder.map_or(value, |object| &object.value);
        let dict = extensions.as_dict().ok_or_else(|| SignError::Form("/Extensions is no dictionary".into()))?;
        let edit = match dict.get("ISO_").map(|entry| (entry, &entry.kind)) {
            None => splice::set(dict, extensions.span, "ISO_", &format!("[{ISO_32002}]")),
            Some((_, Kind::Array(items))) if items.iter().any(is_level_32002) => return Ok(()),
            Some((entry, _)) if is_level_32002(entry) => return Ok(()),
            Some((entry, Kind::Array(_))) if !self.has_signature => splice::append(entry, ISO_32002),
            _ => return Err(SignError::Form("the catalog declares another ISO_ extension".into())),
        };
        match holder {
            Some(object) => self.edit(object, vec![edit]),
            None => {
                self.catalog_edits.push(edit);
                Ok(())
            }
        }
    }
}

fn is_level_32002(value: &Value) -> bool {
    value.as_dict().is_some_and(|dict| dict.get("ExtensionLevel").and_then(Value::as_integer) == Some(32002))
}

/// Width and height of a widget's rectangle, if it has an area.
fn area(dict: &Dict) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = dict.get("Rect")?.as_array()?.iter().filter_map(Value::as_number).collect();
    match numbers.as_slice() {
        [left, bottom, right, top] => {
            let (width, height) = ((right - left).abs(), (top - bottom).abs());
            (width > 0.0 && height > 0.0).then_some((width, height))
        }
        _ => None,
    }
}
