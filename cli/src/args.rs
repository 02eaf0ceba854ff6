//! Arguments of `eco`, one file for each command. No secret is ever an argument: passphrases come from
//! the terminal, a file descriptor or a file.

mod anchor;
mod attest;
mod certificate;
mod consignment;
mod entry;
mod extend;
mod key;
mod package;
mod passport;
mod present;
mod receipt;
mod recognise;
mod scheme;
mod sign;
mod staple;
mod status;
mod trust;
mod values;
mod verify;

pub(crate) use anchor::{AnchorArgs, AnchorTerms, NumberArgs, PaceArgs};
pub(crate) use attest::{AttestArgs, StatingArgs};
pub(crate) use certificate::{CertificateCommand, CertificateIssueArgs, CertificateNewArgs, CertificateReplaceArgs, SheetArgs, SlipArgs};
pub(crate) use consignment::{ConsignmentArgs, ImportDates, OwnDeclarationArgs};
pub(crate) use entry::{EntryCommand, EntryPrepareArgs, EntryPrepareChangeArgs};
pub(crate) use extend::{AnchorsArgs, ExtendArgs, LevelName};
pub(crate) use key::{KeyCommand, KeyGenerateArgs, ProfileName};
pub(crate) use package::{PackageBuildArgs, PackageCommand, PackageScopeArgs, PackageVerifyArgs};
pub(crate) use passport::{
    CheckArgs, ImportArgs, PassportAnchorArgs, PassportCommand, PassportNewArgs, PassportRecordingArgs, PassportSupersedeArgs, ProofArgs,
};
pub(crate) use present::PresentArgs;
pub(crate) use receipt::ReceiptCommand;
pub(crate) use recognise::{RecogniseAddArgs, RecogniseCommand, RecogniseImportArgs, RecogniseListArgs, RecogniseWithdrawArgs, SourceArgs};
pub(crate) use scheme::{SchemeCommand, SchemeScanArgs};
pub(crate) use sign::{KeyPlace, SignArgs, SignerArgs};
pub(crate) use staple::StapleArgs;
pub(crate) use status::{ChangeArgs, StatusArgs};
pub(crate) use trust::TrustCommand;
pub(crate) use verify::VerifyArgs;

use clap::{Args, Parser, Subcommand, ValueEnum};
use eco_core::document::DocumentId;
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

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
    /// Make certificates of origin, and proof slips for paper copies.
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// Check, import and sign carbon passports.
    #[command(subcommand)]
    Passport(PassportCommand),
    /// Sign a PDF or a folder of them; with --anchor also record them and staple their receipts.
    Sign(SignArgs),
    /// Raise a signed PDF to PAdES B-T, B-LT or B-LTA, or renew its document timestamp.
    Extend(ExtendArgs),
    /// Record documents on the log; their receipts appear beside them.
    Anchor(AnchorArgs),
    /// Put a receipt into the signature of its PDF, so that the file proves itself.
    Staple(StapleArgs),
    /// Prepare, sign and submit an entry apart, for a room without network.
    #[command(subcommand)]
    Entry(EntryCommand),
    /// Judge a document, a folder of them, or a saved verdict again.
    Verify(VerifyArgs),
    /// Build and check data packages: a certificate, its passports and everything that proves them.
    #[command(subcommand)]
    Package(PackageCommand),
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
    /// Attest a passport as its verification body, or withdraw an attestation.
    Attest(AttestArgs),
    /// Recognise verification bodies for a country, or show whom it recognises.
    #[command(subcommand)]
    Recognise(RecogniseCommand),
    /// Say as customs that a certificate was presented, and what became of the declaration.
    Present(PresentArgs),
    /// Check policy schemes, and scan goods against them.
    #[command(subcommand)]
    Scheme(SchemeCommand),
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

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum MethodName {
    /// A PDF or a JSON document of ours if it is one, else all bytes.
    #[default]
    Auto,
    /// As a signed PDF.
    Pdf,
    /// As a signed JSON document: a passport, or a certificate without PDF.
    Jcs,
    /// All bytes, whatever they are.
    File,
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
