//! OCSP answers (RFC 6960), kept as received, and the requests for them.

use super::extension;
use super::name::is_same_name;
use super::path::name_of;
use super::read::time;
use super::revocation::{Revocation, Statement};
use super::{Asn1Defect, Certificate, algorithm, oid};
use crate::asn1::{self, BIT_STRING, GENERALIZED_TIME, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, Tlv};
use crate::pki::algorithm::{AlgorithmDefect, DigestAlgorithm};

/// Largest answer read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;

type Parsed<T> = Result<T, Asn1Defect>;

fn refuse<T>(what: &str) -> Parsed<T> {
    Err(Asn1Defect(what.into()))
}

/// Name or key hash of who answered.
#[derive(Debug, Clone, Copy)]
enum Responder<'a> {
    Name(&'a [u8]),
    Key(&'a [u8]),
}

impl Responder<'_> {
    fn is(&self, certificate: &Certificate<'_>) -> bool {
        match self {
            Self::Name(name) => is_same_name(name, certificate.subject),
            Self::Key(hash) => public_key(certificate.spki).is_ok_and(|key| sha1(key) == *hash),
        }
    }
}

/// What is said about one certificate.
#[derive(Debug, Clone, Copy)]
struct Single<'a> {
    hash_algorithm: &'a [u8],
    name_hash: &'a [u8],
    key_hash: &'a [u8],
    serial: &'a [u8],
    status: Tlv<'a>,
    this_update: i64,
    next_update: Option<i64>,
}

/// An OCSP answer with status `successful`.
#[derive(Debug, Clone)]
pub struct OcspAnswer<'a> {
    /// The whole answer, DER.
    pub der: &'a [u8],
    /// When it was signed, Unix seconds.
    pub produced_at: i64,
    signed: &'a [u8],
    responder: Responder<'a>,
    singles: Vec<Single<'a>>,
    algorithm: &'a [u8],
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
}

impl<'a> OcspAnswer<'a> {
    /// Reads one OCSPResponse that fills `der`.
    pub fn parse(der: &'a [u8]) -> Parsed<Self> {
        if der.len() > MAX_ANSWER_BYTES {
            return refuse("an OCSP answer of more than 1 MiB");
        }
        let mut outer = asn1::only(der, SEQUENCE)?.inside();
        let status = outer.expect(0x0a)?.value;
        if status != [0] {
            return Err(Asn1Defect(format!("the OCSP responder refused: status {status:?}")));
        }
        let mut bytes = asn1::only(outer.expect(0xa0)?.value, SEQUENCE)?.inside();
        outer.finish()?;
        if bytes.expect(OID)?.whole != oid::OCSP_BASIC {
            return refuse("an OCSP answer of another type");
        }
        let basic = bytes.expect(OCTET_STRING)?.value;
        bytes.finish()?;
        let mut basic = asn1::only(basic, SEQUENCE)?.inside();
        let signed = basic.expect(SEQUENCE)?;
        let algorithm = basic.expect(SEQUENCE)?.whole;
        let signature = asn1::whole_bits(basic.expect(BIT_STRING)?)?;
        let certificates = match basic.optional(0xa0)? {
            Some(explicit) => asn1::only(explicit.value, SEQUENCE)?.inside().all()?.iter().map(|element| element.whole).collect(),
            None => Vec::new(),
        };
        basic.finish()?;
        let mut inside = signed.inside();
        // Version, DEFAULT v1.
        if inside.optional(0xa0)?.is_some() {
            return refuse("an OCSP answer of another version");
        }
        let named = inside.read()?;
        let responder = match named.tag {
            0xa1 => Responder::Name(asn1::only(named.value, SEQUENCE)?.whole),
            0xa2 => Responder::Key(asn1::only(named.value, OCTET_STRING)?.value),
            _ => return refuse("an OCSP answer without responder"),
        };
        let produced_at = time(inside.expect(GENERALIZED_TIME)?)?;
        let singles = inside.expect(SEQUENCE)?.inside().all()?.into_iter().map(Single::parse).collect::<Parsed<Vec<_>>>()?;
        if let Some(explicit) = inside.optional(0xa1)? {
            no_critical(explicit.value)?;
        }
        inside.finish()?;
        Ok(Self { der, produced_at, signed: signed.whole, responder, singles, algorithm, signature, certificates })
    }

    /// What it says about a certificate; `None` if it is about others, an error if it cannot be relied on.
    ///
    /// `is_cleared` answers whether a delegated responder itself was not revoked at a time.
    pub(super) fn statement(
        &self,
        certificate: &Certificate<'_>,
        issuer: &Certificate<'_>,
        is_cleared: &dyn Fn(&Certificate<'_>, i64) -> bool,
    ) -> Result<Option<Statement>, String> {
        let Some(single) = self.singles.iter().find(|single| single.is_about(certificate, issuer)) else { return Ok(None) };
        self.check_signature(issuer, is_cleared)?;
        let until = single.next_update.unwrap_or(single.this_update).max(single.this_update);
        let defect = |defect: Asn1Defect| defect.to_string();
        match single.status.tag {
            0x80 => Ok(Some(Statement { revoked: None, made: single.this_update, until })),
            0xa1 => {
                let mut inside = single.status.inside();
                let since = time(inside.expect(GENERALIZED_TIME).map_err(defect)?).map_err(defect)?;
                let reason = inside.optional(0xa0).map_err(defect)?;
                let reason = reason.and_then(|explicit| asn1::only(explicit.value, 0x0a).ok()?.value.first().copied());
                Ok(Some(Statement { revoked: Some(Revocation { since, reason }), made: single.this_update, until }))
            }
            _ => Err("the responder does not know the certificate".into()),
        }
    }

    /// Signed by the issuer itself, or by whom it delegated with id-kp-OCSPSigning (RFC 6960 4.2.2.2).
    fn check_signature(&self, issuer: &Certificate<'_>, is_cleared: &dyn Fn(&Certificate<'_>, i64) -> bool) -> Result<(), String> {
        let verify = |spki: &[u8]| algorithm::verify(spki, self.algorithm, None, self.signed, self.signature).map(|_| ());
        let text = |defect: AlgorithmDefect| defect.to_string();
        if self.responder.is(issuer) {
            return verify(issuer.spki).map_err(text);
        }
        let mut certificates = self.certificates.iter().filter_map(|der| Certificate::parse(der).ok());
        let Some(delegate) = certificates.find(|certificate| self.responder.is(certificate)) else {
            return Err("the responder's certificate is not in it".into());
        };
        let name = name_of(&delegate);
        let issued = is_same_name(delegate.issuer, issuer.subject)
            && algorithm::verify(issuer.spki, delegate.algorithm, None, delegate.signed, delegate.signature).is_ok();
        if !issued {
            return Err(format!("the responder {name} is not a delegate of {}", name_of(issuer)));
        }
        let extended = delegate.extended_key_usage().map_err(|defect| defect.to_string())?;
        if !extended.is_some_and(|usage| usage.purposes.contains(&oid::OCSP_SIGNING)) || !delegate.may_sign() {
            return Err(format!("the responder {name} has no extended key usage OCSPSigning"));
        }
        if delegate.unknown_critical().is_some() {
            return Err(format!("the responder {name} has a critical extension that is not known here"));
        }
        if self.produced_at < delegate.not_before || self.produced_at > delegate.not_after {
            return Err(format!("the certificate of the responder {name} was not valid when it answered"));
        }
        if !is_cleared(&delegate, self.produced_at) {
            return Err(format!("the status of the responder {name} itself is not known"));
        }
        verify(delegate.spki).map_err(text)
    }
}

impl<'a> Single<'a> {
    fn parse(element: Tlv<'a>) -> Parsed<Self> {
        let mut inside = element.inside();
        let mut id = inside.expect(SEQUENCE)?.inside();
        let hash_algorithm = id.expect(SEQUENCE)?.whole;
        let (name_hash, key_hash) = (id.expect(OCTET_STRING)?.value, id.expect(OCTET_STRING)?.value);
        let serial = id.expect(INTEGER)?.value;
        id.finish()?;
        let status = inside.read()?;
        let this_update = time(inside.expect(GENERALIZED_TIME)?)?;
        let next_update = match inside.optional(0xa0)? {
            Some(explicit) => Some(time(asn1::only(explicit.value, GENERALIZED_TIME)?)?),
            None => None,
        };
        if let Some(explicit) = inside.optional(0xa1)? {
            no_critical(explicit.value)?;
        }
        inside.finish()?;
        Ok(Self { hash_algorithm, name_hash, key_hash, serial, status, this_update, next_update })
    }

    fn is_about(&self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
        let hash = |bytes: &[u8]| match algorithm::identifier(self.hash_algorithm) {
            // Names a key; nothing rests on its strength.
            Ok((oid::SHA1, _)) => Some(sha1(bytes)),
            Ok(_) => DigestAlgorithm::of_identifier(self.hash_algorithm).ok().map(|digest| digest.digest(&[bytes])),
            Err(_) => None,
        };
        self.serial == certificate.serial
            && hash(certificate.issuer).is_some_and(|hash| hash == self.name_hash)
            && public_key(issuer.spki).is_ok_and(|key| hash(key).is_some_and(|hash| hash == self.key_hash))
    }
}

fn no_critical(extensions: &[u8]) -> Parsed<()> {
    match extension::read_all(extensions)?.iter().any(|extension| extension.is_critical) {
        true => refuse("a critical extension that is not known here"),
        false => Ok(()),
    }
}

/// Bits of subjectPublicKey.
fn public_key(spki: &[u8]) -> Parsed<&[u8]> {
    let mut inside = asn1::only(spki, SEQUENCE)?.inside();
    inside.expect(SEQUENCE)?;
    asn1::whole_bits(inside.expect(BIT_STRING)?)
}

/// SHA-1, where standards name keys and certificates by it and no security rests on it.
pub(crate) fn sha1(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

/// A request for the status of one certificate, DER, without nonce: its answer may come from a cache
/// (RFC 5019). `None` if a certificate is not readable.
#[must_use]
pub fn ocsp_request(certificate: &[u8], issuer: &[u8]) -> Option<Vec<u8>> {
    let (certificate, issuer) = (Certificate::parse(certificate).ok()?, Certificate::parse(issuer).ok()?);
    let key = public_key(issuer.spki).ok()?;
    let id = asn1::sequence(&[
        &asn1::sequence(&[oid::SHA1, NULL]),
        &asn1::tlv(OCTET_STRING, &sha1(certificate.issuer)),
        &asn1::tlv(OCTET_STRING, &sha1(key)),
        &asn1::tlv(INTEGER, certificate.serial),
    ]);
    let list = asn1::sequence(&[&asn1::sequence(&[&id])]);
    Some(asn1::sequence(&[&asn1::sequence(&[&list])]))
}
