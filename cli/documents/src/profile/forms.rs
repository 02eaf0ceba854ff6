//! The forms of single values: strings, decimals, dates, codes. Each reader leaves a flaw or gives the value.

use super::{Check, Spelling, spelling};
use crate::country;
use crate::json::{Node, Value};
use crate::time::Civil;
use eco_core::date::{DAY_MS, Date};
use eco_core::decimal::Decimal;
use eco_core::fingerprint::{Fingerprint, Method};
use eco_core::name::{Country, Timestamp};
use eco_core::verdict::Code;

/// Code points of a string, where its row says nothing else.
const TEXT_MAX: usize = 2000;

impl Check<'_> {
    /// A string of 1 to `most` code points, without control characters but line feed and tab, and without what nobody sees.
    pub(crate) fn text_of<'n>(&mut self, node: &'n Node, most: usize) -> Option<&'n str> {
        let fits = |text: &str| {
            let length = text.chars().take(most + 1).count();
            (1..=most).contains(&length) && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
        };
        if let Some(hidden) = node.as_text().and_then(|text| text.chars().find(|c| hides(*c))) {
            let found = format!("U+{:04X} in {}", u32::from(hidden), node.shown());
            self.flaw_found(Code::FieldInvalid, node, "text that reads as it is stored", found, "remove the invisible character");
            return None;
        }
        match node.as_text() {
            Some(text) if fits(text) => Some(text),
            Some(_) => {
                self.invalid(node, format!("a string of 1 to {most} characters, none of them a control character"), "shorten or fill it");
                None
            }
            None => {
                self.invalid(node, "a string", "write it in quotes");
                None
            }
        }
    }

    /// A string of the usual length.
    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        self.text_of(node, TEXT_MAX)
    }

    /// A string that `fits`.
    pub(crate) fn formed<'n>(&mut self, node: &'n Node, rule: &str, mend: &str, fits: impl Fn(&str) -> bool) -> Option<&'n str> {
        let text = node.as_text().filter(|text| fits(text));
        if text.is_none() {
            self.invalid(node, rule, mend);
        }
        text
    }

    /// One of a closed list of words.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let found = node.as_text().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.invalid(node, format!("one of {}", list.join(", ")), "choose one of these, spelled exactly so");
        }
        found.map(|(_, value)| *value)
    }

    /// `true` or `false`.
    pub(crate) fn truth(&mut self, node: &Node) -> Option<bool> {
        if let Value::Bool(truth) = node.value {
            return Some(truth);
        }
        self.invalid(node, "true or false, without quotes", "write true or false");
        None
    }

    /// An exact decimal.
    pub(crate) fn decimal(&mut self, node: &Node) -> Option<Decimal> {
        match spelling(node) {
            Spelling::Exact(value) => Some(value),
            Spelling::Respell(exact) => {
                self.invalid(node, "a decimal as a string, digits and one point only", format!("write {exact:?}"));
                None
            }
            Spelling::NotOneNumber | Spelling::Malformed => {
                self.invalid(node, "a decimal as a string, digits and one point only", "write one number, like \"12.5\"");
                None
            }
        }
    }

    /// A decimal within bounds.
    pub(crate) fn decimal_in(&mut self, node: &Node, least: u32, most: u32) -> Option<Decimal> {
        let value = self.decimal(node)?;
        if value < Decimal::whole(least) || value > Decimal::whole(most) {
            self.invalid(node, format!("{least} to {most}"), "check the value and its unit");
            return None;
        }
        Some(value)
    }

    /// A decimal that is not negative.
    pub(crate) fn amount(&mut self, node: &Node) -> Option<Decimal> {
        let value = self.decimal(node)?;
        if value.is_negative() {
            self.invalid(node, "zero or more", "check the value; removals are not counted here");
            return None;
        }
        Some(value)
    }

    /// A decimal above zero.
    pub(crate) fn positive(&mut self, node: &Node) -> Option<Decimal> {
        let value = self.decimal(node)?;
        if value <= Decimal::ZERO {
            self.invalid(node, "more than zero", "check the value");
            return None;
        }
        Some(value)
    }

    /// An instant in UTC.
    pub(crate) fn instant(&mut self, node: &Node) -> Option<Timestamp> {
        let found = node.as_text().and_then(instant);
        if found.is_none() {
            self.invalid(node, "a time in UTC like 2026-05-10T08:15:00Z", "write date, T, time and Z; convert other time zones");
        }
        found
    }

    /// A day.
    pub(crate) fn date(&mut self, node: &Node) -> Option<Date> {
        let found = node.as_text().and_then(|text| text.parse().ok());
        if found.is_none() {
            self.invalid(node, "a day like 2026-05-10", "write year, month and day with dashes");
        }
        found
    }

    /// A country.
    pub(crate) fn country(&mut self, node: &Node) -> Option<Country> {
        let found = node.as_text().filter(|text| country::is_assigned(text)).and_then(|text| text.parse().ok());
        if found.is_none() {
            self.invalid(node, "a country of ISO 3166-1, two capital letters", "write it like CN or VN");
        }
        found
    }

    /// A fingerprint of one of some methods.
    pub(crate) fn fingerprint(&mut self, node: &Node, methods: &[Method]) -> Option<Fingerprint> {
        let found = node.as_text().and_then(|text| text.parse::<Fingerprint>().ok()).filter(|f| methods.contains(&f.method));
        if found.is_none() {
            let names: Vec<&str> = methods.iter().map(|m| m.name()).collect();
            self.invalid(
                node,
                format!("a fingerprint {}:<64 lower-case hex digits>", names.join(" or ")),
                "copy what eco prints for the document",
            );
        }
        found
    }

    /// 32 bytes of randomness.
    pub(crate) fn nonce(&mut self, node: &Node) -> Option<[u8; 32]> {
        let found = node.as_text().and_then(|text| eco_core::hash::parse_hex32(text).ok());
        if found.is_none() {
            self.invalid(
                node,
                "64 lower-case hex digits of randomness, never used before",
                "let eco make the document, or take 32 random bytes",
            );
        }
        found
    }

    /// An absolute IRI.
    pub(crate) fn iri<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        self.formed(node, "an absolute IRI without spaces", "write it like https://.. or urn:..", is_iri)
    }

    /// A list of words without one twice.
    pub(crate) fn set<'n>(&mut self, node: &'n Node, most: usize) -> Option<Vec<&'n str>> {
        let list = self.list(node, 1, most)?;
        let mut words = Vec::with_capacity(list.len());
        for element in list {
            let Some(word) = self.text_of(element, 200) else { continue };
            if words.contains(&word) {
                self.flaw(Code::FieldInvalid, element, "no value twice", "remove the second one");
            } else {
                words.push(word);
            }
        }
        Some(words)
    }
}

/// Whether a character is not seen and changes what is: directions that make text read otherwise than it is stored, and spaces
/// of no width, by which two names look alike. Marks that scripts need to be read (U+200C to U+200F) are none of
/// them; the word break of Khmer and Thai (U+200B) is one: a name is read without it.
const fn hides(found: char) -> bool {
    matches!(found, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{AD}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

fn is_iri(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, rest)| (scheme, !rest.is_empty()));
    let fits =
        |s: &str| s.starts_with(|c: char| c.is_ascii_alphabetic()) && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !hides(c) && !"<>\"{}|\\^`".contains(c);
    text.len() <= 2000 && scheme.is_some_and(|(s, rest)| rest && fits(s)) && text.chars().all(plain)
}

/// Reads `YYYY-MM-DDThh:mm:ss[.fff..]Z` from 1970 to 9999. Digits below a millisecond are cut.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = match text.strip_suffix('Z')?.split_once('.') {
        Some((whole, fraction)) if (1..=9).contains(&fraction.len()) && fraction.bytes().all(|d| d.is_ascii_digit()) => (whole, fraction),
        Some(_) => return None,
        None => (text.strip_suffix('Z')?, ""),
    };
    let shape = whole.len() == 19
        && whole.bytes().enumerate().all(|(at, c)| match at {
            4 | 7 => c == b'-',
            10 => c == b'T',
            13 | 16 => c == b':',
            _ => c.is_ascii_digit(),
        });
    let digits: Vec<u8> = whole.bytes().filter(u8::is_ascii_digit).collect();
    let seconds = u64::try_from(Civil::of_digits(&digits).filter(|_| shape)?.unix()?).ok()?;
    let ms = fraction.bytes().chain([b'0'; 3]).take(3).fold(0u64, |ms, digit| ms * 10 + u64::from(digit - b'0'));
    Some(Timestamp(seconds * 1000 + ms))
}

/// The same day so many years later; the day after where there is none (29 February).
pub(crate) fn years_after(day: Date, years: u32) -> Date {
    let text = day.to_string();
    let (year, rest) = (day.year().saturating_add(years), text.get(4..).unwrap_or_default());
    let same = format!("{year:04}{rest}").parse();
    same.or_else(|_| format!("{year:04}-03-01").parse()).unwrap_or(day)
}

/// Seconds of an ISO 8601 duration in whole units, at least one; a month counts 31 days, a year 366.
pub(crate) fn duration_s(text: &str) -> Option<u64> {
    const DAY: u64 = 86_400;
    let (date, time) = text.strip_prefix('P')?.split_once('T').map_or((text.strip_prefix('P')?, None), |(date, time)| (date, Some(time)));
    let sum = |part: &str, units: &[(char, u64)]| -> Option<u64> {
        let (mut rest, mut total, mut units) = (part, 0u64, units.iter());
        while !rest.is_empty() {
            let at = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| (1..=6).contains(at))?;
            let (digits, tail) = rest.split_at(at);
            let unit = tail.chars().next()?;
            let seconds = units.by_ref().find(|(name, _)| *name == unit)?.1;
            total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(seconds)?)?;
            rest = tail.get(1..)?;
        }
        Some(total)
    };
    let days = sum(date, &[('Y', 366 * DAY), ('M', 31 * DAY), ('W', 7 * DAY), ('D', DAY)])?;
    let seconds = match time {
        Some("") => return None,
        Some(time) => sum(time, &[('H', 3600), ('M', 60), ('S', 1)])?,
        None => 0,
    };
    Some(days.checked_add(seconds)?).filter(|s| *s > 0)
}

/// A bare day as the first moment of it in UTC; anything else stays as it is.
pub(crate) fn begins(written: &str) -> String {
    at_midnight(written, 0)
}

/// A bare day as the first moment after it in UTC; anything else stays as it is.
pub(crate) fn ends(written: &str) -> String {
    at_midnight(written, DAY_MS)
}

fn at_midnight(written: &str, later_ms: u64) -> String {
    let day: Option<Date> = written.parse().ok();
    day.map_or_else(|| written.to_owned(), |d| rfc3339(d.midnight().plus_ms(later_ms)))
}

/// Writes an instant as documents state it; whole seconds where it is one.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of_unix(i64::try_from(time.0 / 1000).unwrap_or(i64::MAX));
    let fraction = if time.0.is_multiple_of(1000) { String::new() } else { format!(".{:03}", time.0 % 1000) };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time read in another zone, or a day that does not exist, moves the end of a document's validity.
    #[test]
    fn instants_are_in_utc_and_exist() {
        assert_eq!(instant("2026-05-10T08:15:00Z"), Some(Timestamp(1_778_400_900_000)));
        assert_eq!(instant("2026-05-10T08:15:00.25Z"), Some(Timestamp(1_778_400_900_250)));
        for text in ["2026-05-10T08:15:00Z", "2026-05-10T08:15:00.250Z", "1970-01-01T00:00:00Z"] {
            assert_eq!(rfc3339(instant(text).unwrap()), text);
        }
        for bad in [
            "2026-05-10",
            "2026-05-10T08:15:00",
            "2026-05-10T08:15:00+00:00",
            "2026-05-10t08:15:00z",
            "2026-05-10 08:15:00Z",
            "2026-02-30T00:00:00Z",
            "2026-05-10T24:00:00Z",
            "2026-05-10T08:15:60Z",
            "2026-05-10T08:15Z",
            "2026-05-10T08:15:00.Z",
            "+026-05-10T08:15:00Z",
            "",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn iris_are_absolute() {
        for good in ["did:web:acme.example.cn", "https://a.example/b?c#d", "urn:uuid:1"] {
            assert!(is_iri(good), "{good}");
        }
        for bad in ["", "acme", "//a.example", "https:", "ht tp://a", "https://a b", "1a:b", "https://a/<b>"] {
            assert!(!is_iri(bad), "{bad}");
        }
    }
}
