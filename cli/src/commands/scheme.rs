//! `eco scheme`: check scheme files, and scan goods against them before anything is issued.

use crate::args::{SchemeCommand, SchemeScanArgs};
use crate::checking::{flaw_json, flaw_line};
use crate::consignment::scheme_file;
use crate::dates::now;
use crate::fault::Fault;
use crate::files;
use crate::report::{Exit, Report};
use crate::sheet::Sheet;
use anyhow::{Context, Result};
use eco_core::codec::encode;
use eco_core::date::Date;
use eco_core::name::Country;
use eco_core::scheme::{Attribute, Goods, Hs, HsEdition, Mode, Scheme};
use eco_documents::product::ProductId;
use eco_documents::scheme::{SAMPLES, read_scheme};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Bytes of a spreadsheet or scheme file.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Runs `eco scheme`.
pub(crate) fn run(command: &SchemeCommand) -> Result<Report> {
    match command {
        SchemeCommand::Check { files } => check(files),
        SchemeCommand::Samples { out } => samples(out),
        SchemeCommand::Record { files, out } => record(files, out),
        SchemeCommand::Scan(args) => scan(args),
    }
}

fn check(paths: &[PathBuf]) -> Result<Report> {
    let mut report = Report::new();
    let mut rows = Vec::new();
    let mut sound = true;
    for path in paths {
        let found = read_scheme(&files::read(path, FILE_BYTES_MAX)?);
        sound &= found.scheme.is_some();
        let word = found.scheme.as_ref().map_or_else(
            || format!("{}: {} flaws", path.display(), found.flaws.len()),
            |s| format!("{}: {} revision {}, {}", path.display(), s.id.as_str(), s.revision, s.scope.category),
        );
        report = report.result(word);
        report = report.notes(found.flaws.iter().map(flaw_line));
        rows.push(json!({
            "file": path.display().to_string(),
            "scheme": found.scheme.as_ref().map(|s| s.id.as_str()),
            "revision": found.scheme.as_ref().map(|s| s.revision.0),
            "flaws": found.flaws.iter().map(flaw_json).collect::<Vec<_>>(),
        }));
    }
    Ok(report.field("files", rows).exit(if sound { Exit::Done } else { Exit::Untrustworthy }))
}

fn samples(out: &Path) -> Result<Report> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut report = Report::new().note("samples for trying: no authority has published them");
    for (name, text) in SAMPLES {
        let path = out.join(format!("{name}.json"));
        files::write(&path, text.as_bytes())?;
        report = report.result(path.display().to_string());
    }
    Ok(report.field("files", SAMPLES.map(|(name, _)| out.join(format!("{name}.json")).display().to_string()).to_vec()))
}

fn record(paths: &[PathBuf], out: &Path) -> Result<Report> {
    let schemes = paths.iter().map(|path| scheme_file(path)).collect::<Result<Vec<_>>>()?;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let written = schemes.iter().map(|scheme| {
        let path = out.join(format!("{}.record", scheme.id));
        files::write(&path, &encode(scheme))?;
        Ok(path.display().to_string())
    });
    let written = written.collect::<Result<Vec<_>>>()?;
    Ok(written.iter().fold(Report::new(), |report, path| report.result(path.clone())).field("files", written))
}

/// One line of the spreadsheet.
struct Sku {
    name: String,
    hs: Option<Hs>,
    product: Option<String>,
    origin: Option<Country>,
    destination: Option<Country>,
    attributes: Vec<Attribute>,
}

fn scan(args: &SchemeScanArgs) -> Result<Report> {
    let schemes = args.scheme.iter().map(|path| scheme_file(path)).collect::<Result<Vec<_>>>()?;
    let on = args.on.unwrap_or_else(|| Date::of(now()));
    let (skus, faults) = spreadsheet(&args.skus, args.to)?;
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["sku", "scheme", "mode", "ruling", "rule"])?;
    let mut rows = Vec::new();
    let mut counts = BTreeMap::from([("in", 0usize), ("out", 0), ("undetermined", 0)]);
    for sku in &skus {
        for scheme in &schemes {
            let goods = Goods {
                hs: sku.hs,
                product: sku.product.as_deref(),
                origin: sku.origin,
                destination: sku.destination,
                attributes: Some(&sku.attributes),
            };
            let ruling = scheme.ruling(&goods);
            let mode = mode_on(scheme, on);
            if let Some(count) = counts.get_mut(ruling.name()) {
                *count += 1;
            }
            table.write_record([sku.name.as_str(), scheme.id.as_str(), mode, ruling.name(), &ruling.rule().to_string()])?;
            rows.push(json!({
                "sku": sku.name, "scheme": scheme.id.as_str(), "mode": mode, "ruling": ruling.name(), "rule": ruling.rule().to_string(),
            }));
        }
    }
    let bytes = table.into_inner().map_err(|e| anyhow::anyhow!("cannot write the table: {e}"))?;
    let mut report = Report::new().notes(faults.iter().map(|f| format!("  {f}"))).note(format!(
        "{} lines, {} schemes, on {on}: {} in, {} out, {} undetermined; {} lines could not be read",
        skus.len(),
        schemes.len(),
        counts.get("in").copied().unwrap_or_default(),
        counts.get("out").copied().unwrap_or_default(),
        counts.get("undetermined").copied().unwrap_or_default(),
        faults.len(),
    ));
    report = match &args.csv {
        Some(path) => {
            files::write(path, &bytes)?;
            report.result(path.display().to_string())
        }
        None => report.raw(bytes),
    };
    let exit = if faults.is_empty() { Exit::Done } else { Exit::Usage };
    Ok(report.exit(exit).field("on", on.to_string()).field("rows", rows).field("faults", faults))
}

/// The mode in force during the day, `none` before the first.
fn mode_on(scheme: &Scheme, on: Date) -> &'static str {
    scheme.mode_at(on.midnight()).map_or("none", Mode::name)
}

/// The lines that can be read, and what is wrong with the others.
fn spreadsheet(path: &Path, to: Option<Country>) -> Result<(Vec<Sku>, Vec<String>)> {
    let sheet = Sheet::read(path)?;
    for needed in ["sku", "hs"] {
        if !sheet.columns.iter().any(|column| column == needed) {
            let found = sheet.columns.join(", ");
            let fault = Fault::usage("COLUMN_MISSING", format!("{} has no column {needed:?}; its columns are {found}", path.display()));
            return Err(fault.hint("columns: sku, hs, hsEdition, origin, productId, destination, laserSource").into());
        }
    }
    let (mut skus, mut faults) = (Vec::new(), Vec::new());
    for row in &sheet.rows {
        match row.cells.clone().and_then(|cells| sku(&sheet.filled(&cells).collect(), to)) {
            Ok(sku) => skus.push(sku),
            Err(fault) => faults.push(format!("line {}: {fault}", row.line)),
        }
    }
    Ok((skus, faults))
}

fn sku(cells: &BTreeMap<&str, &str>, to: Option<Country>) -> Result<Sku, String> {
    let name = cells.get("sku").ok_or("the column sku is empty")?;
    let country = |column: &str| match cells.get(column) {
        Some(text) => text.parse::<Country>().map(Some).map_err(|e| format!("{column}: {e}")),
        None => Ok(None),
    };
    let edition = match cells.get("hsEdition") {
        Some(text) => text.parse::<HsEdition>().map_err(|e| format!("hsEdition: {e}"))?,
        None => HsEdition::Hs2022,
    };
    // Spreadsheets hold codes as `8507.60`.
    let code = cells.get("hs").map(|text| text.replace(['.', ' '], "").parse().map_err(|e| format!("hs: {e}"))).transpose()?;
    let product = cells.get("productId").map(|text| ProductId::normalise(text).map_err(|e| format!("productId: {e}"))).transpose()?;
    let own = ["sku", "hs", "hsEdition", "origin", "destination", "productId"];
    let attributes = cells.iter().filter(|(column, _)| !own.contains(*column));
    Ok(Sku {
        name: (*name).to_owned(),
        hs: code.map(|code| Hs { code, edition }),
        product: product.map(|id| id.to_string()),
        origin: country("origin")?,
        destination: country("destination")?.or(to),
        attributes: attributes.map(|(name, value)| Attribute { name: (*name).to_owned(), value: (*value).to_owned() }).collect(),
    })
}
