//! How long the whole verdict takes: `cargo run -p eco-core --example judge_speed`.
//!
//! A certificate with its receipt and status proof, a passport with its status proof, attestation, recognition, entry
//! record and a scheme that demands everything. Without a trust root no signature is checked: what is left are the rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, clippy::wildcard_imports, missing_docs)]

#[path = "../tests/kit/mod.rs"]
mod kit;

use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 2000;

fn measure(what: &str, mut run: impl FnMut()) {
    let mut samples: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    let at = |percent: usize| samples[samples.len() * percent / 100];
    println!("{what}: median {:.1} us, 90 % {:.1} us", at(50), at(90));
}

fn main() {
    let trade = kit::trade::trade().with(|t| t.entry = Some(kit::trade::entry()));
    let prepared = trade.prepare();
    let trust = prepared.network.trust();
    let eligible = |judgement: &eco_core::verdict::Judgement| judgement.scheme.as_ref().unwrap().eligibility.name();
    println!("the answer is {}", eligible(&trade.judge_prepared(&prepared)));
    trade.consign(&prepared, |question, consignment, policy| {
        use eco_core::verdict::judge_consignment;
        measure("whole verdict, three seals and one entry signature checked", || {
            drop(black_box(judge_consignment(question, black_box(consignment), Some(&trust), policy)))
        });
        measure("the rules alone, no signature checked", || {
            drop(black_box(judge_consignment(question, black_box(consignment), None, policy)))
        });
    });
}
