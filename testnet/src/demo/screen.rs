//! What the demo prints: readable as a text, coloured on a terminal only.

use crate::tool::Ran;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Lines of one command's output that are shown.
const LINES_MAX: usize = 40;

/// Standard output, with or without colours.
pub(super) struct Screen {
    colours: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Self { colours: !plain && std::io::stdout().is_terminal() }
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }

    fn print(&self, line: &str) {
        // Whoever closed the pipe reads no further; the exit code still tells.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    pub(super) fn headline(&self, text: &str) {
        self.print(&format!("\n{}", self.paint(text, "1")));
    }

    pub(super) fn step(&self, number: usize, title: &str) {
        self.print(&format!("\n{}", self.paint(&format!("{number}. {title}"), "36;1")));
    }

    pub(super) fn say(&self, text: &str) {
        self.print(&format!("   {text}"));
    }

    pub(super) fn row(&self, text: &str) {
        self.print(&format!(" {text}"));
    }

    pub(super) fn command(&self, ran: &Ran) {
        self.print(&format!("   {}", self.paint(&format!("$ {}", ran.command), "1")));
        // As on a terminal, where results and explanations meet: few results are the headline.
        let (results, explanations): (Vec<&str>, Vec<&str>) = (ran.stdout.lines().collect(), ran.stderr.lines().collect());
        let last_part = explanations.iter().rposition(|line| line.starts_with("--  ")).unwrap_or(0);
        if results.len() + explanations.len() > LINES_MAX && last_part > 0 {
            let (each, whole) = explanations.split_at(last_part);
            results.iter().for_each(|line| self.print(&format!("     {line}")));
            self.print(&format!("     .. {} lines about each document by itself", each.len()));
            return whole.iter().for_each(|line| self.print(&format!("     {line}")));
        }
        let (first, then) = if results.len() <= 1 { (results, explanations) } else { (explanations, results) };
        let lines: Vec<&str> = first.into_iter().chain(then).collect();
        lines.iter().take(LINES_MAX).for_each(|line| self.print(&format!("     {line}")));
        if lines.len() > LINES_MAX {
            self.print(&format!("     .. {} more lines", lines.len().saturating_sub(LINES_MAX)));
        }
    }

    pub(super) fn outcome(&self, fits: bool, text: &str, took: Duration) {
        let (mark, code) = if fits { ("ok", "32;1") } else { ("NOT AS EXPECTED", "31;1") };
        self.print(&format!("   {} {text}, {:.2} s", self.paint(mark, code), took.as_secs_f64()));
    }
}
