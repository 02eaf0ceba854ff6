//! Where text stands: a line that leaves its box, covers another or goes missing would make a certificate say something else.

use super::*;
use crate::pdf::draft::Placed;

fn fields(items: usize) -> CertificateFields {
    let mut fields = CertificateFields::sample("26C4403A000100001");
    let samples = fields.items.clone();
    fields.items = (0..items)
        .map(|at| OriginItem { number: (at + 1).to_string(), marks: format!("MARK-{:04}", at + 1), ..samples[at % samples.len()].clone() })
        .collect();
    fields
}

/// What is wrong with the places of these lines.
fn faults(placed: &[Placed]) -> Vec<String> {
    const SLACK: f64 = 0.06;
    let inside = |line: &Placed| {
        let Placed { ink, bounds, .. } = line;
        ink.left >= bounds.left - SLACK
            && ink.right <= bounds.right + SLACK
            && ink.bottom >= bounds.bottom - SLACK
            && ink.top <= bounds.top + SLACK
            && bounds.left >= 0.0
            && bounds.right <= WIDTH
    };
    let mut found: Vec<String> = placed.iter().filter(|line| !inside(line)).map(|line| format!("leaves its box: {line:?}")).collect();
    for (at, line) in placed.iter().enumerate() {
        let covers = |other: &&Placed| {
            line.page == other.page
                && line.ink.left < other.ink.right - SLACK
                && other.ink.left < line.ink.right - SLACK
                && line.ink.bottom < other.ink.top - SLACK
                && other.ink.bottom < line.ink.top - SLACK
        };
        found.extend(placed.iter().skip(at + 1).find(covers).map(|other| format!("{line:?} covers {other:?}")));
    }
    found
}

fn placed(fields: &CertificateFields) -> (Vec<Placed>, usize) {
    let (draft, chamber) = draw(fields, &[]).unwrap();
    let ink = Area::new(chamber.left, chamber.bottom, chamber.right, chamber.top);
    let mut placed: Vec<Placed> = draft.placed.into_iter().filter(|line| !line.text.is_empty()).collect();
    // The box for the signature is covered by nothing.
    placed.push(Placed { page: 0, text: "signature".into(), ink, bounds: ink });
    (placed, draft.pages.len())
}

/// All text of a page or of all pages, without spaces.
fn text(placed: &[Placed], page: Option<usize>) -> String {
    let is_heading = |line: &Placed| line.text.contains("(continued");
    let lines = placed.iter().filter(|line| page.is_none_or(|page| line.page == page) && !is_heading(line));
    lines.map(|line| line.text.as_str()).collect::<String>().split_whitespace().collect()
}

#[test]
fn any_number_of_items_stays_in_its_boxes_and_none_is_lost() {
    for (items, pages) in [(1, 1), (2, 1), (7, 2), (60, 4), (300, 17)] {
        let fields = fields(items);
        let (placed, found) = placed(&fields);
        assert_eq!(faults(&placed), Vec::<String>::new(), "{items} items");
        assert_eq!(found, pages, "{items} items");
        let whole = text(&placed, None);
        for number in 1..=items {
            assert_eq!(whole.matches(&format!("MARK-{number:04}")).count(), 1, "item {number} of {items}");
        }
        assert_eq!(whole.matches("***endofgoods***").count(), 1);
        assert_eq!(whole.matches("(goodscontinueonthenextpage)").count(), pages - 1);
        for page in 0..pages {
            let page_text = text(&placed, Some(page));
            assert!(page_text.contains(&format!("26C4403A000100001page{}of{pages}items:{items}", page + 1)), "{page_text}");
        }
    }
}

/// The form's words without end: long texts, long words, all boxes at once.
#[test]
fn texts_of_any_length_are_printed_whole() {
    let long = |unit: &str, letters: usize| -> String { unit.chars().cycle().take(letters).collect() };
    for (unit, letters) in [("Nguyễn Huệ ", 300), ("Nguyễn Huệ ", 2000), ("W", 2000), ("i", 2000), ("8 Zhongkai Avenue, Huizhou; ", 2000)]
    {
        let mut fields = fields(3);
        let words = long(unit, letters);
        fields.exporter.name = format!("E{words}");
        fields.exporter.address = format!("A{words}");
        fields.consignee.address = format!("C{words}");
        fields.producer = Producer::Named(Party { name: format!("P{words}"), address: words.clone(), country: "KR".into() });
        fields.vessel = format!("V{words}");
        fields.port_of_discharge = format!("D{words}");
        fields.remarks = format!("R{words}");
        fields.declared.clone_from(&words);
        fields.items[1].description = format!("G{words}");
        fields.items[1].marks = format!("M{words}");
        fields.items[1].invoice_number = format!("I{words}");
        fields.items[2].origin_criterion = format!("O{words}");
        let (placed, _) = placed(&fields);
        assert_eq!(faults(&placed), Vec::<String>::new(), "{letters} of {unit:?}");
        let whole = text(&placed, None);
        let plain: String = words.split_whitespace().collect();
        for mark in ["E", "A", "C", "P", "V", "D", "R"] {
            assert!(whole.contains(&format!("{mark}{plain}")), "{mark}: {letters} of {unit:?}");
        }
        // Cells that go on over a page are interleaved with their neighbours; what counts is every letter.
        let first = plain.chars().next().unwrap();
        let expected = plain.matches(first).count();
        assert!(whole.matches(first).count() >= 11 * expected, "{letters} of {unit:?}");
    }
}

/// The test of the tests: a line outside its box and one over another are found.
#[test]
fn misplaced_lines_are_found() {
    let (mut placed, _) = placed(&fields(2));
    assert!(faults(&placed).is_empty());
    let mut outside = placed[3].clone();
    outside.ink.right = outside.bounds.right + 1.0;
    outside.page = 9;
    placed.push(outside);
    assert_eq!(faults(&placed).len(), 1);
    placed.pop();
    let mut over = placed[3].clone();
    over.ink.bottom += 2.0;
    over.ink.top += 2.0;
    over.bounds = over.ink;
    placed.push(over);
    assert_eq!(faults(&placed).len(), 1);
}

#[test]
fn marks_are_printed_where_the_flags_say_so_and_nowhere_else() {
    let proof = OriginalProof { number: "VN-77".into(), issue_date: "2026-04-30".into(), country_of_origin: Some("Japan".into()) };
    let plain = text(&placed(&fields(1)).0, None);
    let mut marked = fields(1);
    marked.marks = Marks {
        issued_retroactively: true,
        third_party_invoicing: true,
        true_copy_of: Some(OriginalProof { number: "CO-1".into(), ..proof.clone() }),
        back_to_back_of: Some(proof.clone()),
        replaces: Some(OriginalProof { number: "CO-0".into(), ..proof }),
    };
    marked.items[0].country_of_origin = "China**".into();
    let (placed, _) = placed(&marked);
    assert_eq!(faults(&placed), Vec::<String>::new());
    let marked = text(&placed, None);
    for words in [
        "CERTIFIEDTRUECOPY",
        "☒ISSUEDRETROACTIVELY",
        "☒Third-partyinvoicing",
        "☒Back-to-back",
        "CertifiedtruecopyofcertificateNo.CO-1issuedon2026-04-30",
        "proofoforiginNo.VN-77issuedon2026-04-30,countryoforiginJapan.",
        "replacescertificateNo.CO-0",
        "China**",
        "Article2.6.6",
    ] {
        assert!(marked.contains(words), "{words} in {marked}");
        assert!(!plain.contains(words), "{words} in {plain}");
    }
    assert!(!marked.contains("ORIGINAL") && plain.contains("ORIGINAL"));
    assert_eq!((marked.matches("ISSUEDRETROACTIVELY").count(), plain.matches("ISSUEDRETROACTIVELY").count()), (2, 1));
}

#[test]
fn specimen_stands_on_every_page_of_a_test_network_only() {
    let mut sheet = fields(60);
    for is_specimen in [true, false] {
        sheet.is_specimen = is_specimen;
        let (placed, pages) = placed(&sheet);
        let marked = (0..pages).filter(|page| text(&placed, Some(*page)).contains("SPECIMEN")).count();
        assert_eq!(marked, if is_specimen { pages } else { 0 });
    }
}

/// A letter that is left out would change a name.
#[test]
fn letters_without_a_glyph_are_named() {
    let mut sheet = fields(1);
    sheet.exporter.name = "惠州 Acme ไทย".into();
    let Err(SheetDefect::Glyphs { letters }) = certificate(&sheet, &[]) else { panic!("refused") };
    assert_eq!(letters, ['ท', 'ย', 'ไ', '州', '惠']);
    let said = SheetDefect::Glyphs { letters }.to_string();
    assert!(said.contains("惠 (U+60E0)"), "{said}");
    sheet.exporter.name = "Acme \u{202e}evil".into();
    assert_eq!(certificate(&sheet, &[]), Err(SheetDefect::Glyphs { letters: vec!['\u{202e}'] }));
    sheet.items.clear();
    assert_eq!(certificate(&sheet, &[]), Err(SheetDefect::NoItems));
}

#[test]
fn what_has_one_line_only_is_bounded() {
    let mut sheet = fields(1);
    sheet.issuing_body = "x".repeat(161);
    assert_eq!(certificate(&sheet, &[]), Err(SheetDefect::TooLong { what: "the issuing body's name", found: 161, max: 160 }));
    let mut sheet = fields(1);
    sheet.entry = "x".repeat(3000);
    assert_eq!(certificate(&sheet, &[]), Err(SheetDefect::Entry(3000)));
}

#[test]
fn equal_fields_give_equal_bytes_and_the_nonce_counts() {
    let sheet = fields(7);
    assert_eq!(certificate(&sheet, &[]), certificate(&sheet, &[]));
    let other = CertificateFields { nonce: [9; 16], ..sheet.clone() };
    assert_ne!(certificate(&sheet, &[]), certificate(&other, &[]));
}

/// The attached data comes back as it was given, and only from a file that has it once.
#[test]
fn the_attached_metadata_comes_back() {
    let mut sheet = fields(1);
    assert_eq!(crate::pdf::attached_metadata(&sample_certificate(&sheet)).unwrap(), None);
    let data = "{\"a\":\"北京\"}".as_bytes().to_vec();
    sheet.metadata = Some(data.clone());
    let pdf = sample_certificate(&sheet);
    assert_eq!(crate::pdf::attached_metadata(&pdf).unwrap(), Some(data));
    // The same catalog in as many bytes, with the name twice.
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let pair = text.split("/Names[").nth(1).unwrap().split(']').next().unwrap().to_owned();
    let preferences = "/ViewerPreferences<</DisplayDocTitle true>>";
    let doubled = format!("/Names[{pair} {pair}]{}", " ".repeat(preferences.len() - pair.len() - 1));
    let twice = replaced(&replaced(&pdf, preferences, ""), &format!("/Names[{pair}]"), &doubled);
    assert_eq!(twice.len(), pdf.len());
    let refused = crate::pdf::attached_metadata(&twice).unwrap_err();
    assert!(refused.what.contains("2 attached files"), "{refused}");
    assert!(crate::pdf::attached_metadata(b"%PDF-2.0").is_err());
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

/// A slip of any names and goods: nothing leaves its box, and every recorded field is printed.
#[test]
fn a_slip_prints_all_that_was_recorded() {
    use crate::pdf::slip::{SlipSheet, draw};
    use eco_core::commitment::{SummaryHead, SummaryItem, SummaryText};
    let item = SummaryItem { number: "1", hs: "850760", quantity: "40", unit: "H87", criterion: "RVC", origin: "CN" };
    for (exporter, consignee, items) in
        [("Acme", "Saigon Storage JSC", 1), ("Acme", "B", 30), (&*"W".repeat(500), &*"i".repeat(300), 1), ("A", "B", 300)]
    {
        let head = SummaryHead {
            number: "26C4403A000100001",
            issuer: "cn-ccpit",
            proof_of_origin_type: "CO",
            agreement: "RCEP",
            issue_date: "2026-05-10",
            exporter,
            consignee,
            exported_to: "VN",
        };
        let recorded = SummaryText::write(&head, &vec![item; items]).unwrap();
        let sheet = SlipSheet {
            text: &recorded,
            payload: &[7; 2_953],
            recorded: "recorded by cn-ccpit at 2026-05-10T08:15:00Z (block 12)",
            network: "eco.example/main",
            country: "CN",
            is_specimen: true,
            nonce: [1; 16],
        };
        let draft = draw(&sheet, &[]).unwrap();
        let placed: Vec<Placed> = draft.placed.into_iter().filter(|line| !line.text.is_empty()).collect();
        assert_eq!(faults(&placed), Vec::<String>::new());
        let whole = text(&placed, None);
        for line in recorded.as_str().lines().skip(1).filter(|line| !line.starts_with('*')) {
            assert!(whole.contains(&line.split_whitespace().collect::<String>()), "{line} in {whole}");
        }
        assert!(whole.contains("SPECIMEN") && whole.contains("doesnotprove"));
        let heavy = SlipSheet { payload: &[7; 2_954], ..sheet };
        assert!(matches!(draw(&heavy, &[]), Err(SheetDefect::Payload(2_954))));
    }
}

/// Every printed word of the sheet comes from the metadata.
#[test]
fn metadata_becomes_the_fields() {
    let bytes = include_bytes!("../../../tests/documents/certificate.json");
    let metadata = crate::metadata::read_metadata(bytes).metadata.unwrap();
    let issuance = Issuance { entry: "https://example.org/v#00/a/b".into(), is_specimen: false, nonce: [3; 16] };
    let fields = CertificateFields::of_metadata(&metadata, bytes, &issuance);
    assert_eq!(fields.agreement, "Regional Comprehensive Economic Partnership Agreement");
    assert_eq!(fields.exporter.address, "8 Zhongkai Ave\nHuizhou\nChina");
    assert_eq!(fields.producer, Producer::Word("SAME".into()));
    assert_eq!((fields.port_of_discharge.as_str(), fields.importing_country.as_str()), ("VNSGN (Viet Nam)", "Viet Nam"));
    assert_eq!(fields.marks.replaces.as_ref().unwrap().number, "26C4403A000099998");
    let item = &fields.items[0];
    let words = [&item.packages, &item.hs_code, &item.origin_criterion, &item.country_of_origin, &item.quantity, &item.fob_value];
    assert_eq!(words, ["40 cartons", "8507.60", "RVC, ACU", "China", "40 pieces", "USD 38,400.00"]);
    let (placed, pages) = placed(&fields);
    assert_eq!((faults(&placed), pages), (Vec::new(), 1));
    assert_eq!(crate::pdf::attached_metadata(&certificate(&fields, &[]).unwrap()).unwrap().unwrap(), bytes);
}
