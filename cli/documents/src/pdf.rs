//! PDF: read strictly, sign by incremental update, verify, and lay out the certificate form.

mod active;
mod archive;
mod attachment;
mod certificate;
mod cms;
mod diff;
mod draft;
mod font;
mod permissions;
mod qr;
pub mod raw;
mod slip;
mod staple;
mod text;
mod tree;
mod verify;
mod write;

#[cfg(test)]
mod forgeries;

use eco_core::verdict::{Class, Code};

pub use attachment::attached_metadata;
pub use certificate::{
    CHAMBER_FIELD, CertificateFields, GATEWAY, Issuance, METADATA_FILE, Marks, OriginItem, OriginalProof, Party, Producer, ProofKind,
    SheetDefect, certificate, entry_address, sample_certificate,
};
pub use cms::SignatureProfile;
pub use font::{FontDefect, FontFile, HanForm, letters_lacking};
pub use slip::{SlipSheet, slip};
pub use staple::{STAPLE_TYPE, StapleError, Stapled, staple};
pub use verify::{Check, Examined, PdfReport, SignatureKind, SignatureReport, inspect_pdf, read_pdf};
pub use write::{
    KeySigner, MAX_RESERVE_BYTES, Placement, Prepared, RESERVE_BYTES, SignError, SignOptions, Signer, SignerIdentity, finish, prepare, sign,
};

/// Whether a finding makes a document untrustworthy or leaves it open, by its class.
fn condemns(code: Code) -> bool {
    matches!(code.class(), Class::Untrustworthy | Class::NotEstablished)
}
