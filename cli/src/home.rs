//! Where `eco` keeps its configuration: the pinned trust root, and who is asked by default.
//!
//! There is no default for whom to trust, nor for which node to ask.

use crate::args::Common;
use crate::fault::Fault;
use crate::files;
use anyhow::{Context, Result};
use eco_core::eco_file::{FileKind, kind_of, unwrap, wrap};
use eco_core::genesis::Genesis;
use eco_core::name::OrgId;
use eco_core::trust::TrustRoot;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// `config.toml`, all of it optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Nodes to ask, in this order.
    #[serde(default)]
    nodes: Vec<String>,
    /// Organisation for which this computer acts.
    #[serde(default)]
    org: Option<String>,
    /// Host, with a path if it has one, whose page the codes of new certificates open.
    #[serde(default)]
    gateway: Option<String>,
}

/// Longest gateway: what still gives a code that is easily read.
const GATEWAY_BYTES_MAX: usize = 100;

/// Directory, configuration, and what the arguments override.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    directory: PathBuf,
    config: Config,
    trust_file: Option<PathBuf>,
    nodes: Vec<String>,
}

impl Home {
    /// Reads the configuration, if there is one.
    pub(crate) fn open(common: &Common) -> Result<Self> {
        let directory = match &common.home {
            Some(directory) => directory.clone(),
            None => default_directory()?,
        };
        let path = directory.join("config.toml");
        let config = match files::read_if_present(&path, 1 << 20)? {
            None => Config::default(),
            Some(bytes) => toml::from_str(&String::from_utf8_lossy(&bytes))
                .map_err(|e| Fault::usage("CONFIG_INVALID", format!("{}: {}", path.display(), e.message())))?,
        };
        Ok(Self { directory, config, trust_file: common.trust.clone(), nodes: common.node.clone() })
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the pinned trust root lies.
    pub(crate) fn pinned(&self) -> PathBuf {
        self.directory.join("trust.eco")
    }

    /// The file that the trust root is read from.
    pub(crate) fn trust_path(&self) -> PathBuf {
        self.trust_file.clone().unwrap_or_else(|| self.pinned())
    }

    /// The trust root, if there is one. A file named by an argument must be there.
    pub(crate) fn trust(&self) -> Result<Option<TrustRoot>> {
        let path = self.trust_path();
        if self.trust_file.is_none() && !path.exists() {
            return Ok(None);
        }
        read_trust(&path).map(Some)
    }

    /// The trust root, for commands that cannot do without.
    pub(crate) fn trust_required(&self) -> Result<TrustRoot> {
        self.trust()?.ok_or_else(|| {
            Fault::unverifiable("TRUST_ROOT_MISSING", format!("no trust root at {}", self.pinned().display()))
                .hint("get the network's genesis or trust root from someone you trust, then: eco trust pin FILE")
                .into()
        })
    }

    /// Pins a trust root.
    pub(crate) fn pin(&self, trust: &TrustRoot) -> Result<()> {
        std::fs::create_dir_all(&self.directory).with_context(|| format!("{}", self.directory.display()))?;
        files::write(&self.pinned(), &wrap(FileKind::TrustRoot, trust))
    }

    /// Pins a trust root again whose head has advanced. One named by an argument is the caller's own and stays.
    pub(crate) fn keep_head(&self, advanced: &TrustRoot) -> Result<()> {
        if self.trust_file.is_some() {
            return Ok(());
        }
        match self.trust()? {
            Some(pinned) if pinned.network() == advanced.network() && pinned.head().height < advanced.head().height => self.pin(advanced),
            _ => Ok(()),
        }
    }

    /// Nodes to ask: arguments, else ECO_NODE, else the configuration.
    pub(crate) fn nodes(&self) -> Vec<String> {
        if !self.nodes.is_empty() {
            return self.nodes.clone();
        }
        let listed = std::env::var("ECO_NODE").unwrap_or_default();
        let from_env: Vec<String> = listed.split([',', ' ']).filter(|n| !n.is_empty()).map(str::to_string).collect();
        if from_env.is_empty() { self.config.nodes.clone() } else { from_env }
    }

    /// The gateway that codes point to: the argument, else the configuration, else a neutral address that forwards.
    pub(crate) fn gateway(&self, given: Option<&str>) -> Result<String> {
        let gateway = given.or(self.config.gateway.as_deref()).unwrap_or(eco_documents::pdf::GATEWAY);
        let gateway = gateway.strip_prefix("https://").unwrap_or(gateway).trim_end_matches('/');
        let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_' | b'/' | b':');
        if gateway.is_empty() || gateway.len() > GATEWAY_BYTES_MAX || !gateway.bytes().all(fits) || gateway.contains("//") {
            return Err(Fault::usage("GATEWAY_INVALID", format!("{gateway:?} is no host with a path, as in verify.example.org/eco")).into());
        }
        Ok(gateway.to_owned())
    }

    /// The organisation that acts: the argument, else the configuration.
    pub(crate) fn organisation(&self, given: Option<OrgId>) -> Result<OrgId> {
        match (given, &self.config.org) {
            (Some(org), _) => Ok(org),
            (None, Some(org)) => org.parse().map_err(|e| Fault::usage("CONFIG_INVALID", format!("org in config.toml: {e}")).into()),
            (None, None) => Err(Fault::usage("ORGANISATION_MISSING", "no organisation given")
                .hint(format!("--org SLUG, or org = \"slug\" in {}", self.directory.join("config.toml").display()))
                .into()),
        }
    }
}

fn default_directory() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("ECO_HOME")
        .or_else(|| set("XDG_CONFIG_HOME").map(|d| d.join("eco")))
        .or_else(|| set("HOME").map(|d| d.join(".config/eco")))
        .ok_or_else(|| Fault::usage("HOME_MISSING", "none of ECO_HOME, XDG_CONFIG_HOME and HOME is set").into())
}

/// Reads a trust root, or the one that a genesis implies.
pub(crate) fn read_trust(path: &Path) -> Result<TrustRoot> {
    let bytes = files::read(path, files::ECO_BYTES_MAX)?;
    let shown = path.display();
    let defect = |e: &dyn std::fmt::Display| Fault::unverifiable("TRUST_ROOT_INVALID", format!("{shown}: {e}"));
    match kind_of(&bytes).map_err(|e| defect(&e))? {
        FileKind::Genesis => {
            let genesis: Genesis = unwrap(FileKind::Genesis, &bytes).map_err(|e| defect(&e))?;
            Ok(TrustRoot::of_genesis(&genesis))
        }
        _ => unwrap(FileKind::TrustRoot, &bytes).map_err(|e| defect(&e).into()),
    }
}
