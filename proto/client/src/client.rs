//! The client: its nodes, tried in order, and its trust root.

use crate::error::ClientError;
use crate::head::SealedHead;
use crate::node::Node;
use eco_core::trust::TrustRoot;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is pinned: the trust root, and the seal of its head once this client has seen it.
#[derive(Debug, Clone)]
pub(crate) struct Pins {
    pub(crate) trust: TrustRoot,
    pub(crate) sealed: Option<SealedHead>,
}

#[derive(Debug)]
struct Inner {
    nodes: Vec<Node>,
    pins: Mutex<Pins>,
}

/// A verifying client of one network. Cloning is cheap; clones share what they have seen.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// A future of a call to one node.
pub(crate) type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, ClientError>> + Send + 'a>>;

impl Client {
    /// A client of the nodes at these addresses (`http://host:port`), asked in this order. Connections are
    /// made when first needed, inside a tokio runtime.
    ///
    /// # Errors
    /// No address, or one that is none.
    pub fn connect<S: AsRef<str>>(addresses: impl IntoIterator<Item = S>, trust: TrustRoot) -> Result<Self, ClientError> {
        let nodes = addresses.into_iter().map(|address| Node::new(address.as_ref())).collect::<Result<Vec<_>, _>>()?;
        if nodes.is_empty() {
            return Err(ClientError::NoNode);
        }
        Ok(Self { inner: Arc::new(Inner { nodes, pins: Mutex::new(Pins { trust, sealed: None }) }) })
    }

    /// The trust root with the last head seen: the caller keeps it.
    #[must_use]
    pub fn trust(&self) -> TrustRoot {
        self.pins().trust.clone()
    }

    /// The last head seen, with its seal, if this client has seen one.
    #[must_use]
    pub fn last_head(&self) -> Option<SealedHead> {
        self.pins().sealed.clone()
    }

    pub(crate) fn pins(&self) -> MutexGuard<'_, Pins> {
        // A value is replaced as a whole, so it is whole even after a panic elsewhere.
        self.inner.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.inner.nodes
    }

    /// The first answer that holds, and the failures of the nodes asked before.
    pub(crate) async fn first<'a, T>(&'a self, call: impl Fn(&'a Node) -> Call<'a, T>) -> Result<(T, Vec<ClientError>), ClientError> {
        let mut failures = Vec::new();
        for node in &self.inner.nodes {
            match call(node).await {
                Ok(answer) => return Ok((answer, failures)),
                Err(failure) if failure.is_final() => return Err(failure),
                Err(failure) => failures.push(failure),
            }
        }
        Err(ClientError::of(failures))
    }
}
