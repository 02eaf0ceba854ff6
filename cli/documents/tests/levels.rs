//! Timestamps, proofs in the file, document timestamps: a level claimed must be one that was reached, and none
//! of them may change what was signed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod authority;
mod common;

use authority::tsa::{Stamp, Tsa, response};
use authority::{Authority, DAY, FROM, OCSP_SIGNING, TIME_STAMPING, Terms, key};
use common::{SIGNING_TIME, condemning, options, unsigned};
use eco_core::name::Timestamp;
use eco_core::verdict::Code;
use eco_documents::pdf::{
    ExtendError, Fetch, KeySigner, PadesLevel, PathMaterial, SignatureReport, TimestampDefect, TimestampRequest, add_signature_timestamp,
    add_store, finish_document_timestamp, inspect_pdf_with, needs, prepare_document_timestamp, sign, signature_timestamp_request,
};
use eco_documents::pki::TrustAnchors;

const NOW: i64 = SIGNING_TIME;

/// Two roots, a signer below the one and a timestamp authority below the other.
struct World {
    root: Authority,
    stamps: Authority,
    signer: KeySigner,
    tsa: Tsa,
}

fn world() -> World {
    let (root, stamps) = (Authority::root(1, "Root"), Authority::root(2, "Stamp Root"));
    let certificate = root.issue(&key(7), &Terms::signer("Chamber", 7).published_at("http://ca.example"));
    let signer = KeySigner::new(key(7), certificate, Vec::new()).unwrap();
    let tsa = Tsa::new(&stamps, 5, &Terms::timestamps("TSA", 5).published_at("http://tsa.example"));
    World { root, stamps, signer, tsa }
}

impl World {
    fn anchors(&self) -> TrustAnchors {
        TrustAnchors::new(vec![self.root.certificate.clone(), self.stamps.certificate.clone()]).unwrap()
    }

    /// Whom we trust, and nothing else.
    fn trusting(&self) -> PathMaterial {
        PathMaterial { anchors: self.anchors(), ..PathMaterial::default() }
    }

    /// With lists of both authorities, on which nobody stands.
    fn with_proofs(&self) -> PathMaterial {
        let crls = [&self.root, &self.stamps].map(|by| by.crl(NOW + DAY, NOW + 30 * DAY, &[], &[])).to_vec();
        PathMaterial { crls, ..self.trusting() }
    }

    fn signed(&self) -> Vec<u8> {
        sign(&unsigned(), &options(5), &self.signer).unwrap()
    }

    fn stamped_by(&self, tsa: &Tsa, time: i64) -> Result<Vec<u8>, ExtendError> {
        let pdf = self.signed();
        let request = signature_timestamp_request(&pdf, [9; 16])?;
        add_signature_timestamp(&pdf, &request, &tsa.answer(&request.der(), time), &self.trusting())
    }

    fn stamped(&self) -> Vec<u8> {
        self.stamped_by(&self.tsa, NOW + 60).unwrap()
    }

    fn stored(&self) -> Vec<u8> {
        add_store(&self.stamped(), &self.with_proofs(), [10; 16]).unwrap().unwrap()
    }

    fn archived(&self, pdf: &[u8], time: i64, nonce: u8) -> Vec<u8> {
        let prepared = prepare_document_timestamp(pdf, &self.trusting(), [[nonce; 16], [nonce + 1; 16]]).unwrap();
        let answer = self.tsa.answer(&prepared.request().der(), time);
        finish_document_timestamp(prepared, &answer, &self.trusting()).unwrap()
    }

    /// The chamber's signature as we find it.
    fn signature(&self, pdf: &[u8], given: &PathMaterial) -> SignatureReport {
        assert_eq!(condemning(pdf), []);
        inspect_pdf_with(pdf, given).signatures.into_iter().find(|signature| signature.level.is_some()).unwrap()
    }

    fn level(&self, pdf: &[u8]) -> PadesLevel {
        self.signature(pdf, &self.trusting()).level.unwrap()
    }
}

/// But for the notice that these sheets have no data inside.
fn codes(pdf: &[u8], given: &PathMaterial) -> Vec<Code> {
    let codes = inspect_pdf_with(pdf, given).findings.findings.into_iter().map(|finding| finding.code);
    codes.filter(|code| *code != Code::MetadataMissing).collect()
}

#[test]
fn each_step_reaches_its_level_and_changes_no_fingerprint() {
    let world = world();
    let signed = world.signed();
    let stamped = world.stamped();
    let stored = world.stored();
    let archived = world.archived(&stored, NOW + 2 * DAY, 20);
    let renewed = world.archived(&archived, NOW + 10 * DAY, 30);
    let essence = |pdf: &[u8]| {
        let candidate = inspect_pdf_with(pdf, &world.trusting()).findings.candidates.remove(0);
        (candidate.fingerprint, candidate.signature_hash)
    };
    for (pdf, level) in [
        (&signed, PadesLevel::B),
        (&stamped, PadesLevel::T),
        (&stored, PadesLevel::LT),
        (&archived, PadesLevel::LTA),
        (&renewed, PadesLevel::LTA),
    ] {
        assert_eq!(world.level(pdf), level);
        assert_eq!(codes(pdf, &world.trusting()), []);
        assert_eq!(essence(pdf), essence(&signed));
    }
    assert_eq!(stamped.len(), signed.len());
    assert!(stored.starts_with(&stamped) && archived.starts_with(&stored) && renewed.starts_with(&archived));
    assert_eq!(add_store(&stored, &world.with_proofs(), [11; 16]).unwrap(), None, "nothing is lacking");
    let report = inspect_pdf_with(&renewed, &world.trusting());
    assert_eq!((report.signatures.len(), report.pages), (3, 1));
    let standing = &report.findings.candidates[0].standing;
    let at = |seconds: i64| Some(Timestamp(u64::try_from(seconds).unwrap() * 1000));
    assert_eq!((standing.timestamped, standing.archived), (at(NOW + 60), at(NOW + 2 * DAY)));
    let path = standing.path.as_ref().unwrap();
    assert_eq!((path.anchor.as_str(), path.revoked), ("Root", None));
    assert!(path.status_until.is_some());
}

/// An authority that answers without end is not read.
#[test]
fn an_oversize_answer_is_not_read() {
    let world = world();
    let pdf = world.signed();
    let request = signature_timestamp_request(&pdf, [9; 16]).unwrap();
    let said = |length: usize| add_signature_timestamp(&pdf, &request, &vec![0x30; length], &world.trusting()).unwrap_err().to_string();
    assert!(said((256 << 10) + 1).contains("at most 262144") && !said(256 << 10).contains("at most"));
}

/// Without anchors nothing is vouched for, and nothing is called invalid for it.
#[test]
fn without_anchors_a_timestamp_proves_no_time() {
    let world = world();
    let nobody = PathMaterial::default();
    let archived = world.archived(&world.stored(), NOW + 2 * DAY, 20);
    assert_eq!(codes(&archived, &nobody), [Code::SignerPathNotEstablished]);
    let signature = world.signature(&archived, &nobody);
    assert_eq!(signature.level, Some(PadesLevel::B));
    assert!(signature.level_gap.unwrap().contains("no trust anchors"), "the reason is told");
    let half = PathMaterial { anchors: TrustAnchors::new(vec![world.root.certificate.clone()]).unwrap(), ..nobody };
    assert_eq!(world.signature(&archived, &half).level, Some(PadesLevel::B));
    assert_eq!(codes(&archived, &half), []);
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let world = world();
    let pdf = world.signed();
    let request = signature_timestamp_request(&pdf, [9; 16]).unwrap();
    let honest = Stamp::asked(&request.der(), NOW + 60);
    let answered = |stamp: Stamp| add_signature_timestamp(&pdf, &request, &response(&world.tsa.token(&stamp)), &world.trusting());
    assert!(answered(honest.clone()).is_ok());
    assert!(answered(honest.clone().with(|stamp| stamp.names_certificate = Some("SHA-1"))).is_ok());
    let refused = |change: fn(&mut Stamp)| match answered(honest.clone().with(change)) {
        Err(ExtendError::Timestamp(defect)) => defect,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(|stamp| stamp.imprint[0] ^= 1), TimestampDefect::OtherBytes);
    assert_eq!(refused(|stamp| stamp.nonce = Some(vec![7])), TimestampDefect::Nonce);
    assert_eq!(refused(|stamp| stamp.nonce = None), TimestampDefect::Nonce);
    assert!(matches!(refused(|stamp| stamp.with_certificate = false), TimestampDefect::Malformed(_)));
    assert_eq!(refused(|stamp| stamp.names_certificate = None), TimestampDefect::Certificate);
    let mut forged = world.tsa.answer(&request.der(), NOW + 60);
    *forged.last_mut().unwrap() ^= 1;
    assert!(matches!(
        add_signature_timestamp(&pdf, &request, &forged, &world.trusting()),
        Err(ExtendError::Timestamp(TimestampDefect::Algorithm(_)))
    ));
    // PKIStatus 2: rejection.
    let refusal = [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02];
    let refused = add_signature_timestamp(&pdf, &request, &refusal, &world.trusting()).unwrap_err();
    assert!(matches!(refused, ExtendError::Timestamp(TimestampDefect::Refused { status: 2, .. })), "{refused}");
}

#[test]
fn only_an_authority_for_timestamps_makes_one() {
    let world = world();
    let by = |terms: Terms| world.stamped_by(&Tsa::new(&world.stamps, 5, &terms), NOW + 60);
    let terms = || Terms::timestamps("TSA", 5);
    assert!(by(terms()).is_ok());
    assert!(by(terms().with(|terms| terms.extended = Some((false, vec![TIME_STAMPING])))).is_err());
    assert!(by(terms().with(|terms| terms.extended = Some((true, vec![TIME_STAMPING, OCSP_SIGNING])))).is_err());
    assert!(by(terms().with(|terms| terms.until = NOW)).is_err(), "its certificate had expired");
    assert!(by(terms().with(|terms| terms.from = NOW + DAY)).is_err());
    let stranger = Tsa::new(&Authority::root(8, "Stranger"), 5, &terms());
    assert!(matches!(world.stamped_by(&stranger, NOW + 60), Err(ExtendError::Authority(_))));
}

/// A file whose timestamp is bad was made by others: the level falls, the signature stands.
#[test]
fn a_bad_timestamp_lowers_the_level_and_condemns_nothing() {
    let world = world();
    let nobody = PathMaterial::default();
    let pdf = world.signed();
    let request = signature_timestamp_request(&pdf, [9; 16]).unwrap();
    // Someone who checks nothing puts it in: a client without anchors.
    let weak = Tsa::new(&world.stamps, 5, &Terms::timestamps("TSA", 5).with(|terms| terms.until = NOW + DAY));
    let put = |tsa: &Tsa| add_signature_timestamp(&pdf, &request, &tsa.answer(&request.der(), NOW + 60), &nobody).unwrap();
    let fine = put(&weak);
    assert_eq!(codes(&fine, &world.trusting()), []);
    let revoked = |since: i64, reason: Option<u8>| {
        let crls = vec![world.stamps.crl(NOW + DAY, NOW + 30 * DAY, &[(5, since, reason)], &[])];
        let given = PathMaterial { crls, ..world.trusting() };
        (codes(&fine, &given), world.signature(&fine, &given).level.unwrap())
    };
    let falls = (vec![Code::TimestampInvalid], PadesLevel::B);
    assert_eq!(revoked(NOW, Some(4)), falls);
    assert_eq!(revoked(NOW + DAY, Some(4)), (vec![], PadesLevel::T), "superseded later: earlier ones hold");
    assert_eq!(revoked(NOW + DAY, Some(1)), falls, "its key was compromised: any time could have been written");
    assert_eq!(revoked(NOW + DAY, None), falls);
    // A timestamp over another signature's octets, spliced in.
    let other = sign(&unsigned(), &options(6), &world.signer).unwrap();
    let foreign = signature_timestamp_request(&other, [9; 16]).unwrap();
    let token = |request: &TimestampRequest, seconds| world.tsa.token(&Stamp::asked(&request.der(), NOW + seconds));
    let own = token(&request, 60);
    // ECDSA signatures differ by an octet or two in length: one of these has the length of the first.
    let token = (60..200).map(|seconds| token(&foreign, seconds)).find(|token| token.len() == own.len()).unwrap();
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02X}")).collect() };
    let spliced = common::replace(&put(&world.tsa), hex(&own).as_bytes(), hex(&token).as_bytes());
    assert_eq!(condemning(&spliced), []);
    assert_eq!(codes(&spliced, &world.trusting()), [Code::TimestampInvalid]);
    assert_eq!(world.level(&spliced), PadesLevel::B);
}

#[test]
fn a_key_compromised_after_a_later_timestamp_does_not_reach_back() {
    let world = world();
    let other = Tsa::new(&world.root, 6, &Terms::timestamps("Other TSA", 6));
    let stamped = world.stamped();
    let prepared = prepare_document_timestamp(&stamped, &world.trusting(), [[20; 16], [21; 16]]).unwrap();
    let answer = other.answer(&prepared.request().der(), NOW + 2 * DAY);
    let archived = finish_document_timestamp(prepared, &answer, &world.trusting()).unwrap();
    let revoked = |since| {
        let crls = vec![world.stamps.crl(NOW + 9 * DAY, NOW + 30 * DAY, &[(5, since, Some(1))], &[])];
        codes(&archived, &PathMaterial { crls, ..world.trusting() })
    };
    assert_eq!(revoked(NOW + 3 * DAY), []);
    assert_eq!(revoked(NOW + DAY), [Code::TimestampInvalid]);
}

#[test]
fn a_store_needs_every_proof() {
    let world = world();
    let (stamped, signed) = (world.stamped(), world.signed());
    assert!(matches!(add_store(&signed, &world.with_proofs(), [10; 16]), Err(ExtendError::Missing(_))), "B-T comes first");
    let missing = |change: &dyn Fn(&mut PathMaterial)| {
        let mut given = world.with_proofs();
        change(&mut given);
        add_store(&stamped, &given, [10; 16]).map(|_| ()).unwrap_err().to_string()
    };
    assert!(missing(&|given| given.crls.clear()).contains("no CRL"));
    assert!(missing(&|given| given.crls.truncate(1)).contains("TSA"));
    assert!(missing(&|given| given.crls[0] = world.root.crl(NOW - 9 * DAY, NOW - DAY, &[], &[])).contains("no CRL"), "expired");
    assert!(missing(&|given| given.crls[0] = world.root.crl(NOW + DAY, NOW + 2 * DAY, &[(7, NOW, None)], &[])).contains("revoked"));
    let later = world.root.crl(NOW + 3 * DAY, NOW + 9 * DAY, &[(7, NOW + 2 * DAY, Some(1))], &[]);
    let mut given = world.with_proofs();
    given.crls[0] = later;
    let stored = add_store(&stamped, &given, [10; 16]).unwrap().unwrap();
    assert_eq!(world.level(&stored), PadesLevel::LT, "revoked after the proven time");
}

#[test]
fn what_is_lacking_names_where_to_fetch_it() {
    let world = world();
    let stamped = world.stamped();
    let lacking = needs(&stamped, &world.trusting(), NOW).unwrap();
    let addresses: Vec<&str> = lacking
        .iter()
        .flat_map(|need| &need.ways)
        .map(|way| match way {
            Fetch::Certificate { address } | Fetch::Crl { address } | Fetch::Ocsp { address, .. } => address.as_str(),
        })
        .collect();
    let expected = ["http://ca.example/ocsp", "http://ca.example/crl", "http://tsa.example/ocsp", "http://tsa.example/crl"];
    assert_eq!(addresses, expected);
    assert_eq!(needs(&stamped, &world.with_proofs(), NOW).unwrap(), []);
    // By OCSP, as a client that fetched would have it.
    let answer = |by: &Authority, serial| by.ocsp(serial, NOW + DAY, NOW + 9 * DAY, None, None);
    let given = PathMaterial { ocsps: vec![answer(&world.root, 7), answer(&world.stamps, 5)], ..world.trusting() };
    assert_eq!(needs(&stamped, &given, NOW).unwrap(), []);
    let stored = add_store(&stamped, &given, [10; 16]).unwrap().unwrap();
    assert_eq!(world.level(&stored), PadesLevel::LT);
    // An intermediate that the file does not carry.
    let middle = world.root.below(3, &Terms::authority("Middle", 3));
    let certificate = middle.issue(&key(7), &Terms::signer("Chamber", 7).published_at("http://middle.example"));
    let pdf = sign(&unsigned(), &options(5), &KeySigner::new(key(7), certificate, Vec::new()).unwrap()).unwrap();
    let lacking = needs(&pdf, &world.trusting(), NOW).unwrap();
    assert_eq!(lacking[0].ways, [Fetch::Certificate { address: "http://middle.example/issuer".into() }]);
    let given = PathMaterial { certificates: vec![middle.certificate], ..world.trusting() };
    assert!(needs(&pdf, &given, NOW).unwrap().iter().all(|need| need.about != "Middle" || need.ways.is_empty()));
}

/// A timestamp goes in while its signature is the last; nothing is written over what others covered.
#[test]
fn a_covered_signature_gets_no_timestamp() {
    let world = world();
    let archived = world.archived(&world.stored(), NOW + 2 * DAY, 20);
    assert!(matches!(signature_timestamp_request(&archived, [9; 16]), Err(ExtendError::NotLast { .. })));
    assert!(signature_timestamp_request(&unsigned(), [9; 16]).is_err());
    // One bit of the store flipped: the document timestamp over it notices.
    let store = world.root.crl(NOW + DAY, NOW + 30 * DAY, &[], &[]);
    let at = common::find(&archived, &store);
    let mut flipped = archived.clone();
    flipped[at + store.len() - 1] ^= 1;
    assert!(condemning(&flipped).contains(&Code::PdfSignatureInvalid));
}

/// The signer's own certificate: revoked before and after, for `judge` to weigh.
#[test]
fn revocation_of_the_signer_is_handed_on_with_its_time() {
    let world = world();
    let stamped = world.stamped();
    let standing = |given: &PathMaterial| inspect_pdf_with(&stamped, given).findings.candidates.remove(0).standing;
    let revoked = |since| {
        let crls = vec![world.root.crl(NOW + DAY, NOW + 9 * DAY, &[(7, since, None)], &[])];
        standing(&PathMaterial { crls, ..world.trusting() }).path.unwrap().revoked
    };
    assert_eq!(revoked(FROM), Some(Timestamp(u64::try_from(FROM).unwrap() * 1000)));
    assert_eq!(standing(&world.with_proofs()).path.unwrap().revoked, None);
    // A list of another authority with the same serial number says nothing.
    let crls = vec![world.stamps.crl(NOW + DAY, NOW + 9 * DAY, &[(7, FROM, None)], &[])];
    assert_eq!(standing(&PathMaterial { crls, ..world.trusting() }).path.unwrap().revoked, None);
}

/// The file with these octets behind the unsigned attributes of its only signature.
fn with_attributes(pdf: &[u8], more: &[u8]) -> Vec<u8> {
    let [_, start, end, _] = inspect_pdf_with(pdf, &PathMaterial::default()).signatures[0].byte_range;
    let digits = std::str::from_utf8(&pdf[start + 1..end - 1]).unwrap();
    let octets: Vec<u8> = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
    let longer = longer(&octets, more).iter().map(|octet| format!("{octet:02X}")).collect::<String>();
    let mut out = pdf.to_vec();
    out[start + 1..start + 1 + longer.len()].copy_from_slice(longer.as_bytes());
    out
}

/// Lengths of the first DER value: of its header, and of the whole.
fn measured(der: &[u8]) -> (usize, usize) {
    match der[1] {
        0x82 => (4, 4 + (usize::from(der[2]) << 8) + usize::from(der[3])),
        0x81 => (3, 3 + usize::from(der[2])),
        short => (2, 2 + usize::from(short)),
    }
}

/// A CMS with octets behind its unsigned attributes: the last value of the last value, down to tag `[1]`.
fn longer(der: &[u8], more: &[u8]) -> Vec<u8> {
    let (header, whole) = measured(der);
    let inside = &der[header..whole];
    if der[0] == 0xa1 {
        return authority::der::tlv(der[0], &[inside, more].concat());
    }
    let mut last = 0;
    while last + measured(&inside[last..]).1 < inside.len() {
        last += measured(&inside[last..]).1;
    }
    authority::der::tlv(der[0], &[&inside[..last], &longer(&inside[last..], more)].concat())
}

/// Each token costs signature checks: of many, four are looked at.
#[test]
fn a_crowd_of_timestamps_is_not_looked_at() {
    let world = world();
    let stamped = world.stamped();
    let [_, start, end, _] = inspect_pdf_with(&stamped, &world.trusting()).signatures[0].byte_range;
    let digits = std::str::from_utf8(&stamped[start + 1..end - 1]).unwrap();
    // id-aa-timeStampToken: the attribute is the last value of the CMS.
    let at = digits.rfind("060B2A864886F70D010910020E").unwrap();
    let octets: Vec<u8> = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
    let attribute = &octets[at / 2 - 4..];
    let attribute = &attribute[..measured(attribute).1];
    for (more, looked_at) in [(0, 1), (1, 2), (3, 4), (4, 4), (5, 4)] {
        let crowd = with_attributes(&stamped, &attribute.repeat(more));
        let signature = inspect_pdf_with(&crowd, &world.trusting()).signatures.remove(0);
        assert!(signature.is_intact);
        assert_eq!(signature.timestamps.len(), looked_at, "{} tokens", 1 + more);
        assert!(signature.timestamps.iter().all(|stamp| stamp.defect.is_none() && stamp.time == NOW + 60));
    }
}
