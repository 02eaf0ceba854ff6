//! Arguments of `eco`. No secret is ever an argument: passphrases come from the terminal, a file
//! descriptor or a file.

use clap::{Args, Parser, Subcommand, ValueEnum};
use eco_core::document::{DocumentId, DocumentKind, ReasonCode};
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use eco_core::registry::Purpose;
use std::path::PathBuf;

use crate::dates::{Day, parse_day, parse_duration_ms};

/// Sign, anchor and verify electronic certificates of origin.
///
/// Results go to stdout, explanations to stderr. Exit codes: 0 trusted or done, 1 untrustworthy or refused,
/// 2 usage, 3 unverifiable, 4 revoked, 5 status older than the policy allows.
#[derive(Debug, Parser)]
#[command(name = "eco", version, propagate_version = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Print one JSON object with `schema_version` on stdout, and nothing else.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Trust root to use instead of the pinned one.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Node to ask, e.g. http://127.0.0.1:7001; repeatable. Default: ECO_NODE (comma separated), then config.toml.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) node: Vec<String>,
    /// Directory of configuration and trust root. Default: ECO_HOME, then $XDG_CONFIG_HOME/eco.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make and show keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Make a specimen certificate of origin.
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// Sign a PDF.
    Sign(SignArgs),
    /// Record documents on the log; their receipts appear beside them.
    Anchor(AnchorArgs),
    /// Prepare, sign and submit an entry apart, for a room without network.
    #[command(subcommand)]
    Entry(EntryCommand),
    /// Judge a document.
    Verify(VerifyArgs),
    /// Fetch, show and export receipts.
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Show the status of a document or certificate number, or the proof that there is none.
    Status(StatusArgs),
    /// Withdraw a document for ever.
    Revoke(ChangeArgs),
    /// Put a document out of force for now.
    Suspend(ChangeArgs),
    /// Put a suspended document into force again.
    Reactivate(ChangeArgs),
    /// Show, pin and update the trust root.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Follow the log.
    Watch(WatchArgs),
    /// Say what is wrong with this installation, and what to do.
    Doctor,
    /// Print a completion script.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

/// Where the passphrase of a key file comes from; the terminal if nothing is said.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase from this open file descriptor.
    #[arg(long, value_name = "N", conflicts_with = "passphrase_file")]
    pub(crate) passphrase_fd: Option<u32>,
    /// Read the passphrase from this file, which only you may read. Default: ECO_PASSPHRASE_FILE.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// `eco key`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key: for the log (--purpose), or for signing documents (--certificate).
    Generate(KeyGenerateArgs),
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

/// `eco certificate`.
#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// Lay out a certificate of origin.
    New(CertificateNewArgs),
}

/// `eco certificate new`.
#[derive(Debug, Args)]
pub(crate) struct CertificateNewArgs {
    /// With sample goods, marked SPECIMEN. The only content that this version lays out.
    #[arg(long, required = true)]
    pub(crate) sample: bool,
    /// Certificate number.
    #[arg(long, value_parser = CertificateNumber::normalise)]
    pub(crate) number: CertificateNumber,
    /// PDF to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Number of goods items.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=40))]
    pub(crate) items: u16,
}

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

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum MethodName {
    /// PDF if it is one, else all bytes.
    #[default]
    Auto,
    /// As a signed PDF.
    Pdf,
    /// All bytes, whatever they are.
    File,
}

/// What an Anchor says beside the fingerprint.
#[derive(Debug, Args)]
pub(crate) struct AnchorTerms {
    /// Organisation that records. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Kind of document: certificate, declaration, passport, other.
    #[arg(long, value_parser = parse_kind, default_value = "certificate")]
    pub(crate) kind: DocumentKind,
    /// How files are read.
    #[arg(long, value_enum, default_value_t = MethodName::Auto)]
    pub(crate) method: MethodName,
    /// Last day of validity, or the moment it ends (RFC 3339).
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) valid_until: Option<Day>,
    /// Own document that this one replaces: its id, or its receipt file.
    #[arg(long, value_name = "DOCUMENT")]
    pub(crate) supersedes: Option<String>,
}

/// `eco anchor`.
#[derive(Debug, Args)]
pub(crate) struct AnchorArgs {
    /// Documents.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Log key of purpose `issue` (encrypted PKCS#8).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Terms.
    #[command(flatten)]
    pub(crate) terms: AnchorTerms,
    /// Certificate number, for one file.
    #[arg(long, value_parser = CertificateNumber::normalise, conflicts_with_all = ["numbers", "number_from_name"])]
    pub(crate) number: Option<CertificateNumber>,
    /// CSV with a line `file,number` for every file.
    #[arg(long, value_name = "CSV", conflicts_with = "number_from_name")]
    pub(crate) numbers: Option<PathBuf>,
    /// The number is the file's name without extension.
    #[arg(long)]
    pub(crate) number_from_name: bool,
    /// Entries in one request.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) batch: u16,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// `eco entry`.
#[derive(Debug, Subcommand)]
pub(crate) enum EntryCommand {
    /// Write an entry to be signed. Needs the trust root, no network.
    Prepare(EntryPrepareArgs),
    /// Sign an entry. Needs the key, no network and no trust root.
    Sign {
        /// Entry file.
        entry: PathBuf,
        /// Log key.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Signed entry to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Passphrase of the key.
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Submit a signed entry and write its receipt.
    Submit {
        /// Signed entry file.
        entry: PathBuf,
        /// Receipt to write. Default: the entry file's name with `.receipt.eco`.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show an entry or signed entry.
    Show {
        /// Entry or signed entry file.
        entry: PathBuf,
    },
}

/// `eco entry prepare`.
#[derive(Debug, Args)]
pub(crate) struct EntryPrepareArgs {
    /// Document.
    pub(crate) file: PathBuf,
    /// Terms.
    #[command(flatten)]
    pub(crate) terms: AnchorTerms,
    /// Certificate number.
    #[arg(long, value_parser = CertificateNumber::normalise)]
    pub(crate) number: Option<CertificateNumber>,
    /// How long the entry may wait, at most 30d.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_duration_ms)]
    pub(crate) wait: u64,
    /// Entry file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// `eco verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// PDF, or any other file.
    pub(crate) file: PathBuf,
    /// Receipt or status proof to consider beside those found in and next to the file; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Vec<PathBuf>,
    /// Ask no node.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Day (its end, UTC) or moment (RFC 3339) to judge for. Default: now.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) as_of: Option<Day>,
    /// How old the status may be, e.g. 5m, 24h, 30d.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration_ms)]
    pub(crate) max_status_age: Option<u64>,
    /// Issuer that the document names.
    #[arg(long, value_name = "SLUG")]
    pub(crate) issuer: Option<OrgId>,
    /// Number that the document shows.
    #[arg(long, value_parser = CertificateNumber::normalise)]
    pub(crate) number: Option<CertificateNumber>,
    /// Kind that is expected.
    #[arg(long, value_parser = parse_kind)]
    pub(crate) kind: Option<DocumentKind>,
    /// How the file is read.
    #[arg(long, value_enum, default_value_t = MethodName::Auto)]
    pub(crate) method: MethodName,
    /// Keep the newest status proof in this file, to verify offline later.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_status: Option<PathBuf>,
}

/// `eco receipt`.
#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Fetch the receipt of a document.
    Get {
        /// The document.
        #[command(flatten)]
        document: DocumentArgs,
        /// Receipt to write. Default: beside the document.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check and show a receipt.
    Show {
        /// Receipt file.
        receipt: PathBuf,
    },
    /// Write a receipt in another format.
    Export {
        /// Receipt file.
        receipt: PathBuf,
        /// As C2SP tlog-proof text, which tools of others read.
        #[arg(long, required = true)]
        tlog_proof: bool,
        /// File to write. Default: stdout.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Names one document: by its file, its id, its fingerprint, or issuer and number.
#[derive(Debug, Args)]
pub(crate) struct DocumentArgs {
    /// The document's file.
    #[arg(required_unless_present_any = ["document", "number"], conflicts_with_all = ["document", "number"])]
    pub(crate) file: Option<PathBuf>,
    /// The document's id, 64 hex digits.
    #[arg(long, value_name = "ID", conflicts_with = "number")]
    pub(crate) document: Option<DocumentId>,
    /// Its certificate number, with its issuer.
    #[arg(long, value_parser = CertificateNumber::normalise)]
    pub(crate) number: Option<CertificateNumber>,
    /// Its issuer.
    #[arg(long, value_name = "SLUG")]
    pub(crate) issuer: Option<OrgId>,
    /// How the file is read.
    #[arg(long, value_enum, default_value_t = MethodName::Auto)]
    pub(crate) method: MethodName,
}

/// `eco status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The document.
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// Keep the status proof in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_status: Option<PathBuf>,
}

/// `eco revoke`, `eco suspend`, `eco reactivate`.
#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    /// The document.
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// Log key of purpose `status`.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Organisation that recorded the document. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Why, e.g. issued-in-error, wrong-data, fraud-suspected; or a number.
    #[arg(long, value_parser = parse_reason)]
    pub(crate) reason: ReasonCode,
    /// Receipt of the change to write. Default: none.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// `eco trust`.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Show the trust root.
    Show,
    /// Pin a trust root, or the trust root of a genesis, obtained from someone you trust.
    Pin {
        /// Trust root or genesis file.
        file: PathBuf,
        /// Network id that the file must be of.
        #[arg(long, value_name = "HEX")]
        expect: Option<String>,
        /// Replace the trust root of another network.
        #[arg(long)]
        replace: bool,
    },
    /// Show what a genesis file holds: network id, members, validators.
    Genesis {
        /// Genesis file.
        file: PathBuf,
    },
    /// Advance the pinned head to that of a node, checked.
    Update,
}

/// `eco watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// First index to show. Default: the end of the log.
    #[arg(long, value_name = "N")]
    pub(crate) from: Option<u64>,
    /// Stop after so many entries.
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
}

fn parse_purpose(text: &str) -> Result<Purpose, String> {
    let names = || Purpose::ALL.iter().map(|p| p.name()).collect::<Vec<_>>().join(", ");
    Purpose::ALL.iter().copied().find(|p| p.name() == text).ok_or_else(|| format!("expected one of: {}", names()))
}

fn parse_kind(text: &str) -> Result<DocumentKind, String> {
    [DocumentKind::Certificate, DocumentKind::Declaration, DocumentKind::Passport, DocumentKind::Other]
        .into_iter()
        .find(|k| k.name() == text)
        .ok_or_else(|| "expected one of: certificate, declaration, passport, other".to_string())
}

fn parse_reason(text: &str) -> Result<ReasonCode, String> {
    let named = ReasonCode::NAMED.iter().find(|(_, name)| *name == text).map(|(code, _)| ReasonCode(*code));
    let numbered = || text.parse().ok().map(ReasonCode);
    let names = || ReasonCode::NAMED.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    named.or_else(numbered).ok_or_else(|| format!("expected a number or one of: {}", names()))
}
