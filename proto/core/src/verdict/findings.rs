//! What reading a document found: facts for `judge`, which alone decides.

use super::{Class, Code, Facts};
use crate::fingerprint::{Fingerprint, SignatureHash, SpkiHash};
use crate::name::Timestamp;
use crate::sign::PublicKey;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The certificate of origin (or declaration).
    Certificate,
    /// A carbon passport.
    Passport,
    /// A verification body's attestation.
    Attestation,
    /// A product page.
    Page,
    /// The customs entry record.
    Entry,
    /// The log and its nodes.
    Network,
}

impl Subject {
    /// The name used in schema and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Passport => "passport",
            Self::Attestation => "attestation",
            Self::Page => "page",
            Self::Entry => "entry",
            Self::Network => "network",
        }
    }
}

/// Where in a file something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Byte offset from the start of the file.
    pub offset: u64,
    /// The PDF object (`12 0`), field name or JSON path, if there is one.
    pub object: Option<String>,
}

/// One reason: a code, what it is about, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable code.
    pub code: Code,
    /// What it does to this verdict: the code's own class, unless scheme or policy say otherwise.
    pub class: Class,
    /// What it is about.
    pub subject: Subject,
    /// The item of the certificate that it is about, from 1.
    pub item: Option<u32>,
    /// The JSON path of the member that it is about, from the document's root.
    pub path: Option<String>,
    /// What was found and what was expected, for a person.
    pub detail: String,
    /// Where in the file, if it is about a file.
    pub place: Option<Place>,
}

impl Finding {
    /// A finding without a place.
    #[must_use]
    pub fn new(code: Code, subject: Subject, detail: impl Into<String>) -> Self {
        Self { code, class: code.class(), subject, item: None, path: None, detail: detail.into(), place: None }
    }

    /// The same finding, about an item of the certificate.
    #[must_use]
    pub const fn of_item(mut self, number: u32) -> Self {
        self.item = Some(number);
        self
    }

    /// The same finding, about a member of a JSON document.
    #[must_use]
    pub fn in_member(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same finding, with its place.
    #[must_use]
    pub fn at(mut self, offset: u64, object: impl Into<Option<String>>) -> Self {
        self.place = Some(Place { offset, object: object.into() });
        self
    }
}

/// One fingerprint that the document may be on the log under.
///
/// A PDF with two signatures has two: the newest first. A file has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Fingerprint of the signed content.
    pub fingerprint: Fingerprint,
    /// Which signature it is; `None` for method `file`.
    pub signature_hash: Option<SignatureHash>,
    /// The signer's public key info; `None` where nobody signed with X.509.
    pub signer: Option<SpkiHash>,
    /// The key of a Data Integrity proof; `None` where there is none.
    pub key: Option<PublicKey>,
    /// The signer as named in the certificate, for people.
    pub signer_name: Option<String>,
    /// Validity of the signer's certificate, start and end, as it states it.
    pub signer_valid: Option<(Timestamp, Timestamp)>,
    /// What timestamps and certificates say beside that.
    pub standing: SignerStanding,
}

/// What the document itself and the asker's trust anchors say about the time of a signature and its signer.
///
/// When a signature was made is decided in `judge`, which knows the block time too.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct SignerStanding {
    /// genTime of a valid timestamp over the signature octets, by an authority that an anchor vouches for.
    pub timestamped: Option<Timestamp>,
    /// genTime of the earliest valid document timestamp over the signature, likewise.
    pub archived: Option<Timestamp>,
    /// The way from the signer's certificate to a trust anchor; `None` if none was found.
    pub path: Option<SignerPath>,
}

/// A certificate path that holds but for its time.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignerPath {
    /// Name of the trust anchor, for people.
    pub anchor: String,
    /// When every certificate below the anchor is valid, and none above the signer's revoked: start and end.
    pub valid: (Timestamp, Timestamp),
    /// Since when the signer's certificate is revoked.
    pub revoked: Option<Timestamp>,
    /// Until when CRLs or OCSP answers speak for every certificate of the path; `None` if one has none.
    pub status_until: Option<Timestamp>,
}

/// Whether there is a document to judge, or only a question about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtHand {
    /// A document was read. Without a candidate it has no fingerprint, and no log evidence can be about it.
    #[default]
    Document,
    /// No document: the question is about an issuer's certificate number.
    NumberOnly,
}

/// Everything that reading one document found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentFindings {
    /// Whether a document was read at all.
    pub at_hand: AtHand,
    /// Fingerprints to look for, newest signature first.
    pub candidates: Vec<Candidate>,
    /// Defects and notices of the document itself.
    pub findings: Vec<Finding>,
    /// Receipts found inside the document: candidates like those beside it, not believed.
    pub stapled: Vec<Vec<u8>>,
    /// Checks that were made and passed, in order, for the report.
    pub checks: Vec<String>,
    /// What the document says, where it can be read as data.
    pub facts: Facts,
}

impl DocumentFindings {
    /// For a question about a certificate number, where no document is at hand.
    #[must_use]
    pub fn number_only() -> Self {
        Self { at_hand: AtHand::NumberOnly, ..Self::default() }
    }
}
