//! Objects inside object streams: each byte of the decoded stream is header, object or white space.

use super::filter::decode_stream;
use super::lexer::{Lexer, is_space};
use super::read::{Object, Reader, refuse_bare_reference};
use super::value::{Dict, ObjectId, Value};
use super::xref::Entry;
use super::{MAX_OBJECTS, StructureDefect};
use std::collections::BTreeMap;

type Parsed<T> = Result<T, StructureDefect>;

impl Reader<'_> {
    /// Adds the objects inside object streams (7.5.7).
    pub(super) fn unpack(&mut self, entries: &BTreeMap<u32, Entry>, objects: &mut BTreeMap<u32, Object>) -> Parsed<()> {
        let mut inner: Vec<Object> = Vec::new();
        for container in objects.values() {
            let Some(dict) = container.value.as_dict().filter(|dict| dict.is("Type", "ObjStm")) else { continue };
            let Some(data) = container.stream else { continue };
            let at = container.span.start;
            let decoded = decode_stream(dict, data.of(self.bytes), at, self.budget.decoded)?;
            self.budget.decoded -= decoded.len().min(self.budget.decoded);
            self.unpack_one(container, dict, &decoded, entries, &mut inner)?;
        }
        for object in inner {
            let (number, at) = (object.id.number, object.span.start);
            if objects.insert(number, object).is_some() {
                return Err(StructureDefect::ambiguous(at, format!("object {number} twice in one revision")));
            }
        }
        Ok(())
    }

    fn unpack_one(
        &mut self,
        container: &Object,
        dict: &Dict,
        decoded: &[u8],
        entries: &BTreeMap<u32, Entry>,
        inner: &mut Vec<Object>,
    ) -> Parsed<()> {
        let at = container.span.start;
        let bad = |what: &str| StructureDefect::ambiguous(at, format!("object stream {}: {what}", container.id));
        let size = |key: &str| dict.get(key).and_then(Value::as_usize);
        let (Some(count), Some(first)) = (size("N"), size("First")) else { return Err(bad("no /N or /First")) };
        let mut header = Lexer::new(decoded, 0);
        let mut offsets = Vec::new();
        for _ in 0..count {
            header.skip_white();
            let number = header.take_unsigned().map_err(|_| bad("bad header"))?;
            header.skip_white();
            let offset = header.take_unsigned().map_err(|_| bad("bad header"))?;
            let number = u32::try_from(number).map_err(|_| bad("object number above 2^32"))?;
            let offset = usize::try_from(offset).ok().and_then(|offset| first.checked_add(offset));
            offsets.push((number, offset.ok_or_else(|| bad("offset too large"))?));
        }
        header.skip_white();
        if header.pos > first {
            return Err(bad("/First points into its header"));
        }
        let is_blank = |from: usize, to: usize| decoded.get(from..to).is_some_and(|gap| gap.iter().copied().all(is_space));
        let mut free_from = header.pos;
        for (index, (number, offset)) in offsets.into_iter().enumerate() {
            if !is_blank(free_from, offset) {
                return Err(bad("its objects overlap, or bytes lie between them"));
            }
            if entries.get(&number) != Some(&Entry::In { container: container.id.number, index }) {
                return Err(bad(&format!("holds object {number}, which the cross-reference does not place there")));
            }
            let mut lexer = Lexer::new(decoded, offset).with_budget(self.budget.values);
            let value = lexer.take_value().map_err(|defect| StructureDefect { offset: at, ..defect })?;
            refuse_bare_reference(&value, at)?;
            self.budget.values = lexer.budget();
            self.objects += 1;
            if self.objects > MAX_OBJECTS {
                return Err(StructureDefect::limit(at, format!("more than {MAX_OBJECTS} objects")));
            }
            free_from = lexer.pos;
            let id = ObjectId { number, generation: 0 };
            inner.push(Object { id, span: container.span, value, stream: None, container: Some(container.id.number) });
        }
        if is_blank(free_from, decoded.len()) { Ok(()) } else { Err(bad("bytes after its last object")) }
    }
}
