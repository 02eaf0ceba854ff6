//! `LogService`: checkpoints, consistency, entries, headers; `watch.rs` streams what is new.

mod watch;

use crate::api::{Api, not_found, sealed};
use crate::status::ApiError;
use eco_core::checkpoint::signed_note;
use eco_core::codec::encode;
use eco_core::header::Header;
use eco_core::log::{Frontier, LogHash, TILE_LEVEL_MAX, TILE_WIDTH, Tile};
use eco_core::name::Height;
use eco_core::seal::Seal;
use eco_ledger::{LedgerError, View};
use eco_proto::convert::{PageToken, WireDefect, page_size};
use eco_proto::limits::{PAGE_BYTES_MAX, PAGE_MAX};
use eco_proto::problem::{Problem, reason};
use eco_proto::v1;
use eco_proto::v1::log_service_server::LogService;
use tonic::{Code, Request, Response, Status};

#[tonic::async_trait]
impl LogService for Api {
    async fn get_checkpoint(&self, _: Request<v1::GetCheckpointRequest>) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let (signed_note, sealed_header) = self.read(checkpoint).await?;
        Ok(Response::new(v1::GetCheckpointResponse { signed_note, sealed_header: Some(sealed_header), head: Some(self.head()) }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let v1::GetConsistencyProofRequest { old_size, new_size } = request.into_inner();
        if old_size > new_size {
            let defect = WireDefect::new("old_size", format!("{old_size} is greater than new_size {new_size}"));
            return Err(ApiError::from(defect).into());
        }
        let path = self.read(move |view| Ok(view.consistency(old_size, new_size)?)).await?;
        let path = path.ok_or_else(|| not_found(format!("the log of this node has fewer than {new_size} entries")))?;
        let hashes = path.iter().map(|hash| hash.as_bytes().to_vec()).collect();
        Ok(Response::new(v1::GetConsistencyProofResponse { hashes, head: Some(self.head()) }))
    }

    async fn list_entries(&self, request: Request<v1::ListEntriesRequest>) -> Result<Response<v1::ListEntriesResponse>, Status> {
        let request = request.into_inner();
        let size = page_size(request.page_size, PAGE_MAX).map_err(ApiError::from)?;
        let token = PageToken::read("entries", &request.page_token).map_err(ApiError::from)?;
        let mut response = self.read(move |view| entries(view, request.from_index, size, token)).await?;
        response.head = Some(self.head());
        Ok(Response::new(response))
    }

    async fn list_headers(&self, request: Request<v1::ListHeadersRequest>) -> Result<Response<v1::ListHeadersResponse>, Status> {
        let request = request.into_inner();
        let size = page_size(request.page_size, PAGE_MAX).map_err(ApiError::from)?;
        let token = PageToken::read("headers", &request.page_token).map_err(ApiError::from)?;
        let mut response = self.read(move |view| headers(view, request.from_height, size, token)).await?;
        response.head = Some(self.head());
        Ok(Response::new(response))
    }

    type WatchStream = watch::Events;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<watch::Events>, Status> {
        Ok(Response::new(watch::begin(self.clone(), request.into_inner().from_index).await?))
    }
}

pub(crate) fn wire_header(header: &Header, seal: &Seal) -> v1::SealedHeader {
    v1::SealedHeader { header: encode(header), seal: encode(seal) }
}

fn checkpoint(view: &View<'_>) -> Result<(Vec<u8>, v1::SealedHeader), ApiError> {
    let (header, seal) = sealed(view)?;
    Ok((signed_note(view.state().origin(), header, seal, view.state().validators()), wire_header(header, seal)))
}

/// A walk that began under more than this node has.
fn beyond(what: &str, bound: u64, has: u64) -> ApiError {
    let message = format!("the walk is bound to {what} {bound}, this node has {has}; start again, or ask the node that began it");
    Problem::new(Code::FailedPrecondition, reason::PAGE_BEYOND_HEAD, message).into()
}

fn entries(view: &View<'_>, from: u64, page: usize, token: Option<PageToken>) -> Result<v1::ListEntriesResponse, ApiError> {
    let has = view.tree_size();
    let PageToken { bound, next } = token.unwrap_or(PageToken { bound: has, next: from });
    if bound > has {
        return Err(beyond("size", bound, has));
    }
    let left = usize::try_from(bound.saturating_sub(next)).unwrap_or(usize::MAX);
    let found = if left == 0 { Vec::new() } else { view.entries(next, page.min(left), PAGE_BYTES_MAX)? };
    let end = found.last().map_or(bound, |(index, _)| index.saturating_add(1));
    let next_page_token = if end < bound { PageToken { bound, next: end }.to_text("entries") } else { String::new() };
    let entries = found.into_iter().map(|(index, signed_entry)| v1::LogEntry { index, signed_entry }).collect();
    Ok(v1::ListEntriesResponse { entries, next_page_token, tree_size: bound, head: None })
}

fn headers(view: &View<'_>, from: u64, page: usize, token: Option<PageToken>) -> Result<v1::ListHeadersResponse, ApiError> {
    let has = view.state().tip().height.0;
    let PageToken { bound, next } = token.unwrap_or(PageToken { bound: has, next: from });
    if bound > has {
        return Err(beyond("height", bound, has));
    }
    let first = next.max(1);
    let end = first.saturating_add(u64::try_from(page).unwrap_or(u64::MAX)).min(bound.saturating_add(1)).max(first);
    let headers = (first..end).map(|height| sealed_at(view, Height(height)).map(|(h, s)| wire_header(&h, &s))).collect::<Result<_, _>>()?;
    let next_page_token = if end <= bound { PageToken { bound, next: end }.to_text("headers") } else { String::new() };
    Ok(v1::ListHeadersResponse { headers, next_page_token, head: None })
}

/// Header and seal of a block that the view has.
pub(crate) fn sealed_at(view: &View<'_>, height: Height) -> Result<(Header, Seal), ApiError> {
    let header = view.header_at(height)?;
    let seal = view.seal_at(height)?;
    Ok(header.zip(seal).ok_or_else(|| LedgerError::Damaged {
        what: format!("block {height}"),
        expected: "a header and a seal".to_owned(),
        found: "none".to_owned(),
    })?)
}

/// Roots of the complete subtrees of the log of `size` entries, largest first: its partial tiles hold them.
fn subtree_roots(view: &View<'_>, size: u64) -> Result<Vec<LogHash>, LedgerError> {
    let mut roots = Vec::new();
    for level in (0..=TILE_LEVEL_MAX).rev() {
        // The last tile of a level at this size; a full one is part of the level above.
        let nodes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let index = nodes / u64::from(TILE_WIDTH);
        let Some(tile) = Tile::of_log(level, index, size) else { continue };
        let bytes = view.tile(&tile)?.unwrap_or_default();
        let mut partial = Frontier::new();
        // A tile is whole hashes.
        partial.extend(bytes.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).map(LogHash));
        roots.extend_from_slice(partial.hashes());
    }
    Ok(roots)
}
