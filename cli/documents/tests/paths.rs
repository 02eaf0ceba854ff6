//! Who a signer's certificate leads to, and whether it was revoked: a wrong answer lets a stranger's or a
//! withdrawn certificate pass as an authority's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod authority;

use authority::{Authority, DAY, FROM, OCSP_SIGNING, SERVER_AUTHENTICATION, TIME_STAMPING, Terms, UNTIL, der, extension, key};
use eco_documents::pki::{
    Asn1Defect, Certificate, CertificateStatus, Crl, OcspAnswer, PathDefect, Proofs, Purpose, TrustAnchors, find_path,
};

const NOW: i64 = FROM + 100 * DAY;

fn anchors(roots: &[&Authority]) -> TrustAnchors {
    TrustAnchors::new(roots.iter().map(|root| root.certificate.clone()).collect()).unwrap()
}

/// The path's length, or why there is none.
fn path(signer: &[u8], pool: &[&[u8]], anchors: &TrustAnchors, purpose: Purpose) -> Result<usize, PathDefect> {
    find_path(signer, pool, anchors, purpose, Some(NOW)).map(|path| path.certificates().len())
}

/// Root, authority below it, signer below that: with changes to the two.
fn chain(middle: impl FnOnce(&mut Terms), end: impl FnOnce(&mut Terms)) -> (TrustAnchors, Authority, Vec<u8>) {
    let root = Authority::root(1, "Root");
    let middle = root.below(2, &Terms::authority("Middle", 2).with(middle));
    let signer = middle.issue(&key(3), &Terms::signer("Signer", 3).with(end));
    (anchors(&[&root]), middle, signer)
}

fn document(middle: impl FnOnce(&mut Terms), end: impl FnOnce(&mut Terms)) -> Result<usize, PathDefect> {
    let (anchors, middle, signer) = chain(middle, end);
    path(&signer, &[&middle.certificate], &anchors, Purpose::Document)
}

#[test]
fn a_path_leads_through_authorities_only() {
    assert_eq!(document(|_| {}, |_| {}), Ok(3));
    assert!(matches!(document(|middle| middle.constraints = None, |_| {}), Err(PathDefect::NotAuthority(_))));
    assert!(matches!(document(|middle| middle.constraints = Some((false, None)), |_| {}), Err(PathDefect::NotAuthority(_))));
    assert!(matches!(document(|middle| middle.usage = Some(0xc0), |_| {}), Err(PathDefect::KeyUsage(_))));
    assert_eq!(document(|middle| middle.usage = None, |_| {}), Ok(3));
    assert_eq!(document(|middle| middle.constraints = Some((true, Some(0))), |_| {}), Ok(3));
}

#[test]
fn unknown_critical_extensions_refuse() {
    // Name constraints, which nothing here acts upon.
    let more = |critical| move |terms: &mut Terms| terms.more.push(extension("2.5.29.30", critical, &der::sequence(&[])));
    assert!(matches!(document(more(true), |_| {}), Err(PathDefect::UnknownCritical(_))));
    assert!(matches!(document(|_| {}, more(true)), Err(PathDefect::UnknownCritical(_))));
    assert_eq!(document(more(false), more(false)), Ok(3));
    let twice = |terms: &mut Terms| terms.more.push(extension("2.5.29.19", true, &der::sequence(&[])));
    assert!(matches!(document(|_| {}, twice), Err(PathDefect::Malformed(_))));
}

#[test]
fn the_signers_own_usage_counts() {
    assert!(matches!(document(|_| {}, |end| end.usage = Some(0x20)), Err(PathDefect::Purpose { .. })));
    assert_eq!(document(|_| {}, |end| end.usage = None), Ok(3));
    assert!(matches!(document(|_| {}, |end| end.extended = Some((false, vec![SERVER_AUTHENTICATION]))), Err(PathDefect::Purpose { .. })));
    // emailProtection, as many signers have.
    assert_eq!(document(|_| {}, |end| end.extended = Some((false, vec!["1.3.6.1.5.5.7.3.4"]))), Ok(3));
}

/// Many authorities of one name: each would cost a signature check, so after 64 the search ends.
#[test]
fn a_crowd_of_namesakes_ends_the_search() {
    let root = Authority::root(1, "Root");
    let crowd: Vec<Vec<u8>> = (100..=170).map(|seed| root.below(seed, &Terms::authority("Middle", seed)).certificate).collect();
    let middle = root.below(2, &Terms::authority("Middle", 2));
    let signer = middle.issue(&key(3), &Terms::signer("Signer", 3));
    let anchors = anchors(&[&root]);
    let with = |namesakes: usize| {
        let pool: Vec<&[u8]> = crowd[..namesakes].iter().map(Vec::as_slice).chain([middle.certificate.as_slice()]).collect();
        path(&signer, &pool, &anchors, Purpose::Document)
    };
    assert_eq!(with(60), Ok(3));
    assert!(with(64).is_err());
}

/// One octet more than the limit is not read at all; at the limit the content decides.
#[test]
fn oversize_proofs_are_not_read() {
    let told = |defect: Option<Asn1Defect>| defect.unwrap().to_string();
    let crl = |length: usize| told(Crl::parse(&vec![0x30; length]).err());
    let ocsp = |length: usize| told(OcspAnswer::parse(&vec![0x30; length]).err());
    assert!(crl((8 << 20) + 1).contains("more than 8 MiB") && !crl(8 << 20).contains("more than"));
    assert!(ocsp((1 << 20) + 1).contains("more than 1 MiB") && !ocsp(1 << 20).contains("more than"));
}

#[test]
fn timestamps_want_a_critical_and_sole_purpose() {
    let root = Authority::root(1, "Root");
    let anchors = anchors(&[&root]);
    let issued = |extended: Option<(bool, Vec<&'static str>)>, usage| {
        let terms = Terms::timestamps("TSA", 4).with(|terms| (terms.extended, terms.usage) = (extended, usage));
        path(&root.issue(&key(4), &terms), &[], &anchors, Purpose::Timestamp)
    };
    assert_eq!(issued(Some((true, vec![TIME_STAMPING])), Some(0x80)), Ok(2));
    assert_eq!(issued(Some((true, vec![TIME_STAMPING])), None), Ok(2));
    for (extended, usage) in [
        (None, Some(0x80)),
        (Some((false, vec![TIME_STAMPING])), Some(0x80)),
        (Some((true, vec![TIME_STAMPING, OCSP_SIGNING])), Some(0x80)),
        (Some((true, vec![OCSP_SIGNING])), Some(0x80)),
        (Some((true, vec![TIME_STAMPING])), Some(0x84)),
    ] {
        assert!(matches!(issued(extended, usage), Err(PathDefect::Purpose { .. })));
    }
    let timestamping = root.issue(&key(4), &Terms::timestamps("TSA", 4));
    assert!(matches!(path(&timestamping, &[], &anchors, Purpose::Document), Err(PathDefect::Purpose { .. })));
}

#[test]
fn names_and_signatures_must_both_fit() {
    let (anchors_of_root, middle, signer) = chain(|_| {}, |_| {});
    assert!(matches!(path(&signer, &[], &anchors_of_root, Purpose::Document), Err(PathDefect::NoIssuer(_))));
    // The same name under another key.
    let impostor = Authority::root(9, "Middle");
    assert!(matches!(
        path(&signer, &[&impostor.certificate], &anchors(&[&impostor]), Purpose::Document),
        Err(PathDefect::Signature { .. })
    ));
    assert!(path(&signer, &[&middle.certificate], &anchors(&[&impostor]), Purpose::Document).is_err());
    assert_eq!(path(&signer, &[&impostor.certificate, &middle.certificate], &anchors_of_root, Purpose::Document), Ok(3));
    // The same key under another name.
    let renamed = Authority { name: authority::name("Other"), ..middle.clone() };
    let foreign = renamed.issue(&key(3), &Terms::signer("Signer", 3));
    assert!(matches!(path(&foreign, &[&middle.certificate], &anchors_of_root, Purpose::Document), Err(PathDefect::NoIssuer(_))));
    assert_eq!(path(&signer, &[&middle.certificate], &TrustAnchors::default(), Purpose::Document), Err(PathDefect::NoAnchors));
}

#[test]
fn one_changed_octet_breaks_a_link() {
    let (anchors, middle, mut signer) = chain(|_| {}, |_| {});
    let at = signer.windows(6).position(|window| window == b"Signer").unwrap();
    signer[at] = b's';
    assert!(matches!(path(&signer, &[&middle.certificate], &anchors, Purpose::Document), Err(PathDefect::Signature { .. })));
}

#[test]
fn path_lengths_are_kept_and_self_issued_certificates_do_not_count() {
    let root = Authority::root(1, "Root");
    let limited = |allowed| root.below(2, &Terms::authority("Limited", 2).with(|terms| terms.constraints = Some((true, Some(allowed)))));
    let through = |limited: &Authority| {
        let lower = limited.below(3, &Terms::authority("Lower", 3));
        let signer = lower.issue(&key(4), &Terms::signer("Signer", 4));
        path(&signer, &[&lower.certificate, &limited.certificate], &anchors(&[&root]), Purpose::Document)
    };
    assert_eq!(through(&limited(1)), Ok(4));
    assert!(matches!(through(&limited(0)), Err(PathDefect::PathLength { allowed: 0, found: 1, .. })));
    // The authority changes its key: one more certificate of the same name.
    let old = limited(0);
    let renewed = old.below(3, &Terms::authority("Limited", 5));
    let signer = renewed.issue(&key(4), &Terms::signer("Signer", 4));
    assert_eq!(path(&signer, &[&renewed.certificate, &old.certificate], &anchors(&[&root]), Purpose::Document), Ok(4));
}

#[test]
fn long_chains_and_loops_end() {
    let root = Authority::root(1, "Root");
    let through = |count: u8| {
        let mut last = root.clone();
        let mut pool = Vec::new();
        for number in 0..count {
            last = last.below(20 + number, &Terms::authority(&format!("Authority {number}"), 10));
            pool.push(last.certificate.clone());
        }
        let signer = last.issue(&key(4), &Terms::signer("Signer", 4));
        let pool: Vec<&[u8]> = pool.iter().map(Vec::as_slice).collect();
        path(&signer, &pool, &anchors(&[&root]), Purpose::Document)
    };
    assert_eq!(through(8), Ok(10));
    assert_eq!(through(9), Err(PathDefect::TooLong));
    // Two authorities sign each other; one of them is also below the root.
    let (one, other) = (Authority::root(5, "One"), Authority::root(6, "Other"));
    let cross = [one.issue(&other.key, &Terms::authority("Other", 7)), other.issue(&one.key, &Terms::authority("One", 8))];
    let signer = one.issue(&key(4), &Terms::signer("Signer", 4));
    let pool = [cross[0].as_slice(), cross[1].as_slice()];
    assert!(path(&signer, &pool, &anchors(&[&root]), Purpose::Document).is_err());
    assert_eq!(path(&signer, &pool, &anchors(&[&other]), Purpose::Document), Ok(3));
    let entry = root.issue(&other.key, &Terms::authority("Other", 9));
    assert_eq!(path(&signer, &[pool[0], pool[1], &entry], &anchors(&[&root]), Purpose::Document), Ok(4));
}

#[test]
fn of_two_paths_the_one_valid_at_the_time_is_taken() {
    let root = Authority::root(1, "Root");
    let expired = root.below(2, &Terms::authority("Middle", 2).with(|terms| terms.until = NOW - DAY));
    let renewed = root.issue(&expired.key, &Terms::authority("Middle", 3));
    let signer = expired.issue(&key(3), &Terms::signer("Signer", 3));
    let anchors = anchors(&[&root]);
    let pool = [expired.certificate.as_slice(), renewed.as_slice()];
    let found = |pool: &[&[u8]], time| find_path(&signer, pool, &anchors, Purpose::Document, Some(time)).unwrap().is_valid_at(time);
    assert!(found(&pool, NOW) && found(&pool, NOW - 2 * DAY));
    assert!(!found(&pool[..1], NOW) && found(&pool[..1], NOW - 2 * DAY));
}

#[test]
fn a_pinned_signer_vouches_for_itself_alone() {
    let own = Authority::root(7, "Self");
    let terms = Terms::signer("Self", 7);
    let certificate = own.issue(&own.key, &terms);
    let pinned = TrustAnchors::new(vec![certificate.clone()]).unwrap();
    assert_eq!(path(&certificate, &[], &pinned, Purpose::Document), Ok(1));
    let child = own.issue(&key(8), &Terms::signer("Child", 8));
    assert!(matches!(path(&child, &[], &pinned, Purpose::Document), Err(PathDefect::NotAuthority(_))));
}

fn status<'a>(certificate: &[u8], issuer: &Authority, crls: &[&'a [u8]], ocsps: &[&'a [u8]]) -> CertificateStatus<'a> {
    let (certificate, issuer) = (Certificate::parse(certificate).unwrap(), Certificate::parse(&issuer.certificate).unwrap());
    Proofs::new(crls, ocsps).status(&certificate, &issuer)
}

#[test]
fn a_crl_says_when_a_certificate_was_revoked() {
    let root = Authority::root(1, "Root");
    let signer = root.issue(&key(3), &Terms::signer("Signer", 3));
    let crl = root.crl(NOW, NOW + DAY, &[(9, FROM, None), (3, NOW - DAY, Some(1))], &[]);
    let found = status(&signer, &root, &[&crl], &[]);
    let revoked = found.revoked.unwrap();
    assert_eq!((revoked.since, revoked.reason), (NOW - DAY, Some(1)));
    assert!(found.is_good_at(NOW - DAY - 1) && !found.is_good_at(NOW - DAY) && !found.is_good_at(NOW));
    // The control: others are revoked, this one is not.
    let clean = root.crl(NOW, NOW + DAY, &[(9, FROM, None)], &[]);
    let found = status(&signer, &root, &[&clean], &[]);
    assert!(found.revoked.is_none() && found.is_good_at(NOW) && found.is_good_at(NOW + DAY));
    assert!(!found.is_good_at(NOW + DAY + 1), "an expired CRL says nothing about today");
}

#[test]
fn a_crl_of_another_or_of_other_scope_says_nothing() {
    let (root, other) = (Authority::root(1, "Root"), Authority::root(2, "Other"));
    let signer = root.issue(&key(3), &Terms::signer("Signer", 3));
    let silent = |crl: &[u8]| {
        let found = status(&signer, &root, &[crl], &[]);
        found.revoked.is_none() && found.known_until.is_none()
    };
    let revoked = [(3, FROM, None)];
    assert!(!silent(&root.crl(NOW, NOW + DAY, &revoked, &[])));
    assert!(silent(&other.crl(NOW, NOW + DAY, &revoked, &[])));
    let impostor = Authority::root(8, "Root");
    assert!(silent(&impostor.crl(NOW, NOW + DAY, &revoked, &[])));
    // A delta CRL; one for authorities only; one for signers only, which counts.
    assert!(silent(&root.crl(NOW, NOW + DAY, &revoked, &[extension("2.5.29.27", true, &der::integer(&[1]))])));
    let scope = |tag| extension("2.5.29.28", true, &der::sequence(&[der::tlv(tag, &[0xff])]));
    assert!(silent(&root.crl(NOW, NOW + DAY, &revoked, &[scope(0x82)])));
    assert!(!silent(&root.crl(NOW, NOW + DAY, &revoked, &[scope(0x81)])));
    // An authority whose key usage does not allow CRLs.
    let weak = Authority {
        certificate: root.issue(&root.key, &Terms::authority("Root", 1).with(|terms| terms.usage = Some(0x04))),
        ..root.clone()
    };
    let crl = weak.crl(NOW, NOW + DAY, &revoked, &[]);
    assert!(status(&signer, &weak, &[&crl], &[]).known_until.is_none());
}

#[test]
fn an_ocsp_answer_is_of_the_issuer_or_its_delegate() {
    let (root, other) = (Authority::root(1, "Root"), Authority::root(2, "Other"));
    let signer = root.issue(&key(3), &Terms::signer("Signer", 3));
    let known = |answer: &[u8]| status(&signer, &root, &[], &[answer]).known_until;
    assert_eq!(known(&root.ocsp(3, NOW, NOW + DAY, None, None)), Some(NOW + DAY));
    assert_eq!(known(&root.ocsp(4, NOW, NOW + DAY, None, None)), None, "about another certificate");
    let delegate = |by: &Authority, terms: &Terms| (key(5), by.issue(&key(5), terms));
    let answer =
        |(key, certificate): &(eco_documents::keys::SecretKey, Vec<u8>)| root.ocsp(3, NOW, NOW + DAY, None, Some((key, certificate)));
    assert_eq!(known(&answer(&delegate(&root, &Terms::responder("Responder", 6)))), Some(NOW + DAY));
    let without = Terms::responder("Responder", 6).with(|terms| terms.extended = None);
    assert_eq!(known(&answer(&delegate(&root, &without))), None, "without OCSPSigning");
    assert_eq!(known(&answer(&delegate(&other, &Terms::responder("Responder", 6)))), None, "another authority's delegate");
    let expired = Terms::responder("Responder", 6).with(|terms| terms.until = NOW - DAY);
    assert_eq!(known(&answer(&delegate(&root, &expired))), None, "an expired delegate");
    // Without nocheck its own status is asked for.
    let checked = delegate(&root, &Terms::responder("Responder", 6).with(|terms| terms.more.clear()));
    let answer = answer(&checked);
    assert_eq!(known(&answer), None);
    let (clean, revoked) = (root.crl(NOW, NOW + DAY, &[], &[]), root.crl(NOW, NOW + DAY, &[(6, FROM, None)], &[]));
    let proofs = |crl: &[u8]| status(&signer, &root, &[crl], &[&answer]).defects.len();
    assert_eq!((proofs(&clean), proofs(&revoked)), (0, 1));
    let forged = {
        let mut bytes = root.ocsp(3, NOW, NOW + DAY, None, None);
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    assert_eq!(known(&forged), None);
}

#[test]
fn the_earliest_revocation_counts_and_silence_after_expiry_is_none() {
    let root = Authority::root(1, "Root");
    let signer = root.issue(&key(3), &Terms::signer("Signer", 3).with(|terms| terms.until = NOW));
    let answers = [root.ocsp(3, NOW, NOW + DAY, Some(NOW - DAY), None), root.ocsp(3, NOW, NOW + DAY, None, None)];
    let crl = root.crl(NOW, NOW + DAY, &[(3, NOW - 2 * DAY, None)], &[]);
    let found = status(&signer, &root, &[&crl], &[&answers[0], &answers[1]]);
    assert_eq!(found.revoked.unwrap().since, NOW - 2 * DAY);
    let late = root.crl(UNTIL, UNTIL + DAY, &[], &[]);
    assert_eq!(status(&signer, &root, &[&late], &[]).known_until, None, "authorities drop expired certificates from their lists");
}
