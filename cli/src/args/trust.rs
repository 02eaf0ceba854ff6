//! Arguments of `eco trust`.

use clap::Subcommand;
use std::path::PathBuf;

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
