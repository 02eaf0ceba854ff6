//! Lists that a verdict relies on, each with every record that proves it complete.
//!
//! Written once for both sides, as `needed` is: a node assembles its answer by it, a client checks that
//! nothing was left out. What the records mean is eco-core's.

use crate::convert::{WireDefect, bytes32, organisation};
use crate::limits::{BATCH_QUERIES_MAX, LIST_RECORDS_MAX};
use crate::needed::Records;
use crate::v1;
use eco_core::commitment::CommitmentDefect;
use eco_core::document::{DocumentId, ProductKey};
use eco_core::name::{Country, NameDefect, OrgId};
use eco_core::recognition::RecognitionScope;
use eco_core::scheme::SchemeId;
use eco_core::state::{AttestationRecord, Listed, Listing, PresentationName, RecognitionsRecord, RecordKey, SchemeKey};
use std::collections::BTreeSet;

/// A question about one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListQuery {
    /// Who attested a document, what they said, and the document itself.
    Attestations(DocumentId),
    /// Where a document was presented, and what became of it.
    Presentations(DocumentId),
    /// Whether a country recognises a body, directly or through an accreditation body: every row that could.
    Recognition {
        /// The country.
        country: Country,
        /// The verification body.
        body: OrgId,
    },
    /// The rows of one scope about one body.
    Rows {
        /// Who recognises.
        scope: RecognitionScope,
        /// Who is recognised.
        body: OrgId,
    },
    /// All bodies and rows of a scope: the list that a country or an accreditation body keeps.
    Recognised(RecognitionScope),
    /// The documents that an author recorded for a product.
    Passports {
        /// The author.
        author: OrgId,
        /// The product.
        product: ProductKey,
    },
    /// All schemes.
    Schemes,
}

/// The records that prove a list complete: counters, slots, and what they name. More than the bound is cut off
/// just above it: such a list does not fit into an answer.
///
/// # Errors
/// A record cannot be read.
pub fn listed<R: Records>(query: &ListQuery, records: &R) -> Result<BTreeSet<RecordKey>, R::Error> {
    let mut walk = Walk { records, keys: BTreeSet::new() };
    match *query {
        ListQuery::Attestations(document) => {
            walk.keys.insert(RecordKey::Document(document));
            for body in walk.list::<OrgId>(RecordKey::Attestations(document))? {
                let key = RecordKey::Attestation(document, body);
                walk.keys.extend([RecordKey::Organisation(body), key]);
                let record = records.read::<AttestationRecord>(&key)?.unwrap_or_default();
                // For RevokeKey: a verifier will need to see since when the key is revoked.
                walk.keys.extend(record.attestations.iter().map(|a| RecordKey::Key(a.key)));
            }
        }
        ListQuery::Presentations(document) => {
            walk.keys.insert(RecordKey::Document(document));
            for PresentationName { customs, declaration } in walk.list(RecordKey::Presentations(document))? {
                walk.keys.extend([RecordKey::Organisation(customs), RecordKey::Presentation(document, customs, declaration)]);
            }
        }
        ListQuery::Recognition { country, body } => {
            let own = RecognitionScope::Country(country);
            walk.keys.extend([RecordKey::Authority(country), RecordKey::Organisation(body)]);
            walk.rows(own, body)?;
            for scope in walk.list::<RecognitionScope>(RecordKey::Recognisers(body))? {
                if let RecognitionScope::Accreditation(accreditor) = scope {
                    walk.rows(scope, body)?;
                    walk.rows(own, accreditor)?;
                }
            }
        }
        ListQuery::Rows { scope, body } => walk.rows(scope, body)?,
        ListQuery::Recognised(scope) => {
            if let RecognitionScope::Country(country) = scope {
                walk.keys.insert(RecordKey::Authority(country));
            }
            for body in walk.list::<OrgId>(RecordKey::Recognised(scope))? {
                walk.rows(scope, body)?;
            }
        }
        ListQuery::Passports { author, product } => {
            walk.keys.insert(RecordKey::Organisation(author));
            let documents = walk.list::<DocumentId>(RecordKey::Products(author, product))?;
            walk.keys.extend(documents.into_iter().map(RecordKey::Document));
        }
        ListQuery::Schemes => {
            let schemes = walk.list::<SchemeId>(RecordKey::Schemes)?;
            walk.keys.extend(schemes.iter().map(|id| RecordKey::Scheme(SchemeKey::of(id))));
        }
    }
    Ok(walk.keys)
}

struct Walk<'a, R> {
    records: &'a R,
    keys: BTreeSet<RecordKey>,
}

impl<R: Records> Walk<'_, R> {
    fn is_full(&self) -> bool {
        self.keys.len() > LIST_RECORDS_MAX
    }

    /// Counter and slots.
    fn list<T: Listed>(&mut self, counter: RecordKey) -> Result<Vec<T>, R::Error> {
        self.keys.insert(counter);
        let list = self.records.read::<Listing<T>>(&counter)?.unwrap_or_default();
        let slots = list.slots();
        let mut items = list.first;
        for slot in slots.map_while(|number| counter.slot(number)) {
            if self.is_full() {
                break;
            }
            self.keys.insert(slot);
            items.extend(self.records.read::<T>(&slot)?);
        }
        Ok(items)
    }

    /// Rows of a scope about a body.
    fn rows(&mut self, scope: RecognitionScope, body: OrgId) -> Result<(), R::Error> {
        let counter = RecordKey::Recognitions(scope, body);
        self.keys.insert(counter);
        let count = self.records.read::<RecognitionsRecord>(&counter)?.unwrap_or_default().count;
        for number in 0..count {
            if self.is_full() {
                break;
            }
            self.keys.insert(RecordKey::Recognition(scope, body, number));
        }
        Ok(())
    }
}

fn country(field: &'static str, text: &str) -> Result<Country, WireDefect> {
    text.parse().map_err(|defect: NameDefect| WireDefect::new(field, defect.to_string()))
}

impl TryFrom<v1::RecognitionScope> for RecognitionScope {
    type Error = WireDefect;
    fn try_from(wire: v1::RecognitionScope) -> Result<Self, WireDefect> {
        use v1::recognition_scope::Scope;
        match wire.scope.ok_or_else(|| WireDefect::new("scope", "must be set"))? {
            Scope::Country(text) => country("scope.country", &text).map(Self::Country),
            Scope::AccreditationBody(text) => organisation("scope.accreditation_body", &text).map(Self::Accreditation),
        }
    }
}

impl From<RecognitionScope> for v1::RecognitionScope {
    fn from(scope: RecognitionScope) -> Self {
        use v1::recognition_scope::Scope;
        let scope = match scope {
            RecognitionScope::Country(country) => Scope::Country(country.to_string()),
            RecognitionScope::Accreditation(body) => Scope::AccreditationBody(body.to_string()),
        };
        Self { scope: Some(scope) }
    }
}

impl TryFrom<v1::ListQuery> for ListQuery {
    type Error = WireDefect;
    fn try_from(wire: v1::ListQuery) -> Result<Self, WireDefect> {
        use v1::list_query::List;
        let scope = |scope: Option<v1::RecognitionScope>| scope.ok_or_else(|| WireDefect::new("scope", "must be set"))?.try_into();
        Ok(match wire.list.ok_or_else(|| WireDefect::new("list", "must be set"))? {
            List::Attestations(id) => Self::Attestations(DocumentId(bytes32("list.attestations", &id)?)),
            List::Presentations(id) => Self::Presentations(DocumentId(bytes32("list.presentations", &id)?)),
            List::Recognition(asked) => Self::Recognition {
                country: country("list.recognition.country", &asked.country)?,
                body: organisation("list.recognition.body", &asked.body)?,
            },
            List::Rows(asked) => Self::Rows { scope: scope(asked.scope)?, body: organisation("list.rows.body", &asked.body)? },
            List::Recognised(asked) => Self::Recognised(asked.try_into()?),
            List::Passports(asked) => {
                use v1::passports_query::Product;
                let product = match asked.product.ok_or_else(|| WireDefect::new("list.passports.product", "must be set"))? {
                    Product::ProductKey(key) => ProductKey(bytes32("list.passports.product_key", &key)?),
                    Product::ProductId(id) => ProductKey::of(&id)
                        .map_err(|defect: CommitmentDefect| WireDefect::new("list.passports.product_id", defect.to_string()))?,
                };
                Self::Passports { author: organisation("list.passports.author", &asked.author)?, product }
            }
            List::Schemes(_) => Self::Schemes,
        })
    }
}

impl From<&ListQuery> for v1::ListQuery {
    fn from(query: &ListQuery) -> Self {
        use v1::list_query::List;
        let list = match *query {
            ListQuery::Attestations(id) => List::Attestations(id.as_bytes().to_vec()),
            ListQuery::Presentations(id) => List::Presentations(id.as_bytes().to_vec()),
            ListQuery::Recognition { country, body } => {
                List::Recognition(v1::RecognitionQuery { country: country.to_string(), body: body.to_string() })
            }
            ListQuery::Rows { scope, body } => List::Rows(v1::RowsQuery { scope: Some(scope.into()), body: body.to_string() }),
            ListQuery::Recognised(scope) => List::Recognised(scope.into()),
            ListQuery::Passports { author, product } => List::Passports(v1::PassportsQuery {
                author: author.to_string(),
                product: Some(v1::passports_query::Product::ProductKey(product.as_bytes().to_vec())),
            }),
            ListQuery::Schemes => List::Schemes(v1::SchemesQuery {}),
        };
        Self { list: Some(list) }
    }
}

/// The questions of a request, within its bound.
///
/// # Errors
/// None, too many, or one that is not well formed.
pub fn list_queries(wire: Vec<v1::ListQuery>) -> Result<Vec<ListQuery>, WireDefect> {
    if wire.is_empty() || wire.len() > BATCH_QUERIES_MAX {
        return Err(WireDefect::new("queries", format!("expected 1 to {BATCH_QUERIES_MAX}, found {}", wire.len())));
    }
    wire.into_iter().map(ListQuery::try_from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Without this a node would prove another list than the one that was asked for.
    #[test]
    fn a_question_survives_the_wire() {
        let (body, country) = ("cn-verify".parse().unwrap(), "JP".parse().unwrap());
        let scopes = [RecognitionScope::Country(country), RecognitionScope::Accreditation(body)];
        let mut questions = vec![
            ListQuery::Attestations(DocumentId([1; 32])),
            ListQuery::Presentations(DocumentId([2; 32])),
            ListQuery::Recognition { country, body },
            ListQuery::Passports { author: body, product: ProductKey([3; 32]) },
            ListQuery::Schemes,
        ];
        questions.extend(scopes.iter().flat_map(|scope| [ListQuery::Rows { scope: *scope, body }, ListQuery::Recognised(*scope)]));
        for question in questions {
            assert_eq!(ListQuery::try_from(v1::ListQuery::from(&question)).unwrap(), question);
        }
    }

    #[test]
    fn a_product_is_asked_for_by_id_or_key() {
        let id = "https://id.gs1.org/01/06901234567892".to_owned();
        let asked = v1::PassportsQuery { author: "acme".into(), product: Some(v1::passports_query::Product::ProductId(id.clone())) };
        let query = ListQuery::try_from(v1::ListQuery { list: Some(v1::list_query::List::Passports(asked)) }).unwrap();
        assert_eq!(query, ListQuery::Passports { author: "acme".parse().unwrap(), product: ProductKey::of(&id).unwrap() });
    }

    #[test]
    fn what_is_missing_or_out_of_bounds_is_named() {
        use v1::list_query::List;
        let field = |list| ListQuery::try_from(v1::ListQuery { list }).unwrap_err().field;
        assert_eq!(field(None), "list");
        assert_eq!(field(Some(List::Attestations(vec![1; 31]))), "list.attestations");
        assert_eq!(field(Some(List::Recognised(v1::RecognitionScope { scope: None }))), "scope");
        let lower = v1::RecognitionQuery { country: "jp".into(), body: "cn-verify".into() };
        assert_eq!(field(Some(List::Recognition(lower))), "list.recognition.country");
        assert_eq!(list_queries(Vec::new()).unwrap_err().field, "queries");
        assert!(list_queries(vec![v1::ListQuery::from(&ListQuery::Schemes); 1001]).is_err());
        assert_eq!(list_queries(vec![v1::ListQuery::from(&ListQuery::Schemes); 1000]).unwrap().len(), 1000);
    }
}
