//! The height this node acknowledged, in a file outside the database.
//!
//! It is written after the block's batch is synced and before the block is shown: every acknowledged
//! height is in it, and a crash between the two leaves the store ahead of the file, never behind. A store
//! that ends below the file was rolled back (a restored copy, a disk that lied), which the database alone
//! cannot tell from a short history. Two slots of one page are written in turn and in place, so a torn
//! write spoils only the new one, and the sync moves no metadata (one `fdatasync`).

use crate::error::LedgerError;
use crate::keys::TipRow;
use crate::store::{Store, WritePoint};
use eco_core::hash::derive;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const FILE: &str = "high-water";
/// Bytes between the two slots: one page, so that they share no sector.
const SLOT_STRIDE: u64 = 4096;
/// Height 8, block id 32.
const BODY_BYTES: usize = 40;
/// Body and its check sum.
const SLOT_BYTES: usize = BODY_BYTES + 32;

/// The open file.
pub(crate) struct HighWater {
    file: File,
}

fn check_sum(body: &[u8]) -> [u8; 32] {
    derive("eco-notary/v1 high-water", &[body])
}

impl HighWater {
    /// Opens the file and tells what it says; both none if there is no file.
    pub(crate) fn open(dir: &Path) -> Result<Option<(Self, Option<TipRow>)>, LedgerError> {
        let failed = |e: io::Error| LedgerError::Store { operation: "read the high-water file", detail: e.to_string() };
        let file = match OpenOptions::new().read(true).write(true).open(dir.join(FILE)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(e)),
        };
        let mut highest: Option<TipRow> = None;
        for slot in 0..2 {
            let mut bytes = [0u8; SLOT_BYTES];
            match file.read_exact_at(&mut bytes, slot * SLOT_STRIDE) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => continue,
                Err(e) => return Err(failed(e)),
            }
            let Some((body, sum)) = bytes.split_first_chunk::<BODY_BYTES>() else { continue };
            if check_sum(body) == *sum {
                let mark = TipRow::read(body)?;
                highest = highest.filter(|h| h.height >= mark.height).or(Some(mark));
            }
        }
        Ok(Some((Self { file }, highest)))
    }

    /// Creates the file, with its full length and a first mark, and syncs its directory.
    pub(crate) fn create(store: &Store, dir: &Path, mark: TipRow) -> Result<Self, LedgerError> {
        let path = dir.join(FILE);
        store.durably(WritePoint::CreateHighWater, || {
            let create = || -> io::Result<()> {
                let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
                file.write_all_at(&[0u8; 2 * SLOT_STRIDE as usize], 0)?;
                write_slot(&file, mark)?;
                file.sync_all()?;
                File::open(dir)?.sync_all()
            };
            create().map_err(|e| e.to_string())
        })?;
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|e| store.stop_at(LedgerError::Store { operation: "open the high-water file", detail: e.to_string() }))?;
        Ok(Self { file })
    }

    /// Records a height that is about to be acknowledged.
    pub(crate) fn raise(&self, store: &Store, mark: TipRow) -> Result<(), LedgerError> {
        store
            .durably(WritePoint::HighWater, || write_slot(&self.file, mark).and_then(|()| self.file.sync_data()).map_err(|e| e.to_string()))
    }
}

fn write_slot(file: &File, mark: TipRow) -> io::Result<()> {
    let body = mark.to_bytes();
    let slot = [&body[..], &check_sum(&body)].concat();
    file.write_all_at(&slot, mark.height.0 % 2 * SLOT_STRIDE)
}
