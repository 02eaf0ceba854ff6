//! A published list as a spreadsheet: every line is read before anything is said, and every fault named by its line.

use super::diff::{Listed, Said};
use crate::dates::{Day, parse_day};
use crate::fault::Fault;
use crate::sheet::{Row, Sheet};
use eco_core::limits::HS_PREFIXES_MAX;
use eco_core::name::Timestamp;
use eco_core::recognition::{AccreditationStandard, HsPrefix};
use std::collections::BTreeMap;
use std::path::Path;

/// Columns that are read; `until` may be empty.
const COLUMNS: [&str; 5] = ["body", "standard", "hs", "from", "until"];
/// Columns for people.
const REMARKS: [&str; 2] = ["name", "remarks"];

/// Reads a list. A row that has ended before `now` cannot be recorded any more.
///
/// # Errors
/// Its columns are not these.
pub(super) fn read(path: &Path, bytes: &[u8], now: Timestamp) -> Result<(Vec<Listed>, Vec<String>), Fault> {
    let shown = path.display();
    let hint = || format!("columns: {}; for people: {}", COLUMNS.join(", "), REMARKS.join(", "));
    let invalid = |what: String| Fault::usage("COLUMNS_INVALID", format!("{shown}: {what}")).hint(hint());
    let sheet = Sheet::parse(bytes).map_err(invalid)?;
    // A column with a slip in its name would be a row without end, or for all goods.
    let unknown = sheet.columns.iter().map(String::as_str).find(|column| !COLUMNS.contains(column) && !REMARKS.contains(column));
    let missing = COLUMNS.into_iter().find(|column| !sheet.columns.iter().any(|found| found == column));
    let wrong = unknown.map(|column| ("unknown", column)).or(missing.map(|column| ("no", column)));
    if let Some((what, column)) = wrong {
        return Err(invalid(format!("{what} column {column:?}")));
    }
    let (mut rows, mut faults): (Vec<Listed>, Vec<String>) = (Vec::new(), Vec::new());
    for Row { line, cells } in &sheet.rows {
        let line = *line;
        let read = cells.clone().and_then(|cells| said(&sheet.filled(&cells).collect(), now));
        let read = read.and_then(|said| match rows.iter().find(|before| before.said == said) {
            Some(before) => Err(format!("says the same as line {}", before.line)),
            None => Ok(said),
        });
        match read {
            Ok(said) => rows.push(Listed { line, said }),
            Err(fault) => faults.push(format!("line {line}: {fault}")),
        }
    }
    Ok((rows, faults))
}

fn said(cells: &BTreeMap<&str, &str>, now: Timestamp) -> Result<Said, String> {
    let cell = |column: &str| cells.get(column).copied();
    let filled = |column: &str| cell(column).ok_or_else(|| format!("the column {column} is empty"));
    let named = |column: &str, fault: &dyn std::fmt::Display| format!("{column}: {fault}");
    let body = filled("body")?.parse().map_err(|e| named("body", &e))?;
    let standard = AccreditationStandard::normalise(filled("standard")?).map_err(|e| named("standard", &e))?;
    let prefix = |text: &str| text.parse::<HsPrefix>().map_err(|e| named("hs", &e));
    let parts = filled("hs")?.split([' ', ';', ',']).filter(|part| !part.is_empty());
    let mut prefixes = parts.map(prefix).collect::<Result<Vec<_>, _>>()?;
    prefixes.sort_unstable();
    prefixes.dedup();
    if prefixes.len() > HS_PREFIXES_MAX || prefixes.len() > 1 && prefixes.contains(&HsPrefix::Any) {
        return Err(format!("hs: {} prefixes; at most {HS_PREFIXES_MAX}, and * stands alone", prefixes.len()));
    }
    let from = parse_day(filled("from")?).map_err(|e| named("from", &e))?.start();
    let until = cell("until").map(|text| parse_day(text).map(Day::after).map_err(|e| named("until", &e))).transpose()?;
    match until {
        Some(until) if until <= from => Err("until: it ends before it begins".to_owned()),
        Some(until) if until <= now => Err("until: it has ended already".to_owned()),
        _ => Ok(Said { body, standard, prefixes, from, until }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let (rows, faults) = read(Path::new("list.csv"), text.as_bytes(), Timestamp(1_767_225_600_000)).unwrap();
        assert_eq!(rows.len() + faults.len(), text.lines().filter(|l| !l.is_empty()).count() - 1, "every line is a row or a fault");
        faults
    }

    /// One bad line must not let the good ones through without it, nor hide the next bad one.
    #[test]
    fn every_fault_is_named_by_its_line() {
        let good = "name,body,standard,hs,from,until\n\"Verify, Ltd\",cn-verify,iso 14065:2020,8507; 845611,2026-01-01,\n";
        assert_eq!(faults(good), [""; 0]);
        let bad = format!(
            "{good}x,CN Verify,ISO 14065,*,2026-01-01,\nx,cn-verify,,*,2026-01-01,\nx,cn-verify,ISO 14065,85a,2026-01-01,\n\
             x,cn-verify,ISO 14065,* 85,2026-01-01,\nx,cn-verify,ISO 14065,85,soon,\nx,cn-verify,ISO 14065,85,2026-03-01,2026-02-01\n\
             x,cn-verify,ISO 14065,85,2024-03-01,2025-02-01\nx,cn-verify,ISO14065:2020,8507 845611,2026-01-01,\ntoo,few\n"
        );
        let found = faults(&bad);
        let lines = [
            "line 3: body",
            "line 4: the column standard",
            "line 5: hs",
            "line 6: hs",
            "line 7: from",
            "line 8: until: it ends",
            "line 9: until: it has ended",
        ];
        for (found, wanted) in found.iter().zip(lines) {
            assert!(found.starts_with(wanted), "{found} is not about {wanted}");
        }
        assert_eq!(found[7], "line 10: says the same as line 2");
        assert!(found[8].starts_with("line 11: 2 cells"), "{}", found[8]);
        assert_eq!(faults(&good.replace('\n', "\n\n").replace("8507;", "8x;"))[0].split(':').next(), Some("line 3"), "after blank lines");
    }

    /// A misspelt heading would record rows that never end.
    #[test]
    fn columns_are_these_and_no_others() {
        for bad in ["body,standard,hs,from\n", "body,standard,hs,from,untill\n", "body,standard,hs,from,until,until\n", ""] {
            assert_eq!(read(Path::new("list.csv"), bad.as_bytes(), Timestamp(0)).unwrap_err().reason, "COLUMNS_INVALID", "{bad}");
        }
        assert!(read(Path::new("list.csv"), b"\xef\xbb\xbfbody,standard,hs,from,until\n", Timestamp(0)).is_ok());
    }
}
