//! A small certificate whose every object has a known number, and ways to damage it: table or streams, updates, planted faults.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use crate::common::{chamber, options};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{SignError, SignOptions, sign};

/// First free object number: that of the signature dictionary once it is signed.
pub const NEXT: u32 = 12;

/// Data in form, as it is attached.
pub const DATA: &str = include_str!("../documents/certificate.json");

/// A stream object.
pub fn stream(entries: &str, data: &str) -> String {
    format!("<<{entries}/Length {}>>\nstream\n{data}\nendstream", data.len())
}

/// Objects 1 to 11: catalog, pages, page, content, form, two empty signature fields, metadata file, a text field with appearance.
pub fn objects() -> Vec<(u32, String)> {
    [
        "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/AF[8 0 R]/Names<</EmbeddedFiles<</Names[(certificate-of-origin.jsonld) 8 0 R]>>>>>>"
            .into(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".into(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>/Annots[6 0 R 7 0 R 10 0 R]>>".into(),
        stream("", "0 0 1 rg 50 700 200 50 re f"),
        "<</Fields[6 0 R 7 0 R 10 0 R]/SigFlags 3>>".into(),
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Chamber)/P 3 0 R/F 132/Rect[40 40 240 120]>>".into(),
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/P 3 0 R/F 132/Rect[300 40 500 120]>>".into(),
        "<</Type/Filespec/F(certificate-of-origin.jsonld)/AFRelationship/Data/EF<</F 9 0 R>>>>".into(),
        stream("/Type/EmbeddedFile/Subtype/application#2Fld+json", DATA),
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(Weight)/V(100 kg)/P 3 0 R/F 4/Rect[300 700 400 720]/AP<</N 11 0 R>>>>".into(),
        stream("/Type/XObject/Subtype/Form/BBox[0 0 100 20]", "0 g 0 0 10 10 re f"),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, body)| (u32::try_from(index).unwrap() + 1, body))
    .collect()
}

/// The objects with some replaced or added.
pub fn with(changes: &[(u32, &str)]) -> Vec<(u32, String)> {
    let mut all = objects();
    for (number, body) in changes {
        match all.iter_mut().find(|(known, _)| known == number) {
            Some(place) => place.1 = (*body).to_owned(),
            None => all.push((*number, (*body).to_owned())),
        }
    }
    all
}

/// A file with one cross-reference table.
pub fn table(objects: &[(u32, String)]) -> Vec<u8> {
    let mut out = b"%PDF-2.0\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut rows = String::from("0 1\n0000000000 65535 f \n");
    for (number, body) in objects {
        rows.push_str(&format!("{number} 1\n{:010} 00000 n \n", out.len()));
        out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let size = 1 + objects.iter().map(|(number, _)| *number).max().unwrap();
    let at = out.len();
    let end = format!("xref\n{rows}trailer\n<</Size {size}/Root 1 0 R/ID[<00><00>]>>\nstartxref\n{at}\n%%EOF\n");
    out.extend_from_slice(end.as_bytes());
    out
}

/// How an object stream is written.
#[derive(Clone, Copy, Default)]
pub struct Packing {
    /// Bytes between the first two objects, and after the last.
    pub between: &'static str,
    pub after: &'static str,
    /// Added to each index in the cross-reference.
    pub shift: u8,
    /// Also written as a plain object, not in the cross-reference.
    pub twice: bool,
}

/// A file with one cross-reference stream; objects without stream of their own lie in an object stream.
pub fn packed(objects: &[(u32, String)], packing: Packing) -> Vec<u8> {
    let mut out = b"%PDF-2.0\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let container = 1 + objects.iter().map(|(number, _)| *number).max().unwrap();
    let own = container + 1;
    let (mut header, mut body, mut index) = (String::new(), String::new(), 0u8);
    let mut rows: Vec<(u32, [u8; 7])> = vec![(0, [0, 0, 0, 0, 0, 255, 255])];
    let row = |kind: u8, second: usize, third: u8| {
        let [a, b, c, d] = u32::try_from(second).unwrap().to_be_bytes();
        [kind, a, b, c, d, 0, third]
    };
    for (number, text) in objects {
        if text.contains("stream") {
            rows.push((*number, row(1, out.len(), 0)));
            out.extend_from_slice(format!("{number} 0 obj\n{text}\nendobj\n").as_bytes());
            continue;
        }
        header.push_str(&format!("{number} {} ", body.len()));
        body.push_str(&format!("{text} {}", if index == 0 { packing.between } else { "" }));
        rows.push((*number, row(2, usize::try_from(container).unwrap(), index + packing.shift)));
        if packing.twice && index == 0 {
            out.extend_from_slice(format!("{number} 0 obj\n{text}\nendobj\n").as_bytes());
        }
        index += 1;
    }
    body.push_str(packing.after);
    rows.push((container, row(1, out.len(), 0)));
    let data = format!("{header}{body}");
    let entries = format!("/Type/ObjStm/N {index}/First {}/Length {}", header.len(), data.len());
    out.extend_from_slice(format!("{container} 0 obj\n<<{entries}>>\nstream\n{data}\nendstream\nendobj\n").as_bytes());
    let at = out.len();
    rows.push((own, row(1, at, 0)));
    rows.sort();
    let data: Vec<u8> = rows.iter().flat_map(|(_, row)| *row).collect();
    let size = own + 1;
    let list: String = rows.iter().map(|(number, _)| format!("{number} 1 ")).collect();
    let entries = format!("/Type/XRef/W[1 4 2]/Index[{list}]/Size {size}/Root 1 0 R/ID[<00><00>]/Length {}", data.len());
    out.extend_from_slice(format!("{own} 0 obj\n<<{entries}>>\nstream\n").as_bytes());
    out.extend_from_slice(&data);
    out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").as_bytes());
    out
}

/// Signed in the field `Chamber`.
pub fn signed(objects: &[(u32, String)]) -> Vec<u8> {
    sign_in(&table(objects), "Chamber").unwrap()
}

/// Signs in a field of this name, there or not.
pub fn sign_in(file: &[u8], field: &str) -> Result<Vec<u8>, SignError> {
    let mut options = options(u8::try_from(file.len() & 0xff).unwrap());
    options.field = Some(field.into());
    sign(file, &options, &chamber(KeyAlgorithm::P256))
}

/// Where the newest cross-reference section stands.
pub fn newest_section(file: &[u8]) -> usize {
    let text = String::from_utf8_lossy(file);
    text.rsplit("startxref").next().unwrap().lines().nth(1).unwrap().trim().parse().unwrap()
}

/// An incremental update: objects, further table lines, root, further trailer entries.
pub struct Revision<'t> {
    pub objects: Vec<(u32, String)>,
    pub rows: &'t str,
    pub root: &'t str,
    pub trailer: &'t str,
    pub size: u32,
    pub prev: Option<usize>,
}

impl Default for Revision<'_> {
    fn default() -> Self {
        Self { objects: Vec::new(), rows: "", root: "1 0 R", trailer: "", size: 400, prev: None }
    }
}

impl Revision<'_> {
    pub fn of(objects: &[(u32, &str)]) -> Self {
        Self { objects: objects.iter().map(|(number, body)| (*number, (*body).to_owned())).collect(), ..Self::default() }
    }

    pub fn after(&self, file: &[u8]) -> Vec<u8> {
        let prev = self.prev.unwrap_or_else(|| newest_section(file));
        let mut out = file.to_vec();
        let mut rows = String::new();
        for (number, body) in &self.objects {
            rows.push_str(&format!("{number} 1\n{:010} 00000 n \n", out.len()));
            out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        }
        let at = out.len();
        let Self { rows: more, root, trailer, size, .. } = self;
        let end = format!("xref\n{rows}{more}trailer\n<</Size {size}/Root {root}/Prev {prev}{trailer}>>\nstartxref\n{at}\n%%EOF\n");
        out.extend_from_slice(end.as_bytes());
        out
    }
}

/// The file with one update of these objects.
pub fn revised(file: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
    Revision::of(objects).after(file)
}

/// Inputs to mutate: unsigned, signed, co-signed, with proofs; tables and streams.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for file in [table(&objects()), packed(&objects(), Packing::default())] {
        let one = sign_in(&file, "Chamber").unwrap();
        let two = sign_in(&one, "Second").unwrap();
        seeds.extend([file, one, two]);
    }
    let iso = options(9);
    seeds.push(sign(&table(&objects()), &SignOptions { field: Some("Chamber".into()), ..iso }, &chamber(KeyAlgorithm::Ed25519)).unwrap());
    seeds
}
