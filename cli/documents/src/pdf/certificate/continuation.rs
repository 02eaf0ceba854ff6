//! Continuation sheets: texts too long for their box, then the goods that do not stand on the first page.

use super::form::Rest;
use super::{CertificateFields, LEFT, RIGHT, begin_page, entry_code, kind_word, title_of};
use crate::pdf::draft::{Area, DOCUMENT, Draft, LEADING};
use crate::pdf::font::Style;
use crate::pdf::qr::Qr;

/// What a sheet has for texts and goods, below its head.
pub(super) const BODY: Area = Area::new(LEFT, 60.0, RIGHT, 724.0);
/// Least height in which a table of goods is begun.
const TABLE_MIN: f64 = 120.0;

/// A text that did not fit into its box.
pub(super) struct Overflow {
    pub(super) caption: String,
    pub(super) text: String,
    pub(super) style: Style,
}

/// Draws as many sheets as there is something left for.
pub(super) fn draw(draft: &mut Draft<'_>, fields: &CertificateFields, rest: Rest) {
    let Rest { overflows, mut goods } = rest;
    // At the bottom of a page that does not exist yet.
    let mut y = BODY.bottom;
    for Overflow { caption, text, style } in overflows {
        let node = draft.node(DOCUMENT, "Sect");
        let heading = draft.node(node, "H2");
        let body = draft.node(node, "P");
        let style = Style { size: 7.8, ..style };
        let mut lines = draft.fonts.lines(&text, style, BODY.width());
        let line = style.size * LEADING;
        let mut is_begun = false;
        while !lines.is_empty() {
            if y - BODY.bottom < 4.0 * line {
                begin_page(draft, fields);
                y = BODY.top;
            }
            let words = if is_begun { format!("{caption} (continued further)") } else { format!("{caption} (continued)") };
            let head = Style::bold(7.4);
            draft.begin(heading);
            draft.line(draft.narrowed(head, BODY.width(), &words), BODY.left, y - 9.0, &words, Area { top: y, ..BODY });
            draft.end();
            y -= 12.0;
            let mut room = lines.len();
            while room > 1 && crate::pdf::draft::count(room) * line > y - BODY.bottom {
                room -= 1;
            }
            let later = lines.split_off(room);
            draft.begin(body);
            y = draft.lines(style, Area { top: y, ..BODY }, &lines) - 8.0;
            draft.end();
            lines = later;
            is_begun = true;
        }
    }
    while !goods.is_empty() {
        if y - BODY.bottom < TABLE_MIN {
            begin_page(draft, fields);
            y = BODY.top;
        }
        goods.print(draft, Area { top: y, ..BODY }, BODY.height());
        y = BODY.bottom;
    }
}

/// The head that every continuation sheet has: number, page and code, so that a missing sheet shows.
pub(super) fn head(draft: &mut Draft<'_>, fields: &CertificateFields, code: &Qr, page: usize, pages: usize) {
    let area = Area::new(LEFT, BODY.top + 6.0, RIGHT, 808.0);
    let square = entry_code(draft, code, area, fields, false);
    let room = Area { right: square.left - 8.0, ..area };
    let title = format!("{} – CONTINUATION SHEET", title_of(fields).to_uppercase());
    let lines = [
        (Style::bold(12.0), 792.0, title),
        (Style::regular(8.4), 778.0, fields.form.clone()),
        (Style::bold(10.0), 760.0, format!("{} No. {}", kind_word(fields), fields.number)),
        (Style::regular(8.4), 746.0, format!("page {page} of {pages}, issued on {} by {}", fields.issue_date, fields.issuing_body)),
    ];
    draft.begin_artifact();
    for (style, y, text) in lines {
        let style = draft.narrowed(style, room.width(), &text);
        draft.line(style, LEFT, y, &text, room);
    }
    draft.end();
}
