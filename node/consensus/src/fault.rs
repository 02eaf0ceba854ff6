//! What tests of whole processes see of signing. Nothing of it acts unless a test program arms it.

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
