//! Static resources over HTTP: the C2SP `tlog-tiles` of the log, headers with seals, metrics.
//!
//! | path | what | cached |
//! |---|---|---|
//! | `/checkpoint` | C2SP signed note of the last block | a second |
//! | `/tile/<L>/<N>[.p/<W>]` | hashes | for ever |
//! | `/tile/entries/<N>[.p/<W>]` | entries, each with its length (u16 BE) | for ever |
//! | `/eco/headers/<from height>` | up to 256 headers with seals | full pages for ever |
//! | `/eco/genesis`, `/eco/trust-root` | `.eco` files | for ever, a second |
//! | `/metrics` | Prometheus text | no |
//! | `/healthz` | 200, or 503 and why | no |
//!
//! `/eco/headers/<h>` is the Borsh encoding of a list of pairs: u32 LE count, then per block, ascending from
//! height h (>= 1, without leading zeroes), the 265 bytes of the header and the canonical bytes of the seal
//! that this node stored (u32 LE round, u32 LE count, then per signature u16 LE validator and 64 octets).
//! The page ends after 256 blocks or at the head; it is not found if block h is not there.
//!
//! Partial tiles exist only where a block ended: at sizes for which there is a checkpoint.

use crate::api::Api;
use crate::limits::HTTP_HEADERS_PAGE;
use crate::log::sealed_at;
use crate::status::ApiError;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use eco_core::checkpoint::signed_note;
use eco_core::codec::encode;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::log::{TILE_WIDTH, TilePath};
use eco_core::name::Height;
use eco_ledger::{LedgerError, View};
use tonic::Code;

/// Never changes once it is there.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Changes with the next block.
const A_SECOND: &str = "public, max-age=1";
const NEVER: &str = "no-store";
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// What scrapers of the OpenMetrics text format expect.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes.
pub(crate) fn router(api: Api) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .route("/eco/headers/{from}", get(headers))
        .route("/eco/genesis", get(genesis))
        .route("/eco/trust-root", get(trust_root))
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .with_state(api)
}

/// A body with its type and how long it may be kept.
fn body(kind: &'static str, cache: &'static str, bytes: impl Into<axum::body::Body>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Everything here is public and read-only: pages of any origin may read it.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    (headers, bytes.into()).into_response()
}

fn refused(status: StatusCode, message: impl Into<String>) -> Response {
    let mut response = body(TEXT, NEVER, format!("{}\n", message.into()));
    *response.status_mut() = status;
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::InvalidArgument => StatusCode::BAD_REQUEST,
            Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        refused(status, self.0.message)
    }
}

async fn checkpoint(State(api): State<Api>) -> Result<Response, ApiError> {
    let note = api.read(|view| {
        let (header, seal) = crate::api::sealed(view)?;
        Ok(signed_note(view.state().origin(), header, seal, view.state().validators()))
    });
    Ok(body(TEXT, A_SECOND, note.await?))
}

/// The path is read from the URI as it came: a decoded one would have second spellings.
async fn tile(State(api): State<Api>, uri: Uri) -> Response {
    let Some(path) = uri.path().strip_prefix('/').and_then(|path| path.parse::<TilePath>().ok()) else {
        return refused(StatusCode::BAD_REQUEST, "not the path of a tile: tile/<level or entries>/<number as x001/234>[.p/<width>]");
    };
    match api.read(move |view| Ok(tile_bytes(view, path)?)).await {
        Ok(Some(bytes)) => body(BYTES, FOR_EVER, bytes),
        Ok(None) => refused(StatusCode::NOT_FOUND, "the log of this node has no such tile, or none of this width was published"),
        Err(error) => error.into_response(),
    }
}

fn tile_bytes(view: &View<'_>, path: TilePath) -> Result<Option<Vec<u8>>, LedgerError> {
    let (level, index, width) = match path {
        TilePath::Hashes(tile) => (tile.level(), tile.index(), tile.width()),
        TilePath::Entries(bundle) => (0, bundle.index(), bundle.width()),
    };
    if width < TILE_WIDTH && !was_published(view, level, index, width)? {
        return Ok(None);
    }
    match path {
        TilePath::Hashes(tile) => view.tile(&tile),
        TilePath::Entries(bundle) => view.entry_bundle(&bundle),
    }
}

/// Whether a block ended at a size that has this partial tile.
fn was_published(view: &View<'_>, level: u8, index: u64, width: u16) -> Result<bool, LedgerError> {
    let span = 1u64.checked_shl(8 * u32::from(level));
    let nodes = index.checked_mul(u64::from(TILE_WIDTH)).and_then(|start| start.checked_add(width.into()));
    let Some((first, span)) = nodes.zip(span).and_then(|(nodes, span)| Some((nodes.checked_mul(span)?, span))) else { return Ok(false) };
    // The block with the last entry of the smallest such size ends at the smallest size that was published.
    let Some(height) = view.height_of_index(first.saturating_sub(1))? else { return Ok(false) };
    let ended = view.header_at(height)?.map_or(0, |header| header.tree_size);
    Ok(ended >= first && ended.saturating_sub(first) < span)
}

async fn headers(State(api): State<Api>, Path(from): Path<String>) -> Result<Response, ApiError> {
    let parsed = from.parse::<u64>().ok().filter(|height| *height > 0 && height.to_string() == from);
    let Some(first) = parsed else {
        return Ok(refused(StatusCode::BAD_REQUEST, "expected a height from 1, without leading zeroes"));
    };
    let (page, is_full) = api
        .read(move |view| {
            let end = first.saturating_add(HTTP_HEADERS_PAGE).min(view.state().tip().height.0.saturating_add(1));
            let page = (first..end).map(|height| sealed_at(view, Height(height))).collect::<Result<Vec<_>, _>>()?;
            let is_full = u64::try_from(page.len()) == Ok(HTTP_HEADERS_PAGE);
            Ok((page, is_full))
        })
        .await?;
    if page.is_empty() {
        return Ok(refused(StatusCode::NOT_FOUND, format!("this node has no block {first} yet")));
    }
    Ok(body(BYTES, if is_full { FOR_EVER } else { A_SECOND }, encode(&page)))
}

async fn genesis(State(api): State<Api>) -> Response {
    body(BYTES, FOR_EVER, wrap(FileKind::Genesis, api.ledger.genesis()))
}

async fn trust_root(State(api): State<Api>) -> Result<Response, ApiError> {
    Ok(body(BYTES, A_SECOND, api.trust_root().await?))
}

async fn metrics(State(api): State<Api>) -> Response {
    body(METRICS, NEVER, api.metrics_text())
}

async fn healthz(State(api): State<Api>) -> Response {
    match api.not_serving().submissions {
        None => body(TEXT, NEVER, "serving\n"),
        Some(why) => refused(StatusCode::SERVICE_UNAVAILABLE, why),
    }
}
