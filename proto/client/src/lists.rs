//! Whole lists: attestations, presentations, recognitions, passports of a product, schemes. Verified and complete.

use crate::client::Client;
use crate::error::ClientError;
use crate::node::{Node, ask};
use crate::status::Shows;
use eco_core::document::DocumentId;
use eco_core::name::{OrgId, Revision};
use eco_core::recognition::RecognitionScope;
use eco_core::scheme::{Scheme, SchemeId};
use eco_core::state::{
    AttestationRecord, DocumentRecord, PresentationName, PresentationRecord, RecognitionRecord, RecognitionsRecord, RecordKey, SchemeKey,
};
use eco_core::status::{Shown, StatusView};
use eco_proto::lists::{ListQuery, listed};
use eco_proto::v1;

/// Lists that a client asks for at once: with some four records each they fit into one answer.
const QUERIES_AT_ONCE: usize = 250;

/// Lists that are proven whole, all as of one head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListsAnswer {
    /// The node that gave them.
    pub node: String,
    /// The status proofs as `.eco` files, for `judge` and for keeping.
    pub files: Vec<Vec<u8>>,
    /// What they show together. Attestations, recognition and presentations are read from it as facts.
    pub view: StatusView,
}

impl ListsAnswer {
    /// The documents that an author recorded for a product, in log order, with their records.
    ///
    /// # Errors
    /// The list was not asked for, or a record is of a form that this version does not know.
    pub fn passports(&self, query: &ListQuery) -> Result<Vec<(DocumentId, DocumentRecord)>, String> {
        let ListQuery::Passports { author, product } = *query else { return Err(format!("{query:?} is no list of passports")) };
        let documents = items(self.view.list::<DocumentId>(&RecordKey::Products(author, product))?)?;
        documents.into_iter().map(|id| self.record(&RecordKey::Document(id)).map(|record| (id, record))).collect()
    }

    /// All schemes, ascending by id.
    ///
    /// # Errors
    /// They were not asked for, or one is of a form that this version does not know.
    pub fn schemes(&self) -> Result<Vec<Scheme>, String> {
        let ids = items(self.view.list::<SchemeId>(&RecordKey::Schemes)?)?;
        ids.iter().map(|id| self.record(&RecordKey::Scheme(SchemeKey::of(id)))).collect()
    }

    /// The bodies that a scope has rows about, with the rows, numbered as they stand.
    ///
    /// # Errors
    /// The list was not asked for, or a record is of a form that this version does not know.
    pub fn recognised(&self, scope: RecognitionScope) -> Result<Vec<(OrgId, Vec<RecognitionRecord>)>, String> {
        let bodies = items(self.view.list::<OrgId>(&RecordKey::Recognised(scope))?)?;
        bodies.into_iter().map(|body| self.rows(scope, body).map(|rows| (body, rows))).collect()
    }

    /// The rows of a scope about a body, numbered as they stand.
    ///
    /// # Errors
    /// They were not asked for, or one is of a form that this version does not know.
    pub fn rows(&self, scope: RecognitionScope, body: OrgId) -> Result<Vec<RecognitionRecord>, String> {
        let counter = RecordKey::Recognitions(scope, body);
        let count = match self.view.show::<RecognitionsRecord>(&counter)? {
            Shown::Present(record) => record.count,
            Shown::Absent => 0,
            Shown::NotCovered => return Err(format!("the rows of {scope} about {body} were not asked for")),
        };
        (0..count).map(|number| self.record(&RecordKey::Recognition(scope, body, number))).collect()
    }

    /// The base of the next statement about a record: its revision, or 0 where it is proven that there is none.
    ///
    /// # Errors
    /// The lists say nothing about it.
    pub fn base(&self, key: &RecordKey) -> Result<Revision, String> {
        let none = Revision(0);
        let shown = match key {
            RecordKey::Document(_) => self.view.show::<DocumentRecord>(key)?.present().map(|r| r.revision),
            RecordKey::Attestation(..) => self.view.show::<AttestationRecord>(key)?.present().map(|r| r.revision),
            RecordKey::Presentation(..) => self.view.show::<PresentationRecord>(key)?.present().map(|r| r.revision),
            RecordKey::Recognition(..) => self.view.show::<RecognitionRecord>(key)?.present().map(|r| r.revision),
            RecordKey::Recognitions(..) => match self.view.show::<RecognitionsRecord>(key)? {
                Shown::Present(record) => Some(Revision(record.count)),
                Shown::Absent => Some(none),
                Shown::NotCovered => None,
            },
            _ => None,
        };
        let absent = match *key {
            RecordKey::Attestation(document, body) => {
                items(self.view.list::<OrgId>(&RecordKey::Attestations(document))?).is_ok_and(|bodies| !bodies.contains(&body))
            }
            RecordKey::Presentation(document, customs, declaration) => {
                let names = items(self.view.list::<PresentationName>(&RecordKey::Presentations(document))?);
                names.is_ok_and(|names| !names.contains(&PresentationName { customs, declaration }))
            }
            _ => false,
        };
        shown.or(absent.then_some(none)).ok_or_else(|| format!("the lists asked for do not show {key:?}"))
    }

    fn record<T: eco_core::codec::Canonical>(&self, key: &RecordKey) -> Result<T, String> {
        self.view.show(key)?.present().ok_or_else(|| format!("the list names {key:?}, which is not there"))
    }
}

/// The items of a list; none where it is proven empty.
fn items<T>(shown: Shown<Vec<T>>) -> Result<Vec<T>, String> {
    match shown {
        Shown::Present(items) => Ok(items),
        Shown::Absent => Ok(Vec::new()),
        Shown::NotCovered => Err("the list was not asked for".to_owned()),
    }
}

impl Client {
    /// Whole lists, all under one head.
    ///
    /// # Errors
    /// No node gave lists that hold and leave nothing out.
    pub async fn lists(&self, queries: &[ListQuery]) -> Result<ListsAnswer, ClientError> {
        self.first(|node| Box::pin(self.lists_from(node, queries.to_vec()))).await.map(|(answer, _)| answer)
    }

    /// Any number of lists: one answer for each 250 questions, in their order. Each answer is under a head of its own.
    ///
    /// # Errors
    /// No node gave lists that hold and leave nothing out.
    pub async fn lists_batch(&self, queries: &[ListQuery]) -> Result<Vec<ListsAnswer>, ClientError> {
        let mut answers = Vec::new();
        for part in queries.chunks(QUERIES_AT_ONCE) {
            answers.push(self.lists(part).await?);
        }
        Ok(answers)
    }

    async fn lists_from(&self, node: &Node, queries: Vec<ListQuery>) -> Result<ListsAnswer, ClientError> {
        let before = self.trust();
        let request = ask(v1::GetListsRequest { queries: queries.iter().map(Into::into).collect() });
        let wire = node.verification().get_lists(request).await.map_err(|s| node.failure(&s).0)?.into_inner();
        let mut joined = None;
        for file in &wire.status_proofs {
            let (view, head) = self.read_proof(node, file, &before).await?;
            joined = Some(match joined.take() {
                None => (view, head),
                Some((first, head)) => (StatusView::join(first, view).map_err(|defect| node.invalid("lists", defect))?, head),
            });
        }
        let (view, head) = joined.ok_or_else(|| node.invalid("lists", "it has no proof"))?;
        for query in &queries {
            let keys = listed(query, &Shows(&view)).map_err(|defect| node.invalid("lists", defect))?;
            if let Some(hidden) = keys.iter().find(|key| !view.keys().any(|covered| covered == *key)) {
                return Err(node.invalid("lists", format!("it leaves out {hidden:?}")));
            }
        }
        self.check_head(node, &head, &before).await?;
        Ok(ListsAnswer { node: node.address.clone(), files: wire.status_proofs, view })
    }
}
