//! Arguments of `eco certificate`.

use super::CheckArgs;
use clap::{Args, Subcommand};
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

/// `eco certificate`.
#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// Make the PDF of a certificate of origin from its metadata, ready to sign.
    New(CertificateNewArgs),
    /// Check certificate metadata: every flaw at once, and how to mend it.
    Check(CheckArgs),
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

/// `eco certificate new`.
#[derive(Debug, Args)]
pub(crate) struct CertificateNewArgs {
    /// Metadata (JSON-LD): everything that is printed comes from it, and it is attached to the PDF.
    #[arg(value_name = "METADATA", required_unless_present = "sample", conflicts_with_all = ["sample", "number", "items"])]
    pub(crate) metadata: Option<PathBuf>,
    /// With sample goods, marked SPECIMEN.
    #[arg(long, requires = "number")]
    pub(crate) sample: bool,
    /// Certificate number of the sample.
    #[arg(long, value_parser = CertificateNumber::normalise)]
    pub(crate) number: Option<CertificateNumber>,
    /// PDF to write.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Number of goods items of the sample.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=300))]
    pub(crate) items: u16,
    /// Organisation that issues it. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Host, with a path if it has one, whose page the QR code opens. Default: `gateway` of config.toml, then a neutral one.
    #[arg(long, value_name = "HOST")]
    pub(crate) gateway: Option<String>,
    #[command(flatten)]
    pub(crate) fonts: FontArgs,
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
