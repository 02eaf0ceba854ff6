//! Golden vectors: files that another language can run. `ECO_WRITE_VECTORS=1` writes them anew;
//! a change of any byte that was published is a new format version (SPEC section 1).
#![allow(clippy::too_many_lines, clippy::type_complexity, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod kit;

use eco_core::checkpoint::{Origin, head_text};
use eco_core::codec::encode;
use eco_core::document::{DocumentId, DocumentStatus};
use eco_core::eco_file::{FileKind, wrap};
use eco_core::genesis::NetworkPurpose;
use eco_core::header::BlockId;
use eco_core::log::LogHash;
use eco_core::name::{Height, Round};
use eco_core::number::{CertificateNumber, NumberDefect, ReferenceKey};
use eco_core::receipt::{Dating, Receipt, ReceiptDefect};
use eco_core::registry::Purpose;
use eco_core::seal::Seal;
use eco_core::sign::{NetworkId, PublicKey, Signature, verify};
use eco_core::state::RecordKey;
use eco_core::status::{StatusDefect, StatusProof};
use eco_core::trust::{TrustDefect, TrustRoot};
use ed25519_dalek::Signer;
use kit::golden::{Vectors, golden};
use kit::*;

fn stage_of_receipt(file: &[u8], trust: &TrustRoot) -> String {
    let outcome = Receipt::from_file(file, trust).and_then(|r| r.verify(trust).map(|dating| (r, dating)));
    match outcome {
        Ok((receipt, Dating::Dated { height, time })) => format!("dated index={} height={height} time={time}", receipt.index),
        Ok((receipt, Dating::ExistenceOnly { height, time })) => {
            format!("existence-only index={} height={height} time={time}", receipt.index)
        }
        Err(ReceiptDefect::File(_) | ReceiptDefect::Entry(_)) => "refused file".into(),
        Err(ReceiptDefect::OtherNetwork { .. }) => "refused network".into(),
        Err(ReceiptDefect::Trust(TrustDefect::UnknownEpoch { .. })) => "refused epoch".into(),
        Err(ReceiptDefect::Trust(_)) => "refused seal".into(),
        Err(ReceiptDefect::Inclusion { .. }) => "refused inclusion".into(),
        Err(ReceiptDefect::EntrySignature(_)) => "refused signature".into(),
    }
}

fn five() -> Network {
    let mut network = Network::production();
    for n in 0..5 {
        network.record(vec![
            network.anchor("cn-ccpit", certificate("cn-ccpit", &format!("{n}"), &format!("CO-{n}"))),
            network.anchor("vn-vcci", certificate("vn-vcci", &format!("v{n}"), &format!("CO-{n}"))),
        ]);
    }
    network
}

#[test]
fn receipts() {
    let network = five();
    let trust = network.trust();
    let foreign = {
        let mut n = Network::new("eco.example/other", NetworkPurpose::Test);
        n.record(vec![n.anchor("cn-ccpit", certificate("cn-ccpit", "0", "CO-0"))]);
        n
    };
    let mut out = Vectors::new(
        "Receipts (SPEC 11.3). trust: the trust root file; receipt: the .eco file; both hex.\nexpect: dated | existence-only, with index, height and block time in ms; or refused, with the first step of SPEC 11.3 that fails:\nfile (a), network (b), epoch or seal (c), inclusion (d), signature (e).",
    );
    out.case(&[("trust", hex::encode(wrap(FileKind::TrustRoot, &trust)))]);
    let mut cases: Vec<(String, Vec<u8>)> = vec![
        ("under its own block".into(), network.receipt(3).to_file()),
        ("the first entry of the log".into(), network.receipt(0).to_file()),
        ("under a later block: on the log, not dated".into(), network.receipt_at(3, 4).to_file()),
        ("of another network".into(), foreign.receipt(0).to_file()),
        ("empty".into(), vec![]),
        ("a trust root instead of a receipt".into(), wrap(FileKind::TrustRoot, &trust)),
    ];
    let good = network.receipt(3);
    let mut edit = |what: &str, change: &dyn Fn(&mut Receipt)| {
        let mut receipt = good.clone();
        change(&mut receipt);
        cases.push((what.to_owned(), receipt.to_file()));
    };
    edit("two of four signatures", &|r| {
        r.seal.signatures.pop();
    });
    edit("a signature twice", &|r| {
        let s = r.seal.signatures[1];
        r.seal.signatures[2] = s;
    });
    edit("signatures out of order", &|r| r.seal.signatures.swap(0, 1));
    edit("another round than the one signed", &|r| r.seal.round = Round(1));
    edit("a validator outside the set", &|r| r.seal.signatures[2].validator = 4);
    edit("another header time", &|r| r.header.time.0 += 1);
    edit("another state root", &|r| r.header.state_root.0[31] ^= 1);
    edit("an epoch that the trust root does not know", &|r| r.header.epoch.0 = 1);
    edit("a next validator set that was not sealed", &|r| r.header.next_validators.0[0] ^= 1);
    edit("another index", &|r| r.index ^= 1);
    edit("an index beyond the tree", &|r| r.index = 10);
    edit("path too short", &|r| {
        r.path.pop();
    });
    edit("path too long", &|r| {
        let h = r.path[0];
        r.path.push(h);
    });
    edit("path hashes swapped", &|r| r.path.swap(0, 1));
    edit("another entry of the log", &|r| r.entry = network.entries[4].clone());
    let resealed = {
        let mut receipt = good.clone();
        let signers: Vec<(u16, ed25519_dalek::SigningKey)> =
            good.seal.signatures.iter().map(|s| (s.validator, secret("acme-battery", Purpose::Consensus))).collect();
        let text = eco_core::checkpoint::note_text(&trust.origin(), &good.header, Round(0));
        receipt.seal = Seal {
            round: Round(0),
            signatures: signers
                .iter()
                .map(|(validator, k)| eco_core::seal::SealSignature {
                    validator: *validator,
                    signature: Signature(k.sign(&text).to_bytes()),
                })
                .collect(),
        };
        receipt
    };
    cases.push(("sealed by a key outside the set".into(), resealed.to_file()));
    let forged = {
        // A leaf that a quorum sealed although its entry signature is false: the reader checks all the same.
        let mut entry = network.entries[3].as_bytes().to_vec();
        let last = entry.len() - 1;
        entry[last - 40] ^= 1;
        let entry = eco_core::entry::SignedEntry::decode(&entry).unwrap();
        let mut header = network.blocks[0].0.header.clone();
        header.tree_size = 1;
        header.log_root = eco_core::log::leaf_hash(entry.as_bytes());
        let seal = seal_by(&network.state, &header, 0, &VALIDATORS);
        Receipt { entry, index: 0, path: vec![], header, seal }
    };
    cases.push(("a sealed entry whose own signature does not hold".into(), forged.to_file()));
    let file = good.to_file();
    for at in (0..file.len()).step_by(37) {
        let mut bytes = file.clone();
        bytes[at] ^= 0x10;
        cases.push((format!("byte {at} changed"), bytes));
    }
    for cut in [1, 9, 10, 100, file.len() - 1] {
        cases.push((format!("cut after {cut} bytes"), file[..cut].to_vec()));
    }
    cases.push(("one byte more".into(), [file.as_slice(), &[0]].concat()));
    let negative = cases.iter().filter(|(_, bytes)| stage_of_receipt(bytes, &trust).starts_with("refused")).count();
    assert!(negative * 2 > cases.len());
    for (comment, bytes) in cases {
        out.case(&[("comment", comment), ("receipt", hex::encode(&bytes)), ("expect", stage_of_receipt(&bytes, &trust))]);
    }
    golden("receipts.txt", &out.0);
}

#[test]
fn status_proofs() {
    let mut network = five();
    let document = DocumentId::of(&org("cn-ccpit"), &fingerprint("0"));
    network.record(vec![network.change("cn-ccpit", document, 1, DocumentStatus::Revoked)]);
    let trust = network.trust();
    let number = CertificateNumber::normalise("CO-404").unwrap();
    let absent = RecordKey::Reference(org("cn-ccpit"), ReferenceKey::of(&org("cn-ccpit"), &number));
    let keys = [RecordKey::Document(document), absent, RecordKey::Organisation(org("cn-ccpit"))];
    let good = network.status(&keys);
    let lengths = network.status(&[RecordKey::Organisation(org("cn-ccpit")), RecordKey::Organisation(org("approved-co"))]);
    let by_bytes = StatusProof { items: lengths.items.iter().rev().cloned().collect(), ..lengths.clone() };
    let mut cases: Vec<(&str, StatusProof)> = vec![
        ("a document, its issuer, and a number that does not exist", good.clone()),
        ("two members, ascending by value", lengths),
        ("two members, ascending by encoded bytes", by_bytes),
    ];
    let mut edit = |what: &'static str, change: &dyn Fn(&mut StatusProof)| {
        let mut proof = good.clone();
        change(&mut proof);
        cases.push((what, proof));
    };
    edit("a record hidden", &|p| p.items[1].record = None);
    edit("a record altered", &|p| p.items[1].record.as_mut().unwrap()[0] ^= 1);
    edit("a record where there is none", &|p| p.items[2].record = Some(vec![0; 32]));
    edit("proofs swapped", &|p| {
        let proof = p.items[0].proof.clone();
        p.items[0].proof = p.items[1].proof.clone();
        p.items[1].proof = proof;
    });
    edit("items out of order", &|p| p.items.swap(0, 1));
    edit("an item twice", &|p| {
        let item = p.items[0].clone();
        p.items.insert(0, item);
    });
    edit("another state root", &|p| p.header.state_root.0[0] ^= 1);
    edit("two of four signatures", &|p| {
        p.seal.signatures.pop();
    });
    let mut out = Vectors::new(
        "Status proofs (SPEC 11.4). expect: shown, with one 0 (absent) or 1 (present) per item; or refused, with what fails: file, seal, proof.",
    );
    out.case(&[("trust", hex::encode(wrap(FileKind::TrustRoot, &trust)))]);
    for (comment, proof) in cases {
        let file = proof.to_file();
        let expect = match StatusProof::from_file(&file, &trust).and_then(|p| p.verify(&trust).map(|_| p)) {
            Ok(proof) => format!("shown {}", proof.items.iter().map(|i| if i.record.is_some() { '1' } else { '0' }).collect::<String>()),
            Err(StatusDefect::File(_)) => "refused file".into(),
            Err(StatusDefect::Trust(_) | StatusDefect::OtherNetwork { .. }) => "refused seal".into(),
            Err(StatusDefect::Proof { .. } | StatusDefect::OtherRecord { .. }) => "refused proof".into(),
        };
        out.case(&[("comment", comment.to_owned()), ("status", hex::encode(&file)), ("expect", expect)]);
    }
    golden("status-proofs.txt", &out.0);
}

#[test]
fn identifiers_and_texts() {
    let network = five();
    let mut out = Vectors::new("Identifiers and signed texts (SPEC 2 to 9).");
    out.case(&[("genesis", hex::encode(encode(&network.genesis))), ("network-id", network.id().to_string())]);
    let entry = &network.entries[0];
    let author = org("cn-ccpit");
    out.case(&[
        ("signed-entry", hex::encode(entry.as_bytes())),
        ("entry-id", entry.id().to_string()),
        ("message", hex::encode(entry.entry().message())),
    ]);
    let print = fingerprint("0");
    out.case(&[
        ("author", author.to_string()),
        ("fingerprint", print.to_string()),
        ("document-id", DocumentId::of(&author, &print).to_string()),
    ]);
    let header = &network.blocks[1].0.header;
    let seal = &network.blocks[1].1;
    out.case(&[("header", hex::encode(encode(header))), ("block-id", header.id().to_string())]);
    out.case(&[("seal", hex::encode(encode(seal))), ("seal-hash", seal.hash().to_string())]);
    out.case(&[
        ("validator-set", hex::encode(encode(&**network.state.validators()))),
        ("validator-set-hash", network.state.validators().hash().to_string()),
    ]);
    for (key, context) in [
        (RecordKey::Organisation(author), "organisation"),
        (RecordKey::Document(DocumentId::of(&author, &print)), "document"),
        (RecordKey::Claims(print), "claims"),
        (RecordKey::ClaimSlot(print, 4), "claim-slot"),
    ] {
        out.case(&[("record-type", context.into()), ("record-key", hex::encode(encode(&key))), ("state-key", key.state_key().to_string())]);
    }
    let longest = ["a".repeat(31), "b".repeat(32)].join("/");
    for (name, size) in [("eco.example/main", 0u64), ("eco.example/main", 1 << 32), (&longest, u64::MAX)] {
        let origin = Origin::of(&name.parse().unwrap(), &NetworkId([0xa5; 32]));
        let root = if size == 0 { LogHash::EMPTY_ROOT } else { LogHash([0x5a; 32]) };
        let head = eco_core::checkpoint::ProposedHead { block: BlockId([0xff; 32]), tree_size: size, log_root: root };
        let text = head_text(&origin, Height(size), Round(u32::MAX), &head);
        out.case(&[("name", name.to_owned()), ("size", size.to_string()), ("checkpoint", hex::encode(text))]);
    }
    golden("identifiers.txt", &out.0);
}

#[test]
fn numbers() {
    let mut out = Vectors::new(
        "Certificate numbers (SPEC 4.3). given: UTF-8 in hex; expect: the normal form, or refused empty | long | character <place from 1>.",
    );
    let long = "7".repeat(65);
    let given = [
        "26C4403A000100001",
        "26c4403a-0001/0001",
        "２６Ｃ４４０３Ａ－０００１",
        "26C\u{a0}4403\u{3000}A",
        "A\u{2011}1",
        "A\u{2212}1",
        "A\u{fe58}1\u{fe63}2",
        " A . 1 ",
        "A\u{200b}1\u{feff}",
        "",
        "  ",
        "\u{3000}",
        &long,
        "A_1",
        "A\n1",
        "A#1",
        "\u{410}1",
        "A\u{ad}1",
        "Ä1",
        "A\u{30fc}1",
        "A\u{ff3f}1",
        "A\u{0660}1",
        "A,1",
        "A\u{2028}1",
    ];
    for given in given {
        let expect = match CertificateNumber::normalise(given) {
            Ok(number) => number.to_string(),
            Err(NumberDefect::Empty) => "refused empty".into(),
            Err(NumberDefect::TooLong { .. }) => "refused long".into(),
            Err(NumberDefect::Character { position, .. }) => format!("refused character {position}"),
        };
        let mut fields = vec![("given", hex::encode(given)), ("expect", expect)];
        if let Ok(number) = CertificateNumber::normalise(given) {
            fields.push(("reference-key of cn-ccpit", ReferenceKey::of(&org("cn-ccpit"), &number).to_string()));
        }
        out.case(&fields);
    }
    golden("numbers.txt", &out.0);
}

#[test]
fn signatures() {
    let mut out = Vectors::new("The signature rule (SPEC 5.2), Ed25519. expect: valid or refused.");
    let key = secret("cn-ccpit", Purpose::Issue);
    let good = key.sign(b"message").to_bytes();
    let own = key.verifying_key().to_bytes();
    let order: [u8; 32] = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap().try_into().unwrap();
    let mut high = good;
    let mut carry = 0u16;
    for (s, l) in high[32..].iter_mut().zip(order) {
        let sum = u16::from(*s) + u16::from(l) + carry;
        *s = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    let (mut identity, mut trivial, mut second, mut flipped) = ([0u8; 32], [0u8; 64], [0xffu8; 32], good);
    (identity[0], trivial[0], second[0], second[31]) = (1, 1, 0xee, 0x7f);
    flipped[5] ^= 1;
    let mut small_r = good;
    small_r[..32].copy_from_slice(&identity);
    let mixed: [u8; 32] = hex::decode("99555efe5dbf5b50b6fb4d8c38ee05c4ea8a97011c08e11366e8c8c00e8ce5d5").unwrap().try_into().unwrap();
    let reduced: [u8; 64] = hex::decode(
        "6586f249943567a85326855da899be548854f4480a938249869897e19410ab4797b77c428568655060a2f549c194111fbc170229769884a80f3e6a6e0bef9e07",
    )
    .unwrap()
    .try_into()
    .unwrap();
    let unreduced: [u8; 64] = hex::decode(
        "4594a113a9a8ba1de700bc23eee08fdb6ccafa19e6fa462003185f0e897eaa65694c9188c21e4798b818b4ba78f0c144fede48c37406767814c0a2b08884b307",
    )
    .unwrap()
    .try_into()
    .unwrap();
    let cases: [(&str, [u8; 32], &[u8], [u8; 64]); 10] = [
        ("A of mixed order, good with k reduced mod L", mixed, b"message", reduced),
        ("A of mixed order, would hold only with k not reduced", mixed, b"message", unreduced),
        ("good", own, b"message", good),
        ("empty message, good", own, b"", key.sign(b"").to_bytes()),
        ("another message", own, b"massage", good),
        ("a bit of R flipped", own, b"message", flipped),
        ("s + L", own, b"message", high),
        ("A of small order, R and s trivial: the bare equation holds for every message", identity, b"message", trivial),
        ("A in a second encoding (p + 1)", second, b"message", trivial),
        ("R of small order", own, b"message", small_r),
    ];
    for (comment, key, message, signature) in cases {
        let holds = verify(&PublicKey::ed25519(key), message, &Signature(signature)).is_ok();
        assert_eq!(holds, comment.contains("good"), "{comment}");
        let expect = if holds { "valid" } else { "refused" };
        out.case(&[
            ("comment", comment.into()),
            ("key", hex::encode(key)),
            ("message", hex::encode(message)),
            ("signature", hex::encode(signature)),
            ("expect", expect.into()),
        ]);
    }
    golden("signatures.txt", &out.0);
}
