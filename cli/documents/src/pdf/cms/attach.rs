//! Puts an unsigned attribute into a CMS that is signed already: all other bytes stay as received.

use super::attribute;
use crate::asn1::{self, Asn1Defect, OID, SEQUENCE, SET, Tlv};

/// The CMS with this unsigned attribute in place of any of the same type. `kind` and `value` are DER.
pub(crate) fn with_unsigned(cms: &[u8], kind: &[u8], value: &[u8]) -> Result<Vec<u8>, Asn1Defect> {
    let mut outer = asn1::only(cms, SEQUENCE)?.inside();
    let content_type = outer.expect(OID)?.whole;
    let explicit = outer.expect(0xa0)?;
    outer.finish()?;
    let mut parts = asn1::only(explicit.value, SEQUENCE)?.inside().all()?;
    let signers = parts.pop().filter(|last| last.tag == SET).ok_or_else(|| Asn1Defect("no signerInfos".into()))?;
    let mut fields = asn1::only(signers.value, SEQUENCE)?.inside().all()?;
    let mut attributes = match fields.pop_if(|last| last.tag == 0xa1) {
        Some(old) => others(old, kind)?,
        None => Vec::new(),
    };
    attributes.push(attribute(kind, value));
    attributes.sort_unstable();
    let signer = asn1::sequence(&[&joined(&fields), &asn1::tlv(0xa1, &attributes.concat())]);
    let data = asn1::sequence(&[&joined(&parts), &asn1::tlv(SET, &signer)]);
    Ok(asn1::sequence(&[content_type, &asn1::tlv(0xa0, &data)]))
}

/// Attributes of other types, as received.
fn others(attributes: Tlv<'_>, kind: &[u8]) -> Result<Vec<Vec<u8>>, Asn1Defect> {
    let mut kept = Vec::new();
    for element in attributes.inside().all()? {
        if element.inside().expect(OID)?.whole != kind {
            kept.push(element.whole.to_vec());
        }
    }
    Ok(kept)
}

fn joined(elements: &[Tlv<'_>]) -> Vec<u8> {
    elements.iter().flat_map(|element| element.whole.iter().copied()).collect()
}
