//! `eco staple`: put a receipt into the signature that it is of, so that the file proves itself.

use crate::args::{MethodName, StapleArgs};
use crate::document::Document;
use crate::evidence::checked;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::home::Home;
use crate::report::Report;
use crate::stapling::{Place, Placed, at_hand, place};
use anyhow::Result;

/// Runs `eco staple`.
pub(crate) fn run(args: &StapleArgs, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let shown = args.file.display();
    let receipt = match &args.receipt {
        Some(path) => {
            let bytes = files::read(path, ECO_BYTES_MAX)?;
            checked(&bytes, &trust).map_err(|e| Fault::unverifiable("LOG_PROOF_INVALID", format!("{}: {e}", path.display())))?.0
        }
        None => at_hand(&Document::read(&args.file, MethodName::Pdf)?, &trust, |_| true)?.ok_or_else(|| {
            Fault::usage("RECEIPT_MISSING", format!("there is no receipt of {shown} beside it that holds"))
                .hint(format!("eco receipt get {shown}, then again; or name the receipt file"))
        })?,
    };
    let placed = place(&args.file, &receipt, Place::Inside, &trust)?;
    let report = Report::new()
        .result(placed.file(&args.file).display().to_string())
        .field("file", args.file.display().to_string())
        .field("outcome", placed.name())
        .field("receipt_file", placed.file(&args.file).display().to_string());
    Ok(match placed {
        Placed::Inside => report.note(format!("the receipt is in {shown}: it needs no second file, only a trust root")),
        Placed::InsideBefore => report.note(format!("{shown} already holds this receipt or a newer one; nothing was changed")),
        Placed::Beside { because, path } => {
            let because = because.unwrap_or_default();
            report
                .note(format!("not stapled: {because}"))
                .note(format!("wrote {} instead: keep it with the file", path.display()))
                .field("because", because)
        }
    })
}
