//! Comparing distinguished names: RFC 5280 section 7.1, without the Unicode tables of full stringprep.

use crate::asn1::{self, OID, SEQUENCE, SET};

/// Whether two names (DER) are the same: equal bytes, or equal attributes whose texts differ only in string
/// type, in the case of ASCII letters and in runs of spaces.
pub(crate) fn is_same_name(one: &[u8], other: &[u8]) -> bool {
    one == other || matches!((normal(one), normal(other)), (Some(one), Some(other)) if one == other)
}

type Attribute = (Vec<u8>, Vec<u8>);

/// Attributes of each RDN, texts normalised, sorted inside the RDN.
fn normal(name: &[u8]) -> Option<Vec<Vec<Attribute>>> {
    let mut parts = Vec::new();
    for set in asn1::only(name, SEQUENCE).ok()?.inside().all().ok()? {
        let mut attributes: Vec<Attribute> = Vec::new();
        for pair in if set.tag == SET { set.inside().all().ok()? } else { return None } {
            let mut inside = pair.inside();
            let kind = inside.expect(OID).ok()?.whole;
            let value = inside.read().ok()?;
            inside.finish().ok()?;
            // UTF8String, PrintableString, IA5String; others are compared as they are.
            let text = match value.tag {
                0x0c | 0x13 | 0x16 => core::str::from_utf8(value.value).ok().map(folded),
                _ => None,
            };
            attributes.push((kind.to_vec(), text.unwrap_or_else(|| value.whole.to_vec())));
        }
        attributes.sort_unstable();
        parts.push(attributes);
    }
    Some(parts)
}

fn folded(text: &str) -> Vec<u8> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::oid;

    /// Authorities change string types and spacing between their own certificates; names stay names.
    #[test]
    fn names_differ_in_substance_only() {
        let name = |tag: u8, text: &str| {
            asn1::sequence(&[&asn1::set_of(vec![asn1::sequence(&[oid::COMMON_NAME, &asn1::tlv(tag, text.as_bytes())])])])
        };
        assert!(is_same_name(&name(0x0c, "Good  CA "), &name(0x13, "good ca")));
        assert!(!is_same_name(&name(0x0c, "Good CA"), &name(0x0c, "GoodCA")));
        assert!(!is_same_name(&name(0x0c, "Good CA"), &asn1::sequence(&[])));
        assert!(!is_same_name(&[], &name(0x0c, "Good CA")));
    }
}
