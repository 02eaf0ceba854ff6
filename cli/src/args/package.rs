//! Arguments of `eco package`.

use super::{AnchorsArgs, ImportDates};
use crate::dates::{Day, parse_day, parse_duration_ms};
use clap::{Args, Subcommand};
use eco_core::name::{Country, OrgId};
use eco_core::scheme::SchemeId;
use std::path::PathBuf;

/// `eco package`.
#[derive(Debug, Subcommand)]
pub(crate) enum PackageCommand {
    /// Collect a certificate, its passports and everything that proves them into a new folder.
    Build(PackageBuildArgs),
    /// Check a package without asking anyone: its files, its manifest, and the whole verdict.
    Verify(PackageVerifyArgs),
}

/// What a package is to answer.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PackageScopeArgs {
    /// Importing country whose recognition is packed, or asked about; repeatable. Default: where the certificate exports to.
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) importing: Vec<Country>,
    /// Scheme of the log; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) scheme: Vec<SchemeId>,
    /// The dates that eligibility may depend on.
    #[command(flatten)]
    pub(crate) dates: ImportDates,
}

/// `eco package build`.
#[derive(Debug, Args)]
pub(crate) struct PackageBuildArgs {
    /// The certificate.
    #[arg(value_name = "FILE")]
    pub(crate) certificate: PathBuf,
    /// Folder to make; one that exists is not touched.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Carbon passport of the goods; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) passport: Vec<PathBuf>,
    /// What it is to answer.
    #[command(flatten)]
    pub(crate) scope: PackageScopeArgs,
    /// Receipt or status proof to pack beside those found in and next to the files; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Vec<PathBuf>,
    /// Issuer that the certificate names.
    #[arg(long, value_name = "SLUG")]
    pub(crate) issuer: Option<OrgId>,
    /// Moment to state the answers for. Default: now.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) as_of: Option<Day>,
    /// Ask no node: pack what is at hand.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Whom to trust for signers' and timestamp authorities' certificates.
    #[command(flatten)]
    pub(crate) anchors: AnchorsArgs,
}

/// `eco package verify`.
#[derive(Debug, Args)]
pub(crate) struct PackageVerifyArgs {
    /// The package.
    #[arg(value_name = "DIR")]
    pub(crate) package: PathBuf,
    /// What is asked. Default: what the package states.
    #[command(flatten)]
    pub(crate) scope: PackageScopeArgs,
    /// Day (its end, UTC) or moment (RFC 3339) to judge for. Default: now.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) as_of: Option<Day>,
    /// How old the status may be, e.g. 5m, 24h, 30d.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration_ms)]
    pub(crate) max_status_age: Option<u64>,
    /// Whom to trust for signers' and timestamp authorities' certificates.
    #[command(flatten)]
    pub(crate) anchors: AnchorsArgs,
}
