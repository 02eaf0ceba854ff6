//! The registry: who may say what, since when (SPEC section 7).

use crate::codec::{Canonical, CodecDefect, invalid, read_text, refuse};
use crate::fingerprint::SpkiHash;
use crate::limits::{IDENTIFIER_BYTES_MAX, IDENTIFIERS_MAX, ORGANISATION_NAME_BYTES_MAX, RECORD_BYTES_MAX};
use crate::name::{Country, OrgId, Timestamp};
use crate::scheme::{Scheme, SchemeId};
use crate::sign::{MessageKind, NetworkId, PublicKey, message};
use crate::state::AuthorityRecord;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize, io};

/// What an organisation is, as a set of bits. An organisation without a role is a plain member.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, BorshSerialize)]
pub struct Roles(u16);

impl Roles {
    /// Name and bit of every role.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("exporter", Self::EXPORTER),
        ("approved-exporter", Self::APPROVED_EXPORTER),
        ("issuing-body", Self::ISSUING_BODY),
        ("verification-body", Self::VERIFICATION_BODY),
        ("accreditation-body", Self::ACCREDITATION_BODY),
        ("standards-authority", Self::STANDARDS_AUTHORITY),
        ("customs", Self::CUSTOMS),
        ("auditor", Self::AUDITOR),
    ];
    /// Exports goods.
    pub const EXPORTER: Self = Self(1);
    /// May declare origin itself.
    pub const APPROVED_EXPORTER: Self = Self(2);
    /// Issues certificates of origin.
    pub const ISSUING_BODY: Self = Self(4);
    /// Verifies carbon passports.
    pub const VERIFICATION_BODY: Self = Self(8);
    /// Accredits verification bodies.
    pub const ACCREDITATION_BODY: Self = Self(16);
    /// Recognises for a country.
    pub const STANDARDS_AUTHORITY: Self = Self(32);
    /// Customs of a country.
    pub const CUSTOMS: Self = Self(64);
    /// Reads everything.
    pub const AUDITOR: Self = Self(128);
    const ALL: u16 = 255;
    /// In the bytes of an organisation: identifiers follow. No role.
    const IDENTIFIED: u16 = 1 << 15;

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Whether every role of `other` is in this set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Names of the roles in this set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED.iter().filter(move |(_, role)| self.has(*role)).map(|(name, _)| *name)
    }
}

impl BorshDeserialize for Roles {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        u16::deserialize_reader(reader).and_then(Self::of_bits)
    }
}

impl Roles {
    fn of_bits(bits: u16) -> io::Result<Self> {
        if bits & !Self::ALL == 0 { Ok(Self(bits)) } else { Err(refuse("unknown role bits")) }
    }
}

/// What a key may sign: one purpose each, so that a hot issuing key is no vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Purpose {
    /// Anchors.
    Issue = 1,
    /// Status changes.
    Status = 2,
    /// Document signatures outside the log (Data Integrity).
    Document = 3,
    /// Attestations.
    Attest = 4,
    /// Presentations to customs.
    Present = 5,
    /// Approvals of governance.
    Govern = 6,
    /// The organisation's own administration (key revocation, delegation).
    Admin = 7,
    /// Votes.
    Consensus = 8,
    /// Node identity on the network.
    P2p = 9,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: &'static [Self] =
        &[Self::Issue, Self::Status, Self::Document, Self::Attest, Self::Present, Self::Govern, Self::Admin, Self::Consensus, Self::P2p];

    /// The name used in schema and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Status => "status",
            Self::Document => "document",
            Self::Attest => "attest",
            Self::Present => "present",
            Self::Govern => "govern",
            Self::Admin => "admin",
            Self::Consensus => "consensus",
            Self::P2p => "p2p",
        }
    }
}

/// A member of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its permanent name.
    pub id: OrgId,
    /// Its legal name, at most 200 bytes, no control characters.
    pub name: String,
    /// Its country.
    pub country: Country,
    /// What it is.
    pub roles: Roles,
    /// When it was admitted.
    pub admitted: Timestamp,
    /// Since when it is suspended, if it is.
    pub suspended: Option<Timestamp>,
    /// Under which identifiers documents name it (`did:web:..`, `did:key:..`, `urn:..`): strictly ascending, at most 8 of
    /// 1 to 128 printable ASCII characters with a colon. Empty: the registry does not say.
    pub identifiers: Vec<String>,
}

impl Organisation {
    /// Whether an identifier is one of this organisation; `None` where the registry lists none of it.
    #[must_use]
    pub fn is_called(&self, identifier: &str) -> Option<bool> {
        (!self.identifiers.is_empty()).then(|| self.identifiers.iter().any(|own| own == identifier))
    }
}

// An organisation without identifiers is written as before there were any, so that networks of versions 1 and 2 stay what they are.
impl BorshSerialize for Organisation {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        let Self { id, name, country, roles, admitted, suspended, identifiers } = self;
        let identified = if identifiers.is_empty() { 0 } else { Roles::IDENTIFIED };
        (id, name, country, roles.0 | identified, admitted, suspended).serialize(writer)?;
        if identifiers.is_empty() { Ok(()) } else { identifiers.serialize(writer) }
    }
}

fn read_identifiers<R: io::Read>(reader: &mut R) -> io::Result<Vec<String>> {
    let count = u32::deserialize_reader(reader)? as usize;
    if !(1..=IDENTIFIERS_MAX).contains(&count) {
        return Err(refuse("an organisation has 1 to 8 identifiers, or says nothing of them"));
    }
    let mut identifiers: Vec<String> = Vec::with_capacity(count);
    for _ in 0..count {
        let identifier = read_text(reader, IDENTIFIER_BYTES_MAX, "identifier longer than 128 bytes")?;
        if !identifier.contains(':') || !identifier.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(refuse("an identifier is printable ASCII with a colon, like did:web:acme.example"));
        }
        if identifiers.last().is_some_and(|last| *last >= identifier) {
            return Err(refuse("identifiers are not strictly ascending"));
        }
        identifiers.push(identifier);
    }
    Ok(identifiers)
}

impl BorshDeserialize for Organisation {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let id = OrgId::deserialize_reader(reader)?;
        let name = read_text(reader, ORGANISATION_NAME_BYTES_MAX, "legal name longer than 200 bytes")?;
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(refuse("legal name is empty or has control characters"));
        }
        let (country, bits): (Country, u16) = BorshDeserialize::deserialize_reader(reader)?;
        let (admitted, suspended) = BorshDeserialize::deserialize_reader(reader)?;
        let roles = Roles::of_bits(bits & !Roles::IDENTIFIED)?;
        let identifiers = if bits & Roles::IDENTIFIED == 0 { Vec::new() } else { read_identifiers(reader)? };
        Ok(Self { id, name, country, roles, admitted, suspended, identifiers })
    }
}

impl Canonical for Organisation {
    const NAME: &'static str = "organisation record";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
}

/// When a key was revoked, and since when what it signed is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Revocation {
    /// Block time of the revocation.
    pub at: Timestamp,
    /// Entries of the key with a block time from here on do not hold until reaffirmed.
    pub since: Timestamp,
}

/// A key of an organisation. A key occurs once in the registry, for ever.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KeyRecord {
    /// The key, canonical and not of small order.
    pub key: PublicKey,
    /// Whose it is.
    pub organisation: OrgId,
    /// What it may sign.
    pub purpose: Purpose,
    /// The office that holds it, 0 where there is one office.
    pub office: u16,
    /// From when it may sign.
    pub valid_from: Timestamp,
    /// Until when, exclusive, if it ends.
    pub valid_until: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: Option<Revocation>,
}

impl Canonical for KeyRecord {
    const NAME: &'static str = "key record";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if matches!(self.valid_until, Some(until) if until <= self.valid_from) {
            return Err(invalid::<Self>("valid until must be after valid from"));
        }
        self.key.check_admissible().map_err(|_| invalid::<Self>("the key is not canonical or of small order"))
    }
}

impl KeyRecord {
    /// What the holder of a new key signs, to prove possession.
    #[must_use]
    pub fn possession_message(&self, network: &NetworkId) -> Vec<u8> {
        message(MessageKind::Possession, network, &crate::codec::encode(&(self.organisation, self.purpose, self.key)))
    }
}

/// Binds an X.509 key, whatever its algorithm, to an organisation.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertificateBinding {
    /// Hash of the certificate's public key info.
    pub spki: SpkiHash,
    /// Whose it is.
    pub organisation: OrgId,
    /// From when its signatures count.
    pub valid_from: Timestamp,
    /// Until when, exclusive, if it ends.
    pub valid_until: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: Option<Revocation>,
}

impl Canonical for CertificateBinding {
    const NAME: &'static str = "certificate binding";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
}

/// All members and keys, as of the end of one block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registry {
    pub(crate) organisations: BTreeMap<OrgId, Organisation>,
    pub(crate) keys: BTreeMap<PublicKey, KeyRecord>,
    pub(crate) certificates: BTreeMap<SpkiHash, CertificateBinding>,
    pub(crate) authorities: BTreeMap<Country, AuthorityRecord>,
    pub(crate) schemes: BTreeMap<SchemeId, Scheme>,
}

impl Registry {
    /// A member.
    #[must_use]
    pub fn organisation(&self, id: &OrgId) -> Option<&Organisation> {
        self.organisations.get(id)
    }
    /// All members, ascending by name.
    pub fn organisations(&self) -> impl Iterator<Item = &Organisation> {
        self.organisations.values()
    }
    /// A key.
    #[must_use]
    pub fn key(&self, key: &PublicKey) -> Option<&KeyRecord> {
        self.keys.get(key)
    }
    /// All keys, ascending.
    pub fn keys(&self) -> impl Iterator<Item = &KeyRecord> {
        self.keys.values()
    }
    /// To whom an X.509 key is bound.
    #[must_use]
    pub fn certificate(&self, spki: &SpkiHash) -> Option<&CertificateBinding> {
        self.certificates.get(spki)
    }
    /// Who recognises bodies for a country.
    #[must_use]
    pub fn authority(&self, country: &Country) -> Option<OrgId> {
        self.authorities.get(country).map(|a| a.organisation)
    }
    /// All recognising authorities, ascending by country.
    pub fn authorities(&self) -> impl Iterator<Item = &AuthorityRecord> {
        self.authorities.values()
    }
    /// All schemes, ascending by id.
    pub fn schemes(&self) -> impl Iterator<Item = &Scheme> {
        self.schemes.values()
    }
    /// All X.509 bindings, ascending.
    pub fn certificates(&self) -> impl Iterator<Item = &CertificateBinding> {
        self.certificates.values()
    }
}
