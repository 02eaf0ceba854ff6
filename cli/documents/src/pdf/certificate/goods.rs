//! The goods: a table that flows over as many pages as it needs, numbered through, closed by a rule.

use super::{CertificateFields, LEFT, OriginItem, RIGHT};
use crate::pdf::draft::{Area, DOCUMENT, Draft, LEADING, Node, count, frame};
use crate::pdf::font::{HanForm, Style};
use core::fmt::Write as _;
use std::collections::VecDeque;

/// Left edges of the columns, and their captions.
const COLUMNS: [(f64, &str); 8] = [
    (LEFT, "6. Item no."),
    (60.0, "7. Marks and numbers on packages"),
    (122.0, "8. Number and kind of packages; and description of goods"),
    (288.0, "9. HS code of the goods (6 digit-level)"),
    (330.0, "10. Origin conferring criterion"),
    (376.0, "11. RCEP country of origin"),
    (422.0, "12. Quantity (gross weight or other measurement), and value (FOB) where RVC is applied"),
    (494.0, "13. Invoice number(s) and date of invoice(s)"),
];
const CAPTION_HEIGHT: f64 = 40.0;
/// Size of what is filled in.
const SIZE: f64 = 7.4;
const LINE: f64 = SIZE * LEADING;
/// Between two items.
const GAP: f64 = 4.0;
/// For the closing rule, or the note that the goods go on.
const CLOSING: f64 = 13.0;

/// The columns with their spans.
fn spans() -> impl Iterator<Item = (f64, f64, &'static str)> {
    let edges = COLUMNS.iter().skip(1).map(|(left, _)| *left).chain([RIGHT]);
    COLUMNS.iter().zip(edges).map(|((left, caption), right)| (*left, right, *caption))
}

/// An item in lines, as far as it is not printed yet.
struct Row {
    cells: Vec<Cell>,
    /// Whether its beginning stands on an earlier page.
    is_continued: bool,
}

struct Cell {
    node: Node,
    left: f64,
    right: f64,
    lines: Vec<String>,
}

impl Row {
    fn lines(&self) -> usize {
        self.cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0)
    }
}

/// The goods that are still to be printed.
pub(super) struct Goods {
    style: Style,
    /// The captions' cells; taken by the first page that has a table.
    head: Vec<Node>,
    rows: VecDeque<Row>,
}

impl Goods {
    /// All goods, broken into the lines of their cells.
    pub(super) fn new(draft: &mut Draft<'_>, fields: &CertificateFields) -> Self {
        let style = Style::regular(SIZE).han(HanForm::of_country(&fields.exporter.country));
        let table = draft.node(DOCUMENT, "Table");
        let row = draft.node(table, "TR");
        let head = COLUMNS.iter().map(|_| draft.node_with(row, "TH", "/A<</O/Table/Scope/Column>>".into())).collect();
        let mut rows = VecDeque::new();
        for item in &fields.items {
            let row = draft.node(table, "TR");
            let mut cells = Vec::new();
            for ((left, right, _), text) in spans().zip(texts(item)) {
                let (left, right) = (left + 3.0, right - 2.0);
                let lines = draft.fonts.lines(text.trim_end(), style, right - left);
                cells.push(Cell { node: draft.node(row, "TD"), left, right, lines });
            }
            rows.push_back(Row { cells, is_continued: false });
        }
        Self { style, head, rows }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Prints as many goods as an area takes. An item that would fit on a page of its own is not torn apart, unless
    /// it would leave this area empty; `page_height` is the height of such a page's area.
    pub(super) fn print(&mut self, draft: &mut Draft<'_>, area: Area, page_height: f64) {
        let top = self.captions(draft, area);
        let bottom = area.bottom + CLOSING;
        let lines_of_page = lines_in(page_height - CAPTION_HEIGHT - CLOSING - GAP);
        let mut y = top - GAP / 2.0;
        let mut is_first = true;
        while let Some(row) = self.rows.front_mut() {
            let (wanted, room) = (row.lines(), lines_in(y - bottom));
            if wanted <= room {
                y = draw(draft, self.style, row, wanted, Area { top: y, bottom, ..area });
                self.rows.pop_front();
                if !self.rows.is_empty() && y - GAP > bottom {
                    draft.rules(&format!("0.2 w 0.7 G {LEFT} {0:.2} m {RIGHT} {0:.2} l S 0.6 w 0 G\n", y - GAP / 2.0));
                }
                y -= GAP;
                is_first = false;
            } else if is_first || wanted > lines_of_page && room > 2 {
                draw(draft, self.style, row, room.max(1), Area { top: y, bottom, ..area });
                row.is_continued = true;
                y = bottom;
                break;
            } else {
                break;
            }
        }
        self.close(draft, area, y);
    }

    /// Frame, columns and captions; gives the y below the captions.
    fn captions(&mut self, draft: &mut Draft<'_>, area: Area) -> f64 {
        let below = area.top - CAPTION_HEIGHT;
        let mut rules = frame(area);
        let _ = writeln!(rules, "{LEFT} {below:.2} m {RIGHT} {below:.2} l S");
        for (left, ..) in spans().skip(1) {
            let _ = writeln!(rules, "{left:.2} {:.2} m {left:.2} {:.2} l S", area.bottom, area.top);
        }
        draft.rules(&rules);
        let mut nodes = core::mem::take(&mut self.head).into_iter();
        for (left, right, caption) in spans() {
            let room = Area::new(left + 3.0, below + 1.0, right - 2.0, area.top - 1.5);
            match nodes.next() {
                Some(node) => draft.begin(node),
                None => draft.begin_artifact(),
            }
            let style = Style::regular(6.0);
            if let Some(fitted) = draft.fit(style, room, caption) {
                draft.lines(fitted.style, room, &fitted.lines);
            }
            draft.end();
        }
        below
    }

    /// A rule closes the last item, so that none can be added; or says that the goods go on.
    fn close(&self, draft: &mut Draft<'_>, area: Area, y: f64) {
        let style = Style::regular(6.2);
        let middle = Area { left: 122.0, right: 288.0, ..area };
        if !self.rows.is_empty() {
            draft.begin_artifact();
            draft.centred(style, area.bottom + 3.5, middle, "(goods continue on the next page)");
            draft.end();
            return;
        }
        // What is left of the columns is crossed out.
        let end = y.max(area.bottom + CLOSING);
        draft.rules(&format!("0.8 w {LEFT} {end:.2} m {RIGHT} {end:.2} l S 0.6 w\n"));
        let node = draft.node(DOCUMENT, "P");
        draft.begin(node);
        draft.centred(style, end - 8.5, middle, "* * *  end of goods  * * *");
        draft.end();
        if end - area.bottom > 30.0 {
            draft.rules(&format!("0.3 w {LEFT} {:.2} m {RIGHT} {:.2} l S 0.6 w\n", area.bottom, end - CLOSING));
        }
    }
}

/// Whole lines in a height.
fn lines_in(height: f64) -> usize {
    let mut lines = 0;
    while count(lines + 1) * LINE <= height + 0.01 {
        lines += 1;
    }
    lines
}

/// Prints the next lines of a row; gives the y below them.
fn draw(draft: &mut Draft<'_>, style: Style, row: &mut Row, lines: usize, area: Area) -> f64 {
    let bottom = area.top - count(lines) * LINE;
    if let Some(number) = row.cells.first().filter(|_| row.is_continued) {
        let room = Area::new(number.left, bottom, number.right, area.top);
        draft.begin_artifact();
        draft.centred(Style::regular(5.8), area.top - LINE + 2.0, room, "(cont.)");
        draft.end();
    }
    for cell in &mut row.cells {
        let rest = cell.lines.split_off(cell.lines.len().min(lines));
        let now = core::mem::replace(&mut cell.lines, rest);
        draft.begin(cell.node);
        draft.lines(style, Area::new(cell.left, bottom, cell.right, area.top), &now);
        draft.end();
    }
    bottom
}

fn texts(item: &OriginItem) -> [String; 8] {
    [
        item.number.clone(),
        item.marks.clone(),
        format!("{}\n{}", item.packages, item.description),
        item.hs_code.clone(),
        item.origin_criterion.clone(),
        item.country_of_origin.clone(),
        format!("{}\n{}", item.quantity, item.fob_value),
        format!("{}\n{}", item.invoice_number, item.invoice_date),
    ]
}
