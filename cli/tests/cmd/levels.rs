//! Timestamps and long-term levels from the command line, against authorities on the loopback.

use super::world::{NUMBER, World};
use crate::authority::tsa::Tsa;
use crate::authority::{Authority, DAY, Terms, key};
use eco_documents::keys::KeyFileRandomness;
use eco_documents::pdf::{CertificateFields, sample_certificate};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

/// 2020 to 2049: the command takes the machine's time.
const FROM: i64 = 1_577_836_800;
const UNTIL: i64 = 2_493_072_000;

#[expect(clippy::disallowed_methods, reason = "the authority of the test dates its answers")]
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Path and body of one request.
fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let length =
                text.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let path = text.split(' ').nth(1)?.to_owned();
                return Some((path, bytes[end + 4..end + 4 + length].to_vec()));
            }
        }
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}

/// An authority for signers and timestamps that publishes what it says; gives its root and the signer's certificate.
fn publish(world: &World) -> String {
    let dated = |terms: Terms| terms.with(|terms| (terms.from, terms.until) = (FROM, UNTIL));
    let root = Authority { certificate: Vec::new(), ..Authority::root(1, "Root") };
    let certificate = root.issue(&root.key, &dated(Terms::authority("Root", 1)));
    let root = Authority { certificate, ..root };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    world.write("root.crt", &root.certificate);
    world.write("chamber.crt", &root.issue(&key(7), &dated(Terms::signer("Chamber", 7)).published_at(&address)));
    let pem = key(7).to_encrypted_pem(b"correct horse", &KeyFileRandomness { salt: [1; 16], iv: [2; 16] }).unwrap();
    for (name, bytes) in [("chamber.pem", pem.as_bytes()), ("phrase", b"correct horse\n")] {
        world.write(name, bytes);
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    world.write("form.pdf", &sample_certificate(&CertificateFields::sample(NUMBER)));
    let tsa = Tsa::new(&root, 5, &dated(Terms::timestamps("TSA", 5)).published_at(&address));
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let Some((path, body)) = request(&mut stream) else { continue };
            let answer = match path.as_str() {
                "/tsa" => Some(tsa.answer(&body, now())),
                "/crl" => Some(root.crl(now(), now() + DAY, &[], &[])),
                // Only the signer's status is answered by OCSP: the other is to be found on the list.
                "/ocsp" if body.windows(3).any(|window| window == [2, 1, 7]) => Some(root.ocsp(7, now(), now() + DAY, None, None)),
                _ => None,
            };
            let (status, body) = answer.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    address
}

fn level(answer: &Value) -> Option<&str> {
    answer["signatures"].as_array()?.iter().find_map(|signature| signature["level"].as_str())
}

/// A chamber must be able to prove its certificates when its own certificate has long expired.
#[test]
fn a_signature_is_timestamped_kept_and_renewed() {
    let world = World::new();
    let address = publish(&world);
    let tsa = format!("{address}/tsa");
    let sign = |out: &str, more: &[&str]| {
        let first =
            ["sign", "form.pdf", "--key", "chamber.pem", "--certificate", "chamber.crt", "--passphrase-file", "phrase", "--out", out];
        world.json(&[&first, more].concat())
    };
    let (exit, answer) = sign("t.pdf", &["--timestamp", &tsa, "--trust-anchors", "root.crt"]);
    assert_eq!(exit, 0, "{answer:#}");
    let verify = |file: &str, more: &[&str]| world.json(&[&["verify", file, "--offline"], more].concat()).1;
    let trusting = ["--trust-anchors", "root.crt"];
    let stamped = verify("t.pdf", &trusting);
    assert_eq!(level(&stamped), Some("B-T"), "{stamped:#}");
    assert_eq!(level(&verify("t.pdf", &[])), Some("B-B"), "nobody vouches for the authority");
    let extend = |more: &[&str]| world.json(&[&["extend", "t.pdf", "--trust-anchors", "root.crt"], more].concat());
    let (exit, answer) = extend(&["--level", "lt"]);
    assert_eq!((exit, answer["level"].as_str()), (0, Some("B-LT")), "{answer:#}");
    let (exit, answer) = extend(&["--timestamp", &tsa]);
    assert_eq!((exit, answer["level"].as_str()), (0, Some("B-LTA")), "{answer:#}");
    let length = fs::metadata(world.path("t.pdf")).unwrap().len();
    let (exit, answer) = extend(&["--timestamp", &tsa]);
    assert_eq!((exit, answer["steps"][0].as_str()), (0, Some("nothing was lacking")), "{answer:#}");
    assert_eq!(fs::metadata(world.path("t.pdf")).unwrap().len(), length);
    let (exit, answer) = extend(&["--timestamp", &tsa, "--renew"]);
    assert_eq!((exit, answer["level"].as_str()), (0, Some("B-LTA")), "{answer:#}");
    let kept = verify("t.pdf", &trusting);
    assert_eq!(kept["signatures"].as_array().unwrap().len(), 3);
    assert_eq!(kept["candidates"], stamped["candidates"], "the fingerprint is the one that is recorded");
    for more in [&["--limited", "--trust-anchors", "root.crt"][..], &["--limited"]] {
        let (limited, here) = (verify("t.pdf", more), verify("t.pdf", &more[1..]));
        let judged =
            |answer: &Value| (answer["candidates"].clone(), answer["verdict"]["trust"].clone(), answer["verdict"]["reasons"].clone());
        assert_eq!(judged(&limited), judged(&here), "a process of its own knows whom the asker trusts");
    }
}

/// A bad answer, or none, leaves no half-made file.
#[test]
fn without_a_good_timestamp_nothing_is_written() {
    let world = World::new();
    let address = publish(&world);
    let sign = |timestamp: &str, anchors: &str| {
        let (exit, answer) = world.json(&[
            "sign",
            "form.pdf",
            "--key",
            "chamber.pem",
            "--certificate",
            "chamber.crt",
            "--passphrase-file",
            "phrase",
            "--out",
            "out.pdf",
            "--timestamp",
            timestamp,
            "--trust-anchors",
            anchors,
        ]);
        (exit, answer["error"]["reason"].as_str().unwrap_or_default().to_owned())
    };
    world.write("stranger.crt", &Authority::root(9, "Stranger").certificate);
    assert_eq!(sign(&format!("{address}/nothing"), "root.crt"), (3, "TIMESTAMP_AUTHORITY_UNREACHABLE".into()));
    assert_eq!(sign(&format!("{address}/crl"), "root.crt"), (1, "TIMESTAMP_INVALID".into()));
    assert_eq!(sign(&format!("{address}/tsa"), "stranger.crt"), (1, "TIMESTAMP_INVALID".into()));
    assert!(!world.path("out.pdf").exists());
    assert_eq!(sign(&format!("{address}/tsa"), "root.crt").0, 0);
}
