//! Trust anchors and proofs that the user gives, read from files.

use crate::args::AnchorsArgs;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use anyhow::Result;
use eco_documents::pdf::PathMaterial;
use eco_documents::pki::{Certificate, Crl, OcspAnswer, TrustAnchors};
use pkcs8::der::pem;
use std::path::{Path, PathBuf};

/// Bytes of the largest certificate bundle, CRL or answer read.
const PROOF_BYTES_MAX: u64 = 8 << 20;
const END: &str = "-----END CERTIFICATE-----";

/// What the arguments and the home directory name.
pub(crate) fn material(args: &AnchorsArgs, home: &Home) -> Result<PathMaterial> {
    let own = home.directory().join("anchors");
    let named = if args.trust_anchors.is_empty() && own.is_dir() { vec![own] } else { args.trust_anchors.clone() };
    let mut anchors = Vec::new();
    for path in named.iter().map(|path| listed(path)).collect::<Result<Vec<_>>>()?.concat() {
        anchors.extend(certificates(&path, &files::read(&path, PROOF_BYTES_MAX)?)?);
    }
    let anchors = TrustAnchors::new(anchors).map_err(|e| Fault::usage("TRUST_ANCHOR_INVALID", format!("a trust anchor: {e}")))?;
    let mut material = PathMaterial { anchors, ..PathMaterial::default() };
    for path in &args.proof {
        let bytes = files::read(path, PROOF_BYTES_MAX)?;
        if !add(&mut material, &bytes) {
            material.certificates.extend(certificates(path, &bytes)?);
        }
    }
    Ok(material)
}

/// Adds a CRL or OCSP answer; `false` if the bytes are neither.
pub(crate) fn add(material: &mut PathMaterial, bytes: &[u8]) -> bool {
    if Crl::parse(bytes).is_ok() {
        material.crls.push(bytes.to_vec());
    } else if OcspAnswer::parse(bytes).is_ok() {
        material.ocsps.push(bytes.to_vec());
    } else {
        return false;
    }
    true
}

/// A file, or the files of a directory in the order of their names.
fn listed(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let unreadable = |e: std::io::Error| Fault::unverifiable("FILE_UNREADABLE", format!("{}: {e}", path.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_certificate =
            path.extension().is_some_and(|e| ["pem", "crt", "cer", "der"].iter().any(|known| e.eq_ignore_ascii_case(known)));
        if is_certificate && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The certificates of a file: DER, or PEM with one or more.
pub(crate) fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let bad = |what: String| Fault::usage("CERTIFICATE_INVALID", format!("{}: {what}", path.display()));
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    if text.contains(END) {
        for block in text.split_inclusive(END) {
            let Some(start) = block.find("-----BEGIN CERTIFICATE-----") else { continue };
            let (_, der) = pem::decode_vec(block.get(start..).unwrap_or_default().as_bytes()).map_err(|e| bad(e.to_string()))?;
            found.push(der);
        }
    } else {
        found.push(bytes.to_vec());
    }
    for der in &found {
        Certificate::parse(der).map_err(|e| bad(format!("not a certificate, CRL or OCSP answer: {e}")))?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_documents::keys::{KeyAlgorithm, SecretKey};
    use eco_documents::pki::{SubjectName, self_signed_certificate};

    fn certificate(seed: u8) -> Vec<u8> {
        let name = SubjectName { common_name: format!("Root {seed}"), organization: "Test".into(), country: "CN".into() };
        self_signed_certificate(&SecretKey::of_seed(KeyAlgorithm::P256, &[seed; 32]).unwrap(), &name, 1_767_225_600, 1_893_456_000)
    }

    /// A bundle read by half would refuse whom the user trusts; junk taken for an anchor would hide a typing error.
    #[test]
    fn bundles_are_read_whole_and_junk_is_refused() {
        let pem = |seed| pem::encode_string("CERTIFICATE", pem::LineEnding::LF, &certificate(seed)).unwrap();
        let bundle = format!("# two\n{}\n{}", pem(1), pem(2));
        let path = Path::new("roots.pem");
        assert_eq!(certificates(path, bundle.as_bytes()).unwrap(), [certificate(1), certificate(2)]);
        assert_eq!(certificates(path, &certificate(3)).unwrap(), [certificate(3)]);
        assert!(certificates(path, b"hello").is_err());
        assert!(certificates(path, bundle.replace("MII", "!!!").as_bytes()).is_err());
    }
}
