//! A verification body attests, an authority recognises, customs present: and whoever asks gets whole lists.

use super::kit::{TestNode, document, member};
use eco_client::{ClientError, ListQuery, Wait};
use eco_core::commitment::{DeclarationKey, StatementHash};
use eco_core::document::{DocumentId, DocumentKind, ProductKey};
use eco_core::entry::SignedEntry;
use eco_core::fingerprint::{Fingerprint, SignatureHash};
use eco_core::name::{Country, Revision, Timestamp};
use eco_core::recognition::{HsPrefix, RecognitionScope, RecognitionSource};
use eco_core::registry::Purpose;
use eco_core::state::{AuthorityRecord, RecordKey};
use eco_core::statement::{Anchor, Attest, Present, PresentationState, Recognise, Statement};
use eco_core::status::{Shown, StatusProof};
use eco_proto::limits::LIST_RECORDS_MAX;
use eco_proto::problem::reason::ANSWER_TOO_LARGE;
use eco_proto::v1;
use eco_proto::v1::registry_service_client::RegistryServiceClient;

const PRODUCT: ProductKey = ProductKey([5; 32]);

fn germany() -> Country {
    "DE".parse().unwrap()
}

fn passport(node: &TestNode, n: u8) -> SignedEntry {
    let anchor = Anchor {
        fingerprint: Fingerprint::of_jcs(&[n]),
        kind: DocumentKind::Passport,
        signature_hash: Some(SignatureHash([n; 32])),
        reference: None,
        product_keys: vec![PRODUCT],
        links: Vec::new(),
        summary: None,
        valid_from: None,
        valid_until: None,
        supersedes: None,
    };
    node.sign(Purpose::Issue, 1, Statement::Anchor(anchor))
}

fn passport_id(n: u8) -> DocumentId {
    DocumentId::of(&member(1), &Fingerprint::of_jcs(&[n]))
}

fn attest(node: &TestNode, n: u8) -> SignedEntry {
    let attest = Attest {
        document: passport_id(n),
        base: Revision(0),
        standard: "ISO14065:2020".parse().unwrap(),
        statement: StatementHash([1; 32]),
        period_from: Timestamp(0),
        period_until: Timestamp(1),
        until: Timestamp(u64::MAX),
    };
    node.sign(Purpose::Attest, 0, Statement::Attest(attest))
}

fn recognise(node: &TestNode, body: u8) -> SignedEntry {
    let row = Recognise {
        scope: RecognitionScope::Country(germany()),
        body: member(body),
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
    node.sign(Purpose::Attest, 0, Statement::Recognise(row))
}

fn present(node: &TestNode, base: u32, declaration: u8, state: PresentationState) -> SignedEntry {
    let present = Present { document: document(0, 1), declaration: DeclarationKey([declaration; 32]), base: Revision(base), state };
    node.sign(Purpose::Present, 0, Statement::Present(present))
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_lists_are_served_and_checked() {
    let node = TestNode::start().await;
    let client = node.client();
    node.record(&(0..40).map(|n| passport(&node, n)).chain([node.certificate(0, 1)]).collect::<Vec<_>>());
    let mut entries: Vec<_> = (0..40).map(|n| attest(&node, n)).collect();
    entries.extend((0..40).map(|n| recognise(&node, n)));
    entries.extend((0..40).map(|n| present(&node, 0, n, PresentationState::Lodged)));
    node.record(&entries);
    let scope = RecognitionScope::Country(germany());
    let passports = ListQuery::Passports { author: member(1), product: PRODUCT };
    let answer = client.lists(&[passports, ListQuery::Recognised(scope), ListQuery::Presentations(document(0, 1))]).await.unwrap();
    assert!(answer.files.len() > 1, "more than one status proof holds");
    assert_eq!(
        answer.passports(&passports).unwrap().iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        (0..40).map(passport_id).collect::<Vec<_>>()
    );
    assert_eq!(answer.recognised(scope).unwrap().len(), 40);
    assert_eq!(answer.view.presentations(document(0, 1), None).items.len(), 40);
    // Batches: every passport's attestations.
    let queries: Vec<_> = (0..40).map(|n| ListQuery::Attestations(passport_id(n))).collect();
    let answers = client.lists_batch(&queries).await.unwrap();
    assert!((0..40).all(|n| answers[0].view.attestations(passport_id(n)).items.len() == 1));
    // Another country has no authority and recognises nobody; both are proven.
    let elsewhere: Country = "JP".parse().unwrap();
    let nobody = client.lists(&[ListQuery::Recognition { country: elsewhere, body: member(3) }]).await.unwrap();
    assert_eq!(nobody.view.show::<AuthorityRecord>(&RecordKey::Authority(elsewhere)), Ok(Shown::Absent));
    let facts = nobody.view.recognition(elsewhere, &[member(3)]);
    assert!(facts.rows.complete && facts.authority.is_none());
}

/// A list that is cut off would prove that there are no others; one that does not fit is refused, by name and whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_fits_no_answer_is_refused() {
    let node = TestNode::start().await;
    let client = node.client();
    node.record(&[node.certificate(0, 1)]);
    // Each declaration has a slot of the list and a record of its own.
    let lodged = |n: usize| {
        let mut declaration = [0; 32];
        declaration[..8].copy_from_slice(&n.to_le_bytes());
        let declaration = DeclarationKey(declaration);
        let present = Present { document: document(0, 1), declaration, base: Revision(0), state: PresentationState::Lodged };
        node.sign(Purpose::Present, 0, Statement::Present(present))
    };
    let fits = LIST_RECORDS_MAX / 2 - 10;
    node.record(&(0..fits).map(lodged).collect::<Vec<_>>());
    let query = [ListQuery::Presentations(document(0, 1))];
    let whole = client.lists(&query).await.unwrap().view.presentations(document(0, 1), None);
    assert_eq!((whole.complete, whole.items.len()), (true, fits), "the control");
    node.record(&(fits..fits + 20).map(lodged).collect::<Vec<_>>());
    match client.lists(&query).await.unwrap_err() {
        ClientError::Unavailable { reason, message, .. } => {
            assert_eq!(reason, ANSWER_TOO_LARGE);
            assert!(message.contains(&LIST_RECORDS_MAX.to_string()), "{message}");
        }
        other => panic!("{other}"),
    }
    assert!(client.lists(&[ListQuery::Attestations(document(0, 1))]).await.is_ok(), "other lists are served");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_statement_is_made_from_what_the_lists_show() {
    let node = TestNode::start_making_blocks().await;
    let client = node.client();
    client.submit(&node.certificate(0, 1), Wait::Final).await.unwrap();
    let key = RecordKey::Presentation(document(0, 1), member(0), DeclarationKey([7; 32]));
    let query = [ListQuery::Presentations(document(0, 1))];
    for (expected, state) in [(0, PresentationState::Lodged), (1, PresentationState::Referred), (2, PresentationState::Released)] {
        let base = client.lists(&query).await.unwrap().base(&key).unwrap();
        assert_eq!(base, Revision(expected));
        let submitted = client.submit(&present(&node, base.0, 7, state), Wait::Final).await.unwrap();
        assert!(submitted.receipt.is_some());
    }
    let again = client.submit(&present(&node, 0, 7, PresentationState::Lodged), Wait::Final).await.unwrap();
    assert!(again.already_applied && again.standing.is_some());
    let facts = client.lists(&query).await.unwrap().view.presentations(document(0, 1), None);
    assert_eq!((facts.complete, facts.items[0].standing), (true, "released"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_lists_recognitions_and_schemes() {
    let node = TestNode::start().await;
    node.record(&[recognise(&node, 3)]);
    let mut registry = RegistryServiceClient::connect(node.grpc()).await.unwrap();
    let view = |files: &[Vec<u8>]| StatusProof::from_file(&files[0], &node.trust()).unwrap().verify(&node.trust()).unwrap();
    let scope = RecognitionScope::Country(germany());
    let wire = registry.list_recognitions(v1::ListRecognitionsRequest { scope: Some(scope.into()) }).await.unwrap().into_inner();
    let bodies = view(&wire.status_proofs).list::<eco_core::name::OrgId>(&RecordKey::Recognised(scope)).unwrap();
    assert_eq!(bodies, Shown::Present(vec![member(3)]));
    let wire = registry.list_schemes(v1::ListSchemesRequest {}).await.unwrap().into_inner();
    assert_eq!(view(&wire.status_proofs).list::<eco_core::scheme::SchemeId>(&RecordKey::Schemes), Ok(Shown::Absent));
    assert!(registry.list_recognitions(v1::ListRecognitionsRequest { scope: None }).await.is_err());
}
