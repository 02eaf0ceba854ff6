//! Evidence at hand: receipts and status proofs from files and nodes, as bytes that nobody believes yet.

use crate::document::Document;
use crate::files::{self, ECO_BYTES_MAX};
use anyhow::Result;
use eco_core::eco_file::{FileKind, kind_of};
use eco_core::receipt::{Dating, Receipt};
use eco_core::status::{StatusProof, StatusView};
use eco_core::trust::TrustRoot;
use eco_core::verdict::Reach;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

use crate::show::receipt_json;

/// One `.eco` file or answer, and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Exhibit {
    /// A path, or a node's address.
    pub(crate) source: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Everything that was gathered for one document.
#[derive(Debug, Clone)]
pub(crate) struct Gathered {
    /// Receipts, and whatever lay in a receipt's place.
    pub(crate) receipts: Vec<Exhibit>,
    /// Status proofs.
    pub(crate) statuses: Vec<Exhibit>,
    /// How asking nodes went.
    pub(crate) reach: Reach,
}

impl Gathered {
    /// Nothing yet.
    pub(crate) const fn none() -> Self {
        Self { receipts: Vec::new(), statuses: Vec::new(), reach: Reach::NotAsked }
    }

    /// Reads the files named and those beside the document. A named file must be readable.
    pub(crate) fn from_files(document: Option<&Path>, named: &[PathBuf]) -> Result<Self> {
        let mut gathered = Self::none();
        for path in named {
            gathered.add(path.display().to_string(), files::read(path, ECO_BYTES_MAX)?);
        }
        for path in document.map(files::sidecars).unwrap_or_default() {
            if let Some(bytes) = files::read_if_present(&path, ECO_BYTES_MAX)? {
                gathered.add(path.display().to_string(), bytes);
            }
        }
        Ok(gathered)
    }

    /// Adds a candidate. What is no status proof stands in a receipt's place, and is judged as one.
    pub(crate) fn add(&mut self, source: String, bytes: Vec<u8>) {
        let exhibit = Exhibit { source, bytes };
        match kind_of(&exhibit.bytes) {
            Ok(FileKind::StatusProof) => self.statuses.push(exhibit),
            _ => self.receipts.push(exhibit),
        }
    }

    /// Adds the receipts found inside the document, to be shown with the others. The judge has them from the findings.
    pub(crate) fn add_stapled(&mut self, document: &Document) {
        let source = || format!("{} (stapled)", document.path.display());
        self.receipts.extend(document.findings.stapled.iter().map(|bytes| Exhibit { source: source(), bytes: bytes.clone() }));
    }

    /// The bytes of the receipts, for the judge: the same receipt from two places is one.
    pub(crate) fn receipt_bytes(&self) -> Vec<Vec<u8>> {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        for exhibit in &self.receipts {
            if !seen.contains(&exhibit.bytes) {
                seen.push(exhibit.bytes.clone());
            }
        }
        seen
    }

    /// The bytes of the status proofs, for the judge.
    pub(crate) fn status_bytes(&self) -> Vec<Vec<u8>> {
        self.statuses.iter().map(|e| e.bytes.clone()).collect()
    }

    /// The bytes of everything.
    pub(crate) fn all_bytes(&self) -> Vec<Vec<u8>> {
        self.receipts.iter().chain(&self.statuses).map(|e| e.bytes.clone()).collect()
    }

    /// Whether a status proof is among them.
    pub(crate) fn has_status(&self, bytes: &[u8]) -> bool {
        self.statuses.iter().any(|e| e.bytes == bytes)
    }

    /// The newest status proof that holds, as it came.
    pub(crate) fn newest_status(&self, trust: &TrustRoot) -> Option<&[u8]> {
        let height = |e: &&Exhibit| {
            let proof = StatusProof::from_file(&e.bytes, trust).ok()?;
            proof.verify(trust).ok().map(|view| view.header.height)
        };
        self.statuses.iter().filter(|e| height(e).is_some()).max_by_key(height).map(|e| e.bytes.as_slice())
    }

    /// Every exhibit with what it shows by itself. The verdict does not rest on this list.
    pub(crate) fn describe(&self, trust: Option<&TrustRoot>) -> Vec<Value> {
        let receipts = self.receipts.iter().map(|e| match trust.map(|t| (t, checked(&e.bytes, t))) {
            None => json!({ "type": "receipt", "source": e.source, "holds": null }),
            Some((_, Err(defect))) => json!({ "type": "receipt", "source": e.source, "holds": false, "defect": defect }),
            Some((trust, Ok((receipt, dating)))) => {
                json!({ "type": "receipt", "source": e.source, "holds": true, "receipt": receipt_json(&receipt, dating, trust) })
            }
        });
        let statuses = self.statuses.iter().map(|e| {
            let view = trust.map(|t| shown(&e.bytes, t));
            match view {
                None => json!({ "type": "status proof", "source": e.source, "holds": null }),
                Some(Err(defect)) => json!({ "type": "status proof", "source": e.source, "holds": false, "defect": defect }),
                Some(Ok(view)) => json!({
                    "type": "status proof", "source": e.source, "holds": true,
                    "height": view.header.height.0, "epoch": view.header.epoch.0, "records": view.keys().count(),
                }),
            }
        });
        receipts.chain(statuses).collect()
    }
}

fn shown(bytes: &[u8], trust: &TrustRoot) -> Result<StatusView, String> {
    let proof = StatusProof::from_file(bytes, trust).map_err(|e| e.to_string())?;
    proof.verify(trust).map_err(|e| e.to_string())
}

/// A receipt that holds under a trust root, or why it does not.
pub(crate) fn checked(bytes: &[u8], trust: &TrustRoot) -> Result<(Receipt, Dating), String> {
    let receipt = Receipt::from_file(bytes, trust).map_err(|e| e.to_string())?;
    let dating = receipt.verify(trust).map_err(|e| e.to_string())?;
    Ok((receipt, dating))
}
