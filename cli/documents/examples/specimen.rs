//! Writes a specimen certificate, unsigned and signed: `cargo run -p eco-documents --example specimen -- <directory>`.

use eco_documents::keys::{KeyAlgorithm, SecretKey};
use eco_documents::pdf::{CertificateFields, KeySigner, SignOptions, sample_certificate, sign};
use eco_documents::pki::{SubjectName, self_signed_certificate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let unsigned = sample_certificate(&CertificateFields::sample("26C4403A000100001"));
    std::fs::write(directory.join("unsigned.pdf"), &unsigned)?;
    for (name, algorithm) in [("viewer", KeyAlgorithm::P256), ("iso32002", KeyAlgorithm::Ed25519)] {
        // A key that everyone knows: for specimens only.
        let key = SecretKey::of_seed(algorithm, &[7; 32])?;
        let subject = SubjectName {
            common_name: "Example Chamber of International Commerce".into(),
            organization: "Example Chamber of International Commerce".into(),
            country: "CN".into(),
        };
        let certificate = self_signed_certificate(&key, &subject, 1_767_225_600, 1_893_456_000);
        std::fs::write(directory.join(format!("{name}.der")), &certificate)?;
        let signer = KeySigner::new(key, certificate, Vec::new())?;
        let mut options = SignOptions::new([5; 16], 1_778_400_900);
        options.reason = Some("Certificate of origin issued".into());
        options.location = Some("Huizhou".into());
        std::fs::write(directory.join(format!("{name}.pdf")), sign(&unsigned, &options, &signer)?)?;
    }
    Ok(())
}
