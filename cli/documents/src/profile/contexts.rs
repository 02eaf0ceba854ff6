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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    /// A vocabulary that changes under a signature changes what was signed.
    #[test]
    fn the_compiled_in_bytes_are_pinned() {
        let sha256 = |iri: &str| Sha256::digest(context_bytes(iri).unwrap()).iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(sha256(VC_CONTEXT), "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734");
        assert_eq!(sha256(OWN_CONTEXT), "6665df9adb9f076294accbdeadfe2a54dc585e5932dfe04acd989792b8f96c3b");
        assert_eq!(context_bytes("https://w3id.org/eco-notary/v2"), None);
    }

    /// Two terms for one IRI, or a default vocabulary, let one document mean two things.
    #[test]
    fn one_term_is_one_iri_and_nothing_is_guessed() {
        let context: Value = serde_json::from_slice(context_bytes(OWN_CONTEXT).unwrap()).unwrap();
        let terms = context["@context"].as_object().unwrap();
        assert_eq!(terms["@protected"], Value::Bool(true));
        for banned in ["@vocab", "@base", "@import"] {
            assert!(!terms.contains_key(banned), "{banned}");
        }
        let mut iris = BTreeSet::new();
        for (term, meaning) in terms.iter().filter(|(term, _)| !term.starts_with('@')) {
            let iri = meaning.as_str().or_else(|| meaning["@id"].as_str()).unwrap_or_default();
            assert!(iri.contains(':') && iris.insert(iri.to_owned()), "{term}: {iri:?} is no IRI, or another term has it");
            let container = meaning.get("@container").and_then(Value::as_str);
            assert!(matches!(container, None | Some("@set" | "@list")), "{term}: {container:?}");
        }
        let sample: Value = serde_json::from_str(include_str!("../../tests/documents/battery.json")).unwrap();
        let envelope = ["@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject", "name"];
        let undefined: Vec<String> =
            keys(&sample).into_iter().filter(|k| !envelope.contains(&k.as_str()) && !terms.contains_key(k)).collect();
        assert_eq!(undefined, Vec::<String>::new(), "a key that the vocabulary does not define has no meaning");
    }

    fn keys(value: &Value) -> BTreeSet<String> {
        match value {
            Value::Object(map) => map.iter().flat_map(|(k, v)| keys(v).into_iter().chain([k.clone()])).collect(),
            Value::Array(list) => list.iter().flat_map(keys).collect(),
            _ => BTreeSet::new(),
        }
    }
}
