//! Typed values that the rules of eligibility work on, as documents state them (SPEC section 14.4).
//!
//! A reader of documents fills these from bytes and reports, as findings of its own, what is not in form
//! (`FIELD_MISSING`, `FIELD_INVALID`, `UNKNOWN_FIELD`). Where a member's rule has a code of its own, the
//! reader leaves the absence to `judge`: the comment says which code `None` gives.

use crate::commitment::{Nonce, SummaryFields};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::fingerprint::Fingerprint;
use crate::name::{Country, OrgId, Timestamp};
use crate::number::CertificateNumber;
use crate::scheme::{Assurance, Attribute, Boundary, Hs};
use alloc::string::String;
use alloc::vec::Vec;

/// What a document says about itself, where it can be read as data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Facts {
    /// No data: a plain file, or a PDF without metadata.
    #[default]
    None,
    /// A certificate or declaration of origin.
    Certificate(alloc::boxed::Box<CertificateFacts>),
    /// A carbon passport.
    Passport(alloc::boxed::Box<PassportFacts>),
}

/// A party that a document names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// Its identifier (`did:web:..`, `did:key:..`, `urn:..`); empty where none is stated.
    pub id: String,
    /// Its legal name.
    pub name: String,
    /// The organisation that the registry binds the identifier to; `None` where that is not established.
    pub organisation: Option<OrgId>,
}

/// A decimal, or a text that should have been one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stated {
    /// One number.
    Number(Decimal),
    /// Anything else, as written (or the JSON text of a list or object): a range, an estimate, words.
    Text(String),
}

/// A carbon passport as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassportFacts {
    /// Method `jcs`.
    pub fingerprint: Fingerprint,
    /// `credentialSubject.nonce`; keys the statement number's hash.
    pub nonce: Nonce,
    /// The passport's own id.
    pub id: String,
    /// Who issued it: must be the author of the Anchor (`SIGNER_NOT_ISSUER`).
    pub issuer: Party,
    /// Stated validity, start inclusive, end exclusive.
    pub valid_from: Option<Timestamp>,
    /// See `valid_from`.
    pub valid_until: Option<Timestamp>,
    /// `credentialSubject.id`, canonical.
    pub product: String,
    /// Commodity code.
    pub hs: Option<Hs>,
    /// Country of origin.
    pub country_of_origin: Option<Country>,
    /// Manufacturer.
    pub manufacturer: Option<Party>,
    /// Country of the facility.
    pub facility_country: Option<Country>,
    /// Members that a scheme's attributes may ask for: `laserSource`.
    pub attributes: Vec<Attribute>,
    /// Id of the passport that this one replaces, as stated.
    pub supersedes: Option<String>,
    /// Paths of all members present, ascending, from the root, list steps as `[]`:
    /// `credentialSubject.carbonFootprint.components[].id` is present if every component has it and there is one.
    pub present: Vec<String>,
    /// The footprint.
    pub footprint: FootprintFacts,
}

/// `credentialSubject.carbonFootprint` as data. Emissions are kg CO2e per declared unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FootprintFacts {
    /// As written; anything but `verified`, or `None`: `CF_NOT_VERIFIED`.
    pub value_kind: Option<String>,
    /// `pcfExcludingBiogenicUptake`; a text: `CF_VALUE_RANGE`. `None`: the reader has reported `FIELD_MISSING`.
    pub value: Option<Stated>,
    /// Whether the status is `Deprecated`: `CF_DEPRECATED`.
    pub deprecated: bool,
    /// Declared unit.
    pub unit: Option<String>,
    /// Boundary.
    pub boundary: Option<Boundary>,
    /// `crossSectoralStandards`; without ISO14067: `CF_STANDARD_MISSING`.
    pub standards: Vec<String>,
    /// `productOrSectorSpecificRules`.
    pub sector_rules: Vec<String>,
    /// `ipccCharacterizationFactors`.
    pub characterization_factors: Vec<String>,
    /// `emissionsByScope`; absent or without its base members: `CF_SCOPE_INCOMPLETE`.
    pub scopes: ScopeFacts,
    /// Reference period, start inclusive, end exclusive.
    pub period_start: Option<Timestamp>,
    /// See `period_start`.
    pub period_end: Option<Timestamp>,
    /// `geographyCountry` or `geographyCountrySubdivision`: `CN`, `CN-GD`.
    pub geography: Option<String>,
    /// Emission factor sources.
    pub factors: Vec<FactorFacts>,
    /// `fossilGhgEmissions`.
    pub fossil: Option<Decimal>,
    /// `primaryDataShare`, percent.
    pub primary_data_share: Option<Decimal>,
    /// Life cycle stages.
    pub stages: Vec<Part>,
    /// `scope3Categories`.
    pub scope3_categories: Vec<Part>,
    /// Energy mix; the amounts are percent.
    pub energy_mix: Vec<Part>,
    /// Activity data.
    pub activity: Vec<ActivityFacts>,
    /// Components, depth at most 2.
    pub components: Vec<ComponentFacts>,
    /// Verification; `None`: the reader has reported `FIELD_MISSING`.
    pub verification: Option<VerificationFacts>,
}

/// `emissionsByScope` as data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeFacts {
    /// Scope 1.
    pub scope1: Option<Decimal>,
    /// `location-based` or `market-based`.
    pub scope2_method: Option<String>,
    /// Scope 2 by location.
    pub scope2_location: Option<Decimal>,
    /// Scope 2 by market.
    pub scope2_market: Option<Decimal>,
    /// Scope 3 upstream.
    pub scope3_upstream: Option<Decimal>,
}

/// A named part of a sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Stage, category or energy source.
    pub name: String,
    /// kg, or percent in an energy mix.
    pub amount: Decimal,
}

/// An emission factor source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorFacts {
    /// Its name.
    pub name: String,
    /// Where it is for: `CN`, `CN-GD`, `GLO`.
    pub region: String,
    /// Of which year.
    pub year: Option<u16>,
}

/// Activity data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityFacts {
    /// What was measured.
    pub kind: String,
    /// Temporal resolution, seconds; a month counts 31 days, a year 366.
    pub resolution_s: Option<u64>,
    /// Observed from, inclusive.
    pub from: Option<Timestamp>,
    /// Observed until, exclusive.
    pub until: Option<Timestamp>,
}

/// A component of the product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComponentFacts {
    /// Its name.
    pub name: String,
    /// Its emissions.
    pub emissions: Option<Decimal>,
    /// Its own components.
    pub components: Vec<ComponentFacts>,
}

/// What the passport says about its verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationFacts {
    /// Level of assurance.
    pub assurance: Option<Assurance>,
    /// Number of the verification statement, as written.
    pub statement_number: String,
    /// When the verification was completed.
    pub completed_at: Option<Timestamp>,
    /// The verification body.
    pub verifier: Party,
    /// The accreditation body, as written.
    pub accreditation_body: String,
    /// The accreditation standard, as written: `ISO 14065:2020`.
    pub accreditation_standard: String,
    /// Last day of the accreditation.
    pub accredited_until: Option<Date>,
}

/// What kind of proof of origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofOfOrigin {
    /// `CO`: by an issuing body.
    Certificate,
    /// `DOC-AE`: by an approved exporter.
    ApprovedExporter,
    /// `DOC-EP`: by any exporter or producer.
    ExporterOrProducer,
}

/// Who made the goods, as far as the certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Producer {
    /// The exporter.
    Same,
    /// Named.
    Named(Party),
    /// Several, confidential or unknown: nobody is named.
    NotNamed,
}

/// A certificate's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Fingerprint of the metadata, method `jcs`.
    pub fingerprint: Fingerprint,
    /// `credentialSubject.nonce`; keys links and summary.
    pub nonce: Nonce,
    /// The printed fields that the Anchor's summary commits to; `judge` adds the slug of whoever recorded it.
    pub summary: SummaryFields,
    /// Number, normalised: with the author the Anchor's reference key (`REFERENCE_CONFLICT`).
    pub number: Option<CertificateNumber>,
    /// What kind: `KIND_MISMATCH` if the Anchor says otherwise.
    pub proof: Option<ProofOfOrigin>,
    /// Who issued it: must be the author of the Anchor (`SIGNER_NOT_ISSUER`).
    pub issuer: Party,
    /// Issue date.
    pub issue_date: Option<Date>,
    /// Stated validity, start inclusive, end exclusive.
    pub valid_from: Option<Timestamp>,
    /// See `valid_from`.
    pub valid_until: Option<Timestamp>,
    /// Whether it says that it was issued after departure.
    pub issued_retroactively: bool,
    /// The certificate that this one replaces.
    pub replaces: Option<OriginalFacts>,
    /// The certificate that this one copies.
    pub true_copy_of: Option<OriginalFacts>,
    /// The certificate that this one continues.
    pub back_to_back_of: Option<OriginalFacts>,
    /// Exporter.
    pub exporter: Party,
    /// Producer.
    pub producer: Producer,
    /// Consignee.
    pub consignee: Party,
    /// Importing country.
    pub exported_to: Option<Country>,
    /// Day of departure.
    pub departure: Option<Date>,
    /// The goods, by item number.
    pub items: Vec<ItemFacts>,
}

/// Another certificate that this one refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalFacts {
    /// Its number, as written.
    pub number: String,
    /// Its fingerprint, where stated.
    pub fingerprint: Option<Fingerprint>,
}

/// Goods of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFacts {
    /// Item number, from 1.
    pub number: u32,
    /// Commodity code.
    pub hs: Option<Hs>,
    /// Country of origin.
    pub origin: Option<Country>,
    /// Quantity.
    pub quantity: Option<Quantity>,
    /// Invoice number.
    pub invoice: Option<String>,
    /// Product id, canonical.
    pub product: Option<String>,
    /// Fingerprint of its carbon passport; `None`: `PASSPORT_MISSING`.
    pub passport: Option<Fingerprint>,
}

/// An amount with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// How many.
    pub amount: Decimal,
    /// Unit, UN/ECE Recommendation 20: `KGM`.
    pub unit: String,
}

/// The customs entry record; what is `None` is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryRecord {
    /// Certificate number, as written.
    pub certificate_number: Option<String>,
    /// Issuer of the certificate: slug, identifier or name.
    pub issuer: Option<String>,
    /// Commodity code.
    pub hs: Option<crate::scheme::HsCode>,
    /// Product id, canonical.
    pub product: Option<String>,
    /// Quantity.
    pub quantity: Option<Quantity>,
    /// Country of origin.
    pub country_of_origin: Option<Country>,
    /// Invoice number.
    pub invoice_number: Option<String>,
    /// Consignee: identifier or name.
    pub consignee: Option<String>,
    /// Exporter: identifier or name.
    pub exporter: Option<String>,
}

/// What capturing the product page and the verification entry found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageFacts {
    /// Findings of the capture: `MALFORMED_BLOCK`, `PAGE_UNREACHABLE`, `VERIFICATION_ENTRY_MISSING`, ..
    pub findings: Vec<super::Finding>,
    /// When the page was last captured whole.
    pub captured: Option<Timestamp>,
    /// Since when it has not answered.
    pub unreachable_since: Option<Timestamp>,
    /// Fingerprints of the passports that the page shows.
    pub shows: Vec<Fingerprint>,
    /// Whether the verification entry of the exporter's site was looked for.
    pub entry_checked: bool,
}
