//! A certificate authority, its CRLs and OCSP answers, and a timestamp authority, for tests. Its DER writer is
//! its own, so that a mistake in ours cannot hide itself.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub mod der;
pub mod tsa;

use der::{bits, boolean, explicit, generalized, integer, octets, oid, sequence, set, tlv, utc, utf8};
use eco_documents::keys::{KeyAlgorithm, SecretKey};

/// 2026-01-01, 2030-01-01.
pub const FROM: i64 = 1_767_225_600;
pub const UNTIL: i64 = 1_893_456_000;
pub const DAY: i64 = 86_400;

pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
pub const SERVER_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.1";

pub fn key(seed: u8) -> SecretKey {
    SecretKey::of_seed(KeyAlgorithm::P256, &[seed; 32]).unwrap()
}

pub fn name(common: &str) -> Vec<u8> {
    let part = |kind: &str, text: &str| set(&[sequence(&[oid(kind), utf8(text)])]);
    sequence(&[part("2.5.4.10", "Test"), part("2.5.4.3", common)])
}

pub fn algorithm(key: &SecretKey) -> Vec<u8> {
    match key.algorithm() {
        KeyAlgorithm::P256 => sequence(&[oid("1.2.840.10045.4.3.2")]),
        KeyAlgorithm::Ed25519 => sequence(&[oid("1.3.101.112")]),
    }
}

/// `SEQUENCE { signed, algorithm, signature }`
pub fn signed(body: Vec<u8>, key: &SecretKey) -> Vec<u8> {
    let signature = key.sign(&body);
    sequence(&[body, algorithm(key), bits(0, &signature)])
}

pub fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    if critical { sequence(&[oid(kind), boolean(true), octets(value)]) } else { sequence(&[oid(kind), octets(value)]) }
}

/// What a certificate says.
#[derive(Clone)]
pub struct Terms {
    pub name: String,
    pub serial: u8,
    pub from: i64,
    pub until: i64,
    /// basicConstraints: `None` absent, else whether it is an authority and its path length.
    pub constraints: Option<(bool, Option<u8>)>,
    /// First octet of keyUsage.
    pub usage: Option<u8>,
    /// extendedKeyUsage: critical, purposes.
    pub extended: Option<(bool, Vec<&'static str>)>,
    /// Further extensions, DER.
    pub more: Vec<Vec<u8>>,
}

impl Terms {
    pub fn signer(name: &str, serial: u8) -> Self {
        let (name, constraints) = (name.to_owned(), Some((false, None)));
        Self { name, serial, from: FROM, until: UNTIL, constraints, usage: Some(0xc0), extended: None, more: Vec::new() }
    }

    pub fn authority(name: &str, serial: u8) -> Self {
        Self { constraints: Some((true, None)), usage: Some(0x06), ..Self::signer(name, serial) }
    }

    pub fn timestamps(name: &str, serial: u8) -> Self {
        Self { usage: Some(0x80), extended: Some((true, vec![TIME_STAMPING])), ..Self::signer(name, serial) }
    }

    pub fn responder(name: &str, serial: u8) -> Self {
        let no_check = extension("1.3.6.1.5.5.7.48.1.5", false, &[5, 0]);
        Self { usage: Some(0x80), extended: Some((false, vec![OCSP_SIGNING])), more: vec![no_check], ..Self::signer(name, serial) }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Publishes CRL, OCSP and issuer under an address.
    pub fn published_at(mut self, address: &str) -> Self {
        let uri = |path: &str| tlv(0x86, format!("{address}/{path}").as_bytes());
        let point = sequence(&[sequence(&[tlv(0xa0, &tlv(0xa0, &uri("crl")))])]);
        self.more.push(extension("2.5.29.31", false, &point));
        let access =
            sequence(&[sequence(&[oid("1.3.6.1.5.5.7.48.1"), uri("ocsp")]), sequence(&[oid("1.3.6.1.5.5.7.48.2"), uri("issuer")])]);
        self.more.push(extension("1.3.6.1.5.5.7.1.1", false, &access));
        self
    }
}

/// Someone who issues certificates.
#[derive(Clone)]
pub struct Authority {
    pub key: SecretKey,
    pub name: Vec<u8>,
    pub certificate: Vec<u8>,
}

impl Authority {
    /// A root with its own certificate.
    pub fn root(seed: u8, common: &str) -> Self {
        let root = Self { key: key(seed), name: name(common), certificate: Vec::new() };
        let certificate = root.issue(&root.key, &Terms::authority(common, 1));
        Self { certificate, ..root }
    }

    /// An authority below this one.
    pub fn below(&self, seed: u8, terms: &Terms) -> Self {
        let own = key(seed);
        let certificate = self.issue(&own, terms);
        Self { key: own, name: name(&terms.name), certificate }
    }

    pub fn issue(&self, subject: &SecretKey, terms: &Terms) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(usage) = terms.usage {
            extensions.push(extension("2.5.29.15", true, &bits(usage.trailing_zeros() as u8, &[usage])));
        }
        if let Some((is_authority, length)) = terms.constraints {
            let flag = if is_authority { boolean(true) } else { Vec::new() };
            let length = length.map_or_else(Vec::new, |length| integer(&[length]));
            extensions.push(extension("2.5.29.19", true, &sequence(&[flag, length])));
        }
        if let Some((critical, purposes)) = &terms.extended {
            let purposes: Vec<Vec<u8>> = purposes.iter().map(|purpose| oid(purpose)).collect();
            extensions.push(extension("2.5.29.37", *critical, &sequence(&purposes)));
        }
        extensions.extend(terms.more.iter().cloned());
        let body = sequence(&[
            explicit(0, integer(&[2])),
            integer(&[terms.serial]),
            algorithm(&self.key),
            self.name.clone(),
            sequence(&[utc(terms.from), utc(terms.until)]),
            name(&terms.name),
            subject.spki(),
            explicit(3, sequence(&extensions)),
        ]);
        signed(body, &self.key)
    }

    /// A CRL: serial number, since, reason of each revoked certificate; further CRL extensions.
    pub fn crl(&self, this: i64, next: i64, revoked: &[(u8, i64, Option<u8>)], more: &[Vec<u8>]) -> Vec<u8> {
        let entries: Vec<Vec<u8>> = revoked
            .iter()
            .map(|(serial, since, reason)| {
                let reason = reason.map_or_else(Vec::new, |reason| sequence(&[extension("2.5.29.21", false, &[0x0a, 1, reason])]));
                sequence(&[integer(&[*serial]), utc(*since), reason])
            })
            .collect();
        let entries = if entries.is_empty() { Vec::new() } else { sequence(&entries) };
        let extensions = [&[extension("2.5.29.20", false, &integer(&[1]))], more].concat();
        let body = sequence(&[
            integer(&[1]),
            algorithm(&self.key),
            self.name.clone(),
            utc(this),
            utc(next),
            entries,
            explicit(0, sequence(&extensions)),
        ]);
        signed(body, &self.key)
    }

    /// An OCSP answer about a serial number, signed by a delegate or, without one, by the authority itself.
    pub fn ocsp(&self, serial: u8, this: i64, next: i64, revoked: Option<i64>, delegate: Option<(&SecretKey, &[u8])>) -> Vec<u8> {
        let sha1 = |bytes: &[u8]| ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
        let id = sequence(&[
            sequence(&[oid("1.3.14.3.2.26"), vec![5, 0]]),
            octets(&sha1(&self.name)),
            octets(&sha1(&self.key.public_key())),
            integer(&[serial]),
        ]);
        let status = revoked.map_or_else(|| tlv(0x80, &[]), |since| tlv(0xa1, &generalized(since)));
        let single = sequence(&[id, status, generalized(this), explicit(0, generalized(next))]);
        let (key, certificates) = match delegate {
            Some((key, certificate)) => (key, explicit(0, sequence(&[certificate.to_vec()]))),
            None => (&self.key, Vec::new()),
        };
        let responder = explicit(2, octets(&sha1(&key.public_key())));
        let body = sequence(&[responder, generalized(this), sequence(&[single])]);
        let signature = key.sign(&body);
        let basic = sequence(&[body, algorithm(key), bits(0, &signature), certificates]);
        sequence(&[tlv(0x0a, &[0]), explicit(0, sequence(&[oid("1.3.6.1.5.5.7.48.1.1"), octets(&basic)]))])
    }
}
