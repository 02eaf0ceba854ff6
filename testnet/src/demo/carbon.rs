//! The second part: battery packs, their carbon passport, and a green lane that is open in one country and not in another.

use super::{Demo, DemoError, Expect};
use crate::shipment::{Shipment, Step};
use eco_core::name::Timestamp;
use std::time::{Duration, Instant};

/// Tells it to its end; the nodes run before and after.
pub(super) async fn tell(demo: &mut Demo, today: Timestamp) -> Result<(), DemoError> {
    demo.screen
        .headline("A shipment of lithium battery packs from China, with a carbon passport, for the green lane of the importing country");
    let shipment = Shipment::new(today);
    shipment.write_sheets(&demo.network)?;
    recognise(demo, &shipment).await?;
    passport(demo, &shipment).await?;
    certificate(demo, &shipment).await?;
    at_customs(demo, &shipment).await?;
    at_sea(demo, &shipment).await
}

async fn recognise(demo: &mut Demo, shipment: &Shipment) -> Result<(), DemoError> {
    demo.begin("recognition", "The standards authority of Japan records whom it recognises; Korea has published no list");
    let node = demo.network.node("jp-customs")?.address();
    let took = demo.all(&shipment.recognition(&node)).await?;
    demo.done("JP recognises cn-verify, KR nobody", took);
    Ok(())
}

async fn passport(demo: &mut Demo, shipment: &Shipment) -> Result<(), DemoError> {
    demo.begin(
        "carbon passport",
        "The exporter makes a carbon passport, one line of its sheet of SKUs, and the verification body attests it",
    );
    let node = demo.network.node("acme-battery")?.address();
    let made = demo.all(&shipment.passport(&node)).await?;
    demo.screen.say("the verification body checks the statement number that it gave, and says so on the log:");
    let attested = demo.all(&shipment.attestation(&node)).await?;
    demo.done("407.4 kg CO2e a pack, attested", made + attested);
    Ok(())
}

async fn certificate(demo: &mut Demo, shipment: &Shipment) -> Result<(), DemoError> {
    demo.begin("linked certificate", "The issuing body issues a certificate that names this passport by its fingerprint");
    shipment.write_metadata(&demo.network).await?;
    let node = demo.network.node("cn-ccpit")?.address();
    let took = demo.all(&shipment.certificate(&node)).await?;
    demo.done("data inside the PDF, linked on the log", took);
    Ok(())
}

/// Both customs ask without any node: files are enough.
async fn at_customs(demo: &mut Demo, shipment: &Shipment) -> Result<(), DemoError> {
    demo.begin("two customs, offline", "Customs of Japan and of Korea ask about the same papers, with every node stopped");
    demo.one(&shipment.package("issued", &demo.network.node("jp-customs")?.address())).await?;
    demo.screen.say("papers and a node's proofs are in one package; no node runs any more");
    demo.network.stop_all().await?;
    let japan = demo.one(&shipment.japan("issued")).await?;
    demo.screen.say("the same papers are as genuine in Korea, whose authority does not recognise the verification body:");
    let korea = demo.one(&shipment.korea("issued")).await?;
    demo.network.start_all().await?;
    demo.done("TRUSTED twice; JP ELIGIBLE, KR NOT_ELIGIBLE", japan + korea);
    Ok(())
}

/// The passport is replaced while the goods are under way.
async fn at_sea(demo: &mut Demo, shipment: &Shipment) -> Result<(), DemoError> {
    let start = Instant::now();
    demo.begin("at sea", "While the goods are at sea the exporter publishes newer figures: the certificate goes on naming the old ones");
    let exporter = demo.network.node("acme-battery")?.address();
    demo.all(&shipment.update(&exporter)).await?;
    let customs = demo.network.node("kr-customs")?.address();
    demo.screen.say("by itself the old passport is replaced:");
    demo.one(&shipment.replaced(&customs)).await?;
    demo.one(&shipment.package("arrived", &customs)).await?;
    demo.screen.say("with the certificate that was issued under it, it counts as it did on that day:");
    demo.one(&shipment.still_japan("arrived")).await?;
    demo.one(&shipment.korea("arrived")).await?;
    demo.done("JP still ELIGIBLE, with a notice", start.elapsed());
    Ok(())
}

impl Demo {
    /// Runs commands one after the other.
    async fn all(&self, steps: &[Step]) -> Result<Duration, DemoError> {
        let mut took = Duration::ZERO;
        for step in steps {
            took += self.one(step).await?;
        }
        Ok(took)
    }

    async fn one(&self, step: &Step) -> Result<Duration, DemoError> {
        let arguments: Vec<&str> = step.arguments.iter().map(String::as_str).collect();
        let words: Vec<&str> = step.words.iter().map(String::as_str).collect();
        let (_, took) = self.eco(&arguments, Expect { exit: step.exit, words: &words }).await?;
        Ok(took)
    }
}
