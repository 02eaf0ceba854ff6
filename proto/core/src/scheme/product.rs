//! When two product ids name the same goods: a model id fits the batches and items of the same code.

/// Start of every id of GS1.
const GS1: &str = "https://id.gs1.org/";

/// Whether two canonical product ids name the same goods.
///
/// Ids of GS1 are pairs of application identifier and value after the host. They match if the pairs of one
/// are all among those of the other, so that a model fits a batch of it, and two batches never fit.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    match (a.strip_prefix(GS1), b.strip_prefix(GS1)) {
        (Some(a), Some(b)) => within(a, b) || within(b, a),
        _ => a == b,
    }
}

/// Whether the first pair is equal and every pair of `general` is among those of `special`.
fn within(general: &str, special: &str) -> bool {
    pairs(general).next() == pairs(special).next() && pairs(general).all(|pair| pairs(special).any(|other| other == pair))
}

fn pairs(path: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut segments = path.split('/');
    core::iter::from_fn(move || segments.next().map(|identifier| (identifier, segments.next())))
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn a_model_fits_its_batches_and_items_and_nothing_else() {
        let model = "https://id.gs1.org/01/06901234567892";
        let (batch, item) = ("https://id.gs1.org/01/06901234567892/10/B7", "https://id.gs1.org/01/06901234567892/10/B7/21/9");
        assert!(same(model, model) && same(model, batch) && same(batch, model) && same(item, batch) && same(item, model));
        assert!(!same(batch, "https://id.gs1.org/01/06901234567892/10/B8"));
        assert!(!same(batch, "https://id.gs1.org/01/06901234567892/21/B7"));
        assert!(!same(model, "https://id.gs1.org/01/0690123456789"), "a prefix of the digits is another product");
        assert!(!same(model, "https://id.gs1.org/01/06901234567893/10/B7"));
        assert!(!same("https://id.gs1.org/", model) && !same("https://id.gs1.org/01", model));
        assert!(same("urn:eco:model:acme:LC-1390", "urn:eco:model:acme:LC-1390"));
        assert!(!same("urn:eco:model:acme:LC-1390", "urn:eco:model:acme:LC-1390/10/B"));
    }
}
