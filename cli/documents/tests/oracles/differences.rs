//! Where our verdict and others' differ: never by our accepting what one of them refuses, and else for a reason in this table.
//!
//! Files: the corpus where it is present, attacks made here, and foreign signatures. The table is explained in ARCHITECTURE.md.

use crate::common::{condemning, corpus, replace};
use crate::files::{DATA, objects, revised, signed, stream};
use crate::{directory, foreign, pyhanko, run, write};
use eco_core::verdict::Code;
use eco_documents::pdf::inspect_pdf;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// File, and what we say where pyHanko accepts.
const STRICTER: &[(&str, Code)] = &[
    ("atk-bytes-after-eof", Code::PdfStructureAmbiguous),
    ("atk-orphan-js-objects", Code::PdfModifiedAfterSigning),
    ("atk-ssa-empty-sigfield-overlay", Code::PdfModifiedAfterSigning),
    ("atk-version-bump", Code::PdfModifiedAfterSigning),
    ("ph-pades-lta", Code::PdfModifiedAfterSigning),
    ("ph-sig-no-signed-attrs", Code::PdfSignatureInvalid),
    ("made-appended", Code::PdfStructureAmbiguous),
    ("made-padding", Code::PdfSignatureInvalid),
    ("made-orphan", Code::PdfModifiedAfterSigning),
    ("made-version", Code::PdfModifiedAfterSigning),
    ("made-form-value", Code::PdfModifiedAfterSigning),
    ("only-timestamp", Code::PdfSignatureMissing),
    ("pss-long-salt", Code::AlgorithmUnsupported),
];

/// Attacks on one small signed file, and the file itself.
fn made() -> Vec<(&'static str, Vec<u8>)> {
    let honest = signed(&objects());
    let body = |number: u32| objects().into_iter().find(|(known, _)| *known == number).unwrap().1;
    let catalog = |more: &str| {
        // As signing left it: the newest definition in the file.
        let at = 1 + honest.windows(8).rposition(|window| window == b"\n1 0 obj").unwrap();
        let end = at + honest[at..].windows(6).position(|window| window == b"endobj").unwrap();
        let text = String::from_utf8_lossy(&honest[at + 7..end]).trim().to_owned();
        text.replacen("<<", &format!("<<{more}"), 1)
    };
    let mut padding = honest.clone();
    padding[inspect_pdf(&honest).signatures[0].byte_range[2] - 2] = b'1';
    let image = "<</Type/Annot/Subtype/FreeText/Rect[0 0 500 500]/Contents(paid)>>";
    let page = body(3).replace("/Annots[6 0 R", "/Annots[60 0 R 6 0 R");
    vec![
        ("made-honest", honest.clone()),
        ("made-flipped", replace(&honest, b"0 0 1 rg", b"1 0 1 rg")),
        ("made-appended", [honest.as_slice(), b"% more\n"].concat()),
        ("made-prefixed", [b"junk\n".as_slice(), &honest].concat()),
        ("made-cut", honest[..honest.len() - 40].to_vec()),
        ("made-padding", padding),
        ("made-orphan", revised(&honest, &[(60, "<</S/JavaScript/JS(app.alert(1))>>")])),
        ("made-version", revised(&honest, &[(1, &catalog("/Version/1.3"))])),
        ("made-open-action", revised(&honest, &[(1, &catalog("/OpenAction<</S/JavaScript/JS(1)>>"))])),
        ("made-content", revised(&honest, &[(4, &stream("", "1 0 0 rg 50 700 200 50 re f"))])),
        ("made-annotation", revised(&honest, &[(3, &page), (60, image)])),
        ("made-form-value", revised(&honest, &[(10, &body(10).replace("100 kg", "900 kg"))])),
        (
            "made-data",
            revised(&honest, &[(9, &stream("/Type/EmbeddedFile/Subtype/application#2Fld+json", &DATA.replace("RCEP", "OTHER")))]),
        ),
    ]
}

/// Every file, by name.
fn all() -> BTreeMap<String, PathBuf> {
    let directory = directory("differences");
    let made = made().into_iter().map(|(name, bytes)| PathBuf::from(write(&directory, &format!("{name}.pdf"), &bytes)));
    let found = ["real", "attacks"].into_iter().filter_map(corpus).chain(foreign::files());
    let found = found.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let pdfs = made.chain(found).filter(|path| path.extension().is_some_and(|extension| extension == "pdf"));
    pdfs.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path)).collect()
}

#[test]
fn nothing_that_others_refuse_is_accepted_and_every_other_difference_is_listed() {
    let Some(python) = pyhanko() else { return };
    let files = all();
    let paths: Vec<&str> = files.values().map(|path| path.to_str().unwrap()).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/judge.py");
    let output = run(&python, &[&[script], paths.as_slice()].concat()).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: BTreeMap<&str, &str> = said.lines().filter_map(|line| line.split_once('\t')).collect();
    assert_eq!(theirs.len(), files.len(), "{said}");
    let (mut looser, mut stricter) = (Vec::new(), BTreeSet::new());
    let (mut refused, mut accepted) = (0, 0);
    for (name, path) in &files {
        let ours = condemning(&std::fs::read(path).unwrap());
        let them = theirs[name.as_str()];
        match (them, ours.first()) {
            ("accepted", Some(code)) => drop(stricter.insert((name.as_str(), code.name()))),
            ("accepted", None) => accepted += 1,
            (_, Some(_)) => refused += 1,
            (_, None) => looser.push(format!("{name}: pyHanko says {them}")),
        }
        if ours.is_empty() {
            looser.extend(objections(path).map(|what| format!("{name}: {what}")));
        }
    }
    assert_eq!(looser, Vec::<String>::new());
    let listed = STRICTER.iter().filter(|(name, _)| files.contains_key(*name)).map(|(name, code)| (*name, code.name()));
    assert_eq!(stricter, listed.collect(), "{said}");
    // The controls: there are files of both kinds, or the comparison compares nothing.
    assert!(accepted >= 2 && refused >= 5, "{accepted} accepted, {refused} refused by both");
}

/// What qpdf and pdfsig have against a file that we accept. A method that NSS does not know is none.
fn objections(path: &Path) -> impl Iterator<Item = String> {
    let file = path.to_str().unwrap();
    let qpdf = run(Path::new("qpdf"), &["--check", file]).filter(|output| output.status.code() == Some(2));
    let qpdf = qpdf.map(|output| format!("qpdf: {}", String::from_utf8_lossy(&output.stderr)));
    let pdfsig = run(Path::new("pdfsig"), &["-nocert", file]).map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let pdfsig = pdfsig.filter(|said| said.contains("Digest Mismatch") || said.contains("Signature is Invalid"));
    qpdf.into_iter().chain(pdfsig)
}
