//! Commitments and keys that stand on the log in place of what they are made from (SPEC section 4.4).
//!
//! The public log tells neither which consignment used which passport nor what a certificate prints. Whoever holds
//! the certificate's metadata holds its nonce, recomputes links and summary, and compares.

use crate::document::{Commitment, ProductKey};
use crate::fingerprint::Fingerprint;
use crate::hash::{HexDefect, derive, id32, parse_hex32};
use crate::limits::{
    DECLARATION_NUMBER_BYTES_MAX, LINKS_MAX, PRODUCT_ID_BYTES_MAX, STATEMENT_NUMBER_BYTES_MAX, SUMMARY_BYTES_MAX, SUMMARY_FIELDS,
};
use crate::name::OrgId;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::str::FromStr;

/// The 32 random bytes of a document's `nonce`. A certificate's is secret; a passport's is published with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 32]);

impl FromStr for Nonce {
    type Err = HexDefect;
    fn from_str(text: &str) -> Result<Self, HexDefect> {
        parse_hex32(text).map(Self)
    }
}

/// Never printed: it opens every link of its certificate.
impl core::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Nonce(..)")
    }
}

/// What a link of a certificate leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LinkRole {
    /// The certificate's own metadata, where the certificate is a PDF.
    Metadata = 1,
    /// A carbon passport of one of its items.
    Passport = 2,
    /// The original of a back-to-back certificate.
    Original = 3,
}

/// Something that no commitment or key can be made from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitmentDefect {
    /// More links than an Anchor holds.
    #[error("{found} links, an Anchor holds at most {max}")]
    TooManyLinks {
        /// Distinct links.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// Nothing, or too much of it.
    #[error("{what} has {found} bytes, it must have 1 to {max}")]
    Length {
        /// Which text.
        what: &'static str,
        /// Its bytes.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A line break or another control character inside a field.
    #[error("{what} has the control character U+{code:04X}")]
    Control {
        /// Which text.
        what: &'static str,
        /// The character.
        code: u32,
    },
    /// A summary of another form.
    #[error("the summary {rule}")]
    Summary {
        /// The rule that is broken.
        rule: &'static str,
    },
}

/// A text of 1 to `max` bytes without control characters.
fn plain<'a>(what: &'static str, text: &'a str, max: usize) -> Result<&'a str, CommitmentDefect> {
    if text.is_empty() || text.len() > max {
        return Err(CommitmentDefect::Length { what, found: text.len(), max });
    }
    match text.chars().find(|c| c.is_control()) {
        Some(found) => Err(CommitmentDefect::Control { what, code: found as u32 }),
        None => Ok(text),
    }
}

impl Commitment {
    /// One link: from the certificate's nonce to a document in a role.
    #[must_use]
    pub fn link(nonce: &Nonce, role: LinkRole, fingerprint: &Fingerprint) -> Self {
        Self(derive("eco-notary/v1 link", &[&nonce.0, &[role as u8], &fingerprint.to_bytes()]))
    }

    /// The whole set that an Anchor must hold: ascending, each once. To be compared as a set: a missing link is as
    /// wrong as a surplus one.
    ///
    /// # Errors
    /// More than 16 distinct links.
    pub fn links<'a>(nonce: &Nonce, members: impl IntoIterator<Item = (LinkRole, &'a Fingerprint)>) -> Result<Vec<Self>, CommitmentDefect> {
        let mut links: Vec<Self> = members.into_iter().map(|(role, fingerprint)| Self::link(nonce, role, fingerprint)).collect();
        links.sort_unstable();
        links.dedup();
        match links.len() {
            0..=LINKS_MAX => Ok(links),
            found => Err(CommitmentDefect::TooManyLinks { found, max: LINKS_MAX }),
        }
    }

    /// The commitment to the compact printed fields.
    #[must_use]
    pub fn summary(key: &SummaryKey, text: &SummaryText) -> Self {
        Self(derive("eco-notary/v1 summary", &[&key.0, text.as_str().as_bytes()]))
    }
}

id32! {
    /// Opens a summary and nothing else: it may be printed beside the text (SPEC 4.4).
    SummaryKey
}

impl SummaryKey {
    /// From the certificate's nonce, which cannot be computed back.
    #[must_use]
    pub fn of(nonce: &Nonce) -> Self {
        Self(derive("eco-notary/v1 summary-key", &[&nonce.0]))
    }
}

/// The compact printed fields of a certificate, in their only form: at most 1000 bytes, each line ended by LF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryText(String);

/// The eight printed fields in front of the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryHead<'a> {
    /// Certificate number, normalised.
    pub number: &'a str,
    /// The issuer's slug.
    pub issuer: &'a str,
    /// `CO`, `DOC-AE` or `DOC-EP`.
    pub proof_of_origin_type: &'a str,
    /// `RCEP`, `NON-PREF`, ..
    pub agreement: &'a str,
    /// `YYYY-MM-DD`.
    pub issue_date: &'a str,
    /// The exporter's name.
    pub exporter: &'a str,
    /// The consignee's name.
    pub consignee: &'a str,
    /// Importing country, two letters.
    pub exported_to: &'a str,
}

/// One item of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryItem<'a> {
    /// Its number on the certificate, from 1.
    pub number: &'a str,
    /// HS code, digits.
    pub hs: &'a str,
    /// Quantity, a decimal.
    pub quantity: &'a str,
    /// Its unit.
    pub unit: &'a str,
    /// Origin criterion.
    pub criterion: &'a str,
    /// Country of origin, two letters.
    pub origin: &'a str,
}

/// Printed fields as data has them: all but the issuer's slug, which is the slug of whoever recorded the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryFields {
    head: [String; 7],
    items: Vec<[String; 6]>,
}

impl SummaryFields {
    /// Keeps the fields; the head's `issuer` is not among them.
    #[must_use]
    pub fn of(head: &SummaryHead<'_>, items: &[SummaryItem<'_>]) -> Self {
        let SummaryHead { number, issuer: _, proof_of_origin_type, agreement, issue_date, exporter, consignee, exported_to } = *head;
        let line = |item: &SummaryItem<'_>| {
            let SummaryItem { number, hs, quantity, unit, criterion, origin } = *item;
            [number, hs, quantity, unit, criterion, origin].map(String::from)
        };
        Self {
            head: [number, proof_of_origin_type, agreement, issue_date, exporter, consignee, exported_to].map(String::from),
            items: items.iter().map(line).collect(),
        }
    }

    /// The text that this organisation's Anchor commits to.
    ///
    /// # Errors
    /// As [`SummaryText::write`].
    pub fn recorded_by(&self, issuer: &OrgId) -> Result<SummaryText, CommitmentDefect> {
        let [number, proof_of_origin_type, agreement, issue_date, exporter, consignee, exported_to] =
            self.head.each_ref().map(String::as_str);
        let issuer = issuer.as_str();
        let head = SummaryHead { number, issuer, proof_of_origin_type, agreement, issue_date, exporter, consignee, exported_to };
        let lines = self.items.iter().map(|item| {
            let [number, hs, quantity, unit, criterion, origin] = item.each_ref().map(String::as_str);
            SummaryItem { number, hs, quantity, unit, criterion, origin }
        });
        SummaryText::write(&head, &lines.collect::<Vec<_>>())
    }
}

const SUMMARY_MARK: &str = "eco-summary-1";

impl SummaryText {
    /// Writes the fields. If the whole is too long, the item lines become `*|count|BLAKE3 of them`.
    ///
    /// # Errors
    /// No item, an empty field, a control character, or a head that is too long by itself.
    pub fn write(head: &SummaryHead<'_>, items: &[SummaryItem<'_>]) -> Result<Self, CommitmentDefect> {
        if items.is_empty() {
            return Err(CommitmentDefect::Summary { rule: "has no item" });
        }
        let fields = [
            ("certificate number", head.number),
            ("issuer", head.issuer),
            ("proof of origin type", head.proof_of_origin_type),
            ("agreement", head.agreement),
            ("issue date", head.issue_date),
            ("exporter name", head.exporter),
            ("consignee name", head.consignee),
            ("importing country", head.exported_to),
        ];
        let mut text = String::from(SUMMARY_MARK);
        text.push('\n');
        for (what, field) in fields {
            text.push_str(plain(what, field, SUMMARY_BYTES_MAX)?);
            text.push('\n');
        }
        let mut lines = String::new();
        for SummaryItem { number, hs, quantity, unit, criterion, origin } in items {
            for field in [number, hs, quantity, unit, criterion, origin] {
                plain("item field", field, SUMMARY_BYTES_MAX)?;
            }
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{number}|{hs}|{quantity} {unit}|{criterion}|{origin}");
        }
        if text.len().saturating_add(lines.len()) <= SUMMARY_BYTES_MAX {
            text.push_str(&lines);
        } else {
            let _ = writeln!(text, "*|{}|{}", items.len(), blake3::hash(lines.as_bytes()).to_hex());
        }
        Self::read(&text)
    }

    /// Takes a text as it stands, e.g. from a QR code.
    ///
    /// # Errors
    /// Too long, another first line, a line that is not ended, an empty line, another control character, or too few lines.
    pub fn read(text: &str) -> Result<Self, CommitmentDefect> {
        let rule = |rule| Err(CommitmentDefect::Summary { rule });
        if text.len() > SUMMARY_BYTES_MAX {
            return Err(CommitmentDefect::Length { what: "the summary", found: text.len(), max: SUMMARY_BYTES_MAX });
        }
        let Some(body) = text.strip_suffix('\n') else { return rule("does not end with a line feed") };
        let lines: Vec<&str> = body.split('\n').collect();
        if lines.first() != Some(&SUMMARY_MARK) {
            return rule("does not begin with the line eco-summary-1");
        }
        // Mark, eight fields, at least one item.
        if lines.len() < SUMMARY_FIELDS.saturating_add(2) {
            return rule("has fewer than ten lines");
        }
        for line in lines {
            plain("a line of the summary", line, SUMMARY_BYTES_MAX)?;
        }
        Ok(Self(String::from(text)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

id32! {
    /// Which verification statement an Attest is about: from the passport's nonce and the statement's number.
    StatementHash
}

impl StatementHash {
    /// Of a statement number exactly as the passport writes it.
    ///
    /// # Errors
    /// Empty, longer than 8,000 bytes, or with control characters.
    pub fn of(passport_nonce: &Nonce, statement_number: &str) -> Result<Self, CommitmentDefect> {
        let number = plain("the statement number", statement_number, STATEMENT_NUMBER_BYTES_MAX)?;
        Ok(Self(derive("eco-notary/v1 statement", &[&passport_nonce.0, number.as_bytes()])))
    }
}

impl ProductKey {
    /// Of a product's canonical id (`https://id.gs1.org/..`, `urn:eco:model:..`). No secret: the passport is published.
    ///
    /// # Errors
    /// Empty, longer than 2,000 bytes, or with control characters.
    pub fn of(canonical_id: &str) -> Result<Self, CommitmentDefect> {
        let id = plain("the product id", canonical_id, PRODUCT_ID_BYTES_MAX)?;
        Ok(Self(derive("eco-notary/v1 product", &[id.as_bytes()])))
    }
}

id32! {
    /// Which customs declaration a Present is about; only the customs that made it can tell.
    DeclarationKey
}

/// A customs' own 32 secret random bytes, never shared: whoever has them can guess declaration numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeclarationSecret(pub [u8; 32]);

impl core::fmt::Debug for DeclarationSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DeclarationSecret(..)")
    }
}

impl DeclarationKey {
    /// Of a declaration number as the customs writes it.
    ///
    /// # Errors
    /// Empty, longer than 256 bytes, or with control characters.
    pub fn of(secret: &DeclarationSecret, declaration_number: &str) -> Result<Self, CommitmentDefect> {
        let number = plain("the declaration number", declaration_number, DECLARATION_NUMBER_BYTES_MAX)?;
        Ok(Self(derive("eco-notary/v1 declaration", &[&secret.0, number.as_bytes()])))
    }
}
