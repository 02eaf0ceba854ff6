//! A validator killed at both sides of every durable write: what it acknowledged stays, and it signs nothing twice.

use crate::net::Net;
use eco_client::Wait;
use eco_consensus::fault::{Step, last_signed};
use eco_core::name::Height;
use eco_core::receipt::Receipt;
use eco_ledger::WritePoint;
use eco_node::config::NodeConfig;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The validator that dies, again and again.
const MORTAL: &str = "vn-vcci";
/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(120);
/// The write of a running node is passed so many times before it is the last: by then blocks were acknowledged.
const PASSES: u32 = 4;

/// What the dying node promised to anybody.
#[derive(Default)]
struct Promised {
    entries: u32,
    receipts: Vec<Receipt>,
}

impl Promised {
    /// Hands entries in at the mortal node until it is dead, and keeps what it acknowledged.
    async fn until_death(&mut self, net: &mut Net, end_at: &str, arguments: &[&str]) {
        let signed = signatures_file(net);
        let mut all = vec!["--signed", signed.to_str().unwrap(), "--end-at", end_at];
        all.extend(arguments);
        net.network.start_as(MORTAL, Path::new(env!("CARGO_BIN_EXE_mortal-node")), &all).unwrap();
        let client = net.network.client(MORTAL).unwrap();
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        let dead = async {
            loop {
                pace.tick().await;
                if let Some(end) = net.network.take_end(MORTAL).unwrap() {
                    return end;
                }
                self.entries += 1;
                let entry = net.entry(&format!("mortal {}", self.entries));
                let answer = tokio::time::timeout(Duration::from_secs(5), client.submit(&entry, Wait::Final)).await;
                // A dead or starting node answers nothing, which promises nothing.
                if let Ok(Ok(submitted)) = answer {
                    self.receipts.extend(submitted.receipt.map(|receipt| receipt.receipt));
                }
            }
        };
        let end = tokio::time::timeout(PATIENCE, dead).await.unwrap_or_else(|_| panic!("{end_at} is never reached"));
        let log = net.network.node(MORTAL).unwrap().config().with_file_name("node.log");
        assert_eq!(end.signal(), Some(9), "{end_at}: {end}; {}", std::fs::read_to_string(log).unwrap());
    }

    /// What the directory of the dead node lacks of its promises. Looked at in a copy: opening it recovers it.
    fn check(&self, net: &Net) -> Result<(), String> {
        let copy = tempfile::tempdir().unwrap();
        let config = NodeConfig::load(&net.network.node(MORTAL).unwrap().config()).map_err(|e| e.to_string())?;
        check_signatures(&config.home_dir, &recorded(&signatures_file(net)))?;
        copy_files(&config.data_dir, copy.path());
        let config = NodeConfig { data_dir: copy.path().to_owned(), ..config };
        let ledger = eco_node::open_ledger(&config).map_err(|e| e.to_string())?;
        for receipt in &self.receipts {
            let (height, index) = (receipt.header.height, receipt.index);
            let header = ledger.header(height).map_err(|e| e.to_string())?;
            let entry = ledger.entry(index).map_err(|e| e.to_string())?;
            if header.as_ref() != Some(&receipt.header) || entry.as_deref() != Some(receipt.entry.as_bytes()) {
                return Err(format!("entry {index} of block {height} was acknowledged and is not there"));
            }
        }
        ledger.fsck(|_| {}).map(drop).map_err(|e| e.to_string())
    }
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy_files(&file.path(), &target);
        } else {
            std::fs::copy(file.path(), target).unwrap();
        }
    }
}

fn signatures_file(net: &Net) -> PathBuf {
    net.network.directory().join("signed.log")
}

/// Height, round and step, as they are signed in order.
type Place = (u64, u32, u8);

/// Every vote that the mortal node has signed in all its lives: place and hash.
fn recorded(file: &Path) -> BTreeMap<Place, Vec<String>> {
    let mut signed: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let [height, round, step, hash] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let step: u8 = step.parse().unwrap();
        signed.entry((height.parse().unwrap(), round.parse().unwrap(), step)).or_default().push(hash.to_owned());
    }
    signed
}

/// Nothing was signed twice, and the state on the disk knows of the last signature.
fn check_signatures(home: &Path, signed: &BTreeMap<Place, Vec<String>>) -> Result<(), String> {
    if let Some((place, _)) = signed.iter().find(|(_, hashes)| hashes.iter().any(|hash| *hash != hashes[0])) {
        return Err(format!("two signatures at {place:?}"));
    }
    let Some((place, hashes)) = signed.last_key_value() else { return Ok(()) };
    let last = last_signed(home).map_err(|e| e.to_string())?;
    let (known, hash) = last.map_or(((0, 0, 0), String::new()), |(at, hash)| ((at.height, at.round, at.step as u8), hex(&hash)));
    let covered = known > *place || (known == *place && hash == hashes[0]);
    covered.then_some(()).ok_or_else(|| format!("signed at {place:?}, and the state knows of {known:?} only"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Without this a crash between two writes could lose a receipt that somebody holds, or make a validator vote twice.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_durable_write_it_keeps_its_promises() {
    let mut net = Net::start().await;
    net.network.wait_for_height(MORTAL, Height(3), PATIENCE).await.unwrap();
    net.network.stop(MORTAL).await.unwrap();
    let config = NodeConfig::load(&net.network.node(MORTAL).unwrap().config()).unwrap();
    // Its first start, so that the store is created once more.
    std::fs::remove_dir_all(&config.data_dir).unwrap();
    let mut promised = Promised::default();
    let ledger = WritePoint::ALL.iter().map(|point| point.name());
    let engine = [Step::Propose, Step::Prevote, Step::Precommit].map(Step::write_name);
    let both = |write| ["before", "after"].map(|moment| (write, moment));
    let passes = |write: &str| if write.starts_with("create") { 1 } else { PASSES };
    let writes = ledger.chain(engine).flat_map(both).map(|(write, moment)| (write, moment, passes(write)));
    // Between signature and journal, and between journal and network, of one vote or another.
    let votes = [("wal-append", 5), ("wal-append", 12), ("wal-append", 19), ("vote-out", 4), ("vote-out", 9)];
    for (write, moment, passes) in writes.chain(votes.map(|(write, passes)| (write, "before", passes))) {
        let end_at = format!("{write}:{moment}:{passes}");
        let before = promised.receipts.len();
        promised.until_death(&mut net, &end_at, &[]).await;
        promised.check(&net).unwrap_or_else(|broken| panic!("killed at {end_at}: {broken}"));
        println!("killed at {end_at}: {} acknowledged since the start before", promised.receipts.len() - before);
    }
    assert!(promised.receipts.len() > 20, "only {} acknowledged", promised.receipts.len());

    net.network.restart(MORTAL).await.unwrap();
    let client = net.network.client(MORTAL).unwrap();
    let entry = net.entry("at the one that died so often");
    let taken = async { while client.submit(&entry, Wait::Final).await.is_err() {} };
    tokio::time::timeout(PATIENCE, taken).await.expect("the network goes on with it");
    let height = net.network.height(MORTAL).await.unwrap();
    for organisation in ["cn-ccpit", MORTAL, "jp-customs", "kr-customs"] {
        net.network.wait_for_height(organisation, height, PATIENCE).await.unwrap();
        let client = net.network.client(organisation).unwrap();
        for known in &promised.receipts {
            let found = client.receipt(eco_client::EntryName::Index(known.index)).await.unwrap().receipt;
            assert_eq!((&found.entry, found.header.id()), (&known.entry, known.header.id()), "{organisation}: {}", known.index);
        }
        let home = NodeConfig::load(&net.network.node(organisation).unwrap().config()).unwrap().home_dir;
        let evidence = std::fs::read_dir(home.join("evidence")).map(|files| files.count()).unwrap_or(0);
        assert_eq!(evidence, 0, "{organisation} has evidence of contradicting votes");
    }
    planted_mistakes_are_noticed(net, promised).await;
}

/// The test of the test: a node that votes before it writes, and one that acknowledges before it has synced.
async fn planted_mistakes_are_noticed(mut net: Net, mut promised: Promised) {
    net.network.stop(MORTAL).await.unwrap();
    promised.check(&net).unwrap();
    let after_votes = format!("wal-append:before:{}", PASSES * 4);
    promised.until_death(&mut net, &after_votes, &["--plant", "vote-before-state"]).await;
    let broken = promised.check(&net).expect_err("it has signed what its state does not know");
    assert!(broken.contains("and the state knows of"), "{broken}");

    std::fs::remove_file(signatures_file(&net)).unwrap();
    let acknowledged = promised.receipts.len();
    let after_acknowledgements = format!("hold:before:{}", PASSES * 4);
    promised.until_death(&mut net, &after_acknowledgements, &["--plant", "unsynced-commit"]).await;
    assert!(promised.receipts.len() > acknowledged, "it acknowledged nothing");
    let broken = promised.check(&net).expect_err("it has acknowledged what is not on its disk");
    println!("planted: {broken}");
}
