//! A network to try things on: a verification body that attests, a country that recognises it, and the papers of a shipment.

pub mod packages;

use crate::error::{TestnetError, file};
use crate::genesis::{MAKER_ID, VERIFIER_ID};
use crate::network::Network;
use crate::shipment::{Shipment, Step};
use eco_core::name::Timestamp;

/// What explains the rest, in the network's directory.
const GUIDE: &str = "SANDBOX.txt";

/// Records the sample shipment on a running network and leaves its papers in the directory; gives the guide.
///
/// # Errors
/// A command of `eco` did not answer what it must.
pub async fn fill(network: &Network, today: Timestamp) -> Result<String, TestnetError> {
    let shipment = Shipment::new(today);
    let node = network.nodes().first().map(crate::Node::address).unwrap_or_default();
    shipment.write_sheets(network)?;
    for steps in [shipment.recognition(&node), shipment.passport(&node), shipment.attestation(&node)] {
        run(network, &steps).await?;
    }
    shipment.write_metadata(network).await?;
    run(network, &shipment.certificate(&node)).await?;
    packages::make(network, &shipment, &node).await?;
    for sample in packages::SAMPLES {
        run(network, &[sample.check()]).await?;
    }
    let guide = guide(&shipment, &node);
    let path = network.directory().join(GUIDE);
    std::fs::write(&path, &guide).map_err(file(path))?;
    Ok(guide)
}

/// Runs commands of a story.
///
/// # Errors
/// The first that does not answer what it must, with its output.
pub async fn run(network: &Network, steps: &[Step]) -> Result<(), TestnetError> {
    for step in steps {
        let arguments: Vec<&str> = step.arguments.iter().map(String::as_str).collect();
        let ran = network.eco().run(&arguments).await?;
        let output = format!("{}{}", ran.stdout, ran.stderr);
        if !step.holds(ran.exit, &output) {
            let exit = ran.exit.map_or_else(|| "a signal".to_string(), |code| code.to_string());
            return Err(TestnetError::Tool { command: ran.command, exit, output });
        }
    }
    Ok(())
}

fn guide(shipment: &Shipment, node: &str) -> String {
    format!(
        "SPECIMEN: a sandbox of Eco Notary. Nothing in it was issued, verified or recognised by anybody.

Papers of a shipment of battery packs, recorded on this network:
  battery.jsonld     carbon passport of the exporter acme-battery, attested by the test verification body cn-verify
  battery-co.pdf     certificate of origin of cn-ccpit; its data names the passport, its receipt is inside
  packages/          one package in order and several that are not, for use without any node:
                     packages/README.txt says what each shows and what must be answered
  skus.csv, jp-list.csv, battery-co.json, schemes/   what they were made from

Japan recognises cn-verify, Korea does not:
  eco {japan}
  eco {korea}

Your own passport, attested by the test verification body (which attests whatever it is given):
  eco passport new --out mine.json                # its issuer: {maker}, its verifier: {verifier}
  eco passport sign mine.json --key keys/acme-battery.data.pem --out mine.jsonld
  eco passport anchor mine.jsonld --org acme-battery --key keys/acme-battery.issue.pem
  eco attest mine.jsonld --org cn-verify --key keys/cn-verify.attest.pem --standard 'ISO 14065:2020' \\
      --statement-number NUMBER --verifier {verifier}      # as the passport states them
",
        japan = shipment.question("JP", node),
        korea = shipment.question("KR", node),
        maker = MAKER_ID,
        verifier = VERIFIER_ID,
    )
}
