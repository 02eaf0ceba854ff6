//! The proof slip that goes with a paper copy: one code with receipt and printed fields, the fields beside it, and what
//! it proves and what not. A file of its own, never written into the certificate.

use super::archive::{self, Frame};
use super::certificate::{SheetDefect, specimen};
use super::draft::{Area, DOCUMENT, Draft, Fitted, LEADING, Node, SMALLEST};
use super::font::{FontFile, HanForm, Style};
use super::qr::Qr;
use eco_core::commitment::SummaryText;

const LEFT: f64 = 34.0;
const RIGHT: f64 = 561.0;
/// The code with its light margin: a module of version 40 is half a millimetre.
const CODE: Area = Area::new(30.0, 486.0, 302.0, 758.0);
/// The printed fields in front of the goods.
const FIELDS: Area = Area::new(318.0, 486.0, RIGHT, 750.0);
/// The goods.
const GOODS: Area = Area::new(LEFT, 60.0, RIGHT, 362.0);

/// What a slip prints.
#[derive(Debug, Clone)]
pub struct SlipSheet<'a> {
    /// The printed fields, exactly as they were recorded.
    pub text: &'a SummaryText,
    /// The bytes of the code: a slip file.
    pub payload: &'a [u8],
    /// When and where it was recorded, for people.
    pub recorded: &'a str,
    /// The network's name and id, for people.
    pub network: &'a str,
    /// ISO 3166-1 alpha-2: decides which national form Chinese characters have.
    pub country: &'a str,
    /// Whether the network is a test network.
    pub is_specimen: bool,
    /// 16 random bytes for `/ID`.
    pub nonce: [u8; 16],
}

const LABELS: [&str; 8] = ["Certificate number", "Issuer", "Type", "Agreement", "Issue date", "Exporter", "Consignee", "Importing country"];

const PROVES: &str = "What the code proves, offline, to anyone with the network's trust root: that this issuer recorded exactly these printed \
                      fields on the log, at the time stated. Scan it, check the bytes (eco certificate check-slip FILE), and compare the \
                      fields it shows with the paper.";
const PROVES_NOT: &str = "What it does not prove: that the certificate is still in force today (ask for its status: eco status --issuer \
                          ISSUER --number NUMBER); how the certificate looks; anything that is not printed here. A slip without its \
                          certificate is no certificate. Whoever has the code can read these fields: treat it as confidential as the \
                          certificate itself.";

/// The slip as a PDF file. Equal arguments give equal bytes.
///
/// # Errors
/// A letter that no font has, or a payload that no code holds.
pub fn slip(sheet: &SlipSheet<'_>, fonts: &[FontFile]) -> Result<Vec<u8>, SheetDefect> {
    let draft = draw(sheet, fonts)?;
    let number = sheet.text.as_str().lines().nth(1).unwrap_or_default();
    let date = sheet.text.as_str().lines().nth(5).unwrap_or_default();
    let title = format!("Proof slip of certificate {number}");
    Ok(archive::write(&draft, &Frame { title: &title, creator: "Eco Notary", date, nonce: sheet.nonce, attachment: None, field: None }))
}

pub(super) fn draw<'f>(sheet: &SlipSheet<'_>, fonts: &'f [FontFile]) -> Result<Draft<'f>, SheetDefect> {
    let code = Qr::of_bytes(sheet.payload).ok_or(SheetDefect::Payload(sheet.payload.len()))?;
    let mut draft = Draft::new(fonts);
    draft.add_page();
    if sheet.is_specimen {
        specimen(&mut draft);
    }
    let Area { left, bottom, right, top } = CODE;
    head(&mut draft, sheet);
    let figure = draft.node_with(
        DOCUMENT,
        "Figure",
        format!("/Alt(QR code with receipt and printed fields)/A<</O/Layout/BBox[{left:.2} {bottom:.2} {right:.2} {top:.2}]>>"),
    );
    draft.begin(figure);
    draft.draw(&code.operators(CODE));
    draft.end();
    let han = HanForm::of_country(sheet.country);
    let lines: Vec<&str> = sheet.text.as_str().lines().skip(1).collect();
    let (fields, goods) = lines.split_at(LABELS.len().min(lines.len()));
    print_fields(&mut draft, fields, han);
    let words = Area::new(LEFT, 372.0, RIGHT, 478.0);
    let node = draft.node(DOCUMENT, "Sect");
    let y = draft.paragraph(node, Style::regular(7.8), words, PROVES);
    draft.paragraph(node, Style::regular(7.8), Area { top: y - 5.0, ..words }, PROVES_NOT);
    print_goods(&mut draft, goods, han);
    foot(&mut draft, sheet);
    match draft.fonts.missing() {
        letters if letters.is_empty() => Ok(draft),
        letters => Err(SheetDefect::Glyphs { letters }),
    }
}

fn head(draft: &mut Draft<'_>, sheet: &SlipSheet<'_>) {
    let band = Area::new(LEFT, 762.0, RIGHT, 812.0);
    let heading = draft.node(DOCUMENT, "H1");
    draft.begin(heading);
    draft.line(Style::bold(16.0), LEFT, 794.0, "PROOF SLIP", band);
    draft.end();
    let recorded = format!("to a certificate of origin, {}", sheet.recorded);
    let node = draft.node(DOCUMENT, "P");
    let style = draft.narrowed(Style::regular(9.0), band.width(), &recorded);
    draft.begin(node);
    draft.line(style, LEFT, 778.0, &recorded, band);
    draft.end();
    draft.rule((LEFT, 768.0), (RIGHT, 768.0));
}

/// Labels and values, at the largest size at which all of them fit.
fn print_fields(draft: &mut Draft<'_>, values: &[&str], han: HanForm) {
    const LABEL: f64 = 6.4;
    let mut style = Style::bold(9.0).han(han);
    let set = |draft: &Draft<'_>, style: Style| -> Vec<Fitted> {
        let lines = |value: &&str| Fitted { style, lines: draft.fonts.lines(value, style, FIELDS.width()) };
        values.iter().map(lines).collect()
    };
    let mut fitted = set(draft, style);
    let height = |fitted: &[Fitted]| -> f64 { fitted.iter().map(|value| value.height() + LABEL * LEADING + 3.0).sum() };
    while height(&fitted) > FIELDS.height() && style.size > SMALLEST {
        style.size = (style.size * 0.96).max(SMALLEST);
        fitted = set(draft, style);
    }
    let section = draft.node(DOCUMENT, "Sect");
    let mut y = FIELDS.top;
    for (label, value) in LABELS.into_iter().zip(fitted) {
        y = draft.paragraph(section, Style::regular(LABEL), Area { top: y, ..FIELDS }, label);
        let node: Node = draft.node(section, "P");
        draft.begin(node);
        y = draft.lines(style, Area { top: y, ..FIELDS }, &value.lines) - 3.0;
        draft.end();
    }
}

/// The goods as they were recorded, or how many and their hash where they were too many for the code.
fn print_goods(draft: &mut Draft<'_>, lines: &[&str], han: HanForm) {
    let caption = "Goods: item | HS code | quantity and unit (UN/ECE Rec. 20) | origin criterion | country of origin";
    let section = draft.node(DOCUMENT, "Sect");
    draft.frame(GOODS);
    let inner = GOODS.inset(5.0);
    let y = draft.paragraph(section, Style::regular(6.8), inner, caption) - 3.0;
    let text: Vec<String> = lines.iter().map(|line| spelt(line)).collect();
    let room = Area { top: y, ..inner };
    let style = Style::regular(8.4).han(han);
    let fitted = draft.fit(style, room, &text.join("\n")).unwrap_or(Fitted { style, lines: text });
    let node = draft.node(section, "P");
    draft.begin(node);
    let y = draft.lines(fitted.style, room, &fitted.lines);
    draft.end();
    draft.rule((inner.left, y - 3.0), (inner.right, y - 3.0));
}

fn spelt(line: &str) -> String {
    match line.split('|').collect::<Vec<_>>().as_slice() {
        ["*", number, hash] => format!("{number} items, too many for the code; BLAKE3 of their lines: {hash}"),
        parts => parts.join("  |  "),
    }
}

fn foot(draft: &mut Draft<'_>, sheet: &SlipSheet<'_>) {
    let band = Area::new(LEFT, 34.0, RIGHT, 52.0);
    let specimen = if sheet.is_specimen { "SPECIMEN of a test network, without value. " } else { "" };
    let text = format!("{specimen}Network {}. Code: {} bytes.", sheet.network, sheet.payload.len());
    let node = draft.node(DOCUMENT, "P");
    let style = draft.narrowed(Style::regular(6.4), band.width(), &text);
    draft.begin(node);
    draft.line(style, LEFT, 42.0, &text, band);
    draft.end();
}
