//! The first part: a certificate's life, once the network is up.

use super::{Demo, DemoError, Expect};
use eco_core::name::Height;
use std::path::Path;
use std::time::{Duration, Instant};

const NUMBER: &str = "26C4403A0001/00001";
/// Files recorded while a validator is dead.
const LISTS: usize = 40;
/// How long a restarted validator may take to catch up.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(60);

const DONE: Expect<'static> = Expect { exit: 0, words: &[] };
const TRUSTED: Expect<'static> = Expect { exit: 0, words: &["TRUSTED", "SPECIMEN"] };

/// Tells the story up to the last look at the log.
pub(super) async fn tell(demo: &mut Demo) -> Result<(), DemoError> {
    issue(demo).await?;
    anchor(demo).await?;
    verify(demo).await?;
    without_nodes(demo).await?;
    alter(demo).await?;
    absence(demo).await?;
    lose_a_validator(demo).await?;
    return_of_the_validator(demo).await?;
    revoke(demo).await?;
    watch(demo).await
}

async fn issue(demo: &mut Demo) -> Result<(), DemoError> {
    let start = Instant::now();
    demo.begin("sign", "Lay out a certificate and sign it as the issuing body cn-ccpit");
    demo.eco(&["certificate", "new", "--sample", "--number", NUMBER, "--out", "form.pdf"], DONE).await?;
    let sign =
        ["sign", "form.pdf", "--key", "keys/cn-ccpit.document.pem", "--certificate", "keys/cn-ccpit.document.crt", "--out", "co.pdf"];
    demo.eco(&sign, Expect { exit: 0, words: &["pdf:"] }).await?;
    let unsigned = ["anchor", "form.pdf", "--org", "cn-ccpit", "--key", "keys/cn-ccpit.issue.pem", "--number", NUMBER];
    let exporter = demo.network.node("acme-battery")?.address();
    demo.screen.say("an unsigned form is not recorded:");
    demo.eco(&[&unsigned[..], &["--node", &exporter]].concat(), Expect { exit: 1, words: &["PDF_SIGNATURE_MISSING"] }).await?;
    demo.done("PAdES signature, ECDSA P-256", start.elapsed());
    Ok(())
}

async fn anchor(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("record", "Record it on the log, through the exporter's node");
    let exporter = demo.network.node("acme-battery")?.address();
    let anchor = ["anchor", "co.pdf", "--org", "cn-ccpit", "--key", "keys/cn-ccpit.issue.pem", "--number", NUMBER, "--node", &exporter];
    let (_, took) = demo.eco(&anchor, Expect { exit: 0, words: &["recorded", "entry 0"] }).await?;
    demo.screen.say("again: its receipt holds, nothing is done twice");
    demo.eco(&anchor, Expect { exit: 0, words: &["skipped"] }).await?;
    demo.eco(&["receipt", "show", "co.pdf.eco"], Expect { exit: 0, words: &["the receipt holds"] }).await?;
    let bytes = std::fs::metadata(demo.network.directory().join("co.pdf.eco")).map_or(0, |m| m.len());
    demo.screen.say(&format!("the receipt has {bytes} bytes"));
    demo.screen.say("the receipt goes into the signature: the file proves itself, and other validators see no difference");
    demo.eco(&["staple", "co.pdf"], Expect { exit: 0, words: &["needs no second file"] }).await?;
    demo.done(&format!("final receipt of {bytes} bytes, stapled"), took);
    Ok(())
}

async fn verify(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("verify", "Customs of Japan verify it at their own node");
    let customs = demo.network.node("jp-customs")?.address();
    let verify = [
        "verify",
        "co.pdf",
        "--node",
        &customs,
        "--issuer",
        "cn-ccpit",
        "--number",
        NUMBER,
        "--kind",
        "certificate",
        "--save-status",
        "status.eco",
    ];
    let (_, took) = demo.eco(&verify, TRUSTED).await?;
    demo.done("TRUSTED, status proven", took);
    Ok(())
}

async fn without_nodes(demo: &mut Demo) -> Result<(), DemoError> {
    let start = Instant::now();
    demo.begin("offline", "Stop every node; the file, its receipt and a kept status proof still convince");
    demo.network.stop_all().await?;
    demo.screen.say("no node runs any more");
    let (_, took) = demo.eco(&["verify", "co.pdf", "--offline", "--receipt", "status.eco"], TRUSTED).await?;
    demo.screen.say("asked for the present status, no node answers; that is no statement about the log:");
    let dead = demo.network.node("jp-customs")?.address();
    let asked = ["status", "--issuer", "cn-ccpit", "--number", NUMBER, "--node", &dead];
    demo.eco(&asked, Expect { exit: 3, words: &["UNVERIFIABLE", "NODE_UNREACHABLE", "not established"] }).await?;
    demo.network.start_all().await?;
    demo.screen.outcome(true, "all nodes run again, roots re-derived", start.elapsed());
    demo.done("TRUSTED without any node", took);
    Ok(())
}

async fn alter(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("alter", "Alter one byte");
    alter_one_byte(&demo.network.directory().join("co.pdf"), &demo.network.directory().join("altered.pdf"))?;
    let customs = demo.network.node("jp-customs")?.address();
    let verify = ["verify", "altered.pdf", "--receipt", "co.pdf.eco", "--node", &customs];
    let (_, took) = demo.eco(&verify, Expect { exit: 1, words: &["UNTRUSTWORTHY", "PDF_SIGNATURE_INVALID"] }).await?;
    demo.done("UNTRUSTWORTHY: PDF_SIGNATURE_INVALID", took);
    Ok(())
}

fn alter_one_byte(from: &Path, to: &Path) -> Result<(), DemoError> {
    let failed = |path: &Path| {
        let what = path.display().to_string();
        move |source| DemoError::File { what, source }
    };
    let mut bytes = std::fs::read(from).map_err(failed(from))?;
    let title = b"Certificate of Origin";
    let at = bytes.windows(title.len()).position(|w| w == title).ok_or(DemoError::NothingToAlter)?;
    let letter = bytes.get_mut(at).ok_or(DemoError::NothingToAlter)?;
    *letter ^= 0x20;
    std::fs::write(to, bytes).map_err(failed(to))
}

async fn absence(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("absence", "Ask for a number that was never issued");
    let customs = demo.network.node("kr-customs")?.address();
    let status = ["status", "--issuer", "cn-ccpit", "--number", "26C4403A0001/99999", "--node", &customs];
    let (_, took) = demo.eco(&status, Expect { exit: 1, words: &["LOG_ENTRY_MISSING", "absence proven", "not recorded"] }).await?;
    demo.done("absence proven under the sealed head", took);
    Ok(())
}

async fn lose_a_validator(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("a validator is killed", &format!("Kill the validator of Korea (SIGKILL) and record {LISTS} files of the exporter at once"));
    demo.network.kill("kr-customs").await?;
    let mut files = Vec::new();
    for number in 1..=LISTS {
        let name = format!("packing-list-{number:02}.txt");
        let path = demo.network.directory().join(&name);
        std::fs::write(&path, format!("Packing list {number} for certificate {NUMBER}\n"))
            .map_err(|source| DemoError::File { what: name.clone(), source })?;
        files.push(name);
    }
    let exporter = demo.network.node("acme-battery")?.address();
    let key = ["--key", "keys/acme-battery.issue.pem", "--org", "acme-battery", "--kind", "other", "--node", &exporter];
    let named: Vec<&str> = files.iter().map(String::as_str).collect();
    let start = Instant::now();
    let recorded = format!("{LISTS} recorded");
    demo.eco(&[&["anchor"], &named[..], &key[..]].concat(), Expect { exit: 0, words: &[&recorded] }).await?;
    let took = start.elapsed();
    demo.done(&format!("{LISTS} files final with 3 of 4 validators"), took);
    Ok(())
}

async fn return_of_the_validator(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("it comes back", "Restart it: it recovers, catches up and serves");
    let start = Instant::now();
    let target = demo.network.height("acme-battery").await?;
    demo.network.restart("kr-customs").await?;
    let Height(reached) = demo.network.wait_for_height("kr-customs", target, CATCH_UP_LIMIT).await?;
    let took = start.elapsed();
    demo.screen.outcome(true, &format!("at block {reached}, the others were at {target}"), took);
    let back = demo.network.node("kr-customs")?.address();
    demo.eco(&["verify", "packing-list-01.txt", "--node", &back], TRUSTED).await?;
    demo.done(&format!("caught up to block {reached}"), took);
    Ok(())
}

async fn revoke(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("revoke", "The issuing body revokes the certificate; customs of Viet Nam see it at once");
    let issuer = demo.network.node("cn-ccpit")?.address();
    let other = demo.network.node("vn-vcci")?.address();
    let revoke =
        ["revoke", "co.pdf", "--org", "cn-ccpit", "--key", "keys/cn-ccpit.status.pem", "--reason", "wrong-data", "--node", &issuer];
    let (_, took) = demo.eco(&revoke, Expect { exit: 0, words: &["revoked"] }).await?;
    demo.eco(&["verify", "co.pdf", "--node", &other], Expect { exit: 4, words: &["UNTRUSTWORTHY", "REVOKED", "wrong-data"] }).await?;
    demo.screen.say("revoked is final:");
    let again = ["reactivate", "co.pdf", "--org", "cn-ccpit", "--key", "keys/cn-ccpit.status.pem", "--reason", "0", "--node", &issuer];
    demo.eco(&again, Expect { exit: 1, words: &["error:"] }).await?;
    demo.done("exit code 4, REVOKED", took);
    Ok(())
}

async fn watch(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("follow", "Follow the log: what an auditor sees");
    let customs = demo.network.node("jp-customs")?.address();
    let last = LISTS.to_string();
    let (_, took) =
        demo.eco(&["watch", "--from", &last, "--count", "2", "--node", &customs], Expect { exit: 0, words: &["revoked"] }).await?;
    demo.done("entries hash into sealed roots", took);
    Ok(())
}

/// The last step: what is on a disk, derived again.
pub(super) async fn audit(demo: &mut Demo) -> Result<(), DemoError> {
    demo.begin("audit", "Stop the exporter's node and re-derive everything on its disk from the log");
    demo.network.stop("acme-battery").await?;
    let start = Instant::now();
    let ran = demo.network.node_command(&["fsck", "--config", "nodes/acme-battery/node.toml"]).await?;
    let (_, took) = demo.judge(ran, start.elapsed(), Expect { exit: 0, words: &["state_root"] })?;
    demo.done("log and state roots re-derived", took);
    Ok(())
}
