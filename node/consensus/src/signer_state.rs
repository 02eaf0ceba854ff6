//! What this validator has signed last, on disk before any signature leaves.
//!
//! The engine's WAL already prevents most double votes after a crash. This file also holds when that
//! WAL, or the whole disk under it, was put back to an earlier state. It lies outside the ledger's
//! database and is never restored from a backup.
//!
//! Two slots, a page apart, written in turn: a torn write destroys at most the record whose
//! signature has not left yet. A slot is
//!
//! ```text
//! "eco-sign" | version u8 | sequence u64 | height u64 | round u32 | step u8 | hash 32 | BLAKE3 of all before, 32
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use eco_core::hash::derive;

const MAGIC: &[u8; 8] = b"eco-sign";
const VERSION: u8 = 1;
const RECORD_BYTES: usize = 8 + 1 + 8 + 8 + 4 + 1 + 32;
const SLOT_BYTES: usize = RECORD_BYTES + 32;
/// Distance of the two slots: no device tears a write across two pages of this size.
const SLOT_DISTANCE: usize = 4096;
const FILE_BYTES: usize = SLOT_DISTANCE + SLOT_BYTES;

/// What is signed at a height and round, in the order in which it may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Step {
    /// A proposal.
    Propose = 1,
    /// A prevote.
    Prevote = 2,
    /// A precommit.
    Precommit = 3,
}

impl Step {
    /// The name of its write for a test program's command line.
    #[cfg(feature = "fault-injection")]
    #[must_use]
    pub const fn write_name(self) -> &'static str {
        match self {
            Self::Propose => "sign-propose",
            Self::Prevote => "sign-prevote",
            Self::Precommit => "sign-precommit",
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Propose, Self::Prevote, Self::Precommit].into_iter().find(|step| *step as u8 == byte)
    }
}

/// A place in the order of everything a validator may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The height.
    pub height: u64,
    /// The round.
    pub round: u32,
    /// The step.
    pub step: Step,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "height {}, round {}, {:?}", self.height, self.round, self.step)
    }
}

/// The last signature: where, and the hash of the signed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastSigned {
    /// Where.
    pub position: Position,
    /// BLAKE3 of what was signed.
    pub hash: [u8; 32],
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerStateError {
    /// The file is not there. It is created once, with the key, and never again.
    #[error(
        "{}: no signer state. Create it once, with a new consensus key. If this key has ever voted, \
         do not: take a new key instead, or the old disk", path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file is there already.
    #[error("{}: signer state exists already", path.display())]
    Exists {
        /// Where it is.
        path: PathBuf,
    },
    /// The file holds no valid record.
    #[error("{}: damaged signer state ({detail}); this key must not vote again", path.display())]
    Damaged {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        detail: &'static str,
    },
    /// Something later was signed already.
    #[error("refused to sign at {asked}: already signed at {last}")]
    Behind {
        /// What was asked for.
        asked: Position,
        /// What was signed last.
        last: Position,
    },
    /// Something else was signed at the same place.
    #[error("refused to sign at {at}: other bytes were signed there")]
    Conflict {
        /// Where.
        at: Position,
    },
    /// The disk failed, now or before; the state on it is unknown, so nothing is signed again.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The open file and what it says.
#[derive(Debug)]
pub(crate) struct SignerState {
    file: File,
    path: PathBuf,
    sequence: u64,
    last: Option<LastSigned>,
    broken: bool,
}

impl SignerState {
    /// Creates the file for a key that has never signed.
    ///
    /// # Errors
    /// If there is one already, or the disk fails.
    pub(crate) fn create(path: &Path) -> Result<(), SignerStateError> {
        let disk = |source| SignerStateError::Disk { path: path.into(), source };
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|source| {
            if source.kind() == io::ErrorKind::AlreadyExists { SignerStateError::Exists { path: path.into() } } else { disk(source) }
        })?;
        let mut bytes = vec![0; FILE_BYTES];
        for (to, from) in bytes.iter_mut().zip(slot(0, None)) {
            *to = from;
        }
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(disk)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent).and_then(|dir| dir.sync_all()).map_err(disk)
    }

    /// Opens the file.
    ///
    /// # Errors
    /// If it is missing or holds no valid record.
    pub(crate) fn open(path: &Path) -> Result<Self, SignerStateError> {
        let disk = |source| SignerStateError::Disk { path: path.into(), source };
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound { SignerStateError::Missing { path: path.into() } } else { disk(source) }
        })?;
        let mut bytes = Vec::with_capacity(FILE_BYTES);
        (&file).take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(disk)?;
        if bytes.len() != FILE_BYTES {
            return Err(SignerStateError::Damaged { path: path.into(), detail: "wrong length" });
        }
        let slots = [bytes.get(..SLOT_BYTES), bytes.get(SLOT_DISTANCE..)];
        let newest = slots.into_iter().flatten().filter_map(read_slot).max_by_key(|(sequence, _)| *sequence);
        let Some((sequence, last)) = newest else {
            return Err(SignerStateError::Damaged { path: path.into(), detail: "no valid record" });
        };
        Ok(Self { file, path: path.into(), sequence, last, broken: false })
    }

    /// What was signed last, if anything.
    #[must_use]
    pub(crate) fn last(&self) -> Option<LastSigned> {
        self.last
    }

    /// Permits the signature of `message` at `position`, once that is on disk.
    ///
    /// # Errors
    /// If something later, or something else at the same place, was signed, or the disk fails.
    pub(crate) fn permit(&mut self, position: Position, message: &[u8]) -> Result<(), SignerStateError> {
        if self.broken {
            let source = io::Error::other("an earlier write failed");
            return Err(SignerStateError::Disk { path: self.path.clone(), source });
        }
        let hash = message_hash(message);
        if let Some(last) = self.last {
            if position < last.position {
                return Err(SignerStateError::Behind { asked: position, last: last.position });
            }
            if position == last.position {
                // The WAL's replay asks again for what was signed before the crash.
                return if hash == last.hash { Ok(()) } else { Err(SignerStateError::Conflict { at: position }) };
            }
        }
        let last = LastSigned { position, hash };
        let sequence = self.sequence.saturating_add(1);
        self.write(sequence, last).map_err(|source| {
            self.broken = true;
            SignerStateError::Disk { path: self.path.clone(), source }
        })?;
        (self.sequence, self.last) = (sequence, Some(last));
        Ok(())
    }

    #[cfg(not(feature = "fault-injection"))]
    fn write(&mut self, sequence: u64, last: LastSigned) -> io::Result<()> {
        self.write_slot(sequence, last)
    }

    /// The same, watched.
    #[cfg(feature = "fault-injection")]
    fn write(&mut self, sequence: u64, last: LastSigned) -> io::Result<()> {
        use eco_ledger::fault::{Moment, makes, pass};
        let name = last.position.step.write_name();
        pass(name, Moment::Before);
        if !makes(eco_ledger::Planted::VoteBeforeState) {
            self.write_slot(sequence, last)?;
        }
        pass(name, Moment::After);
        Ok(())
    }

    fn write_slot(&mut self, sequence: u64, last: LastSigned) -> io::Result<()> {
        let offset = if sequence.is_multiple_of(2) { 0 } else { SLOT_DISTANCE as u64 };
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(&slot(sequence, Some(last)))?;
        self.file.sync_data()
    }
}

/// What the state remembers of a message.
pub(crate) fn message_hash(message: &[u8]) -> [u8; 32] {
    derive("eco-notary/v1 signer state", &[message])
}

fn slot(sequence: u64, last: Option<LastSigned>) -> Vec<u8> {
    let mut out = Vec::with_capacity(SLOT_BYTES);
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    out.extend_from_slice(&sequence.to_le_bytes());
    let position = last.map(|last| last.position);
    out.extend_from_slice(&position.map_or(0, |at| at.height).to_le_bytes());
    out.extend_from_slice(&position.map_or(0, |at| at.round).to_le_bytes());
    out.push(position.map_or(0, |at| at.step as u8));
    out.extend_from_slice(&last.map_or([0; 32], |last| last.hash));
    let sum = derive("eco-notary/v1 signer state record", &[&out]);
    out.extend_from_slice(&sum);
    out
}

/// The sequence and content of a slot, if it is whole.
fn read_slot(bytes: &[u8]) -> Option<(u64, Option<LastSigned>)> {
    let (record, sum) = bytes.split_at_checked(RECORD_BYTES)?;
    if sum != derive("eco-notary/v1 signer state record", &[record]) {
        return None;
    }
    let rest = record.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (height, rest) = rest.split_first_chunk::<8>()?;
    let (round, rest) = rest.split_first_chunk::<4>()?;
    let (step, hash) = rest.split_first()?;
    let sequence = u64::from_le_bytes(*sequence);
    if *step == 0 {
        return Some((sequence, None));
    }
    let position = Position { height: u64::from_le_bytes(*height), round: u32::from_le_bytes(*round), step: Step::from_byte(*step)? };
    Some((sequence, Some(LastSigned { position, hash: hash.try_into().ok()? })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(height: u64, round: u32, step: Step) -> Position {
        Position { height, round, step }
    }

    fn fresh() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signer-state");
        SignerState::create(&path).unwrap();
        (dir, path)
    }

    /// Without this a restored disk signs two different blocks at one place: the definition of a double vote.
    #[test]
    fn other_bytes_at_the_same_place_are_refused_also_after_a_restart() {
        let (_dir, path) = fresh();
        let place = at(7, 1, Step::Precommit);
        let mut state = SignerState::open(&path).unwrap();
        state.permit(place, b"block A").unwrap();
        assert!(matches!(state.permit(place, b"block B"), Err(SignerStateError::Conflict { .. })));
        let mut state = SignerState::open(&path).unwrap();
        assert!(matches!(state.permit(place, b"block B"), Err(SignerStateError::Conflict { .. })));
        state.permit(place, b"block A").unwrap(); // WAL replay
    }

    #[test]
    fn nothing_below_the_last_place_is_signed() {
        let (_dir, path) = fresh();
        let mut state = SignerState::open(&path).unwrap();
        state.permit(at(7, 1, Step::Prevote), b"x").unwrap();
        for below in [at(6, 9, Step::Precommit), at(7, 0, Step::Precommit), at(7, 1, Step::Propose)] {
            assert!(matches!(state.permit(below, b"x"), Err(SignerStateError::Behind { .. })), "{below}");
        }
        for above in [at(7, 1, Step::Precommit), at(7, 2, Step::Propose), at(8, 0, Step::Propose)] {
            state.permit(above, b"x").unwrap();
        }
    }

    /// The control: two states that do not share a file do sign both blocks.
    #[test]
    fn without_the_file_both_are_signed() {
        let ((_a, one), (_b, two)) = (fresh(), fresh());
        let place = at(1, 0, Step::Precommit);
        SignerState::open(&one).unwrap().permit(place, b"block A").unwrap();
        SignerState::open(&two).unwrap().permit(place, b"block B").unwrap();
    }

    /// A crash in the middle of a write must leave the record before it, for every length written.
    #[test]
    fn a_torn_write_leaves_the_record_before_it() {
        let (_dir, path) = fresh();
        let mut state = SignerState::open(&path).unwrap();
        state.permit(at(1, 0, Step::Prevote), b"one").unwrap();
        let before = std::fs::read(&path).unwrap();
        state.permit(at(1, 0, Step::Precommit), b"two").unwrap();
        let after = std::fs::read(&path).unwrap();
        let start = before.iter().zip(&after).position(|(a, b)| a != b).unwrap();
        for written in 1..SLOT_BYTES {
            let mut torn = before.clone();
            let end = (start + written).min(torn.len());
            torn[start..end].copy_from_slice(&after[start..end]);
            std::fs::write(&path, &torn).unwrap();
            let place = SignerState::open(&path).unwrap().last().unwrap().position;
            let whole = torn == after;
            assert_eq!(place.step, if whole { Step::Precommit } else { Step::Prevote }, "{written} bytes");
        }
    }

    #[test]
    fn a_damaged_or_missing_file_permits_nothing() {
        let (_dir, path) = fresh();
        assert!(matches!(SignerState::create(&path), Err(SignerStateError::Exists { .. })));
        let mut state = SignerState::open(&path).unwrap();
        state.permit(at(1, 0, Step::Prevote), b"x").unwrap();
        state.permit(at(2, 0, Step::Prevote), b"x").unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        bytes[SLOT_DISTANCE + 20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(SignerState::open(&path), Err(SignerStateError::Damaged { .. })));
        std::fs::write(&path, b"short").unwrap();
        assert!(matches!(SignerState::open(&path), Err(SignerStateError::Damaged { .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(SignerState::open(&path), Err(SignerStateError::Missing { .. })));
    }

    #[test]
    fn a_fresh_file_has_signed_nothing() {
        let (_dir, path) = fresh();
        assert_eq!(SignerState::open(&path).unwrap().last(), None);
    }
}
