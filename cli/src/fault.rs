//! Why a command ended without a result: whose fault, which exit code, and what to do about it.

use crate::report::Exit;

/// A failure with an exit code of its own. Anything else that fails is [`Exit::Unverifiable`]: unreadable or
/// unreachable, never reported as an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Fault {
    /// Stable name, UPPER_SNAKE.
    pub(crate) reason: String,
    /// What happened, with both sides.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: Option<String>,
    /// Exit code.
    pub(crate) exit: Exit,
}

impl Fault {
    /// The caller's arguments or files do not fit.
    pub(crate) fn usage(reason: &str, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into(), hint: None, exit: Exit::Usage }
    }

    /// The answer is no.
    pub(crate) fn refused(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into(), hint: None, exit: Exit::Untrustworthy }
    }

    /// It could not be established.
    pub(crate) fn unverifiable(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into(), hint: None, exit: Exit::Unverifiable }
    }

    /// The same, with what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
