//! What tests see of signing, and what they do to it. Nothing of it acts unless a test program arms it.

use std::path::Path;
use std::sync::OnceLock;

use crate::node::SIGNER_STATE_FILE;
pub use crate::signer_state::{Position, Step};
use crate::signer_state::{SignerState, SignerStateError, message_hash};

/// A signature: where, and the hash of the signed bytes as the signer state has it.
pub type Signed = (Position, [u8; 32]);

type Witness = Box<dyn Fn(Signed) + Send + Sync>;

static WITNESS: OnceLock<Witness> = OnceLock::new();

/// Calls `witness` with every vote of this process that was signed, before anybody else has it. Once; whether that was the first time.
pub fn on_signature(witness: impl Fn(Signed) + Send + Sync + 'static) -> bool {
    WITNESS.set(Box::new(witness)).is_ok()
}

/// A consensus key.
pub type Key = [u8; 32];

/// What a test does to the validators of its process, told apart by their keys.
pub struct Tampering {
    /// Before a vote for a block is signed: whether the disk that has to know of it first works.
    pub disk_works: Box<dyn Fn(Key, Position) -> bool + Send + Sync>,
    /// Whether it makes the mistake to judge every block as if it had never been proposed before.
    pub forgets: Box<dyn Fn(Key) -> bool + Send + Sync>,
}

static TAMPERING: OnceLock<Tampering> = OnceLock::new();

/// Tampers with the validators of this process, once; whether that was the first time.
pub fn tamper(tampering: Tampering) -> bool {
    TAMPERING.set(tampering).is_ok()
}

pub(crate) async fn before_vote(key: Key, position: Position) -> Result<(), SignerStateError> {
    let Some(tampering) = TAMPERING.get() else { return Ok(()) };
    let works = tokio::task::spawn_blocking(move || (tampering.disk_works)(key, position)).await.unwrap_or(false);
    let failed = || SignerStateError::Disk { path: SIGNER_STATE_FILE.into(), source: std::io::Error::other("as the test says") };
    works.then_some(()).ok_or_else(failed)
}

pub(crate) fn forgets(key: Key) -> bool {
    TAMPERING.get().is_some_and(|tampering| (tampering.forgets)(key))
}

pub(crate) fn signed(position: Position, message: &[u8]) {
    if let Some(witness) = WITNESS.get() {
        witness((position, message_hash(message)));
    }
}

/// The engine encodes a vote: on the thread of its WAL, which has no runtime, or to send it.
pub(crate) fn vote_encoded() {
    let write = if tokio::runtime::Handle::try_current().is_ok() { "vote-out" } else { "wal-append" };
    eco_ledger::fault::pass(write, eco_ledger::fault::Moment::Before);
}

/// What a stopped node's signer state says was signed last.
///
/// # Errors
/// The file is missing or damaged.
pub fn last_signed(home: &Path) -> Result<Option<Signed>, SignerStateError> {
    let state = SignerState::open(&home.join(SIGNER_STATE_FILE))?;
    Ok(state.last().map(|last| (last.position, last.hash)))
}
