//! Text strings and names as PDF writes them.

/// A text string (7.9.2.2): ASCII as a literal, anything else as UTF-16 with its mark.
pub(crate) fn string(text: &str) -> String {
    if text.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic()) {
        let mut out = String::from("(");
        for letter in text.chars() {
            if matches!(letter, '(' | ')' | '\\') {
                out.push('\\');
            }
            out.push(letter);
        }
        out.push(')');
        return out;
    }
    utf16(text)
}

/// A text string in UTF-16 with its mark.
pub(crate) fn utf16(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{units}>")
}

/// Text inside an XML element or attribute. Control characters, which XML cannot hold, become spaces.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// Bytes as a hexadecimal string without its brackets.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
