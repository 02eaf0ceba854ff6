//! Where our verdict and others' differ: never by our accepting what one of them refuses, and else for a reason in this table.
//!
//! Files: the corpus where it is present, every file that the tests of attacks make, more made here, and foreign signatures. The
//! table is explained in ARCHITECTURE.md.

use crate::common::{condemning, corpus, replace, seen};
use crate::files::{DATA, objects, revised, signed, stream};
use crate::{data, description, directory, foreign, later, octets, pyhanko, run, structure, write};
use eco_core::verdict::{Class, Code, Finding};
use eco_documents::pdf::inspect_pdf;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What we say where pyHanko accepts: code and words, numbers as `#`.
const STRICTER: &[(Code, &str)] = &[
    (Code::AlgorithmUnsupported, "signature # unknown method: RSA-PSS with unusual parameters"),
    (Code::PdfModifiedAfterSigning, "a stream of the security store is no certificate, CRL or OCSP answer"),
    (Code::PdfModifiedAfterSigning, "form fields changed in more than new signatures"),
    (Code::PdfModifiedAfterSigning, "object # was added and belongs to no signature or proof"),
    (Code::PdfModifiedAfterSigning, "object # was changed"),
    (Code::PdfModifiedAfterSigning, "the catalog changed in more than form, proofs and description"),
    (Code::PdfModifiedAfterSigning, "the catalog's extensions changed in more than ISO_ #"),
    (Code::PdfModifiedAfterSigning, "the catalog's /Metadata is another"),
    (Code::PdfModifiedAfterSigning, "the catalog's /Metadata is no XMP packet, or serves for something else too"),
    (Code::PdfModifiedAfterSigning, "the first half of the file's /ID changed"),
    (Code::PdfModifiedAfterSigning, "the form changed in more than its fields"),
    (Code::PdfModifiedAfterSigning, "the security store lost an entry"),
    (Code::PdfModifiedAfterSigning, "the security store was removed"),
    (Code::PdfModifiedAfterSigning, "the trailer names another root or has other entries"),
    (Code::PdfSignatureInvalid, "signature # /Contents has other characters than pairs of hexadecimal digits"),
    (Code::PdfSignatureInvalid, "signature # DER: bytes other than zero after the CMS in /Contents"),
    (Code::PdfSignatureInvalid, "signature # DER: no signed attributes"),
    (Code::PdfSignatureMissing, "the file has timestamps but no signature"),
    (Code::PdfStructureAmbiguous, "bytes after the last %%EOF"),
    (Code::PdfStructureAmbiguous, "the file does not end with %%EOF: truncated, or bytes after it"),
];

/// What pyHanko says where it refuses and we do not: about files that are in order.
const PYHANKO_IS_WRONG: [&str; 2] = [
    // The locked field's appearance, which nobody changed, counts as changed by any later signature.
    "is not allowed because the form field Weight is locked",
    // A reference to nothing is null (7.3.10); what fills it later is a modification for us.
    "Object addressed by Reference(idnum=130, generation=0) not found",
];

/// Every file that the tests of attacks look at, flipped bytes and sizes of megabytes apart.
fn attacked() -> Vec<Vec<u8>> {
    let files = seen(|| {
        data::data_in_form_is_a_fact();
        data::a_certificate_without_data_says_so();
        data::flaws_of_the_data_are_findings();
        data::later_data_is_not_believed();
        data::data_twice_is_refused();
        description::programs_may_note_when_they_saved_a_proof();
        description::a_title_is_no_note();
        description::a_packet_stays_a_packet();
        description::what_serves_for_something_else_does_not_change();
        description::without_a_signature_or_proof_nothing_is_noted();
        later::honest_revisions_are_clean();
        later::content_pages_and_annotations_stay();
        later::forms_and_appearances_stay();
        later::catalog_metadata_and_trailer_stay();
        later::nothing_fills_a_reference_that_pointed_nowhere();
        later::the_security_store_only_grows_and_holds_proofs_only();
        later::locks_and_permissions_hold();
        later::a_later_appearance_hides_nothing();
        later::revisions_cannot_be_cut_or_joined();
        octets::padding_must_be_zero();
        octets::appended_bytes_are_seen();
        octets::truncated_and_prefixed_files_are_refused();
        octets::byte_range_must_be_exactly_around_contents();
        octets::updates_after_signing_are_modifications();
        octets::ambiguous_structures_are_refused();
        structure::tables_and_streams_are_read();
        structure::object_streams_hide_nothing();
        structure::page_trees_have_one_reading();
        structure::one_object_has_one_meaning();
        structure::updates_have_one_reading();
        structure::generations_have_one_reading();
        structure::a_signature_is_shown_once();
        structure::the_gap_holds_digits_only();
        structure::dictionaries_lie_in_nothing();
        structure::what_acts_is_not_signed();
    });
    let different: BTreeSet<Vec<u8>> = files.into_iter().collect();
    different.into_iter().collect()
}

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
    let attacked = attacked().into_iter().enumerate().map(|(index, bytes)| (format!("attack-{index:03}"), bytes));
    let made = made().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).chain(attacked);
    let made = made.map(|(name, bytes)| PathBuf::from(write(&directory, &format!("{name}.pdf"), &bytes)));
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
    let (mut looser, mut stricter, mut unlisted) = (Vec::new(), BTreeSet::new(), Vec::new());
    let (mut refused, mut accepted) = (0, 0);
    for (name, path) in &files {
        let bytes = std::fs::read(path).unwrap();
        let them = theirs[name.as_str()];
        match (them, objection(&bytes)) {
            ("accepted", Some((code, words))) => match STRICTER.iter().find(|listed| **listed == (code, words.as_str())) {
                Some(listed) => drop(stricter.insert(*listed)),
                None => unlisted.push(format!("{name}: {code:?} {words:?}")),
            },
            ("accepted", None) => accepted += 1,
            (_, Some(_)) => refused += 1,
            (_, None) if PYHANKO_IS_WRONG.iter().any(|about| them.contains(about)) => {}
            (_, None) => looser.push(format!("{name}: pyHanko says {them}")),
        }
        if condemning(&bytes).is_empty() {
            looser.extend(objections(path).map(|what| format!("{name}: {what}")));
        }
    }
    assert_eq!((looser, unlisted), (Vec::new(), Vec::new()));
    let unused: Vec<_> = STRICTER.iter().filter(|listed| !stricter.contains(*listed)).collect();
    // Some differences are seen in the corpus only.
    assert!(unused.is_empty() || corpus("attacks").is_none(), "pyHanko refuses, too: {unused:?}");
    // The controls: there are files of both kinds, or the comparison compares nothing.
    assert!(accepted >= 20 && refused >= 100, "{accepted} accepted, {refused} refused by both");
}

/// The first thing that we have against a file.
fn objection(bytes: &[u8]) -> Option<(Code, String)> {
    let report = inspect_pdf(bytes);
    let against = |finding: &&Finding| matches!(finding.code.class(), Class::Untrustworthy | Class::NotEstablished);
    let finding = report.findings.findings.iter().find(against)?;
    // Names of fields and numbers of objects are the file's own.
    let is_own = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit()) || ["Chamber:", "IssuingBody:"].contains(&word);
    let words = finding.detail.split_whitespace().map(|word| if is_own(word) { "#" } else { word });
    Some((finding.code, words.collect::<Vec<_>>().join(" ")))
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
