//! `eco key`: make and show keys.

use crate::args::{KeyCommand, KeyGenerateArgs, PassphraseArgs, ProfileName};
use crate::dates::now;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::report::Report;
use crate::secrets::{self, LogKey};
use anyhow::Result;
use eco_core::SpkiHash;
use eco_core::name::Timestamp;
use eco_core::registry::{KeyRecord, Purpose};
use eco_core::sign::NetworkId;
use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::pki::{Certificate, SubjectName, certificate_request, self_signed_certificate};
use pkcs8::der::pem;
use std::path::{Path, PathBuf};

/// Runs `eco key`.
pub(crate) fn run(command: &KeyCommand, home: &Home) -> Result<Report> {
    match command {
        KeyCommand::Generate(args) => match args.purpose {
            Some(purpose) => log_key(args, purpose, home),
            None => document_key(args),
        },
        KeyCommand::DeclarationSecret { out } => {
            secrets::create_declaration_secret(out)?;
            Ok(Report::new()
                .result(out.display().to_string())
                .note("mode 0600; give a copy to every office of this customs, and to nobody else: another secret makes other keys")
                .field("file", out.display().to_string()))
        }
        KeyCommand::Show { file, passphrase } => show(file, passphrase),
    }
}

fn log_key(args: &KeyGenerateArgs, purpose: Purpose, home: &Home) -> Result<Report> {
    let network = network(args, home)?;
    let secret = secrets::create(KeyAlgorithm::Ed25519, &args.out, &args.passphrase)?;
    let key = LogKey::of(secret).ok_or_else(|| anyhow::anyhow!("an Ed25519 key that is none"))?;
    let public = key.public().to_string();
    let mut report = Report::new()
        .result(public.clone())
        .field("public_key", public)
        .field("purpose", purpose.name())
        .field("file", args.out.display().to_string())
        .note(format!("wrote {} (encrypted, mode 0600); the network must admit the public key above", args.out.display()));
    if let (Some(network), Some(organisation)) = (network, args.org) {
        let record =
            KeyRecord { key: key.public(), organisation, purpose, office: 0, valid_from: Timestamp(0), valid_until: None, revoked: None };
        let proof = hex::encode(key.prove_possession(&record, &network)?.0);
        report = report
            .note(format!("proof of possession for {organisation} on network {network}:"))
            .note(format!("  {proof}"))
            .field("organisation", organisation.as_str())
            .field("network", network.to_string())
            .field("proof_of_possession", proof);
    }
    Ok(report)
}

fn network(args: &KeyGenerateArgs, home: &Home) -> Result<Option<NetworkId>> {
    match (&args.network, args.org) {
        (Some(text), _) => parse_network(text).map(Some),
        (None, Some(_)) => Ok(home.trust()?.map(|t| t.network())),
        (None, None) => Ok(None),
    }
}

/// Reads a network id.
pub(crate) fn parse_network(text: &str) -> Result<NetworkId> {
    text.parse().map_err(|e| Fault::usage("NETWORK_ID_INVALID", format!("network id: {e}")).into())
}

const DAY_SECONDS: i64 = 86_400;

fn document_key(args: &KeyGenerateArgs) -> Result<Report> {
    let name = parse_subject(args.subject.as_deref().unwrap_or_default())?;
    let algorithm = match args.profile {
        ProfileName::Viewer => KeyAlgorithm::P256,
        ProfileName::Iso32002 => KeyAlgorithm::Ed25519,
    };
    let extension = if args.csr { "csr" } else { "crt" };
    let beside = args.certificate_out.clone().unwrap_or_else(|| args.out.with_extension(extension));
    if beside.exists() {
        return Err(Fault::usage("FILE_EXISTS", format!("{} exists and is not overwritten", beside.display())).into());
    }
    let key = secrets::create(algorithm, &args.out, &args.passphrase)?;
    // A certificate a little older than now holds on computers whose clocks are behind.
    let start = i64::try_from(now().0 / 1000).unwrap_or(i64::MAX).saturating_sub(300);
    let (label, der) = if args.csr {
        ("CERTIFICATE REQUEST", certificate_request(&key, &name))
    } else {
        ("CERTIFICATE", self_signed_certificate(&key, &name, start, start.saturating_add(i64::from(args.days) * DAY_SECONDS)))
    };
    let text = pem::encode_string(label, pem::LineEnding::LF, &der).map_err(|e| anyhow::anyhow!("PEM: {e}"))?;
    files::write_new(&beside, text.as_bytes(), files::Secrecy::Public)?;
    let spki = SpkiHash::of(&key.spki());
    Ok(Report::new()
        .result(format!("spki:{spki}"))
        .note(format!("wrote {} (encrypted, mode 0600) and {}", args.out.display(), beside.display()))
        .note("the network must bind the hash above to your organisation")
        .field("spki_hash", spki.to_string())
        .field("algorithm", algorithm_name(algorithm))
        .field("file", args.out.display().to_string())
        .field("certificate", beside.display().to_string()))
}

/// Reads `CN=..,O=..,C=..`.
fn parse_subject(text: &str) -> Result<SubjectName> {
    let bad = |what: String| Fault::usage("SUBJECT_INVALID", what).hint("--subject \"CN=Origin Office,O=Chamber of Commerce,C=CN\"");
    let mut name = SubjectName { common_name: String::new(), organization: String::new(), country: String::new() };
    for part in text.split(',') {
        let (key, value) = part.split_once('=').ok_or_else(|| bad(format!("{part:?} is not NAME=VALUE")))?;
        let field = match key.trim() {
            "CN" => &mut name.common_name,
            "O" => &mut name.organization,
            "C" => &mut name.country,
            other => return Err(bad(format!("{other:?} is not one of CN, O, C")).into()),
        };
        if !field.is_empty() {
            return Err(bad(format!("{} is given twice", key.trim())).into());
        }
        *field = value.trim().to_string();
    }
    let country = name.country.as_bytes();
    if name.common_name.is_empty() || name.organization.is_empty() || country.len() != 2 || !country.iter().all(u8::is_ascii_uppercase) {
        return Err(bad("CN, O and a two-letter C are needed".to_string()).into());
    }
    Ok(name)
}

const fn algorithm_name(algorithm: KeyAlgorithm) -> &'static str {
    match algorithm {
        KeyAlgorithm::P256 => "P-256",
        KeyAlgorithm::Ed25519 => "Ed25519",
    }
}

fn show(file: &Path, passphrase: &PassphraseArgs) -> Result<Report> {
    let bytes = files::read(file, 64 << 10)?;
    if bytes.windows(29).any(|w| w == b"BEGIN ENCRYPTED PRIVATE KEY--") {
        return Ok(show_key(file, secrets::open(file, passphrase)?));
    }
    let der = read_certificate(file)?;
    let certificate = Certificate::parse(&der).map_err(|e| Fault::usage("CERTIFICATE_INVALID", format!("{}: {e}", file.display())))?;
    let spki = SpkiHash::of(certificate.spki);
    let subject = certificate.subject_name().unwrap_or_default();
    Ok(Report::new()
        .result(format!("spki:{spki}"))
        .note(format!("certificate of {subject}"))
        .field("spki_hash", spki.to_string())
        .field("subject", subject)
        .field("self_signed", certificate.is_self_signed()))
}

fn show_key(file: &Path, secret: SecretKey) -> Report {
    let algorithm = secret.algorithm();
    let spki = SpkiHash::of(&secret.spki());
    let report = Report::new().field("algorithm", algorithm_name(algorithm)).field("spki_hash", spki.to_string());
    let report = report.note(format!("{}: {} key, spki:{spki}", file.display(), algorithm_name(algorithm)));
    match LogKey::of(secret) {
        Some(key) => report.result(key.public().to_string()).field("public_key", key.public().to_string()),
        None => report.result(format!("spki:{spki}")),
    }
}

/// Reads a certificate, PEM or DER.
pub(crate) fn read_certificate(path: &Path) -> Result<Vec<u8>> {
    let bytes = files::read(path, 256 << 10)?;
    if !bytes.starts_with(b"-----BEGIN") {
        return Ok(bytes);
    }
    let bad = |what: String| Fault::usage("CERTIFICATE_INVALID", format!("{}: {what}", path.display()));
    let (label, der) = pem::decode_vec(&bytes).map_err(|e| bad(e.to_string()))?;
    if label == "CERTIFICATE" { Ok(der) } else { Err(bad(format!("a {label}, not a CERTIFICATE")).into()) }
}

/// Where key files usually lie: those that `eco doctor` looks at.
pub(crate) fn key_files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        entries.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.extension().is_some_and(|e| e == "pem" || e == "key")).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A subject read wrongly ends up in a certificate that customs abroad read.
    #[test]
    fn subjects_are_read_strictly() {
        let name = parse_subject("CN=Origin Office, O=China Council, C=CN").unwrap();
        assert_eq!(
            (name.common_name.as_str(), name.organization.as_str(), name.country.as_str()),
            ("Origin Office", "China Council", "CN")
        );
        for bad in ["", "CN=a", "CN=a,O=b,C=cn", "CN=a,O=b,C=CHN", "CN=a,CN=b,O=c,C=CN", "CN=a,O=b,C=CN,OU=d"] {
            assert!(parse_subject(bad).is_err(), "{bad}");
        }
    }
}
