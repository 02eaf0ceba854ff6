//! `eco attest`: a verification body stands behind the carbon value of a passport, or no longer does.

use crate::args::{AttestArgs, DocumentArgs, MethodName};
use crate::checking::without_flaw;
use crate::dates::{Day, rfc3339};
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::named::Named;
use crate::report::{Exit, Report};
use crate::stating::{Stating, unshown};
use anyhow::Result;
use eco_client::ListQuery;
use eco_core::commitment::StatementHash;
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::name::{OrgId, Revision, Timestamp};
use eco_core::recognition::AccreditationStandard;
use eco_core::state::{AttestationRecord, DocumentRecord, RecordKey, Withdrawal};
use eco_core::statement::{Attest, Statement, WithdrawAttest};
use eco_core::verdict::PassportFacts;
use eco_documents::passport::{PassportReport, read_passport};
use serde_json::json;

/// Runs `eco attest`.
pub(crate) async fn run(args: &AttestArgs, home: &Home) -> Result<Report> {
    let facts = facts(args)?;
    let hash = StatementHash::of(&facts.nonce, &args.statement_number);
    let hash = hash.map_err(|e| Fault::usage("STATEMENT_NUMBER_INVALID", e.to_string()))?;
    let stating = Stating::of(&args.stating, home)?;
    let said = (!args.withdraw).then(|| said(args, &facts)).transpose()?;
    let named =
        DocumentArgs { file: Some(args.passport.clone()), document: None, number: None, issuer: args.issuer, method: MethodName::Jcs };
    let (document, record) = stating.document(&Named::of(&named, None)?).await?;
    let lists = stating.list(ListQuery::Attestations(document)).await?;
    let name = RecordKey::Attestation(document, stating.author);
    let revision = lists.base(&name).map_err(unshown)?;
    let own = lists.view.show::<AttestationRecord>(&name).map_err(unshown)?.present().unwrap_or_default();
    let statement = match (said, args.reason) {
        (Some(Said { standard, period_from, period_until, until }), _) => {
            let before = base_of_same(&own, hash);
            if before.is_none() {
                active_passport(document, record)?;
            }
            let base = before.unwrap_or(revision);
            Statement::Attest(Attest { document, base, standard, statement: hash, period_from, period_until, until })
        }
        (None, Some(reason)) => {
            let base = base_of_withdrawal(&own, hash, stating.author, document, &args.statement_number)?;
            Statement::WithdrawAttest(WithdrawAttest { document, base, statement: hash, reason })
        }
        (None, None) => return Err(Fault::usage("REASON_MISSING", "a withdrawal needs its reason").hint("--reason").into()),
    };
    let said = if args.withdraw { "withdrawn.eco" } else { "attested.eco" };
    // What is on the log for ever may have been withdrawn for ever: said again, it still does not hold.
    let gone = own.attestations.iter().filter(|_| !args.withdraw).find(|a| a.statement == hash).and_then(|a| a.withdrawn);
    let report = stating.say(statement, Some(&files::with_suffix(&args.passport, said))).await?;
    Ok(match gone {
        None => report,
        Some(Withdrawal { reason, place }) => report
            .exit(Exit::Revoked)
            .note(format!("WITHDRAWN on {} ({reason}): this attestation does not hold any more", rfc3339(place.time)))
            .field("withdrawn", json!({ "time": rfc3339(place.time), "time_ms": place.time.0, "reason": reason.to_string() })),
    })
}

/// What an attestation says about the passport beside its number.
struct Said {
    standard: AccreditationStandard,
    period_from: Timestamp,
    period_until: Timestamp,
    until: Timestamp,
}

/// What the passport says. To attest it, it must be without flaw; to withdraw, its nonce is enough.
fn facts(args: &AttestArgs) -> Result<PassportFacts> {
    let shown = args.passport.display();
    let PassportReport { flaws, carbon, proofs, facts, .. } = read_passport(&files::read(&args.passport, files::DOCUMENT_BYTES_MAX)?, &[]);
    let tolerated = args.withdraw && facts.is_some();
    if !tolerated {
        without_flaw(&shown.to_string(), "eco passport check", flaws.iter().chain(&carbon))?;
    }
    if let Some(defect) = proofs.iter().find_map(|p| p.outcome.as_ref().err()).filter(|_| !args.withdraw) {
        return Err(Fault::refused("PROOF_INVALID", format!("{shown}: {defect}"))
            .hint("ask the issuer for the passport as recorded")
            .into());
    }
    facts.ok_or_else(|| Fault::refused("FIELD_MISSING", format!("{shown} is no whole passport")).into())
}

/// Compares what is to be attested with what the passport states of its verification.
fn said(args: &AttestArgs, facts: &PassportFacts) -> Result<Said> {
    let shown = args.passport.display();
    let missing = |what: &str| Fault::refused("FIELD_MISSING", format!("{shown} states no {what}"));
    let footprint = &facts.footprint;
    let stated = footprint.verification.as_ref().ok_or_else(|| missing("verification"))?;
    let differs = |what: &str, stated: &str, given: &str| {
        let message = format!("{shown} states {what} {stated:?}, to be attested is {given:?}");
        Fault::refused("ATTESTATION_MISMATCH", message).hint("attest what the passport states, or have the issuer correct the passport")
    };
    if stated.statement_number != args.statement_number {
        return Err(differs("statement number", &stated.statement_number, &args.statement_number).into());
    }
    if let Some(given) = args.verifier.as_ref().filter(|given| **given != stated.verifier.id) {
        return Err(differs("verifier", &stated.verifier.id, given).into());
    }
    let standard = args.standard.clone().ok_or_else(|| Fault::usage("STANDARD_MISSING", "no standard given").hint("--standard"))?;
    if AccreditationStandard::normalise(&stated.accreditation_standard).as_ref() != Ok(&standard) {
        return Err(differs("accreditation standard", &stated.accreditation_standard, standard.as_str()).into());
    }
    let (Some(start), Some(end)) = (footprint.period_start, footprint.period_end) else { return Err(missing("reference period").into()) };
    let period_from = args.from.map_or(start, Day::start);
    let period_until = args.until.map_or(end, Day::after);
    // A day's end may be a moment before or after the passport's: whole days are compared with it, never guessed.
    if period_from > start || period_until < end {
        let both = |from, until| format!("{} to {}", rfc3339(from), rfc3339(until));
        return Err(differs("the period", &both(start, end), &both(period_from, period_until)).into());
    }
    let until = args.valid_until.map(Day::after).or(facts.valid_until).ok_or_else(|| missing("end of validity"))?;
    Ok(Said { standard, period_from, period_until, until })
}

/// Only an active passport is attested.
fn active_passport(document: DocumentId, record: Option<DocumentRecord>) -> Result<()> {
    let missing = || Fault::refused("LOG_ENTRY_MISSING", format!("no passport {document} is recorded")).hint("eco anchor, by its issuer");
    let record = record.ok_or_else(missing)?;
    if record.kind != DocumentKind::Passport {
        return Err(Fault::refused("WRONG_KIND", format!("{document} is recorded as {}, not as passport", record.kind.name())).into());
    }
    match record.status() {
        DocumentStatus::Active => Ok(()),
        other => Err(Fault::refused("NOT_ACTIVE", format!("{document} is {}, only an active passport is attested", other.name())).into()),
    }
}

/// The base of the same attestation made before: the same statement again then gets its original receipt.
fn base_of_same(own: &AttestationRecord, statement: StatementHash) -> Option<Revision> {
    let same = own.attestations.iter().find(|a| a.statement == statement)?;
    Some(changes_before(own, same.recorded.index))
}

/// The base of a withdrawal, also of the one that was made before.
fn base_of_withdrawal(
    own: &AttestationRecord,
    statement: StatementHash,
    author: OrgId,
    document: DocumentId,
    number: &str,
) -> Result<Revision> {
    let missing =
        || Fault::refused("NO_SUCH_ATTESTATION", format!("{author} has not attested {document} with statement number {number:?}"));
    let same = own.attestations.iter().find(|a| a.statement == statement).ok_or_else(missing)?;
    Ok(same.withdrawn.map_or(own.revision, |withdrawal| changes_before(own, withdrawal.place.index)))
}

/// How many changes the record had before the entry at an index: each is one revision.
fn changes_before(own: &AttestationRecord, index: u64) -> Revision {
    let made = own.attestations.iter().map(|a| a.recorded.index);
    let withdrawn = own.attestations.iter().filter_map(|a| a.withdrawn.map(|w| w.place.index));
    Revision(u32::try_from(made.chain(withdrawn).filter(|at| *at < index).count()).unwrap_or(u32::MAX))
}
