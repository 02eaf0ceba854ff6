//! The `eco-node` command: arguments, exit codes, signals. The work is in the library.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use eco_node::config::{LogFormat, NodeConfig};
use eco_node::init::{Init, MissingKeys, Role, generate_keys, init};
use eco_node::keys::{PublicKeys, public_keys};
use eco_node::{Node, StopCause, open_ledger};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A node of an Eco Notary network.
#[derive(Debug, Parser)]
#[command(name = "eco-node", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a node's directory: keys, genesis, and a commented configuration.
    Init(InitArgs),
    /// Run the node. Prints one JSON line on standard output once it serves.
    Run {
        /// The configuration, as `eco-node init` writes it.
        #[arg(long)]
        config: PathBuf,
    },
    /// Re-derive everything on the disk from the log, as an auditor would. The node must not be running.
    Fsck {
        /// The configuration.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the public keys of a node's directory, for the genesis and for its peers.
    Key {
        /// The node's directory.
        #[arg(long)]
        dir: PathBuf,
        /// Make keys that are missing first. Existing ones are never changed.
        #[arg(long)]
        generate: bool,
        /// The node will not vote: it needs no consensus key.
        #[arg(long)]
        follow: bool,
    },
}

#[derive(Debug, Args)]
struct InitArgs {
    /// The node's directory; created with mode 0700.
    #[arg(long)]
    dir: PathBuf,
    /// The genesis file (`.eco`) of the network, from someone you trust.
    #[arg(long)]
    genesis: PathBuf,
    /// The node's name in logs.
    #[arg(long, default_value = "eco-node")]
    moniker: String,
    /// Make keys that are missing.
    #[arg(long)]
    generate_keys: bool,
    /// The node does not vote: it follows, and hands entries to nodes that do.
    #[arg(long)]
    follow: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("eco-node: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Init(args) => set_up(args),
        Command::Key { dir, generate, follow } => {
            let keys = if generate { generate_keys(&dir, role(follow))? } else { public_keys(&dir)? };
            println!("{}", keys_json(&keys));
            Ok(ExitCode::SUCCESS)
        }
        Command::Fsck { config } => check(&config),
        Command::Run { config } => {
            let config = NodeConfig::load(&config)?;
            start_log(&config)?;
            abort_on_panic();
            tokio::runtime::Runtime::new().context("cannot start the runtime")?.block_on(serve(config))
        }
    }
}

const fn role(follow: bool) -> Role {
    if follow { Role::Follower } else { Role::Validator }
}

fn keys_json(keys: &PublicKeys) -> String {
    let consensus = keys.consensus.map(|key| key.to_string());
    serde_json::json!({ "schema_version": 1, "p2p_key": keys.p2p.to_string(), "consensus_key": consensus }).to_string()
}

fn set_up(args: InitArgs) -> anyhow::Result<ExitCode> {
    let keys = if args.generate_keys { MissingKeys::Generate } else { MissingKeys::Refuse };
    let request = Init { dir: args.dir, genesis: args.genesis, moniker: args.moniker, keys, role: role(args.follow) };
    let (genesis, keys) = init(&request)?;
    println!("{}", keys_json(&keys));
    eprintln!("network {} ({}), {}", genesis.name, genesis.purpose.name(), genesis.network_id());
    eprintln!("next: list the peers in {}, then run", request.dir.join(eco_node::init::CONFIG_FILE).display());
    eprintln!("  eco-node run --config {}", request.dir.join(eco_node::init::CONFIG_FILE).display());
    Ok(ExitCode::SUCCESS)
}

fn check(config: &Path) -> anyhow::Result<ExitCode> {
    let config = NodeConfig::load(config)?;
    let ledger = open_ledger(&config)?;
    let found = ledger.fsck(|progress| {
        if progress.height.0.is_multiple_of(1000) {
            eprintln!("{:?}: block {} of {}", progress.stage, progress.height, progress.heights);
        }
    })?;
    let root = found.header.as_ref().map(|header| header.log_root.to_string());
    let state = found.header.as_ref().map(|header| header.state_root.to_string());
    println!(
        "{}",
        serde_json::json!({ "schema_version": 1, "blocks": found.blocks, "entries": found.entries, "log_root": root, "state_root": state })
    );
    Ok(ExitCode::SUCCESS)
}

fn start_log(config: &NodeConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log.filter).context("log.filter")?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match config.log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}

/// A panic anywhere ends the process: half a node must not go on voting.
fn abort_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        std::process::abort();
    }));
}

async fn serve(config: NodeConfig) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let node = Node::start(config).await?;
    println!("{}", node.ready().to_json());
    let code = tokio::select! {
        _ = interrupt.recv() => ExitCode::SUCCESS,
        _ = terminate.recv() => ExitCode::SUCCESS,
        cause = node.ended() => {
            let (StopCause::Failed(why) | StopCause::Stuck(why)) = cause;
            tracing::error!(why, "the node ends; its supervisor should start it again");
            ExitCode::FAILURE
        }
    };
    tracing::info!("stopping");
    tokio::select! {
        () = node.shutdown() => {}
        // Who asks twice does not want to wait.
        _ = interrupt.recv() => tracing::warn!("cut off"),
        _ = terminate.recv() => tracing::warn!("cut off"),
    }
    Ok(code)
}
