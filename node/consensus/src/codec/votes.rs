//! Wire form of votes, proposals, certificates and proposed values.

use eco_core::checkpoint::ProposedHead;
use eco_core::header::BlockId;
use eco_core::log::LogHash;
use malachite::app::consensus::LivenessMsg;
use malachite::app::types::core::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate,
    RoundCertificateType, RoundSignature, SignedMessage, Validity, VoteType,
};
use malachite::app::types::{ProposedValue, SignedConsensusMsg};

use super::Wire;
use crate::context::{Address, Head, Height, Notary, Proposal, Vote};
use crate::limits::VALIDATORS_MAX;
use crate::scheme::VoteSignature;
use crate::wire::{Reader, WireDefect, Writer};

impl Wire for Height {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.u64(self.0);
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        from.u64("height").map(Self)
    }
}

/// Nil is 0 and four zero bytes, so that every round takes five bytes.
impl Wire for Round {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        match self {
            Self::Nil => out.u8(0).u32(0),
            Self::Some(round) => out.u8(1).u32(*round),
        };
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match (from.u8("round")?, from.u32("round")?) {
            (0, 0) => Ok(Self::Nil),
            (0, _) => Err(WireDefect::Malformed { what: "nil round" }),
            (1, round) => Ok(Self::Some(round)),
            (found, _) => Err(WireDefect::Tag { what: "round", found }),
        }
    }
}

impl Wire for Address {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.raw(&self.0);
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        from.array("address").map(Self)
    }
}

impl Wire for VoteSignature {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.raw(&self.0);
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        from.array("signature").map(Self)
    }
}

impl Wire for Head {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.raw(self.0.block.as_bytes()).u64(self.0.tree_size).raw(self.0.log_root.as_bytes());
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self(ProposedHead {
            block: BlockId(from.array("block id")?),
            tree_size: from.u64("tree size")?,
            log_root: LogHash(from.array("log root")?),
        }))
    }
}

impl<T: Wire> Wire for NilOrVal<T> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        match self {
            Self::Nil => {
                out.u8(0);
                Ok(())
            }
            Self::Val(value) => value.put(out.u8(1)),
        }
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("nil or head")? {
            0 => Ok(Self::Nil),
            1 => T::take(from).map(Self::Val),
            found => Err(WireDefect::Tag { what: "nil or head", found }),
        }
    }
}

impl Wire for VoteType {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.u8(match self {
            Self::Prevote => 0,
            Self::Precommit => 1,
        });
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("vote kind")? {
            0 => Ok(Self::Prevote),
            1 => Ok(Self::Precommit),
            found => Err(WireDefect::Tag { what: "vote kind", found }),
        }
    }
}

impl Wire for Vote {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.kind.put(out)?;
        self.height.put(out)?;
        self.round.put(out)?;
        self.value.put(out)?;
        self.address.put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self {
            kind: Wire::take(from)?,
            height: Wire::take(from)?,
            round: Wire::take(from)?,
            value: Wire::take(from)?,
            address: Wire::take(from)?,
        })
    }
}

impl Wire for Proposal {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.height.put(out)?;
        self.round.put(out)?;
        self.value.put(out)?;
        self.pol_round.put(out)?;
        self.address.put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self {
            height: Wire::take(from)?,
            round: Wire::take(from)?,
            value: Wire::take(from)?,
            pol_round: Wire::take(from)?,
            address: Wire::take(from)?,
        })
    }
}

impl<T: Wire> Wire for SignedMessage<Notary, T> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.message.put(out)?;
        self.signature.put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self::new(T::take(from)?, Wire::take(from)?))
    }
}

impl Wire for SignedConsensusMsg<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        match self {
            Self::Vote(vote) => vote.put(out.u8(0)),
            Self::Proposal(proposal) => proposal.put(out.u8(1)),
        }
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("consensus message")? {
            0 => Wire::take(from).map(Self::Vote),
            1 => Wire::take(from).map(Self::Proposal),
            found => Err(WireDefect::Tag { what: "consensus message", found }),
        }
    }
}

impl Wire for LivenessMsg<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        match self {
            Self::Vote(vote) => vote.put(out.u8(0)),
            Self::PolkaCertificate(certificate) => certificate.put(out.u8(1)),
            Self::SkipRoundCertificate(certificate) => certificate.put(out.u8(2)),
        }
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match from.u8("liveness message")? {
            0 => Wire::take(from).map(Self::Vote),
            1 => Wire::take(from).map(Self::PolkaCertificate),
            2 => Wire::take(from).map(Self::SkipRoundCertificate),
            found => Err(WireDefect::Tag { what: "liveness message", found }),
        }
    }
}

impl Wire for PolkaCertificate<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.height.put(out)?;
        self.round.put(out)?;
        self.value_id.put(out)?;
        out.list("polka signatures", VALIDATORS_MAX, &self.polka_signatures, |out, vote| {
            vote.address.put(out)?;
            vote.signature.put(out)
        })?;
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self {
            height: Wire::take(from)?,
            round: Wire::take(from)?,
            value_id: Wire::take(from)?,
            polka_signatures: from
                .list("polka signatures", VALIDATORS_MAX, |from| Ok(PolkaSignature::new(Wire::take(from)?, Wire::take(from)?)))?,
        })
    }
}

impl Wire for RoundCertificate<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.height.put(out)?;
        self.round.put(out)?;
        out.u8(match self.cert_type {
            RoundCertificateType::Skip => 0,
            RoundCertificateType::Precommit => 1,
        });
        // A skip certificate may hold a prevote and a precommit of one validator.
        out.list("round signatures", 2 * VALIDATORS_MAX, &self.round_signatures, |out, vote| {
            vote.vote_type.put(out)?;
            vote.value_id.put(out)?;
            vote.address.put(out)?;
            vote.signature.put(out)
        })?;
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self {
            height: Wire::take(from)?,
            round: Wire::take(from)?,
            cert_type: match from.u8("round certificate")? {
                0 => RoundCertificateType::Skip,
                1 => RoundCertificateType::Precommit,
                found => return Err(WireDefect::Tag { what: "round certificate", found }),
            },
            round_signatures: from.list("round signatures", 2 * VALIDATORS_MAX, |from| {
                let (kind, value) = (Wire::take(from)?, Wire::take(from)?);
                Ok(RoundSignature::new(kind, value, Wire::take(from)?, Wire::take(from)?))
            })?,
        })
    }
}

impl Wire for ExtendedCommitCertificate<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.height.put(out)?;
        self.round.put(out)?;
        self.value_id.put(out)?;
        out.list("commit signatures", VALIDATORS_MAX, &self.commit_signatures, |out, vote| {
            if vote.extension.is_some() {
                return Err(WireDefect::Extension);
            }
            vote.address.put(out)?;
            vote.signature.put(out)
        })?;
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self {
            height: Wire::take(from)?,
            round: Wire::take(from)?,
            value_id: Wire::take(from)?,
            commit_signatures: from.list("commit signatures", VALIDATORS_MAX, |from| {
                Ok(ExtendedCommitSignature::new(Wire::take(from)?, Wire::take(from)?, None))
            })?,
        })
    }
}

impl Wire for ProposedValue<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.height.put(out)?;
        self.round.put(out)?;
        self.valid_round.put(out)?;
        self.proposer.put(out)?;
        self.value.put(out)?;
        out.u8(match self.validity {
            Validity::Invalid => 0,
            Validity::Valid => 1,
        });
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self {
            height: Wire::take(from)?,
            round: Wire::take(from)?,
            valid_round: Wire::take(from)?,
            proposer: Wire::take(from)?,
            value: Wire::take(from)?,
            validity: match from.u8("validity")? {
                0 => Validity::Invalid,
                1 => Validity::Valid,
                found => return Err(WireDefect::Tag { what: "validity", found }),
            },
        })
    }
}
