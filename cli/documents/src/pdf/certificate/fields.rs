//! What a certificate of origin says: the contents of boxes 1 to 16 of Form RCEP.

/// A party to the trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Legal name.
    pub name: String,
    /// Address; line ends are kept.
    pub address: String,
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
    /// Box 9: HS code, six digits.
    pub hs_code: String,
    /// Box 10: origin conferring criterion.
    pub origin_criterion: String,
    /// Box 11: RCEP country of origin.
    pub country_of_origin: String,
    /// Box 12: quantity with its unit.
    pub quantity: String,
    /// Box 12: FOB value with its currency, where the criterion is regional value content.
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
    /// Name of the agreement, as the form prints it.
    pub agreement: String,
    /// Box 1: exporter.
    pub exporter: Party,
    /// Box 2: importer or consignee.
    pub consignee: Party,
    /// Box 3: producer.
    pub producer: Party,
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
    /// Box 16: the issuing body.
    pub issuing_body: String,
    /// Box 15: place and date of the exporter's declaration.
    pub declared: String,
    /// Box 16: place and date of issue.
    pub issued: String,
    /// Whether SPECIMEN is printed across the page: on every test network.
    pub is_specimen: bool,
    /// 16 random bytes for `/ID`.
    pub nonce: [u8; 16],
}

impl CertificateFields {
    /// Realistic sample data: lithium battery packs from China to Viet Nam. A specimen; the nonce is derived
    /// from the number, so a caller that hides contents sets its own.
    #[must_use]
    pub fn sample(number: &str) -> Self {
        let mut nonce = [0; 16];
        let digest = blake3::hash(number.as_bytes());
        nonce.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        Self {
            number: number.into(),
            agreement: "Regional Comprehensive Economic Partnership Agreement".into(),
            exporter: Party {
                name: "Acme New Energy Co., Ltd.".into(),
                address: "8 Zhongkai Avenue, Huizhou, Guangdong 516006, China".into(),
            },
            consignee: Party { name: "Saigon Storage JSC".into(), address: "12 Nguyen Hue, District 1, Ho Chi Minh City, Viet Nam".into() },
            producer: Party {
                name: "Acme New Energy Co., Ltd.".into(),
                address: "8 Zhongkai Avenue, Huizhou, Guangdong 516006, China".into(),
            },
            departure_date: "2026-05-14".into(),
            vessel: "EXAMPLE STAR V.026S".into(),
            port_of_discharge: "Ho Chi Minh City (VNSGN), Viet Nam".into(),
            exporting_country: "China".into(),
            importing_country: "Viet Nam".into(),
            items: vec![
                OriginItem {
                    number: "1".into(),
                    marks: "N/M".into(),
                    packages: "40 cartons".into(),
                    description: "48 V 100 Ah LiFePO4 battery packs with BMS, model BP-48100".into(),
                    hs_code: "8507.60".into(),
                    origin_criterion: "RVC, ACU".into(),
                    country_of_origin: "CN".into(),
                    quantity: "40 pieces".into(),
                    fob_value: "USD 38,400.00".into(),
                    invoice_number: "AC-26-0512".into(),
                    invoice_date: "2026-05-08".into(),
                },
                OriginItem {
                    number: "2".into(),
                    marks: "N/M".into(),
                    packages: "12 cartons".into(),
                    description: "Battery rack cabinets, steel, without cells, model RC-8".into(),
                    hs_code: "8507.90".into(),
                    origin_criterion: "CTH".into(),
                    country_of_origin: "CN".into(),
                    quantity: "12 pieces".into(),
                    fob_value: String::new(),
                    invoice_number: "AC-26-0512".into(),
                    invoice_date: "2026-05-08".into(),
                },
            ],
            remarks: "Carbon footprint declared: see the passport of model BP-48100.".into(),
            issuing_body: "Example Chamber of International Commerce".into(),
            declared: "Huizhou, 2026-05-09".into(),
            issued: "Huizhou, 2026-05-10".into(),
            is_specimen: true,
            nonce,
        }
    }
}
