//! The sheet as others see it: text extracted by poppler is what the fields say, qpdf finds no error, a foreign reader
//! opens the codes. What they cannot read, no customs officer can.
//!
//! A tool or font that is missing prints `skipped: ..`; with `ECO_REQUIRE_ORACLES=1` it is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;
#[path = "sheet/pdfa.rs"]
mod pdfa;

use common::{chamber, condemning, options, signed};
use eco_core::commitment::{SummaryHead, SummaryItem, SummaryText};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{
    CertificateFields, FontDefect, FontFile, OriginItem, Party, Producer, SheetDefect, SlipSheet, certificate, letters_lacking,
    sample_certificate, sign, slip,
};
use std::path::{Path, PathBuf};
use std::process::Command;

fn skip(what: &str) {
    println!("skipped: {what}");
    assert!(std::env::var("ECO_REQUIRE_ORACLES").is_err(), "{what}, and ECO_REQUIRE_ORACLES is set");
}

/// What a tool prints about a file; `None` if it is not installed.
fn tool(program: &str, before: &[&str], name: &str, pdf: &[u8], after: &[&str]) -> Option<String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("certificate");
    std::fs::create_dir_all(&directory).unwrap();
    let path: PathBuf = directory.join(name);
    std::fs::write(&path, pdf).unwrap();
    let Ok(output) = Command::new(program).args(before).arg(&path).args(after).output() else {
        skip(&format!("{program} not installed"));
        return None;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    Some(said)
}

/// Extracted text without spaces and line ends, in the order of the content.
fn extracted(name: &str, pdf: &[u8]) -> Option<String> {
    let text = tool("pdftotext", &["-raw", "-enc", "UTF-8"], name, pdf, &["-"])?;
    Some(text.split_whitespace().collect())
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Everything that a sheet must say.
fn contents(fields: &CertificateFields) -> Vec<String> {
    let mut all = vec![fields.number.clone(), fields.agreement.to_uppercase(), fields.vessel.clone(), fields.port_of_discharge.clone()];
    all.extend([&fields.exporter, &fields.consignee].into_iter().map(|party| format!("{}{}", party.name, party.address)));
    match &fields.producer {
        Producer::Named(party) => all.push(format!("{}{}", party.name, party.address)),
        Producer::Word(word) => all.push(word.clone()),
    }
    for item in &fields.items {
        let OriginItem { number, marks, packages, description, hs_code, origin_criterion, country_of_origin, .. } = item;
        all.push(format!("{number}{marks}{packages}{description}{hs_code}{origin_criterion}{country_of_origin}"));
        all.push(format!("{}{}{}{}", item.quantity, item.fob_value, item.invoice_number, item.invoice_date));
    }
    all.extend([fields.remarks.clone(), fields.issuing_body.clone(), fields.issue_date.clone()]);
    all
}

fn asserts_text(name: &str, fields: &CertificateFields, pdf: &[u8]) {
    let Some(text) = extracted(name, pdf) else { return };
    for content in contents(fields) {
        assert!(text.contains(&squeezed(&content)), "{content:?} is not in {text}");
    }
}

fn many(items: usize) -> CertificateFields {
    let mut fields = CertificateFields::sample("26C4403A000100001");
    let samples = fields.items.clone();
    fields.items = samples.into_iter().cycle().take(items).collect();
    for (at, item) in fields.items.iter_mut().enumerate() {
        item.number = (at + 1).to_string();
    }
    fields
}

#[test]
fn poppler_reads_what_the_fields_say() {
    for items in [1, 7, 60, 300] {
        let fields = many(items);
        asserts_text(&format!("items-{items}.pdf"), &fields, &sample_certificate(&fields));
    }
}

#[test]
fn qpdf_and_poppler_accept_the_file_and_its_attachment() {
    let mut fields = many(60);
    fields.metadata = Some(include_bytes!("documents/certificate.json").to_vec());
    let pdf = sample_certificate(&fields);
    if let Some(said) = tool("qpdf", &["--check"], "attached.pdf", &pdf, &[]) {
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
        assert!(!said.contains("WARNING"), "{said}");
    }
    if let Some(said) = tool("qpdf", &["--list-attachments"], "attached.pdf", &pdf, &[]) {
        assert!(said.contains("certificate-of-origin.jsonld"), "{said}");
    }
    if let Some(said) = tool("pdfinfo", &["-struct"], "attached.pdf", &pdf, &[]) {
        for element in ["Document", "Table", "TR", "TH", "TD", "Figure", "Form", "H1"] {
            assert!(said.contains(element), "{element} in {said}");
        }
    }
    // The pre-created field is filled, and the whole verifies.
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let signed = sign(&pdf, &options(5), &chamber(algorithm)).unwrap();
        assert_eq!(condemning(&signed), []);
    }
}

const DECODE: &str = "import sys, zxingcpp\nfrom PIL import Image\n\
    [print(code.text) for code in zxingcpp.read_barcodes(Image.open(sys.argv[1]))]";

/// The code of every page opens the entry, on the page as it is rendered.
#[test]
fn a_foreign_reader_opens_the_code_on_every_page() {
    let fields = many(60);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("certificate");
    let to = directory.join("code");
    let rendered = tool("pdftoppm", &["-r", "120", "-gray", "-png"], "code.pdf", &sample_certificate(&fields), &[to.to_str().unwrap()]);
    if rendered.is_none() {
        return;
    }
    for page in 1..=4 {
        let image = directory.join(format!("code-{page}.png"));
        let read = Command::new("python3").args(["-c", DECODE]).arg(image).output();
        let Some(output) = read.ok().filter(|output| output.status.success()) else {
            // Not one of the required outside checks: no Debian package has it.
            println!("skipped: Python with zxing-cpp and pillow not installed");
            return;
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), fields.entry, "page {page}");
    }
}

fn noto() -> Option<FontFile> {
    let path = std::env::var_os("ECO_FONT").map_or_else(|| "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc".into(), PathBuf::from);
    match std::fs::read(&path) {
        Ok(bytes) => Some(FontFile::parse(bytes).unwrap()),
        Err(_) => {
            skip(&format!("no {} (Debian package fonts-noto-cjk)", path.display()));
            None
        }
    }
}

/// Names as their owners write them, in one sheet: simplified and traditional Chinese, Japanese, Korean, Vietnamese.
#[test]
fn names_in_east_asian_scripts_are_set_and_read_back() {
    let Some(font) = noto() else { return };
    let party = |name: &str, address: &str, country: &str| Party { name: name.into(), address: address.into(), country: country.into() };
    let mut fields = CertificateFields::sample("26C4403A000100001");
    fields.exporter = party("惠州市恒新新能源科技有限公司", "广东省惠州市仲恺高新技术产业开发区八号大街，邮编：516006，（中国）", "CN");
    fields.consignee = party("株式会社サイゴン蓄電システム", "東京都千代田区丸の内一丁目九番地、「北口」ビルディング", "JP");
    fields.producer = Producer::Named(party("주식회사 한국배터리", "서울특별시 강남구 테헤란로 152", "KR"));
    fields.items[0].description = "磷酸鐵鋰電池組 繁體／体 48 V 100 Ah；骨直角刃 Bộ pin lưu trữ năng lượng ữ".into();
    fields.items[0].marks = "共四十箱・№1".into();
    fields.remarks = "Người nhận: Công ty Cổ phần Lưu trữ Sài Gòn, Thành phố Hồ Chí Minh".into();
    let lacking = letters_lacking(&fields.exporter.name, &[]);
    assert!(lacking.contains(&'惠') && font.covers('惠'));
    assert!(letters_lacking(&fields.remarks, &[]).is_empty(), "Vietnamese is built in");
    assert!(matches!(certificate(&fields, &[]), Err(SheetDefect::Glyphs { .. })));
    let fonts = [font];
    let pdf = certificate(&fields, &fonts).unwrap();
    assert_eq!(pdf, certificate(&fields, &fonts).unwrap());
    assert!(pdf.len() < 200_000, "{} bytes: only the used glyphs are embedded", pdf.len());
    asserts_text("east-asia.pdf", &fields, &pdf);
    if let Some(said) = tool("pdffonts", &[], "east-asia.pdf", &pdf, &[]) {
        assert!(said.contains("CID Type 0C"), "{said}");
        for line in said.lines().skip(2) {
            assert!(line.contains("yes yes yes"), "embedded, subset, with Unicode: {line}");
        }
    }
    if let Some(said) = tool("qpdf", &["--check"], "east-asia.pdf", &pdf, &[]) {
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
    }
    let mut named = options(5);
    named.name = Some("示例国际商会".into());
    let refused = sign(&pdf, &named, &chamber(KeyAlgorithm::P256)).unwrap_err().to_string();
    assert!(refused.contains('示'), "{refused}");
    named.fonts = fonts.to_vec();
    named.entry = Some(fields.entry.clone());
    let signed = sign(&pdf, &named, &chamber(KeyAlgorithm::P256)).unwrap();
    assert_eq!(condemning(&signed), []);
}

#[test]
fn what_is_no_font_is_refused() {
    assert!(matches!(FontFile::parse(b"no font".to_vec()), Err(FontDefect::Unreadable(_))));
}

/// Bytes of a release must not drift unseen: whoever changes them changes this line.
#[test]
fn golden_sheet() {
    let mut fields = many(7);
    fields.metadata = Some(b"{}".to_vec());
    let found = blake3::hash(&sample_certificate(&fields)).to_hex().to_string();
    assert_eq!(found, include_str!("golden/sheet.txt").trim_end());
    assert_ne!(signed(KeyAlgorithm::P256), sample_certificate(&fields));
}

const DECODE_BYTES: &str = "import sys, zxingcpp\nfrom PIL import Image\n\
    [print(code.bytes.hex()) for code in zxingcpp.read_barcodes(Image.open(sys.argv[1]))]";

/// The largest code there is, printed and scanned: every byte of the payload comes back.
#[test]
fn a_foreign_reader_reads_the_code_of_a_slip() {
    let item = SummaryItem { number: "1", hs: "850760", quantity: "40", unit: "H87", criterion: "RVC", origin: "CN" };
    let head = SummaryHead {
        number: "26C4403A000100001",
        issuer: "cn-ccpit",
        proof_of_origin_type: "CO",
        agreement: "RCEP",
        issue_date: "2026-05-10",
        exporter: "Acme New Energy Co., Ltd.",
        consignee: "Saigon Storage JSC",
        exported_to: "VN",
    };
    let payload: Vec<u8> = (0..2_953u32).map(|at| u8::try_from(at * at % 251).unwrap()).collect();
    let sheet = SlipSheet {
        text: &SummaryText::write(&head, &[item, SummaryItem { number: "2", ..item }]).unwrap(),
        payload: &payload,
        recorded: "recorded by cn-ccpit at 2026-05-10T08:15:00Z (block 12)",
        network: "eco.example/main 7f3c9be1d2a84c0f",
        country: "CN",
        is_specimen: true,
        nonce: [1; 16],
    };
    let pdf = slip(&sheet, &[]).unwrap();
    assert_eq!(pdf, slip(&sheet, &[]).unwrap());
    if let Some(said) = tool("qpdf", &["--check"], "slip.pdf", &pdf, &[]) {
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
    }
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("certificate").join("slip");
    if tool("pdftoppm", &["-r", "200", "-gray", "-png", "-singlefile"], "slip.pdf", &pdf, &[to.to_str().unwrap()]).is_none() {
        return;
    }
    let read = Command::new("python3").args(["-c", DECODE_BYTES]).arg(to.with_extension("png")).output();
    let Some(output) = read.ok().filter(|output| output.status.success()) else {
        println!("skipped: Python with zxing-cpp and pillow not installed");
        return;
    };
    let expected: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected);
}
