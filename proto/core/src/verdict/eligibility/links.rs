//! Certificate and passports name each other: by fingerprint, by product, by origin.

use super::text::same_party;
use super::{Held, Weighing};
use crate::date::instant;
use crate::document::DocumentId;
use crate::fingerprint::Fingerprint;
use crate::scheme::product;
use crate::verdict::{CertificateFacts, Code, Finding, ItemFacts, Party, PassportFacts, Producer, Subject};
use alloc::format;
use alloc::vec::Vec;

/// Which passports count.
pub(super) struct Linked<'a> {
    /// Each passport that counts, once.
    pub(super) used: Vec<Held<'a>>,
    /// Each item with its passport; without a certificate, passports alone.
    pub(super) pairs: Vec<(Option<&'a ItemFacts>, Held<'a>)>,
    /// Versions at hand that replace a named passport.
    pub(super) newer: Vec<Fingerprint>,
}

impl<'a> Weighing<'a> {
    /// Pairs items and passports, and says what does not fit.
    pub(super) fn links(&mut self) -> Linked<'a> {
        let Some(certificate) = self.certificate else { return self.unlinked() };
        let (strangers, newer) = self.strangers(certificate);
        let replacing = newer.iter().map(|passport| passport.fingerprint).collect();
        let mut linked = Linked { used: Vec::new(), pairs: Vec::new(), newer: replacing };
        for item in &certificate.items {
            let Some(held) = self.named(item) else {
                self.not_at_hand(item, &strangers, &newer);
                continue;
            };
            self.same_goods(certificate, item, held.facts);
            if !linked.used.iter().any(|u| u.facts.fingerprint == held.facts.fingerprint) {
                linked.used.push(held);
            }
            linked.pairs.push((Some(item), held));
        }
        if let Some(certified) = self.certified_at() {
            for newer in linked.used.iter().filter_map(Held::recorded_at).filter(|at| *at > certified) {
                let detail = format!("the certificate was recorded {}, the passport it names {}", instant(certified), instant(newer));
                self.reason(Code::PassportNewerThanCertificate, Subject::Passport, detail);
            }
        }
        linked
    }

    /// Passports without a certificate's data: judged for themselves; with a certificate, nothing links them.
    fn unlinked(&mut self) -> Linked<'a> {
        let issued = self.judged.certificate.is_some();
        if issued && self.scheme.is_some() {
            let required = self.scheme.is_some_and(|s| s.requires.passport);
            let detail = "the certificate carries no data that names a passport";
            self.starred(required, Finding::new(Code::PassportMissing, Subject::Certificate, detail));
        }
        if issued {
            self.gap("which goods and passports the certificate is about: it carries no machine-readable data");
        }
        let used = self.passports.clone();
        let pairs = used.iter().map(|held| (None, *held)).collect();
        Linked { used, pairs, newer: Vec::new() }
    }

    /// Passports at hand that no item names: a newer version of a named one is a notice, anything else is not it.
    fn strangers(&mut self, certificate: &CertificateFacts) -> (Vec<&'a PassportFacts>, Vec<&'a PassportFacts>) {
        let named: Vec<_> = certificate.items.iter().filter_map(|i| i.passport).collect();
        let (mut strangers, mut newer) = (Vec::new(), Vec::new());
        for held in self.passports.clone().into_iter().filter(|h| !named.contains(&h.facts.fingerprint)) {
            let recorded = held.verdict.recorded.as_ref();
            let replaces = recorded.and_then(|r| Some((r.author, r.supersedes?)));
            let by_log = replaces.is_some_and(|(author, old)| named.iter().any(|f| DocumentId::of(&author, f) == old));
            let older = self.passports.iter().find(|p| Some(&p.facts.id) == held.facts.supersedes.as_ref());
            let by_chain = by_log || (older.is_some_and(|o| named.contains(&o.facts.fingerprint)) && replaces.is_some());
            if by_chain {
                let detail = format!("{} replaces the passport that the certificate names", held.facts.id);
                self.reason(Code::PassportNewerThanCertificate, Subject::Passport, detail);
                newer.push(held.facts);
                continue;
            }
            let fingerprint = held.facts.fingerprint;
            self.reason(Code::PassportFingerprintMismatch, Subject::Passport, format!("the certificate does not name {fingerprint}"));
            strangers.push(held.facts);
        }
        (strangers, newer)
    }

    /// The passport that an item names was not given: none at all, or another in its place.
    fn not_at_hand(&mut self, item: &ItemFacts, strangers: &[&'a PassportFacts], newer: &[&'a PassportFacts]) {
        let Some(scheme) = self.scheme else {
            if let Some(named) = item.passport {
                self.gap(format!("the passport of item {}: give the file {named}", item.number));
            }
            return;
        };
        let instead = |given: &[&'a PassportFacts]| {
            given.iter().find(|given| item.product.as_ref().is_none_or(|product| product::same(product, &given.product))).copied()
        };
        let of_item = |code, detail| Finding::new(code, Subject::Passport, detail).of_item(item.number);
        match (item.passport, instead(newer)) {
            (None, _) => {
                let detail = format!("the certificate names no passport for item {}", item.number);
                self.starred(scheme.requires.passport, of_item(Code::PassportMissing, detail));
            }
            (Some(named), Some(newer)) => {
                let (number, given) = (item.number, newer.fingerprint);
                let detail = format!("item {number} names {named}, the newer {given} was given in its place: give the file named too");
                self.add(of_item(Code::PassportFingerprintMismatch, detail));
            }
            // Another passport of these goods was given instead: said already.
            (Some(_), None) if instead(strangers).is_some() => {}
            (Some(named), None) => {
                let detail = format!("the passport of item {} is not at hand: give the file {named}", item.number);
                self.starred(scheme.requires.passport, of_item(Code::PassportMissing, detail));
            }
        }
    }

    /// Item and passport name the same goods, of the same producer and origin.
    fn same_goods(&mut self, certificate: &CertificateFacts, item: &ItemFacts, passport: &PassportFacts) {
        let of_item = |code, detail: alloc::string::String| Finding::new(code, Subject::Passport, detail).of_item(item.number);
        match &item.product {
            Some(id) if product::same(id, &passport.product) => self.check("certificate and passport name the same product"),
            Some(id) => self.add(of_item(Code::OriginLinkMismatch, format!("product: certificate {id}, passport {}", passport.product))),
            None => self.gap(format!("whether item {} is the passport's product: the certificate names none", item.number)),
        }
        match (item.hs, passport.hs) {
            (Some(own), Some(other)) if own.edition != other.edition => {
                self.add(of_item(Code::HsEditionMismatch, format!("certificate {own}, passport {other}")));
            }
            (Some(own), Some(other)) if own.code.hs6() != other.code.hs6() => {
                self.add(of_item(Code::OriginLinkMismatch, format!("HS code: certificate {own}, passport {other}")));
            }
            _ => {}
        }
        if let (Some(own), Some(other)) = (item.origin, passport.country_of_origin)
            && own != other
        {
            self.add(of_item(Code::OriginCountryDiffers, format!("certificate {own}, passport {other}")));
        }
        let producer = match &certificate.producer {
            Producer::Same => Some(&certificate.exporter),
            Producer::Named(party) => Some(party),
            Producer::NotNamed => None,
        };
        let compared =
            producer.zip(passport.manufacturer.as_ref()).and_then(|(producer, maker)| made_by(maker, producer, &certificate.exporter));
        match (compared, &passport.manufacturer) {
            (Some(true), _) => self.check("certificate and passport name the same producer"),
            (Some(false), Some(maker)) => {
                let (maker, producer) = (label(maker), producer.map_or("", label));
                self.add(of_item(Code::OriginLinkMismatch, format!("producer: certificate {producer}, passport {maker}")));
            }
            _ => self.add(of_item(Code::ProducerNotCompared, "certificate and passport do not both name a producer".into())),
        }
    }
}

/// Whether the passport's manufacturer is the producer or the exporter.
fn made_by(maker: &Party, producer: &Party, exporter: &Party) -> Option<bool> {
    match (same_party(maker, producer), same_party(maker, exporter)) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, None) => None,
    }
}

fn label(party: &Party) -> &str {
    if party.name.is_empty() { &party.id } else { &party.name }
}
