//! Mutations for fuzzing on stable Rust: bytes, tokens, numbers, DER lengths; one seed number, one sequence.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

/// Words that a PDF reader acts on.
const TOKENS: [&[u8]; 40] = [
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"%",
    b"\n",
    b"\r",
    b"\0",
    b"obj",
    b"endobj",
    b"stream\n",
    b"endstream",
    b"xref\n",
    b"trailer",
    b"startxref",
    b"%%EOF",
    b" 0 R",
    b"/Type",
    b"/Prev 0",
    b"/Size 1",
    b"/Length 0",
    b"/ByteRange",
    b"/Contents",
    b"/V",
    b"/Kids",
    b"/Fields",
    b"/AP",
    b"/Annots",
    b"/DSS",
    b"/ObjStm",
    b"/XRef",
    b"null",
    b"true",
    b"#00",
    b"\\",
    b"/XRefStm 0",
];
const NUMBERS: [&str; 12] =
    ["0", "1", "-1", "2", "65535", "65536", "2147483648", "4294967295", "4294967296", "9999999999", "18446744073709551616", "1.5"];

/// A sequence of numbers: xorshift, the same on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap() % limit.max(1)
    }

    pub fn of<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.below(list.len())]
    }
}

/// Up to four changes of one of the inputs, in the words of PDF.
pub fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    mutated_by(random, seeds, &TOKENS)
}

/// The same in other words.
pub fn mutated_by(random: &mut Random, seeds: &[Vec<u8>], tokens: &[&[u8]]) -> Vec<u8> {
    let mut bytes = random.of(seeds).clone();
    for _ in 0..=random.below(4) {
        mutate(random, &mut bytes, seeds, tokens);
    }
    bytes.truncate(4 << 20);
    bytes
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>], tokens: &[&[u8]]) {
    let at = random.below(bytes.len() + 1);
    let length = random.below(64).min(bytes.len() - at);
    match random.below(12) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = u8::try_from(random.next() & 0xff).unwrap(),
        2 => drop(bytes.drain(at..at + length)),
        3 => {
            let copy = bytes[at..at + length].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
        4 | 5 => drop(bytes.splice(at..at, random.of(tokens).iter().copied())),
        6 => {
            let token = random.of(tokens);
            let end = (at + token.len()).min(bytes.len());
            bytes.splice(at..end, token.iter().copied());
        }
        7 | 8 => number(random, bytes, at),
        9 => {
            let other = random.of(seeds);
            let from = random.below(other.len() + 1);
            let part = other[from..(from + random.below(4_096)).min(other.len())].to_vec();
            bytes.splice(at..at, part);
        }
        10 => bytes.truncate(at),
        _ => {
            // An update of another file behind this one.
            let other = random.of(seeds);
            let from = random.below(other.len() + 1);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}

/// Another number in place of the next one.
fn number(random: &mut Random, bytes: &mut Vec<u8>, at: usize) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) else { return };
    let end = bytes[start..].iter().position(|byte| !byte.is_ascii_digit()).map_or(bytes.len(), |offset| start + offset);
    let with = if random.below(2) == 0 {
        (*random.of(&NUMBERS)).to_owned()
    } else {
        let old: u64 = String::from_utf8_lossy(&bytes[start..end]).parse().unwrap_or(0);
        let near = old.wrapping_add(u64::try_from(random.below(5)).unwrap()).saturating_sub(2);
        // Of equal width, so that nothing else moves.
        format!("{near:0width$}", width = end - start)
    };
    bytes.splice(start..end, with.into_bytes());
}
