//! What a file lacks to be verified for long, where authorities publish it, and what goes into its store.

use super::{ExtendError, contents};
use crate::pdf::cms::{self, ContentKind, SignedData};
use crate::pdf::evidence::{Material, PathMaterial, stored};
use crate::pdf::raw::Pdf;
use crate::pdf::timestamp::Token;
use crate::pdf::verify::{PdfReport, SignatureKind, inspect_pdf_with};
use crate::pki::{Certificate, CertificatePath, PathDefect, Purpose, is_same_name, ocsp_request, oid};
use crate::time::Civil;

/// Most certificates followed upwards in search of a missing issuer.
const MAX_CLIMB: usize = 10;

/// One way to get what is lacking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// The issuer's certificate: GET gives DER, or PEM.
    Certificate {
        /// Where.
        address: String,
    },
    /// A revocation list: GET gives DER.
    Crl {
        /// Where.
        address: String,
    },
    /// An OCSP answer: POST `application/ocsp-request`.
    Ocsp {
        /// Where.
        address: String,
        /// OCSPRequest, DER.
        request: Vec<u8>,
    },
}

/// Something lacking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Of whose certificate, for people.
    pub about: String,
    /// Ways to get it, the best first. Empty if the certificate names none: it must be given as a file.
    pub ways: Vec<Fetch>,
}

/// A certificate whose path and status the store must hold.
struct Chain {
    certificate: Vec<u8>,
    /// Certificates that the signature or token carries.
    carried: Vec<Vec<u8>>,
    purpose: Purpose,
    /// When it must have been good, Unix seconds.
    time: i64,
}

impl Chain {
    /// Of every signature (at the time of its timestamp, else at `now`), of its timestamps, and of document timestamps.
    fn all(pdf: &Pdf<'_>, report: &PdfReport, now: i64) -> Result<Vec<Self>, ExtendError> {
        let mut chains = Vec::new();
        for signature in &report.signatures {
            let der = cms::strip_padding(contents(pdf, signature.dictionary)?).map_err(super::unreadable)?;
            if signature.kind == SignatureKind::DocumentTimestamp {
                chains.push(Self::of_token(der)?);
                continue;
            }
            let signed = SignedData::parse(der, ContentKind::Data).map_err(super::unreadable)?;
            let tokens = signed.unsigned.iter().filter(|(kind, _)| *kind == oid::TIMESTAMP_TOKEN);
            // A token over something else says nothing about when this signature was made.
            let is_over = |value: &[u8]| Token::parse(value).is_ok_and(|token| token.is_over(&[signed.signature]));
            let tokens: Vec<Self> =
                tokens.filter(|(_, value)| is_over(value)).filter_map(|(_, value)| Self::of_token(value).ok()).collect();
            let certificate = signed.signer_certificate().map_err(super::unreadable)?.der.to_vec();
            chains.push(Self {
                certificate,
                carried: signed.certificates.iter().map(|der| der.to_vec()).collect(),
                purpose: Purpose::Document,
                time: tokens.iter().map(|token| token.time).min().unwrap_or(now),
            });
            chains.extend(tokens);
        }
        Ok(chains)
    }

    fn of_token(der: &[u8]) -> Result<Self, ExtendError> {
        let token = Token::parse(der)?;
        let certificate = token.signed.signer_certificate().map_err(super::unreadable)?.der.to_vec();
        let carried = token.signed.certificates.iter().map(|der| der.to_vec()).collect();
        Ok(Self { certificate, carried, purpose: Purpose::Timestamp, time: token.time })
    }

    fn material<'m>(&'m self, base: &Material<'m>) -> Material<'m> {
        base.with(&self.carried.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn name(&self) -> String {
        Certificate::parse(&self.certificate).ok().and_then(|certificate| certificate.subject_name()).unwrap_or_default()
    }
}

/// What is lacking, given what is at hand. Fetch it, add it to `given`, and ask again until nothing new is named.
/// `now`: Unix seconds, for signatures without timestamp.
pub fn needs(pdf: &[u8], given: &PathMaterial, now: i64) -> Result<Vec<Need>, ExtendError> {
    let report = inspect_pdf_with(pdf, given);
    let parsed = Pdf::parse(pdf)?;
    let store = stored(&parsed, parsed.revisions.len().saturating_sub(1)).unwrap_or_default();
    let base = Material::new(given, &[given, &store]);
    let mut needs = Vec::new();
    for chain in Chain::all(&parsed, &report, now)? {
        let material = chain.material(&base);
        match material.path(&chain.certificate, chain.purpose, Some(chain.time)) {
            Err(PathDefect::NoIssuer(about)) => needs.push(Need { about, ways: issuer_ways(&chain, given, &store) }),
            // Nothing that could be fetched mends it: `collect` says why.
            Err(_) => {}
            Ok(path) => {
                for ((certificate, issuer), status) in path.links().zip(material.proofs.of_path(&path)) {
                    if !status.is_good_at(chain.time) && status.revoked.is_none() {
                        let about = certificate.subject_name().unwrap_or_default();
                        needs.push(Need { about, ways: status_ways(certificate, issuer) });
                    }
                }
            }
        }
    }
    needs.dedup();
    Ok(needs)
}

/// Where a certificate's status is published: OCSP first, it is smaller.
fn status_ways(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Vec<Fetch> {
    let request = ocsp_request(certificate.der, issuer.der).unwrap_or_default();
    let ocsps = certificate.ocsp_addresses().into_iter().map(|address| Fetch::Ocsp { address, request: request.clone() });
    ocsps.chain(certificate.crl_addresses().into_iter().map(|address| Fetch::Crl { address })).collect()
}

/// Where the issuer's certificate is published that is missing on the way up.
fn issuer_ways(chain: &Chain, given: &PathMaterial, store: &PathMaterial) -> Vec<Fetch> {
    let lists = [&chain.carried, &given.certificates, &store.certificates];
    let known: Vec<Certificate<'_>> = lists.iter().flat_map(|list| list.iter()).filter_map(|der| Certificate::parse(der).ok()).collect();
    let Ok(mut last) = Certificate::parse(&chain.certificate) else { return Vec::new() };
    for _ in 0..MAX_CLIMB {
        let above = known.iter().find(|other| is_same_name(other.subject, last.issuer) && other.der != last.der);
        match above {
            Some(above) => last = above.clone(),
            None => break,
        }
    }
    last.issuer_addresses().into_iter().map(|address| Fetch::Certificate { address }).collect()
}

/// What the store lacks of every chain's certificates and proofs, from what is at hand.
pub(super) fn collect(pdf: &Pdf<'_>, report: &PdfReport, given: &PathMaterial) -> Result<PathMaterial, ExtendError> {
    let store = stored(pdf, pdf.revisions.len().saturating_sub(1)).unwrap_or_default();
    let base = Material::new(given, &[given, &store]);
    let mut new = PathMaterial::default();
    let chains = Chain::all(pdf, report, i64::MAX)?;
    if let Some(bare) = chains.iter().find(|chain| chain.time == i64::MAX) {
        return Err(ExtendError::Missing(format!("the signature of {} has no timestamp: B-T comes before B-LT", bare.name())));
    }
    for chain in &chains {
        let material = chain.material(&base);
        let missing = |why: String| ExtendError::Missing(format!("the certificate of {}: {why}", chain.name()));
        let path = material.path(&chain.certificate, chain.purpose, Some(chain.time)).map_err(|defect| missing(defect.to_string()))?;
        let day = Civil::of_unix(chain.time).for_people();
        if !path.is_valid_at(chain.time) {
            return Err(missing(format!("its path was not valid at {day}")));
        }
        for status in material.proofs.of_path(&path) {
            if let Some(revoked) = status.revoked.filter(|revoked| revoked.since <= chain.time) {
                return Err(missing(format!("revoked since {}", Civil::of_unix(revoked.since).for_people())));
            }
            let Some(proof) = status.proof.filter(|_| status.is_good_at(chain.time)) else {
                let defects = status.defects.join("; ");
                return Err(missing(format!("no CRL or OCSP answer that holds says that its path was good at {day} {defects}")));
            };
            put_proof(proof, given, &store, &mut new);
        }
        put_certificates(&path, &store, &mut new);
    }
    Ok(new)
}

fn put_proof(proof: &[u8], given: &PathMaterial, store: &PathMaterial, new: &mut PathMaterial) {
    let lists = [(&given.crls, &store.crls, &mut new.crls), (&given.ocsps, &store.ocsps, &mut new.ocsps)];
    for (at_hand, stored, list) in lists {
        let is_here = at_hand.iter().any(|der| der == proof);
        if is_here && !stored.iter().chain(list.iter()).any(|der| der == proof) {
            list.push(proof.to_vec());
        }
    }
}

fn put_certificates(path: &CertificatePath<'_>, store: &PathMaterial, new: &mut PathMaterial) {
    for certificate in path.certificates() {
        if !store.certificates.iter().chain(&new.certificates).any(|der| der == certificate.der) {
            new.certificates.push(certificate.der.to_vec());
        }
    }
}
