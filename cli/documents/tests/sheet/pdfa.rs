//! What PDF/A-4 (ISO 19005-4) demands of a file's structure, as lopdf reads it. No validator: what cannot be seen from the
//! objects (glyph widths, content streams) is not looked at.

use crate::common::{chamber, options, replace};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{CertificateFields, sample_certificate, sign};
use lopdf::{Dictionary, Document, Object};

/// Everything that the file lacks, by clause.
fn lacks(pdf: &[u8]) -> Vec<&'static str> {
    let document = Document::load_mem(pdf).unwrap();
    let catalog = document.catalog().unwrap();
    let dictionaries: Vec<&Dictionary> = document.objects.values().filter_map(dictionary).collect();
    let typed = |name: &[u8]| {
        dictionaries.iter().filter(|d| d.get(b"Type").is_ok_and(|t| t.as_name().ok() == Some(name))).copied().collect::<Vec<_>>()
    };
    let metadata = catalog.get_deref(b"Metadata", &document).and_then(Object::as_stream).ok();
    let xmp = metadata.map(|stream| String::from_utf8_lossy(&stream.content).into_owned()).unwrap_or_default();
    let intent =
        catalog.get_deref(b"OutputIntents", &document).and_then(Object::as_array).ok().and_then(|list| list.first()?.as_dict().ok());
    let profile = intent.and_then(|intent| intent.get_deref(b"DestOutputProfile", &document).and_then(Object::as_stream).ok());
    let (files, widgets) = (typed(b"Filespec"), typed(b"Annot"));
    let associated = catalog.get_deref(b"AF", &document).and_then(Object::as_array).map_or(0, Vec::len);
    let acts = [&b"JavaScript"[..], b"AA", b"OpenAction", b"XFA"];
    let demands = [
        ("6.1.2 header", pdf.starts_with(b"%PDF-2.0\n%") && pdf[10..14].iter().all(|byte| *byte > 127)),
        (
            "6.1.3 ID, no Encrypt, no Info",
            document.trailer.has(b"ID") && !document.trailer.has(b"Encrypt") && !document.trailer.has(b"Info"),
        ),
        ("6.2.3 output intent with a profile", profile.is_some_and(|profile| profile.dict.has(b"N"))),
        ("6.2.10 fonts embedded", typed(b"FontDescriptor").iter().all(|font| font.has(b"FontFile2") || font.has(b"FontFile3"))),
        ("6.2.10 a font at all", !typed(b"FontDescriptor").is_empty()),
        (
            "6.3.2 annotations print and are not hidden",
            widgets.iter().all(|w| w.get(b"F").and_then(Object::as_i64).is_ok_and(|f| f & 0b10_0110 == 4)),
        ),
        ("6.3.3 annotations have an appearance", widgets.iter().all(|widget| widget.has(b"AP") || !has_area(widget))),
        ("6.6 nothing acts", !dictionaries.iter().any(|d| acts.iter().any(|key| d.has(key)))),
        ("6.7.2 metadata without filter", metadata.is_some_and(|stream| !stream.dict.has(b"Filter"))),
        ("6.7.3 part 4", xmp.contains("<pdfaid:part>4</pdfaid:part>") && xmp.contains("<pdfaid:rev>2020</pdfaid:rev>")),
        ("6.9 conformance F with files", files.is_empty() || xmp.contains("<pdfaid:conformance>F</pdfaid:conformance>")),
        (
            "6.9 files have a relationship and are associated",
            files.iter().all(|file| file.has(b"AFRelationship") && file.has(b"UF")) && files.len() == associated,
        ),
    ];
    demands.into_iter().filter(|(_, holds)| !holds).map(|(clause, _)| clause).collect()
}

fn dictionary(object: &Object) -> Option<&Dictionary> {
    object.as_dict().ok().or_else(|| object.as_stream().ok().map(|stream| &stream.dict))
}

fn has_area(widget: &Dictionary) -> bool {
    let corners =
        widget.get(b"Rect").and_then(Object::as_array).map(|list| list.iter().filter_map(|v| v.as_float().ok()).collect::<Vec<_>>());
    corners.is_ok_and(|c| c.len() == 4 && c[0] != c[2] && c[1] != c[3])
}

#[test]
fn the_sheet_has_the_structure_of_pdf_a_4() {
    let mut fields = CertificateFields::sample("26C4403A000100001");
    assert_eq!(lacks(&sample_certificate(&fields)), Vec::<&str>::new());
    fields.metadata = Some(include_bytes!("../documents/certificate.json").to_vec());
    let sheet = sample_certificate(&fields);
    assert_eq!(lacks(&sheet), Vec::<&str>::new());
    // Signing takes nothing of it away.
    assert_eq!(lacks(&sign(&sheet, &options(5), &chamber(KeyAlgorithm::P256)).unwrap()), Vec::<&str>::new());
    // The controls: each demand, broken once, is missed.
    for (from, to, clause) in [
        ("%PDF-2.0", "%PDF-1.7", "6.1.2 header"),
        ("/DestOutputProfile", "/DestOutputProfilX", "6.2.3 output intent with a profile"),
        ("/FontFile2", "/FontFilX2", "6.2.10 fonts embedded"),
        ("/F 132", "/F 130", "6.3.2 annotations print and are not hidden"),
        ("/Lang(en)", "/AA 2 0 R", "6.6 nothing acts"),
        ("<pdfaid:part>4", "<pdfaid:part>3", "6.7.3 part 4"),
        ("<pdfaid:conformance>F", "<pdfaid:conformance>E", "6.9 conformance F with files"),
        ("/AFRelationship", "/AFRelationshiX", "6.9 files have a relationship and are associated"),
    ] {
        assert_eq!(lacks(&replace(&sheet, from.as_bytes(), to.as_bytes())), [clause], "{from}");
    }
}
