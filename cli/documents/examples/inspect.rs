//! Prints what reading PDFs finds: `cargo run -p eco-documents --example inspect -- a.pdf b.pdf`.

fn main() {
    for path in std::env::args().skip(1) {
        println!("== {path}");
        match std::fs::read(&path) {
            Ok(bytes) => {
                let report = eco_documents::pdf::inspect_pdf(&bytes);
                for check in &report.findings.checks {
                    println!("   ok   {check}");
                }
                for finding in &report.findings.findings {
                    println!("   {}  {} {:?}", finding.code, finding.detail, finding.place);
                }
            }
            Err(error) => println!("   {error}"),
        }
    }
}
