//! `eco certificate issue`: the gate before issuing. Passports, attestations, scheme and number are judged while nothing is
//! signed yet; only then the sheet is made, signed, recorded with its links, and its receipt put into it.
//!
//! What is wrong is said by `eco_core::verdict`; this file asks, and stops where the answer is no.

mod many;

use super::{METADATA_BYTES_MAX, sheet_of};
use crate::args::{AnchorTerms, CertificateIssueArgs, MethodName, NumberArgs};
use crate::attached;
use crate::commands::anchor::{Recording, numbering, record, superseded};
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
use eco_core::statement::Supersedes;
use eco_core::trust::TrustRoot;
use eco_core::verdict::{Facts, Policy};
use eco_documents::metadata::CertificateMetadata;
use eco_documents::pdf::{CHAMBER_FIELD, attached_metadata};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Who issues, on which terms, and whom to ask.
struct Gate<'a> {
    args: &'a CertificateIssueArgs,
    home: &'a Home,
    trust: TrustRoot,
    author: OrgId,
    nodes: Nodes,
}

/// A certificate that is to be issued.
struct Case {
    /// What it is made from, as messages name it.
    source: String,
    bytes: Vec<u8>,
    fingerprint: Fingerprint,
    metadata: CertificateMetadata,
    /// The signed PDF.
    out: PathBuf,
}

/// What an earlier run left of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// The sheet of this data, not signed.
    Sheet,
    /// The signed certificate: the gate was passed, and only recording may be left to do.
    Signature,
}

/// What the gate says to a certificate.
struct Looked {
    before: Before,
    /// The certificate that it replaces, as the log has it now.
    replaces: Option<Supersedes>,
    /// What stands in the way, with its code; nothing: it may be issued.
    objections: Vec<(&'static str, String)>,
    /// The same with everything that was judged.
    report: Report,
    exit: Exit,
}

impl Looked {
    fn is_signed(&self) -> bool {
        self.before == Before::Signature
    }
}

/// Runs `eco certificate issue`. Safe to repeat: what is issued is not issued again.
pub(super) async fn run(args: &CertificateIssueArgs, home: &Home, as_json: bool) -> Result<Report> {
    let single = args.metadata.as_deref().filter(|path| !path.is_dir());
    let cases = single.map(|path| Case::read(path, args.out.clone())).transpose()?;
    let trust = home.trust_required()?;
    let nodes = Nodes::connect(home, &trust)?;
    let gate = Gate { args, home, author: home.organisation(args.issuer.org)?, trust, nodes };
    let Some(case) = cases else { return many::run(&gate, as_json).await };
    let passports = args.consignment.passport.iter().map(|path| Document::read(path, MethodName::Jcs)).collect::<Result<Vec<_>>>()?;
    let looked = gate.look(&case, passports).await?;
    if !looked.objections.is_empty() || args.dry_run {
        return Ok(looked.report);
    }
    gate.make(&case, looked.before)?;
    Ok(gate.record(&[(case, looked)], as_json).await?.field("may_be_issued", true))
}

impl Case {
    /// From a file of metadata.
    fn read(path: &Path, out: PathBuf) -> Result<Self> {
        Self::of(files::read(path, METADATA_BYTES_MAX)?, path.display().to_string(), out)
    }

    fn of(bytes: Vec<u8>, source: String, out: PathBuf) -> Result<Self> {
        let (fingerprint, metadata) = attached::metadata(&bytes, &source)?;
        Ok(Self { source, bytes, fingerprint, metadata, out })
    }

    /// The signed certificate at the output's place, if it is of this data.
    fn signed_before(&self) -> Result<Option<Document>> {
        let Some(existing) = files::read_if_present(&self.out, files::DOCUMENT_BYTES_MAX)? else { return Ok(None) };
        self.holds_data(&self.out, &existing)?;
        let document = Document::read(&self.out, MethodName::Pdf)?;
        Ok(Some(document).filter(|document| !document.findings.candidates.is_empty()))
    }

    /// Where the sheet waits for its signature.
    fn unsigned(&self) -> PathBuf {
        unsigned(&self.out)
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
        let what = format!("{} is there and does not hold {}", path.display(), self.source);
        Err(Fault::usage("FILE_EXISTS", what).hint("remove it if it may go, or name another --out").into())
    }

    /// The certificate that it replaces.
    fn replaced(&self, author: &OrgId) -> Option<DocumentId> {
        self.metadata.replaces.as_ref().map(|original| DocumentId::of(author, &original.fingerprint))
    }

    /// Every passport that the certificate names must be judged: none may be missing.
    fn all_at_hand(&self, passports: &[Document]) -> Result<()> {
        let named = self.metadata.items.iter().filter_map(|item| Some((item.number, item.passport.as_ref()?)));
        match named.into_iter().find(|(_, named)| !passports.iter().any(|held| is_passport(held, &named.fingerprint))) {
            None => Ok(()),
            Some((item, passport)) => {
                let what = format!("item {item} names the passport {} ({}), which is not given", passport.id, passport.fingerprint);
                Err(Fault::usage("PASSPORT_MISSING", what).hint("--passport FILE").into())
            }
        }
    }
}

/// Where the sheet of a certificate waits for its signature.
fn unsigned(out: &Path) -> PathBuf {
    out.with_extension("unsigned.pdf")
}

/// Whether a document is the passport of a fingerprint.
fn is_passport(document: &Document, fingerprint: &Fingerprint) -> bool {
    matches!(&document.findings.facts, Facts::Passport(facts) if facts.fingerprint == *fingerprint)
}

impl Gate<'_> {
    /// Looks at one certificate, and signs nothing.
    async fn look(&self, case: &Case, passports: Vec<Document>) -> Result<Looked> {
        let signed = case.signed_before()?;
        let made = case.made_before()?;
        self.number_is_free(case, signed.as_ref()).await?;
        let replaces = match case.replaced(&self.author) {
            Some(old) => Some(superseded(&old.to_string(), &self.author, self.id_of(signed.as_ref()), &self.trust, &self.nodes).await?),
            None => None,
        };
        let before = match (&signed, made) {
            (Some(_), _) => Before::Signature,
            (None, true) => Before::Sheet,
            (None, false) => Before::Nothing,
        };
        if before == Before::Signature {
            let report = Report::new().result(format!("{}  was signed before", case.out.display())).field("may_be_issued", true);
            return Ok(Looked { before, replaces, objections: Vec::new(), report, exit: Exit::Done });
        }
        let (objections, report, exit) = self.judged(case, passports).await?;
        Ok(Looked { before, replaces, objections, report, exit })
    }

    /// Under which id a signed certificate is recorded.
    fn id_of(&self, signed: Option<&Document>) -> Option<DocumentId> {
        let candidate = signed.and_then(|document| document.findings.candidates.first());
        candidate.map(|candidate| DocumentId::of(&self.author, &candidate.fingerprint))
    }

    /// Nobody has this number yet, but for this very certificate.
    async fn number_is_free(&self, case: &Case, signed: Option<&Document>) -> Result<()> {
        let number = attached::reference_number(&case.metadata, self.args.copy)?;
        let (view, _) = self.nodes.status(&Query::Number { issuer: self.author, number: number.clone() }).await?;
        let record = RecordKey::Reference(self.author, ReferenceKey::of(&self.author, &number));
        let found = view.show::<ReferenceRecord>(&record).map_err(|e| Fault::unverifiable("PROFILE_VERSION_UNSUPPORTED", e))?;
        match found.present() {
            Some(reference) if self.id_of(signed) != Some(reference.document) => {
                let what = format!("{} has recorded another certificate under the number {number}: {}", self.author, reference.document);
                Err(Fault::refused("REFERENCE_CONFLICT", what).hint("give this certificate a new number").into())
            }
            _ => Ok(()),
        }
    }

    /// What `judge` says to certificate and passports together before anything is signed: what stands in the way, and all of it.
    async fn judged(&self, case: &Case, passports: Vec<Document>) -> Result<(Vec<(&'static str, String)>, Report, Exit)> {
        case.all_at_hand(&passports)?;
        let mut consignment = Consignment::of(None, passports, Terms::of(&self.args.consignment)?)?;
        consignment.certificate = Certificate::Draft(Box::new(case.metadata.facts(case.fingerprint, Some(self.author))));
        let question = question_now(now());
        let mut asking = Asking::of(self.home, Some(&self.trust));
        let countries: Vec<_> = consignment.importing().into_iter().collect();
        consignment.ask(&mut asking, &question, Some(&self.trust), &countries).await;
        let unkept = asking.keep_head();
        // What a node sealed while it was asked is not ahead of the moment that is judged.
        let question = question_now(now());
        let judgement = consignment.judge(&question, Some(&self.trust), &Policy::default());
        let objections: Vec<_> = judgement.objections().iter().map(|f| (f.code.name(), f.detail.clone())).collect();
        let passed = objections.is_empty();
        let codes: Vec<&str> = objections.iter().map(|(code, _)| *code).collect();
        let exit = match (passed, Exit::of_judgement(&judgement)) {
            (true, _) => Exit::Done,
            (false, Exit::Done) => Exit::Untrustworthy,
            (false, exit) => exit,
        };
        let word = if passed { paint("may be issued", Paint::Good) } else { paint("not issued", Paint::Bad) };
        let report = Report::new()
            .exit(exit)
            .result(format!("{}  {word}  {}", case.source, codes.join(" ")))
            .notes(unkept)
            .notes(show::headlines(&consignment, &judgement))
            .notes(show::lines(&question, &consignment, &judgement))
            .field("may_be_issued", passed)
            .field("objections", codes)
            .field("passports", show::passports_json(&question, &consignment, &judgement))
            .field("eligibility", show::scheme_json(&consignment, &judgement))
            .field("aside", show::aside_json(&consignment, &judgement));
        Ok((objections, report, exit))
    }

    /// Makes the sheet, unless an earlier run did.
    fn make(&self, case: &Case, before: Before) -> Result<()> {
        if before == Before::Nothing {
            let (_, sheet) = sheet_of(&case.metadata, &case.bytes, &self.args.sheet, self.author, self.home)?;
            files::replace(&case.unsigned(), &sheet)?;
        }
        Ok(())
    }

    /// Signs, records and staples what passed; each step is taken once, whatever happened to an earlier run.
    async fn record(&self, passed: &[(Case, Looked)], as_json: bool) -> Result<Report> {
        let args = self.args;
        let (mut jobs, mut replaced) = (Vec::new(), BTreeMap::new());
        for (case, looked) in passed {
            let source = if looked.before == Before::Signature { case.out.clone() } else { case.unsigned() };
            replaced.extend(looked.replaces.map(|old| (source.clone(), old)));
            jobs.push(Job { source, document: case.out.clone() });
        }
        // All numbers are those of the data, but for that of the only certified copy.
        let copied = passed.first().filter(|_| args.copy.is_some());
        let number = copied.map(|(case, _)| attached::reference_number(&case.metadata, args.copy)).transpose()?;
        let numbers = NumberArgs { number, numbers: None, number_from_name: false };
        let mut signing = signing(&args.signer, self.home)?;
        if signing.field.is_none() {
            signing.field = Some(CHAMBER_FIELD.into());
        }
        let recording = Recording {
            terms: &AnchorTerms { org: Some(self.author), kind: None, valid_until: None, supersedes: None },
            replaced,
            number_of: numbering(&numbers, jobs.len())?,
            key: log_key_of(&args.issuer.log_key, args.issuer.log_passphrase_file.as_deref(), &args.signer)?,
            method: MethodName::Pdf,
            place: Place::Inside,
            pace: args.pace,
            signing: Some(signing),
        };
        let report = record(recording, &jobs, self.home, as_json).await?;
        for (case, _) in passed.iter().filter(|(case, _)| case.out.is_file() && case.unsigned().is_file()) {
            std::fs::remove_file(case.unsigned())?;
        }
        Ok(report)
    }
}
