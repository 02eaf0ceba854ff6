//! Arguments of `eco receipt`.

use super::DocumentArgs;
use clap::Subcommand;
use std::path::PathBuf;

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
