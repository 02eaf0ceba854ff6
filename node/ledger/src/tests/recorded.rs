//! Attestations, recognitions and presentations through pool, block, restart and replay.

use super::kit::{Kit, START, at, document, org};
use crate::{Ledger, SubmitError, Submitted};
use eco_core::Fingerprint;
use eco_core::codec::decode;
use eco_core::commitment::{DeclarationKey, StatementHash};
use eco_core::document::{DocumentId, DocumentKind, ProductKey, ReasonCode};
use eco_core::entry::SignedEntry;
use eco_core::fingerprint::SignatureHash;
use eco_core::name::{OrgId, Revision, Timestamp};
use eco_core::recognition::{HsPrefix, RecognitionScope, RecognitionSource};
use eco_core::registry::Purpose;
use eco_core::state::{AttestationRecord, Listing, PresentationRecord, RecognitionsRecord, RecordKey, Refusal};
use eco_core::statement::{Anchor, Attest, Present, PresentationState, Recognise, Statement, WithdrawAttest};

const PRODUCT: ProductKey = ProductKey([5; 32]);
const DECLARATION: DeclarationKey = DeclarationKey([6; 32]);
const STATEMENT: StatementHash = StatementHash([7; 32]);

fn entry(kit: &Kit, author: usize, purpose: Purpose, statement: Statement) -> SignedEntry {
    kit.entry(author, purpose, START.plus_ms(24 * 3600 * 1000), statement)
}

fn passport_id() -> DocumentId {
    DocumentId::of(&org(1), &Fingerprint::of_jcs(b"passport"))
}

fn passport(kit: &Kit) -> SignedEntry {
    let anchor = Anchor {
        fingerprint: Fingerprint::of_jcs(b"passport"),
        kind: DocumentKind::Passport,
        signature_hash: Some(SignatureHash([1; 32])),
        reference: None,
        product_keys: vec![PRODUCT],
        links: Vec::new(),
        summary: None,
        valid_from: None,
        valid_until: None,
        supersedes: None,
    };
    entry(kit, 1, Purpose::Issue, Statement::Anchor(anchor))
}

fn attest(kit: &Kit, by: usize, base: u32) -> SignedEntry {
    let attest = Attest {
        document: passport_id(),
        base: Revision(base),
        standard: "ISO14065:2020".parse().unwrap(),
        statement: STATEMENT,
        period_from: Timestamp(0),
        period_until: Timestamp(1),
        until: Timestamp(u64::MAX),
    };
    entry(kit, by, Purpose::Attest, Statement::Attest(attest))
}

fn recognise(kit: &Kit) -> SignedEntry {
    let row = Recognise {
        scope: RecognitionScope::Country("VN".parse().unwrap()),
        body: org(2),
        base: Revision(0),
        standard: "ISO14065:2020".parse().unwrap(),
        prefixes: vec![HsPrefix::Any],
        valid_from: START,
        valid_until: None,
        source: RecognitionSource {
            url: "https://lists.example/vn".into(),
            list_date: "2026-01-01".parse().unwrap(),
            fingerprint: Fingerprint::of_file(b"list"),
        },
    };
    entry(kit, 0, Purpose::Attest, Statement::Recognise(row))
}

fn present(kit: &Kit, base: u32, state: PresentationState) -> SignedEntry {
    let present = Present { document: document(0, 4), declaration: DECLARATION, base: Revision(base), state };
    entry(kit, 3, Purpose::Present, Statement::Present(present))
}

/// Block 1: a certificate and a passport. Block 2: attested, recognised, presented.
fn recorded(kit: &Kit, ledger: &Ledger) {
    for entry in [kit.certificate(0, 4), passport(kit)] {
        ledger.submit(entry.as_bytes(), at(1)).unwrap();
    }
    kit.step(ledger, at(1)).unwrap();
    for entry in [attest(kit, 2, 0), recognise(kit), present(kit, 0, PresentationState::Lodged)] {
        ledger.submit(entry.as_bytes(), at(2)).unwrap();
    }
    let (block, ..) = kit.step(ledger, at(2)).unwrap();
    assert_eq!(block.entries.len(), 3);
}

/// A node that lost one of these at a restart would go on under another state root than its peers.
#[test]
fn they_outlive_a_restart_and_a_full_replay() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    recorded(&kit, &ledger);
    let root = ledger.state().map().root();
    drop(ledger);
    let ledger = kit.open(dir.path()).unwrap();
    assert_eq!(ledger.state().map().root(), root);
    ledger.fsck(|_| {}).unwrap();
    let view = ledger.view().unwrap();
    let bytes = |key: &RecordKey| view.record(key).unwrap().unwrap();
    let scope = RecognitionScope::Country("VN".parse().unwrap());
    let bodies: Listing<OrgId> = decode(&bytes(&RecordKey::Attestations(passport_id()))).unwrap();
    assert_eq!(bodies.first, [org(2)]);
    let attestation: AttestationRecord = decode(&bytes(&RecordKey::Attestation(passport_id(), org(2)))).unwrap();
    assert_eq!(attestation.revision, Revision(1));
    let rows: RecognitionsRecord = decode(&bytes(&RecordKey::Recognitions(scope, org(2)))).unwrap();
    assert_eq!(rows.count, 1);
    let presented: PresentationRecord = decode(&bytes(&RecordKey::Presentation(document(0, 4), org(3), DECLARATION))).unwrap();
    assert_eq!(presented.state(), Some(PresentationState::Lodged));
    let passports: Listing<DocumentId> = decode(&bytes(&RecordKey::Products(org(1), PRODUCT))).unwrap();
    assert_eq!(passports.first, [passport_id()]);
}

#[test]
fn a_repeated_statement_gets_its_receipt_and_a_stale_one_the_entry_in_the_way() {
    let (kit, dir) = (Kit::new(), tempfile::tempdir().unwrap());
    let ledger = kit.open(dir.path()).unwrap();
    recorded(&kit, &ledger);
    let first = attest(&kit, 2, 0);
    let index = ledger.index_of(&first.id()).unwrap().unwrap();
    let withdraw = WithdrawAttest { document: passport_id(), base: Revision(1), statement: STATEMENT, reason: ReasonCode(2) };
    ledger.submit(entry(&kit, 2, Purpose::Attest, Statement::WithdrawAttest(withdraw)).as_bytes(), at(3)).unwrap();
    kit.step(&ledger, at(3)).unwrap();
    for again in [first, recognise(&kit), present(&kit, 0, PresentationState::Lodged)] {
        let Submitted::Duplicate(found) = ledger.submit(again.as_bytes(), at(4)).unwrap() else { panic!("not a duplicate") };
        assert_eq!(found.receipt.entry, again.as_bytes());
        assert_eq!(found.document, again.entry().document());
    }
    let Err(SubmitError::Refusal(refusal)) = ledger.submit(attest(&kit, 2, 2).as_bytes(), at(4)) else { panic!("attested twice") };
    assert!(matches!(refusal, Refusal::AttestationExists { .. }));
    assert_eq!(refusal.conflicting_index(), Some(index));
    let Err(SubmitError::Refusal(refusal)) = ledger.submit(present(&kit, 2, PresentationState::Released).as_bytes(), at(4)) else {
        panic!("a base that nobody has seen")
    };
    assert_eq!(refusal.reason(), "RECORD_CONFLICT");
}

/// Of two entries that name the same revision one enters; the pool gives them one conflict key, so a crowd cannot fill it.
#[test]
fn rivals_for_one_revision_share_a_conflict_key() {
    let kit = Kit::new();
    let (released, refused) = (present(&kit, 1, PresentationState::Released), present(&kit, 1, PresentationState::Refused));
    let keys = |entry: &SignedEntry| crate::pool::conflict_keys(entry.entry());
    assert_eq!(keys(&released), keys(&refused));
    assert_eq!(keys(&released).len(), 1);
    assert_ne!(keys(&attest(&kit, 1, 0)), keys(&attest(&kit, 2, 0)), "another body's record is another key");
    assert_ne!(keys(&attest(&kit, 2, 0)), keys(&attest(&kit, 2, 1)));
}
