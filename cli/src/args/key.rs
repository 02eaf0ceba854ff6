//! Arguments of `eco key`.

use super::PassphraseArgs;
use super::values::parse_purpose;
use clap::{Args, Subcommand, ValueEnum};
use eco_core::name::OrgId;
use eco_core::registry::Purpose;
use std::path::PathBuf;

/// `eco key`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key: for the log (--purpose), or for signing documents (--certificate).
    Generate(KeyGenerateArgs),
    /// Make the secret by which a customs derives the keys of its declarations (`eco present`): once for all its offices.
    DeclarationSecret {
        /// File to write, mode 0600. Never overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show the public part of a key file or certificate.
    Show {
        /// Encrypted PKCS#8 key, or X.509 certificate.
        file: PathBuf,
        /// Passphrase of the key.
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
}

/// `eco key generate`.
#[derive(Debug, Args)]
pub(crate) struct KeyGenerateArgs {
    /// What the log key will sign.
    #[arg(long, value_parser = parse_purpose, required_unless_present = "certificate", conflicts_with = "certificate")]
    pub(crate) purpose: Option<Purpose>,
    /// Make a document signing key and its certificate instead.
    #[arg(long, requires = "subject")]
    pub(crate) certificate: bool,
    /// Key file to write: encrypted PKCS#8, mode 0600. Never overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Signature profile of the document key.
    #[arg(long, value_enum, default_value_t = ProfileName::Viewer, requires = "certificate")]
    pub(crate) profile: ProfileName,
    /// Subject of the certificate, e.g. "CN=Origin Office,O=CCPIT,C=CN".
    #[arg(long, requires = "certificate")]
    pub(crate) subject: Option<String>,
    /// Write a certificate request (`.csr`) for an authority instead of a self-signed certificate.
    #[arg(long, requires = "certificate")]
    pub(crate) csr: bool,
    /// Days that a self-signed certificate is valid.
    #[arg(long, value_name = "N", default_value_t = 730, value_parser = clap::value_parser!(u16).range(1..=3660))]
    pub(crate) days: u16,
    /// Certificate file to write. Default: the key file's name with `.crt` or `.csr`.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) certificate_out: Option<PathBuf>,
    /// Network id for the proof of possession of a log key. Default: that of the trust root, if one is pinned.
    #[arg(long, value_name = "HEX", requires = "org")]
    pub(crate) network: Option<String>,
    /// Organisation for the proof of possession.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Passphrase of the new key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// Signature profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// ECDSA P-256: shown as valid by common PDF viewers.
    Viewer,
    /// Ed25519 by ISO/TS 32002.
    Iso32002,
}
