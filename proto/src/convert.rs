//! Wire to core and back. Every conversion is bounded; none decides anything.

use crate::limits::{BATCH_QUERIES_MAX, CANDIDATES_MAX, PAGE_TOKEN_BYTES_MAX};
use crate::v1;
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::entry::EntryId;
use eco_core::genesis::{Limits, NetworkPurpose};
use eco_core::name::{OrgId, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::sign::PublicKey;
use eco_core::verdict::Candidate;
use eco_core::{Fingerprint, Method, SpkiHash};

/// A field of a request or answer that holds no value of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct WireDefect {
    /// The field, by its path in the schema.
    pub field: &'static str,
    /// What was expected and what was found.
    pub detail: String,
}

impl WireDefect {
    /// A field that is not as expected.
    #[must_use]
    pub fn new(field: &'static str, detail: impl Into<String>) -> Self {
        Self { field, detail: detail.into() }
    }

    fn missing(field: &'static str) -> Self {
        Self::new(field, "must be set")
    }
}

/// Exactly 32 bytes.
///
/// # Errors
/// Any other length.
pub fn bytes32(field: &'static str, bytes: &[u8]) -> Result<[u8; 32], WireDefect> {
    bytes.try_into().map_err(|_| WireDefect::new(field, format!("expected 32 bytes, found {}", bytes.len())))
}

/// An organisation.
///
/// # Errors
/// Not a slug.
pub fn organisation(field: &'static str, text: &str) -> Result<OrgId, WireDefect> {
    text.parse().map_err(|defect: eco_core::name::NameDefect| WireDefect::new(field, defect.to_string()))
}

/// An organisation, or none where the field is empty.
///
/// # Errors
/// Not a slug.
pub fn organisation_if_any(field: &'static str, text: &str) -> Result<Option<OrgId>, WireDefect> {
    if text.is_empty() { Ok(None) } else { organisation(field, text).map(Some) }
}

/// How many items a page may have: 0 and what is above the bound mean the bound.
///
/// # Errors
/// Negative.
pub fn page_size(asked: i32, max: usize) -> Result<usize, WireDefect> {
    match usize::try_from(asked) {
        Ok(0) => Ok(max),
        Ok(size) => Ok(size.min(max)),
        Err(_) => Err(WireDefect::new("page_size", format!("{asked} is negative"))),
    }
}

/// Where a paged walk is: the view that it is bound to, and the next item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageToken {
    /// Tree size or height that the walk's first page was read under.
    pub bound: u64,
    /// The next index, height, slot or place.
    pub next: u64,
}

impl PageToken {
    /// The token as it travels. Opaque to clients.
    #[must_use]
    pub fn to_text(self, list: &str) -> String {
        format!("{list}-{:x}-{:x}", self.bound, self.next)
    }

    /// Reads a token of the named list; none where the field is empty.
    ///
    /// # Errors
    /// Not a token of this list, or not written in the one way.
    pub fn read(list: &str, text: &str) -> Result<Option<Self>, WireDefect> {
        if text.is_empty() {
            return Ok(None);
        }
        let defect = || WireDefect::new("page_token", format!("not a token of a page of {list}; start again without one"));
        if text.len() > PAGE_TOKEN_BYTES_MAX {
            return Err(defect());
        }
        let hex = |digits: &str| u64::from_str_radix(digits, 16).map_err(|_| defect());
        let rest = text.strip_prefix(list).and_then(|rest| rest.strip_prefix('-')).ok_or_else(defect)?;
        let (bound, next) = rest.split_once('-').ok_or_else(defect)?;
        let token = Self { bound: hex(bound)?, next: hex(next)? };
        // A second spelling is none of ours.
        if token.to_text(list) == text { Ok(Some(token)) } else { Err(defect()) }
    }
}

/// One fingerprint to look for, and who signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusCandidate {
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// Hash of the signer's public key info, where somebody signed with X.509.
    pub signer: Option<SpkiHash>,
    /// Key of the Data Integrity proof, where there is one; not together with `signer`.
    pub key: Option<PublicKey>,
}

/// A question about one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusQuery {
    /// By its id.
    Document(DocumentId),
    /// By its content: 1 to 7 candidates, and the issuer if the asker knows it.
    Candidates {
        /// Newest signature first.
        candidates: Vec<StatusCandidate>,
        /// Whose record counts.
        issuer: Option<OrgId>,
    },
    /// By its number.
    Number {
        /// Who issued it.
        issuer: OrgId,
        /// Index of the number under the issuer.
        reference: ReferenceKey,
    },
}

/// Names one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryName {
    /// The intent.
    Id(EntryId),
    /// Its place on the log.
    Index(u64),
    /// The document whose Anchor it is.
    Document(DocumentId),
}

/// A fingerprint from the wire.
///
/// # Errors
/// No method, an unknown one, or a hash of another length.
pub fn fingerprint(wire: &v1::Fingerprint) -> Result<Fingerprint, WireDefect> {
    let method = match wire.method() {
        v1::FingerprintMethod::File => Method::File,
        v1::FingerprintMethod::Pdf => Method::Pdf,
        v1::FingerprintMethod::Jcs => Method::Jcs,
        v1::FingerprintMethod::Unspecified => {
            return Err(WireDefect::new("fingerprint.method", format!("{} is no method of this version", wire.method)));
        }
    };
    Ok(Fingerprint { method, hash: bytes32("fingerprint.blake3", &wire.blake3)? })
}

impl From<Fingerprint> for v1::Fingerprint {
    fn from(fingerprint: Fingerprint) -> Self {
        let method = match fingerprint.method {
            Method::File => v1::FingerprintMethod::File,
            Method::Pdf => v1::FingerprintMethod::Pdf,
            Method::Jcs => v1::FingerprintMethod::Jcs,
        };
        Self { method: method.into(), blake3: fingerprint.hash.to_vec() }
    }
}

impl TryFrom<v1::StatusQuery> for StatusQuery {
    type Error = WireDefect;
    fn try_from(wire: v1::StatusQuery) -> Result<Self, WireDefect> {
        use v1::status_query::Query;
        match wire.query.ok_or_else(|| WireDefect::missing("query"))? {
            Query::DocumentId(id) => Ok(Self::Document(DocumentId(bytes32("query.document_id", &id)?))),
            Query::Document(document) => {
                let found = document.candidates.len();
                if found == 0 || found > CANDIDATES_MAX {
                    return Err(WireDefect::new("query.document.candidates", format!("expected 1 to {CANDIDATES_MAX}, found {found}")));
                }
                let candidates = document.candidates.into_iter().map(StatusCandidate::try_from).collect::<Result<_, _>>()?;
                Ok(Self::Candidates { candidates, issuer: organisation_if_any("query.document.issuer", &document.issuer)? })
            }
            Query::Number(number) => number.try_into(),
        }
    }
}

impl TryFrom<v1::StatusCandidate> for StatusCandidate {
    type Error = WireDefect;
    fn try_from(wire: v1::StatusCandidate) -> Result<Self, WireDefect> {
        let fingerprint = fingerprint(&wire.fingerprint.ok_or_else(|| WireDefect::missing("candidate.fingerprint"))?)?;
        let signer = match wire.signer_spki.as_slice() {
            [] => None,
            spki => Some(SpkiHash(bytes32("candidate.signer_spki", spki)?)),
        };
        let key = match wire.proof_key.as_str() {
            "" => None,
            text => Some(text.parse::<PublicKey>().map_err(|defect| WireDefect::new("candidate.proof_key", defect.to_string()))?),
        };
        // Both would be more records than a status proof holds; no document has both.
        if signer.is_some() && key.is_some() {
            return Err(WireDefect::new("candidate.proof_key", "not together with signer_spki"));
        }
        Ok(Self { fingerprint, signer, key })
    }
}

impl TryFrom<v1::NumberQuery> for StatusQuery {
    type Error = WireDefect;
    fn try_from(wire: v1::NumberQuery) -> Result<Self, WireDefect> {
        use v1::number_query::Reference;
        let issuer = organisation("query.number.issuer", &wire.issuer)?;
        let reference = match wire.reference.ok_or_else(|| WireDefect::missing("query.number.reference"))? {
            Reference::ReferenceKey(key) => ReferenceKey(bytes32("query.number.reference_key", &key)?),
            Reference::Number(text) => {
                let number =
                    CertificateNumber::normalise(&text).map_err(|defect| WireDefect::new("query.number.number", defect.to_string()))?;
                ReferenceKey::of(&issuer, &number)
            }
        };
        Ok(Self::Number { issuer, reference })
    }
}

impl From<&StatusQuery> for v1::StatusQuery {
    fn from(query: &StatusQuery) -> Self {
        use v1::status_query::Query;
        let query = match query {
            StatusQuery::Document(id) => Query::DocumentId(id.as_bytes().to_vec()),
            StatusQuery::Candidates { candidates, issuer } => Query::Document(v1::DocumentQuery {
                candidates: candidates.iter().map(v1::StatusCandidate::from).collect(),
                issuer: issuer.map(|i| i.to_string()).unwrap_or_default(),
            }),
            StatusQuery::Number { issuer, reference } => Query::Number(v1::NumberQuery {
                issuer: issuer.to_string(),
                reference: Some(v1::number_query::Reference::ReferenceKey(reference.as_bytes().to_vec())),
            }),
        };
        Self { query: Some(query) }
    }
}

impl From<&Candidate> for StatusCandidate {
    fn from(candidate: &Candidate) -> Self {
        let key = candidate.key.filter(|_| candidate.signer.is_none());
        Self { fingerprint: candidate.fingerprint, signer: candidate.signer, key }
    }
}

impl From<&StatusCandidate> for v1::StatusCandidate {
    fn from(candidate: &StatusCandidate) -> Self {
        Self {
            fingerprint: Some(candidate.fingerprint.into()),
            signer_spki: candidate.signer.map(|s| s.as_bytes().to_vec()).unwrap_or_default(),
            proof_key: candidate.key.map(|key| key.to_string()).unwrap_or_default(),
        }
    }
}

/// The queries of a batch, within its bound.
///
/// # Errors
/// None, too many, or one that is not well formed.
pub fn status_queries(wire: Vec<v1::StatusQuery>) -> Result<Vec<StatusQuery>, WireDefect> {
    if wire.is_empty() || wire.len() > BATCH_QUERIES_MAX {
        return Err(WireDefect::new("queries", format!("expected 1 to {BATCH_QUERIES_MAX}, found {}", wire.len())));
    }
    wire.into_iter().map(StatusQuery::try_from).collect()
}

impl TryFrom<v1::GetReceiptRequest> for EntryName {
    type Error = WireDefect;
    fn try_from(wire: v1::GetReceiptRequest) -> Result<Self, WireDefect> {
        use v1::get_receipt_request::Entry;
        Ok(match wire.entry.ok_or_else(|| WireDefect::missing("entry"))? {
            Entry::EntryId(id) => Self::Id(EntryId(bytes32("entry_id", &id)?)),
            Entry::Index(index) => Self::Index(index),
            Entry::DocumentId(id) => Self::Document(DocumentId(bytes32("document_id", &id)?)),
        })
    }
}

impl From<EntryName> for v1::GetReceiptRequest {
    fn from(name: EntryName) -> Self {
        use v1::get_receipt_request::Entry;
        let entry = match name {
            EntryName::Id(id) => Entry::EntryId(id.as_bytes().to_vec()),
            EntryName::Index(index) => Entry::Index(index),
            EntryName::Document(id) => Entry::DocumentId(id.as_bytes().to_vec()),
        };
        Self { entry: Some(entry) }
    }
}

impl From<DocumentStatus> for v1::DocumentStatus {
    fn from(status: DocumentStatus) -> Self {
        match status {
            DocumentStatus::Active => Self::Active,
            DocumentStatus::Suspended => Self::Suspended,
            DocumentStatus::Revoked => Self::Revoked,
            DocumentStatus::Superseded => Self::Superseded,
        }
    }
}

/// A document's status from the wire; none where it is not stated or unknown.
#[must_use]
pub const fn document_status(wire: v1::DocumentStatus) -> Option<DocumentStatus> {
    match wire {
        v1::DocumentStatus::Unspecified => None,
        v1::DocumentStatus::Active => Some(DocumentStatus::Active),
        v1::DocumentStatus::Suspended => Some(DocumentStatus::Suspended),
        v1::DocumentStatus::Revoked => Some(DocumentStatus::Revoked),
        v1::DocumentStatus::Superseded => Some(DocumentStatus::Superseded),
    }
}

impl From<NetworkPurpose> for v1::NetworkPurpose {
    fn from(purpose: NetworkPurpose) -> Self {
        match purpose {
            NetworkPurpose::Production => Self::Production,
            NetworkPurpose::Test => Self::Test,
        }
    }
}

impl From<&Limits> for v1::NetworkLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            block_entries_max: limits.block_entries_max,
            block_bytes_max: limits.block_bytes_max,
            organisation_entries_per_hour_max: limits.organisation_entries_per_hour_max,
            clock_precision_ms: limits.clock_precision_ms,
            proposal_delay_ms: limits.proposal_delay_ms,
        }
    }
}

/// Milliseconds in a second, nanoseconds in a millisecond.
const SCALE: (u64, u64) = (1000, 1_000_000);

/// A time as protobuf has it.
#[must_use]
pub fn timestamp(time: Timestamp) -> prost_types::Timestamp {
    let (seconds, ms) = (time.0 / SCALE.0, time.0 % SCALE.0);
    // Below 10^9 by the remainder.
    let nanos = i32::try_from(ms.saturating_mul(SCALE.1)).unwrap_or(0);
    prost_types::Timestamp { seconds: i64::try_from(seconds).unwrap_or(i64::MAX), nanos }
}

/// A time from protobuf, cut to milliseconds; none before 1970 or where the nanoseconds are out of range.
#[must_use]
pub fn time_of(wire: &prost_types::Timestamp) -> Option<Timestamp> {
    let seconds = u64::try_from(wire.seconds).ok()?;
    let nanos = u64::try_from(wire.nanos).ok().filter(|nanos| *nanos < SCALE.0 * SCALE.1)?;
    seconds.checked_mul(SCALE.0)?.checked_add(nanos / SCALE.1).map(Timestamp)
}

#[cfg(test)]
mod tests;
