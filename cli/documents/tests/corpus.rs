//! Real and attacked files: without these the reader might refuse what the world writes, or believe what it forges.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use common::{condemning, corpus};
use eco_core::verdict::Code;

/// Every real file is either read or refused for the reason that its origin states.
#[test]
fn real_files_are_read_or_refused_as_expected() {
    let Some(directory) = corpus("real") else { return };
    let expected: &[(&str, &[Code])] = &[
        ("p2-incremental", &[Code::PdfSignatureMissing]),
        ("p2-offset-start", &[Code::PdfStructureAmbiguous]),
        ("p2-simple", &[Code::PdfSignatureMissing]),
        ("p2-utf8-annot", &[Code::PdfSignatureMissing]),
        ("ph-aes256", &[Code::PdfEncrypted]),
        ("ph-circular-pages", &[Code::PdfStructureAmbiguous]),
        ("ph-cov-gap-too-big", &[Code::PdfSignatureInvalid]),
        ("ph-cov-one-byterange", &[Code::PdfSignatureInvalid]),
        ("ph-empty-sigfield", &[Code::PdfSignatureMissing]),
        ("ph-hybrid-xref", &[Code::PdfStructureAmbiguous]),
        ("ph-minimal-xref", &[Code::PdfSignatureMissing]),
        ("ph-sig-no-signed-attrs", &[Code::PdfSignatureInvalid]),
        ("ph-sig-with-econtent", &[Code::PdfSignatureInvalid]),
        ("ph-two-empty-sigfields", &[Code::PdfSignatureMissing]),
        ("pj-f1040", &[Code::PdfStructureAmbiguous]),
        // Its ByteRange covers the brackets of /Contents: stricter than most.
        ("pj-signed", &[Code::PdfSignatureInvalid]),
    ];
    for (name, codes) in expected {
        let bytes = std::fs::read(directory.join(format!("{name}.pdf"))).unwrap();
        assert_eq!(condemning(&bytes), *codes, "{name}");
    }
}

/// A PAdES B-LTA file of another maker: signature, timestamp, DSS and document timestamp are all understood.
/// Its last revision has an object that nothing refers to: only that one is refused.
#[test]
fn a_foreign_lta_file_is_clean_up_to_its_orphan() {
    let Some(directory) = corpus("real") else { return };
    let bytes = std::fs::read(directory.join("ph-pades-lta.pdf")).unwrap();
    assert_eq!(condemning(&bytes), [Code::PdfModifiedAfterSigning]);
    let marker = b"startxref\n45662\n%%EOF\n";
    let end = bytes.windows(marker.len()).position(|window| window == marker).unwrap() + marker.len();
    assert_eq!(condemning(&bytes[..end]), []);
}

/// Two approval signatures of Acrobat, without signing-certificate-v2 and with metadata changed in between:
/// valid for viewers, not good enough for a certificate.
#[test]
fn signatures_that_do_not_name_their_certificate_are_refused() {
    let Some(directory) = corpus("real") else { return };
    let codes = condemning(&std::fs::read(directory.join("ph-signed-twice-valid.pdf")).unwrap());
    assert!(codes.contains(&Code::PdfSignatureInvalid), "{codes:?}");
}

/// No attack passes, and each is named for what it is.
#[test]
fn attacks_are_never_clean() {
    let Some(directory) = corpus("attacks") else { return };
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let codes = condemning(&std::fs::read(&path).unwrap());
        let expected = match name.as_str() {
            "atk-bytes-after-eof" => Code::PdfStructureAmbiguous,
            "atk-usf-byterange-removed" => Code::PdfSignatureInvalid,
            _ => Code::PdfModifiedAfterSigning,
        };
        assert!(!codes.is_empty() && codes.iter().all(|code| *code == expected), "{name}: {codes:?}");
    }
}

/// Bits flipped, bytes cut: whatever arrives, the reader answers.
#[test]
fn mutated_files_do_not_panic() {
    let Some(directory) = corpus("real") else { return };
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if path.extension().is_none_or(|extension| extension != "pdf") || bytes.len() > 20_000 {
            continue;
        }
        let mut random: u32 = 1;
        for _ in 0..400 {
            let mut mutated = bytes.clone();
            for _ in 0..3 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (random >> 8) as usize % mutated.len();
                mutated[at] = (random & 0xff) as u8;
            }
            condemning(&mutated);
            condemning(&mutated[..(random >> 12) as usize % mutated.len()]);
        }
    }
}
