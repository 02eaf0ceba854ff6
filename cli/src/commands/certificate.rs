//! `eco certificate`: make, sign, record and replace certificates of origin, and the proof slips of their paper copies.

mod issue;
mod lines;
mod replace;

use crate::args::{CertificateCommand, CertificateNewArgs, SheetArgs, SlipArgs};
use crate::attached;
use crate::checking;
use crate::commands::{anchor, sign};
use crate::dates::rfc3339;
use crate::evidence::Gathered;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::fonts;
use crate::home::Home;
use crate::proving;
use crate::report::{Exit, Report};
use crate::secrets;
use anyhow::Result;
use eco_core::commitment::SummaryKey;
use eco_core::genesis::NetworkPurpose;
use eco_core::name::OrgId;
use eco_core::receipt::{Dating, Receipt};
use eco_core::slip::{Slip, SlipDefect, SlipView};
use eco_core::trust::TrustRoot;
use eco_core::verdict::Class;
use eco_documents::json;
use eco_documents::metadata::draft::fill;
use eco_documents::metadata::{CertificateMetadata, MetadataReport, read_metadata};
use eco_documents::pdf::{
    CHAMBER_FIELD, CertificateFields, Issuance, METADATA_FILE, SlipSheet, certificate, entry_address, read_pdf, slip,
};
use serde_json::json as object;
use std::path::Path;

/// Bytes of the largest metadata file: the strict reader's own bound.
const METADATA_BYTES_MAX: u64 = 256 << 10;

/// Runs `eco certificate`.
pub(crate) async fn run(command: &CertificateCommand, home: &Home, as_json: bool) -> Result<Report> {
    match command {
        CertificateCommand::New(args) => match (&args.metadata, &args.csv) {
            (Some(path), _) => new(path, args, home),
            (None, Some(csv)) => lines::run(csv, args, home, as_json),
            (None, None) => sample(args),
        },
        CertificateCommand::Issue(args) => issue::run(args, home, as_json).await,
        CertificateCommand::Sign(args) => sign::run(args, home, as_json).await,
        CertificateCommand::SignData(args) => proving::sign(args, |bytes| {
            let report = read_metadata(bytes);
            let findings = report.findings(&[]);
            let issuer = report.metadata.map(|metadata| metadata.issuer.id);
            proving::Found {
                fingerprint: report.fingerprint,
                flaws: report.flaws,
                advice: Vec::new(),
                findings,
                document: report.document.zip(issuer),
                check: "eco certificate check",
            }
        }),
        CertificateCommand::Anchor(args) => anchor::run(args, home, as_json).await,
        CertificateCommand::Replace(args) => replace::run(args, home, as_json).await,
        CertificateCommand::Check(args) => checking::run(&args.files, as_json, |bytes| {
            let MetadataReport { fingerprint, flaws, .. } = read_metadata(bytes);
            checking::Checked { fingerprint, flaws }
        }),
        CertificateCommand::Slip(args) => make_slip(args, home),
        CertificateCommand::CheckSlip { payload } => check_slip(payload, home),
    }
}

/// The sheet that metadata stands for, for the network of the trust root.
fn new(path: &Path, args: &CertificateNewArgs, home: &Home) -> Result<Report> {
    let given = files::read(path, METADATA_BYTES_MAX)?;
    let shown = path.display().to_string();
    let bytes = match &args.replaces {
        None => given,
        Some(old) => naming(&given, old, &shown)?,
    };
    let (_, metadata) = attached::metadata(&bytes, &shown)?;
    let (trust, issuer) = (home.trust_required()?, home.organisation(args.org)?);
    let (fields, pdf) = sheet_of(&metadata, &bytes, &args.sheet, issuer, home)?;
    let report = write(args, &fields, &pdf)?;
    Ok(report.field("metadata", shown).field("network", trust.network().to_string()).field("issuer", issuer.as_str()))
}

/// The metadata with the certificate that it replaces named in it, and a nonce of its own.
fn naming(metadata: &[u8], old: &Path, shown: &str) -> Result<Vec<u8>> {
    let document = json::read(metadata).map_err(|e| Fault::refused("JSON_NOT_STRICT", format!("{shown}: {e}")))?;
    let original = attached::original(old)?;
    let named = [
        ("replacesNumber", original.number),
        ("replacesDate", original.issue_date.to_string()),
        ("replacesFingerprint", original.fingerprint.to_string()),
    ];
    let line = named.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let filled = fill(Some(&document), &[line], &secrets::document_nonce()?);
    let filled = filled.map_err(|e| Fault::refused("FIELD_INVALID", format!("{shown}: {e}")))?;
    Ok(json::pretty(&filled).into_bytes())
}

/// The sheet of metadata, whose bytes are attached to it.
fn sheet_of(
    metadata: &CertificateMetadata,
    bytes: &[u8],
    args: &SheetArgs,
    issuer: OrgId,
    home: &Home,
) -> Result<(CertificateFields, Vec<u8>)> {
    let trust = home.trust_required()?;
    let gateway = home.gateway(args.gateway.as_deref())?;
    let entry = entry_address(&gateway, trust.network().as_bytes(), issuer.as_str(), metadata.number_normal.as_str());
    let is_specimen = trust.purpose() == NetworkPurpose::Test;
    let fields = CertificateFields::of_metadata(metadata, bytes, &Issuance { entry, is_specimen, nonce: secrets::nonce()? });
    let pdf = fonts::set_with(&args.fonts.font, |fonts| certificate(&fields, fonts))?;
    Ok((fields, pdf))
}

fn sample(args: &CertificateNewArgs) -> Result<Report> {
    let number = args.number.as_ref().map_or("", |number| number.as_str());
    let mut fields = CertificateFields::sample(number);
    fields.nonce = secrets::nonce()?;
    let samples = fields.items.clone();
    fields.items = samples.into_iter().cycle().take(usize::from(args.items)).collect();
    for (number, item) in (1u32..).zip(&mut fields.items) {
        item.number = number.to_string();
    }
    let pdf = fonts::set_with(&args.sheet.fonts.font, |fonts| certificate(&fields, fonts))?;
    write(args, &fields, &pdf)
}

fn write(args: &CertificateNewArgs, fields: &CertificateFields, pdf: &[u8]) -> Result<Report> {
    files::write(&args.out, pdf)?;
    let what = if fields.is_specimen { "a SPECIMEN" } else { "a certificate" };
    Ok(Report::new()
        .result(args.out.display().to_string())
        .note(format!("{what} with {} items; the field {CHAMBER_FIELD} awaits the issuing body's signature", fields.items.len()))
        .note(format!("its code opens {}", fields.entry))
        .field("file", args.out.display().to_string())
        .field("number", fields.number.as_str())
        .field("items", fields.items.len())
        .field("entry", fields.entry.as_str())
        .field("specimen", fields.is_specimen)
        .field("signature_field", CHAMBER_FIELD))
}

/// The slip of a recorded certificate. What is printed has been checked as its holder will check it.
fn make_slip(args: &SlipArgs, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let shown = args.file.display().to_string();
    let pdf = files::read(&args.file, files::DOCUMENT_BYTES_MAX)?;
    let (_, metadata) = attached::inside(&pdf, &shown)?.ok_or_else(|| {
        Fault::refused("METADATA_MISSING", format!("{shown} has no attached {METADATA_FILE}"))
            .hint("a slip opens what was recorded from the metadata; a certificate made by eco certificate new has it inside")
    })?;
    let receipt = receipt_of(args, &pdf, &trust)?;
    let issuer = receipt.entry.entry().author;
    let text = metadata.summary(&issuer).map_err(|e| Fault::refused("FIELD_INVALID", format!("{shown}: {e}")))?;
    let slip_of = Slip { key: SummaryKey::of(&metadata.nonce()), text, receipt: receipt.to_file() };
    let payload = slip_of.to_file().map_err(|e| fault(&e))?;
    let view = slip_of.verify(&trust).map_err(|e| fault(&e))?;
    let recorded = format!("recorded by {issuer} {}", dated(&view));
    let network = format!("{} {}", trust.name(), trust.network());
    let country = metadata.exporter.country.map_or_else(String::new, |country| country.to_string());
    let sheet = SlipSheet {
        text: &slip_of.text,
        payload: &payload,
        recorded: &recorded,
        network: &network,
        country: &country,
        is_specimen: trust.purpose() == NetworkPurpose::Test,
        nonce: secrets::nonce()?,
    };
    let made = fonts::set_with(&args.fonts.font, |fonts| slip(&sheet, fonts))?;
    let out = args.out.clone().unwrap_or_else(|| args.file.with_extension("slip.pdf"));
    files::write(&out, &made)?;
    let mut report = Report::new()
        .result(out.display().to_string())
        .note(format!("{recorded}; the code holds {} bytes", payload.len()))
        .note("confidential as the certificate itself: whoever has it can read the printed fields")
        .field("file", out.display().to_string())
        .field("bytes", payload.len());
    if let Some(path) = &args.payload {
        files::write(path, &payload)?;
        report = report.field("payload", path.display().to_string());
    }
    Ok(report)
}

/// The first receipt at hand that holds and is about this file.
fn receipt_of(args: &SlipArgs, pdf: &[u8], trust: &TrustRoot) -> Result<Receipt> {
    let findings = read_pdf(pdf);
    let mut gathered = Gathered::from_files(Some(&args.file), &args.receipt)?;
    for bytes in findings.stapled {
        gathered.add("inside the certificate".into(), bytes);
    }
    let mut refused = Vec::new();
    for exhibit in &gathered.receipts {
        let checked = Receipt::from_file(&exhibit.bytes, trust).and_then(|receipt| receipt.verify(trust).map(|_| receipt));
        match checked {
            Ok(receipt) => match &receipt.entry.entry().statement {
                eco_core::statement::Statement::Anchor(anchor)
                    if findings
                        .candidates
                        .iter()
                        .any(|c| c.fingerprint == anchor.fingerprint && c.signature_hash == anchor.signature_hash) =>
                {
                    return Ok(receipt);
                }
                _ => refused.push(format!("{}: it is of another document", exhibit.source)),
            },
            Err(defect) => refused.push(format!("{}: {defect}", exhibit.source)),
        }
    }
    let what = if refused.is_empty() { "there is none beside or inside it".to_owned() } else { refused.join("; ") };
    Err(Fault::unverifiable("RECEIPT_MISSING", format!("{}: no receipt of this certificate holds: {what}", args.file.display()))
        .hint("record it: eco anchor; or fetch its receipt: eco receipt get FILE")
        .into())
}

/// What the code on a slip shows: the fields to compare with the paper, by whom and when they were recorded.
fn check_slip(path: &Path, home: &Home) -> Result<Report> {
    let trust = home.trust_required()?;
    let found = Slip::from_file(&files::read(path, ECO_BYTES_MAX)?).map_err(|e| fault(&e))?;
    let view = found.verify(&trust).map_err(|e| fault(&e))?;
    let copy = view.copy.map_or_else(String::new, |copy| format!(", certified true copy {copy}"));
    let is_specimen = trust.purpose() == NetworkPurpose::Test;
    let mut report = Report::new()
        .exit(Exit::Done)
        .result(format!("these fields were recorded by {} {}{copy}", view.issuer, dated(&view)))
        .note("compare them with the paper:")
        .notes(found.text.as_str().lines().skip(1).map(|line| format!("  {line}")))
        .note("not shown: whether the certificate is in force today, how the paper looks, anything else on it");
    if is_specimen {
        report = report.note("SPECIMEN: recorded on a test network, without value");
    }
    let number = found.text.as_str().lines().nth(1).unwrap_or_default();
    Ok(report
        .note(format!("its status today: eco status --issuer {} --number {number}", view.issuer))
        .field("issuer", view.issuer.as_str())
        .field("document", view.document.to_string())
        .field("kind", view.kind.name())
        .field("number", number)
        .field("copy", view.copy)
        .field("specimen", is_specimen)
        .field("fields", found.text.as_str().lines().skip(1).collect::<Vec<_>>())
        .field("recorded", recorded_json(&view)))
}

fn dated(view: &SlipView) -> String {
    match view.dating {
        Dating::Dated { height, time } => format!("at {} (block {height})", rfc3339(time)),
        Dating::ExistenceOnly { height, time } => format!("not after {} (block {height})", rfc3339(time)),
    }
}

fn recorded_json(view: &SlipView) -> serde_json::Value {
    match view.dating {
        Dating::Dated { height, time } => object!({ "at": rfc3339(time), "height": height.0 }),
        Dating::ExistenceOnly { height, time } => object!({ "not_after": rfc3339(time), "height": height.0 }),
    }
}

/// The fault that a slip's defect is, by the class of its code.
fn fault(defect: &SlipDefect) -> Fault {
    let code = defect.code();
    match code.class() {
        Class::Untrustworthy => Fault::refused(code.name(), format!("{}: {defect}", code.sentence())),
        _ => Fault::unverifiable(code.name(), defect.to_string()),
    }
}
