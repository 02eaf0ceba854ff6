//! Questions on a terminal: for each member of the base profile that has no value yet, until its answer holds.

use super::new::Values;
use anyhow::Result;
use eco_documents::json::place::{Asked, NoPlace, get};
use eco_documents::passport::PassportReport;
use eco_documents::passport::draft::{BASE, path_of};
use eco_documents::profile::Flaw;
use std::io::{BufRead, Write};

/// Asks for what `read` misses. An answer that its rule refuses is asked for again, an empty one leaves the member out.
pub(super) fn ask(
    input: &mut impl BufRead,
    output: &mut impl Write,
    values: &mut Values,
    read: impl Fn(&Values) -> Result<PassportReport, NoPlace>,
) -> Result<()> {
    writeln!(output, "An empty answer leaves a member out. What is asked again was not understood.")?;
    for asked in BASE.iter().filter(|asked| !asked.question.is_empty()) {
        let has = |report: &PassportReport| report.document.as_ref().is_some_and(|document| get(document, asked.path).is_some());
        if is_settled(values, asked) || has(&read(values)?) {
            continue;
        }
        loop {
            write!(output, "{}: ", asked.question)?;
            output.flush()?;
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let answer = line.trim();
            if answer.is_empty() {
                break;
            }
            values.push((asked.name.into(), answer.into()));
            let refused: Vec<Flaw> =
                read(values)?.flaws.into_iter().filter(|flaw| !flaw.is_notice() && flaw.path.starts_with(asked.path)).collect();
            let Some(flaw) = refused.first() else { break };
            values.pop();
            writeln!(output, "  must be {}; found {}; {}", flaw.rule, flaw.found, flaw.mend)?;
        }
    }
    Ok(())
}

/// Whether an alternative was given: a product has one code, a place of production one name.
fn is_settled(values: &Values, asked: &Asked) -> bool {
    let given = |names: &[&str]| values.iter().any(|(name, _)| names.iter().any(|other| path_of(name) == path_of(other)));
    match asked.name {
        "gtin" | "gmn" | "modelCode" => given(&["gtin", "gmn", "modelCode"]),
        "country" | "region" => given(&["country", "region"]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_documents::json;
    use eco_documents::passport::draft::fill;
    use eco_documents::passport::read_passport;

    fn read(values: &Values) -> Result<PassportReport, NoPlace> {
        let made = fill(None, values, None, &[7; 32])?;
        Ok(read_passport(json::pretty(&made).as_bytes(), &[]))
    }

    /// An answer that the profile refuses must not be carried into the document, nor stop the conversation.
    #[test]
    fn an_answer_is_asked_for_until_it_holds() {
        let answers =
            "https://a.example/p\nnot a did\ndid:web:a.example\nA Ltd\n2026-04-01\n\n6901234567893\n6901234567892\nPack\n8507.60\n";
        let (mut values, mut shown) = (Vec::new(), Vec::new());
        ask(&mut answers.as_bytes(), &mut shown, &mut values, read).unwrap();
        let given: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("id", "https://a.example/p"),
            ("issuer", "did:web:a.example"),
            ("issuerName", "A Ltd"),
            ("validFrom", "2026-04-01"),
            ("gtin", "6901234567892"),
            ("name", "Pack"),
            ("hs", "8507.60"),
        ];
        assert_eq!(given, expected);
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.contains("the check digit of GTIN 06901234567893 is 2") && shown.contains("HS edition"), "{shown}");
        assert!(!shown.contains("Global Model Number"), "a product has one code: {shown}");
    }
}
