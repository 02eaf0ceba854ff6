//! Files: read with a bound, written so that they appear whole or not at all.

use anyhow::{Context, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// Bytes of the largest document read: the PDF reader's own bound.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 64 << 20;
/// Bytes of the largest `.eco` file read: a trust root with all its epochs.
pub(crate) const ECO_BYTES_MAX: u64 = 8 << 20;

/// Reads a file of at most `max` bytes.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>> {
    let shown = path.display();
    let file = File::open(path).map_err(|e| Fault::unverifiable("FILE_UNREADABLE", format!("{shown}: {e}")))?;
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).with_context(|| format!("{shown}"))?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len > max) {
        return Err(Fault::unverifiable("INPUT_LIMIT_EXCEEDED", format!("{shown} has more than {max} bytes")).into());
    }
    Ok(bytes)
}

/// Reads a file that may not be there.
pub(crate) fn read_if_present(path: &Path, max: u64) -> Result<Option<Vec<u8>>> {
    if path.is_file() { read(path, max).map(Some) } else { Ok(None) }
}

/// Who may read a written file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// Everybody the umask allows.
    Public,
    /// Its owner only.
    Secret,
}

/// Writes a file: it appears by rename, with all its bytes on disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let (temporary, _) = write_beside(path, bytes, Secrecy::Public)?;
    fs::rename(&temporary, path).inspect_err(|_| drop(fs::remove_file(&temporary))).with_context(|| format!("{}", path.display()))?;
    sync_directory(path)
}

/// Writes a file as [`write()`] does, into a folder that is made if need be; a file that is replaced keeps its mode.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = directory_of(path);
    fs::create_dir_all(directory).with_context(|| format!("{}", directory.display()))?;
    let old = fs::metadata(path).ok();
    let (temporary, file) = write_beside(path, bytes, Secrecy::Public)?;
    let kept = old.map_or(Ok(()), |old| file.set_permissions(old.permissions()));
    kept.and_then(|()| fs::rename(&temporary, path))
        .inspect_err(|_| drop(fs::remove_file(&temporary)))
        .with_context(|| format!("{}", path.display()))?;
    sync_directory(path)
}

/// Writes a file that must not exist yet.
pub(crate) fn write_new(path: &Path, bytes: &[u8], secrecy: Secrecy) -> Result<()> {
    let (temporary, _) = write_beside(path, bytes, secrecy)?;
    // A link, unlike a rename, fails where something already has the name.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Ok(()) => sync_directory(path),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Fault::usage("FILE_EXISTS", format!("{} exists and is not overwritten", path.display())).into())
        }
        Err(e) => Err(e).with_context(|| format!("{}", path.display())),
    }
}

fn write_beside(path: &Path, bytes: &[u8], secrecy: Secrecy) -> Result<(PathBuf, File)> {
    let directory = directory_of(path);
    let name = path.file_name().ok_or_else(|| Fault::usage("FILE_NAME_MISSING", format!("{} names no file", path.display())))?;
    let mut salt = [0u8; 6];
    getrandom::fill(&mut salt).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    let temporary = directory.join(format!(".{}.{}", name.to_string_lossy(), hex::encode(salt)));
    let mode = match secrecy {
        Secrecy::Public => 0o666,
        Secrecy::Secret => 0o600,
    };
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(file)
    });
    match written {
        Ok(file) => Ok((temporary, file)),
        Err(e) => {
            drop(fs::remove_file(&temporary));
            Err(e).with_context(|| format!("cannot write {}", path.display()))
        }
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_directory(path: &Path) -> Result<()> {
    File::open(directory_of(path)).and_then(|d| d.sync_all()).with_context(|| format!("{}", path.display()))
}

/// Refuses a secret that others may read, or that is somebody else's.
pub(crate) fn check_secret(path: &Path) -> Result<()> {
    let shown = path.display();
    let found = fs::metadata(path).map_err(|e| Fault::usage("FILE_UNREADABLE", format!("{shown}: {e}")))?;
    let mode = found.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Fault::usage("SECRET_EXPOSED", format!("{shown} has mode {mode:04o}, others may read it"))
            .hint(format!("chmod 600 {shown}"))
            .into());
    }
    let own = rustix::process::geteuid().as_raw();
    if found.uid() != own && own != 0 {
        return Err(Fault::usage("SECRET_OF_OTHER", format!("{shown} belongs to user {}, you are {own}", found.uid())).into());
    }
    Ok(())
}

/// Which files of a folder are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Those named `.pdf`.
    Pdf,
    /// Those named `.json` or `.jsonld`.
    Json,
    /// All but `.eco` files.
    All,
    /// Those named `.eco`.
    Eco,
}

/// Most files taken from one folder and those below it.
const FILES_MAX: usize = 1_000_000;

/// Names of the files in a folder and below, relative to it, sorted. Hidden ones, links to folders and the folder
/// `except` are left out.
pub(crate) fn below(folder: &Path, except: Option<&Path>, wanted: Wanted) -> Result<Vec<PathBuf>> {
    let except = except.and_then(|path| fs::canonicalize(path).ok());
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(at) = open.pop() {
        let unreadable = |e: std::io::Error| Fault::unverifiable("FILE_UNREADABLE", format!("{}: {e}", at.display()));
        for entry in fs::read_dir(&at).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
            let has = |extension: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension));
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if kind.is_dir() {
                if except.is_none() || fs::canonicalize(&path).ok() != except {
                    open.push(path);
                }
                continue;
            }
            let fits = match wanted {
                Wanted::Pdf => has("pdf"),
                Wanted::Json => has("json") || has("jsonld"),
                Wanted::All => !has("eco"),
                Wanted::Eco => has("eco"),
            };
            if fits && path.is_file() {
                found.push(path.strip_prefix(folder).unwrap_or(&path).to_path_buf());
            }
        }
        if found.len() > FILES_MAX {
            return Err(Fault::usage("TOO_MANY_FILES", format!("{} holds more than {FILES_MAX} files", folder.display())).into());
        }
    }
    found.sort();
    Ok(found)
}

/// The file beside a document that holds its receipt: its name with `.eco` added.
pub(crate) fn sidecar(document: &Path) -> PathBuf {
    with_suffix(document, "eco")
}

/// The same name with a dot and something more at its end.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Every place beside a document where a receipt may lie, most specific first.
pub(crate) fn sidecars(document: &Path) -> Vec<PathBuf> {
    let own = sidecar(document);
    let stem = document.with_extension("eco");
    if stem == own || stem == document { vec![own] } else { vec![own, stem] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key file that a second run replaces is a lost key.
    #[test]
    fn new_files_are_never_replaced_and_secrets_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        write_new(&path, b"first", Secrecy::Secret).unwrap();
        check_secret(&path).unwrap();
        let error = write_new(&path, b"second", Secrecy::Secret).unwrap_err();
        assert_eq!(error.downcast_ref::<Fault>().unwrap().reason, "FILE_EXISTS");
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write(&path, b"third").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file stays behind");
    }

    /// A passphrase file that others can read is no secret.
    #[test]
    fn an_exposed_secret_is_refused_with_the_remedy() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        fs::write(&path, b"x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = check_secret(&path).unwrap_err();
        assert_eq!(error.downcast_ref::<Fault>().unwrap().reason, "SECRET_EXPOSED");
    }

    /// A folder's signed output must not be signed again by the next run, nor what a crash left behind.
    #[test]
    fn a_folder_is_walked_without_its_output_and_leftovers() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.pdf", "a.PDF", "note.txt", "a.pdf.eco", ".b.pdf.0123", "sub/c.pdf", "signed/b.pdf"] {
            replace(&directory.path().join(name), b"x").unwrap();
        }
        let out = directory.path().join("signed");
        let names = |wanted, except| below(directory.path(), except, wanted).unwrap();
        assert_eq!(names(Wanted::Pdf, Some(out.as_path())), ["a.PDF", "b.pdf", "sub/c.pdf"].map(PathBuf::from));
        assert_eq!(names(Wanted::All, None), ["a.PDF", "b.pdf", "note.txt", "signed/b.pdf", "sub/c.pdf"].map(PathBuf::from));
    }

    #[test]
    fn receipts_lie_beside_their_document() {
        let paths = sidecars(Path::new("a/coo.pdf"));
        assert_eq!(paths, [PathBuf::from("a/coo.pdf.eco"), PathBuf::from("a/coo.eco")]);
        assert_eq!(sidecars(Path::new("README")), [PathBuf::from("README.eco")]);
    }
}
