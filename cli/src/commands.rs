//! The commands: each turns its arguments into one [`Report`].

mod anchor;
mod attest;
mod certificate;
mod change;
mod doctor;
pub(crate) mod entry;
mod extend;
mod key;
mod package;
mod passport;
mod present;
mod receipt;
mod recognise;
mod scheme;
mod sign;
mod staple;
mod status;
mod trust;
mod verify;
mod watch;

use crate::args::{Cli, Command};
use crate::home::Home;
use crate::report::Report;
use anyhow::Result;
use clap::CommandFactory;
use eco_core::document::DocumentStatus;

impl Command {
    /// The name in JSON output.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Certificate(_) => "certificate",
            Self::Package(_) => "package",
            Self::Passport(_) => "passport",
            Self::Sign(_) => "sign",
            Self::Extend(_) => "extend",
            Self::Anchor(_) => "anchor",
            Self::Staple(_) => "staple",
            Self::Entry(_) => "entry",
            Self::Verify(_) => "verify",
            Self::Receipt(_) => "receipt",
            Self::Status(_) => "status",
            Self::Revoke(_) => "revoke",
            Self::Suspend(_) => "suspend",
            Self::Reactivate(_) => "reactivate",
            Self::Attest(_) => "attest",
            Self::Recognise(_) => "recognise",
            Self::Present(_) => "present",
            Self::Scheme(_) => "scheme",
            Self::Trust(_) => "trust",
            Self::Watch(_) => "watch",
            Self::Doctor => "doctor",
            Self::Completions { .. } => "completions",
        }
    }
}

/// Runs one command.
pub(crate) async fn run(cli: &Cli) -> Result<Report> {
    let home = Home::open(&cli.common)?;
    match &cli.command {
        Command::Key(command) => key::run(command, &home),
        Command::Certificate(command) => certificate::run(command, &home, cli.common.json).await,
        Command::Sign(args) => sign::run(args, &home, cli.common.json).await,
        Command::Extend(args) => extend::run(args, &home),
        Command::Package(command) => package::run(command, &home).await,
        Command::Passport(command) => passport::run(command, &home, cli.common.json).await,
        Command::Anchor(args) => anchor::run(args, &home, cli.common.json).await,
        Command::Staple(args) => staple::run(args, &home),
        Command::Entry(command) => entry::run(command, &home).await,
        Command::Verify(args) => verify::run(args, &home, cli.common.json).await,
        Command::Receipt(command) => receipt::run(command, &home).await,
        Command::Status(args) => status::run(args, &home, cli.common.json).await,
        Command::Revoke(args) => change::run(args, DocumentStatus::Revoked, &home).await,
        Command::Suspend(args) => change::run(args, DocumentStatus::Suspended, &home).await,
        Command::Reactivate(args) => change::run(args, DocumentStatus::Active, &home).await,
        Command::Attest(args) => attest::run(args, &home).await,
        Command::Recognise(command) => recognise::run(command, &home, cli.common.json).await,
        Command::Present(args) => present::run(args, &home).await,
        Command::Scheme(command) => scheme::run(command),
        Command::Trust(command) => trust::run(command, &home).await,
        Command::Watch(args) => watch::run(args, &home, cli.common.json).await,
        Command::Doctor => doctor::run(&home).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "eco", &mut script);
            Ok(Report::new().field("script", String::from_utf8_lossy(&script).into_owned()).raw(script))
        }
    }
}
