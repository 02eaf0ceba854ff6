//! Code that is not ours accepts the log: checkpoints by `signed_note`, tiles by `tlog_tiles`.

use crate::net::{Net, http, http_get};
use eco_client::Wait;
use eco_core::checkpoint::note_verifier_key;
use eco_core::trust::TrustRoot;
use signed_note::{Note, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::{Checkpoint, Error, Tile, TileHashReader, TileReader, check_record, prove_record, record_hash};

/// Tiles of a node, as the foreign reader asks for them.
struct Tiles(u16);

impl TileReader for Tiles {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        // The crate names tiles `tile/8/<level>/..`; C2SP leaves the height out.
        Ok(tiles.iter().map(|tile| http_get(self.0, &format!("/{}", tile.path().replacen("tile/8/", "tile/", 1)))).collect())
    }
    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn verifiers(trust: &TrustRoot, leave_out: usize) -> VerifierList {
    let set = &trust.epochs()[0].validators;
    let known = set.validators().iter().skip(leave_out).map(|validator| {
        let key = note_verifier_key(&trust.origin().key_name(&validator.organisation), &validator.key);
        Box::new(StandardVerifier::new(&key).unwrap()) as Box<dyn Verifier>
    });
    VerifierList::new(known.collect())
}

/// Evidence that only our own code can read would be no evidence to those who do not trust us.
#[tokio::test(flavor = "multi_thread")]
async fn checkpoint_and_tiles_are_read_by_foreign_code() {
    let net = Net::start().await;
    let client = net.network.client("cn-ccpit").unwrap();
    let entries: Vec<_> = (0..300).map(|n| net.entry(&format!("document {n}"))).collect();
    for outcome in client.submit_batch(&entries, Wait::Final).await.unwrap() {
        outcome.unwrap().receipt.expect("final");
    }
    let port = net.network.node("cn-ccpit").unwrap().ports().http;
    let trust = TrustRoot::of_genesis(net.network.genesis());

    let bytes = http_get(port, "/checkpoint");
    let note = Note::from_bytes(&bytes).unwrap();
    let (verified, unknown) = note.verify(&verifiers(&trust, 0)).unwrap();
    assert!(verified.len() >= 3, "more than two thirds of four: {}", verified.len());
    assert!(unknown.is_empty());
    // The planted fault: with one validator's key unknown its signature counts for nothing.
    let (fewer, _) = note.verify(&verifiers(&trust, 1)).unwrap();
    assert!(fewer.len() + 1 >= verified.len() && fewer.len() <= 3);
    let mut altered = bytes.clone();
    let at = altered.iter().position(|b| *b == b'\n').unwrap() + 1;
    altered[at] = if altered[at] == b'9' { b'8' } else { b'9' };
    assert!(Note::from_bytes(&altered).unwrap().verify(&verifiers(&trust, 0)).is_err());

    let checkpoint = Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(checkpoint.origin(), trust.origin().as_str());
    assert!(checkpoint.size() >= 300 && checkpoint.extension().starts_with("eco1 "));
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    let tiles = Tiles(port);
    let reader = TileHashReader::new(size, root, &tiles);
    for index in [0, 1, 255, 256, size - 1] {
        let proof = prove_record(size, index, &reader).unwrap();
        let leaf = record_hash(&entry_at(port, index, size));
        check_record(&proof, size, root, index, leaf).unwrap();
        assert!(check_record(&proof, size, root, index, record_hash(b"other")).is_err());
    }
    let exported = net.network.genesis().network_id().to_string();
    assert!(trust.origin().as_str().ends_with(&exported[..16]));

    // Only what exists, under one name each.
    for path in [
        "/tile/0/999",
        "/tile/0/0",
        "/tile/8/000",
        "/tile/0/000.p/0",
        "/tile/0/000.p/256",
        "/tile/0/x001/000",
        "/tile/00/000",
        "/tile/entries/001.p/255",
    ] {
        let (status, _) = http(port, path);
        assert!(status == 404 || status == 400, "{path}: {status}");
    }
}

/// An entry out of its bundle: u16 big-endian lengths.
fn entry_at(port: u16, index: u64, size: u64) -> Vec<u8> {
    let bundle = index / 256;
    let width = (size - bundle * 256).min(256);
    let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
    let bytes = http_get(port, &format!("/tile/entries/{bundle:03}{partial}"));
    let mut rest = bytes.as_slice();
    for _ in 0..index % 256 {
        let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
        rest = &rest[2 + length..];
    }
    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    rest[2..2 + length].to_vec()
}
