//! A consignment into a saved verdict and out of it again.

use super::{Certificate, Consignment, Piece, SchemeAsked, Terms};
use crate::document::{Document, ReadAs};
use crate::evidence::{Exhibit, Gathered};
use crate::fault::Fault;
use crate::files;
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::limits::VERDICT_BYTES_MAX;
use eco_core::verdict::{
    Import, Judgement, Policy, Question, SavedAsked, SavedConsignment, SavedDocument, SavedPassport, SavedScheme, SavedVerdict,
};
use eco_documents::customs_entry::entry_fields;
use eco_documents::metadata::read_metadata;
use std::path::Path;

/// Bytes of a container before its content.
const CONTAINER_BYTES: usize = 10;

impl Consignment {
    /// The file that keeps a judgement with all that it rests on.
    pub(crate) fn save(&self, question: &Question, policy: &Policy, judgement: &Judgement) -> Result<Vec<u8>> {
        let mut pieces = self.pieces().zip(judgement.documents());
        let (first, verdict) = pieces.next().ok_or_else(|| Fault::usage("DOCUMENT_MISSING", "no document to keep a verdict on"))?;
        let mut passports = Vec::new();
        for (piece, verdict) in pieces {
            passports.push(SavedPassport {
                name: name_of(&piece.document),
                data: files::read(&piece.document.path, files::DOCUMENT_BYTES_MAX)?,
                receipts: piece.gathered.receipt_bytes(),
                trust: verdict.trust.name().to_owned(),
                codes: verdict.reasons.iter().map(|reason| reason.code.name().to_owned()).collect(),
            });
        }
        let bytes = files::read(&first.document.path, files::DOCUMENT_BYTES_MAX)?;
        let name = name_of(&first.document);
        let about = SavedDocument { name: &name, content: Fingerprint::of_file(&bytes).hash, findings: &first.document.findings };
        let (import, entry) = (self.terms.import, self.terms.entry_for(self.facts()));
        let together = SavedConsignment {
            data: data_of(&first.document, bytes),
            is_passport: self.issued().is_none(),
            country: import.country,
            lodging: import.lodging,
            arrival: import.arrival,
            own: self.terms.own,
            asked: match &self.terms.scheme {
                SchemeAsked::Nothing => SavedAsked::Nothing,
                SchemeAsked::Named(id) => SavedAsked::Named(id.clone()),
                SchemeAsked::Given(scheme) => SavedAsked::Rules(scheme.clone()),
            },
            entry: entry.map(entry_fields).unwrap_or_default(),
            passports,
            scheme: judgement.scheme.as_ref().map(SavedScheme::of),
        };
        let statuses = self.status_files();
        let saved =
            SavedVerdict::of(question, policy, about, &first.gathered.receipt_bytes(), &statuses, verdict).with_consignment(together);
        let file = wrap(FileKind::Verdict, &saved);
        if file.len() > VERDICT_BYTES_MAX.saturating_add(CONTAINER_BYTES) {
            let found = file.len();
            return Err(Fault::refused(
                "VERDICT_TOO_LARGE",
                format!("the verdict with its evidence has {found} bytes, at most {VERDICT_BYTES_MAX} are kept"),
            )
            .hint("give fewer passports at once")
            .into());
        }
        Ok(file)
    }

    /// What a saved verdict holds; `shown` names it.
    pub(crate) fn saved(saved: &SavedVerdict, shown: &str) -> Result<Self> {
        let together = saved.consignment();
        let source = |bytes: &Vec<u8>| Exhibit { source: shown.to_owned(), bytes: bytes.clone() };
        let mut consignment = Self { terms: terms(together)?, ..Self::empty() };
        let first = Piece {
            document: document(saved),
            gathered: Gathered { receipts: saved.receipts().iter().map(source).collect(), ..Gathered::none() },
        };
        if together.is_some_and(|together| together.is_passport) {
            consignment.passports.push(first);
        } else {
            consignment.certificate = Certificate::Issued(Box::new(first));
        }
        for passport in together.map(|together| together.passports.as_slice()).unwrap_or_default() {
            let gathered = Gathered { receipts: passport.receipts.iter().map(source).collect(), ..Gathered::none() };
            consignment.passports.push(Piece { document: Document::of_json(Path::new(&passport.name), &passport.data), gathered });
        }
        // By itself a document is judged by every status proof, as it was.
        let statuses = saved.statuses().iter().map(source).collect();
        if let (true, Certificate::Issued(only)) = (consignment.is_alone(), &mut consignment.certificate) {
            only.gathered.statuses = statuses;
        } else {
            consignment.proofs = statuses;
        }
        Ok(consignment)
    }
}

/// The document as it was read then; a JSON document is read anew from the copy that is kept.
fn document(saved: &SavedVerdict) -> Document {
    let path = Path::new(saved.name());
    let Some(data) = saved.consignment().and_then(|together| together.data.as_deref()) else {
        return Document::of_findings(path, saved.findings());
    };
    if Fingerprint::of_file(data).hash == *saved.content() {
        return Document::of_json(path, data);
    }
    let mut findings = saved.findings();
    findings.facts = read_metadata(data).findings(&[]).facts;
    Document::of_findings(path, findings)
}

fn terms(together: Option<&SavedConsignment>) -> Result<Terms> {
    let Some(together) = together else { return Ok(Terms::none()) };
    let scheme = match &together.asked {
        SavedAsked::Nothing => SchemeAsked::Nothing,
        SavedAsked::Named(id) => SchemeAsked::Named(id.clone()),
        SavedAsked::Rules(scheme) => SchemeAsked::Given(scheme.clone()),
    };
    let import = Import { country: together.country, lodging: together.lodging, arrival: together.arrival };
    Ok(Terms::again(import, scheme, &together.entry)?.declared(together.own))
}

/// What a document says as data, kept so that it can be judged again.
fn data_of(document: &Document, bytes: Vec<u8>) -> Option<Vec<u8>> {
    match document.read_as {
        ReadAs::Jcs => Some(bytes),
        // A file that was read in a process of its own is not opened here to take its data out.
        ReadAs::Pdf => document.data.clone(),
        ReadAs::File => None,
    }
}

fn name_of(document: &Document) -> String {
    document.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
