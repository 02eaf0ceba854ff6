//! Which country codes are assigned, and the names of their countries.

/// ISO 3166-1: code, space, English short name.
static ASSIGNED: &str = include_str!("country/assigned.txt");

/// Codes that customs use although ISO 3166-1 assigns them to nobody: Kosovo.
const CUSTOMARY: [&str; 1] = ["XK"];

/// The name of a country.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    ASSIGNED
        .lines()
        .filter(|line| line.starts_with(code))
        .filter_map(|line| line.split_once(' '))
        .find_map(|(c, n)| (c == code).then_some(n))
}

/// Whether goods can come from there or go there.
pub(crate) fn is_assigned(code: &str) -> bool {
    name(code).is_some() || CUSTOMARY.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code of no country has no authority that recognises anybody, and no customs that could ask.
    #[test]
    fn codes_of_no_country_are_told_apart() {
        for code in ["CN", "VN", "JP", "GB", "XK"] {
            assert!(is_assigned(code), "{code}");
        }
        for code in ["ZZ", "EU", "UK", "XX", "SU", "C", "", "CNN", "cn"] {
            assert!(!is_assigned(code), "{code}");
        }
        assert_eq!(name("VN"), Some("Viet Nam"));
        assert_eq!(ASSIGNED.lines().count(), 249);
    }
}
