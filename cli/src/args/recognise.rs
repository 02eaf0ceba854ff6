//! Arguments of `eco recognise`.

use super::values::{parse_reason, parse_scope, parse_standard};
use super::{PassphraseArgs, StatingArgs};
use crate::dates::{Day, parse_day};
use clap::{Args, Subcommand};
use eco_core::Fingerprint;
use eco_core::date::Date;
use eco_core::document::ReasonCode;
use eco_core::name::OrgId;
use eco_core::recognition::{AccreditationStandard, HsPrefix, RecognitionScope};
use std::path::PathBuf;

/// `eco recognise`.
#[derive(Debug, Subcommand)]
pub(crate) enum RecogniseCommand {
    /// Recognise a verification or accreditation body: one row of a published list.
    Add(RecogniseAddArgs),
    /// Withdraw a row, for ever.
    Withdraw(RecogniseWithdrawArgs),
    /// Compare a published list (CSV) with what stands, and record the difference.
    Import(RecogniseImportArgs),
    /// Show whom a country or an accreditation body recognises, proven whole.
    List(RecogniseListArgs),
}

/// Whose list is meant.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ScopeArgs {
    /// For whom: a country, e.g. JP, or the accreditation body whose own list it is, by its slug.
    #[arg(long = "for", value_name = "COUNTRY|SLUG", value_parser = parse_scope)]
    pub(crate) scope: RecognitionScope,
}

/// The published list that rows are taken from.
#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArgs {
    /// Where the list is published, http:// or https://.
    #[arg(long, value_name = "URL")]
    pub(crate) source: String,
    /// The list's own date, like 2026-11-01.
    #[arg(long, value_name = "DATE")]
    pub(crate) list_date: Date,
    /// The list as published; its fingerprint is recorded. Default of `import`: the spreadsheet itself.
    #[arg(long, value_name = "FILE", conflicts_with = "list_fingerprint")]
    pub(crate) list: Option<PathBuf>,
    /// Fingerprint of the list as published, like file:<64 hex digits>.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) list_fingerprint: Option<Fingerprint>,
}

/// `eco recognise add`.
#[derive(Debug, Args)]
pub(crate) struct RecogniseAddArgs {
    /// Who is recognised, by its slug.
    pub(crate) body: OrgId,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// The accreditation standard that counts, e.g. "ISO 14065:2020".
    #[arg(long, value_parser = parse_standard)]
    pub(crate) standard: AccreditationStandard,
    /// For which goods: the beginnings of their HS codes, 2 to 10 digits, comma separated; `*` for all.
    #[arg(long, value_name = "PREFIXES", value_delimiter = ',', required = true)]
    pub(crate) hs: Vec<HsPrefix>,
    /// First day or moment on which it holds. Default: the list's date.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) from: Option<Day>,
    /// Last day on which it holds, or the moment at which it ends. Default: it does not end.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) until: Option<Day>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) stating: StatingArgs,
}

/// `eco recognise withdraw`.
#[derive(Debug, Args)]
pub(crate) struct RecogniseWithdrawArgs {
    /// Who was recognised, by its slug.
    pub(crate) body: OrgId,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Number of the row, as `eco recognise list` shows it. Default: the only one that is not withdrawn.
    #[arg(long, value_name = "N")]
    pub(crate) row: Option<u32>,
    /// Why, e.g. issued-in-error, wrong-data, replaced; or a number.
    #[arg(long, value_parser = parse_reason)]
    pub(crate) reason: ReasonCode,
    #[command(flatten)]
    pub(crate) stating: StatingArgs,
}

/// `eco recognise import`.
#[derive(Debug, Args)]
pub(crate) struct RecogniseImportArgs {
    /// CSV with a header line and the columns body, standard, hs, from, until; name and remarks are for people. In hs the
    /// prefixes stand with spaces between them; until may be empty.
    pub(crate) sheet: PathBuf,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Compare only.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Record the difference without asking.
    #[arg(long, requires = "key")]
    pub(crate) yes: bool,
    /// Why rows that the list no longer has are withdrawn.
    #[arg(long, value_parser = parse_reason, default_value = "replaced")]
    pub(crate) reason: ReasonCode,
    /// Log key of purpose `attest`.
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    pub(crate) key: Option<PathBuf>,
    /// Organisation that speaks. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Status proof to compare with instead of asking a node; repeatable.
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub(crate) proof: Vec<PathBuf>,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// `eco recognise list`.
#[derive(Debug, Args)]
pub(crate) struct RecogniseListArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Only the rows about this body.
    #[arg(long, value_name = "SLUG")]
    pub(crate) body: Option<OrgId>,
    /// Day or moment asked about: how rows stand at its end. Default: the head's time.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) on: Option<Day>,
    /// Status proof that was kept, instead of a node; repeatable.
    #[arg(long, value_name = "FILE", conflicts_with = "save_status")]
    pub(crate) proof: Vec<PathBuf>,
    /// Keep the status proofs in this file, and in FILE.2 and so on if one does not hold the list.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_status: Option<PathBuf>,
}
