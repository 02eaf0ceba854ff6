//! Documents and rules in order, for tests: a battery passport, its certificate, a lane, who stands behind them.

use super::*;
use eco_core::commitment::{Nonce, StatementHash, SummaryFields, SummaryHead, SummaryItem};
use eco_core::date::Date;
use eco_core::fingerprint::Method;
use eco_core::scheme::{
    Assurance, Attribute, BeforeArrival, Boundary, Effect, EffectKind, Hs, HsCoverage, HsEdition, Mode, ModeFrom, ReferenceDate, Requires,
    Scheme, Scope, Source,
};
use eco_core::verdict::{
    ActivityFacts, AttestationFacts, CertificateFacts, ComponentFacts, EntryRecord, FactorFacts, FootprintFacts, ItemFacts, Part, Party,
    PassportFacts, Producer, ProofOfOrigin, Quantity, RecognitionRow, ScopeFacts, Stated, VerificationFacts,
};

pub const PRODUCT: &str = "https://id.gs1.org/01/06901234567892";

/// An instant by its day, at midnight.
pub fn day(text: &str) -> Timestamp {
    text.parse::<Date>().unwrap().begins().plus_ms(14 * 3_600_000)
}

pub fn jcs(content: &str) -> Fingerprint {
    Fingerprint { method: Method::Jcs, hash: *blake3::hash(content.as_bytes()).as_bytes() }
}

pub fn dec(text: &str) -> eco_core::decimal::Decimal {
    text.parse().unwrap()
}

pub fn hs(code: &str) -> Hs {
    Hs { code: code.parse().unwrap(), edition: HsEdition::Hs2022 }
}

pub fn party(slug: &str) -> Party {
    Party { id: format!("did:web:{slug}.example"), name: format!("{slug} Ltd."), organisation: Some(org(slug)) }
}

pub fn part(name: &str, amount: &str) -> Part {
    Part { name: name.into(), amount: dec(amount) }
}

pub fn passport() -> PassportFacts {
    PassportFacts {
        fingerprint: jcs("passport"),
        nonce: Nonce([5; 32]),
        id: "https://acme.example/bp/1.jsonld".into(),
        issuer: party("acme-battery"),
        valid_from: Some(START),
        valid_until: Some(day("2027-12-31")),
        product: PRODUCT.into(),
        hs: Some(hs("850760")),
        country_of_origin: "CN".parse().ok(),
        manufacturer: Some(party("acme-battery")),
        facility_country: "CN".parse().ok(),
        attributes: vec![],
        supersedes: None,
        present: vec!["credentialSubject.carbonFootprint.primaryDataShare".into(), "credentialSubject.gtin".into()],
        footprint: footprint(),
    }
}

fn footprint() -> FootprintFacts {
    let (start, end) = (Some(day("2025-01-01")), Some(day("2025-12-31")));
    FootprintFacts {
        value_kind: Some("verified".into()),
        value: Some(Stated::Number(dec("407.4"))),
        deprecated: false,
        unit: Some("piece".into()),
        boundary: Some(Boundary::CradleToGate),
        standards: vec!["ISO14067".into()],
        sector_rules: vec!["IEC 63372:2026".into()],
        characterization_factors: vec!["AR6".into()],
        scopes: ScopeFacts {
            scope1: Some(dec("3.1")),
            scope2_method: Some("location-based".into()),
            scope2_location: Some(dec("62.4")),
            scope2_market: None,
            scope3_upstream: Some(dec("341.9")),
        },
        period_start: start,
        period_end: end,
        geography: Some("CN-GD".into()),
        factors: vec![
            FactorFacts { name: "China national grid average".into(), region: "CN".into(), year: Some(2023) },
            FactorFacts { name: "ecoinvent".into(), region: "GLO".into(), year: Some(2024) },
        ],
        fossil: Some(dec("407.4")),
        primary_data_share: Some(dec("71.4")),
        stages: vec![part("RawMaterialAcquisition", "318.2"), part("MainProduction", "65.5"), part("InboundTransport", "23.7")],
        scope3_categories: vec![part("1", "318.2"), part("4", "23.7")],
        energy_mix: vec![part("grid", "88.5"), part("on-site solar", "11.5")],
        activity: vec![ActivityFacts { kind: "electricity".into(), resolution_s: Some(900), from: start, until: end }],
        components: vec![
            ComponentFacts {
                name: "cell".into(),
                emissions: Some(dec("291.0")),
                components: vec![ComponentFacts { name: "cathode".into(), emissions: Some(dec("148.6")), components: vec![] }],
            },
            ComponentFacts { name: "BMS".into(), emissions: Some(dec("9.4")), components: vec![] },
        ],
        verification: Some(VerificationFacts {
            assurance: Some(Assurance::Reasonable),
            statement_number: "EV-1".into(),
            completed_at: Some(day("2025-12-31")),
            verifier: party("cn-verifier"),
            accreditation_body: "CNAS".into(),
            accreditation_standard: "ISO 14065:2020".into(),
            accredited_until: "2028-12-31".parse().ok(),
        }),
    }
}

pub fn item() -> ItemFacts {
    ItemFacts {
        number: 1,
        hs: Some(hs("850760")),
        origin: "CN".parse().ok(),
        quantity: Some(Quantity { amount: dec("40"), unit: "H87".into() }),
        invoice: Some("AC-26-0512".into()),
        product: Some(PRODUCT.into()),
        passport: Some(jcs("passport")),
    }
}

pub fn certificate_facts() -> CertificateFacts {
    let head = SummaryHead {
        number: "CO-1",
        issuer: "cn-ccpit",
        proof_of_origin_type: "CO",
        agreement: "RCEP",
        issue_date: "2026-01-01",
        exporter: "acme",
        consignee: "saigon",
        exported_to: "JP",
    };
    let line = SummaryItem { number: "1", hs: "850760", quantity: "40", unit: "H87", criterion: "RVC", origin: "CN" };
    CertificateFacts {
        fingerprint: jcs("metadata"),
        nonce: Nonce([9; 32]),
        summary: SummaryFields::of(&head, &[line]),
        number: CertificateNumber::normalise("CO-1").ok(),
        proof: Some(ProofOfOrigin::Certificate),
        issuer: party("cn-ccpit"),
        issue_date: "2026-01-01".parse().ok(),
        valid_from: Some(START),
        valid_until: Some(day("2026-12-31")),
        issued_retroactively: false,
        replaces: None,
        true_copy_of: None,
        back_to_back_of: None,
        exporter: party("acme-battery"),
        producer: Producer::Same,
        consignee: Party { id: String::new(), name: "Saigon Storage JSC".into(), organisation: None },
        exported_to: "JP".parse().ok(),
        departure: "2026-01-05".parse().ok(),
        items: vec![item()],
    }
}

pub fn source() -> Source {
    Source { url: "https://customs.example/list".into(), list_date: "2025-11-01".parse().unwrap(), fingerprint: None }
}

pub fn scheme() -> Scheme {
    Scheme {
        version: 1,
        id: "battery-lane".parse().unwrap(),
        revision: Revision(1),
        source: source(),
        modes: vec![ModeFrom { from: START, mode: Mode::Enforce }],
        effect: Effect { kind: EffectKind::Lane, text: "green channel (sample)".into() },
        scope: Scope {
            category: "lithium battery (sample)".into(),
            hs_edition: Some(HsEdition::Hs2022),
            include: vec!["850760".parse().unwrap(), "850790".parse().unwrap()],
            exclude: vec![],
            products: vec![],
            origins: vec!["CN".parse().unwrap(), "VN".parse().unwrap()],
            destinations: vec!["JP".parse().unwrap(), "KR".parse().unwrap()],
            attributes: vec![],
        },
        reference_date: ReferenceDate::Issue,
        requires: Requires {
            passport: true,
            required_fields: vec!["credentialSubject.carbonFootprint.primaryDataShare".into()],
            units: vec!["piece".into()],
            boundary: Some(Boundary::CradleToGate),
            standards: vec!["AR6".into(), "IEC 63372".into(), "ISO14067".into()],
            assurance: Some(Assurance::Limited),
            accreditation_standards: vec!["ISO 14065".into()],
            primary_data_share_min: Some(dec("50")),
            resolution_s_max: Some(3600),
            period_days_max: Some(366),
            data_age_days_max: Some(365),
            factor_age_years_max: Some(5),
            grid_factor: true,
            tolerance_percent: Some(dec("0.1")),
        },
        before_arrival: Some(BeforeArrival { passport: true, attestation: true, hours: 24 }),
        status_age_ms_max: Some(300_000),
        page: None,
    }
}

pub fn attestation() -> AttestationFacts {
    AttestationFacts {
        body: org("cn-verifier"),
        identifiers: vec![],
        admitted: Some(true),
        standard: "ISO 14065:2020".into(),
        statement: StatementHash::of(&Nonce([5; 32]), "EV-1").unwrap(),
        period_from: day("2025-01-01"),
        period_until: day("2025-12-31"),
        until: day("2028-12-31"),
        attested: START.plus_ms(1500),
        withdrawn: None,
    }
}

pub fn row(by: &str, body: &str) -> RecognitionRow {
    RecognitionRow {
        by: org(by),
        body: org(body),
        standard: "ISO 14065:2020".into(),
        goods: HsCoverage::Prefixes(vec!["8507".parse().unwrap()]),
        from: Timestamp(START.0 - DAY_MS),
        until: None,
        recorded: START,
        withdrawn: None,
        source: source(),
    }
}

/// What every field of the customs entry must be to agree with the certificate.
pub fn entry() -> EntryRecord {
    EntryRecord {
        certificate_number: Some("co\u{2010}1".into()),
        issuer: Some("CN-CCPIT".into()),
        hs: "8507600090".parse().ok(),
        product: Some(format!("{PRODUCT}/10/B7")),
        quantity: Some(Quantity { amount: dec("12"), unit: "H87".into() }),
        country_of_origin: "CN".parse().ok(),
        invoice_number: Some("ac-26-0512".into()),
        consignee: Some("ＳＡＩＧＯＮ storage JSC".into()),
        exporter: Some("did:web:acme-battery.example".into()),
    }
}

/// Another passport of the same goods.
pub fn another() -> PassportFacts {
    PassportFacts { fingerprint: jcs("another"), id: "https://acme.example/bp/2.jsonld".into(), ..passport() }
}

pub fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), value: value.into() }
}
