//! `eco present`: a customs office says that a certificate was presented, and what became of the declaration.

use crate::args::PresentArgs;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::listing::{presentation_lines, presentations_json};
use crate::named::Named;
use crate::report::Report;
use crate::secrets;
use crate::stating::{Stating, unshown};
use anyhow::Result;
use eco_client::ListQuery;
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::name::Revision;
use eco_core::state::{DocumentRecord, PresentationRecord, RecordKey};
use eco_core::statement::{Present, PresentationState, Statement};

/// Runs `eco present`.
pub(crate) async fn run(args: &PresentArgs, home: &Home) -> Result<Report> {
    let declaration = secrets::declaration_key(&args.declaration, args.secret.as_deref(), home)?;
    let stating = Stating::of(&args.stating, home)?;
    let (document, record) = stating.document(&Named::of(&args.document, None)?).await?;
    let status = presentable(document, record)?;
    let lists = stating.list(ListQuery::Presentations(document)).await?;
    let name = RecordKey::Presentation(document, stating.author, declaration);
    let revision = lists.base(&name).map_err(unshown)?;
    let own = lists.view.show::<PresentationRecord>(&name).map_err(unshown)?.present().unwrap_or_default();
    let base = base(&own, revision, args.state, &args.declaration)?;
    let presented = lists.view.presentations(document, Some((stating.author, declaration)));
    let elsewhere = presented.items.iter().filter(|p| !p.own && !p.withdrawn).count();
    let beside = args.document.file.as_deref().map(|file| {
        let declaration: String = declaration.to_string().chars().take(8).collect();
        files::with_suffix(file, &format!("{declaration}.{}.eco", args.state.name()))
    });
    let mut report = stating.say(Statement::Present(Present { document, declaration, base, state: args.state }), beside.as_deref()).await?;
    let stands = own.state().filter(|stands| base < revision && *stands != args.state);
    if let Some(stands) = stands {
        report = report.note(format!("the declaration is {} by now", stands.name()));
    }
    if status != DocumentStatus::Active {
        report = report.note(format!("the certificate is {}", status.name()));
    }
    if elsewhere > 0 {
        report = report.note(format!("presented under {elsewhere} other declarations too, before this statement:"));
    }
    // The list was read before: what was said just now is not in it.
    let before = presentation_lines(&presented).into_iter().map(|line| format!("before: {line}"));
    Ok(report
        .notes(before.filter(|_| !presented.items.is_empty()))
        .field("stands", stands.unwrap_or(args.state).name())
        .field("presented_elsewhere", elsewhere)
        .field("presentations_before", presentations_json(&presented))
        .field("certificate_status", status.name()))
}

/// The certificate's status. One that is out of force is presented too: other customs must see it.
fn presentable(document: DocumentId, record: Option<DocumentRecord>) -> Result<DocumentStatus> {
    let missing = || Fault::refused("LOG_ENTRY_MISSING", format!("no certificate {document} is recorded"));
    let record = record.ok_or_else(missing)?;
    if record.kind.is_numbered() {
        return Ok(record.status());
    }
    let found = record.kind.name();
    Err(Fault::refused("WRONG_KIND", format!("{document} is recorded as {found}; certificates and declarations of origin are presented"))
        .into())
}

/// The base of a state. One that was said before gets its original receipt, wherever the declaration stands by now.
fn base(own: &PresentationRecord, revision: Revision, state: PresentationState, number: &str) -> Result<Revision> {
    let before = own.state();
    if before != Some(state) && state.may_follow(before) {
        return Ok(revision);
    }
    let said = own.history.iter().rposition(|change| change.state == state);
    let stands = before.map_or("not lodged", PresentationState::name);
    let order = || {
        let able = PresentationState::ALL.iter().filter(|next| next.may_follow(before)).map(|next| next.name()).collect::<Vec<_>>();
        let able = if able.is_empty() { "nothing".to_owned() } else { able.join(", ") };
        let message = format!("declaration {number} is {stands}, {} cannot follow", state.name());
        Fault::refused("PRESENTATION_ORDER", message).hint(format!("{able} can follow"))
    };
    Ok(Revision(u32::try_from(said.ok_or_else(order)?)?))
}
