//! `eco revoke`, `eco suspend`, `eco reactivate`: change the status of an own document.

use crate::anchoring::Outcome;
use crate::args::ChangeArgs;
use crate::dates::{now, rfc3339};
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::named::Named;
use crate::nodes::Nodes;
use crate::report::Report;
use crate::secrets::LogKey;
use anyhow::Result;
use eco_core::document::{DocumentId, DocumentStatus, ReasonCode};
use eco_core::entry::{ENTRY_VERSION, Entry};
use eco_core::name::{OrgId, Timestamp};
use eco_core::state::DocumentRecord;
use eco_core::statement::{ChangeStatus, Statement};
use eco_core::trust::TrustRoot;

/// How long the entry may wait for the log.
const WAIT_MS: u64 = 10 * 60 * 1000;

/// Runs the three commands; they differ in the new status only.
pub(crate) async fn run(args: &ChangeArgs, status: DocumentStatus, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let author = home.organisation(args.org)?;
    let key = LogKey::open(&args.key, &args.passphrase)?;
    let nodes = Nodes::connect(home, &trust)?;
    let (document, record) = Named::of(&args.document, Some(author))?.ask(&nodes).await?;
    let entry = entry_of(&trust, author, document, record, status, args.reason, now().plus_ms(WAIT_MS))?;
    let outcome = nodes.submit(vec![key.sign(entry)?]).await?.pop();
    match outcome {
        Some(Outcome::Recorded { receipt, .. }) => {
            let mut report = Report::new()
                .result(format!("{}  {document}", status.name()))
                .note(format!(
                    "since {} (entry {}, block {}): {}",
                    rfc3339(receipt.header.time),
                    receipt.index,
                    receipt.header.height,
                    args.reason
                ))
                .field("document", document.to_string())
                .field("status", status.name())
                .field("reason", args.reason.to_string())
                .field("index", receipt.index)
                .field("height", receipt.header.height.0)
                .field("time", rfc3339(receipt.header.time));
            if let Some(out) = &args.out {
                files::write(out, &receipt.to_file())?;
                report = report.note(format!("wrote {}", out.display())).field("receipt_file", out.display().to_string());
            }
            Ok(report)
        }
        Some(Outcome::Refused(fault)) => Err(fault.into()),
        None => Err(Fault::unverifiable("NODE_ANSWER_INVALID", "no outcome for the entry").into()),
    }
}

/// The entry that changes a status, by the author of the record that a node or a status proof showed.
pub(crate) fn entry_of(
    trust: &TrustRoot,
    author: OrgId,
    document: DocumentId,
    record: Option<DocumentRecord>,
    status: DocumentStatus,
    reason: ReasonCode,
    not_after: Timestamp,
) -> Result<Entry> {
    let record = record.ok_or_else(|| Fault::refused("LOG_ENTRY_MISSING", format!("{author} has recorded no such document")))?;
    if record.author != author {
        let owner = record.author;
        return Err(Fault::refused("NOT_AUTHOR", format!("{owner} recorded this document, {author} cannot change it")).into());
    }
    Ok(Entry {
        version: ENTRY_VERSION,
        network: trust.network(),
        author,
        agent: None,
        not_after,
        statement: Statement::ChangeStatus(ChangeStatus { document, base: record.revision, status, reason }),
    })
}
