//! `eco recognise`: whom a country, or an accreditation body, recognises; and since when no longer.

mod diff;
mod import;
mod sheet;

use crate::args::{RecogniseAddArgs, RecogniseCommand, RecogniseListArgs, RecogniseWithdrawArgs, SourceArgs};
use crate::dates::{Day, rfc3339};
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::nodes::Nodes;
use crate::report::{Paint, Report, paint};
use crate::stating::{Stating, keep, kept, unshown};
use anyhow::Result;
use eco_client::{ListQuery, ListsAnswer};
use eco_core::Fingerprint;
use eco_core::codec::Canonical;
use eco_core::name::{OrgId, Revision};
use eco_core::recognition::{HsPrefix, RecognitionScope, RecognitionSource};
use eco_core::state::{AuthorityRecord, RecognitionRecord, RecordKey};
use eco_core::statement::{Recognise, Statement, WithdrawRecognise};
use eco_core::status::Shown;
use eco_core::verdict::{RecognitionRow, RowStanding};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Runs `eco recognise`.
pub(crate) async fn run(command: &RecogniseCommand, home: &Home, as_json: bool) -> Result<Report> {
    match command {
        RecogniseCommand::Add(args) => add(args, home).await,
        RecogniseCommand::Withdraw(args) => withdraw(args, home).await,
        RecogniseCommand::List(args) => list(args, home).await,
        RecogniseCommand::Import(args) => import::run(args, home, as_json).await,
    }
}

async fn add(args: &RecogniseAddArgs, home: &Home) -> Result<Report> {
    let stating = Stating::of(&args.stating, home)?;
    let (scope, body) = (args.scope.scope, args.body);
    let mut row = Recognise {
        scope,
        body,
        base: Revision(0),
        standard: args.standard.clone(),
        prefixes: ascending(&args.hs),
        valid_from: args.from.map_or(args.source.list_date.midnight(), Day::start),
        valid_until: args.until.map(Day::after),
        source: source(&args.source, None)?,
    };
    row.check().map_err(|e| Fault::usage("ROW_INVALID", e.to_string()))?;
    let rows = stating.list(ListQuery::Rows { scope, body }).await?.rows(scope, body).map_err(unshown)?;
    // The same row again gets its original receipt; one that was withdrawn since is said anew.
    let before = rows.iter().position(|before| before.author == stating.author && before.withdrawn.is_none() && says(before, &row));
    row.base = Revision(u32::try_from(before.unwrap_or(rows.len()))?);
    let beside = args.source.list.as_deref().map(|list| receipt_name(list, scope, body, row.base));
    stating.say(Statement::Recognise(row), beside.as_deref()).await
}

async fn withdraw(args: &RecogniseWithdrawArgs, home: &Home) -> Result<Report> {
    let stating = Stating::of(&args.stating, home)?;
    let (scope, body) = (args.scope.scope, args.body);
    let rows = stating.list(ListQuery::Rows { scope, body }).await?.rows(scope, body).map_err(unshown)?;
    let shows = || format!("eco recognise list --for {} --body {body}", scope_name(scope));
    let standing: Vec<u32> = (0u32..).zip(&rows).filter(|(_, row)| row.withdrawn.is_none()).map(|(number, _)| number).collect();
    let number = match (args.row, standing.as_slice(), rows.len()) {
        (Some(number), ..) => number,
        (None, [only], _) => *only,
        // Said again, after the only row was withdrawn.
        (None, [], 1) => 0,
        (None, numbers, _) => {
            let message = format!("{} rows of {scope} about {body} are not withdrawn", numbers.len());
            return Err(Fault::usage("ROW_AMBIGUOUS", message).hint(format!("--row N; {} shows them", shows())).into());
        }
    };
    let missing = || {
        let message = format!("{scope} has {} rows about {body}, none with the number {number}", rows.len());
        Fault::refused("NO_SUCH_RECOGNITION", message).hint(shows())
    };
    let row = usize::try_from(number).ok().and_then(|at| rows.get(at)).ok_or_else(missing)?;
    // A withdrawal made before was based on the revision before it: the same statement then gets its original receipt.
    let base = Revision(row.revision.0.saturating_sub(u32::from(row.withdrawn.is_some())));
    let statement = Statement::WithdrawRecognise(WithdrawRecognise { scope, body, number, base, reason: args.reason });
    stating.say(statement, None).await
}

/// Who speaks for a scope, as the answer proves it; `None` where a country has no recognising authority.
fn speaker(answer: &ListsAnswer, scope: RecognitionScope) -> Result<Option<OrgId>> {
    let country = match scope {
        RecognitionScope::Accreditation(body) => return Ok(Some(body)),
        RecognitionScope::Country(country) => country,
    };
    match answer.view.show::<AuthorityRecord>(&RecordKey::Authority(country)).map_err(unshown)? {
        Shown::Present(authority) => Ok(Some(authority.organisation)),
        Shown::Absent => Ok(None),
        Shown::NotCovered => Err(unshown(format!("the answer does not show the authority of {country}")).into()),
    }
}

async fn list(args: &RecogniseListArgs, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let scope = args.scope.scope;
    let answer = match kept(&args.proof, &trust)? {
        Some(kept) => kept,
        None => Nodes::connect(home, &trust)?.lists(&[ListQuery::Recognised(scope)]).await?,
    };
    let header = &answer.view.header;
    let at = args.on.map_or(header.time, Day::end);
    let by = speaker(&answer, scope)?;
    let recognised = answer.recognised(scope).map_err(unshown)?;
    let mut report = Report::new();
    let (mut rows, mut in_force) = (Vec::new(), 0usize);
    for (body, records) in recognised.iter().filter(|(body, _)| args.body.is_none_or(|asked| asked == *body)) {
        for (number, record) in records.iter().enumerate() {
            let row = RecognitionRow::of(record, by.unwrap_or(record.author), *body);
            let standing = row.standing(at);
            in_force = in_force.saturating_add(usize::from(standing == RowStanding::InForce));
            report = report.result(row_line(number, &row, standing));
            rows.push(row_json(number, record, &row, standing));
        }
    }
    let whose = by.map_or_else(|| format!("{scope} has no recognising authority"), |by| format!("{scope}, recognised by {by}"));
    let kept = args.save_status.as_deref().map(|path| keep(path, &answer.files)).transpose()?.unwrap_or_default();
    Ok(report
        .note(format!("{whose}: {} rows, {in_force} in force at {}; these are all", rows.len(), rfc3339(at)))
        .note(format!("proven under the head of block {}, {}", header.height, rfc3339(header.time)))
        .notes(kept.iter().map(|path| format!("kept a status proof in {}", path.display())))
        .field("scope", scope.to_string())
        .field("authority", by.map(|by| by.to_string()))
        .field("complete", true)
        .field("at", rfc3339(at))
        .field("head", json!({ "height": header.height.0, "time": rfc3339(header.time), "time_ms": header.time.0 }))
        .field("rows", rows))
}

/// The published list as it is recorded; `sheet` stands for it if nothing else is named.
fn source(args: &SourceArgs, sheet: Option<&Path>) -> Result<RecognitionSource> {
    let fingerprint = match (args.list.as_deref().or(sheet), args.list_fingerprint) {
        (_, Some(fingerprint)) => fingerprint,
        (Some(list), None) => Fingerprint::of_file(&files::read(list, files::DOCUMENT_BYTES_MAX)?),
        (None, None) => {
            return Err(Fault::usage("LIST_MISSING", "no published list given").hint("--list FILE, or --list-fingerprint").into());
        }
    };
    RecognitionSource::new(&args.source, args.list_date, fingerprint).map_err(|e| Fault::usage("SOURCE_INVALID", e.to_string()).into())
}

/// Prefixes as a row holds them.
fn ascending(prefixes: &[HsPrefix]) -> Vec<HsPrefix> {
    let mut sorted = prefixes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

/// Whether a row on the log says the same, from the same published list.
fn says(record: &RecognitionRecord, row: &Recognise) -> bool {
    record.standard == row.standard
        && record.prefixes == row.prefixes
        && (record.valid_from, record.valid_until) == (row.valid_from, row.valid_until)
        && record.source == row.source
}

/// A scope as it is given on the command line.
fn scope_name(scope: RecognitionScope) -> String {
    match scope {
        RecognitionScope::Country(country) => country.to_string(),
        RecognitionScope::Accreditation(body) => body.to_string(),
    }
}

/// The file beside a list that holds the receipt of a row taken from it.
fn receipt_name(list: &Path, scope: RecognitionScope, body: OrgId, number: Revision) -> PathBuf {
    files::with_suffix(list, &format!("{}.{body}.{number}.eco", scope_name(scope)))
}

fn row_line(number: usize, row: &RecognitionRow, standing: RowStanding) -> String {
    let until = row.until.map_or_else(|| "no end".to_string(), |until| format!("until {}", rfc3339(until)));
    let (word, tint) = match standing {
        RowStanding::InForce => ("in force".to_string(), Paint::Good),
        RowStanding::NotYet(from) => (format!("not before {}", rfc3339(from)), Paint::Doubt),
        RowStanding::Ended(until) => (format!("ended {}", rfc3339(until)), Paint::Dim),
        RowStanding::Withdrawn(at) => (format!("withdrawn {}", rfc3339(at)), Paint::Bad),
    };
    let (RecognitionRow { body, standard, goods, source, .. }, from) = (row, rfc3339(row.from));
    let word = paint(&word, tint);
    format!("{body} {number}  {word}  {standard}  HS {goods}  from {from}, {until}  ({} of {})", source.url, source.list_date)
}

fn row_json(number: usize, record: &RecognitionRecord, row: &RecognitionRow, standing: RowStanding) -> Value {
    json!({
        "body": row.body.as_str(),
        "number": number,
        "revision": record.revision.0,
        "author": record.author.as_str(),
        "accreditation_standard": row.standard,
        "hs_prefixes": record.prefixes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "valid_from": rfc3339(row.from),
        "valid_until": row.until.map(rfc3339),
        "recorded": rfc3339(row.recorded),
        "index": record.recorded.index,
        "standing": match standing {
            RowStanding::InForce => "in_force",
            RowStanding::NotYet(_) => "not_yet",
            RowStanding::Ended(_) => "ended",
            RowStanding::Withdrawn(_) => "withdrawn",
        },
        "withdrawn": record.withdrawn.map(|w| json!({ "time": rfc3339(w.place.time), "reason": w.reason.to_string(), "index": w.place.index })),
        "source": {
            "url": row.source.url,
            "list_date": row.source.list_date.to_string(),
            "fingerprint": record.source.fingerprint.to_string(),
        },
    })
}
