//! Arguments of `eco staple`.

use clap::Args;
use std::path::PathBuf;

/// `eco staple`.
#[derive(Debug, Args)]
pub(crate) struct StapleArgs {
    /// Signed and recorded PDF; the receipt goes into its signature, in place.
    pub(crate) file: PathBuf,
    /// Receipt. Default: the one beside the file.
    pub(crate) receipt: Option<PathBuf>,
}
