//! Certificate revocation lists (RFC 5280 section 5): complete and direct ones, kept as received.

use super::extension::{self, Extension};
use super::name::is_same_name;
use super::path::name_of;
use super::read::{KEY_USAGE_CRL_SIGN, time};
use super::revocation::{Revocation, Statement};
use super::{Asn1Defect, Certificate, algorithm, oid};
use crate::asn1::{self, BIT_STRING, GENERALIZED_TIME, INTEGER, Reader, SEQUENCE, UTC_TIME};

/// Largest CRL read, in bytes.
const MAX_CRL_BYTES: usize = 8 << 20;

type Parsed<T> = Result<T, Asn1Defect>;

fn refuse<T>(what: &str) -> Parsed<T> {
    Err(Asn1Defect(what.into()))
}

/// A CRL.
#[derive(Debug, Clone)]
pub struct Crl<'a> {
    /// The whole list, DER.
    pub der: &'a [u8],
    /// The issuer's name, DER.
    pub issuer: &'a [u8],
    /// When it was made, Unix seconds.
    pub this_update: i64,
    /// When the next comes, Unix seconds.
    pub next_update: Option<i64>,
    signed: &'a [u8],
    entries: Option<Reader<'a>>,
    extensions: Vec<Extension<'a>>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Crl<'a> {
    /// Reads one CRL that fills `der`.
    pub fn parse(der: &'a [u8]) -> Parsed<Self> {
        if der.len() > MAX_CRL_BYTES {
            return refuse("a CRL of more than 8 MiB");
        }
        let mut outer = asn1::only(der, SEQUENCE)?.inside();
        let signed = outer.expect(SEQUENCE)?;
        let algorithm = outer.expect(SEQUENCE)?.whole;
        let signature = asn1::whole_bits(outer.expect(BIT_STRING)?)?;
        outer.finish()?;
        let mut inside = signed.inside();
        let version = inside.optional(INTEGER)?;
        if version.is_some_and(|version| version.value != [1]) {
            return refuse("a CRL of another version");
        }
        if inside.expect(SEQUENCE)?.whole != algorithm {
            return refuse("the two algorithm fields of a CRL differ");
        }
        let issuer = inside.expect(SEQUENCE)?.whole;
        let this_update = time(inside.read()?)?;
        let next_update = match inside.rest().first() {
            Some(&(UTC_TIME | GENERALIZED_TIME)) => Some(time(inside.read()?)?),
            _ => None,
        };
        let entries = inside.optional(SEQUENCE)?.map(|entries| entries.inside());
        let extensions = match inside.optional(0xa0)? {
            Some(explicit) => extension::read_all(explicit.value)?,
            None => Vec::new(),
        };
        inside.finish()?;
        Ok(Self { der, issuer, this_update, next_update, signed: signed.whole, entries, extensions, algorithm, signature })
    }

    /// What it says about a certificate; `None` if it is of another issuer, an error if it cannot be relied on.
    pub(super) fn statement(&self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<Option<Statement>, String> {
        if !is_same_name(self.issuer, certificate.issuer) || !is_same_name(self.issuer, issuer.subject) {
            return Ok(None);
        }
        if issuer.key_usage.is_some_and(|usage| usage & KEY_USAGE_CRL_SIGN == 0) {
            return Err(format!("the key usage of {} does not allow signing CRLs", name_of(issuer)));
        }
        if !self.covers(certificate).map_err(|defect| defect.to_string())? {
            return Ok(None);
        }
        algorithm::verify(issuer.spki, self.algorithm, None, self.signed, self.signature).map_err(|defect| defect.to_string())?;
        let revoked = self.entry(certificate.serial).map_err(|defect| defect.to_string())?;
        let until = self.next_update.unwrap_or(self.this_update).max(self.this_update);
        Ok(Some(Statement { revoked, made: self.this_update, until }))
    }

    /// Whether its scope has certificates of this kind, by issuingDistributionPoint.
    fn covers(&self, certificate: &Certificate<'_>) -> Parsed<bool> {
        let mut scope = None;
        for extension in &self.extensions {
            match extension.oid {
                oid::ISSUING_DISTRIBUTION_POINT => scope = Some(extension.value),
                // A delta CRL is one of them.
                _ if extension.is_critical => return refuse("a critical extension that is not known here"),
                _ => {}
            }
        }
        let Some(scope) = scope else { return Ok(true) };
        let is_authority = certificate.basic_constraints()?.is_some_and(|constraints| constraints.is_authority);
        for part in asn1::only(scope, SEQUENCE)?.inside().all()? {
            match (part.tag, part.value) {
                (0xa0, _) => {
                    let full = part.inside().optional(0xa0)?;
                    let points = certificate.distribution_points()?;
                    if !full.is_some_and(|full| points.contains(&full.whole)) {
                        return Ok(false);
                    }
                }
                (0x81, [0xff]) if is_authority => return Ok(false),
                (0x82, [0xff]) if !is_authority => return Ok(false),
                (0x81 | 0x82, [0xff]) => {}
                _ => return refuse("a CRL of others' certificates, of some reasons, or of attributes"),
            }
        }
        Ok(true)
    }

    /// The entry of a serial number.
    fn entry(&self, serial: &[u8]) -> Parsed<Option<Revocation>> {
        let Some(mut entries) = self.entries.clone() else { return Ok(None) };
        let mut found = None;
        while !entries.is_empty() {
            let mut entry = entries.expect(SEQUENCE)?.inside();
            let is_it = entry.expect(INTEGER)?.value == serial;
            let since = entry.read()?;
            let extensions = if entry.is_empty() { Vec::new() } else { extension::read_all(entry.expect(SEQUENCE)?.whole)? };
            entry.finish()?;
            let mut reason = None;
            for extension in &extensions {
                match extension.oid {
                    oid::CRL_REASON => reason = asn1::only(extension.value, 0x0a)?.value.first().copied(),
                    // certificateIssuer of an indirect CRL is one of them: then serial numbers are of others.
                    _ if extension.is_critical => return refuse("an entry has a critical extension that is not known here"),
                    _ => {}
                }
            }
            if is_it {
                found = Some(Revocation { since: time(since)?, reason });
            }
        }
        Ok(found)
    }
}
