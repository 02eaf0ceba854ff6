//! Battery packs with a carbon passport, on their way to two countries: what the demo shows, and what must not pass.

use crate::net::{Net, now};
use eco_testnet::sandbox;
use eco_testnet::shipment::{Shipment, Step};

impl Net {
    async fn answers(&self, steps: &[Step]) {
        sandbox::run(&self.network, steps).await.unwrap_or_else(|e| panic!("{e}, expected {steps:?}"));
    }

    fn at(&self, organisation: &str) -> String {
        self.network.node(organisation).unwrap().address()
    }
}

/// A lane must be given where the verifier is recognised and nowhere else, by files alone, and a certificate must not lose it
/// because its exporter publishes newer figures. Another passport than the named one must not open it.
#[tokio::test(flavor = "multi_thread")]
async fn the_lane_is_open_in_one_country_and_closed_in_another() {
    let mut net = Net::start().await;
    let shipment = Shipment::new(now());
    shipment.write_sheets(&net.network).unwrap();
    net.answers(&shipment.recognition(&net.at("jp-customs"))).await;
    net.answers(&shipment.passport(&net.at("acme-battery"))).await;
    net.answers(&shipment.attestation(&net.at("vn-vcci"))).await;
    shipment.write_metadata(&net.network).await.unwrap();
    net.answers(&shipment.certificate(&net.at("cn-ccpit"))).await;
    let issued = shipment.keep_evidence(&net.network, "jp-customs", "issued").await.unwrap();

    net.network.stop_all().await.unwrap();
    net.answers(&[shipment.japan(&issued), shipment.korea(&issued)]).await;
    net.network.start_all().await.unwrap();

    net.answers(&shipment.update(&net.at("acme-battery"))).await;
    let customs = net.at("kr-customs");
    net.answers(&[shipment.replaced(&customs)]).await;
    let arrived = shipment.keep_evidence(&net.network, "kr-customs", "arrived").await.unwrap();
    net.answers(&[shipment.still_japan(&arrived), shipment.korea(&arrived)]).await;

    // The control: the newer passport is genuine, and not the one that the certificate names.
    let mut other = shipment.japan(&arrived);
    let shown = other.arguments.iter_mut().find(|argument| *argument == "battery.jsonld").unwrap();
    *shown = "battery-2.jsonld".into();
    (other.exit, other.words) = (1, vec!["TRUSTED  battery-co.pdf", "NOT_ELIGIBLE", "PASSPORT_MISSING", "PASSPORT_NEWER_THAN_CERTIFICATE"]);
    net.answers(&[other]).await;
}

/// Without it the sandbox could fail, or its guide could name papers that are not there.
#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_leaves_the_papers_that_its_guide_names() {
    let net = Net::start().await;
    let guide = sandbox::fill(&net.network, now()).await.unwrap();
    for paper in ["battery.jsonld", "battery-co.pdf", "skus.csv", "jp-list.csv", "battery-co.json", "schemes"] {
        assert!(net.network.directory().join(paper).exists() && guide.contains(paper), "{paper}");
    }
    assert_eq!(std::fs::read_to_string(net.network.directory().join("SANDBOX.txt")).unwrap(), guide);
}
