//! RFC 3161 timestamps: requests, answers and tokens. No network: bytes out, bytes in.
//!
//! What a token says about time counts only once its authority's certificate leads to a trust anchor:
//! [`check_authority`].

use super::cms::{ContentKind, SignedData};
use crate::asn1::{self, Asn1Defect, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, TRUE};
use crate::pki::algorithm::{AlgorithmDefect, DigestAlgorithm};
use crate::pki::{Certificate, PathDefect, Purpose, oid, read_extensions};
use crate::time::Civil;

use super::evidence::Material;

/// Largest answer of an authority, in bytes: a token with a long chain takes 10 KiB.
const MAX_ANSWER_BYTES: usize = 256 << 10;

/// Why a timestamp does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimestampDefect {
    /// Not DER, or not what RFC 3161 wants.
    #[error(transparent)]
    Malformed(#[from] Asn1Defect),
    /// The authority refused.
    #[error("the timestamp authority refused: status {status}{}", if .text.is_empty() { String::new() } else { format!(", {}", .text) })]
    Refused {
        /// PKIStatus.
        status: u8,
        /// Its words.
        text: String,
    },
    /// Made over something else.
    #[error("the timestamp is over other bytes")]
    OtherBytes,
    /// The answer to another request.
    #[error("the timestamp does not carry the nonce of the request")]
    Nonce,
    /// A method that does not hold.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmDefect),
    /// The signed attributes do not name the certificate.
    #[error("the timestamp names another certificate, or none (signing-certificate)")]
    Certificate,
    /// The authority's certificate is not one for timestamps.
    #[error(transparent)]
    Authority(#[from] PathDefect),
    /// The authority's certificate, or one above it, did not hold at the time.
    #[error("the timestamp authority's certificate did not hold at {}: {why}", Civil::of_unix(*.time).for_people())]
    NotValid {
        /// genTime, Unix seconds.
        time: i64,
        /// In which way.
        why: String,
    },
}

/// A question for a timestamp authority. Sent as `application/timestamp-query`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampRequest {
    digest: Vec<u8>,
    nonce: [u8; 16],
}

impl TimestampRequest {
    /// For the parts one after the other, with SHA-256. The nonce is drawn by the caller.
    pub(crate) fn over(parts: &[&[u8]], nonce: [u8; 16]) -> Self {
        Self { digest: DigestAlgorithm::Sha256.digest(parts), nonce }
    }

    /// TimeStampReq, DER, with nonce and certReq.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        let algorithm = asn1::sequence(&[oid::SHA256]);
        let imprint = asn1::sequence(&[&algorithm, &asn1::tlv(OCTET_STRING, &self.digest)]);
        asn1::sequence(&[&asn1::unsigned(&[1]), &imprint, &asn1::unsigned(&self.nonce), TRUE])
    }

    /// The token in an answer (TimeStampResp, DER), if it answers this request and its signature holds.
    pub(crate) fn accept<'a>(&self, answer: &'a [u8]) -> Result<&'a [u8], TimestampDefect> {
        if answer.len() > MAX_ANSWER_BYTES {
            return Err(Asn1Defect(format!("an answer of {} bytes, at most {MAX_ANSWER_BYTES}", answer.len())).into());
        }
        let mut outer = asn1::only(answer, SEQUENCE)?.inside();
        let mut info = outer.expect(SEQUENCE)?.inside();
        let status = info.expect(INTEGER)?.value;
        // granted, grantedWithMods
        if !matches!(status, [0 | 1]) {
            let texts = info.optional(SEQUENCE)?.map(|texts| texts.inside().all()).transpose()?.unwrap_or_default();
            let text: String = texts.iter().map(|text| String::from_utf8_lossy(text.value)).collect();
            let text = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).take(256).collect();
            return Err(TimestampDefect::Refused { status: status.last().copied().unwrap_or(0xff), text });
        }
        let der = outer.expect(SEQUENCE)?.whole;
        outer.finish()?;
        let token = Token::parse(der)?;
        if token.algorithm != DigestAlgorithm::Sha256 || token.imprint != self.digest {
            return Err(TimestampDefect::OtherBytes);
        }
        if token.nonce != Some(asn1::only(&asn1::unsigned(&self.nonce), INTEGER)?.value) {
            return Err(TimestampDefect::Nonce);
        }
        token.check_signature()?;
        Ok(der)
    }
}

/// A TimeStampToken as received.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    /// genTime, Unix seconds.
    pub(crate) time: i64,
    algorithm: DigestAlgorithm,
    imprint: &'a [u8],
    nonce: Option<&'a [u8]>,
    info: &'a [u8],
    pub(crate) signed: SignedData<'a>,
}

impl<'a> Token<'a> {
    /// Reads one token that fills `der`.
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, TimestampDefect> {
        let signed = SignedData::parse(der, ContentKind::TimestampInfo)?;
        let info = signed.content.unwrap_or_default();
        let mut inside = asn1::only(info, SEQUENCE)?.inside();
        let version = inside.expect(INTEGER)?.value;
        if version != [1] {
            return Err(Asn1Defect("a timestamp of another version".into()).into());
        }
        inside.expect(OID)?;
        let mut imprint = inside.expect(SEQUENCE)?.inside();
        let algorithm = DigestAlgorithm::of_identifier(imprint.expect(SEQUENCE)?.whole)?;
        let digest = imprint.expect(OCTET_STRING)?.value;
        imprint.finish()?;
        inside.expect(INTEGER)?;
        let time = time(inside.expect(GENERALIZED_TIME)?.value)?;
        let nonce = tail(&mut inside)?;
        Ok(Self { time, algorithm, imprint: digest, nonce, info, signed })
    }

    /// Whether it is over the parts, one after the other.
    pub(crate) fn is_over(&self, parts: &[&[u8]]) -> bool {
        self.algorithm.digest(parts) == self.imprint
    }

    /// Its certificate and the method of its signature, if that holds and names the certificate.
    pub(crate) fn check_signature(&self) -> Result<(Certificate<'a>, String), TimestampDefect> {
        let certificate = self.signed.signer_certificate()?;
        let method = self.signed.verify(&certificate, &[self.info])?;
        let is_named = self.signed.check_signing_certificate(&certificate).is_ok()
            || (!self.signed.has_attribute(oid::SIGNING_CERTIFICATE_V2) && self.names_by_sha1(&certificate)?);
        if is_named { Ok((certificate, method)) } else { Err(TimestampDefect::Certificate) }
    }

    /// The older signing-certificate (RFC 2634 5.4.1), which many authorities still write. Its SHA-1 only
    /// names; the certificate is judged by its path.
    fn names_by_sha1(&self, certificate: &Certificate<'_>) -> Result<bool, Asn1Defect> {
        let Some(value) = self.signed.attribute(oid::SIGNING_CERTIFICATE)? else { return Ok(false) };
        let mut first = value.inside().expect(SEQUENCE)?.inside().expect(SEQUENCE)?.inside();
        Ok(first.expect(OCTET_STRING)?.value == crate::pki::sha1(certificate.der))
    }
}

/// accuracy, ordering, nonce, tsa and extensions, each optional; gives the nonce.
fn tail<'a>(inside: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Asn1Defect> {
    inside.optional(SEQUENCE)?;
    if inside.optional(0x01)?.is_some_and(|ordering| ordering.value != [0xff]) {
        return Err(Asn1Defect("the ordering flag is not DER".into()));
    }
    let nonce = inside.optional(INTEGER)?.map(|nonce| nonce.value);
    inside.optional(0xa0)?;
    if let Some(extensions) = inside.optional(0xa1)? {
        // [1] IMPLICIT Extensions
        let mut explicit = extensions.whole.to_vec();
        if let Some(tag) = explicit.first_mut() {
            *tag = SEQUENCE;
        }
        if read_extensions(&explicit)?.iter().any(|extension| extension.is_critical) {
            return Err(Asn1Defect("a timestamp with a critical extension that is not known here".into()));
        }
    }
    inside.finish()?;
    Ok(nonce)
}

/// GeneralizedTime of RFC 3161: seconds, a fraction without trailing zeros if any, `Z`.
fn time(text: &[u8]) -> Result<i64, Asn1Defect> {
    let bad = || Asn1Defect("genTime is no time as RFC 3161 wants it".into());
    let (digits, rest) = text.strip_suffix(b"Z").and_then(|text| text.split_at_checked(14)).ok_or_else(bad)?;
    let is_fraction = match rest.split_first() {
        None => true,
        Some((b'.', fraction)) => fraction.iter().all(u8::is_ascii_digit) && fraction.last().is_some_and(|last| *last != b'0'),
        Some(_) => false,
    };
    Civil::of_digits(digits).and_then(|civil| civil.unix()).filter(|_| is_fraction).ok_or_else(bad)
}

/// Whether a timestamp authority was one at genTime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authority {
    /// Its certificate leads to this anchor, valid and, as far as proofs say, not revoked then.
    Established {
        /// The trust anchor's name.
        anchor: String,
        /// Whether proofs say of every certificate of the path that it was not revoked at genTime.
        is_cleared: bool,
    },
    /// Nothing is wrong with it, but nobody known vouches for it.
    Unknown(PathDefect),
}

/// Judges the authority of a token at its genTime. `existed`: the earliest later time at which the token is
/// proven to have existed, which a revocation for key compromise after that does not reach.
pub(crate) fn check_authority<'a>(
    certificate: &'a [u8],
    time: i64,
    material: &Material<'a>,
    existed: Option<i64>,
) -> Result<Authority, TimestampDefect> {
    let own = Certificate::parse(certificate)?;
    let not_valid = |why: String| Err(TimestampDefect::NotValid { time, why });
    if time < own.not_before || time > own.not_after {
        let day = |seconds| Civil::of_unix(seconds).for_people();
        return not_valid(format!("valid from {} to {}", day(own.not_before), day(own.not_after)));
    }
    let path = match material.path(certificate, Purpose::Timestamp, Some(time)) {
        Ok(path) => path,
        Err(defect @ (PathDefect::Purpose { .. } | PathDefect::UnknownCritical(_) | PathDefect::Malformed(_))) => return Err(defect.into()),
        Err(defect) => return Ok(Authority::Unknown(defect)),
    };
    if !path.is_valid_at(time) {
        return not_valid("a certificate above it was not valid".into());
    }
    let mut is_cleared = true;
    for status in material.proofs.of_path(&path) {
        if let Some(revoked) = status.revoked {
            let spared = time < revoked.since && (revoked.spares_earlier() || existed.is_some_and(|existed| existed < revoked.since));
            if !spared {
                return not_valid(format!("revoked since {}", Civil::of_unix(revoked.since).for_people()));
            }
        }
        is_cleared &= status.proof.is_some() && status.is_good_at(time);
    }
    Ok(Authority::Established { anchor: path.anchor_name(), is_cleared })
}
