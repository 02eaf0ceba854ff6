//! Bytes changed, added and cut, and updates of a real sheet: whatever the place, it is seen.

use crate::common::{condemning, find, replace, signed, unsigned, update};
use eco_core::verdict::Code;
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{inspect_pdf, read_pdf};

const INVALID: Code = Code::PdfSignatureInvalid;
const MODIFIED: Code = Code::PdfModifiedAfterSigning;
const AMBIGUOUS: Code = Code::PdfStructureAmbiguous;

fn gap(bytes: &[u8]) -> (usize, usize) {
    let [_, start, end, _] = inspect_pdf(bytes).signatures[0].byte_range;
    (start, end)
}

/// Any byte inside the covered ranges.
#[test]
pub(crate) fn a_flipped_byte_is_seen() {
    let bytes = signed(KeyAlgorithm::P256);
    let (start, end) = gap(&bytes);
    let covered: Vec<usize> = (0..start).chain(end..bytes.len()).collect();
    for at in covered.iter().copied().step_by(41).chain(0..64).chain(end..end + 64) {
        for flip in [1u8, 0x20] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let codes = condemning(&changed);
            let seen = codes.iter().any(|code| {
                matches!(
                    code,
                    Code::PdfSignatureInvalid | Code::PdfStructureAmbiguous | Code::PdfModifiedAfterSigning | Code::InputLimitExceeded
                )
            });
            assert!(seen, "byte {at}: {codes:?}");
        }
    }
}

/// The brackets and every octet of `/Contents` beyond the CMS.
#[test]
pub(crate) fn padding_must_be_zero() {
    let bytes = signed(KeyAlgorithm::P256);
    let (_, end) = gap(&bytes);
    for digit in [end - 2, end - 3, end - 1000] {
        let mut changed = bytes.clone();
        changed[digit] = b'1';
        assert_eq!(condemning(&changed), [INVALID]);
    }
}

#[test]
pub(crate) fn appended_bytes_are_seen() {
    let bytes = signed(KeyAlgorithm::P256);
    let whole_file_again = unsigned();
    let suffixes: [&[u8]; 9] = [b"\n", b" ", b"\r\n", b"\0", b"%", b"%%EOF\n", b"junk", b"\n% comment\n%%EOF\n", &whole_file_again];
    for suffix in suffixes {
        let codes = condemning(&[&bytes, suffix].concat());
        assert!(!codes.is_empty() && codes.iter().all(|code| [AMBIGUOUS, MODIFIED].contains(code)), "{suffix:?}: {codes:?}");
    }
}

#[test]
pub(crate) fn truncated_and_prefixed_files_are_refused() {
    let bytes = signed(KeyAlgorithm::P256);
    for end in [0, 5, 1000, bytes.len() / 2, bytes.len() - 8, bytes.len() - 2] {
        assert_eq!(condemning(&bytes[..end]), [AMBIGUOUS], "{end}");
    }
    for junk in [b"\n".as_slice(), b"junk", b"%!PS\n"] {
        assert_eq!(condemning(&[junk, &bytes].concat()), [AMBIGUOUS]);
    }
    // The signed revision cut off whole leaves an unsigned file.
    assert_eq!(condemning(&bytes[..unsigned().len()]), [Code::PdfSignatureMissing]);
}

#[test]
pub(crate) fn byte_range_must_be_exactly_around_contents() {
    let bytes = signed(KeyAlgorithm::P256);
    let (start, end) = gap(&bytes);
    let rest = bytes.len() - end;
    let written = format!("[0 {start} {end} {rest}");
    let moved = [
        format!("[0 {start} {} {rest}", end - 1),
        format!("[0 {} {end} {rest}", start - 1),
        format!("[1 {start} {end} {rest}"),
        format!("[0 {start} {end} {}", rest - 1),
        format!("[0 {start} {end}      "),
    ];
    for other in moved {
        let changed = replace(&bytes, written.as_bytes(), format!("{other:<width$}", width = written.len()).as_bytes());
        assert_eq!(condemning(&changed).first(), Some(&INVALID), "{other}");
    }
    for (from, to) in [("/ByteRange ", "/ByteRangf "), ("/Contents <", "/Contentz <"), ("/SubFilter/ETSI.CAdES", "/SubFilter/ETSI.CAdEX")] {
        assert_eq!(condemning(&replace(&bytes, from.as_bytes(), to.as_bytes())), [INVALID], "{from}");
    }
}

#[test]
pub(crate) fn updates_after_signing_are_modifications() {
    let bytes = signed(KeyAlgorithm::P256);
    let text = String::from_utf8_lossy(&bytes);
    let dictionary: u32 = text.split("/DocMDP ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let number = |after: &str| -> u32 { text.split(after).nth(1).unwrap().split(' ').next().unwrap().parse().unwrap() };
    let (page_at, content_at, field_at) = (number("/Kids["), number("/Contents "), number("/Annots["));
    let page = format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {content_at} 0 R/Annots[{field_at} 0 R]/Resources<<>>>>");
    let second = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/V {dictionary} 0 R/P {page_at} 0 R/F 132/Rect[0 0 0 0]>>");
    let form = format!("/AcroForm<</Fields[{field_at} 0 R]/SigFlags 3>>");
    let opening = format!("<</Type/Catalog/Pages 2 0 R{form}/OpenAction<</S/JavaScript/JS(1)>>>>");
    let doubled = format!("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[{field_at} 0 R 300 0 R]/SigFlags 3>>>>");
    let emptied = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(IssuingBody)/P {page_at} 0 R/F 132/Rect[0 0 9 9]>>");
    let attacks: [(&str, Vec<(u32, &str)>); 6] = [
        ("page resources", vec![(page_at, &page)]),
        ("page content", vec![(content_at, "<</Length 4>>\nstream\nq Q \nendstream")]),
        ("orphan script", vec![(300, "<</S/JavaScript/JS(app.alert(1))>>")]),
        ("open action", vec![(1, &opening)]),
        ("field emptied", vec![(field_at, &emptied)]),
        ("two fields, one dictionary", vec![(1, &doubled), (300, &second)]),
    ];
    for (name, objects) in attacks {
        let codes = condemning(&update(&bytes, &objects, ""));
        assert!(!codes.is_empty() && codes.iter().all(|code| [MODIFIED, INVALID].contains(code)), "{name}: {codes:?}");
    }
    let codes = condemning(&update(&bytes, &[(1, &doubled), (300, &second)], ""));
    assert!(codes.contains(&INVALID));
    assert_eq!(condemning(&update(&bytes, &[], "")), [MODIFIED], "an update that adds nothing has no business here");
    assert!(condemning(&update(&bytes, &[], "/Info 3 0 R")).contains(&MODIFIED));
}

/// One file, two readings: refused before anything is believed.
#[test]
pub(crate) fn ambiguous_structures_are_refused() {
    let bytes = unsigned();
    let twice = replace(&bytes, b"/Type/Pages", b"/Count 1/Type/Pages");
    let shift = twice.len() - bytes.len();
    assert_eq!(shift, 8);
    let offset = find(&bytes, b"xref\n");
    let startxref = format!("startxref\n{offset}\n");
    let mut structures = vec![
        replace(&bytes, b"endobj\n2 0 obj", b"endobj\nx 0 obj"),
        replace(&bytes, startxref.as_bytes(), format!("startxref\n{}\n", offset + 4_294_967_296).as_bytes()),
        replace(&bytes, b"0000000000 65535 f \n0", b"0000000000 65535 n \n0"),
        replace(&bytes, b"0000000015 00000 n ", b"0000000016 00000 n "),
        update(&bytes, &[(3, "<</Type/Page/Type/Pages>>")], ""),
        update(&bytes, &[], "/XRefStm 15"),
        update(&bytes, &[(50, "1\nendobj\n50 0 obj\n2")], ""),
        update(&bytes, &[(50, "1\nendobj\nhidden bytes")], ""),
    ];
    let circle = update(&bytes, &[], "");
    let own = find(&circle[bytes.len()..], b"xref\n") + bytes.len();
    structures.push(replace(&circle, format!("/Prev {offset}").as_bytes(), format!("/Prev {own}").as_bytes()));
    for (index, structure) in structures.iter().enumerate() {
        assert_eq!(condemning(structure), [AMBIGUOUS], "structure {index}");
    }
}

/// Limits hold: nothing here may take the stack or minutes.
#[test]
pub(crate) fn hostile_sizes_end_at_a_limit() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let codes = condemning(&update(&unsigned(), &[(50, &deep)], ""));
    assert_eq!(codes, [Code::InputLimitExceeded]);
    let wide = "0 ".repeat(2_100_000);
    let codes = condemning(&update(&unsigned(), &[(50, &format!("[{wide}]"))], ""));
    assert_eq!(codes, [Code::InputLimitExceeded]);
    assert!(read_pdf(b"").candidates.is_empty());
}
