//! Certificate metadata: what a certificate of origin says, for machines. A closed JSON-LD profile.
//!
//! [`read_metadata`] gives the typed model and every flaw at once; [`CertificateMetadata::to_node`] writes the
//! same model back. Embedded in a PDF it is covered by the PDF's signature; alone it carries its own.

pub mod draft;
mod facts;
mod read;
mod rules;
#[cfg(test)]
mod tests;
mod write;

pub use facts::Carried;
pub(crate) use read::read_tree;
pub use read::{MetadataReport, read_metadata};
pub(crate) use rules::product_id;
pub(crate) use write::hex;

use crate::product::ProductId;
use crate::profile::{Issuer, Organization};
use eco_core::Fingerprint;
use eco_core::date::Date;
use eco_core::decimal::Decimal;
use eco_core::document::DocumentKind;
use eco_core::name::{Country, Timestamp};
use eco_core::number::CertificateNumber;
use eco_core::scheme::Hs;

/// The largest number of goods items, bounded by the size of a document anyway.
pub const ITEMS_MAX: usize = 500;

/// What a certificate (or declaration) of origin says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateMetadata {
    /// IRI of the document, if it has one.
    pub id: Option<String>,
    /// Who issued it.
    pub issuer: Issuer,
    /// Start of validity, if stated.
    pub valid_from: Option<Timestamp>,
    /// End of validity.
    pub valid_until: Timestamp,
    /// IRI of the declaration itself, if it has one.
    pub subject_id: Option<String>,
    /// 32 random bytes that key links and summary. Whoever holds them can open both.
    pub nonce: [u8; 32],
    /// The number as printed.
    pub number: String,
    /// The number as the log knows it.
    pub number_normal: CertificateNumber,
    /// The trade agreement, e.g. `RCEP`, or `NON-PREF`.
    pub agreement: String,
    /// Certificate or declaration.
    pub proof_type: ProofType,
    /// The issuing body; with certificates only.
    pub issuing_body: Option<Organization>,
    /// The exporter.
    pub exporter: Organization,
    /// The approved exporter's code; with its declarations only.
    pub approved_exporter_code: Option<String>,
    /// The day of issue.
    pub issue_date: Date,
    /// Issued after the goods left.
    pub issued_retroactively: bool,
    /// Invoiced by a third party.
    pub third_party_invoicing: bool,
    /// The certificate that this one replaces.
    pub replaces: Option<OriginalProof>,
    /// The original of which this is a certified true copy.
    pub true_copy_of: Option<OriginalProof>,
    /// The proof of origin on which this back-to-back one rests.
    pub back_to_back_of: Option<OriginalProof>,
    /// What it says about the producer.
    pub producer_disclosure: ProducerDisclosure,
    /// The producer, where named.
    pub producer: Option<Organization>,
    /// The consignee.
    pub consignee: Organization,
    /// The importing country.
    pub exported_to: Country,
    /// How the goods travel.
    pub transport: Transport,
    /// The goods.
    pub items: Vec<MetadataItem>,
}

/// Certificate, or declaration by an approved or by any exporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofType {
    /// Certificate of an issuing body.
    Certificate,
    /// Declaration of an approved exporter.
    ApprovedExporter,
    /// Declaration of any exporter or producer.
    AnyExporter,
}

impl ProofType {
    /// Words of the profile.
    pub const NAMED: &'static [(&'static str, Self)] =
        &[("CO", Self::Certificate), ("DOC-AE", Self::ApprovedExporter), ("DOC-EP", Self::AnyExporter)];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "CO",
            Self::ApprovedExporter => "DOC-AE",
            Self::AnyExporter => "DOC-EP",
        }
    }

    /// As which kind it is recorded.
    #[must_use]
    pub const fn kind(self) -> DocumentKind {
        match self {
            Self::Certificate => DocumentKind::Certificate,
            Self::ApprovedExporter | Self::AnyExporter => DocumentKind::Declaration,
        }
    }
}

/// Another proof of origin that this one refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalProof {
    /// Its number as printed.
    pub number: String,
    /// Its day of issue.
    pub issue_date: Date,
    /// The country of origin it states.
    pub origin: Option<Country>,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
}

/// What a certificate says about the producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProducerDisclosure {
    /// The exporter is the producer.
    Same,
    /// Named in the certificate.
    Named,
    /// Several, not named.
    Several,
    /// Known to the issuing body only.
    Confidential,
    /// Not known.
    Unknown,
}

impl ProducerDisclosure {
    /// Words of the profile.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("same", Self::Same),
        ("named", Self::Named),
        ("several", Self::Several),
        ("confidential", Self::Confidential),
        ("unknown", Self::Unknown),
    ];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Named => "named",
            Self::Several => "several",
            Self::Confidential => "confidential",
            Self::Unknown => "unknown",
        }
    }
}

/// How the goods travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transport {
    /// The day of departure.
    pub departure_date: Date,
    /// Vessel and voyage, flight, train or truck.
    pub vessel_or_flight: String,
    /// UN/LOCODE of the port of discharge.
    pub port_of_discharge: String,
}

/// One goods item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataItem {
    /// 1 to n.
    pub number: u32,
    /// Marks and numbers on the packages.
    pub marks_and_numbers: String,
    /// How many packages.
    pub package_count: String,
    /// What packages, UN/ECE Recommendation 21.
    pub package_kind: String,
    /// The goods in words.
    pub description: String,
    /// Tariff code.
    pub hs: Hs,
    /// Why the goods originate.
    pub criterion: OriginCriterion,
    /// Cumulation, de minimis.
    pub qualifiers: Vec<OriginQualifier>,
    /// The product specific rule in its own notation.
    pub specific_rule: Option<String>,
    /// RCEP country of origin.
    pub origin: Country,
    /// Mark of a tariff differential.
    pub tariff_differential: TariffDifferential,
    /// How much.
    pub quantity: Quantity,
    /// FOB value; with the criterion RVC only.
    pub fob_value: Option<Money>,
    /// The invoice.
    pub invoice: Invoice,
    /// Remarks.
    pub remarks: Option<String>,
    /// The product, by code.
    pub product: Option<ProductId>,
    /// The carbon passport.
    pub passport: Option<PassportLink>,
}

/// Why goods originate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginCriterion {
    /// Wholly obtained.
    WhollyObtained,
    /// Produced exclusively from originating materials.
    Exclusively,
    /// Change in tariff classification.
    TariffChange,
    /// Regional value content.
    ValueContent,
    /// Chemical reaction.
    ChemicalReaction,
}

impl OriginCriterion {
    /// Words of the profile.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("WO", Self::WhollyObtained),
        ("PE", Self::Exclusively),
        ("CTC", Self::TariffChange),
        ("RVC", Self::ValueContent),
        ("CR", Self::ChemicalReaction),
    ];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WhollyObtained => "WO",
            Self::Exclusively => "PE",
            Self::TariffChange => "CTC",
            Self::ValueContent => "RVC",
            Self::ChemicalReaction => "CR",
        }
    }
}

/// What else made the goods originate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginQualifier {
    /// Cumulation.
    Cumulation,
    /// De minimis.
    DeMinimis,
}

impl OriginQualifier {
    /// Words of the profile.
    pub const NAMED: &'static [(&'static str, Self)] = &[("ACU", Self::Cumulation), ("DMI", Self::DeMinimis)];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cumulation => "ACU",
            Self::DeMinimis => "DMI",
        }
    }
}

/// Mark of a tariff differential, RCEP Art. 2.6.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TariffDifferential {
    /// No mark.
    None,
    /// `*`
    HighestRateOfContributors,
    /// `**`
    HighestRateOfAll,
}

impl TariffDifferential {
    /// Words of the profile.
    pub const NAMED: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("*", Self::HighestRateOfContributors), ("**", Self::HighestRateOfAll)];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::HighestRateOfContributors => "*",
            Self::HighestRateOfAll => "**",
        }
    }
}

/// A quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// How much, more than zero.
    pub value: Decimal,
    /// The value as written.
    pub written: String,
    /// Unit, UN/ECE Recommendation 20.
    pub unit: String,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// How much, more than zero.
    pub value: Decimal,
    /// The value as written.
    pub written: String,
    /// Currency, ISO 4217.
    pub currency: String,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Its number.
    pub number: String,
    /// Its date.
    pub date: Date,
}

/// The carbon passport that an item names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassportLink {
    /// Where it is published.
    pub id: String,
    /// Its fingerprint, of method `jcs`.
    pub fingerprint: Fingerprint,
}
