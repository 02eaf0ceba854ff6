//! The PDF reader that decides: keeps the byte span of everything it reads, enforces limits, and
//! refuses what two programs could read differently.
//!
//! Every byte of an accepted file belongs to exactly one revision, and there to exactly one object,
//! cross-reference section or separator. Nothing is repaired. What a page looks like is not its concern.

mod filter;
mod generations;
mod index;
mod lexer;
mod packed;
mod read;
mod value;
mod xref;

pub(crate) use filter::decode_stream;
pub use index::Holder;
pub use lexer::{Lexer, is_space};
pub use read::{Object, Pdf, Revision};
pub use value::{Dict, Kind, ObjectId, Span, Value};
pub use xref::{Entry, XrefKind};

/// Largest file examined, in bytes.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Most indirect objects in a file, over all revisions.
pub const MAX_OBJECTS: usize = 200_000;
/// Most object numbers, by `/Size`: some readers take no more (ISO 32000-1, Annex C).
pub const MAX_SIZE: usize = 8_388_608;
/// Most cross-reference entries, over all sections.
pub const MAX_ENTRIES: usize = 2 * MAX_OBJECTS;
/// Most values (numbers, names, containers ..) parsed from one file. With all limits reached at once, reading takes
/// less than 512 MB; the worst file found takes 360 MB.
pub const MAX_VALUES: usize = 2_000_000;
/// Deepest nesting of arrays and dictionaries.
pub const MAX_NESTING: usize = 64;
/// Most cross-reference sections linked by `/Prev`.
pub const MAX_SECTIONS: usize = 64;
/// Most bytes one stream may decode to.
pub const MAX_DECODED_STREAM_BYTES: usize = 16 << 20;
/// Most bytes all decoded streams of a file may have together.
pub const MAX_DECODED_TOTAL_BYTES: usize = 64 << 20;

/// What is left of the limits that hold for a whole file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) entries: usize,
    pub(crate) values: usize,
    pub(crate) decoded: usize,
}

impl Budget {
    pub(crate) const fn of_a_file() -> Self {
        Self { entries: MAX_ENTRIES, values: MAX_VALUES, decoded: MAX_DECODED_TOTAL_BYTES }
    }
}

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefectKind {
    /// It exceeds a limit of this reader.
    Limit,
    /// It breaks a rule, so that two readers may see two documents.
    Ambiguous,
    /// It is encrypted.
    Encrypted,
}

/// A structural defect: what was found where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at byte {offset})")]
pub struct StructureDefect {
    /// What it means for the document.
    pub kind: DefectKind,
    /// Byte offset in the file.
    pub offset: usize,
    /// What was found and what was expected.
    pub what: String,
}

impl StructureDefect {
    /// The file can be read in two ways.
    pub fn ambiguous(offset: usize, what: impl Into<String>) -> Self {
        Self { kind: DefectKind::Ambiguous, offset, what: what.into() }
    }

    /// The file exceeds a limit.
    pub fn limit(offset: usize, what: impl Into<String>) -> Self {
        Self { kind: DefectKind::Limit, offset, what: what.into() }
    }
}
