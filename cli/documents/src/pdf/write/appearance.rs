//! What a signature shows on the page: text only, in an embedded font.

use super::SignOptions;
use crate::pdf::font::{Font, OBJECTS_PER_FONT, Weight, stream};
use crate::time::Civil;

/// Objects of a visible appearance, numbered from `first`; the first is the form to name as `/AP /N`.
pub(super) fn objects(options: &SignOptions, signer: &str, size: (f64, f64), first: u32) -> Vec<(u32, Vec<u8>)> {
    let (width, height) = size;
    let (regular_at, bold_at) = (first + 1, first + 1 + OBJECTS_PER_FONT);
    let (mut regular, mut bold) = (Font::new(Weight::Regular), Font::new(Weight::Bold));
    let inner = width - 8.0;
    let name = options.name.as_deref().unwrap_or(signer);
    let mut rows: Vec<(bool, f64, String)> = Vec::new();
    let mut add = |font: &Font, is_bold: bool, size: f64, text: &str| {
        rows.extend(font.lines(text, size, inner).into_iter().map(|line| (is_bold, size, line)));
    };
    add(&regular, false, 6.5, "Electronically signed");
    add(&bold, true, 8.5, name);
    add(&regular, false, 6.5, &Civil::of_unix(options.signing_time).for_people());
    if let Some(reason) = &options.reason {
        add(&regular, false, 6.5, reason);
    }
    if let Some(location) = &options.location {
        add(&regular, false, 6.5, location);
    }
    let wanted: f64 = rows.iter().map(|(_, size, _)| size * 1.25).sum();
    // Too much text for the box is set smaller, never cut.
    let scale = ((height - 6.0) / wanted).clamp(0.2, 1.0);
    let mut content = format!("q 0.10 0.28 0.50 RG 0.8 w 0.4 0.4 {:.2} {:.2} re S Q\nBT 0.10 0.28 0.50 rg\n", width - 0.8, height - 0.8);
    let mut y = height - 3.0;
    for (is_bold, size, line) in rows {
        let size = size * scale;
        y -= size * 1.25;
        let (font, name) = if is_bold { (&mut bold, "B") } else { (&mut regular, "R") };
        let baseline = y + size * 0.3;
        content.push_str(&format!("/{name} {size:.2} Tf 1 0 0 1 4 {baseline:.2} Tm {} Tj\n", font.encode(&line)));
    }
    content.push_str("ET");
    let entries = format!(
        "/Type/XObject/Subtype/Form/BBox[0 0 {width:.2} {height:.2}]\
         /Resources<</Font<</R {regular_at} 0 R/B {bold_at} 0 R>>>>"
    );
    let mut objects = vec![(first, stream(&entries, content.as_bytes()))];
    objects.extend(regular.objects(regular_at));
    objects.extend(bold.objects(bold_at));
    objects
}
