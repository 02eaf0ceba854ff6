//! Files that two readers would read differently, doubles of every kind, and sizes that would take the machine.

use crate::common::{chamber, condemning, find, options, replace, signed as issued};
use crate::files::{Packing, Revision, newest_section, objects, packed, revised, sign_in, signed, table, with};
use eco_core::verdict::Code;
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{Check, Prepared, SignError, SignOptions, Signer as _, finish, inspect_pdf, prepare};

const AMBIGUOUS: Code = Code::PdfStructureAmbiguous;
const INVALID: Code = Code::PdfSignatureInvalid;
const LIMIT: Code = Code::InputLimitExceeded;
const MISSING: Code = Code::PdfSignatureMissing;

/// Controls: both forms of cross-reference are read, signed and co-signed.
#[test]
pub(crate) fn tables_and_streams_are_read() {
    for file in [table(&objects()), packed(&objects(), Packing::default())] {
        assert_eq!(condemning(&file), [MISSING], "{:?}", inspect_pdf(&file).findings);
        let signed = sign_in(&file, "Chamber").unwrap();
        assert_eq!(condemning(&signed), []);
        assert_eq!(condemning(&sign_in(&signed, "Second").unwrap()), []);
    }
}

#[test]
pub(crate) fn object_streams_hide_nothing() {
    let cases = [
        Packing { between: "% hidden\n", ..Packing::default() },
        Packing { between: "null ", ..Packing::default() },
        Packing { after: "(hidden)", ..Packing::default() },
        Packing { shift: 1, ..Packing::default() },
        Packing { twice: true, ..Packing::default() },
    ];
    for (index, packing) in cases.into_iter().enumerate() {
        assert_eq!(condemning(&packed(&objects(), packing)), [AMBIGUOUS], "case {index}");
    }
}

#[test]
pub(crate) fn page_trees_have_one_reading() {
    let nodes = [
        "<</Type/Pages/Kids[3 0 R]/Count 2>>",
        "<</Type/Pages/Kids[3 0 R]>>",
        "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>",
        "<</Type/Pages/Kids[2 0 R]/Count 1>>",
        "<</Type/Pages/Kids 3 0 R/Count 1>>",
        "<</Type/Pages/Kids[40 0 R]/Count 1>>",
        "<</Type/Pages/Kids[<</Type/Page>>]/Count 1>>",
        "<</Type/Page/Kids[3 0 R]/Count 1>>",
        "<</Kids[3 0 R]/Count 1>>",
    ];
    for node in nodes {
        assert_eq!(condemning(&table(&with(&[(2, node)]))), [AMBIGUOUS], "{node}");
    }
}

#[test]
pub(crate) fn one_object_has_one_meaning() {
    let twice = [
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1/Count 1>>"),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1/T#79pe/Pages>>"),
        (20, "5 0 R"),
        (20, "<</Length 0/F(other.bin)>>\nstream\n\nendstream"),
        (20, "<</Length 3>>\nstream\n\nendstream"),
        (20, "<</Length 21 0 R>>\nstream\n\nendstream"),
        (20, "1 % x\rendobj 21 0 obj 2"),
        (20, "[1 2"),
        (20, "(a"),
        (20, "<abc g>"),
        (20, "/a#00b"),
        (20, "99999999999999999999"),
        (20, "1.2.3"),
    ];
    for (number, body) in twice {
        assert_eq!(condemning(&table(&with(&[(number, body)]))), [AMBIGUOUS], "{body}");
    }
}

#[test]
pub(crate) fn updates_have_one_reading() {
    let file = table(&objects());
    let section = newest_section(&file);
    let plain = Revision::of(&[(20, "1")]);
    assert_eq!(condemning(&plain.after(&file)), [MISSING]);
    // The highest object is 20 now: a smaller /Size would hide it from some readers.
    let hidden = Revision { size: 5, ..Revision::of(&[(4, "<</Length 0>>\nstream\n\nendstream")]) };
    assert_eq!(condemning(&hidden.after(&file)), [AMBIGUOUS], "/Size hides objects");
    let old_place = format!("4 1\n{:010} 00000 n \n", find(&file, b"4 0 obj"));
    let elsewhere = format!("4 1\n{:010} 00000 n \n", find(&file, b"11 0 obj"));
    for rows in [old_place.as_str(), &elsewhere, "20 1\n0000000000 00000 n \n", "20 1\n0000000000 00000 x \n", "0 1\n0000000000 65535 n \n"]
    {
        assert_eq!(condemning(&Revision { rows, ..Revision::of(&[(21, "1")]) }.after(&file)), [AMBIGUOUS], "{rows}");
    }
    for prev in [section + 1, 0, file.len() - 6] {
        assert_eq!(condemning(&Revision { prev: Some(prev), ..Revision::of(&[(20, "1")]) }.after(&file)), [AMBIGUOUS], "/Prev {prev}");
    }
    let own = plain.after(&file);
    let circle = replace(&own, format!("/Prev {section}").as_bytes(), format!("/Prev {}", newest_section(&own)).as_bytes());
    assert_eq!(condemning(&circle).len(), 1);
    assert_eq!(condemning(&Revision { trailer: "/XRefStm 15", ..Revision::of(&[(20, "1")]) }.after(&file)), [AMBIGUOUS]);
    assert_eq!(condemning(&Revision { trailer: "/Encrypt 8 0 R", ..Revision::of(&[(20, "1")]) }.after(&file)), [Code::PdfEncrypted]);
    assert_eq!(condemning(&Revision { trailer: "/Root 8 0 R", ..Revision::of(&[(20, "1")]) }.after(&file)), [AMBIGUOUS]);
}

/// A number comes back with the generation announced for it, and with no other: some readers see nothing there.
#[test]
pub(crate) fn generations_have_one_reading() {
    let file = table(&objects());
    let freed = |rows: &str| Revision { rows, ..Revision::of(&[(20, "1")]) }.after(&file);
    let back = |file: &[u8], generation: u16| {
        let at = file.len();
        let object = format!("22 {generation} obj\n(back)\nendobj\n");
        let rows = format!("22 1\n{at:010} {generation:05} n \n");
        let longer = [file, object.as_bytes()].concat();
        Revision { rows: &rows, prev: Some(newest_section(file)), ..Revision::default() }.after(&longer)
    };
    let once = freed("22 1\n0000000000 00003 f \n");
    assert_eq!(condemning(&once), [MISSING]);
    assert_eq!(condemning(&back(&once, 3)), [MISSING], "as announced");
    assert_eq!(condemning(&back(&back(&once, 3), 3)), [MISSING], "the same object, changed");
    for (name, attack) in [
        ("lower than announced", back(&once, 2)),
        ("higher than announced", back(&once, 4)),
        ("as if never freed", back(&once, 0)),
        ("never freed", back(&file, 1)),
        ("freed for good", freed("22 1\n0000000000 00000 f \n")),
    ] {
        assert_eq!(condemning(&attack), [AMBIGUOUS], "{name}");
    }
    let dead =
        replace(&table(&with(&[(30, "1")])), b"0 1\n0000000000 65535 f \n", b"0 1\n0000000000 65535 f \n22 1\n0000000000 00000 f \n");
    assert_eq!(condemning(&dead), [MISSING], "a number that is free for ever");
    assert_eq!(condemning(&back(&dead, 0)), [AMBIGUOUS], "one that was free for ever");
    let streams = packed(&objects(), Packing::default());
    let own = u32::try_from(objects().len()).unwrap() + 2;
    assert_eq!(condemning(&revised(&streams, &[(own, "1")])), [AMBIGUOUS], "a cross-reference stream defined again");
}

/// One dictionary, one field, one widget, one place.
#[test]
pub(crate) fn a_signature_is_shown_once() {
    // Object 20 is the last, so the signature dictionary will be 21.
    let value = "21 0 R";
    let stray = format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(Chamber)/V {value}/P 3 0 R/Rect[0 0 9 9]>>");
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>/Annots[6 0 R 7 0 R 10 0 R 20 0 R]>>";
    let twice = page.replace("20 0 R", "6 0 R");
    let holder = format!("<</V {value}>>");
    for (name, objects) in [
        ("a widget outside the form", with(&[(3, page), (20, &stray)])),
        ("a second holder that no page shows", with(&[(20, &holder)])),
        ("its widget twice on a page", with(&[(3, &twice), (20, "null")])),
    ] {
        let refused = sign_in(&table(&objects), "Chamber").map(drop);
        assert!(
            matches!(&refused, Err(SignError::SelfCheck(what)) if what.contains("PdfSignatureInvalid") || what.contains("PDF_SIGNATURE_INVALID")),
            "{name}: {refused:?}"
        );
    }
    let same = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Chamber)/P 3 0 R/F 132/Rect[300 40 500 120]>>";
    assert_eq!(condemning(&table(&with(&[(7, same)]))), [AMBIGUOUS], "two fields of one name");
}

/// Characters that are no digits would be bytes that nobody signed.
#[test]
pub(crate) fn the_gap_holds_digits_only() {
    let file = issued(KeyAlgorithm::P256);
    let [_, _, end, _] = inspect_pdf(&file).signatures[0].byte_range;
    let mut spaced = file.clone();
    spaced[end - 5..end - 3].copy_from_slice(b"  ");
    assert_eq!(condemning(&spaced), [INVALID]);
    // The last digit of an odd number is read with a zero behind it: as many octets, but one byte is no digit.
    for at in [end - 2, end - 100] {
        let mut odd = file.clone();
        odd[at] = b' ';
        assert_eq!(condemning(&odd), [INVALID], "a space {} bytes before the end", end - at);
    }
}

/// A signer who lies in the dictionary that is signed: every digest holds, so only the rules can object.
#[test]
pub(crate) fn dictionaries_lie_in_nothing() {
    let by = chamber(KeyAlgorithm::P256);
    let prepared = prepare(&table(&objects()), by.identity(), &SignOptions { field: Some("Chamber".into()), ..options(8) }).unwrap();
    let finished = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let bytes = replace(prepared.bytes(), from.as_bytes(), to.as_bytes());
        let again = Prepared::reopen(bytes, by.identity().clone())?;
        let octets = by.sign(again.to_sign())?;
        finish(again, &octets)
    };
    assert_eq!(condemning(&finished("/M(D:2026", "/M(D:2025").unwrap()), [], "the control: another year");
    let text = String::from_utf8_lossy(prepared.bytes()).into_owned();
    let range = &text[find(prepared.bytes(), b"/ByteRange [0 ")..][..60];
    let [start, end] = [1, 2].map(|at| range.split(' ').nth(1 + at).unwrap());
    let counted = format!("[0 {start} {end} ");
    for (from, to) in [
        ("<</Type/Sig/Filter", "<</Type/Sic/Filter"),
        ("/M(D:2026", "/M(on2026"),
        ("TransformParams/P 2/", "TransformParams/P 4/"),
        ("TransformParams/P 2/", "TransformParams/P/X/"),
        ("/ByteRange [0 ", "/ByteRange [1 "),
        ("/Filter/Adobe.PPKLite/", "/Type  /Adobe.PPKLite/"),
        (counted.as_str(), &counted.replace("[0 ", "[  ")),
    ] {
        let refused = finished(from, to);
        assert!(matches!(refused, Err(SignError::SelfCheck(_) | SignError::Form(_) | SignError::Structure(_))), "{to}: {refused:?}");
    }
    let more = text[find(prepared.bytes(), b"/ByteRange [0 ")..].split_once("    ]").unwrap().0;
    let six = format!("{more} 0 0]");
    assert!(finished(&format!("{more}    ]"), &six).is_err(), "six numbers");
}

/// A certificate shows; it does not act. Such files are not signed, and reported if others signed them.
#[test]
pub(crate) fn what_acts_is_not_signed() {
    let catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/OpenAction 20 0 R>>";
    let cases: [(&str, Vec<(u32, &str)>); 10] = [
        ("script", vec![(1, catalog), (20, "<</S/JavaScript/JS(1)>>")]),
        ("script in a name tree", vec![(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Names<</JavaScript<<>>>>>>")]),
        ("program", vec![(20, "<</S/Launch/F(cmd.exe)>>")]),
        ("address on opening", vec![(1, catalog), (20, "<</S/URI/URI(https://example.org)>>")]),
        ("XFA", vec![(5, "<</Fields[6 0 R 7 0 R 10 0 R]/SigFlags 3/XFA 20 0 R>>"), (20, "<</Length 0>>\nstream\n\nendstream")]),
        (
            "page of another file",
            vec![(20, "<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Ref<</F(x.pdf)/Page 0>>/Length 0>>\nstream\n\nendstream")],
        ),
        ("a form drawn anew", vec![(5, "<</Fields[6 0 R 7 0 R 10 0 R]/SigFlags 3/NeedAppearances true>>")]),
        ("a form drawn anew, by reference", vec![(5, "<</Fields[6 0 R 7 0 R 10 0 R]/SigFlags 3/NeedAppearances 20 0 R>>"), (20, "true")]),
        ("layers by event", vec![(20, "<</OCGs[]/D<</AS[<</Event/Print>>]>>>>")]),
        ("action by itself", vec![(10, "<</Type/Annot/Subtype/Widget/FT/Tx/T(W)/P 3 0 R/Rect[0 0 9 9]/AA<<>>>>")]),
    ];
    for (name, changes) in cases {
        let refused = sign_in(&table(&with(&changes)), "Chamber").map(drop);
        assert!(matches!(&refused, Err(SignError::Active { .. })), "{name}: {refused:?}");
    }
    let link = "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.org/v)>>>>";
    assert!(sign_in(&table(&with(&[(20, link)])), "Chamber").is_ok(), "a link to the verification entry is no action by itself");
}

/// Each of these asks for a square of its size, a bomb, or a stack: all end at a limit, soon.
#[test]
pub(crate) fn hostile_sizes_end_at_a_limit() {
    let deep = |open: &str, close: &str| table(&with(&[(20, &format!("{}1{}", open.repeat(70), close.repeat(70)))]));
    assert_eq!(condemning(&deep("[", "]")), [LIMIT]);
    assert_eq!(condemning(&deep("<</A ", ">>")), [LIMIT]);
    let sized = |size| condemning(&Revision { size, ..Revision::of(&[(20, "1")]) }.after(&table(&objects())));
    assert_eq!((sized(8_388_608), sized(8_388_609)), (vec![MISSING], vec![LIMIT]));
    let mut chain = table(&objects());
    for _ in 0..70 {
        chain = revised(&chain, &[(20, "1")]);
    }
    assert_eq!(condemning(&chain), [LIMIT], "70 revisions");
    let long = format!("<</FT/Tx/T({})/Kids[21 0 R]>>", "n".repeat(2_000));
    let named = with(&[(5, "<</Fields[6 0 R 20 0 R]>>"), (20, &long), (21, "<</FT/Sig/T(x)>>")]);
    assert_eq!(condemning(&table(&named)), [LIMIT], "a long field name");
    // Every field of 300 has the same 300 widgets.
    let kids: String = (400..700).map(|number| format!("{number} 0 R ")).collect();
    let mut all = with(&[(5, &format!("<</Fields[{}]>>", (100..400).map(|number| format!("{number} 0 R ")).collect::<String>()))]);
    all.extend((100..400).map(|number| (number, format!("<</FT/Sig/T({number})/Kids 700 0 R>>"))));
    all.push((700, format!("[{kids}]")));
    assert_eq!(condemning(&table(&all)), [AMBIGUOUS], "shared widgets");
}

/// As deep as values may nest, on a stack of 256 KiB: no input can end the process.
#[test]
pub(crate) fn a_small_stack_is_enough() {
    let nested = format!("{}1{}", "[<</A ".repeat(31), ">>]".repeat(31));
    let file = table(&with(&[(20, &nested)]));
    let run = move || condemning(&revised(&file, &[(20, &nested)]));
    let codes = std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
    assert_eq!(codes, [MISSING]);
}

/// The report names each part of the examination and how it ended, and findings name their place.
#[test]
pub(crate) fn the_report_says_what_was_examined_and_where() {
    let file = signed(&objects());
    let report = inspect_pdf(&file);
    let order: Vec<Check> = report.examined.iter().map(|part| part.check).collect();
    let all = [
        Check::Structure,
        Check::Tree,
        Check::Pairing,
        Check::Geometry,
        Check::Signatures,
        Check::ActiveContent,
        Check::LaterChanges,
        Check::Metadata,
    ];
    assert_eq!(order, all);
    assert!(report.examined.iter().all(|part| part.passed));
    let attacked = revised(&file, &[(4, "<</Length 0>>\nstream\n\nendstream")]);
    let report = inspect_pdf(&attacked);
    let failed: Vec<Check> = report.examined.iter().filter(|part| !part.passed).map(|part| part.check).collect();
    assert_eq!(failed, [Check::LaterChanges]);
    let found = report.findings.findings.iter().find(|finding| finding.code == Code::PdfModifiedAfterSigning);
    let place = found.unwrap().place.clone().unwrap();
    assert_eq!((place.offset, place.object.as_deref()), (u64::try_from(file.len()).unwrap(), Some("4 0")));
    let broken = inspect_pdf(&[b"junk".as_slice(), &file].concat());
    assert_eq!(broken.examined.iter().map(|part| (part.check, part.passed)).collect::<Vec<_>>(), [(Check::Structure, false)]);
}

/// Names out of a file must not move the terminal of whoever checks it.
#[test]
pub(crate) fn names_are_printed_without_control_characters() {
    let field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(A\\033[2J)/V 8 0 R/P 3 0 R/F 132/Rect[40 40 240 120]>>";
    let report = inspect_pdf(&table(&with(&[(6, field)])));
    assert_eq!(report.findings.findings[0].code, INVALID);
    assert!(report.findings.findings.iter().all(|finding| !finding.detail.contains('\u{1b}')), "{:?}", report.findings);
}
