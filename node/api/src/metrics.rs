//! Prometheus metrics: counters of this crate, and gauges read when they are asked for.

use crate::api::Api;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: String,
}

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    submitted: Counter,
    refused: Family<Reason, Counter>,
}

impl Counters {
    pub(crate) fn submitted(&self, entries: usize) {
        self.submitted.inc_by(u64::try_from(entries).unwrap_or(u64::MAX));
    }

    /// Reasons are a closed set of names of ours, so there are few labels.
    pub(crate) fn refused(&self, reason: &str) {
        self.refused.get_or_create(&Reason { reason: reason.to_owned() }).inc();
    }
}

impl Api {
    /// All metrics in the text format.
    pub(crate) fn metrics_text(&self) -> String {
        let mut registry = Registry::with_prefix("node");
        registry.register("submitted_entries", "Entries handed in", self.counters.submitted.clone());
        registry.register("refused_entries", "Entries not taken, by reason", self.counters.refused.clone());
        let ledger = self.ledger.metrics();
        let facts = self.facts.borrow().clone();
        let not_serving = self.not_serving();
        let age_ms = self.now().since(self.ledger.tip().time);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let large = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let gauges: [(&str, &str, i64); 17] = [
            ("head_height", "Height of the last block", large(ledger.height.0)),
            ("head_age_milliseconds", "Milliseconds since the time of the last block", large(age_ms)),
            ("log_entries", "Entries on the log", large(ledger.tree_size)),
            ("state_keys", "Keys of the state tree", count(ledger.state_keys)),
            ("pool_entries", "Entries that wait for a block", count(ledger.pool_entries)),
            ("pool_bytes", "Bytes of entries that wait for a block", count(ledger.pool_bytes)),
            ("pool_waiters", "Submitters that wait for an outcome", count(ledger.waiters)),
            ("store_bytes", "Bytes of the database", large(ledger.store_bytes)),
            ("signature_verifications", "Entries whose signatures were verified since the start", large(ledger.verifications)),
            ("consensus_peers", "Peers connected for consensus", facts.peers_connected.into()),
            ("consensus_peers_expected", "Peers that should be connected", facts.peers_expected.into()),
            ("best_peer_height", "Highest block of a peer", large(facts.best_peer_height)),
            ("syncing", "1 while catching up", facts.is_syncing.into()),
            ("safety_failure", "1 after the node stopped voting for safety", facts.safety_failure.is_some().into()),
            ("low_on_disk", "1 below the free space watermark", facts.is_low_on_disk.into()),
            ("serving_reads", "1 while reads are current", not_serving.reads.is_none().into()),
            ("serving_submissions", "1 while submissions are taken", not_serving.submissions.is_none().into()),
        ];
        for (name, help, value) in gauges {
            let gauge: Gauge = Gauge::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
        let mut text = String::new();
        if encode(&mut text, &registry).is_err() {
            // Writing to memory does not fail.
            text.clear();
        }
        text
    }
}
