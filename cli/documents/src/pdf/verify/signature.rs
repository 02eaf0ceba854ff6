//! One signature: where its bytes lie, whether it verifies, whether it is PAdES.

use super::standing::{last_millisecond, milliseconds};
use super::timestamp;
use super::{SignatureKind, SignatureReport, finding};
use crate::pdf::cms::{self, ContentKind, SignedData};
use crate::pdf::diff::Sealed;
use crate::pdf::permissions;
use crate::pdf::raw::{Dict, Kind, ObjectId, Pdf, Span, Value};
use crate::pdf::staple;
use crate::pdf::tree::SignatureField;
use crate::pki::algorithm::AlgorithmDefect;
use crate::pki::{Certificate, oid};
use crate::time::Civil;
use eco_core::verdict::{Candidate, Code, Finding, SignerStanding};
use eco_core::{Fingerprint, SignatureHash, SpkiHash};

/// A signature whose byte ranges are proven to be all of its revision but its own `/Contents`.
#[derive(Debug, Clone)]
pub(crate) struct Located<'p> {
    pub(crate) field: String,
    field_id: ObjectId,
    widget: ObjectId,
    pub(crate) id: ObjectId,
    pub(crate) kind: SignatureKind,
    pub(crate) revision: usize,
    dict: &'p Dict,
    field_dict: &'p Dict,
    /// DocMDP `/P`, if it certifies.
    certification: Option<u8>,
    pub(crate) offset: usize,
    /// The `<...>` token.
    pub(crate) gap: Span,
    pub(crate) contents: &'p [u8],
    end: usize,
}

impl Located<'_> {
    /// One past the last covered byte.
    pub(crate) const fn covered_end(&self) -> usize {
        self.end
    }

    /// What the comparison of revisions needs to know of it.
    pub(crate) fn sealed(&self, pdf: &Pdf<'_>) -> Sealed {
        Sealed {
            dictionary: self.id.number,
            field: self.field_id.number,
            widget: self.widget.number,
            name: self.field.clone(),
            revision: self.revision,
            is_timestamp: self.kind == SignatureKind::DocumentTimestamp,
            certifies: self.certification,
            permission: permissions::permission(pdf, self.revision, self.dict, self.field_dict),
            locks: permissions::locks(pdf, self.revision, self.dict, self.field_dict),
        }
    }

    /// The two covered ranges.
    pub(crate) const fn spans(&self) -> [Span; 2] {
        [Span { start: 0, end: self.gap.start }, Span { start: self.gap.end, end: self.end }]
    }

    fn ranges<'a>(&self, bytes: &'a [u8]) -> [&'a [u8]; 2] {
        self.spans().map(|span| span.of(bytes))
    }
}

/// Checks the geometry of `/ByteRange` against the span of this dictionary's own `/Contents`.
pub(crate) fn locate<'p>(pdf: &'p Pdf<'_>, field: &SignatureField<'p>, id: ObjectId) -> Result<Located<'p>, Finding> {
    let invalid =
        |what: &str, at: usize| Err(finding(Code::PdfSignatureInvalid, format!("signature {}: {what}", field.name), at, Some(id)));
    let holder = pdf.revisions.iter().enumerate().find_map(|(index, revision)| {
        revision.objects.get(&id.number).filter(|object| object.id == id).map(|object| (index, revision, object))
    });
    let Some((revision, holder, object)) = holder else { return invalid("its dictionary is missing", 0) };
    let at = object.span.start;
    let Some(dict) = object.value.as_dict().filter(|_| object.container.is_none() && object.stream.is_none()) else {
        return invalid("its dictionary is compressed or no dictionary", at);
    };
    if dict.get("Type").is_some() && !dict.is("Type", "Sig") && !dict.is("Type", "DocTimeStamp") {
        return invalid("its dictionary has a /Type other than Sig and DocTimeStamp", at);
    }
    let Some(contents) = dict.get("Contents") else { return invalid("/Contents is missing", at) };
    let Kind::Hex(octets) = &contents.kind else { return invalid("/Contents is no hexadecimal string", at) };
    let range = dict.get("ByteRange").and_then(Value::as_array);
    let numbers: Vec<usize> = range.unwrap_or_default().iter().map_while(Value::as_usize).collect();
    let ([start, length, second, rest], Some(4)) = (numbers.as_slice(), range.map(<[Value]>::len)) else {
        return invalid("/ByteRange is missing or not four integers", at);
    };
    if *start != 0 {
        return invalid("/ByteRange does not begin at byte 0", at);
    }
    let gap = contents.span;
    if *length != gap.start || *second != gap.end {
        let what = format!("/ByteRange leaves out {length}..{second}, its /Contents is {}..{}", gap.start, gap.end);
        return invalid(&what, at);
    }
    let end = second.saturating_add(*rest);
    // With or without the end of line after %%EOF.
    if end < holder.eof_end || end > holder.span.end {
        let what = format!("/ByteRange ends at {end}, its revision at {}", holder.span.end);
        return invalid(&what, at);
    }
    let is_timestamp = dict.is("Type", "DocTimeStamp") || dict.is("SubFilter", "ETSI.RFC3161");
    let kind = if is_timestamp { SignatureKind::DocumentTimestamp } else { SignatureKind::Signature };
    let Some(widget) = field.widgets.first().copied() else { return invalid("it has no widget", at) };
    let digits = Span { start: gap.start + 1, end: gap.end - 1 }.of(pdf.bytes);
    if digits.len() != 2 * octets.len() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return invalid("/Contents has other characters than pairs of hexadecimal digits", at);
    }
    Ok(Located {
        field: field.name.clone(),
        field_id: field.id,
        widget,
        id,
        kind,
        revision,
        dict,
        field_dict: field.dict,
        certification: permissions::certification(pdf, revision, dict),
        offset: at,
        gap,
        contents: octets,
        end,
    })
}

/// What checking one signature gave.
pub(crate) struct Outcome {
    pub(crate) report: SignatureReport,
    pub(crate) findings: Vec<Finding>,
    pub(crate) checks: Vec<String>,
    pub(crate) candidate: Option<Candidate>,
    /// The receipt stapled to it, a candidate.
    pub(crate) stapled: Option<Vec<u8>>,
}

impl Outcome {
    fn new(found: &Located<'_>) -> Self {
        let claimed = found.dict.get("M").and_then(Value::as_string).and_then(pdf_date);
        Self {
            report: SignatureReport {
                field: found.field.clone(),
                dictionary: found.id,
                kind: found.kind,
                revision: found.revision,
                byte_range: [0, found.gap.start, found.gap.end, found.end.saturating_sub(found.gap.end)],
                is_intact: false,
                fingerprint: None,
                signature_hash: None,
                signer: None,
                signer_name: None,
                certificate: None,
                not_before: None,
                not_after: None,
                claimed_time: claimed,
                method: None,
                certification: found.certification,
                names_certificate: false,
                timestamps: Vec::new(),
                level: None,
                level_gap: None,
            },
            findings: Vec::new(),
            checks: Vec::new(),
            candidate: None,
            stapled: None,
        }
    }

    fn find(&mut self, found: &Located<'_>, code: Code, what: &str) {
        let detail = format!("signature {}: {what}", found.field);
        self.findings.push(finding(code, detail, found.offset, Some(found.id)));
    }

    fn describe(&mut self, certificate: &Certificate<'_>) {
        let report = &mut self.report;
        report.signer = Some(SpkiHash::of(certificate.spki));
        report.signer_name = certificate.subject_name();
        report.certificate = Some(certificate.der.to_vec());
        report.not_before = Some(certificate.not_before);
        report.not_after = Some(certificate.not_after);
    }
}

/// `D:YYYYMMDDhhmmss` with `Z` or an offset, as Unix seconds.
fn pdf_date(text: &[u8]) -> Option<i64> {
    let rest = text.strip_prefix(b"D:")?;
    let (digits, zone) = rest.split_at_checked(14)?;
    let local = Civil::of_digits(digits)?.unix()?;
    let number = |from: usize| -> Option<i64> { core::str::from_utf8(zone.get(from..from + 2)?).ok()?.parse().ok() };
    let offset = match zone.first() {
        None | Some(b'Z') => 0,
        Some(sign @ (b'+' | b'-')) => {
            let seconds = number(1)? * 3_600 + number(4).unwrap_or(0) * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        Some(_) => return None,
    };
    Some(local - offset)
}

const fn code_of(defect: &AlgorithmDefect) -> Code {
    match defect {
        AlgorithmDefect::Weak(_) => Code::AlgorithmWeak,
        AlgorithmDefect::Unsupported(_) => Code::AlgorithmUnsupported,
        AlgorithmDefect::Bad(_) => Code::PdfSignatureInvalid,
    }
}

/// Verifies one signature. `is_newest`: of those that are no timestamps; that one is the first to be looked
/// up on the log, so it must name its certificate inside.
pub(crate) fn check(pdf: &Pdf<'_>, found: &Located<'_>, is_newest: bool) -> Outcome {
    let mut outcome = Outcome::new(found);
    if found.kind == SignatureKind::DocumentTimestamp {
        let [before, after] = found.ranges(pdf.bytes);
        match timestamp::check_document(found.contents, &[before, after]) {
            Ok(token) => {
                outcome.report.is_intact = true;
                outcome.report.claimed_time = Some(token.time);
                outcome.report.method = Some(token.method);
                outcome.report.signer_name = token.authority;
                outcome.checks.push(format!("document timestamp {} holds", found.field));
            }
            Err((code, what)) => outcome.find(found, code, &what),
        }
        return outcome;
    }
    match found.dict.name("SubFilter") {
        Some(b"ETSI.CAdES.detached") => {}
        Some(b"adbe.pkcs7.detached") => {
            outcome.find(found, Code::PdfProfileViolation, "/SubFilter is adbe.pkcs7.detached, not ETSI.CAdES.detached");
        }
        Some(b"adbe.pkcs7.sha1" | b"adbe.x509.rsa_sha1") => {
            outcome.find(found, Code::AlgorithmWeak, "its /SubFilter rests on SHA-1");
            return outcome;
        }
        other => {
            // Changed bytes are told from an unknown method by trying the one known.
            let name = String::from_utf8_lossy(other.unwrap_or(b"none")).into_owned();
            match check_cms(pdf, found, is_newest, &mut outcome) {
                Ok(()) => outcome.find(found, Code::AlgorithmUnsupported, &format!("/SubFilter {name} is not known")),
                Err((code, what)) => outcome.find(found, code, &what),
            }
            outcome.candidate = None;
            return outcome;
        }
    }
    if let Err((code, what)) = check_cms(pdf, found, is_newest, &mut outcome) {
        outcome.find(found, code, &what);
    }
    outcome
}

type Failure = (Code, String);

fn check_cms(pdf: &Pdf<'_>, found: &Located<'_>, is_newest: bool, outcome: &mut Outcome) -> Result<(), Failure> {
    let malformed = |defect: crate::asn1::Asn1Defect| (Code::PdfSignatureInvalid, defect.to_string());
    let der = cms::strip_padding(found.contents).map_err(malformed)?;
    let signed = SignedData::parse(der, ContentKind::Data).map_err(malformed)?;
    let certificate = signed.signer_certificate().map_err(malformed)?;
    outcome.describe(&certificate);
    let [before, after] = found.ranges(pdf.bytes);
    let method = signed.verify(&certificate, &[before, after]).map_err(|defect| (code_of(&defect), defect.to_string()))?;
    match signed.check_signing_certificate(&certificate) {
        Ok(()) => outcome.report.names_certificate = true,
        // Without it the octets could be shown under another certificate: never the one on the log.
        Err(what) if is_newest || signed.has_attribute(oid::SIGNING_CERTIFICATE_V2) => {
            return Err((Code::PdfSignatureInvalid, what));
        }
        Err(what) => outcome.find(found, Code::PdfProfileViolation, &what),
    }
    let fingerprint = Fingerprint::of_pdf_ranges(before, after);
    let signature_hash = SignatureHash::of_pdf(&signed.attributes_der, certificate.der);
    outcome.report.is_intact = true;
    outcome.report.fingerprint = Some(fingerprint);
    outcome.report.method = Some(method.clone());
    if outcome.report.names_certificate {
        outcome.report.signature_hash = Some(signature_hash);
        outcome.candidate = Some(Candidate {
            fingerprint,
            signature_hash: Some(signature_hash),
            signer: outcome.report.signer,
            signer_name: outcome.report.signer_name.clone(),
            signer_valid: Some((milliseconds(certificate.not_before), last_millisecond(certificate.not_after))),
            standing: SignerStanding::default(),
            key: None,
        });
    }
    let name = outcome.report.signer_name.clone().unwrap_or_else(|| "an unnamed key".into());
    outcome.checks.push(format!("signature {} by {name} verifies: {method}", found.field));
    check_profile(pdf, found, &signed, &certificate, outcome);
    check_staple(found, &signed, outcome);
    Ok(())
}

/// `D:` and a year: all that a date must have (7.9.4).
fn begins_as_date(text: &[u8]) -> bool {
    text.strip_prefix(b"D:").and_then(|rest| rest.get(..4)).is_some_and(|year| year.iter().all(u8::is_ascii_digit))
}

/// PAdES B-B and ISO/TS 32002 beyond the mathematics.
fn check_profile(pdf: &Pdf<'_>, found: &Located<'_>, signed: &SignedData<'_>, certificate: &Certificate<'_>, outcome: &mut Outcome) {
    if signed.has_attribute(oid::SIGNING_TIME) {
        outcome.find(found, Code::PdfProfileViolation, "a signing-time attribute; /M carries the time");
    }
    if outcome.report.claimed_time.is_none() {
        // Others stop reading at what does not even begin as a date.
        let is_none = found.dict.get("M").is_some_and(|time| !time.as_string().is_some_and(begins_as_date));
        let code = if is_none { Code::PdfSignatureInvalid } else { Code::PdfProfileViolation };
        outcome.find(found, code, "/M is missing or no date");
    }
    let is_ed25519 = outcome.report.method.as_deref().is_some_and(|method| method.starts_with("Ed25519"));
    if is_ed25519 && signed.has_algorithm_parameters() {
        outcome.find(found, Code::PdfProfileViolation, "Ed25519 with parameters (RFC 8419 wants none)");
    }
    if is_ed25519 && !declares_iso_32002(pdf, found.revision) {
        outcome.find(found, Code::PdfProfileViolation, "Ed25519 without the ISO_ 32002 extension in the catalog");
    }
    match outcome.report.certification {
        None | Some(1 | 2) => {}
        Some(3) => outcome.find(found, Code::PdfProfileViolation, "certified with DocMDP P other than 1 and 2"),
        Some(_) => outcome.find(found, Code::PdfSignatureInvalid, "certified with a DocMDP P that does not exist: 1, 2 and 3 do"),
    }
    if !certificate.may_sign() {
        outcome.find(found, Code::SignerCertInvalid, "its certificate's key usage does not allow signatures");
    }
}

/// Whether the catalog of the signed revision declares ISO/TS 32002.
fn declares_iso_32002(pdf: &Pdf<'_>, revision: usize) -> bool {
    let Some((_, catalog)) = pdf.catalog_at(revision) else { return false };
    let Some(extensions) = pdf.get_at(revision, catalog, "Extensions").and_then(Value::as_dict) else { return false };
    let Some(entry) = pdf.get_at(revision, extensions, "ISO_") else { return false };
    let declares = |value: &Value| {
        pdf.resolve_at(revision, value)
            .and_then(Value::as_dict)
            .is_some_and(|dict| dict.get("ExtensionLevel").and_then(Value::as_integer) == Some(32002))
    };
    entry.as_array().map_or_else(|| declares(entry), |items| items.iter().any(declares))
}

/// A stapled receipt is handed on unread; whatever else is attached is reported and ignored.
fn check_staple(found: &Located<'_>, signed: &SignedData<'_>, outcome: &mut Outcome) {
    let sorted = staple::sort(&signed.unsigned);
    if sorted.surplus > 0 {
        let what = format!("{} stapled receipts beyond the first are ignored", sorted.surplus);
        outcome.find(found, Code::PdfProfileViolation, &what);
    }
    if sorted.others > 0 {
        outcome.checks.push(format!("signature {}: {} unsigned attributes of other kinds ignored", found.field, sorted.others));
    }
    outcome.stapled = sorted.staple;
}
