//! The genesis of a test network: its members, and where their keys come from.

use crate::error::{TestnetError, file};
use crate::tool::Eco;
use eco_core::SpkiHash;
use eco_core::codec::Canonical;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::name::{OrgId, Timestamp};
use eco_core::registry::{CertificateBinding, KeyRecord, Organisation, Purpose, Roles};
use eco_core::sign::PublicKey;
use serde_json::Value;
use std::path::{Path, PathBuf};

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
    /// Whether its node votes.
    pub votes: bool,
}

const fn member(slug: &'static str, name: &'static str, country: &'static str, roles: Roles, votes: bool) -> Member {
    Member { slug, name, country, roles, votes }
}

/// Everybody that a network can have: validators first, the exporter last.
const MEMBERS: &[Member] = &[
    member("cn-ccpit", "Example Council for the Promotion of International Trade", "CN", Roles::ISSUING_BODY, true),
    member("vn-vcci", "Example Chamber of Commerce and Industry of Viet Nam", "VN", Roles::ISSUING_BODY, true),
    member("jp-customs", "Example Customs of Japan", "JP", Roles::CUSTOMS, true),
    member("kr-customs", "Example Customs Service of Korea", "KR", Roles::CUSTOMS, true),
    member("th-customs", "Example Customs Department of Thailand", "TH", Roles::CUSTOMS, true),
    member("my-customs", "Example Customs Department of Malaysia", "MY", Roles::CUSTOMS, true),
    member("sg-customs", "Example Customs of Singapore", "SG", Roles::CUSTOMS, true),
];

const EXPORTER: Member = member("acme-battery", "Acme New Energy Co., Ltd.", "CN", Roles::EXPORTER, false);

/// The members of a network with so many validators: those, and an exporter with a node that does not vote.
#[must_use]
pub fn members(validators: usize) -> Vec<Member> {
    MEMBERS.iter().copied().take(validators).chain([EXPORTER]).collect()
}

/// Most validators that a test network can have.
pub const VALIDATORS_MAX: usize = MEMBERS.len();

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
    /// Its node's.
    pub node: NodeKeys,
    /// Its log keys, by purpose.
    pub log: Vec<(Purpose, PublicKey)>,
    /// The X.509 key that it signs documents with, if it issues.
    pub document: Option<SpkiHash>,
}

/// Where a member's key for a purpose lies.
#[must_use]
pub fn key_file(directory: &Path, slug: &str, purpose: &str) -> PathBuf {
    directory.join("keys").join(format!("{slug}.{purpose}.pem"))
}

/// Makes the keys that an organisation holds outside its node, with `eco key generate`.
///
/// # Errors
/// `eco` failed.
pub async fn equip(eco: &Eco, directory: &Path, member: Member, node: NodeKeys) -> Result<Equipped, TestnetError> {
    std::fs::create_dir_all(directory.join("keys")).map_err(file(directory.join("keys")))?;
    let mut log = Vec::new();
    for purpose in [Purpose::Issue, Purpose::Status] {
        let out = key_file(directory, member.slug, purpose.name()).display().to_string();
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

/// The genesis of a test network with these members.
///
/// # Errors
/// A rule of the genesis is broken.
pub fn genesis(name: &str, members: &[Equipped], time: Timestamp) -> Result<Genesis, TestnetError> {
    let defect = |what: String| TestnetError::Genesis(what);
    let (mut organisations, mut keys, mut certificates, mut validators) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for equipped in members {
        let member = equipped.member;
        let organisation: OrgId = member.slug.parse().map_err(|e| defect(format!("{e}")))?;
        organisations.push(Organisation {
            id: organisation,
            name: member.name.to_string(),
            country: member.country.parse().map_err(|e| defect(format!("{e}")))?,
            roles: member.roles,
            admitted: time,
            suspended: None,
        });
        let node = equipped.node.consensus.map(|key| (Purpose::Consensus, key)).into_iter().chain([(Purpose::P2p, equipped.node.p2p)]);
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
        validators.extend(equipped.node.consensus.map(|key| GenesisValidator { key, power: 1 }));
    }
    organisations.sort_by_key(|o| o.id);
    keys.sort_by_key(|k| k.key);
    certificates.sort_by_key(|c| c.spki);
    validators.sort();
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
        authorities: Vec::new(),
        schemes: Vec::new(),
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
                    let mut bytes = [seed.wrapping_mul(7).wrapping_add(n); 32];
                    bytes[0] = salt;
                    bytes[31] &= 0x7f;
                    PublicKey::ed25519(bytes)
                })
                .find(|k| k.check_admissible().is_ok())
                .unwrap()
        };
        Equipped {
            member,
            node: NodeKeys { consensus: member.votes.then(|| key(1)), p2p: key(2) },
            log: vec![(Purpose::Issue, key(3)), (Purpose::Status, key(4))],
            document: member.roles.has(Roles::ISSUING_BODY).then(|| SpkiHash::of(&[seed])),
        }
    }

    /// A test network whose receipts pass as production would put specimens into the hands of customs.
    #[test]
    fn every_size_gives_a_valid_genesis_of_purpose_test() {
        for validators in 1..=VALIDATORS_MAX {
            let members: Vec<Equipped> = members(validators).into_iter().zip(1u8..).map(|(m, n)| equipped(m, n * 9)).collect();
            let genesis = genesis("eco.test/demo", &members, Timestamp(1_800_000_000_000)).unwrap();
            assert_eq!(genesis.validators.len(), validators);
            let trust = TrustRoot::of_genesis(&genesis);
            assert_eq!(trust.purpose(), NetworkPurpose::Test);
            assert_eq!(trust.epochs()[0].validators.validators().len(), validators);
        }
    }
}
