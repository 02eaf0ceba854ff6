//! What fuzzing feeds, and what must hold for every input: no panic, an answer in time, and nothing believed that nobody signed.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::mutate::{Random, mutated};
use eco_core::verdict::{Candidate, Class};
use eco_documents::pdf::raw::{Lexer, Pdf};
use eco_documents::pdf::{PdfReport, inspect_pdf};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Longest that one input may take. On a loaded machine the same input is tried again before it counts.
pub const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Entry points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Values from any bytes.
    Lexer,
    /// Cross-reference sections and revisions.
    Xref,
    /// A whole signed file.
    File,
    /// The CMS and its certificates inside a signed file: nothing else of the file changes.
    Cms,
}

impl Target {
    pub const ALL: [Self; 4] = [Self::Lexer, Self::Xref, Self::File, Self::Cms];

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| format!("{target:?}").eq_ignore_ascii_case(name))
    }
}

/// Seeds, and the candidates that they honestly have.
pub struct Corpus {
    files: Vec<Vec<u8>>,
    /// Signed ones, each with the `<...>` of one of its signatures.
    signed: Vec<(usize, [usize; 2])>,
    honest: BTreeSet<String>,
}

impl Corpus {
    pub fn new(files: Vec<Vec<u8>>) -> Self {
        let honest = files.iter().flat_map(|file| believed(&inspect_pdf(file))).collect();
        let gaps =
            |file: &Vec<u8>| inspect_pdf(file).signatures.into_iter().map(|signature| [signature.byte_range[1], signature.byte_range[2]]);
        let signed = files.iter().enumerate().flat_map(|(index, file)| gaps(file).map(move |gap| (index, gap))).collect();
        Self { files, signed, honest }
    }

    /// One input for a target.
    pub fn input(&self, target: Target, random: &mut Random) -> Vec<u8> {
        match target {
            Target::File | Target::Xref => mutated(random, &self.files),
            Target::Lexer => {
                let input = mutated(random, &self.files);
                let from = random.below(input.len() + 1);
                input[from..(from + 4_096).min(input.len())].to_vec()
            }
            Target::Cms => self.with_other_cms(random),
        }
    }

    /// A file whose `/Contents` has other octets.
    fn with_other_cms(&self, random: &mut Random) -> Vec<u8> {
        let (index, [start, end]) = *random.of(&self.signed);
        let mut file = self.files[index].clone();
        let digits = String::from_utf8_lossy(&file[start + 1..end - 1]).into_owned();
        let octets: Vec<u8> =
            digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
        let used = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
        let mut cms = mutated(random, &[octets[..used].to_vec()]);
        cms.resize(octets.len(), 0);
        let hex: String = cms.iter().map(|octet| format!("{octet:02x}")).collect();
        file[start + 1..end - 1].copy_from_slice(hex.as_bytes());
        file
    }

    /// Runs one input. `Err` says which property broke.
    pub fn run(&self, target: Target, input: &[u8]) -> Result<(), String> {
        let first = Instant::now();
        self.answer(target, input)?;
        if first.elapsed() < TIME_LIMIT {
            return Ok(());
        }
        let second = Instant::now();
        self.answer(target, input)?;
        let took = second.elapsed();
        if took < TIME_LIMIT { Ok(()) } else { Err(format!("took {took:?}")) }
    }

    fn answer(&self, target: Target, input: &[u8]) -> Result<(), String> {
        match target {
            Target::Lexer => {
                let mut lexer = Lexer::new(input, 0);
                while lexer.take_value().is_ok() {}
            }
            Target::Xref => drop(Pdf::parse(input)),
            Target::File | Target::Cms => {
                let report = inspect_pdf(input);
                if let Some(new) = believed(&report).into_iter().find(|candidate| !self.honest.contains(candidate)) {
                    return Err(format!("a clean file with a signature that nobody made: {new}"));
                }
            }
        }
        Ok(())
    }
}

/// What a clean report would have looked up on the log.
fn believed(report: &PdfReport) -> Vec<String> {
    let condemned = report.findings.findings.iter().any(|f| matches!(f.code.class(), Class::Untrustworthy | Class::NotEstablished));
    if condemned {
        return Vec::new();
    }
    let name = |candidate: &Candidate| format!("{} {:?}", candidate.fingerprint, candidate.signature_hash);
    report.findings.candidates.iter().map(name).collect()
}
