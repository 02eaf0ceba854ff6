//! Changes after signing: every row of `pdf-signing.md` 7 about later revisions, and what may come later.

use crate::common::condemning;
use crate::files::{NEXT, Revision, objects, revised, sign_in, signed, stream, table, with};
use eco_core::verdict::Code;
use eco_documents::pdf::{SignError, inspect_pdf};

const MODIFIED: Code = Code::PdfModifiedAfterSigning;

const CATALOG: &str =
    "/Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/AF[8 0 R]/Names<</EmbeddedFiles<</Names[(certificate-of-origin.jsonld) 8 0 R]>>>>";
const PAGE: &str = "/Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>";
const ANNOTS: &str = "/Annots[6 0 R 7 0 R 10 0 R]";
/// DER `SEQUENCE { INTEGER 1 }`: a proof as far as this crate's comparison asks.
pub(crate) const PROOF: &str = "<</Length 5>>\nstream\n0\u{3}\u{2}\u{1}\u{1}\nendstream";

/// The catalog of a signed file, with more entries.
fn catalog(file: &[u8], more: &str) -> String {
    let text = String::from_utf8_lossy(file);
    let certified =
        text.split("/Perms ").nth(1).and_then(|rest| rest.split(">>").next()).map_or_else(String::new, |found| format!("/Perms {found}>>"));
    format!("<<{CATALOG}{certified}{more}>>")
}

fn dss(file: &[u8], entries: &str, streams: &[(u32, &str)]) -> Vec<u8> {
    let mut all = vec![(1, catalog(file, "/DSS 120 0 R")), (120, format!("<<{entries}>>"))];
    all.extend(streams.iter().map(|(number, body)| (*number, (*body).to_owned())));
    Revision { objects: all, ..Revision::default() }.after(file)
}

/// The attack is seen as a later change, and as nothing else.
pub(crate) fn is_modified(name: &str, file: &[u8]) {
    // For other validators: `ECO_ATTACK_FILES=<directory> cargo test -p eco-documents --test attacks`.
    if let Some(directory) = std::env::var_os("ECO_ATTACK_FILES") {
        let name = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        std::fs::write(std::path::Path::new(&directory).join(format!("{name}.pdf")), file).unwrap();
    }
    let codes = condemning(file);
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == MODIFIED), "{name}: {codes:?} {:#?}", inspect_pdf(file).findings);
}

/// Without these every assertion of this file would hold for a verifier that refuses everything.
#[test]
pub(crate) fn honest_revisions_are_clean() {
    let file = signed(&objects());
    assert_eq!(condemning(&file), []);
    let both = sign_in(&file, "Second").unwrap();
    assert_eq!(condemning(&both), [], "{:#?}", inspect_pdf(&both).findings);
    assert_eq!(inspect_pdf(&both).findings.candidates.len(), 2);
    let third = sign_in(&both, "Invisible").unwrap();
    assert_eq!(condemning(&third), []);
    let proven = dss(&file, "/Type/DSS/Certs[121 0 R]/CRLs[122 0 R]", &[(121, PROOF), (122, PROOF)]);
    assert_eq!(condemning(&proven), [], "{:#?}", inspect_pdf(&proven).findings);
    let related = "/VRI<</0123456789ABCDEF0123456789ABCDEF01234567<</Cert[121 0 R]/TU(D:20260510081500Z)>>>>";
    assert_eq!(condemning(&dss(&file, &format!("/Certs[121 0 R]{related}"), &[(121, PROOF)])), []);
    let more = revised(&proven, &[(120, "<</Type/DSS/Certs[121 0 R 123 0 R]/CRLs[122 0 R]>>"), (123, PROOF)]);
    assert_eq!(condemning(&more), [], "{:#?}", inspect_pdf(&more).findings);
    let level = "<</BaseVersion/2.0/ExtensionLevel 32002/ExtensionRevision(:2022)>>";
    let extended = revised(&file, &[(1, &catalog(&file, &format!("/Extensions<</ISO_[{level}]>>")))]);
    assert_eq!(condemning(&extended), [], "{:#?}", inspect_pdf(&extended).findings);
}

#[test]
pub(crate) fn content_pages_and_annotations_stay() {
    let file = signed(&objects());
    let page = |more: &str| format!("<<{PAGE}{more}>>");
    let note = "<</Type/Annot/Subtype/FreeText/Contents(USD 900000)/Rect[50 700 250 750]/P 3 0 R>>";
    let attacks: [(&str, Vec<(u32, String)>); 12] = [
        ("content overwritten", vec![(4, stream("", "1 0 0 rg 0 0 99 99 re f"))]),
        ("content added", vec![(3, format!("<<{}{ANNOTS}>>", PAGE.replace("4 0 R", "[4 0 R 120 0 R]"))), (120, PROOF.into())]),
        ("page cropped", vec![(3, page(&format!("/CropBox[0 0 100 100]{ANNOTS}")))]),
        ("page turned", vec![(3, page(&format!("/Rotate 180{ANNOTS}")))]),
        ("page added", vec![(2, "<</Type/Pages/Kids[3 0 R 120 0 R]/Count 2>>".into()), (120, page(""))]),
        ("page replaced", vec![(2, "<</Type/Pages/Kids[120 0 R]/Count 1>>".into()), (120, page(ANNOTS))]),
        ("page removed", vec![(2, "<</Type/Pages/Kids[]/Count 0>>".into())]),
        ("resources for all pages", vec![(2, "<</Type/Pages/Kids[3 0 R]/Count 1/Resources<<>>>>".into())]),
        ("free text", vec![(3, page("/Annots[6 0 R 7 0 R 10 0 R 120 0 R]")), (120, note.into())]),
        ("annotation removed", vec![(3, page("/Annots[6 0 R 7 0 R]"))]),
        ("annotations reordered", vec![(3, page("/Annots[7 0 R 6 0 R 10 0 R]"))]),
        ("annotations elsewhere", vec![(3, page("/Annots 120 0 R")), (120, "<</Length 0>>\nstream\n\nendstream".into())]),
    ];
    for (name, objects) in attacks {
        is_modified(name, &Revision { objects, ..Revision::default() }.after(&file));
    }
}

#[test]
pub(crate) fn forms_and_appearances_stay() {
    let file = signed(&objects());
    let weight = |value: &str, appearance: &str| {
        format!("<</Type/Annot/Subtype/Widget/FT/Tx/T(Weight)/V({value})/P 3 0 R/F 4/Rect[300 700 400 720]/AP<</N {appearance} 0 R>>>>")
    };
    let second = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/P 3 0 R/F 132/Rect[300 40 500 120]/AP<</N 120 0 R>>>>";
    let opaque = stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "1 g 0 0 9 9 re f");
    let form = "<</Fields[6 0 R 7 0 R 10 0 R 120 0 R]/SigFlags 3>>";
    let page = format!("<<{PAGE}/Annots[6 0 R 7 0 R 10 0 R 120 0 R]>>");
    let overlay = |kind: &str, rectangle: &str| {
        format!("<</Type/Annot/Subtype/Widget/FT/{kind}/T(Overlay)/P 3 0 R/F 4/Rect[{rectangle}]/AP<</N 121 0 R>>>>")
    };
    let field =
        |kind: &str, rectangle: &str| vec![(3, page.clone()), (5, form.into()), (120, overlay(kind, rectangle)), (121, opaque.clone())];
    let attacks: [(&str, Vec<(u32, String)>); 10] = [
        ("shadow replace by value", vec![(10, weight("900 kg", "11"))]),
        ("shadow replace by appearance", vec![(10, weight("100 kg", "20")), (120, opaque.clone())]),
        ("appearance overwritten", vec![(11, opaque.clone())]),
        ("appearance of the signature overwritten", vec![(NEXT + 1, opaque.clone())]),
        ("appearance of the empty field", vec![(7, second.into()), (120, opaque.clone())]),
        ("new text field", field("Tx", "50 700 250 750")),
        ("new empty signature field, visible", field("Sig", "50 700 250 750")),
        ("new empty signature field, invisible", field("Sig", "0 0 0 0")),
        ("field removed", vec![(5, "<</Fields[6 0 R 7 0 R]/SigFlags 3>>".into())]),
        ("need appearances", vec![(5, "<</Fields[6 0 R 7 0 R 10 0 R]/SigFlags 3/NeedAppearances true>>".into())]),
    ];
    for (name, objects) in attacks {
        is_modified(name, &Revision { objects, ..Revision::default() }.after(&file));
    }
    is_modified("flags lowered", &revised(&file, &[(5, "<</Fields[6 0 R 7 0 R 10 0 R]/SigFlags 0>>")]));
}

#[test]
pub(crate) fn catalog_metadata_and_trailer_stay() {
    let file = signed(&objects());
    let entries = [
        "/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
        "/Version/1.4",
        "/MarkInfo<</Marked true>>",
        "/Lang(fr)",
        "/OCProperties<<>>",
        "/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>",
        "/Extensions<</ISO_[<</ExtensionLevel 32002/JS(x)>>]>>",
        "/Extensions<</ISO_[<</ExtensionLevel 32001>>]>>",
        "/Outlines 120 0 R",
        "/AA<<>>",
        "/Metadata 9 0 R",
    ];
    for entry in entries {
        is_modified(entry, &revised(&file, &[(1, &catalog(&file, entry))]));
    }
    let replaced =
        catalog(&file, "").replace("Names[(certificate-of-origin.jsonld) 8 0 R]", "Names[(certificate-of-origin.jsonld) 120 0 R]");
    let metadata = stream("/Type/EmbeddedFile", "{\"origin\":\"XX\"}");
    let attacks: [(&str, Vec<(u32, &str)>); 6] = [
        ("names tree", vec![(1, &replaced), (120, "<</Type/Filespec/EF<</F 9 0 R>>>>")]),
        ("metadata file", vec![(9, &metadata)]),
        ("file specification", vec![(8, "<</Type/Filespec/F(other.jsonld)/EF<</F 9 0 R>>>>")]),
        ("orphan script", vec![(120, "<</S/JavaScript/JS(app.alert(1))>>")]),
        ("orphan stream", vec![(120, PROOF)]),
        ("signature dictionary replaced", vec![(NEXT, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>")]),
    ];
    for (name, objects) in attacks {
        is_modified(name, &revised(&file, &objects));
    }
    let catalog = catalog(&file, "");
    let switched = Revision { root: "120 0 R", ..Revision::of(&[(120, &catalog)]) };
    is_modified("root switched", &switched.after(&file));
    is_modified("info added", &Revision { trailer: "/Info 8 0 R", ..Revision::default() }.after(&file));
    let other_id = Revision { trailer: "/ID[<01><00>]", ..Revision::of(&[(1, &catalog)]) };
    is_modified("identity", &other_id.after(&file));
    let freed = |row| condemning(&Revision { rows: row, ..Revision::default() }.after(&file));
    assert_eq!(freed("4 1\n0000000000 00001 f \n"), [MODIFIED, MODIFIED], "hide content");
    assert_eq!(freed("10 1\n0000000000 00001 f \n"), [Code::PdfStructureAmbiguous], "hide a field that the form still names");
}

/// Shadow attack by reference: what was signed as pointing nowhere is filled by an addition that looks harmless.
#[test]
pub(crate) fn nothing_fills_a_reference_that_pointed_nowhere() {
    let page = format!("<<{}{ANNOTS}>>", PAGE.replace("/Contents 4 0 R", "/Contents[4 0 R 130 0 R]"));
    let file = signed(&with(&[(3, &page), (60, "null")]));
    assert_eq!(condemning(&file), []);
    is_modified("through the security store", &dss(&file, "/Certs[130 0 R]", &[(130, PROOF)]));
    assert_eq!(condemning(&dss(&file, "/Certs[131 0 R]", &[(131, PROOF)])), [], "another number is no attack");
}

#[test]
pub(crate) fn the_security_store_only_grows_and_holds_proofs_only() {
    let file = signed(&objects());
    let form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 5>>\nstream\n0\u{3}\u{2}\u{1}\u{1}\nendstream";
    let cases = [
        ("a form", "/Certs[121 0 R]", vec![(121, form)]),
        ("no DER", "/Certs[121 0 R]", vec![(121, "<</Length 4>>\nstream\nq Q \nendstream")]),
        ("DER and more", "/Certs[121 0 R]", vec![(121, "<</Length 7>>\nstream\n0\u{3}\u{2}\u{1}\u{1} Q\nendstream")]),
        ("no stream", "/Certs[121 0 R]", vec![(121, "<<>>")]),
        ("page content", "/Certs[4 0 R]", vec![]),
        ("missing", "/Certs[130 0 R]", vec![]),
        ("direct", "/Certs[(x)]", vec![]),
        ("no list", "/Certs<</A 121 0 R>>", vec![(121, PROOF)]),
        ("other entry", "/Certs[121 0 R]/Scripts[122 0 R]", vec![(121, PROOF), (122, PROOF)]),
        ("related to anything", "/VRI<</00<</JS 121 0 R>>>>", vec![(121, PROOF)]),
        ("related not at all", "/VRI<</00 121 0 R>>", vec![(121, PROOF)]),
        ("not named", "/Certs[121 0 R]", vec![(121, PROOF), (122, PROOF)]),
    ];
    for (name, entries, streams) in cases {
        is_modified(name, &dss(&file, entries, &streams));
    }
    let proven = dss(&file, "/Certs[121 0 R 122 0 R]", &[(121, PROOF), (122, PROOF)]);
    assert_eq!(condemning(&proven), []);
    is_modified("shrunk", &revised(&proven, &[(120, "<</Certs[121 0 R]>>")]));
    is_modified("emptied", &revised(&proven, &[(120, "<<>>")]));
    is_modified("removed", &revised(&proven, &[(1, &catalog(&file, ""))]));
    is_modified("exchanged", &revised(&proven, &[(121, PROOF)]));
}

/// What a signature locks, nobody fills. Our own signer refuses as well, as its verifier does.
#[test]
pub(crate) fn locks_and_permissions_hold() {
    let chamber = |lock: &str| {
        let field =
            format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Chamber)/P 3 0 R/F 132/Rect[40 40 240 120]/Lock<</Type/SigFieldLock{lock}>>>>");
        signed(&with(&[(6, &field)]))
    };
    for lock in
        ["/Action/All", "/Action/Include/Fields[(Second)]", "/Action/Exclude/Fields[(Weight)]", "/Action/Include/Fields[(Other)]/P 1"]
    {
        let file = chamber(lock);
        assert_eq!(condemning(&file), [], "{lock}");
        let refused = sign_in(&file, "Second").map(drop);
        assert!(
            matches!(&refused, Err(SignError::SelfCheck(what)) if what.contains("PDF_MODIFIED") || what.contains("PdfModified")),
            "{lock}: {refused:?}"
        );
    }
    for lock in ["/Action/Include/Fields[(Weight)]", "/Action/Exclude/Fields[(Second)]"] {
        assert_eq!(condemning(&sign_in(&chamber(lock), "Second").unwrap()), [], "{lock}");
    }
}

/// A signature shows itself in its own box, and the box hides nothing that was signed.
#[test]
pub(crate) fn a_later_appearance_hides_nothing() {
    let second = |rectangle: &str| {
        let field = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/P 3 0 R/F 132/Rect[{rectangle}]>>");
        sign_in(&signed(&with(&[(7, &field)])), "Second")
    };
    for (rectangle, why) in [
        ("200 40 300 120", "covers annotation 6 0"),
        ("350 650 595 842", "covers annotation 10 0"),
        ("0 130 595 690", "more than half"),
        ("500 40 700 120", "edge"),
    ] {
        let refused = second(rectangle).map(drop);
        assert!(matches!(&refused, Err(SignError::SelfCheck(what)) if what.contains(why)), "{rectangle}: {refused:?}");
    }
    assert_eq!(condemning(&second("240 40 300 120").unwrap()), [], "boxes may touch");
}

/// Two signatures: cut off, exchanged, or one revision taken out of the middle.
#[test]
pub(crate) fn revisions_cannot_be_cut_or_joined() {
    let unsigned = table(&objects());
    let one = signed(&objects());
    let two = sign_in(&one, "Second").unwrap();
    assert_eq!(condemning(&one), [], "an earlier state is a document of its own; the log knows which was recorded");
    let removed = [unsigned.as_slice(), &two[one.len()..]].concat();
    assert_eq!(condemning(&removed).first(), Some(&Code::PdfStructureAmbiguous));
    let doubled = [two.as_slice(), &two[one.len()..]].concat();
    assert_eq!(condemning(&doubled), [Code::PdfStructureAmbiguous]);
    let skipping = Revision { prev: Some(crate::files::newest_section(&unsigned)), ..Revision::of(&[(4, PROOF)]) };
    assert_eq!(condemning(&skipping.after(&one)), [Code::PdfStructureAmbiguous], "/Prev leaves a revision out");
}
