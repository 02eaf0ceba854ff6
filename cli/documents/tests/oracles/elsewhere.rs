//! Keys held elsewhere: openssl signs what `prepare` asks for, by methods that we have no keys for.

use crate::common::{condemning, options, unsigned};
use crate::{directory, run, write};
use eco_documents::pdf::{Prepared, SignError, SignOptions, SignatureProfile, SignerIdentity, ecdsa_der, finish, inspect_pdf, prepare};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "openssl makes certificates that are valid from now")]
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A signature of these bytes by a key file.
fn signature(directory: &Path, key: &str, to_sign: &[u8], options: &[&str]) -> Vec<u8> {
    let (message, out) = (write(directory, "to-sign", to_sign), directory.join("signature"));
    let arguments = [&["dgst", "-sha256", "-sign", key, "-out", out.to_str().unwrap()], options, &[message.as_str()]].concat();
    let output = run(Path::new("openssl"), &arguments).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(out).unwrap()
}

/// If the parameters that we state were not those that tokens sign by, no file signed with one would verify anywhere.
#[test]
fn rsa_keys_held_elsewhere_sign_by_both_profiles() {
    let directory = directory("elsewhere");
    let (key, certificate) = (directory.join("rsa.pem"), directory.join("rsa.der"));
    let (key, path) = (key.to_str().unwrap(), certificate.to_str().unwrap());
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-outform", "DER", "-out", path];
    let Some(made) = run(Path::new("openssl"), &[&request[..], &["-days", "3650", "-subj", "/CN=Token Office/C=CN"]].concat()) else {
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let certificate = std::fs::read(path).unwrap();
    let signing_time = now() + 1;
    let pss: &[&str] = &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
    for (profile, own, other, method) in [
        (SignatureProfile::Rsa, &[][..], pss, "RSA with SHA-256, 2048 bits"),
        (SignatureProfile::RsaPss, pss, &[][..], "RSA-PSS with SHA-256, 2048 bits"),
    ] {
        let identity = SignerIdentity::of_certificate(certificate.clone(), Some(profile)).unwrap();
        let prepared = prepare(&unsigned(), &identity, &SignOptions { signing_time, ..options(4) }).unwrap();
        let put_away = || Prepared::reopen(prepared.bytes().to_vec(), identity.clone()).unwrap();
        let good = signature(&directory, key, put_away().to_sign(), own);
        let file = finish(put_away(), &good).unwrap();
        assert_eq!(condemning(&file), []);
        assert_eq!(inspect_pdf(&file).signatures[0].method.as_deref(), Some(method));
        // The control: a signature by the other method.
        let wrong = signature(&directory, key, put_away().to_sign(), other);
        assert!(matches!(finish(put_away(), &wrong), Err(SignError::SelfCheck(_))));
    }
    assert_eq!(SignerIdentity::of_certificate(certificate.clone(), None).unwrap().profile, SignatureProfile::Rsa, "the usual one");
    assert!(SignerIdentity::of_certificate(certificate, Some(SignatureProfile::Viewer)).is_err(), "RSA signs no ECDSA");
}

/// Tokens give r and s side by side; a leading one bit needs an octet before it, a leading zero octet goes.
#[test]
fn signatures_of_tokens_become_der() {
    let octets = [[0x80; 32], [0x01; 32]].concat();
    let der = ecdsa_der(&octets).unwrap();
    assert_eq!(der[..5], [0x30, 69, 0x02, 33, 0]);
    assert_eq!(der[36..40], [0x80, 0x02, 32, 0x01]);
    assert!(ecdsa_der(&octets[1..]).is_none());
}
