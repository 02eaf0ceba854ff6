//! A node that ends itself by SIGKILL at the durable write it was told, and records what it signs: for tests alone.
//!
//! Otherwise it is `eco-node run`: the same composition, configuration and directory.

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use eco_ledger::fault::{Arming, Moment};
use eco_ledger::{Planted, WritePoint};
use eco_node::config::NodeConfig;
use eco_node::{Node, StopCause};
use rustix::process::{Signal, getpid, kill_process};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Parser)]
struct Cli {
    /// `run`, as `eco-node` takes it.
    command: String,
    /// The configuration.
    #[arg(long)]
    config: PathBuf,
    /// File that every vote is appended to when it is signed: height, round, number of the step, hash.
    #[arg(long)]
    signed: PathBuf,
    /// Where to end.
    #[arg(long, value_name = "WRITE:before|after:COUNT")]
    end_at: Option<EndAt>,
    /// A mistake to make, which the test must notice.
    #[arg(long)]
    plant: Option<Plant>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Plant {
    /// Votes are signed before the signer state says so.
    VoteBeforeState,
    /// Blocks are acknowledged before they are on the disk.
    UnsyncedCommit,
}

/// One side of a durable write, the n-th time that it is passed.
#[derive(Debug, Clone)]
struct EndAt {
    write: String,
    moment: Moment,
    count: u32,
}

impl FromStr for EndAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text}: expected WRITE:before|after:COUNT");
        let mut parts = text.split(':');
        let (Some(write), Some(moment), Some(count), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let moment = match moment {
            "before" => Moment::Before,
            "after" => Moment::After,
            _ => return Err(wrong()),
        };
        Ok(Self { write: write.to_owned(), moment, count: count.parse().map_err(|_| wrong())? })
    }
}

/// Ends this process as a power failure would: nothing runs after this.
fn die() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    anyhow::ensure!(cli.command == "run", "{}: expected run", cli.command);
    let signed = OpenOptions::new().create(true).append(true).open(&cli.signed).context("the file of signatures")?;
    let signed = Mutex::new(signed);
    eco_consensus::fault::on_signature(move |(position, hash)| {
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let line = format!("{} {} {} {hash}\n", position.height, position.round, position.step as u8);
        // A vote that cannot be recorded must not leave.
        if signed.lock().map_err(drop).and_then(|mut file| file.write_all(line.as_bytes()).map_err(drop)).is_err() {
            die();
        }
    });
    let (end_at, passed) = (cli.end_at, AtomicU32::new(0));
    let passing = move |write: &str, moment| {
        let Some(end) = end_at.as_ref().filter(|end| end.write == write && end.moment == moment) else { return };
        if passed.fetch_add(1, Ordering::SeqCst) + 1 == end.count {
            die();
        }
    };
    let planted = cli.plant.map(|plant| match plant {
        Plant::VoteBeforeState => Planted::VoteBeforeState,
        Plant::UnsyncedCommit => Planted::NotLogged(WritePoint::Commit),
    });
    eco_ledger::fault::arm(Arming { passing: Box::new(passing), planted });
    let config = NodeConfig::load(&cli.config)?;
    tokio::runtime::Runtime::new().context("cannot start the runtime")?.block_on(serve(config))
}

async fn serve(config: NodeConfig) -> Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let node = Node::start(config).await?;
    println!("{}", node.ready().to_json());
    let code = tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        cause = node.ended() => {
            let (StopCause::Failed(why) | StopCause::Stuck(why)) = cause;
            eprintln!("the node ends: {why}");
            ExitCode::FAILURE
        }
    };
    node.shutdown().await;
    Ok(code)
}
