//! Where everything stands on the sheet. Coordinates in points, origin at the lower left.

use super::CertificateFields;
use crate::pdf::font::{Font, Weight};

/// A4.
pub(super) const WIDTH: f64 = 595.0;
/// A4.
pub(super) const HEIGHT: f64 = 842.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 561.0;
const MIDDLE: f64 = 300.0;
/// Size of captions.
const CAPTION: f64 = 6.6;
/// Size of what is filled in.
const FILLED: f64 = 8.4;
/// Line height as a multiple of the size.
const LEADING: f64 = 1.22;

/// Content being drawn.
pub(super) struct Page {
    pub(super) regular: Font,
    pub(super) bold: Font,
    pub(super) content: String,
}

/// A rectangle by its edges.
#[derive(Clone, Copy)]
struct Area {
    left: f64,
    bottom: f64,
    right: f64,
    top: f64,
}

impl Area {
    const fn new(left: f64, bottom: f64, right: f64, top: f64) -> Self {
        Self { left, bottom, right, top }
    }
}

impl Page {
    pub(super) fn new() -> Self {
        Self::default()
    }

    fn font(&mut self, weight: Weight) -> (&mut Font, &'static str) {
        match weight {
            Weight::Regular => (&mut self.regular, "R"),
            Weight::Bold => (&mut self.bold, "B"),
        }
    }

    /// One line with its baseline at `y`.
    fn line(&mut self, weight: Weight, size: f64, x: f64, y: f64, text: &str) {
        let (font, name) = self.font(weight);
        let glyphs = font.encode(text);
        self.content.push_str(&format!("BT /{name} {size:.2} Tf {x:.2} {y:.2} Td {glyphs} Tj ET\n"));
    }

    fn centred(&mut self, weight: Weight, size: f64, x: f64, y: f64, text: &str) {
        let width = self.font(weight).0.width(text, size);
        self.line(weight, size, x - width / 2.0, y, text);
    }

    fn frame(&mut self, area: Area) {
        let (width, height) = (area.right - area.left, area.top - area.bottom);
        self.content.push_str(&format!("{:.2} {:.2} {width:.2} {height:.2} re S\n", area.left, area.bottom));
    }

    fn rule(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.content.push_str(&format!("{:.2} {:.2} m {:.2} {:.2} l S\n", from.0, from.1, to.0, to.1));
    }

    /// A paragraph from the top of an area, set smaller until it fits. Gives the y below it.
    fn paragraph(&mut self, weight: Weight, size: f64, area: Area, text: &str) -> f64 {
        let width = area.right - area.left;
        let (mut size, room) = (size, area.top - area.bottom);
        let lines = loop {
            let lines = self.font(weight).0.lines(text, size, width);
            // Below 3 points nobody reads it anyway; a count has at most 2^32 lines.
            let tall = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX)) * size * LEADING;
            if tall <= room + 0.01 || size < 3.0 {
                break lines;
            }
            size *= 0.95;
        };
        let mut y = area.top;
        for line in lines {
            y -= size * LEADING;
            self.line(weight, size, area.left, y + size * 0.26, &line);
        }
        y
    }

    /// A framed box with its caption and what is filled in.
    fn captioned(&mut self, area: Area, caption: &str, filled: &str) {
        self.frame(area);
        let inner = Area::new(area.left + 4.0, area.bottom + 3.0, area.right - 4.0, area.top - 3.0);
        let below = self.paragraph(Weight::Regular, CAPTION, inner, caption);
        self.paragraph(Weight::Bold, FILLED, Area { top: below - 2.0, left: inner.left + 4.0, ..inner }, filled);
    }
}

/// Draws the sheet; gives the rectangle reserved for the issuing body's signature.
pub(super) fn draw(page: &mut Page, fields: &CertificateFields) -> [f64; 4] {
    if fields.is_specimen {
        watermark(page);
    }
    page.content.push_str("0 G 0 g 0.6 w\n");
    page.line(Weight::Bold, 9.0, LEFT, 806.0, "ORIGINAL");
    let number = format!("Certificate No. {}", fields.number);
    let width = page.bold.width(&number, 9.0);
    page.line(Weight::Bold, 9.0, RIGHT - width, 806.0, &number);
    header(page, fields);
    transport(page, fields);
    items(page, fields, Area::new(LEFT, 318.0, RIGHT, 524.0));
    remarks(page, fields, Area::new(LEFT, 254.0, RIGHT, 318.0));
    let chamber = declarations(page, fields, Area::new(LEFT, 56.0, RIGHT, 254.0));
    footer(page, fields);
    chamber
}

/// Light, first, and under everything else.
fn watermark(page: &mut Page) {
    const SIZE: f64 = 104.0;
    let glyphs = page.bold.encode("SPECIMEN");
    let width = page.bold.width("SPECIMEN", SIZE);
    // Rotated by 45 degrees about the middle of the page.
    let turn = core::f64::consts::FRAC_1_SQRT_2;
    let (x, y) = (WIDTH / 2.0 - turn * width / 2.0 + 26.0, HEIGHT / 2.0 - turn * width / 2.0 - 26.0);
    page.content.push_str(&format!(
        "q 0.92 0.92 0.92 rg BT /B {SIZE} Tf {turn:.5} {turn:.5} -{turn:.5} {turn:.5} {x:.2} {y:.2} Tm {glyphs} Tj ET Q\n"
    ));
}

fn header(page: &mut Page, fields: &CertificateFields) {
    let party = |party: &super::Party| format!("{}\n{}", party.name, party.address);
    let rows = [(728.0, 798.0), (660.0, 728.0), (592.0, 660.0)];
    let captions = [
        ("1. Goods consigned from (exporter's name, address and country)", &fields.exporter),
        ("2. Goods consigned to (importer's or consignee's name, address and country)", &fields.consignee),
        ("3. Producer's name, address and country (if known)", &fields.producer),
    ];
    for ((bottom, top), (caption, who)) in rows.into_iter().zip(captions) {
        page.captioned(Area::new(LEFT, bottom, MIDDLE, top), caption, &party(who));
    }
    page.frame(Area::new(MIDDLE, 660.0, RIGHT, 798.0));
    let middle = f64::midpoint(MIDDLE, RIGHT);
    let words = fields.agreement.to_uppercase();
    let mut y = 778.0;
    for line in page.bold.lines(&words, 10.0, RIGHT - MIDDLE - 24.0) {
        page.centred(Weight::Bold, 10.0, middle, y, &line);
        y -= 13.0;
    }
    page.centred(Weight::Bold, 15.0, middle, y - 12.0, "CERTIFICATE OF ORIGIN");
    page.centred(Weight::Bold, 12.0, middle, y - 31.0, "Form RCEP");
    let route = [("Issued in", &fields.exporting_country), ("For import into", &fields.importing_country)];
    let mut y = 690.0;
    for (caption, country) in route {
        page.line(Weight::Regular, 7.6, MIDDLE + 20.0, y, caption);
        page.line(Weight::Bold, 9.0, MIDDLE + 92.0, y, country);
        page.content.push_str("0.3 w\n");
        page.rule((MIDDLE + 90.0, y - 2.5), (RIGHT - 20.0, y - 2.5));
        page.content.push_str("0.6 w\n");
        y -= 17.0;
    }
}

fn transport(page: &mut Page, fields: &CertificateFields) {
    let area = Area::new(LEFT, 524.0, MIDDLE, 592.0);
    page.frame(area);
    let inner = Area::new(area.left + 4.0, area.bottom + 2.0, area.right - 4.0, area.top - 3.0);
    page.paragraph(Weight::Regular, CAPTION, inner, "4. Means of transport and route (if known)");
    let rows = [
        ("Departure date", &fields.departure_date),
        ("Vessel's name / aircraft flight no.", &fields.vessel),
        ("Port of discharge", &fields.port_of_discharge),
    ];
    let mut y = 571.0;
    for (caption, value) in rows {
        page.line(Weight::Regular, CAPTION, LEFT + 8.0, y, caption);
        page.paragraph(Weight::Bold, 8.0, Area::new(LEFT + 116.0, y - 10.0, MIDDLE - 4.0, y + 8.2), value);
        y -= 18.0;
    }
    let official = Area::new(MIDDLE, 524.0, RIGHT, 660.0);
    page.frame(official);
    let inner = Area::new(MIDDLE + 4.0, 530.0, RIGHT - 4.0, 657.0);
    page.paragraph(Weight::Regular, CAPTION, inner, "5. For official use");
    let mut y = 632.0;
    for text in ["Preferential treatment given", "Preferential treatment not given (state reasons)"] {
        page.frame(Area::new(MIDDLE + 14.0, y - 1.5, MIDDLE + 22.0, y + 6.5));
        page.line(Weight::Regular, 7.2, MIDDLE + 28.0, y, text);
        y -= 20.0;
    }
    page.content.push_str("0.3 w\n");
    page.rule((MIDDLE + 14.0, 552.0), (RIGHT - 14.0, 552.0));
    page.content.push_str("0.6 w\n");
    let signatory = "Signature of authorised signatory of the customs authority of the importing country";
    page.paragraph(Weight::Regular, 6.2, Area::new(MIDDLE + 14.0, 530.0, RIGHT - 10.0, 550.0), signatory);
}

/// Left edges of the columns of the goods table, and their captions.
const COLUMNS: [(f64, &str); 8] = [
    (34.0, "6. Item number"),
    (62.0, "7. Marks and numbers on packages"),
    (116.0, "8. Number and kind of packages; description of goods"),
    (274.0, "9. HS code (6 digits)"),
    (320.0, "10. Origin conferring criterion"),
    (370.0, "11. RCEP country of origin"),
    (418.0, "12. Quantity (gross weight or other measurement) and value (FOB) where RVC is applied"),
    (496.0, "13. Invoice number(s) and date of invoice(s)"),
];

fn items(page: &mut Page, fields: &CertificateFields, area: Area) {
    const CAPTION_HEIGHT: f64 = 46.0;
    page.frame(area);
    let head = area.top - CAPTION_HEIGHT;
    page.rule((area.left, head), (area.right, head));
    let edges: Vec<f64> = COLUMNS.iter().map(|(left, _)| *left).chain([area.right]).collect();
    let spans: Vec<(f64, f64)> = edges.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
    for ((left, right), (_, caption)) in spans.iter().zip(COLUMNS) {
        if *left > area.left {
            page.rule((*left, area.bottom), (*left, area.top));
        }
        let cell = Area::new(left + 3.0, head + 1.0, right - 2.0, area.top - 2.0);
        page.paragraph(Weight::Regular, 6.2, cell, caption);
    }
    let count = u32::try_from(fields.items.len().max(1)).unwrap_or(u32::MAX);
    let row = ((head - area.bottom - 14.0) / f64::from(count)).min(64.0);
    let mut top = head - 3.0;
    for item in &fields.items {
        let cells = [
            item.number.clone(),
            item.marks.clone(),
            format!("{}\n{}", item.packages, item.description),
            item.hs_code.clone(),
            item.origin_criterion.clone(),
            item.country_of_origin.clone(),
            format!("{}\n{}", item.quantity, item.fob_value),
            format!("{}\n{}", item.invoice_number, item.invoice_date),
        ];
        for ((left, right), text) in spans.iter().zip(cells) {
            let cell = Area::new(left + 3.0, top - row + 2.0, right - 2.0, top);
            page.paragraph(Weight::Bold, 7.8, cell, text.trim_end());
        }
        top -= row;
    }
    // A rule closes the last item, so that none can be added.
    page.content.push_str("0.3 w\n");
    page.rule((area.left + 4.0, top), (area.right - 4.0, top));
    page.centred(Weight::Regular, 6.2, 195.0, top - 7.5, "* * *  end of items  * * *");
    page.content.push_str("0.6 w\n");
}

fn remarks(page: &mut Page, fields: &CertificateFields, area: Area) {
    page.captioned(Area { right: 418.0, ..area }, "14. Remarks", &fields.remarks);
    page.frame(Area { left: 418.0, ..area });
    let mut y = area.top - 13.0;
    for text in ["Back-to-back certificate of origin", "Third-party invoicing", "Issued retroactively"] {
        page.frame(Area::new(426.0, y - 1.5, 433.0, y + 5.5));
        page.line(Weight::Regular, 6.6, 438.0, y, text);
        y -= 17.0;
    }
}

/// The two declarations; gives the box for the issuing body's signature.
fn declarations(page: &mut Page, fields: &CertificateFields, area: Area) -> [f64; 4] {
    let exporter = Area { right: MIDDLE, ..area };
    page.frame(exporter);
    let inner = Area::new(exporter.left + 4.0, exporter.bottom + 4.0, exporter.right - 6.0, exporter.top - 3.0);
    let declaration = format!(
        "15. Declaration by the exporter or producer\n\nThe undersigned hereby declares that the above details and \
         statements are correct and that the goods covered in this certificate comply with the requirements specified \
         for these goods in the {}. These goods are exported to:",
        fields.agreement
    );
    let y = page.paragraph(Weight::Regular, CAPTION, inner, &declaration);
    page.centred(Weight::Bold, 9.0, f64::midpoint(exporter.left, exporter.right), y - 16.0, &fields.importing_country);
    page.content.push_str("0.3 w\n");
    page.rule((LEFT + 40.0, y - 19.0), (MIDDLE - 40.0, y - 19.0));
    page.centred(Weight::Regular, 6.2, f64::midpoint(LEFT, MIDDLE), y - 27.0, "(importing country)");
    let base = area.bottom + 14.0;
    page.line(Weight::Bold, 8.4, LEFT + 10.0, base + 3.0, &fields.declared);
    page.line(Weight::Bold, 8.4, LEFT + 10.0, base + 17.0, &fields.exporter.name);
    page.rule((LEFT + 8.0, base), (MIDDLE - 8.0, base));
    page.line(Weight::Regular, 6.2, LEFT + 10.0, base - 8.0, "Place and date, name of authorised signatory");
    page.content.push_str("0.6 w\n");
    let issuer = Area { left: MIDDLE, ..area };
    page.frame(issuer);
    let inner = Area::new(issuer.left + 4.0, issuer.bottom + 4.0, issuer.right - 6.0, issuer.top - 3.0);
    let certification = "16. Certification\n\nOn the basis of control carried out, it is hereby certified that the \
                         information herein is correct and that the goods described comply with the origin \
                         requirements specified in the agreement.";
    let y = page.paragraph(Weight::Regular, CAPTION, inner, certification);
    let y = page.paragraph(Weight::Bold, 8.4, Area { top: y - 6.0, left: inner.left + 4.0, ..inner }, &fields.issuing_body);
    page.content.push_str("0.3 w\n");
    page.line(Weight::Bold, 8.4, MIDDLE + 10.0, base + 3.0, &fields.issued);
    page.rule((MIDDLE + 8.0, base), (RIGHT - 8.0, base));
    let caption = "Place and date, signature and stamp of the issuing body";
    page.line(Weight::Regular, 6.2, MIDDLE + 10.0, base - 8.0, caption);
    let chamber = Area::new(MIDDLE + 12.0, base + 16.0, RIGHT - 12.0, y - 6.0);
    page.content.push_str("[2 2] 0 d 0.6 G\n");
    page.frame(chamber);
    page.content.push_str("[] 0 d 0 G 0.6 w\n");
    [chamber.left, chamber.bottom, chamber.right, chamber.top]
}

fn footer(page: &mut Page, fields: &CertificateFields) {
    let text = format!("Certificate No. {}    page 1 of 1    items: {}", fields.number, fields.items.len());
    page.line(Weight::Regular, 6.4, LEFT, 42.0, &text);
    let note = if fields.is_specimen { "Specimen of a test network, without value." } else { "" };
    let width = page.regular.width(note, 6.4);
    page.line(Weight::Regular, 6.4, RIGHT - width, 42.0, note);
}
