//! A check of many files before they are filed: one row each, every code, the worst exit code.

mod row;
mod together;

use super::{Examined, gather, judge, policy, question, reader};
use crate::anchoring::fault_of;
use crate::anchors;
use crate::args::{MethodName, VerifyArgs};
use crate::document::Document;
use crate::evidence::Gathered;
use crate::files::{self, Wanted};
use crate::home::Home;
use crate::nodes::Asking;
use crate::report::Report;
use crate::seals;
use crate::show;
use crate::signing::jobs;
use crate::workers;
use anyhow::Result;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Policy, Question};
use eco_documents::pdf::PathMaterial;
use row::Row;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files read at a time, and kept in memory until they are judged: their findings, not their bytes.
const CHUNK: usize = 64;

/// How files are read and judged.
#[derive(Clone)]
struct Check {
    question: Question,
    policy: Policy,
    method: MethodName,
    read: fn(&Path, MethodName, &PathMaterial) -> Result<Document>,
    given: Arc<PathMaterial>,
    trust: Arc<Option<TrustRoot>>,
}

impl Check {
    fn of(args: &VerifyArgs, home: &Home) -> Result<Self> {
        Ok(Self {
            question: question(args, crate::dates::now()),
            policy: policy(args),
            method: args.method,
            read: reader(args),
            given: Arc::new(anchors::material(&args.anchors, home)?),
            trust: Arc::new(home.trust()?),
        })
    }

    fn trust(&self) -> Option<&TrustRoot> {
        self.trust.as_ref().as_ref()
    }

    fn document(&self, path: &Path) -> Result<Document> {
        (self.read)(path, self.method, &self.given)
    }
}

/// Verifies files one by one, or certificates with their passports, and reports them together.
pub(super) async fn run(args: &VerifyArgs, home: &Home, as_json: bool) -> Result<Report> {
    let check = Check::of(args, home)?;
    let paths: Vec<PathBuf> = jobs(&args.files, None, Wanted::All)?.into_iter().map(|job| job.document).collect();
    let mut asking = (!args.offline).then(|| Asking::of(home, check.trust()));
    let rows = if args.together() {
        together::rows(args, home, check, paths, asking.as_mut(), as_json).await?
    } else {
        rows(check, &paths, asking.as_mut(), as_json).await?
    };
    let unsaved = asking.and_then(|asking| asking.keep_head());
    if let Some(csv) = &args.csv {
        files::write(csv, row::csv_text(&rows).as_bytes())?;
    }
    Ok(row::report(&rows, args.csv.as_deref()).notes(unsaved))
}

/// Each file by itself.
async fn rows(mut check: Check, paths: &[PathBuf], mut asking: Option<&mut Asking<'_>>, as_json: bool) -> Result<Vec<Row>> {
    let bar = show::progress_bar(paths.len(), as_json);
    let mut rows = Vec::with_capacity(paths.len());
    for chunk in paths.chunks(CHUNK) {
        let own = check.clone();
        let read = move |path: PathBuf| {
            let found = own.document(&path).and_then(|document| Ok((Gathered::from_files(Some(&path), &[])?, document)));
            (path, found)
        };
        let mut found = workers::start(chunk.to_vec(), workers::usual(), read).finish().await?;
        for (gathered, document) in found.iter_mut().filter_map(|(_, found)| found.as_mut().ok()) {
            gather(document, gathered, &check.question, asking.as_deref_mut()).await;
        }
        let evidence = found.iter().filter_map(|(_, found)| found.as_ref().ok()).flat_map(|(gathered, _)| gathered.all_bytes()).collect();
        seals::verify_once(&mut check.trust, evidence).await?;
        let own = check.clone();
        let judged = move |(path, found): (PathBuf, Result<(Gathered, Document)>)| match found {
            Ok((gathered, document)) => {
                let examined: Examined = judge(document, gathered, &own.question, own.trust(), &own.policy);
                Row::of(&path, &examined, &own.question)
            }
            Err(error) => Row::failed(&path, &fault_of(error)),
        };
        rows.extend(workers::start(found, workers::usual(), judged).finish().await?);
        bar.inc(u64::try_from(chunk.len()).unwrap_or_default());
    }
    bar.finish_and_clear();
    Ok(rows)
}
