//! The origin of the demo: documents at addresses, answered conditionally as a publisher's server does.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::connection::{self, Answers};
use super::feeds::{self, Sharing};
use super::{ServeError, ServeOptions, Shelved};
use crate::model::edition::Artifact;

/// Sources ask as often as their schedule says; nothing is promised to last.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Documents by path. Each can be replaced while it is served.
#[derive(Debug, Default)]
pub struct Samples {
    documents: RwLock<HashMap<String, Shelved>>,
}

impl Samples {
    /// Answers a path (`/courier.example/rss.xml`) with this document from now on.
    pub fn put(&self, path: String, document: Artifact) {
        let shelved = Shelved::new(document);
        self.documents.write().unwrap_or_else(PoisonError::into_inner).insert(path, shelved);
    }

    fn get(&self, path: &str) -> Option<Shelved> {
        self.documents.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }
}

/// Serves the documents until `stop`.
///
/// # Errors
/// If the listening socket breaks.
pub async fn serve(
    listener: TcpListener,
    samples: Arc<Samples>,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let router = Router::new().fallback(answer).with_state(samples);
    let answers = Answers { router, site: None };
    connection::accept(listener, answers, &ServeOptions::default(), &Gauge::default(), stop).await
}

async fn answer(State(samples): State<Arc<Samples>>, request: Request) -> Response {
    match samples.get(request.uri().path()) {
        Some(shelved) => feeds::answer(&shelved, request.headers(), &REVALIDATE, Sharing::OwnSite),
        None => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}
