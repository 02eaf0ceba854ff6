//! Sample packages: one in order, and for each thing that goes wrong at a border one in which it did.

use crate::error::{TestnetError, file};
use crate::network::Network;
use crate::sandbox::run;
use crate::shipment::{NUMBER, Shipment, Step, step};
use serde_json::Value;
use std::path::Path;

/// The folder of packages.
pub const FOLDER: &str = "packages";
/// A second passport, which nobody attests, and the certificate that links it.
const SPARE: [&str; 2] = ["spare.jsonld", "spare-co.pdf"];
const SPARE_NUMBER: &str = "26C4403A0001/00003";
const SPARE_GTIN: &str = "6901234567915";

/// A package, and what `eco package verify` must say to it, asked for Japan unless it names another country.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its folder's name.
    pub name: &'static str,
    /// The importing country that is asked about.
    pub importing: &'static str,
    /// What is right or wrong with it.
    pub story: &'static str,
    /// Exit code.
    pub exit: i32,
    /// Codes and words of the answer.
    pub words: &'static [&'static str],
}

/// All of them.
pub const SAMPLES: [Sample; 9] = [
    Sample { name: "good", importing: "JP", story: "everything in order", exit: 0, words: &["\nELIGIBLE  sample-lithium-battery"] },
    Sample {
        name: "not-recognised",
        importing: "KR",
        story: "the same papers for a country that does not recognise the verification body",
        exit: 1,
        words: &["NOT_ELIGIBLE", "ACCREDITATION_NOT_RECOGNISED"],
    },
    Sample {
        name: "not-attested",
        importing: "JP",
        story: "a certificate whose passport no verification body attested",
        exit: 1,
        words: &["NOT_ELIGIBLE", "ATTESTATION_MISSING"],
    },
    Sample {
        name: "revoked",
        importing: "JP",
        story: "the same certificate after its issuer revoked it",
        exit: 4,
        words: &["UNTRUSTWORTHY", "REVOKED"],
    },
    Sample {
        name: "other-passport",
        importing: "JP",
        story: "a genuine passport, but not the one that the certificate names",
        exit: 1,
        words: &["NOT_ELIGIBLE", "PASSPORT_FINGERPRINT_MISMATCH"],
    },
    Sample {
        name: "altered-certificate",
        importing: "JP",
        story: "bytes of the PDF were changed after signing",
        exit: 1,
        words: &["UNTRUSTWORTHY", "PDF_SIGNATURE_INVALID", "the manifest is NOT what the files give"],
    },
    Sample {
        name: "altered-passport",
        importing: "JP",
        story: "the carbon value of the passport was changed after signing",
        exit: 1,
        words: &["UNTRUSTWORTHY", "PROOF_INVALID", "the manifest is NOT what the files give"],
    },
    Sample {
        name: "altered-manifest",
        importing: "KR",
        story: "the manifest promises the lane where the files do not give it",
        exit: 1,
        words: &["NOT_ELIGIBLE", "the manifest is NOT what the files give"],
    },
    Sample {
        name: "proofs-missing",
        importing: "JP",
        story: "receipts and status proofs were left out: nothing is wrong, and nothing is established",
        exit: 1,
        words: &["UNVERIFIABLE", "missing, so that it does not answer by itself"],
    },
];

impl Sample {
    /// The command that checks it offline, and what it must answer.
    #[must_use]
    pub fn check(&self) -> Step {
        step(&self.typed(), self.exit, self.words)
    }

    fn typed(&self) -> String {
        format!("package verify {FOLDER}/{} --importing {}", self.name, self.importing)
    }
}

/// Builds them all from the recorded shipment, and says in a README what each shows.
///
/// # Errors
/// A command of `eco` did not answer what it must, or a file.
pub(super) async fn make(network: &Network, shipment: &Shipment, node: &str) -> Result<(), TestnetError> {
    let root = network.directory().join(FOLDER);
    std::fs::create_dir_all(&root).map_err(file(root.clone()))?;
    let [spare, certificate] = SPARE;
    run(network, &[shipment.package(&at("good"), node)]).await?;
    record_spare(network, shipment, node).await?;
    let build = |certificate: &str, passport: &str, name: &str, exit, word| {
        step(&shipment.pack(certificate, passport, &at(name), node), exit, &[word])
    };
    run(network, &[build("battery-co.pdf", spare, "other-passport", 3, "which the certificate links")]).await?;
    run(network, &[build(certificate, spare, "not-attested", 0, "ATTESTATION_MISSING")]).await?;
    let revoke = format!("revoke {certificate} --reason fraud-suspected --org cn-ccpit --key keys/cn-ccpit.status.pem --node {node}");
    run(network, &[step(&revoke, 0, &[]), build(certificate, spare, "revoked", 4, "REVOKED")]).await?;
    for name in ["not-recognised", "altered-certificate", "altered-passport", "altered-manifest", "proofs-missing"] {
        copy(&root.join("good"), &root.join(name))?;
    }
    let within = |package: &str, name: &str| root.join(package).join(name);
    // A letter of the page, far from the signature and the structure around it.
    edit(&within("altered-certificate", "battery-co.pdf"), |bytes| {
        let stream = bytes.windows(7).position(|w| w == b"stream\n").map(|at| at.saturating_add(60));
        stream.and_then(|at| bytes.get_mut(at)).into_iter().for_each(|byte| *byte ^= 1);
    })?;
    replace(&within("altered-passport", "passports/battery.jsonld"), "\"407.4\"", "\"107.4\"")?;
    replace(&within("altered-manifest", "manifest.json"), "\"NOT_ELIGIBLE\"", "\"ELIGIBLE\"")?;
    let proofs = within("proofs-missing", "proofs");
    std::fs::remove_dir_all(&proofs).map_err(file(proofs))?;
    let readme = root.join("README.txt");
    std::fs::write(&readme, guide()).map_err(file(readme))
}

fn at(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

/// What each package shows.
#[must_use]
pub fn guide() -> String {
    let rows = SAMPLES.iter().map(|sample| {
        let words: Vec<&str> = sample.words.iter().map(|word| word.trim()).collect();
        format!("{}: {}\n  eco {}\n  exit {}: {}\n", sample.name, sample.story, sample.typed(), sample.exit, words.join("; "))
    });
    format!(
        "SPECIMEN: sample packages. All of them are checked without any node.\n\
         After five minutes their status is old: add --as-of with the time that the answer names after \"made\".\n\n{}",
        rows.collect::<Vec<_>>().join("\n")
    )
}

/// A second passport that nobody attests, and a certificate that links it all the same.
async fn record_spare(network: &Network, shipment: &Shipment, node: &str) -> Result<(), TestnetError> {
    let [spare, certificate] = SPARE;
    let id = "https://acme.example.cn/products/BP-48050/carbon/1.jsonld";
    let new = format!(
        "passport new --template passports/BP-48100.json --set id={id} --set gtin={SPARE_GTIN} --set name=48~V~50~Ah~LiFePO4~battery~pack \
         --org acme-battery --out spare.json"
    );
    let sign = format!("passport sign spare.json --key keys/acme-battery.data.pem --out {spare}");
    let anchor = format!("passport anchor {spare} --org acme-battery --key keys/acme-battery.issue.pem --node {node}");
    run(network, &[step(&new, 0, &["made"]), step(&sign, 0, &["jcs:"]), step(&anchor, 0, &["recorded"])]).await?;
    let receipt = network.eco().json(&["receipt", "show", &format!("{spare}.eco")]).await?;
    let passport = receipt.pointer("/receipt/entry/content/fingerprint").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{:#}\n", shipment.metadata(network, passport));
    let text = text.replace(NUMBER, SPARE_NUMBER).replace("06901234567892", &format!("0{SPARE_GTIN}"));
    let path = network.directory().join("spare-co.json");
    std::fs::write(&path, text).map_err(file(path))?;
    let sign = format!(
        "sign spare-form.pdf --key keys/cn-ccpit.document.pem --certificate keys/cn-ccpit.document.crt --out {certificate} \
         --anchor --log-key keys/cn-ccpit.issue.pem --org cn-ccpit --number {SPARE_NUMBER} --node {node}"
    );
    let form = "certificate new spare-co.json --org cn-ccpit --out spare-form.pdf";
    run(network, &[step(form, 0, &["SPECIMEN"]), step(&sign, 0, &["recorded"])]).await
}

fn copy(from: &Path, to: &Path) -> Result<(), TestnetError> {
    std::fs::create_dir_all(to).map_err(file(to.to_path_buf()))?;
    for entry in std::fs::read_dir(from).map_err(file(from.to_path_buf()))? {
        let entry = entry.map_err(file(from.to_path_buf()))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            std::fs::copy(&source, &target).map_err(file(source))?;
        }
    }
    Ok(())
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), TestnetError> {
    let mut bytes = std::fs::read(path).map_err(file(path.to_path_buf()))?;
    change(&mut bytes);
    std::fs::write(path, bytes).map_err(file(path.to_path_buf()))
}

fn replace(path: &Path, from: &str, to: &str) -> Result<(), TestnetError> {
    edit(path, |bytes| {
        let text = String::from_utf8_lossy(bytes).replace(from, to);
        *bytes = text.into_bytes();
    })
}
