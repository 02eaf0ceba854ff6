//! What is at hand about certificates: trust anchors and proofs that the asker brings, and those in the file
//! (the document security store, DSS).

use super::raw::{MAX_DECODED_STREAM_BYTES, Pdf, Value, decode_stream};
use crate::pki::{CertificatePath, PathDefect, Proofs, Purpose, TrustAnchors, find_path};

/// Most streams read from each list of the store.
const MAX_STORED: usize = 256;
/// Most bytes read from the store.
const MAX_STORED_BYTES: usize = MAX_DECODED_STREAM_BYTES;

/// Whom the asker trusts, and certificates, CRLs and OCSP answers (DER) to consider beside those in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathMaterial {
    /// Anchors of signers and of timestamp authorities.
    pub anchors: TrustAnchors,
    /// Certificates between signers and anchors.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists.
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers.
    pub ocsps: Vec<Vec<u8>>,
}

/// The security store as of a revision; `None` if there is none. What cannot be read in it is left out: it
/// proves nothing, and is no defect of the document.
pub(crate) fn stored(pdf: &Pdf<'_>, revision: usize) -> Option<PathMaterial> {
    let (_, catalog) = pdf.catalog_at(revision)?;
    let store = pdf.get_at(revision, catalog, "DSS")?.as_dict()?;
    let mut left = MAX_STORED_BYTES;
    let mut list = |key: &str| -> Vec<Vec<u8>> {
        let items = pdf.get_at(revision, store, key).and_then(Value::as_array).unwrap_or_default();
        let mut found = Vec::new();
        for id in items.iter().take(MAX_STORED).filter_map(Value::as_reference) {
            let object = pdf.object_at(revision, id.number).filter(|object| object.id == id);
            let parts = object.and_then(|object| Some((object.value.as_dict()?, object.stream?, object.span.start)));
            let bytes = parts.and_then(|(dict, data, at)| decode_stream(dict, data.of(pdf.bytes), at, left).ok());
            if let Some(bytes) = bytes {
                left = left.saturating_sub(bytes.len());
                found.push(bytes);
            }
        }
        found
    };
    Some(PathMaterial { anchors: TrustAnchors::default(), certificates: list("Certs"), crls: list("CRLs"), ocsps: list("OCSPs") })
}

/// Anchors, certificates and proofs, ready for use.
#[derive(Debug, Clone)]
pub(crate) struct Material<'a> {
    anchors: &'a TrustAnchors,
    certificates: Vec<&'a [u8]>,
    pub(crate) proofs: Proofs<'a>,
}

impl<'a> Material<'a> {
    /// The anchors of `given`, and everything in `sources`.
    pub(crate) fn new(given: &'a PathMaterial, sources: &[&'a PathMaterial]) -> Self {
        let all = |of: fn(&PathMaterial) -> &Vec<Vec<u8>>| -> Vec<&'a [u8]> {
            sources.iter().flat_map(|source| of(source).iter().map(Vec::as_slice)).collect()
        };
        let proofs = Proofs::new(&all(|source| &source.crls), &all(|source| &source.ocsps));
        Self { anchors: &given.anchors, certificates: all(|source| &source.certificates), proofs }
    }

    /// The same, with certificates that a signature carries.
    pub(crate) fn with(&self, certificates: &[&'a [u8]]) -> Self {
        let mut own = self.clone();
        own.certificates.extend_from_slice(certificates);
        own
    }

    /// A path from a certificate to an anchor.
    pub(crate) fn path(&self, certificate: &'a [u8], purpose: Purpose, time: Option<i64>) -> Result<CertificatePath<'a>, PathDefect> {
        find_path(certificate, &self.certificates, self.anchors, purpose, time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file whose store names this many certificates, all of them one stream.
    fn with_store(certificates: usize) -> Vec<u8> {
        let bodies = [
            "<</Type/Catalog/Pages 2 0 R/DSS 3 0 R>>".to_owned(),
            "<</Type/Pages/Kids[]/Count 0>>".to_owned(),
            format!("<</Certs[{}]/CRLs[4 0 R 2 0 R (x) 9 0 R]>>", "4 0 R ".repeat(certificates)),
            "<</Length 3>>\nstream\nDER\nendstream".to_owned(),
        ];
        let (mut out, mut rows) = (b"%PDF-2.0\n".to_vec(), "xref\n0 5\n0000000000 65535 f \n".to_owned());
        for (index, body) in bodies.iter().enumerate() {
            rows.push_str(&format!("{:010} 00000 n \n", out.len()));
            out.extend_from_slice(format!("{} 0 obj\n{body}\nendobj\n", index + 1).as_bytes());
        }
        let at = out.len();
        out.extend_from_slice(format!("{rows}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").as_bytes());
        out
    }

    /// A store is an attacker's to fill: what is beyond the limit is not read, and a file that reaches it is no defect.
    #[test]
    fn of_a_crowded_store_so_much_is_read() {
        for (certificates, read) in [(0, 0), (MAX_STORED, MAX_STORED), (MAX_STORED + 1, MAX_STORED)] {
            let file = with_store(certificates);
            let stored = stored(&Pdf::parse(&file).unwrap(), 0).unwrap();
            assert_eq!(stored.certificates.len(), read);
            // What is no stream is left out.
            assert_eq!(stored.crls, [b"DER"]);
        }
    }
}
