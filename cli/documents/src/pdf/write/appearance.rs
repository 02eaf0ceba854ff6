//! What a signature shows on the page: who signed and when, in an embedded font, and if asked for the code of the
//! verification entry. It stays inside the field's own box.

use super::{SignError, SignOptions};
use crate::pdf::draft::Area;
use crate::pdf::font::{Fonts, Style, stream};
use crate::pdf::qr::{QUIET_MODULES, Qr};
use crate::time::Civil;
use std::fmt::Write as _;

/// Ink of frame and text.
const INK: &str = "0.10 0.28 0.50";
/// Line height as a multiple of the size.
const LEADING: f64 = 1.25;
/// Least side of a code without its light margin: 20 mm.
const CODE_SIDE: f64 = 57.0;
/// Least width that a code leaves to the text.
const TEXT_WIDTH: f64 = 90.0;

/// Objects of a visible appearance, numbered from `first`; the first is the form to name as `/AP /N`.
pub(super) fn objects(options: &SignOptions, signer: &str, size: (f64, f64), first: u32) -> Result<Vec<(u32, Vec<u8>)>, SignError> {
    let (width, height) = size;
    let mut fonts = Fonts::new(&options.fonts);
    let mut content = format!("q {INK} RG 0.8 w 0.4 0.4 {:.2} {:.2} re S Q\n", width - 0.8, height - 0.8);
    let code = options.entry.as_deref().and_then(|entry| square(Qr::of_text(entry)?, width, height));
    let mut left = 5.0;
    if let Some((code, square)) = &code {
        content.push_str(&code.operators(*square));
        left = square.right + 2.0;
    }
    let rows = rows(&fonts, options, signer, width - left - 4.0);
    let wanted: f64 = rows.iter().map(|(style, _)| style.size * LEADING).sum();
    // Too much text for the box is set smaller, never cut.
    let scale = ((height - 6.0) / wanted).clamp(0.2, 1.0);
    let _ = writeln!(content, "BT {INK} rg");
    let mut y = height - 3.0 - (height - 6.0 - wanted * scale).max(0.0) / 2.0;
    for (style, line) in rows {
        let style = Style { size: style.size * scale, ..style };
        y -= style.size * LEADING;
        let _ = write!(content, "1 0 0 1 {left:.2} {:.2} Tm", y + style.size * 0.3);
        for run in fonts.encode(&line, style) {
            let _ = write!(content, " /F{} {:.2} Tf <{}> Tj", run.face, style.size, run.glyphs);
        }
        content.push('\n');
    }
    content.push_str("ET");
    let missing = fonts.missing();
    if !missing.is_empty() {
        return Err(SignError::Glyphs { letters: missing.into_iter().collect() });
    }
    let mut resources = String::new();
    let mut objects = Vec::new();
    for (face, bodies) in fonts.objects(first + 1) {
        if let Some((number, _)) = bodies.first() {
            let _ = write!(resources, "/F{face} {number} 0 R");
        }
        objects.extend(bodies);
    }
    let entries = format!("/Type/XObject/Subtype/Form/BBox[0 0 {width:.2} {height:.2}]/Resources<</Font<<{resources}>>>>");
    objects.insert(0, (first, stream(&entries, content.as_bytes())));
    Ok(objects)
}

/// The code at the left, if the box has room for it at a size that can be read.
fn square(code: Qr, width: f64, height: f64) -> Option<(Qr, Area)> {
    let modules = f64::from(code.modules());
    let side = height - 2.0;
    let fits = side * modules / (modules + f64::from(2 * QUIET_MODULES)) >= CODE_SIDE && side + TEXT_WIDTH <= width;
    fits.then_some((code, Area::new(1.0, 1.0, 1.0 + side, 1.0 + side)))
}

/// The lines of text with their styles.
fn rows(fonts: &Fonts<'_>, options: &SignOptions, signer: &str, width: f64) -> Vec<(Style, String)> {
    let small = Style::regular(6.5);
    let time = Civil::of_unix(options.signing_time).for_people();
    let mut rows = Vec::new();
    let mut add = |style: Style, text: &str| rows.extend(fonts.lines(text, style, width).into_iter().map(|line| (style, line)));
    add(small, "Electronically signed by");
    add(Style::bold(8.5), options.name.as_deref().unwrap_or(signer));
    add(small, &time);
    for text in [&options.reason, &options.location].into_iter().flatten() {
        add(small, text);
    }
    rows
}
