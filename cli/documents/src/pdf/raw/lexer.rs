//! Tokens and values from bytes, by ISO 32000-2 clause 7.2 and 7.3, without leniency.

use super::value::{Dict, Kind, ObjectId, Span, Value};
use super::{MAX_NESTING, MAX_VALUES, StructureDefect};

/// White space of ISO 32000-2 table 1.
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

/// Value of a hexadecimal digit.
pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// A position in bytes, and how many values may still be read.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    bytes: &'a [u8],
    /// Where it stands.
    pub pos: usize,
    values_left: usize,
}

type Parsed<T> = Result<T, StructureDefect>;

impl<'a> Lexer<'a> {
    /// Starts at `pos`.
    #[must_use]
    pub const fn new(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos, values_left: MAX_VALUES }
    }

    /// The same with a smaller budget of values.
    #[must_use]
    pub const fn with_budget(mut self, values: usize) -> Self {
        self.values_left = values;
        self
    }

    /// How many values may still be read.
    #[must_use]
    pub const fn budget(&self) -> usize {
        self.values_left
    }

    /// The byte at the position.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// The bytes from the position on.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.pos..).unwrap_or_default()
    }

    fn error<T>(&self, what: impl Into<String>) -> Parsed<T> {
        Err(StructureDefect::ambiguous(self.pos, what))
    }

    /// Skips white space.
    pub fn skip_white(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.pos += 1;
        }
    }

    /// Skips white space and comments.
    pub fn skip_space(&mut self) {
        loop {
            self.skip_white();
            if self.peek() != Some(b'%') {
                return;
            }
            self.skip_line();
        }
    }

    /// Skips to the end of the line, not over it.
    pub fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
            self.pos += 1;
        }
    }

    /// Skips one end of line: CR LF, LF or CR.
    pub fn skip_eol(&mut self) -> bool {
        match self.rest() {
            [b'\r', b'\n', ..] => self.pos += 2,
            [b'\r' | b'\n', ..] => self.pos += 1,
            _ => return false,
        }
        true
    }

    /// Takes `word` if it stands here and ends here.
    pub fn take_keyword(&mut self, word: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(word.as_bytes()) else { return false };
        if after.first().is_some_and(|byte| is_regular(*byte)) {
            return false;
        }
        self.pos += word.len();
        true
    }

    /// Takes `word` or says what stands there instead.
    pub fn expect_keyword(&mut self, word: &str) -> Parsed<()> {
        if self.take_keyword(word) {
            return Ok(());
        }
        let found = String::from_utf8_lossy(self.rest().get(..12).unwrap_or(self.rest())).into_owned();
        self.error(format!("expected `{word}`, found {found:?}"))
    }

    /// An unsigned decimal number of at most ten digits.
    pub fn take_unsigned(&mut self) -> Parsed<u64> {
        let start = self.pos;
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            if self.pos - start >= 10 {
                return self.error("a number has more than ten digits");
            }
            number = number * 10 + u64::from(digit - b'0');
            self.pos += 1;
        }
        if self.pos == start { self.error("expected a number") } else { Ok(number) }
    }

    /// `n g obj`.
    pub fn take_object_header(&mut self) -> Parsed<ObjectId> {
        let id = self.take_id()?;
        self.skip_space();
        self.expect_keyword("obj")?;
        Ok(id)
    }

    fn take_id(&mut self) -> Parsed<ObjectId> {
        let number = u32::try_from(self.take_unsigned()?).or_else(|_| self.error("object number above 2^32"))?;
        if !self.peek().is_some_and(is_space) {
            return self.error("expected white space after an object number");
        }
        self.skip_space();
        let generation = u16::try_from(self.take_unsigned()?).or_else(|_| self.error("generation above 65535"))?;
        Ok(ObjectId { number, generation })
    }

    /// One value. White space and comments before it are skipped.
    pub fn take_value(&mut self) -> Parsed<Value> {
        self.value(0)
    }

    fn value(&mut self, depth: usize) -> Parsed<Value> {
        if depth > MAX_NESTING {
            return Err(StructureDefect::limit(self.pos, format!("nested deeper than {MAX_NESTING}")));
        }
        self.values_left = match self.values_left.checked_sub(1) {
            Some(left) => left,
            None => return Err(StructureDefect::limit(self.pos, format!("more than {MAX_VALUES} values"))),
        };
        self.skip_space();
        let start = self.pos;
        let kind = match self.peek() {
            Some(b'/') => Kind::Name(self.name()?),
            Some(b'(') => Kind::Literal(self.literal()?),
            Some(b'<') if self.rest().starts_with(b"<<") => Kind::Dict(self.dict(depth)?),
            Some(b'<') => Kind::Hex(self.hex()?),
            Some(b'[') => Kind::Array(self.array(depth)?),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number()?,
            _ if self.take_keyword("true") => Kind::Bool(true),
            _ if self.take_keyword("false") => Kind::Bool(false),
            _ if self.take_keyword("null") => Kind::Null,
            Some(byte) => return self.error(format!("byte {byte:#04x} begins no value")),
            None => return self.error("the file ends where a value is expected"),
        };
        Ok(Value { span: Span { start, end: self.pos }, kind })
    }

    fn name(&mut self) -> Parsed<Box<[u8]>> {
        self.pos += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| is_regular(*byte)) {
            if byte == b'#' {
                let (high, low) = match self.rest() {
                    [_, high, low, ..] => (hex_digit(*high), hex_digit(*low)),
                    _ => (None, None),
                };
                match (high, low) {
                    (Some(high), Some(low)) if high | low != 0 => name.push(high << 4 | low),
                    _ => return self.error("`#` in a name is not followed by two hexadecimal digits"),
                }
                self.pos += 3;
            } else {
                name.push(byte);
                self.pos += 1;
            }
        }
        Ok(name.into_boxed_slice())
    }

    fn literal(&mut self) -> Parsed<Box<[u8]>> {
        self.pos += 1;
        let mut text = Vec::new();
        let mut open = 1usize;
        while let Some(byte) = self.peek() {
            self.pos += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(text.into_boxed_slice());
                    }
                }
                b'\\' => {
                    self.escape(&mut text)?;
                    continue;
                }
                b'\r' => {
                    // An end of line in a string is one LF (7.3.4.2).
                    if self.peek() == Some(b'\n') {
                        self.pos += 1;
                    }
                    text.push(b'\n');
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        self.error("a string does not end")
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Parsed<()> {
        let Some(byte) = self.peek() else { return self.error("a string does not end") };
        self.pos += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.pos += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    if let Some(digit @ b'0'..=b'7') = self.peek() {
                        code = code * 8 + u32::from(digit - b'0');
                        self.pos += 1;
                    }
                }
                text.push(u8::try_from(code & 0xff).unwrap_or_default());
            }
            other => text.push(other),
        }
        Ok(())
    }

    fn hex(&mut self) -> Parsed<Box<[u8]>> {
        self.pos += 1;
        let mut bytes = Vec::new();
        let mut high: Option<u8> = None;
        while let Some(byte) = self.peek() {
            self.pos += 1;
            match (byte, hex_digit(byte), high) {
                (b'>', _, _) => {
                    bytes.extend(high.map(|digit| digit << 4));
                    return Ok(bytes.into_boxed_slice());
                }
                (_, Some(digit), None) => high = Some(digit),
                (_, Some(low), Some(digit)) => {
                    bytes.push(digit << 4 | low);
                    high = None;
                }
                (byte, None, _) if is_space(byte) => {}
                _ => return self.error("a hexadecimal string has another character"),
            }
        }
        self.error("a hexadecimal string does not end")
    }

    fn array(&mut self, depth: usize) -> Parsed<Vec<Value>> {
        self.pos += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.pos += 1;
                return Ok(items);
            }
            items.push(self.value(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: usize) -> Parsed<Dict> {
        self.pos += 2;
        let mut dict = Dict::default();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'>') if self.rest().starts_with(b">>") => {
                    self.pos += 2;
                    return Self::without_duplicates(dict);
                }
                Some(b'/') => {
                    let key = self.name()?;
                    let value = self.value(depth + 1)?;
                    dict.entries.push((key, value));
                }
                _ => return self.error("expected a key or `>>` in a dictionary"),
            }
        }
    }

    fn without_duplicates(dict: Dict) -> Parsed<Dict> {
        let mut keys: Vec<(&[u8], usize)> = dict.entries.iter().map(|(key, value)| (&**key, value.span.start)).collect();
        keys.sort_unstable();
        for pair in keys.windows(2) {
            if let [(first, _), (second, at)] = pair
                && first == second
            {
                let key = String::from_utf8_lossy(second).into_owned();
                return Err(StructureDefect::ambiguous(*at, format!("key /{key} twice in one dictionary")));
            }
        }
        Ok(dict)
    }

    fn number(&mut self) -> Parsed<Kind> {
        let start = self.pos;
        while self.peek().is_some_and(is_regular) {
            self.pos += 1;
        }
        let text = Span { start, end: self.pos }.of(self.bytes);
        let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
        let dots = digits.iter().filter(|byte| **byte == b'.').count();
        let well_formed = digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        if !well_formed || dots > 1 || digits.len() == dots {
            self.pos = start;
            return self.error(format!("{:?} is no number", String::from_utf8_lossy(text)));
        }
        if dots == 1 {
            return Ok(Kind::Real(text.into()));
        }
        if let Some(id) = self.reference(start) {
            return Ok(Kind::Reference(id));
        }
        let number = core::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        number.map_or_else(|| self.error("an integer is beyond 64 bits"), |number| Ok(Kind::Integer(number)))
    }

    /// `n g R` from `start`; leaves the position after the first number if it is none.
    fn reference(&mut self, start: usize) -> Option<ObjectId> {
        let mut ahead = Self { bytes: self.bytes, pos: start, values_left: 0 };
        let id = ahead.take_id().ok()?;
        if !ahead.peek().is_some_and(is_space) {
            return None;
        }
        ahead.skip_space();
        if !ahead.take_keyword("R") {
            return None;
        }
        self.pos = ahead.pos;
        Some(id)
    }
}
