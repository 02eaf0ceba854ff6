//! Arguments of `eco sign`.

use super::{AnchorTerms, AnchorsArgs, NumberArgs, PaceArgs, PassphraseArgs, ProfileName};
use clap::Args;
use std::path::PathBuf;

/// Who signs documents, and how.
#[derive(Debug, Args)]
pub(crate) struct SignerArgs {
    /// Document signing key (encrypted PKCS#8).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Its certificate, PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: PathBuf,
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
    /// Put a timestamp of this authority (RFC 3161) on the signature: PAdES B-T.
    #[arg(long, value_name = "URL")]
    pub(crate) timestamp: Option<String>,
    /// Whom to trust for timestamps.
    #[command(flatten)]
    pub(crate) anchors: AnchorsArgs,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// `eco sign`.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// PDFs to sign, or folders of them.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Who signs.
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// Signed PDF to write; for several files or a folder, the folder to write them to. A file that this key signed
    /// before is left as it is.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// Record what was signed on the log and put the receipt into it. Safe to repeat after any interruption.
    #[arg(long, requires = "log_key")]
    pub(crate) anchor: bool,
    /// Log key of purpose `issue`, for --anchor.
    #[arg(long, value_name = "FILE", requires = "anchor")]
    pub(crate) log_key: Option<PathBuf>,
    /// Read the passphrase of the log key from this file. Default: where that of the document key comes from.
    #[arg(long, value_name = "FILE", requires = "anchor")]
    pub(crate) log_passphrase_file: Option<PathBuf>,
    /// Terms, for --anchor.
    #[command(flatten)]
    pub(crate) terms: AnchorTerms,
    /// Numbers, for --anchor.
    #[command(flatten)]
    pub(crate) numbers: NumberArgs,
    /// Pace.
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
}
