//! A sample shipment of lithium battery packs, told as commands: what each party types, and what must be answered.
//!
//! The demo shows it, stories assert it, the sandbox leaves its papers to try things with. Numbers, names and lists are
//! made up; no authority has published any of them.

use crate::error::{TestnetError, file};
use crate::genesis::{ISSUER_ID, MAKER_ID, VERIFIER_ID};
use crate::network::Network;
use eco_core::Fingerprint;
use eco_core::date::{DAY_MS, Date};
use eco_core::name::Timestamp;
use serde_json::{Value, json};

/// Number of the certificate.
pub const NUMBER: &str = "26C4403A0001/00002";
/// The scheme that is asked for.
pub const SCHEME: &str = "sample-lithium-battery";
const PRODUCT: &str = "BP-48100";
const PASSPORT: &str = "https://acme.example.cn/products/BP-48100/carbon/1.jsonld";
const UPDATED: &str = "https://acme.example.cn/products/BP-48100/carbon/2.jsonld";
const EXPORTER: [&str; 2] = [MAKER_ID, "Acme New Energy Co., Ltd."];
const ISSUER: [&str; 2] = [ISSUER_ID, "Example Council for the Promotion of International Trade"];
const VERIFIER: [&str; 2] = [VERIFIER_ID, "Example Verification Co."];
const STATEMENT: &str = "EV-2026-0417";
const STANDARD: &str = "ISO 14065:2020";
/// Days until the goods arrive.
const AT_SEA_DAYS: i64 = 20;

/// A command, and what it must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Arguments of `eco`.
    pub arguments: Vec<String>,
    /// Its exit code.
    pub exit: i32,
    /// What its output must hold.
    pub words: Vec<String>,
}

impl Step {
    /// Whether this is the answer.
    #[must_use]
    pub fn holds(&self, exit: Option<i32>, output: &str) -> bool {
        exit == Some(self.exit) && self.words.iter().all(|word| output.contains(word.as_str()))
    }
}

/// What is typed, `~` standing for a space inside an argument, and what must be answered.
#[must_use]
pub fn step(typed: &str, exit: i32, words: &[&str]) -> Step {
    let arguments = typed.split_whitespace().map(|word| word.replace('~', " ")).collect();
    Step { arguments, exit, words: words.iter().map(ToString::to_string).collect() }
}

/// The shipment on one network, on one day.
#[derive(Debug, Clone, Copy)]
pub struct Shipment {
    today: Timestamp,
}

impl Shipment {
    /// Dated from a day on.
    #[must_use]
    pub const fn new(today: Timestamp) -> Self {
        Self { today }
    }

    fn day(&self, offset: i64) -> String {
        Date::of(Timestamp(self.today.0.saturating_add_signed(offset.saturating_mul(DAY_MS.cast_signed())))).to_string()
    }

    /// The exporter's sheet, with one product: the columns of `eco passport new --csv`.
    #[must_use]
    pub fn sheet(&self) -> String {
        let year = self.day(-365).get(..4).unwrap_or_default().to_string();
        let [exporter, name] = EXPORTER;
        let [verifier, verifier_name] = VERIFIER;
        let quoted = format!("\"{name}\"");
        let columns: &[(&str, &str)] = &[
            ("sku", PRODUCT),
            ("id", PASSPORT),
            ("issuer", exporter),
            ("issuerName", &quoted),
            ("validFrom", &self.day(-30)),
            ("validUntil", &self.day(300)),
            ("gtin", "6901234567892"),
            ("name", "48 V 100 Ah LiFePO4 battery pack with BMS"),
            ("hs", "850760"),
            ("hsEdition", "HS2022"),
            ("origin", "CN"),
            ("credentialSubject.manufacturer.id", exporter),
            ("credentialSubject.manufacturer.legalName", &quoted),
            ("credentialSubject.manufacturer.addressCountry", "CN"),
            ("valueKind", "verified"),
            ("value", "407.4"),
            ("unit", "piece"),
            ("unitAmount", "1"),
            ("standards", "ISO14067"),
            ("boundary", "cradle-to-gate"),
            ("periodStart", &self.day(-500)),
            ("periodEnd", &self.day(-137)),
            ("region", "CN-GD"),
            ("scope1", "3.1"),
            ("scope2Method", "location-based"),
            ("scope2Location", "62.4"),
            ("scope3", "341.9"),
            ("factorName", "China national grid average emission factor"),
            ("factorVersion", &year),
            ("factorRegion", "CN"),
            ("factorYear", &year),
            ("verificationStandard", "ISO 14064-3:2019"),
            ("assurance", "reasonable"),
            ("statementNumber", STATEMENT),
            ("completedAt", &self.day(-40)),
            ("verifier", verifier),
            ("verifierName", verifier_name),
            ("accreditationBody", "Example Accreditation Service"),
            ("accreditationStandard", STANDARD),
            ("accreditationNumber", "V0042-EXAMPLE"),
            ("accreditedUntil", &self.day(900)),
        ];
        let (names, cells): (Vec<&str>, Vec<&str>) = columns.iter().copied().unzip();
        format!("{}\n{}\n", names.join(","), cells.join(","))
    }

    /// Metadata of the certificate; it names the passport by its fingerprint.
    #[must_use]
    pub fn metadata(&self, network: &Network, passport: &str) -> Value {
        let [exporter, name] = EXPORTER;
        let [issuer, issuer_name] = ISSUER;
        // A test network's numbers are used once, so this is too.
        let nonce = Fingerprint::of_file(format!("{} {NUMBER}", network.genesis().network_id()).as_bytes()).to_string();
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/eco-notary/v1"],
            "id": format!("https://ccpit.example.cn/co/{NUMBER}"),
            "type": ["VerifiableCredential", "CertificateOfOrigin"],
            "issuer": { "id": issuer, "name": issuer_name },
            "validFrom": format!("{}T00:00:00Z", self.day(0)),
            "validUntil": format!("{}T00:00:00Z", self.day(360)),
            "credentialSubject": {
                "id": "urn:eco:co:CN:26C4403A000100002",
                "type": "OriginDeclaration",
                "nonce": nonce.trim_start_matches("file:"),
                "certificateNumber": NUMBER,
                "agreement": "RCEP",
                "proofOfOriginType": "CO",
                "issueDate": self.day(0),
                "issuedRetroactively": false,
                "thirdPartyInvoicing": false,
                "exportedTo": "JP",
                "issuingBody": { "id": issuer, "type": "Organization", "legalName": issuer_name, "addressCountry": "CN" },
                "exporter": {
                    "id": exporter, "type": "Organization", "legalName": name,
                    "streetAddress": "8 Zhongkai Ave", "addressLocality": "Huizhou", "addressCountry": "CN",
                },
                "producerDisclosure": "same",
                "consignee": {
                    "id": "urn:eco:party:jp:7010001000000", "type": "Organization", "legalName": "Kobe Storage K.K.",
                    "streetAddress": "1 Minatojima", "addressLocality": "Kobe", "addressCountry": "JP",
                },
                "transport": {
                    "type": "Transport", "departureDate": self.day(2),
                    "vesselOrFlight": "EXAMPLE STAR V.026S", "portOfDischarge": "JPUKB",
                },
                "originItems": [self.item(passport)],
            },
        })
    }

    fn item(&self, passport: &str) -> Value {
        json!({
            "type": "OriginItem",
            "itemNumber": "1",
            "marksAndNumbers": "N/M",
            "packageCount": "40",
            "packageKind": "CT",
            "goodsDescription": "48 V 100 Ah LiFePO4 battery packs with BMS, model BP-48100",
            "hsClassification": { "type": "CategoryCode", "codeValue": "850760", "inCodeSet": "HS2022" },
            "originCriterion": "RVC",
            "originQualifier": ["ACU"],
            "originCountryRcep": "CN",
            "tariffDifferential": "none",
            "quantity": { "type": "QuantitativeValue", "quantityValue": "40", "unitCode": "H87" },
            "fobValue": { "type": "MonetaryAmount", "quantityValue": "38400.00", "currency": "USD" },
            "invoice": { "type": "Invoice", "invoiceNumber": "AC-26-0512", "invoiceDate": self.day(-2) },
            "originProduct": { "id": "https://id.gs1.org/01/06901234567892", "type": "Product" },
            "carbonPassport": { "id": PASSPORT, "type": "SecureLink", "fingerprint": passport },
        })
    }

    /// The list that the authority of Japan publishes: the columns of `eco recognise import`.
    #[must_use]
    pub fn list(&self) -> String {
        format!("body,standard,hs,from,until\ncn-verify,{STANDARD},8507,{},\n", self.day(-20))
    }

    /// The authority of Japan records its list. That of Korea has published none.
    #[must_use]
    pub fn recognition(&self, node: &str) -> Vec<Step> {
        let typed = format!(
            "recognise import jp-list.csv --for JP --source https://standards.example.jp/recognised.csv --list-date {} --yes \
             --org jp-standards --key keys/jp-standards.attest.pem --node {node}",
            self.day(-20)
        );
        vec![
            step(&typed, 0, &["changes are on the log"]),
            step(&format!("recognise list --for JP --node {node}"), 0, &["cn-verify", "these are all"]),
        ]
    }

    /// The exporter makes the passport, signs and records it.
    #[must_use]
    pub fn passport(&self, node: &str) -> Vec<Step> {
        let record = format!("passport anchor battery.jsonld --org acme-battery --key keys/acme-battery.issue.pem --node {node}");
        vec![
            step("passport new --csv skus.csv --org acme-battery --out passports", 0, &["made"]),
            step("passport check passports", 0, &["good"]),
            step("passport sign passports/BP-48100.json --key keys/acme-battery.data.pem --out battery.jsonld", 0, &["jcs:"]),
            step(&record, 0, &["recorded"]),
        ]
    }

    /// The verification body attests it.
    #[must_use]
    pub fn attestation(&self, node: &str) -> Vec<Step> {
        let [verifier, _] = VERIFIER;
        let typed = format!(
            "attest battery.jsonld --statement-number {STATEMENT} --verifier {verifier} --standard {} \
             --org cn-verify --key keys/cn-verify.attest.pem --node {node}",
            STANDARD.replace(' ', "~")
        );
        vec![step(&typed, 0, &["on the log", "Attest by cn-verify"])]
    }

    /// The verification body no longer stands behind it.
    #[must_use]
    pub fn withdrawal(&self, node: &str) -> Step {
        let typed = format!(
            "attest battery.jsonld --statement-number {STATEMENT} --withdraw --reason wrong-data --org cn-verify \
             --key keys/cn-verify.attest.pem --out withdrawal.eco --node {node}"
        );
        step(&typed, 0, &["on the log"])
    }

    /// The issuing body lays the certificate out, signs it and records it with its links.
    #[must_use]
    pub fn certificate(&self, node: &str) -> Vec<Step> {
        let sign = format!(
            "sign battery-form.pdf --key keys/cn-ccpit.document.pem --certificate keys/cn-ccpit.document.crt --out battery-co.pdf \
             --anchor --log-key keys/cn-ccpit.issue.pem --org cn-ccpit --number {NUMBER} --node {node}"
        );
        vec![
            step("certificate check battery-co.json", 0, &["good"]),
            step("certificate new battery-co.json --org cn-ccpit --out battery-form.pdf", 0, &["SPECIMEN"]),
            step(&sign, 0, &["recorded", "its receipt is in the file"]),
        ]
    }

    /// The day on which the goods arrive.
    #[must_use]
    pub fn arrival(&self) -> String {
        self.day(AT_SEA_DAYS)
    }

    /// What customs of a country ask about the papers themselves.
    #[must_use]
    pub fn question(&self, importing: &str, node: &str) -> String {
        let arrival = self.arrival();
        format!(
            "verify battery-co.pdf --passport battery.jsonld --importing {importing} --scheme {SCHEME} --arrival {arrival} --node {node}"
        )
    }

    /// Certificate, a passport, and all that proves them for Japan and Korea go into one folder: customs then need no node.
    #[must_use]
    pub fn pack(&self, certificate: &str, passport: &str, package: &str, node: &str) -> String {
        let arrival = self.arrival();
        format!(
            "package build {certificate} --passport {passport} --importing JP --importing KR --scheme {SCHEME} --arrival {arrival} \
             --out {package} --node {node}"
        )
    }

    /// The papers of the shipment in a package; by itself it answers everything.
    #[must_use]
    pub fn package(&self, package: &str, node: &str) -> Step {
        step(&self.pack("battery-co.pdf", "battery.jsonld", package, node), 0, &["ELIGIBLE  sample-lithium-battery"])
    }

    /// Japan recognises the verification body: the lane is open.
    #[must_use]
    pub fn japan(&self, package: &str) -> Step {
        let [certificate, passport] = trusted(package);
        let words = [certificate.as_str(), &passport, "\nELIGIBLE  sample-lithium-battery", "the manifest is what the files give"];
        step(&format!("package verify {package} --importing JP"), 0, &words)
    }

    /// Korea does not: the same papers are as genuine, and the lane is closed.
    #[must_use]
    pub fn korea(&self, package: &str) -> Step {
        let [certificate, passport] = trusted(package);
        let words = [certificate.as_str(), &passport, "NOT_ELIGIBLE  sample-lithium", "ACCREDITATION_NOT_RECOGNISED"];
        step(&format!("package verify {package} --importing KR"), 1, &words)
    }

    /// The exporter has newer figures, while the goods are at sea.
    #[must_use]
    pub fn update(&self, node: &str) -> Vec<Step> {
        let new = format!(
            "passport new --supersedes battery.jsonld --set id={UPDATED} --set value=398.2 --set scope3=332.7 \
             --set statementNumber=EV-2026-0502 --org acme-battery --out battery-2.json"
        );
        let supersede = format!(
            "passport supersede battery.jsonld battery-2.jsonld --org acme-battery --key keys/acme-battery.issue.pem --node {node}"
        );
        vec![
            step(&new, 0, &["made"]),
            step("passport sign battery-2.json --key keys/acme-battery.data.pem --out battery-2.jsonld", 0, &["jcs:"]),
            step(&supersede, 0, &["recorded"]),
        ]
    }

    /// The old passport by itself is replaced now.
    #[must_use]
    pub fn replaced(&self, node: &str) -> Step {
        step(&format!("verify battery.jsonld --node {node}"), 1, &["UNTRUSTWORTHY", "SUPERSEDED"])
    }

    /// The certificate named the passport that was in force: the lane stays open, with a notice.
    #[must_use]
    pub fn still_japan(&self, package: &str) -> Step {
        let mut step = self.japan(package);
        step.words.push("PASSPORT_SUPERSEDED_SINCE".into());
        step
    }

    /// Writes what the parties bring: the exporter's sheet, and the list of Japan.
    ///
    /// # Errors
    /// A file.
    pub fn write_sheets(&self, network: &Network) -> Result<(), TestnetError> {
        write(network, "skus.csv", &self.sheet())?;
        write(network, "jp-list.csv", &self.list())
    }

    /// Writes the certificate's metadata, which names the passport as it was recorded.
    ///
    /// # Errors
    /// `eco` failed, or a file.
    pub async fn write_metadata(&self, network: &Network) -> Result<(), TestnetError> {
        let receipt = network.eco().json(&["receipt", "show", "battery.jsonld.eco"]).await?;
        let passport = text(&receipt, "/receipt/entry/content/fingerprint", "fingerprint")?;
        write(network, "battery-co.json", &format!("{:#}\n", self.metadata(network, passport)))
    }
}

/// Both papers of a package, trusted.
fn trusted(package: &str) -> [String; 2] {
    [format!("TRUSTED  {package}/battery-co.pdf"), format!("TRUSTED  {package}/passports/battery.jsonld")]
}

fn text<'a>(answer: &'a Value, pointer: &str, field: &'static str) -> Result<&'a str, TestnetError> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| TestnetError::Answer { command: "eco --json".into(), field })
}

fn write(network: &Network, name: &str, text: &str) -> Result<(), TestnetError> {
    let path = network.directory().join(name);
    std::fs::write(&path, text).map_err(file(path))
}
