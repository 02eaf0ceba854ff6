//! Fuzzes the readers on stable Rust: `cargo run -p eco-documents --example fuzz -- <seconds> [target] [seed]`, where the target is
//! `lexer`, `xref`, `file`, `cms`, `certificate`, `crl`, `ocsp`, `token`, `json`, `canonical`, `passport`, `metadata` or `pact`.
//!
//! Inputs are mutations of files made here and of the PDFs in `$ECO_CORPUS/pdf`. An input that breaks a property is
//! written to `fuzz-<target>-<n>` and its seed is printed; the same seed gives the same sequence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../tests/authority/mod.rs"]
mod authority;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/attacks/files.rs"]
mod files;
#[path = "../tests/fuzz/mutate.rs"]
mod mutate;
#[path = "../tests/fuzz/targets.rs"]
mod targets;
#[path = "../tests/fuzz/texts.rs"]
mod texts;

use mutate::Random;
use std::time::{Duration, Instant};
use targets::{Corpus, Target};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds: u64 = arguments.first().map_or(60, |text| text.parse().expect("seconds"));
    let targets = match arguments.get(1) {
        Some(name) => vec![Target::of_name(name).expect("a target")],
        None => Target::ALL.to_vec(),
    };
    let seed: u64 = arguments.get(2).map_or(1, |text| text.parse().expect("seed"));
    let mut seeds = files::seeds();
    for part in ["real", "attacks"] {
        let Some(directory) = common::corpus(part) else { continue };
        let paths = std::fs::read_dir(directory).expect("corpus").map(|entry| entry.expect("entry").path());
        let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "pdf"));
        seeds.extend(files.map(|path| std::fs::read(path).expect("file")).filter(|bytes| bytes.len() < 60_000));
    }
    let corpus = Corpus::new(seeds);
    let share = Duration::from_secs(seconds) / u32::try_from(targets.len()).expect("few");
    let mut broken = 0;
    for target in targets {
        let (mut random, start, mut inputs) = (Random(seed.max(1)), Instant::now(), 0u64);
        while start.elapsed() < share {
            let input = corpus.input(target, &mut random);
            inputs += 1;
            let outcome = std::panic::catch_unwind(|| corpus.run(target, &input)).unwrap_or_else(|_| Err("panic".into()));
            if let Err(what) = outcome {
                let path = format!("fuzz-{}-{inputs}", target.name());
                std::fs::write(&path, &input).expect("write");
                println!("{target:?}: input {inputs} of seed {seed}: {what}; kept in {path}");
                broken += 1;
            }
        }
        println!("{target:?}: {inputs} inputs in {:.0} s, seed {seed}", start.elapsed().as_secs_f64());
    }
    assert!(broken == 0, "{broken} inputs broke a property");
}
