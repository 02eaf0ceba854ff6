//! Strict JSON: one reading only, or none.
//!
//! Two programs must never read one signed document in two ways, so what leaves room for that is refused:
//! another encoding than UTF-8, a byte order mark, a key twice, a number, half a surrogate pair, anything
//! after the end, more than [`DEPTH_MAX`] levels or [`BYTES_MAX`] bytes. Every value keeps its place.

pub mod place;
mod read;
mod write;

pub use read::{NotStrict, StrictRule, read, read_foreign};
pub use write::{object, pretty, text};

/// Levels of arrays and objects.
pub const DEPTH_MAX: usize = 32;
/// Bytes of a document.
pub const BYTES_MAX: usize = 256 * 1024;

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Byte offset of its first character; 0 where it was not read from bytes.
    pub at: usize,
    /// What it is.
    pub value: Value,
}

/// A JSON value. There are no numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A string, escapes resolved.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object, members in the order of the file, no name twice.
    Object(Vec<Member>),
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, escapes resolved.
    pub name: String,
    /// Byte offset of the name.
    pub at: usize,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// A value that no bytes were read for.
    #[must_use]
    pub const fn new(value: Value) -> Self {
        Self { at: 0, value }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Value::List(list) = &self.value { Some(list) } else { None }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[Member]> {
        if let Value::Object(members) = &self.value { Some(members) } else { None }
    }

    /// The member of that name, if it is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.iter().find(|m| m.name == name).map(|m| &m.node)
    }

    /// The path of the value at a byte offset of the file, like `credentialSubject.originItems[0].quantity`;
    /// empty for the document itself.
    #[must_use]
    pub fn path_at(&self, offset: usize) -> String {
        let mut path = String::new();
        let mut node = self;
        while node.at < offset {
            // Values stand in the order of the file: the last one that begins at or before the offset holds it.
            node = match &node.value {
                Value::List(list) => match list.iter().enumerate().rfind(|(_, n)| n.at <= offset) {
                    Some((index, child)) => {
                        path.push_str(&format!("[{index}]"));
                        child
                    }
                    None => return path,
                },
                Value::Object(members) => match members.iter().rfind(|m| m.node.at <= offset) {
                    Some(member) => {
                        path = joined(&path, &member.name);
                        &member.node
                    }
                    None => return path,
                },
                Value::Null | Value::Bool(_) | Value::Text(_) => return path,
            };
        }
        path
    }

    /// A short description for a person: the value itself, or what kind of thing it is.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Null => "null".into(),
            Value::Bool(truth) => truth.to_string(),
            Value::Text(text) if text.chars().count() <= 80 => format!("{text:?}"),
            Value::Text(text) => format!("{:?}..", text.chars().take(80).collect::<String>()),
            Value::List(list) => format!("a list of {}", list.len()),
            Value::Object(members) => {
                let names: Vec<&str> = members.iter().take(6).map(|m| m.name.as_str()).collect();
                format!("an object with [{}{}]", names.join(", "), if members.len() > names.len() { ", .." } else { "" })
            }
        }
    }
}

/// The path of a member: `owner.name`, or `owner["any name"]` where the name is no plain word.
#[must_use]
pub fn joined(owner: &str, name: &str) -> String {
    let first = |c: char| c.is_ascii_alphabetic() || c == '@';
    let plain = name.starts_with(first) && name.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || c == '_');
    match (plain, owner.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{owner}.{name}"),
        (false, _) => format!("{owner}[{:?}]", name.chars().take(80).collect::<String>()),
    }
}
