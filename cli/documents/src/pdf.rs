//! PDF: read strictly, sign by incremental update, verify, and lay out the certificate form.

mod active;
mod certificate;
mod cms;
mod diff;
mod font;
mod permissions;
pub mod raw;
mod staple;
mod text;
mod tree;
mod verify;
mod write;

#[cfg(test)]
mod forgeries;

use eco_core::verdict::{Class, Code};

pub use certificate::{CHAMBER_FIELD, CertificateFields, OriginItem, Party, sample_certificate};
pub use cms::SignatureProfile;
pub use staple::{STAPLE_TYPE, StapleError, Stapled, staple};
pub use verify::{Check, Examined, PdfReport, SignatureKind, SignatureReport, inspect_pdf, read_pdf};
pub use write::{
    KeySigner, MAX_RESERVE_BYTES, Placement, Prepared, RESERVE_BYTES, SignError, SignOptions, Signer, SignerIdentity, finish, prepare, sign,
};

/// Whether a finding makes a document untrustworthy or leaves it open, by its class.
fn condemns(code: Code) -> bool {
    matches!(code.class(), Class::Untrustworthy | Class::NotEstablished)
}
