//! The listeners, with every bound set.

use crate::api::Api;
use crate::connections::Bounded;
use crate::http::router;
use crate::limits::{
    CONNECTION_AGE_GRACE, CONNECTION_AGE_MAX, HTTP_SILENCE_MAX, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, PENDING_RESETS_MAX, REQUEST_TIMEOUT,
    REQUESTS_PER_CONNECTION_MAX, STREAMS_PER_CONNECTION_MAX,
};
use eco_proto::limits::{ANSWER_BYTES_MAX, BATCH_REQUEST_BYTES_MAX, HEADER_LIST_BYTES_MAX, REQUEST_BYTES_MAX, SUBMIT_REQUEST_BYTES_MAX};
use eco_proto::v1::admin_service_server::AdminServiceServer;
use eco_proto::v1::log_service_server::LogServiceServer;
use eco_proto::v1::registry_service_server::RegistryServiceServer;
use eco_proto::v1::submission_service_server::SubmissionServiceServer;
use eco_proto::v1::verification_service_server::VerificationServiceServer;
use eco_proto::{ALL_DESCRIPTORS, PUBLIC_DESCRIPTORS};
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tonic::transport::Server;
use tonic::transport::server::Router;

/// Where to listen. Port 0 takes a free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// gRPC for everyone.
    pub grpc: SocketAddr,
    /// Tiles, headers and metrics over HTTP.
    pub http: SocketAddr,
    /// gRPC for the operator; none: no admin service.
    pub admin: Option<SocketAddr>,
}

/// What does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen for {what} on {address}: {source}")]
    Listen {
        /// Which listener.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The descriptors of the schema do not load.
    #[error("reflection does not start: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Listeners in operation.
#[derive(Debug)]
pub struct Bound {
    /// The addresses, with the ports that were taken.
    pub addresses: Addresses,
    task: JoinHandle<()>,
}

impl Bound {
    /// Waits until all listeners have stopped: after the stop signal, or if one fails.
    pub async fn stopped(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the listeners were cut off");
        }
    }
}

/// Listens until `stop` becomes true or its sender is dropped. Requests under way are finished.
///
/// # Errors
/// An address cannot be taken.
pub async fn serve(mut api: Api, addresses: Addresses, stop: watch::Receiver<bool>) -> Result<Bound, ServeError> {
    api.stopping = stop.clone();
    let (grpc, grpc_address) = listen("gRPC", addresses.grpc).await?;
    let (http, http_address) = listen("HTTP", addresses.http).await?;
    let admin = match addresses.admin {
        Some(address) => Some(listen("admin", address).await?),
        None => None,
    };
    let bound = Addresses { grpc: grpc_address, http: http_address, admin: admin.as_ref().map(|(_, address)| *address) };
    let (reporter, health) = tonic_health::server::health_reporter();
    let public = public(&api)?.add_service(health);
    let mut tasks = JoinSet::new();
    tasks.spawn(grpc_task("gRPC", public, grpc, stop.clone()));
    if let Some((listener, _)) = admin {
        tasks.spawn(grpc_task("admin", admin_router(&api)?, listener, stop.clone()));
    }
    let http_stop = stop.clone();
    let routes = router(api.clone());
    tasks.spawn(async move {
        let served = axum::serve(http.with_silence_max(HTTP_SILENCE_MAX), routes).with_graceful_shutdown(stopped(http_stop)).await;
        if let Err(error) = served {
            tracing::error!(%error, "the HTTP listener failed");
        }
    });
    let task = tokio::spawn(async move {
        let telling = tokio::spawn(api.report_health(reporter));
        while tasks.join_next().await.is_some() {}
        telling.abort();
    });
    Ok(Bound { addresses: bound, task })
}

async fn listen(what: &'static str, address: SocketAddr) -> Result<(Bounded, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { what, address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((Bounded::new(listener), bound))
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A dropped sender is a stop too.
    drop(stop.wait_for(|stop| *stop).await);
}

async fn grpc_task(what: &'static str, router: Router, listener: Bounded, stop: watch::Receiver<bool>) {
    let incoming = Box::pin(listener.into_stream());
    if let Err(error) = router.serve_with_incoming_shutdown(incoming, stopped(stop)).await {
        tracing::error!(%error, what, "a gRPC listener failed");
    }
}

fn bounded_server() -> Server {
    Server::builder()
        .concurrency_limit_per_connection(REQUESTS_PER_CONNECTION_MAX)
        .load_shed(true)
        .timeout(REQUEST_TIMEOUT)
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .max_connection_age(CONNECTION_AGE_MAX)
        .max_connection_age_grace(CONNECTION_AGE_GRACE)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS_MAX))
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
}

fn public(api: &Api) -> Result<Router, ServeError> {
    let reflection = tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(PUBLIC_DESCRIPTORS);
    let submission = SubmissionServiceServer::new(api.clone())
        .max_decoding_message_size(SUBMIT_REQUEST_BYTES_MAX)
        .max_encoding_message_size(ANSWER_BYTES_MAX);
    let verification = VerificationServiceServer::new(api.clone())
        .max_decoding_message_size(BATCH_REQUEST_BYTES_MAX)
        .max_encoding_message_size(ANSWER_BYTES_MAX);
    let log = LogServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_BYTES_MAX).max_encoding_message_size(ANSWER_BYTES_MAX);
    let registry =
        RegistryServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_BYTES_MAX).max_encoding_message_size(ANSWER_BYTES_MAX);
    Ok(bounded_server()
        .add_service(submission)
        .add_service(verification)
        .add_service(log)
        .add_service(registry)
        .add_service(reflection.build_v1()?))
}

fn admin_router(api: &Api) -> Result<Router, ServeError> {
    let reflection = tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(ALL_DESCRIPTORS);
    let admin =
        AdminServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_BYTES_MAX).max_encoding_message_size(ANSWER_BYTES_MAX);
    Ok(bounded_server().add_service(admin).add_service(reflection.build_v1()?))
}
