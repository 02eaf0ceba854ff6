//! Blocks in parts: cutting ours, putting others' together.
//!
//! A stream is `Init` (sequence 0), chunks of 128 KiB, the engine's `Fin`. Parts arrive in any order,
//! twice, or never. What is believed before the last part has come is only the announcement's
//! signature; whether the bytes are the announced block is decided here, whether that block is valid
//! is not.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use malachite::app::streaming::StreamContent;
use malachite::app::types::PeerId;
use malachite::app::types::streaming::{StreamId, StreamMessage};

use crate::context::{Part, PartInit};
use crate::limits::{BLOCK_BYTES_MAX, PART_BYTES_MAX, STREAM_BYTES_MAX, STREAM_ID_BYTES, STREAMS_MAX, STREAMS_PER_PEER_MAX};

/// Chunks of the largest block.
const CHUNKS_MAX: u64 = BLOCK_BYTES_MAX.div_ceil(PART_BYTES_MAX) as u64;

/// Why a part was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PartDefect {
    /// The stream's id does not tell the height of its announcement.
    #[error("stream {stream} announces height {announced}")]
    OtherHeight {
        /// The id.
        stream: String,
        /// The height in `Init`.
        announced: u64,
    },
    /// Not the proposer of that height and round.
    #[error("{found} is not the proposer of height {height}, round {round}")]
    Proposer {
        /// Who announces.
        found: String,
        /// The height.
        height: u64,
        /// The round.
        round: u32,
    },
    /// The announcement is not signed by the proposer it names.
    #[error("the announcement's signature does not hold")]
    Signature,
    /// A block above the cap.
    #[error("a block of {found} bytes, at most {max} are allowed")]
    TooLong {
        /// The announced length, or what has come already.
        found: usize,
        /// The cap.
        max: usize,
    },
    /// A sequence number that no stream of a permitted block reaches, or that is past its end.
    #[error("part {sequence} of a stream of at most {max}")]
    Endless {
        /// The sequence number.
        sequence: u64,
        /// The last one permitted.
        max: u64,
    },
    /// `Init` not first, or something else first.
    #[error("part {sequence} is not of the kind that belongs there")]
    OutOfPlace {
        /// The sequence number.
        sequence: u64,
    },
    /// All parts are there, and together they have another length than announced.
    #[error("{found} bytes have come, {announced} were announced")]
    Length {
        /// The announced length.
        announced: usize,
        /// The length of all chunks.
        found: usize,
    },
}

/// A block whose announcement holds and whose bytes are all there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assembled {
    /// The announcement.
    pub init: PartInit,
    /// The block's bytes, not decoded.
    pub bytes: Bytes,
}

/// The id of a stream: height and round of its announcement, and the round in which it is sent.
///
/// The last keeps a stream that is sent again from being taken for a repetition of its parts.
#[must_use]
pub(crate) fn stream_id(init: &PartInit, sent_in: u32) -> StreamId {
    let mut id = Vec::with_capacity(STREAM_ID_BYTES);
    id.extend_from_slice(&init.height.0.to_le_bytes());
    id.extend_from_slice(&init.round.to_le_bytes());
    id.extend_from_slice(&sent_in.to_le_bytes());
    StreamId::new(id.into())
}

/// The height that a stream's id tells.
#[must_use]
pub(crate) fn height_of(stream: &StreamId) -> Option<u64> {
    stream.to_bytes().first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The parts of a block, to be published in this order.
#[must_use]
pub(crate) fn cut(init: &PartInit, bytes: &Bytes, sent_in: u32) -> Vec<StreamMessage<Part>> {
    let id = stream_id(init, sent_in);
    let chunks = bytes.chunks(PART_BYTES_MAX).map(|chunk| Part::Data(bytes.slice_ref(chunk)));
    let parts = std::iter::once(Part::Init(Box::new(init.clone()))).chain(chunks).map(StreamContent::Data);
    parts.chain([StreamContent::Fin]).zip(0u64..).map(|(content, sequence)| StreamMessage::new(id.clone(), sequence, content)).collect()
}

/// Who sends a stream, and which of theirs it is.
type StreamKey = (PeerId, StreamId);

#[derive(Debug, Default)]
struct Stream {
    init: Option<PartInit>,
    chunks: BTreeMap<u64, Bytes>,
    bytes: usize,
    /// The sequence number of `Fin`, once it has come.
    end: Option<u64>,
    /// Delivered or refused: whatever else comes is ignored, and the entry remembers that.
    closed: bool,
    /// When it was opened, as a count of all streams.
    opened: u64,
}

/// Streams that are not complete yet.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    streams: BTreeMap<StreamKey, Stream>,
    bytes: usize,
    opened: u64,
}

impl Assembler {
    /// Takes one part; the block, if it was the last one missing.
    ///
    /// `check` decides about the announcement before any chunk after it is kept. A stream with a
    /// defect is closed: nothing more of it is taken.
    ///
    /// # Errors
    /// What is wrong with the part.
    pub(crate) fn take(
        &mut self,
        publisher: PeerId,
        message: StreamMessage<Part>,
        check: impl FnOnce(&PartInit) -> Result<(), PartDefect>,
    ) -> Result<Option<Assembled>, PartDefect> {
        let key = (publisher, message.stream_id.clone());
        if !self.streams.contains_key(&key) {
            self.make_room(&publisher);
            self.opened = self.opened.saturating_add(1);
            self.streams.insert(key.clone(), Stream { opened: self.opened, ..Stream::default() });
        }
        let Some(stream) = self.streams.get_mut(&key) else { return Ok(None) };
        if stream.closed {
            return Ok(None);
        }
        let before = stream.bytes;
        let outcome = stream.take(message, check);
        if !matches!(outcome, Ok(None)) {
            stream.close();
        }
        // What the stream held before is part of the sum of all streams.
        self.bytes = self.bytes.saturating_sub(before).saturating_add(stream.bytes);
        self.shed();
        outcome
    }

    /// Forgets the streams of heights that are decided.
    pub(crate) fn advance(&mut self, height: u64) {
        self.streams.retain(|(_, stream), _| height_of(stream).is_some_and(|of| of >= height));
        self.bytes = self.streams.values().map(|stream| stream.bytes).sum();
    }

    #[cfg(test)]
    /// Bytes held.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    #[cfg(test)]
    /// Streams known, closed ones included.
    #[must_use]
    pub(crate) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Before a stream is opened: a peer's oldest gives way to its newest, never to another peer's,
    /// unless all places are taken.
    fn make_room(&mut self, publisher: &PeerId) {
        let own = self.streams.keys().filter(|(peer, _)| peer == publisher).count();
        if own >= STREAMS_PER_PEER_MAX {
            self.drop_oldest(|(peer, _)| peer == publisher);
        } else if self.streams.len() >= STREAMS_MAX {
            self.drop_oldest(|_| true);
        }
    }

    /// Keeps the bytes of all streams under their bound.
    fn shed(&mut self) {
        while self.bytes > STREAM_BYTES_MAX && !self.streams.is_empty() {
            self.drop_oldest(|_| true);
        }
    }

    fn drop_oldest(&mut self, of: impl Fn(&StreamKey) -> bool) {
        let oldest = self.streams.iter().filter(|(key, _)| of(key)).min_by_key(|(_, stream)| stream.opened);
        if let Some((key, bytes)) = oldest.map(|(key, stream)| (key.clone(), stream.bytes)) {
            self.streams.remove(&key);
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }
}

impl Stream {
    fn take(
        &mut self,
        message: StreamMessage<Part>,
        check: impl FnOnce(&PartInit) -> Result<(), PartDefect>,
    ) -> Result<Option<Assembled>, PartDefect> {
        let sequence = message.sequence;
        let last = self.init.as_ref().map_or(CHUNKS_MAX, chunks_of).saturating_add(1);
        if sequence > last || self.end.is_some_and(|end| sequence > end) {
            return Err(PartDefect::Endless { sequence, max: self.end.unwrap_or(last) });
        }
        match (sequence, message.content) {
            (0, StreamContent::Data(Part::Init(init))) => {
                if self.init.is_none() {
                    if height_of(&message.stream_id) != Some(init.height.0) {
                        let stream = message.stream_id.to_string();
                        return Err(PartDefect::OtherHeight { stream, announced: init.height.0 });
                    }
                    let length = init.length as usize;
                    if length > BLOCK_BYTES_MAX {
                        return Err(PartDefect::TooLong { found: length, max: BLOCK_BYTES_MAX });
                    }
                    check(&init)?;
                    self.init = Some(*init);
                }
            }
            (0, _) | (_, StreamContent::Data(Part::Init(_))) => return Err(PartDefect::OutOfPlace { sequence }),
            (_, StreamContent::Data(Part::Data(chunk))) => {
                if self.end == Some(sequence) || chunk.is_empty() {
                    return Err(PartDefect::OutOfPlace { sequence });
                }
                if !self.chunks.contains_key(&sequence) {
                    self.bytes = self.bytes.saturating_add(chunk.len());
                    let max = self.init.as_ref().map_or(BLOCK_BYTES_MAX, |init| init.length as usize);
                    if self.bytes > max {
                        return Err(PartDefect::TooLong { found: self.bytes, max });
                    }
                    self.chunks.insert(sequence, chunk);
                }
            }
            (_, StreamContent::Fin) => {
                if self.end.is_some_and(|end| end != sequence) || self.chunks.range(sequence..).next().is_some() {
                    return Err(PartDefect::OutOfPlace { sequence });
                }
                self.end = Some(sequence);
            }
        }
        self.complete()
    }

    fn complete(&mut self) -> Result<Option<Assembled>, PartDefect> {
        let (Some(init), Some(end)) = (&self.init, self.end) else { return Ok(None) };
        // Chunks have sequences 1..end, each once.
        if self.chunks.len() as u64 != end.saturating_sub(1) {
            return Ok(None);
        }
        if self.bytes != init.length as usize {
            return Err(PartDefect::Length { announced: init.length as usize, found: self.bytes });
        }
        let mut bytes = BytesMut::with_capacity(self.bytes);
        self.chunks.values().for_each(|chunk| bytes.extend_from_slice(chunk));
        Ok(Some(Assembled { init: init.clone(), bytes: bytes.freeze() }))
    }

    fn close(&mut self) {
        self.closed = true;
        self.init = None;
        self.chunks = BTreeMap::new();
        self.bytes = 0;
    }
}

fn chunks_of(init: &PartInit) -> u64 {
    (init.length as usize).div_ceil(PART_BYTES_MAX) as u64
}

#[cfg(test)]
mod tests;
