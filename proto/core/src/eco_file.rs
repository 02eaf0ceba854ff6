//! The `.eco` container: magic, kind, version, then Borsh (SPEC section 11.1).

use crate::codec::{Canonical, CodecDefect, decode, encode};
use alloc::vec::Vec;

/// First eight bytes of every `.eco` file. Damage by text-mode transfers shows at once.
pub const MAGIC: [u8; 8] = *b"\x89eco\r\n\x1a\n";

/// The version of every kind written by this software.
pub const FILE_VERSION: u8 = 1;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum FileKind {
    /// An entry is on the log: [`crate::receipt::Receipt`].
    Receipt = 1,
    /// Records, or their absence, under one head: [`crate::status::StatusProof`].
    StatusProof = 2,
    /// What a verifier starts from: [`crate::trust::TrustRoot`].
    TrustRoot = 3,
    /// What a network starts from: [`crate::genesis::Genesis`].
    Genesis = 4,
    /// An entry to be signed: [`crate::entry::Entry`].
    Entry = 5,
    /// A signed entry: [`crate::entry::SignedEntry`].
    SignedEntry = 6,
    /// Two seals that contradict each other: [`crate::evidence::ForkEvidence`].
    ForkEvidence = 7,
    /// The printed fields of a paper copy, with their receipt: [`crate::slip::Slip`].
    Slip = 8,
    /// A verdict and what it rested on: [`crate::verdict::SavedVerdict`].
    Verdict = 9,
}

impl FileKind {
    const ALL: [Self; 9] = [
        Self::Receipt,
        Self::StatusProof,
        Self::TrustRoot,
        Self::Genesis,
        Self::Entry,
        Self::SignedEntry,
        Self::ForkEvidence,
        Self::Slip,
        Self::Verdict,
    ];

    /// The name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::StatusProof => "status proof",
            Self::TrustRoot => "trust root",
            Self::Genesis => "genesis",
            Self::Entry => "entry",
            Self::SignedEntry => "signed entry",
            Self::ForkEvidence => "fork evidence",
            Self::Slip => "proof slip",
            Self::Verdict => "verdict",
        }
    }
}

/// A file that is not the `.eco` file that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileDefect {
    /// Not an `.eco` file, or damaged in transfer.
    #[error("not an .eco file: it does not begin with the .eco magic bytes")]
    Magic,
    /// A kind that this version does not know.
    #[error("an .eco file of kind {found}, which this version does not know")]
    UnknownKind {
        /// The kind byte.
        found: u8,
    },
    /// Another kind than expected.
    #[error("an .eco file with a {}, expected a {}", found.name(), expected.name())]
    OtherKind {
        /// Expected.
        expected: FileKind,
        /// In the file.
        found: FileKind,
    },
    /// A later version.
    #[error("version {found} of this kind of .eco file; this software knows version {FILE_VERSION}")]
    Version {
        /// In the file.
        found: u8,
    },
    /// The content is not canonical.
    #[error(transparent)]
    Content(#[from] CodecDefect),
}

/// Puts a value into a container.
#[must_use]
pub fn wrap<T: borsh::BorshSerialize>(kind: FileKind, value: &T) -> Vec<u8> {
    rewrap(kind, &encode(value))
}

/// Puts content that was taken out of a container into one again.
#[must_use]
pub fn rewrap(kind: FileKind, content: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(kind as u8);
    out.push(FILE_VERSION);
    out.extend_from_slice(content);
    out
}

/// What kind of `.eco` file this is.
///
/// # Errors
/// Not an `.eco` file, or of an unknown kind or version.
pub fn kind_of(bytes: &[u8]) -> Result<FileKind, FileDefect> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(FileDefect::Magic)?;
    let (&kind, &version) = rest.first().zip(rest.get(1)).ok_or(FileDefect::Magic)?;
    let found = FileKind::ALL.into_iter().find(|k| *k as u8 == kind).ok_or(FileDefect::UnknownKind { found: kind })?;
    if version == FILE_VERSION { Ok(found) } else { Err(FileDefect::Version { found: version }) }
}

/// Takes a value of the expected kind out of a container.
///
/// # Errors
/// Another kind or version, or content that is not canonical.
pub fn unwrap<T: Canonical>(expected: FileKind, bytes: &[u8]) -> Result<T, FileDefect> {
    Ok(decode(content(expected, bytes)?)?)
}

/// The content of a container of the expected kind, not decoded.
///
/// # Errors
/// Another kind or version.
pub fn content(expected: FileKind, bytes: &[u8]) -> Result<&[u8], FileDefect> {
    let found = kind_of(bytes)?;
    if found != expected {
        return Err(FileDefect::OtherKind { expected, found });
    }
    Ok(bytes.get(MAGIC.len().saturating_add(2)..).unwrap_or_default())
}
