//! 32-byte identifiers: one newtype each, so that no two kinds can be mixed up.
//!
//! They print and parse as 64 lower-case hex digits.

use alloc::string::String;
use core::fmt;

/// A text that is not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hex digits, found {found:?}")]
pub struct HexDefect {
    /// What was given, cut to 80 characters.
    pub found: String,
}

/// Writes bytes as lower-case hex.
pub fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads exactly 64 lower-case hex digits.
///
/// # Errors
/// Any other length, upper case, or another character.
pub fn parse_hex32(text: &str) -> Result<[u8; 32], HexDefect> {
    let defect = || HexDefect { found: text.chars().take(80).collect() };
    let digit = |c: u8| match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(defect()),
    };
    let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| defect())?;
    let mut out = [0u8; 32];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        if let [high, low] = *pair {
            *byte = (digit(high)? << 4) | digit(low)?;
        }
    }
    Ok(out)
}

/// Defines a 32-byte identifier.
macro_rules! id32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::hash::write_hex(&self.0, f)
            }
        }
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
        impl core::str::FromStr for $name {
            type Err = $crate::hash::HexDefect;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hash::parse_hex32(text).map(Self)
            }
        }
    };
}
pub(crate) use id32;

/// BLAKE3 `derive_key` over parts; each part has its length (u32 LE) in front.
///
/// The context strings are listed in SPEC section 2.
#[must_use]
pub fn derive(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        // Every part is bounded far below 4 GiB by the limits of SPEC.
        hasher.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}
