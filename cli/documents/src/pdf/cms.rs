//! CMS SignedData of PDF signatures (RFC 5652, PAdES B-B), read strictly and kept as received.
//!
//! The signature is verified over the received bytes of the signed attributes with their tag replaced by
//! SET, never over a re-encoding. Nothing here decides about certificates.

pub(crate) mod attach;
pub(crate) mod build;

use crate::asn1::{self, Asn1Defect, INTEGER, NULL, OCTET_STRING, OID, Reader, SEQUENCE, SET, Tlv};
use crate::keys::KeyAlgorithm;
use crate::pki::algorithm::{self, AlgorithmDefect, DigestAlgorithm};
use crate::pki::{Certificate, oid};

/// Most certificates read from one signature.
const MAX_CERTIFICATES: usize = 32;

/// How a PDF is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureProfile {
    /// ECDSA P-256 with SHA-256: common viewers show it.
    Viewer,
    /// Ed25519 with SHA-512, ISO/TS 32002.
    Iso32002,
    /// RSA PKCS#1 v1.5 with SHA-256: for keys in tokens and elsewhere.
    Rsa,
    /// RSA-PSS with SHA-256 and 32 bytes of salt: for keys in tokens and elsewhere.
    RsaPss,
}

impl SignatureProfile {
    /// Digest of document, attributes and certificate.
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::Viewer | Self::Rsa | Self::RsaPss => DigestAlgorithm::Sha256,
            Self::Iso32002 => DigestAlgorithm::Sha512,
        }
    }

    /// The profiles that a certificate's key can sign by, the usual one first.
    #[must_use]
    pub fn of_key(certificate: &Certificate<'_>) -> &'static [Self] {
        match certificate.key_algorithm() {
            Some(KeyAlgorithm::P256) => &[Self::Viewer],
            Some(KeyAlgorithm::Ed25519) => &[Self::Iso32002],
            None if certificate.is_rsa() => &[Self::Rsa, Self::RsaPss],
            None => &[],
        }
    }

    /// Octets of the longest signature: DER of r and s, 64 of Ed25519, or RSA of 8192 bits.
    pub(crate) const fn longest_signature(self) -> usize {
        match self {
            Self::Viewer | Self::Iso32002 => 72,
            Self::Rsa | Self::RsaPss => 1_024,
        }
    }

    fn digest_algorithm(self) -> Vec<u8> {
        asn1::sequence(&[self.digest().oid()])
    }

    fn signature_algorithm(self) -> Vec<u8> {
        match self {
            Self::Viewer => asn1::sequence(&[oid::ECDSA_SHA256]),
            Self::Iso32002 => asn1::sequence(&[oid::ED25519]),
            Self::Rsa => asn1::sequence(&[oid::RSA_SHA256, NULL]),
            Self::RsaPss => {
                let digest = asn1::sequence(&[self.digest().oid(), NULL]);
                let mask = asn1::sequence(&[oid::MGF1, &digest]);
                let salt = asn1::tlv(INTEGER, &[32]);
                let parameters = asn1::sequence(&[&asn1::tlv(0xa0, &digest), &asn1::tlv(0xa1, &mask), &asn1::tlv(0xa2, &salt)]);
                asn1::sequence(&[oid::RSA_PSS, &parameters])
            }
        }
    }
}

/// `Attribute ::= SEQUENCE { type, SET { value } }`
fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    asn1::sequence(&[kind, &asn1::tlv(SET, value)])
}

/// What kind of content a signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentKind {
    /// Detached: the byte ranges of a PDF.
    Data,
    /// A timestamp token's TSTInfo, inside the CMS.
    TimestampInfo,
}

/// One signature as received.
#[derive(Debug, Clone)]
pub(crate) struct SignedData<'a> {
    /// Certificates in the CMS, DER.
    pub(crate) certificates: Vec<&'a [u8]>,
    /// TSTInfo, for a timestamp token.
    pub(crate) content: Option<&'a [u8]>,
    /// Signed attributes, tag replaced by SET: the signed bytes.
    pub(crate) attributes_der: Vec<u8>,
    attributes: Vec<(&'a [u8], Tlv<'a>)>,
    digest_algorithm: &'a [u8],
    signature_algorithm: &'a [u8],
    /// Signature octets.
    pub(crate) signature: &'a [u8],
    identifier: Tlv<'a>,
    /// Unsigned attributes: type (DER of the OID) and the contents of the value set, as received.
    pub(crate) unsigned: Vec<(&'a [u8], &'a [u8])>,
}

type Parsed<T> = Result<T, Asn1Defect>;

fn refuse<T>(what: &str) -> Parsed<T> {
    Err(Asn1Defect(what.into()))
}

/// Cuts the CMS from the octets of `/Contents`: one DER element, then zero octets only.
pub(crate) fn strip_padding(contents: &[u8]) -> Parsed<&[u8]> {
    let mut reader = Reader::new(contents);
    let whole = reader.expect(SEQUENCE)?.whole;
    if reader.rest().iter().any(|octet| *octet != 0) {
        return refuse("bytes other than zero after the CMS in /Contents");
    }
    Ok(whole)
}

impl<'a> SignedData<'a> {
    /// Reads one ContentInfo that fills `der`.
    pub(crate) fn parse(der: &'a [u8], kind: ContentKind) -> Parsed<Self> {
        let mut outer = asn1::only(der, SEQUENCE)?.inside();
        if outer.expect(OID)?.whole != oid::SIGNED_DATA {
            return refuse("the CMS is no SignedData");
        }
        let explicit = outer.expect(0xa0)?;
        outer.finish()?;
        let mut data = asn1::only(explicit.value, SEQUENCE)?.inside();
        let version = data.expect(INTEGER)?.value;
        let digests = data.expect(SET)?;
        let mut encapsulated = data.expect(SEQUENCE)?.inside();
        let content_type = encapsulated.expect(OID)?.whole;
        let content = match encapsulated.optional(0xa0)? {
            Some(explicit) => Some(asn1::only(explicit.value, OCTET_STRING)?.value),
            None => None,
        };
        encapsulated.finish()?;
        match (kind, content_type, content) {
            (ContentKind::Data, oid::DATA, None) | (ContentKind::TimestampInfo, oid::TST_INFO, Some(_)) => {}
            (ContentKind::Data, _, Some(_)) => return refuse("the CMS carries content of its own"),
            _ => return refuse("the CMS is over another kind of content"),
        }
        let expected: &[u8] = if kind == ContentKind::Data { &[1] } else { &[3] };
        if version != expected {
            return refuse("the CMS has another version than its content wants");
        }
        let certificates = match data.optional(0xa0)? {
            Some(set) => set.inside().all()?.iter().map(|element| element.whole).collect(),
            None => Vec::new(),
        };
        if certificates.len() > MAX_CERTIFICATES {
            return refuse("more than 32 certificates");
        }
        data.optional(0xa1)?;
        let signers = data.expect(SET)?.inside().all()?;
        data.finish()?;
        let [signer] = signers.as_slice() else {
            return Err(Asn1Defect(format!("{} signers in one CMS, expected one", signers.len())));
        };
        let signed = Self::parse_signer(*signer, certificates, content)?;
        if !digests.inside().all()?.iter().any(|digest| digest.whole == signed.digest_algorithm) {
            return refuse("digestAlgorithms does not name the signer's digest");
        }
        Ok(signed)
    }

    fn parse_signer(signer: Tlv<'a>, certificates: Vec<&'a [u8]>, content: Option<&'a [u8]>) -> Parsed<Self> {
        let mut info = match signer.tag {
            SEQUENCE => signer.inside(),
            _ => return refuse("SignerInfo is no SEQUENCE"),
        };
        let version = info.expect(INTEGER)?.value;
        let identifier = info.read()?;
        match (version, identifier.tag) {
            ([1], SEQUENCE) | ([3], 0x80) => {}
            _ => return refuse("SignerInfo version and signer identifier do not fit"),
        }
        let digest_algorithm = info.expect(SEQUENCE)?.whole;
        let Some(signed) = info.optional(0xa0)? else { return refuse("no signed attributes") };
        let signature_algorithm = info.expect(SEQUENCE)?.whole;
        let signature = info.expect(OCTET_STRING)?.value;
        let mut unsigned = Vec::new();
        if let Some(set) = info.optional(0xa1)? {
            for element in set.inside().all()? {
                let mut inside = element.inside();
                let kind = inside.expect(OID)?.whole;
                unsigned.push((kind, inside.expect(SET)?.value));
            }
        }
        info.finish()?;
        let elements = signed.inside().all()?;
        if !asn1::is_set_order(&elements) {
            return refuse("signed attributes are not in DER order");
        }
        let mut attributes: Vec<(&[u8], Tlv<'_>)> = Vec::new();
        for element in &elements {
            let mut inside = element.inside();
            let kind = inside.expect(OID)?.whole;
            let values = inside.expect(SET)?;
            inside.finish()?;
            if attributes.iter().any(|(known, _)| *known == kind) {
                return refuse("a signed attribute stands twice");
            }
            attributes.push((kind, values));
        }
        let mut attributes_der = signed.whole.to_vec();
        if let Some(tag) = attributes_der.first_mut() {
            *tag = SET;
        }
        Ok(Self {
            certificates,
            content,
            attributes_der,
            attributes,
            digest_algorithm,
            signature_algorithm,
            signature,
            identifier,
            unsigned,
        })
    }

    /// The single value of a signed attribute.
    pub(crate) fn attribute(&self, kind: &[u8]) -> Parsed<Option<Tlv<'a>>> {
        let Some((_, values)) = self.attributes.iter().find(|(known, _)| *known == kind) else { return Ok(None) };
        let mut inside = values.inside();
        let value = inside.read()?;
        inside.finish()?;
        Ok(Some(value))
    }

    /// Whether the attribute is among the signed ones.
    pub(crate) fn has_attribute(&self, kind: &[u8]) -> bool {
        self.attributes.iter().any(|(known, _)| *known == kind)
    }

    /// Whether the signature algorithm has explicit parameters (NULL among them).
    pub(crate) fn has_algorithm_parameters(&self) -> bool {
        algorithm::identifier(self.signature_algorithm).is_ok_and(|(_, parameters)| !parameters.is_empty())
    }

    /// Digest algorithm of the SignerInfo.
    pub(crate) fn digest(&self) -> Result<DigestAlgorithm, AlgorithmDefect> {
        DigestAlgorithm::of_identifier(self.digest_algorithm)
    }

    /// The certificate that the signer identifier names.
    pub(crate) fn signer_certificate(&self) -> Parsed<Certificate<'a>> {
        for der in &self.certificates {
            let Ok(certificate) = Certificate::parse(der) else { continue };
            let is_named = if self.identifier.tag == SEQUENCE {
                let mut inside = self.identifier.inside();
                let issuer = inside.expect(SEQUENCE)?.whole;
                let serial = inside.expect(INTEGER)?.value;
                inside.finish()?;
                issuer == certificate.issuer && serial == certificate.serial
            } else {
                return refuse("the signer is named by key identifier; PAdES names issuer and serial number");
            };
            if is_named {
                return Ok(certificate);
            }
        }
        refuse("the signer's certificate is not in the CMS")
    }

    /// Digest, attributes and signature over the content given in parts. Gives the method's name.
    pub(crate) fn verify(&self, certificate: &Certificate<'_>, parts: &[&[u8]]) -> Result<String, AlgorithmDefect> {
        let bad = |what: &str| AlgorithmDefect::Bad(what.into());
        let digest = self.digest()?;
        let content_type = self.attribute(oid::CONTENT_TYPE)?.ok_or_else(|| bad("no content-type attribute"))?;
        let expected = if self.content.is_some() { oid::TST_INFO } else { oid::DATA };
        if content_type.whole != expected {
            return Err(bad("the content-type attribute names another type"));
        }
        let announced = self.attribute(oid::MESSAGE_DIGEST)?.ok_or_else(|| bad("no message-digest attribute"))?;
        if announced.tag != OCTET_STRING || announced.value != digest.digest(parts) {
            return Err(bad("the digest of the signed bytes differs: they were changed"));
        }
        if let Some(protection) = self.attribute(oid::ALGORITHM_PROTECTION)? {
            self.check_protection(protection)?;
        }
        algorithm::verify(certificate.spki, self.signature_algorithm, Some(digest), &self.attributes_der, self.signature)
    }

    /// RFC 6211: the algorithms named inside the signature are those outside.
    fn check_protection(&self, protection: Tlv<'_>) -> Result<(), AlgorithmDefect> {
        let mut inside = protection.inside();
        let digest = inside.expect(SEQUENCE)?.whole;
        let signature = inside.expect(0xa1)?;
        inside.finish()?;
        let outer = asn1::only(self.signature_algorithm, SEQUENCE)?;
        if digest != self.digest_algorithm || signature.value != outer.value {
            return Err(AlgorithmDefect::Bad("CMSAlgorithmProtection names other algorithms".into()));
        }
        Ok(())
    }

    /// Whether signing-certificate-v2 is there and its first entry is the hash of this certificate.
    pub(crate) fn check_signing_certificate(&self, certificate: &Certificate<'_>) -> Result<(), String> {
        let defect = |defect: Asn1Defect| defect.to_string();
        let Some(value) = self.attribute(oid::SIGNING_CERTIFICATE_V2).map_err(defect)? else {
            return Err("signing-certificate-v2 is missing".into());
        };
        let hash = signing_certificate_hash(value).map_err(|error| error.to_string())?;
        let (algorithm, hash) = hash;
        if algorithm.digest(&[certificate.der]) == hash { Ok(()) } else { Err("signing-certificate-v2 names another certificate".into()) }
    }
}

/// Digest algorithm and hash of the first ESSCertIDv2 (RFC 5035 section 4).
fn signing_certificate_hash(value: Tlv<'_>) -> Result<(DigestAlgorithm, &[u8]), AlgorithmDefect> {
    let mut inside = value.inside();
    let list = inside.expect(SEQUENCE)?;
    let mut first = list.inside().expect(SEQUENCE)?.inside();
    let algorithm = match first.optional(SEQUENCE)? {
        Some(algorithm) => DigestAlgorithm::of_identifier(algorithm.whole)?,
        None => DigestAlgorithm::Sha256,
    };
    Ok((algorithm, first.expect(OCTET_STRING)?.value))
}
