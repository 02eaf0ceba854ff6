//! What a new edition of a published list changes, against the rows that stand on the log.

use eco_core::name::{OrgId, Timestamp};
use eco_core::recognition::{AccreditationStandard, HsPrefix};
use eco_core::state::RecognitionRecord;

/// What a row says, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Who is recognised.
    pub(super) body: OrgId,
    /// The accreditation standard that counts.
    pub(super) standard: AccreditationStandard,
    /// For which goods; ascending.
    pub(super) prefixes: Vec<HsPrefix>,
    /// From when.
    pub(super) from: Timestamp,
    /// Until when, exclusive.
    pub(super) until: Option<Timestamp>,
}

impl Said {
    /// What a row on the log says.
    pub(super) fn of(body: OrgId, record: &RecognitionRecord) -> Self {
        let RecognitionRecord { standard, prefixes, valid_from: from, valid_until: until, .. } = record.clone();
        Self { body, standard, prefixes, from, until }
    }

    /// Whether whoever says this says the other too.
    fn covers(&self, other: &Self) -> bool {
        let within = |prefix: &HsPrefix| match prefix {
            HsPrefix::Any => self.prefixes.contains(&HsPrefix::Any),
            HsPrefix::Code(code) => HsPrefix::coverage(&self.prefixes).covers(code),
        };
        let lasts = self.until.is_none_or(|own| other.until.is_some_and(|until| until <= own));
        (self.body, &self.standard) == (other.body, &other.standard)
            && self.from <= other.from
            && lasts
            && other.prefixes.iter().all(within)
    }
}

/// A row of the list, and where it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Line of the file, from 1.
    pub(super) line: u64,
    /// What it says.
    pub(super) said: Said,
}

/// A row on the log that counts or will count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// Its number among the rows of its body.
    pub(super) number: u32,
    /// What it says.
    pub(super) said: Said,
}

/// What becomes of a row on the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It says nothing that the list does not say.
    Stays,
    /// The list does not say it any more.
    Withdrawn,
}

/// A row to be recorded, and the row on the log of the same body and standard that it takes the place of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct New<'a> {
    /// The row.
    pub(super) row: &'a Listed,
    /// The row before, and what becomes of it.
    pub(super) instead: Option<(&'a Standing, Fate)>,
}

/// The changes that make the log say what a list says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Diff<'a> {
    /// To be recorded, in the list's order.
    pub(super) new: Vec<New<'a>>,
    /// To be withdrawn.
    pub(super) withdrawn: Vec<&'a Standing>,
    /// Rows of the list that stand already.
    pub(super) unchanged: usize,
}

impl<'a> Diff<'a> {
    /// Compares. A row that the list widens stays beside the wider one: attestations made under it go on counting.
    pub(super) fn of(listed: &'a [Listed], standing: &'a [Standing]) -> Self {
        let stands = |row: &Listed| standing.iter().any(|s| s.said == row.said);
        let same = |s: &Standing| listed.iter().any(|row| row.said == s.said);
        let fate = |s: &Standing| if listed.iter().any(|row| row.said.covers(&s.said)) { Fate::Stays } else { Fate::Withdrawn };
        let mut before: Vec<(&Standing, Fate)> = standing.iter().filter(|s| !same(s)).map(|s| (s, fate(s))).collect();
        let withdrawn = before.iter().filter(|(_, fate)| *fate == Fate::Withdrawn).map(|(s, _)| *s).collect();
        let new: Vec<New<'a>> = listed
            .iter()
            .filter(|row| !stands(row))
            .map(|row| {
                let of_same = |(s, _): &(&Standing, Fate)| (s.said.body, &s.said.standard) == (row.said.body, &row.said.standard);
                let at = before.iter().position(of_same);
                New { row, instead: at.map(|at| before.remove(at)) }
            })
            .collect();
        let unchanged = listed.len().saturating_sub(new.len());
        Self { new, withdrawn, unchanged }
    }

    /// Whether the log says what the list says.
    pub(super) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.withdrawn.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str, hs: &str, from: u64, until: Option<u64>) -> Said {
        Said {
            body: body.parse().unwrap(),
            standard: "ISO14065:2020".parse().unwrap(),
            prefixes: hs.split(' ').map(|p| p.parse().unwrap()).collect(),
            from: Timestamp(from),
            until: until.map(Timestamp),
        }
    }

    fn list(rows: &[Said]) -> Vec<Listed> {
        (2..).zip(rows).map(|(line, said)| Listed { line, said: said.clone() }).collect()
    }

    fn log(rows: &[Said]) -> Vec<Standing> {
        (0..).zip(rows).map(|(number, said)| Standing { number, said: said.clone() }).collect()
    }

    /// A row that silently goes or stays decides which goods cross the border.
    #[test]
    fn added_withdrawn_changed_and_unchanged() {
        let kept = said("kept", "8507", 1, None);
        let (listed, standing) = (list(&[kept.clone(), said("added", "*", 1, None)]), log(&[kept, said("gone", "84", 1, None)]));
        let diff = Diff::of(&listed, &standing);
        assert_eq!(diff.unchanged, 1);
        assert_eq!(diff.new, [New { row: &listed[1], instead: None }]);
        assert_eq!(diff.withdrawn, [&standing[1]]);
        assert!(!diff.is_empty() && Diff::of(&listed[..1], &standing[..1]).is_empty());
    }

    /// Narrowed rows must go; widened ones may stay, and attestations made under them need it.
    #[test]
    fn only_what_the_list_says_no_more_is_withdrawn() {
        let old = said("body", "8507 850760", 5, Some(9));
        for (new, fate) in [
            (said("body", "85", 5, Some(9)), Fate::Stays),
            (said("body", "*", 1, None), Fate::Stays),
            (said("body", "8507", 5, Some(10)), Fate::Stays),
            (said("body", "850760", 5, Some(9)), Fate::Withdrawn),
            (said("body", "8507", 5, Some(8)), Fate::Withdrawn),
            (said("body", "8507", 6, Some(9)), Fate::Withdrawn),
        ] {
            let (listed, standing) = (list(&[new]), log(std::slice::from_ref(&old)));
            let diff = Diff::of(&listed, &standing);
            assert_eq!(diff.new, [New { row: &listed[0], instead: Some((&standing[0], fate)) }], "{listed:?}");
            assert_eq!(diff.withdrawn.len(), usize::from(fate == Fate::Withdrawn), "{listed:?}");
        }
        let any = log(&[said("body", "*", 1, None)]);
        assert_eq!(Diff::of(&list(&[said("body", "8507", 1, None)]), &any).withdrawn.len(), 1, "* is more than any prefix");
        let endless = log(&[said("body", "8507", 1, None)]);
        assert_eq!(Diff::of(&list(&[said("body", "8507", 1, Some(9))]), &endless).withdrawn.len(), 1, "no end is later than any end");
    }
}
