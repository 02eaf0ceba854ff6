//! The first page: the boxes of Form RCEP.

use super::continuation::{BODY, Overflow};
use super::goods::Goods;
use super::{CertificateFields, LEFT, MIDDLE, OriginalProof, Party, Producer, ProofKind, RIGHT, entry_code, kind_word, title_of};
use crate::pdf::draft::{Area, DOCUMENT, Draft, Fitted, Kid, Node, SMALLEST, frame};
use crate::pdf::font::{HanForm, Style};
use crate::pdf::qr::Qr;

/// Size of captions.
const CAPTION: f64 = 6.4;
/// Size of what is filled in.
const FILLED: f64 = 8.4;
/// Ink of the printed marks.
const MARK_INK: &str = "0.62 0.08 0.10";

/// What the first page has no room for.
pub(super) struct Rest {
    pub(super) overflows: Vec<Overflow>,
    pub(super) goods: Goods,
}

struct Form<'d, 'f> {
    draft: &'d mut Draft<'f>,
    fields: &'d CertificateFields,
    overflows: Vec<Overflow>,
}

/// Draws the page; gives what it has no room for, and the box reserved for the issuing body's signature.
pub(super) fn draw(draft: &mut Draft<'_>, fields: &CertificateFields, code: &Qr) -> (Rest, Area) {
    let mut form = Form { draft, fields, overflows: Vec::new() };
    form.head();
    form.title(code, Area::new(MIDDLE, 660.0, RIGHT, 798.0));
    form.parties();
    form.transport(Area::new(LEFT, 524.0, MIDDLE, 592.0));
    form.official_use(Area::new(MIDDLE, 524.0, RIGHT, 660.0));
    let mut goods = Goods::new(form.draft, fields);
    let area = Area::new(LEFT, 300.0, RIGHT, 524.0);
    goods.print(form.draft, area, BODY.height());
    form.remarks(Area::new(LEFT, 238.0, RIGHT, 300.0));
    form.declaration(Area::new(LEFT, 56.0, MIDDLE, 238.0));
    let chamber = form.certification(Area::new(MIDDLE, 56.0, RIGHT, 238.0));
    (Rest { overflows: form.overflows, goods }, chamber)
}

impl Form<'_, '_> {
    /// A framed box with its caption; gives what is left of it.
    fn captioned(&mut self, area: Area, caption: &str) -> (Node, Area) {
        self.draft.frame(area);
        let inner = area.inset(3.5);
        let section = self.draft.node(DOCUMENT, "Sect");
        let below = self.draft.paragraph(section, Style::regular(CAPTION), inner, caption);
        (section, Area { top: below - 1.5, left: inner.left + 3.0, ..inner })
    }

    /// What is filled in, made smaller to fit; what does not fit even so goes to a continuation sheet as a whole.
    fn filled(&mut self, section: Node, style: Style, room: Area, caption: &str, text: &str) -> f64 {
        if text.is_empty() {
            return room.top;
        }
        let node = self.draft.node(section, "P");
        self.draft.begin(node);
        let y = match self.draft.fit(style, room, text) {
            Some(Fitted { style, lines }) => self.draft.lines(style, room, &lines),
            None => {
                self.overflows.push(Overflow { caption: caption.into(), text: text.into(), style });
                let words = ["(see continuation sheet)".to_owned()];
                self.draft.lines(Style { size: FILLED.min(room.height() / 1.3), ..style }, room, &words)
            }
        };
        self.draft.end();
        y
    }

    /// A box with a caption and a text.
    fn text_box(&mut self, area: Area, caption: &str, style: Style, text: &str) {
        let (section, room) = self.captioned(area, caption);
        self.filled(section, style, room, caption, text);
    }

    /// Above the form: original or copy, the printed marks, the number.
    fn head(&mut self) {
        let band = Area::new(LEFT, 800.0, RIGHT, 824.0);
        let mut marks = Vec::new();
        if self.fields.marks.issued_retroactively {
            marks.push("ISSUED RETROACTIVELY");
        }
        if self.fields.marks.true_copy_of.is_some() {
            marks.push("CERTIFIED TRUE COPY");
        } else {
            self.words(Style::bold(9.0), LEFT, 805.5, "ORIGINAL", band);
        }
        let mut x = if self.fields.marks.true_copy_of.is_some() { LEFT } else { LEFT + 56.0 };
        for mark in marks {
            let style = Style::bold(9.5);
            let width = self.draft.fonts.width(mark, style) + 12.0;
            let stamp = Area::new(x, 801.5, x + width, 817.5);
            self.draft.rules(&format!("{MARK_INK} RG 1.1 w {}0 G 0.6 w\n", frame(stamp)));
            self.draft.draw(&format!("{MARK_INK} rg\n"));
            self.words(style, x + 6.0, 806.0, mark, stamp);
            self.draft.draw("0 g\n");
            x += width + 8.0;
        }
        let number = format!("{} No. {}", kind_word(self.fields), self.fields.number);
        let node = self.draft.node(DOCUMENT, "P");
        self.draft.begin(node);
        self.draft.right_aligned(Style::bold(9.5), 805.5, Area { left: MIDDLE.max(x), ..band }, &number);
        self.draft.end();
    }

    /// One line as a paragraph.
    fn words(&mut self, style: Style, x: f64, y: f64, text: &str, bounds: Area) {
        let node = self.draft.node(DOCUMENT, "P");
        self.draft.begin(node);
        self.draft.line(style, x, y, text, bounds);
        self.draft.end();
    }

    /// Agreement, name of the document, route, entry code.
    fn title(&mut self, code: &Qr, area: Area) {
        self.draft.frame(area);
        let square = entry_code(self.draft, code, area.inset(3.0), self.fields, true);
        let caption = Area::new(square.left - 4.0, square.bottom - 12.0, RIGHT - 2.0, square.bottom + 2.0);
        let node = self.draft.node(DOCUMENT, "P");
        self.draft.begin(node);
        self.draft.centred(Style::regular(5.6), square.bottom - 4.0, caption, "verification entry");
        self.draft.end();
        let room = Area::new(area.left + 8.0, area.bottom, square.left - 4.0, area.top - 8.0);
        let heading = self.draft.node(DOCUMENT, "H1");
        let words = self.fields.agreement.to_uppercase();
        let upper = Area { bottom: room.top - 46.0, ..room };
        let fitted = self.draft.fit(Style::bold(9.0), upper, &words);
        let Fitted { style, lines } = fitted.unwrap_or_else(|| Fitted { style: Style::bold(5.6), lines: vec![words.clone()] });
        self.draft.begin(heading);
        let mut y = upper.top;
        for line in lines {
            y -= style.size * 1.24;
            self.draft.centred(style, y, room, &line);
        }
        self.draft.centred(Style::bold(14.0), room.top - 62.0, room, &title_of(self.fields).to_uppercase());
        self.draft.end();
        if !self.fields.form.is_empty() {
            let node = self.draft.node(DOCUMENT, "P");
            self.draft.begin(node);
            self.draft.centred(Style::bold(11.0), room.top - 78.0, room, &self.fields.form);
            self.draft.end();
        }
        let route = [("Issued in", &self.fields.exporting_country), ("For import into", &self.fields.importing_country)];
        for ((caption, country), y) in route.into_iter().zip([area.bottom + 24.0, area.bottom + 9.0]) {
            let bounds = Area::new(area.left + 12.0, y - 3.0, RIGHT - 12.0, y + 9.0);
            let node = self.draft.node(DOCUMENT, "P");
            self.draft.begin(node);
            self.draft.line(Style::regular(7.4), bounds.left, y, caption, bounds);
            let style = self.draft.narrowed(Style::bold(9.0), bounds.width() - 74.0, country);
            self.draft.line(style, bounds.left + 74.0, y, country, bounds);
            self.draft.end();
            self.draft.rule((bounds.left + 72.0, y - 2.5), (bounds.right, y - 2.5));
        }
    }

    /// Boxes 1 to 3.
    fn parties(&mut self) {
        let captions = [
            "1. Goods consigned from (exporter's name, address and country)",
            "2. Goods consigned to (importer's or consignee's name, address and country)",
            "3. Producer's name, address and country (if known)",
        ];
        let rows = [(728.0, 798.0), (660.0, 728.0), (592.0, 660.0)];
        let fields = self.fields;
        for (at, ((bottom, top), caption)) in rows.into_iter().zip(captions).enumerate() {
            let area = Area::new(LEFT, bottom, MIDDLE, top);
            match (at, &fields.producer) {
                (0, _) => self.party(area, caption, &fields.exporter),
                (1, _) => self.party(area, caption, &fields.consignee),
                (_, Producer::Named(party)) => self.party(area, caption, party),
                (_, Producer::Word(word)) => self.text_box(area, caption, Style::bold(FILLED), word),
            }
        }
    }

    /// Name in bold, address below it; together on a continuation sheet if they do not fit.
    fn party(&mut self, area: Area, caption: &str, party: &Party) {
        let form = HanForm::of_country(&party.country);
        let (section, room) = self.captioned(area, caption);
        let (bold, plain) = (Style::bold(FILLED).han(form), Style::regular(FILLED).han(form));
        let both = format!("{}\n{}", party.name, party.address);
        match self.draft.fit(bold, room, &both) {
            Some(Fitted { style, .. }) => {
                let below = self.filled(section, Style { size: style.size, ..bold }, room, caption, &party.name);
                self.filled(section, Style { size: style.size, ..plain }, Area { top: below, ..room }, caption, &party.address);
            }
            None => {
                self.filled(section, plain, room, caption, &both);
            }
        }
    }

    /// Box 4.
    fn transport(&mut self, area: Area) {
        let caption = "4. Means of transport and route (if known)";
        let (section, room) = self.captioned(area, caption);
        let fields = self.fields;
        let rows = [
            ("Departure date", &fields.departure_date, 12.0),
            ("Vessel's name / aircraft flight number etc.", &fields.vessel, 20.0),
            ("Port of discharge", &fields.port_of_discharge, 17.0),
        ];
        let mut top = room.top - 1.0;
        for (words, value, height) in rows {
            let label = Area::new(room.left, top - height, room.left + 98.0, top);
            self.draft.paragraph(section, Style::regular(CAPTION), label, words);
            let value_room = Area::new(room.left + 102.0, top - height, room.right, top);
            self.filled(section, Style::bold(8.0), value_room, &format!("4. {words}"), value);
            top -= height;
        }
    }

    /// Box 5, left to the customs authority.
    fn official_use(&mut self, area: Area) {
        let (section, _) = self.captioned(area, "5. For official use");
        let lines = ["Preferential treatment given", "Preferential treatment not given (please state reason/s)"];
        for (text, y) in lines.into_iter().zip([628.0, 610.0]) {
            let bounds = Area::new(MIDDLE + 14.0, y - 3.0, RIGHT - 6.0, y + 8.0);
            let node = self.draft.node(section, "P");
            self.draft.begin(node);
            self.draft.line(Style::regular(7.2), bounds.left, y, &format!("☐  {text}"), bounds);
            self.draft.end();
        }
        self.draft.rule((MIDDLE + 14.0, 552.0), (RIGHT - 14.0, 552.0));
        let signatory = "Signature of authorised signatory of the customs authority of the country of importation";
        let room = Area::new(MIDDLE + 14.0, 528.0, RIGHT - 10.0, 551.0);
        self.draft.paragraph(section, Style::regular(6.2), room, signatory);
    }

    /// Box 14, and the marks of box 17.
    fn remarks(&mut self, area: Area) {
        const SPLIT: f64 = 412.0;
        let marks = &self.fields.marks;
        let reference = |what: &str, proof: &OriginalProof| {
            let origin = proof.country_of_origin.as_ref().map_or_else(String::new, |country| format!(", country of origin {country}"));
            format!("{what} No. {} issued on {}{origin}.", proof.number, proof.issue_date)
        };
        let mut remarks: Vec<String> = Vec::new();
        remarks.extend(marks.replaces.as_ref().map(|proof| reference("This certificate replaces certificate", proof)));
        remarks.extend(marks.true_copy_of.as_ref().map(|proof| reference("Certified true copy of certificate", proof)));
        remarks.extend(marks.back_to_back_of.as_ref().map(|proof| reference("Back-to-back on the basis of proof of origin", proof)));
        if self.fields.items.iter().any(|item| item.country_of_origin.ends_with('*')) {
            remarks.push("* and ** in box 11: tariff differentials, Article 2.6.6 of the agreement.".into());
        }
        if !self.fields.remarks.is_empty() {
            remarks.push(self.fields.remarks.clone());
        }
        let style = Style::regular(8.0).han(HanForm::of_country(&self.fields.issuing_country));
        self.text_box(Area { right: SPLIT, ..area }, "14. Remarks", style, &remarks.join("\n"));
        let (section, _) = self.captioned(Area { left: SPLIT, ..area }, "17.");
        let boxes = [
            ("Back-to-back certificate of origin", marks.back_to_back_of.is_some()),
            ("Third-party invoicing", marks.third_party_invoicing),
            ("ISSUED RETROACTIVELY", marks.issued_retroactively),
        ];
        for ((text, is_set), y) in boxes.into_iter().zip([area.top - 19.0, area.top - 34.0, area.top - 49.0]) {
            let bounds = Area::new(SPLIT + 8.0, y - 3.0, RIGHT - 3.0, y + 8.0);
            let (tick, style) = if is_set { ("☒", Style::bold(7.2)) } else { ("☐", Style::regular(7.2)) };
            let node = self.draft.node(section, "P");
            self.draft.begin(node);
            self.draft.line(style, bounds.left, y, &format!("{tick}  {text}"), bounds);
            self.draft.end();
        }
    }

    /// Box 15.
    fn declaration(&mut self, area: Area) {
        let (section, room) = self.captioned(area, "15. Declaration by the exporter or producer");
        let fields = self.fields;
        let words = format!(
            "The undersigned hereby declares that the above details and statements are correct and that the goods covered in this {} \
             comply with the requirements specified for these goods in the {}. These goods are exported to:",
            title_of(fields).to_lowercase(),
            fields.agreement
        );
        let y = self.draft.paragraph(section, Style::regular(6.8), Area { bottom: area.bottom + 80.0, ..room }, &words);
        let band = Area { bottom: y - 34.0, top: y, ..room };
        let node = self.draft.node(section, "P");
        self.draft.begin(node);
        self.draft.centred(Style::bold(9.0), y - 15.0, band, &fields.importing_country);
        self.draft.centred(Style::regular(6.0), y - 26.0, band, "(importing country)");
        self.draft.end();
        self.draft.rule((band.left + 34.0, y - 18.0), (band.right - 34.0, y - 18.0));
        let form = HanForm::of_country(&fields.exporter.country);
        let who = [(fields.exporter.name.as_str(), Style::bold(8.0)), (fields.declared.as_str(), Style::regular(8.0))];
        self.signatory(
            section,
            area,
            who.map(|(text, style)| (text, style.han(form))),
            "Place and date, and signature of authorised signatory",
        );
    }

    /// Two lines over a rule at the foot of a box, and the rule's caption.
    fn signatory(&mut self, section: Node, area: Area, who: [(&str, Style); 2], caption: &str) {
        let base = area.bottom + 15.0;
        for ((text, style), y) in who.into_iter().zip([base + 14.0, base + 3.5]) {
            let bounds = Area::new(area.left + 8.0, y - 3.0, area.right - 8.0, y + 8.0);
            let node = self.draft.node(section, "P");
            let mut words = text;
            let mut style = self.draft.narrowed(style, bounds.width(), words);
            if style.size < SMALLEST {
                (words, style) = ("(see above)", Style::regular(8.0));
            }
            self.draft.begin(node);
            self.draft.line(style, bounds.left, y, words, bounds);
            self.draft.end();
        }
        self.draft.rule((area.left + 8.0, base), (area.right - 8.0, base));
        let room = Area::new(area.left + 8.0, area.bottom + 2.0, area.right - 8.0, base - 1.0);
        self.draft.paragraph(section, Style::regular(6.0), room, caption);
    }

    /// Box 16: the certification and the box reserved for the signature.
    fn certification(&mut self, area: Area) -> Area {
        let fields = self.fields;
        let (caption, words, below) = match &fields.kind {
            ProofKind::Certificate => (
                "16. Certification",
                "On the basis of control carried out, it is hereby certified that the information herein is correct and that the goods \
                 described comply with the origin requirements specified in the agreement."
                    .to_owned(),
                "Place and date, signature and seal or stamp of issuing body",
            ),
            ProofKind::Declaration { approved_exporter_code } => {
                let code = approved_exporter_code.as_deref().map_or_else(String::new, |code| format!("\nApproved exporter, code {code}"));
                (
                    "16. Declared by",
                    format!("Declaration of origin completed by the exporter on its own responsibility.{code}"),
                    "Place and date, signature",
                )
            }
        };
        let (section, room) = self.captioned(area, caption);
        let upper = Area { bottom: area.bottom + 112.0, ..room };
        let y = self.draft.paragraph(section, Style::regular(6.8), upper, &words);
        let form = HanForm::of_country(&fields.issuing_country);
        let place = format!("{}, {}", fields.issued_at, fields.issue_date);
        let who = [(fields.issuing_body.as_str(), Style::bold(8.0).han(form)), (place.as_str(), Style::regular(8.0).han(form))];
        self.signatory(section, area, who, below);
        let chamber = Area::new(area.left + 10.0, area.bottom + 41.0, area.right - 10.0, y - 5.0);
        self.draft.rules(&format!("[2 2] 0 d 0.6 G {}[] 0 d 0 G\n", frame(chamber)));
        let field = self.draft.node_with(section, "Form", "/Alt(Signature of the issuing body)".into());
        self.draft.add_kid(field, Kid::Field);
        chamber
    }
}
