//! `eco recognise import`: a country's list as published, compared with what stands on the log, and then recorded.

use super::diff::{Diff, Fate, Listed, New, Said, Standing};
use super::{receipt_name, scope_name, sheet, source, speaker};
use crate::anchoring::Outcome;
use crate::args::RecogniseImportArgs;
use crate::commands::anchor::WAIT_MS;
use crate::dates::{now, rfc3339};
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::nodes::Nodes;
use crate::report::{Exit, Paint, Report, paint};
use crate::secrets::LogKey;
use crate::show::progress_bar;
use crate::stating::{kept, unshown};
use anyhow::Result;
use eco_client::{ListQuery, ListsAnswer};
use eco_core::entry::{ENTRY_VERSION, Entry, SignedEntry};
use eco_core::name::{OrgId, Revision};
use eco_core::recognition::{RecognitionScope, RecognitionSource};
use eco_core::registry::{Organisation, Roles};
use eco_core::state::{RecognitionRecord, RecordKey};
use eco_core::statement::{Recognise, Statement, WithdrawRecognise};
use eco_core::status::Shown;
use eco_core::trust::TrustRoot;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, IsTerminal, Write};

/// Bytes of the largest list read.
const LIST_BYTES_MAX: u64 = 16 << 20;
/// Entries in one request.
const BATCH: usize = 250;

/// Runs `eco recognise import`.
pub(super) async fn run(args: &RecogniseImportArgs, home: &Home, as_json: bool) -> Result<Report> {
    let (trust, scope) = (home.trust_required()?, args.scope.scope);
    let author = home.organisation(args.org)?;
    let (listed, faults) = sheet::read(&args.sheet, &files::read(&args.sheet, LIST_BYTES_MAX)?, now())?;
    let source = source(&args.source, Some(&args.sheet))?;
    let bodies: BTreeSet<OrgId> = listed.iter().map(|row| row.said.body).collect();
    let answer = match kept(&args.proof, &trust)? {
        Some(kept) => kept,
        None => Nodes::connect(home, &trust)?.lists(&queries(scope, &bodies)).await?,
    };
    may_speak(&answer, scope, author)?;
    let recognised = answer.recognised(scope).map_err(unshown)?;
    let standing = standing(&answer, &recognised);
    let faults: Vec<String> = faults.into_iter().chain(listed.iter().filter_map(|row| unfit(&answer, scope, row))).collect();
    let diff = Diff::of(&listed, &standing);
    let report = shown(&diff, &args.sheet.display().to_string(), scope, &answer);
    if !faults.is_empty() {
        let note = format!("{} lines of the list cannot be recorded; nothing was said:", faults.len());
        let report = report.note(paint(&note, Paint::Bad)).notes(faults.iter().map(|f| format!("  {f}")));
        return Ok(report.field("faults", faults).field("applied", false).exit(Exit::Usage));
    }
    if diff.is_empty() || args.dry_run {
        return Ok(report.field("applied", diff.is_empty()));
    }
    if !args.yes && !confirmed(report.notes_so_far(), as_json)? {
        let report = report.note("nothing was said; --yes records it, --dry-run only compares");
        return Ok(report.field("applied", false).exit(Exit::Usage));
    }
    let key = args.key.as_deref().ok_or_else(|| Fault::usage("KEY_MISSING", "no key given").hint("--key FILE"))?;
    let applying = Applying {
        nodes: Nodes::connect(home, &trust)?,
        key: LogKey::open(key, &args.passphrase)?,
        trust,
        author,
        args,
        source,
        counts: recognised.iter().map(|(body, rows)| (*body, rows.len())).collect(),
    };
    let report = if args.yes { report } else { report.without_notes() };
    applying.apply(&diff, report, as_json).await
}

/// The country's list; and the members that it will name, with their roles.
fn queries(scope: RecognitionScope, bodies: &BTreeSet<OrgId>) -> Vec<ListQuery> {
    let members = bodies.iter().filter_map(|body| match scope {
        RecognitionScope::Country(country) => Some(ListQuery::Recognition { country, body: *body }),
        RecognitionScope::Accreditation(_) => None,
    });
    [ListQuery::Recognised(scope)].into_iter().chain(members).collect()
}

/// Whoever does not speak for the scope is told before anything is compared.
fn may_speak(answer: &ListsAnswer, scope: RecognitionScope, author: OrgId) -> Result<()> {
    let speaker = speaker(answer, scope)?;
    if speaker == Some(author) {
        return Ok(());
    }
    let whose = speaker.map_or_else(|| "nobody".to_owned(), |s| s.to_string());
    Err(Fault::refused("NOT_THE_AUTHORITY", format!("{whose} speaks for {scope}, not {author}")).hint("--org SLUG").into())
}

/// Rows that count, or will.
fn standing(answer: &ListsAnswer, recognised: &[(OrgId, Vec<RecognitionRecord>)]) -> Vec<Standing> {
    let at = answer.view.header.time;
    let rows = recognised.iter().flat_map(|(body, rows)| (0u32..).zip(rows).map(|(number, row)| (*body, number, row)));
    rows.filter(|(.., row)| row.withdrawn.is_none() && row.valid_until.is_none_or(|until| until > at))
        .map(|(body, number, row)| Standing { number, said: Said::of(body, row) })
        .collect()
}

/// Why the log would refuse a row for whom it names.
fn unfit(answer: &ListsAnswer, scope: RecognitionScope, row: &Listed) -> Option<String> {
    let body = row.said.body;
    let member = match answer.view.show::<Organisation>(&RecordKey::Organisation(body)) {
        Ok(Shown::Present(member)) => member,
        Ok(Shown::Absent) => return Some(format!("line {}: {body} is no member of the network", row.line)),
        Ok(Shown::NotCovered) | Err(_) => return None,
    };
    let accredits = matches!(scope, RecognitionScope::Country(_)) && member.roles.has(Roles::ACCREDITATION_BODY);
    let fits = accredits || member.roles.has(Roles::VERIFICATION_BODY);
    let has = || member.roles.names().collect::<Vec<_>>().join(", ");
    (!fits).then(|| format!("line {}: {body} is no verification or accreditation body; it is {}", row.line, has()))
}

fn text(said: &Said) -> String {
    let hs: Vec<String> = said.prefixes.iter().map(ToString::to_string).collect();
    let until = said.until.map_or_else(|| "no end".to_owned(), |until| format!("until {}", rfc3339(until)));
    format!("{}  {}  HS {}  from {}, {until}", said.body, said.standard, hs.join(" "), rfc3339(said.from))
}

fn said_json(said: &Said) -> Value {
    json!({
        "body": said.body.as_str(), "accreditation_standard": said.standard.as_str(),
        "hs_prefixes": said.prefixes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "valid_from": rfc3339(said.from), "valid_until": said.until.map(rfc3339),
    })
}

/// The comparison, for people and programs.
fn shown(diff: &Diff<'_>, sheet: &str, scope: RecognitionScope, answer: &ListsAnswer) -> Report {
    let changed = |new: &&New<'_>| new.instead.is_some();
    let instead: Vec<&Standing> =
        diff.new.iter().filter_map(|n| n.instead).filter(|(_, f)| *f == Fate::Withdrawn).map(|(s, _)| s).collect();
    let gone: Vec<&Standing> = diff.withdrawn.iter().copied().filter(|s| !instead.contains(s)).collect();
    let mut lines = Vec::new();
    for new in &diff.new {
        let (sign, tint) = if new.instead.is_some() { ("~", Paint::Doubt) } else { ("+", Paint::Good) };
        lines.push(format!("  {} {}  (line {})", paint(sign, tint), text(&new.row.said), new.row.line));
        lines.extend(new.instead.map(|(before, fate)| match fate {
            Fate::Withdrawn => format!("      instead of row {}: {}", before.number, text(&before.said)),
            Fate::Stays => format!("      beside row {}, which stays: {}", before.number, text(&before.said)),
        }));
    }
    lines.extend(gone.iter().map(|s| format!("  {} {}  (row {})", paint("-", Paint::Bad), text(&s.said), s.number)));
    let (changes, added) = (diff.new.iter().filter(changed).count(), diff.new.iter().filter(|n| n.instead.is_none()).count());
    let header = &answer.view.header;
    let counted = format!("{added} added, {} withdrawn, {changes} changed, {} unchanged", gone.len(), diff.unchanged);
    let rows = |standing: &[&Standing]| -> Vec<Value> {
        standing.iter().map(|s| json!({ "number": s.number, "row": said_json(&s.said) })).collect()
    };
    let new_rows = diff.new.iter().map(|n| {
        let before =
            n.instead.map(|(s, fate)| json!({ "number": s.number, "row": said_json(&s.said), "withdrawn": fate == Fate::Withdrawn }));
        json!({ "line": n.row.line, "row": said_json(&n.row.said), "instead_of": before })
    });
    Report::new()
        .note(format!("{sheet} against {scope} as proven at block {}, {}:", header.height, rfc3339(header.time)))
        .notes(lines)
        .result(counted)
        .field("scope", scope.to_string())
        .field("new", new_rows.collect::<Vec<_>>())
        .field("withdrawn", rows(&gone))
        .field("unchanged", diff.unchanged)
        .field("head", json!({ "height": header.height.0, "time": rfc3339(header.time), "time_ms": header.time.0 }))
}

/// Shows the comparison and asks, on a terminal; anywhere else nobody has agreed.
fn confirmed(lines: &[String], as_json: bool) -> Result<bool> {
    if as_json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(false);
    }
    let mut err = std::io::stderr().lock();
    lines.iter().try_for_each(|line| writeln!(err, "{line}"))?;
    write!(err, "Record this? Type yes: ")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// What is needed to say the changes.
struct Applying<'a> {
    nodes: Nodes,
    key: LogKey,
    trust: TrustRoot,
    author: OrgId,
    args: &'a RecogniseImportArgs,
    source: RecognitionSource,
    /// How many rows there are about a body.
    counts: BTreeMap<OrgId, usize>,
}

impl Applying<'_> {
    /// Records new rows first and withdraws old ones only when all of them stand: nobody falls between two editions.
    async fn apply(&self, diff: &Diff<'_>, mut report: Report, as_json: bool) -> Result<Report> {
        let rounds = self.rounds(diff)?;
        let total = rounds.iter().map(Vec::len).sum();
        let bar = progress_bar(total, as_json);
        let (mut recorded, mut refused) = (0usize, Vec::new());
        let mut stopped = None;
        'rounds: for round in rounds {
            for part in round.chunks(BATCH) {
                match self.nodes.submit(part.to_vec()).await {
                    Ok(outcomes) => {
                        for (entry, outcome) in part.iter().zip(outcomes) {
                            bar.inc(1);
                            match self.settle(entry, outcome)? {
                                None => recorded = recorded.saturating_add(1),
                                Some(fault) => refused.push(fault),
                            }
                        }
                    }
                    Err(error) => stopped = Some(error),
                }
                if stopped.is_some() || !refused.is_empty() {
                    break 'rounds;
                }
            }
        }
        bar.finish_and_clear();
        report = report.note(format!("{recorded} of {total} changes are on the log")).field("recorded", recorded).field("changes", total);
        let again = "run the same command again: what is on the log is compared anew, and only the rest is said";
        let exit = match (&stopped, refused.first()) {
            (None, None) => return Ok(report.field("applied", true)),
            (Some(error), _) => {
                report = report.note(format!("{} {error:#}", paint("error:", Paint::Bad)));
                error.downcast_ref::<Fault>().map_or(Exit::Unverifiable, |fault| fault.exit)
            }
            (None, Some(first)) => first.exit,
        };
        let line = |fault: &Fault| format!("{} {fault} [{}]", paint("error:", Paint::Bad), fault.reason);
        let errors: Vec<Value> = refused.iter().map(|f| json!({ "reason": f.reason, "message": f.message })).collect();
        Ok(report.notes(refused.iter().map(line)).note(again).field("refused", errors).field("applied", false).exit(exit))
    }

    /// Entries in rounds: a row builds on the one before it about the same body, so a round has one of each body.
    fn rounds(&self, diff: &Diff<'_>) -> Result<Vec<Vec<SignedEntry>>> {
        let mut rounds: Vec<Vec<SignedEntry>> = Vec::new();
        let mut said: BTreeMap<OrgId, usize> = BTreeMap::new();
        for New { row: Listed { said: row, .. }, .. } in &diff.new {
            let round = said.entry(row.body).or_default();
            let count = self.counts.get(&row.body).copied().unwrap_or_default().saturating_add(*round);
            let entry = self.sign(Statement::Recognise(Recognise {
                scope: self.args.scope.scope,
                body: row.body,
                base: Revision(u32::try_from(count)?),
                standard: row.standard.clone(),
                prefixes: row.prefixes.clone(),
                valid_from: row.from,
                valid_until: row.until,
                source: self.source.clone(),
            }))?;
            match rounds.get_mut(*round) {
                Some(open) => open.push(entry),
                None => rounds.push(vec![entry]),
            }
            *round = round.saturating_add(1);
        }
        let withdrawals = diff.withdrawn.iter().map(|standing| {
            self.sign(Statement::WithdrawRecognise(WithdrawRecognise {
                scope: self.args.scope.scope,
                body: standing.said.body,
                number: standing.number,
                base: Revision(1),
                reason: self.args.reason,
            }))
        });
        rounds.push(withdrawals.collect::<Result<_>>()?);
        Ok(rounds)
    }

    fn sign(&self, statement: Statement) -> Result<SignedEntry> {
        let (network, author, not_after) = (self.trust.network(), self.author, now().plus_ms(WAIT_MS));
        self.key.sign(Entry { version: ENTRY_VERSION, network, author, agent: None, not_after, statement })
    }

    /// Writes the receipt of a new row beside the list; gives what was refused.
    fn settle(&self, entry: &SignedEntry, outcome: Outcome) -> Result<Option<Fault>> {
        let receipt = match outcome {
            Outcome::Recorded { receipt, .. } => receipt,
            Outcome::Refused(mut fault) => {
                fault.message = format!("{}: {fault}", about(entry));
                return Ok(Some(fault));
            }
        };
        if let Statement::Recognise(row) = &entry.entry().statement {
            files::write(&receipt_name(&self.args.sheet, row.scope, row.body, row.base), &receipt.to_file())?;
        }
        Ok(None)
    }
}

fn about(entry: &SignedEntry) -> String {
    match &entry.entry().statement {
        Statement::Recognise(row) => format!("{} for {}", row.body, scope_name(row.scope)),
        Statement::WithdrawRecognise(row) => format!("row {} of {} for {}", row.number, row.body, scope_name(row.scope)),
        other => other.name().to_owned(),
    }
}
