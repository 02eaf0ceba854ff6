//! Evidence against validators, as files that verify offline.
//!
//! Two precommits for different blocks are eco-core's `DoubleVote`. Other contradictions (prevotes,
//! proposals) have no offline format: both messages are kept in wire form for the operator.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use eco_core::codec::encode;
use eco_core::evidence::DoubleVote;
use eco_core::name;
use eco_core::sign::{PublicKey, Signature};
use malachite::app::types::core::{NilOrVal, SignedProposal, SignedVote, VoteType};
use malachite::app::types::{MisbehaviorEvidence, SignedConsensusMsg};

use crate::codec::to_bytes;
use crate::context::Notary;
use crate::limits::EVIDENCE_FILES_MAX;

/// One piece of evidence: file name and bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EvidenceFile {
    /// Names validator, height and round, so that the same evidence has one file.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The double vote that two signed votes of one validator are, if they are one.
#[must_use]
pub(crate) fn double_vote(first: &SignedVote<Notary>, second: &SignedVote<Notary>) -> Option<DoubleVote> {
    let (a, b) = (&first.message, &second.message);
    let same_place = (a.kind, a.address, a.height, a.round) == (b.kind, b.address, b.height, b.round);
    match (a.kind, a.value, b.value) {
        (VoteType::Precommit, NilOrVal::Val(one), NilOrVal::Val(two)) if same_place && one != two => Some(DoubleVote {
            key: PublicKey::ed25519(a.address.0),
            height: name::Height(a.height.0),
            round: name::Round(a.round.as_u32()?),
            first: (one.0, Signature(first.signature.0)),
            second: (two.0, Signature(second.signature.0)),
        }),
        _ => None,
    }
}

/// Everything in what the engine collected over a height.
#[must_use]
pub(crate) fn files(evidence: &MisbehaviorEvidence<Notary>) -> Vec<EvidenceFile> {
    let votes = (&evidence.votes).into_iter().flat_map(|(_, pairs)| pairs).map(|(one, two)| vote_file(one, two));
    let proposals = evidence.proposals.iter().flat_map(|(_, pairs)| pairs).map(|(one, two)| proposal_file(one, two));
    votes.chain(proposals).collect()
}

fn vote_file(one: &SignedVote<Notary>, two: &SignedVote<Notary>) -> EvidenceFile {
    let vote = &one.message;
    let place = format!("{}-{}-{}", vote.height, vote.round, vote.address);
    if let Some(double) = double_vote(one, two) {
        return EvidenceFile { name: format!("double-vote-{place}.eco"), bytes: encode(&double) };
    }
    let kind = if vote.kind == VoteType::Prevote { "prevote" } else { "precommit" };
    let pair = [SignedConsensusMsg::Vote(one.clone()), SignedConsensusMsg::Vote(two.clone())];
    EvidenceFile { name: format!("contradicting-{kind}-{place}.bin"), bytes: wire_pair(&pair) }
}

fn proposal_file(one: &SignedProposal<Notary>, two: &SignedProposal<Notary>) -> EvidenceFile {
    let proposal = &one.message;
    let name = format!("contradicting-proposal-{}-{}-{}.bin", proposal.height, proposal.round, proposal.address);
    let pair = [SignedConsensusMsg::Proposal(one.clone()), SignedConsensusMsg::Proposal(two.clone())];
    EvidenceFile { name, bytes: wire_pair(&pair) }
}

/// Each with its length (u32 LE) in front.
fn wire_pair(pair: &[SignedConsensusMsg<Notary>]) -> Vec<u8> {
    let mut out = Vec::new();
    for bytes in pair.iter().filter_map(|message| to_bytes(message).ok()) {
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&bytes);
    }
    out
}

/// Writes what is not there yet; tells what was written.
///
/// # Errors
/// The directory cannot be written.
pub(crate) fn store(dir: &Path, files: &[EvidenceFile]) -> io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    if files.is_empty() {
        return Ok(written);
    }
    fs::create_dir_all(dir)?;
    let mut count = fs::read_dir(dir)?.count();
    for file in files {
        let path = dir.join(&file.name);
        if count >= EVIDENCE_FILES_MAX || path.exists() {
            continue;
        }
        let unfinished = dir.join(format!(".{}", file.name));
        fs::write(&unfinished, &file.bytes)?;
        fs::File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, &path)?;
        written.push(path);
        count += 1;
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Head, Height, Vote};
    use crate::testing::{head, signed_bytes, signer};
    use eco_core::checkpoint::Origin;
    use eco_core::sign::NetworkId;
    use malachite::app::types::core::Round;
    use malachite_signing::Signer;

    async fn precommit(dir: &Path, value: NilOrVal<Head>) -> SignedVote<Notary> {
        // A state file of its own for each vote: the fault that evidence is about.
        let signer = signer(dir, 3, signed_bytes(1));
        let vote = Vote { kind: VoteType::Precommit, height: Height(7), round: Round::new(1), value, address: signer.address() };
        signer.sign_vote(vote).await.unwrap()
    }

    fn dirs() -> [tempfile::TempDir; 2] {
        [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]
    }

    /// Whoever reads the file offline must come to the same conclusion, and only for real contradictions.
    #[tokio::test]
    async fn a_double_vote_verifies_offline() {
        let [a, b] = dirs();
        let (one, two) = (precommit(a.path(), NilOrVal::Val(head(1))).await, precommit(b.path(), NilOrVal::Val(head(2))).await);
        let double = double_vote(&one, &two).unwrap();
        let origin = |network| Origin::of(&"eco.test/main".parse().unwrap(), &NetworkId([network; 32]));
        double.verify(&origin(1)).unwrap();
        assert!(double.verify(&origin(2)).is_err(), "evidence of another network");
        assert_eq!(double_vote(&one, &one), None);
    }

    #[tokio::test]
    async fn voting_nil_and_a_head_is_kept_but_is_no_double_vote() {
        let [a, b] = dirs();
        let (one, two) = (precommit(a.path(), NilOrVal::Val(head(1))).await, precommit(b.path(), NilOrVal::Nil).await);
        assert_eq!(double_vote(&one, &two), None);
        assert!(vote_file(&one, &two).name.starts_with("contradicting-precommit-7-1-"));
    }

    #[tokio::test]
    async fn evidence_is_written_once() {
        let [a, b] = dirs();
        let (one, two) = (precommit(a.path(), NilOrVal::Val(head(1))).await, precommit(b.path(), NilOrVal::Val(head(2))).await);
        let files = [vote_file(&one, &two)];
        let dir = a.path().join("evidence");
        let written = store(&dir, &files).unwrap();
        assert_eq!(written.len(), 1);
        let bytes = fs::read(&written[0]).unwrap();
        assert_eq!(bytes, encode(&double_vote(&one, &two).unwrap()));
        assert_eq!(store(&dir, &files).unwrap(), Vec::<PathBuf>::new());
    }
}
