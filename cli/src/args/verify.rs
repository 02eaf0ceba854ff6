//! Arguments of `eco verify`.

use super::values::parse_kind;
use super::{AnchorsArgs, ConsignmentArgs, MethodName, OwnDeclarationArgs};
use crate::dates::{Day, parse_day, parse_duration_ms};
use clap::Args;
use eco_core::document::DocumentKind;
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

/// `eco verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// PDF, any other file, or a verdict saved with --save; several, or folders: a check before filing.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Receipt or status proof to consider beside those found in and next to the file; repeatable. For a folder with
    /// --scheme and the like: status proofs, which count for all.
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
    /// What is judged together with it.
    #[command(flatten)]
    pub(crate) consignment: ConsignmentArgs,
    /// Whose presentation is no other one.
    #[command(flatten)]
    pub(crate) own: OwnDeclarationArgs,
    /// Whom to trust for signers' and timestamp authorities' certificates.
    #[command(flatten)]
    pub(crate) anchors: AnchorsArgs,
    /// Read a PDF in a process of its own with limited memory and time, so that no file can harm this one.
    #[arg(long)]
    pub(crate) limited: bool,
    /// Keep the newest status proof in this file, to verify offline later.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_status: Option<PathBuf>,
    /// Keep the verdict with its evidence in this file; `eco verify` on it says later what has changed since.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Document that a saved verdict is about. Default: the one of that name beside the verdict.
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    /// Write one line for each file into this CSV.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "save_status", "number"])]
    pub(crate) csv: Option<PathBuf>,
}

impl VerifyArgs {
    /// Whether more than one document by itself is asked about.
    pub(crate) fn together(&self) -> bool {
        self.consignment.any() || self.own.declaration.is_some()
    }
}
