//! What a recognition is made of: accreditation standards, HS prefixes, for whom it speaks, and its published source.

use crate::codec::{read_text, refuse};
use crate::date::Date;
use crate::fingerprint::Fingerprint;
use crate::limits::SOURCE_URL_BYTES_MAX;
use crate::name::{Country, NameDefect, OrgId};
use crate::scheme::{HsCode, HsCoverage};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize, io};
use core::fmt;
use core::str::FromStr;

const HS_DIGITS_MAX: usize = 10;
const STANDARD_BYTES_MAX: usize = 32;
const STANDARD_GRAMMAR: &str = "2 to 32 of A-Z 0-9 . / : - (e.g. ISO14065:2020)";

/// An accreditation standard in its normal form, e.g. `ISO14065:2020`: what a body is accredited by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, BorshSerialize)]
pub struct AccreditationStandard(String);

impl AccreditationStandard {
    /// From any spelling: ASCII spaces go, letters become upper case.
    ///
    /// # Errors
    /// Another character, or not 2 to 32 of them.
    pub fn normalise(text: &str) -> Result<Self, NameDefect> {
        let short: String = text.chars().filter(|c| *c != ' ').take(STANDARD_BYTES_MAX.saturating_add(1)).collect();
        short.to_ascii_uppercase().parse().map_err(|_| NameDefect {
            what: "accreditation standard",
            grammar: STANDARD_GRAMMAR,
            found: text.chars().take(80).collect(),
        })
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccreditationStandard {
    type Err = NameDefect;
    /// The normal form alone.
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        let fits = (2..=STANDARD_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'/' | b':' | b'-')) {
            return Ok(Self(text.to_string()));
        }
        Err(NameDefect { what: "accreditation standard", grammar: STANDARD_GRAMMAR, found: text.chars().take(80).collect() })
    }
}

impl fmt::Display for AccreditationStandard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl BorshDeserialize for AccreditationStandard {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let text = read_text(reader, STANDARD_BYTES_MAX, "accreditation standard longer than 32 bytes")?;
        text.parse().map_err(|e: NameDefect| refuse(&e.to_string()))
    }
}

/// The beginning of HS codes, written as its 2 to 10 digits; or all codes, written `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HsPrefix {
    /// Every code.
    Any,
    /// The codes that begin with these digits.
    Code(HsCode),
}

impl HsPrefix {
    /// What a list of prefixes covers.
    #[must_use]
    pub fn coverage(prefixes: &[Self]) -> HsCoverage {
        let codes = prefixes.iter().map(|prefix| if let Self::Code(code) = prefix { Some(*code) } else { None });
        codes.collect::<Option<Vec<HsCode>>>().map_or(HsCoverage::Every, HsCoverage::Prefixes)
    }
}

impl FromStr for HsPrefix {
    type Err = NameDefect;
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        if text == "*" { Ok(Self::Any) } else { text.parse().map(Self::Code) }
    }
}
impl fmt::Display for HsPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Code(code) => code.fmt(f),
        }
    }
}
impl BorshSerialize for HsPrefix {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        match self {
            Self::Any => "*".serialize(writer),
            Self::Code(code) => code.serialize(writer),
        }
    }
}
impl BorshDeserialize for HsPrefix {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let text = read_text(reader, HS_DIGITS_MAX, "HS prefix longer than 10 digits")?;
        text.parse().map_err(|e: NameDefect| refuse(&e.to_string()))
    }
}

/// For whom a recognition speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RecognitionScope {
    /// For a country, by its one recognising authority.
    Country(Country) = 1,
    /// For an accreditation body, by itself: it counts where a country recognises that body.
    Accreditation(OrgId) = 2,
}

impl fmt::Display for RecognitionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country(country) => write!(f, "country {country}"),
            Self::Accreditation(body) => write!(f, "accreditation body {body}"),
        }
    }
}

/// The published list that a recognition was taken from. It is shown with every verdict that rests on it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize)]
pub struct RecognitionSource {
    /// Where it is published: `http://` or `https://`, printable ASCII, at most 200 bytes.
    pub url: String,
    /// The list's own date.
    pub list_date: Date,
    /// Fingerprint of the list as published.
    pub fingerprint: Fingerprint,
}

impl RecognitionSource {
    /// A published list.
    ///
    /// # Errors
    /// The address does not begin with `http://` or `https://`, has other than printable ASCII, or more than 200 bytes.
    pub fn new(url: &str, list_date: Date, fingerprint: Fingerprint) -> Result<Self, NameDefect> {
        let scheme = url.starts_with("https://") || url.starts_with("http://");
        if scheme && url.len() <= SOURCE_URL_BYTES_MAX && url.bytes().all(|c| c.is_ascii_graphic()) {
            return Ok(Self { url: url.to_string(), list_date, fingerprint });
        }
        Err(NameDefect {
            what: "source address",
            grammar: "http:// or https://, printable ASCII, at most 200 bytes",
            found: url.chars().take(80).collect(),
        })
    }
}

impl BorshDeserialize for RecognitionSource {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let url = read_text(reader, SOURCE_URL_BYTES_MAX, "source address longer than 200 bytes")?;
        let (list_date, fingerprint) = (Date::deserialize_reader(reader)?, Fingerprint::deserialize_reader(reader)?);
        Self::new(&url, list_date, fingerprint).map_err(|e| refuse(&e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_has_one_spelling_on_the_log() {
        for text in ["ISO 14065:2020", "iso14065:2020", " ISO  14065:2020 "] {
            assert_eq!(AccreditationStandard::normalise(text).unwrap().as_str(), "ISO14065:2020");
        }
        for bad in ["", "I", "ISO_1", "ИSO1", "A\u{a0}1", &"1".repeat(33)] {
            assert!(AccreditationStandard::normalise(bad).is_err(), "{bad}");
        }
        assert!("iso14065".parse::<AccreditationStandard>().is_err(), "bytes on the log are not normalised, they are refused");
    }

    #[test]
    fn nothing_and_everything_are_different_things_to_say() {
        let prefixes = |texts: &[&str]| texts.iter().map(|t| t.parse().unwrap()).collect::<Vec<HsPrefix>>();
        let code = "850760".parse().unwrap();
        assert!(HsPrefix::coverage(&prefixes(&["*"])).covers(&code) && HsPrefix::coverage(&prefixes(&["84", "8507"])).covers(&code));
        assert!(!HsPrefix::coverage(&[]).covers(&code) && !HsPrefix::coverage(&prefixes(&["8508", "85076000"])).covers(&code));
        for bad in ["", "8", "85 07", "85a", "**", "85*", "12345678901"] {
            assert!(bad.parse::<HsPrefix>().is_err(), "{bad}");
        }
        assert!(prefixes(&["*", "84", "8507", "85076", "86"]).windows(2).all(|w| w[0] < w[1]), "ascending as texts are");
    }
}
