//! PDF values with the byte span each was read from.

/// A half-open byte range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes of the span, empty if it does not lie in `bytes`.
    #[must_use]
    pub fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// Number and generation of an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// Object number, from 1.
    pub number: u32,
    /// Generation.
    pub generation: u16,
}

impl core::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", self.number, self.generation)
    }
}

/// A value and where it stands. Values inside object streams have spans into the decoded stream.
#[derive(Debug, Clone)]
pub struct Value {
    /// The bytes it was read from.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A real number, as written: never rounded.
    Real(Box<[u8]>),
    /// A name, `#xx` resolved.
    Name(Box<[u8]>),
    /// A literal string, escapes resolved.
    Literal(Box<[u8]>),
    /// A hexadecimal string, decoded.
    Hex(Box<[u8]>),
    /// An array.
    Array(Vec<Value>),
    /// A dictionary.
    Dict(Dict),
    /// `n g R`
    Reference(ObjectId),
}

impl Value {
    /// The dictionary, if it is one.
    #[must_use]
    pub fn as_dict(&self) -> Option<&Dict> {
        if let Kind::Dict(dict) = &self.kind { Some(dict) } else { None }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Kind::Array(items) = &self.kind { Some(items) } else { None }
    }

    /// The name without its slash, if it is one.
    #[must_use]
    pub fn as_name(&self) -> Option<&[u8]> {
        if let Kind::Name(name) = &self.kind { Some(name) } else { None }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Kind::Integer(number) = self.kind { Some(number) } else { None }
    }

    /// The integer as an offset or length, if it is one.
    #[must_use]
    pub fn as_usize(&self) -> Option<usize> {
        self.as_integer().and_then(|number| usize::try_from(number).ok())
    }

    /// The bytes, if it is a literal or hexadecimal string.
    #[must_use]
    pub fn as_string(&self) -> Option<&[u8]> {
        if let Kind::Literal(bytes) | Kind::Hex(bytes) = &self.kind { Some(bytes) } else { None }
    }

    /// The object referred to, if it is a reference.
    #[must_use]
    pub fn as_reference(&self) -> Option<ObjectId> {
        if let Kind::Reference(id) = self.kind { Some(id) } else { None }
    }

    /// The number, if it is one; for geometry only, never written back.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Integer(number) => i32::try_from(*number).ok().map(f64::from),
            Kind::Real(text) => core::str::from_utf8(text).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// Whether both are the same value, wherever they stand. Real numbers compare as written.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Integer(a), Kind::Integer(b)) => a == b,
            (Kind::Real(a), Kind::Real(b)) | (Kind::Name(a), Kind::Name(b)) => a == b,
            (Kind::Literal(a) | Kind::Hex(a), Kind::Literal(b) | Kind::Hex(b)) => a == b,
            (Kind::Array(a), Kind::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Kind::Dict(a), Kind::Dict(b)) => a.same(b),
            (Kind::Reference(a), Kind::Reference(b)) => a == b,
            _ => false,
        }
    }
}

/// A dictionary: each key once, in the order written.
#[derive(Debug, Clone, Default)]
pub struct Dict {
    /// Keys (without slash) and values.
    pub entries: Vec<(Box<[u8]>, Value)>,
}

impl Dict {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.get_bytes(key.as_bytes())
    }

    /// The value of a key given as bytes.
    #[must_use]
    pub fn get_bytes(&self, key: &[u8]) -> Option<&Value> {
        self.entries.iter().find(|(name, _)| **name == *key).map(|(_, value)| value)
    }

    /// The name that a key has as its value.
    #[must_use]
    pub fn name(&self, key: &str) -> Option<&[u8]> {
        self.get(key)?.as_name()
    }

    /// Whether `key` is the name `name`.
    #[must_use]
    pub fn is(&self, key: &str, name: &str) -> bool {
        self.name(key) == Some(name.as_bytes())
    }

    /// Whether both have the same keys with the same values, in any order.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.same_except(other, &[])
    }

    /// Whether both are the same but for the given keys. By order of keys, so that no size takes quadratic time.
    #[must_use]
    pub fn same_except(&self, other: &Self, keys: &[&str]) -> bool {
        let (ours, theirs) = (self.sorted_without(keys), other.sorted_without(keys));
        ours.len() == theirs.len()
            && ours.into_iter().zip(theirs).all(|((key, value), (other_key, other_value))| key == other_key && value.same(other_value))
    }

    fn sorted_without(&self, keys: &[&str]) -> Vec<(&[u8], &Value)> {
        let entries = self.entries.iter().map(|(key, value)| (&**key, value));
        let mut kept: Vec<_> = entries.filter(|(key, _)| !keys.iter().any(|name| name.as_bytes() == *key)).collect();
        kept.sort_unstable_by_key(|(key, _)| *key);
        kept
    }
}
