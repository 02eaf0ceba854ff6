//! The strict reader: bytes to a tree, or the first place where they are ambiguous.

use super::{BYTES_MAX, DEPTH_MAX, Member, Node, Value};

/// Why bytes are not strict JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {rule}")]
pub struct NotStrict {
    /// Byte offset of what breaks the rule.
    pub offset: usize,
    /// The rule.
    pub rule: StrictRule,
}

/// The rules of the strict reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrictRule {
    /// Too large.
    #[error("the document has {found} bytes, at most {BYTES_MAX} are allowed")]
    Size {
        /// Its bytes.
        found: usize,
    },
    /// UTF-16 or UTF-32, by its first bytes.
    #[error("the document looks like UTF-16 or UTF-32; it must be UTF-8: save it as UTF-8")]
    Utf16,
    /// A byte order mark.
    #[error("the document begins with a byte order mark: save it without one")]
    ByteOrderMark,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// A key twice in one object.
    #[error("the key {name:?} stands twice in one object, first at byte {first}")]
    DuplicateKey {
        /// The key.
        name: String,
        /// Where it stands first.
        first: usize,
    },
    /// A JSON number.
    #[error("a JSON number; write it as a string, like \"12.5\"")]
    Number,
    /// Half a surrogate pair.
    #[error("an escape is half of a surrogate pair, which is no character")]
    LoneSurrogate,
    /// Something after the end.
    #[error("something follows after the end of the document")]
    Trailing,
    /// Too deep.
    #[error("more than {DEPTH_MAX} levels of arrays and objects")]
    Depth,
    /// A control character in a string.
    #[error("a control character inside a string must be written as an escape")]
    Control,
    /// An escape that JSON does not have.
    #[error("not an escape of JSON")]
    Escape,
    /// The end came too early.
    #[error("the document ends where {expected} is expected")]
    End {
        /// What.
        expected: &'static str,
    },
    /// Something else stands there.
    #[error("expected {expected}, found {found:?}")]
    Syntax {
        /// What.
        expected: &'static str,
        /// The character there.
        found: char,
    },
}

/// Reads a document.
///
/// # Errors
/// The first place where it is not strict JSON.
pub fn read(bytes: &[u8]) -> Result<Node, NotStrict> {
    read_as(bytes, Numbers::Refused)
}

/// Reads a document of another format for import: as [`read`], but a number is the text of its digits, as written.
/// Nothing that is signed or fingerprinted is read this way.
///
/// # Errors
/// The first place where it is not strict JSON with numbers.
pub fn read_foreign(bytes: &[u8]) -> Result<Node, NotStrict> {
    read_as(bytes, Numbers::AsText)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Refused,
    AsText,
}

fn read_as(bytes: &[u8], numbers: Numbers) -> Result<Node, NotStrict> {
    let fail = |offset, rule| Err(NotStrict { offset, rule });
    if bytes.len() > BYTES_MAX {
        return fail(BYTES_MAX, StrictRule::Size { found: bytes.len() });
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return fail(0, StrictRule::ByteOrderMark),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => return fail(0, StrictRule::Utf16),
        _ => {}
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return fail(error.valid_up_to(), StrictRule::Utf8),
    };
    let mut reader = Reader { text, at: 0, numbers };
    let node = reader.node(0)?;
    reader.space();
    if reader.at < text.len() {
        return fail(reader.at, StrictRule::Trailing);
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    numbers: Numbers,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn fail<T>(&self, rule: StrictRule) -> Result<T, NotStrict> {
        Err(NotStrict { offset: self.at, rule })
    }

    fn unexpected<T>(&self, expected: &'static str) -> Result<T, NotStrict> {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => self.fail(StrictRule::Syntax { expected, found }),
            None => self.fail(StrictRule::End { expected }),
        }
    }

    /// One value; `depth` arrays and objects are open around it.
    fn node(&mut self, depth: usize) -> Result<Node, NotStrict> {
        self.space();
        let at = self.at;
        let value = match self.peek() {
            Some(b'"') => Value::Text(self.string()?),
            Some(b'{' | b'[') if depth >= DEPTH_MAX => return self.fail(StrictRule::Depth),
            Some(b'{') => self.object(depth + 1)?,
            Some(b'[') => self.list(depth + 1)?,
            Some(b'-' | b'0'..=b'9') if self.numbers == Numbers::Refused => return self.fail(StrictRule::Number),
            Some(b'-' | b'0'..=b'9') => Value::Text(self.number()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return self.unexpected("a value"),
        };
        Ok(Node { at, value })
    }

    /// A number by the grammar of RFC 8259, as its text.
    fn number(&mut self) -> Result<String, NotStrict> {
        let from = self.at;
        self.one_of(b"-");
        match self.digits() {
            0 => return self.unexpected("a digit"),
            many if many > 1 && self.text.as_bytes().get(self.at - many) == Some(&b'0') => {
                return self.unexpected("no digit after a leading zero");
            }
            _ => {}
        }
        if self.one_of(b".") && self.digits() == 0 {
            return self.unexpected("a digit");
        }
        if self.one_of(b"eE") {
            self.one_of(b"+-");
            if self.digits() == 0 {
                return self.unexpected("a digit");
            }
        }
        Ok(self.text.get(from..self.at).unwrap_or_default().to_owned())
    }

    fn one_of(&mut self, any: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| any.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - from
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value, NotStrict> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(value);
        }
        self.unexpected("true, false or null")
    }

    fn list(&mut self, depth: usize) -> Result<Value, NotStrict> {
        self.at += 1;
        let mut list = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(list));
        }
        loop {
            list.push(self.node(depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(list));
                }
                _ => return self.unexpected(", or ]"),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, NotStrict> {
        self.at += 1;
        let mut members: Vec<Member> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return self.unexpected("a key in quotes");
            }
            let at = self.at;
            let name = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return self.unexpected(":");
            }
            self.at += 1;
            let node = self.node(depth)?;
            members.push(Member { name, at, node });
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return unique(members);
                }
                _ => return self.unexpected(", or }"),
            }
        }
    }

    fn string(&mut self) -> Result<String, NotStrict> {
        self.at += 1;
        let mut out = String::new();
        let mut from = self.at;
        loop {
            match self.peek() {
                None => return self.unexpected("a closing quote"),
                Some(b'"') => {
                    out.push_str(self.text.get(from..self.at).unwrap_or_default());
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(self.text.get(from..self.at).unwrap_or_default());
                    out.push(self.escape()?);
                    from = self.at;
                }
                Some(0..=0x1F) => return self.fail(StrictRule::Control),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotStrict> {
        let at = self.at;
        let plain = match self.text.as_bytes().get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return self.fail(StrictRule::Escape),
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\u` with four hexadecimal digits, or two of them that are one character.
    fn unicode(&mut self) -> Result<char, NotStrict> {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            if digits.bytes().all(|d| d.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
        };
        let at = self.at;
        let Some(first) = unit(at) else { return self.fail(StrictRule::Escape) };
        if let Some(found) = char::from_u32(first) {
            self.at += 6;
            return Ok(found);
        }
        match (first, unit(at + 6)) {
            (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) => {
                self.at += 12;
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                char::from_u32(code).map_or_else(|| self.fail(StrictRule::LoneSurrogate), Ok)
            }
            _ => self.fail(StrictRule::LoneSurrogate),
        }
    }
}

/// The object, if no name stands twice. Sorted, so that thousands of members cost no more than reading them.
fn unique(members: Vec<Member>) -> Result<Value, NotStrict> {
    let mut names: Vec<(&str, usize)> = members.iter().map(|m| (m.name.as_str(), m.at)).collect();
    names.sort_unstable();
    let twice = names.windows(2).filter_map(|pair| match pair {
        [(a, first), (b, second)] if a == b => Some((*second, *first, (*a).to_string())),
        _ => None,
    });
    match twice.min() {
        Some((offset, first, name)) => Err(NotStrict { offset, rule: StrictRule::DuplicateKey { name, first } }),
        None => Ok(Value::Object(members)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(bytes: &[u8]) -> (usize, StrictRule) {
        let defect = read(bytes).unwrap_err();
        (defect.offset, defect.rule)
    }

    /// A number that two programs read differently is refused in foreign documents too.
    #[test]
    fn foreign_numbers_are_their_digits_and_nothing_else() {
        for good in ["0", "-0", "12", "-1.50", "1e3", "1E-3", "12345678901234567890"] {
            assert_eq!(read_foreign(good.as_bytes()).unwrap().as_text(), Some(good));
        }
        for bad in ["01", "-", "1.", ".5", "1e", "1e+", "+1", "1.2.3", "0x1", "-01"] {
            assert!(read_foreign(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    /// Each of these is read in two ways by programs in use; a document that can be is worth nothing as evidence.
    #[test]
    fn what_can_be_read_in_two_ways_is_refused_with_its_place() {
        use StrictRule::*;
        assert_eq!(rule(br#"{"a":"1","b":"2","a":"3"}"#), (17, DuplicateKey { name: "a".into(), first: 1 }));
        assert_eq!(rule(br#"{"a":"1","\u0061":"3"}"#), (9, DuplicateKey { name: "a".into(), first: 1 }));
        for number in ["1", "-1", "0.5", "1e3"] {
            assert_eq!(rule(format!("[{number}]").as_bytes()), (1, Number), "{number}");
        }
        assert_eq!(rule(b"\xEF\xBB\xBF{}"), (0, ByteOrderMark));
        assert_eq!(rule(b"\xFF\xFE{\0}\0"), (0, Utf16));
        assert_eq!(rule(b"{\0}\0"), (0, Utf16));
        assert_eq!(rule(b"\0{\0}"), (0, Utf16));
        assert_eq!(rule(b"[\"\xC3\x28\"]"), (2, Utf8));
        assert_eq!(rule(b"[\"\xED\xA0\x80\"]"), (2, Utf8), "a surrogate in UTF-8");
        for lone in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#, r#""\udc00\ud800""#] {
            assert_eq!(rule(lone.as_bytes()), (1, LoneSurrogate), "{lone}");
        }
        assert_eq!(rule(b"{} {}"), (3, Trailing));
        assert_eq!(rule(b"{}\0"), (2, Trailing));
        assert_eq!(rule(b"\"a\nb\""), (2, Control));
        for bad in [r#""\x""#, r#""\u12g4""#, r#""\u12"#, r#""\u+123""#, "\"\\"] {
            assert_eq!(rule(bad.as_bytes()), (1, Escape), "{bad}");
        }
        assert!(matches!(rule(b""), (0, End { .. })));
        assert!(matches!(rule(b"[\"a\","), (5, End { .. })));
        for bad in
            ["[,]", "['a']", "{a:\"b\"}", "{\"a\" \"b\"}", "[\"a\",]", "{\"a\":\"b\",}", "nul", "NaN", "// c\n{}", "\u{a0}{}", "True"]
        {
            assert!(matches!(rule(bad.as_bytes()).1, Syntax { .. } | End { .. }), "{bad}");
        }
    }

    /// The limits themselves pass, one more does not: depth, and size.
    #[test]
    fn limits_are_exact() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(rule(nested(DEPTH_MAX + 1).as_bytes()), (DEPTH_MAX, StrictRule::Depth));
        assert_eq!(rule("[".repeat(BYTES_MAX).as_bytes()), (DEPTH_MAX, StrictRule::Depth));
        let sized = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
        assert!(read(sized(BYTES_MAX).as_bytes()).is_ok());
        assert_eq!(rule(sized(BYTES_MAX + 1).as_bytes()).1, StrictRule::Size { found: BYTES_MAX + 1 });
    }

    /// A finding without its place sends a person through 256 KiB by eye.
    #[test]
    fn paths_name_the_value_at_an_offset() {
        let text = br#" { "a b": [ {"x":"1"}, {"y":["p","q"]} ], "z": "\ud83d\ude00" }"#;
        let tree = read(text).unwrap();
        let at = |needle: &str| std::str::from_utf8(text).unwrap().find(needle).unwrap();
        assert_eq!(tree.path_at(at("\"1\"")), "[\"a b\"][0].x");
        assert_eq!(tree.path_at(at("\"q\"")), "[\"a b\"][1].y[1]");
        assert_eq!(tree.path_at(at("\"\\ud83d")), "z");
        assert_eq!(tree.path_at(tree.at), "");
        assert_eq!(tree.get("z").unwrap().as_text(), Some("\u{1F600}"));
    }
}
