//! `eco certificate`: lay out certificates of origin.

use crate::args::{CertificateCommand, CertificateNewArgs};
use crate::files;
use crate::report::Report;
use crate::secrets;
use anyhow::Result;
use eco_documents::pdf::{CHAMBER_FIELD, CertificateFields, sample_certificate};

/// Runs `eco certificate`.
pub(crate) fn run(command: &CertificateCommand) -> Result<Report> {
    match command {
        CertificateCommand::New(args) => new(args),
    }
}

fn new(args: &CertificateNewArgs) -> Result<Report> {
    let mut fields = CertificateFields::sample(args.number.as_str());
    fields.nonce = secrets::nonce()?;
    fields.items = fields
        .items
        .iter()
        .cycle()
        .take(usize::from(args.items))
        .enumerate()
        .map(|(at, item)| {
            let mut item = item.clone();
            item.number = at.saturating_add(1).to_string();
            item
        })
        .collect();
    files::write(&args.out, &sample_certificate(&fields))?;
    Ok(Report::new()
        .result(args.out.display().to_string())
        .note(format!("a SPECIMEN with {} items; the field {CHAMBER_FIELD} awaits the issuing body's signature", args.items))
        .field("file", args.out.display().to_string())
        .field("number", args.number.as_str())
        .field("items", args.items)
        .field("signature_field", CHAMBER_FIELD))
}
