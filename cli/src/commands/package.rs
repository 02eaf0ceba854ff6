//! `eco package`: the data package for pre-testing and filing, built in one command and checked offline in one.

use crate::anchors;
use crate::args::{MethodName, PackageBuildArgs, PackageCommand, PackageScopeArgs, PackageVerifyArgs};
use crate::consignment::{Consignment, SchemeAsked, Terms, show};
use crate::dates::{now, rfc3339};
use crate::document::{Document, ReadAs};
use crate::evidence::checked;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::nodes::Asking;
use crate::package::{Answer, Difference, MANIFEST, METADATA, Manifest, PASSPORTS, PROOFS, Package, Scope, Stated, differences};
use crate::report::{Exit, Paint, Report, paint};
use crate::show::verdict_json;
use anyhow::{Context, Result};
use eco_core::statement::Statement;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Import, Policy, Question};
use eco_documents::pdf::{Stapled, staple_unless};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Runs `eco package`.
pub(crate) async fn run(command: &PackageCommand, home: &Home) -> Result<Report> {
    match command {
        PackageCommand::Build(args) => build(args, home).await,
        PackageCommand::Verify(args) => verify(args, home),
    }
}

async fn build(args: &PackageBuildArgs, home: &Home) -> Result<Report> {
    let out = &args.out;
    if out.exists() {
        let fault = Fault::usage("FILE_EXISTS", format!("{} exists and is not touched", out.display()));
        return Err(fault.hint("give the name of a folder that does not exist").into());
    }
    let trust = home.trust_required()?;
    let given = anchors::material(&args.anchors, home)?;
    let read = |path: &Path| Document::read_by(path, MethodName::Auto, &given);
    let passports = args.passport.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    let mut scope = scope(&args.scope);
    // Any scheme of the log makes a node give all of them.
    let asked = scope.schemes.first().cloned().map_or(SchemeAsked::Nothing, SchemeAsked::Named);
    let import = Import { country: scope.countries.first().copied(), lodging: scope.lodging, arrival: scope.arrival };
    let mut consignment = Consignment::of(Some(read(&args.certificate)?), passports, Terms::about(import, asked))?;
    if consignment.issued().is_none() {
        return Err(Fault::usage("CERTIFICATE_MISSING", format!("{} is no certificate", args.certificate.display())).into());
    }
    if scope.countries.is_empty() {
        scope.countries.extend(consignment.importing());
    }
    consignment.add_files(&args.receipt, Some(&trust))?;
    let moment = args.as_of.map_or_else(now, |day| day.end().min(now()));
    let question = Question { now: moment, as_of: None, issuer: args.issuer, number: None, kind: None };
    let mut unkept = None;
    if !args.offline {
        let mut asking = Asking::of(home, Some(&trust));
        consignment.ask_all(&mut asking, &question, Some(&trust), &scope.countries).await;
        unkept = asking.keep_head();
    }
    // What a node sealed while it was asked is not ahead of the moment that the package is made.
    let question = Question { now: if args.as_of.is_some() { moment } else { now() }, ..question };
    let partial = beside(out)?;
    let made =
        write_documents(&partial, &consignment, &trust).and_then(|()| finish(&partial, out, args, &question, &scope, &trust, &given));
    if made.is_err() {
        drop(std::fs::remove_dir_all(&partial));
    }
    let Manifest { answers, missing, .. } = made?;
    let report = report_answers(Report::new(), &question, &answers);
    // A lane that is lost in one country is an answer of the package, no fault of making it.
    let trust =
        answers.iter().flat_map(|answer| answer.judgement.documents()).fold(Exit::Done, |worst, verdict| worst.worse(Exit::of(verdict)));
    let exit = if missing.is_empty() { trust } else { trust.worse(Exit::Unverifiable) };
    Ok(report
        .result(out.display().to_string())
        .notes(unkept)
        .notes(missing_lines(&missing))
        .notes(consignment.silence.iter().map(|why| format!("note: no lists were given: {why}")))
        .field("package", out.display().to_string())
        .field("missing", missing)
        .exit(exit))
}

/// Reads the folder as `verify` will, writes the manifest that follows from it, and gives the folder its name.
fn finish(
    partial: &Path,
    out: &Path,
    args: &PackageBuildArgs,
    question: &Question,
    scope: &Scope,
    trust: &TrustRoot,
    given: &eco_documents::pdf::PathMaterial,
) -> Result<Manifest> {
    let package =
        Package::read(partial, &name_of(&args.certificate)?, Some(trust), |path| Document::read_by(path, MethodName::Auto, given))?;
    let manifest = package.named(out).manifest(question, scope, trust);
    files::write(&partial.join(MANIFEST), format!("{:#}\n", manifest.value).as_bytes())?;
    std::fs::rename(partial, out).with_context(|| format!("cannot name {}", out.display()))?;
    Ok(manifest)
}

/// A name beside the folder to be made.
fn beside(out: &Path) -> Result<PathBuf> {
    let mut salt = [0u8; 6];
    getrandom::fill(&mut salt).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    let name = out.file_name().ok_or_else(|| Fault::usage("FILE_NAME_MISSING", format!("{} names no folder", out.display())))?;
    Ok(out.with_file_name(format!(".{}.{}", name.to_string_lossy(), hex::encode(salt))))
}

/// Writes documents and proofs into a folder.
fn write_documents(partial: &Path, consignment: &Consignment, trust: &TrustRoot) -> Result<()> {
    for (at, piece) in consignment.pieces().enumerate() {
        let document = &piece.document;
        let own = name_of(&document.path)?;
        let bytes = files::read(&document.path, files::DOCUMENT_BYTES_MAX)?;
        let to = if at == 0 { partial.join(&own) } else { partial.join(PASSPORTS).join(&own) };
        if to.exists() || (at == 0 && [MANIFEST, METADATA, PASSPORTS, PROOFS].contains(&own.as_str())) {
            return Err(Fault::usage("FILE_EXISTS", format!("two files of the package would be called {own}")).hint("rename one").into());
        }
        files::replace(&to, &stapled(document, bytes, &piece.gathered.receipt_bytes(), trust)?)?;
        if let (ReadAs::Pdf, Some(data)) = (document.read_as, &document.data) {
            files::replace(&partial.join(METADATA), data)?;
        }
    }
    let receipts = consignment.pieces().flat_map(|piece| piece.gathered.receipt_bytes()).filter(|bytes| checked(bytes, trust).is_ok());
    for (at, bytes) in receipts.enumerate() {
        files::replace(&partial.join(PROOFS).join(format!("receipt-{:02}.eco", at.saturating_add(1))), &bytes)?;
    }
    for (at, bytes) in consignment.status_files().iter().enumerate() {
        files::replace(&partial.join(PROOFS).join(format!("status-{:02}.eco", at.saturating_add(1))), bytes)?;
    }
    Ok(())
}

/// A PDF with the receipt of its signature inside, where there is one and room for it.
fn stapled(document: &Document, pdf: Vec<u8>, receipts: &[Vec<u8>], trust: &TrustRoot) -> Result<Vec<u8>> {
    if document.read_as != ReadAs::Pdf || !document.findings.stapled.is_empty() {
        return Ok(pdf);
    }
    for bytes in receipts {
        let Ok((receipt, _)) = checked(bytes, trust) else { continue };
        let Statement::Anchor(anchor) = &receipt.entry.entry().statement else { continue };
        let Some(signature) = &anchor.signature_hash else { continue };
        if let Ok(Stapled::Written(with_receipt)) = staple_unless(&pdf, &anchor.fingerprint, signature, bytes, |_| false) {
            return Ok(with_receipt);
        }
    }
    Ok(pdf)
}

fn verify(args: &PackageVerifyArgs, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let given = anchors::material(&args.anchors, home)?;
    let stated = Stated::read(&args.package)?;
    let read = |path: &Path| Document::read_by(path, MethodName::Auto, &given);
    let package = Package::read(&args.package, &stated.certificate, Some(&trust), read)?;
    let found = package.manifest(&stated.question, &stated.scope, &trust);
    let mut differences = differences(&stated.manifest, &found.value);
    differences.extend(package.data_differs());
    let scope = narrowed(&stated.scope, &args.scope);
    let question = Question { now: now(), as_of: args.as_of.map(|day| day.end().min(now())), ..stated.question.clone() };
    let policy = args.max_status_age.map_or_else(Policy::default, |status_age_ms_max| Policy { status_age_ms_max, ..Policy::default() });
    let answers = package.answers(&question, &scope, Some(&trust), &policy);
    let missing = package.missing(&answers, &scope, Some(&trust));
    let exit = if differences.is_empty() { worst(&answers) } else { worst(&answers).worse(Exit::Untrustworthy) };
    let holds = differences.is_empty();
    let word = if holds {
        paint("the manifest is what the files give", Paint::Good)
    } else {
        paint("the manifest is NOT what the files give", Paint::Bad)
    };
    Ok(report_answers(Report::new(), &question, &answers)
        .note(format!("{word}; made {}", rfc3339(stated.question.now)))
        .notes(differences.iter().map(|d| format!("  {}: the manifest states {}, the files give {}", d.path, d.stated, d.found)))
        .notes(missing_lines(&missing))
        .field("package", args.package.display().to_string())
        .field("made", rfc3339(stated.question.now))
        .field("manifest_holds", holds)
        .field("differences", differences.iter().map(Difference::json).collect::<Vec<_>>())
        .field("missing", missing)
        .exit(exit))
}

fn missing_lines(missing: &[String]) -> Vec<String> {
    let head = (!missing.is_empty()).then(|| "missing, so that it does not answer by itself".to_owned());
    head.into_iter().chain(missing.iter().map(|what| format!("  - {what}"))).collect()
}

/// The exit code over all answers.
fn worst(answers: &[Answer]) -> Exit {
    answers.iter().fold(Exit::Done, |worst, answer| worst.worse(Exit::of_judgement(&answer.judgement)))
}

/// Documents once, then the answer for each country and scheme.
fn report_answers(mut report: Report, question: &Question, answers: &[Answer]) -> Report {
    let mut rows = Vec::new();
    for (at, answer) in answers.iter().enumerate() {
        let country = answer.country.map_or_else(|| "country not known".to_owned(), |country| country.to_string());
        let headlines = if at == 0 {
            show::headlines(&answer.consignment, &answer.judgement)
        } else {
            show::scheme_headline(&answer.judgement).into_iter().collect()
        };
        let of_scheme = show::scheme_headline(&answer.judgement);
        for line in headlines {
            report = report.result(if of_scheme.as_ref() == Some(&line) { format!("{line}  {country}") } else { line });
        }
        report = report.note(format!("{}  importing {country}", paint("==", Paint::Dim)));
        report = report.notes(match at {
            0 => show::lines(question, &answer.consignment, &answer.judgement),
            _ => show::scheme_section(&answer.consignment, &answer.judgement),
        });
        rows.push(json!({
            "country": answer.country.map(|country| country.to_string()),
            "exit_code": Exit::of_judgement(&answer.judgement).code(),
            "verdict": answer.judgement.certificate.as_ref().map(|verdict| verdict_json(question, verdict)),
            "passports": show::passports_json(question, &answer.consignment, &answer.judgement),
            "eligibility": show::scheme_json(&answer.consignment, &answer.judgement),
        }));
    }
    report.field("answers", rows)
}

fn scope(args: &PackageScopeArgs) -> Scope {
    let (lodging, arrival) = args.dates.moments();
    Scope { countries: args.importing.clone(), schemes: args.scheme.clone(), lodging, arrival }
}

/// What the package states, but for what the asker asks.
fn narrowed(stated: &Scope, args: &PackageScopeArgs) -> Scope {
    let asked = scope(args);
    Scope {
        countries: if asked.countries.is_empty() { stated.countries.clone() } else { asked.countries },
        schemes: if asked.schemes.is_empty() { stated.schemes.clone() } else { asked.schemes },
        lodging: asked.lodging.or(stated.lodging),
        arrival: asked.arrival.or(stated.arrival),
    }
}

fn name_of(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| Fault::usage("FILE_NAME_MISSING", format!("{} has no name in Unicode", path.display())).into())
}
