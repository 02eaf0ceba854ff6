//! Arguments of `eco entry`.

use super::values::{parse_reason, parse_status};
use super::{AnchorTerms, DocumentArgs, MethodName, PassphraseArgs};
use crate::dates::parse_duration_ms;
use clap::{Args, Subcommand};
use eco_core::document::{DocumentStatus, ReasonCode};
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

/// `eco entry`.
#[derive(Debug, Subcommand)]
pub(crate) enum EntryCommand {
    /// Write an entry to be signed. Needs the trust root, no network.
    Prepare(EntryPrepareArgs),
    /// Write a change of status to be signed: revoked, suspended, or active again. The record that it changes is
    /// asked of a node, or read from a status proof that was kept.
    PrepareChange(EntryPrepareChangeArgs),
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
    /// How the file is read.
    #[arg(long, value_enum, default_value_t = MethodName::Auto)]
    pub(crate) method: MethodName,
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

/// `eco entry prepare-change`.
#[derive(Debug, Args)]
pub(crate) struct EntryPrepareChangeArgs {
    /// The document.
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// New status: revoked, suspended or active.
    #[arg(long, value_parser = parse_status)]
    pub(crate) status: DocumentStatus,
    /// Why, e.g. issued-in-error, wrong-data, fraud-suspected; or a number.
    #[arg(long, value_parser = parse_reason)]
    pub(crate) reason: ReasonCode,
    /// Organisation that recorded the document. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Status proof that shows the record (`eco status --save-status`). Default: ask a node.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Option<PathBuf>,
    /// How long the entry may wait, at most 30d.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration_ms)]
    pub(crate) wait: u64,
    /// Entry file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
