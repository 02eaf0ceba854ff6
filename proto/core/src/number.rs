//! Certificate numbers: one spelling, one key (SPEC section 4.3).

use crate::hash::{derive, id32};
use crate::name::OrgId;
use alloc::string::String;

/// Characters of a normalised number.
pub const NUMBER_CHARS_MAX: usize = 64;
/// Characters of a number as given; longer ones are refused unread.
pub const NUMBER_INPUT_CHARS_MAX: usize = 256;

/// A certificate number that has no normal form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberDefect {
    /// Nothing left after removing spaces.
    #[error("the certificate number is empty")]
    Empty,
    /// Too many characters.
    #[error("the certificate number has more than {max} characters")]
    TooLong {
        /// The bound.
        max: usize,
    },
    /// A character outside the grammar.
    #[error("the certificate number has {found:?} (U+{code:04X}) at character {position}; allowed are A-Z 0-9 . / -")]
    Character {
        /// The character.
        found: char,
        /// Its code point.
        code: u32,
        /// Its place, counted from 1.
        position: usize,
    },
}

/// A certificate number in its normal form: 1 to 64 of `[A-Z0-9./-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CertificateNumber(String);

impl CertificateNumber {
    /// Full-width ASCII becomes ASCII, spaces go, dashes become `-`, letters become upper case.
    ///
    /// # Errors
    /// Empty, too long, or another character.
    pub fn normalise(text: &str) -> Result<Self, NumberDefect> {
        let mut out = String::new();
        for (at, found) in text.chars().enumerate() {
            if at >= NUMBER_INPUT_CHARS_MAX {
                return Err(NumberDefect::TooLong { max: NUMBER_INPUT_CHARS_MAX });
            }
            let narrow = match found {
                '\u{FF01}'..='\u{FF5E}' => char::from_u32(found as u32 - 0xFEE0).unwrap_or(found),
                other => other,
            };
            match narrow {
                c if is_space(c) => {}
                c if is_dash(c) => out.push('-'),
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '/' => out.push(narrow.to_ascii_uppercase()),
                _ => return Err(NumberDefect::Character { found, code: found as u32, position: at.saturating_add(1) }),
            }
        }
        match out.len() {
            0 => Err(NumberDefect::Empty),
            1..=NUMBER_CHARS_MAX => Ok(Self(out)),
            _ => Err(NumberDefect::TooLong { max: NUMBER_CHARS_MAX }),
        }
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The spaces that are removed, visible or not.
const fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200B}' | '\u{202F}' | '\u{205F}' | '\u{2060}' | '\u{3000}' | '\u{FEFF}'
    )
}

/// The dashes that become `-`.
const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}')
}

id32! {
    /// The index of a certificate number under its issuer. An index, not a secret: numbers are guessable.
    ReferenceKey
}

impl ReferenceKey {
    /// Key of a number under an organisation.
    #[must_use]
    pub fn of(issuer: &OrgId, number: &CertificateNumber) -> Self {
        Self(derive("eco-notary/v1 reference", &[issuer.as_str().as_bytes(), number.as_str().as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_in_use_gives_one_key() {
        let plain = CertificateNumber::normalise("26C4403A-0001/0001").unwrap();
        for spelling in [
            "２６Ｃ４４０３Ａ－０００１／０００１",
            "26c4403a\u{2011}0001/0001",
            " 26C 4403A\u{2212}0001 / 0001\u{3000}",
            "26C4403A\u{FE63}0001/\u{200B}0001",
        ] {
            assert_eq!(CertificateNumber::normalise(spelling).unwrap(), plain, "{spelling}");
        }
    }

    #[test]
    fn letters_outside_the_grammar_are_refused_with_their_place() {
        // Cyrillic А looks like A: folding it would let two numbers share a key.
        assert_eq!(CertificateNumber::normalise("26\u{410}1"), Err(NumberDefect::Character { found: '\u{410}', code: 0x410, position: 3 }));
        assert_eq!(CertificateNumber::normalise(" \u{2003} "), Err(NumberDefect::Empty));
        assert!(CertificateNumber::normalise(&"7".repeat(64)).is_ok());
        assert_eq!(CertificateNumber::normalise(&"7".repeat(65)), Err(NumberDefect::TooLong { max: 64 }));
        for bad in ["A_1", "A\n1", "A#1", "A\u{AD}1", "Ä1", "A\u{FF3F}1"] {
            assert!(matches!(CertificateNumber::normalise(bad), Err(NumberDefect::Character { .. })), "{bad:?}");
        }
    }

    #[test]
    fn the_issuer_is_part_of_the_key() {
        let number = CertificateNumber::normalise("1").unwrap();
        assert_ne!(ReferenceKey::of(&"abc".parse().unwrap(), &number), ReferenceKey::of(&"abd".parse().unwrap(), &number));
    }
}
