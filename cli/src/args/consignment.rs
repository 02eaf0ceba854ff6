//! Arguments about a whole consignment: passports, the import, the scheme, the customs entry record.

use crate::dates::{Day, parse_day};
use clap::Args;
use eco_core::name::{Country, OrgId, Timestamp};
use std::path::PathBuf;

/// Dates of an import.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ImportDates {
    /// When the customs declaration was lodged: a day (its end, UTC) or a moment (RFC 3339).
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) lodged: Option<Day>,
    /// When the goods arrive: a day (from its first moment anywhere on earth) or a moment (RFC 3339).
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(crate) arrival: Option<Day>,
}

impl ImportDates {
    /// The moment of lodging and that of arrival.
    pub(crate) fn moments(self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.lodged.map(Day::end), self.arrival.map(Day::begins))
    }
}

/// What is judged together with a certificate.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConsignmentArgs {
    /// Carbon passport of the goods; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) passport: Vec<PathBuf>,
    /// Importing country, whose recognition of verification bodies counts. Default: where the certificate exports to.
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) importing: Option<Country>,
    /// Scheme to be eligible for: its name on the log, or a scheme file (.json).
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) scheme: Option<String>,
    /// The dates that eligibility may depend on.
    #[command(flatten)]
    pub(crate) dates: ImportDates,
    /// Customs entry record to compare with: JSON, or CSV with one line for each certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) entry: Option<PathBuf>,
}

/// The asker's own customs declaration.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OwnDeclarationArgs {
    /// Number of your own customs declaration: that the certificate was presented under it is not "presented elsewhere".
    #[arg(long, value_name = "NUMBER")]
    pub(crate) declaration: Option<String>,
    /// Your customs. Default: `org` of config.toml.
    #[arg(long, value_name = "SLUG", requires = "declaration")]
    pub(crate) customs: Option<OrgId>,
    /// Your customs' own secret for declaration keys. Default: `declarations.secret` in the home directory.
    #[arg(long, value_name = "FILE", requires = "declaration")]
    pub(crate) secret: Option<PathBuf>,
}

impl ConsignmentArgs {
    /// Whether more than one document by itself is asked about.
    pub(crate) fn any(&self) -> bool {
        let Self { passport, importing, scheme, dates, entry } = self;
        !passport.is_empty() || importing.is_some() || scheme.is_some() || dates.moments() != (None, None) || entry.is_some()
    }
}
