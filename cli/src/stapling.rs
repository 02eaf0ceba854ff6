//! Where a receipt goes: into the signature that it is of, else beside the file.

use crate::document::Document;
use crate::evidence::checked;
use crate::fault::Fault;
use crate::files;
use anyhow::Result;
use eco_core::receipt::Receipt;
use eco_core::statement::Statement;
use eco_core::trust::TrustRoot;
use eco_documents::pdf::{StapleError, Stapled, staple_unless};
use std::path::{Path, PathBuf};

/// Where receipts are to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into a file of their own beside the document.
    Beside,
    /// Into the document's signature; beside it where that cannot be.
    Inside,
}

/// Where a receipt is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placed {
    /// In the document's signature.
    Inside,
    /// It was there before, or a newer one.
    InsideBefore,
    /// In this file beside the document.
    Beside {
        /// The file.
        path: PathBuf,
        /// Why it is not inside, if it was to be.
        because: Option<String>,
    },
}

impl Placed {
    /// The file that holds the receipt.
    pub(crate) fn file(&self, document: &Path) -> PathBuf {
        match self {
            Self::Inside | Self::InsideBefore => document.to_path_buf(),
            Self::Beside { path, .. } => path.clone(),
        }
    }

    /// The word in JSON.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Inside => "stapled",
            Self::InsideBefore => "stapled before",
            Self::Beside { .. } => "beside",
        }
    }
}

/// Puts a receipt, which the caller has checked, where it is to go.
pub(crate) fn place(document: &Path, receipt: &Receipt, to: Place, trust: &TrustRoot) -> Result<Placed> {
    let beside = |because| -> Result<Placed> {
        let path = files::sidecar(document);
        files::write(&path, &receipt.to_file())?;
        Ok(Placed::Beside { path, because })
    };
    if to == Place::Beside {
        return beside(None);
    }
    match inside(document, receipt, trust) {
        Ok(placed) => Ok(placed),
        Err(error) => match error.downcast::<StapleError>() {
            Ok(refused @ (StapleError::NotLast { .. } | StapleError::Room { .. })) => beside(Some(refused.to_string())),
            Ok(refused @ StapleError::OtherDocument { .. }) => {
                Err(Fault::refused("FINGERPRINT_MISMATCH", format!("{}: {refused}", document.display())).into())
            }
            Ok(refused) => Err(Fault::refused("NOT_STAPLED", format!("{}: {refused}", document.display())).into()),
            Err(error) => Err(error),
        },
    }
}

fn inside(document: &Path, receipt: &Receipt, trust: &TrustRoot) -> Result<Placed> {
    let shown = document.display();
    let Statement::Anchor(anchor) = &receipt.entry.entry().statement else {
        return Err(
            Fault::refused("FINGERPRINT_MISMATCH", format!("{shown}: the receipt is of a statement that records no document")).into()
        );
    };
    let Some(signature_hash) = &anchor.signature_hash else {
        return Err(
            Fault::refused("NOT_STAPLED", format!("{shown}: the receipt is of plain bytes, which have no signature to hold it")).into()
        );
    };
    let pdf = files::read(document, files::DOCUMENT_BYTES_MAX)?;
    let newer = |stapled: &[u8]| {
        checked(stapled, trust)
            .is_ok_and(|(other, _)| other.entry.id() == receipt.entry.id() && other.header.height >= receipt.header.height)
    };
    match staple_unless(&pdf, &anchor.fingerprint, signature_hash, &receipt.to_file(), newer)? {
        Stapled::Already => Ok(Placed::InsideBefore),
        Stapled::Written(bytes) => {
            files::replace(document, &bytes)?;
            Ok(Placed::Inside)
        }
    }
}

/// A receipt in or beside a document that holds and is of it.
pub(crate) fn at_hand(document: &Document, trust: &TrustRoot, own: impl Fn(&Receipt) -> bool) -> Result<Option<Receipt>> {
    let of_it = |receipt: &Receipt| {
        matches!(&receipt.entry.entry().statement, Statement::Anchor(anchor) if document.findings.candidates.iter()
            .any(|c| c.fingerprint == anchor.fingerprint && c.signature_hash == anchor.signature_hash))
    };
    let mut found = document.findings.stapled.clone();
    for path in files::sidecars(&document.path) {
        found.extend(files::read_if_present(&path, files::ECO_BYTES_MAX)?);
    }
    let holding = found.iter().filter_map(|bytes| checked(bytes, trust).ok().map(|(receipt, _)| receipt));
    Ok(holding.filter(|receipt| of_it(receipt) && own(receipt)).max_by_key(|receipt| receipt.header.height))
}
