//! The wire form of everything the engine sends, receives or writes to its WAL.
//!
//! Written by hand: strict, bounded before allocation, one encoding per value. Nothing in here is
//! signed or hashed; what a signature covers is in `scheme.rs`, what a block is in eco-core.

use bytes::Bytes;
use malachite::app::consensus::LivenessMsg;
use malachite::app::types::codec::{Codec, HasEncodedLen};
use malachite::app::types::core::{PolkaCertificate, ValidatorProof};
use malachite::app::types::streaming::StreamMessage;
use malachite::app::types::sync::{Request, Response, Status};
use malachite::app::types::{ProposedValue, SignedConsensusMsg};

use crate::context::{Notary, Part};
use crate::wire::{Reader, WireDefect, Writer};

mod messages;
#[cfg(test)]
mod tests;
mod votes;

/// The codec of all engine messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NotaryCodec;

/// A value with one strict wire form.
pub(crate) trait Wire: Sized {
    /// Writes the value.
    ///
    /// # Errors
    /// If it is above a bound.
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect>;
    /// Reads a value.
    ///
    /// # Errors
    /// If the bytes are not one.
    fn take(from: &mut Reader) -> Result<Self, WireDefect>;
}

/// The bytes of a value.
///
/// # Errors
/// If it is above a bound.
pub(crate) fn to_bytes<T: Wire>(value: &T) -> Result<Bytes, WireDefect> {
    let mut out = Writer::default();
    value.put(&mut out)?;
    Ok(out.finish())
}

/// The value that these bytes, all of them, are.
///
/// # Errors
/// If they are not one.
pub(crate) fn from_bytes<T: Wire>(bytes: Bytes) -> Result<T, WireDefect> {
    let mut from = Reader::new(bytes);
    let value = T::take(&mut from)?;
    from.end()?;
    Ok(value)
}

/// Gives the engine's codec trait to types that have a wire form.
macro_rules! engine_codec {
    ($($message:ty),+ $(,)?) => {$(
        impl Codec<$message> for NotaryCodec {
            type Error = WireDefect;

            fn decode(&self, bytes: Bytes) -> Result<$message, WireDefect> {
                from_bytes(bytes)
            }

            fn encode(&self, message: &$message) -> Result<Bytes, WireDefect> {
                to_bytes(message)
            }
        }
    )+};
}

/// Votes and proposals, beside the others so that a test may see them pass.
impl Codec<SignedConsensusMsg<Notary>> for NotaryCodec {
    type Error = WireDefect;

    fn decode(&self, bytes: Bytes) -> Result<SignedConsensusMsg<Notary>, WireDefect> {
        from_bytes(bytes)
    }

    fn encode(&self, message: &SignedConsensusMsg<Notary>) -> Result<Bytes, WireDefect> {
        #[cfg(feature = "fault-injection")]
        crate::fault::vote_encoded();
        to_bytes(message)
    }
}

engine_codec!(
    Part,
    LivenessMsg<Notary>,
    StreamMessage<Part>,
    ValidatorProof<Notary>,
    ProposedValue<Notary>,
    PolkaCertificate<Notary>,
    Status<Notary>,
    Request<Notary>,
    Response<Notary>,
);

impl HasEncodedLen<Response<Notary>> for NotaryCodec {
    fn encoded_len(&self, response: &Response<Notary>) -> Result<usize, WireDefect> {
        let Response::ValueResponse(response) = response;
        // tag, start height, count; per value: length, bytes, certificate
        let values = response
            .values
            .iter()
            .map(|value| 4 + value.value_bytes.len() + COMMIT_HEAD_BYTES + value.certificate.commit_signatures.len() * SIGNED_BYTES);
        Ok(1 + 8 + 2 + values.sum::<usize>())
    }
}

/// Height, round, head and count of a commit certificate.
pub(crate) const COMMIT_HEAD_BYTES: usize = 8 + 5 + 72 + 2;
/// Address and signature of one vote in a certificate.
pub(crate) const SIGNED_BYTES: usize = 32 + 64;

/// Round trip, every truncation, a trailing byte, every flipped bit: bytes are refused, or are the
/// one encoding of what they decode to.
#[cfg(test)]
pub(crate) fn check_wire<T: Wire + PartialEq + std::fmt::Debug>(value: &T) {
    let bytes = to_bytes(value).unwrap();
    assert_eq!(&from_bytes::<T>(bytes.clone()).unwrap(), value);
    for end in 0..bytes.len() {
        assert!(from_bytes::<T>(bytes.slice(..end)).is_err(), "{end} of {} bytes", bytes.len());
    }
    let mut longer = bytes.to_vec();
    longer.push(0);
    assert_eq!(from_bytes::<T>(longer.into()), Err(WireDefect::Trailing { left: 1 }));
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = from_bytes::<T>(flipped.clone().into()) {
            assert_ne!(&other, value, "bit {bit}: a second encoding");
            assert_eq!(to_bytes(&other).unwrap(), flipped, "bit {bit}: not the only encoding");
        }
    }
}
