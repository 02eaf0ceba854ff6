//! A consignment for tests: a battery passport, its attestation and recognition, and the certificate that names it.
//!
//! Change one thing, then judge: everything else is in order.

use super::*;
use eco_core::commitment::{LinkRole, Nonce, StatementHash, SummaryHead, SummaryItem, SummaryKey, SummaryText};
use eco_core::date::Date;
use eco_core::document::{Commitment, ProductKey};
use eco_core::fingerprint::Method;
use eco_core::scheme::{
    Assurance, Attribute, BeforeArrival, Boundary, Effect, EffectKind, Hs, HsCoverage, HsEdition, Mode, ModeFrom, ReferenceDate, Requires,
    Scheme, Scope, Source,
};
use eco_core::statement::Supersedes;
use eco_core::verdict::{
    ActivityFacts, Asked, AttestationFacts, CertificateAtHand, CertificateFacts, Class, Code, ComponentFacts, Consignment, Document,
    EntryRecord, Evidence, FactorFacts, Facts, Finding, FootprintFacts, Import, ItemFacts, Judgement, Listed, PageFacts, Part, Party,
    PassportAtHand, PassportFacts, Policy, PresentationFacts, Producer, ProofOfOrigin, Quantity, Question, Reach, RecognitionFacts,
    RecognitionRow, ScopeFacts, Stated, VerificationFacts, judge_consignment,
};
use std::collections::BTreeSet;

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
        summary: SummaryText::write(&head, &[line]).ok(),
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
        admitted: Some(true),
        standard: "ISO 14065:2020".into(),
        statement: StatementHash::of(&Nonce([5; 32]), "EV-1").unwrap(),
        period_from: day("2025-01-01"),
        period_until: day("2025-12-31"),
        until: Some(day("2028-12-31")),
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

type Change<T> = fn(&mut T);

/// A consignment and everything about it.
pub struct Trade {
    pub passport: PassportFacts,
    pub certificate: CertificateFacts,
    pub passport_found: Vec<Finding>,
    pub certificate_found: Vec<Finding>,
    pub passport_given: bool,
    /// Another passport at hand, recorded after the certificate, and whether it replaces the named one on the log.
    pub other: Option<(PassportFacts, bool)>,
    pub metadata: bool,
    pub draft: bool,
    pub scheme: Option<Scheme>,
    pub unknown_scheme: bool,
    pub attestations: Listed<AttestationFacts>,
    pub recognition: Option<RecognitionFacts>,
    pub presentations: Listed<PresentationFacts>,
    pub import: Import,
    pub entry: Option<EntryRecord>,
    pub page: Option<PageFacts>,
    pub policy: Policy,
    pub as_of: Option<Timestamp>,
    pub certificate_anchor: Change<Anchor>,
    pub passport_anchor: Change<Anchor>,
    /// What happens on the log after the certificate was recorded.
    pub after: Change<Network>,
    /// What was on the log before.
    pub before: Change<Network>,
    pub document_key_of: &'static str,
    pub document_key_purpose: Purpose,
}

pub fn trade() -> Trade {
    Trade {
        passport: passport(),
        certificate: certificate_facts(),
        passport_found: vec![],
        certificate_found: vec![],
        passport_given: true,
        other: None,
        metadata: true,
        draft: false,
        scheme: Some(scheme()),
        unknown_scheme: false,
        attestations: Listed { items: vec![attestation()], complete: true },
        recognition: Some(RecognitionFacts {
            country: "JP".parse().unwrap(),
            authority: Some(org("jp-customs")),
            rows: Listed { items: vec![row("jp-customs", "cn-verifier")], complete: true },
        }),
        presentations: Listed { items: vec![], complete: true },
        import: Import { country: None, lodging: None, arrival: Some(day("2026-02-01")) },
        entry: None,
        page: None,
        policy: Policy::default(),
        as_of: None,
        certificate_anchor: |_| {},
        passport_anchor: |_| {},
        after: |_| {},
        before: |_| {},
        document_key_of: "acme-battery",
        document_key_purpose: Purpose::Document,
    }
}

pub fn passport_document(fingerprint: Fingerprint) -> DocumentId {
    DocumentId::of(&org("acme-battery"), &fingerprint)
}

pub fn passport_anchor(facts: &PassportFacts) -> Anchor {
    Anchor {
        fingerprint: facts.fingerprint,
        kind: DocumentKind::Passport,
        signature_hash: Some(SignatureHash::of_jcs(b"key", facts.id.as_bytes())),
        product_keys: vec![ProductKey::of(&facts.product).unwrap()],
        valid_until: None,
        reference: None,
        ..certificate("acme-battery", "x", "1")
    }
}

/// Everything owned that a [`Consignment`] borrows.
pub struct Prepared {
    pub network: Network,
    certificate: (DocumentFindings, Vec<Vec<u8>>, Vec<Vec<u8>>),
    passports: Vec<(DocumentFindings, Vec<Vec<u8>>, Vec<Vec<u8>>)>,
}

impl Trade {
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
    pub fn scheme_with(self, change: impl FnOnce(&mut Scheme)) -> Self {
        self.with(|t| change(t.scheme.as_mut().unwrap()))
    }

    fn record(&self, network: &mut Network) -> u64 {
        (self.before)(network);
        let mut anchor = passport_anchor(&self.passport);
        (self.passport_anchor)(&mut anchor);
        network.record(vec![network.anchor("acme-battery", anchor)]);
        let facts = &self.certificate;
        let links = [(LinkRole::Metadata, &facts.fingerprint)]
            .into_iter()
            .chain(facts.items.iter().filter_map(|i| i.passport.as_ref()).map(|f| (LinkRole::Passport, f)))
            .chain(facts.back_to_back_of.iter().filter_map(|o| o.fingerprint.as_ref()).map(|f| (LinkRole::Original, f)));
        let mut anchor = Anchor {
            links: Commitment::links(&facts.nonce, links).unwrap(),
            summary: facts.summary.as_ref().map(|text| Commitment::summary(&SummaryKey::of(&facts.nonce), text)),
            ..certificate("cn-ccpit", "co", "CO-1")
        };
        (self.certificate_anchor)(&mut anchor);
        let index = network.record(vec![network.anchor("cn-ccpit", anchor)]);
        if let Some((other, replaces)) = &self.other {
            let supersedes = replaces.then(|| Supersedes { document: passport_document(self.passport.fingerprint), base: Revision(1) });
            network.record(vec![network.anchor("acme-battery", Anchor { supersedes, ..passport_anchor(other) })]);
        }
        (self.after)(network);
        index
    }

    pub fn prepare(&self) -> Prepared {
        let mut network = Network::production();
        let index = self.record(&mut network);
        let original =
            [&self.certificate.back_to_back_of, &self.certificate.true_copy_of].into_iter().flatten().find_map(|o| o.fingerprint);
        let mut keys = vec![
            RecordKey::Organisation(org("cn-ccpit")),
            RecordKey::Document(DocumentId::of(&org("cn-ccpit"), &fingerprint("co"))),
            RecordKey::Claims(fingerprint("co")),
            RecordKey::Certificate(signer("cn-ccpit")),
        ];
        keys.extend(original.iter().flat_map(|f| [RecordKey::Claims(*f), RecordKey::Document(DocumentId::of(&org("cn-ccpit"), f))]));
        let mut found = findings("co", "cn-ccpit");
        found.findings = self.certificate_found.clone();
        if self.metadata {
            found.facts = Facts::Certificate(Box::new(self.certificate.clone()));
        }
        let certificate = (found, vec![network.receipt(index).to_file()], vec![network.status(&keys).to_file()]);
        let named = self.passport_given.then_some((&self.passport, &self.passport_found));
        let none = Vec::new();
        let passports = named.into_iter().chain(self.other.iter().map(|(facts, _)| (facts, &none)));
        let passports = passports.map(|(facts, found)| self.passport_at_hand(&network, facts, found)).collect();
        Prepared { network, certificate, passports }
    }

    fn passport_at_hand(
        &self,
        network: &Network,
        facts: &PassportFacts,
        found: &[Finding],
    ) -> (DocumentFindings, Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let key = public(&secret(self.document_key_of, self.document_key_purpose));
        let acme = org("acme-battery");
        let keys = [
            RecordKey::Organisation(acme),
            RecordKey::Document(passport_document(facts.fingerprint)),
            RecordKey::Claims(facts.fingerprint),
            RecordKey::Key(key),
        ];
        let found = DocumentFindings {
            candidates: vec![Candidate {
                fingerprint: facts.fingerprint,
                signature_hash: passport_anchor(facts).signature_hash,
                signer: None,
                signer_name: None,
                signer_valid: None,
                key: Some(key),
            }],
            findings: found.to_vec(),
            facts: Facts::Passport(Box::new(facts.clone())),
            ..DocumentFindings::default()
        };
        (found, vec![], vec![network.status(&keys).to_file()])
    }

    pub fn judge(&self) -> Judgement {
        self.judge_prepared(&self.prepare())
    }

    /// Judges what was prepared, perhaps by another consignment: the facts are this one's.
    pub fn judge_prepared(&self, prepared: &Prepared) -> Judgement {
        let evidence = |(_, receipts, statuses): &(DocumentFindings, Vec<Vec<u8>>, Vec<Vec<u8>>)| (receipts.clone(), statuses.clone());
        let (receipts, statuses) = evidence(&prepared.certificate);
        let reach = Reach::Answered;
        let document = Document {
            findings: &prepared.certificate.0,
            evidence: Evidence { receipts: &receipts, statuses: &statuses, reach: reach.clone() },
        };
        let held: Vec<_> = prepared.passports.iter().map(evidence).collect();
        let passports: Vec<PassportAtHand<'_>> = prepared
            .passports
            .iter()
            .zip(&held)
            .map(|((findings, ..), (receipts, statuses))| PassportAtHand {
                document: Document { findings, evidence: Evidence { receipts, statuses, reach: reach.clone() } },
                attestations: self.attestations.clone(),
            })
            .collect();
        let consignment = Consignment {
            certificate: if self.draft { CertificateAtHand::Draft(&self.certificate) } else { CertificateAtHand::Issued(document) },
            passports: &passports,
            presentations: self.presentations.clone(),
            recognition: self.recognition.clone(),
            import: self.import,
            asked: match &self.scheme {
                _ if self.unknown_scheme => Asked::Unknown("no-such-lane".parse().unwrap()),
                Some(scheme) => Asked::Scheme(scheme),
                None => Asked::Nothing,
            },
            entry: self.entry.as_ref(),
            page: self.page.as_ref(),
        };
        let question = Question { now: prepared.network.now().plus_ms(1000), as_of: self.as_of, issuer: None, number: None, kind: None };
        judge_consignment(&question, &consignment, Some(&prepared.network.trust()), &self.policy)
    }
}

/// Every finding of a judgement that stands for something, and all codes in it.
pub struct Codes {
    pub decisive: BTreeSet<Code>,
    pub all: BTreeSet<Code>,
}

pub fn codes(judgement: &Judgement) -> Codes {
    let reasons = || judgement.documents().flat_map(|d| &d.reasons).chain(judgement.scheme.iter().flat_map(|s| &s.reasons));
    let counts = |f: &&Finding| !matches!(f.class, Class::TrustNotice | Class::EligibilityNotice);
    Codes { decisive: reasons().filter(counts).map(|f| f.code).collect(), all: reasons().map(|f| f.code).collect() }
}

pub fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), value: value.into() }
}
