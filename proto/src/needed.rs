//! Which records an answer about a document must show, present or absent, so that `judge` can conclude.
//!
//! Written once for both sides: a node assembles its answer by it, a client checks that nothing was left
//! out. What the records mean is eco-core's.

use crate::convert::StatusQuery;
use eco_core::codec::Canonical;
use eco_core::document::DocumentId;
use eco_core::name::OrgId;
use eco_core::registry::{CertificateBinding, KeyRecord};
use eco_core::state::{ClaimsRecord, DocumentRecord, RecordKey, ReferenceRecord};
use std::collections::BTreeSet;

/// Where records are read from: a node's state, or an answer.
pub trait Records {
    /// Why a record cannot be read: the store failed, or the answer does not cover it.
    type Error;

    /// A record; none if it is absent.
    ///
    /// # Errors
    /// It cannot be read.
    fn read<T: Canonical>(&self, key: &RecordKey) -> Result<Option<T>, Self::Error>;
}

/// What an answer shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needed {
    /// Names of the records, present or absent; at most 32.
    pub keys: BTreeSet<RecordKey>,
    /// The documents that are present, each with its record.
    pub documents: Vec<(DocumentId, DocumentRecord)>,
}

/// The records that an answer to a query shows.
///
/// Whose record counts: the issuer of the query, else whoever the first signer's certificate is bound to or the first
/// proof's key belongs to, else the first who recorded one of the fingerprints.
///
/// # Errors
/// A record cannot be read.
pub fn needed<R: Records>(query: &StatusQuery, records: &R) -> Result<Needed, R::Error> {
    let mut needed = Needed::default();
    match query {
        StatusQuery::Document(id) => {
            if let Some(record) = document(*id, records, &mut needed)? {
                needed.keys.insert(RecordKey::Organisation(record.author));
                needed.keys.insert(RecordKey::Claims(record.fingerprint));
            }
        }
        StatusQuery::Number { issuer, reference } => {
            needed.keys.insert(RecordKey::Organisation(*issuer));
            let key = RecordKey::Reference(*issuer, *reference);
            needed.keys.insert(key);
            if let Some(taken) = records.read::<ReferenceRecord>(&key)? {
                document(taken.document, records, &mut needed)?;
            }
        }
        StatusQuery::Candidates { candidates, issuer } => {
            let (mut bound, mut claimant): (Option<OrgId>, Option<OrgId>) = (None, None);
            for candidate in candidates {
                if let Some(signer) = candidate.signer {
                    let key = RecordKey::Certificate(signer);
                    needed.keys.insert(key);
                    bound = bound.or(records.read::<CertificateBinding>(&key)?.map(|binding| binding.organisation));
                }
                if let Some(signed) = candidate.key {
                    let key = RecordKey::Key(signed);
                    needed.keys.insert(key);
                    bound = bound.or(records.read::<KeyRecord>(&key)?.map(|key| key.organisation));
                }
                let key = RecordKey::Claims(candidate.fingerprint);
                needed.keys.insert(key);
                let claims = records.read::<ClaimsRecord>(&key)?;
                claimant = claimant.or(claims.and_then(|claims| claims.first.first().map(|claim| claim.author)));
            }
            if let Some(issuer) = issuer.or(bound).or(claimant) {
                needed.keys.insert(RecordKey::Organisation(issuer));
                for candidate in candidates {
                    document(DocumentId::of(&issuer, &candidate.fingerprint), records, &mut needed)?;
                }
            }
        }
    }
    Ok(needed)
}

/// A document's record and the key that signed it.
fn document<R: Records>(id: DocumentId, records: &R, needed: &mut Needed) -> Result<Option<DocumentRecord>, R::Error> {
    let key = RecordKey::Document(id);
    let seen_before = !needed.keys.insert(key);
    let record = records.read::<DocumentRecord>(&key)?;
    if let Some(record) = &record
        && !seen_before
    {
        needed.keys.insert(RecordKey::Key(record.key));
        needed.documents.push((id, record.clone()));
    }
    Ok(record)
}
