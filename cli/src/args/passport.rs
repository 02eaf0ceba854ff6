//! Arguments of `eco passport`.

use super::values::parse_pair;
use super::{PaceArgs, PassphraseArgs};
use crate::dates::{Day, parse_day};
use clap::{Args, Subcommand};
use eco_core::name::OrgId;
use eco_documents::passport::draft::BASE;
use std::path::PathBuf;

/// `eco passport`.
#[derive(Debug, Subcommand)]
pub(crate) enum PassportCommand {
    /// Make passports: by answering questions, from values given, or from a CSV of SKUs.
    New(PassportNewArgs),
    /// Check passports before they are signed or anchored: every flaw at once, and how to mend it.
    Check(CheckArgs),
    /// Make draft passports from PACT 3.0 footprints, and list what they lack.
    Import(ImportArgs),
    /// Sign passports (Data Integrity, eddsa-jcs-2022). A second signature is added to the first.
    Sign(ProofArgs),
    /// Record signed passports on the log, under the products that they are about.
    Anchor(PassportAnchorArgs),
    /// Record a passport in place of an earlier one, which it names.
    Supersede(PassportSupersedeArgs),
}

/// `eco passport new`.
#[derive(Debug, Args)]
#[command(after_long_help = names())]
pub(crate) struct PassportNewArgs {
    /// A value, by its name below or its JSON path; repeatable. On a terminal what is missing is asked for.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub(crate) set: Vec<(String, String)>,
    /// One passport for each line of this CSV. Its columns are names and paths as for --set; `sku` and `file` name the
    /// line and the file.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// A passport or draft whose members are taken over, but for proof and nonce.
    #[arg(long, value_name = "FILE", conflicts_with = "supersedes")]
    pub(crate) template: Option<PathBuf>,
    /// The passport that the new one replaces: its members are taken over, and the new one names it.
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    pub(crate) supersedes: Option<PathBuf>,
    /// Organisation whose model codes these are. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Passport to write, or with --csv the directory. A file that is there is never overwritten.
    #[arg(long, short, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// Write what is not whole yet, too, and list what is missing.
    #[arg(long)]
    pub(crate) draft: bool,
    /// Check everything and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The short names, for the help.
fn names() -> String {
    let names: Vec<String> = BASE.iter().filter(|a| !a.question.is_empty()).map(|a| format!("  {:22} {}", a.name, a.question)).collect();
    format!("Names:\n{}\nA day is a whole day in UTC. Anything else of the profile by its path.", names.join("\n"))
}

/// `eco passport anchor`.
#[derive(Debug, Args)]
pub(crate) struct PassportAnchorArgs {
    /// Signed passports, or folders of them.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How they are recorded.
    #[command(flatten)]
    pub(crate) recording: PassportRecordingArgs,
    /// Pace.
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
}

/// `eco passport supersede`.
#[derive(Debug, Args)]
pub(crate) struct PassportSupersedeArgs {
    /// The recorded passport.
    pub(crate) old: PathBuf,
    /// The signed passport that takes its place and names it (eco passport new --supersedes OLD).
    pub(crate) new: PathBuf,
    /// How it is recorded.
    #[command(flatten)]
    pub(crate) recording: PassportRecordingArgs,
}

/// How passports are recorded.
#[derive(Debug, Args)]
pub(crate) struct PassportRecordingArgs {
    /// Log key of purpose `issue` (encrypted PKCS#8).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Organisation that records. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Last day of validity, or the moment it ends (RFC 3339). Default: the passport's own.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) valid_until: Option<Day>,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// `eco passport check`, `eco certificate check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files, or directories with .json and .jsonld files.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// `eco passport import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// PACT 3.0 file: one footprint, or the answer to a list request.
    pub(crate) file: PathBuf,
    /// Directory for the drafts, one `<id>.draft.json` each. Never overwritten.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

/// `eco passport sign`, `eco certificate sign-data`.
#[derive(Debug, Args)]
pub(crate) struct ProofArgs {
    /// Document to sign.
    pub(crate) file: PathBuf,
    /// Ed25519 key of purpose `document` (encrypted PKCS#8).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Whose key it is, like did:web:acme.example. Default: the issuer that the document names.
    #[arg(long, value_name = "DID")]
    pub(crate) controller: Option<String>,
    /// Signed document to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
