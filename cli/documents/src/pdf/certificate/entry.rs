//! The verification entry: the address that the code on every page opens (SPEC 15.1).
//!
//! A pointer, never a proof. What identifies the certificate stands behind `#`, so that it reaches no server log;
//! any gateway takes the same fragment.

use super::super::text::hex;

/// Host and path that an address begins with where nothing else is configured. It belongs to no gateway: it forwards.
pub const GATEWAY: &str = "w3id.org/eco-notary";

/// `https://<gateway>/v#<first 16 hex of network id>/<issuer>/<number>`.
///
/// `number` is in its normal form, so that it needs no escapes.
#[must_use]
pub fn entry_address(gateway: &str, network: &[u8; 32], issuer: &str, number: &str) -> String {
    let prefix: String = hex(network).to_lowercase().chars().take(16).collect();
    format!("https://{}/v#{prefix}/{issuer}/{number}", gateway.trim_end_matches('/'))
}
