//! A timestamp authority (RFC 3161).

use super::der::{boolean, explicit, generalized, integer, octets, oid, sequence, set, tlv};
use super::{Authority, Terms, algorithm, key};
use eco_documents::keys::SecretKey;

/// Signs timestamps.
#[derive(Clone)]
pub struct Tsa {
    pub key: SecretKey,
    pub certificate: Vec<u8>,
    pub issuer: Vec<u8>,
    pub serial: u8,
}

/// What a token says; each entry can be made wrong.
#[derive(Clone)]
pub struct Stamp {
    pub imprint: Vec<u8>,
    pub nonce: Option<Vec<u8>>,
    pub time: i64,
    pub with_certificate: bool,
    /// Hash algorithm of signing-certificate(-v2): `None` leaves the attribute out.
    pub names_certificate: Option<&'static str>,
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

impl Tsa {
    pub fn new(issuer: &Authority, seed: u8, terms: &Terms) -> Self {
        let key = key(seed);
        Self { certificate: issuer.issue(&key, terms), key, issuer: issuer.name.clone(), serial: terms.serial }
    }

    /// The answer to a request at a time.
    pub fn answer(&self, request: &[u8], time: i64) -> Vec<u8> {
        response(&self.token(&Stamp::asked(request, time)))
    }

    /// TimeStampToken.
    pub fn token(&self, stamp: &Stamp) -> Vec<u8> {
        let sha256_id = sequence(&[oid("2.16.840.1.101.3.4.2.1")]);
        let nonce = stamp.nonce.as_ref().map_or_else(Vec::new, |nonce| integer(nonce));
        let info = sequence(&[
            integer(&[1]),
            oid("1.2.3.4"),
            sequence(&[sha256_id.clone(), octets(&stamp.imprint)]),
            integer(&[7]),
            generalized(stamp.time),
            nonce,
        ]);
        let attribute = |kind: &str, value: Vec<u8>| sequence(&[oid(kind), set(&[value])]);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.9.16.1.4")),
            attribute("1.2.840.113549.1.9.4", octets(&sha256(&info))),
        ];
        match stamp.names_certificate {
            Some("SHA-1") => {
                let sha1 = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &self.certificate);
                let id = sequence(&[octets(sha1.as_ref())]);
                attributes.push(attribute("1.2.840.113549.1.9.16.2.12", sequence(&[sequence(&[id])])));
            }
            Some(_) => {
                let id = sequence(&[octets(&sha256(&self.certificate))]);
                attributes.push(attribute("1.2.840.113549.1.9.16.2.47", sequence(&[sequence(&[id])])));
            }
            None => {}
        }
        let attributes = set(&attributes);
        let signature = self.key.sign(&attributes);
        let mut tagged = attributes;
        tagged[0] = 0xa0;
        let signer = sequence(&[
            integer(&[1]),
            sequence(&[self.issuer.clone(), integer(&[self.serial])]),
            sha256_id.clone(),
            tagged,
            algorithm(&self.key),
            octets(&signature),
        ]);
        let certificates = if stamp.with_certificate { tlv(0xa0, &self.certificate) } else { Vec::new() };
        let data = sequence(&[
            integer(&[3]),
            set(&[sha256_id]),
            sequence(&[oid("1.2.840.113549.1.9.16.1.4"), explicit(0, octets(&info))]),
            certificates,
            set(&[signer]),
        ]);
        sequence(&[oid("1.2.840.113549.1.7.2"), explicit(0, data)])
    }
}

impl Stamp {
    /// What an honest authority makes of a request.
    pub fn asked(request: &[u8], time: i64) -> Self {
        let find = |what: &[u8]| request.windows(what.len()).position(|window| window == what);
        let imprint = find(&[0x04, 0x20]).map(|at| request[at + 2..at + 34].to_vec()).expect("a SHA-256 imprint");
        assert!(request.ends_with(&boolean(true)), "certReq");
        let after = find(&imprint).unwrap() + 32;
        let nonce = (request[after] == 2).then(|| request[after + 2..after + 2 + usize::from(request[after + 1])].to_vec());
        Self { imprint, nonce, time, with_certificate: true, names_certificate: Some("SHA-256") }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// TimeStampResp with status granted.
pub fn response(token: &[u8]) -> Vec<u8> {
    sequence(&[sequence(&[integer(&[0])]), token.to_vec()])
}
