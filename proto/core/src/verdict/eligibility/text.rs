//! When two texts of documents mean the same: parties, standards, regions. ASCII rules only, no Unicode tables.

use crate::verdict::Party;
use alloc::string::String;

/// Case, width and spaces folded, for ASCII and full-width ASCII.
pub(super) fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        other => other,
    };
    let space = |c: &char| !matches!(c, ' ' | '\t' | '\u{A0}' | '\u{2000}'..='\u{200B}' | '\u{202F}' | '\u{3000}' | '\u{FEFF}');
    text.chars().filter(space).map(|c| narrow(c).to_ascii_lowercase()).collect()
}

/// Whether `found` is the standard `wanted`: without an edition in `wanted`, any edition of it.
pub(super) fn same_standard(wanted: &str, found: &str) -> bool {
    let (wanted, found) = (fold(wanted), fold(found));
    found.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// Whether two parties are the same: by identifiers of one kind, else by name. `None` = not comparable.
pub(super) fn same_party(a: &Party, b: &Party) -> Option<bool> {
    if let (Some(a), Some(b)) = (a.organisation, b.organisation) {
        return Some(a == b);
    }
    if !a.id.is_empty() && !b.id.is_empty() && kind(&a.id) == kind(&b.id) {
        return Some(a.id == b.id);
    }
    (!a.name.is_empty() && !b.name.is_empty()).then(|| fold(&a.name) == fold(&b.name))
}

/// What an identifier is made by: `did:web` of `did:web:acme.example`.
fn kind(id: &str) -> &str {
    let end = id.match_indices(':').nth(1).map_or(id.len(), |(at, _)| at);
    id.get(..end).unwrap_or(id)
}

/// Whether a text names a party: as its identifier, its organisation or its name.
pub(super) fn names(text: &str, party: &Party) -> bool {
    let folded = fold(text);
    let organisation = party.organisation.is_some_and(|o| o.as_str() == folded);
    organisation || (!party.id.is_empty() && party.id == text) || (!party.name.is_empty() && fold(&party.name) == folded)
}

/// Whether a region contains a place: `CN` contains `CN-GD`, and both contain themselves.
pub(super) fn region_contains(region: &str, place: &str) -> bool {
    place.strip_prefix(region).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(id: &str, name: &str) -> Party {
        Party { id: id.into(), name: name.into(), organisation: None }
    }

    #[test]
    fn standards_match_by_edition_only_where_one_is_wanted() {
        assert!(same_standard("ISO14067", "ISO 14067") && same_standard("iso 14067", "ISO14067:2018"));
        assert!(same_standard("ISO 14065:2020", "ＩＳＯ 14065:2020"));
        assert!(
            !same_standard("ISO 14065:2020", "ISO 14065")
                && !same_standard("ISO14067", "ISO140671")
                && !same_standard("ISO14065", "ISO14067")
        );
    }

    #[test]
    fn parties_match_by_identifier_else_by_name() {
        assert_eq!(same_party(&party("did:web:a.example", "A"), &party("did:web:a.example", "Other")), Some(true));
        assert_eq!(same_party(&party("did:web:a.example", "A"), &party("did:web:b.example", "A")), Some(false));
        assert_eq!(same_party(&party("did:web:a.example", "Acme Ltd."), &party("urn:eco:party:cn:1", "ＡＣＭＥ ltd.")), Some(true));
        assert_eq!(same_party(&party("did:web:a.example", ""), &party("", "A")), None);
    }

    #[test]
    fn regions_contain_their_parts() {
        assert!(region_contains("CN", "CN-GD") && region_contains("CN-GD", "CN-GD"));
        assert!(!region_contains("CN-GD", "CN") && !region_contains("C", "CN") && !region_contains("GLO", "CN"));
    }
}
