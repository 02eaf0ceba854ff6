//! A sample shipment of lithium battery packs, told as commands: what each party types, and what must be answered.
//!
//! The demo shows it, stories assert it, the sandbox leaves its papers to try things with. Numbers, names and lists are
//! made up; no authority has published any of them.

use crate::error::{TestnetError, file};
use crate::network::Network;
use eco_client::ListQuery;
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
const EXPORTER: [&str; 2] = ["did:web:acme.example.cn", "Acme New Energy Co., Ltd."];
const ISSUER: [&str; 2] = ["did:web:ccpit.example.cn", "Example Council for the Promotion of International Trade"];
const VERIFIER: [&str; 2] = ["did:web:verifier.example.cn", "Example Verification Co."];
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
    pub words: Vec<&'static str>,
}

impl Step {
    /// Whether this is the answer.
    #[must_use]
    pub fn holds(&self, exit: Option<i32>, output: &str) -> bool {
        exit == Some(self.exit) && self.words.iter().all(|word| output.contains(word))
    }
}

fn step(typed: &str, exit: i32, words: &[&'static str]) -> Step {
    // `~` stands for a space inside an argument.
    let arguments = typed.split_whitespace().map(|word| word.replace('~', " ")).collect();
    Step { arguments, exit, words: words.to_vec() }
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

    /// What customs of a country ask; `more` is a node, or evidence on files.
    #[must_use]
    pub fn question(&self, importing: &str, more: &str) -> String {
        let arrival = self.day(AT_SEA_DAYS);
        format!("verify battery-co.pdf --passport battery.jsonld --importing {importing} --scheme {SCHEME} --arrival {arrival} {more}")
    }

    /// Japan recognises the verification body: the lane is open.
    #[must_use]
    pub fn japan(&self, more: &str) -> Step {
        step(&self.question("JP", more), 0, &["TRUSTED  battery-co.pdf", "TRUSTED  battery.jsonld", "\nELIGIBLE  sample-lithium-battery"])
    }

    /// Korea does not: the same papers are as genuine, and the lane is closed.
    #[must_use]
    pub fn korea(&self, more: &str) -> Step {
        let words = ["TRUSTED  battery-co.pdf", "TRUSTED  battery.jsonld", "NOT_ELIGIBLE  sample-lithium", "ACCREDITATION_NOT_RECOGNISED"];
        step(&self.question("KR", more), 1, &words)
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
    pub fn still_japan(&self, more: &str) -> Step {
        let mut step = self.japan(more);
        step.words.push("PASSPORT_SUPERSEDED_SINCE");
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

    /// Keeps what a node proves about the shipment: the status of both documents, and every list that the lane depends on, for
    /// Japan and Korea. Gives the arguments that hand it to `eco verify --offline`.
    ///
    /// # Errors
    /// No node proves it, or a file.
    pub async fn keep_evidence(&self, network: &Network, organisation: &str, name: &str) -> Result<String, TestnetError> {
        let address = network.node(organisation)?.address();
        let (mut more, mut documents) = (String::from("--offline"), Vec::new());
        for document in ["battery-co.pdf", "battery.jsonld"] {
            let kept = format!("{name}.{document}.eco");
            // Whether it is in force is asked later: exit codes say that.
            let ran = network.eco().run(&["status", document, "--save-status", &kept, "--node", &address, "--json"]).await?;
            let answer: Value =
                serde_json::from_str(&ran.stdout).map_err(|_| TestnetError::Answer { command: ran.command, field: "JSON object" })?;
            let id = text(&answer, "/verdict/recorded/document", "document")?;
            documents.push(id.parse().map_err(|e| TestnetError::Genesis(format!("document id {id}: {e}")))?);
            more.push_str(&format!(" --receipt {kept}"));
        }
        let body = "cn-verify".parse().map_err(|e| TestnetError::Genesis(format!("{e}")))?;
        let mut queries = vec![ListQuery::Schemes];
        queries.extend(documents.first().copied().map(ListQuery::Presentations));
        queries.extend(documents.get(1).copied().map(ListQuery::Attestations));
        for country in ["JP", "KR"] {
            let country = country.parse().map_err(|e| TestnetError::Genesis(format!("{e}")))?;
            queries.push(ListQuery::Recognition { country, body });
        }
        let answer = network.client(organisation)?.lists(&queries).await?;
        for (at, bytes) in answer.files.iter().enumerate() {
            let kept = format!("{name}.lists-{at}.eco");
            let path = network.directory().join(&kept);
            std::fs::write(&path, bytes).map_err(file(path))?;
            more.push_str(&format!(" --receipt {kept}"));
        }
        Ok(more)
    }
}

fn text<'a>(answer: &'a Value, pointer: &str, field: &'static str) -> Result<&'a str, TestnetError> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| TestnetError::Answer { command: "eco --json".into(), field })
}

fn write(network: &Network, name: &str, text: &str) -> Result<(), TestnetError> {
    let path = network.directory().join(name);
    std::fs::write(&path, text).map_err(file(path))
}
