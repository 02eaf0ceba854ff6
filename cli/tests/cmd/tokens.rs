//! Keys that are not in a file: in a token (SoftHSM2), or elsewhere, with the signature brought back.

use super::world::{World, document_key};
use eco_documents::pdf::{CertificateFields, inspect_pdf, sample_certificate};
use eco_documents::pki::{SubjectName, self_signed_certificate};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const LIBRARIES: [&str; 3] =
    ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"];
const PIN: &str = "271828";

fn skip(what: &str) {
    println!("skipped: {what}");
    assert!(std::env::var("ECO_REQUIRE_ORACLES").is_err(), "{what}, and ECO_REQUIRE_ORACLES is set");
}

fn unsigned() -> Vec<u8> {
    sample_certificate(&CertificateFields::sample("26C4403A/00001"))
}

/// A world with a token: keys `ec` and `rsa` made by openssl, their certificates beside them.
struct TokenWorld {
    world: World,
    library: &'static str,
}

impl TokenWorld {
    /// `None` if SoftHSM2 or openssl is not installed.
    fn new() -> Option<Self> {
        let library = *LIBRARIES.iter().find(|library| Path::new(library).is_file())?;
        let world = World::new();
        let this = Self { world, library };
        fs::create_dir(this.world.path("tokens")).unwrap();
        let store = this.world.path("tokens");
        this.world.write("softhsm2.conf", format!("directories.tokendir = {}\nobjectstore.backend = file\n", store.display()).as_bytes());
        this.world.write("pin", PIN.as_bytes());
        this.world.write("wrong", b"141421");
        for name in ["pin", "wrong"] {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(this.world.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        this.run("softhsm2-util", &["--init-token", "--free", "--label", "Chamber X", "--so-pin", "314159", "--pin", PIN])?;
        this.key("ec", "01", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])?;
        this.key("rsa", "02", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"])?;
        this.world.write("form.pdf", &unsigned());
        Some(this)
    }

    /// `None` if the program is not installed; it must succeed.
    fn run(&self, program: &str, arguments: &[&str]) -> Option<()> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.world.directory.path()).env("SOFTHSM2_CONF", self.world.path("softhsm2.conf"));
        let output = command.output().ok()?;
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Some(())
    }

    fn key(&self, label: &str, id: &str, kind: &[&str]) -> Option<()> {
        let (key, certificate) = (format!("{label}.pem"), format!("{label}.crt"));
        self.run("openssl", &[&["genpkey", "-out", &key], kind].concat())?;
        let subject =
            ["-subj", "/C=CN/O=Chamber X/CN=Chamber X", "-days", "3000", "-addext", "keyUsage=critical,digitalSignature,nonRepudiation"];
        self.run("openssl", &[&["req", "-x509", "-new", "-key", &key, "-out", &certificate], subject.as_slice()].concat())?;
        self.run("softhsm2-util", &["--import", &key, "--token", "Chamber X", "--label", label, "--id", id, "--pin", PIN])
    }

    /// `eco sign form.pdf` by a key of the token.
    fn sign(&self, key: &str, certificate: &str, out: &str, more: &[&str]) -> Output {
        let uri = format!("pkcs11:token=Chamber%20X;{key}?module-path={}", self.library);
        self.eco(&[&["sign", "form.pdf", "--key", &uri, "--certificate", certificate, "--out", out], more].concat(), "")
    }

    /// `eco` where the token is, without a terminal.
    fn eco(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eco"));
        command.args(arguments).arg("--json").current_dir(self.world.directory.path()).env_clear();
        command.env("ECO_HOME", self.world.path("home")).env("SOFTHSM2_CONF", self.world.path("softhsm2.conf"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that asks for nothing may be gone before it is told.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn refused(&self, key: &str, certificate: &str, more: &[&str]) -> String {
        let output = self.sign(key, certificate, "refused.pdf", more);
        assert!(!output.status.success());
        assert!(!self.world.path("refused.pdf").exists());
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["error"].to_string()
    }
}

/// ECDSA, RSA and RSA-PSS, found by label or by id; nothing is written with a wrong PIN, key or certificate.
#[test]
fn a_token_signs_what_a_key_file_signs() {
    let Some(token) = TokenWorld::new() else { return skip("softhsm2 or openssl not installed") };
    let pin = ["--passphrase-file", "pin"];
    for (key, certificate, profile, method) in [
        ("object=ec", "ec.crt", "viewer", "ECDSA P-256 with SHA-256"),
        ("object=rsa;id=%02", "rsa.crt", "rsa", "RSA with SHA-256, 3072 bits"),
        ("id=%02", "rsa.crt", "rsa-pss", "RSA-PSS with SHA-256, 3072 bits"),
    ] {
        let out = format!("{profile}.pdf");
        let output = token.sign(key, certificate, &out, &[&pin[..], &["--profile", profile]].concat());
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let report = inspect_pdf(&fs::read(token.world.path(&out)).unwrap());
        let [signature] = report.signatures.as_slice() else { panic!("{report:?}") };
        assert_eq!((signature.is_intact, signature.method.as_deref()), (true, Some(method)), "{report:?}");
    }
    let wrong_pin = token.refused("object=ec", "ec.crt", &["--passphrase-file", "wrong"]);
    assert!(wrong_pin.contains("the PIN does not open"), "{wrong_pin}");
    assert!(!wrong_pin.contains("141421"));
    for (key, certificate, why) in [
        ("object=nobody", "ec.crt", "0 private keys"),
        ("object=ec", "rsa.crt", "PDF_NOT_SIGNABLE"),
        ("object=rsa", "ec.crt", "PDF_NOT_SIGNABLE"),
    ] {
        let said = token.refused(key, certificate, &pin);
        assert!(said.contains(why), "{key} {certificate}: {said}");
    }
    // Without a terminal a PIN comes from a descriptor or a private file, and from nowhere else.
    let said = token.refused("object=ec", "ec.crt", &[]);
    assert!(said.contains("PASSPHRASE_MISSING"), "{said}");
    let with_pin = token.sign("object=ec;pin-value=271828", "ec.crt", "refused.pdf", &[]);
    let said = String::from_utf8_lossy(&with_pin.stderr).into_owned() + &String::from_utf8_lossy(&with_pin.stdout);
    assert!(!with_pin.status.success() && said.contains("a PIN does not belong into the URI"), "{said}");
}

/// A folder takes one login and one session for all its files; another token than the one named signs nothing.
#[test]
fn a_token_signs_a_folder() {
    let Some(token) = TokenWorld::new() else { return skip("softhsm2 or openssl not installed") };
    fs::create_dir(token.world.path("forms")).unwrap();
    for number in 0..5 {
        token.world.write(&format!("forms/{number}.pdf"), &sample_certificate(&CertificateFields::sample(&format!("N{number}"))));
    }
    let folder = |label: &str| {
        let uri = format!("pkcs11:token={label};object=ec?module-path={}", token.library);
        let sign = ["sign", "forms", "--key", &uri, "--certificate", "ec.crt", "--out", "signed", "--workers", "2", "--passphrase-fd", "0"];
        let output = token.eco(&sign, &format!("{PIN}\n"));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let absent = folder("Chamber%20Y");
    let said = absent["error"]["message"].to_string();
    assert!(absent["error"]["reason"] == "TOKEN_UNUSABLE" && said.contains("Chamber Y") && said.contains("Chamber X"), "{absent}");
    assert!(!token.world.path("signed").exists());
    let answer = folder("Chamber%20X");
    assert_eq!((answer["signed"].as_u64(), answer["failed"].as_u64()), (Some(5), Some(0)), "{answer}");
    for number in 0..5 {
        let report = inspect_pdf(&fs::read(token.world.path(&format!("signed/{number}.pdf"))).unwrap());
        assert!(report.signatures[0].is_intact);
    }
    assert_eq!(folder("Chamber%20X")["signed_before"], 5);
}

/// Key files that openssl protected are the ones that people have.
#[test]
fn key_files_of_openssl_sign() {
    let Some(token) = TokenWorld::new() else { return skip("softhsm2 or openssl not installed") };
    for (name, derive) in [("scrypt.pem", &["-scrypt"][..]), ("pbkdf2.pem", &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"])] {
        let convert = ["pkcs8", "-topk8", "-in", "ec.pem", "-out", name, "-passout", "file:pin"];
        token.run("openssl", &[&convert[..], derive].concat()).unwrap();
        let out = format!("{name}.pdf");
        let sign = ["sign", "form.pdf", "--key", name, "--certificate", "ec.crt", "--out", &out, "--passphrase-fd", "0"];
        let wrong = token.eco(&sign, "141421\n");
        assert!(!wrong.status.success() && !token.world.path(&out).exists());
        let output = token.eco(&sign, &format!("{PIN}\n"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(inspect_pdf(&fs::read(token.world.path(&out)).unwrap()).signatures[0].is_intact);
    }
}

/// Without a key nobody signs, whichever command is to.
#[test]
fn a_key_is_asked_for() {
    let world = World::new();
    world.write("form.pdf", &unsigned());
    world.write("chamber.crt", &certificate());
    let (exit, answer) = world.json(&["sign", "form.pdf", "--certificate", "chamber.crt", "--out", "co.pdf"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("KEY_MISSING")), "{answer}");
    let several = ["sign", "form.pdf", "coo.pdf", "--certificate", "chamber.crt", "--out", "signed", "--prepare"];
    let (exit, answer) = world.json(&several);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("ONE_FILE")), "{answer}");
}

/// The issuing body's certificate, valid from 2020 until 2040: `eco` signs by its own clock.
fn certificate() -> Vec<u8> {
    let name = SubjectName { common_name: "Origin Office".into(), organization: "China Council".into(), country: "CN".into() };
    self_signed_certificate(&document_key(), &name, 1_577_836_800, 2_208_988_800)
}

/// A world in which `form.pdf` is prepared for the issuing body's key, and what that key signs.
fn prepared() -> (World, Vec<u8>) {
    let world = World::new();
    world.write("form.pdf", &unsigned());
    world.write("chamber.crt", &certificate());
    let (exit, answer) = world.json(&["sign", "form.pdf", "--certificate", "chamber.crt", "--out", "co.pdf", "--prepare"]);
    assert_eq!((exit, answer["to_sign"].as_str()), (0, Some("co.pdf.to-sign")), "{answer}");
    let signature = document_key().sign(&fs::read(world.path("co.pdf.to-sign")).unwrap());
    world.write("co.sig", &signature);
    (world, signature)
}

fn finish(world: &World) -> (i32, serde_json::Value) {
    world.json(&["sign", "form.pdf", "--certificate", "chamber.crt", "--out", "co.pdf", "--signature", "co.sig"])
}

#[test]
fn a_signature_made_elsewhere_is_put_in() {
    let (world, _) = prepared();
    // Prepared once: a second time would leave the signature under way without its file.
    let (exit, answer) = world.json(&["sign", "form.pdf", "--certificate", "chamber.crt", "--out", "co.pdf", "--prepare"]);
    assert_eq!((exit, answer["error"]["reason"].as_str()), (2, Some("FILE_EXISTS")), "{answer}");
    let (exit, answer) = finish(&world);
    assert_eq!((exit, answer["outcome"].as_str()), (0, Some("signed")), "{answer}");
    let signed = fs::read(world.path("co.pdf")).unwrap();
    assert!(signed.starts_with(&unsigned()));
    assert!(inspect_pdf(&signed).signatures[0].is_intact);
    assert!(!world.path("co.pdf.prepared").exists() && !world.path("co.pdf.to-sign").exists());
    // Safe to repeat, also after a run that ended before it put its papers away.
    world.write("co.pdf.prepared", &signed);
    let (exit, answer) = finish(&world);
    assert_eq!((exit, answer["outcome"].as_str()), (0, Some("signed before")), "{answer}");
    assert!(!world.path("co.pdf.prepared").exists());
    assert_eq!(fs::read(world.path("co.pdf")).unwrap(), signed);
}

/// Whatever changes between the two phases, no file comes of it.
#[test]
fn what_changed_in_between_takes_no_signature() {
    type Change = fn(&World, &[u8]);
    let cases: [(Change, &str); 6] = [
        (|world, _| world.write("form.pdf", &sample_certificate(&CertificateFields::sample("OTHER"))), "PREPARED_OTHERWISE"),
        (
            |world, _| {
                let mut bytes = fs::read(world.path("co.pdf.prepared")).unwrap();
                let at = bytes.windows(3).rposition(|window| window == b"/M(").unwrap();
                bytes[at + 8] ^= 1;
                world.write("co.pdf.prepared", &bytes);
            },
            "PDF_NOT_SIGNABLE",
        ),
        (|world, _| fs::remove_file(world.path("co.pdf.prepared")).unwrap(), "NOT_PREPARED"),
        (|world, _| fs::write(world.path("co.pdf.prepared"), unsigned()).unwrap(), "PDF_NOT_SIGNABLE"),
        (
            |world, signature| {
                let mut other = signature.to_vec();
                *other.last_mut().unwrap() ^= 1;
                world.write("co.sig", &other);
            },
            "PDF_NOT_SIGNABLE",
        ),
        (|world, _| world.write("co.sig", &document_key().sign(b"something else")), "PDF_NOT_SIGNABLE"),
    ];
    for (change, reason) in cases {
        let (world, signature) = prepared();
        change(&world, &signature);
        let (exit, answer) = finish(&world);
        assert_ne!(exit, 0);
        assert_eq!(answer["error"]["reason"], reason, "{answer}");
        assert!(!world.path("co.pdf").exists());
    }
}
