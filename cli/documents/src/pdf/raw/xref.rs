//! Cross-reference sections: tables and streams, read strictly. Hybrid files are refused.

use super::filter::decode_stream;
use super::lexer::Lexer;
use super::read::parse_object;
use super::value::{Dict, Kind, ObjectId};
use super::{Budget, DefectKind, MAX_ENTRIES, MAX_OBJECTS, MAX_SIZE, StructureDefect};
use std::collections::BTreeMap;

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Not in use.
    Free {
        /// Generation with which the number may come back; 0: with none.
        next: u16,
    },
    /// At a byte offset of the file.
    At {
        /// Byte offset of `n g obj`.
        offset: usize,
        /// Generation.
        generation: u16,
    },
    /// Inside an object stream.
    In {
        /// Object number of the object stream.
        container: u32,
        /// Index in it, from 0.
        index: usize,
    },
}

/// Which of the two forms a section has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrefKind {
    /// `xref` .. `trailer`
    Table,
    /// A stream of type `/XRef`.
    Stream,
}

/// One cross-reference section with its trailer and the `startxref .. %%EOF` after it.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) kind: XrefKind,
    pub(crate) offset: usize,
    pub(crate) trailer: Dict,
    pub(crate) entries: BTreeMap<u32, Entry>,
    /// Object number of the section itself, if it is a stream.
    pub(crate) own: Option<ObjectId>,
    pub(crate) prev: Option<usize>,
    /// The number after `startxref`. Linearizers leave it out after a first-page stream.
    pub(crate) startxref: Option<usize>,
    /// One past `%%EOF`.
    pub(crate) eof_end: usize,
    /// One past the end of line after `%%EOF`, if there is one.
    pub(crate) end: usize,
}

type Parsed<T> = Result<T, StructureDefect>;

/// Reads the section at `offset`; takes what it needs from the file's budget.
pub(crate) fn parse_section(bytes: &[u8], offset: usize, budget: &mut Budget) -> Parsed<Section> {
    let mut lexer = Lexer::new(bytes, offset).with_budget(budget.values);
    let (kind, trailer, entries, own) = if lexer.take_keyword("xref") {
        let entries = table_entries(&mut lexer)?;
        lexer.skip_space();
        lexer.expect_keyword("trailer")?;
        let value = lexer.take_value()?;
        let Kind::Dict(trailer) = value.kind else {
            return Err(StructureDefect::ambiguous(value.span.start, "the trailer is no dictionary"));
        };
        (XrefKind::Table, trailer, entries, None)
    } else {
        let no_lengths = |_| None;
        let object = parse_object(bytes, &mut lexer, &no_lengths)?;
        let (Kind::Dict(dict), Some(data)) = (object.value.kind, object.stream) else {
            return Err(StructureDefect::ambiguous(offset, "no cross-reference section where one is announced"));
        };
        if !dict.is("Type", "XRef") {
            return Err(StructureDefect::ambiguous(offset, "the stream announced as cross-reference is none"));
        }
        let decoded = decode_stream(&dict, data.of(bytes), offset, budget.decoded)?;
        budget.decoded -= decoded.len().min(budget.decoded);
        let entries = stream_entries(&dict, &decoded, offset)?;
        (XrefKind::Stream, dict, entries, Some(object.id))
    };
    budget.values = lexer.budget();
    budget.entries = match budget.entries.checked_sub(entries.len()) {
        Some(left) => left,
        None => return Err(StructureDefect::limit(offset, format!("more than {MAX_ENTRIES} cross-reference entries"))),
    };
    refuse_special(&trailer, offset)?;
    let prev = match trailer.get("Prev") {
        None => None,
        Some(value) => match value.as_usize() {
            Some(prev) if prev < bytes.len() => Some(prev),
            _ => return Err(StructureDefect::ambiguous(value.span.start, "/Prev is no offset in the file")),
        },
    };
    let section_end = lexer.pos;
    lexer.skip_white();
    let (startxref, eof_end, end) = match kind {
        XrefKind::Stream if !lexer.rest().starts_with(b"startxref") => (None, section_end, section_end),
        _ => parse_end(&mut lexer)?,
    };
    check_size(&trailer, &entries, offset)?;
    Ok(Section { kind, offset, trailer, entries, own, prev, startxref, eof_end, end })
}

fn refuse_special(trailer: &Dict, offset: usize) -> Parsed<()> {
    if trailer.get("XRefStm").is_some() {
        return Err(StructureDefect::ambiguous(offset, "a hybrid file: two cross-reference sections for one revision"));
    }
    if trailer.get("Encrypt").is_some() {
        return Err(StructureDefect { kind: DefectKind::Encrypted, offset, what: "the file is encrypted".into() });
    }
    Ok(())
}

fn check_size(trailer: &Dict, entries: &BTreeMap<u32, Entry>, offset: usize) -> Parsed<()> {
    let Some(size) = trailer.get("Size").and_then(super::Value::as_usize) else {
        return Err(StructureDefect::ambiguous(offset, "the trailer has no /Size"));
    };
    if size > MAX_SIZE {
        return Err(StructureDefect::limit(offset, format!("/Size {size} is more than {MAX_SIZE}")));
    }
    match entries.last_key_value() {
        Some((number, _)) if usize::try_from(*number).is_ok_and(|number| number >= size) => {
            Err(StructureDefect::ambiguous(offset, format!("object {number} is beyond /Size {size}")))
        }
        _ => Ok(()),
    }
}

/// `startxref`, the offset and `%%EOF` with at most one end of line after it.
fn parse_end(lexer: &mut Lexer<'_>) -> Parsed<(Option<usize>, usize, usize)> {
    lexer.expect_keyword("startxref")?;
    lexer.skip_white();
    let at = lexer.pos;
    let number = lexer.take_unsigned()?;
    let startxref = usize::try_from(number).map_err(|_| StructureDefect::ambiguous(at, "startxref is too large"))?;
    lexer.skip_white();
    if !lexer.rest().starts_with(b"%%EOF") {
        return Err(StructureDefect::ambiguous(lexer.pos, "no %%EOF after startxref"));
    }
    lexer.pos += 5;
    let eof_end = lexer.pos;
    lexer.skip_eol();
    Ok((Some(startxref), eof_end, lexer.pos))
}

/// Subsections of a table: `first count` and 20-byte entries (7.5.4).
fn table_entries(lexer: &mut Lexer<'_>) -> Parsed<BTreeMap<u32, Entry>> {
    let mut entries = BTreeMap::new();
    loop {
        lexer.skip_space();
        if !lexer.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Ok(entries);
        }
        let first = lexer.take_unsigned()?;
        if lexer.peek() != Some(b' ') {
            return Err(StructureDefect::ambiguous(lexer.pos, "expected one space in a subsection header"));
        }
        lexer.pos += 1;
        let count = lexer.take_unsigned()?;
        while lexer.peek() == Some(b' ') {
            lexer.pos += 1;
        }
        if !lexer.skip_eol() {
            return Err(StructureDefect::ambiguous(lexer.pos, "a subsection header does not end its line"));
        }
        for number in first..first.saturating_add(count) {
            let at = lexer.pos;
            let entry = table_entry(lexer)?;
            let number = u32::try_from(number).map_err(|_| StructureDefect::ambiguous(at, "object number above 2^32"))?;
            insert(&mut entries, number, entry, at)?;
        }
    }
}

fn insert(entries: &mut BTreeMap<u32, Entry>, number: u32, entry: Entry, at: usize) -> Parsed<()> {
    // The head of the list of free numbers is written in several ways, and never comes back.
    let entry = if number == 0 && matches!(entry, Entry::Free { .. }) { Entry::Free { next: u16::MAX } } else { entry };
    if entries.insert(number, entry).is_some() {
        return Err(StructureDefect::ambiguous(at, format!("object {number} twice in one section")));
    }
    if entries.len() > MAX_OBJECTS {
        return Err(StructureDefect::limit(at, format!("more than {MAX_OBJECTS} objects")));
    }
    if number == 0 && !matches!(entry, Entry::Free { .. }) {
        return Err(StructureDefect::ambiguous(at, "object 0 is not free"));
    }
    Ok(())
}

fn table_entry(lexer: &mut Lexer<'_>) -> Parsed<Entry> {
    let at = lexer.pos;
    let bad = || StructureDefect::ambiguous(at, "a cross-reference entry is not 20 bytes `offset generation n|f`");
    let line = lexer.rest().get(..20).ok_or_else(bad)?;
    let digits = |from: usize, to: usize| -> Option<u64> {
        let text = line.get(from..to).filter(|text| text.iter().all(u8::is_ascii_digit))?;
        core::str::from_utf8(text).ok()?.parse().ok()
    };
    let (Some(offset), Some(generation)) = (digits(0, 10), digits(11, 16)) else { return Err(bad()) };
    let separators = (line.get(10), line.get(16), line.get(18..));
    let (Some(b' '), Some(b' '), Some(b" \n" | b" \r" | b"\r\n")) = separators else { return Err(bad()) };
    lexer.pos += 20;
    match line.get(17) {
        Some(b'f') => Ok(Entry::Free { next: u16::try_from(generation).unwrap_or(u16::MAX) }),
        Some(b'n') => {
            Ok(Entry::At { offset: usize::try_from(offset).map_err(|_| bad())?, generation: u16::try_from(generation).map_err(|_| bad())? })
        }
        _ => Err(bad()),
    }
}

/// Entries of a cross-reference stream (7.5.8).
fn stream_entries(dict: &Dict, decoded: &[u8], offset: usize) -> Parsed<BTreeMap<u32, Entry>> {
    let bad = |what: &str| StructureDefect::ambiguous(offset, what);
    let widths: Option<Vec<usize>> = dict
        .get("W")
        .and_then(super::Value::as_array)
        .map(|items| items.iter().map(|item| item.as_usize().filter(|width| *width <= 8)).collect())
        .unwrap_or_default();
    let Some([kind_width, first_width, second_width]) = widths.as_deref() else {
        return Err(bad("/W of a cross-reference stream is not three small integers"));
    };
    let row = kind_width + first_width + second_width;
    if row == 0 || !decoded.len().is_multiple_of(row) {
        return Err(bad("a cross-reference stream is no whole number of rows"));
    }
    let mut rows = decoded.chunks_exact(row);
    let mut entries = BTreeMap::new();
    for (first, count) in index_pairs(dict, offset)? {
        for number in first..first.saturating_add(count) {
            let Some(line) = rows.next() else { return Err(bad("a cross-reference stream is too short")) };
            let field = |from: usize, width: usize| -> u64 {
                let part = line.get(from..from + width).unwrap_or_default();
                part.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
            };
            let kind = if *kind_width == 0 { 1 } else { field(0, *kind_width) };
            let (second, third) = (field(*kind_width, *first_width), field(kind_width + first_width, *second_width));
            let entry = match kind {
                0 => Entry::Free { next: u16::try_from(third).unwrap_or(u16::MAX) },
                1 => Entry::At {
                    offset: usize::try_from(second).map_err(|_| bad("an offset is too large"))?,
                    generation: u16::try_from(third).map_err(|_| bad("a generation is above 65535"))?,
                },
                2 => Entry::In {
                    container: u32::try_from(second).map_err(|_| bad("an object number is above 2^32"))?,
                    index: usize::try_from(third).map_err(|_| bad("an index is too large"))?,
                },
                _ => return Err(bad("a cross-reference entry of unknown type")),
            };
            insert(&mut entries, number, entry, offset)?;
        }
    }
    if rows.next().is_some() {
        return Err(bad("a cross-reference stream has more rows than /Index says"));
    }
    Ok(entries)
}

fn index_pairs(dict: &Dict, offset: usize) -> Parsed<Vec<(u32, u32)>> {
    let bad = || StructureDefect::ambiguous(offset, "/Index or /Size of a cross-reference stream is wrong");
    let number = |value: &super::Value| value.as_integer().and_then(|number| u32::try_from(number).ok());
    let Some(index) = dict.get("Index") else {
        return Ok(vec![(0, dict.get("Size").and_then(number).ok_or_else(bad)?)]);
    };
    let items = index.as_array().ok_or_else(bad)?;
    let mut pairs = Vec::new();
    for pair in items.chunks(2) {
        let [first, count] = pair else { return Err(bad()) };
        pairs.push((number(first).ok_or_else(bad)?, number(count).ok_or_else(bad)?));
    }
    Ok(pairs)
}
