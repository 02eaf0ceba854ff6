//! The sRGB colour space as an ICC profile (version 4.3), written here from the numbers of IEC 61966-2-1.

/// A big-endian s15Fixed16Number.
fn fixed(value: f64) -> [u8; 4] {
    // All values here are below 100: the product fits.
    #[expect(clippy::cast_possible_truncation, reason = "constants of this file, far below 2^31")]
    let units = (value * 65_536.0).round() as i32;
    units.to_be_bytes()
}

fn tag_data(kind: &[u8; 4], numbers: &[f64]) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend_from_slice(&[0; 4]);
    out.extend(numbers.iter().flat_map(|number| fixed(*number)));
    out
}

/// `mluc`: one text, English.
fn words(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut out = b"mluc\0\0\0\0".to_vec();
    let length = u32::try_from(units.len()).unwrap_or_default();
    for number in [1, 12, u32::from_be_bytes(*b"enUS"), length, 28] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out.extend(units);
    out
}

/// The profile, equal bytes every time.
pub(super) fn srgb() -> Vec<u8> {
    // Primaries and white adapted to D50 by Bradford, as ICC profiles have them.
    let xyz = |x, y, z| tag_data(b"XYZ ", &[x, y, z]);
    // Type 3: Y = ((X + 0.055) / 1.055)^2.4 for X >= 0.04045, else X / 12.92.
    let mut curve = b"para\0\0\0\0\0\x03\0\0".to_vec();
    curve.extend([2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.04045].into_iter().flat_map(fixed));
    let adaptation = [1.047_882, 0.022_919, -0.050_217, 0.029_587, 0.990_463, -0.017_072, -0.009_247, 0.015_075, 0.751_678];
    let tags: [(&[u8; 4], Vec<u8>); 10] = [
        (b"desc", words("sRGB IEC61966-2.1")),
        (b"cprt", words("No copyright, use freely")),
        (b"wtpt", xyz(0.964_203, 1.0, 0.824_905)),
        (b"chad", tag_data(b"sf32", &adaptation)),
        (b"rXYZ", xyz(0.436_066, 0.222_488, 0.013_916)),
        (b"gXYZ", xyz(0.385_147, 0.716_873, 0.097_076)),
        (b"bXYZ", xyz(0.143_066, 0.060_608, 0.714_096)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let mut table = u32::try_from(tags.len()).unwrap_or_default().to_be_bytes().to_vec();
    let mut content = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    for (name, bytes) in &tags {
        table.extend_from_slice(*name);
        table.extend_from_slice(&u32::try_from(start + content.len()).unwrap_or_default().to_be_bytes());
        table.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes());
        content.extend_from_slice(bytes);
        content.resize(content.len().next_multiple_of(4), 0);
    }
    let size = u32::try_from(start + content.len()).unwrap_or_default();
    let mut header = size.to_be_bytes().to_vec();
    header.extend_from_slice(b"\0\0\0\0\x04\x30\0\0mntrRGB XYZ ");
    for part in [2026u16, 1, 1, 0, 0, 0] {
        header.extend_from_slice(&part.to_be_bytes());
    }
    header.extend_from_slice(b"acsp");
    header.resize(68, 0);
    // The connection space's illuminant, D50.
    header.extend([0.964_203, 1.0, 0.824_905].into_iter().flat_map(fixed));
    header.resize(128, 0);
    [header, table, content].concat()
}
