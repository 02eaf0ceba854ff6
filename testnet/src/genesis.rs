//! The genesis of a test network: its members, and where their keys come from.

use crate::error::{TestnetError, file};
use crate::tool::Eco;
use eco_core::SpkiHash;
use eco_core::codec::{Canonical, decode};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::name::{OrgId, Timestamp};
use eco_core::registry::{CertificateBinding, KeyRecord, Organisation, Purpose, Roles};
use eco_core::scheme::Scheme;
use eco_core::sign::PublicKey;
use eco_core::state::AuthorityRecord;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// How a member takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Its node votes.
    Validator,
    /// Its node follows.
    Follower,
    /// It has keys and no node: it speaks through the nodes of others.
    Guest,
}

/// A member of a test network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its permanent name.
    pub slug: &'static str,
    /// Its legal name.
    pub name: &'static str,
    /// Its country.
    pub country: &'static str,
    /// What it is.
    pub roles: Roles,
    /// Whether it has a node, and whether that votes.
    pub seat: Seat,
}

impl Member {
    /// Whether it is the one that recognises bodies for its country.
    #[must_use]
    pub fn recognises(&self) -> bool {
        AUTHORITIES.contains(&self.slug)
    }

    /// Under which identifiers passports and certificates name it.
    fn identifiers(&self) -> Vec<String> {
        IDENTIFIERS.iter().filter(|(slug, _)| *slug == self.slug).map(|(_, identifier)| (*identifier).to_owned()).collect()
    }

    /// What its log keys are for. Who attests also recognises with the same key.
    fn purposes(&self) -> Vec<Purpose> {
        let is = |role| self.roles.has(role);
        let states = is(Roles::VERIFICATION_BODY) || is(Roles::ACCREDITATION_BODY) || self.recognises();
        let signs_data = is(Roles::EXPORTER) || is(Roles::ISSUING_BODY) || is(Roles::VERIFICATION_BODY);
        let of_role = [(signs_data, Purpose::Document), (states, Purpose::Attest), (is(Roles::CUSTOMS), Purpose::Present)].into_iter();
        [Purpose::Issue, Purpose::Status].into_iter().chain(of_role.filter_map(|(has, purpose)| has.then_some(purpose))).collect()
    }
}

const fn member(slug: &'static str, name: &'static str, country: &'static str, roles: Roles, seat: Seat) -> Member {
    Member { slug, name, country, roles, seat }
}

/// Who can vote, in the order in which seats are given. Customs of Japan and Korea are there in any network.
const VALIDATORS: &[Member] = &[
    member("cn-ccpit", "Example Council for the Promotion of International Trade", "CN", Roles::ISSUING_BODY, Seat::Validator),
    member("vn-vcci", "Example Chamber of Commerce and Industry of Viet Nam", "VN", Roles::ISSUING_BODY, Seat::Validator),
    member("jp-customs", "Example Customs of Japan", "JP", Roles::CUSTOMS, Seat::Validator),
    member("kr-customs", "Example Customs Service of Korea", "KR", Roles::CUSTOMS, Seat::Validator),
    member("th-customs", "Example Customs Department of Thailand", "TH", Roles::CUSTOMS, Seat::Validator),
    member("my-customs", "Example Customs Department of Malaysia", "MY", Roles::CUSTOMS, Seat::Validator),
    member("sg-customs", "Example Customs of Singapore", "SG", Roles::CUSTOMS, Seat::Validator),
];

/// Members of every network that do not vote: the maker of battery packs, who verifies its footprints, who accredits
/// the verifier, and who recognises either for Japan and Viet Nam.
const OTHERS: &[Member] = &[
    member("acme-battery", "Acme New Energy Co., Ltd.", "CN", Roles::EXPORTER, Seat::Follower),
    member("cn-verify", "Example Verification Co.", "CN", Roles::VERIFICATION_BODY, Seat::Guest),
    member("cn-accredit", "Example Accreditation Service", "CN", Roles::ACCREDITATION_BODY, Seat::Guest),
    member("jp-standards", "Example Standards Authority of Japan", "JP", Roles::STANDARDS_AUTHORITY, Seat::Guest),
    member("vn-customs", "Example Customs of Viet Nam", "VN", Roles::CUSTOMS, Seat::Guest),
];

/// Identifier of the maker of battery packs.
pub(crate) const MAKER_ID: &str = "did:web:acme.example.cn";
/// Identifier of the issuing body of the sample shipment.
pub(crate) const ISSUER_ID: &str = "did:web:ccpit.example.cn";
/// Identifier of the verification body.
pub(crate) const VERIFIER_ID: &str = "did:web:verifier.example.cn";

/// Members with an identifier in the registry.
const IDENTIFIERS: &[(&str, &str)] = &[("acme-battery", MAKER_ID), ("cn-ccpit", ISSUER_ID), ("cn-verify", VERIFIER_ID)];

/// The recognising authority of each importing country: its standards authority, or customs themselves.
const AUTHORITIES: &[&str] = &["jp-standards", "kr-customs", "vn-customs"];

/// The members of a network with so many validators: those first, then who does not vote.
#[must_use]
pub fn members(validators: usize) -> Vec<Member> {
    let seats = (0..).map(|at| if at < validators { Seat::Validator } else { Seat::Guest });
    let seated = VALIDATORS.iter().zip(seats).map(|(member, seat)| Member { seat, ..*member });
    seated.filter(|m| m.seat == Seat::Validator || ["JP", "KR"].contains(&m.country)).chain(OTHERS.iter().copied()).collect()
}

/// Most validators that a test network can have.
pub const VALIDATORS_MAX: usize = VALIDATORS.len();

/// Entries in a block: what four validators that share two cores execute well within the propose timeout.
const BLOCK_ENTRIES_MAX: u32 = 2_000;

/// The public keys of a member's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeKeys {
    /// It votes with this one, if it votes.
    pub consensus: Option<PublicKey>,
    /// It proves this one on every connection.
    pub p2p: PublicKey,
}

/// A member with all its keys.
#[derive(Debug, Clone)]
pub struct Equipped {
    /// Who.
    pub member: Member,
    /// Its node's, if it has one.
    pub node: Option<NodeKeys>,
    /// Its log keys, by purpose.
    pub log: Vec<(Purpose, PublicKey)>,
    /// The X.509 key that it signs documents with, if it issues.
    pub document: Option<SpkiHash>,
}

/// Where a member's key for a purpose lies. Two sign documents: `document` is an issuing body's key and certificate for
/// PDFs, `data` the key for passports and certificate data.
#[must_use]
pub fn key_file(directory: &Path, slug: &str, purpose: &str) -> PathBuf {
    directory.join("keys").join(format!("{slug}.{purpose}.pem"))
}

/// Makes the keys that an organisation holds outside its node, with `eco key generate`.
///
/// # Errors
/// `eco` failed.
pub async fn equip(eco: &Eco, directory: &Path, member: Member, node: Option<NodeKeys>) -> Result<Equipped, TestnetError> {
    std::fs::create_dir_all(directory.join("keys")).map_err(file(directory.join("keys")))?;
    let mut log = Vec::new();
    for purpose in member.purposes() {
        let name = if purpose == Purpose::Document { "data" } else { purpose.name() };
        let out = key_file(directory, member.slug, name).display().to_string();
        let answer = eco.json(&["key", "generate", "--purpose", purpose.name(), "--out", &out]).await?;
        log.push((purpose, parsed(&answer, "public_key")?));
    }
    let document = if member.roles.has(Roles::ISSUING_BODY) {
        let out = key_file(directory, member.slug, "document").display().to_string();
        let subject = format!("CN=Origin Office,O={},C={}", member.name, member.country);
        let answer = eco.json(&["key", "generate", "--certificate", "--subject", &subject, "--out", &out]).await?;
        Some(parsed(&answer, "spki_hash")?)
    } else {
        None
    };
    Ok(Equipped { member, node, log, document })
}

fn parsed<T: std::str::FromStr>(answer: &Value, field: &'static str) -> Result<T, TestnetError> {
    let text = answer.get(field).and_then(Value::as_str);
    text.and_then(|t| t.parse().ok()).ok_or_else(|| TestnetError::Answer { command: "eco key generate".into(), field })
}

/// The sample schemes, from `eco`: their files lie in the folder `schemes`, as a start for one's own.
///
/// # Errors
/// `eco` failed, or gave something else than records of schemes.
pub async fn sample_schemes(eco: &Eco, directory: &Path) -> Result<Vec<Scheme>, TestnetError> {
    let folder = directory.join("schemes").display().to_string();
    let written = eco.json(&["scheme", "samples", "--out", &folder]).await?;
    let files: Vec<&str> = listed(&written, "files").collect();
    let records = eco.json(&[&["scheme", "record", "--out", &folder], &files[..]].concat()).await?;
    listed(&records, "files")
        .map(|path| {
            let bytes = std::fs::read(path).map_err(file(path))?;
            decode(&bytes).map_err(|e| TestnetError::Genesis(format!("{path}: {e}")))
        })
        .collect()
}

fn listed<'a>(answer: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    answer.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The genesis of a test network with these members and schemes.
///
/// # Errors
/// A rule of the genesis is broken.
pub fn genesis(name: &str, members: &[Equipped], mut schemes: Vec<Scheme>, time: Timestamp) -> Result<Genesis, TestnetError> {
    let defect = |what: String| TestnetError::Genesis(what);
    let (mut organisations, mut keys, mut certificates, mut validators) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut authorities = Vec::new();
    for equipped in members {
        let member = equipped.member;
        let organisation: OrgId = member.slug.parse().map_err(|e| defect(format!("{e}")))?;
        let country = member.country.parse().map_err(|e| defect(format!("{e}")))?;
        organisations.push(Organisation {
            id: organisation,
            name: member.name.to_string(),
            country,
            roles: member.roles,
            admitted: time,
            suspended: None,
            identifiers: member.identifiers(),
        });
        authorities.extend(member.recognises().then_some(AuthorityRecord { country, organisation }));
        let consensus = equipped.node.and_then(|node| node.consensus);
        let node = [(Purpose::Consensus, consensus), (Purpose::P2p, equipped.node.map(|node| node.p2p))];
        let node = node.into_iter().filter_map(|(purpose, key)| key.map(|key| (purpose, key)));
        keys.extend(equipped.log.iter().copied().chain(node).map(|(purpose, key)| KeyRecord {
            key,
            organisation,
            purpose,
            office: 0,
            valid_from: time,
            valid_until: None,
            revoked: None,
        }));
        certificates.extend(equipped.document.map(|spki| CertificateBinding {
            spki,
            organisation,
            valid_from: time,
            valid_until: None,
            revoked: None,
        }));
        validators.extend(consensus.map(|key| GenesisValidator { key, power: 1 }));
    }
    organisations.sort_by_key(|o| o.id);
    keys.sort_by_key(|k| k.key);
    certificates.sort_by_key(|c| c.spki);
    validators.sort();
    authorities.sort_by_key(|a| a.country);
    schemes.sort_by(|a, b| a.id.cmp(&b.id));
    let genesis = Genesis {
        version: Genesis::VERSION,
        name: name.parse().map_err(|e| defect(format!("{e}")))?,
        purpose: NetworkPurpose::Test,
        time,
        organisations,
        keys,
        certificates,
        validators,
        limits: Limits { block_entries_max: BLOCK_ENTRIES_MAX, ..Limits::default() },
        predecessor: None,
        authorities,
        schemes,
    };
    genesis.check().map_err(|e| defect(e.to_string()))?;
    Ok(genesis)
}

/// Writes a genesis file.
///
/// # Errors
/// The file.
pub fn write(path: &Path, genesis: &Genesis) -> Result<(), TestnetError> {
    std::fs::write(path, wrap(FileKind::Genesis, genesis)).map_err(file(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_core::trust::TrustRoot;

    fn equipped(member: Member, seed: u8) -> Equipped {
        // Points of the curve: multiples of nothing in particular, only admissible.
        let key = |n: u8| {
            (0u8..=255)
                .map(|salt| {
                    let mut bytes = [0; 32];
                    (bytes[0], bytes[1], bytes[2]) = (salt, seed, n);
                    PublicKey::ed25519(bytes)
                })
                .find(|k| k.check_admissible().is_ok())
                .unwrap()
        };
        Equipped {
            member,
            node: (member.seat != Seat::Guest)
                .then(|| NodeKeys { consensus: (member.seat == Seat::Validator).then(|| key(1)), p2p: key(2) }),
            log: member.purposes().into_iter().zip(3u8..).map(|(purpose, n)| (purpose, key(n))).collect(),
            document: member.roles.has(Roles::ISSUING_BODY).then(|| SpkiHash::of(&[seed])),
        }
    }

    /// A test network whose receipts pass as production would put specimens into the hands of customs.
    #[test]
    fn every_size_gives_a_valid_genesis_of_purpose_test() {
        for validators in 1..=VALIDATORS_MAX {
            let members: Vec<Equipped> = members(validators).into_iter().zip(1u8..).map(|(m, n)| equipped(m, n * 9)).collect();
            let genesis = genesis("eco.test/demo", &members, Vec::new(), Timestamp(1_800_000_000_000)).unwrap();
            assert_eq!(genesis.validators.len(), validators);
            let countries: Vec<String> = genesis.authorities.iter().map(|a| a.country.to_string()).collect();
            assert_eq!(countries, ["JP", "KR", "VN"], "without its authority a country could recognise nobody");
            let trust = TrustRoot::of_genesis(&genesis);
            assert_eq!(trust.purpose(), NetworkPurpose::Test);
            assert_eq!(trust.epochs()[0].validators.validators().len(), validators);
        }
    }
}
