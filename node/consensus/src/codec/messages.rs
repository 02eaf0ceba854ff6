//! Wire form of proposal parts, validator proofs and sync messages.

use malachite::app::streaming::StreamContent;
use malachite::app::types::PeerId;
use malachite::app::types::core::ValidatorProof;
use malachite::app::types::streaming::{StreamId, StreamMessage};
use malachite::app::types::sync::{RawDecidedValue, Request, Response, Status};
use malachite_sync::{ValueRequest, ValueResponse};

use super::Wire;
use crate::context::{Height, Notary, Part, PartInit};
use crate::limits::{BLOCK_BYTES_MAX, PART_BYTES_MAX, PEER_ID_BYTES_MAX, STREAM_ID_BYTES, SYNC_VALUES_MAX};
use crate::wire::{Reader, WireDefect, Writer};

impl Wire for Part {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        match self {
            Self::Init(init) => {
                init.height.put(out.u8(0))?;
                out.u32(init.round);
                init.proposer.put(out)?;
                init.head.put(out)?;
                init.signature.put(out.u32(init.length))
            }
            Self::Data(chunk) => out.u8(1).bytes("part", PART_BYTES_MAX, chunk).map(drop),
        }
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("part")? {
            0 => Ok(Self::Init(Box::new(PartInit {
                height: Wire::take(from)?,
                round: from.u32("round")?,
                proposer: Wire::take(from)?,
                head: Wire::take(from)?,
                length: from.u32("block length")?,
                signature: Wire::take(from)?,
            }))),
            1 => from.bytes("part", PART_BYTES_MAX).map(Self::Data),
            found => Err(WireDefect::Tag { what: "part", found }),
        }
    }
}

impl Wire for StreamMessage<Part> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        let id: [u8; STREAM_ID_BYTES] =
            self.stream_id.to_bytes().as_ref().try_into().map_err(|_| WireDefect::Malformed { what: "stream id" })?;
        out.raw(&id).u64(self.sequence);
        match &self.content {
            StreamContent::Data(part) => part.put(out.u8(0)),
            StreamContent::Fin => {
                out.u8(1);
                Ok(())
            }
        }
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        let id = StreamId::new(from.take("stream id", STREAM_ID_BYTES)?);
        let sequence = from.u64("sequence")?;
        let content = match from.u8("stream content")? {
            0 => StreamContent::Data(Part::take(from)?),
            1 => StreamContent::Fin,
            found => return Err(WireDefect::Tag { what: "stream content", found }),
        };
        Ok(Self::new(id, sequence, content))
    }
}

impl Wire for PeerId {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.bytes("peer id", PEER_ID_BYTES_MAX, &self.to_bytes()).map(drop)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        let malformed = WireDefect::Malformed { what: "peer id" };
        let bytes = from.bytes("peer id", PEER_ID_BYTES_MAX)?;
        let peer = Self::from_bytes(&bytes).map_err(|_| malformed.clone())?;
        // A multihash may be written with a longer varint: only the shortest is ours.
        if peer.to_bytes() == bytes { Ok(peer) } else { Err(malformed) }
    }
}

impl Wire for ValidatorProof<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        let key: [u8; 32] = self.public_key.as_slice().try_into().map_err(|_| WireDefect::Malformed { what: "proof key" })?;
        out.raw(&key).bytes("peer id", PEER_ID_BYTES_MAX, &self.peer_id)?;
        self.signature.put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        let key = from.array::<32>("proof key")?.to_vec();
        let peer = from.bytes("peer id", PEER_ID_BYTES_MAX)?.to_vec();
        Ok(Self::new(key, peer, Wire::take(from)?))
    }
}

impl Wire for Status<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.peer_id.put(out)?;
        self.tip_height.put(out)?;
        self.history_min_height.put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self { peer_id: Wire::take(from)?, tip_height: Wire::take(from)?, history_min_height: Wire::take(from)? })
    }
}

impl Wire for Request<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        let Self::ValueRequest(request) = self;
        request.range.start().put(out.u8(0))?;
        request.range.end().put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("sync request")? {
            0 => Ok(Self::ValueRequest(ValueRequest::new(Height::take(from)?..=Height::take(from)?))),
            found => Err(WireDefect::Tag { what: "sync request", found }),
        }
    }
}

impl Wire for Response<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        let Self::ValueResponse(response) = self;
        response.start_height.put(out.u8(0))?;
        out.list("synced values", SYNC_VALUES_MAX, &response.values, |out, value| {
            out.bytes("block", BLOCK_BYTES_MAX, &value.value_bytes)?;
            value.certificate.put(out)
        })?;
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("sync response")? {
            0 => {
                let start = Wire::take(from)?;
                let values = from.list("synced values", SYNC_VALUES_MAX, |from| {
                    Ok(RawDecidedValue::new(from.bytes("block", BLOCK_BYTES_MAX)?, Wire::take(from)?))
                })?;
                Ok(Self::ValueResponse(ValueResponse::new(start, values)))
            }
            found => Err(WireDefect::Tag { what: "sync response", found }),
        }
    }
}
