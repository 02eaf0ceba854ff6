//! What may enter the log, and what is refused, each with its reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::codec::{CodecDefect, decode, encode};
use eco_core::document::{DocumentId, DocumentKind, DocumentStatus};
use eco_core::entry::{Entry, EntrySignature, SignedEntry};
use eco_core::genesis::Genesis;
use eco_core::name::{Revision, Timestamp};
use eco_core::registry::{Purpose, Roles};
use eco_core::sign::{PublicKey, Signature, SignatureDefect, verify};
use eco_core::state::{BlockDefect, Failure, Refusal};
use eco_core::statement::{Statement, Supersedes};
use ed25519_dalek::{Signer, SigningKey};
use kit::*;

/// Without this cell by cell check a customs key could issue certificates.
#[test]
fn only_the_right_role_with_a_key_of_the_right_purpose_may_speak() {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "existing", "0"))]);
    let existing = DocumentId::of(&org("cn-ccpit"), &fingerprint("existing"));
    let members = ["acme-battery", "approved-co", "cn-ccpit", "jp-customs", "suspended-body", "vn-vcci"];
    let mut admitted = Vec::new();
    for member in members {
        for purpose in Purpose::ALL {
            let statements = [
                ("certificate", Statement::Anchor(certificate(member, "new", "1"))),
                (
                    "declaration",
                    Statement::Anchor(eco_core::statement::Anchor { kind: DocumentKind::Declaration, ..certificate(member, "new", "1") }),
                ),
                ("other", Statement::Anchor(other("new"))),
                ("revoke", network.change(member, existing, 1, DocumentStatus::Revoked).entry().statement.clone()),
            ];
            for (what, statement) in statements {
                match network.admit(network.entry(member, statement, *purpose)) {
                    Ok(()) => admitted.push(format!("{member} {what} {}", purpose.name())),
                    Err(Refusal::KeyPurpose { .. } | Refusal::MissingRole { .. } | Refusal::NoSuchDocument { .. }) => {}
                    Err(other) => panic!("{member} {what} {purpose:?}: {other}"),
                }
            }
        }
    }
    let expected = [
        "acme-battery other issue",
        "approved-co declaration issue",
        "approved-co other issue",
        "cn-ccpit certificate issue",
        "cn-ccpit other issue",
        "cn-ccpit revoke status",
        "jp-customs other issue",
        "suspended-body certificate issue",
        "suspended-body other issue",
        "vn-vcci certificate issue",
        "vn-vcci other issue",
    ];
    assert_eq!(admitted, expected);
}

#[test]
fn each_bad_entry_is_refused_with_both_sides() {
    let network = Network::production();
    let good = || certificate("cn-ccpit", "a", "1");
    let issue = secret("cn-ccpit", Purpose::Issue);
    let later = network.now().plus_ms(DAY_MS);
    let refused = |entry| network.admit(entry).unwrap_err();
    let cases: Vec<(&str, Refusal)> = vec![
        ("UNKNOWN_AUTHOR", refused(network.entry_with("nobody-here", Statement::Anchor(good()), std::slice::from_ref(&issue), later))),
        ("UNKNOWN_KEY", refused(network.entry_with("cn-ccpit", Statement::Anchor(good()), &[SigningKey::from_bytes(&[1; 32])], later))),
        ("KEY_OF_ANOTHER", refused(network.entry_with("vn-vcci", Statement::Anchor(good()), std::slice::from_ref(&issue), later))),
        ("KEY_PURPOSE", refused(network.entry("cn-ccpit", Statement::Anchor(good()), Purpose::Status))),
        ("KEY_REVOKED", refused(network.entry_with("cn-ccpit", Statement::Anchor(good()), &[SigningKey::from_bytes(&[7; 32])], later))),
        ("MISSING_ROLE", refused(network.anchor("jp-customs", certificate("jp-customs", "a", "1")))),
        (
            "SIGNATURE_COUNT",
            refused(network.entry_with("cn-ccpit", Statement::Anchor(good()), &[issue.clone(), secret("vn-vcci", Purpose::Issue)], later)),
        ),
        (
            "EXPIRED",
            refused(network.entry_with("cn-ccpit", Statement::Anchor(good()), std::slice::from_ref(&issue), Timestamp(START.0 - 1))),
        ),
        (
            "NOT_AFTER_TOO_FAR",
            refused(network.entry_with(
                "cn-ccpit",
                Statement::Anchor(good()),
                std::slice::from_ref(&issue),
                network.now().plus_ms(31 * DAY_MS),
            )),
        ),
        ("STATEMENT_UNSUPPORTED", refused(network.entry("cn-ccpit", Statement::Unknown { tag: 13, body: vec![1] }, Purpose::Govern))),
        ("NO_SUCH_DOCUMENT", refused(network.change("cn-ccpit", DocumentId([1; 32]), 1, DocumentStatus::Revoked))),
    ];
    for (reason, refusal) in cases {
        assert_eq!(refusal.reason(), reason, "{refusal}");
    }
    let foreign = Network::new("eco.example/other", eco_core::genesis::NetworkPurpose::Production);
    let refusal = refused(foreign.anchor("cn-ccpit", good()));
    assert_eq!(refusal, Refusal::WrongNetwork { expected: network.id(), found: foreign.id() });
    let mut agent = network.anchor("cn-ccpit", good()).entry().clone();
    agent.agent = Some(org("acme-battery"));
    assert_eq!(refused(sign_entry(agent, &[issue])).reason(), "NOT_DELEGATED");
}

/// A signature that another verifier may accept would split the validators.
#[test]
fn keys_and_signatures_outside_the_one_rule_are_refused() {
    let key = secret("cn-ccpit", Purpose::Issue);
    let good = Signature(key.sign(b"m").to_bytes());
    verify(&public(&key), b"m", &good).unwrap();
    // s + L verifies in lax implementations.
    let mut high = good.0;
    let order: [u8; 32] = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap().try_into().unwrap();
    let mut carry = 0u16;
    for (s, l) in high[32..].iter_mut().zip(order) {
        let sum = u16::from(*s) + u16::from(l) + carry;
        *s = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(verify(&public(&key), b"m", &Signature(high)), Err(SignatureDefect::Mismatch { key: public(&key) }));
    // The identity: small order; with R = identity and s = 0 the bare equation holds for every message.
    let mut identity = [0u8; 32];
    identity[0] = 1;
    let mut trivial = [0u8; 64];
    trivial[0] = 1;
    let weak = PublicKey::ed25519(identity);
    assert_eq!(verify(&weak, b"any", &Signature(trivial)), Err(SignatureDefect::KeyOfSmallOrder { key: weak }));
    {
        // The planted fault: a verifier with the bare equation accepts it.
        use ed25519_dalek::Verifier;
        let lax = ed25519_dalek::VerifyingKey::from_bytes(&identity).unwrap();
        assert!(lax.verify(b"any", &ed25519_dalek::Signature::from_bytes(&trivial)).is_ok());
    }
    // p + 1 encodes the identity a second time.
    let mut second = [0xff; 32];
    second[0] = 0xee;
    second[31] = 0x7f;
    let twice = PublicKey::ed25519(second);
    assert_eq!(twice.check_admissible(), Err(SignatureDefect::KeyNotCanonical { key: twice }));
    let not_a_point = (2u8..)
        .map(|y| {
            let mut b = [0u8; 32];
            b[0] = y;
            PublicKey::ed25519(b)
        })
        .find(|k| matches!(k.check_admissible(), Err(SignatureDefect::KeyNotAPoint { .. })));
    // None of them comes into a registry, where they would sign entries.
    let good = Network::production().genesis;
    assert_eq!(decode::<Genesis>(&encode(&good)).unwrap(), good);
    for bad in [weak, twice, not_a_point.unwrap()] {
        let mut genesis = good.clone();
        genesis.keys.iter_mut().find(|record| record.purpose == Purpose::Issue).unwrap().key = bad;
        genesis.keys.sort_by_key(|record| record.key);
        let refused = decode::<Genesis>(&encode(&genesis)).unwrap_err();
        assert!(refused.to_string().contains("not canonical or of small order"), "{bad}: {refused}");
    }
}

#[test]
fn bytes_have_one_encoding() {
    let network = Network::production();
    let entry = network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1"));
    let bytes = entry.as_bytes().to_vec();
    assert_eq!(SignedEntry::decode(&bytes).unwrap(), entry);
    for cut in 0..bytes.len() {
        assert!(SignedEntry::decode(&bytes[..cut]).is_err(), "truncated at {cut}");
    }
    let mut trailing = bytes.clone();
    trailing.push(0);
    assert!(matches!(SignedEntry::decode(&trailing), Err(CodecDefect::Malformed { .. })));
    assert!(matches!(SignedEntry::decode(&vec![0; 32 * 1024 + 1]), Err(CodecDefect::TooLong { .. })));
    // Signatures in another order are a second encoding of the same set.
    let two = network.entry_with(
        "cn-ccpit",
        entry.entry().statement.clone(),
        &[secret("cn-ccpit", Purpose::Issue), secret("vn-vcci", Purpose::Issue)],
        network.now().plus_ms(DAY_MS),
    );
    let mut swapped = two.as_bytes().to_vec();
    let at = swapped.len() - 2 * 97;
    let (first, second) = swapped[at..].split_at_mut(97);
    first.swap_with_slice(second);
    assert!(matches!(SignedEntry::decode(&swapped), Err(CodecDefect::Invalid { .. })));
    // An option byte of 2, and a reserved key algorithm.
    let entry_only = encode(entry.entry());
    let mut odd = entry_only.clone();
    let agent_at = 1 + 32 + 4 + "cn-ccpit".len();
    odd[agent_at] = 2;
    assert!(decode::<Entry>(&odd).is_err());
    let mut reserved = bytes.clone();
    let algorithm_at = bytes.len() - 97;
    reserved[algorithm_at] = 3;
    let Err(CodecDefect::Malformed { detail, .. }) = SignedEntry::decode(&reserved) else { panic!("reserved algorithm accepted") };
    assert!(detail.contains("reserved"), "{detail}");
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let network = Network::production();
    let entry = network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1"));
    for bit in 0..entry.as_bytes().len() * 8 {
        let mut bytes = entry.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let refused = match SignedEntry::decode(&bytes) {
            Err(_) => true,
            Ok(read) => network.admit(read).is_err(),
        };
        assert!(refused, "bit {bit}");
    }
}

#[test]
fn a_document_and_a_number_are_recorded_once() {
    let mut network = Network::production();
    let first = network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-1"));
    network.record(vec![first.clone()]);
    let document = DocumentId::of(&org("cn-ccpit"), &fingerprint("a"));
    // The same entry again: it would be a second leaf. (Submission answers with the first one's receipt.)
    assert_eq!(network.admit(first), Err(Refusal::DocumentExists { document, index: 0 }));
    let other_number = network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "CO-2"));
    assert_eq!(network.admit(other_number), Err(Refusal::DocumentExists { document, index: 0 }));
    let taken = network.anchor("cn-ccpit", certificate("cn-ccpit", "b", "ｃｏ\u{2011}１"));
    assert_eq!(network.admit(taken).unwrap_err(), Refusal::NumberTaken { document, index: 0 });
    // The same number under another issuer is another number.
    network.admit(network.anchor("vn-vcci", certificate("vn-vcci", "b", "CO-1"))).unwrap();
}

#[test]
fn nobody_can_occupy_what_is_anothers() {
    let mut network = Network::production();
    let squat = Statement::Anchor(eco_core::statement::Anchor {
        kind: DocumentKind::Other,
        reference: None,
        ..certificate("acme-battery", "a", "1")
    });
    network.record(vec![network.entry("acme-battery", squat, Purpose::Issue)]);
    network.record(vec![network.anchor("vn-vcci", certificate("vn-vcci", "a", "1"))]);
    // Another issuer's reference key is easy to compute; recorded under a foreign author it occupies nothing.
    let foreign_number = certificate("cn-ccpit", "b", "1").reference;
    let occupy = eco_core::statement::Anchor { reference: foreign_number, ..certificate("vn-vcci", "b", "9") };
    network.record(vec![network.anchor("vn-vcci", occupy)]);
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1"))]);
}

#[test]
fn status_changes_name_what_they_change() {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1"))]);
    let document = DocumentId::of(&org("cn-ccpit"), &fingerprint("a"));
    let suspend = network.change("cn-ccpit", document, 1, DocumentStatus::Suspended);
    network.record(vec![suspend.clone()]);
    let conflict = Refusal::RevisionConflict { document, base: Revision(1), found: Revision(2), index: 1 };
    assert_eq!(network.admit(suspend), Err(conflict), "replayed");
    assert_eq!(network.admit(network.change("cn-ccpit", document, 2, DocumentStatus::Suspended)).unwrap_err().reason(), "STATUS_UNCHANGED");
    assert_eq!(network.admit(network.change("vn-vcci", document, 2, DocumentStatus::Revoked)).unwrap_err().reason(), "NO_SUCH_DOCUMENT");
    network.record(vec![network.change("cn-ccpit", document, 2, DocumentStatus::Active)]);
    network.record(vec![network.change("cn-ccpit", document, 3, DocumentStatus::Revoked)]);
    for status in [DocumentStatus::Active, DocumentStatus::Suspended, DocumentStatus::Revoked] {
        assert_eq!(
            network.admit(network.change("cn-ccpit", document, 4, status)),
            Err(Refusal::StatusFinal { document, status: DocumentStatus::Revoked, index: 3 })
        );
    }
}

#[test]
fn the_last_place_of_a_history_is_kept_for_a_final_change() {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1"))]);
    let document = DocumentId::of(&org("cn-ccpit"), &fingerprint("a"));
    for base in 1..31 {
        network.record(vec![network.change("cn-ccpit", document, base, DocumentStatus::Active)]);
    }
    assert_eq!(network.admit(network.change("cn-ccpit", document, 31, DocumentStatus::Active)).unwrap_err().reason(), "HISTORY_FULL");
    network.record(vec![network.change("cn-ccpit", document, 31, DocumentStatus::Revoked)]);
}

#[test]
fn a_replacement_ends_the_one_it_replaces() {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "old", "1"))]);
    let old = DocumentId::of(&org("cn-ccpit"), &fingerprint("old"));
    let replacing = |author: &str, base| eco_core::statement::Anchor {
        supersedes: Some(Supersedes { document: old, base: Revision(base) }),
        ..certificate(author, "new", "2")
    };
    assert_eq!(network.admit(network.anchor("vn-vcci", replacing("vn-vcci", 1))).unwrap_err().reason(), "NO_SUCH_DOCUMENT");
    assert_eq!(network.admit(network.anchor("cn-ccpit", replacing("cn-ccpit", 2))).unwrap_err().reason(), "REVISION_CONFLICT");
    network.record(vec![network.anchor("cn-ccpit", replacing("cn-ccpit", 1))]);
    assert_eq!(network.admit(network.change("cn-ccpit", old, 2, DocumentStatus::Active)).unwrap_err().reason(), "STATUS_FINAL");
}

#[test]
fn a_suspended_member_may_only_suspend_or_revoke() {
    let mut network = Network::production();
    network.record(vec![network.anchor("suspended-body", certificate("suspended-body", "a", "1"))]);
    let document = DocumentId::of(&org("suspended-body"), &fingerprint("a"));
    let built = network.state.build(&network.records, START.plus_ms(2 * DAY_MS), network.last_seal(), []).unwrap();
    network.commit(built);
    assert_eq!(
        network.admit(network.anchor("suspended-body", certificate("suspended-body", "b", "2"))).unwrap_err().reason(),
        "AUTHOR_SUSPENDED"
    );
    network.record(vec![network.change("suspended-body", document, 1, DocumentStatus::Suspended)]);
    assert_eq!(
        network.admit(network.change("suspended-body", document, 2, DocumentStatus::Active)).unwrap_err().reason(),
        "AUTHOR_SUSPENDED"
    );
    network.record(vec![network.change("suspended-body", document, 2, DocumentStatus::Revoked)]);
}

#[test]
fn a_members_hourly_rate_is_bounded() {
    let mut network = Network::production();
    let entries: Vec<_> =
        (0..60).map(|n| network.anchor("cn-ccpit", certificate("cn-ccpit", &format!("{n}"), &format!("{n}"))).verify().unwrap()).collect();
    let built = network.build(entries);
    assert_eq!(built.block.entries.len(), 50);
    assert!(built.refused.iter().all(|(_, r)| r.reason() == "RATE_EXCEEDED"), "{:?}", built.refused[0]);
    network.commit(built);
    assert_eq!(network.admit(network.anchor("cn-ccpit", certificate("cn-ccpit", "x", "x"))).unwrap_err().reason(), "RATE_EXCEEDED");
    network.admit(network.anchor("vn-vcci", certificate("vn-vcci", "x", "x"))).unwrap();
    let next_hour = START.plus_ms(3_600_000);
    let late = network.anchor("cn-ccpit", certificate("cn-ccpit", "y", "y")).verify().unwrap();
    let built = network.state.build(&network.records, next_hour, network.last_seal(), [late]).unwrap();
    assert_eq!(built.block.entries.len(), 1);
}

/// There are no failed entries on the log: whoever proposes one proposes nothing.
#[test]
fn one_refused_entry_makes_a_block_invalid() {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1"))]);
    let good = network.anchor("vn-vcci", certificate("vn-vcci", "b", "2")).verify().unwrap();
    let bad = network.anchor("cn-ccpit", certificate("cn-ccpit", "c", "1")).verify().unwrap();
    let built = network.build(vec![good.clone()]);
    network.state.validate(&network.records, &built.block, std::slice::from_ref(&good)).unwrap();
    let mut block = built.block.clone();
    block.entries.push(bad.signed().clone());
    let outcome = network.state.validate(&network.records, &block, &[good, bad]);
    assert!(matches!(outcome, Err(Failure::Defect(BlockDefect::Entry { place: 1, refusal: Refusal::NumberTaken { .. } }))), "{outcome:?}");
}

#[test]
fn every_header_field_is_recomputed() {
    let mut network = Network::production();
    network.record(vec![network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1"))]);
    let entry = network.anchor("cn-ccpit", certificate("cn-ccpit", "b", "2")).verify().unwrap();
    let built = network.build(vec![entry.clone()]);
    let bytes = encode(&built.block.header);
    let mut seen = std::collections::BTreeSet::new();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let Ok(header) = borsh::from_slice(&changed) else { continue };
        let block = eco_core::header::Block { header, ..built.block.clone() };
        match network.state.validate(&network.records, &block, std::slice::from_ref(&entry)) {
            Err(Failure::Defect(BlockDefect::Header { field })) => {
                seen.insert(field.to_owned());
            }
            Err(Failure::Defect(BlockDefect::Time { .. })) => {
                seen.insert("time".into());
            }
            Err(Failure::Defect(BlockDefect::Entry { .. })) => {
                seen.insert("time".into());
            }
            // A later time is valid by itself: it is bounded by clocks, not by the parent.
            Ok(effects) => {
                assert_eq!(effects.header.time, block.header.time);
                assert_ne!(effects.header.id(), built.block.header.id());
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    for field in [
        "version",
        "network",
        "height",
        "epoch",
        "previous",
        "previous_seal",
        "first_index",
        "tree_size",
        "log_root",
        "state_root",
        "validators",
        "next_validators",
    ] {
        assert!(seen.contains(field), "{field} is not checked");
    }
}

#[test]
fn a_block_carries_the_seal_of_the_one_before() {
    let mut network = Network::production();
    network.record(vec![]);
    let time = network.now().plus_ms(1000);
    let parent = network.blocks[0].0.header.clone();
    let missing = network.state.execute(&network.records, time, None, &[]);
    assert!(matches!(missing, Err(Failure::Defect(BlockDefect::SealPresence { .. }))));
    let two = seal_by(&network.state, &parent, 0, &["cn-ccpit", "jp-customs"]);
    assert!(matches!(network.state.execute(&network.records, time, Some(&two), &[]), Err(Failure::Defect(BlockDefect::CarriedSeal(_)))));
    let late = seal_by(&network.state, &parent, 3, &["cn-ccpit", "jp-customs", "vn-vcci"]);
    assert!(network.state.execute(&network.records, time, Some(&late), &[]).is_ok(), "another valid seal of the same block");
    assert!(matches!(
        network.state.execute(&network.records, network.now(), Some(&late), &[]),
        Err(Failure::Defect(BlockDefect::Time { .. }))
    ));
}

#[test]
fn roles_print_by_name() {
    assert_eq!(Roles::ISSUING_BODY.with(Roles::CUSTOMS).names().collect::<Vec<_>>(), ["issuing-body", "customs"]);
    let one = EntrySignature { key: public(&secret("cn-ccpit", Purpose::Issue)), signature: Signature([0; 64]) };
    let network = Network::production();
    let entry = network.anchor("cn-ccpit", certificate("cn-ccpit", "a", "1")).entry().clone();
    assert!(matches!(SignedEntry::new(entry, vec![one, one]), Err(CodecDefect::Invalid { .. })), "one key twice");
}

/// Two members of one name would each speak for the other; an identifier has one spelling.
#[test]
fn an_identifier_is_one_members() {
    use eco_core::codec::{decode, encode};
    let good = kit::identified(kit::carbon::genesis());
    assert_eq!(decode::<eco_core::genesis::Genesis>(&encode(&good)).unwrap(), good);
    let with = |identifiers: &[&str]| {
        let mut genesis = good.clone();
        genesis.organisations[0].identifiers = identifiers.iter().map(ToString::to_string).collect();
        decode::<eco_core::genesis::Genesis>(&encode(&genesis)).map(|read| assert_eq!(read, genesis)).is_ok()
    };
    let own = good.organisations[1].identifiers[0].clone();
    let long = |bytes: usize| format!("urn:{}", "x".repeat(bytes - 4));
    let many = |count: usize| (0..count).map(|n| format!("urn:{n}")).collect::<Vec<_>>();
    let texts = |all: &[String]| with(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(with(&[]) && with(&["did:key:z6Mk", "did:web:a.example"]) && texts(&[long(128)]) && texts(&many(8)));
    assert!(!texts(&[long(129)]) && !texts(&many(9)), "beyond the limits");
    assert!(!with(&["did:web:b", "did:web:a"]) && !with(&["did:web:a", "did:web:a"]), "not strictly ascending");
    assert!(!with(&["acme"]) && !with(&[""]) && !with(&["did:web:a b"]) && !with(&["did:web:ä"]) && !with(&["did:web:a\n"]));
    assert!(!texts(&[own]), "another member's");
    let mut older = good.clone();
    older.version = 2;
    assert!(decode::<eco_core::genesis::Genesis>(&encode(&older)).is_err(), "version 2 has none");
    // The bit that says that identifiers follow, without any.
    let organisation = &kit::carbon::genesis().organisations[0];
    let mut bytes = encode(organisation);
    let roles = 4 + organisation.id.as_str().len() + 4 + organisation.name.len() + 2;
    bytes[roles + 1] |= 0x80;
    bytes.extend_from_slice(&0u32.to_le_bytes());
    assert!(decode::<eco_core::registry::Organisation>(&bytes).is_err());
}
