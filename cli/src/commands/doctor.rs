//! `eco doctor`: what is wrong with this installation, and what to do about it.

use crate::commands::key::key_files;
use crate::dates::{age, now, rfc3339};
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::nodes::{Nodes, Query};
use crate::report::{Exit, Paint, Report, paint};
use anyhow::Result;
use eco_core::document::DocumentId;
use eco_core::limits::HEAD_AHEAD_MS_MAX;
use eco_core::trust::TrustRoot;
use eco_core::verdict::Policy;
use serde_json::json;

/// How one examination went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    Doubtful,
    Ill,
}

/// One examination.
struct Examined {
    what: &'static str,
    health: Health,
    found: String,
    remedy: Option<String>,
}

impl Examined {
    fn well(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, health: Health::Well, found: found.into(), remedy: None }
    }
    fn ill(what: &'static str, health: Health, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, health, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// Runs `eco doctor`: exit code 0 if all is well, 3 if verification would fail.
pub(crate) async fn run(home: &Home) -> Result<Report> {
    let mut examined = Vec::new();
    let trust = trust_root(home, &mut examined);
    match &trust {
        Some(trust) => nodes(home, trust, &mut examined).await,
        None => examined.push(Examined::ill(
            "nodes",
            Health::Doubtful,
            "not asked: nothing they say could be checked",
            "pin a trust root first",
        )),
    }
    keys(home, &mut examined);
    let ill = examined.iter().any(|e| e.health == Health::Ill);
    let mut report = Report::new().exit(if ill { Exit::Unverifiable } else { Exit::Done });
    for e in &examined {
        let (word, tint) = match e.health {
            Health::Well => ("ok  ", Paint::Good),
            Health::Doubtful => ("note", Paint::Doubt),
            Health::Ill => ("FAIL", Paint::Bad),
        };
        report = report.result(format!("{}  {:<11} {}", paint(word, tint), e.what, e.found));
        if let Some(remedy) = &e.remedy {
            report = report.result(format!("      -> {remedy}"));
        }
    }
    let rows: Vec<_> =
        examined.iter().map(|e| json!({ "what": e.what, "ok": e.health == Health::Well, "found": e.found, "remedy": e.remedy })).collect();
    Ok(report.field("examined", rows).field("healthy", !ill))
}

fn trust_root(home: &Home, examined: &mut Vec<Examined>) -> Option<TrustRoot> {
    let path = home.trust_path();
    match home.trust() {
        Ok(Some(trust)) => {
            examined.push(Examined::well(
                "trust root",
                format!(
                    "{} ({} network {}), pinned at block {}",
                    trust.name(),
                    trust.purpose().name(),
                    trust.network(),
                    trust.head().height
                ),
            ));
            Some(trust)
        }
        Ok(None) => {
            examined.push(Examined::ill(
                "trust root",
                Health::Ill,
                format!("none at {}", path.display()),
                "get the network's genesis or trust root from someone you trust, then: eco trust pin FILE",
            ));
            None
        }
        Err(error) => {
            examined.push(Examined::ill("trust root", Health::Ill, format!("{error:#}"), "get a new copy, then: eco trust pin FILE"));
            None
        }
    }
}

/// Asks every node by itself for a proof about a document that does not exist: a whole answer, checked.
async fn nodes(home: &Home, trust: &TrustRoot, examined: &mut Vec<Examined>) {
    let endpoints = home.nodes();
    if endpoints.is_empty() {
        let remedy = format!("--node URL, ECO_NODE, or nodes = [\"http://..\"] in {}", home.directory().join("config.toml").display());
        examined.push(Examined::ill("nodes", Health::Doubtful, "none configured: only offline verification works", remedy));
        return;
    }
    let mut answered = false;
    for endpoint in endpoints {
        let probe = Query::Id(DocumentId(trust.network().0));
        let answer = match Nodes::connect_to(std::slice::from_ref(&endpoint), trust) {
            Ok(nodes) => nodes.status(&probe).await,
            Err(error) => Err(error),
        };
        match answer {
            Err(error) => {
                let reason = error.downcast_ref::<Fault>().map_or("FAILED", |f| f.reason.as_str()).to_string();
                let remedy = match reason.as_str() {
                    "NODE_ANSWER_INVALID" => "its proof does not hold under the trust root: wrong network, or do not use this node",
                    "NODE_LAGGING" => "the node is behind: use another, tell its operator",
                    _ => "is the node running, the address right, a firewall in between?",
                };
                examined.push(Examined::ill("node", Health::Doubtful, format!("{endpoint}: {error:#} [{reason}]"), remedy));
            }
            Ok((view, _)) => {
                answered = true;
                let (head, now) = (view.header.time, now());
                examined.push(Examined::well("node", format!("{endpoint}: answers with a proof, block {}", view.header.height)));
                clock_and_age(head, now, examined);
            }
        }
    }
    if !answered {
        examined.push(Examined::ill(
            "nodes",
            Health::Ill,
            "no node gives an answer that holds",
            "verification works with receipts and kept status proofs only",
        ));
    }
}

fn clock_and_age(head: eco_core::name::Timestamp, now: eco_core::name::Timestamp, examined: &mut Vec<Examined>) {
    let allowed = Policy::default().status_age_ms_max;
    if head.since(now) > HEAD_AHEAD_MS_MAX {
        let found = format!("this computer says {}, the newest block is of {}", rfc3339(now), rfc3339(head));
        examined.push(Examined::ill("clock", Health::Ill, found, "set this computer's clock (NTP)"));
    } else if now.since(head) > allowed {
        let found = format!("the newest block is {} old ({})", age(now.since(head)), rfc3339(head));
        let remedy = "this computer's clock is ahead, or the network stands still: ask another node";
        examined.push(Examined::ill("head age", Health::Doubtful, found, remedy));
    } else {
        examined.push(Examined::well("clock", format!("agrees with the network: the newest block is {} old", age(now.since(head)))));
    }
}

fn keys(home: &Home, examined: &mut Vec<Examined>) {
    for path in key_files(home.directory()).into_iter().chain(key_files(&home.directory().join("keys"))) {
        match files::check_secret(&path) {
            Ok(()) => examined.push(Examined::well("key file", format!("{}: only you may read it", path.display()))),
            Err(error) => {
                let remedy = error.downcast_ref::<Fault>().and_then(|f| f.hint.clone()).unwrap_or_else(|| "own the file yourself".into());
                examined.push(Examined::ill("key file", Health::Ill, format!("{error:#}"), remedy));
            }
        }
    }
}
