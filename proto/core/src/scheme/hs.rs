//! Commodity codes of the Harmonized System: digits, edition, and prefixes.

use crate::codec::{read_text, refuse};
use crate::name::NameDefect;
use crate::scheme::named;
use alloc::string::{String, ToString};
use borsh::{BorshDeserialize, BorshSerialize, io};
use core::fmt;
use core::str::FromStr;

const DIGITS_MAX: usize = 10;

/// A commodity code or a prefix of codes: 2 to 10 digits, written without points.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HsCode {
    digits: [u8; DIGITS_MAX],
    len: u8,
}

impl HsCode {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The constructor admits ASCII digits only.
        self.digits.get(..usize::from(self.len)).and_then(|d| core::str::from_utf8(d).ok()).unwrap_or_default()
    }

    /// How many digits.
    #[must_use]
    pub const fn digits(&self) -> u8 {
        self.len
    }

    /// Whether this is a prefix of `code`, or equal.
    #[must_use]
    pub fn covers(&self, code: &Self) -> bool {
        code.as_str().starts_with(self.as_str())
    }

    /// The first six digits, which all countries share; fewer if there are fewer.
    #[must_use]
    pub fn hs6(&self) -> &str {
        self.as_str().get(..6).unwrap_or_else(|| self.as_str())
    }
}

impl FromStr for HsCode {
    type Err = NameDefect;
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        if !(2..=DIGITS_MAX).contains(&text.len()) || !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(NameDefect { what: "HS code", grammar: "2 to 10 digits, without points", found: text.chars().take(80).collect() });
        }
        let mut digits = [0u8; DIGITS_MAX];
        for (to, from) in digits.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self { digits, len: u8::try_from(text.len()).unwrap_or(0) })
    }
}

impl fmt::Display for HsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for HsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HsCode({self})")
    }
}
impl BorshSerialize for HsCode {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.as_str().serialize(writer)
    }
}
impl BorshDeserialize for HsCode {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let text = read_text(reader, DIGITS_MAX, "HS code longer than 10 digits")?;
        text.parse().map_err(|e: NameDefect| refuse(&e.to_string()))
    }
}

named! {
    /// Edition of the Harmonized System; codes of two editions are not comparable.
    HsEdition, "HS edition" {
        /// In force from 2017.
        Hs2017 = 1, "HS2017";
        /// In force from 2022.
        Hs2022 = 2, "HS2022";
        /// In force from 2028.
        Hs2028 = 3, "HS2028";
    }
}

/// A code as a document states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hs {
    /// The code, 6 to 10 digits in documents.
    pub code: HsCode,
    /// Of which edition.
    pub edition: HsEdition,
}

impl fmt::Display for Hs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code, self.edition.name())
    }
}

/// The codes that a recognition or scheme covers: "nothing" and "everything" are different things to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HsCoverage {
    /// `*`: every code.
    Every,
    /// Codes with one of these prefixes; none where the list is empty.
    Prefixes(alloc::vec::Vec<HsCode>),
}

impl HsCoverage {
    /// Whether `code` begins with one of the prefixes.
    #[must_use]
    pub fn covers(&self, code: &HsCode) -> bool {
        match self {
            Self::Every => true,
            Self::Prefixes(prefixes) => prefixes.iter().any(|p| p.covers(code)),
        }
    }
}

impl fmt::Display for HsCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("*"),
            Self::Prefixes(prefixes) => {
                let texts: alloc::vec::Vec<String> = prefixes.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join(" "))
            }
        }
    }
}
