//! Bounds of requests and answers, as the schema's comments state them.

/// Entries in one `SubmitBatch`.
pub const BATCH_ENTRIES_MAX: usize = 1000;
/// Queries in one `BatchGetStatus`.
pub const BATCH_QUERIES_MAX: usize = 1000;
/// Candidates in one document query: with four records each, their issuer and its binding they fill a status proof.
pub const CANDIDATES_MAX: usize = 7;
/// Entries or headers in one page.
pub const PAGE_MAX: usize = 1000;
/// Records in one page of the registry: the items of a status proof.
pub const RECORDS_PAGE_MAX: usize = eco_core::limits::STATUS_ITEMS_MAX;
/// Claims in one page: the counter record takes one item.
pub const CLAIMS_PAGE_MAX: usize = RECORDS_PAGE_MAX - 1;
/// Records in an answer of lists: what fits into it, with proofs of some 900 bytes each.
pub const LIST_RECORDS_MAX: usize = 4096;
/// Bytes of a page token.
pub const PAGE_TOKEN_BYTES_MAX: usize = 128;
/// Bytes of a page of entries or headers, beyond its first item.
pub const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a request to the submission service.
pub const SUBMIT_REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a request to any other service.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a `BatchGetStatus` request: 1000 queries of some 80 bytes each.
pub const BATCH_REQUEST_BYTES_MAX: usize = 256 * 1024;
/// Bytes of an answer.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a receipt sent as an error detail: it travels in HTTP/2 trailers, whose list is at most 16 KiB.
/// Longer ones are fetched by the index that the error names.
pub const CONFLICT_RECEIPT_BYTES_MAX: usize = 6 * 1024;
/// Bytes of a header list.
pub const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;
