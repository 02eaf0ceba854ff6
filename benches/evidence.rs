//! What a verifier pays: receipt, status proof, verdict, on one core.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "../proto/core/tests/kit/mod.rs"]
mod kit;

use criterion::{Criterion, criterion_group, criterion_main};
use eco_core::receipt::Receipt;
use eco_core::registry::Purpose;
use eco_core::status::StatusProof;
use eco_core::verdict::{Evidence, Policy, Question, Reach, judge};
use kit::{Network, START, certificate, findings, fingerprint, public, secret, signer};
use std::hint::black_box;

/// Entries on the log: 49 a block, below the members' hourly rate of the test network.
const BLOCKS: u64 = 40;

fn network() -> Network {
    let mut network = Network::production();
    for block in 0..BLOCKS {
        // A later hour for every block: the rate is per hour of block time.
        let time = START.plus_ms((block + 1) * 3_600_000);
        let entries = (0..49).map(|n| {
            let name = format!("{block}-{n}");
            let entry = network.entry_with(
                "cn-ccpit",
                eco_core::statement::Statement::Anchor(certificate("cn-ccpit", &name, &name)),
                &[secret("cn-ccpit", Purpose::Issue)],
                time.plus_ms(1000),
            );
            entry.verify().unwrap()
        });
        let built = network.state.build(&network.records, time, network.last_seal(), entries).unwrap();
        assert_eq!(built.refused, []);
        network.commit(built);
    }
    network
}

fn evidence(c: &mut Criterion) {
    let network = network();
    let trust = network.trust();
    let index = network.state.frontier().size() - 7;
    let receipt = network.receipt(index).to_file();
    let content = format!("{}-42", BLOCKS - 1);
    let status = network.status_of("cn-ccpit", fingerprint(&content), Some(signer("cn-ccpit"))).to_file();
    println!("{} entries; receipt {} bytes; status proof {} bytes", network.state.frontier().size(), receipt.len(), status.len());
    c.bench_function("receipt: read and verify (3 seal signatures, 1 entry signature)", |b| {
        b.iter(|| Receipt::from_file(black_box(&receipt), &trust).unwrap().verify(&trust).unwrap());
    });
    c.bench_function("status proof: read and verify (4 items)", |b| {
        b.iter(|| StatusProof::from_file(black_box(&status), &trust).unwrap().verify(&trust).unwrap());
    });
    let question = Question { now: network.now(), as_of: None, issuer: None, number: None, kind: None };
    let found = findings(&content, "cn-ccpit");
    let (receipts, statuses) = ([receipt], [status]);
    c.bench_function("judge: receipt and status proof", |b| {
        let evidence = Evidence { receipts: &receipts, statuses: &statuses, reach: Reach::Answered };
        b.iter(|| judge(&question, &found, black_box(&evidence), Some(&trust), &Policy::default()));
    });
    let key = public(&secret("cn-ccpit", Purpose::Issue));
    let message = network.entries[0].entry().message();
    let signature = network.entries[0].signatures()[0].signature;
    c.bench_function("one signature", |b| b.iter(|| eco_core::sign::verify(&key, black_box(&message), &signature).unwrap()));
}

criterion_group!(benches, evidence);
criterion_main!(benches);
