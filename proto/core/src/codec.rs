//! Canonical bytes: Borsh, one decode function, one encoding per value (SPEC section 1).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Bytes that are not the canonical encoding of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecDefect {
    /// More bytes than the format allows; nothing was decoded.
    #[error("{what}: {found} bytes, at most {max} allowed")]
    TooLong {
        /// The format.
        what: &'static str,
        /// Its bound.
        max: usize,
        /// What was given.
        found: usize,
    },
    /// Truncated, trailing bytes, an unknown discriminant, or a value outside its grammar.
    #[error("{what}: {detail}")]
    Malformed {
        /// The format.
        what: &'static str,
        /// What the decoder met.
        detail: String,
    },
    /// Decodes, but to a value whose encoding is different.
    #[error("{what}: a second encoding of the same value; only the canonical one is accepted")]
    NotCanonical {
        /// The format.
        what: &'static str,
    },
    /// Decodes, but breaks a structural rule of SPEC.
    #[error("{what}: {rule}")]
    Invalid {
        /// The format.
        what: &'static str,
        /// The rule that is broken.
        rule: &'static str,
    },
}

/// A value with exactly one encoding.
pub trait Canonical: BorshSerialize + BorshDeserialize {
    /// The format's name in errors and in SPEC.
    const NAME: &'static str;
    /// The longest encoding.
    const BYTES_MAX: usize;

    /// Structural rules that the field types do not express (ascending sets, counts).
    ///
    /// # Errors
    /// [`CodecDefect::Invalid`] with the rule that is broken.
    fn check(&self) -> Result<(), CodecDefect> {
        Ok(())
    }
}

/// Shorthand for a broken structural rule.
pub(crate) const fn invalid<T: Canonical>(rule: &'static str) -> CodecDefect {
    CodecDefect::Invalid { what: T::NAME, rule }
}

/// The canonical bytes of a value.
#[must_use]
pub fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    // Writing to memory cannot fail; lengths are bounded far below 4 GiB.
    borsh::to_vec(value).unwrap_or_default()
}

/// The one way in: bound, decode, no trailing bytes, re-encode and compare, structural rules.
///
/// # Errors
/// What is wrong with the bytes.
pub fn decode<T: Canonical>(bytes: &[u8]) -> Result<T, CodecDefect> {
    if bytes.len() > T::BYTES_MAX {
        return Err(CodecDefect::TooLong { what: T::NAME, max: T::BYTES_MAX, found: bytes.len() });
    }
    // Borsh allocates no more than 4 KiB ahead of what it has read, so memory is bounded by the input.
    let value: T = borsh::from_slice(bytes).map_err(|e| CodecDefect::Malformed { what: T::NAME, detail: e.to_string() })?;
    if encode(&value) != bytes {
        return Err(CodecDefect::NotCanonical { what: T::NAME });
    }
    value.check()?;
    Ok(value)
}

/// Whether a list is strictly ascending: a set in its only order.
pub(crate) fn ascending<T: Ord>(items: &[T]) -> bool {
    items.windows(2).all(|pair| matches!(pair, [a, b] if a < b))
}

/// Refusal inside a decoder, with the rule.
pub(crate) fn refuse(rule: &str) -> borsh::io::Error {
    borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, rule)
}

/// Reads a string of at most `max` bytes: the bound comes before the allocation.
pub(crate) fn read_text<R: borsh::io::Read>(reader: &mut R, max: usize, rule: &str) -> borsh::io::Result<String> {
    let length = u32::deserialize_reader(reader)? as usize;
    if length > max {
        return Err(refuse(rule));
    }
    let mut bytes = alloc::vec![0u8; length];
    reader.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| refuse("text is not UTF-8"))
}
