//! Trees made by us, and how they are written for people: two spaces, one member a line.

use super::{Member, Node, Value};
use crate::jcs;

/// A string.
#[must_use]
pub fn text(text: impl Into<String>) -> Node {
    Node::new(Value::Text(text.into()))
}

/// An object of the members that are there.
#[must_use]
pub fn object<const N: usize>(members: [(&str, Option<Node>); N]) -> Node {
    let present = members.into_iter().filter_map(|(name, node)| Some(Member { name: name.into(), at: 0, node: node? }));
    Node::new(Value::Object(present.collect()))
}

/// The file form of a document: indented, ended by a line feed.
#[must_use]
pub fn pretty(node: &Node) -> String {
    let mut out = String::new();
    write(node, 0, &mut out);
    out.push('\n');
    out
}

fn write(node: &Node, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match &node.value {
        Value::List(list) if !list.is_empty() => {
            out.push('[');
            for (index, element) in list.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, depth + 1);
                write(element, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Object(members) if !members.is_empty() => {
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, depth + 1);
                jcs::string(&member.name, out);
                out.push_str(": ");
                write(&member.node, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => jcs::write(node, out),
    }
}
