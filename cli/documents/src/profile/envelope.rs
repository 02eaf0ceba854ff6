//! What all documents have in common: the envelope of W3C Verifiable Credentials 2.0, organisations, HS codes.

use super::{Check, Fields, contexts};
use crate::json::{Node, Value, object, text};
use eco_core::name::{Country, Timestamp};
use eco_core::scheme::{Hs, HsCode, HsEdition};
use eco_core::verdict::Code;

/// Who issued a document, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// `did:web:..` or `did:key:..`
    pub id: String,
    /// Legal name.
    pub name: String,
}

/// The envelope as far as it could be read.
pub(crate) struct Envelope<'n> {
    pub(crate) id: Option<&'n str>,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) subject: Option<&'n Node>,
    /// Where the last stands, for flaws about it.
    pub(crate) valid_until_at: Option<&'n Node>,
}

/// Which members of the envelope a profile demands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demands {
    /// id, validFrom and validUntil.
    All,
    /// validUntil only.
    Until,
}

impl<'n> Envelope<'n> {
    /// Reads the envelope of a document of the given type.
    pub(crate) fn read(check: &mut Check<'_>, root: &'n Node, kind: &str, demands: Demands) -> Option<Self> {
        let mut fields = check.fields(root)?;
        contexts::check(check, &mut fields);
        let types = fields.must(check, "type");
        if let Some(node) = types {
            let found: Option<Vec<&str>> = node.as_list().and_then(|list| list.iter().map(Node::as_text).collect());
            if found.as_deref() != Some(&["VerifiableCredential", kind]) {
                check.invalid(node, format!("exactly [\"VerifiableCredential\", {kind:?}]"), "write exactly these two, in this order");
            }
        }
        let demanded = |check: &mut Check<'_>, fields: &mut Fields<'n>, name| match demands {
            Demands::All => fields.must(check, name),
            Demands::Until => fields.may(name),
        };
        let id = demanded(check, &mut fields, "id").and_then(|n| check.iri(n));
        let issuer = fields.must(check, "issuer").and_then(|n| issuer(check, n));
        let valid_from_at = demanded(check, &mut fields, "validFrom");
        let valid_from = valid_from_at.and_then(|n| check.instant(n));
        let valid_until_at = fields.must(check, "validUntil");
        let valid_until = valid_until_at.and_then(|n| check.instant(n));
        if let (Some(from), Some(until), Some(node)) = (valid_from, valid_until, valid_until_at)
            && from >= until
        {
            check.invalid(node, "after validFrom", "check both dates");
        }
        let subject = fields.must(check, "credentialSubject");
        // Proofs have a reader of their own.
        fields.may("proof");
        fields.close(check);
        Some(Self { id, issuer, valid_from, valid_until, subject, valid_until_at })
    }
}

fn issuer(check: &mut Check<'_>, node: &Node) -> Option<Issuer> {
    let mut fields = check.fields(node)?;
    let id = fields
        .must(check, "id")
        .and_then(|n| check.formed(n, "did:web:<host> or did:key:<key>", "write the identifier in the registry", is_did));
    let name = fields.must(check, "name").and_then(|n| check.text_of(n, 200));
    fields.close(check);
    Some(Issuer { id: id?.to_owned(), name: name?.to_owned() })
}

fn is_did(text: &str) -> bool {
    let plain = |rest: &str| (1..=300).contains(&rest.len()) && rest.bytes().all(|c| c.is_ascii_alphanumeric() || b".-_:%".contains(&c));
    text.strip_prefix("did:web:").or_else(|| text.strip_prefix("did:key:")).is_some_and(plain)
}

/// An organisation as a document names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Identifier: `did:web:..`, `urn:eco:party:..` or another IRI.
    pub id: Option<String>,
    /// Legal name.
    pub legal_name: String,
    /// Country.
    pub country: Option<Country>,
    /// Street and number.
    pub street: Option<String>,
    /// Town.
    pub locality: Option<String>,
}

/// Which members of an organisation its place in a document demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// Identifier and name.
    Id,
    /// Name and country.
    Country,
    /// Identifier, name and country.
    IdCountry,
}

/// Reads an organisation.
pub(crate) fn organization(check: &mut Check<'_>, node: &Node, named: Named) -> Option<Organization> {
    let mut fields = check.fields(node)?;
    fields.kind(check, "Organization");
    let id = match named {
        Named::Id | Named::IdCountry => fields.must(check, "id"),
        Named::Country => fields.may("id"),
    };
    let id = id.and_then(|n| check.iri(n));
    let legal_name = fields.must(check, "legalName").and_then(|n| check.text_of(n, 200));
    let country = match named {
        Named::Country | Named::IdCountry => fields.must(check, "addressCountry"),
        Named::Id => fields.may("addressCountry"),
    };
    let country = country.and_then(|n| check.country(n));
    let street = fields.may("streetAddress").and_then(|n| check.text(n)).map(str::to_owned);
    let locality = fields.may("addressLocality").and_then(|n| check.text(n)).map(str::to_owned);
    fields.close(check);
    Some(Organization { id: id.map(str::to_owned), legal_name: legal_name?.to_owned(), country, street, locality })
}

impl Organization {
    pub(crate) fn to_node(&self) -> Node {
        object([
            ("id", self.id.as_deref().map(text)),
            ("type", Some(text("Organization"))),
            ("legalName", Some(text(&self.legal_name))),
            ("streetAddress", self.street.as_deref().map(text)),
            ("addressLocality", self.locality.as_deref().map(text)),
            ("addressCountry", self.country.map(|c| text(c.to_string()))),
        ])
    }
}

/// Reads `{codeValue, inCodeSet}`.
pub(crate) fn hs(check: &mut Check<'_>, node: &Node) -> Option<Hs> {
    let mut fields = check.fields(node)?;
    fields.kind(check, "CategoryCode");
    let code = fields.must(check, "codeValue");
    let code = code.and_then(|n| {
        let code = n.as_text().and_then(|t| t.parse::<HsCode>().ok()).filter(|c| c.digits() >= 6);
        if code.is_none() {
            check.invalid(n, "6 to 10 digits", "write the code without points");
        }
        code
    });
    let editions: Vec<(&str, HsEdition)> = HsEdition::ALL.iter().map(|e| (e.name(), *e)).collect();
    let edition = fields.must(check, "inCodeSet").and_then(|n| check.choice(n, &editions));
    fields.close(check);
    Some(Hs { code: code?, edition: edition? })
}

/// Writes a tariff code.
pub(crate) fn hs_node(hs: &Hs) -> Node {
    object([
        ("type", Some(text("CategoryCode"))),
        ("codeValue", Some(text(hs.code.as_str()))),
        ("inCodeSet", Some(text(hs.edition.name()))),
    ])
}

/// The members that every document of ours begins with.
pub(crate) fn document(kind: &str, id: Option<&str>, issuer: &Issuer, validity: (Option<Timestamp>, Timestamp), subject: Node) -> Node {
    let list = |words: &[&str]| Node::new(Value::List(words.iter().map(|w| text(*w)).collect()));
    object([
        ("@context", Some(list(&super::CONTEXTS))),
        ("id", id.map(text)),
        ("type", Some(list(&["VerifiableCredential", kind]))),
        ("issuer", Some(object([("id", Some(text(&issuer.id))), ("name", Some(text(&issuer.name)))]))),
        ("validFrom", validity.0.map(|t| text(super::rfc3339(t)))),
        ("validUntil", Some(text(super::rfc3339(validity.1)))),
        ("credentialSubject", Some(subject)),
    ])
}

/// The issuer of a document is the organisation that the row names.
pub(crate) fn same_as_issuer(check: &mut Check<'_>, node: &Node, found: Option<&str>, issuer: Option<&Issuer>) {
    if let (Some(found), Some(issuer)) = (found, issuer)
        && found != issuer.id
    {
        let rule = format!("the issuer of the document, {}", issuer.id);
        check.flaw_found(
            Code::SignerNotIssuer,
            node,
            rule,
            format!("{found:?}"),
            "name the issuer here, or let this organisation issue the document",
        );
    }
}
