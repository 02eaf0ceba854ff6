//! Asking timestamp authorities, OCSP responders and publishers of CRLs, over HTTP. What they answer is checked
//! by `eco_documents`; nothing here believes them.

use crate::anchors;
use crate::fault::Fault;
use anyhow::Result;
use eco_documents::pdf::{ExtendError, Fetch, PathMaterial, TimestampRequest, add_signature_timestamp, needs, signature_timestamp_request};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// How long one answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes of the largest answer: CRLs of large authorities have some megabytes.
const ANSWER_BYTES_MAX: u64 = 8 << 20;
/// Rounds of fetching: each may bring an issuer's certificate, which names the next.
const ROUNDS_MAX: usize = 8;

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().timeout_global(Some(ANSWER_TIME_MAX)).max_redirects(3);
    config.user_agent(concat!("eco/", env!("CARGO_PKG_VERSION"))).build().into()
}

fn body(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, ureq::Error> {
    answer?.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()
}

fn post(address: &str, kind: &str, question: &[u8]) -> Result<Vec<u8>, ureq::Error> {
    body(agent().post(address).header("Content-Type", kind).send(question))
}

/// The fault that an extension refused is.
pub(crate) fn refused(path: &Path, error: &ExtendError) -> anyhow::Error {
    let shown = path.display();
    let fault = match error {
        ExtendError::Timestamp(_) | ExtendError::Authority(_) => Fault::refused("TIMESTAMP_INVALID", format!("{shown}: {error}"))
            .hint("ask an authority that your trust anchors vouch for: --trust-anchors FILE"),
        ExtendError::Missing(_) => Fault::unverifiable("PROOF_MISSING", format!("{shown}: {error}"))
            .hint("give trust anchors (--trust-anchors), and certificates, CRLs or OCSP answers that cannot be fetched (--proof)"),
        ExtendError::NotLast { .. } => Fault::refused("PDF_NOT_EXTENDABLE", format!("{shown}: {error}"))
            .hint("timestamp the signature when signing: eco sign --timestamp URL"),
        _ => Fault::refused("PDF_NOT_EXTENDABLE", format!("{shown}: {error}")),
    };
    fault.into()
}

/// Asks a timestamp authority.
pub(crate) fn timestamp(address: &str, request: &TimestampRequest) -> Result<Vec<u8>> {
    post(address, "application/timestamp-query", &request.der()).map_err(|e| {
        Fault::unverifiable("TIMESTAMP_AUTHORITY_UNREACHABLE", format!("{address}: {e}"))
            .hint("nothing was written; try again, or another authority")
            .into()
    })
}

/// Puts a timestamp on the newest signature: level B-T.
pub(crate) fn stamp(path: &Path, pdf: &[u8], address: &str, nonce: [u8; 16], given: &PathMaterial) -> Result<Vec<u8>> {
    let request = signature_timestamp_request(pdf, nonce).map_err(|e| refused(path, &e))?;
    let answer = timestamp(address, &request)?;
    add_signature_timestamp(pdf, &request, &answer, given).map_err(|e| refused(path, &e))
}

/// Fetches what a file lacks for level B-LT from the addresses in its certificates. Gives what did not come.
pub(crate) fn fetch(path: &Path, pdf: &[u8], material: &mut PathMaterial, now_seconds: i64) -> Result<Vec<String>> {
    let (mut tried, mut failures) = (BTreeSet::new(), Vec::new());
    for _ in 0..ROUNDS_MAX {
        let lacking = needs(pdf, material, now_seconds).map_err(|e| refused(path, &e))?;
        let mut came = false;
        for need in lacking {
            for way in &need.ways {
                // The same list may be what several certificates lack; asked once.
                if !tried.insert(format!("{way:?}")) {
                    continue;
                }
                match fetched(way, material) {
                    Ok(()) => {
                        came = true;
                        break;
                    }
                    Err(why) => failures.push(format!("{}: {why}", need.about)),
                }
            }
        }
        if !came {
            break;
        }
    }
    Ok(failures)
}

fn fetched(way: &Fetch, material: &mut PathMaterial) -> Result<(), String> {
    let (address, answer) = match way {
        Fetch::Certificate { address } | Fetch::Crl { address } => (address, body(agent().get(address).call())),
        Fetch::Ocsp { address, request } => (address, post(address, "application/ocsp-request", request)),
    };
    let bytes = answer.map_err(|e| format!("{address}: {e}"))?;
    if matches!(way, Fetch::Certificate { .. }) {
        let found = anchors::certificates(Path::new(address), &bytes).map_err(|e| e.to_string())?;
        material.certificates.extend(found);
        return Ok(());
    }
    if anchors::add(material, &bytes) { Ok(()) } else { Err(format!("{address}: neither a CRL nor an OCSP answer")) }
}
