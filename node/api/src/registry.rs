//! `RegistryService`: the network, its members, keys and validators.
//!
//! Before the first block there is no header to prove records under, and the lists say so.

use crate::api::{Api, sealed};
use crate::status::ApiError;
use crate::verification::{lists, proof};
use eco_core::codec::encode;
use eco_core::eco_file::{FileKind, wrap};
use eco_core::name::OrgId;
use eco_core::state::RecordKey;
use eco_core::trust::TrustRoot;
use eco_ledger::{LedgerError, View};
use eco_proto::convert::{PageToken, WireDefect, organisation_if_any, page_size, timestamp};
use eco_proto::limits::RECORDS_PAGE_MAX;
use eco_proto::lists::ListQuery;
use eco_proto::v1;
use eco_proto::v1::registry_service_server::RegistryService;
use tonic::{Request, Response, Status};

#[tonic::async_trait]
impl RegistryService for Api {
    async fn get_network(&self, _: Request<v1::GetNetworkRequest>) -> Result<Response<v1::GetNetworkResponse>, Status> {
        let (state, genesis) = (self.ledger.state(), self.ledger.genesis());
        Ok(Response::new(v1::GetNetworkResponse {
            name: genesis.name.to_string(),
            network_id: state.network().as_bytes().to_vec(),
            purpose: v1::NetworkPurpose::from(state.purpose()).into(),
            genesis_time: Some(timestamp(genesis.time)),
            limits: Some(state.limits().into()),
            origin: state.origin().as_str().to_owned(),
            software_version: self.software_version.to_owned(),
            head: Some(self.head()),
        }))
    }

    async fn get_genesis(&self, _: Request<v1::GetGenesisRequest>) -> Result<Response<v1::GetGenesisResponse>, Status> {
        Ok(Response::new(v1::GetGenesisResponse { genesis: wrap(FileKind::Genesis, self.ledger.genesis()) }))
    }

    async fn get_trust_root(&self, _: Request<v1::GetTrustRootRequest>) -> Result<Response<v1::GetTrustRootResponse>, Status> {
        let trust_root = self.trust_root().await?;
        Ok(Response::new(v1::GetTrustRootResponse { trust_root, head: Some(self.head()) }))
    }

    async fn list_organisations(
        &self,
        request: Request<v1::ListOrganisationsRequest>,
    ) -> Result<Response<v1::ListOrganisationsResponse>, Status> {
        let request = request.into_inner();
        let page = Page::read("organisations", request.page_size, &request.page_token, "")?;
        let keys = |view: &View<'_>, _| view.state().registry().organisations().map(|o| RecordKey::Organisation(o.id)).collect();
        let (status_proof, next_page_token) = self.read(move |view| page.of(view, keys)).await?;
        Ok(Response::new(v1::ListOrganisationsResponse { status_proof, next_page_token, head: Some(self.head()) }))
    }

    async fn list_keys(&self, request: Request<v1::ListKeysRequest>) -> Result<Response<v1::ListKeysResponse>, Status> {
        let request = request.into_inner();
        let page = Page::read("keys", request.page_size, &request.page_token, &request.organisation)?;
        let keys = |view: &View<'_>, of: Option<OrgId>| {
            let own = view.state().registry().keys().filter(|key| of.is_none_or(|of| key.organisation == of));
            own.map(|key| RecordKey::Key(key.key)).collect()
        };
        let (status_proof, next_page_token) = self.read(move |view| page.of(view, keys)).await?;
        Ok(Response::new(v1::ListKeysResponse { status_proof, next_page_token, head: Some(self.head()) }))
    }

    async fn list_certificates(
        &self,
        request: Request<v1::ListCertificatesRequest>,
    ) -> Result<Response<v1::ListCertificatesResponse>, Status> {
        let request = request.into_inner();
        let page = Page::read("certificates", request.page_size, &request.page_token, &request.organisation)?;
        let keys = |view: &View<'_>, of: Option<OrgId>| {
            let own = view.state().registry().certificates().filter(|c| of.is_none_or(|of| c.organisation == of));
            own.map(|certificate| RecordKey::Certificate(certificate.spki)).collect()
        };
        let (status_proof, next_page_token) = self.read(move |view| page.of(view, keys)).await?;
        Ok(Response::new(v1::ListCertificatesResponse { status_proof, next_page_token, head: Some(self.head()) }))
    }

    async fn list_recognitions(
        &self,
        request: Request<v1::ListRecognitionsRequest>,
    ) -> Result<Response<v1::ListRecognitionsResponse>, Status> {
        let scope = request.into_inner().scope.ok_or_else(|| ApiError::from(WireDefect::new("scope", "must be set")))?;
        let query = ListQuery::Recognised(scope.try_into().map_err(ApiError::from)?);
        let status_proofs = self.read(move |view| lists(view, &[query])).await?;
        Ok(Response::new(v1::ListRecognitionsResponse { status_proofs, head: Some(self.head()) }))
    }

    async fn list_schemes(&self, _: Request<v1::ListSchemesRequest>) -> Result<Response<v1::ListSchemesResponse>, Status> {
        let status_proofs = self.read(move |view| lists(view, &[ListQuery::Schemes])).await?;
        Ok(Response::new(v1::ListSchemesResponse { status_proofs, head: Some(self.head()) }))
    }

    async fn list_validators(&self, _: Request<v1::ListValidatorsRequest>) -> Result<Response<v1::ListValidatorsResponse>, Status> {
        let state = self.ledger.state();
        let epoch = state.tip().header.as_ref().map_or(0, |header| header.epoch.0);
        let validator_set = encode(state.validators().as_ref());
        Ok(Response::new(v1::ListValidatorsResponse { epoch, validator_set, head: Some(self.head()) }))
    }
}

impl Api {
    /// The trust root file of this node: genesis, and the head that it has.
    pub(crate) async fn trust_root(&self) -> Result<Vec<u8>, ApiError> {
        let start = TrustRoot::of_genesis(self.ledger.genesis());
        self.read(move |view| {
            let trust = match sealed(view) {
                // Every log extends the empty one, so no path is needed.
                Ok((header, seal)) => start.advance(header, seal, &[]).map_err(|defect| LedgerError::Damaged {
                    what: "the head".to_owned(),
                    expected: "sealed by the validators".to_owned(),
                    found: defect.to_string(),
                })?,
                Err(_) => start,
            };
            Ok(wrap(FileKind::TrustRoot, &trust))
        })
        .await
    }
}

/// One page of a list of records.
struct Page {
    list: &'static str,
    size: usize,
    token: Option<PageToken>,
    of: Option<OrgId>,
}

impl Page {
    fn read(list: &'static str, size: i32, token: &str, organisation: &str) -> Result<Self, ApiError> {
        Ok(Self {
            list,
            size: page_size(size, RECORDS_PAGE_MAX)?,
            token: PageToken::read(list, token)?,
            of: organisation_if_any("organisation", organisation)?,
        })
    }

    /// The proof over the page's records, and the next page's token. The token is bound to the list's length:
    /// members and keys change by governance only, and then a walk begins anew.
    fn of(self, view: &View<'_>, keys: impl FnOnce(&View<'_>, Option<OrgId>) -> Vec<RecordKey>) -> Result<(Vec<u8>, String), ApiError> {
        let keys = keys(view, self.of);
        let bound = u64::try_from(keys.len()).unwrap_or(u64::MAX);
        let start = self.token.map_or(0, |token| token.next);
        if self.token.is_some_and(|token| token.bound != bound) {
            return Err(
                WireDefect::new("page_token", format!("{} changed since the walk began; start again without a token", self.list)).into()
            );
        }
        let first = usize::try_from(start).unwrap_or(usize::MAX);
        let page = keys.iter().skip(first).take(self.size).copied().collect();
        let end = first.saturating_add(self.size);
        let next = if end < keys.len() {
            PageToken { bound, next: u64::try_from(end).unwrap_or(u64::MAX) }.to_text(self.list)
        } else {
            String::new()
        };
        Ok((proof(view, &page)?, next))
    }
}
