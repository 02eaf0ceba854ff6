//! The demo: a certificate's life on a network of real processes, driven with the commands a user types.
//!
//! Every step states what it expects; the first that gives anything else ends the demo with its output.

mod carbon;
mod screen;
mod story;

use crate::error::TestnetError;
use crate::genesis::Seat;
use crate::network::{Network, Size};
use crate::tool::Ran;
use eco_core::name::Timestamp;
use screen::Screen;
use std::path::Path;
use std::time::{Duration, Instant};

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The network failed.
    #[error(transparent)]
    Network(#[from] TestnetError),
    /// A command answered something else than the step expects.
    #[error(
        "step {step} ({label}): {command}\nended with exit code {exit:?}, expected {expected}; looked for {looked_for:?} in its output"
    )]
    Unexpected {
        /// Number of the step.
        step: usize,
        /// What it shows.
        label: &'static str,
        /// The command line.
        command: String,
        /// Its exit code.
        exit: Option<i32>,
        /// The exit code expected.
        expected: i32,
        /// Words expected in its output.
        looked_for: Vec<String>,
    },
    /// A file of the demo.
    #[error("{what}: {source}")]
    File {
        /// Which.
        what: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The sample certificate has not the text that the demo alters.
    #[error("the signed certificate has no text to alter")]
    NothingToAlter,
}

/// What a command must answer.
#[derive(Debug, Clone, Copy)]
struct Expect<'a> {
    exit: i32,
    words: &'a [&'a str],
}

/// One row of the summary.
#[derive(Debug, Clone)]
struct Row {
    step: usize,
    label: &'static str,
    outcome: String,
    took: Duration,
}

/// A demo under way.
struct Demo {
    network: Network,
    screen: Screen,
    rows: Vec<Row>,
    label: &'static str,
    step: usize,
    begun: Instant,
}

/// Runs the demo in a directory.
///
/// # Errors
/// The first step that does not give what it must.
pub async fn run(directory: &Path, now: Timestamp) -> Result<(), DemoError> {
    let screen = Screen::new();
    let begun = Instant::now();
    screen.headline("Eco Notary: a certificate of origin from PDF to verdict, on a network of real processes");
    screen.say(&format!("everything happens in {}", directory.display()));
    screen.step(1, "Bring up four validators (two issuing bodies, two customs) and an exporter's node that does not vote");
    let network = Network::start(directory, Size::default(), now).await?;
    for node in network.nodes() {
        let member = node.member();
        let role = if member.seat == Seat::Validator { "validator" } else { "follows" };
        screen.say(&format!("{:<13} {} {:<10} {}  {}", member.slug, member.country, role, node.address(), member.name));
    }
    screen.outcome(true, "five nodes agree on the first block", begun.elapsed());
    let rows = vec![Row { step: 1, label: "network up", outcome: "5 nodes, first block sealed".into(), took: begun.elapsed() }];
    let mut demo = Demo { network, screen, rows, label: "network up", step: 1, begun };
    let told = tell(&mut demo, now).await;
    demo.network.stop_all().await?;
    told?;
    demo.summary();
    Ok(())
}

async fn tell(demo: &mut Demo, now: Timestamp) -> Result<(), DemoError> {
    story::tell(demo).await?;
    carbon::tell(demo, now).await?;
    story::audit(demo).await
}

impl Demo {
    /// Begins a step.
    fn begin(&mut self, label: &'static str, title: &str) {
        self.step = self.step.saturating_add(1);
        self.label = label;
        self.screen.step(self.step, title);
    }

    /// Runs `eco`, shows what it prints, and compares it with what is expected.
    async fn eco(&self, arguments: &[&str], expect: Expect<'_>) -> Result<(Ran, Duration), DemoError> {
        let start = Instant::now();
        let ran = self.network.eco().run(arguments).await?;
        self.judge(ran, start.elapsed(), expect)
    }

    /// Shows what a command printed, and compares it with what is expected.
    fn judge(&self, ran: Ran, took: Duration, expect: Expect<'_>) -> Result<(Ran, Duration), DemoError> {
        self.screen.command(&ran);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        let fits = ran.exit == Some(expect.exit) && expect.words.iter().all(|w| all.contains(w));
        self.screen.outcome(fits, &format!("exit code {}", ran.exit.map_or_else(|| "none".to_string(), |c| c.to_string())), took);
        if fits {
            return Ok((ran, took));
        }
        Err(DemoError::Unexpected {
            step: self.step,
            label: self.label,
            command: ran.command,
            exit: ran.exit,
            expected: expect.exit,
            looked_for: expect.words.iter().map(ToString::to_string).collect(),
        })
    }

    /// Closes a step with a line for the summary.
    fn done(&mut self, outcome: &str, took: Duration) {
        self.rows.push(Row { step: self.step, label: self.label, outcome: outcome.to_string(), took });
    }

    fn summary(&self) {
        self.screen.headline("Summary");
        for Row { step, label, outcome, took } in &self.rows {
            self.screen.row(&format!("{step:>2}  {label:<22} {outcome:<44} {:>7.2} s", took.as_secs_f64()));
        }
        self.screen.outcome(true, "every step gave what it must", self.begun.elapsed());
    }
}
