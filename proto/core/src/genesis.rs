//! Genesis: what a network starts from. Its BLAKE3 is the network id (SPEC section 7).

use crate::codec::{Canonical, CodecDefect, encode, invalid};
use crate::header::BlockId;
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, GENESIS_BYTES_MAX, GENESIS_RECORDS_MAX, SCHEMES_MAX, VALIDATORS_MAX};
use crate::log::LogHash;
use crate::name::{Epoch, NetworkName, Timestamp};
use crate::registry::{CertificateBinding, KeyRecord, Organisation, Purpose, Registry, Roles};
use crate::scheme::Scheme;
use crate::seal::{Validator, ValidatorSet};
use crate::sign::{NetworkId, PublicKey};
use crate::state::AuthorityRecord;
use crate::state::tree::StateRoot;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize, io};

/// What a network is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum NetworkPurpose {
    /// Real certificates.
    Production = 1,
    /// Tests: everything from it is marked SPECIMEN and is trusted nowhere else.
    Test = 2,
}

impl NetworkPurpose {
    /// The name used in schema and output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }
}

/// Limits that the members may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Limits {
    /// Entries in a block.
    pub block_entries_max: u32,
    /// Bytes of all entries in a block.
    pub block_bytes_max: u32,
    /// Entries of one organisation in one hour of block time.
    pub organisation_entries_per_hour_max: u32,
    /// Milliseconds that members' clocks may differ.
    pub clock_precision_ms: u32,
    /// Milliseconds that a proposal may take to arrive.
    pub proposal_delay_ms: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            block_entries_max: 5_000,
            block_bytes_max: 1_536 * 1024,
            organisation_entries_per_hour_max: 20_000_000,
            clock_precision_ms: 500,
            proposal_delay_ms: 2_000,
        }
    }
}

/// The end of a network that this one continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Predecessor {
    /// Its id.
    pub network: NetworkId,
    /// Its last block.
    pub block: BlockId,
    /// Its last tree size.
    pub tree_size: u64,
    /// Its last log root.
    pub log_root: LogHash,
    /// Its last state root.
    pub state_root: StateRoot,
}

/// A validator's key and power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct GenesisValidator {
    /// A key of purpose `consensus` that is among the genesis keys.
    pub key: PublicKey,
    /// Voting power, 1 in version 1.
    pub power: u64,
}

/// What a network starts from. All lists are strictly ascending by their first member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// Format version, 1 to 3: it also says which statements the network takes (SPEC 7).
    pub version: u8,
    /// The network's name, without suffix.
    pub name: NetworkName,
    /// What it is for.
    pub purpose: NetworkPurpose,
    /// When it starts; the first block is later.
    pub time: Timestamp,
    /// Members.
    pub organisations: Vec<Organisation>,
    /// Their keys.
    pub keys: Vec<KeyRecord>,
    /// X.509 keys bound to members.
    pub certificates: Vec<CertificateBinding>,
    /// Who votes.
    pub validators: Vec<GenesisValidator>,
    /// Limits.
    pub limits: Limits,
    /// The network that this one continues, if any.
    pub predecessor: Option<Predecessor>,
    /// Version 2: who recognises bodies for which country.
    pub authorities: Vec<AuthorityRecord>,
    /// Version 2: the schemes that the members agreed on, ascending by id.
    pub schemes: Vec<Scheme>,
}

impl BorshSerialize for Genesis {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        let Self { version, name, purpose, time, organisations, keys, certificates, validators, limits, predecessor, authorities, schemes } =
            self;
        version.serialize(writer)?;
        (name, purpose, time).serialize(writer)?;
        (organisations, keys, certificates, validators).serialize(writer)?;
        (limits, predecessor).serialize(writer)?;
        if *version >= 2 { (authorities, schemes).serialize(writer) } else { Ok(()) }
    }
}

impl BorshDeserialize for Genesis {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let version = u8::deserialize_reader(reader)?;
        let (name, purpose, time) = BorshDeserialize::deserialize_reader(reader)?;
        let (organisations, keys, certificates, validators) = BorshDeserialize::deserialize_reader(reader)?;
        let (limits, predecessor) = BorshDeserialize::deserialize_reader(reader)?;
        let (authorities, schemes) = if version >= 2 { BorshDeserialize::deserialize_reader(reader)? } else { Default::default() };
        Ok(Self { version, name, purpose, time, organisations, keys, certificates, validators, limits, predecessor, authorities, schemes })
    }
}

impl Canonical for Genesis {
    const NAME: &'static str = "genesis";
    const BYTES_MAX: usize = GENESIS_BYTES_MAX;

    fn check(&self) -> Result<(), CodecDefect> {
        let rule = |broken: bool, rule: &'static str| if broken { Err(invalid::<Self>(rule)) } else { Ok(()) };
        let sorted = |pairs: bool| !pairs;
        rule(!(1..=Self::VERSION).contains(&self.version), "version is not 1, 2 or 3")?;
        rule(
            self.version == 1 && !(self.authorities.is_empty() && self.schemes.is_empty()),
            "version 1 has no authorities and no schemes",
        )?;
        rule(
            self.organisations.len().max(self.keys.len()).max(self.certificates.len()) > GENESIS_RECORDS_MAX,
            "more than 4096 organisations, keys or certificates",
        )?;
        rule(
            sorted(self.organisations.windows(2).all(|w| matches!(w, [a, b] if a.id < b.id))),
            "organisations are not strictly ascending",
        )?;
        let mut identifiers: Vec<&alloc::string::String> = self.organisations.iter().flat_map(|o| &o.identifiers).collect();
        rule(self.version < 3 && !identifiers.is_empty(), "versions 1 and 2 have no identifiers of organisations")?;
        identifiers.sort_unstable();
        rule(sorted(identifiers.windows(2).all(|w| matches!(w, [a, b] if a < b))), "an identifier is that of two organisations")?;
        rule(sorted(self.keys.windows(2).all(|w| matches!(w, [a, b] if a.key < b.key))), "keys are not strictly ascending")?;
        rule(
            sorted(self.certificates.windows(2).all(|w| matches!(w, [a, b] if a.spki < b.spki))),
            "certificates are not strictly ascending",
        )?;
        rule(sorted(self.validators.windows(2).all(|w| matches!(w, [a, b] if a.key < b.key))), "validators are not strictly ascending")?;
        rule(
            sorted(self.authorities.windows(2).all(|w| matches!(w, [a, b] if a.country < b.country))),
            "authorities are not strictly ascending",
        )?;
        let speaks = |a: &AuthorityRecord| {
            let own = self.organisations.iter().find(|o| o.id == a.organisation && o.country == a.country);
            own.is_some_and(|o| o.roles.has(Roles::CUSTOMS) || o.roles.has(Roles::STANDARDS_AUTHORITY))
        };
        rule(!self.authorities.iter().all(speaks), "a recognising authority is no customs or standards authority of its country")?;
        rule(self.schemes.len() > SCHEMES_MAX, "more than 256 schemes")?;
        rule(sorted(self.schemes.windows(2).all(|w| matches!(w, [a, b] if a.id < b.id))), "schemes are not strictly ascending")?;
        self.schemes.iter().try_for_each(Canonical::check)?;
        // Each is a record of the state: a longer one could be written, and never be proven.
        rule(self.schemes.iter().any(|s| encode(s).len() > Scheme::BYTES_MAX), "a scheme is longer than 4096 bytes")?;
        let member = |id| self.organisations.binary_search_by(|o| o.id.cmp(id)).is_ok();
        rule(!self.keys.iter().all(|k| member(&k.organisation)), "a key belongs to no organisation of the genesis")?;
        rule(!self.certificates.iter().all(|c| member(&c.organisation)), "a certificate belongs to no organisation of the genesis")?;
        self.keys.iter().try_for_each(Canonical::check)?;
        rule(self.validators.is_empty() || self.validators.len() > VALIDATORS_MAX, "a network has 1 to 64 validators")?;
        let votes = |v: &GenesisValidator| self.key(&v.key).is_some_and(|k| k.purpose == Purpose::Consensus) && v.power == 1;
        rule(!self.validators.iter().all(votes), "a validator's key is not a consensus key of the genesis, or its power is not 1")?;
        let limits = &self.limits;
        rule(
            limits.block_entries_max == 0 || limits.block_entries_max as usize > BLOCK_ENTRIES_MAX,
            "block_entries_max is not in 1..=20000",
        )?;
        rule(
            (limits.block_bytes_max as usize) < crate::limits::SIGNED_ENTRY_BYTES_MAX
                || limits.block_bytes_max as usize > BLOCK_BYTES_MAX / 2,
            "block_bytes_max is not in 32 KiB..=2 MiB",
        )
    }
}

impl Genesis {
    /// The version that new networks have.
    pub const VERSION: u8 = 3;

    /// The network id.
    #[must_use]
    pub fn network_id(&self) -> NetworkId {
        NetworkId(*blake3::hash(&encode(self)).as_bytes())
    }

    fn key(&self, key: &PublicKey) -> Option<&KeyRecord> {
        self.keys.binary_search_by(|k| k.key.cmp(key)).ok().and_then(|at| self.keys.get(at))
    }

    /// The registry at height 0.
    #[must_use]
    pub fn registry(&self) -> Registry {
        Registry {
            organisations: self.organisations.iter().map(|o| (o.id, o.clone())).collect(),
            keys: self.keys.iter().map(|k| (k.key, k.clone())).collect(),
            certificates: self.certificates.iter().map(|c| (c.spki, c.clone())).collect(),
            authorities: self.authorities.iter().map(|a| (a.country, *a)).collect(),
            schemes: self.schemes.iter().map(|s| (s.id.clone(), s.clone())).collect(),
        }
    }

    /// The validator set of epoch 0.
    #[must_use]
    pub fn validator_set(&self) -> ValidatorSet {
        let validators = self.validators.iter().filter_map(|v| {
            let organisation = self.key(&v.key)?.organisation;
            let record = self.organisations.iter().find(|o| o.id == organisation)?;
            Some(Validator { key: v.key, organisation, roles: record.roles, country: record.country, power: v.power })
        });
        ValidatorSet::new(validators.collect())
    }

    /// The first epoch.
    pub const FIRST_EPOCH: Epoch = Epoch(0);
}
