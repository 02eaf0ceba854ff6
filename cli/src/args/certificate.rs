//! Arguments of `eco certificate`.

use clap::{Args, Subcommand};
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

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
