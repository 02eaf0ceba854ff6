//! Keeps signatures verifiable for long: a timestamp on the signature (B-T), certificates and proofs in the
//! file (B-LT), a document timestamp over them (B-LTA), and its renewal.
//!
//! Each step gives bytes to ask an authority and takes the bytes of its answer; no step has a network. The
//! order is that of `pdf-signing.md` 5: sign, timestamp, anchor, staple, store, document timestamp. What is given
//! out has passed our own verifier, with fingerprints and signature hashes as before.

mod needs;

pub use needs::{Fetch, Need, needs};

use super::cms::{self, ContentKind, SignedData, attach};
use super::contents::{TooLittle, fill};
use super::evidence::{Material, PathMaterial, stored};
use super::raw::{Kind, ObjectId, Pdf, Span, StructureDefect};
use super::timestamp::{Authority, TimestampDefect, TimestampRequest, Token, check_authority};
use super::verify::{PdfReport, SignatureKind, inspect_pdf_with};
use super::write::{RESERVE_BYTES, SignError, Stamped, with_document_timestamp, with_store};
use crate::asn1::Asn1Defect;
use crate::pki::{PathDefect, oid};
use eco_core::verdict::Code;

/// Why a file was not extended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtendError {
    /// Our own reader refuses the file.
    #[error("the file cannot be extended: {0}")]
    Structure(#[from] StructureDefect),
    /// Nothing can be added to it.
    #[error(transparent)]
    Write(#[from] SignError),
    /// Its signatures are not in order.
    #[error("the file cannot be extended: {code}: {detail}")]
    NotClean {
        /// What is wrong with it.
        code: Code,
        /// In which way.
        detail: String,
    },
    /// It has no signature to keep.
    #[error("the file has no signature")]
    NoSignature,
    /// Later signatures cover the place.
    #[error("signature {field} is not the last: a timestamp goes in before anything follows it")]
    NotLast {
        /// Field of the newest signature.
        field: String,
    },
    /// The padding is too short.
    #[error("signature {field} with the timestamp takes {needed} bytes, its /Contents has room for {reserved}")]
    Room {
        /// Its field.
        field: String,
        /// Bytes of the CMS.
        needed: usize,
        /// Bytes reserved for it.
        reserved: usize,
    },
    /// The authority's answer is no good.
    #[error("the timestamp authority's answer: {0}")]
    Timestamp(#[from] TimestampDefect),
    /// None of the given anchors vouches for the authority.
    #[error("no trust anchor vouches for the timestamp authority: {0}")]
    Authority(PathDefect),
    /// A certificate path, or a proof that one of its certificates was not revoked, is missing.
    #[error("{0}")]
    Missing(String),
    /// Our own verifier does not accept the result: nothing is given out.
    #[error("the extended file does not verify as before: {0}")]
    SelfCheck(String),
}

/// The octets of a signature's `/Contents`.
fn contents<'p>(pdf: &'p Pdf<'_>, id: ObjectId) -> Result<&'p [u8], ExtendError> {
    let dict = pdf.object(id.number).and_then(|object| object.value.as_dict());
    match dict.and_then(|dict| dict.get("Contents")).map(|value| &value.kind) {
        Some(Kind::Hex(octets)) => Ok(octets),
        _ => Err(ExtendError::NoSignature),
    }
}

/// What our verifier says of a file that is to be extended: it must be clean and signed.
fn inspected(pdf: &[u8], given: &PathMaterial) -> Result<PdfReport, ExtendError> {
    let report = inspect_pdf_with(pdf, given);
    match report.findings.findings.iter().find(|finding| super::condemns(finding.code)) {
        Some(bad) => Err(ExtendError::NotClean { code: bad.code, detail: bad.detail.clone() }),
        None => Ok(report),
    }
}

/// The result must be clean and have the same fingerprints, signature hashes and receipts as before.
fn checked(before: &PdfReport, bytes: Vec<u8>, given: &PathMaterial) -> Result<Vec<u8>, ExtendError> {
    let after = inspected(&bytes, given).map_err(|error| ExtendError::SelfCheck(error.to_string()))?;
    let essence = |report: &PdfReport| -> Vec<_> {
        report.findings.candidates.iter().map(|candidate| (candidate.fingerprint, candidate.signature_hash)).collect()
    };
    if essence(&after) != essence(before) {
        return Err(ExtendError::SelfCheck("its signatures are read differently".into()));
    }
    if after.signatures.first().is_none_or(|newest| !newest.is_intact) {
        return Err(ExtendError::SelfCheck("the newest signature or timestamp does not hold".into()));
    }
    Ok(bytes)
}

fn unreadable(defect: Asn1Defect) -> ExtendError {
    ExtendError::NotClean { code: Code::PdfSignatureInvalid, detail: defect.to_string() }
}

/// A token's authority: refused if it is none, and if anchors are given but none vouches for it.
fn admit(token: &[u8], given: &PathMaterial, store: Option<&PathMaterial>) -> Result<(), ExtendError> {
    let token = Token::parse(token)?;
    let (certificate, _) = token.check_signature()?;
    let sources: Vec<&PathMaterial> = [Some(given), store].into_iter().flatten().collect();
    let material = Material::new(given, &sources).with(&token.signed.certificates);
    match check_authority(certificate.der, token.time, &material, None)? {
        Authority::Unknown(defect) if !given.anchors.is_empty() => Err(ExtendError::Authority(defect)),
        Authority::Unknown(_) | Authority::Established { .. } => Ok(()),
    }
}

/// Where the newest signature lies, if nothing follows it.
fn newest_signature(report: &PdfReport) -> Result<(String, ObjectId, Span), ExtendError> {
    let newest = report.signatures.first().ok_or(ExtendError::NoSignature)?;
    let signature = report.signatures.iter().find(|signature| signature.kind == SignatureKind::Signature);
    let field = signature.ok_or(ExtendError::NoSignature)?.field.clone();
    if newest.kind != SignatureKind::Signature || newest.revision + 1 != report.revisions {
        return Err(ExtendError::NotLast { field });
    }
    let [_, start, end, _] = newest.byte_range;
    Ok((field, newest.dictionary, Span { start, end }))
}

/// The request for a timestamp on the newest signature. `nonce` is random, for this request alone.
pub fn signature_timestamp_request(pdf: &[u8], nonce: [u8; 16]) -> Result<TimestampRequest, ExtendError> {
    let report = inspected(pdf, &PathMaterial::default())?;
    let (_, id, _) = newest_signature(&report)?;
    let parsed = Pdf::parse(pdf)?;
    let der = cms::strip_padding(contents(&parsed, id)?).map_err(unreadable)?;
    let signed = SignedData::parse(der, ContentKind::Data).map_err(unreadable)?;
    Ok(TimestampRequest::over(&[signed.signature], nonce))
}

/// Puts the timestamp of an answer into the newest signature: level B-T, same length, same fingerprint.
pub fn add_signature_timestamp(
    pdf: &[u8],
    request: &TimestampRequest,
    answer: &[u8],
    given: &PathMaterial,
) -> Result<Vec<u8>, ExtendError> {
    let before = inspected(pdf, given)?;
    let (field, id, gap) = newest_signature(&before)?;
    let token = request.accept(answer)?;
    admit(token, given, None)?;
    let parsed = Pdf::parse(pdf)?;
    let der = cms::strip_padding(contents(&parsed, id)?).map_err(unreadable)?;
    let signed = SignedData::parse(der, ContentKind::Data).map_err(unreadable)?;
    if !Token::parse(token)?.is_over(&[signed.signature]) {
        return Err(TimestampDefect::OtherBytes.into());
    }
    let whole = attach::with_unsigned(der, oid::TIMESTAMP_TOKEN, token).map_err(unreadable)?;
    let bytes = filled(pdf.to_vec(), gap, &whole, field)?;
    checked(&before, bytes, given)
}

/// The file with `/Contents` holding these octets and zeros.
fn filled(mut pdf: Vec<u8>, gap: Span, octets: &[u8], field: String) -> Result<Vec<u8>, ExtendError> {
    match fill(&mut pdf, gap, octets) {
        Ok(()) => Ok(pdf),
        Err(TooLittle { needed, reserved }) => Err(ExtendError::Room { field, needed, reserved }),
    }
}

/// Adds what the file lacks to be verified without the authorities (level B-LT): for every signature and
/// timestamp its certificates, and for each a proof that it was not revoked. `None` if nothing is lacking.
///
/// `nonce` is 16 random bytes for the revision's `/ID`.
pub fn add_store(pdf: &[u8], given: &PathMaterial, nonce: [u8; 16]) -> Result<Option<Vec<u8>>, ExtendError> {
    let before = inspected(pdf, given)?;
    let parsed = Pdf::parse(pdf)?;
    let new = needs::collect(&parsed, &before, given)?;
    if new == PathMaterial::default() {
        return Ok(None);
    }
    let bytes = with_store(pdf, nonce, &new)?;
    checked(&before, bytes, given).map(Some)
}

/// A file with its document timestamp still missing.
#[derive(Debug, Clone)]
pub struct PreparedTimestamp {
    stamped: Stamped,
    request: TimestampRequest,
    before: PdfReport,
}

impl PreparedTimestamp {
    /// What to ask the authority.
    #[must_use]
    pub const fn request(&self) -> &TimestampRequest {
        &self.request
    }
}

/// Adds an empty document timestamp over everything in the file. `nonces`: 16 random bytes for the revision's
/// `/ID`, and 16 for the request.
pub fn prepare_document_timestamp(pdf: &[u8], given: &PathMaterial, nonces: [[u8; 16]; 2]) -> Result<PreparedTimestamp, ExtendError> {
    let before = inspected(pdf, given)?;
    let [revision, asked] = nonces;
    let stamped = with_document_timestamp(pdf, revision, RESERVE_BYTES)?;
    let ranges = [Span { start: 0, end: stamped.gap.start }, Span { start: stamped.gap.end, end: stamped.bytes.len() }];
    let [head, tail] = ranges.map(|range| range.of(&stamped.bytes));
    let request = TimestampRequest::over(&[head, tail], asked);
    Ok(PreparedTimestamp { stamped, request, before })
}

/// Puts the timestamp of an answer in: level B-LTA, if the store is complete.
pub fn finish_document_timestamp(prepared: PreparedTimestamp, answer: &[u8], given: &PathMaterial) -> Result<Vec<u8>, ExtendError> {
    let PreparedTimestamp { stamped, request, before } = prepared;
    let token = request.accept(answer)?;
    let parsed = Pdf::parse(&stamped.bytes)?;
    admit(token, given, stored(&parsed, parsed.revisions.len().saturating_sub(1)).as_ref())?;
    let bytes = filled(stamped.bytes, stamped.gap, token, stamped.field)?;
    checked(&before, bytes, given)
}
