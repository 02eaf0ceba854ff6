//! `eco status` of many documents: up to a thousand questions in one call, each answered with its proof. A row that cannot
//! be read or answered stops no other.

use super::product;
use super::row::{Row, csv_text, report};
use crate::anchoring::fault_of;
use crate::args::{MethodName, StatusArgs};
use crate::dates::now;
use crate::document::Document;
use crate::evidence::{Exhibit, Gathered};
use crate::fault::Fault;
use crate::files::{self, Wanted};
use crate::home::Home;
use crate::judging;
use crate::named::Named;
use crate::nodes::{Nodes, Query};
use crate::report::Report;
use crate::seals;
use crate::sheet::Sheet;
use crate::show::progress_bar;
use crate::signing::jobs;
use crate::workers;
use anyhow::Result;
use eco_client::StatusAnswer;
use eco_core::Fingerprint;
use eco_core::document::DocumentId;
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Policy, Question, Reach};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Questions in one call.
const CHUNK: usize = 1000;
/// Lists in one call: each may hold many records.
const LISTS_AT_ONCE: usize = 200;
/// Columns that each name a document.
const NAMING: [&str; 5] = ["file", "document", "fingerprint", "number", "product"];

/// One question as it stands in arguments or a spreadsheet.
#[derive(Debug, Clone)]
enum Said {
    File(PathBuf),
    Id(DocumentId),
    Fingerprint(Fingerprint),
    Number(CertificateNumber),
    Product(String),
}

/// One row: what it is about, or why that cannot be read.
struct Asked {
    shown: String,
    issuer: Option<OrgId>,
    said: Result<Said, Fault>,
}

/// One question with what is needed to answer it.
enum Ready {
    /// For the judge: a document, or a number.
    Judged(Box<Question>, Option<Box<Document>>, Query),
    /// For the record as it is.
    Recorded(Box<Named>),
    /// For lists.
    Product(product::Asked),
}

/// Runs `eco status` for several documents.
pub(super) async fn run(args: &StatusArgs, home: &Home, trust: TrustRoot, as_json: bool) -> Result<Report> {
    let asked = match &args.batch {
        Some(path) => spreadsheet(path, args.issuer)?,
        None => named(args)?,
    };
    let nodes = Nodes::connect(home, &trust)?;
    let (mut trust, bar) = (Arc::new(Some(trust)), progress_bar(asked.len(), as_json));
    let (mut rows, mut silent) = (Vec::with_capacity(asked.len()), None);
    let (mut asked, method) = (asked.into_iter().peekable(), args.method);
    while asked.peek().is_some() {
        let chunk: Vec<Asked> = asked.by_ref().take(CHUNK).collect();
        let (count, own) = (chunk.len(), home.organisation(None).ok());
        let read = workers::start(chunk, workers::usual(), move |asked: Asked| {
            let ready = asked.said.and_then(|said| ready(said, asked.issuer, own, method));
            (asked.shown, ready)
        });
        rows.extend(answered(read.finish().await?, &nodes, &mut trust, &mut silent).await?);
        bar.inc(u64::try_from(count).unwrap_or_default());
    }
    bar.finish_and_clear();
    if let Some(csv) = &args.csv {
        files::write(csv, csv_text(&rows).as_bytes())?;
    }
    Ok(report(&rows, args.csv.as_deref()).notes(nodes.keep_head(home)))
}

/// Files, those of folders, and ids.
fn named(args: &StatusArgs) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    for given in &args.documents {
        let id = super::id_of(given);
        let said: Vec<Said> = match id {
            Some(id) => vec![Said::Id(id)],
            None if given.is_dir() => {
                jobs(std::slice::from_ref(given), None, Wanted::All)?.into_iter().map(|job| Said::File(job.document)).collect()
            }
            None => vec![Said::File(given.clone())],
        };
        asked.extend(said.into_iter().map(|said| Asked { shown: said.shown(), issuer: args.issuer, said: Ok(said) }));
    }
    Ok(asked)
}

/// The questions of a CSV: each line names one document by one column.
fn spreadsheet(path: &Path, issuer: Option<OrgId>) -> Result<Vec<Asked>> {
    let sheet = Sheet::read(path)?;
    let unknown = sheet.columns.iter().find(|column| !NAMING.contains(&column.as_str()) && *column != "issuer");
    if unknown.is_some() || !sheet.columns.iter().any(|column| NAMING.contains(&column.as_str())) {
        let found = sheet.columns.join(", ");
        let fault = Fault::usage("COLUMNS_INVALID", format!("{}: its columns are {found}", path.display()));
        return Err(fault.hint(format!("columns: issuer, and one or more of {}", NAMING.join(", "))).into());
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let asked = |row: &crate::sheet::Row| {
        let at = format!("line {}", row.line);
        let read = row.cells.clone().and_then(|cells| line(&sheet.filled(&cells).collect::<Vec<_>>(), issuer, folder));
        match read {
            Ok((said, issuer)) => Asked { shown: said.shown(), issuer, said: Ok(said) },
            Err(what) => {
                Asked { shown: at.clone(), issuer, said: Err(Fault::usage("LINE_INVALID", format!("{}, {at}: {what}", path.display()))) }
            }
        }
    };
    Ok(sheet.rows.iter().map(asked).collect())
}

/// What a line asks. Files are named from the folder of the spreadsheet.
fn line(cells: &[(&str, &str)], issuer: Option<OrgId>, folder: &Path) -> Result<(Said, Option<OrgId>), String> {
    let fault = |column: &str, e: &dyn std::fmt::Display| format!("{column}: {e}");
    let own = cells.iter().find(|(column, _)| *column == "issuer");
    let issuer = own.map(|(_, text)| text.parse::<OrgId>().map_err(|e| fault("issuer", &e))).transpose()?.or(issuer);
    let mut naming = cells.iter().filter(|(column, _)| *column != "issuer");
    let (Some((column, text)), None) = (naming.next(), naming.next()) else {
        return Err(format!("one of {} is to be filled", NAMING.join(", ")));
    };
    let said = match *column {
        "file" => Said::File(folder.join(text)),
        "document" => Said::Id(text.parse().map_err(|e| fault(column, &e))?),
        "fingerprint" => Said::Fingerprint(text.parse().map_err(|e| fault(column, &e))?),
        "number" => Said::Number(CertificateNumber::normalise(text).map_err(|e| fault(column, &e))?),
        _ => Said::Product((*text).to_owned()),
    };
    Ok((said, issuer))
}

impl Said {
    fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Id(id) => id.to_string(),
            Self::Fingerprint(fingerprint) => fingerprint.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Product(text) => text.clone(),
        }
    }
}

fn ready(said: Said, issuer: Option<OrgId>, own: Option<OrgId>, method: MethodName) -> Result<Ready, Fault> {
    let mut question = judging::question_now(now());
    question.issuer = issuer;
    Ok(match said {
        Said::File(path) => {
            let document = Document::read(&path, method).map_err(fault_of)?;
            if document.findings.candidates.is_empty() {
                return Err(Fault::refused("PDF_SIGNATURE_MISSING", format!("{} has no signature that holds", path.display())));
            }
            let query = Query::of(&document, issuer);
            Ready::Judged(Box::new(question), Some(Box::new(document)), query)
        }
        Said::Number(number) => {
            let missing =
                || Fault::usage("ISSUER_MISSING", format!("number {number} needs its issuer")).hint("the column issuer, or --issuer");
            let issuer = issuer.or(own).ok_or_else(missing)?;
            (question.issuer, question.number) = (Some(issuer), Some(number.clone()));
            Ready::Judged(Box::new(question), None, Query::Number { issuer, number })
        }
        Said::Id(id) => Ready::Recorded(Box::new(Named::of_id(id))),
        Said::Fingerprint(fingerprint) => Ready::Recorded(Box::new(Named::of_fingerprint(fingerprint, issuer))),
        Said::Product(text) => Ready::Product(product::Asked::read(&text, issuer.or(own))?),
    })
}

/// Asks for a chunk, and gives a row for each question in its order.
async fn answered(
    chunk: Vec<(String, Result<Ready, Fault>)>,
    nodes: &Nodes,
    trust: &mut Arc<Option<TrustRoot>>,
    silent: &mut Option<Fault>,
) -> Result<Vec<Row>> {
    let query = |ready: &Ready| match ready {
        Ready::Judged(_, _, query) => Some(query.clone()),
        Ready::Recorded(named) => Some(named.query().clone()),
        Ready::Product(_) => None,
    };
    let queries: Vec<Query> = chunk.iter().filter_map(|(_, ready)| query(ready.as_ref().ok()?)).collect();
    let answers = match &silent {
        Some(fault) => Err(fault.clone()),
        None if queries.is_empty() => Ok(Vec::new()),
        None => nodes.status_batch(&queries).await.map_err(|error| said_nothing(error, silent)),
    };
    let files = answers.iter().flatten().map(|answer: &StatusAnswer| answer.file.clone()).collect();
    seals::verify_once(trust, files).await?;
    let products: Vec<&product::Asked> =
        chunk.iter().filter_map(|(_, ready)| if let Ok(Ready::Product(asked)) = ready { Some(asked) } else { None }).collect();
    let mut found = Vec::with_capacity(products.len());
    for part in products.chunks(LISTS_AT_ONCE / 2) {
        found.extend(listed(part, nodes, silent).await);
    }
    let (mut answers, mut found) = (answers.map(Vec::into_iter), found.into_iter());
    let mut work = Vec::with_capacity(chunk.len());
    for (shown, ready) in chunk {
        let answer = match &ready {
            Ok(Ready::Judged(..) | Ready::Recorded(_)) => Some(match &mut answers {
                Ok(answers) => answers.next().ok_or_else(|| Fault::unverifiable("NODE_ANSWER_INVALID", "an answer is missing")),
                Err(fault) => Err(fault.clone()),
            }),
            _ => None,
        };
        let list = if let Ok(Ready::Product(_)) = &ready { found.next() } else { None };
        work.push((shown, ready, answer, list));
    }
    let trust = Arc::clone(trust);
    let row = move |(shown, ready, answer, list): Work| row(shown, ready, answer, list, trust.as_ref().as_ref());
    workers::start(work, workers::usual(), row).finish().await
}

type Work = (String, Result<Ready, Fault>, Option<Result<StatusAnswer, Fault>>, Option<Result<Vec<product::Found>, Fault>>);

fn row(
    shown: String,
    ready: Result<Ready, Fault>,
    answer: Option<Result<StatusAnswer, Fault>>,
    list: Option<Result<Vec<product::Found>, Fault>>,
    trust: Option<&TrustRoot>,
) -> Row {
    let row = ready.and_then(|ready| match (ready, answer.transpose()?, list.transpose()?) {
        (Ready::Judged(question, document, _), Some(answer), _) => {
            let exhibit = Exhibit { source: answer.node, bytes: answer.file };
            let gathered = Gathered { statuses: vec![exhibit], reach: Reach::Answered, ..Gathered::none() };
            let verdict = judging::verdict(&question, document.as_deref(), &gathered, trust, &Policy::default());
            Ok(Row::judged(&shown, &question, &verdict))
        }
        (Ready::Recorded(named), Some(answer), _) => {
            let (id, record) = named.find(&answer.view).map_err(fault_of)?;
            Ok(Row::recorded(&shown, id, record.as_ref(), answer.view.header.time))
        }
        (Ready::Product(asked), _, Some(found)) => Ok(Row::product(&asked.shown(), &found)),
        _ => Err(Fault::unverifiable("NODE_ANSWER_INVALID", "an answer is missing")),
    });
    row.unwrap_or_else(|fault| Row::failed(&shown, &fault))
}

/// The passports of several products.
async fn listed(asked: &[&product::Asked], nodes: &Nodes, silent: &mut Option<Fault>) -> Vec<Result<Vec<product::Found>, Fault>> {
    let all = |fault: &Fault| asked.iter().map(|_| Err(fault.clone())).collect();
    if let Some(fault) = silent {
        return all(fault);
    }
    let mut queries = Vec::new();
    for query in asked.iter().filter_map(|asked| asked.queries().ok()).flatten() {
        if !queries.contains(&query) {
            queries.push(query);
        }
    }
    match nodes.lists(&queries).await {
        Ok(answer) => asked.iter().map(|asked| asked.found(&answer)).collect(),
        Err(error) => all(&said_nothing(error, silent)),
    }
}

/// Why there is no answer. Where nobody answered, the next question would wait as long for nothing.
fn said_nothing(error: anyhow::Error, silent: &mut Option<Fault>) -> Fault {
    let fault = fault_of(error);
    if fault.reason == "NODE_UNREACHABLE" {
        *silent = Some(fault.clone());
    }
    fault
}
