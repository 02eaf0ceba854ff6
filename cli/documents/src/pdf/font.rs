//! Embedded fonts: chooses a face for every letter, measures, breaks lines, and says which letters no face has.
//!
//! DejaVu Sans Condensed (see `fonts/LICENSE`) is compiled in; it covers Latin with Vietnamese, Greek and
//! Cyrillic. Chinese, Japanese and Korean come from font files that the caller gives. Nothing is replaced: a
//! text with a letter that no face has, or that needs shaping, is refused as a whole.

mod program;

use core::ops::Range;
use std::collections::BTreeSet;
use std::sync::Arc;
use ttf_parser::{Face, GlyphId, Permissions};

pub(crate) use program::{OBJECTS_PER_FONT, stream};

static REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSansCondensed.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSansCondensed-Bold.ttf");

/// Weight of a font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// Which national forms of Han letters a face draws, or a text should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HanForm {
    /// Mainland China, Singapore.
    Simplified,
    /// Taiwan, Hong Kong, Macao.
    Traditional,
    /// Japan.
    Japanese,
    /// Korea.
    Korean,
}

impl HanForm {
    /// The form that the text of someone in this country (ISO 3166-1 alpha-2) has.
    #[must_use]
    pub fn of_country(country: &str) -> Self {
        match country {
            "TW" | "HK" | "MO" => Self::Traditional,
            "JP" => Self::Japanese,
            "KR" => Self::Korean,
            _ => Self::Simplified,
        }
    }

    /// By the name of a font's family: `Noto Sans CJK JP`, `Source Han Sans TC`, `WenQuanYi`.
    fn of_family(name: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if has(&[" TC", " HK", "Traditional", "Hant"]) {
            Self::Traditional
        } else if has(&[" JP", "Japan", "IPA", "VL Gothic", "Takao"]) {
            Self::Japanese
        } else if has(&[" KR", "Korea", "Nanum", "UnBatang"]) {
            Self::Korean
        } else {
            Self::Simplified
        }
    }
}

/// Why a font file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FontDefect {
    /// Not OpenType.
    #[error("not an OpenType font or collection (.ttf, .otf, .ttc): {0}")]
    Unreadable(String),
    /// Its outlines cannot be subset.
    #[error("font {0:?} has neither TrueType nor CFF outlines; variable CFF2 fonts cannot be embedded: take a static one")]
    Outlines(String),
    /// Its maker forbids embedding.
    #[error("font {0:?} may not be embedded: its licence bits say so; take another one")]
    Licence(String),
}

/// A font file for letters that the built-in font lacks.
#[derive(Clone, PartialEq, Eq)]
pub struct FontFile {
    bytes: Arc<[u8]>,
    /// Index in the collection and the form of Han letters, of each usable face.
    faces: Vec<(u32, HanForm)>,
}

impl FontFile {
    /// Reads a font or a collection of fonts.
    ///
    /// # Errors
    /// Not a font, or one that cannot or may not be embedded.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, FontDefect> {
        let mut faces = Vec::new();
        for index in 0..ttf_parser::fonts_in_collection(&bytes).unwrap_or(1) {
            let face = Face::parse(&bytes, index).map_err(|error| FontDefect::Unreadable(error.to_string()))?;
            let name = family(&face);
            if face.tables().glyf.is_none() && face.tables().cff.is_none() {
                return Err(FontDefect::Outlines(name));
            }
            if face.permissions() == Some(Permissions::Restricted) || !face.is_subsetting_allowed() {
                return Err(FontDefect::Licence(name));
            }
            // Collections hold a half-width twin of every face.
            if !name.contains("Mono") || faces.is_empty() {
                faces.push((index, HanForm::of_family(&name)));
            }
        }
        Ok(Self { bytes: bytes.into(), faces })
    }

    /// Whether one of the faces has a glyph for this letter.
    #[must_use]
    pub fn covers(&self, letter: char) -> bool {
        let has = |index: u32| Face::parse(&self.bytes, index).is_ok_and(|face| face.glyph_index(letter).is_some());
        self.faces.first().is_some_and(|(index, _)| has(*index))
    }
}

impl core::fmt::Debug for FontFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "FontFile({} bytes, {:?})", self.bytes.len(), self.faces)
    }
}

/// The family's name, as the font's maker wrote it in any language, English first.
fn family(face: &Face<'_>) -> String {
    let names = face.names().into_iter().filter(|name| name.name_id == ttf_parser::name_id::FAMILY);
    let mut found: Vec<String> = names.filter_map(|name| name.to_string()).collect();
    found.sort_by_key(|name| !name.is_ascii());
    found.into_iter().next().unwrap_or_default()
}

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// Points.
    pub(crate) size: f64,
    pub(crate) han: HanForm,
}

impl Style {
    pub(crate) const fn regular(size: f64) -> Self {
        Self { weight: Weight::Regular, size, han: HanForm::Simplified }
    }

    pub(crate) const fn bold(size: f64) -> Self {
        Self { weight: Weight::Bold, size, han: HanForm::Simplified }
    }

    pub(crate) const fn han(self, han: HanForm) -> Self {
        Self { han, ..self }
    }
}

/// Letters of one face in a row.
pub(crate) struct Run {
    /// Which face; its resource is called `F` and this number.
    pub(crate) face: usize,
    /// Glyph numbers in hexadecimal, for `Tj`.
    pub(crate) glyphs: String,
    /// The letter, where its glyph already stands for another one.
    pub(crate) actual: Option<char>,
}

/// An object with its number.
pub(crate) type Numbered = (u32, Vec<u8>);

/// The fonts of one file, and what of them is used so far.
pub(crate) struct Fonts<'f> {
    faces: Vec<program::Subset<'f>>,
    missing: BTreeSet<char>,
}

impl<'f> Fonts<'f> {
    /// The built-in faces, then those given.
    #[expect(clippy::expect_used, reason = "the bytes are compiled in; every test that makes a page parses them")]
    pub(crate) fn new(files: &'f [FontFile]) -> Self {
        let built_in = |bytes: &'static [u8]| Face::parse(bytes, 0).expect("the font compiled in is sound");
        let mut faces = vec![
            program::Subset::new(REGULAR, 0, built_in(REGULAR), HanForm::Simplified),
            program::Subset::new(BOLD, 0, built_in(BOLD), HanForm::Simplified),
        ];
        for file in files {
            for (index, form) in &file.faces {
                if let Ok(face) = Face::parse(&file.bytes, *index) {
                    faces.push(program::Subset::new(&file.bytes, *index, face, *form));
                }
            }
        }
        Self { faces, missing: BTreeSet::new() }
    }

    /// The face for a letter, and its glyph there.
    fn choose(&self, letter: char, style: Style) -> Option<(usize, GlyphId)> {
        if is_unprintable(letter) {
            return None;
        }
        let own = match style.weight {
            Weight::Regular => 0,
            Weight::Bold => 1,
        };
        if let Some(glyph) = self.faces.get(own)?.glyph(letter) {
            return Some((own, glyph));
        }
        let given = 2..self.faces.len();
        let fits = |face: &usize| self.faces.get(*face).is_some_and(|face| face.form == style.han);
        let (first, then): (Vec<usize>, Vec<usize>) = given.partition(fits);
        let order = [1 - own].into_iter().chain(first).chain(then);
        order.into_iter().find_map(|face| Some((face, self.faces.get(face)?.glyph(letter)?)))
    }

    fn advance(&self, letter: char, style: Style) -> u32 {
        self.choose(letter, style).and_then(|(face, glyph)| Some(self.faces.get(face)?.advance(glyph))).unwrap_or(0)
    }

    /// Width of a text, in points.
    pub(crate) fn width(&self, text: &str, style: Style) -> f64 {
        let total: u32 = text.chars().map(|letter| self.advance(letter, style)).sum();
        f64::from(total) * style.size / 1000.0
    }

    /// The text in runs of one face each. Letters without a glyph are remembered.
    pub(crate) fn encode(&mut self, text: &str, style: Style) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for letter in text.chars() {
            let Some((face, glyph)) = self.choose(letter, style) else {
                self.missing.insert(letter);
                continue;
            };
            let Some(subset) = self.faces.get_mut(face) else { continue };
            let (number, stands_for) = subset.take(glyph, letter);
            let actual = (stands_for != letter).then_some(letter);
            match runs.last_mut().filter(|run| run.face == face && run.actual.is_none() && actual.is_none()) {
                Some(run) => run.glyphs.push_str(&format!("{number:04X}")),
                None => runs.push(Run { face, glyphs: format!("{number:04X}"), actual }),
            }
        }
        runs
    }

    /// Breaks a text into lines of at most `width` points: at line ends, where Unicode (UAX #14) allows a break,
    /// and inside a word that alone is too wide.
    pub(crate) fn lines(&self, text: &str, style: Style, width: f64) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut line = String::new();
            for piece in pieces(&paragraph).into_iter().filter_map(|range| paragraph.get(range)) {
                if self.width(format!("{line}{piece}").trim_end(), style) <= width {
                    line.push_str(piece);
                    continue;
                }
                if !line.is_empty() {
                    lines.push(core::mem::take(&mut line).trim_end().to_owned());
                }
                for letter in piece.chars() {
                    line.push(letter);
                    if self.width(line.trim_end(), style) > width && line.chars().count() > 1 {
                        line.pop();
                        lines.push(core::mem::replace(&mut line, letter.to_string()));
                    }
                }
            }
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    /// Letters of these texts that no face has.
    pub(crate) fn missing(&self) -> Vec<char> {
        self.missing.iter().copied().collect()
    }

    /// The faces that something is set in: number of the face, and its objects numbered from `next` on.
    pub(crate) fn objects(&self, mut next: u32) -> Vec<(usize, Vec<Numbered>)> {
        let used = self.faces.iter().enumerate().filter(|(_, face)| face.is_used());
        used.map(|(number, face)| {
            let objects = face.objects(next, number);
            next += OBJECTS_PER_FONT;
            (number, objects)
        })
        .collect()
    }
}

/// The parts of a text between which a line may end.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let ends = unicode_linebreak::linebreaks(text).map(|(end, _)| end);
    ends.map(|end| core::mem::replace(&mut start, end)..end).collect()
}

/// Letters that cannot be set side by side as they come, or that would not be seen: scripts that need shaping,
/// controls, and marks that turn the direction of writing.
fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(u32::from(letter),
            0x0590..=0x0DFF | 0x0E00..=0x109F | 0x1100..=0x11FF | 0x1780..=0x17FF | 0x1800..=0x18AF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF
            | 0x00AD | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFFF9..=0xFFFF | 0xE0000..=0xE0FFF)
}

/// The letters of a text that the built-in font cannot print and a given font file must.
pub fn letters_lacking(text: &str, files: &[FontFile]) -> BTreeSet<char> {
    let fonts = Fonts::new(files);
    let visible = text.chars().filter(|letter| !letter.is_whitespace());
    visible.filter(|letter| fonts.choose(*letter, Style::regular(1.0)).is_none()).collect()
}
