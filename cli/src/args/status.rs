//! Arguments of `eco status`, and of the commands that change a status.

use super::values::parse_reason;
use super::{DocumentArgs, PassphraseArgs};
use clap::Args;
use eco_core::document::ReasonCode;
use eco_core::name::OrgId;
use std::path::PathBuf;

/// `eco status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The document.
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// Keep the status proof in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_status: Option<PathBuf>,
    /// Keep the proof of its presentations or attestations in this file, and in FILE.2 and so on if one does not hold them.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_lists: Option<PathBuf>,
}

/// `eco revoke`, `eco suspend`, `eco reactivate`.
#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    /// The document.
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// Log key of purpose `status`.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Organisation that recorded the document. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Why, e.g. issued-in-error, wrong-data, fraud-suspected; or a number.
    #[arg(long, value_parser = parse_reason)]
    pub(crate) reason: ReasonCode,
    /// Receipt of the change to write. Default: none.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
