//! `eco certificate issue`: the gate before issuing. Passports, attestations, scheme and number are judged while nothing is
//! signed yet; only then the sheet is made, signed, recorded with its links, and its receipt put into it.
//!
//! What is wrong is said by `eco_core::verdict`; this file asks, and stops where the answer is no.

use super::{METADATA_BYTES_MAX, sheet_of};
use crate::args::{AnchorTerms, CertificateIssueArgs, MethodName, NumberArgs, PaceArgs};
use crate::attached;
use crate::commands::anchor::{Recording, numbering, record};
use crate::commands::sign::{log_key_of, signing};
use crate::consignment::{Certificate, Consignment, Terms, show};
use crate::dates::now;
use crate::document::Document;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::judging::question_now;
use crate::nodes::{Asking, Nodes, Query};
use crate::report::{Exit, Paint, Report, paint};
use crate::signing::Job;
use crate::stapling::Place;
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::document::DocumentId;
use eco_core::name::OrgId;
use eco_core::number::ReferenceKey;
use eco_core::state::{RecordKey, ReferenceRecord};
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Class, Facts, Finding, Judgement, Policy};
use eco_documents::metadata::CertificateMetadata;
use eco_documents::pdf::{CHAMBER_FIELD, attached_metadata};
use std::path::Path;

/// What is to be issued, and by whom.
struct Case<'a> {
    args: &'a CertificateIssueArgs,
    home: &'a Home,
    trust: TrustRoot,
    author: OrgId,
    bytes: Vec<u8>,
    fingerprint: Fingerprint,
    metadata: CertificateMetadata,
}

/// Runs `eco certificate issue`. Safe to repeat: what is issued is not issued again.
pub(super) async fn run(args: &CertificateIssueArgs, home: &Home, as_json: bool) -> Result<Report> {
    let bytes = files::read(&args.metadata, METADATA_BYTES_MAX)?;
    let (fingerprint, metadata) = attached::metadata(&bytes, &args.metadata.display().to_string())?;
    let (trust, author) = (home.trust_required()?, home.organisation(args.org)?);
    let case = Case { args, home, trust, author, bytes, fingerprint, metadata };
    let signed = case.signed_before()?;
    case.number_is_free(signed.as_ref()).await?;
    // What is signed is on its way: the gate was passed, and only recording may be left to do.
    if signed.is_none() {
        let (report, passed) = case.judged().await?;
        if !passed || args.dry_run {
            return Ok(report);
        }
    } else if args.dry_run {
        return Ok(Report::new().result(format!("{}  was signed before", args.out.display())).field("may_be_issued", true));
    }
    case.issue(signed.is_some(), as_json).await
}

impl Case<'_> {
    /// The signed certificate at the output's place, if it is of this data.
    fn signed_before(&self) -> Result<Option<Document>> {
        let out = &self.args.out;
        let Some(existing) = files::read_if_present(out, files::DOCUMENT_BYTES_MAX)? else { return Ok(None) };
        self.holds_data(out, &existing)?;
        let document = Document::read(out, MethodName::Pdf)?;
        Ok(Some(document).filter(|document| !document.findings.candidates.is_empty()))
    }

    /// A file of an earlier run is taken up only if it holds the data that are issued now.
    fn holds_data(&self, path: &Path, pdf: &[u8]) -> Result<()> {
        let data = attached_metadata(pdf).ok().flatten();
        if data.as_deref() == Some(self.bytes.as_slice()) {
            return Ok(());
        }
        let what = format!("{} is there and does not hold {}", path.display(), self.args.metadata.display());
        Err(Fault::usage("FILE_EXISTS", what).hint("remove it if it may go, or name another --out").into())
    }

    /// Nobody has this number yet, but for this very certificate.
    async fn number_is_free(&self, signed: Option<&Document>) -> Result<()> {
        let number = attached::reference_number(&self.metadata, self.args.copy)?;
        let nodes = Nodes::connect(self.home, &self.trust)?;
        let (view, _) = nodes.status(&Query::Number { issuer: self.author, number: number.clone() }).await?;
        let record = RecordKey::Reference(self.author, ReferenceKey::of(&self.author, &number));
        let found = view.show::<ReferenceRecord>(&record).map_err(|e| Fault::unverifiable("PROFILE_VERSION_UNSUPPORTED", e))?;
        let own = signed.and_then(|s| s.findings.candidates.first()).map(|c| DocumentId::of(&self.author, &c.fingerprint));
        match found.present() {
            Some(reference) if own != Some(reference.document) => {
                let what = format!("{} has recorded another certificate under the number {number}: {}", self.author, reference.document);
                Err(Fault::refused("REFERENCE_CONFLICT", what).hint("give this certificate a new number").into())
            }
            _ => Ok(()),
        }
    }

    /// What `judge` says to certificate and passports together before anything is signed, and whether it may be issued.
    async fn judged(&self) -> Result<(Report, bool)> {
        let args = &self.args.consignment;
        let passports = args.passport.iter().map(|path| Document::read(path, MethodName::Jcs)).collect::<Result<Vec<_>>>()?;
        self.all_at_hand(&passports)?;
        let mut consignment = Consignment::of(None, passports, Terms::of(args)?)?;
        consignment.certificate = Certificate::Draft(Box::new(self.metadata.facts(self.fingerprint, Some(self.author))));
        let question = question_now(now());
        let mut asking = Asking::of(self.home, Some(&self.trust));
        let countries: Vec<_> = consignment.importing().into_iter().collect();
        consignment.ask(&mut asking, &question, Some(&self.trust), &countries).await;
        let judgement = consignment.judge(&question, Some(&self.trust), &Policy::default());
        let objections = objections(&judgement);
        let passed = objections.is_empty();
        let codes: Vec<&str> = objections.iter().map(|finding| finding.code.name()).collect();
        let exit = match (passed, judgement.exit_code() == Exit::Unverifiable.code()) {
            (true, _) => Exit::Done,
            (false, true) => Exit::Unverifiable,
            (false, false) => Exit::Untrustworthy,
        };
        let word = if passed { paint("may be issued", Paint::Good) } else { paint("not issued", Paint::Bad) };
        let report = Report::new()
            .exit(exit)
            .result(format!("{}  {word}  {}", self.args.metadata.display(), codes.join(" ")))
            .notes(show::headlines(&consignment, &judgement))
            .notes(show::lines(&question, &consignment, &judgement))
            .field("may_be_issued", passed)
            .field("objections", codes)
            .field("passports", show::passports_json(&question, &consignment, &judgement))
            .field("eligibility", show::scheme_json(&consignment, &judgement))
            .field("aside", show::aside_json(&consignment, &judgement));
        Ok((report, passed))
    }

    /// Every passport that the certificate names must be judged: none may be missing.
    fn all_at_hand(&self, passports: &[Document]) -> Result<()> {
        let held = |named: &Fingerprint| {
            passports.iter().any(|p| matches!(&p.findings.facts, Facts::Passport(facts) if facts.fingerprint == *named))
        };
        let named = self.metadata.items.iter().filter_map(|item| Some((item.number, item.passport.as_ref()?)));
        match named.into_iter().find(|(_, passport)| !held(&passport.fingerprint)) {
            None => Ok(()),
            Some((item, passport)) => {
                let what = format!("item {item} names the passport {} ({}), which is not given", passport.id, passport.fingerprint);
                Err(Fault::usage("PASSPORT_MISSING", what).hint("--passport FILE").into())
            }
        }
    }

    /// Makes, signs, records and staples; each step is taken once, whatever happened to an earlier run.
    async fn issue(&self, signed: bool, as_json: bool) -> Result<Report> {
        let args = self.args;
        let unsigned = args.out.with_extension("unsigned.pdf");
        match files::read_if_present(&unsigned, files::DOCUMENT_BYTES_MAX)? {
            _ if signed => {}
            Some(sheet) => self.holds_data(&unsigned, &sheet)?,
            None => {
                let (_, sheet) = sheet_of(&self.metadata, &self.bytes, &args.sheet, self.author, self.home)?;
                files::replace(&unsigned, &sheet)?;
            }
        }
        let source = if signed { args.out.clone() } else { unsigned.clone() };
        let jobs = [Job { source, document: args.out.clone() }];
        let replaced = self.metadata.replaces.as_ref().map(|o| DocumentId::of(&self.author, &o.fingerprint).to_string());
        let terms = AnchorTerms { org: Some(self.author), kind: None, valid_until: None, supersedes: replaced };
        let number = attached::reference_number(&self.metadata, args.copy)?;
        let numbers = NumberArgs { number: Some(number), numbers: None, number_from_name: false };
        let mut signing = signing(&args.signer, self.home)?;
        if signing.field.is_none() {
            signing.field = Some(CHAMBER_FIELD.into());
        }
        let recording = Recording {
            terms: &terms,
            number_of: numbering(&numbers, jobs.len())?,
            key: log_key_of(&args.log_key, args.log_passphrase_file.as_deref(), &args.signer)?,
            method: MethodName::Pdf,
            place: Place::Inside,
            pace: PaceArgs { batch: 1, workers: Some(1) },
            signing: Some(signing),
        };
        let report = record(recording, &jobs, self.home, as_json).await?;
        if args.out.is_file() && unsigned.is_file() {
            std::fs::remove_file(&unsigned)?;
        }
        Ok(report.field("may_be_issued", true))
    }
}

/// What stands in the way: what makes a document no trusted one, what keeps the goods from the scheme that is asked for,
/// and, where none is asked for, what would keep them from any.
fn objections(judgement: &Judgement) -> Vec<&Finding> {
    let of = |classes: &'static [Class]| move |finding: &&Finding| classes.contains(&finding.class);
    let documents = judgement.documents().flat_map(|verdict| &verdict.reasons);
    let mut found: Vec<&Finding> = documents.filter(of(&[Class::Untrustworthy, Class::NotEstablished])).collect();
    let counts = judgement.exit_code() != 0;
    let scheme = judgement.scheme.iter().filter(|_| counts).flat_map(|scheme| &scheme.reasons);
    found.extend(scheme.filter(of(&[Class::Excluded, Class::Deferred])));
    found.extend(judgement.aside.iter().filter(of(&[Class::Excluded])));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_core::scheme::Mode;
    use eco_core::verdict::{Code, Eligibility, SchemeVerdict, Subject, Trust, Verdict};

    fn findings(codes: &[Code]) -> Vec<Finding> {
        codes.iter().map(|code| Finding::new(*code, Subject::Passport, "")).collect()
    }

    fn judged(trust: Trust, reasons: &[Code], scheme: Option<(Mode, Eligibility, &[Code])>, aside: &[Code]) -> Vec<Code> {
        let verdict =
            Verdict { trust, reasons: findings(reasons), checks: Vec::new(), recorded: None, head: None, not_established: Vec::new() };
        let scheme = scheme.map(|(mode, eligibility, reasons)| SchemeVerdict {
            scheme: "lane".into(),
            revision: None,
            eligibility,
            mode: Some(mode),
            effect: None,
            reference: None,
            reasons: findings(reasons),
            checks: Vec::new(),
            not_established: Vec::new(),
        });
        let judgement = Judgement { certificate: None, passports: vec![verdict], scheme, aside: findings(aside) };
        objections(&judgement).into_iter().map(|finding| finding.code).collect()
    }

    /// A certificate that goes out over an objection cannot be called back before customs have it; one that is held back
    /// for a notice, or for a scheme that only observes, holds back goods for nothing.
    #[test]
    fn what_stands_in_the_way_and_what_does_not() {
        use Code::{
            AttestationMissing, AttestationWithdrawn, NodeUnreachable, ProducerNotCompared, RecognitionNotChecked, Revoked, Specimen,
        };
        use Eligibility::{Eligible, NotEligible, Undetermined};
        assert!(judged(Trust::Trusted, &[Specimen], None, &[ProducerNotCompared, RecognitionNotChecked]).is_empty());
        assert!(judged(Trust::Trusted, &[], Some((Mode::Enforce, Eligible, &[ProducerNotCompared])), &[]).is_empty());
        assert!(judged(Trust::Trusted, &[], Some((Mode::Observe, NotEligible, &[AttestationMissing])), &[]).is_empty());
        assert_eq!(judged(Trust::Untrustworthy, &[Revoked, Specimen], None, &[]), [Revoked]);
        assert_eq!(judged(Trust::Unverifiable, &[NodeUnreachable], None, &[]), [NodeUnreachable]);
        assert_eq!(judged(Trust::Trusted, &[], Some((Mode::Enforce, NotEligible, &[AttestationWithdrawn])), &[]), [AttestationWithdrawn]);
        assert_eq!(
            judged(Trust::Trusted, &[], Some((Mode::Enforce, Undetermined, &[RecognitionNotChecked])), &[]),
            [RecognitionNotChecked]
        );
        assert_eq!(judged(Trust::Trusted, &[], None, &[AttestationWithdrawn]), [AttestationWithdrawn]);
    }
}
