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
    let units: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{units}>")
}

/// Bytes as a hexadecimal string without its brackets.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
