//! Putting values at paths of a tree that is being made: names joined by points, places in lists as `[0]`.

use super::{Member, Node, Value, object, text};

/// `type` of the objects that are made on the way, by the name of the member that holds them.
pub(crate) type Kinds = [(&'static str, &'static str)];

/// A value for which there is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a short name nor a path of names joined by points, places in lists as [0]")]
pub struct NoPlace(pub String);

impl NoPlace {
    pub(crate) fn of(path: &str) -> Self {
        Self(path.chars().take(120).collect())
    }
}

/// One member that a person gives under a short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Its short name: a column of a spreadsheet, or `--set NAME=VALUE`.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What it is, with an example; empty where nobody is asked for it.
    pub question: &'static str,
}

pub(crate) const fn asked(name: &'static str, path: &'static str, question: &'static str) -> Asked {
    Asked { name, path, question }
}

/// Whether two documents of ours say the same, whatever their nonces and proofs.
#[must_use]
pub fn says_the_same(a: &Node, b: &Node) -> bool {
    let plain = |node: &Node| crate::jcs::canonical_document(&without(node, &["credentialSubject.nonce"]));
    plain(a) == plain(b)
}

/// The path that a short name stands for, or the path itself.
pub(crate) fn path_in<'a>(asked: &[Asked], name: &'a str) -> Result<&'a str, NoPlace> {
    let known = asked.iter().find(|asked| asked.name == name).map(|asked| asked.path);
    let path = || Some(name).filter(|_| name.contains('.') && steps(name).is_some());
    known.or_else(path).ok_or_else(|| NoPlace::of(name))
}

/// The steps of a path: a name, and places in lists.
fn steps(path: &str) -> Option<Vec<(&str, Vec<usize>)>> {
    let step = |step: &str| -> Option<(usize, Vec<usize>)> {
        let mut parts = step.split('[');
        let name = parts.next()?;
        let plain =
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@') && name.bytes().skip(1).all(|c| c.is_ascii_alphanumeric());
        let places = parts.map(|part| part.strip_suffix(']')?.parse().ok()).collect::<Option<Vec<usize>>>()?;
        plain.then_some((name.len(), places))
    };
    path.split('.').map(|part| step(part).and_then(|(length, places)| Some((part.get(..length)?, places)))).collect()
}

/// The value at a path, if there is one.
#[must_use]
pub fn get<'n>(document: &'n Node, path: &str) -> Option<&'n Node> {
    let mut node = document;
    for (name, places) in steps(path)? {
        node = node.get(name)?;
        for place in places {
            node = node.as_list()?.get(place)?;
        }
    }
    (node.value != Value::Null).then_some(node)
}

/// Puts a value at a path. Objects on the way are made with their type, lists grow by one element at a time.
pub(crate) fn set(document: &mut Node, path: &str, value: Value, kinds: &Kinds) -> Result<(), NoPlace> {
    let no_place = || NoPlace::of(path);
    let (mut node, mut kind) = (document, None);
    for (name, places) in steps(path).ok_or_else(no_place)? {
        node = member(node, kind, name).ok_or_else(no_place)?;
        kind = kinds.iter().find(|(owner, _)| *owner == name).map(|(_, kind)| *kind);
        for place in places {
            node = element(node, place).ok_or_else(no_place)?;
        }
    }
    node.value = value;
    Ok(())
}

fn member<'n>(owner: &'n mut Node, kind: Option<&str>, name: &str) -> Option<&'n mut Node> {
    if owner.value == Value::Null {
        owner.value = object([("type", kind.map(text))]).value;
    }
    let Value::Object(members) = &mut owner.value else { return None };
    let at = members.iter().position(|m| m.name == name).unwrap_or(members.len());
    if at == members.len() {
        members.push(Member { name: name.into(), at: 0, node: Node::new(Value::Null) });
    }
    members.get_mut(at).map(|m| &mut m.node)
}

fn element(owner: &mut Node, place: usize) -> Option<&mut Node> {
    if owner.value == Value::Null {
        owner.value = Value::List(Vec::new());
    }
    let Value::List(list) = &mut owner.value else { return None };
    if place == list.len() {
        list.push(Node::new(Value::Null));
    }
    list.get_mut(place)
}

/// Takes out what nobody gave: empty places, and objects of which only the type is known.
pub(crate) fn prune(node: &mut Node) {
    match &mut node.value {
        Value::Object(members) => {
            members.iter_mut().for_each(|m| prune(&mut m.node));
            members.retain(|m| m.node.value != Value::Null);
            if members.iter().all(|m| m.name == "type") {
                node.value = Value::Null;
            }
        }
        Value::List(list) => {
            list.iter_mut().for_each(prune);
            list.retain(|n| n.value != Value::Null);
            if list.is_empty() {
                node.value = Value::Null;
            }
        }
        Value::Null | Value::Bool(_) | Value::Text(_) => {}
    }
}

/// A document without the members at these paths.
#[must_use]
pub fn without(document: &Node, paths: &[&str]) -> Node {
    let mut copy = document.clone();
    for path in paths {
        // Where there is no such place there is nothing to take out.
        let _ = set(&mut copy, path, Value::Null, &[]);
    }
    prune(&mut copy);
    copy
}
