//! RFC 3161 tokens: that they are over these bytes and that their signature holds. Not whose they are.

use crate::asn1::{self, Asn1Defect, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE};
use crate::pdf::cms::{self, ContentKind, SignedData};
use crate::pki::algorithm::{AlgorithmDefect, DigestAlgorithm};
use crate::time::Civil;
use eco_core::verdict::Code;

/// A token that holds.
pub(crate) struct Token {
    /// genTime, Unix seconds.
    pub(crate) time: i64,
    /// Method of its signature.
    pub(crate) method: String,
    /// The timestamp authority's name.
    pub(crate) authority: Option<String>,
}

type Failure = (Code, String);

fn malformed(defect: Asn1Defect) -> Failure {
    (Code::TimestampInvalid, defect.to_string())
}

fn unusable(defect: &AlgorithmDefect) -> Failure {
    (Code::TimestampInvalid, defect.to_string())
}

/// A document timestamp: `contents` as in the dictionary, with padding. Other bytes than those it was made
/// over are a changed document; a token that is merely unusable is only an invalid timestamp.
pub(crate) fn check_document(contents: &[u8], parts: &[&[u8]]) -> Result<Token, Failure> {
    let invalid = |defect: Asn1Defect| (Code::PdfSignatureInvalid, defect.to_string());
    check(cms::strip_padding(contents).map_err(invalid)?, parts)
}

/// A signature timestamp: the attribute's value, over the signature octets.
pub(crate) fn check_signature(token: &[u8], signature: &[u8]) -> Result<Token, Failure> {
    check(token, &[signature]).map_err(|(_, what)| (Code::TimestampInvalid, what))
}

fn check(der: &[u8], parts: &[&[u8]]) -> Result<Token, Failure> {
    let signed = SignedData::parse(der, ContentKind::TimestampInfo).map_err(malformed)?;
    let info = signed.content.unwrap_or_default();
    let mut inside = asn1::only(info, SEQUENCE).map_err(malformed)?.inside();
    inside.expect(INTEGER).map_err(malformed)?;
    inside.expect(OID).map_err(malformed)?;
    let mut imprint = inside.expect(SEQUENCE).map_err(malformed)?.inside();
    let algorithm = imprint.expect(SEQUENCE).map_err(malformed)?.whole;
    let announced = imprint.expect(OCTET_STRING).map_err(malformed)?.value;
    inside.expect(INTEGER).map_err(malformed)?;
    let time = inside.expect(GENERALIZED_TIME).map_err(malformed)?.value;
    let digest = DigestAlgorithm::of_identifier(algorithm).map_err(|defect| unusable(&defect))?;
    if digest.digest(parts) != announced {
        return Err((Code::PdfSignatureInvalid, "the timestamp is over other bytes".into()));
    }
    let time = time
        .get(..14)
        .and_then(Civil::of_digits)
        .and_then(|civil| civil.unix())
        .ok_or((Code::TimestampInvalid, "genTime is no time".to_owned()))?;
    let certificate = signed.signer_certificate().map_err(malformed)?;
    let method = signed.verify(&certificate, &[info]).map_err(|defect| unusable(&defect))?;
    Ok(Token { time, method, authority: certificate.subject_name() })
}
