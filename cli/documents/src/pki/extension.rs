//! Extensions of certificates, CRLs and OCSP answers: read strictly, and asked by name.

use super::{Certificate, oid};
use crate::asn1::{self, Asn1Defect, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, Tlv};

type Parsed<T> = Result<T, Asn1Defect>;

/// One extension as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extension<'a> {
    /// DER of its OID.
    pub(crate) oid: &'a [u8],
    /// Whether who does not understand it must refuse.
    pub(crate) is_critical: bool,
    /// Contents of the OCTET STRING.
    pub(crate) value: &'a [u8],
}

/// Reads `Extensions` that fill `der`; each stands once (RFC 5280 4.2).
pub(crate) fn read_all(der: &[u8]) -> Parsed<Vec<Extension<'_>>> {
    let mut found: Vec<Extension<'_>> = Vec::new();
    for element in asn1::only(der, SEQUENCE)?.inside().all()? {
        if element.tag != SEQUENCE {
            return Err(Asn1Defect("an extension is no SEQUENCE".into()));
        }
        let mut inside = element.inside();
        let oid = inside.expect(OID)?.whole;
        let is_critical = match inside.optional(0x01)? {
            Some(flag) if flag.value == [0xff] => true,
            // DEFAULT FALSE is not encoded in DER.
            Some(_) => return Err(Asn1Defect("the critical flag of an extension is not DER".into())),
            None => false,
        };
        let value = inside.expect(OCTET_STRING)?.value;
        inside.finish()?;
        if found.iter().any(|known| known.oid == oid) {
            return Err(Asn1Defect("an extension stands twice".into()));
        }
        found.push(Extension { oid, is_critical, value });
    }
    Ok(found)
}

/// What basicConstraints says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BasicConstraints {
    /// Whether the subject may issue certificates.
    pub(super) is_authority: bool,
    /// Most intermediate certificates below it, if limited.
    pub(super) path_length: Option<usize>,
}

/// What extendedKeyUsage says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExtendedKeyUsage<'a> {
    /// Whether who does not understand it must refuse.
    pub(super) is_critical: bool,
    /// DER of the OIDs.
    pub(super) purposes: Vec<&'a [u8]>,
}

impl<'a> Certificate<'a> {
    fn extension(&self, oid: &[u8]) -> Option<Extension<'a>> {
        self.extensions.iter().find(|extension| extension.oid == oid).copied()
    }

    /// DER of the OID of the first critical extension that nothing here acts upon.
    pub(crate) fn unknown_critical(&self) -> Option<&'a [u8]> {
        let known = [oid::KEY_USAGE, oid::BASIC_CONSTRAINTS, oid::EXTENDED_KEY_USAGE];
        self.extensions.iter().find(|extension| extension.is_critical && !known.contains(&extension.oid)).map(|extension| extension.oid)
    }

    pub(super) fn basic_constraints(&self) -> Parsed<Option<BasicConstraints>> {
        let Some(extension) = self.extension(oid::BASIC_CONSTRAINTS) else { return Ok(None) };
        let mut inside = asn1::only(extension.value, SEQUENCE)?.inside();
        let is_authority = match inside.optional(0x01)? {
            Some(flag) if flag.value == [0xff] => true,
            Some(_) => return Err(Asn1Defect("the cA flag is not DER".into())),
            None => false,
        };
        let path_length = match inside.optional(INTEGER)? {
            Some(number) => Some(small(number)?),
            None => None,
        };
        inside.finish()?;
        Ok(Some(BasicConstraints { is_authority, path_length }))
    }

    pub(super) fn extended_key_usage(&self) -> Parsed<Option<ExtendedKeyUsage<'a>>> {
        let Some(extension) = self.extension(oid::EXTENDED_KEY_USAGE) else { return Ok(None) };
        let mut inside = asn1::only(extension.value, SEQUENCE)?.inside();
        let mut purposes = Vec::new();
        while !inside.is_empty() {
            purposes.push(inside.expect(OID)?.whole);
        }
        Ok(Some(ExtendedKeyUsage { is_critical: extension.is_critical, purposes }))
    }

    /// Whether the certificate says that an OCSP responder's own status is not asked for.
    pub(super) fn has_ocsp_no_check(&self) -> bool {
        self.extension(oid::OCSP_NO_CHECK).is_some()
    }

    /// DER of `[0] fullName` of each distribution point.
    pub(super) fn distribution_points(&self) -> Parsed<Vec<&'a [u8]>> {
        let Some(extension) = self.extension(oid::CRL_DISTRIBUTION_POINTS) else { return Ok(Vec::new()) };
        let mut names = Vec::new();
        for point in asn1::only(extension.value, SEQUENCE)?.inside().all()? {
            if let Some(name) = point.inside().optional(0xa0)?
                && let Some(full) = name.inside().optional(0xa0)?
            {
                names.push(full.whole);
            }
        }
        Ok(names)
    }

    /// Where its issuer publishes CRLs: `http` and `https` addresses.
    #[must_use]
    pub fn crl_addresses(&self) -> Vec<String> {
        let points = self.distribution_points().unwrap_or_default();
        points.into_iter().flat_map(|point| Reader::new(point).read().map_or_else(|_| Vec::new(), addresses)).collect()
    }

    /// Where its issuer answers OCSP requests.
    #[must_use]
    pub fn ocsp_addresses(&self) -> Vec<String> {
        self.access(oid::ACCESS_OCSP)
    }

    /// Where its issuer's certificate can be fetched.
    #[must_use]
    pub fn issuer_addresses(&self) -> Vec<String> {
        self.access(oid::ACCESS_CA_ISSUERS)
    }

    fn access(&self, method: &[u8]) -> Vec<String> {
        let Some(extension) = self.extension(oid::AUTHORITY_INFORMATION_ACCESS) else { return Vec::new() };
        let descriptions = asn1::only(extension.value, SEQUENCE).and_then(|list| list.inside().all()).unwrap_or_default();
        let of_method =
            descriptions.into_iter().filter(|description| description.inside().expect(OID).is_ok_and(|oid| oid.whole == method));
        of_method.flat_map(addresses).collect()
    }
}

/// The http addresses among the elements inside.
fn addresses(element: Tlv<'_>) -> Vec<String> {
    let elements = element.inside().all().unwrap_or_default();
    let texts = elements.iter().filter(|name| name.tag == 0x86).filter_map(|name| core::str::from_utf8(name.value).ok());
    texts.filter(|text| text.starts_with("http://") || text.starts_with("https://")).map(str::to_owned).collect()
}

/// A non-negative INTEGER that fits easily.
pub(super) fn small(number: Tlv<'_>) -> Parsed<usize> {
    match number.value {
        [one] if *one < 0x80 => Ok(usize::from(*one)),
        [0, one] if *one >= 0x80 => Ok(usize::from(*one)),
        [high, low] if (1..0x80).contains(high) => Ok(usize::from(*high) << 8 | usize::from(*low)),
        _ => Err(Asn1Defect("an integer is negative or too large".into())),
    }
}
