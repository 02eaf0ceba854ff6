//! A receipt in its PDF: the file alone convinces, and a bad staple neither helps nor harms.

use super::world::{AS_OF, NUMBER, World, certificate, codes, document_key, signed_pdf};
use crate::kit::{self, Network};
use eco_core::genesis::NetworkPurpose;
use eco_documents::pdf::{KeySigner, SignOptions, Stapled, read_pdf, sign, staple};
use std::fs;

/// The certificate with these bytes stapled, and nothing beside it.
fn stapled(world: &World, receipt: &[u8]) {
    let pdf = fs::read(world.path("coo.pdf")).unwrap();
    let hash = world.candidate.signature_hash.unwrap();
    let Stapled::Written(bytes) = staple(&pdf, &world.candidate.fingerprint, &hash, receipt).unwrap() else { panic!("new") };
    world.write("coo.pdf", &bytes);
    let _ = fs::remove_file(world.path("coo.pdf.eco"));
}

/// The promise of stapling: no second file, no network, only a trust root.
#[test]
fn a_stapled_certificate_proves_itself() {
    let world = World::new();
    let length = fs::metadata(world.path("coo.pdf")).unwrap().len();
    let (exit, answer) = world.json(&["staple", "coo.pdf"]);
    assert_eq!((exit, answer["outcome"].as_str()), (0, Some("stapled")), "{answer:#}");
    assert_eq!(fs::metadata(world.path("coo.pdf")).unwrap().len(), length);
    fs::remove_file(world.path("coo.pdf.eco")).unwrap();
    let (exit, answer) = world.verify(&["--as-of", AS_OF]);
    assert_eq!((exit, answer["verdict"]["trust"].as_str()), (0, Some("TRUSTED")), "{answer:#}");
    assert_eq!(answer["verdict"]["recorded"]["document"], world.document().to_string());
    assert_eq!(answer["evidence"][0]["source"], "coo.pdf (stapled)");
    let before = fs::read(world.path("coo.pdf")).unwrap();
    let (exit, answer) = world.json(&["staple", "coo.pdf"]);
    assert_eq!((exit, answer["outcome"].as_str()), (0, Some("stapled before")), "{answer:#}");
    assert_eq!(fs::read(world.path("coo.pdf")).unwrap(), before);
    // The control: the same file without its staple proves nothing.
    world.write("coo.pdf", &signed_pdf(NUMBER));
    assert_eq!(world.verify(&["--as-of", AS_OF]).0, 3);
}

/// Whoever carries the file can replace the staple: alone it leaves the file unverifiable, beside a good receipt it is put aside.
#[test]
fn a_bad_staple_never_condemns() {
    let mut other = World::new();
    let index = other.network.record(vec![other.network.anchor("cn-ccpit", kit::certificate("cn-ccpit", "b", "CO-2"))]);
    let of_other_document = other.network.receipt(index).to_file();
    let mut foreign = Network::new("eco.example/other", NetworkPurpose::Production);
    let index = foreign.record(vec![foreign.anchor("cn-ccpit", kit::certificate("cn-ccpit", "b", "CO-2"))]);
    let mut forged = fs::read(other.path("coo.pdf.eco")).unwrap();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let table: [(&str, Vec<u8>, &str); 5] = [
        ("of another document", of_other_document, "FINGERPRINT_MISMATCH"),
        ("of another network", foreign.receipt(index).to_file(), "NETWORK_MISMATCH"),
        ("forged", forged, "LOG_PROOF_INVALID"),
        ("garbage", b"garbage".to_vec(), "LOG_PROOF_INVALID"),
        ("oversize", vec![0x89; 11 << 10], "LOG_PROOF_INVALID"),
    ];
    for (what, bytes, code) in table {
        let world = World::new();
        let good = fs::read(world.path("coo.pdf.eco")).unwrap();
        stapled(&world, &bytes);
        let (exit, answer) = world.verify(&["--as-of", AS_OF]);
        assert_eq!((exit, codes(&answer)[0].as_str()), (3, code), "{what} alone: {answer:#}");
        world.write("coo.pdf.eco", &good);
        let (exit, answer) = world.verify(&["--as-of", AS_OF]);
        assert_eq!(exit, 0, "{what} beside a good one: {answer:#}");
        assert!(codes(&answer).contains(&"RECEIPT_DISCARDED".to_string()), "{what}: {:?}", codes(&answer));
        // The remedy is in the user's hands: the good one replaces it.
        assert_eq!(world.json(&["staple", "coo.pdf"]).1["outcome"], "stapled");
        fs::remove_file(world.path("coo.pdf.eco")).unwrap();
        let (exit, answer) = world.verify(&["--as-of", AS_OF]);
        assert_eq!((exit, codes(&answer).contains(&"RECEIPT_DISCARDED".to_string())), (0, false), "{what} replaced: {answer:#}");
    }
}

/// Where there is no place in the file, the receipt must not get lost.
#[test]
fn what_cannot_be_stapled_lies_beside() {
    let world = World::new();
    fs::rename(world.path("coo.pdf.eco"), world.path("receipt.eco")).unwrap();
    // A later signature covers the place.
    let signer = KeySigner::new(document_key(), certificate(), Vec::new()).unwrap();
    let time = i64::try_from(kit::START.0 / 1000).unwrap();
    let later = sign(&fs::read(world.path("coo.pdf")).unwrap(), &SignOptions::new([6; 16], time), &signer).unwrap();
    world.write("coo.pdf", &later);
    let (exit, answer) = world.json(&["staple", "coo.pdf", "receipt.eco"]);
    assert_eq!((exit, answer["outcome"].as_str()), (0, Some("beside")), "{answer:#}");
    assert!(answer["because"].as_str().unwrap().contains("is not the last"), "{answer:#}");
    assert_eq!(fs::read(world.path("coo.pdf")).unwrap(), later);
    assert_eq!(fs::read(world.path("coo.pdf.eco")).unwrap(), fs::read(world.path("receipt.eco")).unwrap());
}

/// A receipt of another file in a signature would travel for nothing, and one that does not hold is no receipt.
#[test]
fn only_a_receipt_of_the_file_that_holds_is_stapled() {
    let mut world = World::new();
    let before = fs::read(world.path("coo.pdf")).unwrap();
    let index = world.network.record(vec![world.network.anchor("cn-ccpit", kit::certificate("cn-ccpit", "b", "CO-2"))]);
    world.write("other.eco", &world.network.receipt(index).to_file());
    world.write("bad.eco", b"junk");
    let (exit, answer) = world.json(&["staple", "coo.pdf", "other.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (1, Some("FINGERPRINT_MISMATCH")), "{answer:#}");
    let (exit, answer) = world.json(&["staple", "coo.pdf", "bad.eco"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (3, Some("LOG_PROOF_INVALID")), "{answer:#}");
    assert_eq!(fs::read(world.path("coo.pdf")).unwrap(), before);
    assert!(read_pdf(&before).stapled.is_empty());
}
