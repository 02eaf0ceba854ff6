//! The `eco` command: sign, anchor, verify.
//!
//! Arguments, commands and their answers are in modules of their own; whether a document is to be believed
//! is decided in `eco_core::verdict` and nowhere here.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod anchoring;
mod anchors;
mod args;
mod attached;
mod authorities;
mod checking;
mod commands;
mod consignment;
mod dates;
mod document;
mod evidence;
mod fault;
mod files;
mod fonts;
mod home;
mod judging;
mod limited;
mod listing;
mod named;
mod nodes;
mod package;
mod prepared;
mod proving;
mod report;
mod seals;
mod secrets;
mod sheet;
mod show;
mod signing;
mod stapling;
mod stating;
mod token;
mod workers;

#[cfg(test)]
#[path = "../../proto/core/tests/kit/mod.rs"]
mod kit;

use args::Cli;
use clap::Parser;
use report::{Exit, Report};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(exit) = limited::run_if_child() {
        return exit;
    }
    let cli = Cli::parse();
    let answer = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(commands::run(&cli)),
        Err(error) => Err(anyhow::Error::new(error).context("cannot start")),
    };
    let report = answer.unwrap_or_else(|error| Report::of_error(&error));
    let exit: Exit = report.print(cli.command.name(), cli.common.json);
    ExitCode::from(exit.code())
}
