//! Conversions: bounds before allocation, and page tokens of one tree size.

use super::*;

fn candidate(n: u8) -> StatusCandidate {
    StatusCandidate { fingerprint: Fingerprint { method: Method::Pdf, hash: [n; 32] }, signer: Some(SpkiHash([n; 32])), key: None }
}

// Without these a node would answer another question than the one that was asked.
#[test]
fn a_question_survives_the_wire() {
    let issuer: OrgId = "chamber-a".parse().unwrap();
    let questions = [
        StatusQuery::Document(DocumentId([7; 32])),
        StatusQuery::Candidates { candidates: vec![candidate(1), StatusCandidate { signer: None, ..candidate(2) }], issuer: None },
        StatusQuery::Candidates { candidates: vec![candidate(1)], issuer: Some(issuer) },
        StatusQuery::Candidates {
            candidates: vec![StatusCandidate { signer: None, key: Some(PublicKey::ed25519([3; 32])), ..candidate(3) }],
            issuer: None,
        },
        StatusQuery::Number { issuer, reference: ReferenceKey([9; 32]) },
    ];
    for question in questions {
        assert_eq!(StatusQuery::try_from(v1::StatusQuery::from(&question)).unwrap(), question);
    }
    for name in [EntryName::Id(EntryId([1; 32])), EntryName::Index(0), EntryName::Index(u64::MAX), EntryName::Document(DocumentId([2; 32]))]
    {
        assert_eq!(EntryName::try_from(v1::GetReceiptRequest::from(name)).unwrap(), name);
    }
}

#[test]
fn a_number_is_normalised_on_the_way_in() {
    let wire =
        v1::NumberQuery { issuer: "chamber-a".into(), reference: Some(v1::number_query::Reference::Number(" 26c\u{2011}1 ".into())) };
    let issuer: OrgId = "chamber-a".parse().unwrap();
    let reference = ReferenceKey::of(&issuer, &CertificateNumber::normalise("26C-1").unwrap());
    assert_eq!(StatusQuery::try_from(wire).unwrap(), StatusQuery::Number { issuer, reference });
}

#[test]
fn what_is_missing_or_out_of_bounds_is_named() {
    let field = |query| StatusQuery::try_from(v1::StatusQuery { query }).unwrap_err().field;
    use v1::status_query::Query;
    assert_eq!(field(None), "query");
    assert_eq!(field(Some(Query::DocumentId(vec![0; 31]))), "query.document_id");
    let document = |count: u8, issuer: &str| {
        let candidates = (0..count).map(|n| v1::StatusCandidate::from(&candidate(n))).collect();
        Some(Query::Document(v1::DocumentQuery { candidates, issuer: issuer.into() }))
    };
    assert_eq!(field(document(0, "")), "query.document.candidates");
    assert_eq!(field(document(8, "")), "query.document.candidates");
    assert_eq!(field(document(7, "Not A Slug")), "query.document.issuer");
    assert!(StatusQuery::try_from(v1::StatusQuery { query: document(7, "") }).is_ok());
    let unknown_method = v1::Fingerprint { method: 99, blake3: vec![0; 32] };
    assert_eq!(fingerprint(&unknown_method).unwrap_err().field, "fingerprint.method");
    assert_eq!(fingerprint(&v1::Fingerprint { method: 1, blake3: vec![0; 33] }).unwrap_err().field, "fingerprint.blake3");
    let both = v1::StatusCandidate { proof_key: PublicKey::ed25519([3; 32]).to_string(), ..v1::StatusCandidate::from(&candidate(1)) };
    assert_eq!(StatusCandidate::try_from(both.clone()).unwrap_err().field, "candidate.proof_key");
    let short = v1::StatusCandidate { signer_spki: vec![], proof_key: "ed25519:03".into(), ..both };
    assert_eq!(StatusCandidate::try_from(short).unwrap_err().field, "candidate.proof_key");
    assert_eq!(EntryName::try_from(v1::GetReceiptRequest { entry: None }).unwrap_err().field, "entry");
    assert_eq!(status_queries(Vec::new()).unwrap_err().field, "queries");
    assert_eq!(status_queries(vec![v1::StatusQuery { query: None }; 1001]).unwrap_err().field, "queries");
}

// A token that a client could spell in two ways, or use for another list, would not be bound to its walk.
#[test]
fn a_page_token_has_one_spelling_and_one_list() {
    let token = PageToken { bound: 70_000, next: 255 };
    let text = token.to_text("entries");
    assert_eq!(PageToken::read("entries", &text).unwrap(), Some(token));
    assert_eq!(PageToken::read("entries", "").unwrap(), None);
    for bad in [
        "entries-11170-0ff",
        "entries-11170-FF",
        "entries-11170",
        "headers-11170-ff",
        "entries-+1-1",
        "entries-1-2-3",
        "entries--1",
        " entries-1-1",
    ] {
        assert!(PageToken::read("entries", bad).is_err(), "{bad}");
    }
    assert!(PageToken::read("entries", &format!("entries-1-{}", "0".repeat(200))).is_err());
}

#[test]
fn page_sizes_are_capped_and_never_negative() {
    assert_eq!(page_size(0, 32).unwrap(), 32);
    assert_eq!(page_size(5, 32).unwrap(), 5);
    assert_eq!(page_size(i32::MAX, 32).unwrap(), 32);
    assert_eq!(page_size(-1, 32).unwrap_err().field, "page_size");
}

#[test]
fn times_keep_their_milliseconds() {
    for ms in [0, 1, 999, 1000, 1_795_000_000_123] {
        assert_eq!(time_of(&timestamp(Timestamp(ms))), Some(Timestamp(ms)));
    }
    assert_eq!(time_of(&prost_types::Timestamp { seconds: -1, nanos: 0 }), None);
    assert_eq!(time_of(&prost_types::Timestamp { seconds: 1, nanos: 1_000_000_000 }), None);
}
