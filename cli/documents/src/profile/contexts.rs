//! The two vocabularies, compiled in. A context is never fetched, so its meaning cannot change under a signature.

use super::{Check, Fields};
use crate::json::Node;
use eco_core::verdict::Code;

/// IRI of the W3C's context, Verifiable Credentials 2.0.
pub const VC_CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";
/// IRI of our own context. A placeholder until the address is under the project's control.
pub const OWN_CONTEXT: &str = "https://w3id.org/eco-notary/v1";
/// What `@context` must be, in this order.
pub const CONTEXTS: [&str; 2] = [VC_CONTEXT, OWN_CONTEXT];

/// The bytes of a pinned context; `None` for every other IRI.
#[must_use]
pub fn context_bytes(iri: &str) -> Option<&'static [u8]> {
    match iri {
        VC_CONTEXT => Some(include_bytes!("../../contexts/credentials-v2.jsonld")),
        OWN_CONTEXT => Some(include_bytes!("../../contexts/eco-v1.jsonld")),
        _ => None,
    }
}

/// `@context` is exactly the pinned pair; another version of ours is not known here, anything else is not pinned.
pub(super) fn check(check: &mut Check<'_>, fields: &mut Fields<'_>) {
    let rule = format!("exactly [{VC_CONTEXT:?}, {OWN_CONTEXT:?}]");
    let Some(node) = fields.may("@context") else {
        return check.missing(Code::ContextNotPinned, fields.owner, "@context", rule);
    };
    let found: Option<Vec<&str>> = node.as_list().and_then(|list| list.iter().map(Node::as_text).collect());
    match found.as_deref() {
        Some(found) if found == CONTEXTS => {}
        Some([VC_CONTEXT, own]) if other_version(own) => {
            check.flaw_found(
                Code::ProfileVersionUnsupported,
                node,
                rule,
                format!("{own:?}"),
                "use a version of this software that knows it",
            );
        }
        found => {
            let shown = found.map_or_else(|| node.shown(), |list| format!("{list:?}").chars().take(300).collect());
            check.flaw_found(Code::ContextNotPinned, node, rule, shown, "write exactly these two, in this order");
        }
    }
}

/// `https://w3id.org/eco-notary/v<n>` with another n.
fn other_version(iri: &str) -> bool {
    let number = OWN_CONTEXT.strip_suffix('1').and_then(|stem| iri.strip_prefix(stem));
    number.is_some_and(|n| (1..=6).contains(&n.len()) && n != "1" && !n.starts_with('0') && n.bytes().all(|c| c.is_ascii_digit()))
}
