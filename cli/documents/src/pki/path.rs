//! Certificate paths: RFC 5280 section 6 as far as documents need it. Trust anchors are an argument.
//!
//! A path is found by names, signatures, basic constraints and key usage alone; *when* it holds is an interval
//! that it carries, because the proven time of a signature is known to `eco_core::verdict` only. Any critical
//! extension that nothing here acts upon refuses the path (name constraints and policies among them).

use super::algorithm;
use super::name::is_same_name;
use super::read::{KEY_USAGE_CERTIFICATE_SIGN, KEY_USAGE_DIGITAL_SIGNATURE, KEY_USAGE_NON_REPUDIATION};
use super::{Asn1Defect, Certificate, oid};

/// Most certificates in a path, both ends counted.
const MAX_PATH_CERTIFICATES: usize = 10;
/// Most signatures checked in the search for one path: cross-signed webs end here.
const MAX_SIGNATURE_CHECKS: usize = 64;
/// Most certificates considered as issuers.
const MAX_POOL_CERTIFICATES: usize = 256;

/// Certificates that the asker trusts, by name and key. Their own dates are not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustAnchors(Vec<Vec<u8>>);

impl TrustAnchors {
    /// From certificates, DER.
    pub fn new(certificates: Vec<Vec<u8>>) -> Result<Self, Asn1Defect> {
        certificates.iter().try_for_each(|der| Certificate::parse(der).map(|_| ()))?;
        Ok(Self(certificates))
    }

    /// The certificates, DER.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn parsed(&self) -> Vec<Certificate<'_>> {
        self.0.iter().filter_map(|der| Certificate::parse(der).ok()).collect()
    }
}

/// What the certificate at the end of a path is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing documents.
    Document,
    /// Signing timestamps (RFC 3161 2.3): extendedKeyUsage critical and timeStamping alone.
    Timestamp,
}

/// Why there is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathDefect {
    /// The asker trusts nobody.
    #[error("no trust anchors were given")]
    NoAnchors,
    /// Nobody's key that is at hand made this certificate.
    #[error("no certificate of the issuer of {0} is at hand, nor is it a trust anchor")]
    NoIssuer(String),
    /// The issuer's key did not sign it.
    #[error("the signature on {subject} by {issuer}: {why}")]
    Signature {
        /// Whose certificate.
        subject: String,
        /// Named as its issuer.
        issuer: String,
        /// What is wrong with it.
        why: String,
    },
    /// The issuer may not issue certificates.
    #[error("{0} issued a certificate and is no certificate authority (basic constraints)")]
    NotAuthority(String),
    /// The issuer's key may not sign certificates.
    #[error("the key usage of {0} does not allow signing certificates")]
    KeyUsage(String),
    /// More certificates below an authority than it may have.
    #[error("{issuer} allows {allowed} authorities below it, the path has {found}")]
    PathLength {
        /// Who limits.
        issuer: String,
        /// Its limit.
        allowed: usize,
        /// Authorities below it in the path.
        found: usize,
    },
    /// Longer than any real path, or too many candidates.
    #[error("no path within {MAX_PATH_CERTIFICATES} certificates and {MAX_SIGNATURE_CHECKS} signature checks")]
    TooLong,
    /// A critical extension that nothing here acts upon.
    #[error("{0} has a critical extension that is not known here")]
    UnknownCritical(String),
    /// The certificate is not for this use.
    #[error("the certificate of {subject} is not for this use: {why}")]
    Purpose {
        /// Whose certificate.
        subject: String,
        /// What it lacks.
        why: &'static str,
    },
    /// Not DER where DER was expected.
    #[error(transparent)]
    Malformed(#[from] Asn1Defect),
}

/// A path that was found: signer first, trust anchor last. A signer who is an anchor is alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePath<'a> {
    certificates: Vec<Certificate<'a>>,
}

impl<'a> CertificatePath<'a> {
    /// The certificates, signer first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate<'a>] {
        &self.certificates
    }

    /// The trust anchor's name.
    #[must_use]
    pub fn anchor_name(&self) -> String {
        self.certificates.last().map_or_else(String::new, name_of)
    }

    /// Each certificate with its issuer, signer's first.
    pub fn links(&self) -> impl Iterator<Item = (&Certificate<'a>, &Certificate<'a>)> {
        self.certificates.iter().zip(self.certificates.iter().skip(1))
    }

    /// When every certificate below the anchor is valid: start and end, Unix seconds, both in. May be empty.
    #[must_use]
    pub fn validity(&self) -> (i64, i64) {
        let below = self.certificates.len().saturating_sub(1).max(1);
        let dated = || self.certificates.iter().take(below);
        let from = dated().map(|certificate| certificate.not_before).max().unwrap_or(i64::MAX);
        (from, dated().map(|certificate| certificate.not_after).min().unwrap_or(i64::MIN))
    }

    /// Whether every certificate below the anchor is valid at a time (Unix seconds).
    #[must_use]
    pub fn is_valid_at(&self, time: i64) -> bool {
        let (from, until) = self.validity();
        (from..=until).contains(&time)
    }
}

/// The subject of a certificate, for people.
pub(super) fn name_of(certificate: &Certificate<'_>) -> String {
    certificate.subject_name().unwrap_or_else(|| "an unnamed subject".into())
}

/// Finds a path from a certificate to an anchor through certificates of the pool (DER; those that do not parse
/// are passed over). Of several, one that is valid at `time` if there is such a one.
pub fn find_path<'a>(
    signer: &'a [u8],
    pool: &[&'a [u8]],
    anchors: &'a TrustAnchors,
    purpose: Purpose,
    time: Option<i64>,
) -> Result<CertificatePath<'a>, PathDefect> {
    let signer = Certificate::parse(signer)?;
    check_purpose(&signer, purpose)?;
    if anchors.is_empty() {
        return Err(PathDefect::NoAnchors);
    }
    let pool = pool.iter().take(MAX_POOL_CERTIFICATES).filter_map(|der| Certificate::parse(der).ok()).collect();
    let mut search = Search { pool, anchors: anchors.parsed(), time, checks_left: MAX_SIGNATURE_CHECKS, found: None, defect: None };
    search.climb(&mut vec![signer]);
    match (search.found, search.defect) {
        (Some(path), _) => Ok(path),
        (None, Some((_, defect))) => Err(defect),
        (None, None) => Err(PathDefect::TooLong),
    }
}

/// What the certificate of a signer must allow.
fn check_purpose(certificate: &Certificate<'_>, purpose: Purpose) -> Result<(), PathDefect> {
    let refuse = |why| Err(PathDefect::Purpose { subject: name_of(certificate), why });
    if certificate.unknown_critical().is_some() {
        return Err(PathDefect::UnknownCritical(name_of(certificate)));
    }
    let extended = certificate.extended_key_usage()?;
    match purpose {
        Purpose::Document => {
            if !certificate.may_sign() {
                return refuse("its key usage allows neither digitalSignature nor nonRepudiation");
            }
            // No purpose is set aside for documents everywhere (RFC 9336 is young): those set aside for others are out.
            let others = [oid::SERVER_AUTHENTICATION, oid::CODE_SIGNING, oid::TIME_STAMPING, oid::OCSP_SIGNING];
            match extended {
                Some(usage) if usage.purposes.iter().all(|purpose| others.contains(purpose)) => {
                    refuse("its extended key usage is for servers, code, timestamps or OCSP answers only")
                }
                _ => Ok(()),
            }
        }
        Purpose::Timestamp => match extended {
            None => refuse("it has no extended key usage, timeStamping is wanted"),
            Some(usage) if !usage.is_critical => refuse("its extended key usage is not critical"),
            Some(usage) if usage.purposes != [oid::TIME_STAMPING] => refuse("its extended key usage is not timeStamping alone"),
            Some(_) => {
                let allowed = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION;
                let fits = certificate.key_usage.is_none_or(|usage| usage & allowed != 0 && usage & !allowed == 0);
                if fits { Ok(()) } else { refuse("its key usage is not for signatures alone") }
            }
        },
    }
}

struct Search<'a> {
    pool: Vec<Certificate<'a>>,
    anchors: Vec<Certificate<'a>>,
    time: Option<i64>,
    checks_left: usize,
    found: Option<CertificatePath<'a>>,
    /// What stopped the longest attempt, with its length.
    defect: Option<(usize, PathDefect)>,
}

impl<'a> Search<'a> {
    fn fail(&mut self, length: usize, defect: PathDefect) {
        if self.defect.as_ref().is_none_or(|(known, _)| *known <= length) {
            self.defect = Some((length, defect));
        }
    }

    /// Whether nothing better can be found.
    fn is_done(&self) -> bool {
        self.checks_left == 0 || self.found.as_ref().is_some_and(|path| self.time.is_none_or(|time| path.is_valid_at(time)))
    }

    fn keep(&mut self, certificates: Vec<Certificate<'a>>) {
        let path = CertificatePath { certificates };
        let is_better = self.time.is_some_and(|time| path.is_valid_at(time));
        if self.found.is_none() || is_better {
            self.found = Some(path);
        }
    }

    /// Looks for the issuers of the last certificate: anchors first.
    fn climb(&mut self, path: &mut Vec<Certificate<'a>>) {
        let Some(last) = path.last().cloned() else { return };
        let length = path.len();
        if length == 1 && self.anchors.iter().any(|anchor| anchor.der == last.der) {
            return self.keep(path.clone());
        }
        if length >= MAX_PATH_CERTIFICATES {
            return self.fail(length, PathDefect::TooLong);
        }
        let issues = |candidate: &&Certificate<'a>| is_same_name(candidate.subject, last.issuer);
        let anchors: Vec<Certificate<'a>> = self.anchors.iter().filter(issues).cloned().collect();
        let pool: Vec<Certificate<'a>> = self.pool.iter().filter(issues).cloned().collect();
        let mut has_issuer = false;
        for (issuer, is_anchor) in anchors.into_iter().map(|anchor| (anchor, true)).chain(pool.into_iter().map(|other| (other, false))) {
            // A name and key that the path has already: a loop of cross-signed authorities.
            let is_loop = path.iter().any(|known| known.spki == issuer.spki && is_same_name(known.subject, issuer.subject));
            if (is_loop && !is_anchor) || self.is_done() {
                continue;
            }
            has_issuer = true;
            self.checks_left = self.checks_left.saturating_sub(1);
            match check_link(&issuer, path, is_anchor) {
                Err(defect) => self.fail(length, defect),
                Ok(()) if is_anchor => self.keep(path.iter().cloned().chain([issuer]).collect()),
                Ok(()) => {
                    path.push(issuer);
                    self.climb(path);
                    path.pop();
                }
            }
        }
        if !has_issuer {
            // Without checks left no issuer was looked at: that says nothing about there being one.
            let defect = if self.checks_left == 0 { PathDefect::TooLong } else { PathDefect::NoIssuer(name_of(&last)) };
            self.fail(length, defect);
        }
    }
}

/// Whether `issuer` may have issued the last certificate of the path, and did.
fn check_link(issuer: &Certificate<'_>, path: &[Certificate<'_>], is_anchor: bool) -> Result<(), PathDefect> {
    let Some(last) = path.last() else { return Ok(()) };
    let constraints = issuer.basic_constraints()?;
    // An anchor of version 1 has no extensions: that the asker named it is all there is.
    let is_authority = constraints.map_or(is_anchor && issuer.extensions.is_empty(), |constraints| constraints.is_authority);
    if !is_authority {
        return Err(PathDefect::NotAuthority(name_of(issuer)));
    }
    if issuer.key_usage.is_some_and(|usage| usage & KEY_USAGE_CERTIFICATE_SIGN == 0) {
        return Err(PathDefect::KeyUsage(name_of(issuer)));
    }
    if !is_anchor && issuer.unknown_critical().is_some() {
        return Err(PathDefect::UnknownCritical(name_of(issuer)));
    }
    // Self-issued authorities (a key changed over) do not count (RFC 5280 6.1.4 l).
    let found = path.iter().skip(1).filter(|between| !is_same_name(between.subject, between.issuer)).count();
    if let Some(allowed) = constraints.and_then(|constraints| constraints.path_length)
        && found > allowed
    {
        return Err(PathDefect::PathLength { issuer: name_of(issuer), allowed, found });
    }
    match algorithm::verify(issuer.spki, last.algorithm, None, last.signed, last.signature) {
        Ok(_) => Ok(()),
        Err(why) => Err(PathDefect::Signature { subject: name_of(last), issuer: name_of(issuer), why: why.to_string() }),
    }
}
