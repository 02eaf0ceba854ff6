//! A whole file as a list of revisions, each with its objects, with every byte accounted for.

use super::generations::Generations;
use super::index::{Holder, Index};
use super::lexer::{Lexer, is_space};
use super::value::{Dict, ObjectId, Span, Value};
use super::xref::{Entry, Section, XrefKind, parse_section};
use super::{Budget, MAX_FILE_BYTES, MAX_OBJECTS, MAX_SECTIONS, StructureDefect};
use std::collections::BTreeMap;

type Parsed<T> = Result<T, StructureDefect>;

/// Longest `n g obj <integer> endobj` followed for an indirect `/Length`.
const MAX_LENGTH_OBJECT_BYTES: usize = 256;

/// An indirect object of one revision.
#[derive(Debug, Clone)]
pub struct Object {
    /// Number and generation.
    pub id: ObjectId,
    /// `n g obj .. endobj` in the file; for a compressed object, the span of its object stream.
    pub span: Span,
    /// Its value; for a stream, the dictionary.
    pub value: Value,
    /// The stream's bytes in the file, as stored.
    pub stream: Option<Span>,
    /// Number of the object stream that holds it, if one does.
    pub container: Option<u32>,
}

/// One revision: what one save of the file added.
#[derive(Debug, Clone)]
pub struct Revision {
    /// First byte to one past the end of line after `%%EOF`.
    pub span: Span,
    /// One past `%%EOF`, without the end of line after it.
    pub eof_end: usize,
    /// Form of its cross-reference section.
    pub xref_kind: XrefKind,
    /// Offset of its cross-reference section (what the next one names as `/Prev`).
    pub xref_offset: usize,
    /// Its trailer dictionary.
    pub trailer: Dict,
    /// Its cross-reference entries.
    pub entries: BTreeMap<u32, Entry>,
    /// The objects it defines.
    pub objects: BTreeMap<u32, Object>,
    /// Whether it has comments between its objects.
    pub has_comments: bool,
}

/// A file that was read completely and unambiguously.
#[derive(Debug, Clone)]
pub struct Pdf<'a> {
    /// All bytes.
    pub bytes: &'a [u8],
    /// Version of the header: `(2, 0)` for `%PDF-2.0`.
    pub version: (u8, u8),
    /// Revisions, oldest first; at least one.
    pub revisions: Vec<Revision>,
    index: Index,
}

impl<'a> Pdf<'a> {
    /// Reads a file, or says why it is refused.
    pub fn parse(bytes: &'a [u8]) -> Parsed<Self> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(StructureDefect::limit(0, format!("{} bytes, at most {MAX_FILE_BYTES}", bytes.len())));
        }
        let (version, body) = parse_header(bytes)?;
        let mut budget = Budget::of_a_file();
        let sections = section_chain(bytes, &mut budget)?;
        let groups = group_by_revision(bytes, sections, body)?;
        let mut reader = Reader { bytes, revisions: Vec::new(), budget, objects: 0, highest: 0, generations: Generations::default() };
        let mut start = 0;
        for sections in groups {
            let from = if start == 0 { body } else { start };
            let revision = reader.revision(start, from, sections)?;
            start = revision.span.end;
            reader.revisions.push(revision);
        }
        if start != bytes.len() {
            return Err(StructureDefect::ambiguous(start, "bytes after the last %%EOF"));
        }
        let index = Index::of(&reader.revisions);
        Ok(Self { bytes, version, revisions: reader.revisions, index })
    }

    /// The object as of revision `revision` (an index into `revisions`), if it is in use.
    #[must_use]
    pub fn object_at(&self, revision: usize, number: u32) -> Option<&Object> {
        let latest = self.revisions.get(self.index.latest(revision, number)?)?;
        latest.objects.get(&number).filter(|_| latest.entries.get(&number).is_none_or(|entry| !matches!(entry, Entry::Free { .. })))
    }

    /// Whether a revision before `revision` refers to this object number, defined or not.
    #[must_use]
    pub fn is_referred_before(&self, revision: usize, number: u32) -> bool {
        self.index.first_reference(number).is_some_and(|first| first < revision)
    }

    /// What holds the only reference to this object number; `None` if there is none, or more than one in some revision.
    #[must_use]
    pub fn sole_holder(&self, number: u32) -> Option<Holder> {
        self.index.sole_holder(number)
    }

    /// The object as of the newest revision.
    #[must_use]
    pub fn object(&self, number: u32) -> Option<&Object> {
        self.object_at(self.revisions.len().checked_sub(1)?, number)
    }

    /// The value itself, or the value of the object it refers to (one step), as of a revision.
    #[must_use]
    pub fn resolve_at<'b>(&'b self, revision: usize, value: &'b Value) -> Option<&'b Value> {
        match value.as_reference() {
            None => Some(value),
            Some(id) => self.object_at(revision, id.number).filter(|object| object.id == id).map(|object| &object.value),
        }
    }

    /// A dictionary entry, one reference resolved, as of a revision.
    #[must_use]
    pub fn get_at<'b>(&'b self, revision: usize, dict: &'b Dict, key: &str) -> Option<&'b Value> {
        self.resolve_at(revision, dict.get(key)?)
    }

    /// The catalog as of a revision, and its object.
    #[must_use]
    pub fn catalog_at(&self, revision: usize) -> Option<(&Object, &Dict)> {
        let root = self.revisions.get(revision)?.trailer.get("Root")?.as_reference()?;
        let object = self.object_at(revision, root.number).filter(|object| object.id == root)?;
        Some((object, object.value.as_dict()?))
    }
}

/// The header line and at most one comment line (the usual four high bytes) after it.
fn parse_header(bytes: &[u8]) -> Parsed<((u8, u8), usize)> {
    let version = match bytes {
        [b'%', b'P', b'D', b'F', b'-', b'1', b'.', minor @ b'0'..=b'7', ..] => (1, minor - b'0'),
        [b'%', b'P', b'D', b'F', b'-', b'2', b'.', b'0', ..] => (2, 0),
        _ => return Err(StructureDefect::ambiguous(0, "the file does not begin with %PDF-1.x or %PDF-2.0")),
    };
    let mut lexer = Lexer::new(bytes, 8);
    while lexer.peek() == Some(b' ') {
        lexer.pos += 1;
    }
    if !lexer.skip_eol() {
        return Err(StructureDefect::ambiguous(8, "the header line does not end after the version"));
    }
    Ok((version, lexer.pos))
}

/// Sections from the newest back along `/Prev`.
fn section_chain(bytes: &[u8], budget: &mut Budget) -> Parsed<Vec<Section>> {
    let mut end = bytes.len();
    let last = |end: usize| end.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    if last(end) == Some(b'\n') {
        end -= 1;
    }
    if last(end) == Some(b'\r') {
        end -= 1;
    }
    let body = bytes.get(..end).unwrap_or_default();
    let Some(before) = body.strip_suffix(b"%%EOF") else {
        let at = body.windows(5).rposition(|window| window == b"%%EOF").map_or(0, |at| at + 5);
        return Err(StructureDefect::ambiguous(at, "the file does not end with %%EOF: truncated, or bytes after it"));
    };
    let digits_end = trim_white(before);
    let digits = digits_end.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let at = digits_end.len() - digits;
    let offset = Lexer::new(bytes, at).take_unsigned()?;
    let mut offset = usize::try_from(offset).map_err(|_| StructureDefect::ambiguous(at, "startxref is beyond the file"))?;
    let mut sections: Vec<Section> = Vec::new();
    loop {
        if sections.len() >= MAX_SECTIONS {
            return Err(StructureDefect::limit(offset, format!("more than {MAX_SECTIONS} revisions")));
        }
        if sections.iter().any(|section| section.offset == offset) {
            return Err(StructureDefect::ambiguous(offset, "the /Prev chain is a circle"));
        }
        let section = parse_section(bytes, offset, budget)?;
        let prev = section.prev;
        sections.push(section);
        match prev {
            Some(prev) => offset = prev,
            None => return Ok(sections),
        }
    }
}

fn trim_white(mut bytes: &[u8]) -> &[u8] {
    while let Some((last, rest)) = bytes.split_last() {
        if !is_space(*last) {
            break;
        }
        bytes = rest;
    }
    bytes
}

/// Sections of each revision, oldest first. Only a linearized first revision has two.
fn group_by_revision(bytes: &[u8], mut chain: Vec<Section>, body: usize) -> Parsed<Vec<Vec<Section>>> {
    chain.reverse();
    let mut groups: Vec<Vec<Section>> = Vec::new();
    let mut rest = chain.into_iter().peekable();
    if let Some(main) = rest.next() {
        let linearized = rest.peek().is_some_and(|first| first.offset < main.offset);
        let mut group = vec![main];
        if linearized && let Some(first) = rest.next() {
            if !is_linearized(bytes, body) {
                return Err(StructureDefect::ambiguous(first.offset, "/Prev points forward in a file not linearized"));
            }
            group.insert(0, first);
        }
        groups.push(group);
    }
    groups.extend(rest.map(|section| vec![section]));
    let mut end = 0;
    for group in &groups {
        for section in group {
            if section.offset < end || section.end <= section.offset {
                return Err(StructureDefect::ambiguous(section.offset, "a section lies inside an earlier revision"));
            }
            end = section.end;
        }
        check_startxref(group)?;
    }
    Ok(groups)
}

fn check_startxref(group: &[Section]) -> Parsed<()> {
    let wrong = |section: &Section| {
        let what = format!("startxref says {:?}, its section is at {}", section.startxref, section.offset);
        StructureDefect::ambiguous(section.offset, what)
    };
    match group {
        [only] if only.startxref != Some(only.offset) => Err(wrong(only)),
        // Annex F: the first-page section says 0, the main one names the first-page section.
        [first, _] if !matches!(first.startxref, None | Some(0)) => Err(wrong(first)),
        [first, main] if main.startxref != Some(first.offset) => Err(wrong(main)),
        _ => Ok(()),
    }
}

fn is_linearized(bytes: &[u8], body: usize) -> bool {
    let mut lexer = Lexer::new(bytes, body);
    lexer.skip_space();
    parse_object(bytes, &mut lexer, &|_| None)
        .is_ok_and(|object| object.value.as_dict().is_some_and(|dict| dict.get("Linearized").is_some()))
}

/// Reads `n g obj .. endobj`. `length_of` finds an indirect `/Length`.
pub(crate) fn parse_object(bytes: &[u8], lexer: &mut Lexer<'_>, length_of: &dyn Fn(ObjectId) -> Option<usize>) -> Parsed<Object> {
    let start = lexer.pos;
    let id = lexer.take_object_header()?;
    let value = lexer.take_value()?;
    lexer.skip_space();
    let mut stream = None;
    if lexer.rest().starts_with(b"stream") {
        let Some(dict) = value.as_dict() else {
            return Err(StructureDefect::ambiguous(lexer.pos, "a stream without dictionary"));
        };
        lexer.pos += 6;
        match lexer.rest() {
            [b'\r', b'\n', ..] => lexer.pos += 2,
            [b'\n', ..] => lexer.pos += 1,
            _ => return Err(StructureDefect::ambiguous(lexer.pos, "`stream` is not followed by CR LF or LF")),
        }
        let length = dict.get("Length").and_then(|length| match length.as_reference() {
            Some(id) => length_of(id),
            None => length.as_usize(),
        });
        let Some(end) = length.and_then(|length| lexer.pos.checked_add(length)).filter(|end| *end <= bytes.len()) else {
            return Err(StructureDefect::ambiguous(lexer.pos, "a stream has no usable /Length"));
        };
        stream = Some(Span { start: lexer.pos, end });
        lexer.pos = end;
        lexer.skip_eol();
        lexer.expect_keyword("endstream")?;
        lexer.skip_space();
        if dict.get("F").is_some() {
            return Err(StructureDefect::ambiguous(start, "a stream whose content lies in another file"));
        }
    }
    lexer.expect_keyword("endobj")?;
    refuse_bare_reference(&value, start)?;
    Ok(Object { id, span: Span { start, end: lexer.pos }, value, stream, container: None })
}

/// An object that is only a reference: some readers follow it, some see null.
pub(super) fn refuse_bare_reference(value: &Value, at: usize) -> Parsed<()> {
    match value.as_reference() {
        Some(id) => Err(StructureDefect::ambiguous(at, format!("an object that is nothing but a reference to {id}"))),
        None => Ok(()),
    }
}

pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    revisions: Vec<Revision>,
    pub(super) budget: Budget,
    pub(super) objects: usize,
    /// Highest object number so far.
    highest: u32,
    generations: Generations,
}

impl Reader<'_> {
    fn revision(&mut self, start: usize, from: usize, sections: Vec<Section>) -> Parsed<Revision> {
        let mut entries: BTreeMap<u32, Entry> = BTreeMap::new();
        for section in &sections {
            for (number, entry) in &section.entries {
                if let Some(other) = entries.insert(*number, *entry)
                    && other != *entry
                {
                    let what = format!("object {number} in both sections of a linearized revision");
                    return Err(StructureDefect::ambiguous(section.offset, what));
                }
            }
        }
        let (mut objects, has_comments) = self.scan(from, &sections, &entries)?;
        self.unpack(&entries, &mut objects)?;
        check_entries(&entries, &objects, &sections)?;
        // A linearized revision is described by its first-page section, the newer of the two.
        let (Some(described), Some(last)) = (sections.first(), sections.last()) else {
            return Err(StructureDefect::ambiguous(start, "a revision without section"));
        };
        self.check_size(described, &entries)?;
        self.generations.follow(&entries, &sections).map_err(|what| StructureDefect::ambiguous(described.offset, what))?;
        Ok(Revision {
            span: Span { start, end: last.end },
            eof_end: last.eof_end,
            xref_kind: described.kind,
            xref_offset: described.offset,
            trailer: described.trailer.clone(),
            entries,
            objects,
            has_comments,
        })
    }

    /// `/Size` never falls: objects at or above it do not exist for some readers (7.5.5).
    fn check_size(&mut self, section: &Section, entries: &BTreeMap<u32, Entry>) -> Parsed<()> {
        self.highest = self.highest.max(entries.last_key_value().map_or(0, |(number, _)| *number));
        let size = section.trailer.get("Size").and_then(Value::as_usize).unwrap_or(0);
        if usize::try_from(self.highest).is_ok_and(|highest| highest < size) {
            return Ok(());
        }
        let what = format!("/Size {size} hides object {} of this or an earlier revision", self.highest);
        Err(StructureDefect::ambiguous(section.offset, what))
    }

    /// Reads the revision from its first byte to its last, one object after the other.
    fn scan(&mut self, from: usize, sections: &[Section], entries: &BTreeMap<u32, Entry>) -> Parsed<(BTreeMap<u32, Object>, bool)> {
        let mut objects: BTreeMap<u32, Object> = BTreeMap::new();
        let mut has_comments = false;
        let end = sections.last().map_or(from, |section| section.end);
        let mut lexer = Lexer::new(self.bytes, from).with_budget(self.budget.values);
        loop {
            if lexer.pos >= end {
                break;
            }
            lexer.skip_white();
            if lexer.peek() == Some(b'%') {
                if lexer.rest().starts_with(b"%%EOF") || lexer.rest().starts_with(b"%PDF-") {
                    return Err(StructureDefect::ambiguous(lexer.pos, "a second header or end inside a revision"));
                }
                has_comments |= lexer.pos != from;
                lexer.skip_line();
                continue;
            }
            let section = sections.iter().find(|section| section.offset == lexer.pos);
            if let Some(section) = section.filter(|section| section.kind == XrefKind::Table) {
                lexer.pos = section.end;
                continue;
            }
            let length_of = |id: ObjectId| self.length_of(entries, id);
            let object = parse_object(self.bytes, &mut lexer, &length_of)?;
            let (number, at) = (object.id.number, object.span.start);
            if objects.insert(number, object).is_some() {
                return Err(StructureDefect::ambiguous(at, format!("object {number} twice in one revision")));
            }
            self.objects += 1;
            if self.objects > MAX_OBJECTS {
                return Err(StructureDefect::limit(at, format!("more than {MAX_OBJECTS} objects")));
            }
            if let Some(section) = section {
                lexer.pos = section.end;
            }
        }
        if lexer.pos != end {
            return Err(StructureDefect::ambiguous(end, "an object reaches over the end of its revision"));
        }
        self.budget.values = lexer.budget();
        Ok((objects, has_comments))
    }

    /// An indirect `/Length`: one step, an integer object of this or an earlier revision.
    fn length_of(&self, entries: &BTreeMap<u32, Entry>, id: ObjectId) -> Option<usize> {
        let entry =
            entries.get(&id.number).or_else(|| self.revisions.iter().rev().find_map(|revision| revision.entries.get(&id.number)))?;
        let Entry::At { offset, generation } = *entry else { return None };
        // A window, so that many streams with one far length cannot make this quadratic.
        let window = self.bytes.get(..offset.saturating_add(MAX_LENGTH_OBJECT_BYTES).min(self.bytes.len()))?;
        let mut lexer = Lexer::new(window, offset).with_budget(1);
        let found = lexer.take_object_header().ok()?;
        let value = lexer.take_value().ok()?;
        lexer.skip_space();
        lexer.expect_keyword("endobj").ok()?;
        if found == id && generation == id.generation { value.as_usize() } else { None }
    }
}

/// Cross-reference entries and objects of a revision name each other, one to one.
fn check_entries(entries: &BTreeMap<u32, Entry>, objects: &BTreeMap<u32, Object>, sections: &[Section]) -> Parsed<()> {
    let section_at = sections.first().map_or(0, |section| section.offset);
    for (number, entry) in entries {
        let object = objects.get(number);
        let holds = match *entry {
            Entry::Free { .. } => object.is_none(),
            Entry::At { offset, generation } => {
                object.is_some_and(|object| object.container.is_none() && object.span.start == offset && object.id.generation == generation)
            }
            Entry::In { container, .. } => object.is_some_and(|object| object.container == Some(container)),
        };
        if !holds {
            let what = format!("the cross-reference entry of object {number} does not match the file");
            return Err(StructureDefect::ambiguous(section_at, what));
        }
    }
    for (number, object) in objects {
        let is_section = sections.iter().any(|section| section.own == Some(object.id) && section.offset == object.span.start);
        if !entries.contains_key(number) && !is_section {
            let what = format!("object {number} is in no cross-reference section of its revision");
            return Err(StructureDefect::ambiguous(object.span.start, what));
        }
    }
    Ok(())
}
