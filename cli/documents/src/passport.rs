//! Carbon passports: the verified footprint of a product as a closed JSON-LD profile.
//!
//! [`read_passport`] gives fingerprint, proofs, the typed values that `eco_core` judges, and every flaw at once.
//! What the footprint is worth is judged by `eco_core`; [`PassportReport::carbon`] says beforehand what it will say.

mod carbon;
pub mod draft;
mod footprint;
pub mod pact;
mod read;
#[cfg(test)]
mod tests;

pub(crate) use read::read_tree;
pub use read::{PassportReport, read_passport};

/// Declared units of PACT 3.
pub const UNITS: [&str; 10] =
    ["liter", "kilogram", "cubic meter", "kilowatt hour", "megajoule", "ton kilometer", "square meter", "piece", "hour", "megabit second"];
/// Components of a passport, over both levels.
pub const COMPONENTS_MAX: usize = 200;
