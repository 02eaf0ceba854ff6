//! W3C Data Integrity, cryptosuite `eddsa-jcs-2022`: sign and verify.
//!
//! Signed bytes: SHA-256 of the canonical proof options, then SHA-256 of the canonical document without
//! `proof`. Keys are never fetched: `did:key` and a multikey after `#` name the key themselves, and whether it is
//! the issuer's is for `judge` to say from the registry. Other suites are refused by name.

use crate::jcs;
use crate::json::{Member, Node, Value, object, text};
use crate::keys::{KeyAlgorithm, SecretKey};
use crate::profile::{Flaw, instant, rfc3339};
use eco_core::name::Timestamp;
use eco_core::sign::{PublicKey, Signature};
use eco_core::verdict::{Candidate, Code, Finding, SignerStanding, Subject};
use eco_core::{Fingerprint, SignatureHash};
use sha2::{Digest, Sha256};

/// The one suite.
pub const SUITE: &str = "eddsa-jcs-2022";
/// Proofs in a set.
pub const PROOFS_MAX: usize = 16;
/// Multicodec of an Ed25519 public key, as a multikey begins.
const ED25519_PUB: [u8; 2] = [0xed, 0x01];

/// One proof of a document, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofReport {
    /// Byte offset of the proof.
    pub offset: usize,
    /// `verificationMethod`, as stated.
    pub method: String,
    /// Whether it holds.
    pub outcome: Result<Verified, ProofDefect>,
}

/// A proof that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// By which key.
    pub key: PublicKey,
    /// Which signature it is, for the log.
    pub signature_hash: SignatureHash,
    /// When it says it was made.
    pub created: Option<Timestamp>,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofDefect {
    /// Another suite.
    #[error("cryptosuite {0:?}; this version checks {SUITE} only")]
    Suite(String),
    /// A member is missing or wrong.
    #[error("{member} must be {rule}, found {found}")]
    Member {
        /// Which.
        member: &'static str,
        /// The rule.
        rule: &'static str,
        /// What is there.
        found: String,
    },
    /// A member that a proof of the profile does not have.
    #[error("{0:?} does not belong to a proof of the profile")]
    Unknown(String),
    /// The verification method names no key, and no registered key fits.
    #[error("{0:?} names no key, and no registered key of the issuer verifies the proof; write did:..#<multikey>")]
    NoKey(String),
    /// More proofs than are checked: nothing is said of a document whose proofs are not all checked.
    #[error("{found} proofs; at most {PROOFS_MAX} are allowed")]
    TooMany {
        /// How many there are.
        found: usize,
    },
    /// The signature does not verify.
    #[error("the signature does not verify: the document, the proof or the key is another than was signed")]
    Signature,
}

/// Verifies every proof of a document. `canonical` are the document's canonical bytes.
#[must_use]
pub fn verify_all(document: &Node, canonical: &str, registered: &[PublicKey]) -> Vec<ProofReport> {
    let proofs = match document.get("proof") {
        None => return Vec::new(),
        Some(node) => node.as_list().unwrap_or(std::slice::from_ref(node)),
    };
    if let Some(first) = proofs.get(PROOFS_MAX) {
        let outcome = Err(ProofDefect::TooMany { found: proofs.len() });
        return vec![ProofReport { offset: first.at, method: String::new(), outcome }];
    }
    let hash: [u8; 32] = Sha256::digest(canonical.as_bytes()).into();
    let report = |proof: &Node| ProofReport {
        offset: proof.at,
        method: proof.get("verificationMethod").and_then(Node::as_text).unwrap_or_default().to_owned(),
        outcome: verify(document.get("@context"), &hash, proof, registered),
    };
    proofs.iter().map(report).collect()
}

/// The findings of a document's proofs: all must hold, and one must be there.
#[must_use]
pub fn findings(proofs: &[ProofReport], subject: Subject) -> Vec<Finding> {
    if proofs.is_empty() {
        return vec![Finding::new(Code::ProofMissing, subject, "there is no proof; sign it: eco passport sign").in_member("proof")];
    }
    let finding = |report: &ProofReport| {
        let defect = report.outcome.as_ref().err()?;
        let offset = u64::try_from(report.offset).unwrap_or(u64::MAX);
        Some(Finding::new(defect.code(), subject, defect.to_string()).at(offset, None).in_member("proof"))
    };
    proofs.iter().filter_map(finding).collect()
}

impl ProofDefect {
    /// The stable code: a suite that this version does not check says nothing against the document.
    const fn code(&self) -> Code {
        if matches!(self, Self::Suite(_)) { Code::AlgorithmUnsupported } else { Code::ProofInvalid }
    }
}

impl ProofReport {
    /// What is to be mended, if it does not hold.
    #[must_use]
    pub fn flaw(&self) -> Option<Flaw> {
        let defect = self.outcome.as_ref().err()?;
        let (rule, mend) = ("proofs that hold", "remove this proof, and sign the document as it is now");
        let path = "proof".to_owned();
        Some(Flaw { code: defect.code(), path, offset: self.offset, rule: rule.into(), found: defect.to_string(), mend: mend.into() })
    }

    /// What may be on the log under this proof.
    #[must_use]
    pub fn candidate(&self, fingerprint: Fingerprint) -> Option<Candidate> {
        let verified = self.outcome.as_ref().ok()?;
        Some(Candidate {
            fingerprint,
            signature_hash: Some(verified.signature_hash),
            signer: None,
            key: Some(verified.key),
            signer_name: Some(self.method.clone()),
            signer_valid: None,
            standing: SignerStanding::default(),
        })
    }
}

fn verify(context: Option<&Node>, document: &[u8; 32], proof: &Node, registered: &[PublicKey]) -> Result<Verified, ProofDefect> {
    let members =
        proof.as_object().ok_or(ProofDefect::Member { member: "proof", rule: "an object or a list of them", found: proof.shown() })?;
    let kind = proof.get("type").and_then(Node::as_text).unwrap_or_default();
    let suite = proof.get("cryptosuite").and_then(Node::as_text);
    if kind != "DataIntegrityProof" || suite != Some(SUITE) {
        return Err(ProofDefect::Suite(suite.unwrap_or(kind).chars().take(80).collect()));
    }
    let known = ["id", "type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue", "@context"];
    if let Some(unknown) = members.iter().find(|m| !known.contains(&m.name.as_str())) {
        return Err(ProofDefect::Unknown(unknown.name.chars().take(80).collect()));
    }
    let shown = |name: &str| proof.get(name).map_or_else(|| "nothing".to_owned(), Node::shown);
    let member = |name: &'static str, rule: &'static str| ProofDefect::Member { member: name, rule, found: shown(name) };
    if proof.get("proofPurpose").and_then(Node::as_text) != Some("assertionMethod") {
        return Err(member("proofPurpose", "assertionMethod"));
    }
    if proof.get("@context").map(jcs::canonical) != context.map(jcs::canonical) {
        return Err(member("@context", "equal to the document's"));
    }
    let created = match proof.get("created") {
        None => None,
        Some(node) => Some(node.as_text().and_then(instant).ok_or_else(|| member("created", "a time in UTC like 2026-05-10T08:15:00Z"))?),
    };
    let method = proof.get("verificationMethod").and_then(Node::as_text).ok_or_else(|| member("verificationMethod", "did:..#<key>"))?;
    let octets = proof.get("proofValue").and_then(Node::as_text).and_then(base58).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let signature = Signature(octets.ok_or_else(|| member("proofValue", "z and base58 of 64 octets"))?);
    let options = options(members);
    let message = message(&options, document);
    let keys: Vec<PublicKey> = match key_of(method) {
        Some(key) => vec![key],
        None => registered.to_vec(),
    };
    match keys.iter().find(|key| eco_core::sign::verify(key, &message, &signature).is_ok()) {
        Some(key) => Ok(Verified { key: *key, signature_hash: signature_hash(key, &options), created }),
        None if key_of(method).is_none() => Err(ProofDefect::NoKey(method.chars().take(200).collect())),
        None => Err(ProofDefect::Signature),
    }
}

/// Canonical proof options: the proof without its value.
fn options(members: &[Member]) -> String {
    jcs::canonical(&Node::new(Value::Object(members.iter().filter(|m| m.name != "proofValue").cloned().collect())))
}

fn message(options: &str, document: &[u8; 32]) -> Vec<u8> {
    let mut message = Sha256::digest(options.as_bytes()).to_vec();
    message.extend_from_slice(document);
    message
}

/// SPEC section 3: over the verification key, its algorithm tag in front, and the canonical proof options.
fn signature_hash(key: &PublicKey, options: &str) -> SignatureHash {
    SignatureHash::of_jcs(&eco_core::codec::encode(key), options.as_bytes())
}

/// The key that a verification method names itself: `did:key:<multikey>#<multikey>`, or any `did:..#<multikey>`.
#[must_use]
pub fn key_of(method: &str) -> Option<PublicKey> {
    let (controller, fragment) = method.split_once('#')?;
    if controller.strip_prefix("did:key:").is_some_and(|own| own != fragment) {
        return None;
    }
    let bytes = base58(fragment)?;
    let key: [u8; 32] = bytes.strip_prefix(&ED25519_PUB)?.try_into().ok()?;
    Some(PublicKey::ed25519(key))
}

/// A key as a multikey: `z6Mk..`
#[must_use]
pub fn multikey(key: &PublicKey) -> String {
    let mut bytes = ED25519_PUB.to_vec();
    bytes.extend_from_slice(key.as_bytes());
    format!("z{}", bs58::encode(bytes).into_string())
}

/// Multibase base58btc.
fn base58(text: &str) -> Option<Vec<u8>> {
    bs58::decode(text.strip_prefix('z').filter(|t| t.len() <= 128)?).into_vec().ok()
}

/// Why a document cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignDefect {
    /// Another algorithm.
    #[error("{SUITE} needs an Ed25519 key")]
    Key,
    /// Not an object.
    #[error("only an object can be signed")]
    Document,
    /// The set is full.
    #[error("the document has {PROOFS_MAX} proofs already")]
    Full,
}

/// The document with one more proof: by `key`, for the controller (`did:web:..`) that it belongs to.
///
/// # Errors
/// A key of another algorithm, no object, or a full set.
pub fn sign(document: &Node, key: &SecretKey, controller: &str, created: Timestamp) -> Result<Node, SignDefect> {
    let public = public(key).ok_or(SignDefect::Key)?;
    let method = format!("{controller}#{}", multikey(&public));
    let members = document.as_object().ok_or(SignDefect::Document)?;
    let proof = object([
        ("type", Some(text("DataIntegrityProof"))),
        ("cryptosuite", Some(text(SUITE))),
        ("created", Some(text(rfc3339(created)))),
        ("verificationMethod", Some(text(method))),
        ("proofPurpose", Some(text("assertionMethod"))),
        ("@context", document.get("@context").cloned()),
    ]);
    let proof = signed(&proof, document, key)?;
    let proof = match document.get("proof") {
        None => proof,
        Some(earlier) => {
            let mut set = earlier.as_list().map_or_else(|| vec![earlier.clone()], <[Node]>::to_vec);
            if set.len() >= PROOFS_MAX {
                return Err(SignDefect::Full);
            }
            set.push(proof);
            Node::new(Value::List(set))
        }
    };
    let mut members: Vec<Member> = members.iter().filter(|m| m.name != "proof").cloned().collect();
    members.push(Member { name: "proof".into(), at: 0, node: proof });
    Ok(Node::new(Value::Object(members)))
}

/// The proof options with their value.
fn signed(options_node: &Node, document: &Node, key: &SecretKey) -> Result<Node, SignDefect> {
    let mut members = options_node.as_object().ok_or(SignDefect::Document)?.to_vec();
    let hash: [u8; 32] = Sha256::digest(jcs::canonical_document(document).as_bytes()).into();
    let octets = key.sign(&message(&options(&members), &hash));
    members.push(Member { name: "proofValue".into(), at: 0, node: text(format!("z{}", bs58::encode(octets).into_string())) });
    Ok(Node::new(Value::Object(members)))
}

/// The public key, if it is one for this suite.
#[must_use]
pub fn public(key: &SecretKey) -> Option<PublicKey> {
    let bytes = (key.algorithm() == KeyAlgorithm::Ed25519).then(|| key.public_key())?;
    bytes.try_into().ok().map(PublicKey::ed25519)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    const UNSIGNED: &str = include_str!("../tests/documents/battery.json");

    fn key(seed: u8) -> SecretKey {
        SecretKey::of_seed(KeyAlgorithm::Ed25519, &[seed; 32]).unwrap()
    }

    fn signed_once() -> Node {
        sign(&json::read(UNSIGNED.as_bytes()).unwrap(), &key(1), "did:web:acme.example.cn", Timestamp(1_778_400_900_000)).unwrap()
    }

    fn outcomes(text: &str) -> Vec<Result<(), ProofDefect>> {
        let document = json::read(text.as_bytes()).unwrap();
        verify_all(&document, &jcs::canonical_document(&document), &[]).into_iter().map(|r| r.outcome.map(|_| ())).collect()
    }

    /// W3C vectors: the signed document verifies, and the same key makes the same proof value.
    #[test]
    fn the_vectors_of_the_w3c() {
        let root = std::env::var("ECO_CORPUS").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into());
        let directory = std::path::Path::new(&root).join("vectors/vc-di-eddsa");
        if !directory.exists() {
            println!("skipped: no corpus at {} (set ECO_CORPUS)", directory.display());
            return;
        }
        let file = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
        let document = json::read(file("eddsa-jcs-2022/signedJCS.json").as_bytes()).unwrap();
        let canonical = jcs::canonical_document(&document);
        assert_eq!(canonical, file("eddsa-jcs-2022/canonDocJCS.txt").trim_end());
        let [report] = verify_all(&document, &canonical, &[]).try_into().unwrap();
        let verified = report.outcome.unwrap();
        let keys = json::read(file("keyPair.json").as_bytes()).unwrap();
        let pair = |name: &str| keys.get(name).unwrap().as_text().unwrap().to_owned();
        assert_eq!(multikey(&verified.key), pair("publicKeyMultibase"));
        let secret = base58(&pair("privateKeyMultibase")).unwrap();
        let secret = SecretKey::of_seed(KeyAlgorithm::Ed25519, secret[2..].try_into().unwrap()).unwrap();
        let config = json::read(file("eddsa-jcs-2022/proofConfigJCS.json").as_bytes()).unwrap();
        let proof = signed(&config, &document, &secret).unwrap();
        assert_eq!(proof.get("proofValue"), Some(&text(document.get("proof").unwrap().get("proofValue").unwrap().as_text().unwrap())));
        for name in ["eddsa-rdfc-2022/signedDataInt.json", "proof-set-chain/signedProofSet2.json"] {
            let document = json::read(file(name).as_bytes()).unwrap();
            for report in verify_all(&document, &jcs::canonical_document(&document), &[]) {
                assert_eq!(report.outcome, Err(ProofDefect::Suite("eddsa-rdfc-2022".into())), "{name}");
            }
        }
    }

    /// What is forged, swapped or moved must not verify; what is not signed content must not matter.
    #[test]
    fn forged_swapped_and_foreign_proofs_do_not_hold() {
        let good = json::pretty(&signed_once());
        assert_eq!(outcomes(&good), [Ok(())]);
        assert_eq!(outcomes(&jcs::canonical(&signed_once())), [Ok(())], "layout does not count");
        let edit = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            outcomes(&good.replacen(from, to, 1)).remove(0)
        };
        assert_eq!(edit("\"407.4\"", "\"307.4\""), Err(ProofDefect::Signature), "the content");
        assert_eq!(edit("2026-05-10T08:15:00Z", "2026-05-10T08:15:01Z"), Err(ProofDefect::Signature), "the options");
        let other = multikey(&public(&key(2)).unwrap());
        assert_eq!(edit(&multikey(&public(&key(1)).unwrap()), &other), Err(ProofDefect::Signature), "another key");
        assert!(matches!(edit("\"assertionMethod\"", "\"authentication\""), Err(ProofDefect::Member { member: "proofPurpose", .. })));
        assert!(matches!(edit("\"proofValue\": \"z", "\"proofValue\": \"u"), Err(ProofDefect::Member { member: "proofValue", .. })));
        assert!(matches!(edit("\"cryptosuite\": \"eddsa-jcs-2022\"", "\"cryptosuite\": \"ecdsa-jcs-2019\""), Err(ProofDefect::Suite(_))));
        assert!(matches!(edit("\"DataIntegrityProof\"", "\"Ed25519Signature2020\""), Err(ProofDefect::Suite(_))));
        assert!(matches!(edit("#z6Mk", "#key-1"), Err(ProofDefect::NoKey(_))));
        assert!(matches!(
            edit("\"proofPurpose\"", "\"expires\": \"2099-01-01T00:00:00Z\", \"proofPurpose\""),
            Err(ProofDefect::Unknown(_))
        ));
        let laser = json::read(include_bytes!("../tests/documents/laser.json")).unwrap();
        let swapped = object([("a", None), ("proof", signed_once().get("proof").cloned())]);
        let mut members = laser.as_object().unwrap().to_vec();
        members.extend(swapped.as_object().unwrap().iter().cloned());
        assert_eq!(
            outcomes(&jcs::canonical(&Node::new(Value::Object(members)))),
            [Err(ProofDefect::Signature)],
            "the proof of another document"
        );
    }

    /// All proofs of a set are checked, and one more never changes the fingerprint.
    #[test]
    fn every_proof_of_a_set_counts() {
        let both = sign(&signed_once(), &key(2), "did:web:verifier.example.cn", Timestamp(1_778_400_960_000)).unwrap();
        assert_eq!(jcs::fingerprint(&both), jcs::fingerprint(&signed_once()));
        assert_eq!(outcomes(&json::pretty(&both)), [Ok(()), Ok(())]);
        let spoilt = json::pretty(&both).replace("08:16:00Z", "08:16:01Z");
        assert_eq!(outcomes(&spoilt), [Ok(()), Err(ProofDefect::Signature)]);
        assert_eq!(findings(&[], Subject::Passport)[0].code, Code::ProofMissing);
    }

    /// A forged proof behind sixteen good ones must not be overlooked.
    #[test]
    fn more_proofs_than_are_checked_are_refused() {
        let one = signed_once();
        let set = |proofs: usize| {
            let proof = one.get("proof").unwrap().clone();
            let mut members: Vec<_> = one.as_object().unwrap().iter().filter(|m| m.name != "proof").cloned().collect();
            members.push(crate::json::Member { name: "proof".into(), at: 0, node: Node::new(Value::List(vec![proof; proofs])) });
            jcs::canonical(&Node::new(Value::Object(members)))
        };
        assert_eq!(outcomes(&set(PROOFS_MAX)), vec![Ok(()); PROOFS_MAX]);
        assert_eq!(outcomes(&set(PROOFS_MAX + 1)), [Err(ProofDefect::TooMany { found: PROOFS_MAX + 1 })]);
    }

    /// A key that a method names by another name for itself is no key: the registry decides.
    #[test]
    fn registered_keys_stand_in_for_methods_that_name_none() {
        let key = public(&key(1)).unwrap();
        let did = multikey(&key);
        assert_eq!(key_of(&format!("did:key:{did}#{did}")), Some(key));
        assert_eq!(key_of(&format!("did:web:a.example#{did}")), Some(key));
        for bad in
            [format!("did:key:{did}#other"), did.clone(), format!("did:web:a#{}", &did[1..]), "did:web:a#key-1".into(), String::new()]
        {
            assert_eq!(key_of(&bad), None, "{bad}");
        }
    }
}
