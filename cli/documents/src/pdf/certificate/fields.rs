//! What a certificate of origin prints: the contents of boxes 1 to 17 of Form RCEP, in words.

/// A party to the trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Legal name.
    pub name: String,
    /// Address, the country's name included; line ends are kept.
    pub address: String,
    /// ISO 3166-1 alpha-2: decides which national form Chinese characters have.
    pub country: String,
}

/// What box 3 says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Producer {
    /// This one.
    Named(Party),
    /// A word in its place: `SAME`, `CONFIDENTIAL`, ..
    Word(String),
}

/// Another proof of origin that this one refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalProof {
    /// Its number.
    pub number: String,
    /// Its date of issue, `YYYY-MM-DD`.
    pub issue_date: String,
    /// The country of origin it states, in words.
    pub country_of_origin: Option<String>,
}

/// What is printed beside the fields because a flag of the metadata says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// ISSUED RETROACTIVELY.
    pub issued_retroactively: bool,
    /// Third-party invoicing, box 17.
    pub third_party_invoicing: bool,
    /// CERTIFIED TRUE COPY of this one.
    pub true_copy_of: Option<OriginalProof>,
    /// Back-to-back, on the strength of this one.
    pub back_to_back_of: Option<OriginalProof>,
    /// In place of this one.
    pub replaces: Option<OriginalProof>,
}

/// Which kind of proof of origin it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofKind {
    /// Certificate of origin: an issuing body certifies.
    Certificate,
    /// Declaration of origin: the exporter declares, with this code if it is an approved one.
    Declaration {
        /// Code of the approved exporter.
        approved_exporter_code: Option<String>,
    },
}

/// One line of goods (boxes 6 to 13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginItem {
    /// Box 6: number of the item.
    pub number: String,
    /// Box 7: marks and numbers on packages.
    pub marks: String,
    /// Box 8: number and kind of packages.
    pub packages: String,
    /// Box 8: description of the goods.
    pub description: String,
    /// Box 9: HS code, with points.
    pub hs_code: String,
    /// Box 10: origin conferring criterion.
    pub origin_criterion: String,
    /// Box 11: RCEP country of origin, with its tariff differential mark.
    pub country_of_origin: String,
    /// Box 12: quantity with its unit.
    pub quantity: String,
    /// Box 12: FOB value with its currency, where the criterion is regional value content; else empty.
    pub fob_value: String,
    /// Box 13: number of the invoice.
    pub invoice_number: String,
    /// Box 13: date of the invoice, `YYYY-MM-DD`.
    pub invoice_date: String,
}

/// Everything on the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFields {
    /// Certificate number.
    pub number: String,
    /// Certificate or declaration.
    pub kind: ProofKind,
    /// Name of the agreement, as the form prints it.
    pub agreement: String,
    /// Name of the form, e.g. `Form RCEP`; empty if it has none.
    pub form: String,
    /// Box 1: exporter.
    pub exporter: Party,
    /// Box 2: importer or consignee.
    pub consignee: Party,
    /// Box 3: producer.
    pub producer: Producer,
    /// Box 4: departure date, `YYYY-MM-DD`.
    pub departure_date: String,
    /// Box 4: vessel's name and voyage, or flight.
    pub vessel: String,
    /// Box 4: port of discharge.
    pub port_of_discharge: String,
    /// Country the goods leave, for people.
    pub exporting_country: String,
    /// Country the goods go to, for people.
    pub importing_country: String,
    /// Boxes 6 to 13.
    pub items: Vec<OriginItem>,
    /// Box 14: remarks.
    pub remarks: String,
    /// Box 17 and the marks at the head.
    pub marks: Marks,
    /// Box 16: the issuing body; for a declaration the exporter.
    pub issuing_body: String,
    /// ISO 3166-1 alpha-2 of the issuing body.
    pub issuing_country: String,
    /// Box 15: place of the exporter's declaration.
    pub declared: String,
    /// Box 16: place of issue.
    pub issued_at: String,
    /// Date of issue, `YYYY-MM-DD`.
    pub issue_date: String,
    /// Address of the verification entry, for the code on every page.
    pub entry: String,
    /// Whether SPECIMEN is printed across the pages: on every test network.
    pub is_specimen: bool,
    /// 16 random bytes for `/ID`.
    pub nonce: [u8; 16],
    /// The metadata (JSON-LD) that all of this was made from, as a file to attach.
    pub metadata: Option<Vec<u8>>,
}

impl CertificateFields {
    /// Realistic sample data: lithium battery packs from China to Viet Nam. A specimen of no network; the nonce is
    /// derived from the number, so a caller that hides contents sets its own.
    #[must_use]
    pub fn sample(number: &str) -> Self {
        let mut nonce = [0; 16];
        let digest = blake3::hash(number.as_bytes());
        nonce.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        Self {
            number: number.into(),
            kind: ProofKind::Certificate,
            agreement: "Regional Comprehensive Economic Partnership Agreement".into(),
            form: "Form RCEP".into(),
            exporter: Party {
                name: "Acme New Energy Co., Ltd.".into(),
                address: "8 Zhongkai Avenue, Huizhou, Guangdong 516006, China".into(),
                country: "CN".into(),
            },
            consignee: Party {
                name: "Saigon Storage JSC".into(),
                address: "12 Nguyễn Huệ, Quận 1, Thành phố Hồ Chí Minh, Viet Nam".into(),
                country: "VN".into(),
            },
            producer: Producer::Word("SAME".into()),
            departure_date: "2026-05-14".into(),
            vessel: "EXAMPLE STAR V.026S".into(),
            port_of_discharge: "VNSGN (Viet Nam)".into(),
            exporting_country: "China".into(),
            importing_country: "Viet Nam".into(),
            items: sample_items(),
            remarks: "Carbon footprint declared: see the passport of model BP-48100.".into(),
            marks: Marks::default(),
            issuing_body: "Example Chamber of International Commerce".into(),
            issuing_country: "CN".into(),
            declared: "Huizhou".into(),
            issued_at: "Huizhou".into(),
            issue_date: "2026-05-10".into(),
            entry: super::entry::entry_address(super::entry::GATEWAY, &[0; 32], "example-chamber", number),
            is_specimen: true,
            nonce,
            metadata: None,
        }
    }
}

fn sample_items() -> Vec<OriginItem> {
    let packs = OriginItem {
        number: "1".into(),
        marks: "N/M".into(),
        packages: "40 cartons".into(),
        description: "48 V 100 Ah LiFePO4 battery packs with BMS, model BP-48100".into(),
        hs_code: "8507.60".into(),
        origin_criterion: "RVC, ACU".into(),
        country_of_origin: "China".into(),
        quantity: "40 pieces".into(),
        fob_value: "USD 38,400.00".into(),
        invoice_number: "AC-26-0512".into(),
        invoice_date: "2026-05-08".into(),
    };
    let cabinets = OriginItem {
        number: "2".into(),
        packages: "12 cartons".into(),
        description: "Battery rack cabinets, steel, without cells, model RC-8".into(),
        hs_code: "8507.90".into(),
        origin_criterion: "CTH".into(),
        quantity: "12 pieces".into(),
        fob_value: String::new(),
        ..packs.clone()
    };
    vec![packs, cabinets]
}
