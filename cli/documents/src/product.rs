//! Product identification: GTIN, GMN or a model code of the issuer, each as one canonical id.
//!
//! GS1 Digital Links of any host and prefix come in, one canonical link goes out; check digits are checked.

use eco_core::name::OrgId;
use std::fmt;

/// A product, by one of three codes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProductId {
    /// A trade item, of any granularity.
    Gtin {
        /// 14 digits, check digit right.
        gtin: String,
        /// AI 22, consumer product variant.
        variant: Option<String>,
        /// AI 10, batch.
        batch: Option<String>,
        /// AI 21, serial number.
        serial: Option<String>,
    },
    /// A model, by Global Model Number.
    Gmn(String),
    /// A model, by a code of its issuer.
    Model {
        /// Whose code.
        author: OrgId,
        /// The code.
        code: String,
    },
}

/// Why a text is no product id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductDefect {
    /// Neither a Digital Link nor a model URN.
    #[error("neither a GS1 Digital Link with /01/ or /8013/ nor urn:eco:model:<organisation>:<code>")]
    Unknown,
    /// The GTIN is not 8, 12, 13 or 14 digits.
    #[error("a GTIN has 8, 12, 13 or 14 digits, found {0:?}")]
    GtinForm(String),
    /// Its last digit is wrong.
    #[error("the check digit of GTIN {found} is {expected}, not {last}", last = .found.chars().last().unwrap_or(' '))]
    GtinCheck {
        /// The GTIN.
        found: String,
        /// The right digit.
        expected: char,
    },
    /// The GMN is outside its grammar.
    #[error("a GMN has 6 digits or more of company prefix first, at most 25 characters of the GS1 set 82, found {0:?}")]
    GmnForm(String),
    /// Its check pair is wrong.
    #[error("the check pair of GMN {found} is {expected}")]
    GmnCheck {
        /// The GMN.
        found: String,
        /// The right pair.
        expected: String,
    },
    /// The model code is outside its grammar.
    #[error("a model code is 1 to 40 of A-Z 0-9 . _ -, found {0:?}")]
    ModelForm(String),
    /// The organisation is outside its grammar.
    #[error("a model code belongs to an organisation, 3 to 32 of a-z 0-9 -, found {0:?}")]
    Author(String),
    /// An application identifier that a product id cannot have.
    #[error("application identifier {0:?} has no place in a product id, or not here")]
    Identifier(String),
    /// One that stands twice.
    #[error("application identifier {0} stands twice")]
    Repeated(String),
    /// Its value is outside its grammar.
    #[error("the value of application identifier {ai} is 1 to 20 characters of the GS1 set 82, found {found:?}")]
    Qualifier {
        /// Which.
        ai: String,
        /// Its value.
        found: String,
    },
    /// A percent sign that is no escape.
    #[error("{0:?} is not percent-encoded text")]
    Escape(String),
}

/// The 82 characters that GS1 element strings may hold.
fn is_cset82(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&c)
}

/// Alphabet of the GMN's check pair.
const CSET32: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Weights of the GMN's characters, from the right.
const GMN_WEIGHTS: [u32; 23] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];
/// CSET 82 in the order of its values.
const CSET82: &[u8; 82] = b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// The check digit of a GTIN without it, GS1 General Specifications 7.9.
#[must_use]
pub fn gtin_check_digit(digits: &str) -> Option<char> {
    if !digits.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let sum: u32 = digits.bytes().rev().enumerate().map(|(at, c)| u32::from(c - b'0') * if at % 2 == 0 { 3 } else { 1 }).sum();
    char::from_digit((10 - sum % 10) % 10, 10)
}

/// A GTIN of 8, 12, 13 or 14 digits as 14 digits.
///
/// # Errors
/// Another form, or a wrong check digit.
pub fn gtin14(text: &str) -> Result<String, ProductDefect> {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|c| c.is_ascii_digit()) {
        return Err(ProductDefect::GtinForm(text.chars().take(80).collect()));
    }
    let (body, last) = text.split_at(text.len() - 1);
    let expected = gtin_check_digit(body).unwrap_or_default();
    if !last.starts_with(expected) {
        return Err(ProductDefect::GtinCheck { found: text.into(), expected });
    }
    Ok(format!("{text:0>14}"))
}

/// The check pair of a GMN without it, GS1 General Specifications 7.9.5.
#[must_use]
pub fn gmn_check_pair(model: &str) -> Option<String> {
    if !(1..=GMN_WEIGHTS.len()).contains(&model.len()) {
        return None;
    }
    let mut sum: u32 = 0;
    for (found, weight) in model.bytes().rev().zip(GMN_WEIGHTS) {
        let value = CSET82.iter().position(|c| *c == found)?;
        sum += u32::try_from(value).ok()? * weight;
    }
    let rest = usize::try_from(sum % 1021).ok()?;
    let pair = [CSET32.get(rest >> 5)?, CSET32.get(rest & 31)?];
    Some(pair.into_iter().map(|c| char::from(*c)).collect())
}

/// A GMN, its check pair right.
///
/// # Errors
/// Another form, or a wrong check pair.
pub fn gmn(text: &str) -> Result<String, ProductDefect> {
    let form = || ProductDefect::GmnForm(text.chars().take(80).collect());
    let prefix = text.bytes().take_while(u8::is_ascii_digit).count();
    if !text.is_ascii() || !(8..=25).contains(&text.len()) || prefix < 6 || !text.bytes().all(is_cset82) {
        return Err(form());
    }
    let (model, pair) = text.split_at(text.len() - 2);
    let expected = gmn_check_pair(model).ok_or_else(form)?;
    if pair != expected {
        return Err(ProductDefect::GmnCheck { found: text.into(), expected });
    }
    Ok(text.into())
}

/// A model code.
///
/// # Errors
/// Another form.
pub fn model_code(text: &str) -> Result<String, ProductDefect> {
    let fits = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || b"._-".contains(&c);
    if (1..=40).contains(&text.len()) && text.bytes().all(fits) {
        Ok(text.into())
    } else {
        Err(ProductDefect::ModelForm(text.chars().take(80).collect()))
    }
}

impl ProductId {
    /// Reads a Digital Link of any host, or a model URN, and normalises it.
    ///
    /// # Errors
    /// What is wrong with it; a check digit with the right one.
    pub fn normalise(text: &str) -> Result<Self, ProductDefect> {
        if let Some(rest) = text.strip_prefix("urn:eco:model:") {
            let (author, code) = rest.split_once(':').ok_or(ProductDefect::Unknown)?;
            let author = author.parse().map_err(|_| ProductDefect::Author(author.chars().take(80).collect()))?;
            return Ok(Self::Model { author, code: model_code(code)? });
        }
        let path = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(ProductDefect::Unknown)?;
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
        let at = segments.iter().position(|s| matches!(*s, "01" | "8013")).ok_or(ProductDefect::Unknown)?;
        let mut pairs = Vec::new();
        let mut rest = segments.iter().skip(at);
        while let Some(ai) = rest.next() {
            pairs.push((*ai, decode(rest.next().copied().unwrap_or_default())?));
        }
        match pairs.as_slice() {
            [("8013", model)] => gmn(model).map(Self::Gmn),
            [("8013", _), (ai, _), ..] => Err(ProductDefect::Identifier((*ai).into())),
            [(_, gtin), qualifiers @ ..] => Self::qualified(gtin14(gtin)?, qualifiers),
            [] => Err(ProductDefect::Unknown),
        }
    }

    fn qualified(gtin: String, qualifiers: &[(&str, String)]) -> Result<Self, ProductDefect> {
        let (mut variant, mut batch, mut serial) = (None, None, None);
        let mut after = 0;
        for (ai, value) in qualifiers {
            let (slot, order) = match *ai {
                "22" => (&mut variant, 1),
                "10" => (&mut batch, 2),
                "21" => (&mut serial, 3),
                other => return Err(ProductDefect::Identifier(other.chars().take(80).collect())),
            };
            if slot.is_some() {
                return Err(ProductDefect::Repeated((*ai).into()));
            }
            // GS1 Digital Link 1.2, section 4.7: one order of qualifiers.
            if order <= after {
                return Err(ProductDefect::Identifier((*ai).into()));
            }
            after = order;
            if !(1..=20).contains(&value.len()) || !value.bytes().all(is_cset82) {
                return Err(ProductDefect::Qualifier { ai: (*ai).into(), found: value.chars().take(80).collect() });
            }
            *slot = Some(value.clone());
        }
        Ok(Self::Gtin { gtin, variant, batch, serial })
    }

    /// The product without batch and serial number: what a passport of granularity `model` is about.
    #[must_use]
    pub fn model(&self) -> Self {
        match self {
            Self::Gtin { gtin, variant, .. } => Self::Gtin { gtin: gtin.clone(), variant: variant.clone(), batch: None, serial: None },
            Self::Gmn(_) | Self::Model { .. } => self.clone(),
        }
    }
}

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gtin { gtin, variant, batch, serial } => {
                write!(f, "https://id.gs1.org/01/{gtin}")?;
                for (ai, value) in [("22", variant), ("10", batch), ("21", serial)] {
                    if let Some(value) = value {
                        write!(f, "/{ai}/{}", encode(value))?;
                    }
                }
                Ok(())
            }
            Self::Gmn(model) => write!(f, "https://id.gs1.org/8013/{}", encode(model)),
            Self::Model { author, code } => write!(f, "urn:eco:model:{author}:{code}"),
        }
    }
}

/// Percent-decodes once.
fn decode(segment: &str) -> Result<String, ProductDefect> {
    let defect = || ProductDefect::Escape(segment.chars().take(80).collect());
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).filter(|d| d.iter().all(u8::is_ascii_hexdigit)).ok_or_else(defect)?;
        let digits = std::str::from_utf8(digits).map_err(|_| defect())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| defect())?);
        rest = tail.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|_| defect())
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, ProductDefect> {
        ProductId::normalise(text).map(|id| id.to_string())
    }

    /// A code that is off by one digit names other goods.
    #[test]
    fn check_digits_and_pairs_are_checked() {
        assert_eq!(gtin14("06901234567892").as_deref(), Ok("06901234567892"));
        assert_eq!(gtin14("6901234567892").as_deref(), Ok("06901234567892"));
        assert_eq!(gtin14("96385074").as_deref(), Ok("00000096385074"));
        assert_eq!(gtin14("06901234567893"), Err(ProductDefect::GtinCheck { found: "06901234567893".into(), expected: '2' }));
        for bad in ["", "0690123456789", "6901234567", "0690123456789x", "０６９０１２３４５６７８９２"] {
            assert!(gtin14(bad).is_err(), "{bad}");
        }
        // The vector of the GS1 General Specifications.
        assert_eq!(gmn_check_pair("1987654Ad4X4bL5ttr2310c").as_deref(), Some("2K"));
        assert!(gmn("1987654Ad4X4bL5ttr2310c2K").is_ok());
        assert_eq!(
            gmn("1987654Ad4X4bL5ttr2310c2L"),
            Err(ProductDefect::GmnCheck { found: "1987654Ad4X4bL5ttr2310c2L".into(), expected: "2K".into() })
        );
        assert!(gmn("1987654Ad4X4bL5ttr2310d2K").is_err(), "another last character");
        for bad in ["", "2K", "ABCDEFGH2K", "1987654Ad4X4bL5ttr2310ccc2K", "1987654 d4X4bL5ttr2310c2K"] {
            assert!(matches!(gmn(bad), Err(ProductDefect::GmnForm(_))), "{bad}");
        }
    }

    /// Two spellings of one product that give two ids hide a passport from whoever asks for it.
    #[test]
    fn digital_links_have_one_canonical_form() {
        for link in [
            "https://id.gs1.org/01/06901234567892",
            "http://example.com/01/6901234567892",
            "https://shop.example/de/products/01/06901234567892?17=261231#top",
            "https://id.gs1.org/01/06901234567892/",
        ] {
            assert_eq!(canonical(link).as_deref(), Ok("https://id.gs1.org/01/06901234567892"), "{link}");
        }
        assert_eq!(
            canonical("https://a.example/01/6901234567892/22/2A/10/LOT%2F7/21/S-1").as_deref(),
            Ok("https://id.gs1.org/01/06901234567892/22/2A/10/LOT%2F7/21/S-1")
        );
        assert_eq!(
            canonical("https://a.example/01/6901234567892/10/A%252F").as_deref(),
            Ok("https://id.gs1.org/01/06901234567892/10/A%252F")
        );
        assert_eq!(
            canonical("https://a/8013/1987654Ad4X4bL5ttr2310c2K").as_deref(),
            Ok("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K")
        );
        assert_eq!(canonical("urn:eco:model:acme:LC-1390").as_deref(), Ok("urn:eco:model:acme:LC-1390"));
        for bad in [
            "",
            "BP-48100",
            "https://id.gs1.org/",
            "https://id.gs1.org/00/123",
            "https://id.gs1.org/01/06901234567893",
            "https://id.gs1.org/01/",
            "https://id.gs1.org/01/06901234567892/10/A/10/B",
            "https://id.gs1.org/01/06901234567892/21/S/10/B",
            "https://id.gs1.org/01/06901234567892/99/x",
            "https://id.gs1.org/01/06901234567892/10",
            "https://id.gs1.org/01/06901234567892/10/%ZZ",
            "https://id.gs1.org/01/06901234567892/10/123456789012345678901",
            "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K/10/B",
            "urn:eco:model:acme:lc-1390",
            "urn:eco:model:ac:LC",
            "urn:eco:model:acme:",
            "urn:eco:model:acme",
            "https://id.gs1.org/01/06901234567892/10/a%20b",
        ] {
            assert!(canonical(bad).is_err(), "{bad}");
        }
    }

    /// Readers and the rules of eligibility must see the same goods in two ids.
    #[test]
    fn a_model_fits_its_batches_but_no_batch_another() {
        let id = |text: &str| ProductId::normalise(text).unwrap();
        let same = |a: &str, b: &str| eco_core::scheme::product::same(&id(a).to_string(), &id(b).to_string());
        assert!(same("https://a/01/6901234567892", "https://b/x/01/06901234567892/10/L1/21/S"));
        assert!(!same("https://a/01/06901234567892/10/L1", "https://a/01/06901234567892/10/L2"));
        assert_eq!(id("https://a/01/06901234567892/10/L1").model(), id("https://a/01/6901234567892"));
    }
}
