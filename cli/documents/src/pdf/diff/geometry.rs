//! Rectangles of widgets: on which page they are, and what they would hide there.

use crate::pdf::raw::{Dict, ObjectId, Pdf, Value};

/// Part of a page that a signature added later may fill at most.
const MAX_PART_OF_PAGE: f64 = 0.5;
/// Most annotations of one page compared with a rectangle.
const MAX_COMPARED: usize = 1_000;

/// A rectangle in points, its corners in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    left: f64,
    bottom: f64,
    right: f64,
    top: f64,
}

impl Rectangle {
    /// Exactly four numbers, else none.
    pub(super) fn of(pdf: &Pdf<'_>, revision: usize, dict: &Dict, key: &str) -> Option<Self> {
        let numbers = pdf.get_at(revision, dict, key)?.as_array()?;
        let numbers: Option<Vec<f64>> = numbers.iter().map(Value::as_number).collect();
        let [a, b, c, d] = numbers?.try_into().ok()?;
        Some(Self { left: a.min(c), bottom: b.min(d), right: a.max(c), top: b.max(d) })
    }

    pub(super) fn has_area(self) -> bool {
        self.area() > 0.0
    }

    fn area(self) -> f64 {
        (self.right - self.left) * (self.top - self.bottom)
    }

    fn is_inside(self, outer: Self) -> bool {
        // Half a point of rounding.
        self.left >= outer.left - 0.5 && self.bottom >= outer.bottom - 0.5 && self.right <= outer.right + 0.5 && self.top <= outer.top + 0.5
    }

    fn overlaps(self, other: Self) -> bool {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.top.min(other.top) - self.bottom.max(other.bottom);
        // Boxes that only touch, by rounding, do not overlap.
        width > 0.5 && height > 0.5
    }
}

/// The page whose annotations list the widget: the one it names, else any.
pub(super) fn page_of(pdf: &Pdf<'_>, revision: usize, pages: &[ObjectId], widget: ObjectId, dict: &Dict) -> Option<ObjectId> {
    let lists = |page: &ObjectId| annotations(pdf, revision, *page).iter().any(|value| value.as_reference() == Some(widget));
    let named = dict.get("P").and_then(Value::as_reference).filter(|page| pages.contains(page));
    named.filter(lists).or_else(|| pages.iter().copied().take(MAX_COMPARED).find(lists))
}

fn annotations<'p>(pdf: &'p Pdf<'_>, revision: usize, page: ObjectId) -> &'p [Value] {
    let page = pdf.object_at(revision, page.number).and_then(|object| object.value.as_dict());
    let list = page.and_then(|page| pdf.get_at(revision, page, "Annots")).and_then(Value::as_array);
    list.and_then(|list| list.get(..list.len().min(MAX_COMPARED))).unwrap_or_default()
}

/// `/MediaBox`, its own or inherited.
fn media_box(pdf: &Pdf<'_>, revision: usize, page: ObjectId) -> Option<Rectangle> {
    let mut node = pdf.object_at(revision, page.number)?.value.as_dict()?;
    for _ in 0..32 {
        if node.get("MediaBox").is_some() {
            return Rectangle::of(pdf, revision, node, "MediaBox");
        }
        node = pdf.get_at(revision, node, "Parent")?.as_dict()?;
    }
    None
}

/// What a box filled on this page would hide, if anything.
pub(super) fn hidden_by(pdf: &Pdf<'_>, revision: usize, page: ObjectId, widget: ObjectId, shown: Rectangle) -> Option<String> {
    let whole = media_box(pdf, revision, page);
    let Some(whole) = whole.filter(|whole| whole.has_area()) else { return Some("is on a page without a size".into()) };
    if !shown.is_inside(whole) {
        return Some("reaches over the edge of its page".into());
    }
    if shown.area() > whole.area() * MAX_PART_OF_PAGE {
        return Some("covers more than half of its page".into());
    }
    annotations(pdf, revision, page).iter().filter(|value| value.as_reference() != Some(widget)).find_map(|value| {
        let other = pdf.resolve_at(revision, value)?.as_dict()?;
        // A link shows nothing, a pop-up is shown by its own annotation.
        if other.is("Subtype", "Link") || other.is("Subtype", "Popup") {
            return None;
        }
        let rectangle = Rectangle::of(pdf, revision, other, "Rect")?;
        shown.overlaps(rectangle).then(|| match value.as_reference() {
            Some(id) => format!("covers annotation {id}"),
            None => "covers another annotation".into(),
        })
    })
}
