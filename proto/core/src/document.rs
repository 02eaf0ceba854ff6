//! Documents on the log: their identity, kind and status.

use crate::fingerprint::{Fingerprint, Method};
use crate::hash::{derive, id32};
use crate::name::OrgId;
use borsh::{BorshDeserialize, BorshSerialize};

id32! {
    /// A document: BLAKE3 of its author and fingerprint. What every later statement and question names.
    DocumentId
}

impl DocumentId {
    /// The document that `author` recorded, or would record, under `fingerprint`.
    #[must_use]
    pub fn of(author: &OrgId, fingerprint: &Fingerprint) -> Self {
        Self(derive("eco-notary/v1 document", &[author.as_str().as_bytes(), &fingerprint.to_bytes()]))
    }
}

id32! {
    /// Index of a product under which passports are found; from the product's public id.
    ProductKey
}
id32! {
    /// A commitment to something named in the certificate's metadata, keyed by the metadata's nonce.
    Commitment
}

/// What kind of document an Anchor records; it fixes which methods are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum DocumentKind {
    /// A certificate of origin by an issuing body.
    Certificate = 1,
    /// A declaration of origin by an approved exporter.
    Declaration = 2,
    /// A carbon passport.
    Passport = 3,
    /// Any other file.
    Other = 4,
}

impl DocumentKind {
    /// The name used in schema and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Declaration => "declaration",
            Self::Passport => "passport",
            Self::Other => "other",
        }
    }

    /// Whether documents of this kind may have such a fingerprint.
    #[must_use]
    pub const fn allows(self, method: Method) -> bool {
        match self {
            Self::Certificate | Self::Declaration => matches!(method, Method::Pdf | Method::Jcs),
            Self::Passport => matches!(method, Method::Jcs),
            Self::Other => true,
        }
    }

    /// Whether documents of this kind carry a certificate number.
    #[must_use]
    pub const fn is_numbered(self) -> bool {
        matches!(self, Self::Certificate | Self::Declaration)
    }
}

/// The standing of a recorded document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum DocumentStatus {
    /// In force.
    Active = 1,
    /// Not to be relied on for now.
    Suspended = 2,
    /// Withdrawn for ever.
    Revoked = 3,
    /// Replaced by another document, for ever.
    Superseded = 4,
}

impl DocumentStatus {
    /// The name used in schema and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Revoked | Self::Superseded)
    }
}

/// Why a status changed: a number, never free text (SPEC 8.4 lists the meanings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, BorshSerialize, BorshDeserialize)]
pub struct ReasonCode(pub u16);

impl ReasonCode {
    /// Names of the codes that SPEC assigns, by number.
    pub const NAMED: &'static [(u16, &'static str)] = &[
        (0, "unspecified"),
        (1, "issued-in-error"),
        (2, "wrong-data"),
        (3, "lost-or-stolen"),
        (4, "fraud-suspected"),
        (5, "fraud-proven"),
        (6, "goods-not-exported"),
        (7, "key-compromised"),
        (8, "under-verification"),
        (9, "verification-closed"),
        (10, "replaced"),
    ];

    /// The assigned name, if there is one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(code, _)| *code == self.0).map(|(_, name)| *name)
    }
}

impl core::fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "reason {}", self.0),
        }
    }
}
