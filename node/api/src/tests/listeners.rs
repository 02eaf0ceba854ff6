//! What the listeners show to tools that are not ours: HTTP, health, reflection, limits.

use super::kit::{MEMBERS, TestNode};
use crate::api::NodeFacts;
use eco_core::codec::encode;
use eco_core::header::Header;
use eco_core::log::{Tile, leaf_hash};
use eco_core::seal::Seal;
use eco_core::status::StatusProof;
use eco_proto::v1;
use eco_proto::v1::admin_service_client::AdminServiceClient;
use eco_proto::v1::log_service_client::LogServiceClient;
use eco_proto::v1::registry_service_client::RegistryServiceClient;
use eco_proto::v1::verification_service_client::VerificationServiceClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

async fn channel(address: String) -> tonic::transport::Channel {
    tonic::transport::Endpoint::from_shared(address).unwrap().connect().await.unwrap()
}

/// A GET without any library, so that the path goes out as it is.
async fn get(node: &TestNode, path: &str) -> Answer {
    let mut stream = tokio::net::TcpStream::connect(node.addresses.http).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    Answer { status: head[9..12].parse().unwrap(), head, body: bytes[end + 4..].to_vec() }
}

/// Two blocks: 3 entries, then 2 more.
async fn five_entries() -> TestNode {
    let node = TestNode::start().await;
    node.record(&[node.certificate(0, 1), node.certificate(0, 2), node.certificate(0, 3)]);
    node.record(&[node.certificate(0, 4), node.certificate(0, 5)]);
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checkpoint_is_a_signed_note_of_the_last_block() {
    let node = five_entries().await;
    let answer = get(&node, "/checkpoint").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/plain; charset=utf-8"));
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.starts_with(&format!("{}\n5\n", node.ledger.state().origin().as_str())));
    assert_eq!(text.split("\n\n").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_exist_at_published_sizes_only_and_under_one_path() {
    let node = five_entries().await;
    for (width, status) in [(3, 200), (5, 200), (1, 404), (2, 404), (4, 404), (6, 404), (255, 404)] {
        assert_eq!(get(&node, &format!("/tile/0/000.p/{width}")).await.status, status, "width {width}");
        assert_eq!(get(&node, &format!("/tile/entries/000.p/{width}")).await.status, status, "bundle of {width}");
    }
    let tile = get(&node, "/tile/0/000.p/5").await;
    assert!(tile.head.contains("immutable") && tile.head.contains("application/octet-stream"));
    let view = node.ledger.view().unwrap();
    assert_eq!(tile.body, view.tile(&Tile::of_log(0, 0, 5).unwrap()).unwrap().unwrap());
    let bundle = get(&node, "/tile/entries/000.p/5").await.body;
    let length = usize::from(u16::from_be_bytes([bundle[0], bundle[1]]));
    assert_eq!(leaf_hash(&bundle[2..2 + length]).0, tile.body[..32]);
    for bad in [
        "/tile/0/0",
        "/tile/00/000.p/5",
        "/tile/0/000.p/05",
        "/tile/0/000.p/0",
        "/tile/0/000.p/256",
        "/tile/0/x000/000.p/5",
        "/tile/0/000.p/5/",
        "/tile/0/000.p/%35",
        "/tile/64/000",
        "/tile/-1/000",
        "/tile/0/../0/000.p/5",
    ] {
        assert_eq!(get(&node, bad).await.status, 400, "{bad}");
    }
    assert_eq!(get(&node, "/tile/0/000").await.status, 404, "a full tile that is not full");
    assert_eq!(get(&node, "/tile/6/000").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_come_as_borsh_pairs_from_a_height_on() {
    let node = five_entries().await;
    let expected: Vec<(Header, Seal)> = [1, 2]
        .map(|height| {
            let (block, seal) = node.ledger.block(eco_core::name::Height(height)).unwrap().unwrap();
            (block.header, seal)
        })
        .to_vec();
    assert_eq!(get(&node, "/eco/headers/1").await.body, encode(&expected));
    assert_eq!(get(&node, "/eco/headers/2").await.body, encode(&expected[1..].to_vec()));
    assert_eq!(get(&node, "/eco/headers/3").await.status, 404);
    for bad in ["0", "01", "x", "-1", "18446744073709551616"] {
        assert_eq!(get(&node, &format!("/eco/headers/{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_health_tell_what_is_wrong() {
    let node = five_entries().await;
    let text = String::from_utf8(get(&node, "/metrics").await.body).unwrap();
    for line in ["node_log_entries 5", "node_head_height 2", "node_safety_failure 0", "node_serving_submissions 1"] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
    assert_eq!(get(&node, "/healthz").await.status, 200);
    let mut health = HealthClient::new(channel(node.grpc()).await);
    let watch = |service: &str| HealthCheckRequest { service: service.to_owned() };
    let mut submission = health.watch(watch("eco.notary.v1.SubmissionService")).await.unwrap().into_inner();
    let mut serving = ServingStatus::Serving;
    while submission.message().await.unwrap().unwrap().status() != serving {}
    node.facts.send_modify(|facts: &mut NodeFacts| facts.safety_failure = Some("a double vote was avoided".into()));
    serving = ServingStatus::NotServing;
    while submission.message().await.unwrap().unwrap().status() != serving {}
    // What is proven stays proven: reads go on.
    let verification = health.check(watch("eco.notary.v1.VerificationService")).await.unwrap().into_inner();
    assert_eq!(verification.status(), ServingStatus::Serving);
    let answer = get(&node, "/healthz").await;
    assert_eq!(answer.status, 503);
    assert!(String::from_utf8(answer.body).unwrap().contains("double vote"));
    let text = String::from_utf8(get(&node, "/metrics").await.body).unwrap();
    assert!(text.contains("node_safety_failure 1"));
}

async fn services(address: String) -> Vec<String> {
    let mut reflection = ServerReflectionClient::new(channel(address).await);
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(MessageRequest::ListServices(String::new())) };
    let mut answers = reflection.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    match answers.message().await.unwrap().unwrap().message_response.unwrap() {
        MessageResponse::ListServicesResponse(list) => list.service.into_iter().map(|service| service.name).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_listener_neither_serves_nor_tells_of_the_admin_service() {
    let node = five_entries().await;
    let public = services(node.grpc()).await;
    assert!(public.iter().any(|name| name == "eco.notary.v1.LogService"));
    assert!(!public.iter().any(|name| name.contains("Admin")));
    let mut wrong = AdminServiceClient::connect(node.grpc()).await.unwrap();
    assert_eq!(wrong.get_node_status(v1::GetNodeStatusRequest {}).await.unwrap_err().code(), Code::Unimplemented);
    let admin = format!("http://{}", node.addresses.admin.unwrap());
    assert!(services(admin.clone()).await.iter().any(|name| name.contains("Admin")));
    let mut admin = AdminServiceClient::connect(admin).await.unwrap();
    let status = admin.get_node_status(v1::GetNodeStatusRequest {}).await.unwrap().into_inner();
    assert_eq!(status.head.unwrap().tree_size, 5);
    let check = admin.check_store(v1::CheckStoreRequest {}).await.unwrap().into_inner();
    assert_eq!((check.blocks, check.entries, check.defect.as_str()), (2, 5, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_stays_under_the_size_it_began_with() {
    let node = five_entries().await;
    let mut log = LogServiceClient::connect(node.grpc()).await.unwrap();
    let ask = |page_token: String| v1::ListEntriesRequest { from_index: 1, page_size: 2, page_token };
    let first = log.list_entries(ask(String::new())).await.unwrap().into_inner();
    node.record(&[node.certificate(0, 6)]);
    let second = log.list_entries(ask(first.next_page_token)).await.unwrap().into_inner();
    let indexes: Vec<u64> = first.entries.iter().chain(&second.entries).map(|entry| entry.index).collect();
    assert_eq!(indexes, [1, 2, 3, 4]);
    assert_eq!((second.tree_size, second.next_page_token.as_str()), (5, ""));
    let beyond = log.list_entries(ask("entries-ff-1".into())).await.unwrap_err();
    assert_eq!(beyond.code(), Code::FailedPrecondition);
    assert_eq!(log.list_entries(ask("headers-1-1".into())).await.unwrap_err().code(), Code::InvalidArgument);
    let headers =
        log.list_headers(v1::ListHeadersRequest { from_height: 0, page_size: 2, page_token: String::new() }).await.unwrap().into_inner();
    let rest = log
        .list_headers(v1::ListHeadersRequest { from_height: 0, page_size: 2, page_token: headers.next_page_token })
        .await
        .unwrap()
        .into_inner();
    assert_eq!((headers.headers.len(), rest.headers.len(), rest.next_page_token.as_str()), (2, 1, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_the_registry_are_proven_page_by_page() {
    let node = five_entries().await;
    let trust = node.trust();
    let mut registry = RegistryServiceClient::connect(node.grpc()).await.unwrap();
    let (mut found, mut page_token) = (0, String::new());
    loop {
        let page =
            registry.list_keys(v1::ListKeysRequest { organisation: String::new(), page_size: 0, page_token }).await.unwrap().into_inner();
        found += StatusProof::from_file(&page.status_proof, &trust).unwrap().verify(&trust).unwrap().keys().count();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, usize::from(MEMBERS) * 2 + 3);
    let own = registry
        .list_keys(v1::ListKeysRequest { organisation: "member-00".into(), page_size: 0, page_token: String::new() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(StatusProof::from_file(&own.status_proof, &trust).unwrap().items.len(), 5);
    let set = registry.list_validators(v1::ListValidatorsRequest {}).await.unwrap().into_inner();
    assert_eq!(set.validator_set, encode(node.ledger.state().validators().as_ref()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_above_its_bound_is_refused_unread() {
    let node = five_entries().await;
    let mut verification = VerificationServiceClient::connect(node.grpc()).await.unwrap();
    let number =
        v1::NumberQuery { issuer: "member-00".into(), reference: Some(v1::number_query::Reference::Number("1".repeat(300 * 1024))) };
    let query = Some(v1::StatusQuery { query: Some(v1::status_query::Query::Number(number)) });
    assert_eq!(verification.get_status(v1::GetStatusRequest { query }).await.unwrap_err().code(), Code::OutOfRange);
    let queries = vec![v1::StatusQuery { query: Some(v1::status_query::Query::DocumentId(vec![1; 32])) }; 1000];
    assert!(verification.batch_get_status(v1::BatchGetStatusRequest { queries: queries.clone() }).await.is_ok());
    let more = [queries.clone(), queries].concat();
    assert_eq!(verification.batch_get_status(v1::BatchGetStatusRequest { queries: more }).await.unwrap_err().code(), Code::InvalidArgument);
}
