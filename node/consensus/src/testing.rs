//! What several test modules need.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use eco_core::Fingerprint;
use eco_core::checkpoint::{Origin, ProposedHead};
use eco_core::document::DocumentKind;
use eco_core::entry::{Entry, EntrySignature, SignedEntry};
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::header::{BlockId, Header};
use eco_core::log::LogHash;
use eco_core::name::{Epoch, Height, OrgId, Timestamp};
use eco_core::registry::{KeyRecord, Organisation, Purpose, Roles};
use eco_core::seal::{SealHash, ValidatorSetHash};
use eco_core::sign::{NetworkId, PublicKey, Signature};
use eco_core::state::tree::StateRoot;
use eco_core::statement::{Anchor, Statement};
use eco_ledger::{Ledger, Options};
use ed25519_dalek::{Signer as _, SigningKey};

use crate::context::{self, Address, Head, PartInit};
use crate::scheme::{SignedBytes, VoteSignature};
use crate::signer::NotarySigner;
use crate::signer_state::SignerState;

/// A header of this time, and otherwise of nothing in particular.
pub(crate) fn header_at(time_ms: u64) -> Header {
    Header {
        version: 1,
        network: NetworkId([1; 32]),
        height: Height(2),
        epoch: Epoch(0),
        time: Timestamp(time_ms),
        previous: BlockId([2; 32]),
        previous_seal: SealHash([3; 32]),
        first_index: 0,
        tree_size: 0,
        log_root: LogHash([4; 32]),
        state_root: StateRoot([5; 32]),
        validators: ValidatorSetHash([6; 32]),
        next_validators: ValidatorSetHash([6; 32]),
    }
}

/// The signed bytes of a test network.
pub(crate) fn signed_bytes(network: u8) -> SignedBytes {
    let network = NetworkId([network; 32]);
    SignedBytes::new(Origin::of(&"eco.test/main".parse().unwrap(), &network), network)
}

/// A head of nothing in particular.
pub(crate) fn head(n: u8) -> Head {
    Head(ProposedHead { block: BlockId([n; 32]), tree_size: u64::from(n), log_root: LogHash([n; 32]) })
}

/// A signer with a fresh state in `dir`.
pub(crate) fn signer(dir: &Path, seed: u8, bytes: SignedBytes) -> NotarySigner {
    let path = dir.join("signer-state");
    SignerState::create(&path).unwrap();
    NotarySigner::new(SigningKey::from_bytes(&[seed; 32]), bytes, SignerState::open(&path).unwrap())
}

/// An announcement of a head of nothing in particular, not signed.
pub(crate) fn part_init(height: u64, n: u8) -> PartInit {
    PartInit {
        height: context::Height(height),
        round: 0,
        proposer: Address([n; 32]),
        head: head(n),
        length: 100,
        signature: VoteSignature([n; 64]),
    }
}

/// A genesis with one member, who votes and issues; it starts at time 0.
pub(crate) fn genesis() -> Genesis {
    let id: OrgId = "member".parse().unwrap();
    let record = |seed, purpose| KeyRecord {
        key: public(seed),
        organisation: id,
        purpose,
        office: 0,
        valid_from: Timestamp(0),
        valid_until: None,
        revoked: None,
    };
    let mut keys = vec![record(1, Purpose::Consensus), record(2, Purpose::Issue)];
    keys.sort_by_key(|record| record.key);
    Genesis {
        version: Genesis::VERSION,
        name: "eco.test/one".parse().unwrap(),
        purpose: NetworkPurpose::Test,
        time: Timestamp(0),
        organisations: vec![Organisation {
            id,
            name: "Member".to_owned(),
            country: "CH".parse().unwrap(),
            roles: Roles::default(),
            admitted: Timestamp(0),
            suspended: None,
            identifiers: Vec::new(),
        }],
        keys,
        certificates: Vec::new(),
        validators: vec![GenesisValidator { key: public(1), power: 1 }],
        limits: Limits::default(),
        predecessor: None,
        authorities: Vec::new(),
        schemes: Vec::new(),
    }
}

fn public(seed: u8) -> PublicKey {
    PublicKey::ed25519(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
}

/// A ledger of that genesis.
pub(crate) fn open_ledger() -> (tempfile::TempDir, Arc<Ledger>) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path(), &genesis(), Options::default()).unwrap();
    (dir, Arc::new(ledger))
}

/// A signed entry of that member.
pub(crate) fn entry(n: u8) -> Bytes {
    let genesis = genesis();
    let entry = Entry {
        version: 1,
        network: genesis.network_id(),
        author: genesis.organisations[0].id,
        agent: None,
        not_after: Timestamp(2_000_000),
        statement: Statement::Anchor(Anchor {
            fingerprint: Fingerprint::of_file(&[n]),
            kind: DocumentKind::Other,
            signature_hash: None,
            reference: None,
            product_keys: Vec::new(),
            links: Vec::new(),
            summary: None,
            valid_from: None,
            valid_until: None,
            supersedes: None,
        }),
    };
    let signature = Signature(SigningKey::from_bytes(&[2; 32]).sign(&entry.message()).to_bytes());
    let signatures = vec![EntrySignature { key: public(2), signature }];
    SignedEntry::new(entry, signatures).unwrap().as_bytes().to_vec().into()
}
