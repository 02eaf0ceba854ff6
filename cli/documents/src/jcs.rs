//! RFC 8785 canonical form of strict JSON, and the fingerprint made from it.
//!
//! Without numbers the form is short: members sorted by the UTF-16 units of their names, no space, the
//! shortest escapes. The tests compare it with another implementation.

use crate::json::{Node, Value};
use eco_core::Fingerprint;

/// Canonical bytes of a value, as it is.
#[must_use]
pub fn canonical(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

/// Canonical bytes of a document: without its top-level `proof`. Nested members of that name stay.
#[must_use]
pub fn canonical_document(document: &Node) -> String {
    let mut out = String::new();
    match &document.value {
        Value::Object(members) => members_but(members, Some("proof"), &mut out),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) => write(document, &mut out),
    }
    out
}

/// The fingerprint of method `jcs`.
#[must_use]
pub fn fingerprint(document: &Node) -> Fingerprint {
    Fingerprint::of_jcs(canonical_document(document).as_bytes())
}

pub(crate) fn write(node: &Node, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Text(text) => string(text, out),
        Value::List(list) => {
            out.push('[');
            for (index, element) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(element, out);
            }
            out.push(']');
        }
        Value::Object(members) => members_but(members, None, out),
    }
}

fn members_but(members: &[crate::json::Member], left_out: Option<&str>, out: &mut String) {
    let mut sorted: Vec<_> = members.iter().filter(|m| left_out != Some(m.name.as_str())).collect();
    sorted.sort_unstable_by(|a, b| {
        // For ASCII names bytes and UTF-16 units have one order.
        if a.name.is_ascii() && b.name.is_ascii() { a.name.cmp(&b.name) } else { a.name.encode_utf16().cmp(b.name.encode_utf16()) }
    });
    out.push('{');
    for (index, member) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        string(&member.name, out);
        out.push(':');
        write(&member.node, out);
    }
    out.push('}');
}

/// RFC 8785 section 3.2.2.2.
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    for found in text.chars() {
        match found {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", found as u32)),
            _ => out.push(found),
        }
    }
    out.push('"');
}
