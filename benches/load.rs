//! Load on a network of four real validators and one exporter's node, all on this machine.
//!
//! `load [light|sustained|dead] [seconds]`, by default all three. Entries are signed one by one before the clock runs; every
//! answer counted is final: sealed by the quorum and synced to disk. Prints figures, asserts none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use eco_core::header::Header;
use eco_core::name::{Height, Timestamp};
use eco_core::seal::Seal;
use eco_core::sign::{PublicKey, Signature};
use eco_documents::keys::SecretKey;
use eco_proto::v1::submission_service_client::SubmissionServiceClient;
use eco_proto::v1::{SubmitBatchRequest, SubmitRequest, WaitMode, submit_batch_result::Result as Outcome};
use eco_testnet::{Network, Size, entries::Author, genesis::key_file};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tonic::transport::Channel;

const VALIDATORS: [&str; 4] = ["cn-ccpit", "vn-vcci", "jp-customs", "kr-customs"];
const EXPORTER: &str = "acme-battery";
/// Entries in one SubmitBatch.
const BATCH: usize = 500;
/// Entries before the clock runs.
const WARM_UP: usize = 10;
/// Batches under way at each validator.
const UNDER_WAY: usize = 4;

#[expect(clippy::disallowed_methods, reason = "a load generator is a composition root")]
fn now() -> Timestamp {
    Timestamp(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap())
}

struct Signer {
    author: Author,
    key: SecretKey,
    made: u64,
}

impl Signer {
    fn of(network: &Network) -> Self {
        let pem = std::fs::read_to_string(key_file(network.directory(), EXPORTER, "issue")).unwrap();
        let passphrase = std::fs::read_to_string(network.directory().join("passphrase")).unwrap();
        let key = SecretKey::of_encrypted_pem(&pem, passphrase.trim_end().as_bytes()).unwrap();
        let public = PublicKey::ed25519(key.public_key().try_into().unwrap());
        let author = Author { network: network.genesis().network_id(), organisation: EXPORTER.parse().unwrap(), key: public };
        Self { author, key, made: 0 }
    }

    fn entry(&mut self) -> Vec<u8> {
        self.made += 1;
        let sign = |message: &[u8]| Signature(self.key.sign(message).try_into().unwrap());
        self.author.record(&self.made.to_le_bytes(), now(), sign).unwrap().as_bytes().to_vec()
    }
}

async fn client(network: &Network, organisation: &str) -> SubmissionServiceClient<Channel> {
    SubmissionServiceClient::connect(network.node(organisation).unwrap().address()).await.unwrap()
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len() - 1);
    sorted[at].as_secs_f64() * 1000.0
}

/// One entry after the other, with a pause that leaves the network idle between them.
async fn light(network: &Network, signer: &mut Signer, organisation: &str, count: usize) {
    let mut client = client(network, organisation).await;
    let mut latencies = Vec::new();
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    for n in 0..count + WARM_UP {
        let signed_entry = signer.entry();
        pace.tick().await;
        let start = Instant::now();
        let answer = client.submit(SubmitRequest { signed_entry, wait: WaitMode::Final.into() }).await.unwrap().into_inner();
        assert!(!answer.receipt.is_empty(), "not final");
        if n >= WARM_UP {
            latencies.push(start.elapsed());
        }
    }
    latencies.sort();
    println!(
        "light, at {organisation}: {count} entries, submit to final receipt p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        percentile(&latencies, 50),
        percentile(&latencies, 99),
        percentile(&latencies, 100),
    );
}

/// As much as the network takes, in batches at every validator.
async fn sustained(network: &Network, signer: &mut Signer, seconds: u64) {
    let tasks = VALIDATORS.len() * UNDER_WAY;
    let rounds = usize::try_from(seconds).unwrap() * 6_000 / (tasks * BATCH) + 1;
    let mut work: Vec<Vec<Vec<Vec<u8>>>> =
        (0..tasks).map(|_| (0..rounds).map(|_| (0..BATCH).map(|_| signer.entry()).collect()).collect()).collect();
    let Height(before) = network.height("cn-ccpit").await.unwrap();
    let start = Instant::now();
    let mut running = Vec::new();
    for (task, batches) in work.drain(..).enumerate() {
        let mut client = client(network, VALIDATORS[task % VALIDATORS.len()]).await.max_decoding_message_size(64 << 20);
        running.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            let mut again = 0;
            for mut signed_entries in batches {
                let begin = Instant::now();
                while !signed_entries.is_empty() {
                    let request = SubmitBatchRequest { signed_entries: signed_entries.clone(), wait: WaitMode::Final.into() };
                    let answer = client.submit_batch(request).await.unwrap().into_inner();
                    let mut refused = Vec::new();
                    let mut retry = Duration::ZERO;
                    for (entry, result) in signed_entries.into_iter().zip(answer.results) {
                        match result.result {
                            Some(Outcome::Submitted(s)) if !s.receipt.is_empty() => {}
                            // A node that has too much to do says when to come again.
                            Some(Outcome::Refused(r)) if r.retry_after_ms > 0 => {
                                retry = Duration::from_millis(r.retry_after_ms);
                                refused.push(entry);
                            }
                            other => panic!("not final: {other:?}"),
                        }
                    }
                    again += refused.len();
                    signed_entries = refused;
                    if !signed_entries.is_empty() {
                        tokio::time::sleep(retry).await;
                    }
                }
                latencies.push(begin.elapsed());
            }
            (latencies, again)
        }));
    }
    let (mut latencies, mut retried) = (Vec::new(), 0);
    for task in running {
        let (own, again) = task.await.unwrap();
        latencies.extend(own);
        retried += again;
    }
    let elapsed = start.elapsed();
    let total = tasks * rounds * BATCH;
    latencies.sort();
    println!(
        "sustained: {total} entries in {:.1} s = {:.0} entries/s; batch of {BATCH} p50 {:.0} ms, p99 {:.0} ms; {retried} handed in again",
        elapsed.as_secs_f64(),
        total as f64 / elapsed.as_secs_f64(),
        percentile(&latencies, 50),
        percentile(&latencies, 99),
    );
    blocks(network.node("cn-ccpit").unwrap().ports().http, before + 1);
}

/// What the blocks from a height on were like: sizes, intervals, rounds. Earlier runs are not this one's.
fn blocks(port: u16, mut from: u64) {
    let mut headers: Vec<(Header, Seal)> = Vec::new();
    loop {
        let page: Vec<(Header, Seal)> = borsh::from_slice(&http_get(port, &format!("/eco/headers/{from}"))).unwrap();
        let Some((last, _)) = page.last() else { break };
        from = last.height.0 + 1;
        headers.extend(page);
    }
    let full: Vec<&(Header, Seal)> = headers.iter().filter(|(h, _)| h.tree_size > h.first_index).collect();
    let entries: u64 = full.iter().map(|(h, _)| h.tree_size - h.first_index).sum();
    let mut gaps: Vec<Duration> = full.windows(2).map(|w| Duration::from_millis(w[1].0.time.since(w[0].0.time))).collect();
    gaps.sort();
    let late = full.iter().filter(|(_, seal)| seal.round.0 > 0).count();
    println!(
        "  {} blocks with entries, {} entries each on average; interval p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms; {late} sealed after round 0",
        full.len(),
        entries / full.len().max(1) as u64,
        percentile(&gaps, 50),
        percentile(&gaps, 99),
        percentile(&gaps, 100),
    );
}

/// The body of an HTTP answer; nothing where the node has none.
fn http_get(port: u16, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    if answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200") { answer[end + 4..].to_vec() } else { vec![0; 4] }
}

/// One of four killed: the worst wait, then the waits after it.
async fn dead(network: &mut Network, signer: &mut Signer) {
    network.kill("vn-vcci").await.unwrap();
    let mut client = client(network, "cn-ccpit").await;
    let mut latencies = Vec::new();
    for _ in 0..60 {
        let signed_entry = signer.entry();
        let start = Instant::now();
        client.submit(SubmitRequest { signed_entry, wait: WaitMode::Final.into() }).await.unwrap();
        latencies.push(start.elapsed());
    }
    let first = latencies.iter().max().unwrap().as_secs_f64() * 1000.0;
    let slow = latencies.iter().filter(|l| l.as_millis() > 300).count();
    latencies.sort();
    println!("one of four dead: 60 entries, p50 {:.1} ms, worst {first:.0} ms, {slow} slower than 300 ms", percentile(&latencies, 50));
    let height = network.height("cn-ccpit").await.unwrap();
    network.restart("vn-vcci").await.unwrap();
    network.wait_for_height("vn-vcci", height, Duration::from_secs(60)).await.unwrap();
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let which = arguments.first().map_or("all", String::as_str);
    let seconds = arguments.get(1).and_then(|s| s.parse().ok()).unwrap_or(20);
    let directory = tempfile::tempdir().unwrap();
    let mut network = Network::start(directory.path(), Size::default(), now()).await.unwrap();
    let mut signer = Signer::of(&network);
    if matches!(which, "all" | "light") {
        light(&network, &mut signer, "cn-ccpit", 200).await;
        light(&network, &mut signer, EXPORTER, 200).await;
    }
    if matches!(which, "all" | "dead") {
        dead(&mut network, &mut signer).await;
    }
    if matches!(which, "all" | "sustained") {
        // The aim is about four validators on two cores; the exporter's node would be a fifth.
        network.stop(EXPORTER).await.unwrap();
        sustained(&network, &mut signer, seconds).await;
    }
    network.stop_all().await.unwrap();
}
