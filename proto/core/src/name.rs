//! Names and plain quantities: organisations, networks, countries, heights, times.

use crate::codec::{read_text, refuse};
use crate::limits::NETWORK_NAME_BYTES_MAX;
use alloc::string::{String, ToString};
use borsh::{BorshDeserialize, BorshSerialize, io};
use core::fmt;
use core::str::FromStr;

/// A text outside its grammar, with the grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {grammar}, found {found:?}")]
pub struct NameDefect {
    /// What kind of name.
    pub what: &'static str,
    /// The grammar.
    pub grammar: &'static str,
    /// What was given, cut to 80 characters.
    pub found: String,
}

const SLUG_MAX: usize = 32;

/// An organisation's permanent name in the network: `[a-z0-9-]{3,32}`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgId {
    bytes: [u8; SLUG_MAX],
    len: u8,
}

impl OrgId {
    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The constructor admits ASCII only.
        self.bytes.get(..usize::from(self.len)).and_then(|b| core::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl FromStr for OrgId {
    type Err = NameDefect;
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        let fits = (3..=SLUG_MAX).contains(&text.len());
        if !fits || !text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err(NameDefect { what: "organisation", grammar: "3 to 32 of a-z 0-9 -", found: text.chars().take(80).collect() });
        }
        let mut bytes = [0u8; SLUG_MAX];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self { bytes, len: u8::try_from(text.len()).unwrap_or(0) })
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgId({self})")
    }
}
impl BorshSerialize for OrgId {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.as_str().serialize(writer)
    }
}
impl BorshDeserialize for OrgId {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let text = read_text(reader, SLUG_MAX, "organisation longer than 32 bytes")?;
        text.parse().map_err(|e: NameDefect| refuse(&e.to_string()))
    }
}

/// A network's name: `/`-joined segments `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`, at most 64 bytes.
#[derive(Clone, PartialEq, Eq, Debug, BorshSerialize)]
pub struct NetworkName(String);

impl NetworkName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NetworkName {
    type Err = NameDefect;
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let segment = |s: &str| {
            let (Some(&first), Some(&last)) = (s.as_bytes().first(), s.as_bytes().last()) else { return false };
            plain(first) && plain(last) && s.bytes().all(|c| plain(c) || c == b'.' || c == b'-')
        };
        if text.len() > NETWORK_NAME_BYTES_MAX || !text.split('/').all(segment) {
            return Err(NameDefect {
                what: "network name",
                grammar: "segments of a-z 0-9 . - joined by /, at most 64 bytes",
                found: text.chars().take(80).collect(),
            });
        }
        Ok(Self(text.to_string()))
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl BorshDeserialize for NetworkName {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let text = read_text(reader, NETWORK_NAME_BYTES_MAX, "network name longer than 64 bytes")?;
        text.parse().map_err(|e: NameDefect| refuse(&e.to_string()))
    }
}

/// ISO 3166-1 alpha-2 country code, two upper-case letters. Whether it is assigned is not checked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Country([u8; 2]);

impl FromStr for Country {
    type Err = NameDefect;
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        match *text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([a, b])),
            _ => {
                Err(NameDefect { what: "country", grammar: "two upper-case letters (ISO 3166-1)", found: text.chars().take(80).collect() })
            }
        }
    }
}
impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{}{}", char::from(a), char::from(b))
    }
}
impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({self})")
    }
}
impl BorshDeserialize for Country {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let [a, b] = <[u8; 2]>::deserialize_reader(reader)?;
        if a.is_ascii_uppercase() && b.is_ascii_uppercase() {
            Ok(Self([a, b]))
        } else {
            Err(refuse("country is not two upper-case letters"))
        }
    }
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
        pub struct $name(pub $inner);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
    };
}

quantity! {
    /// Position of a block. Genesis is height 0 and has no header; the first block is height 1.
    Height(u64)
}
quantity! {
    /// A period with one validator set; genesis opens epoch 0.
    Epoch(u64)
}
quantity! {
    /// A consensus round within one height, from 0.
    Round(u32)
}
quantity! {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    Timestamp(u64)
}
quantity! {
    /// How often a record has changed: 0 = must not exist, 1 = as created; it only grows.
    Revision(u32)
}

impl Height {
    /// The next height.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Timestamp {
    /// Milliseconds from `earlier` to this, 0 if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
    /// This time plus milliseconds.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
