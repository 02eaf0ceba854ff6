//! Closed profiles: what a document may hold, and every way in which it does not, all at once.
//!
//! A reader walks the strict tree once, takes the members it knows and leaves a [`Flaw`] for whatever is
//! missing, wrong or unknown. It never stops at the first one.

mod contexts;
mod envelope;
mod forms;
mod value;

pub use contexts::{CONTEXTS, OWN_CONTEXT, VC_CONTEXT, context_bytes};
pub(crate) use envelope::hs_node;
pub(crate) use envelope::{Demands, Envelope, Named, document, hs, organization, same_as_issuer};
pub use envelope::{Issuer, Organization};
pub(crate) use forms::{begins, ends};
pub(crate) use forms::{duration_s, years_after};
pub use forms::{instant, rfc3339};
pub use value::{Spelling, spelling};

use crate::json::{Member, Node, NotStrict, Value, joined};
use eco_core::verdict::{Code, Finding, Subject};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc, is_nfc_quick};

/// One way in which a document breaks its profile: where, which rule, what was found, how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The stable code.
    pub code: Code,
    /// The JSON path from the root, like `credentialSubject.nonce`; empty for the document itself.
    pub path: String,
    /// Byte offset in the file.
    pub offset: usize,
    /// The rule.
    pub rule: String,
    /// What was found.
    pub found: String,
    /// How to mend it.
    pub mend: String,
}

impl Flaw {
    /// Whether it is worth a word, and keeps nobody from signing, attesting or trusting the document.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        self.code.class().is_notice()
    }

    /// The flaw as a finding for `judge`.
    #[must_use]
    pub fn finding(&self, subject: Subject) -> Finding {
        let detail = format!("{}; found {}; {}", self.rule, self.found, self.mend);
        let finding = Finding::new(self.code, subject, detail).at(u64::try_from(self.offset).unwrap_or(u64::MAX), None);
        if self.path.is_empty() { finding } else { finding.in_member(self.path.clone()) }
    }

    /// The flaw of a document that is not strict JSON.
    #[must_use]
    pub fn not_strict(defect: &NotStrict) -> Self {
        Self {
            code: Code::JsonNotStrict,
            path: String::new(),
            offset: defect.offset,
            rule: "one reading only: strict JSON in UTF-8".into(),
            found: defect.to_string(),
            mend: "mend the file at this byte and sign it again".into(),
        }
    }
}

/// The flaws found so far, in one document.
pub(crate) struct Check<'a> {
    root: &'a Node,
    flaws: Vec<Flaw>,
}

impl<'a> Check<'a> {
    /// A check of a whole document; notes first which of its strings are not NFC.
    pub(crate) fn of(root: &'a Node) -> Self {
        let mut check = Self { root, flaws: Vec::new() };
        check.normal_forms(root);
        check
    }

    /// All flaws, in the order of the file.
    pub(crate) fn flaws(mut self) -> Vec<Flaw> {
        self.flaws.sort_by(|a, b| (a.offset, &a.path).cmp(&(b.offset, &b.path)));
        self.flaws.dedup();
        self.flaws
    }

    /// A flaw of a value.
    pub(crate) fn flaw(&mut self, code: Code, node: &Node, rule: impl Into<String>, mend: impl Into<String>) {
        self.flaw_found(code, node, rule, node.shown(), mend);
    }

    /// A flaw of a value, where what was found is not the value itself.
    pub(crate) fn flaw_found(
        &mut self,
        code: Code,
        node: &Node,
        rule: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let (path, offset) = (self.root.path_at(node.at), node.at);
        self.flaws.push(Flaw { code, path, offset, rule: rule.into(), found: found.into(), mend: mend.into() });
    }

    /// A value that has the wrong form.
    pub(crate) fn invalid(&mut self, node: &Node, rule: impl Into<String>, mend: impl Into<String>) {
        self.flaw(Code::FieldInvalid, node, rule, mend);
    }

    /// A member that is not there.
    pub(crate) fn missing(&mut self, code: Code, owner: &Node, name: &str, rule: impl Into<String>) {
        let path = joined(&self.root.path_at(owner.at), name);
        let mend = format!("add {name:?}");
        self.flaws.push(Flaw { code, path, offset: owner.at, rule: rule.into(), found: "nothing".into(), mend });
    }

    /// The members of an object, to be taken one by one.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        match &node.value {
            Value::Object(members) => Some(Fields { owner: node, members, taken: vec![false; members.len()] }),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) => {
                self.invalid(node, "an object", "write it as { .. } with its members");
                None
            }
        }
    }

    /// The elements of a list.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, least: usize, most: usize) -> Option<&'n [Node]> {
        match node.as_list() {
            Some(list) if (least..=most).contains(&list.len()) => Some(list),
            Some(list) => {
                self.flaw_found(
                    Code::FieldInvalid,
                    node,
                    format!("a list of {least} to {most}"),
                    format!("{} elements", list.len()),
                    "add or remove elements",
                );
                None
            }
            None => {
                self.invalid(node, "a list", "write it as [ .. ]");
                None
            }
        }
    }

    fn normal_forms(&mut self, node: &Node) {
        match &node.value {
            Value::Text(text) if !normal(text) => {
                let mend = format!("write {:?}", text.nfc().take(80).collect::<String>());
                self.flaw(Code::StringNotNfc, node, "strings are in Unicode normal form C", mend);
            }
            Value::List(list) => list.iter().for_each(|n| self.normal_forms(n)),
            Value::Object(members) => members.iter().for_each(|m| self.normal_forms(&m.node)),
            Value::Null | Value::Bool(_) | Value::Text(_) => {}
        }
    }
}

fn normal(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => is_nfc(text),
    }
}

/// The members of one object. What nobody takes does not belong to the profile.
pub(crate) struct Fields<'n> {
    pub(crate) owner: &'n Node,
    members: &'n [Member],
    taken: Vec<bool>,
}

impl<'n> Fields<'n> {
    /// A member that may be there.
    pub(crate) fn may(&mut self, name: &str) -> Option<&'n Node> {
        let at = self.members.iter().position(|m| m.name == name)?;
        if let Some(taken) = self.taken.get_mut(at) {
            *taken = true;
        }
        self.members.get(at).map(|m| &m.node)
    }

    /// A member that must be there.
    pub(crate) fn must(&mut self, check: &mut Check<'_>, name: &str) -> Option<&'n Node> {
        let node = self.may(name);
        if node.is_none() {
            check.missing(Code::FieldMissing, self.owner, name, "a required member");
        }
        node
    }

    /// `type`, which says what the object is: may be left out inside a document, never be another.
    pub(crate) fn kind(&mut self, check: &mut Check<'_>, expected: &str) {
        if let Some(node) = self.may("type")
            && node.as_text() != Some(expected)
        {
            check.invalid(node, format!("the type {expected}"), format!("write {expected:?}"));
        }
    }

    /// Every member that was not taken is unknown.
    pub(crate) fn close(self, check: &mut Check<'_>) {
        for (member, _) in self.members.iter().zip(&self.taken).filter(|(_, taken)| !**taken) {
            check.flaw(Code::UnknownField, &member.node, "only members of the profile", format!("remove {:?}", member.name));
        }
    }
}
