//! What travels on the submission swarm, and its bounded wire form.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use eco_core::limits::SIGNED_ENTRY_BYTES_MAX;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response;

use crate::codec::{Wire, from_bytes, to_bytes};
use crate::limits::{ANSWER_BYTES_MAX, BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, REASON_BYTES_MAX};
use crate::wire::{Reader, WireDefect, Writer};

/// Why a batch is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchKind {
    /// Only to learn the peer's height. It has no entries.
    Hello,
    /// Entries on behalf of a client that waits.
    Submit,
    /// Entries that the sender has in its pool. They are not passed on at once: validators are
    /// connected to one another, and whoever keeps an entry offers it again.
    Gossip,
}

/// Signed entries, as their canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Why it is sent.
    pub kind: BatchKind,
    /// The sender's height.
    pub height: u64,
    /// At most 512, and 1 MiB in all.
    pub entries: Vec<Bytes>,
}

/// What became of one entry at a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryAnswer {
    /// It is in that peer's pool. It is **not** final, and never to be told a user as if it were.
    Accepted,
    /// That peer had it already, in its pool or on the log.
    Known,
    /// It is not taken, and why.
    Refused(String),
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BatchAnswer {
    /// Looked at: one answer per entry, in order.
    Done(Vec<EntryAnswer>),
    /// Not looked at: too many batches or entries from this peer. Try again later.
    Busy,
}

/// A peer's answer, with its own height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The height of the peer.
    pub height: u64,
    /// What became of the batch.
    pub outcome: BatchAnswer,
}

impl EntryAnswer {
    /// A refusal, with the reason cut to its bound.
    #[must_use]
    pub fn refused(reason: &str) -> Self {
        let end = (0..=REASON_BYTES_MAX.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
        Self::Refused(end.and_then(|end| reason.get(..end)).unwrap_or_default().to_owned())
    }
}

/// Cuts entries into batches that respect both bounds.
#[must_use]
pub(crate) fn batches(entries: Vec<Bytes>) -> Vec<Vec<Bytes>> {
    const BUDGET: usize = BATCH_BYTES_MAX - 64; // kind, height and count
    let (mut out, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0usize);
    for entry in entries {
        let cost = entry.len().saturating_add(4);
        if !batch.is_empty() && (batch.len() == BATCH_ENTRIES_MAX || bytes.saturating_add(cost) > BUDGET) {
            out.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes = bytes.saturating_add(cost);
        batch.push(entry);
    }
    if !batch.is_empty() {
        out.push(batch);
    }
    out
}

impl Wire for Batch {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        let kind = match self.kind {
            BatchKind::Hello => 0,
            BatchKind::Submit => 1,
            BatchKind::Gossip => 2,
        };
        out.u8(kind).u64(self.height);
        out.list("entries", BATCH_ENTRIES_MAX, &self.entries, |out, entry| out.bytes("entry", SIGNED_ENTRY_BYTES_MAX, entry).map(drop))
            .map(drop)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        let kind = match from.u8("batch")? {
            0 => BatchKind::Hello,
            1 => BatchKind::Submit,
            2 => BatchKind::Gossip,
            found => return Err(WireDefect::Tag { what: "batch", found }),
        };
        let height = from.u64("height")?;
        let max = if kind == BatchKind::Hello { 0 } else { BATCH_ENTRIES_MAX };
        let entries = from.list("entries", max, |from| from.bytes("entry", SIGNED_ENTRY_BYTES_MAX))?;
        Ok(Self { kind, height, entries })
    }
}

impl Wire for EntryAnswer {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        match self {
            Self::Accepted => out.u8(0),
            Self::Known => out.u8(1),
            Self::Refused(reason) => out.u8(2).bytes("reason", REASON_BYTES_MAX, reason.as_bytes())?,
        };
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("entry answer")? {
            0 => Ok(Self::Accepted),
            1 => Ok(Self::Known),
            2 => {
                let reason = from.bytes("reason", REASON_BYTES_MAX)?;
                let reason = std::str::from_utf8(&reason).map_err(|_| WireDefect::Malformed { what: "reason" })?;
                Ok(Self::Refused(reason.to_owned()))
            }
            found => Err(WireDefect::Tag { what: "entry answer", found }),
        }
    }
}

impl Wire for Answer {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.u64(self.height);
        match &self.outcome {
            BatchAnswer::Busy => {
                out.u8(0);
                Ok(())
            }
            BatchAnswer::Done(answers) => out.u8(1).list("answers", BATCH_ENTRIES_MAX, answers, |out, answer| answer.put(out)).map(drop),
        }
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        let height = from.u64("height")?;
        let outcome = match from.u8("answer")? {
            0 => BatchAnswer::Busy,
            1 => BatchAnswer::Done(from.list("answers", BATCH_ENTRIES_MAX, EntryAnswer::take)?),
            found => return Err(WireDefect::Tag { what: "answer", found }),
        };
        Ok(Self { height, outcome })
    }
}

/// Reads and writes batches and answers on a substream; a message ends with its side of the stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SubmissionCodec;

async fn read<T: Wire>(io: &mut (impl AsyncRead + Unpin + Send), max: usize) -> io::Result<T> {
    let mut bytes = Vec::new();
    io.take(max as u64 + 1).read_to_end(&mut bytes).await?;
    if bytes.len() > max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of more than {max} bytes")));
    }
    from_bytes(bytes.into()).map_err(|defect| io::Error::new(io::ErrorKind::InvalidData, defect))
}

async fn write<T: Wire + Sync>(io: &mut (impl AsyncWrite + Unpin + Send), message: &T) -> io::Result<()> {
    let bytes = to_bytes(message).map_err(|defect| io::Error::new(io::ErrorKind::InvalidInput, defect))?;
    io.write_all(&bytes).await?;
    io.close().await
}

#[async_trait]
impl request_response::Codec for SubmissionCodec {
    type Protocol = StreamProtocol;
    type Request = Batch;
    type Response = Answer;

    async fn read_request<T: AsyncRead + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Batch> {
        read(io, BATCH_BYTES_MAX).await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Answer> {
        read(io, ANSWER_BYTES_MAX).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T, batch: Batch) -> io::Result<()> {
        write(io, &batch).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(&mut self, _: &StreamProtocol, io: &mut T, answer: Answer) -> io::Result<()> {
        write(io, &answer).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::check_wire;

    #[test]
    fn every_message_has_one_wire_form() {
        for kind in [BatchKind::Submit, BatchKind::Gossip] {
            check_wire(&Batch { kind, height: 7, entries: vec![Bytes::from_static(b"one"), Bytes::new()] });
        }
        check_wire(&Batch { kind: BatchKind::Hello, height: u64::MAX, entries: Vec::new() });
        let answers = vec![EntryAnswer::Accepted, EntryAnswer::Known, EntryAnswer::refused("full: ä")];
        check_wire(&Answer { height: 7, outcome: BatchAnswer::Done(answers) });
        check_wire(&Answer { height: 0, outcome: BatchAnswer::Busy });
    }

    #[test]
    fn a_hello_carries_nothing() {
        let mut bytes = to_bytes(&Batch { kind: BatchKind::Hello, height: 7, entries: Vec::new() }).unwrap().to_vec();
        let count = bytes.len() - 2;
        bytes[count] = 1;
        bytes.extend_from_slice(&[0; 4]);
        assert!(matches!(from_bytes::<Batch>(bytes.into()), Err(WireDefect::TooLong { .. })));
    }

    #[test]
    fn bounds_hold_on_both_sides() {
        let entries = vec![Bytes::from_static(b"x"); BATCH_ENTRIES_MAX + 1];
        assert!(to_bytes(&Batch { kind: BatchKind::Submit, height: 0, entries }).is_err());
        let entries = vec![Bytes::from(vec![0; SIGNED_ENTRY_BYTES_MAX + 1])];
        assert!(to_bytes(&Batch { kind: BatchKind::Submit, height: 0, entries }).is_err());
        let long = "ä".repeat(REASON_BYTES_MAX);
        let EntryAnswer::Refused(reason) = EntryAnswer::refused(&long) else { panic!() };
        assert!(reason.len() <= REASON_BYTES_MAX && long.starts_with(&reason));
    }

    #[test]
    fn cut_batches_keep_order_and_bounds() {
        let entries: Vec<Bytes> = (0..2000usize).map(|n| Bytes::from(vec![u8::try_from(n % 256).unwrap(); 1 + n * 16])).collect();
        let cut = batches(entries.clone());
        assert_eq!(cut.concat(), entries);
        for batch in cut {
            let bytes = to_bytes(&Batch { kind: BatchKind::Gossip, height: 0, entries: batch }).unwrap();
            assert!(bytes.len() <= BATCH_BYTES_MAX);
        }
        assert!(batches(Vec::new()).is_empty());
    }
}
