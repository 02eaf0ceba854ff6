//! Arguments of `eco certificate`.

use super::{AnchorArgs, CheckArgs, ConsignmentArgs, PaceArgs, ProofArgs, SignArgs, SignerArgs};
use clap::{Args, Subcommand};
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use eco_documents::metadata::draft::COLUMNS;
use std::path::PathBuf;

/// `eco certificate`.
#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// Make the PDFs of certificates of origin, ready to sign, from metadata or from a spreadsheet.
    New(Box<CertificateNewArgs>),
    /// Check certificate metadata: every flaw at once, and how to mend it.
    Check(CheckArgs),
    /// Judge passports, attestations, scheme and number before anything is signed; then make the certificate, sign it, record
    /// it with its links, and put its receipt into it. Safe to repeat.
    Issue(Box<CertificateIssueArgs>),
    /// Sign certificates as eco sign does; with --anchor also record them under the numbers in their data.
    Sign(Box<SignArgs>),
    /// Sign the data of a certificate that has no PDF (Data Integrity, eddsa-jcs-2022).
    SignData(ProofArgs),
    /// Record signed certificates as eco anchor does, under the numbers in their data.
    Anchor(Box<AnchorArgs>),
    /// Sign and record a certificate in place of an earlier one, which it names.
    Replace(Box<CertificateReplaceArgs>),
    /// Make the proof slip that goes with a paper copy of a recorded certificate.
    Slip(SlipArgs),
    /// Check what the code on a proof slip holds. Needs no network.
    CheckSlip {
        /// The bytes of the code, as a scanner gives them.
        payload: PathBuf,
    },
}

/// Fonts for letters that the built-in one lacks.
#[derive(Debug, Args)]
pub(crate) struct FontArgs {
    /// Font file (.ttf, .otf, .ttc) for Chinese, Japanese and Korean; repeatable. Default: Noto or Source Han fonts of
    /// this computer.
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Vec<PathBuf>,
}

/// How a sheet is laid out.
#[derive(Debug, Args)]
pub(crate) struct SheetArgs {
    /// Host, with a path if it has one, whose page the QR code opens. Default: `gateway` of config.toml, then a neutral one.
    #[arg(long, value_name = "HOST")]
    pub(crate) gateway: Option<String>,
    #[command(flatten)]
    pub(crate) fonts: FontArgs,
}

/// `eco certificate new`.
#[derive(Debug, Args)]
#[command(after_long_help = columns())]
pub(crate) struct CertificateNewArgs {
    /// Metadata (JSON-LD): everything that is printed comes from it, and it is attached to the PDF.
    #[arg(value_name = "METADATA", required_unless_present_any = ["sample", "csv"], conflicts_with_all = ["sample", "number", "items", "csv"])]
    pub(crate) metadata: Option<PathBuf>,
    /// Certificates from this CSV: a line for each goods item, lines of one number are one certificate. Columns: below.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sample", "number", "items"])]
    pub(crate) csv: Option<PathBuf>,
    /// Metadata that says what the lines of the CSV do not; its first item is the pattern of every item.
    #[arg(long, value_name = "FILE", requires = "csv")]
    pub(crate) template: Option<PathBuf>,
    /// Write the data of each certificate of the CSV instead of its PDF.
    #[arg(long, requires = "csv")]
    pub(crate) data: bool,
    /// Check every line of the CSV and write nothing.
    #[arg(long, requires = "csv")]
    pub(crate) dry_run: bool,
    /// The signed certificate that this one replaces; the new one names it.
    #[arg(long, value_name = "FILE", requires = "metadata")]
    pub(crate) replaces: Option<PathBuf>,
    /// With sample goods, marked SPECIMEN.
    #[arg(long, requires = "number")]
    pub(crate) sample: bool,
    /// Certificate number of the sample.
    #[arg(long, value_parser = CertificateNumber::normalise)]
    pub(crate) number: Option<CertificateNumber>,
    /// PDF to write; with --csv the folder.
    #[arg(long, short, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// Number of goods items of the sample.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=300))]
    pub(crate) items: u16,
    /// Organisation that issues it. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    #[command(flatten)]
    pub(crate) sheet: SheetArgs,
}

/// The columns of a spreadsheet, for the help.
fn columns() -> String {
    let named = COLUMNS.iter().filter(|a| !a.question.is_empty()).map(|a| format!("  {:22} {}", a.name, a.question));
    let names: Vec<String> = named.collect();
    format!(
        "Columns:\n{}\n  passportFile           Signed passport of the item: gives product, passportId and passport\n  \
         replacesFile, copyOfFile, backToBackFile\n{:25}Signed certificate: gives number, date and fingerprint\n\
         What a line does not say is what the other lines of its certificate say. Anything else by its JSON path.",
        names.join("\n"),
        ""
    )
}

/// Who records a certificate that is signed in the same run.
#[derive(Debug, Args)]
pub(crate) struct IssuerArgs {
    /// Log key of purpose `issue`.
    #[arg(long, value_name = "FILE")]
    pub(crate) log_key: PathBuf,
    /// Read the passphrase of the log key from this file. Default: where that of the document key comes from.
    #[arg(long, value_name = "FILE")]
    pub(crate) log_passphrase_file: Option<PathBuf>,
    /// Organisation that issues. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
}

/// `eco certificate issue`.
#[derive(Debug, Args)]
pub(crate) struct CertificateIssueArgs {
    /// The certificate's data (JSON-LD), or a folder of them: each is judged by itself, and one that is not in order stops no other.
    #[arg(value_name = "METADATA", required_unless_present = "csv", conflicts_with = "csv")]
    pub(crate) metadata: Option<PathBuf>,
    /// Certificates from this CSV, as eco certificate new has it; what its passportFile names is judged, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Metadata that says what the lines of the CSV do not; its first item is the pattern of every item.
    #[arg(long, value_name = "FILE", requires = "csv")]
    pub(crate) template: Option<PathBuf>,
    /// Signed PDF to write; for a folder or a CSV, the folder to write them to.
    #[arg(long, short, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// What it is judged with.
    #[command(flatten)]
    pub(crate) consignment: ConsignmentArgs,
    /// Judge only: no key is opened, nothing is signed or recorded.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Which certified true copy it is: 1, 2 and so on.
    #[arg(long, value_name = "N", conflicts_with = "csv", value_parser = clap::value_parser!(u16).range(1..=99))]
    pub(crate) copy: Option<u16>,
    /// Who signs.
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// Who records it.
    #[command(flatten)]
    pub(crate) issuer: IssuerArgs,
    /// Pace.
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    /// Layout.
    #[command(flatten)]
    pub(crate) sheet: SheetArgs,
}

/// `eco certificate replace`.
#[derive(Debug, Args)]
pub(crate) struct CertificateReplaceArgs {
    /// The signed and recorded certificate, with its data inside.
    pub(crate) old: PathBuf,
    /// The one that takes its place and names it (eco certificate new METADATA --replaces OLD).
    pub(crate) new: PathBuf,
    /// Signed PDF to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Who signs.
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    /// Who records it.
    #[command(flatten)]
    pub(crate) issuer: IssuerArgs,
}

/// `eco certificate slip`.
#[derive(Debug, Args)]
pub(crate) struct SlipArgs {
    /// The signed and recorded certificate, with its metadata inside.
    pub(crate) file: PathBuf,
    /// Receipt to use. Default: the one beside or inside the certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Vec<PathBuf>,
    /// PDF to write. Default: the certificate's name with `.slip.pdf`.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write the bytes of the code to this file, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) payload: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fonts: FontArgs,
}
