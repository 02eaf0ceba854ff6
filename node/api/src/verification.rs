//! `VerificationService`: receipts and status proofs, each answer under one head.

use crate::api::{Api, not_found, sealed};
use crate::status::ApiError;
use eco_core::codec::{Canonical, decode};
use eco_core::limits::{LIST_INLINE_MAX, STATUS_ITEMS_MAX};
use eco_core::state::{ClaimsRecord, DocumentRecord, RecordKey};
use eco_core::status::{StatusItem, StatusProof};
use eco_ledger::{LedgerError, View};
use eco_proto::convert::{EntryName, PageToken, StatusQuery, WireDefect, fingerprint, page_size, status_queries};
use eco_proto::limits::{ANSWER_BYTES_MAX, CLAIMS_PAGE_MAX, LIST_RECORDS_MAX};
use eco_proto::lists::{ListQuery, list_queries, listed};
use eco_proto::needed::{Needed, Records, needed};
use eco_proto::problem::{Problem, reason};
use eco_proto::v1;
use eco_proto::v1::verification_service_server::VerificationService;
use std::collections::BTreeSet;
use tonic::{Code, Request, Response, Status};

/// Bytes of an answer kept free for its framing and its other fields.
const FRAMING_BYTES: usize = 64 * 1024;

#[tonic::async_trait]
impl VerificationService for Api {
    async fn get_receipt(&self, request: Request<v1::GetReceiptRequest>) -> Result<Response<v1::GetReceiptResponse>, Status> {
        let name = EntryName::try_from(request.into_inner()).map_err(ApiError::from)?;
        let receipt = self.read(move |view| receipt(view, name)).await?;
        Ok(Response::new(v1::GetReceiptResponse { receipt, head: Some(self.head()) }))
    }

    async fn get_status(&self, request: Request<v1::GetStatusRequest>) -> Result<Response<v1::GetStatusResponse>, Status> {
        let query = request.into_inner().query.ok_or_else(|| ApiError::from(WireDefect::new("query", "must be set")))?;
        let query = StatusQuery::try_from(query).map_err(ApiError::from)?;
        let (status_proof, receipts) = self.read(move |view| status(view, &query)).await?;
        Ok(Response::new(v1::GetStatusResponse { status_proof, receipts, head: Some(self.head()) }))
    }

    async fn batch_get_status(&self, request: Request<v1::BatchGetStatusRequest>) -> Result<Response<v1::BatchGetStatusResponse>, Status> {
        let queries = status_queries(request.into_inner().queries).map_err(ApiError::from)?;
        let (status_proofs, proof_of_query) = self.read(move |view| status_batch(view, &queries)).await?;
        Ok(Response::new(v1::BatchGetStatusResponse { status_proofs, proof_of_query, head: Some(self.head()) }))
    }

    async fn get_lists(&self, request: Request<v1::GetListsRequest>) -> Result<Response<v1::GetListsResponse>, Status> {
        let queries = list_queries(request.into_inner().queries).map_err(ApiError::from)?;
        let status_proofs = self.read(move |view| lists(view, &queries)).await?;
        Ok(Response::new(v1::GetListsResponse { status_proofs, head: Some(self.head()) }))
    }

    async fn list_claims(&self, request: Request<v1::ListClaimsRequest>) -> Result<Response<v1::ListClaimsResponse>, Status> {
        let request = request.into_inner();
        let wire = request.fingerprint.ok_or_else(|| ApiError::from(WireDefect::new("fingerprint", "must be set")))?;
        let fingerprint = fingerprint(&wire).map_err(ApiError::from)?;
        let size = page_size(request.page_size, CLAIMS_PAGE_MAX).map_err(ApiError::from)?;
        let token = PageToken::read("claims", &request.page_token).map_err(ApiError::from)?;
        let (status_proof, next_page_token) = self.read(move |view| claims(view, fingerprint, size, token)).await?;
        Ok(Response::new(v1::ListClaimsResponse { status_proof, next_page_token, head: Some(self.head()) }))
    }
}

/// The records of a view.
struct State<'a, 'v>(&'a View<'v>);

impl Records for State<'_, '_> {
    type Error = LedgerError;
    fn read<T: Canonical>(&self, key: &RecordKey) -> Result<Option<T>, LedgerError> {
        let Some(bytes) = self.0.record(key)? else { return Ok(None) };
        decode(&bytes).map(Some).map_err(|defect| LedgerError::Damaged {
            what: format!("{key:?}"),
            expected: T::NAME.to_owned(),
            found: defect.to_string(),
        })
    }
}

/// A status proof over records, present or absent.
pub(crate) fn proof(view: &View<'_>, keys: &BTreeSet<RecordKey>) -> Result<Vec<u8>, ApiError> {
    let (header, seal) = sealed(view)?;
    let mut items = Vec::with_capacity(keys.len());
    for key in keys {
        let (record, proof) = view.prove(key)?;
        items.push(StatusItem { key: *key, record, proof: proof.to_bytes() });
    }
    Ok(StatusProof { header: header.clone(), seal: seal.clone(), items }.to_file())
}

fn receipt(view: &View<'_>, name: EntryName) -> Result<Vec<u8>, ApiError> {
    let index = match name {
        EntryName::Index(index) => Some(index),
        EntryName::Id(id) => view.index_of(&id)?,
        EntryName::Document(document) => {
            let record = State(view).read::<DocumentRecord>(&RecordKey::Document(document))?;
            record.and_then(|record| record.anchored().map(|change| change.index))
        }
    };
    let parts = index.map(|index| view.receipt_parts(index)).transpose()?.flatten();
    let parts = parts.ok_or_else(|| not_found("there is no such entry on this node's log"))?;
    Ok(parts.into_receipt()?.to_file())
}

/// The records that answer a query.
fn answer(view: &View<'_>, query: &StatusQuery) -> Result<Needed, ApiError> {
    Ok(needed(query, &State(view))?)
}

fn status(view: &View<'_>, query: &StatusQuery) -> Result<(Vec<u8>, Vec<Vec<u8>>), ApiError> {
    let answer = answer(view, query)?;
    let file = proof(view, &answer.keys)?;
    let mut receipts = Vec::with_capacity(answer.documents.len());
    for (document, record) in &answer.documents {
        let index = record.anchored().map(|change| change.index);
        let parts = index.map(|index| view.receipt_parts(index)).transpose()?.flatten();
        let parts = parts.ok_or_else(|| LedgerError::Damaged {
            what: format!("the Anchor of {document}"),
            expected: "an entry on the log".to_owned(),
            found: "none".to_owned(),
        })?;
        receipts.push(parts.into_receipt()?.to_file());
    }
    Ok((file, receipts))
}

/// Packs the answers into as few proofs as possible: `judge` reads one document's records from one proof.
fn status_batch(view: &View<'_>, queries: &[StatusQuery]) -> Result<(Vec<Vec<u8>>, Vec<u32>), ApiError> {
    let (mut files, mut places) = (Vec::new(), Vec::with_capacity(queries.len()));
    let (mut open, mut bytes): (BTreeSet<RecordKey>, usize) = (BTreeSet::new(), FRAMING_BYTES);
    let mut close = |open: &BTreeSet<RecordKey>, files: &mut Vec<Vec<u8>>| -> Result<(), ApiError> {
        let file = proof(view, open)?;
        bytes = bytes.saturating_add(file.len());
        if bytes > ANSWER_BYTES_MAX {
            return Err(Problem::new(
                Code::ResourceExhausted,
                reason::ANSWER_TOO_LARGE,
                "the answer is too large; ask about fewer documents at once",
            )
            .into());
        }
        files.push(file);
        Ok(())
    };
    for query in queries {
        let keys = answer(view, query)?.keys;
        if open.union(&keys).count() > STATUS_ITEMS_MAX {
            close(&open, &mut files)?;
            open.clear();
        }
        open.extend(keys);
        // Below the number of queries, at most 1000.
        places.push(u32::try_from(files.len()).unwrap_or(u32::MAX));
    }
    if !open.is_empty() {
        close(&open, &mut files)?;
    }
    Ok((files, places))
}

/// Whole lists: every record of every list once, in as few proofs as possible.
pub(crate) fn lists(view: &View<'_>, queries: &[ListQuery]) -> Result<Vec<Vec<u8>>, ApiError> {
    let too_large = || {
        let message = format!("the lists have more than {LIST_RECORDS_MAX} records or {ANSWER_BYTES_MAX} bytes; ask for fewer at once");
        ApiError::from(Problem::new(Code::ResourceExhausted, reason::ANSWER_TOO_LARGE, message))
    };
    let mut keys = BTreeSet::new();
    for query in queries {
        keys.extend(listed(query, &State(view))?);
        if keys.len() > LIST_RECORDS_MAX {
            return Err(too_large());
        }
    }
    let keys: Vec<RecordKey> = keys.into_iter().collect();
    let (mut files, mut bytes) = (Vec::new(), FRAMING_BYTES);
    for part in keys.chunks(STATUS_ITEMS_MAX) {
        let file = proof(view, &part.iter().copied().collect())?;
        bytes = bytes.saturating_add(file.len());
        if bytes > ANSWER_BYTES_MAX {
            return Err(too_large());
        }
        files.push(file);
    }
    Ok(files)
}

/// The counter record and a run of slots. Slots are never changed, so a walk need not stay under one head.
fn claims(
    view: &View<'_>,
    fingerprint: eco_core::Fingerprint,
    size: usize,
    token: Option<PageToken>,
) -> Result<(Vec<u8>, String), ApiError> {
    let key = RecordKey::Claims(fingerprint);
    let count = State(view).read::<ClaimsRecord>(&key)?.map_or(0, |record| record.count);
    let inline = u32::try_from(LIST_INLINE_MAX).unwrap_or(u32::MAX);
    let first = token.map_or(inline, |token| u32::try_from(token.next).unwrap_or(u32::MAX)).max(inline);
    let end = first.saturating_add(u32::try_from(size).unwrap_or(u32::MAX)).min(count.max(first));
    let mut keys = BTreeSet::from([key]);
    keys.extend((first..end).map(|slot| RecordKey::ClaimSlot(fingerprint, slot)));
    let file = proof(view, &keys)?;
    let next = if end < count { PageToken { bound: u64::from(count), next: u64::from(end) }.to_text("claims") } else { String::new() };
    Ok((file, next))
}
