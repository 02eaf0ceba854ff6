//! What is asked about a consignment: the import, the scheme, the customs entry record.

use crate::args::{ConsignmentArgs, OwnDeclarationArgs};
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::secrets;
use crate::sheet::Sheet;
use anyhow::Result;
use eco_core::commitment::DeclarationKey;
use eco_core::name::OrgId;
use eco_core::number::CertificateNumber;
use eco_core::scheme::{Scheme, SchemeId};
use eco_core::verdict::{CertificateFacts, EntryRecord, Import};
use eco_documents::customs_entry::{EntryFlaw, entry_of, read_entry};
use eco_documents::scheme::read_scheme;
use std::path::Path;

/// Bytes of a scheme file or a table of entry records.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The scheme that is asked for.
#[derive(Debug, Clone)]
pub(crate) enum SchemeAsked {
    /// None.
    Nothing,
    /// The one that the network agreed on under this name.
    Named(SchemeId),
    /// One that the asker has as a file: the answer is for these rules, whoever wrote them.
    Given(Box<Scheme>),
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// Country, lodging, arrival.
    pub(crate) import: Import,
    /// The scheme.
    pub(crate) scheme: SchemeAsked,
    /// The asker's own customs and declaration: its presentation is not one elsewhere.
    pub(crate) own: Option<(OrgId, DeclarationKey)>,
    /// Customs entry records: one, or those of a table.
    entries: Vec<EntryRecord>,
    /// Whether a record must name the certificate's number, because there are several certificates.
    by_number: bool,
}

impl SchemeAsked {
    /// A scheme file, or a name.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let path = Path::new(text);
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) || path.is_file() {
            return scheme_file(path).map(|scheme| Self::Given(Box::new(scheme)));
        }
        let id: SchemeId = text.parse().map_err(|e| Fault::usage("SCHEME_INVALID", format!("{e}")))?;
        Ok(Self::Named(id))
    }

    /// The name to look up on the log.
    pub(crate) const fn named(&self) -> Option<&SchemeId> {
        if let Self::Named(id) = self { Some(id) } else { None }
    }
}

impl Terms {
    /// Nothing but trust.
    pub(crate) const fn none() -> Self {
        Self::about(Import { country: None, lodging: None, arrival: None }, SchemeAsked::Nothing)
    }

    /// Without an entry record.
    pub(crate) const fn about(import: Import, scheme: SchemeAsked) -> Self {
        Self { import, scheme, own: None, entries: Vec::new(), by_number: false }
    }

    /// Whether nothing but trust is asked.
    pub(crate) fn is_none(&self) -> bool {
        let Self { import, scheme, own, entries, .. } = self;
        *import == Import::default() && matches!(scheme, SchemeAsked::Nothing) && own.is_none() && entries.is_empty()
    }

    /// What was asked before, with the entry record as its members.
    pub(crate) fn again(import: Import, scheme: SchemeAsked, entry: &[(String, String)]) -> Result<Self> {
        let read = || entry_of(entry.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let invalid = |flaws: Vec<EntryFlaw>| {
            let all: Vec<String> = flaws.iter().map(ToString::to_string).collect();
            Fault::unverifiable("ENTRY_RECORD_INVALID", all.join("; "))
        };
        let entries = if entry.is_empty() { Vec::new() } else { vec![read().map_err(invalid)?] };
        Ok(Self { import, scheme, own: None, entries, by_number: false })
    }

    /// The same, by an asker who has a declaration of its own.
    pub(crate) fn declared(self, own: Option<(OrgId, DeclarationKey)>) -> Self {
        Self { own, ..self }
    }

    /// The same for several certificates: an entry record is for the one whose number it names.
    pub(crate) fn for_several(self) -> Self {
        Self { by_number: true, ..self }
    }

    /// The asker's customs and declaration, where arguments name one.
    pub(crate) fn own(args: &OwnDeclarationArgs, home: &Home) -> Result<Option<(OrgId, DeclarationKey)>> {
        let Some(number) = &args.declaration else { return Ok(None) };
        let customs = home
            .organisation(args.customs)
            .map_err(|_| Fault::usage("ORGANISATION_MISSING", "a declaration is one of a customs").hint("--customs SLUG"))?;
        Ok(Some((customs, secrets::declaration_key(number, args.secret.as_deref(), home)?)))
    }

    /// Reads what arguments name.
    pub(crate) fn of(args: &ConsignmentArgs) -> Result<Self> {
        let scheme = args.scheme.as_deref().map_or(Ok(SchemeAsked::Nothing), SchemeAsked::read)?;
        let (lodging, arrival) = args.dates.moments();
        let import = Import { country: args.importing, lodging, arrival };
        let entries = args.entry.as_deref().map_or_else(|| Ok(Vec::new()), entries)?;
        Ok(Self { import, scheme, own: None, entries, by_number: false })
    }

    /// The entry record to compare a certificate with: the only one, or the line of the table with its number.
    pub(crate) fn entry_for(&self, certificate: Option<&CertificateFacts>) -> Option<&EntryRecord> {
        match self.entries.as_slice() {
            [only] if !self.by_number => return Some(only),
            _ => {}
        }
        let number = certificate?.number.as_ref()?;
        let is_it = |entry: &&EntryRecord| {
            entry.certificate_number.as_deref().and_then(|text| CertificateNumber::normalise(text).ok()).as_ref() == Some(number)
        };
        self.entries.iter().find(is_it)
    }

    /// Whether entry records were given, none of which is about this certificate.
    pub(crate) fn lacks_entry(&self, certificate: Option<&CertificateFacts>) -> bool {
        !self.entries.is_empty() && self.entry_for(certificate).is_none()
    }
}

/// Reads a scheme file; every flaw is shown by `eco scheme check`.
pub(crate) fn scheme_file(path: &Path) -> Result<Scheme> {
    let found = read_scheme(&files::read(path, FILE_BYTES_MAX)?);
    let first = found.flaws.first().map(|f| format!("{} {}: {}, found {}", f.code, f.path, f.rule, f.found)).unwrap_or_default();
    let fault = || Fault::usage("SCHEME_INVALID", format!("{} is no scheme: {first}", path.display()));
    found.scheme.ok_or_else(|| fault().hint(format!("eco scheme check {}", path.display())).into())
}

/// Entry records of a file: a JSON object, or a CSV with the same names in its header.
fn entries(path: &Path) -> Result<Vec<EntryRecord>> {
    let shown = path.display();
    let bytes = files::read(path, FILE_BYTES_MAX)?;
    let invalid = |at: &str, flaws: &[EntryFlaw]| {
        let all: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        Fault::usage("ENTRY_RECORD_INVALID", format!("{shown}{at}: {}", all.join("; ")))
    };
    if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("csv")) {
        return Ok(vec![read_entry(&bytes).map_err(|flaws| invalid("", &flaws))?]);
    }
    let sheet = Sheet::read(path)?;
    let mut entries = Vec::new();
    for row in &sheet.rows {
        let at = format!(", line {}", row.line);
        let cells = row.cells.as_ref().map_err(|what| Fault::usage("ENTRY_RECORD_INVALID", format!("{shown}{at}: {what}")))?;
        let named = sheet.columns.iter().map(String::as_str).zip(cells.iter().map(String::as_str));
        entries.push(entry_of(named).map_err(|flaws| invalid(&at, &flaws))?);
    }
    if entries.is_empty() {
        return Err(Fault::usage("ENTRY_RECORD_INVALID", format!("{shown} holds no entry record")).into());
    }
    Ok(entries)
}
