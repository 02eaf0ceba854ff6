//! Who vouches for signers and timestamps, when signatures existed, and which PAdES level that makes
//! (EN 319 142-1, `pdf-signing.md` 5). Facts for `judge`: nothing of it condemns a document here.

use super::signature::{Located, Outcome};
use super::{SignatureKind, finding};
use crate::asn1::{Reader, SEQUENCE};
use crate::pdf::cms::{self, ContentKind, SignedData};
use crate::pdf::evidence::{Material, PathMaterial, stored};
use crate::pdf::raw::Pdf;
use crate::pdf::timestamp::{Authority, TimestampDefect, Token, check_authority};
use crate::pki::{Certificate, PathDefect, Purpose, oid};
use crate::time::Civil;
use eco_core::name::Timestamp;
use eco_core::verdict::{Code, SignerPath};

/// Most signature timestamps looked at; one is what the profile has.
const MAX_TIMESTAMPS: usize = 4;

/// PAdES baseline levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PadesLevel {
    /// The signature itself.
    B,
    /// A trusted time on it.
    T,
    /// All certificates and proofs that none was revoked, in the file.
    LT,
    /// A document timestamp over those.
    LTA,
}

impl PadesLevel {
    /// `B-B`, `B-T`, `B-LT`, `B-LTA`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::B => "B-B",
            Self::T => "B-T",
            Self::LT => "B-LT",
            Self::LTA => "B-LTA",
        }
    }
}

/// What one timestamp says, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampReport {
    /// genTime, Unix seconds.
    pub time: i64,
    /// The authority as its certificate names it.
    pub authority: Option<String>,
    /// The trust anchor that vouches for it; only then it proves a time.
    pub anchor: Option<String>,
    /// Why it proves nothing, else.
    pub defect: Option<String>,
}

/// A signature's timestamp that an anchor vouches for.
struct Stamp<'t> {
    token: Token<'t>,
    certificate: &'t [u8],
}

/// Looks at signatures from the newest to the oldest.
pub(super) struct Standing<'p, 'a> {
    pdf: &'p Pdf<'a>,
    given: &'p PathMaterial,
    /// The newest security store.
    stored: Option<PathMaterial>,
    /// Revision and genTime of the document timestamps that hold, newest first.
    archives: Vec<(usize, i64)>,
}

impl<'p, 'a> Standing<'p, 'a> {
    pub(super) fn new(pdf: &'p Pdf<'a>, given: &'p PathMaterial) -> Self {
        Self { pdf, given, stored: stored(pdf, pdf.revisions.len().saturating_sub(1)), archives: Vec::new() }
    }

    /// The earliest time at which everything up to the signature looked at next is proven to have existed.
    fn archived(&self) -> Option<i64> {
        self.archives.iter().map(|(_, time)| *time).min()
    }

    /// Everything at hand: from the asker and from the file.
    fn material(&self) -> Material<'_> {
        let sources: Vec<&PathMaterial> = [Some(self.given), self.stored.as_ref()].into_iter().flatten().collect();
        Material::new(self.given, &sources)
    }

    /// Adds to what was found about a signature or document timestamp.
    pub(super) fn look(&mut self, found: &Located<'_>, outcome: &mut Outcome) {
        if !outcome.report.is_intact {
            return;
        }
        let Ok(der) = cms::strip_padding(found.contents) else { return };
        if found.kind == SignatureKind::DocumentTimestamp {
            if let Some(stamp) = Token::parse(der).ok().and_then(|token| self.stamp(token, found, outcome)) {
                self.archives.push((found.revision, stamp.token.time));
            }
            return;
        }
        let Ok(signed) = SignedData::parse(der, ContentKind::Data) else { return };
        let Ok(certificate) = signed.signer_certificate() else { return };
        let stamp = self.earliest_timestamp(&signed, &certificate, found, outcome);
        let archived = self.archived();
        let stamped = stamp.as_ref().map(|stamp| stamp.token.time);
        let proven = [stamped, archived].into_iter().flatten().min();
        let path = match self.signer_path(&signed, &certificate, proven) {
            Ok(path) => Some(path),
            Err(defect) => {
                let what = match defect {
                    PathDefect::NoAnchors if certificate.is_self_signed() => "its certificate is self-signed".to_owned(),
                    defect => defect.to_string(),
                };
                find(found, outcome, Code::SignerPathNotEstablished, &what);
                None
            }
        };
        if let Some(candidate) = &mut outcome.candidate {
            candidate.standing.timestamped = stamped.map(milliseconds);
            candidate.standing.archived = archived.map(milliseconds);
            candidate.standing.path = path;
        }
        let (level, gap) = self.level(found, outcome, &signed, &certificate, stamp.as_ref());
        let name = level.map_or("below B-B", PadesLevel::name);
        let more = gap.as_ref().map_or_else(String::new, |gap| format!("; no more, because {gap}"));
        outcome.checks.push(format!("signature {} is PAdES {name}{more}", found.field));
        (outcome.report.level, outcome.report.level_gap) = (level, gap);
    }

    /// Of the timestamps on the signature octets, the earliest that an anchor vouches for.
    fn earliest_timestamp<'t>(
        &self,
        signed: &SignedData<'t>,
        certificate: &Certificate<'t>,
        found: &Located<'_>,
        outcome: &mut Outcome,
    ) -> Option<Stamp<'t>> {
        let values = signed.unsigned.iter().filter(|(kind, _)| *kind == oid::TIMESTAMP_TOKEN).take(MAX_TIMESTAMPS);
        let mut earliest: Option<Stamp<'t>> = None;
        for (_, value) in values {
            let checked = Reader::new(value).expect(SEQUENCE).map_err(TimestampDefect::from).and_then(|value| Token::parse(value.whole));
            let checked = checked.and_then(|token| {
                if !token.is_over(&[signed.signature]) {
                    return Err(TimestampDefect::OtherBytes);
                }
                if token.time < certificate.not_before {
                    let why = "the signer's certificate was not valid yet".to_owned();
                    return Err(TimestampDefect::NotValid { time: token.time, why });
                }
                Ok(token)
            });
            let stamp = match checked {
                Ok(token) => self.stamp(token, found, outcome),
                Err(defect) => {
                    find(found, outcome, Code::TimestampInvalid, &defect.to_string());
                    None
                }
            };
            if let Some(stamp) = stamp
                && earliest.as_ref().is_none_or(|known| stamp.token.time < known.token.time)
            {
                earliest = Some(stamp);
            }
        }
        earliest
    }

    /// A token over the right bytes: its signature, and whether its authority was one at genTime.
    fn stamp<'t>(&self, token: Token<'t>, found: &Located<'_>, outcome: &mut Outcome) -> Option<Stamp<'t>> {
        let judged = token.check_signature().and_then(|(certificate, _)| {
            let material = self.material().with(&token.signed.certificates);
            check_authority(certificate.der, token.time, &material, self.archived()).map(|authority| (certificate, authority))
        });
        let name = token.signed.signer_certificate().ok().and_then(|certificate| certificate.subject_name());
        let mut report = TimestampReport { time: token.time, authority: name.clone(), anchor: None, defect: None };
        let at = format!("{} by {}", Civil::of_unix(token.time).for_people(), name.unwrap_or_else(|| "an unnamed authority".into()));
        let stamp = match judged {
            Ok((certificate, Authority::Established { anchor, .. })) => {
                outcome.checks.push(format!("the timestamp {}: {at}, vouched for by {anchor}", found.field));
                report.anchor = Some(anchor);
                Some(certificate.der)
            }
            Ok((_, Authority::Unknown(defect))) => {
                outcome.checks.push(format!("the timestamp {}: {at}, whom no trust anchor vouches for: it proves no time", found.field));
                report.defect = Some(defect.to_string());
                None
            }
            Err(defect) => {
                find(found, outcome, Code::TimestampInvalid, &defect.to_string());
                report.defect = Some(defect.to_string());
                None
            }
        };
        outcome.report.timestamps.push(report);
        stamp.map(|certificate| Stamp { token, certificate })
    }

    /// The way to an anchor, with the times between which it holds.
    fn signer_path(&self, signed: &SignedData<'_>, certificate: &Certificate<'_>, proven: Option<i64>) -> Result<SignerPath, PathDefect> {
        let material = self.material().with(&signed.certificates);
        let path = material.path(certificate.der, Purpose::Document, proven)?;
        let statuses = material.proofs.of_path(&path);
        let (from, mut until) = path.validity();
        for above in statuses.iter().skip(1) {
            if let Some(revoked) = above.revoked {
                until = until.min(revoked.since.saturating_sub(1));
            }
        }
        // A signer whom the asker pinned has nobody above who could revoke.
        let known = statuses.iter().map(|status| status.known_until);
        let status_until = known.reduce(|one, other| one.zip(other).map(|(one, other)| one.min(other))).unwrap_or(Some(until));
        Ok(SignerPath {
            anchor: path.anchor_name(),
            valid: (milliseconds(from), last_millisecond(until)),
            revoked: statuses.first().and_then(|status| status.revoked).map(|revoked| milliseconds(revoked.since)),
            status_until: status_until.map(last_millisecond),
        })
    }

    /// The level reached, and why not the next.
    fn level(
        &self,
        found: &Located<'_>,
        outcome: &Outcome,
        signed: &SignedData<'_>,
        certificate: &Certificate<'_>,
        stamp: Option<&Stamp<'_>>,
    ) -> (Option<PadesLevel>, Option<String>) {
        if let Some(violation) = outcome.findings.iter().find(|finding| finding.code == Code::PdfProfileViolation) {
            return (None, Some(format!("it departs from the profile: {}", violation.detail)));
        }
        let Some(stamp) = stamp else {
            let why = match outcome.report.timestamps.first() {
                Some(TimestampReport { defect: Some(defect), .. }) => format!("its timestamp proves no time: {defect}"),
                _ => "it has no valid timestamp".to_owned(),
            };
            return (Some(PadesLevel::B), Some(why));
        };
        if let Err(missing) = self.is_long_term(self.stored.as_ref(), signed, certificate, stamp) {
            return (Some(PadesLevel::T), Some(missing));
        }
        let archived = self.archives.iter().filter(|(revision, _)| *revision > found.revision).any(|(revision, _)| {
            let store = stored(self.pdf, *revision);
            self.is_long_term(store.as_ref(), signed, certificate, stamp).is_ok()
        });
        if archived {
            return (Some(PadesLevel::LTA), None);
        }
        (Some(PadesLevel::LT), Some("no valid document timestamp covers the certificates and proofs".into()))
    }

    /// Whether signature and store alone hold what a path and its status at the timestamp's time take.
    fn is_long_term(
        &self,
        store: Option<&PathMaterial>,
        signed: &SignedData<'_>,
        certificate: &Certificate<'_>,
        stamp: &Stamp<'_>,
    ) -> Result<(), String> {
        let Some(store) = store else { return Err("the file has no security store (DSS)".into()) };
        let material = Material::new(self.given, &[store]);
        let time = stamp.token.time;
        let own = material.with(&signed.certificates);
        let path = own.path(certificate.der, Purpose::Document, Some(time)).map_err(|defect| format!("in the file, {defect}"))?;
        if !path.is_valid_at(time) {
            return Err("the signer's path was not valid at the timestamp's time".into());
        }
        for ((certificate, _), status) in path.links().zip(own.proofs.of_path(&path)) {
            if !status.is_good_at(time) {
                let name = certificate.subject_name().unwrap_or_default();
                return Err(format!("the file holds no proof that {name} was not revoked at the timestamp's time"));
            }
        }
        match check_authority(stamp.certificate, time, &material.with(&stamp.token.signed.certificates), self.archived()) {
            Ok(Authority::Established { is_cleared: true, .. }) => Ok(()),
            _ => Err("the file holds no proof that the timestamp authority was not revoked at its time".into()),
        }
    }
}

fn find(found: &Located<'_>, outcome: &mut Outcome, code: Code, what: &str) {
    let detail = format!("signature {}: {what}", found.field);
    outcome.findings.push(finding(code, detail, found.offset, Some(found.id)));
}

pub(super) fn milliseconds(seconds: i64) -> Timestamp {
    Timestamp(u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000))
}

/// A second counts whole.
pub(super) fn last_millisecond(seconds: i64) -> Timestamp {
    Timestamp(milliseconds(seconds).0.saturating_add(999))
}
