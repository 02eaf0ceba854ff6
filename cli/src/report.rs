//! What a command answers: results for stdout, explanations for stderr, JSON, and an exit code.

use crate::fault::Fault;
use eco_core::verdict::{Class, Code, Judgement, Trust, Verdict};
use serde_json::{Map, Value, json};
use std::io::{IsTerminal, Write};

/// Version of every JSON object printed. It grows when a field changes its meaning or goes.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Exit codes, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Trusted, or done.
    Done = 0,
    /// Checked and untrustworthy, or refused.
    Untrustworthy = 1,
    /// Wrong arguments or files.
    Usage = 2,
    /// Not established: no trust root, unreadable, unreachable.
    Unverifiable = 3,
    /// Revoked.
    Revoked = 4,
    /// The status is older than the policy allows, and nothing else is missing.
    Stale = 5,
}

impl Exit {
    /// The exit code of a verdict.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        if verdict.has(Code::Revoked) {
            return Self::Revoked;
        }
        match verdict.trust {
            Trust::Trusted => Self::Done,
            Trust::Untrustworthy => Self::Untrustworthy,
            Trust::Unverifiable => {
                let mut missing = verdict.reasons.iter().filter(|r| r.code.class() == Class::NotEstablished).peekable();
                let only_stale = missing.peek().is_some() && missing.all(|r| r.code == Code::StatusStale);
                if only_stale { Self::Stale } else { Self::Unverifiable }
            }
        }
    }

    /// The exit code of a whole judgement.
    pub(crate) fn of_judgement(judgement: &Judgement) -> Self {
        let all = [Self::Done, Self::Untrustworthy, Self::Unverifiable, Self::Revoked, Self::Stale];
        all.into_iter().find(|exit| exit.code() == judgement.exit_code()).unwrap_or(Self::Unverifiable)
    }

    /// The worse of two answers: what nobody established is worse than old, what is wrong worse than that, revoked the worst.
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Done => 0u8,
            Self::Stale => 1,
            Self::Unverifiable => 2,
            Self::Usage => 3,
            Self::Untrustworthy => 4,
            Self::Revoked => 5,
        };
        if rank(other) > rank(self) { other } else { self }
    }

    /// As a process exit code.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
}

/// What a command answers.
#[derive(Debug, Default)]
pub(crate) struct Report {
    exit: Option<Exit>,
    results: Vec<String>,
    notes: Vec<String>,
    raw: Option<Vec<u8>>,
    json: Map<String, Value>,
}

impl Report {
    /// An empty answer: done.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A line of result, for stdout.
    pub(crate) fn result(mut self, line: impl Into<String>) -> Self {
        self.results.push(line.into());
        self
    }

    /// A line of explanation, for stderr.
    pub(crate) fn note(mut self, line: impl Into<String>) -> Self {
        self.notes.push(line.into());
        self
    }

    /// Several lines of explanation.
    pub(crate) fn notes(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(lines);
        self
    }

    /// The lines of explanation so far.
    pub(crate) fn notes_so_far(&self) -> &[String] {
        &self.notes
    }

    /// Without the lines of explanation: they were shown already.
    pub(crate) fn without_notes(mut self) -> Self {
        self.notes.clear();
        self
    }

    /// Bytes for stdout as they are, instead of lines.
    pub(crate) fn raw(mut self, bytes: Vec<u8>) -> Self {
        self.raw = Some(bytes);
        self
    }

    /// A field of the JSON object.
    pub(crate) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.json.insert(name.into(), value.into());
        self
    }

    /// Another exit code than 0.
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = Some(exit);
        self
    }

    /// The worse of this exit code and the answer's own.
    pub(crate) fn at_least(mut self, exit: Exit) -> Self {
        self.exit = Some(self.exit.unwrap_or(Exit::Done).worse(exit));
        self
    }

    /// The answer for an error.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        let fault = error.downcast_ref::<Fault>();
        let message = format!("{error:#}");
        let reason = fault.map_or("FAILED", |f| f.reason.as_str());
        let hint = fault.and_then(|f| f.hint.clone());
        let mut report = Self::new()
            .exit(fault.map_or(Exit::Unverifiable, |f| f.exit))
            .note(format!("{} {message} [{reason}]", paint("error:", Paint::Bad)))
            .field("error", json!({ "reason": reason, "message": message, "hint": hint }));
        if let Some(hint) = hint {
            report = report.note(format!("{} {hint}", paint("hint:", Paint::Dim)));
        }
        report
    }

    /// Prints the answer and gives the exit code.
    pub(crate) fn print(mut self, command: &str, as_json: bool) -> Exit {
        let exit = self.exit.unwrap_or(Exit::Done);
        let mut out = std::io::stdout().lock();
        // Nobody reads on a closed pipe: the exit code still tells.
        let _ = if as_json {
            self.json.insert("schema_version".into(), SCHEMA_VERSION.into());
            self.json.insert("command".into(), command.into());
            self.json.insert("exit_code".into(), exit.code().into());
            writeln!(out, "{:#}", Value::Object(self.json))
        } else {
            if !self.notes.is_empty() && self.results.len() <= 1 {
                // A single result is the headline of its explanation: it comes first.
                print_lines(&mut out, &self.results).and_then(|()| print_notes(&self.notes))
            } else {
                print_notes(&self.notes).and_then(|()| print_lines(&mut out, &self.results))
            }
            .and_then(|()| self.raw.map_or(Ok(()), |bytes| out.write_all(&bytes)))
        };
        exit
    }
}

fn print_lines(out: &mut impl Write, lines: &[String]) -> std::io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}

fn print_notes(lines: &[String]) -> std::io::Result<()> {
    let mut err = std::io::stderr().lock();
    lines.iter().try_for_each(|line| writeln!(err, "{line}"))
}

/// Colours with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Trusted, done.
    Good,
    /// Not established.
    Doubt,
    /// Untrustworthy, an error.
    Bad,
    /// Beside the point.
    Dim,
}

/// Colours a text if both outputs are terminals and NO_COLOR is not set.
pub(crate) fn paint(text: &str, paint: Paint) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    if plain || !std::io::stdout().is_terminal() || !std::io::stderr().is_terminal() {
        return text.to_string();
    }
    let code = match paint {
        Paint::Good => "32;1",
        Paint::Doubt => "33;1",
        Paint::Bad => "31;1",
        Paint::Dim => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_core::verdict::{Finding, Subject};

    fn verdict(trust: Trust, codes: &[Code]) -> Verdict {
        let reasons = codes.iter().map(|c| Finding::new(*c, Subject::Certificate, "")).collect();
        Verdict { trust, reasons, checks: Vec::new(), recorded: None, head: None, not_established: Vec::new() }
    }

    /// Scripts of customs act on the exit code alone: a row that moves silently changes what they let in.
    #[test]
    fn the_exit_code_table() {
        use Trust::{Trusted, Untrustworthy, Unverifiable};
        let table: &[(Trust, &[Code], Exit)] = &[
            (Trusted, &[], Exit::Done),
            (Trusted, &[Code::Specimen, Code::ReceiptDiscarded], Exit::Done),
            (Untrustworthy, &[Code::PdfModifiedAfterSigning], Exit::Untrustworthy),
            (Untrustworthy, &[Code::Suspended, Code::StatusStale], Exit::Untrustworthy),
            (Untrustworthy, &[Code::Revoked], Exit::Revoked),
            (Untrustworthy, &[Code::PdfSignatureInvalid, Code::Revoked, Code::StatusStale], Exit::Revoked),
            (Unverifiable, &[Code::StatusStale], Exit::Stale),
            (Unverifiable, &[Code::StatusStale, Code::Specimen], Exit::Stale),
            (Unverifiable, &[Code::StatusStale, Code::NodeUnreachable], Exit::Unverifiable),
            (Unverifiable, &[Code::TrustRootMissing], Exit::Unverifiable),
            (Unverifiable, &[], Exit::Unverifiable),
        ];
        for (trust, codes, exit) in table {
            assert_eq!(Exit::of(&verdict(*trust, codes)), *exit, "{trust:?} {codes:?}");
        }
    }

    /// An error that is nobody's answer must never read as "untrustworthy" or "trusted".
    #[test]
    fn an_unnamed_error_is_unverifiable() {
        assert_eq!(Report::of_error(&anyhow::anyhow!("disk")).exit, Some(Exit::Unverifiable));
        let usage = anyhow::Error::from(Fault::usage("NUMBER_MISSING", "no number")).context("while anchoring");
        assert_eq!(Report::of_error(&usage).exit, Some(Exit::Usage));
    }
}
