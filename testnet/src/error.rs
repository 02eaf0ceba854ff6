//! Why a test network did not do what it was told.

use std::path::PathBuf;
use std::time::Duration;

/// A failure, with what the process at fault said.
#[derive(Debug, thiserror::Error)]
pub enum TestnetError {
    /// A file or directory.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A binary that is not beside this one.
    #[error("{path} is not there: build it first (cargo build --workspace)")]
    BinaryMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A process could not be started or waited for.
    #[error("{what}: {source}")]
    Process {
        /// Which.
        what: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A tool ended with another exit code than 0.
    #[error("{command}\nended with {exit}:\n{output}")]
    Tool {
        /// The command line.
        command: String,
        /// Its exit code, or the signal.
        exit: String,
        /// What it printed.
        output: String,
    },
    /// A tool's answer lacks what is needed.
    #[error("{command}: its answer has no {field}")]
    Answer {
        /// The command line.
        command: String,
        /// What was looked for.
        field: &'static str,
    },
    /// A node that ended by itself.
    #[error("the node of {organisation} ended ({exit}); the end of {log}:\n{tail}", log = log.display())]
    NodeEnded {
        /// Whose.
        organisation: String,
        /// Its exit code, or the signal.
        exit: String,
        /// Its log.
        log: PathBuf,
        /// The end of it.
        tail: String,
    },
    /// Something that did not happen in time.
    #[error("{what} did not happen within {limit:?}; last seen: {last}")]
    TooLate {
        /// What was awaited.
        what: String,
        /// How long.
        limit: Duration,
        /// What was the case instead.
        last: String,
    },
    /// A member of that name is not in the network.
    #[error("{organisation} has no node in this network")]
    NoSuchNode {
        /// The name.
        organisation: String,
    },
    /// The genesis breaks a rule of its own.
    #[error("genesis: {0}")]
    Genesis(String),
    /// A node's directory could not be set up.
    #[error(transparent)]
    Init(#[from] eco_node::init::InitError),
    /// A node's configuration.
    #[error(transparent)]
    Config(#[from] eco_node::config::ConfigError),
    /// A node gave no answer that holds.
    #[error(transparent)]
    Client(#[from] eco_client::ClientError),
}

/// Adds the path to an I/O error.
pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> TestnetError {
    let path = path.into();
    move |source| TestnetError::File { path, source }
}
