//! The network of carbon passports: verification and accreditation bodies, recognising authorities, and what they say.

use super::{DAY_MS, Network, START, genesis_of, org};
use eco_core::Fingerprint;
use eco_core::SignatureHash;
use eco_core::commitment::{DeclarationKey, DeclarationSecret, Nonce, StatementHash};
use eco_core::document::{DocumentId, DocumentKind, ProductKey, ReasonCode};
use eco_core::entry::SignedEntry;
use eco_core::genesis::{Genesis, NetworkPurpose};
use eco_core::name::{Revision, Timestamp};
use eco_core::recognition::{RecognitionScope, RecognitionSource};
use eco_core::registry::{Purpose, Roles};
use eco_core::scheme::{Effect, EffectKind, HsEdition, Mode, ModeFrom, ReferenceDate, Requires, Scheme, Scope, Source};
use eco_core::state::AuthorityRecord;
use eco_core::statement::{Anchor, Attest, Present, PresentationState, Recognise, Statement, WithdrawAttest, WithdrawRecognise};

/// A scheme that demands a carbon passport for lithium batteries.
pub fn scheme(id: &str) -> Scheme {
    Scheme {
        version: 1,
        id: id.parse().unwrap(),
        revision: Revision(1),
        source: Source { url: "https://lists.example/schemes".into(), list_date: "2025-12-15".parse().unwrap(), fingerprint: None },
        modes: vec![ModeFrom { from: START, mode: Mode::Enforce }],
        effect: Effect { kind: EffectKind::Lane, text: "sample lane".into() },
        scope: Scope {
            category: "sample: lithium batteries".into(),
            hs_edition: Some(HsEdition::Hs2022),
            include: vec!["850760".parse().unwrap()],
            exclude: vec![],
            products: vec![],
            origins: vec![],
            destinations: vec![],
            attributes: vec![],
        },
        reference_date: ReferenceDate::Issue,
        requires: Requires { passport: true, ..Requires::default() },
        before_arrival: None,
        status_age_ms_max: None,
        page: None,
    }
}

/// Verification bodies `cn-verify`, `eu-verify` and `vn-verify`, accreditation bodies `cn-accredit` and `eu-accredit`;
/// `jp-standards` recognises for JP, `kr-customs` for KR, nobody for VN.
pub fn genesis() -> Genesis {
    let mut members = super::MEMBERS.to_vec();
    members.extend([
        ("cn-accredit", "CN", Roles::ACCREDITATION_BODY),
        ("cn-verify", "CN", Roles::VERIFICATION_BODY),
        ("eu-accredit", "DE", Roles::ACCREDITATION_BODY),
        ("eu-verify", "DE", Roles::VERIFICATION_BODY),
        ("jp-standards", "JP", Roles::STANDARDS_AUTHORITY),
        ("vn-customs", "VN", Roles::CUSTOMS),
        ("vn-verify", "VN", Roles::VERIFICATION_BODY),
    ]);
    members.sort_by_key(|(id, ..)| org(id));
    let authority = |country: &str, id| AuthorityRecord { country: country.parse().unwrap(), organisation: org(id) };
    Genesis {
        version: 2,
        schemes: ["battery-1", "battery-2", "battery-3", "battery-4", "battery-5"].map(scheme).to_vec(),
        authorities: vec![authority("JP", "jp-standards"), authority("KR", "kr-customs")],
        ..genesis_of("eco.example/carbon", NetworkPurpose::Production, &members)
    }
}

pub fn network() -> Network {
    Network::of(genesis())
}

pub fn country(code: &str) -> RecognitionScope {
    RecognitionScope::Country(code.parse().unwrap())
}

pub fn accreditation(body: &str) -> RecognitionScope {
    RecognitionScope::Accreditation(org(body))
}

pub fn product(id: &str) -> ProductKey {
    ProductKey::of(id).unwrap()
}

/// An Anchor of a signed passport for one product.
pub fn passport(content: &str, product_id: &str) -> Anchor {
    Anchor {
        fingerprint: Fingerprint::of_jcs(content.as_bytes()),
        kind: DocumentKind::Passport,
        signature_hash: Some(SignatureHash::of_jcs(b"key", content.as_bytes())),
        reference: None,
        product_keys: vec![product(product_id)],
        links: vec![],
        summary: None,
        valid_from: None,
        valid_until: None,
        supersedes: None,
    }
}

pub fn passport_id(author: &str, content: &str) -> DocumentId {
    DocumentId::of(&org(author), &Fingerprint::of_jcs(content.as_bytes()))
}

pub fn statement(number: &str) -> StatementHash {
    StatementHash::of(&Nonce([0x5b; 32]), number).unwrap()
}

pub fn attest(document: DocumentId, base: u32, number: &str) -> Attest {
    Attest {
        document,
        base: Revision(base),
        standard: "ISO14065:2020".parse().unwrap(),
        statement: statement(number),
        period_from: Timestamp(START.0 - 365 * DAY_MS),
        period_until: START,
        until: START.plus_ms(365 * DAY_MS),
    }
}

pub fn withdraw_attest(document: DocumentId, base: u32, number: &str) -> WithdrawAttest {
    WithdrawAttest { document, base: Revision(base), statement: statement(number), reason: ReasonCode(2) }
}

pub fn recognise(scope: RecognitionScope, body: &str, base: u32) -> Recognise {
    Recognise {
        scope,
        body: org(body),
        base: Revision(base),
        standard: "ISO14065:2020".parse().unwrap(),
        prefixes: vec!["8507".parse().unwrap(), "845611".parse().unwrap()].into_iter().rev().collect(),
        valid_from: START,
        valid_until: None,
        source: RecognitionSource {
            url: "https://lists.example/recognised.csv".into(),
            list_date: "2025-12-15".parse().unwrap(),
            fingerprint: Fingerprint::of_file(b"list"),
        },
    }
}

pub fn withdraw_recognise(scope: RecognitionScope, body: &str, number: u32, base: u32) -> WithdrawRecognise {
    WithdrawRecognise { scope, body: org(body), number, base: Revision(base), reason: ReasonCode(0) }
}

pub fn declaration(customs: &str, number: &str) -> DeclarationKey {
    DeclarationKey::of(&DeclarationSecret(*blake3::hash(customs.as_bytes()).as_bytes()), number).unwrap()
}

pub fn present(document: DocumentId, customs: &str, number: &str, base: u32, state: PresentationState) -> Present {
    Present { document, declaration: declaration(customs, number), base: Revision(base), state }
}

impl Network {
    pub fn attests(&self, body: &str, attest: Attest) -> SignedEntry {
        self.entry(body, Statement::Attest(attest), Purpose::Attest)
    }
    pub fn withdraws(&self, body: &str, withdrawal: WithdrawAttest) -> SignedEntry {
        self.entry(body, Statement::WithdrawAttest(withdrawal), Purpose::Attest)
    }
    pub fn recognises(&self, author: &str, row: Recognise) -> SignedEntry {
        self.entry(author, Statement::Recognise(row), Purpose::Attest)
    }
    pub fn unrecognises(&self, author: &str, withdrawal: WithdrawRecognise) -> SignedEntry {
        self.entry(author, Statement::WithdrawRecognise(withdrawal), Purpose::Attest)
    }
    pub fn presents(&self, customs: &str, present: Present) -> SignedEntry {
        self.entry(customs, Statement::Present(present), Purpose::Present)
    }
}
