//! X.509 as far as signatures on documents need it: read a certificate, check a signature, and make
//! self-signed certificates and signing requests. Path validation is not here.

pub mod algorithm;
mod make;
pub mod oid;
mod read;

pub use crate::asn1::Asn1Defect;
pub use make::{SubjectName, certificate_request, self_signed_certificate};
pub use read::{Certificate, KEY_USAGE_DIGITAL_SIGNATURE, KEY_USAGE_NON_REPUDIATION};
