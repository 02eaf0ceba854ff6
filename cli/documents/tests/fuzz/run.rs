//! A short, fixed run of the fuzzer: `--example fuzz` runs it for as long as one likes.

use crate::files;
use crate::mutate::Random;
use crate::targets::{Corpus, Target};

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
