//! Signs a PDF by incremental update: old bytes verbatim, one signature added, checked before it is given out.
//!
//! In two phases, so that the key may live elsewhere: [`prepare`] gives the bytes to sign, [`finish`] puts
//! the signature in. Nonce and time are arguments; equal arguments give equal files.

mod appearance;
mod archive;
mod plan;
mod splice;
mod update;

pub(super) use archive::{Stamped, with_document_timestamp, with_store};

use super::active;
use super::cms::{SignatureProfile, build};
use super::condemns;
use super::contents::{TooLittle, fill};
use super::font::FontFile;
use super::raw::{Pdf, Span, StructureDefect};
use super::verify::{PdfReport, inspect_pdf, unfilled};
use crate::asn1;
use crate::pki::Certificate;
use eco_core::verdict::Code;

/// Room left in `/Contents` beside the signature: a timestamp token (8 KiB) and a stapled receipt (4 KiB).
pub const RESERVE_BYTES: usize = 12 << 10;
/// Largest reserve that may be asked for, in bytes.
pub const MAX_RESERVE_BYTES: usize = 1 << 20;

/// Where a new signature field goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Placement {
    /// Nowhere: a field without area.
    Invisible,
    /// In a rectangle of a page. Only in a file not signed yet.
    Visible {
        /// Index of the page, from 0.
        page: usize,
        /// Left, bottom, right, top in points.
        rectangle: [f64; 4],
    },
}

/// How to sign.
#[derive(Debug, Clone, PartialEq)]
pub struct SignOptions {
    /// 16 random bytes, inside the signed bytes: no fingerprint can be guessed from content.
    pub nonce: [u8; 16],
    /// Time claimed in `/M`, Unix seconds.
    pub signing_time: i64,
    /// Name of the signature field. `None`: the only empty one, or a new one.
    pub field: Option<String>,
    /// Where a field goes if it must be added.
    pub placement: Placement,
    /// `/Reason`
    pub reason: Option<String>,
    /// `/Location`
    pub location: Option<String>,
    /// `/Name`: the signer for people; by default as the certificate says.
    pub name: Option<String>,
    /// Address of the verification entry, shown as a QR code where the field has room for one of 20 mm.
    pub entry: Option<String>,
    /// Font files for names that the built-in font has no letters for.
    pub fonts: Vec<FontFile>,
    /// Room in `/Contents` beyond the signature, in bytes; [`RESERVE_BYTES`] by default.
    pub reserve_bytes: usize,
}

impl SignOptions {
    /// Fill the empty field or add an invisible one, without further text.
    #[must_use]
    pub const fn new(nonce: [u8; 16], signing_time: i64) -> Self {
        Self {
            nonce,
            signing_time,
            field: None,
            placement: Placement::Invisible,
            reason: None,
            location: None,
            name: None,
            entry: None,
            fonts: Vec::new(),
            reserve_bytes: RESERVE_BYTES,
        }
    }
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerIdentity {
    /// Kind of signature; the certificate's key must be of that kind.
    pub profile: SignatureProfile,
    /// The signer's certificate, DER.
    pub certificate: Vec<u8>,
    /// Certificates above it, root excluded, DER.
    pub chain: Vec<Vec<u8>>,
}

impl SignerIdentity {
    /// Whoever a certificate is for, by the usual profile of its key unless another is asked for.
    ///
    /// # Errors
    /// A certificate that cannot be read, or whose key does not sign by that profile.
    pub fn of_certificate(certificate: Vec<u8>, asked: Option<SignatureProfile>) -> Result<Self, SignError> {
        let parsed = Certificate::parse(&certificate).map_err(|defect| SignError::Certificate(defect.to_string()))?;
        let profiles = SignatureProfile::of_key(&parsed);
        let profile = asked.or_else(|| profiles.first().copied()).filter(|profile| profiles.contains(profile));
        let wrong = || SignError::Certificate(format!("its key signs by {profiles:?}, asked for is {asked:?}"));
        Ok(Self { profile: profile.ok_or_else(wrong)?, certificate, chain: Vec::new() })
    }
}

/// The DER form, `SEQUENCE { r, s }`, of an ECDSA P-256 signature of 64 octets, r before s, as tokens give it.
#[must_use]
pub fn ecdsa_der(octets: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = octets.split_at_checked(32).filter(|(_, s)| s.len() == 32)?;
    Some(asn1::sequence(&[&asn1::unsigned(r), &asn1::unsigned(s)]))
}

/// Something that can sign: a key file, a token.
pub trait Signer {
    /// Whose signature it makes.
    fn identity(&self) -> &SignerIdentity;
    /// Signs these bytes (it hashes them itself): DER `SEQUENCE { r, s }`, 64 octets of Ed25519, or those of RSA.
    fn sign(&self, to_sign: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A signer with its key in memory.
#[derive(Debug, Clone)]
pub struct KeySigner {
    identity: SignerIdentity,
    key: crate::keys::SecretKey,
}

impl KeySigner {
    /// From a key and the certificate for it.
    pub fn new(key: crate::keys::SecretKey, certificate: Vec<u8>, chain: Vec<Vec<u8>>) -> Result<Self, SignError> {
        let profile = match key.algorithm() {
            crate::keys::KeyAlgorithm::P256 => SignatureProfile::Viewer,
            crate::keys::KeyAlgorithm::Ed25519 => SignatureProfile::Iso32002,
        };
        let parsed = Certificate::parse(&certificate).map_err(|defect| SignError::Certificate(defect.to_string()))?;
        if parsed.spki != key.spki() {
            return Err(SignError::Certificate("it is for another key than the one given".into()));
        }
        Ok(Self { identity: SignerIdentity { profile, certificate, chain }, key })
    }
}

impl Signer for KeySigner {
    fn identity(&self) -> &SignerIdentity {
        &self.identity
    }

    fn sign(&self, to_sign: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.key.sign(to_sign))
    }
}

/// Why a PDF was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The file is one that our own verifier refuses.
    #[error("the file cannot be signed: {0}")]
    Structure(#[from] StructureDefect),
    /// It already has signatures, and they are not in order.
    #[error("the file cannot be signed: {code}: {detail} (at byte {offset})")]
    NotClean {
        /// What is wrong with it.
        code: Code,
        /// In which way.
        detail: String,
        /// Where, as byte offset.
        offset: u64,
    },
    /// It acts instead of showing: nobody could say later what was signed.
    #[error("the file cannot be signed: {what} (object {object}, at byte {offset}); take it out first")]
    Active {
        /// What was found.
        what: String,
        /// The object that has it.
        object: super::raw::ObjectId,
        /// Where, as byte offset.
        offset: usize,
    },
    /// Something in it cannot be extended without changing what it means.
    #[error("the file cannot be signed: {0}")]
    Form(String),
    /// The field asked for cannot be used.
    #[error("signature field {name:?}: {what}; empty fields: {empty:?}")]
    Field {
        /// The name asked for, empty if none was.
        name: String,
        /// Why not.
        what: &'static str,
        /// Names of the fields that could be filled.
        empty: Vec<String>,
    },
    /// The appearance has letters that no font has.
    #[error("the signature's appearance: no font has a glyph for {letters:?}")]
    Glyphs {
        /// The letters.
        letters: String,
    },
    /// The certificate does not fit.
    #[error("the signer's certificate: {0}")]
    Certificate(String),
    /// The signature does not fit into the room reserved.
    #[error("the signature takes {needed} bytes, {reserved} are reserved; sign again with more")]
    Room {
        /// Bytes of the CMS.
        needed: usize,
        /// Bytes reserved for it.
        reserved: usize,
    },
    /// The key did not sign.
    #[error("the key did not sign: {0}")]
    Key(String),
    /// Our own verifier does not accept the result: nothing is given out.
    #[error("the signed file does not verify: {0}")]
    SelfCheck(String),
}

/// A file with its signature still missing.
#[derive(Debug, Clone)]
pub struct Prepared {
    bytes: Vec<u8>,
    /// The `<...>` of `/Contents`.
    gap: Span,
    attributes: Vec<u8>,
    identity: SignerIdentity,
    field: String,
}

impl Prepared {
    /// The bytes to sign: DER of the signed attributes. Sign them, not a digest of them.
    #[must_use]
    pub fn to_sign(&self) -> &[u8] {
        &self.attributes
    }

    /// The file, with room for the signature: what [`Self::reopen`] takes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A prepared file that was put away while its signature was made elsewhere.
    ///
    /// What is to be signed is computed again, so a file or certificate that is not the one prepared asks for another
    /// signature than the one that was made.
    ///
    /// # Errors
    /// A file that the strict reader refuses, or whose last revision has no empty signature.
    pub fn reopen(bytes: Vec<u8>, identity: SignerIdentity) -> Result<Self, SignError> {
        let found = unfilled(&bytes)?;
        let (field, gap, ranges) = found.ok_or_else(|| SignError::Form("its last revision has no signature that is still empty".into()))?;
        let digest = identity.profile.digest().digest(&ranges.map(|range| range.of(&bytes)));
        let attributes = build::signed_attributes(identity.profile, &digest, &identity.certificate);
        Ok(Self { bytes, gap, attributes, identity, field })
    }

    /// Name of the field that is signed.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }
}

/// Adds a signature field's content to a file, everything but the signature itself.
pub fn prepare(pdf: &[u8], identity: &SignerIdentity, options: &SignOptions) -> Result<Prepared, SignError> {
    check_identity(identity, options)?;
    let parsed = read_clean(pdf)?;
    let dry = build::signed_data(
        identity.profile,
        &build::signed_attributes(identity.profile, &identity.profile.digest().digest(&[]), &identity.certificate),
        &identity.certificate,
        &identity.chain,
        &vec![0; identity.profile.longest_signature()],
    )
    .map_err(|defect| SignError::Certificate(defect.to_string()))?;
    let reserved = dry.len() + options.reserve_bytes.min(MAX_RESERVE_BYTES);
    let mut planned = plan::plan(&parsed, identity, options, reserved)?;
    planned.fill_byte_range()?;
    let digest = identity.profile.digest().digest(&planned.ranges());
    let plan::Planned { bytes, gap, field, .. } = planned;
    let attributes = build::signed_attributes(identity.profile, &digest, &identity.certificate);
    Ok(Prepared { bytes, gap, attributes, identity: identity.clone(), field })
}

/// Puts the signature in and has the result verified.
pub fn finish(prepared: Prepared, signature: &[u8]) -> Result<Vec<u8>, SignError> {
    finish_and_read(prepared, signature).map(|(bytes, _)| bytes)
}

/// [`finish`], with what our own verifier found in the result.
fn finish_and_read(prepared: Prepared, signature: &[u8]) -> Result<(Vec<u8>, PdfReport), SignError> {
    let Prepared { mut bytes, gap, attributes, identity, field } = prepared;
    let cms = build::signed_data(identity.profile, &attributes, &identity.certificate, &identity.chain, signature)
        .map_err(|defect| SignError::Certificate(defect.to_string()))?;
    fill(&mut bytes, gap, &cms).map_err(|TooLittle { needed, reserved }| SignError::Room { needed, reserved })?;
    let report = inspect_pdf(&bytes);
    if let Some(bad) = report.findings.findings.iter().find(|finding| condemns(finding.code)) {
        return Err(SignError::SelfCheck(format!("{}: {}", bad.code, bad.detail)));
    }
    match report.signatures.first() {
        Some(newest) if newest.is_intact && newest.field == field => Ok((bytes, report)),
        _ => Err(SignError::SelfCheck(format!("the signature in field {field} is not the newest"))),
    }
}

/// [`prepare`], sign and [`finish`] in one.
pub fn sign(pdf: &[u8], options: &SignOptions, signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
    sign_and_read(pdf, options, signer).map(|(bytes, _)| bytes)
}

/// [`sign`], with what our own verifier found in the result: it need not be read again.
pub fn sign_and_read(pdf: &[u8], options: &SignOptions, signer: &dyn Signer) -> Result<(Vec<u8>, PdfReport), SignError> {
    let prepared = prepare(pdf, signer.identity(), options)?;
    let signature = signer.sign(prepared.to_sign())?;
    finish_and_read(prepared, &signature)
}

/// A file is signed only if it is unsigned and sound, or signed and clean.
fn read_clean(pdf: &[u8]) -> Result<Pdf<'_>, SignError> {
    let report = inspect_pdf(pdf);
    let bad = report.findings.findings.into_iter().find(|finding| condemns(finding.code) && finding.code != Code::PdfSignatureMissing);
    if let Some(finding) = bad {
        let offset = finding.place.map_or(0, |place| place.offset);
        return Err(SignError::NotClean { code: finding.code, detail: finding.detail, offset });
    }
    let parsed = Pdf::parse(pdf)?;
    match active::find(&parsed, parsed.revisions.len().saturating_sub(1)).into_iter().next() {
        Some(active) => Err(SignError::Active { what: active.what(), object: active.object, offset: active.offset }),
        None => Ok(parsed),
    }
}

fn check_identity(identity: &SignerIdentity, options: &SignOptions) -> Result<(), SignError> {
    let refuse = |what: String| Err(SignError::Certificate(what));
    let certificate = match Certificate::parse(&identity.certificate) {
        Ok(certificate) => certificate,
        Err(defect) => return refuse(defect.to_string()),
    };
    if !certificate.may_sign() {
        return refuse("its key usage allows neither digitalSignature nor nonRepudiation".into());
    }
    if options.signing_time < certificate.not_before || options.signing_time > certificate.not_after {
        return refuse(format!(
            "it is valid from {} to {}, the signing time is {} (Unix seconds)",
            certificate.not_before, certificate.not_after, options.signing_time
        ));
    }
    if !SignatureProfile::of_key(&certificate).contains(&identity.profile) {
        return refuse(format!("its key is not of the kind that the profile {:?} signs with", identity.profile));
    }
    Ok(())
}
