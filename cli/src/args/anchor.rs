//! Arguments of `eco anchor`, and of every command that records documents.

use super::values::parse_kind;
use super::{MethodName, PassphraseArgs};
use crate::dates::{Day, parse_day};
use clap::Args;
use eco_core::document::DocumentKind;
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

/// What an Anchor says beside the fingerprint.
#[derive(Debug, Args)]
pub(crate) struct AnchorTerms {
    /// Organisation that records. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Kind of document: certificate, declaration, passport, other. Default: what its data says, else certificate.
    #[arg(long, value_parser = parse_kind)]
    pub(crate) kind: Option<DocumentKind>,
    /// Last day of validity, or the moment it ends (RFC 3339).
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) valid_until: Option<Day>,
    /// Own document that this one replaces: its id, or its receipt file.
    #[arg(long, value_name = "DOCUMENT")]
    pub(crate) supersedes: Option<String>,
}

/// Where certificate numbers come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct NumberArgs {
    /// Certificate number, for one file. Default: the one in its data.
    #[arg(long, value_parser = CertificateNumber::normalise, conflicts_with_all = ["numbers", "number_from_name"])]
    pub(crate) number: Option<CertificateNumber>,
    /// CSV with a line `file,number` for every file.
    #[arg(long, value_name = "CSV", conflicts_with = "number_from_name")]
    pub(crate) numbers: Option<PathBuf>,
    /// The number is the file's name without extension.
    #[arg(long)]
    pub(crate) number_from_name: bool,
}

/// How much is done at a time.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PaceArgs {
    /// Entries in one request to a node.
    #[arg(long, value_name = "N", default_value_t = 250, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) batch: u16,
    /// Files worked on at a time. Default: the number of processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) workers: Option<u16>,
}

/// `eco anchor`.
#[derive(Debug, Args)]
pub(crate) struct AnchorArgs {
    /// Documents, or folders of them.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Log key of purpose `issue` (encrypted PKCS#8).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Terms.
    #[command(flatten)]
    pub(crate) terms: AnchorTerms,
    /// How files are read.
    #[arg(long, value_enum, default_value_t = MethodName::Auto)]
    pub(crate) method: MethodName,
    /// Numbers.
    #[command(flatten)]
    pub(crate) numbers: NumberArgs,
    /// Put receipts into the PDFs' signatures instead of beside them.
    #[arg(long)]
    pub(crate) staple: bool,
    /// Pace.
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
