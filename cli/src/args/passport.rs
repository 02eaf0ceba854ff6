//! Arguments of `eco passport`.

use super::PassphraseArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `eco passport`.
#[derive(Debug, Subcommand)]
pub(crate) enum PassportCommand {
    /// Check passports before they are signed or anchored: every flaw at once, and how to mend it.
    Check(CheckArgs),
    /// Make draft passports from PACT 3.0 footprints, and list what they lack.
    Import(ImportArgs),
    /// Sign passports (Data Integrity, eddsa-jcs-2022). A second signature is added to the first.
    Sign(PassportSignArgs),
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

/// `eco passport sign`.
#[derive(Debug, Args)]
pub(crate) struct PassportSignArgs {
    /// Passport to sign.
    pub(crate) file: PathBuf,
    /// Ed25519 key of purpose `document` (encrypted PKCS#8).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Whose key it is, like did:web:acme.example. Default: the issuer that the passport names.
    #[arg(long, value_name = "DID")]
    pub(crate) controller: Option<String>,
    /// Signed passport to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
