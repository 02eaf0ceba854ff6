//! The information dictionary and the XMP packet: signing software rewrites them, and nothing may hide behind that.

use crate::common::{chamber, condemning, options, replace};
use crate::files::{Revision, stream, table, with};
use crate::later::{PROOF, is_modified};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{SignOptions, inspect_pdf, sign};

/// Object numbers of the information dictionary and of the packet.
const INFO: u32 = 50;
const XMP: u32 = 51;
const PACKET: &str = "/Type/Metadata/Subtype/XML";
const ONE: &str = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">one</x:xmpmeta>";
const TWO: &str = "<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'>two</x:xmpmeta>\n<?xpacket end='w'?>";
const NAMED: &str = "/Metadata 51 0 R";
const PAGE: &str = "/Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Annots[6 0 R 7 0 R 10 0 R]";

/// A signed file with both; `page` and `catalog` are further entries.
fn described(page: &str, catalog: &str) -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R{catalog}>>");
    let (page, packet) = (format!("<<{PAGE}{page}>>"), stream(PACKET, ONE));
    let information = "<</Title(Certificate)/ModDate(D:20260510081500Z)>>";
    let file = table(&with(&[(1, &catalog), (3, &page), (INFO, information), (XMP, &packet)]));
    let file = replace(&file, b"/ID[<00>", b"/Info 50 0 R/ID[<00>");
    let options = SignOptions { field: Some("Chamber".into()), ..options(7) };
    let file = sign(&file, &options, &chamber(KeyAlgorithm::P256)).unwrap();
    assert_eq!(condemning(&file), [], "{:#?}", inspect_pdf(&file).findings);
    file
}

/// A later revision: the catalog with these entries, and these objects.
fn later(file: &[u8], catalog: &str, objects: &[(u32, &str)]) -> Vec<u8> {
    let text = String::from_utf8_lossy(file);
    let certified = text.split("/Perms ").nth(1).and_then(|rest| rest.split(">>").next()).unwrap();
    let mut all = vec![(1, format!("<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Perms {certified}>>{catalog}>>"))];
    all.extend(objects.iter().map(|(number, body)| (*number, (*body).to_owned())));
    Revision { objects: all, trailer: "/Info 50 0 R", ..Revision::default() }.after(file)
}

/// The same with a proof, as a program adds one.
fn proven(file: &[u8], catalog: &str, objects: &[(u32, &str)]) -> Vec<u8> {
    let mut all = vec![(120, "<</Type/DSS/Certs[121 0 R]>>"), (121, PROOF)];
    all.extend_from_slice(objects);
    later(file, &format!("/DSS 120 0 R{catalog}"), &all)
}

#[test]
pub(crate) fn programs_may_note_when_they_saved_a_proof() {
    let (noted, packet) = ("<</Title(Certificate)/ModDate(D:20260611)/Producer(Other 1.0)>>", stream(PACKET, TWO));
    let cases = [
        ("both", proven(&described("", NAMED), NAMED, &[(INFO, noted), (XMP, &packet)])),
        ("a first packet", proven(&described("", ""), "/Metadata 122 0 R", &[(122, &packet)])),
    ];
    for (name, file) in cases {
        assert_eq!(condemning(&file), [], "{name}: {:#?}", inspect_pdf(&file).findings);
    }
    // Twice, as when three programs sign one after the other.
    let first = proven(&described("", NAMED), NAMED, &[(XMP, &packet)]);
    let again =
        later(&first, &format!("/DSS 120 0 R{NAMED}"), &[(120, "<</Type/DSS/Certs[121 0 R 123 0 R]>>"), (123, PROOF), (INFO, noted)]);
    assert_eq!(condemning(&again), [], "{:#?}", inspect_pdf(&again).findings);
}

#[test]
pub(crate) fn a_title_is_no_note() {
    let file = described("", NAMED);
    for information in [
        "<</Title(Another certificate)/ModDate(D:20260611)>>",
        "<</ModDate(D:20260611)>>",
        "<</Title(Certificate)/ModDate<</S/JavaScript>>>>",
        "<</Title(Certificate)/ModDate 121 0 R>>",
        "<</Title(Certificate)/Author(Chamber)>>",
    ] {
        is_modified(information, &proven(&file, NAMED, &[(INFO, information)]));
    }
}

#[test]
pub(crate) fn a_packet_stays_a_packet() {
    let file = described("", NAMED);
    let (plain, form, packet) = (stream("", "q Q"), stream("/Type/XObject/Subtype/Form", "q Q"), stream(PACKET, TWO));
    let more = stream("/Type/Metadata/Subtype/XML/Resources<<>>", TWO);
    let drawn = stream(PACKET, "1 0 0 rg 0 0 595 842 re f");
    let other = stream(PACKET, &TWO.replace("adobe:ns:meta/", "adobe:ns:other/"));
    let entity = stream(PACKET, &TWO.replace("<x:", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///\">]><x:"));
    let behind = stream(PACKET, &format!("{TWO} 1 0 0 rg"));
    let between = stream(PACKET, &format!("{TWO} 1 0 0 rg <?x?>"));
    for (name, catalog, object) in [
        ("no packet", NAMED, (XMP, plain.as_str())),
        ("a form", NAMED, (XMP, form.as_str())),
        ("more entries", NAMED, (XMP, more.as_str())),
        ("drawn", NAMED, (XMP, drawn.as_str())),
        ("another namespace", NAMED, (XMP, other.as_str())),
        ("an entity", NAMED, (XMP, entity.as_str())),
        ("more behind it", NAMED, (XMP, behind.as_str())),
        ("more between instructions", NAMED, (XMP, between.as_str())),
        ("no stream", NAMED, (XMP, "<</Type/Metadata/Subtype/XML>>")),
        ("another object", "/Metadata 122 0 R", (122, packet.as_str())),
        ("direct", "/Metadata<</Type/Metadata/Subtype/XML>>", (XMP, packet.as_str())),
        ("taken away", "", (XMP, packet.as_str())),
    ] {
        is_modified(name, &proven(&file, catalog, &[object]));
    }
    is_modified("page content as the first packet", &proven(&described("/Contents 4 0 R", ""), "/Metadata 4 0 R", &[(4, &packet)]));
}

/// What is drawn or attached is not exchanged under the name of a packet or of the information dictionary.
#[test]
pub(crate) fn what_serves_for_something_else_does_not_change() {
    let (packet, noted) = (stream(PACKET, TWO), "<</Title(Certificate)/ModDate(D:20260611)>>");
    let attached = format!("{NAMED}/Names<</EmbeddedFiles<</Names[(a) <</Type/Filespec/F(a)/EF<</F 51 0 R>>>>]>>>>");
    let cases = [
        ("page content", "/Contents 51 0 R", NAMED, (XMP, packet.as_str())),
        ("attachment", "", attached.as_str(), (XMP, packet.as_str())),
        ("information used by a page", "/PieceInfo 50 0 R", NAMED, (INFO, noted)),
    ];
    for (name, page, catalog, object) in cases {
        is_modified(name, &proven(&described(page, catalog), catalog, &[object]));
    }
}

/// A program that only saved the file did not sign it.
#[test]
pub(crate) fn without_a_signature_or_proof_nothing_is_noted() {
    let (noted, packet) = ("<</Title(Certificate)/ModDate(D:20260611)>>", stream(PACKET, TWO));
    is_modified("information", &later(&described("", NAMED), NAMED, &[(INFO, noted)]));
    is_modified("packet", &later(&described("", NAMED), NAMED, &[(XMP, &packet)]));
    is_modified("first packet", &later(&described("", ""), "/Metadata 122 0 R", &[(122, &packet)]));
}
