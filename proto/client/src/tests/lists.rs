//! Lists that a node shows in part are refused: "not recognised", "not attested", "not presented elsewhere" rest on them.

use super::liar::{Lie, Node};
use super::network::{Network, chamber};
use super::{client_of, is_invalid};
use crate::ListQuery;
use eco_core::commitment::{DeclarationKey, StatementHash};
use eco_core::document::{DocumentId, DocumentKind, ProductKey};
use eco_core::name::{Country, Revision, Timestamp};
use eco_core::number::ReferenceKey;
use eco_core::recognition::{HsPrefix, RecognitionScope, RecognitionSource};
use eco_core::state::RecordKey;
use eco_core::statement::{Anchor, Attest, Present, PresentationState, Recognise, Statement};
use eco_core::{Fingerprint, SignatureHash};

const PRODUCT: ProductKey = ProductKey([7; 32]);

fn country() -> Country {
    "DE".parse().unwrap()
}

fn anchor(kind: DocumentKind, n: u8) -> Anchor {
    let is_passport = kind == DocumentKind::Passport;
    Anchor {
        fingerprint: Fingerprint::of_jcs(&[n]),
        kind,
        signature_hash: Some(SignatureHash([n; 32])),
        reference: (!is_passport).then_some(ReferenceKey([n; 32])),
        product_keys: if is_passport { vec![PRODUCT] } else { Vec::new() },
        links: Vec::new(),
        summary: None,
        valid_from: None,
        valid_until: None,
        supersedes: None,
    }
}

fn id(n: u8) -> DocumentId {
    DocumentId::of(&chamber(), &Fingerprint::of_jcs(&[n]))
}

/// Six passports of one product, the first attested; a certificate presented six times; one row of recognition.
fn network() -> Network {
    let mut network = Network::new();
    let mut entries: Vec<_> = (0..6).map(|n| network.says(Statement::Anchor(anchor(DocumentKind::Passport, n)))).collect();
    entries.push(network.says(Statement::Anchor(anchor(DocumentKind::Certificate, 9))));
    network.block(entries);
    let attest = Attest {
        document: id(0),
        base: Revision(0),
        standard: "ISO14065:2020".parse().unwrap(),
        statement: StatementHash([1; 32]),
        period_from: Timestamp(0),
        period_until: Timestamp(1),
        until: Timestamp(u64::MAX),
    };
    let row = Recognise {
        scope: RecognitionScope::Country(country()),
        body: chamber(),
        base: Revision(0),
        standard: "ISO14065:2020".parse().unwrap(),
        prefixes: vec![HsPrefix::Any],
        valid_from: Timestamp(0),
        valid_until: None,
        source: RecognitionSource {
            url: "https://lists.example/de".into(),
            list_date: "2026-01-01".parse().unwrap(),
            fingerprint: Fingerprint::of_file(b"list"),
        },
    };
    let mut entries = vec![network.says(Statement::Attest(attest)), network.says(Statement::Recognise(row))];
    entries.extend((0..6).map(|n| network.says(Statement::Present(present(n)))));
    network.block(entries);
    network
}

fn present(n: u8) -> Present {
    Present { document: id(9), declaration: DeclarationKey([n; 32]), base: Revision(0), state: PresentationState::Lodged }
}

fn every_query() -> [ListQuery; 7] {
    let scope = RecognitionScope::Country(country());
    [
        ListQuery::Attestations(id(0)),
        ListQuery::Presentations(id(9)),
        ListQuery::Recognition { country: country(), body: chamber() },
        ListQuery::Rows { scope, body: chamber() },
        ListQuery::Recognised(scope),
        ListQuery::Passports { author: chamber(), product: PRODUCT },
        ListQuery::Schemes,
    ]
}

#[tokio::test]
async fn whole_lists_come_back_as_facts_and_bases() {
    let client = client_of(&Node::new(network(), Lie::None)).await;
    let answer = client.lists(&every_query()).await.unwrap();
    let attested = answer.view.attestations(id(0));
    assert!(attested.complete && attested.items.len() == 1 && attested.items[0].admitted == Some(true));
    let recognised = answer.view.recognition(country(), &[chamber()]);
    assert!(recognised.rows.complete && recognised.rows.items.len() == 1 && recognised.authority == Some(chamber()));
    let presented = answer.view.presentations(id(9), Some((chamber(), DeclarationKey([2; 32]))));
    assert!(presented.complete && presented.items.len() == 6 && presented.items.iter().filter(|p| p.own).count() == 1);
    let passports = answer.passports(&every_query()[5]).unwrap();
    assert_eq!(passports.iter().map(|(document, _)| *document).collect::<Vec<_>>(), (0..6).map(id).collect::<Vec<_>>());
    assert_eq!(answer.recognised(RecognitionScope::Country(country())).unwrap()[0].1.len(), 1);
    assert_eq!(answer.schemes().unwrap(), []);
    // What the next statement about each record names as its base.
    let scope = RecognitionScope::Country(country());
    let stranger = "somebody-else".parse().unwrap();
    for (key, base) in [
        (RecordKey::Attestation(id(0), chamber()), Ok(Revision(1))),
        (RecordKey::Attestation(id(0), stranger), Ok(Revision(0))),
        (RecordKey::Presentation(id(9), chamber(), DeclarationKey([2; 32])), Ok(Revision(1))),
        (RecordKey::Presentation(id(9), chamber(), DeclarationKey([99; 32])), Ok(Revision(0))),
        (RecordKey::Recognitions(scope, chamber()), Ok(Revision(1))),
        (RecordKey::Recognition(scope, chamber(), 0), Ok(Revision(1))),
        (RecordKey::Attestation(id(1), chamber()), Err(())),
    ] {
        assert_eq!(answer.base(&key).map_err(drop), base, "{key:?}");
    }
}

#[tokio::test]
async fn no_part_of_a_list_passes_for_the_whole() {
    let node = Node::new(network(), Lie::None);
    let client = client_of(&node).await;
    for query in every_query() {
        assert!(client.lists(&[query]).await.is_ok(), "the control of {query:?}");
        for lie in [Lie::HidesSlot, Lie::DeniesCounter] {
            // Nothing is counted where there are no schemes, so nothing can be hidden or denied; nor are rows a list with slots.
            if query == ListQuery::Schemes || lie == Lie::DeniesCounter && matches!(query, ListQuery::Rows { .. }) {
                continue;
            }
            node.set(network(), lie);
            let error = client.lists(&[query]).await.unwrap_err();
            assert!(is_invalid(&error), "{lie:?} about {query:?}: {error}");
            node.set(network(), Lie::None);
        }
    }
    // Two heads in one answer prove nothing together.
    node.set(network(), Lie::AnswersOld);
    assert!(is_invalid(&client.lists(&every_query()).await.unwrap_err()));
}

#[tokio::test]
async fn a_thousand_documents_are_asked_about_in_few_answers() {
    let client = client_of(&Node::new(network(), Lie::None)).await;
    let queries: Vec<ListQuery> = (0..1000u16).map(|n| ListQuery::Attestations(id((n % 6) as u8))).collect();
    let answers = client.lists_batch(&queries).await.unwrap();
    assert_eq!(answers.len(), 4);
    assert!(answers.iter().all(|answer| answer.view.attestations(id(0)).items.len() == 1 && answer.view.attestations(id(1)).complete));
}
