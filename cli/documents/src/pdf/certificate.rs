//! The certificate-of-origin sheet (Form RCEP) as a PDF 2.0 file with an empty signature field for the
//! issuing body.
//!
//! The first page is the form; goods that do not stand there, and texts too long for their box, follow on
//! continuation sheets. Every page repeats number, "page n of m" and the code of the verification entry. Nothing is
//! cut: what cannot be printed is refused.

mod continuation;
mod entry;
mod fields;
mod form;
mod goods;
#[cfg(test)]
mod tests;
mod wording;
mod words;

pub use entry::{GATEWAY, entry_address};
pub use fields::{CertificateFields, Marks, OriginItem, OriginalProof, Party, Producer, ProofKind};
pub use words::Issuance;

use super::archive::{self, Attachment, EmptyField};
use super::draft::{Area, DOCUMENT, Draft, HEIGHT, WIDTH};
use super::font::{FontFile, Style};
use super::qr::{QUIET_MODULES, Qr};
use super::text::string;

/// Name of the issuing body's empty signature field.
pub const CHAMBER_FIELD: &str = "IssuingBody";
/// Name of the attached metadata, the only one of that name in a file.
pub const METADATA_FILE: &str = "certificate-of-origin.jsonld";

/// Edges of what is printed.
const LEFT: f64 = 34.0;
const RIGHT: f64 = 561.0;
/// Between the left and the right half of the form.
const MIDDLE: f64 = 300.0;
/// Side of the entry code without its light margin: 20 mm, in points, rounded up.
const CODE_SIDE: f64 = 57.0;

/// Why a sheet cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetDefect {
    /// Letters that no font has.
    #[error("no font has a glyph for {}", shown(.letters))]
    Glyphs {
        /// The letters.
        letters: Vec<char>,
    },
    /// No goods.
    #[error("a certificate without goods cannot be printed: it has no item")]
    NoItems,
    /// The address of the verification entry does not fit into a code.
    #[error("the address of the verification entry is too long for a QR code: {0} bytes")]
    Entry(usize),
    /// A name for which the form has one line.
    #[error("{what} has {found} characters, the form has room for {max}")]
    TooLong {
        /// Which name.
        what: &'static str,
        /// Its characters.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// What a code should hold does not fit into one.
    #[error("{0} bytes do not fit into one QR code")]
    Payload(usize),
}

fn shown(letters: &[char]) -> String {
    const SHOWN_MAX: usize = 20;
    let named: Vec<String> = letters.iter().take(SHOWN_MAX).map(|letter| format!("{letter} (U+{:04X})", u32::from(*letter))).collect();
    let more = letters.len().saturating_sub(SHOWN_MAX);
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}

/// The sheet as a PDF file, unsigned. Equal arguments give equal bytes.
///
/// # Errors
/// A letter that no font has, no goods, or an entry address that is too long.
pub fn certificate(fields: &CertificateFields, fonts: &[FontFile]) -> Result<Vec<u8>, SheetDefect> {
    let (draft, chamber) = draw(fields, fonts)?;
    let title = format!("{} {}", title_of(fields), fields.number);
    let attachment = fields.metadata.as_deref().map(|bytes| Attachment {
        name: METADATA_FILE,
        media_type: "application/ld+json",
        description: "Data of this certificate of origin, from which its text was made",
        bytes,
    });
    Ok(archive::write(
        &draft,
        &archive::Frame {
            title: &title,
            creator: &fields.issuing_body,
            date: &fields.issue_date,
            nonce: fields.nonce,
            attachment,
            field: Some(EmptyField { name: CHAMBER_FIELD, label: "Signature of the issuing body", area: chamber }),
        },
    ))
}

/// The sample sheet, of letters that the built-in font has.
#[expect(clippy::expect_used, reason = "for fields like the sample's, which tests print")]
#[must_use]
pub fn sample_certificate(fields: &CertificateFields) -> Vec<u8> {
    certificate(fields, &[]).expect("the sample's letters are those of the built-in font")
}

/// Everything on every page, and the box for the signature.
fn draw<'f>(fields: &CertificateFields, fonts: &'f [FontFile]) -> Result<(Draft<'f>, Area), SheetDefect> {
    check_lengths(fields)?;
    let code = Qr::of_text(&fields.entry).ok_or(SheetDefect::Entry(fields.entry.len()))?;
    if fields.items.is_empty() {
        return Err(SheetDefect::NoItems);
    }
    let mut draft = Draft::new(fonts);
    begin_page(&mut draft, fields);
    let (rest, chamber) = form::draw(&mut draft, fields, &code);
    continuation::draw(&mut draft, fields, rest);
    running_heads(&mut draft, fields, &code);
    match draft.fonts.missing() {
        letters if letters.is_empty() => Ok((draft, chamber)),
        letters => Err(SheetDefect::Glyphs { letters }),
    }
}

/// Names that stand in one line, or in the form's own words, cannot go to a continuation sheet.
fn check_lengths(fields: &CertificateFields) -> Result<(), SheetDefect> {
    let code = match &fields.kind {
        ProofKind::Declaration { approved_exporter_code: Some(code) } => code,
        ProofKind::Declaration { approved_exporter_code: None } | ProofKind::Certificate => "",
    };
    let bounded = [
        ("the certificate number", fields.number.as_str(), 64),
        ("the agreement's name", &fields.agreement, 160),
        ("the form's name", &fields.form, 80),
        ("the issuing body's name", &fields.issuing_body, 160),
        ("the place of issue", &fields.issued_at, 80),
        ("the approved exporter's code", code, 100),
    ];
    for (what, text, max) in bounded {
        let found = text.chars().count();
        if found > max {
            return Err(SheetDefect::TooLong { what, found, max });
        }
    }
    Ok(())
}

/// Name of the document, as it stands at its head.
fn title_of(fields: &CertificateFields) -> &'static str {
    match fields.kind {
        ProofKind::Certificate => "Certificate of Origin",
        ProofKind::Declaration { .. } => "Declaration of Origin",
    }
}

/// A new page; of a test network with SPECIMEN across it, light and under everything else.
fn begin_page(draft: &mut Draft<'_>, fields: &CertificateFields) {
    draft.add_page();
    if fields.is_specimen {
        specimen(draft);
    }
}

/// SPECIMEN across the page, rotated by 45 degrees about its middle.
pub(super) fn specimen(draft: &mut Draft<'_>) {
    const SIZE: f64 = 104.0;
    let style = Style::bold(SIZE);
    let width = draft.fonts.width("SPECIMEN", style);
    let glyphs: String = draft.fonts.encode("SPECIMEN", style).into_iter().map(|run| run.glyphs).collect();
    let turn = core::f64::consts::FRAC_1_SQRT_2;
    let (x, y) = (WIDTH / 2.0 - turn * width / 2.0 + 26.0, HEIGHT / 2.0 - turn * width / 2.0 - 26.0);
    draft.begin_artifact();
    draft.draw(&format!(
        "q 0.93 0.90 0.90 rg BT /F1 {SIZE} Tf {turn:.5} {turn:.5} -{turn:.5} {turn:.5} {x:.2} {y:.2} Tm <{glyphs}> Tj ET Q\n"
    ));
    draft.end();
}

/// Draws the entry code into the upper right corner of an area; gives the square it takes, light margin included.
fn entry_code(draft: &mut Draft<'_>, code: &Qr, area: Area, fields: &CertificateFields, is_first: bool) -> Area {
    let side = CODE_SIDE * f64::from(code.modules() + 2 * QUIET_MODULES) / f64::from(code.modules());
    let square = Area::new(area.right - side, area.top - side, area.right, area.top);
    if is_first {
        let Area { left, bottom, right, top } = square;
        let alt = string(&format!("QR code of the verification entry: {}", fields.entry));
        let entries = format!("/Alt {alt}/A<</O/Layout/BBox[{left:.2} {bottom:.2} {right:.2} {top:.2}]>>");
        let figure = draft.node_with(DOCUMENT, "Figure", entries);
        draft.begin(figure);
    } else {
        draft.begin_artifact();
    }
    draft.draw(&code.operators(square));
    draft.end();
    square
}

/// What every page repeats, once the number of pages is known.
fn running_heads(draft: &mut Draft<'_>, fields: &CertificateFields, code: &Qr) {
    let pages = draft.pages.len();
    for page in 0..pages {
        draft.turn_to(page);
        if page > 0 {
            continuation::head(draft, fields, code, page + 1, pages);
        }
        let items = fields.items.len();
        let text = format!("{} No. {}    page {} of {pages}    items: {items}", kind_word(fields), fields.number, page + 1);
        let band = Area::new(LEFT, 34.0, RIGHT, 52.0);
        draft.begin_artifact();
        draft.line(draft.narrowed(Style::regular(6.4), 300.0, &text), LEFT, 42.0, &text, band);
        draft.end();
        let note = match (fields.is_specimen, pages) {
            (true, _) => "SPECIMEN of a test network, without value",
            (false, 1) => "The QR code is a pointer to the verification entry, no proof.",
            (false, _) => "The pages are one document under one signature; the QR code is a pointer, no proof.",
        };
        let node = draft.node(DOCUMENT, "P");
        draft.begin(node);
        draft.right_aligned(Style::regular(6.4), 42.0, Area { left: 350.0, ..band }, note);
        draft.end();
    }
}

const fn kind_word(fields: &CertificateFields) -> &'static str {
    match fields.kind {
        ProofKind::Certificate => "Certificate",
        ProofKind::Declaration { .. } => "Declaration",
    }
}
