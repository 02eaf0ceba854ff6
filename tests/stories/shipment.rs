//! Battery packs with a carbon passport, on their way to two countries: what the demo shows, and what must not pass.

use crate::net::{Net, now};
use eco_testnet::sandbox::{self, packages::SAMPLES};
use eco_testnet::shipment::{Shipment, Step, step};
use serde_json::Value;

impl Net {
    pub(crate) async fn answers(&self, steps: &[Step]) {
        sandbox::run(&self.network, steps).await.unwrap_or_else(|e| panic!("{e}, expected {steps:?}"));
    }

    pub(crate) async fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let ran = self.network.eco().run(&[arguments, &["--json"]].concat()).await.unwrap();
        let answer = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", ran.stdout, ran.stderr));
        (ran.exit, answer)
    }

    pub(crate) fn at(&self, organisation: &str) -> String {
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
    net.answers(&[shipment.package("issued", &net.at("jp-customs"))]).await;
    // Of a certificate alone, too, everything is asked for that its status is made of.
    let alone = format!("package build battery-co.pdf --out alone --node {}", net.at("jp-customs"));
    let missing = net.json(&alone.split(' ').collect::<Vec<_>>()).await.1["missing"].clone();
    let only =
        missing.as_array().is_some_and(|all| matches!(all.as_slice(), [one] if one.to_string().contains("which the certificate links")));
    assert!(only, "{missing:#}");

    net.network.stop_all().await.unwrap();
    net.answers(&[shipment.japan("issued"), shipment.korea("issued")]).await;
    net.network.start_all().await.unwrap();
    // The registry lists under which identifier documents name a member, so a passport cannot name another as its issuer.
    let asked = format!("verify battery.jsonld --node {}", net.at("jp-customs"));
    net.answers(&[step(&asked, 0, &["TRUSTED", "by the registry's identifiers"])]).await;

    net.answers(&shipment.update(&net.at("acme-battery"))).await;
    let customs = net.at("kr-customs");
    net.answers(&[shipment.replaced(&customs)]).await;
    both_versions_are_listed_by_product(&net, &customs).await;
    many_questions_are_answered_row_by_row(&net, &customs).await;
    net.answers(&[shipment.package("arrived", &customs)]).await;
    net.answers(&[shipment.still_japan("arrived"), shipment.korea("arrived")]).await;

    // The control: the newer passport is genuine, and not the one that the certificate names.
    let other = step(&shipment.pack("battery-co.pdf", "battery-2.jsonld", "other", &customs), 3, &["which the certificate links"]);
    let words = ["TRUSTED  other/battery-co.pdf", "NOT_ELIGIBLE", "PASSPORT_FINGERPRINT_MISMATCH", "PASSPORT_NEWER_THAN_CERTIFICATE"];
    net.answers(&[other, step("package verify other --importing JP", 1, &words)]).await;
}

/// A product page that shows the old figures is found out by asking for the product: both versions, and that there is no third.
async fn both_versions_are_listed_by_product(net: &Net, node: &str) {
    let product = ["status", "--issuer", "acme-battery", "--node", node, "--product"];
    let (exit, answer) = net.json(&[&product[..], &["https://shop.example/01/06901234567892?x=1"]].concat()).await;
    let passports: Vec<_> = answer["passports"].as_array().unwrap().iter().map(|p| p["status"].as_str().unwrap()).collect();
    assert_eq!((exit, passports), (Some(0), vec!["superseded", "active"]), "{answer:#}");
    // The controls: the same code by another author, and another code.
    for other in [["--issuer", "cn-ccpit", "6901234567892"], ["--issuer", "acme-battery", "96385074"]] {
        let asked = ["status", other[0], other[1], "--node", node, "--product", other[2]];
        let (exit, answer) = net.json(&asked).await;
        assert_eq!((exit, answer["passports"].as_array().map(Vec::len)), (Some(1), Some(0)), "{answer:#}");
    }
}

/// One line that is wrong must not cost the answers to the others, and the worst of them is the exit code.
async fn many_questions_are_answered_row_by_row(net: &Net, node: &str) {
    let number = eco_testnet::shipment::NUMBER;
    let (_, certificate) = net.json(&["status", "battery-co.pdf", "--node", node]).await;
    let fingerprint = certificate["verdict"]["recorded"]["fingerprint"].as_str().unwrap();
    let nobodys = "0".repeat(64);
    let questions = format!(
        "issuer,number,product,file,document,fingerprint\ncn-ccpit,{number},,,,\nacme-battery,,6901234567892,,,\n,,6901234567893,,,\n\n\
         ,,,battery.jsonld,,\n,,,nothing.pdf,,\n,,,,{nobodys},\ncn-ccpit,{number},6901234567892,,,\ncn-ccpit,NO-SUCH-1,,,,\n\
         cn-ccpit,,,,,{fingerprint}\n,,,,,{fingerprint}\n,,,,,jcs:{nobodys}\n"
    );
    std::fs::write(net.network.directory().join("questions.csv"), questions).unwrap();
    let (exit, answer) = net.json(&["status", "--batch", "questions.csv", "--csv", "answers.csv", "--node", node]).await;
    let rows: Vec<(&str, u64)> =
        answer["rows"].as_array().unwrap().iter().map(|r| (r["status"].as_str().unwrap(), r["exit_code"].as_u64().unwrap())).collect();
    let open = "not established";
    let absent = ("not recorded", 1);
    let named = [("active", 0), ("active", 0), (open, 2), ("superseded", 1), (open, 3), absent, (open, 2), absent];
    let by_fingerprint = [("active", 0), ("active", 0), absent];
    assert_eq!((exit, rows), (Some(1), [&named[..], &by_fingerprint].concat()), "{answer:#}");
    assert!(answer["rows"][6]["error"]["message"].as_str().unwrap().contains("line 9"), "{answer:#}");
    let csv = std::fs::read_to_string(net.network.directory().join("answers.csv")).unwrap();
    assert_eq!(csv.lines().count(), 12, "{csv}");
    // Files and ids as arguments; the control: nobody answers, and no row claims anything.
    let (_, answer) = net.json(&["status", "battery-co.pdf", "battery-2.jsonld", "--node", node]).await;
    assert_eq!((answer["in_force"].as_u64(), answer["rows"][0]["verdict"]["trust"].as_str()), (Some(2), Some("TRUSTED")), "{answer:#}");
    let (exit, answer) = net.json(&["status", "battery-co.pdf", "battery-2.jsonld", "--node", "http://127.0.0.1:9"]).await;
    assert_eq!((exit, answer["not_established"].as_u64()), (Some(3), Some(2)), "{answer:#}");
}

/// Without it the sandbox could fail, or its guides could name papers that are not there and answers that nobody gets.
#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_leaves_the_papers_and_packages_that_its_guides_name() {
    let mut net = Net::start().await;
    let guide = sandbox::fill(&net.network, now()).await.unwrap();
    let read = |name: &str| std::fs::read_to_string(net.network.directory().join(name)).unwrap();
    for paper in ["battery.jsonld", "battery-co.pdf", "skus.csv", "jp-list.csv", "battery-co.json", "schemes", "packages"] {
        assert!(net.network.directory().join(paper).exists() && guide.contains(paper), "{paper}");
    }
    assert_eq!(read("SANDBOX.txt"), guide);
    let listed = read("packages/README.txt");
    net.network.stop_all().await.unwrap();
    for sample in SAMPLES {
        let check = sample.check();
        assert!(listed.contains(&check.arguments.join(" ")) && listed.contains(sample.story), "{}", sample.name);
        net.answers(&[check]).await;
    }
}
