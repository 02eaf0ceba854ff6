//! What a quorum can seal although no node of this version would admit it: states and entries of other times.

use super::*;
use eco_core::genesis::Genesis;
use eco_core::log::leaf_hash;
use eco_core::name::{Epoch, Height};
use eco_core::state::record::value_hash;
use eco_core::trust::{EpochRecord, PinnedHead};

const QUORUM: [&str; 3] = ["cn-ccpit", "jp-customs", "kr-customs"];

/// A status proof of the last head as if these records were in the state.
pub fn status_with(network: &Network, records: &[(RecordKey, Vec<u8>)], keys: &[RecordKey]) -> Vec<u8> {
    let changes = records.iter().map(|(key, bytes)| (key.state_key(), Some(value_hash(bytes))));
    let map = network.state.map().update(changes);
    let mut header = network.blocks.last().unwrap().0.header.clone();
    header.state_root = map.root();
    let seal = seal_by(&network.state, &header, 0, &QUORUM);
    let mut keys = keys.to_vec();
    keys.sort();
    let shown = |key: &RecordKey| {
        let changed = records.iter().find(|(k, _)| k == key).map(|(_, bytes)| bytes.clone());
        changed.or_else(|| network.records.0.get(&key.state_key()).cloned())
    };
    let item = |key: RecordKey| StatusItem { key, record: shown(&key), proof: map.prove(&key.state_key()).to_bytes() };
    StatusProof { header, seal, items: keys.into_iter().map(item).collect() }.to_file()
}

/// The trust root of somebody who knows that epoch 0 has ended since.
pub fn after_epoch_0(genesis: &Genesis) -> TrustRoot {
    let fresh = TrustRoot::of_genesis(genesis);
    let end = PinnedHead { height: Height(9), ..*fresh.head() };
    let epoch = |number, first, closed| EpochRecord {
        number: Epoch(number),
        first_height: Height(first),
        validators: genesis.validator_set(),
        closed,
    };
    let epochs = vec![epoch(0, 1, Some(end)), epoch(1, 10, None)];
    let parts = (1u8, fresh.name().clone(), fresh.network(), fresh.purpose(), epochs, *fresh.head());
    eco_core::codec::decode(&eco_core::codec::encode(&parts)).unwrap()
}

/// The receipt of entry 0 as if it had been sealed in epoch 1.
pub fn receipt_of_epoch_1(network: &Network) -> Vec<u8> {
    let mut receipt = network.receipt(0);
    receipt.header.epoch = Epoch(1);
    receipt.to_file()
}

/// The receipt of an Anchor that an agent signed.
pub fn receipt_by_agent(network: &Network, author: &str, agent: &str, anchor: Anchor) -> Vec<u8> {
    let statement = Statement::Anchor(anchor);
    let entry =
        Entry { version: 1, network: network.id(), author: org(author), agent: Some(org(agent)), not_after: network.now(), statement };
    let entry = sign_entry(entry, &[secret(agent, Purpose::Issue)]);
    let mut header = network.blocks[0].0.header.clone();
    header.log_root = leaf_hash(entry.as_bytes());
    let seal = seal_by(&network.state, &header, 0, &QUORUM);
    Receipt { entry, index: 0, path: vec![], header, seal }.to_file()
}
