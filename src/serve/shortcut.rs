//! The way of the requests that come most: a feed or the front page's files, from memory, without the router.
//!
//! Answers the same bytes as the router would, which a test compares; whatever is out of the ordinary is left to the router.

use axum::body::Body;
use axum::http::{Method, Request, Response};

use super::feeds::{self, Sharing};
use super::metrics::Route;
use super::{Site, routes};

/// The answer to a request for a published document; `None` if it is for anything else.
pub(super) fn answer<B>(site: &Site, request: &Request<B>) -> Option<Response<Body>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let address = request.uri().path_and_query()?;
    let name = address.path().strip_prefix("/feeds/")?;
    if address.as_str().len() > routes::ADDRESS_BYTES {
        return None;
    }
    let contents = site.shelf.current();
    let shelved = contents.artifact(name)?;
    let cache = site.shelf.cache();
    let mut response = feeds::answer(shelved, request.headers(), &cache, Sharing::Everyone);
    routes::seal(response.headers_mut());
    site.metrics.answered(Route::Feeds, response.status().as_u16());
    Some(response)
}
