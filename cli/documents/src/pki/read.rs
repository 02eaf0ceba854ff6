//! A certificate as received: names, validity, key, key usage. Bytes are kept, not re-encoded.

use super::extension::{self, Extension};
use super::oid;
use crate::asn1::{self, Asn1Defect, BIT_STRING, GENERALIZED_TIME, INTEGER, OID, Reader, SEQUENCE, SET, Tlv, UTC_TIME};
use crate::keys::KeyAlgorithm;
use crate::time::Civil;

/// Key usage bit 0.
pub const KEY_USAGE_DIGITAL_SIGNATURE: u8 = 0x80;
/// Key usage bit 1, also called contentCommitment.
pub const KEY_USAGE_NON_REPUDIATION: u8 = 0x40;
/// Key usage bit 5.
pub(super) const KEY_USAGE_CERTIFICATE_SIGN: u8 = 0x04;
/// Key usage bit 6.
pub(super) const KEY_USAGE_CRL_SIGN: u8 = 0x02;

/// An X.509 certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// The whole certificate, DER.
    pub der: &'a [u8],
    /// The part its issuer signed.
    pub signed: &'a [u8],
    /// Serial number, contents of the INTEGER.
    pub serial: &'a [u8],
    /// Issuer name, DER.
    pub issuer: &'a [u8],
    /// Subject name, DER.
    pub subject: &'a [u8],
    /// Start of validity, Unix seconds.
    pub not_before: i64,
    /// End of validity, Unix seconds.
    pub not_after: i64,
    /// SubjectPublicKeyInfo, DER.
    pub spki: &'a [u8],
    /// First octet of key usage, if the extension is there.
    pub key_usage: Option<u8>,
    /// Extensions, each once, in the order received.
    pub(super) extensions: Vec<Extension<'a>>,
    /// Algorithm of the issuer's signature, DER.
    pub algorithm: &'a [u8],
    /// The issuer's signature.
    pub signature: &'a [u8],
}

type Parsed<T> = Result<T, Asn1Defect>;

impl<'a> Certificate<'a> {
    /// Reads one certificate that fills `der`.
    pub fn parse(der: &'a [u8]) -> Parsed<Self> {
        let mut outer = asn1::only(der, SEQUENCE)?.inside();
        let signed = outer.expect(SEQUENCE)?;
        let algorithm = outer.expect(SEQUENCE)?;
        let signature = asn1::whole_bits(outer.expect(BIT_STRING)?)?;
        outer.finish()?;
        let mut inside = signed.inside();
        // Version; absent in v1.
        inside.optional(0xa0)?;
        let serial = inside.expect(INTEGER)?.value;
        if inside.expect(SEQUENCE)?.whole != algorithm.whole {
            return Err(Asn1Defect("the two algorithm fields of a certificate differ".into()));
        }
        let issuer = inside.expect(SEQUENCE)?.whole;
        let mut validity = inside.expect(SEQUENCE)?.inside();
        let (not_before, not_after) = (time(validity.read()?)?, time(validity.read()?)?);
        validity.finish()?;
        let subject = inside.expect(SEQUENCE)?.whole;
        let spki = inside.expect(SEQUENCE)?.whole;
        inside.optional(0x81)?;
        inside.optional(0x82)?;
        let extensions = match inside.optional(0xa3)? {
            Some(explicit) => extension::read_all(explicit.value)?,
            None => Vec::new(),
        };
        inside.finish()?;
        let key_usage = match extensions.iter().find(|extension| extension.oid == oid::KEY_USAGE) {
            Some(extension) => Some(asn1::only(extension.value, BIT_STRING)?.value.get(1).copied().unwrap_or(0)),
            None => None,
        };
        Ok(Self {
            der,
            signed: signed.whole,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            spki,
            key_usage,
            extensions,
            algorithm: algorithm.whole,
            signature,
        })
    }

    /// Whether the key may sign documents: digitalSignature or nonRepudiation, or no restriction.
    #[must_use]
    pub fn may_sign(&self) -> bool {
        self.key_usage.is_none_or(|usage| usage & (KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION) != 0)
    }

    /// Kind of its key, if it is one that signs here.
    #[must_use]
    pub fn key_algorithm(&self) -> Option<KeyAlgorithm> {
        let algorithm = asn1::only(self.spki, SEQUENCE).ok()?.inside().expect(SEQUENCE).ok()?;
        match super::algorithm::identifier(algorithm.whole).ok()? {
            (oid::ED25519, []) => Some(KeyAlgorithm::Ed25519),
            (oid::EC_PUBLIC_KEY, oid::P256) => Some(KeyAlgorithm::P256),
            _ => None,
        }
    }

    /// Whether its key is RSA. Such keys sign in tokens only.
    #[must_use]
    pub fn is_rsa(&self) -> bool {
        let algorithm = asn1::only(self.spki, SEQUENCE).and_then(|info| info.inside().expect(SEQUENCE));
        algorithm.is_ok_and(|found| super::algorithm::identifier(found.whole).is_ok_and(|(kind, _)| kind == oid::RSA))
    }

    /// Whether subject and issuer are one, and its own key verifies it.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer && super::algorithm::verify(self.spki, self.algorithm, None, self.signed, self.signature).is_ok()
    }

    /// Common name, else organisation, of the subject; control characters replaced.
    #[must_use]
    pub fn subject_name(&self) -> Option<String> {
        let name = name_part(self.subject, oid::COMMON_NAME).or_else(|| name_part(self.subject, oid::ORGANIZATION))?;
        Some(name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(256).collect())
    }
}

fn name_part(name: &[u8], oid: &[u8]) -> Option<String> {
    let sets = asn1::only(name, SEQUENCE).ok()?.inside().all().ok()?;
    for set in sets.iter().filter(|set| set.tag == SET) {
        for pair in set.inside().all().ok()? {
            let mut inside: Reader<'_> = pair.inside();
            if inside.expect(OID).ok()?.whole == oid {
                let text = inside.read().ok()?;
                return match text.tag {
                    // BMPString: UTF-16, big-endian.
                    0x1e => {
                        let units: Vec<u16> =
                            text.value.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok().map(u16::from_be_bytes)).collect();
                        Some(String::from_utf16_lossy(&units))
                    }
                    _ => Some(String::from_utf8_lossy(text.value).into_owned()),
                };
            }
        }
    }
    None
}

/// UTCTime or GeneralizedTime of RFC 5280: seconds present, `Z`.
pub(super) fn time(element: Tlv<'_>) -> Parsed<i64> {
    let bad = || Asn1Defect("a time is not of the form RFC 5280 wants".into());
    let digits = element.value.strip_suffix(b"Z").ok_or_else(bad)?;
    let full = match element.tag {
        UTC_TIME => {
            let century: &[u8] = if digits.first().is_some_and(|first| *first >= b'5') { b"19" } else { b"20" };
            [century, digits].concat()
        }
        GENERALIZED_TIME => digits.to_vec(),
        _ => return Err(bad()),
    };
    // Before 1970 no certificate of interest began; the epoch stands for all of it.
    if full.len() == 14 && full.as_slice() < b"19700101000000".as_slice() {
        return Ok(0);
    }
    Civil::of_digits(&full).and_then(|civil| civil.unix()).ok_or_else(bad)
}
