//! A draft as a PDF 2.0 file in the manner of PDF/A-4 (ISO 19005-4): tagged, embedded fonts, own colour profile, XMP.
//!
//! No Info dictionary, no transparency, no gaps in the cross-reference table; the nonce in `/ID`, so that no
//! fingerprint can be guessed. Equal arguments give equal bytes. An attached file makes it PDF/A-4f.

mod icc;
mod structure;

use super::draft::{Area, Draft, HEIGHT, WIDTH};
use super::font::stream;
use super::text::{hex, string, xml};
use core::fmt::Write as _;

/// A file attached to the document.
pub(crate) struct Attachment<'a> {
    pub(crate) name: &'a str,
    /// Media type, e.g. `application/ld+json`.
    pub(crate) media_type: &'a str,
    pub(crate) description: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// The empty signature field.
pub(crate) struct EmptyField<'a> {
    pub(crate) name: &'a str,
    /// For screen readers.
    pub(crate) label: &'a str,
    /// On the first page.
    pub(crate) area: Area,
}

/// What surrounds the pages.
pub(crate) struct Frame<'a> {
    pub(crate) title: &'a str,
    /// Who issues the document.
    pub(crate) creator: &'a str,
    /// `YYYY-MM-DD`: the date of everything in the file that has one.
    pub(crate) date: &'a str,
    /// 16 random bytes.
    pub(crate) nonce: [u8; 16],
    pub(crate) attachment: Option<Attachment<'a>>,
    pub(crate) field: Option<EmptyField<'a>>,
}

/// Objects numbered from 1.
struct Objects {
    bodies: Vec<Vec<u8>>,
}

impl Objects {
    fn put(&mut self, body: impl Into<Vec<u8>>) -> u32 {
        self.bodies.push(body.into());
        self.last()
    }

    /// Room for an object that is made later.
    fn reserve(&mut self) -> u32 {
        self.put(Vec::new())
    }

    fn set(&mut self, number: u32, body: String) {
        let at = number.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        if let Some(place) = at.and_then(|at| self.bodies.get_mut(at)) {
            *place = body.into_bytes();
        }
    }

    fn last(&self) -> u32 {
        u32::try_from(self.bodies.len()).unwrap_or(u32::MAX)
    }
}

const CATALOG: u32 = 1;
const PAGES: u32 = 2;

/// The file.
pub(crate) fn write(draft: &Draft<'_>, frame: &Frame<'_>) -> Vec<u8> {
    let mut objects = Objects { bodies: Vec::new() };
    let (catalog, pages) = (objects.reserve(), objects.reserve());
    debug_assert_eq!((catalog, pages), (CATALOG, PAGES));
    let metadata = objects.put(xmp(frame));
    let profile = objects.put(stream("/N 3", &icc::srgb()));
    let fonts = put_fonts(draft, &mut objects);
    let page_numbers: Vec<u32> = draft.pages.iter().map(|_| objects.reserve()).collect();
    let field = frame.field.as_ref().map(|field| put_field(field, &page_numbers, &mut objects));
    for (at, (page, number)) in draft.pages.iter().zip(&page_numbers).enumerate() {
        let content = objects.put(stream("", page.content.as_bytes()));
        let annotations = field.filter(|_| at == 0).map_or_else(String::new, |field| format!("/Annots[{field} 0 R]/Tabs/S"));
        let body = format!(
            "<</Type/Page/Parent {PAGES} 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents {content} 0 R/StructParents {at}{annotations}\
             /Resources<</Font<<{fonts}>>>>>>"
        );
        objects.set(*number, body);
    }
    let kids: String = page_numbers.iter().map(|number| format!("{number} 0 R ")).collect();
    objects.set(PAGES, format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.trim_end(), page_numbers.len()));
    let tree = structure::put(draft, &page_numbers, field, &mut objects);
    let mut entries = format!(
        "/Type/Catalog/Pages {PAGES} 0 R/Metadata {metadata} 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>\
         /MarkInfo<</Marked true>>/StructTreeRoot {tree} 0 R\
         /OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)/DestOutputProfile {profile} 0 R>>]"
    );
    if let Some(field) = field {
        let _ = write!(entries, "/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>");
    }
    if let Some(attachment) = &frame.attachment {
        let file = put_attachment(attachment, frame.date, &mut objects);
        let _ = write!(entries, "/AF[{file} 0 R]/Names<</EmbeddedFiles<</Names[{} {file} 0 R]>>>>", string(attachment.name));
    }
    objects.set(CATALOG, format!("<<{entries}>>"));
    assemble(&objects, &hex(&frame.nonce))
}

/// Puts the used fonts; gives the entries of the resource dictionary.
fn put_fonts(draft: &Draft<'_>, objects: &mut Objects) -> String {
    let mut entries = String::new();
    for (face, bodies) in draft.fonts.objects(objects.last() + 1) {
        for (at, (number, body)) in bodies.into_iter().enumerate() {
            if at == 0 {
                let _ = write!(entries, "/F{face} {number} 0 R");
            }
            objects.put(body);
        }
    }
    entries
}

/// An empty field with an empty appearance, locked with everything else once it is signed.
fn put_field(field: &EmptyField<'_>, pages: &[u32], objects: &mut Objects) -> u32 {
    let Area { left, bottom, right, top } = field.area;
    let (width, height) = (field.area.width(), field.area.height());
    let form = objects.put(stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 {width:.2} {height:.2}]"), b""));
    let page = pages.first().copied().unwrap_or_default();
    // The first key after those of the pages.
    let parent_key = pages.len();
    objects.put(format!(
        "<</Type/Annot/Subtype/Widget/FT/Sig/T{}/TU{}/P {page} 0 R/F 132/StructParent {parent_key}\
         /Rect[{left:.2} {bottom:.2} {right:.2} {top:.2}]/AP<</N {form} 0 R>>/Lock<</Type/SigFieldLock/Action/All>>>>",
        string(field.name),
        string(field.label),
    ))
}

/// The embedded file and its specification (7.11.3, 14.13).
fn put_attachment(attachment: &Attachment<'_>, date: &str, objects: &mut Objects) -> u32 {
    let media_type: String = attachment.media_type.replace('/', "#2F");
    let size = attachment.bytes.len();
    let entries = format!("/Type/EmbeddedFile/Subtype/{media_type}/Params<</Size {size}/ModDate{}>>", string(&pdf_date(date)));
    let file = objects.put(stream(&entries, attachment.bytes));
    let name = string(attachment.name);
    objects.put(format!(
        "<</Type/Filespec/F{name}/UF{name}/AFRelationship/Data/Desc{}/EF<</F {file} 0 R/UF {file} 0 R>>>>",
        string(attachment.description)
    ))
}

fn pdf_date(date: &str) -> String {
    format!("D:{}000000Z", date.replace('-', ""))
}

/// XMP with the title; uncompressed, so that any tool can read it.
fn xmp(frame: &Frame<'_>) -> Vec<u8> {
    let (title, creator, date) = (xml(frame.title), xml(frame.creator), xml(frame.date));
    let conformance = if frame.attachment.is_some() { "<pdfaid:conformance>F</pdfaid:conformance>" } else { "" };
    let xmp = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:creator><rdf:Seq><rdf:li>{creator}</rdf:li></rdf:Seq></dc:creator>\n\
         <dc:language><rdf:Bag><rdf:li>en</rdf:li></rdf:Bag></dc:language>\n\
         <dc:format>application/pdf</dc:format>\n\
         <xmp:CreateDate>{date}T00:00:00Z</xmp:CreateDate><xmp:ModifyDate>{date}T00:00:00Z</xmp:ModifyDate>\n\
         <xmp:CreatorTool>Eco Notary</xmp:CreatorTool><pdf:Producer>Eco Notary</pdf:Producer>\n\
         <pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>{conformance}\n\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
    );
    format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{xmp}\nendstream", xmp.len()).into_bytes()
}

/// Header, body, one table without gaps, trailer.
fn assemble(objects: &Objects, nonce: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-2.0\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = String::from("0000000000 65535 f \n");
    for (number, body) in (1..=objects.last()).zip(&objects.bodies) {
        let _ = writeln!(table, "{:010} 00000 n ", bytes.len());
        bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let (at, size) = (bytes.len(), objects.bodies.len() + 1);
    let end =
        format!("xref\n0 {size}\n{table}trailer\n<</Size {size}/Root {CATALOG} 0 R/ID[<{nonce}><{nonce}>]>>\nstartxref\n{at}\n%%EOF\n");
    bytes.extend_from_slice(end.as_bytes());
    bytes
}
