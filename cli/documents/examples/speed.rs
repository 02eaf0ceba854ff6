//! Speed next to pyHanko, same files, same run: `cargo run --release -p eco-documents --example speed [-- <python with pyHanko>]`.
//!
//! Prints milliseconds a document, wall clock / processor time, one thread; medians. On a loaded machine the second is the fair one.
//! The file has 200 KB and four pages. The CLI's own
//! figures are measured with `eco verify` and `eco sign` under `/usr/bin/time -v`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/attacks/files.rs"]
mod files;

use common::{chamber, options, signer};
use eco_documents::keys::KeyAlgorithm;
use eco_documents::pdf::{Signer as _, inspect_pdf, sign};
use std::process::Command;
use std::time::Instant;

const RUNS: usize = 101;

/// Four pages and content that does not compress: 200 KB.
fn document() -> Vec<u8> {
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>";
    let mut random = 1u32;
    let digits: String = (0..199_000)
        .map(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + u8::try_from((random >> 24) % 26).unwrap())
        })
        .collect();
    let content = files::stream("", &format!("q Q % {digits}\n"));
    let mut objects = files::with(&[(2, "<</Type/Pages/Kids[3 0 R 60 0 R 61 0 R 62 0 R]/Count 4>>"), (4, &content)]);
    objects.extend((60..63).map(|number| (number, page.to_owned())));
    files::table(&objects)
}

/// Milliseconds that this thread was on a processor.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e6
}

/// Medians of wall clock and processor time.
fn median(mut run: impl FnMut()) -> String {
    let (mut walls, mut processors) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (start, before) = (Instant::now(), processor());
        run();
        walls.push(start.elapsed().as_secs_f64() * 1_000.0);
        processors.push(processor() - before);
    }
    let middle = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[RUNS / 2]
    };
    format!("{:.2} / {:.2}", middle(walls), middle(processors))
}

fn main() {
    let unsigned = document();
    println!("{} bytes, 4 pages; median of {RUNS} runs, ms a document", unsigned.len());
    let directory = std::env::temp_dir().join(format!("eco-speed-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let (first, second) = (chamber(algorithm), signer(algorithm, 9, "Second"));
        let named = |nonce: u8, field: &str| {
            let mut options = options(nonce);
            options.field = Some(field.into());
            options
        };
        let one = sign(&unsigned, &named(1, "Chamber"), &first).unwrap();
        let two = sign(&one, &named(2, "Second"), &second).unwrap();
        assert_eq!(common::condemning(&two), []);
        let signing = median(|| drop(sign(&unsigned, &named(1, "Chamber"), &first).unwrap()));
        let verifying_one = median(|| assert_eq!(inspect_pdf(&one).signatures.len(), 1));
        let verifying_two = median(|| assert_eq!(inspect_pdf(&two).signatures.len(), 2));
        println!("eco      {algorithm:?}: sign (visible, checked) {signing}, verify one {verifying_one}, verify two {verifying_two}");
        let Some(python) = std::env::args().nth(1) else { continue };
        let write = |name: &str, bytes: &[u8]| {
            let path = directory.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let files = [
            write("unsigned.pdf", &unsigned),
            write("one.pdf", &one),
            write("two.pdf", &two),
            write("first.der", &first.identity().certificate),
            write("second.der", &second.identity().certificate),
        ];
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/speed.py");
        let output = Command::new(&python).arg(script).args(files).output().unwrap();
        print!("pyHanko  {algorithm:?}: {}", String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            println!("failed: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
}
