//! A network for a story: real nodes in a temporary directory, and entries signed with their keys.

use eco_core::entry::SignedEntry;
use eco_core::name::Timestamp;
use eco_core::sign::{PublicKey, Signature};
use eco_documents::keys::SecretKey;
use eco_testnet::{Network, Size, entries::Author, genesis::key_file};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One story at a time: a machine with two cores runs one network well, and two badly.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub(crate) struct Net {
    pub(crate) network: Network,
    issue: SecretKey,
    _turn: tokio::sync::MutexGuard<'static, ()>,
    _directory: tempfile::TempDir,
}

#[expect(clippy::disallowed_methods, reason = "stories run on the clock of the machine, as nodes do")]
pub(crate) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(u64::try_from(elapsed.as_millis()).unwrap())
}

impl Net {
    /// Four validators and an exporter's node, all up and sealing.
    pub(crate) async fn start() -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let directory = tempfile::tempdir().unwrap();
        let network = Network::start(directory.path(), Size::default(), now()).await.unwrap();
        let pem = std::fs::read_to_string(key_file(network.directory(), EXPORTER, "issue")).unwrap();
        let passphrase = std::fs::read_to_string(network.directory().join("passphrase")).unwrap();
        let issue = SecretKey::of_encrypted_pem(&pem, passphrase.trim_end().as_bytes()).unwrap();
        Self { network, issue, _turn: turn, _directory: directory }
    }

    /// An entry of the exporter that records some content.
    pub(crate) fn entry(&self, content: &str) -> SignedEntry {
        let key = PublicKey::ed25519(self.issue.public_key().try_into().unwrap());
        let author = Author { network: self.network.genesis().network_id(), organisation: EXPORTER.parse().unwrap(), key };
        author.record(content.as_bytes(), now(), |message| Signature(self.issue.sign(message).try_into().unwrap())).unwrap()
    }
}

pub(crate) const EXPORTER: &str = "acme-battery";

/// The body of an HTTP answer; panics on any status but 200.
pub(crate) fn http_get(port: u16, path: &str) -> Vec<u8> {
    let (status, body) = http(port, path);
    assert_eq!(status, 200, "{path}");
    body
}

/// Status and body of an HTTP answer.
pub(crate) fn http(port: u16, path: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer[end + 4..].to_vec())
}
