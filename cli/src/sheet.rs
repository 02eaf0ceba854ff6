//! Spreadsheets as CSV: a header line that names the columns, and lines of cells. A line that cannot be read does not
//! hide the others, and everything that is wrong names its line and column.

use crate::fault::Fault;
use crate::files;
use anyhow::Result;
use std::path::Path;

/// Bytes of the largest spreadsheet.
const SHEET_BYTES_MAX: u64 = 64 << 20;

/// A spreadsheet.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// The columns, none named twice.
    pub(crate) columns: Vec<String>,
    /// The lines that are not empty.
    pub(crate) rows: Vec<Row>,
}

/// One line of cells.
#[derive(Debug)]
pub(crate) struct Row {
    /// Where it begins, 1 for the header.
    pub(crate) line: u64,
    /// A cell for each column, or why there is not.
    pub(crate) cells: Result<Vec<String>, String>,
}

impl Sheet {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = files::read(path, SHEET_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|what| {
            Fault::usage("CSV_INVALID", format!("{}: {what}", path.display()))
                .hint("a CSV in UTF-8 whose first line names the columns")
                .into()
        })
    }

    /// Reads the bytes of one.
    ///
    /// # Errors
    /// What is wrong with its header.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let header = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        // Spreadsheet programs of half the world separate by semicolons.
        let delimiter = if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).delimiter(delimiter).from_reader(bytes);
        let columns: Vec<String> = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_owned).collect();
        if columns.iter().all(String::is_empty) {
            return Err("no line that names the columns".into());
        }
        for (at, column) in columns.iter().enumerate() {
            if column.is_empty() {
                return Err(format!("column {} has no name", at + 1));
            }
            if columns.iter().take(at).any(|other| other == column) {
                return Err(format!("two columns are named {column:?}"));
            }
        }
        let mut rows = Vec::new();
        let (mut counted, mut line) = (0usize, 1u64);
        // The reader stands before the line feeds that it will skip: the line is that of the record's first byte.
        let mut line_of = |position: Option<&csv::Position>| {
            let at = position.and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(counted);
            let skipped = bytes.get(at..).unwrap_or_default().iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            let upto = (at + skipped).max(counted);
            let feeds = bytes.get(counted..upto).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
            line += u64::try_from(feeds).unwrap_or_default();
            counted = upto;
            line
        };
        for record in reader.records() {
            match record {
                Ok(record) if record.iter().all(str::is_empty) => {}
                Ok(record) => {
                    let line = line_of(record.position());
                    let cells: Vec<String> = record.iter().map(str::to_owned).collect();
                    let (found, wanted) = (cells.len(), columns.len());
                    let fault = || Err(format!("{found} cells, the header names {wanted} columns"));
                    rows.push(Row { line, cells: if found == wanted { Ok(cells) } else { fault() } });
                }
                Err(error) => {
                    let line = line_of(error.position());
                    rows.push(Row { line, cells: Err(error.to_string()) });
                }
            }
        }
        Ok(Self { columns, rows })
    }

    /// The cells of a line that are not empty, with their columns.
    pub(crate) fn filled<'a>(&'a self, cells: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.columns.iter().zip(cells);
        pairs.filter(|(_, cell)| !cell.is_empty()).map(|(column, cell)| (column.as_str(), cell.as_str()))
    }
}

/// A line of a CSV.
pub(crate) fn csv_line(cells: &[String]) -> String {
    cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A cell by RFC 4180. What a spreadsheet would take for a formula gets an apostrophe: file names are strangers' words.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_string() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// A file name made of a code: what is no letter, digit, point, dash or underscore becomes an underscore.
pub(crate) fn file_stem(code: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let stem: String = code.chars().map(plain).collect();
    // A name that begins with a point is hidden, or leads elsewhere.
    if stem.starts_with('.') { format!("_{stem}") } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell that slips into its neighbour's column gives a product another's footprint.
    #[test]
    fn cells_keep_their_lines_and_columns() {
        let sheet = Sheet::parse(b"\xef\xbb\xbfa,b\r\n\"1,5\",\"say \"\"x\"\"\"\n\n\"two\nlines\",y\nz,\none\n,,\nlast,row\n").unwrap();
        assert_eq!(sheet.columns, ["a", "b"]);
        let lines: Vec<(u64, Result<Vec<&str>, &str>)> = sheet
            .rows
            .iter()
            .map(|r| (r.line, r.cells.as_ref().map(|c| c.iter().map(String::as_str).collect()).map_err(String::as_str)))
            .collect();
        let expected = [
            (2, Ok(vec!["1,5", "say \"x\""])),
            (4, Ok(vec!["two\nlines", "y"])),
            (6, Ok(vec!["z", ""])),
            (7, Err("1 cells, the header names 2 columns")),
            (9, Ok(vec!["last", "row"])),
        ];
        assert_eq!(lines, expected);
        assert_eq!(sheet.filled(&["z".into(), String::new()]).collect::<Vec<_>>(), [("a", "z")]);
        assert_eq!(Sheet::parse(b"a;b\n1,5;2\n").unwrap().rows[0].cells, Ok(vec!["1,5".into(), "2".into()]));
        for bad in [&b""[..], b"\n\n", b"a,a\n1,2", b"a,,c\n1,2,3"] {
            assert!(Sheet::parse(bad).is_err(), "{bad:?}");
        }
        let latin = Sheet::parse(b"a,b\nx,\xe9\ny,z\n").unwrap();
        assert!(latin.rows[0].cells.is_err() && latin.rows[1].cells.is_ok(), "one line that is not UTF-8 does not hide the next");
    }

    /// A file name must neither move the columns nor run in a customs officer's spreadsheet.
    #[test]
    fn cells_are_quoted_and_no_formulas() {
        let table = [("a.pdf", "a.pdf"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("=1+1", "'=1+1"), ("@x,y", "\"'@x,y\"")];
        for (cell, expected) in table {
            assert_eq!(quoted(cell), expected);
        }
    }

    #[test]
    fn codes_become_file_names_within_the_folder() {
        assert_eq!(file_stem("26C/0001"), "26C_0001");
        assert_eq!(file_stem("../x"), "_.._x");
    }

    /// A sheet from a spreadsheet program that breaks somewhere must not stop an office, nor move a cell into another's line.
    /// `ECO_FUZZ_INPUTS` says how many sheets are tried.
    #[test]
    fn whatever_arrives_keeps_its_lines() {
        const PARTS: [&[u8]; 20] = [
            b"a,b,c\n",
            b"1,2,3\n",
            b",",
            b";",
            b"\n",
            b"\r\n",
            b"\r",
            b"\"",
            b"\"\"",
            b"\"x\ny\"",
            b" ",
            b"\t",
            b"\xef\xbb\xbf",
            b"\xff",
            b"\0",
            b"12-15",
            "约12".as_bytes(),
            b"=cmd|' /C calc'!A0",
            b"a",
            b"\"unclosed",
        ];
        let inputs: usize = std::env::var("ECO_FUZZ_INPUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
        let mut seed = 20_261_124u64;
        let mut below = |limit: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed >> 11).unwrap() % limit
        };
        let mut whole = 0usize;
        for _ in 0..inputs {
            let count = below(30);
            let bytes: Vec<u8> = (0..count).flat_map(|_| PARTS[below(PARTS.len())].to_vec()).collect();
            let Ok(sheet) = Sheet::parse(&bytes) else { continue };
            let lines = u64::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap() + 1;
            let mut last = 0;
            for row in &sheet.rows {
                let shown = String::from_utf8_lossy(&bytes);
                // Lines that a carriage return alone ends are counted with the next line feed.
                assert!(row.line >= last && (1..=lines).contains(&row.line), "line {} after {last} in {shown:?}", row.line);
                last = row.line;
                if let Ok(cells) = &row.cells {
                    whole += 1;
                    assert_eq!(cells.len(), sheet.columns.len(), "{shown:?}");
                    assert!(sheet.filled(cells).all(|(column, cell)| !column.is_empty() && !cell.is_empty()), "{shown:?}");
                }
            }
        }
        assert!(whole > inputs / 20, "the inputs are no sheets: {whole}");
    }
}
