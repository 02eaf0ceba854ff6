//! Asking `judge` in tests: one verification, with everything that can vary.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc, missing_docs)]

use super::{Network, certificate, findings, fingerprint, org, signer};
use eco_core::document::DocumentId;
use eco_core::verdict::{Code, DocumentFindings, Evidence, Policy, Question, Reach, Trust, Verdict, judge};

/// One verification, with everything that can vary.
pub struct Ask<'a> {
    pub network: &'a Network,
    pub findings: DocumentFindings,
    pub receipts: Vec<Vec<u8>>,
    pub statuses: Vec<Vec<u8>>,
    pub reach: Reach,
    pub question: Question,
    pub trust: bool,
}

pub fn ask<'a>(network: &'a Network, content: &str) -> Ask<'a> {
    Ask {
        network,
        findings: findings(content, "cn-ccpit"),
        receipts: vec![],
        statuses: vec![],
        reach: Reach::NotAsked,
        question: Question { now: network.now().plus_ms(1000), as_of: None, issuer: None, number: None, kind: None },
        trust: true,
    }
}

impl Ask<'_> {
    pub fn verdict(&self) -> Verdict {
        let evidence = Evidence { receipts: &self.receipts, statuses: &self.statuses, reach: self.reach.clone() };
        let trust = self.trust.then(|| self.network.trust());
        judge(&self.question, &self.findings, &evidence, trust.as_ref(), &Policy::default())
    }
    pub fn status(mut self, content: &str) -> Self {
        self.statuses.push(self.network.status_of("cn-ccpit", fingerprint(content), Some(signer("cn-ccpit"))).to_file());
        self
    }
    pub fn receipt(mut self, index: u64) -> Self {
        self.receipts.push(self.network.receipt(index).to_file());
        self
    }
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
    /// Expects a verdict with one code that decides it.
    pub fn expect(self, trust: Trust, code: Code) -> Verdict {
        let verdict = self.verdict();
        assert_eq!(verdict.trust, trust, "{verdict:#?}");
        assert!(verdict.has(code), "no {code}: {:#?}", verdict.reasons);
        verdict
    }
    pub fn trusted(self) -> Verdict {
        let verdict = self.verdict();
        assert_eq!(verdict.trust, Trust::Trusted, "{:#?}", verdict.reasons);
        verdict
    }
}

pub fn anchored(content: &str) -> Network {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", content, "CO-1"))]);
    network
}

pub fn document(content: &str) -> DocumentId {
    DocumentId::of(&org("cn-ccpit"), &fingerprint(content))
}
