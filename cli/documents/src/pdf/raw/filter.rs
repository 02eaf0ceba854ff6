//! Decoding of cross-reference and object streams: Flate with PNG predictors, size-limited.
//!
//! Page content and images are never decoded here.

use super::value::Dict;
use super::{MAX_DECODED_STREAM_BYTES, StructureDefect};

type Decoded = Result<Vec<u8>, StructureDefect>;

/// Decodes a stream's bytes by its dictionary. `budget` is what is left of the total for the file.
pub(crate) fn decode_stream(dict: &Dict, raw: &[u8], offset: usize, budget: usize) -> Decoded {
    let limit = MAX_DECODED_STREAM_BYTES.min(budget);
    let filter = match dict.get("Filter") {
        None => None,
        Some(value) => match (value.as_name(), value.as_array()) {
            (Some(name), _) => Some(name),
            (None, Some([])) => None,
            (None, Some([only])) => only.as_name(),
            _ => return Err(StructureDefect::ambiguous(offset, "a chain of filters on a structural stream")),
        },
    };
    let parameters = match dict.get("DecodeParms") {
        Some(value) => match value.as_array() {
            Some([only]) => only.as_dict(),
            _ => value.as_dict(),
        },
        None => None,
    };
    let bytes = match filter {
        None if raw.len() <= limit => raw.to_vec(),
        None => return Err(over(offset, limit)),
        Some(b"FlateDecode") => {
            miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(raw, limit).map_err(|error| match error.status {
                miniz_oxide::inflate::TINFLStatus::HasMoreOutput => over(offset, limit),
                _ => StructureDefect::ambiguous(offset, "a Flate stream is damaged"),
            })?
        }
        Some(other) => {
            let name = String::from_utf8_lossy(other).into_owned();
            return Err(StructureDefect::ambiguous(offset, format!("filter /{name} on a structural stream")));
        }
    };
    match parameters {
        Some(parameters) => predict(parameters, bytes, offset),
        None => Ok(bytes),
    }
}

fn over(offset: usize, limit: usize) -> StructureDefect {
    StructureDefect::limit(offset, format!("a stream decodes to more than {limit} bytes"))
}

/// Undoes a PNG predictor (ISO 32000-2 7.4.4.4, RFC 2083 section 6).
fn predict(parameters: &Dict, bytes: Vec<u8>, offset: usize) -> Decoded {
    let number = |key: &str, default: usize| parameters.get(key).map_or(Some(default), super::Value::as_usize);
    let bad = |what: &str| StructureDefect::ambiguous(offset, what);
    let settings = (number("Predictor", 1), number("Colors", 1), number("BitsPerComponent", 8), number("Columns", 1));
    let (Some(predictor), Some(colors @ 1..=4), Some(bits @ (1 | 2 | 4 | 8 | 16)), Some(columns @ 1..=65_536)) = settings else {
        return Err(bad("predictor parameters out of range"));
    };
    match predictor {
        1 => return Ok(bytes),
        10..=15 => {}
        _ => return Err(bad("a predictor other than PNG")),
    }
    let pixel = (colors * bits).div_ceil(8);
    let row = (colors * bits * columns).div_ceil(8);
    if !bytes.len().is_multiple_of(row + 1) {
        return Err(bad("predicted data is no whole number of rows"));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let (mut above, mut current) = (vec![0u8; row], Vec::with_capacity(row));
    for line in bytes.chunks_exact(row + 1) {
        let Some((kind, line)) = line.split_first() else { continue };
        current.clear();
        for (column, byte) in line.iter().enumerate() {
            let before = |values: &[u8]| column.checked_sub(pixel).and_then(|at| values.get(at).copied()).unwrap_or(0);
            let left = before(&current);
            let up = above.get(column).copied().unwrap_or(0);
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::try_from(u16::midpoint(u16::from(left), u16::from(up))).unwrap_or(0),
                4 => paeth(left, up, before(&above)),
                _ => return Err(bad("unknown PNG row filter")),
            };
            current.push(byte.wrapping_add(guess));
        }
        out.extend_from_slice(&current);
        core::mem::swap(&mut above, &mut current);
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
