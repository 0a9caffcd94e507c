//! One message to a hub or subscriber and its answer: by the same client as everything else, behind the same guard, without redirects.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Request};
use url::Url;

use super::cause::{Phase, reason_of};
use super::client::Fetcher;
use super::conditional;
use super::error::FetchReason;
use crate::model::source::Proxy;
use crate::model::time::Timestamp;

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// To whom.
    pub to: Url,
    /// What is sent; `None` asks (GET).
    pub body: Option<Bytes>,
    /// Headers besides the usual ones; what cannot be one is left out.
    pub headers: Vec<(&'static str, String)>,
    /// How long all of it may take, waiting for our own limits not.
    pub timeout: Duration,
    /// So many bytes of the answer are read; more are left.
    pub most_bytes: usize,
    /// The present time, for dates in headers.
    pub now: Timestamp,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Where it points to, if it does: absolute, but nobody has been there.
    pub location: Option<Url>,
    /// How long the server asks us to wait.
    pub retry_after: Option<Duration>,
    /// The start of its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the message was taken.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Fetcher {
    /// Sends a message as soon as the limits of its host let it. A redirect is an answer: nothing follows it.
    ///
    /// # Errors
    /// If there is no answer, or the address may not be contacted.
    pub async fn send(&self, message: Message) -> Result<Answer, FetchReason> {
        let timeout = message.timeout;
        let host = message.to.host_str().unwrap_or_default().to_owned();
        let place = self.shared.hosts.enter(&host).await;
        let permit = self.shared.all.acquire().await;
        let sent = tokio::time::timeout(timeout, Box::pin(self.exchange(message))).await;
        drop((permit, place));
        sent.map_err(|_| FetchReason::Timeout { after: timeout })?
    }

    async fn exchange(&self, message: Message) -> Result<Answer, FetchReason> {
        let Message { to, body, headers, most_bytes, now, timeout: _ } = message;
        let client = self.shared.permitted(&to, &Proxy::Usual).await?;
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::new(method, to.clone());
        *request.headers_mut() = own_headers(headers);
        *request.body_mut() = body.map(reqwest::Body::from);
        let mut response =
            client.execute(request).await.map_err(|error| reason_of(&error, Phase::Head))?;
        let location = response.headers().get(LOCATION);
        let mut answer = Answer {
            status: response.status().as_u16(),
            location: location
                .and_then(|location| location.to_str().ok())
                .and_then(|location| to.join(location).ok()),
            retry_after: conditional::retry_after(response.headers(), now),
            body: Vec::new(),
        };
        while answer.body.len() < most_bytes {
            let chunk = response.chunk().await.map_err(|error| reason_of(&error, Phase::Body))?;
            let Some(chunk) = chunk else { break };
            let room = most_bytes - answer.body.len();
            answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(answer)
    }
}

fn own_headers(given: Vec<(&'static str, String)>) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("*/*")),
        // What is echoed is compared as it comes.
        (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
    ]);
    for (name, value) in given {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers
}
