//! Arguments of `eco scheme`.

use clap::{Args, Subcommand};
use eco_core::date::Date;
use eco_core::name::Country;
use std::path::PathBuf;

/// `eco scheme`.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemeCommand {
    /// Check scheme files; every flaw at once, by its path.
    Check {
        /// Scheme files (JSON).
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write the sample schemes into a directory, as a start for one's own.
    Samples {
        /// Directory to write into.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Write the record of each scheme, as a genesis holds it, to `<scheme>.record`.
    Record {
        /// Scheme files (JSON).
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Directory to write into.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Say for each line of a spreadsheet whether its goods are inside each scheme, and by which rule.
    Scan(SchemeScanArgs),
}

/// `eco scheme scan`.
#[derive(Debug, Args)]
pub(crate) struct SchemeScanArgs {
    /// CSV with a header line. Columns: sku, hs, and optionally hsEdition, origin, productId, destination, laserSource or
    /// any other attribute of a scheme.
    pub(crate) skus: PathBuf,
    /// Scheme file; repeatable.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) scheme: Vec<PathBuf>,
    /// Importing country, where the line does not say.
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) to: Option<Country>,
    /// Day asked about, like 2026-12-01. Default: today.
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<Date>,
    /// Write the answers to this CSV instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
}
