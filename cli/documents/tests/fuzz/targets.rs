//! What fuzzing feeds, and what must hold for every input: no panic, an answer in time, and nothing believed that nobody signed.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::mutate::{Random, mutated};
use super::texts::{Text, Texts};
use crate::authority::tsa::Tsa;
use crate::authority::{self, Authority, FROM, Terms, UNTIL};
use crate::common;
use eco_core::verdict::{Candidate, Class};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::raw::{Lexer, Pdf};
use eco_documents::pdf::{
    PathMaterial, PdfReport, TimestampRequest, add_signature_timestamp, inspect_pdf, inspect_pdf_with, signature_timestamp_request,
};
use eco_documents::pki::{Certificate, Crl, OcspAnswer, TrustAnchors};
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
    /// An X.509 certificate.
    Certificate,
    /// A CRL.
    Crl,
    /// An OCSP answer.
    Ocsp,
    /// A timestamp authority's answer to a request.
    Token,
    /// JSON, and what is written in it.
    Text(Text),
}

impl Target {
    pub const ALL: [Self; 13] = [
        Self::Lexer,
        Self::Xref,
        Self::File,
        Self::Cms,
        Self::Certificate,
        Self::Crl,
        Self::Ocsp,
        Self::Token,
        Self::Text(Text::Json),
        Self::Text(Text::Canonical),
        Self::Text(Text::Passport),
        Self::Text(Text::Metadata),
        Self::Text(Text::Pact),
    ];

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name.to_ascii_lowercase())
    }

    pub fn name(self) -> String {
        let name = if let Self::Text(text) = self { format!("{text:?}") } else { format!("{self:?}") };
        name.to_ascii_lowercase()
    }
}

/// Seeds, and the candidates that they honestly have.
pub struct Corpus {
    files: Vec<Vec<u8>>,
    /// Signed ones, each with the `<...>` of one of its signatures.
    signed: Vec<(usize, [usize; 2])>,
    honest: BTreeSet<String>,
    proofs: Proofs,
    texts: Texts,
}

/// What authorities say, as seeds, and a file that waits for a timestamp.
struct Proofs {
    certificates: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    ocsps: Vec<Vec<u8>>,
    answers: Vec<Vec<u8>>,
    pdf: Vec<u8>,
    request: TimestampRequest,
    given: PathMaterial,
}

impl Proofs {
    fn new() -> Self {
        let root = Authority::root(1, "Root");
        let stamps = Terms::timestamps("TSA", 5).published_at("http://tsa.invalid");
        let responder = Terms::responder("Responder", 6);
        let delegate = root.issue(&authority::key(6), &responder);
        let certificates = vec![
            root.certificate.clone(),
            root.below(2, &Terms::authority("Middle", 2)).certificate,
            root.issue(&authority::key(5), &stamps),
            delegate.clone(),
        ];
        let crls = vec![root.crl(FROM, UNTIL, &[], &[]), root.crl(FROM, UNTIL, &[(3, FROM, Some(1)), (4, FROM, None)], &[])];
        let key = authority::key(6);
        let ocsps = vec![root.ocsp(3, FROM, UNTIL, None, None), root.ocsp(3, FROM, UNTIL, Some(FROM), Some((&key, delegate.as_slice())))];
        let pdf = common::signed(KeyAlgorithm::P256);
        let request = signature_timestamp_request(&pdf, [9; 16]).unwrap();
        let answers = vec![Tsa::new(&root, 5, &stamps).answer(&request.der(), common::SIGNING_TIME + 60)];
        let given = PathMaterial { anchors: TrustAnchors::new(vec![root.certificate]).unwrap(), ..PathMaterial::default() };
        Self { certificates, crls, ocsps, answers, pdf, request, given }
    }

    /// A key says nothing that its holder did not sign.
    fn certificate(&self, input: &[u8]) -> Result<(), String> {
        let Ok(read) = Certificate::parse(input) else { return Ok(()) };
        let _ = (read.subject_name(), read.key_algorithm(), read.is_rsa());
        let signed = |seed: &Vec<u8>| Certificate::parse(seed).is_ok_and(|seed| seed.signed == read.signed);
        if read.is_self_signed() && !self.certificates.iter().any(signed) {
            return Err("a certificate that nobody signed".into());
        }
        Ok(())
    }

    /// An answer for this request is taken only if its token says what the authority said.
    fn answer(&self, input: &[u8]) -> Result<(), String> {
        let Ok(stamped) = add_signature_timestamp(&self.pdf, &self.request, input, &self.given) else { return Ok(()) };
        let times: Vec<i64> = inspect_pdf_with(&stamped, &self.given).signatures[0].timestamps.iter().map(|stamp| stamp.time).collect();
        if times == [common::SIGNING_TIME + 60] { Ok(()) } else { Err(format!("a timestamp that nobody made: {times:?}")) }
    }
}

impl Corpus {
    pub fn new(files: Vec<Vec<u8>>) -> Self {
        let honest = files.iter().flat_map(|file| believed(&inspect_pdf(file))).collect();
        let gaps =
            |file: &Vec<u8>| inspect_pdf(file).signatures.into_iter().map(|signature| [signature.byte_range[1], signature.byte_range[2]]);
        let signed = files.iter().enumerate().flat_map(|(index, file)| gaps(file).map(move |gap| (index, gap))).collect();
        Self { files, signed, honest, proofs: Proofs::new(), texts: Texts::new() }
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
            Target::Certificate => mutated(random, &self.proofs.certificates),
            Target::Crl => mutated(random, &self.proofs.crls),
            Target::Ocsp => mutated(random, &self.proofs.ocsps),
            Target::Token => mutated(random, &self.proofs.answers),
            Target::Text(text) => self.texts.input(text, random),
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
            Target::Certificate => self.proofs.certificate(input)?,
            Target::Crl => drop(Crl::parse(input)),
            Target::Ocsp => drop(OcspAnswer::parse(input)),
            Target::Token => self.proofs.answer(input)?,
            Target::Text(text) => self.texts.answer(text, input)?,
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
