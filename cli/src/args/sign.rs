//! Arguments of `eco sign`.

use super::{AnchorTerms, AnchorsArgs, NumberArgs, PaceArgs, PassphraseArgs};
use crate::token::TokenUri;
use clap::{Args, ValueEnum};
use eco_documents::pdf::SignatureProfile;
use std::path::PathBuf;

/// Where a document signing key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// In an encrypted file.
    File(PathBuf),
    /// In a token.
    Token(TokenUri),
}

fn parse_key(text: &str) -> Result<KeyPlace, String> {
    match text.starts_with("pkcs11:") {
        true => TokenUri::parse(text).map(KeyPlace::Token),
        false => Ok(KeyPlace::File(text.into())),
    }
}

/// Signature profiles by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SigningProfile {
    /// ECDSA P-256: common viewers show it.
    Viewer,
    /// Ed25519 by ISO/TS 32002.
    Iso32002,
    /// RSA PKCS#1 v1.5; with a token, or a key held elsewhere.
    Rsa,
    /// RSA-PSS; with a token, or a key held elsewhere.
    RsaPss,
}

impl From<SigningProfile> for SignatureProfile {
    fn from(name: SigningProfile) -> Self {
        match name {
            SigningProfile::Viewer => Self::Viewer,
            SigningProfile::Iso32002 => Self::Iso32002,
            SigningProfile::Rsa => Self::Rsa,
            SigningProfile::RsaPss => Self::RsaPss,
        }
    }
}

/// Who signs documents, and how.
#[derive(Debug, Args)]
pub(crate) struct SignerArgs {
    /// Document signing key: a file (encrypted PKCS#8), or one in a token,
    /// pkcs11:token=LABEL;object=LABEL?module-path=/LIBRARY, whose PIN is asked for like a passphrase.
    #[arg(long, value_name = "FILE|URI", value_parser = parse_key)]
    pub(crate) key: Option<KeyPlace>,
    /// Its certificate, PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: PathBuf,
    /// Signature profile. Default: what the key is made for; of an RSA key, rsa.
    #[arg(long, value_enum)]
    pub(crate) profile: Option<SigningProfile>,
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
    /// For a key held elsewhere: write what it is to sign to OUT.to-sign, and the prepared PDF to OUT.prepared.
    #[arg(long, conflicts_with_all = ["key", "signature", "anchor", "timestamp"])]
    pub(crate) prepare: bool,
    /// The signature that was made elsewhere over OUT.to-sign (ECDSA as DER): OUT.prepared becomes OUT.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(crate) signature: Option<PathBuf>,
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
