//! `eco watch`: follow the log. Every block is shown once its entries hash into its sealed root.

use crate::args::WatchArgs;
use crate::dates::rfc3339;
use crate::home::Home;
use crate::nodes::{Nodes, fault};
use crate::report::{Report, SCHEMA_VERSION};
use crate::show::entry_json;
use anyhow::Result;
use eco_client::{ClientError, Event, SealedHead};
use eco_core::document::DocumentId;
use eco_core::entry::SignedEntry;
use eco_core::statement::Statement;
use serde_json::json;
use std::io::Write;
use std::time::Duration;

/// Pause before a node that failed is asked again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Runs `eco watch` until it is interrupted, or `--count` entries are shown.
pub(crate) async fn run(args: &WatchArgs, home: &Home, as_json: bool) -> Result<Report> {
    let trust = home.trust_required()?;
    let nodes = Nodes::connect(home, &trust)?;
    let from = match args.from {
        Some(from) => from,
        None => nodes.advance().await?.1.header.tree_size,
    };
    let mut watch = nodes.watch(from);
    let mut shown: u64 = 0;
    while args.count.is_none_or(|count| shown < count) {
        match watch.next().await {
            Ok(Event::Block { head, entries }) => {
                for (index, entry) in entries {
                    if args.count.is_some_and(|count| shown >= count) {
                        break;
                    }
                    print(&head, index, &entry, as_json)?;
                    shown = shown.saturating_add(1);
                }
            }
            Ok(Event::Heartbeat) => {}
            // The stream resumes where it was; only an answer that does not hold ends it.
            Err(error @ (ClientError::Unreachable { .. } | ClientError::Unavailable { .. })) => {
                eprintln!("{error}; asking again from entry {}", watch.position());
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            Err(error) => return Err(fault(&error).into()),
        }
    }
    Ok(Report::new().field("entries", shown).field("next", watch.position()))
}

fn print(head: &SealedHead, index: u64, entry: &SignedEntry, as_json: bool) -> Result<()> {
    let (header, said) = (&head.header, entry.entry());
    let mut out = std::io::stdout().lock();
    if as_json {
        let line = json!({
            "schema_version": SCHEMA_VERSION, "index": index, "height": header.height.0,
            "time": rfc3339(header.time), "time_ms": header.time.0, "entry": entry_json(said),
        });
        writeln!(out, "{line}")?;
    } else {
        let what = match &said.statement {
            Statement::Anchor(anchor) => format!("{} {}", anchor.kind.name(), DocumentId::of(&said.author, &anchor.fingerprint)),
            Statement::ChangeStatus(change) => format!("{} {} ({})", change.status.name(), change.document, change.reason),
            Statement::Attest(attest) => format!("attested {} ({})", attest.document, attest.standard),
            Statement::WithdrawAttest(withdrawal) => format!("attestation withdrawn {} ({})", withdrawal.document, withdrawal.reason),
            Statement::Recognise(row) => format!("{} recognised for {} ({})", row.body, row.scope, row.standard),
            Statement::WithdrawRecognise(w) => format!("{} no longer recognised for {}, row {} ({})", w.body, w.scope, w.number, w.reason),
            Statement::Present(present) => format!("{} {}", present.state.name(), present.document),
            Statement::Unknown { tag, .. } => format!("a statement of a later version, number {tag}"),
        };
        writeln!(out, "{index}  {}  block {}  {}  {what}", rfc3339(header.time), header.height, said.author)?;
    }
    Ok(out.flush()?)
}
