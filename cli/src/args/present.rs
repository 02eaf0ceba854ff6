//! Arguments of `eco present`.

use super::values::parse_state;
use super::{DocumentArgs, StatingArgs};
use clap::Args;
use eco_core::statement::PresentationState;
use std::path::PathBuf;

/// `eco present`.
#[derive(Debug, Args)]
pub(crate) struct PresentArgs {
    /// Where the declaration stands: lodged, referred, released, refused, or withdrawn.
    #[arg(value_parser = parse_state)]
    pub(crate) state: PresentationState,
    /// The certificate.
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// Number of your customs declaration. The log gets a key of it that only your customs can recompute.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) declaration: String,
    /// Your customs' own secret for declaration keys. Default: `declarations.secret` in the home directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret: Option<PathBuf>,
    /// How it is signed and submitted.
    #[command(flatten)]
    pub(crate) stating: StatingArgs,
}
