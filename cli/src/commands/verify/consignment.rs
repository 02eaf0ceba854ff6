//! `eco verify` of a certificate with its passports: trust for each, eligibility for the scheme, differences to the entry.

use super::{network_json, policy, question, reader};
use crate::anchors;
use crate::args::{MethodName, VerifyArgs};
use crate::consignment::{Consignment, Terms, show};
use crate::dates::now;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::nodes::Asking;
use crate::report::{Exit, Report};
use crate::show::{examination_json, examination_lines, verdict_json};
use anyhow::Result;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Judgement, Policy, Question};
use serde_json::json;
use std::path::Path;

/// Gathers everything about one consignment and has it judged.
pub(super) async fn run(file: &Path, args: &VerifyArgs, home: &Home) -> Result<Report> {
    if args.save_status.is_some() {
        let what = "--save-status keeps the status proof of one document by itself";
        return Err(Fault::usage("ONE_DOCUMENT_ONLY", what).hint("--save keeps everything that was proven").into());
    }
    let trust = home.trust()?;
    let given = anchors::material(&args.anchors, home)?;
    let read = |path: &Path, method| reader(args)(path, method, &given);
    let passports = args.consignment.passport.iter().map(|path| read(path, MethodName::Auto)).collect::<Result<Vec<_>>>()?;
    let mut consignment =
        Consignment::of(Some(read(file, args.method)?), passports, Terms::of(&args.consignment)?.declared(Terms::own(&args.own, home)?))?;
    consignment.add_files(&args.receipt, trust.as_ref())?;
    let (question, policy) = (question(args, now()), policy(args));
    let mut asking = (!args.offline).then(|| Asking::of(home, trust.as_ref()));
    if let Some(asking) = &mut asking {
        let countries: Vec<_> = consignment.importing().into_iter().collect();
        consignment.ask(asking, &question, trust.as_ref(), &countries).await;
    }
    let judgement = consignment.judge(&question, trust.as_ref(), &policy);
    let mut report = report(Report::new(), &question, &policy, &consignment, &judgement, trust.as_ref());
    if let Some(path) = &args.save {
        files::write(path, &consignment.save(&question, &policy, &judgement)?)?;
        report = kept(report, path);
    }
    Ok(report.notes(asking.and_then(|asking| asking.keep_head())))
}

/// Says where the verdict is kept.
pub(super) fn kept(report: Report, path: &Path) -> Report {
    let shown = path.display();
    let report = report.note(format!("kept the verdict with its evidence in {shown}; later: eco verify {shown}"));
    report.field("verdict_file", shown.to_string())
}

/// The judgement as an answer, the same wherever a consignment is judged.
pub(crate) fn report(
    base: Report,
    question: &Question,
    policy: &Policy,
    consignment: &Consignment,
    judgement: &Judgement,
    trust: Option<&TrustRoot>,
) -> Report {
    let lists = consignment.lists(trust);
    let evidence: Vec<_> = consignment.pieces().flat_map(|piece| piece.gathered.describe(trust)).collect();
    let mut report = base.exit(Exit::of_judgement(judgement));
    for line in show::headlines(consignment, judgement) {
        report = report.result(line);
    }
    if let Some(piece) = consignment.issued() {
        report = report.notes(examination_lines(&piece.document));
    }
    report
        .notes(show::lines(question, consignment, judgement))
        .field("file", consignment.issued().map(|piece| piece.document.path.display().to_string()))
        .field("examined", consignment.issued().map(|piece| examination_json(&piece.document)))
        .field("network", trust.map(network_json))
        .field("evidence", evidence)
        .field("lists", json!({ "files": consignment.proofs.len(), "put_aside": lists.put_aside() }))
        .field("policy", json!({ "status_age_ms_max": policy.status_age_ms_max }))
        .field("verdict", judgement.certificate.as_ref().map(|verdict| verdict_json(question, verdict)))
        .field("passports", show::passports_json(question, consignment, judgement))
        .field("import", show::import_json(consignment))
        .field("eligibility", show::scheme_json(consignment, judgement))
        .field("aside", show::aside_json(consignment, judgement))
}
