//! Every bound of SPEC, as a named constant with its unit.
//!
//! Bounds that an operator may change are in `Limits` of the genesis instead.

/// Bytes of a signed entry.
pub const SIGNED_ENTRY_BYTES_MAX: usize = 32 * 1024;
/// Signatures on one entry.
pub const SIGNATURES_MAX: usize = 64;
/// Product keys on one Anchor.
pub const PRODUCT_KEYS_MAX: usize = 8;
/// Links on one Anchor.
pub const LINKS_MAX: usize = 16;
/// Attestations of one body for one document, withdrawn ones included.
pub const ATTESTATIONS_MAX: usize = 8;
/// Dated states of one presentation; the last place is kept for a final one.
pub const PRESENTATION_STATES_MAX: usize = 16;
/// Schemes of a network.
pub const SCHEMES_MAX: usize = 256;
/// HS prefixes of one recognition.
pub const HS_PREFIXES_MAX: usize = 32;
/// Bytes of the address of a published list.
pub const SOURCE_URL_BYTES_MAX: usize = 200;
/// Items kept in a list's own record; later ones have numbered slots.
pub const LIST_INLINE_MAX: usize = 4;
/// Bytes of a summary text.
pub const SUMMARY_BYTES_MAX: usize = 1000;
/// Fields of a summary between its first line and its items.
pub const SUMMARY_FIELDS: usize = 8;
/// Bytes of a product's canonical id.
pub const PRODUCT_ID_BYTES_MAX: usize = 2000;
/// Bytes of a verification statement's number: 2,000 code points.
pub const STATEMENT_NUMBER_BYTES_MAX: usize = 8000;
/// Bytes of a customs declaration's number.
pub const DECLARATION_NUMBER_BYTES_MAX: usize = 256;
/// Dated changes kept in a document's history; the last place is kept for a final status.
pub const HISTORY_MAX: usize = 32;
/// Milliseconds that `not_after` may lie ahead of the block time.
pub const NOT_AFTER_AHEAD_MS_MAX: u64 = 30 * 24 * 3600 * 1000;
/// Identifiers of one organisation.
pub const IDENTIFIERS_MAX: usize = 8;
/// Bytes of one identifier.
pub const IDENTIFIER_BYTES_MAX: usize = 128;
/// Bytes of an organisation's legal name.
pub const ORGANISATION_NAME_BYTES_MAX: usize = 200;
/// Bytes of a network name.
pub const NETWORK_NAME_BYTES_MAX: usize = 64;
/// Organisations, keys and certificate bindings in a genesis, each.
pub const GENESIS_RECORDS_MAX: usize = 4096;
/// Validators in one set. At most 16 are counted by third-party note tools.
pub const VALIDATORS_MAX: usize = 64;
/// Bytes of a genesis file.
pub const GENESIS_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an encoded block: the largest value of `block_bytes_max`, with header and seal.
pub const BLOCK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Entries of a block, whatever the genesis says.
pub const BLOCK_ENTRIES_MAX: usize = 20_000;
/// Bytes of an encoded seal.
pub const SEAL_BYTES_MAX: usize = 8 + VALIDATORS_MAX * 66;
/// Bytes of one state record.
pub const RECORD_BYTES_MAX: usize = 4096;
/// Hashes in an inclusion or consistency proof.
pub const PROOF_HASHES_MAX: usize = 64;
/// Bytes of a receipt file.
pub const RECEIPT_BYTES_MAX: usize = 48 * 1024;
/// Bytes of a proof slip: what one QR code (version 40, level L) holds.
pub const SLIP_BYTES_MAX: usize = 2953;
/// Items of a status proof.
pub const STATUS_ITEMS_MAX: usize = 32;
/// Bytes of a status proof file.
pub const STATUS_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a saved verdict: the status proofs and receipts of one question.
pub const VERDICT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Epochs in a trust root.
pub const EPOCHS_MAX: usize = 1024;
/// Bytes of a trust root file.
pub const TRUST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Milliseconds by which a head may be ahead of the verifier's clock (SPEC 11: LOCAL_CLOCK_WRONG).
pub const HEAD_AHEAD_MS_MAX: u64 = 2 * 60 * 1000;
/// Milliseconds by which a signature's timestamp may be later than the block that recorded the signature: the
/// clocks of two authorities differ (SPEC 12).
pub const TIMESTAMP_AHEAD_MS_MAX: u64 = 5 * 60 * 1000;
