//! Arguments of `eco entry`.

use super::{AnchorTerms, PassphraseArgs};
use crate::dates::parse_duration_ms;
use clap::{Args, Subcommand};
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

/// `eco entry`.
#[derive(Debug, Subcommand)]
pub(crate) enum EntryCommand {
    /// Write an entry to be signed. Needs the trust root, no network.
    Prepare(EntryPrepareArgs),
    /// Sign an entry. Needs the key, no network and no trust root.
    Sign {
        /// Entry file.
        entry: PathBuf,
        /// Log key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Signed entry to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Passphrase of the key.
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Submit a signed entry and write its receipt.
    Submit {
        /// Signed entry file.
        entry: PathBuf,
        /// Receipt to write. Default: the entry file's name with `.receipt.eco`.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show an entry or signed entry.
    Show {
        /// Entry or signed entry file.
        entry: PathBuf,
    },
}

/// `eco entry prepare`.
#[derive(Debug, Args)]
pub(crate) struct EntryPrepareArgs {
    /// Document.
    pub(crate) file: PathBuf,
    /// Terms.
    #[command(flatten)]
    pub(crate) terms: AnchorTerms,
    /// Certificate number.
    #[arg(long, value_parser = CertificateNumber::normalise)]
    pub(crate) number: Option<CertificateNumber>,
    /// How long the entry may wait, at most 30d.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration_ms)]
    pub(crate) wait: u64,
    /// Entry file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
