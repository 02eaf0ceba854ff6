//! `eco-testnet`: a test network of real nodes on this machine, and the demo.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use eco_core::name::Timestamp;
use eco_testnet::{Network, Size, demo, sandbox};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};

/// Networks of real `eco-node` processes on this machine, everything from which is a SPECIMEN.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a network and keep it running until Ctrl-C.
    Start {
        /// Nodes that vote; one more follows.
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=7))]
        validators: u8,
        /// Directory for keys, ledgers and logs; must be empty or absent. Default: a new temporary one, removed at the end.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Start a network with the papers of a sample shipment, a test verification body and sample schemes, and keep it running
    /// until Ctrl-C.
    Sandbox {
        /// Directory for keys, ledgers, papers and logs; must be empty or absent. Default: a new temporary one, removed at the end.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Show a certificate's life from PDF to verdict; ends with another exit code than 0 if anything is not as it must be.
    Demo {
        /// Keep the directory with all files and logs.
        #[arg(long)]
        keep: bool,
        /// Directory to use. Default: a new temporary one.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match tokio::runtime::Runtime::new().context("cannot start").and_then(|runtime| runtime.block_on(run(cli.command))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Start { validators, dir } => {
            let directory = Directory::new(dir, "start")?;
            start(directory.path(), usize::from(validators), false).await
        }
        Command::Sandbox { dir } => start(Directory::new(dir, "sandbox")?.path(), Size::default().validators, true).await,
        Command::Demo { keep, dir } => {
            let mut directory = Directory::new(dir, "demo")?;
            directory.keep |= keep;
            let told = tokio::select! {
                told = demo::run(directory.path(), now()) => told.map_err(Into::into),
                ended = interrupted() => ended.and_then(|()| Err(anyhow::anyhow!("interrupted"))),
            };
            if told.is_err() {
                directory.keep = true;
                eprintln!("everything is kept in {}", directory.path().display());
            } else if directory.keep {
                println!("\nkept in {}", directory.path().display());
            }
            told
        }
    }
}

async fn start(directory: &Path, validators: usize, with_papers: bool) -> Result<()> {
    let mut network = tokio::select! {
        started = Network::start(directory, Size { validators }, now()) => started?,
        // What was started so far ends with the half-made network.
        ended = interrupted() => return ended,
    };
    let home = network.directory().join("home");
    println!("network {} ({} validators) in {}", network.genesis().network_id(), validators, network.directory().display());
    for node in network.nodes() {
        println!("  {:<13} {}  http {}  {}", node.member().slug, node.address(), node.ports().http, node.member().name);
    }
    let first = network.nodes().first().map(eco_testnet::Node::address).unwrap_or_default();
    println!("\nto use it:\n  export ECO_HOME={} ECO_NODE={first}", home.display());
    println!("  export ECO_PASSPHRASE_FILE={}", network.directory().join("passphrase").display());
    println!("  cd {}    # keys are in keys/; Ctrl-C ends the network", network.directory().display());
    if with_papers {
        let guide = tokio::select! {
            guide = sandbox::fill(&network, now()) => guide?,
            ended = interrupted() => return ended,
        };
        println!("\n{guide}");
    }
    interrupted().await?;
    network.stop_all().await?;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM: nodes must not outlive whoever started them.
async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.context("Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}

#[expect(clippy::disallowed_methods, reason = "a composition root: the genesis states when the network starts")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A directory given by the user, or a temporary one that is removed at the end.
struct Directory {
    path: PathBuf,
    keep: bool,
}

impl Directory {
    fn new(given: Option<PathBuf>, purpose: &str) -> Result<Self> {
        let keep = given.is_some();
        let path = given.unwrap_or_else(|| std::env::temp_dir().join(format!("eco-testnet-{purpose}-{}", std::process::id())));
        let is_empty = !path.exists() || std::fs::read_dir(&path).with_context(|| path.display().to_string())?.next().is_none();
        anyhow::ensure!(is_empty, "{} is not empty; a network starts in a new directory", path.display());
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path, keep })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !self.keep {
            // Left behind if it cannot be removed: a temporary directory.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
