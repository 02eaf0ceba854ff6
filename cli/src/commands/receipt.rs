//! `eco receipt`: fetch, show and export receipts.

use crate::args::{DocumentArgs, ReceiptCommand};
use crate::dates::rfc3339;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::home::Home;
use crate::named::Named;
use crate::nodes::Nodes;
use crate::report::Report;
use crate::show::{entry_lines, receipt_json, sealed_by, signature_lines};
use anyhow::Result;
use eco_core::receipt::{Dating, Receipt};
use eco_core::trust::TrustRoot;
use std::path::{Path, PathBuf};

/// Runs `eco receipt`.
pub(crate) async fn run(command: &ReceiptCommand, home: &Home) -> Result<Report> {
    match command {
        ReceiptCommand::Get { document, out } => get(document, out.as_deref(), home).await,
        ReceiptCommand::Show { receipt } => {
            let trust = home.trust_required()?;
            let (receipt, dating) = checked(receipt, &trust)?;
            Ok(shown(&receipt, dating, &trust))
        }
        ReceiptCommand::Export { receipt, tlog_proof: _, out } => {
            let trust = home.trust_required()?;
            let (receipt, _) = checked(receipt, &trust)?;
            let text = receipt.to_tlog_proof(&trust).ok_or_else(|| anyhow::anyhow!("the trust root does not know the receipt's epoch"))?;
            let report = Report::new().field("tlog_proof", String::from_utf8_lossy(&text).into_owned());
            match out {
                Some(path) => {
                    files::write(path, &text)?;
                    Ok(report.result(path.display().to_string()))
                }
                None => Ok(report.raw(text)),
            }
        }
    }
}

async fn get(document: &DocumentArgs, out: Option<&Path>, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let nodes = Nodes::connect(home, &trust)?;
    let (id, _) = Named::of(document, document.issuer)?.ask(&nodes).await?;
    let checked = nodes.receipt(&id).await?;
    let out = match (out, &document.file) {
        (Some(out), _) => out.to_path_buf(),
        (None, Some(file)) => files::sidecar(file),
        (None, None) => PathBuf::from(format!("{id}.eco")),
    };
    files::write(&out, &checked.file)?;
    Ok(shown(&checked.receipt, checked.dating, &trust)
        .note(format!("wrote {}", out.display()))
        .field("receipt_file", out.display().to_string()))
}

fn checked(path: &Path, trust: &TrustRoot) -> Result<(Receipt, Dating)> {
    let bytes = files::read(path, ECO_BYTES_MAX)?;
    let defect = |e: &dyn std::fmt::Display| Fault::unverifiable("LOG_PROOF_INVALID", format!("{}: {e}", path.display()));
    let receipt = Receipt::from_file(&bytes, trust).map_err(|e| defect(&e))?;
    let dating = receipt.verify(trust).map_err(|e| defect(&e))?;
    Ok((receipt, dating))
}

fn shown(receipt: &Receipt, dating: Dating, trust: &TrustRoot) -> Report {
    let dated = match dating {
        Dating::Dated { height, time } => format!("  recorded     {} (entry {}, block {height})", rfc3339(time), receipt.index),
        Dating::ExistenceOnly { height, time } => {
            format!("  on the log   by {} (entry {}, block {height}); when it came is not shown", rfc3339(time), receipt.index)
        }
    };
    Report::new()
        .result(format!("the receipt holds: entry {} of {}", receipt.index, trust.name()))
        .notes(entry_lines(receipt.entry.entry()))
        .notes(signature_lines(&receipt.entry))
        .note(dated)
        .note(format!("  sealed by    {}", sealed_by(receipt, trust).join(", ")))
        .field("receipt", receipt_json(receipt, dating, trust))
}
