//! What a node's answer, or its absence, means for the caller. Every error names the node.

use crate::status::CheckedReceipt;
use eco_core::evidence::ForkEvidence;
use eco_core::header::BlockId;
use eco_core::name::Height;
use eco_core::verdict::Reach;
use std::time::Duration;

/// An entry that the network does not take, and what would have to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{node}: {message} ({reason})")]
pub struct Refused {
    /// The node that said so.
    pub node: String,
    /// Stable reason, UPPER_SNAKE: those of eco-core's `Refusal`, or `REQUEST_INVALID`.
    pub reason: String,
    /// For people.
    pub message: String,
    /// The verified receipt of the entry that stands in the way, if one does.
    pub conflicting: Option<CheckedReceipt>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
}

/// Why a verb gives no checked value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Not an address of a node.
    #[error("{address:?} is not the address of a node ({detail}); expected http://host:port")]
    Address {
        /// As given.
        address: String,
        /// What is wrong with it.
        detail: String,
    },
    /// No node was given.
    #[error("no node is configured")]
    NoNode,
    /// No connection, or it broke.
    #[error("{node}: not reachable: {detail}")]
    Unreachable {
        /// The node.
        node: String,
        /// What the transport says.
        detail: String,
    },
    /// The node answers, but does not serve this now.
    #[error("{node}: {message} ({reason})")]
    Unavailable {
        /// The node.
        node: String,
        /// Stable reason, UPPER_SNAKE.
        reason: String,
        /// For people.
        message: String,
        /// When trying again makes sense.
        retry_after: Option<Duration>,
    },
    /// The request or entry is refused; another node would refuse it too.
    #[error(transparent)]
    Refused(Box<Refused>),
    /// The node says that there is none. That is no proof of absence.
    #[error("{node}: {message}")]
    NotFound {
        /// The node.
        node: String,
        /// For people.
        message: String,
    },
    /// An answer that does not hold: the node is faulty, or lies.
    #[error("{node}: the {what} does not hold: {defect}")]
    InvalidAnswer {
        /// The node.
        node: String,
        /// Which part of the answer.
        what: &'static str,
        /// What does not hold.
        defect: String,
    },
    /// Sealed by validators that the trust root does not know yet.
    #[error("{node}: {defect}")]
    TrustRootTooOld {
        /// The node.
        node: String,
        /// Which epoch is known, which was found.
        defect: String,
    },
    /// An answer under an older head than one seen before.
    #[error("{node}: answers as of height {found}, height {pinned} has been seen before: the node lags behind")]
    Lagging {
        /// The node.
        node: String,
        /// Seen before.
        pinned: Height,
        /// In the answer.
        found: Height,
    },
    /// Two sealed histories. Keep the evidence: it names who signed both.
    #[error("{node}: block {found} of height {height} is sealed, and so is block {pinned}: the validators signed two histories")]
    Fork {
        /// The node that shows the other history.
        node: String,
        /// Where.
        height: Height,
        /// Seen before.
        pinned: BlockId,
        /// In the answer.
        found: BlockId,
        /// Both sealed headers, if both seals are at hand; it verifies offline.
        evidence: Option<Box<ForkEvidence>>,
    },
    /// Every node failed, each in its own way.
    #[error("no node gave an answer that holds: {}", list(.0))]
    All(Vec<ClientError>),
}

fn list(failures: &[ClientError]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl ClientError {
    /// Whether asking another node cannot help.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Fork { .. } | Self::Address { .. } | Self::NoNode => true,
            Self::Unreachable { .. }
            | Self::Unavailable { .. }
            | Self::NotFound { .. }
            | Self::InvalidAnswer { .. }
            | Self::TrustRootTooOld { .. }
            | Self::Lagging { .. }
            | Self::All(_) => false,
        }
    }

    /// The one failure of one node, or all failures of several.
    pub(crate) fn of(mut failures: Vec<Self>) -> Self {
        match failures.len() {
            0 => Self::NoNode,
            1 => failures.remove(0),
            _ => Self::All(failures),
        }
    }

    /// How asking nodes went, as `judge` takes it. Of several failures the gravest counts.
    #[must_use]
    pub fn reach(&self) -> Reach {
        match self {
            Self::InvalidAnswer { .. } | Self::Fork { .. } | Self::TrustRootTooOld { .. } => Reach::Invalid(self.to_string()),
            Self::Lagging { .. } => Reach::Lagging(self.to_string()),
            Self::NotFound { .. } | Self::Refused(_) => Reach::NoProof(self.to_string()),
            Self::Address { .. } | Self::NoNode | Self::Unreachable { .. } | Self::Unavailable { .. } => {
                Reach::Unreachable(self.to_string())
            }
            Self::All(failures) => {
                let rank = |reach: &Reach| match reach {
                    Reach::Invalid(_) => 4,
                    Reach::Lagging(_) => 3,
                    Reach::NoProof(_) => 2,
                    Reach::Unreachable(_) => 1,
                    Reach::NotAsked | Reach::Answered => 0,
                };
                failures.iter().map(Self::reach).max_by_key(rank).unwrap_or(Reach::NotAsked)
            }
        }
    }
}
