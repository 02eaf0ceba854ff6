//! The certificate-of-origin sheet (Form RCEP) as a PDF 2.0 file with an empty signature field for the
//! issuing body.
//!
//! One page, A4. What does not fit is set smaller, never cut. The file is made without gaps in its
//! cross-reference table and holds the nonce in `/ID`, so that no fingerprint can be guessed.

mod fields;
mod layout;

pub use fields::{CertificateFields, OriginItem, Party};

use super::font::{Font, OBJECTS_PER_FONT, Weight, stream};
use super::text::{hex, string};

/// Name of the issuing body's empty signature field.
pub const CHAMBER_FIELD: &str = "IssuingBody";

/// The sheet as a PDF file, unsigned. Equal fields give equal bytes.
#[must_use]
pub fn sample_certificate(fields: &CertificateFields) -> Vec<u8> {
    const FIRST_FONT: u32 = 8;
    let (regular_at, bold_at) = (FIRST_FONT, FIRST_FONT + OBJECTS_PER_FONT);
    let mut page = layout::Page::new();
    let chamber_box = layout::draw(&mut page, fields);
    let [left, bottom, right, top] = chamber_box;
    let title = format!("Certificate of Origin {}", fields.number);
    let nonce = hex(&fields.nonce);
    let layout::Page { regular, bold, content, .. } = page;
    let mut objects: Vec<(u32, Vec<u8>)> = vec![
        (1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 7 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>>>".into()),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>".into()),
        (
            3,
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {} {}]/Contents 4 0 R/Annots[6 0 R]\
                 /Resources<</Font<</R {regular_at} 0 R/B {bold_at} 0 R>>>>>>",
                layout::WIDTH,
                layout::HEIGHT
            )
            .into_bytes(),
        ),
        (4, stream("", content.as_bytes())),
        (5, "<</Fields[6 0 R]/SigFlags 3>>".into()),
        (
            6,
            format!(
                "<</Type/Annot/Subtype/Widget/FT/Sig/T{}/TU(Signature of the issuing body)/P 3 0 R/F 132\
                 /Rect[{left:.2} {bottom:.2} {right:.2} {top:.2}]/Lock<</Type/SigFieldLock/Action/All>>>>",
                string(CHAMBER_FIELD)
            )
            .into_bytes(),
        ),
        (7, metadata(&title)),
    ];
    objects.extend(regular.objects(regular_at));
    objects.extend(bold.objects(bold_at));
    assemble(&objects, &nonce)
}

/// XMP with the title; uncompressed, so that any tool can read it.
fn metadata(title: &str) -> Vec<u8> {
    let escaped = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let xmp = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{escaped}</rdf:li></rdf:Alt></dc:title>\n\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
    );
    format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{xmp}\nendstream", xmp.len()).into_bytes()
}

/// A whole file from objects numbered 1, 2, 3 ..: header, body, one table without gaps, trailer.
fn assemble(objects: &[(u32, Vec<u8>)], nonce: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-2.0\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = String::from("0000000000 65535 f \n");
    for (number, body) in objects {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let (at, size) = (bytes.len(), objects.len() + 1);
    let end = format!("xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R/ID[<{nonce}><{nonce}>]>>\nstartxref\n{at}\n%%EOF\n");
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

impl Default for layout::Page {
    fn default() -> Self {
        Self { regular: Font::new(Weight::Regular), bold: Font::new(Weight::Bold), content: String::new() }
    }
}
