//! Pages being drawn: text in boxes, rules and codes, each tagged with its place in the document's structure.
//!
//! Coordinates are points, origin at the lower left. A text goes into a box; [`Draft::fit`] finds the size at
//! which it fits, or says that it does not: nothing is cut and nothing leaves its box.

use super::font::{FontFile, Fonts, Style};
use super::text::utf16;

/// A4.
pub(crate) const WIDTH: f64 = 595.0;
/// A4.
pub(crate) const HEIGHT: f64 = 842.0;
/// Line height as a multiple of the size.
pub(crate) const LEADING: f64 = 1.24;
/// The smallest size that still can be read on paper, in points.
pub(crate) const SMALLEST: f64 = 5.6;

/// A rectangle by its edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) bottom: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
}

impl Area {
    pub(crate) const fn new(left: f64, bottom: f64, right: f64, top: f64) -> Self {
        Self { left, bottom, right, top }
    }

    pub(crate) const fn width(self) -> f64 {
        self.right - self.left
    }

    pub(crate) const fn height(self) -> f64 {
        self.top - self.bottom
    }

    /// The area without a margin on every side.
    pub(crate) const fn inset(self, by: f64) -> Self {
        Self { left: self.left + by, bottom: self.bottom + by, right: self.right - by, top: self.top - by }
    }
}

/// A node of the structure tree, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node(pub(crate) usize);

/// What stands under a node.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kid {
    Node(Node),
    /// Marked content of a page.
    Content {
        page: usize,
        mcid: usize,
    },
    /// The empty signature field.
    Field,
}

/// A structure element (ISO 32000-2, 14.7).
pub(crate) struct Element {
    pub(crate) role: &'static str,
    pub(crate) parent: Option<Node>,
    pub(crate) kids: Vec<Kid>,
    /// Further entries, as source.
    pub(crate) entries: String,
}

/// One page: its content, and the node of each marked content.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) content: String,
    pub(crate) marked: Vec<Node>,
}

/// Where a line of text stands, and the box it must not leave.
#[cfg(test)]
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) page: usize,
    pub(crate) text: String,
    pub(crate) ink: Area,
    pub(crate) bounds: Area,
}

/// A document being drawn.
pub(crate) struct Draft<'f> {
    pub(crate) fonts: Fonts<'f>,
    pub(crate) pages: Vec<Page>,
    pub(crate) tree: Vec<Element>,
    current: usize,
    #[cfg(test)]
    pub(crate) placed: Vec<Placed>,
}

/// A text broken into lines of a size that fits.
pub(crate) struct Fitted {
    pub(crate) style: Style,
    pub(crate) lines: Vec<String>,
}

impl Fitted {
    /// Height of all lines, in points.
    pub(crate) fn height(&self) -> f64 {
        count(self.lines.len()) * self.style.size * LEADING
    }
}

/// A count as a number of points.
pub(crate) fn count(items: usize) -> f64 {
    f64::from(u32::try_from(items).unwrap_or(u32::MAX))
}

/// Structure node of every document.
pub(crate) const DOCUMENT: Node = Node(0);

impl<'f> Draft<'f> {
    pub(crate) fn new(files: &'f [FontFile]) -> Self {
        let document = Element { role: "Document", parent: None, kids: Vec::new(), entries: String::new() };
        Self {
            fonts: Fonts::new(files),
            pages: Vec::new(),
            tree: vec![document],
            current: 0,
            #[cfg(test)]
            placed: Vec::new(),
        }
    }

    /// A further page, to be drawn on.
    pub(crate) fn add_page(&mut self) {
        self.pages.push(Page::default());
        self.current = self.pages.len() - 1;
        self.draw("0 G 0 g 0.6 w\n");
    }

    /// Draws on another page from now on.
    pub(crate) const fn turn_to(&mut self, page: usize) {
        self.current = page;
    }

    /// A new node under another.
    pub(crate) fn node(&mut self, parent: Node, role: &'static str) -> Node {
        self.node_with(parent, role, String::new())
    }

    /// A new node with further entries, as source.
    pub(crate) fn node_with(&mut self, parent: Node, role: &'static str, entries: String) -> Node {
        let node = Node(self.tree.len());
        self.tree.push(Element { role, parent: Some(parent), kids: Vec::new(), entries });
        self.add_kid(parent, Kid::Node(node));
        node
    }

    pub(crate) fn add_kid(&mut self, parent: Node, kid: Kid) {
        if let Some(element) = self.tree.get_mut(parent.0) {
            element.kids.push(kid);
        }
    }

    /// Content as it is.
    pub(crate) fn draw(&mut self, operators: &str) {
        if let Some(page) = self.pages.get_mut(self.current) {
            page.content.push_str(operators);
        }
    }

    /// Begins content of a node.
    pub(crate) fn begin(&mut self, node: Node) {
        let page = self.current;
        let role = self.tree.get(node.0).map_or("P", |element| element.role);
        let Some(drawn) = self.pages.get_mut(page) else { return };
        let mcid = drawn.marked.len();
        drawn.marked.push(node);
        drawn.content.push_str(&format!("/{role}<</MCID {mcid}>>BDC\n"));
        self.add_kid(node, Kid::Content { page, mcid });
    }

    /// Begins content that is no part of the text: rules, running heads.
    pub(crate) fn begin_artifact(&mut self) {
        self.draw("/Artifact BMC\n");
    }

    /// Ends what the last begin began.
    pub(crate) fn end(&mut self) {
        self.draw("EMC\n");
    }

    /// One line with its baseline at `y`, inside marked content. It must not leave `bounds`.
    pub(crate) fn line(&mut self, style: Style, x: f64, y: f64, text: &str, bounds: Area) {
        self.record(style, x, y, text, bounds);
        let runs = self.fonts.encode(text, style);
        let mut out = format!("BT {x:.2} {y:.2} Td");
        for run in runs {
            let show = format!(" /F{} {:.2} Tf <{}> Tj", run.face, style.size, run.glyphs);
            match run.actual {
                Some(letter) => out.push_str(&format!(" /Span<</ActualText {}>>BDC{show} EMC", utf16(&letter.to_string()))),
                None => out.push_str(&show),
            }
        }
        out.push_str(" ET\n");
        self.draw(&out);
    }

    #[cfg(not(test))]
    fn record(&mut self, _: Style, _: f64, _: f64, _: &str, _: Area) {}

    #[cfg(test)]
    fn record(&mut self, style: Style, x: f64, y: f64, text: &str, bounds: Area) {
        let right = x + self.fonts.width(text, style);
        let ink = Area::new(x, y - 0.22 * style.size, right, y + 0.78 * style.size);
        self.placed.push(Placed { page: self.current, text: text.into(), ink, bounds });
    }

    /// The text in lines at the largest size, not above the style's and not below [`SMALLEST`], at which it fits.
    pub(crate) fn fit(&self, style: Style, room: Area, text: &str) -> Option<Fitted> {
        let mut style = style;
        loop {
            let fitted = Fitted { style, lines: self.fonts.lines(text, style, room.width()) };
            if fitted.height() <= room.height() + 0.01 {
                return Some(fitted);
            }
            if style.size <= SMALLEST {
                return None;
            }
            style.size = (style.size * 0.96).max(SMALLEST);
        }
    }

    /// Draws lines from the top of an area, inside marked content. Gives the y below them.
    pub(crate) fn lines(&mut self, style: Style, room: Area, lines: &[String]) -> f64 {
        let mut y = room.top;
        for line in lines {
            y -= style.size * LEADING;
            self.line(style, room.left, y + style.size * 0.26, line, room);
        }
        y
    }

    /// A paragraph of the form's own words, as a node of its own. Gives the y below it.
    pub(crate) fn paragraph(&mut self, parent: Node, style: Style, room: Area, text: &str) -> f64 {
        let node = self.node(parent, "P");
        let fitted = self.fit(style, room, text).unwrap_or_else(|| Fitted { style, lines: vec![text.to_owned()] });
        self.begin(node);
        let y = self.lines(fitted.style, room, &fitted.lines);
        self.end();
        y
    }

    /// One line in the middle of an area, set smaller if it is too wide.
    pub(crate) fn centred(&mut self, style: Style, y: f64, room: Area, text: &str) {
        let style = self.narrowed(style, room.width(), text);
        let x = f64::midpoint(room.left, room.right) - self.fonts.width(text, style) / 2.0;
        self.line(style, x, y, text, room);
    }

    /// One line that ends at the right edge of an area, set smaller if it is too wide.
    pub(crate) fn right_aligned(&mut self, style: Style, y: f64, room: Area, text: &str) {
        let style = self.narrowed(style, room.width(), text);
        let x = room.right - self.fonts.width(text, style);
        self.line(style, x, y, text, room);
    }

    /// The style, smaller if the text would be wider than the room.
    pub(crate) fn narrowed(&self, style: Style, width: f64, text: &str) -> Style {
        let wide = self.fonts.width(text, style);
        if wide > width { Style { size: style.size * width / wide * 0.999, ..style } } else { style }
    }

    /// Rectangles and rules, no part of the text.
    pub(crate) fn rules(&mut self, operators: &str) {
        self.begin_artifact();
        self.draw(operators);
        self.end();
    }

    pub(crate) fn frame(&mut self, area: Area) {
        self.rules(&frame(area));
    }

    pub(crate) fn rule(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.rules(&format!("0.3 w {:.2} {:.2} m {:.2} {:.2} l S 0.6 w\n", from.0, from.1, to.0, to.1));
    }
}

/// Operators of a rectangle's outline.
pub(crate) fn frame(area: Area) -> String {
    format!("{:.2} {:.2} {:.2} {:.2} re S\n", area.left, area.bottom, area.width(), area.height())
}
