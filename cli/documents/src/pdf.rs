//! PDF: read strictly, sign by incremental update, verify, and lay out the certificate form.

mod active;
mod archive;
mod attachment;
mod certificate;
mod cms;
mod contents;
mod diff;
mod draft;
mod evidence;
mod font;
mod ltv;
mod metadata;
mod permissions;
mod qr;
pub mod raw;
mod slip;
mod staple;
mod text;
mod timestamp;
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
pub use evidence::PathMaterial;
pub use font::{FontDefect, FontFile, HanForm, letters_lacking};
pub use ltv::{
    ExtendError, Fetch, Need, PreparedTimestamp, add_signature_timestamp, add_store, finish_document_timestamp, needs,
    prepare_document_timestamp, signature_timestamp_request,
};
pub use slip::{SlipSheet, slip};
pub use staple::{STAPLE_TYPE, StapleError, Stapled, staple, staple_unless};
pub use timestamp::{TimestampDefect, TimestampRequest};
pub use verify::{
    Check, Examined, PadesLevel, PdfReport, SignatureKind, SignatureReport, TimestampReport, inspect_pdf, inspect_pdf_with, read_pdf,
};
pub use write::{
    KeySigner, MAX_RESERVE_BYTES, Placement, Prepared, RESERVE_BYTES, SignError, SignOptions, Signer, SignerIdentity, ecdsa_der, finish,
    prepare, sign, sign_and_read,
};

/// Whether a finding makes a document untrustworthy or leaves it open, by its class.
fn condemns(code: Code) -> bool {
    matches!(code.class(), Class::Untrustworthy | Class::NotEstablished)
}
