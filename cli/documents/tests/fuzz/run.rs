//! A short, fixed run of the fuzzer: `--example fuzz` runs it for as long as one likes.

use crate::files;
use crate::mutate::Random;
use crate::targets::{Corpus, Target};
use crate::texts::Text;
use eco_core::name::Timestamp;
use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::{json, proof};

/// Whatever arrives is answered, and nothing is believed that nobody signed.
#[test]
fn a_fixed_sequence_of_mutations_breaks_nothing() {
    let corpus = Corpus::new(files::seeds());
    for target in Target::ALL {
        let mut random = Random(20_261_124);
        for input in 0..400 {
            let bytes = corpus.input(target, &mut random);
            if let Err(what) = corpus.run(target, &bytes) {
                panic!("{target:?}, input {input}: {what}");
            }
        }
    }
}

/// The test of the test: a verifier that believed a signature of another file would be noticed.
#[test]
fn a_signature_that_no_seed_has_is_noticed() {
    let seeds = files::seeds();
    let (signed, others): (Vec<_>, Vec<_>) = seeds.into_iter().partition(|file| crate::common::condemning(file).is_empty());
    let corpus = Corpus::new(others);
    assert!(corpus.run(Target::File, &signed[0]).unwrap_err().contains("nobody made"));
    let foreign = crate::authority::Authority::root(9, "Foreign").certificate;
    assert!(corpus.run(Target::Certificate, &foreign).unwrap_err().contains("nobody signed"));
}

/// The same for documents: a proof that no seed has would be noticed, and so would a reader that takes more than others do.
#[test]
fn a_proof_that_no_seed_has_is_noticed() {
    let corpus = Corpus::new(files::seeds());
    let key = SecretKey::of_seed(KeyAlgorithm::Ed25519, &[77; 32]).unwrap();
    let unsigned = json::read(include_bytes!("../documents/battery.json")).unwrap();
    let signed = proof::sign(&unsigned, &key, "did:web:acme.example.cn", Timestamp(1_778_400_900_000)).unwrap();
    let broken = corpus.run(Target::Text(Text::Passport), json::pretty(&signed).as_bytes());
    assert!(broken.unwrap_err().contains("nobody made"));
    assert!(corpus.run(Target::Text(Text::Passport), json::pretty(&unsigned).as_bytes()).is_ok());
}
