//! Arguments of `eco status`, and of the commands that change a status.

use super::values::parse_reason;
use super::{DocumentArgs, MethodName, PassphraseArgs};
use clap::Args;
use eco_core::document::{DocumentId, ReasonCode};
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use std::path::PathBuf;

/// `eco status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// A document's file or its id of 64 hex digits; several, or folders: one row for each.
    #[arg(value_name = "FILE|ID", required_unless_present_any = ["document", "number", "product", "batch"])]
    pub(crate) documents: Vec<PathBuf>,
    /// The document's id, 64 hex digits.
    #[arg(long, value_name = "ID", conflicts_with_all = ["documents", "number", "product", "batch"])]
    pub(crate) document: Option<DocumentId>,
    /// Its certificate number, with its issuer.
    #[arg(long, value_parser = CertificateNumber::normalise, conflicts_with_all = ["documents", "product", "batch"])]
    pub(crate) number: Option<CertificateNumber>,
    /// Product whose carbon passports are meant, with their author: a GS1 Digital Link, a GTIN, a GMN, urn:eco:model:.., or
    /// the author's own model code.
    #[arg(long, value_name = "PRODUCT", conflicts_with_all = ["documents", "batch", "save_status"])]
    pub(crate) product: Option<String>,
    /// Many questions: a CSV whose columns are file, document, fingerprint, number or product, and issuer.
    #[arg(long, value_name = "FILE", conflicts_with = "documents")]
    pub(crate) batch: Option<PathBuf>,
    /// Its issuer, or the author of the passports.
    #[arg(long, value_name = "SLUG", alias = "author")]
    pub(crate) issuer: Option<OrgId>,
    /// How files are read.
    #[arg(long, value_enum, default_value_t = MethodName::Auto)]
    pub(crate) method: MethodName,
    /// Keep the status proof in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_status: Option<PathBuf>,
    /// Keep the proof of its presentations or attestations, or of the product's passports, in this file, and in FILE.2 and
    /// so on if one does not hold them.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_lists: Option<PathBuf>,
    /// Write one line for each question into this CSV.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save_status", "save_lists", "document", "number", "product"])]
    pub(crate) csv: Option<PathBuf>,
}
/// `eco revoke`, `eco suspend`, `eco reactivate`.
#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    /// The document.
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// Log key of purpose `status`.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Organisation that recorded the document. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG")]
    pub(crate) org: Option<OrgId>,
    /// Why, e.g. issued-in-error, wrong-data, fraud-suspected; or a number.
    #[arg(long, value_parser = parse_reason)]
    pub(crate) reason: ReasonCode,
    /// Receipt of the change to write. Default: none.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Passphrase of the key.
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
