//! `eco status --product`: the carbon passports that an author recorded for a product, proven whole.

use super::exit_of;
use crate::args::StatusArgs;
use crate::dates::{age, now, rfc3339};
use crate::fault::Fault;
use crate::home::Home;
use crate::nodes::Nodes;
use crate::report::{Exit, Report};
use crate::show::{change_json, change_line};
use crate::stating::keep;
use anyhow::Result;
use eco_client::{ListQuery, ListsAnswer};
use eco_core::document::{DocumentId, DocumentStatus, ProductKey};
use eco_core::name::OrgId;
use eco_core::state::DocumentRecord;
use eco_core::trust::TrustRoot;
use eco_documents::product::{ProductId, gmn, gtin14, model_code};
use serde_json::{Value, json};

/// A product of an author, as it is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    author: OrgId,
    /// The product; the model that it is of, where it names a batch or an item.
    ids: Vec<String>,
}

/// A passport recorded for a product.
pub(super) struct Found {
    /// Under which id it is recorded.
    pub(super) product: String,
    pub(super) document: DocumentId,
    pub(super) record: DocumentRecord,
}

impl Asked {
    /// Reads a Digital Link, a GTIN, a GMN, a model URN, or a model code of the author.
    pub(super) fn read(text: &str, author: Option<OrgId>) -> Result<Self, Fault> {
        let invalid = |e: &dyn std::fmt::Display| Fault::usage("PRODUCT_INVALID", format!("{text:?}: {e}"));
        let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let unaccompanied = || Fault::usage("ISSUER_MISSING", format!("{text:?} needs the author of its passports")).hint("--issuer SLUG");
        let product = match ProductId::normalise(text) {
            Ok(product) => product,
            Err(defect) if text.contains(':') => return Err(invalid(&defect)),
            Err(_) if digits && matches!(text.len(), 8 | 12 | 13 | 14) => {
                let gtin = gtin14(text).map_err(|e| invalid(&e))?;
                ProductId::Gtin { gtin, variant: None, batch: None, serial: None }
            }
            Err(_) => match (gmn(text), model_code(text)) {
                (Ok(gmn), _) => ProductId::Gmn(gmn),
                (Err(_), Ok(code)) => ProductId::Model { author: author.ok_or_else(unaccompanied)?, code },
                (Err(gmn), Err(model)) => return Err(invalid(&format!("no GTIN or Digital Link; {gmn}; {model}"))),
            },
        };
        let author = match (&product, author) {
            (_, Some(author)) => author,
            (ProductId::Model { author, .. }, None) => *author,
            _ => return Err(unaccompanied()),
        };
        let mut ids = vec![product.to_string(), product.model().to_string()];
        ids.dedup();
        Ok(Self { author, ids })
    }

    /// The product as it is recorded.
    pub(super) fn shown(&self) -> String {
        format!("{} by {}", self.ids.first().map(String::as_str).unwrap_or_default(), self.author)
    }

    /// The lists to ask for.
    pub(super) fn queries(&self) -> Result<Vec<ListQuery>, Fault> {
        let key = |id: &String| ProductKey::of(id).map_err(|e| Fault::usage("PRODUCT_INVALID", e.to_string()));
        self.ids.iter().map(|id| Ok(ListQuery::Passports { author: self.author, product: key(id)? })).collect()
    }

    /// What lists that were asked for show; they are whole, or the client has refused them.
    pub(super) fn found(&self, answer: &ListsAnswer) -> Result<Vec<Found>, Fault> {
        let mut found = Vec::new();
        for (id, query) in self.ids.iter().zip(self.queries()?) {
            let passports = answer.passports(&query).map_err(|e| Fault::unverifiable("NODE_ANSWER_INVALID", e))?;
            found.extend(passports.into_iter().map(|(document, record)| Found { product: id.clone(), document, record }));
        }
        Ok(found)
    }
}

/// The exit code of a product: whether a passport is in force; if none is, what became of the last.
pub(super) fn exit(found: &[Found]) -> Exit {
    let in_force = |found: &Found| found.record.status() == DocumentStatus::Active;
    if found.iter().any(in_force) { Exit::Done } else { exit_of(found.last().map(|last| last.record.status())) }
}

/// Passports as JSON.
pub(super) fn json(found: &[Found]) -> Vec<Value> {
    let one = |Found { product, document, record }: &Found| {
        json!({
            "product": product,
            "document": document.to_string(),
            "status": record.status().name(),
            "revision": record.revision.0,
            "recorded": record.anchored().map(|change| rfc3339(change.time)),
            "history": record.history.iter().map(change_json).collect::<Vec<_>>(),
        })
    };
    found.iter().map(one).collect()
}

/// Asks for one product.
pub(super) async fn run(text: &str, args: &StatusArgs, home: &Home, trust: &TrustRoot) -> Result<Report> {
    let asked = Asked::read(text, args.issuer.or_else(|| home.organisation(None).ok()))?;
    let nodes = Nodes::connect(home, trust)?;
    let answer = nodes.lists(&asked.queries()?).await?;
    let found = asked.found(&answer)?;
    let header = &answer.view.header;
    let kept = args.save_lists.as_deref().map(|path| keep(path, &answer.files)).transpose()?.unwrap_or_default();
    let mut report = Report::new().exit(exit(&found));
    if found.is_empty() {
        report = report.result(format!("NOT RECORDED  {}", asked.shown())).note("that there is none is proven under the sealed head");
    }
    for Found { product, document, record } in &found {
        report = report.result(format!("{}  {document}", record.status().name())).note(format!("{document}  {product}"));
        report = report.notes(record.history.iter().map(|change| format!("  {}", change_line(change))));
    }
    Ok(report
        .note(format!("{} passports, these are all", found.len()))
        .note(format!("head: block {}, {}, {} old", header.height, rfc3339(header.time), age(now().since(header.time))))
        .notes(kept.iter().map(|path| format!("kept the proof in {}", path.display())))
        .notes(nodes.keep_head(home))
        .field("product", asked.ids.first().cloned())
        .field("author", asked.author.as_str())
        .field("passports", json(&found))
        .field("complete", true)
        .field("head", json!({ "height": header.height.0, "time": rfc3339(header.time), "time_ms": header.time.0 })))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another product's passports would be taken for this one's.
    #[test]
    fn a_product_is_read_in_every_spelling() {
        let author: Option<OrgId> = "acme-battery".parse().ok();
        let ids = |text: &str| Asked::read(text, author).map(|asked| asked.ids);
        let gtin = "https://id.gs1.org/01/06901234567892".to_owned();
        for text in ["6901234567892", "06901234567892", "https://shop.example/x/01/6901234567892?a=b"] {
            assert_eq!(ids(text).unwrap(), std::slice::from_ref(&gtin), "{text}");
        }
        assert_eq!(ids("https://id.gs1.org/01/06901234567892/10/LOT7").unwrap(), [format!("{gtin}/10/LOT7"), gtin]);
        assert_eq!(ids("1987654Ad4X4bL5ttr2310c2K").unwrap(), ["https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K"]);
        assert_eq!(ids("LB-48V").unwrap(), ["urn:eco:model:acme-battery:LB-48V"]);
        assert_eq!(Asked::read("urn:eco:model:other-org:LB", None).unwrap().author, "other-org".parse().unwrap());
        for bad in ["6901234567893", "", "lower case", "https://id.gs1.org/02/06901234567892", "urn:eco:model:x"] {
            assert_eq!(ids(bad).unwrap_err().reason, "PRODUCT_INVALID", "{bad}");
        }
        for alone in ["6901234567892", "LB-48V"] {
            assert_eq!(Asked::read(alone, None).unwrap_err().reason, "ISSUER_MISSING", "{alone}");
        }
    }
}
