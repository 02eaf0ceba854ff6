//! Checking JSON documents, one or a folder of thousands: every flaw of each, counted at the end.

use crate::fault::Fault;
use crate::files;
use crate::report::{Exit, Paint, Report, paint};
use crate::show::progress_bar;
use anyhow::Result;
use eco_core::Fingerprint;
use eco_documents::profile::Flaw;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What checking one document found.
pub(crate) struct Checked {
    /// Its fingerprint, if it is strict JSON.
    pub(crate) fingerprint: Option<Fingerprint>,
    /// What is to be mended, and notices.
    pub(crate) flaws: Vec<Flaw>,
}

/// Checks every file, on as many threads as there are processors. A file that cannot be read does not stop the others.
pub(crate) fn run(paths: &[PathBuf], as_json: bool, check: impl Fn(&[u8]) -> Checked + Sync) -> Result<Report> {
    let files = listed(paths)?;
    let bar = progress_bar(files.len(), as_json);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((at, path)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            files.get(at).map(|p| (at, p))
        } {
            done.push((at, files::read(path, 1 << 20).map(|bytes| check(&bytes))));
            bar.inc(1);
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len()).max(1);
    let mut done: Vec<(usize, Result<Checked>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_default()).collect()
    });
    bar.finish_and_clear();
    done.sort_by_key(|(at, _)| *at);
    if done.len() != files.len() {
        return Err(Fault::unverifiable("FAILED", format!("{} of {} files were checked", done.len(), files.len())).into());
    }
    Ok(report(files.iter().zip(done.into_iter().map(|(_, checked)| checked))))
}

/// The files named, and those of the directories named, in order.
fn listed(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |e: std::io::Error| Fault::unverifiable("FILE_UNREADABLE", format!("{}: {e}", path.display()));
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.extension().is_some_and(|e| e == "json" || e == "jsonld") && file.is_file() {
                found.push(file);
            }
        }
        if found.is_empty() {
            return Err(Fault::usage("NO_FILES", format!("{} holds no .json or .jsonld file", path.display())).into());
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

fn report<'a>(checked: impl Iterator<Item = (&'a PathBuf, Result<Checked>)>) -> Report {
    let mut report = Report::new();
    let (mut good, mut bad, mut rows) = (0usize, 0usize, Vec::new());
    let mut exit = Exit::Done;
    for (path, checked) in checked {
        let shown = path.display();
        match checked {
            Ok(checked) if checked.flaws.iter().all(Flaw::is_notice) => {
                good += 1;
                let fingerprint = checked.fingerprint.map(|f| f.to_string()).unwrap_or_default();
                report = report.result(format!("{shown}  {}  {fingerprint}", paint("good", Paint::Good)));
                report = report.notes(checked.flaws.iter().map(flaw_line));
                rows.push(row(path, &checked));
            }
            Ok(checked) => {
                bad += 1;
                exit = Exit::Untrustworthy;
                let flaws = checked.flaws.len();
                report = report.result(format!("{shown}  {}", paint(&format!("{flaws} to mend"), Paint::Bad)));
                report = report.note(format!("{shown}:")).notes(checked.flaws.iter().map(flaw_line));
                rows.push(row(path, &checked));
            }
            Err(error) => {
                bad += 1;
                exit = if exit == Exit::Done { Exit::Unverifiable } else { exit };
                report = report.result(format!("{shown}  {}", paint("not read", Paint::Doubt))).note(format!("{shown}: {error:#}"));
                rows.push(json!({ "file": shown.to_string(), "error": format!("{error:#}") }));
            }
        }
    }
    if good.saturating_add(bad) > 1 {
        report = report.note(format!("{good} good, {bad} to mend"));
    }
    report.exit(exit).field("files", rows).field("good", good).field("to_mend", bad)
}

/// The refusal of a document that is not as it must be: for its first flaw, unless all are notices.
pub(crate) fn without_flaw<'f>(shown: &str, check: &str, flaws: impl IntoIterator<Item = &'f Flaw>) -> Result<(), Fault> {
    match flaws.into_iter().find(|flaw| !flaw.is_notice()) {
        None => Ok(()),
        Some(Flaw { code, path, rule, found, .. }) => {
            let what = format!("{shown}: {path}: {rule}, found {found}");
            Err(Fault::refused(code.name(), what).hint(format!("{check} {shown} shows every flaw")))
        }
    }
}

/// A flaw for people.
pub(crate) fn flaw_line(flaw: &Flaw) -> String {
    let path = if flaw.path.is_empty() { "the document" } else { &flaw.path };
    let tint = if flaw.is_notice() { Paint::Dim } else { Paint::Bad };
    let code = paint(flaw.code.name(), tint);
    format!("  {code}  {path} (byte {}): must be {}; found {}; {}", flaw.offset, flaw.rule, flaw.found, flaw.mend)
}

/// A flaw for programs.
pub(crate) fn flaw_json(flaw: &Flaw) -> Value {
    let Flaw { code, path, offset, rule, found, mend } = flaw;
    json!({ "code": code.name(), "path": path, "offset": offset, "rule": rule, "found": found, "mend": mend })
}

fn row(path: &Path, checked: &Checked) -> Value {
    json!({
        "file": path.display().to_string(),
        "fingerprint": checked.fingerprint.map(|f| f.to_string()),
        "flaws": checked.flaws.iter().map(flaw_json).collect::<Vec<_>>(),
    })
}
