//! X.509 as far as signatures on documents need it: read certificates, CRLs and OCSP answers, check a
//! signature, find the path to a trust anchor, and make self-signed certificates and signing requests.

pub mod algorithm;
mod crl;
mod extension;
mod make;
mod name;
mod ocsp;
pub mod oid;
mod path;
mod read;
mod revocation;

pub use crate::asn1::Asn1Defect;
pub use crl::Crl;
pub(crate) use extension::read_all as read_extensions;
pub use make::{SubjectName, certificate_request, self_signed_certificate};
pub(crate) use name::is_same_name;
pub(crate) use ocsp::sha1;
pub use ocsp::{OcspAnswer, ocsp_request};
pub use path::{CertificatePath, PathDefect, Purpose, TrustAnchors, find_path};
pub use read::{Certificate, KEY_USAGE_DIGITAL_SIGNATURE, KEY_USAGE_NON_REPUDIATION};
pub use revocation::{CertificateStatus, Proofs, Revocation};
