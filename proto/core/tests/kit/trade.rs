//! A consignment for tests: a passport, its attestation and recognition, and the certificate that names it.
//!
//! Change one thing, then judge: everything else is in order.

pub use super::goods::*;
use super::*;
use eco_core::commitment::{LinkRole, SummaryKey};
use eco_core::document::{Commitment, ProductKey};
use eco_core::scheme::Scheme;
use eco_core::statement::Supersedes;
use eco_core::verdict::{
    Asked, AttestationFacts, CertificateAtHand, CertificateFacts, Class, Code, Consignment, Document, EntryRecord, Evidence, Facts,
    Finding, Import, Judgement, Listed, PageFacts, PassportAtHand, PassportFacts, Policy, PresentationFacts, Question, Reach,
    RecognitionFacts, judge_consignment,
};
use std::collections::BTreeSet;

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
    /// What came between passport and certificate.
    pub before_certificate: Change<Network>,
    pub network: fn() -> Network,
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
        attestations: Listed { items: vec![attestation()], complete: true, read_at: START.plus_ms(3000) },
        recognition: Some(RecognitionFacts {
            country: "JP".parse().unwrap(),
            authority: Some(org("jp-customs")),
            rows: Listed { items: vec![row("jp-customs", "cn-verifier")], complete: true, read_at: START.plus_ms(3000) },
        }),
        presentations: Listed { items: vec![], complete: true, read_at: START.plus_ms(3000) },
        import: Import { country: None, lodging: None, arrival: Some(day("2026-02-01")) },
        entry: None,
        page: None,
        policy: Policy::default(),
        as_of: None,
        certificate_anchor: |_| {},
        passport_anchor: |_| {},
        after: |_| {},
        before: |_| {},
        before_certificate: |_| {},
        network: Network::production,
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

/// The named passport is replaced by another version.
pub fn supersede(network: &mut Network) {
    let supersedes = Some(Supersedes { document: passport_document(passport().fingerprint), base: Revision(1) });
    let facts = PassportFacts { fingerprint: jcs("later"), id: "https://acme.example/bp/3.jsonld".into(), ..passport() };
    network.record(vec![network.anchor("acme-battery", Anchor { supersedes, ..passport_anchor(&facts) })]);
}

/// A document read, and the evidence beside it.
struct Read {
    findings: DocumentFindings,
    receipts: Vec<Vec<u8>>,
    statuses: Vec<Vec<u8>>,
}

impl Read {
    fn document(&self) -> Document<'_> {
        let evidence = Evidence { receipts: &self.receipts, statuses: &self.statuses, reach: Reach::Answered };
        Document { findings: &self.findings, evidence }
    }
}

/// Everything owned that a [`Consignment`] borrows.
pub struct Prepared {
    pub network: Network,
    certificate: Read,
    passports: Vec<Read>,
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
        (self.before_certificate)(network);
        let facts = &self.certificate;
        let links = [(LinkRole::Metadata, &facts.fingerprint)]
            .into_iter()
            .chain(facts.items.iter().filter_map(|i| i.passport.as_ref()).map(|f| (LinkRole::Passport, f)))
            .chain(facts.back_to_back_of.iter().filter_map(|o| o.fingerprint.as_ref()).map(|f| (LinkRole::Original, f)));
        let mut anchor = Anchor {
            links: Commitment::links(&facts.nonce, links).unwrap(),
            summary: facts.summary.recorded_by(&org("cn-ccpit")).ok().map(|text| Commitment::summary(&SummaryKey::of(&facts.nonce), &text)),
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
        let mut network = (self.network)();
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
        let (receipts, statuses) = (vec![network.receipt(index).to_file()], vec![network.status(&keys).to_file()]);
        let certificate = Read { findings: found, receipts, statuses };
        let named = self.passport_given.then_some((&self.passport, &self.passport_found));
        let none = Vec::new();
        let passports = named.into_iter().chain(self.other.iter().map(|(facts, _)| (facts, &none)));
        let passports = passports.map(|(facts, found)| self.passport_at_hand(&network, facts, found)).collect();
        Prepared { network, certificate, passports }
    }

    fn passport_at_hand(&self, network: &Network, facts: &PassportFacts, found: &[Finding]) -> Read {
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
                standing: SignerStanding::default(),
                key: Some(key),
            }],
            findings: found.to_vec(),
            facts: Facts::Passport(Box::new(facts.clone())),
            ..DocumentFindings::default()
        };
        Read { findings: found, receipts: vec![], statuses: vec![network.status(&keys).to_file()] }
    }

    pub fn judge(&self) -> Judgement {
        self.judge_prepared(&self.prepare())
    }

    /// Judges documents prepared before: what is not in them (import, recognition, scheme, ..) is this consignment's.
    pub fn judge_prepared(&self, prepared: &Prepared) -> Judgement {
        self.consign(prepared, |question, consignment, policy| {
            judge_consignment(question, consignment, Some(&prepared.network.trust()), policy)
        })
    }

    /// Hands over everything that is judged.
    pub fn consign<T>(&self, prepared: &Prepared, with: impl FnOnce(&Question, &Consignment<'_>, &Policy) -> T) -> T {
        let passports: Vec<PassportAtHand<'_>> = prepared
            .passports
            .iter()
            .map(|read| PassportAtHand { document: read.document(), attestations: self.attestations.clone() })
            .collect();
        let consignment = Consignment {
            certificate: if self.draft {
                CertificateAtHand::Draft(&self.certificate)
            } else {
                CertificateAtHand::Issued(prepared.certificate.document())
            },
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
        with(&question, &consignment, &self.policy)
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
