//! Seals at hand, verified once for all the files that rest on them: a block of a thousand certificates has one seal.

use crate::workers;
use anyhow::Result;
use eco_core::header::Header;
use eco_core::receipt::Receipt;
use eco_core::seal::Seal;
use eco_core::status::StatusProof;
use eco_core::trust::TrustRoot;
use std::sync::Arc;

/// Has the trust root keep every seal of this evidence that holds. One that does not is kept nowhere, and is refused
/// wherever it is judged.
pub(crate) async fn verify_once(trust: &mut Arc<Option<TrustRoot>>, evidence: Vec<Vec<u8>>) -> Result<()> {
    let own = Arc::clone(trust);
    let sealed = move |bytes: Vec<u8>| own.as_ref().as_ref().and_then(|trust| sealed(&bytes, trust));
    let mut different: Vec<(Header, Seal)> = Vec::new();
    for sealed in workers::start(evidence, workers::usual(), sealed).finish().await?.into_iter().flatten() {
        if !different.contains(&sealed) {
            different.push(sealed);
        }
    }
    let own = Arc::clone(trust);
    let verify = move |(header, seal): (Header, Seal)| own.as_ref().as_ref().and_then(|trust| trust.verified_seal(&header, &seal).ok());
    let verified = workers::start(different, workers::usual(), verify).finish().await?;
    if let Some(trust) = Arc::make_mut(trust) {
        verified.into_iter().flatten().for_each(|seal| trust.keep_verified(seal));
    }
    Ok(())
}

/// Header and seal of a receipt or status proof, not yet believed.
fn sealed(bytes: &[u8], trust: &TrustRoot) -> Option<(Header, Seal)> {
    let receipt = Receipt::from_file(bytes, trust).ok().map(|receipt| (receipt.header, receipt.seal));
    receipt.or_else(|| StatusProof::from_file(bytes, trust).ok().map(|proof| (proof.header, proof.seal)))
}
