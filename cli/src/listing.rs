//! What the log lists about a document, proven whole: where a certificate was presented, who attested a passport.

use crate::dates::rfc3339;
use crate::nodes::Nodes;
use crate::report::{Paint, paint};
use anyhow::Result;
use eco_client::ListQuery;
use eco_core::document::{DocumentId, DocumentKind};
use eco_core::name::Timestamp;
use eco_core::verdict::{AttestationFacts, Listed, PresentationFacts};
use serde_json::{Value, json};

/// The list that goes with a document's kind, as text and as JSON.
pub(crate) struct Listing {
    /// What the list is of, as a field of JSON output.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) lines: Vec<String>,
    /// The same for programs.
    pub(crate) json: Value,
    /// The status proofs that show it.
    pub(crate) files: Vec<Vec<u8>>,
}

impl Listing {
    /// Asks nodes for it. Documents of kind `other` have none.
    pub(crate) async fn ask(nodes: &Nodes, document: DocumentId, kind: DocumentKind) -> Result<Option<Self>> {
        let query = match kind {
            DocumentKind::Certificate | DocumentKind::Declaration => ListQuery::Presentations(document),
            DocumentKind::Passport => ListQuery::Attestations(document),
            DocumentKind::Other => return Ok(None),
        };
        let answer = nodes.lists(&[query]).await?;
        Ok(Some(match query {
            ListQuery::Attestations(_) => {
                let list = answer.view.attestations(document);
                Self { name: "attestations", lines: attestation_lines(&list), json: attestations_json(&list), files: answer.files }
            }
            _ => {
                let list = answer.view.presentations(document, None);
                Self { name: "presentations", lines: presentation_lines(&list), json: presentations_json(&list), files: answer.files }
            }
        }))
    }
}

fn extent<T>(list: &Listed<T>, none: &str, some: &str) -> String {
    let known = if list.complete { "these are all" } else { "there may be others" };
    match list.items.len() {
        0 if list.complete => format!("{none}, as of {}", rfc3339(list.read_at)),
        count => format!("{some} {count} times, as of {}; {known}", rfc3339(list.read_at)),
    }
}

/// Where a certificate was presented.
pub(crate) fn presentation_lines(list: &Listed<PresentationFacts>) -> Vec<String> {
    let line = |p: &PresentationFacts| {
        let tint = if p.withdrawn { Paint::Dim } else { Paint::Doubt };
        let own = if p.own { " (this declaration)" } else { "" };
        format!("  {}  to {} ({}) on {}{own}", paint(p.standing, tint), p.customs_name, p.customs, rfc3339(p.lodged))
    };
    [extent(list, "presented to no customs", "presented")].into_iter().chain(list.items.iter().map(line)).collect()
}

/// The same as JSON.
pub(crate) fn presentations_json(list: &Listed<PresentationFacts>) -> Value {
    let row = |p: &PresentationFacts| {
        json!({
            "customs": p.customs.as_str(), "customs_name": p.customs_name, "lodged": rfc3339(p.lodged), "lodged_ms": p.lodged.0,
            "standing": p.standing, "withdrawn": p.withdrawn, "own": p.own,
        })
    };
    list_json(list, row)
}

fn attestation_lines(list: &Listed<AttestationFacts>) -> Vec<String> {
    let line = |a: &AttestationFacts| {
        let word = match standing(a, list.read_at) {
            "attested" if a.admitted == Some(false) => paint("attested by no admitted body", Paint::Bad),
            "attested" => paint("attested", Paint::Good),
            other => paint(other, Paint::Bad),
        };
        format!("  {word}  by {} ({}) on {}, until {}", a.body, a.standard, rfc3339(a.attested), rfc3339(a.until))
    };
    [extent(list, "attested by nobody", "attested")].into_iter().chain(list.items.iter().map(line)).collect()
}

fn attestations_json(list: &Listed<AttestationFacts>) -> Value {
    let row = |a: &AttestationFacts| {
        json!({
            "body": a.body.as_str(), "accreditation_standard": a.standard, "statement_hash": a.statement.to_string(),
            "attested": rfc3339(a.attested), "until": rfc3339(a.until), "withdrawn": a.withdrawn.map(rfc3339),
            "standing": standing(a, list.read_at), "admitted": a.admitted,
        })
    };
    list_json(list, row)
}

fn standing(attestation: &AttestationFacts, at: Timestamp) -> &'static str {
    match attestation.withdrawn {
        Some(_) => "withdrawn",
        None if attestation.until <= at => "ended",
        None => "attested",
    }
}

fn list_json<T>(list: &Listed<T>, row: impl Fn(&T) -> Value) -> Value {
    json!({ "complete": list.complete, "as_of": rfc3339(list.read_at), "as_of_ms": list.read_at.0, "items": list.items.iter().map(row).collect::<Vec<_>>() })
}
