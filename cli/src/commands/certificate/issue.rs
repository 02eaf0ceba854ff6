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
use eco_core::verdict::{Facts, Policy};
use eco_documents::metadata::CertificateMetadata;
use eco_documents::pdf::{CHAMBER_FIELD, attached_metadata};
use std::path::{Path, PathBuf};

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
    let (trust, author) = (home.trust_required()?, home.organisation(args.issuer.org)?);
    let case = Case { args, home, trust, author, bytes, fingerprint, metadata };
    let signed = case.signed_before()?;
    let made = case.made_before()?;
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
    case.issue(signed.is_some(), made, as_json).await
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

    /// Where the sheet waits for its signature.
    fn unsigned(&self) -> PathBuf {
        self.args.out.with_extension("unsigned.pdf")
    }

    /// Whether an earlier run made the sheet of this data and was interrupted before it was signed.
    fn made_before(&self) -> Result<bool> {
        let sheet = files::read_if_present(&self.unsigned(), files::DOCUMENT_BYTES_MAX)?;
        sheet.as_deref().map(|sheet| self.holds_data(&self.unsigned(), sheet)).transpose().map(|held| held.is_some())
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
        let unkept = asking.keep_head();
        let judgement = consignment.judge(&question, Some(&self.trust), &Policy::default());
        let objections = judgement.objections();
        let passed = objections.is_empty();
        let codes: Vec<&str> = objections.iter().map(|finding| finding.code.name()).collect();
        let exit = match (passed, Exit::of_judgement(&judgement)) {
            (true, _) => Exit::Done,
            (false, Exit::Done) => Exit::Untrustworthy,
            (false, exit) => exit,
        };
        let word = if passed { paint("may be issued", Paint::Good) } else { paint("not issued", Paint::Bad) };
        let report = Report::new()
            .exit(exit)
            .result(format!("{}  {word}  {}", self.args.metadata.display(), codes.join(" ")))
            .notes(unkept)
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
    async fn issue(&self, signed: bool, made: bool, as_json: bool) -> Result<Report> {
        let (args, unsigned) = (self.args, self.unsigned());
        if !signed && !made {
            let (_, sheet) = sheet_of(&self.metadata, &self.bytes, &args.sheet, self.author, self.home)?;
            files::replace(&unsigned, &sheet)?;
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
            key: log_key_of(&args.issuer.log_key, args.issuer.log_passphrase_file.as_deref(), &args.signer)?,
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
