//! A network of real nodes in one directory: start, stop, kill, restart, and wait for what they do.

use crate::error::{TestnetError, file};
use crate::genesis::{self, Equipped, Member, Seat, VALIDATORS_MAX, members};
use crate::node_files::{self, Ports};
use crate::process::NodeProcess;
use crate::tool::{Eco, Ran, run_eco_node};
use eco_client::Client;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::Genesis;
use eco_core::name::{Height, Timestamp};
use eco_core::trust::TrustRoot;
use std::collections::BTreeMap;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long a network may take until its first block is sealed.
pub const FIRST_BLOCK_LIMIT: Duration = Duration::from_secs(60);
/// How often something is looked at while it is awaited.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How large a network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Nodes that vote, 1 to [`VALIDATORS_MAX`].
    pub validators: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { validators: 4 }
    }
}

/// A member's node: running or not.
#[derive(Debug)]
pub struct Node {
    member: Member,
    directory: PathBuf,
    ports: Ports,
    process: Option<NodeProcess>,
}

impl Node {
    /// Whose it is.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.member
    }
    /// Where it answers, as `eco --node` takes it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.grpc)
    }
    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        node_files::config_path(&self.directory)
    }
    /// Its ports.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        &self.ports
    }
    /// Whether its process was started and not stopped.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.process.is_some()
    }
}

/// A network of real nodes. All processes end when this is dropped.
#[derive(Debug)]
pub struct Network {
    directory: PathBuf,
    genesis: Genesis,
    nodes: Vec<Node>,
    eco: Eco,
}

impl Network {
    /// Makes keys, genesis and configurations in a directory, starts all nodes and waits until they agree on a block.
    ///
    /// # Errors
    /// A binary is missing, a file cannot be written, or a node does not come up.
    pub async fn start(directory: &Path, size: Size, now: Timestamp) -> Result<Self, TestnetError> {
        let mut network = Self::prepare(directory, size, now).await?;
        network.start_all().await?;
        Ok(network)
    }

    /// Makes keys, genesis and configurations; starts nothing.
    ///
    /// # Errors
    /// A binary is missing, or a file cannot be written.
    pub async fn prepare(directory: &Path, size: Size, now: Timestamp) -> Result<Self, TestnetError> {
        if size.validators == 0 || size.validators > VALIDATORS_MAX {
            return Err(TestnetError::Genesis(format!("{} validators, expected 1 to {VALIDATORS_MAX}", size.validators)));
        }
        std::fs::create_dir_all(directory).map_err(file(directory))?;
        let directory = std::fs::canonicalize(directory).map_err(file(directory))?;
        let passphrase = directory.join("passphrase");
        write_secret(&passphrase, b"the passphrase of a test network is no secret\n")?;
        let eco = Eco::new(&directory, &passphrase)?;
        let mut equipped = Vec::new();
        for member in members(size.validators) {
            let home = node_directory(&directory, &member);
            let node = if member.seat == Seat::Guest { None } else { Some(node_files::keys(&home, &member)?) };
            equipped.push(genesis::equip(&eco, &directory, member, node).await?);
        }
        let schemes = genesis::sample_schemes(&eco, &directory).await?;
        let genesis = genesis::genesis("eco.test/demo", &equipped, schemes, now)?;
        genesis::write(&directory.join("genesis.eco"), &genesis)?;
        let home = directory.join("home");
        std::fs::create_dir_all(&home).map_err(file(&home))?;
        let trust = home.join("trust.eco");
        std::fs::write(&trust, wrap(FileKind::TrustRoot, &TrustRoot::of_genesis(&genesis))).map_err(file(&trust))?;
        let nodes = place(&directory, &equipped)?;
        Ok(Self { directory, genesis, nodes, eco })
    }

    /// Where everything lies.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
    /// What the network starts from.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    /// Its nodes, validators first.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// The `eco` command in the network's directory, with its trust root pinned.
    #[must_use]
    pub const fn eco(&self) -> &Eco {
        &self.eco
    }

    /// Runs a short command of `eco-node` in the network's directory, such as `fsck` on a stopped node.
    ///
    /// # Errors
    /// It could not be started. An exit code is no error here.
    pub async fn node_command(&self, arguments: &[&str]) -> Result<Ran, TestnetError> {
        run_eco_node(arguments, &self.directory).await
    }

    /// The node of a member.
    ///
    /// # Errors
    /// There is none.
    pub fn node(&self, organisation: &str) -> Result<&Node, TestnetError> {
        self.nodes.iter().find(|n| n.member.slug == organisation).ok_or_else(|| no_node(organisation))
    }

    fn node_mut(&mut self, organisation: &str) -> Result<&mut Node, TestnetError> {
        self.nodes.iter_mut().find(|n| n.member.slug == organisation).ok_or_else(|| no_node(organisation))
    }

    /// A client of one node that has seen no head yet.
    ///
    /// # Errors
    /// There is no such node.
    pub fn client(&self, organisation: &str) -> Result<Client, TestnetError> {
        Ok(Client::connect([self.node(organisation)?.address()], TrustRoot::of_genesis(&self.genesis))?)
    }

    /// Starts every node that is not running, and waits until each shows a sealed head.
    ///
    /// # Errors
    /// A node does not come up.
    pub async fn start_all(&mut self) -> Result<(), TestnetError> {
        let mut started = Vec::new();
        for node in self.nodes.iter_mut().filter(|n| n.process.is_none()) {
            node.process = Some(launch(node)?);
            started.push(node.member.slug);
        }
        for organisation in &started {
            ready(self.node_mut(organisation)?).await?;
        }
        for organisation in started {
            self.wait_for_height(organisation, Height(1), FIRST_BLOCK_LIMIT).await?;
        }
        Ok(())
    }

    /// Starts one node again and waits until it says that it is ready.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn restart(&mut self, organisation: &str) -> Result<(), TestnetError> {
        let node = self.node_mut(organisation)?;
        if node.process.is_none() {
            node.process = Some(launch(node)?);
        }
        ready(node).await
    }

    /// Starts one node as another program, with arguments after those of `eco-node run`; does not wait until it is ready.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_as(&mut self, organisation: &str, program: &Path, arguments: &[&str]) -> Result<(), TestnetError> {
        let node = self.node_mut(organisation)?;
        let log = node.directory.join("node.log");
        let config = node_files::config_path(&node.directory);
        node.process = Some(NodeProcess::start_as(program, arguments, node.member.slug, &config, &log)?);
        Ok(())
    }

    /// How a node's process ended by itself, if it has; it may then be started again.
    ///
    /// # Errors
    /// There is no such node, or the system does not tell.
    pub fn take_end(&mut self, organisation: &str) -> Result<Option<ExitStatus>, TestnetError> {
        let node = self.node_mut(organisation)?;
        let Some(process) = &mut node.process else { return Ok(None) };
        let end = process.end()?;
        if end.is_some() {
            node.process = None;
        }
        Ok(end)
    }

    /// Asks one node to end (SIGTERM), and waits for that.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self, organisation: &str) -> Result<(), TestnetError> {
        match self.node_mut(organisation)?.process.take() {
            Some(process) => process.stop().await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Asks all nodes to end, and waits for that.
    ///
    /// # Errors
    /// One does not end.
    pub async fn stop_all(&mut self) -> Result<(), TestnetError> {
        let running: Vec<NodeProcess> = self.nodes.iter_mut().filter_map(|n| n.process.take()).collect();
        let ends: Vec<_> = running.into_iter().map(|process| tokio::spawn(process.stop())).collect();
        for end in ends {
            end.await.map_err(|e| TestnetError::Process { what: "stopping a node".into(), source: e.into() })??;
        }
        Ok(())
    }

    /// Kills one node (SIGKILL), as a power failure would.
    ///
    /// # Errors
    /// It does not end.
    pub async fn kill(&mut self, organisation: &str) -> Result<(), TestnetError> {
        match self.node_mut(organisation)?.process.take() {
            Some(process) => process.kill().await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// The height of the head that a node shows, checked.
    ///
    /// # Errors
    /// It shows none.
    pub async fn height(&self, organisation: &str) -> Result<Height, TestnetError> {
        Ok(self.client(organisation)?.advance().await?.header.height)
    }

    /// Waits until a node shows a sealed head of at least this height.
    ///
    /// # Errors
    /// It does not, in time; or its process ended.
    pub async fn wait_for_height(&mut self, organisation: &str, height: Height, limit: Duration) -> Result<Height, TestnetError> {
        let client = self.client(organisation)?;
        let begin = Instant::now();
        let mut pace = tokio::time::interval(POLL_INTERVAL);
        loop {
            pace.tick().await;
            let last = match client.advance().await {
                Ok(head) if head.header.height >= height => return Ok(head.header.height),
                Ok(head) => format!("height {}", head.header.height),
                Err(error) => error.to_string(),
            };
            if let Some(process) = &mut self.node_mut(organisation)?.process {
                process.check_alive().await?;
            }
            if begin.elapsed() > limit {
                return Err(TestnetError::TooLate { what: format!("height {height} at {organisation}"), limit, last });
            }
        }
    }
}

fn no_node(organisation: &str) -> TestnetError {
    TestnetError::NoSuchNode { organisation: organisation.to_string() }
}

fn node_directory(directory: &Path, member: &Member) -> PathBuf {
    directory.join("nodes").join(member.slug)
}

fn launch(node: &Node) -> Result<NodeProcess, TestnetError> {
    NodeProcess::start(node.member.slug, &node_files::config_path(&node.directory), &node.directory.join("node.log"))
}

async fn ready(node: &mut Node) -> Result<(), TestnetError> {
    match &mut node.process {
        Some(process) => process.ready().await.map(|_| ()),
        None => Err(no_node(node.member.slug)),
    }
}

/// Picks ports, writes every node's configuration, and gives the nodes.
fn place(directory: &Path, equipped: &[Equipped]) -> Result<Vec<Node>, TestnetError> {
    let with_node: Vec<&Equipped> = equipped.iter().filter(|e| e.node.is_some()).collect();
    let ports: BTreeMap<&str, Ports> = with_node.iter().map(|e| e.member.slug).zip(Ports::free(with_node.len())?).collect();
    let mut nodes = Vec::new();
    for own in with_node {
        let home = node_directory(directory, &own.member);
        node_files::configure(&home, &directory.join("genesis.eco"), own, equipped, &ports)?;
        let ports = *ports.get(own.member.slug).ok_or_else(|| no_node(own.member.slug))?;
        nodes.push(Node { member: own.member, directory: home, ports, process: None });
    }
    Ok(nodes)
}

fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), TestnetError> {
    use std::io::Write;
    let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    opened.and_then(|mut f| f.write_all(bytes)).map_err(file(path))
}
