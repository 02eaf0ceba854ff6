//! `eco trust`: from whom everything else is believed.

use crate::args::TrustCommand;
use crate::commands::key::parse_network;
use crate::commands::verify::network_json;
use crate::dates::{age, now, rfc3339};
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::home::{Home, read_trust};
use crate::nodes::Nodes;
use crate::report::Report;
use anyhow::Result;
use eco_core::eco_file::{FileKind, unwrap};
use eco_core::genesis::{Genesis, NetworkPurpose};
use eco_core::seal::ValidatorSet;
use eco_core::trust::TrustRoot;
use serde_json::{Value, json};
use std::path::Path;

/// Runs `eco trust`.
pub(crate) async fn run(command: &TrustCommand, home: &Home) -> Result<Report> {
    match command {
        TrustCommand::Show => {
            let trust = home.trust_required()?;
            Ok(shown(&trust, &home.trust_path()))
        }
        TrustCommand::Pin { file, expect, replace } => pin(file, expect.as_deref(), *replace, home),
        TrustCommand::Genesis { file } => genesis(file),
        TrustCommand::Update => update(home).await,
    }
}

fn shown(trust: &TrustRoot, path: &Path) -> Report {
    let head = trust.head();
    let mut report = Report::new()
        .result(trust.network().to_string())
        .note(format!("{} ({} network), from {}", trust.name(), trust.purpose().name(), path.display()))
        .note(format!(
            "  pinned head  block {}, {}, {} old, {} entries",
            head.height,
            rfc3339(head.time),
            age(now().since(head.time)),
            head.tree_size
        ));
    let mut epochs = Vec::new();
    for epoch in trust.epochs() {
        let until = epoch.closed.map_or_else(|| "open".to_string(), |end| format!("until block {}", end.height));
        report = report
            .note(format!("  epoch {}      from block {}, {until}", epoch.number, epoch.first_height))
            .notes(validator_lines(&epoch.validators));
        epochs.push(json!({
            "number": epoch.number.0,
            "first_height": epoch.first_height.0,
            "closed": epoch.closed.is_some(),
            "validators": validators_json(&epoch.validators),
        }));
    }
    if trust.purpose() == NetworkPurpose::Test {
        report = report.note("  everything from this network is a SPECIMEN, without value outside it");
    }
    report.field("network", network_json(trust)).field("file", path.display().to_string()).field("epochs", epochs).field(
        "head",
        json!({ "height": head.height.0, "block": head.block.to_string(), "time": rfc3339(head.time), "tree_size": head.tree_size }),
    )
}

fn validator_lines(set: &ValidatorSet) -> Vec<String> {
    let roles = |v: &eco_core::seal::Validator| v.roles.names().collect::<Vec<_>>().join(", ");
    set.validators().iter().map(|v| format!("    {:<16} {} {:<14} {}", v.organisation.to_string(), v.country, roles(v), v.key)).collect()
}

fn validators_json(set: &ValidatorSet) -> Vec<Value> {
    set.validators()
        .iter()
        .map(|v| json!({ "organisation": v.organisation.as_str(), "country": v.country.to_string(), "key": v.key.to_string(), "power": v.power }))
        .collect()
}

fn pin(file: &Path, expect: Option<&str>, replace: bool, home: &Home) -> Result<Report> {
    let trust = read_trust(file)?;
    if let Some(expected) = expect.map(parse_network).transpose()?
        && expected != trust.network()
    {
        let found = trust.network();
        return Err(Fault::refused("NETWORK_MISMATCH", format!("{} is of network {found}, expected {expected}", file.display())).into());
    }
    let pinned = home.pinned();
    if pinned.exists() && !replace {
        let old = read_trust(&pinned)?;
        if old.network() != trust.network() {
            return Err(Fault::refused("TRUST_ROOT_OF_OTHER_NETWORK", format!("network {} ({}) is pinned", old.network(), old.name()))
                .hint("--replace forgets it; --trust FILE uses another trust root once")
                .into());
        }
        if old.head().height > trust.head().height {
            let (own, offered) = (old.head().height, trust.head().height);
            return Err(
                Fault::refused("TRUST_ROOT_OLDER", format!("the pinned head is at height {own}, that of the file at {offered}")).into()
            );
        }
    }
    home.pin(&trust)?;
    Ok(shown(&trust, &pinned).note(format!("pinned in {}; compare the network id above with the one you were told", pinned.display())))
}

fn genesis(file: &Path) -> Result<Report> {
    let bytes = files::read(file, ECO_BYTES_MAX)?;
    let genesis: Genesis =
        unwrap(FileKind::Genesis, &bytes).map_err(|e| Fault::unverifiable("GENESIS_INVALID", format!("{}: {e}", file.display())))?;
    let members: Vec<Value> = genesis
        .organisations
        .iter()
        .map(|o| json!({ "organisation": o.id.as_str(), "name": o.name, "country": o.country.to_string(), "roles": o.roles.names().collect::<Vec<_>>() }))
        .collect();
    let lines = genesis
        .organisations
        .iter()
        .map(|o| format!("  {:<16} {} {:<16} {}", o.id.to_string(), o.country, o.roles.names().collect::<Vec<_>>().join(", "), o.name));
    let id = genesis.network_id().to_string();
    Ok(Report::new()
        .result(id.clone())
        .note(format!("{} ({} network), from {}", genesis.name, genesis.purpose.name(), rfc3339(genesis.time)))
        .notes(lines)
        .note(format!(
            "  {} keys, {} document certificates, {} validators",
            genesis.keys.len(),
            genesis.certificates.len(),
            genesis.validators.len()
        ))
        .notes(validator_lines(&genesis.validator_set()))
        .field("network", json!({ "name": genesis.name.as_str(), "id": id, "purpose": genesis.purpose.name() }))
        .field("time", rfc3339(genesis.time))
        .field("organisations", members)
        .field("validators", validators_json(&genesis.validator_set())))
}

async fn update(home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let before = trust.head().height;
    let nodes = Nodes::connect(home, &trust)?;
    let (trust, _) = nodes.advance().await?;
    home.pin(&trust)?;
    let after = trust.head().height;
    Ok(shown(&trust, &home.pinned()).note(format!("pinned head moved from block {before} to {after}; the log only grew")))
}
