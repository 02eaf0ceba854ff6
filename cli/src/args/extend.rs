//! Arguments of `eco extend`, and those about trust anchors that other commands share.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Whom to trust for certificates of signers and timestamp authorities, and proofs at hand.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AnchorsArgs {
    /// Certificates (PEM or DER, or a directory of them) that paths of signers and timestamp authorities may end
    /// at; repeatable. Default: the directory `anchors` of the home directory.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) trust_anchors: Vec<PathBuf>,
    /// Certificate between a signer and an anchor, CRL or OCSP answer (DER; certificates also PEM) to consider
    /// beside those in the file; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Vec<PathBuf>,
}

/// PAdES levels that a file can be raised to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum LevelName {
    /// A timestamp on the signature. Before anything follows it.
    T,
    /// Certificates and proofs that none was revoked, in the file.
    Lt,
    /// A document timestamp over them.
    Lta,
}

/// `eco extend`.
#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    /// Signed PDF.
    pub(crate) file: PathBuf,
    /// PAdES level to reach. Steps that were taken already are not taken again.
    #[arg(long, value_enum, default_value_t = LevelName::Lta)]
    pub(crate) level: LevelName,
    /// Timestamp authority (RFC 3161) to ask.
    #[arg(long, value_name = "URL")]
    pub(crate) timestamp: Option<String>,
    /// Add a document timestamp although there is one: before its certificate or method weakens.
    #[arg(long)]
    pub(crate) renew: bool,
    /// Fetch nothing from addresses that certificates name; use --proof.
    #[arg(long)]
    pub(crate) no_fetch: bool,
    /// File to write. Default: the file itself, replaced as a whole.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Whom to trust.
    #[command(flatten)]
    pub(crate) anchors: AnchorsArgs,
}
