//! Until which height this node's key must not vote, kept on the disk.
//!
//! A key does not vote at a height where it may have voted and where nothing says any more what for: its WAL is
//! gone, or the ledger under it was put back. The height lies in a file, because the engine begins a new WAL as soon
//! as it runs, and a second start must not take that one for the one that was lost.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The file in the home directory; its content is the height, in decimal digits.
const FILE: &str = "withheld-until";
/// What a WAL that is put aside is called, before the height.
const ASIDE: &str = "aside";

/// The height until which a key is withheld, on the disk.
#[derive(Clone, Debug)]
pub(crate) struct Withheld {
    path: PathBuf,
}

impl Withheld {
    /// In a home directory.
    pub(crate) fn of(home: &Path) -> Self {
        Self { path: home.join(FILE) }
    }

    /// The height, if there is one above `tip`. What cannot be read withholds the key for good: an operator looks.
    pub(crate) fn above(&self, tip: u64) -> io::Result<Option<u64>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("{}: {text:?} is no height", self.path.display()));
        let height: u64 = text.trim().parse().map_err(|_| damaged())?;
        Ok((height > tip).then_some(height))
    }

    /// Withholds the key until a height; it is on the disk when this returns.
    pub(crate) fn until(&self, height: u64) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(format!("{height}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        sync_directory(&self.path)
    }
}

/// Puts a WAL aside, so that the engine begins a new one; gives where it lies now, if there was one.
pub(crate) fn put_aside(wal: &Path, height: u64) -> io::Result<Option<PathBuf>> {
    let mut aside = wal.as_os_str().to_owned();
    aside.push(format!(".{ASIDE}-{height}"));
    match fs::rename(wal, &aside) {
        Ok(()) => sync_directory(wal).map(|()| Some(aside.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn sync_directory(of: &Path) -> io::Result<()> {
    of.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second start would find the WAL that the first one began, and vote at a height where the key may have voted.
    #[test]
    fn a_withheld_key_stays_withheld_over_a_restart_until_its_height() {
        let home = tempfile::tempdir().unwrap();
        let withheld = Withheld::of(home.path());
        assert_eq!(withheld.above(0).unwrap(), None);
        withheld.until(7).unwrap();
        let again = Withheld::of(home.path());
        assert_eq!((again.above(5).unwrap(), again.above(6).unwrap(), again.above(7).unwrap()), (Some(7), Some(7), None));
        fs::write(home.path().join(FILE), "seven").unwrap();
        assert!(again.above(9).is_err(), "what nobody can read lets nothing vote");
    }

    #[test]
    fn a_wal_that_is_put_aside_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let wal = home.path().join("consensus.wal");
        assert_eq!(put_aside(&wal, 3).unwrap(), None);
        fs::write(&wal, "entries").unwrap();
        let aside = put_aside(&wal, 3).unwrap().unwrap();
        assert!(!wal.exists());
        assert_eq!(fs::read(aside).unwrap(), b"entries");
    }
}
