//! The announcements of the blocks of the current height, to send them again as they were first sent.
//!
//! A block that is locked is proposed again in later rounds, by others, under the signature of its
//! first proposer. The block itself is held by the ledger; its announcement lies in a file beside the
//! WAL, so that a restarted node can send it too. Losing the file loses a chance, no safety.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::codec::{from_bytes, to_bytes};
use crate::context::{Head, Part, PartInit};
use crate::limits::RESTREAM_MAX;

/// Announcements by the head they announce.
#[derive(Debug)]
pub(crate) struct Originals {
    dir: PathBuf,
    inits: BTreeMap<Head, PartInit>,
}

impl Originals {
    /// Reads what a run before has left. Files that cannot be read are no announcements.
    ///
    /// # Errors
    /// The directory cannot be made or read.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut inits = BTreeMap::new();
        for file in fs::read_dir(dir)?.take(RESTREAM_MAX * 2) {
            let Ok(bytes) = fs::read(file?.path()) else { continue };
            if let Ok(Part::Init(init)) = from_bytes::<Part>(bytes.into()) {
                inits.insert(init.head, *init);
            }
        }
        Ok(Self { dir: dir.to_owned(), inits })
    }

    /// Keeps the first announcement of a head.
    ///
    /// # Errors
    /// It cannot be written; it is kept in memory all the same.
    pub(crate) fn keep(&mut self, init: &PartInit) -> io::Result<()> {
        if self.inits.contains_key(&init.head) || self.inits.len() >= RESTREAM_MAX {
            return Ok(());
        }
        self.inits.insert(init.head, init.clone());
        let bytes = to_bytes(&Part::Init(Box::new(init.clone()))).map_err(io::Error::other)?;
        fs::write(self.path(init), bytes)
    }

    /// The announcement of a head.
    #[must_use]
    pub(crate) fn of(&self, head: &Head) -> Option<&PartInit> {
        self.inits.get(head)
    }

    /// Forgets what is below a height.
    pub(crate) fn advance(&mut self, height: u64) {
        let old: Vec<PartInit> = self.inits.values().filter(|init| init.height.0 < height).cloned().collect();
        for init in old {
            self.inits.remove(&init.head);
            let _ = fs::remove_file(self.path(&init)); // it is forgotten at the next start at the latest
        }
    }

    fn path(&self, init: &PartInit) -> PathBuf {
        self.dir.join(format!("{}-{}", init.height, init.head.0.block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Height;
    use crate::testing::part_init;

    /// A restarted node must be able to send a locked block again under its first proposer's signature.
    #[test]
    fn announcements_outlive_a_restart_and_not_their_height() {
        let dir = tempfile::tempdir().unwrap();
        let mut originals = Originals::open(dir.path()).unwrap();
        let first = part_init(5, 1);
        originals.keep(&first).unwrap();
        let later = PartInit { round: 9, ..first.clone() };
        originals.keep(&later).unwrap(); // the first one stays
        originals.keep(&part_init(6, 2)).unwrap();
        let mut reopened = Originals::open(dir.path()).unwrap();
        assert_eq!(reopened.of(&first.head), Some(&first));
        reopened.advance(6);
        assert_eq!(reopened.of(&first.head), None);
        assert_eq!(Originals::open(dir.path()).unwrap().inits.len(), 1);
        assert_eq!(reopened.of(&part_init(6, 2).head).map(|init| init.height), Some(Height(6)));
    }

    #[test]
    fn a_file_of_something_else_is_ignored() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("5-x"), b"garbage").unwrap();
        assert!(Originals::open(dir.path()).unwrap().inits.is_empty());
    }
}
