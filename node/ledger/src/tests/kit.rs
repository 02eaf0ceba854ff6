//! A test network: four issuing bodies with deterministic keys, entries, blocks and seals.

use crate::{Committed, Ledger, LedgerError, Options};
use eco_core::Fingerprint;
use eco_core::checkpoint::note_text;
use eco_core::document::{Commitment, DocumentId, DocumentKind, DocumentStatus, ReasonCode};
use eco_core::entry::{ENTRY_VERSION, Entry, EntrySignature, SignedEntry};
use eco_core::fingerprint::SignatureHash;
use eco_core::genesis::{Genesis, GenesisValidator, Limits, NetworkPurpose};
use eco_core::header::{Block, Header};
use eco_core::name::{OrgId, Revision, Round, Timestamp};
use eco_core::number::{CertificateNumber, ReferenceKey};
use eco_core::registry::{KeyRecord, Organisation, Purpose, Roles};
use eco_core::seal::{Seal, SealSignature};
use eco_core::sign::{PublicKey, Signature};
use eco_core::state::AuthorityRecord;
use eco_core::statement::{Anchor, ChangeStatus, Statement};
use ed25519_dalek::{Signer, SigningKey};
use std::path::{Path, PathBuf};

/// When the test network starts.
pub(crate) const START: Timestamp = Timestamp(1_790_000_000_000);
const DAY_MS: u64 = 24 * 3600 * 1000;

pub(crate) struct Kit {
    pub(crate) genesis: Genesis,
}

fn secret(org: usize, purpose: Purpose) -> SigningKey {
    let mut seed = [7u8; 32];
    seed[0] = u8::try_from(org).unwrap();
    seed[1] = purpose as u8;
    SigningKey::from_bytes(&seed)
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::ed25519(key.verifying_key().to_bytes())
}

pub(crate) fn org(number: usize) -> OrgId {
    format!("chamber-{number}").parse().unwrap()
}

impl Kit {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let purposes = [Purpose::Issue, Purpose::Status, Purpose::Consensus, Purpose::Attest, Purpose::Present];
        let organisation = |number| Organisation {
            id: org(number),
            name: format!("Chamber {number}"),
            country: "VN".parse().unwrap(),
            roles: Roles::ISSUING_BODY.with(Roles::VERIFICATION_BODY).with(Roles::CUSTOMS),
            admitted: START,
            suspended: None,
            identifiers: Vec::new(),
        };
        let key = |number, purpose| KeyRecord {
            key: public(&secret(number, purpose)),
            organisation: org(number),
            purpose,
            office: 0,
            valid_from: START,
            valid_until: None,
            revoked: None,
        };
        let mut keys: Vec<KeyRecord> = (0..4).flat_map(|n| purposes.map(|p| key(n, p))).collect();
        keys.sort_by_key(|k| k.key);
        let mut validators: Vec<GenesisValidator> =
            (0..4).map(|n| GenesisValidator { key: public(&secret(n, Purpose::Consensus)), power: 1 }).collect();
        validators.sort();
        let genesis = Genesis {
            version: Genesis::VERSION,
            name: "eco.test/ledger".parse().unwrap(),
            purpose: NetworkPurpose::Test,
            time: START,
            organisations: (0..4).map(organisation).collect(),
            keys,
            certificates: Vec::new(),
            validators,
            limits,
            predecessor: None,
            authorities: vec![AuthorityRecord { country: "VN".parse().unwrap(), organisation: org(0) }],
            schemes: Vec::new(),
        };
        Self { genesis }
    }

    pub(crate) fn open(&self, dir: &Path) -> Result<Ledger, LedgerError> {
        Ledger::open(dir, &self.genesis, small())
    }

    /// An entry with any statement, signed for one member.
    pub(crate) fn entry(&self, author: usize, purpose: Purpose, not_after: Timestamp, statement: Statement) -> SignedEntry {
        let key = secret(author, purpose);
        let entry =
            Entry { version: ENTRY_VERSION, network: self.genesis.network_id(), author: org(author), agent: None, not_after, statement };
        let signature = Signature(key.sign(&entry.message()).to_bytes());
        SignedEntry::new(entry, vec![EntrySignature { key: public(&key), signature }]).unwrap()
    }

    /// The Anchor of a certificate, as an issuing body records it: number, signature hash, one link, summary.
    pub(crate) fn certificate(&self, author: usize, number: u64) -> SignedEntry {
        self.certificate_until(author, number, START.plus_ms(20 * DAY_MS))
    }

    pub(crate) fn certificate_until(&self, author: usize, number: u64, not_after: Timestamp) -> SignedEntry {
        self.entry(author, Purpose::Issue, not_after, Statement::Anchor(anchor(author, number, number)))
    }

    /// Another document with the same certificate number.
    pub(crate) fn rival(&self, author: usize, number: u64) -> SignedEntry {
        self.entry(author, Purpose::Issue, START.plus_ms(20 * DAY_MS), Statement::Anchor(anchor(author, number, number + 1_000_000)))
    }

    /// A change of the status of the document that [`Kit::certificate`] records.
    pub(crate) fn status(&self, author: usize, number: u64, base: u32, status: DocumentStatus) -> SignedEntry {
        let document = document(author, number);
        let change = ChangeStatus { document, base: Revision(base), status, reason: ReasonCode(1) };
        self.entry(author, Purpose::Status, START.plus_ms(20 * DAY_MS), Statement::ChangeStatus(change))
    }

    /// The seal of the first `signers` validators.
    pub(crate) fn seal_by(&self, header: &Header, round: Round, signers: usize) -> Seal {
        let set = self.genesis.validator_set();
        let state = eco_core::state::State::genesis(&self.genesis).0;
        let text = note_text(state.origin(), header, round);
        let mut signatures: Vec<SealSignature> = (0..4)
            .map(|n| secret(n, Purpose::Consensus))
            .map(|key| SealSignature { validator: set.index_of(&public(&key)).unwrap(), signature: Signature(key.sign(&text).to_bytes()) })
            .collect();
        signatures.sort();
        signatures.truncate(signers);
        Seal { round, signatures }
    }

    pub(crate) fn seal(&self, header: &Header) -> Seal {
        self.seal_by(header, Round(0), 4)
    }

    /// Proposes and commits what is in the pool.
    pub(crate) fn step(&self, ledger: &Ledger, now: Timestamp) -> Result<(Block, Seal, Committed), LedgerError> {
        let block = ledger.propose(now, Round(0))?;
        let seal = self.seal(&block.header);
        let committed = ledger.commit(&block, &seal)?;
        Ok((block, seal, committed))
    }

    /// Submits certificates and makes one block of them.
    pub(crate) fn block_of(&self, ledger: &Ledger, now: Timestamp, numbers: std::ops::Range<u64>) -> (Block, Seal) {
        for number in numbers {
            ledger.submit(self.certificate(author_of(number), number).as_bytes(), now).unwrap();
        }
        let (block, seal, _) = self.step(ledger, now).unwrap();
        (block, seal)
    }
}

/// Members take turns.
pub(crate) fn author_of(number: u64) -> usize {
    usize::try_from(number % 4).unwrap()
}

pub(crate) fn document(author: usize, number: u64) -> DocumentId {
    DocumentId::of(&org(author), &fingerprint(number))
}

fn fingerprint(number: u64) -> Fingerprint {
    Fingerprint::of_pdf_ranges(b"certificate", &number.to_be_bytes())
}

fn anchor(author: usize, number: u64, file: u64) -> Anchor {
    let hash = |label: &str| *Fingerprint::of_file(format!("{label} {author} {file}").as_bytes()).hash.first_chunk::<32>().unwrap();
    Anchor {
        fingerprint: fingerprint(file),
        kind: DocumentKind::Certificate,
        signature_hash: Some(SignatureHash(hash("signature"))),
        reference: Some(ReferenceKey::of(&org(author), &CertificateNumber::normalise(&format!("VN-{number}")).unwrap())),
        product_keys: Vec::new(),
        links: vec![Commitment(hash("link"))],
        summary: Some(Commitment(hash("summary"))),
        valid_from: Some(START),
        valid_until: Some(START.plus_ms(365 * DAY_MS)),
        supersedes: None,
    }
}

/// Options for small tests.
pub(crate) fn small() -> Options {
    Options {
        cache_bytes: 1 << 20,
        write_buffer_bytes: 1 << 20,
        write_buffers_bytes_max: 8 << 20,
        wal_bytes_max: 16 << 20,
        ..Options::default()
    }
}

/// The n-th moment after the start.
pub(crate) fn at(n: u64) -> Timestamp {
    START.plus_ms(n * 1000)
}

/// What a crash leaves: the files as they are at one instant, while the ledger still has them open.
///
/// RocksDB may be deleting files in the background. A copy during which the directory changed is no
/// instant, so it is thrown away and taken again.
pub(crate) fn crash_image(dir: &Path) -> tempfile::TempDir {
    for _ in 0..100 {
        let image = tempfile::tempdir().unwrap();
        let before = listing(dir);
        let copied = try_copy(dir, image.path());
        if copied.is_ok() && listing(dir) == before {
            return image;
        }
    }
    panic!("{} never rested", dir.display());
}

/// Every file below a directory, with its length.
fn listing(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut files = Vec::new();
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            files.extend(listing(&path));
        } else {
            let length = std::fs::metadata(&path).map_or(0, |data| data.len());
            files.push((path, length));
        }
    }
    files.sort();
    files
}

pub(crate) fn copy(from: &Path, to: &Path) {
    try_copy(from, to).unwrap();
}

fn try_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for file in std::fs::read_dir(from)? {
        let file = file?;
        let target = to.join(file.file_name());
        if file.file_type()?.is_dir() {
            std::fs::create_dir_all(&target)?;
            try_copy(&file.path(), &target)?;
        } else if file.file_name() != "LOCK" {
            std::fs::copy(file.path(), target)?;
        }
    }
    Ok(())
}
