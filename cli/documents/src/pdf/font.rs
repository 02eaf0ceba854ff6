//! The embedded font: measures text, and becomes the five objects of a subset CID font.
//!
//! DejaVu Sans Condensed (see `fonts/LICENSE`). Letters it lacks are shown as `?`; nothing is dropped.

use std::collections::BTreeMap;
use subsetter::GlyphRemapper;

static REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSansCondensed.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSansCondensed-Bold.ttf");

/// Number of indirect objects of one font.
pub(crate) const OBJECTS_PER_FONT: u32 = 5;

/// Weight of a font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A font and the glyphs used of it so far.
pub(crate) struct Font {
    weight: Weight,
    face: ttf_parser::Face<'static>,
    glyphs: GlyphRemapper,
    /// Width (in thousandths of the size) and letter of each glyph of the subset.
    used: BTreeMap<u16, (u32, char)>,
}

impl Font {
    /// The font, nothing of it used yet.
    #[expect(clippy::expect_used, reason = "the bytes are compiled in; every test that makes a page parses them")]
    pub(crate) fn new(weight: Weight) -> Self {
        let face = ttf_parser::Face::parse(Self::file(weight), 0).expect("the font compiled in is sound");
        Self { weight, face, glyphs: GlyphRemapper::new(), used: BTreeMap::new() }
    }

    const fn file(weight: Weight) -> &'static [u8] {
        match weight {
            Weight::Regular => REGULAR,
            Weight::Bold => BOLD,
        }
    }

    fn glyph(&self, letter: char) -> ttf_parser::GlyphId {
        let letter = if letter.is_control() { ' ' } else { letter };
        self.face.glyph_index(letter).or_else(|| self.face.glyph_index('?')).unwrap_or(ttf_parser::GlyphId(0))
    }

    fn thousandths(&self, value: i32) -> i32 {
        value * 1000 / i32::from(self.face.units_per_em().max(1))
    }

    fn advance(&self, glyph: ttf_parser::GlyphId) -> u32 {
        let units = i32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
        u32::try_from(self.thousandths(units)).unwrap_or(0)
    }

    /// Width of a text at a size, in points.
    pub(crate) fn width(&self, text: &str, size: f64) -> f64 {
        let total: u32 = text.chars().map(|letter| self.advance(self.glyph(letter))).sum();
        f64::from(total) * size / 1000.0
    }

    /// The text as a hexadecimal string of glyph numbers of the subset, for `Tj`.
    pub(crate) fn encode(&mut self, text: &str) -> String {
        let mut out = String::from("<");
        for letter in text.chars() {
            let glyph = self.glyph(letter);
            let number = self.glyphs.remap(glyph.0);
            let width = self.advance(glyph);
            self.used.entry(number).or_insert((width, letter));
            out.push_str(&format!("{number:04X}"));
        }
        out.push('>');
        out
    }

    /// Breaks a text into lines of at most `width` points, at spaces and line ends, else anywhere.
    pub(crate) fn lines(&self, text: &str, size: f64, width: f64) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(&joined, size) <= width {
                    line = joined;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(core::mem::take(&mut line));
                }
                for letter in word.chars() {
                    let mut longer = line.clone();
                    longer.push(letter);
                    if self.width(&longer, size) > width && !line.is_empty() {
                        lines.push(core::mem::take(&mut line));
                        line.push(letter);
                    } else {
                        line = longer;
                    }
                }
            }
            lines.push(line);
        }
        lines
    }

    /// The font's objects, numbered from `first`; the first is the font itself.
    #[expect(clippy::expect_used, reason = "a font that parses is subset; every test that makes a page does so")]
    pub(crate) fn objects(&self, first: u32) -> Vec<(u32, Vec<u8>)> {
        let file = subsetter::subset(Self::file(self.weight), 0, &self.glyphs).expect("the font compiled in is sound");
        let name = match self.weight {
            Weight::Regular => "ECONOT+DejaVuSansCondensed",
            Weight::Bold => "ECONOT+DejaVuSansCondensed-Bold",
        };
        let bounds = self.face.global_bounding_box();
        let [left, bottom, right, top] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|value| self.thousandths(value.into()));
        let ascent = self.thousandths(self.face.ascender().into());
        let descent = self.thousandths(self.face.descender().into());
        let capitals = self.thousandths(self.face.capital_height().unwrap_or(1_493).into());
        let stem = if self.weight == Weight::Bold { 140 } else { 80 };
        let widths: String = self.used.iter().map(|(glyph, (width, _))| format!("{glyph}[{width}]")).collect();
        let [descendant, descriptor, program, unicode] = [first + 1, first + 2, first + 3, first + 4];
        vec![
            (
                first,
                format!(
                    "<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H\
                     /DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R>>"
                )
                .into_bytes(),
            ),
            (
                descendant,
                format!(
                    "<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}\
                     /CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>\
                     /FontDescriptor {descriptor} 0 R/CIDToGIDMap/Identity/DW 0/W[{widths}]>>"
                )
                .into_bytes(),
            ),
            (
                descriptor,
                format!(
                    "<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{left} {bottom} {right} {top}]\
                     /ItalicAngle 0/Ascent {ascent}/Descent {descent}/CapHeight {capitals}/StemV {stem}\
                     /FontFile2 {program} 0 R>>"
                )
                .into_bytes(),
            ),
            (program, stream(&format!("/Length1 {}", file.len()), &file)),
            (unicode, stream("", self.unicode_map().as_bytes())),
        ]
    }

    /// Letters of the glyphs, so that text can be searched and copied (9.10.3).
    fn unicode_map(&self) -> String {
        let mut map = String::from(
            "/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n\
             /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n\
             /CMapName/Adobe-Identity-UCS def/CMapType 2 def\n\
             1 begincodespacerange<0000><FFFF>endcodespacerange\n",
        );
        let pairs: Vec<(&u16, &(u32, char))> = self.used.iter().collect();
        for chunk in pairs.chunks(100) {
            map.push_str(&format!("{} beginbfchar\n", chunk.len()));
            for (glyph, (_, letter)) in chunk {
                let mut units = [0u16; 2];
                let code: String = letter.encode_utf16(&mut units).iter().map(|unit| format!("{unit:04X}")).collect();
                map.push_str(&format!("<{glyph:04X}><{code}>\n"));
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap CMapName currentdict/CMap defineresource pop end end");
        map
    }
}

/// Body of a Flate stream object with further dictionary entries.
pub(crate) fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9);
    let mut out = format!("<<{entries}/Filter/FlateDecode/Length {}>>\nstream\n", packed.len()).into_bytes();
    out.extend_from_slice(&packed);
    out.extend_from_slice(b"\nendstream");
    out
}
