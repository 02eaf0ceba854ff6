//! Golden files: another language can run them.

use std::fmt::Write as _;
use std::path::Path;

/// Compares with the golden file, or writes it when asked to.
pub fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    if std::env::var_os("ECO_WRITE_VECTORS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = pinned.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(pinned == text, "{name}: first difference in line {:?}; formats change by version only", differs.map(|l| l + 1));
}

pub struct Vectors(pub String);

impl Vectors {
    pub fn new(header: &str) -> Self {
        Self(header.lines().map(|l| format!("# {l}\n")).collect())
    }
    pub fn case(&mut self, fields: &[(&str, String)]) {
        self.0.push('\n');
        for (name, value) in fields {
            writeln!(self.0, "{name}: {value}").unwrap();
        }
    }
}
