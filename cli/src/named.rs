//! The document that arguments name, found among records that a status proof shows.

use crate::args::DocumentArgs;
use crate::document::Document;
use crate::fault::Fault;
use crate::nodes::{Nodes, Query, record_of};
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::document::DocumentId;
use eco_core::name::OrgId;
use eco_core::number::ReferenceKey;
use eco_core::registry::CertificateBinding;
use eco_core::state::{ClaimsRecord, DocumentRecord, RecordKey, ReferenceRecord};
use eco_core::status::StatusView;
use eco_core::verdict::{Candidate, SignerStanding};

/// What arguments name, and what is to be asked to find it.
pub(crate) struct Named {
    query: Query,
    shown: String,
}

impl Named {
    /// Reads the file, if it is one. `author` is whose document it is, unless the arguments say.
    pub(crate) fn of(args: &DocumentArgs, author: Option<OrgId>) -> Result<Self> {
        let issuer = args.issuer.or(author);
        if let Some(id) = args.document {
            return Ok(Self::of_id(id));
        }
        if let Some(number) = &args.number {
            let issuer = issuer.ok_or_else(|| Fault::usage("ISSUER_MISSING", "a number needs its issuer").hint("--issuer SLUG"))?;
            return Ok(Self { query: Query::Number { issuer, number: number.clone() }, shown: number.to_string() });
        }
        let file = args.file.as_deref().ok_or_else(|| Fault::usage("DOCUMENT_MISSING", "no file, document id or number given"))?;
        let (document, shown) = (Document::read(file, args.method)?, file.display().to_string());
        if document.findings.candidates.is_empty() {
            return Err(Fault::refused("PDF_SIGNATURE_MISSING", format!("{shown} has no signature that holds")).into());
        }
        Ok(Self { query: Query::of(&document, issuer), shown })
    }

    /// A document by its id.
    pub(crate) fn of_id(id: DocumentId) -> Self {
        Self { query: Query::Id(id), shown: id.to_string() }
    }

    /// A document by its fingerprint: of its issuer, or of the only member that recorded it.
    pub(crate) fn of_fingerprint(fingerprint: Fingerprint, issuer: Option<OrgId>) -> Self {
        let candidate = Candidate {
            fingerprint,
            signature_hash: None,
            signer: None,
            signer_name: None,
            signer_valid: None,
            standing: SignerStanding::default(),
            key: None,
        };
        Self { query: Query::Document { candidates: vec![candidate], issuer, originals: Vec::new() }, shown: fingerprint.to_string() }
    }

    /// What is to be asked.
    pub(crate) const fn query(&self) -> &Query {
        &self.query
    }

    /// Asks nodes, and finds the document among what they prove.
    pub(crate) async fn ask(&self, nodes: &Nodes) -> Result<(DocumentId, Option<DocumentRecord>)> {
        let (view, _) = nodes.status(&self.query).await?;
        self.find(&view)
    }

    /// The document's id, and its record or that it is proven absent.
    ///
    /// By file, the issuer is the one given, else whoever the signer's certificate is bound to, else the only
    /// member that recorded the file.
    pub(crate) fn find(&self, view: &StatusView) -> Result<(DocumentId, Option<DocumentRecord>)> {
        match &self.query {
            Query::Id(id) => Ok((*id, record_of(view, id)?)),
            Query::Number { issuer, number } => {
                let reference = view.show::<ReferenceRecord>(&RecordKey::Reference(*issuer, ReferenceKey::of(issuer, number)));
                let reference = reference.map_err(|e| Fault::unverifiable("PROFILE_VERSION_UNSUPPORTED", e))?.present();
                let missing = || Fault::refused("LOG_ENTRY_MISSING", format!("{issuer} has recorded no number {number}"));
                let id = reference.ok_or_else(missing)?.document;
                Ok((id, record_of(view, &id)?))
            }
            Query::Document { candidates, issuer, .. } => self.by_file(view, candidates, *issuer),
        }
    }

    fn by_file(&self, view: &StatusView, candidates: &[Candidate], issuer: Option<OrgId>) -> Result<(DocumentId, Option<DocumentRecord>)> {
        let issuer = issuer.or_else(|| named_by(view, candidates));
        let unknown = || {
            Fault::refused("LOG_ENTRY_MISSING", format!("nobody is known to have recorded {}", self.shown))
                .hint("--issuer SLUG, if you know it")
        };
        let issuer = match issuer {
            Some(issuer) => issuer,
            None => return Err(several(view, candidates, &self.shown).unwrap_or_else(unknown).into()),
        };
        let ids = || candidates.iter().map(|candidate| DocumentId::of(&issuer, &candidate.fingerprint));
        for id in ids() {
            if let Ok(Some(record)) = record_of(view, &id) {
                return Ok((id, Some(record)));
            }
        }
        let first = ids().next().ok_or_else(unknown)?;
        Ok((first, record_of(view, &first)?))
    }
}

/// Where several members recorded the same bytes, none of them may stand for another.
fn several(view: &StatusView, candidates: &[Candidate], shown: &str) -> Option<Fault> {
    let claims = view.show::<ClaimsRecord>(&RecordKey::Claims(candidates.first()?.fingerprint)).ok()?.present()?;
    let fault = || Fault::usage("ISSUER_MISSING", format!("{} members have recorded {shown}", claims.count)).hint("--issuer SLUG");
    (claims.count > 1).then(fault)
}

fn named_by(view: &StatusView, candidates: &[Candidate]) -> Option<OrgId> {
    let bound = candidates.iter().find_map(|c| {
        let binding = view.show::<CertificateBinding>(&RecordKey::Certificate(c.signer?)).ok()?;
        binding.present().map(|b| b.organisation)
    });
    let sole = || {
        let claims = view.show::<ClaimsRecord>(&RecordKey::Claims(candidates.first()?.fingerprint)).ok()?.present()?;
        claims.first.first().filter(|_| claims.count == 1).map(|c| c.author)
    };
    bound.or_else(sole)
}
