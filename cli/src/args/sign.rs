//! Arguments of `eco sign`.

use super::{PassphraseArgs, ProfileName};
use clap::Args;
use std::path::PathBuf;

/// `eco sign`.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// PDF to sign.
    pub(crate) file: PathBuf,
    /// Document signing key (encrypted PKCS#8).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Its certificate, PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: PathBuf,
    /// Signed PDF to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Signature profile. Default: what the key is made for.
    #[arg(long, value_enum)]
    pub(crate) profile: Option<ProfileName>,
    /// Reason shown by viewers.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Place shown by viewers.
    #[arg(long)]
    pub(crate) location: Option<String>,
    /// Pre-created signature field to fill. Default: a new invisible one.
    #[arg(long, value_name = "NAME")]
    pub(crate) field: Option<String>,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
