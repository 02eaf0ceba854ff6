//! Arguments of `eco attest`, and those that every statement of a member shares.

use super::PassphraseArgs;
use super::values::{parse_reason, parse_standard};
use crate::dates::{Day, parse_day, parse_duration_ms};
use clap::Args;
use eco_core::document::ReasonCode;
use eco_core::name::OrgId;
use eco_core::recognition::AccreditationStandard;
use std::path::PathBuf;

/// `eco attest`.
#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// The signed passport, as it was recorded.
    pub(crate) passport: PathBuf,
    /// Who recorded the passport. Default: the only member that did.
    #[arg(long, value_name = "SLUG")]
    pub(crate) issuer: Option<OrgId>,
    /// Number of the verification statement, exactly as the passport writes it.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) statement_number: String,
    /// Your own identifier as the passport names its verifier, e.g. did:web:verifier.example.
    #[arg(long, value_name = "ID", required_unless_present = "withdraw")]
    pub(crate) verifier: Option<String>,
    /// The standard that you are accredited by, e.g. "ISO 14065:2020".
    #[arg(long, value_parser = parse_standard, required_unless_present = "withdraw")]
    pub(crate) standard: Option<AccreditationStandard>,
    /// First day or moment of the period that the verified data are of. Default: the passport's.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) from: Option<Day>,
    /// Last day of that period, or the moment at which it ends. Default: the passport's.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) until: Option<Day>,
    /// Last day on which the attestation holds, or the moment at which it ends. Default: the end of the passport's validity.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) valid_until: Option<Day>,
    /// Withdraw the attestation of this statement number, for ever.
    #[arg(long, requires = "reason", conflicts_with_all = ["verifier", "standard", "from", "until", "valid_until"])]
    pub(crate) withdraw: bool,
    /// Why it is withdrawn, e.g. issued-in-error, wrong-data, fraud-suspected; or a number.
    #[arg(long, value_parser = parse_reason, requires = "withdraw")]
    pub(crate) reason: Option<ReasonCode>,
    /// How it is signed and submitted.
    #[command(flatten)]
    pub(crate) stating: StatingArgs,
}

/// How a statement is signed and submitted, or prepared for a room without network.
#[derive(Debug, Args)]
pub(crate) struct StatingArgs {
    /// Log key of the purpose that the statement needs.
    #[arg(long, value_name = "FILE", required_unless_present = "prepare")]
    pub(crate) key: Option<PathBuf>,
    /// Organisation that speaks. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Write the entry to this file, to be signed and submitted by `eco entry`, and submit nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "out"])]
    pub(crate) prepare: Option<PathBuf>,
    /// Status proof that shows the records that the statement builds on; repeatable. Default: ask a node.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Vec<PathBuf>,
    /// How long a prepared entry may wait, at most 30d.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration_ms)]
    pub(crate) wait: u64,
    /// Receipt to write. Default: beside the file that the statement is about, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
