//! A folder of consignments: every file is judged as by itself with the same arguments, a certificate together with the
//! passports at hand that are its own.
//!
//! A passport belongs to a certificate if the certificate's data names its fingerprint. Where the passport that an item
//! names is not there, the passports of the item's product that no certificate names stand in: that they are not the one
//! named is then part of the verdict.

use super::row::Row;
use super::{CHUNK, Check};
use crate::anchoring::fault_of;
use crate::args::VerifyArgs;
use crate::consignment::{Consignment, Terms};
use crate::document::Document;
use crate::evidence::Exhibit;
use crate::fault::Fault;
use crate::files::{self, ECO_BYTES_MAX};
use crate::home::Home;
use crate::nodes::Asking;
use crate::seals;
use crate::show::progress_bar;
use crate::workers;
use anyhow::Result;
use eco_core::Fingerprint;
use eco_core::eco_file::{FileKind, kind_of};
use eco_core::scheme::product;
use eco_core::verdict::{CertificateFacts, Facts, ItemFacts, PassportFacts};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One row for each file, in the order of the files.
pub(super) async fn rows(
    args: &VerifyArgs,
    home: &Home,
    mut check: Check,
    mut paths: Vec<PathBuf>,
    mut asking: Option<&mut Asking<'_>>,
    as_json: bool,
) -> Result<Vec<Row>> {
    let terms = Terms::of(&args.consignment)?.declared(Terms::own(&args.own, home)?).for_several();
    let proofs = proofs(&args.receipt)?;
    paths.extend(args.consignment.passport.iter().filter(|path| !paths.contains(path)).cloned().collect::<Vec<_>>());
    let bar = progress_bar(paths.len(), as_json);
    let own = check.clone();
    let found = workers::start(paths.clone(), workers::usual(), move |path| own.document(&path)).finish().await?;
    let mut rows: BTreeMap<PathBuf, Row> = BTreeMap::new();
    let mut documents = Vec::with_capacity(found.len());
    for (path, found) in paths.iter().zip(found) {
        match found {
            Ok(document) => documents.push(document),
            Err(error) => drop(rows.insert(path.clone(), Row::failed(path, &fault_of(error)))),
        }
    }
    let groups = grouped(&documents);
    for chunk in groups.chunks(CHUNK) {
        let mut consignments = Vec::with_capacity(chunk.len());
        for Group { first, passports } in chunk {
            let own = passports.iter().map(|passport| (*passport).clone()).collect();
            let mut consignment = match Consignment::of(Some((*first).clone()), own, terms.clone()) {
                Ok(consignment) => consignment,
                // A receipt beside one of them that cannot be read costs these documents their answer, not the others.
                Err(error) => {
                    let fault = fault_of(error);
                    for document in [*first].into_iter().chain(passports.iter().copied()) {
                        rows.entry(document.path.clone()).or_insert_with(|| Row::failed(&document.path, &fault));
                    }
                    continue;
                }
            };
            consignment.proofs.clone_from(&proofs);
            if let Some(asking) = asking.as_deref_mut() {
                let countries: Vec<_> = consignment.importing().into_iter().collect();
                consignment.ask(asking, &check.question, check.trust(), &countries).await;
            }
            consignments.push(consignment);
        }
        let evidence = consignments.iter().flat_map(Consignment::evidence_files).collect();
        seals::verify_once(&mut check.trust, evidence).await?;
        let own = check.clone();
        let judged = move |consignment: Consignment| {
            let judgement = consignment.judge(&own.question, own.trust(), &own.policy);
            let first = Row::of_judgement(&own.question, &consignment, &judgement);
            let others = Row::of_passports(&own.question, &consignment, &judgement);
            let paths: Vec<PathBuf> = consignment.pieces().map(|piece| piece.document.path.clone()).collect();
            paths.into_iter().zip(first.into_iter().chain(others)).collect::<Vec<_>>()
        };
        for (path, row) in workers::start(consignments, workers::usual(), judged).finish().await?.into_iter().flatten() {
            let before = rows.remove(&path);
            bar.inc(u64::from(before.is_none()));
            rows.insert(path, before.map_or(row.clone(), |before| before.worse(row)));
        }
    }
    bar.finish_and_clear();
    Ok(paths.iter().filter_map(|path| rows.remove(path)).collect())
}

/// Status proofs that arguments name: they speak for all. A receipt is of one document and lies beside it.
fn proofs(named: &[PathBuf]) -> Result<Vec<Exhibit>> {
    let read = |path: &PathBuf| {
        let (source, bytes) = (path.display().to_string(), files::read(path, ECO_BYTES_MAX)?);
        if kind_of(&bytes) != Ok(FileKind::StatusProof) {
            let fault = Fault::usage("ONE_FILE_ONLY", format!("{source} is no status proof; with a folder only those count for all"));
            return Err(fault.hint("a receipt lies beside its document: NAME.eco").into());
        }
        Ok(Exhibit { source, bytes })
    };
    named.iter().map(read).collect()
}

/// A document and the passports that are judged with it.
struct Group<'a> {
    first: &'a Document,
    passports: Vec<&'a Document>,
}

fn grouped(documents: &[Document]) -> Vec<Group<'_>> {
    let mut by_fingerprint: BTreeMap<Fingerprint, &Document> = BTreeMap::new();
    for document in documents {
        if let Facts::Passport(facts) = &document.findings.facts {
            by_fingerprint.entry(facts.fingerprint).or_insert(document);
        }
    }
    let named: BTreeSet<Fingerprint> =
        documents.iter().filter_map(certificate).flat_map(|facts| facts.items.iter().filter_map(|item| item.passport)).collect();
    let unnamed: Vec<(&Document, &PassportFacts)> =
        documents.iter().filter_map(|d| Some((d, passport(d)?))).filter(|(_, facts)| !named.contains(&facts.fingerprint)).collect();
    let mut taken: BTreeSet<&PathBuf> = BTreeSet::new();
    let mut groups = Vec::new();
    for first in documents.iter().filter(|document| passport(document).is_none()) {
        let mut passports: Vec<&Document> = Vec::new();
        for item in certificate(first).map(|facts| facts.items.as_slice()).unwrap_or_default() {
            let own =
                item.passport.and_then(|named| by_fingerprint.get(&named)).map_or_else(|| standing_in(item, &unnamed), |own| vec![*own]);
            for document in own {
                if !passports.iter().any(|taken| taken.path == document.path) {
                    passports.push(document);
                }
            }
        }
        taken.extend(passports.iter().map(|document| &document.path));
        groups.push(Group { first, passports });
    }
    let alone = documents.iter().filter(|document| passport(document).is_some() && !taken.contains(&document.path));
    groups.extend(alone.map(|first| Group { first, passports: Vec::new() }));
    groups
}

/// Passports of an item's product that no certificate names, for an item whose own is not there.
fn standing_in<'a>(item: &ItemFacts, unnamed: &[(&'a Document, &PassportFacts)]) -> Vec<&'a Document> {
    let of_item = |facts: &PassportFacts| item.product.as_ref().is_some_and(|own| product::same(own, &facts.product));
    let instead = unnamed.iter().filter(|(_, facts)| item.passport.is_some() && of_item(facts));
    instead.map(|(document, _)| *document).collect()
}

fn certificate(document: &Document) -> Option<&CertificateFacts> {
    if let Facts::Certificate(facts) = &document.findings.facts { Some(facts) } else { None }
}

fn passport(document: &Document) -> Option<&PassportFacts> {
    if let Facts::Passport(facts) = &document.findings.facts { Some(facts) } else { None }
}
