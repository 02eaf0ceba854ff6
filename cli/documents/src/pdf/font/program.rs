//! The used part of one face, as the five objects of a composite font (ISO 32000-2, 9.7).

use super::HanForm;
use std::collections::BTreeMap;
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId, RawFace, Tag};

/// Number of indirect objects of one font.
pub(crate) const OBJECTS_PER_FONT: u32 = 5;

/// A face and the glyphs used of it so far.
pub(super) struct Subset<'f> {
    bytes: &'f [u8],
    index: u32,
    face: Face<'f>,
    pub(super) form: HanForm,
    glyphs: GlyphRemapper,
    /// Width (in thousandths of the size) and letter of each glyph of the subset.
    used: BTreeMap<u16, (u32, char)>,
}

impl<'f> Subset<'f> {
    pub(super) fn new(bytes: &'f [u8], index: u32, face: Face<'f>, form: HanForm) -> Self {
        Self { bytes, index, face, form, glyphs: GlyphRemapper::new(), used: BTreeMap::new() }
    }

    pub(super) fn glyph(&self, letter: char) -> Option<GlyphId> {
        self.face.glyph_index(letter).filter(|glyph| glyph.0 != 0)
    }

    fn thousandths(&self, value: i32) -> i32 {
        let per_em = i32::from(self.face.units_per_em().max(1));
        (value * 1000 + per_em / 2).div_euclid(per_em)
    }

    pub(super) fn advance(&self, glyph: GlyphId) -> u32 {
        let units = i32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
        u32::try_from(self.thousandths(units)).unwrap_or(0)
    }

    /// Takes a glyph into the subset; gives its number there, and the letter it stands for when text is extracted.
    pub(super) fn take(&mut self, glyph: GlyphId, letter: char) -> (u16, char) {
        let number = self.glyphs.remap(glyph.0);
        let width = self.advance(glyph);
        (number, self.used.entry(number).or_insert((width, letter)).1)
    }

    pub(super) fn is_used(&self) -> bool {
        !self.used.is_empty()
    }

    /// The font's objects, numbered from `first`; the first is the font itself.
    #[expect(clippy::expect_used, reason = "a face that parsed and gave glyphs is subset; FontFile::parse refuses other outlines")]
    pub(super) fn objects(&self, first: u32, number: usize) -> Vec<(u32, Vec<u8>)> {
        let file = subsetter::subset(self.bytes, self.index, &self.glyphs).expect("a face with TrueType or CFF outlines");
        let name = self.name(number);
        let [descendant, descriptor, program, unicode] = [first + 1, first + 2, first + 3, first + 4];
        let outlines = RawFace::parse(&file, 0).ok().and_then(|face| face.table(Tag::from_bytes(b"CFF ")));
        let (kind, map, key, program_body) = match outlines {
            Some(cff) => ("CIDFontType0", "", "FontFile3", stream("/Subtype/CIDFontType0C", cff)),
            None => ("CIDFontType2", "/CIDToGIDMap/Identity", "FontFile2", stream(&format!("/Length1 {}", file.len()), &file)),
        };
        let widths: String = self.used.iter().map(|(glyph, (width, _))| format!("{glyph}[{width}]")).collect();
        let font = format!(
            "<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R>>"
        );
        let cid_font = format!(
            "<</Type/Font/Subtype/{kind}/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>\
             /FontDescriptor {descriptor} 0 R{map}/DW 0/W[{widths}]>>"
        );
        vec![
            (first, font.into_bytes()),
            (descendant, cid_font.into_bytes()),
            (descriptor, self.descriptor(&name, key, program).into_bytes()),
            (program, program_body),
            (unicode, stream("", self.unicode_map().as_bytes())),
        ]
    }

    /// Name with the tag of a subset: the number of the face spelt in letters.
    fn name(&self, number: usize) -> String {
        let letter = u8::try_from(number % 26).map_or('A', |at| char::from(b'A' + at));
        let names = self.face.names().into_iter().filter(|name| name.name_id == ttf_parser::name_id::POST_SCRIPT_NAME);
        let found = names.filter_map(|name| name.to_string()).find(|name| !name.is_empty());
        let plain: String = found.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        format!("ECONO{letter}+{}", if plain.is_empty() { "Font" } else { &plain })
    }

    fn descriptor(&self, name: &str, key: &str, program: u32) -> String {
        let bounds = self.face.global_bounding_box();
        let [left, bottom, right, top] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|value| self.thousandths(value.into()));
        let ascent = self.thousandths(self.face.ascender().into());
        let descent = self.thousandths(self.face.descender().into());
        let capitals = self.face.capital_height().map_or(730, |height| self.thousandths(height.into()));
        let stem = if self.face.is_bold() { 140 } else { 80 };
        format!(
            "<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{left} {bottom} {right} {top}]\
             /ItalicAngle 0/Ascent {ascent}/Descent {descent}/CapHeight {capitals}/StemV {stem}/{key} {program} 0 R>>"
        )
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
