//! The house rules as tests: which crate may depend on which, who may name which library, file length.
//!
//! `ARCHITECTURE.md` explains the tables. A crate that is in no layer fails, so a new crate is a decision.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each crate, and the workspace crates that it may depend on; dev and build dependencies count.
const LAYERS: &[(&str, &[&str])] = &[
    ("eco-core", &[]),
    ("eco-proto", &["eco-core"]),
    ("eco-client", &["eco-core", "eco-proto"]),
    ("eco-ledger", &["eco-core"]),
    ("eco-consensus", &["eco-core", "eco-ledger"]),
    ("eco-api", &["eco-core", "eco-ledger", "eco-proto", "eco-client"]),
    ("eco-node", &["eco-core", "eco-ledger", "eco-consensus", "eco-api"]),
    ("eco-documents", &["eco-core"]),
    ("eco", &["eco-core", "eco-client", "eco-documents"]),
    ("eco-testnet", &["eco-core", "eco-client", "eco-node"]),
    (
        "eco-tests",
        &["eco-core", "eco-proto", "eco-client", "eco-ledger", "eco-consensus", "eco-api", "eco-node", "eco-documents", "eco-testnet"],
    ),
    (
        "eco-benches",
        &["eco-core", "eco-proto", "eco-client", "eco-ledger", "eco-consensus", "eco-api", "eco-node", "eco-documents", "eco-testnet"],
    ),
];

/// Edges that hold for tests only.
const DEV_ONLY: &[(&str, &str)] = &[("eco-api", "eco-client"), ("eco-documents", "lopdf")];

/// Libraries whose name may stand in the named crates' manifests only.
const OWNERS: &[(&str, &[&str])] = &[
    ("rocksdb", &["eco-ledger"]),
    ("lopdf", &["eco-documents"]),
    ("arc-malachitebft-", &["eco-consensus"]),
    ("libp2p", &["eco-consensus"]),
    ("cryptoki", &["eco"]),
    ("tonic", &["eco-proto", "eco-client", "eco-api", "eco-node", "eco-benches"]),
];

/// All that eco-core may link. Each is no_std.
const CORE_EXTERNALS: &[&str] = &["blake3", "borsh", "ed25519-dalek", "sha2", "base64", "thiserror"];

/// The longest source file.
const FILE_LINES_MAX: usize = 500;

struct Edge {
    from: String,
    to: String,
    dev: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn edges() -> Vec<Edge> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .flat_map(|package| {
            package["dependencies"].as_array().unwrap().iter().map(move |dependency| Edge {
                from: package["name"].as_str().unwrap().to_owned(),
                to: dependency["name"].as_str().unwrap().to_owned(),
                dev: dependency["kind"].as_str() == Some("dev"),
            })
        })
        .collect()
}

/// Every edge that breaks a table.
fn violations(edges: &[Edge]) -> Vec<String> {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut found = Vec::new();
    for Edge { from, to, dev } in edges {
        let Some(allowed) = layers.get(from.as_str()) else {
            found.push(format!("{from} is in no layer"));
            continue;
        };
        if layers.contains_key(to.as_str()) && !allowed.contains(&to.as_str()) {
            found.push(format!("{from} must not depend on {to}"));
        }
        if DEV_ONLY.contains(&(from.as_str(), to.as_str())) && !dev {
            found.push(format!("{from} may depend on {to} in tests only"));
        }
        for (library, owners) in OWNERS {
            let named = if library.ends_with('-') { to.starts_with(library) } else { to == library };
            if named && !owners.contains(&from.as_str()) {
                found.push(format!("{from} must not name {to}; its owners are {owners:?}"));
            }
        }
        if from == "eco-core" && !dev && !layers.contains_key(to.as_str()) && !CORE_EXTERNALS.contains(&to.as_str()) {
            found.push(format!("eco-core must not link {to}"));
        }
    }
    found
}

fn edge(from: &str, to: &str, dev: bool) -> Edge {
    Edge { from: from.into(), to: to.into(), dev }
}

#[test]
fn crates_depend_in_one_direction() {
    assert_eq!(violations(&edges()), Vec::<String>::new(), "see ARCHITECTURE.md, \"Crates\"");
}

/// The test of the test: each kind of violation, planted once.
#[test]
fn planted_violations_are_found() {
    let planted = [
        edge("eco-core", "eco-ledger", false),
        edge("eco-ledger", "eco-node", true),
        edge("eco-common", "blake3", false),
        edge("eco-api", "rocksdb", false),
        edge("eco-node", "arc-malachitebft-app-channel", false),
        edge("eco-core", "serde", false),
        edge("eco-api", "eco-client", false),
        edge("eco", "eco-ledger", true),
        edge("eco-documents", "lopdf", false),
    ];
    for plant in planted {
        assert_eq!(violations(std::slice::from_ref(&plant)).len(), 1, "{} -> {}", plant.from, plant.to);
    }
    assert!(violations(&[edge("eco-api", "eco-client", true)]).is_empty());
}

fn tracked(pattern: &str) -> Vec<PathBuf> {
    let output = Command::new("git").args(["ls-files", pattern]).current_dir(root()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|l| root().join(l)).filter(|p| p.exists()).collect()
}

#[test]
fn files_have_one_subject() {
    let sources = tracked("*.rs");
    assert!(sources.len() > 50, "git lists {} sources", sources.len());
    let long: Vec<_> = sources
        .iter()
        .map(|path| (std::fs::read_to_string(path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .collect();
    assert!(long.is_empty(), "longer than {FILE_LINES_MAX} lines: {long:?}");
}

#[test]
fn no_test_is_switched_off_and_every_file_says_what_it_is_for() {
    let forbidden = [concat!("#[ign", "ore"), concat!("rust,ign", "ore"), concat!("tod", "o!("), concat!("unimple", "mented!(")];
    for path in tracked("*.rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in forbidden {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
        let first = text.lines().find(|l| !l.trim().is_empty() && !l.starts_with("#!["));
        assert!(first.is_some_and(|l| l.starts_with("//!")), "{} does not begin with //!", path.display());
    }
}

/// Dependencies of dependencies: the command line must not carry the node's storage or engine.
#[test]
fn the_command_line_links_neither_storage_nor_engine() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "eco", "-e", "normal", "--prefix", "none", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("eco-core"), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["rocksdb", "arc-malachitebft", "libp2p", "eco-node", "eco-ledger"] {
        assert!(!tree.lines().any(|l| l.starts_with(name)), "eco links {name}");
    }
}
