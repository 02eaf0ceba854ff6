//! Fonts for names in Chinese, Japanese and Korean: those named by the user, else those of this computer.

use crate::fault::Fault;
use crate::files;
use anyhow::Result;
use eco_documents::pdf::{FontFile, SheetDefect};
use std::path::{Path, PathBuf};

/// Bytes of the largest font file read: collections of all East Asian letters have about 20 MB.
const FONT_BYTES_MAX: u64 = 64 << 20;
/// Deepest folder below a font directory that is looked into.
const FOLDERS_DEEP_MAX: usize = 4;

/// Files known to have the letters, best first: collections with all national forms, then single fonts.
const KNOWN: [&str; 17] = [
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJK.ttc",
    "SourceHanSans-Regular.ttc",
    "SourceHanSans.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansCJKtc-Regular.otf",
    "NotoSansCJKjp-Regular.otf",
    "NotoSansCJKkr-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansTC-Regular.otf",
    "SourceHanSans-Regular.otf",
    "SourceHanSansJP-Regular.otf",
    "SourceHanSansKR-Regular.otf",
    "NotoSerifCJK-Regular.ttc",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
];

/// Makes a sheet with the fonts named, and if letters are lacking again with fonts of this computer that have them.
pub(crate) fn set_with<T>(named: &[PathBuf], make: impl Fn(&[FontFile]) -> Result<T, SheetDefect>) -> Result<T> {
    let mut fonts = named.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    let made = match make(&fonts) {
        Err(SheetDefect::Glyphs { letters }) => {
            fonts.extend(having(&letters, &directories()));
            make(&fonts)
        }
        made => made,
    };
    made.map_err(|defect| {
        let hint = match &defect {
            SheetDefect::Glyphs { .. } => {
                "for Chinese, Japanese and Korean install a font (Debian, Ubuntu: fonts-noto-cjk; Fedora: google-noto-sans-cjk-fonts) or \
                 name one: --font FILE; scripts whose letters join or stack (Thai, Lao, Khmer, Myanmar, Arabic ..) cannot be set: use the \
                 name in Latin letters"
            }
            SheetDefect::NoItems | SheetDefect::TooLong { .. } => "mend the metadata",
            SheetDefect::Entry(_) => "name a shorter host: --gateway HOST",
            SheetDefect::Payload(_) => "use a receipt of the block that recorded the certificate, which is shorter",
        };
        Fault::usage("SHEET_NOT_PRINTABLE", defect.to_string()).hint(hint).into()
    })
}

/// Fonts of this computer for letters of a name.
pub(crate) fn for_letters(letters: &str) -> Vec<FontFile> {
    having(&letters.chars().collect::<Vec<char>>(), &directories())
}

fn read(path: &Path) -> Result<FontFile> {
    let bytes = files::read(path, FONT_BYTES_MAX)?;
    FontFile::parse(bytes).map_err(|e| Fault::usage("FONT_INVALID", format!("{}: {e}", path.display())).into())
}

/// Where systems keep fonts.
fn directories() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let own = home.into_iter().flat_map(|home| [home.join(".local/share/fonts"), home.join(".fonts"), home.join("Library/Fonts")]);
    let shared = ["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts"].map(PathBuf::from);
    own.chain(shared).collect()
}

/// Known fonts of these directories, as many as it takes to have every letter that any of them has.
fn having(letters: &[char], directories: &[PathBuf]) -> Vec<FontFile> {
    let mut present = Vec::new();
    for directory in directories {
        collect(directory, 0, &mut present);
    }
    // Order on disk differs from computer to computer; the sheet must not.
    present.sort();
    let mut lacking = letters.to_vec();
    let mut found = Vec::new();
    for path in KNOWN.iter().filter_map(|name| present.iter().find(|path| path.file_name().is_some_and(|file| file == *name))) {
        // A damaged font of the system is no reason to stop: another may do, and what is lacking is named.
        let Some(font) = read(path).ok().filter(|font| lacking.iter().any(|letter| font.covers(*letter))) else { continue };
        lacking.retain(|letter| !font.covers(*letter));
        found.push(font);
        if lacking.is_empty() {
            break;
        }
    }
    found
}

fn collect(directory: &Path, depth: usize, present: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if depth < FOLDERS_DEEP_MAX {
                collect(&path, depth + 1, present);
            }
        } else if path.file_name().is_some_and(|file| KNOWN.iter().any(|name| file == *name)) {
            present.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a font the letters are named with what to install; nothing is printed with gaps.
    #[test]
    fn lacking_letters_are_named_with_the_remedy() {
        let error = set_with(&[], |_| Err::<(), _>(SheetDefect::Glyphs { letters: vec!['ก'] })).unwrap_err();
        let fault = error.downcast_ref::<Fault>().unwrap();
        assert!(fault.message.contains("ก (U+0E01)"), "{}", fault.message);
        assert!(fault.hint.as_ref().unwrap().contains("fonts-noto-cjk"));
        assert!(having(&['惠'], &[PathBuf::from("/nonexistent")]).is_empty());
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(KNOWN[0]), b"damaged").unwrap();
        assert!(having(&['惠'], &[directory.path().to_path_buf()]).is_empty());
        let named = set_with(&[directory.path().join(KNOWN[0])], |_| Ok(())).unwrap_err();
        assert_eq!(named.downcast_ref::<Fault>().unwrap().reason, "FONT_INVALID");
    }
}
