//! The gate before issuing, at real nodes: what is in order is issued whole, and for what is not nothing is signed.

use crate::net::{Net, now};
use eco_documents::pdf::attached_metadata;
use eco_testnet::shipment::{NUMBER, SCHEME, Shipment, step};
use serde_json::Value;

impl Net {
    /// The node of the issuing body. All is said and asked there: another may be a block behind.
    fn office(&self) -> String {
        self.at("cn-ccpit")
    }

    /// A passport on the log that nobody has attested yet, and the metadata of a certificate that names it.
    async fn shipment(&self) -> Shipment {
        let (shipment, node) = (Shipment::new(now()), self.office());
        shipment.write_sheets(&self.network).unwrap();
        self.answers(&shipment.recognition(&node)).await;
        self.answers(&shipment.passport(&node)).await;
        shipment.write_metadata(&self.network).await.unwrap();
        shipment
    }

    /// Runs the gate over metadata of the network's directory: the exit code and the answer.
    async fn issue(&self, data: &str, more: &str) -> (Option<i32>, Value) {
        self.gate(&format!("{data} --out {}", data.replace(".json", ".pdf")), more).await
    }

    async fn gate(&self, what: &str, more: &str) -> (Option<i32>, Value) {
        let typed = format!(
            "certificate issue {what} --key keys/cn-ccpit.document.pem --certificate keys/cn-ccpit.document.crt \
             --log-key keys/cn-ccpit.issue.pem --org cn-ccpit --node {} --json {more}",
            self.office()
        );
        let ran = self.network.eco().run(&typed.split_whitespace().collect::<Vec<_>>()).await.unwrap();
        let answer = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", ran.stdout, ran.stderr));
        (ran.exit, answer)
    }

    /// The gate stays shut, for a reason that stands in its answer, and leaves nothing behind.
    async fn refused(&self, data: &str, more: &str, exit: i32, code: &str) {
        let (found, answer) = self.issue(data, more).await;
        let listed = |member: &str| answer[member].as_array().is_some_and(|all| all.iter().any(|one| one == code));
        assert!(listed("objections") || answer["error"]["reason"] == code, "{data} {more}: {code} expected of {answer:#}");
        assert_eq!(found, Some(exit), "{data} {more}: {answer:#}");
        for left in [".pdf", ".unsigned.pdf", ".pdf.eco"] {
            assert!(!self.network.directory().join(data.replace(".json", left)).exists(), "{data}: {left} was left behind");
        }
    }

    /// The shipment's metadata under another number, with a nonce of its own.
    fn write_numbered(&self, number: u8) -> String {
        let directory = self.network.directory();
        let text = std::fs::read_to_string(directory.join("battery-co.json")).unwrap();
        let mut data: Value = serde_json::from_str(&text.replace(NUMBER, &format!("26C4403A0001/0010{number}"))).unwrap();
        data["credentialSubject"]["nonce"] = format!("{number:02x}").repeat(32).into();
        let name = format!("co-{number}.json");
        std::fs::write(directory.join(&name), format!("{data:#}\n")).unwrap();
        name
    }
}

/// A signed certificate cannot be taken back: one of goods whose passport nobody attested, outside the lane that the exporter
/// counts on, or under a number that is taken is trouble at the border, weeks later.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_in_order_passes_the_gate() {
    let net = Net::start().await;
    let (shipment, node) = (net.shipment().await, net.office());
    let arrival = shipment.arrival();
    let lane = |country: &str| format!("--passport battery.jsonld --importing {country} --scheme {SCHEME} --arrival {arrival}");
    let bare = "--passport battery.jsonld";

    net.refused("battery-co.json", &lane("JP"), 1, "ATTESTATION_MISSING").await;
    net.refused("battery-co.json", bare, 1, "ATTESTATION_MISSING").await;
    net.answers(&shipment.attestation(&node)).await;
    net.refused("battery-co.json", "", 2, "PASSPORT_MISSING").await;
    net.refused("battery-co.json", &lane("KR"), 1, "ACCREDITATION_NOT_RECOGNISED").await;
    net.refused("battery-co.json", &format!("{bare} --scheme sample-laser-cutting"), 1, "SCHEME_NOT_APPLICABLE").await;
    net.refused("battery-co.json", &format!("{bare} --scheme no-such-scheme"), 3, "SCHEME_UNKNOWN").await;

    // In order: a dry run says so and leaves nothing, the next run does everything, and one more does nothing again.
    let (exit, answer) = net.issue("battery-co.json", &format!("{} --dry-run", lane("JP"))).await;
    assert_eq!((exit, &answer["may_be_issued"]), (Some(0), &Value::Bool(true)), "{answer:#}");
    assert!(!net.network.directory().join("battery-co.pdf").exists());
    let (exit, answer) = net.issue("battery-co.json", &lane("JP")).await;
    assert_eq!((exit, &answer["recorded"], &answer["files"][0]["receipt_is"]), (Some(0), &1.into(), &"stapled".into()), "{answer:#}");
    let issued = std::fs::read(net.network.directory().join("battery-co.pdf")).unwrap();
    let data = std::fs::read(net.network.directory().join("battery-co.json")).unwrap();
    assert_eq!(attached_metadata(&issued).unwrap(), Some(data), "the very data that were judged");
    let question = step(&shipment.question("JP", &node), 0, &["TRUSTED  battery-co.pdf", "\nELIGIBLE  sample-lithium-battery"]);
    net.answers(std::slice::from_ref(&question)).await;
    let (exit, answer) = net.issue("battery-co.json", &lane("JP")).await;
    assert_eq!((exit, &answer["skipped"]), (Some(0), &1.into()), "{answer:#}");
    assert_eq!(std::fs::read(net.network.directory().join("battery-co.pdf")).unwrap(), issued);

    // The number is taken now, whatever the file is called.
    let twice = std::fs::read_to_string(net.network.directory().join("battery-co.json")).unwrap();
    std::fs::write(net.network.directory().join("twice.json"), twice.replace("\"40\"", "\"41\"")).unwrap();
    net.refused("twice.json", &lane("JP"), 1, "REFERENCE_CONFLICT").await;

    let next = net.write_numbered(1);
    net.answers(&[shipment.withdrawal(&node)]).await;
    net.refused(&next, &lane("JP"), 1, "ATTESTATION_WITHDRAWN").await;
    net.refused(&next, bare, 1, "ATTESTATION_WITHDRAWN").await;
    net.answers(&shipment.update(&node)).await;
    net.refused(&next, &lane("JP"), 1, "SUPERSEDED").await;
    net.answers(&[question]).await;
}

/// What became of each certificate of a run: outcome and codes.
fn rows(answer: &Value) -> Vec<(String, String)> {
    let row = |row: &Value| {
        let codes = row["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect::<Vec<_>>();
        (row["outcome"].as_str().unwrap().to_owned(), codes.join(" "))
    };
    answer["certificates"].as_array().unwrap_or_else(|| panic!("{answer:#}")).iter().map(row).collect()
}

fn refused(code: &str) -> (String, String) {
    ("refused".to_owned(), code.to_owned())
}

fn passed(word: &str) -> (String, String) {
    (word.to_owned(), String::new())
}

/// A row that is issued in half, or a run that stops at the first row that is not in order, keeps an office busy for a day.
#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_passes_row_by_row() {
    let net = Net::start().await;
    let (shipment, node) = (net.shipment().await, net.office());
    net.answers(&shipment.attestation(&node)).await;
    let directory = net.network.directory().to_path_buf();
    let mut template: Value = serde_json::from_slice(&std::fs::read(directory.join("battery-co.json")).unwrap()).unwrap();
    template.as_object_mut().unwrap().remove("id");
    let subject = template["credentialSubject"].as_object_mut().unwrap();
    subject.retain(|name, _| !["id", "certificateNumber"].contains(&name.as_str()));
    let item = subject["originItems"][0].as_object_mut().unwrap();
    item.retain(|name, _| !["carbonPassport", "originProduct"].contains(&name.as_str()));
    std::fs::write(directory.join("template.json"), template.to_string()).unwrap();
    let sheet = "number,hs,quantity,passportFile\nS-1,850760,40,battery.jsonld\nS-1,850760,4,battery.jsonld\nS-2,850760,40,\nS-3,85,40,battery.jsonld\n\
                 S-4,850760,41,battery.jsonld\n";
    std::fs::write(directory.join("sheet.csv"), sheet).unwrap();
    let lane = format!("--importing JP --scheme {SCHEME} --arrival {}", shipment.arrival());
    let what = "--csv sheet.csv --template template.json --out issued";
    let names = || {
        let folder = std::fs::read_dir(directory.join("issued"));
        let mut names: Vec<_> = folder.into_iter().flatten().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };

    let (exit, answer) = net.gate(what, &format!("{lane} --dry-run")).await;
    let expected = [passed("may be issued"), refused("PASSPORT_MISSING"), refused(""), passed("may be issued")];
    assert_eq!((exit, rows(&answer)), (Some(1), expected.to_vec()), "{answer:#}");
    let fault = answer["certificates"][2]["faults"][0].as_str().unwrap();
    assert!(fault.contains("line 5, column hs"), "{fault}");
    assert_eq!(names(), [""; 0], "a dry run leaves nothing");

    let (exit, answer) = net.gate(what, &lane).await;
    assert_eq!((exit, &answer["recorded"], &answer["not_issued"]), (Some(1), &2.into(), &2.into()), "{answer:#}");
    assert_eq!(names(), ["S-1.pdf", "S-4.pdf"], "whole certificates and nothing else");
    let kept = std::fs::read(directory.join("issued/S-1.pdf")).unwrap();
    for file in ["issued/S-1.pdf", "issued/S-4.pdf"] {
        let asked = format!("verify {file} --passport battery.jsonld {lane} --node {node}");
        net.answers(&[step(&asked, 0, &["TRUSTED", "\nELIGIBLE"])]).await;
    }

    // Mended, the same command does what was left.
    std::fs::write(directory.join("sheet.csv"), sheet.replace("S-3,85,", "S-3,850760,").replace("S-2,850760,40,\n", "")).unwrap();
    let (exit, answer) = net.gate(what, &lane).await;
    assert_eq!((exit, &answer["recorded"], &answer["skipped"]), (Some(0), &1.into(), &2.into()), "{answer:#}");
    assert_eq!(rows(&answer), [passed("signed before"), passed("may be issued"), passed("signed before")]);
    assert_eq!(names(), ["S-1.pdf", "S-3.pdf", "S-4.pdf"]);
    assert_eq!(std::fs::read(directory.join("issued/S-1.pdf")).unwrap(), kept, "what is issued is not touched");
    // The number is on the log, whatever became of the file.
    std::fs::rename(directory.join("issued/S-4.pdf"), directory.join("elsewhere.pdf")).unwrap();
    let (exit, answer) = net.gate(what, &lane).await;
    assert_eq!((exit, rows(&answer)[2].clone()), (Some(1), refused("REFERENCE_CONFLICT")), "{answer:#}");

    a_folder(&net, &lane).await;
}

/// A folder of metadata, two of which would take one number: neither the files' order nor a rerun gives the second a chance.
async fn a_folder(net: &Net, lane: &str) {
    let directory = net.network.directory();
    std::fs::create_dir(directory.join("data")).unwrap();
    for (name, number) in [("a", 2), ("b", 3), ("c", 2)] {
        let made = net.write_numbered(number);
        let text = std::fs::read_to_string(directory.join(made)).unwrap();
        std::fs::write(directory.join(format!("data/{name}.json")), text).unwrap();
    }
    std::fs::write(directory.join("data/d.json"), "{}").unwrap();
    let what = "data --out from-data --passport battery.jsonld";
    let (exit, answer) = net.gate(what, lane).await;
    let expected = [passed("may be issued"), passed("may be issued"), refused("REFERENCE_CONFLICT"), refused("CONTEXT_NOT_PINNED")];
    assert_eq!((exit, rows(&answer), &answer["recorded"]), (Some(1), expected.to_vec(), &2.into()), "{answer:#}");
    let (exit, answer) = net.gate(what, lane).await;
    assert_eq!((exit, &answer["skipped"], &answer["not_issued"]), (Some(1), &2.into(), &2.into()), "{answer:#}");
}
