//! The client: one request, its redirects and its body, under all limits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH,
};
use reqwest::{Certificate, Client, Method, Proxy as Proxied, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

use super::body::{Body, Unpacked};
use super::cause::{Phase, chain, reason_of};
use super::coding;
use super::conditional::{self, Caching};
use super::error::{FetchError, FetchReason, FetcherError, URL_CHARACTERS, clean, detail};
use super::file::{self, Contents};
use super::guard::{self, GuardedResolver};
use super::hosts::Hosts;
use super::link;
use super::redirect::{Moved, bare, may_see_secrets, target};
use crate::model::source::{Proxy, Secret, SourceAddress, SourceKey, Validators};
use crate::model::time::Timestamp;
use crate::model::websub::Advert;

/// What we would like to have, best first; pages come last, for sources that are pages and for discovery.
const WANTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
     application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.6, */*;q=0.5";
/// How long one connection may take to come about; with several addresses the next one is tried.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection that nobody uses is kept for the next feed of the same host.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// The most header lines of a response; their bytes are bounded by the client library (about 400 KiB).
const MOST_HEADERS: usize = 512;
/// How much of a body is unpacked at a stretch, as on the wire: a fraction of a millisecond's work, unless it is a bomb.
const PIECE: usize = 16 * 1024;
/// After unpacking so much without a pause we let other tasks go on.
const PAUSE_AFTER: usize = 256 * 1024;

/// How the client behaves towards all sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchOptions {
    /// Who we say we are; see [`user_agent`].
    pub user_agent: String,
    /// The largest document, unpacked, in bytes.
    pub max_body_bytes: u64,
    /// Requests at once.
    pub concurrency: usize,
    /// Requests at once to one host.
    pub per_host: usize,
    /// The time between the beginnings of two requests to one host.
    pub per_host_delay: Duration,
    /// Addresses that may be contacted though they are private or otherwise special.
    pub allow_addresses: Vec<IpNet>,
    /// The proxy of sources that have none of their own: its URL, which may hold credentials.
    pub proxy: Option<Secret>,
    /// Certificates that are trusted besides those of this machine, as PEM.
    pub ca: Option<Vec<u8>>,
    /// How many redirects are followed.
    pub redirects: usize,
}

impl Default for FetchOptions {
    fn default() -> FetchOptions {
        FetchOptions {
            user_agent: user_agent(None),
            max_body_bytes: 16 * 1024 * 1024,
            concurrency: 64,
            per_host: 2,
            per_host_delay: Duration::from_secs(1),
            allow_addresses: Vec::new(),
            proxy: None,
            ca: None,
            redirects: 5,
        }
    }
}

/// Our name and version, and how to reach who runs us: `tidings/0.1.0 (+mailto:desk@example.org)`.
///
/// Of `contact` only what may stand in a comment of the header is kept (RFC 9110 §5.6.5).
pub fn user_agent(contact: Option<&str>) -> String {
    let agent = concat!("tidings/", env!("CARGO_PKG_VERSION"));
    let contact: String = contact
        .unwrap_or_default()
        .chars()
        .filter(|character| {
            matches!(character, ' '..='~') && !matches!(character, '(' | ')' | '\\')
        })
        .take(200)
        .collect();
    let contact = contact.trim();
    if contact.is_empty() { agent.to_owned() } else { format!("{agent} (+{contact})") }
}

/// One source to ask.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// The source, for messages.
    pub source_key: SourceKey,
    /// Where it is.
    pub address: SourceAddress,
    /// Where it has moved for good: there the request begins, and what is meant for the host of `address` stays with that.
    pub moved_to: Option<Url>,
    /// Through which proxy it is asked.
    pub proxy: Proxy,
    /// What we hold of it, by what the server gave us with it.
    pub validators: Validators,
    /// Headers for its own host.
    pub headers: Vec<(String, Secret)>,
    /// How long all of it may take, redirects and body included, waiting for our own limits not.
    pub timeout: Duration,
    /// The present time, for dates in headers.
    pub now: Timestamp,
}

/// What one request told us (RFC 9110 §13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// What we hold is what there is.
    NotModified {
        /// What to ask with next time: the request's, with what the answer brought replaced.
        validators: Validators,
        /// For how long it need not be asked again.
        caching: Caching,
        /// Where the answer came from after redirects, as for a document.
        final_url: Url,
        /// Where the source says it has moved for good, as for a document.
        permanent_redirect: Option<Url>,
        /// How long it took, waiting for our own limits left out.
        took: Duration,
    },
    /// A document.
    Body {
        /// The document, unpacked, in its own charset.
        bytes: Vec<u8>,
        /// The Content-Type as sent, where it is text.
        content_type: Option<String>,
        /// Where it came from after redirects, without fragment and credentials. A file has a `file:` URL.
        final_url: Url,
        /// Where the source says it has moved for good: the end of the redirects, if all of them were 301 or 308 (RFC 9110 §15.4.2, §15.4.9).
        permanent_redirect: Option<Url>,
        /// What to ask with next time.
        validators: Validators,
        /// For how long it need not be asked again.
        caching: Caching,
        /// What its headers say of being told about its changes (WebSub §4).
        advert: Advert,
        /// Bytes as on the wire.
        received_bytes: u64,
        /// How long it took, waiting for our own limits left out.
        took: Duration,
        /// What was odd about the answer but did no harm, in words.
        notes: Vec<String>,
    },
}

/// The client of the whole program. Clones share connections and limits.
#[derive(Clone)]
pub struct Fetcher {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    /// The connection of sources without a proxy of their own.
    usual: Connection,
    /// Those of other proxies, by URL; the empty one is none.
    clients: Mutex<HashMap<String, Connection>>,
    agent: HeaderValue,
    ca: Vec<Certificate>,
    options: FetchOptions,
    allow: Arc<[IpNet]>,
    pub(super) hosts: Hosts,
    pub(super) all: Semaphore,
}

/// A client and the way it goes.
#[derive(Clone)]
struct Connection {
    client: Client,
    /// Whether a proxy connects for us.
    is_proxied: bool,
    /// Why `https` cannot work here, where it cannot: no roots of trust on this machine.
    no_roots: Option<Arc<str>>,
}

/// Makes a client. What connects directly asks the guard about every address; a proxy was chosen by the operator, and what it is asked for is checked
/// before.
fn connection(
    options: &FetchOptions,
    agent: &HeaderValue,
    allow: &Arc<[IpNet]>,
    ca: &[Certificate],
    proxy: Option<&Secret>,
) -> Result<Connection, FetcherError> {
    let proxy = match proxy {
        // The text of the error would show the URL, and with it credentials.
        Some(url) => Some(
            Proxied::all(url.reveal().trim())
                .map_err(|_| FetcherError::Client("the address of the proxy is wrong".into()))?,
        ),
        None => None,
    };
    let is_proxied = proxy.is_some();
    let builder = || {
        let builder = match proxy.clone() {
            Some(proxy) => Client::builder().proxy(proxy),
            // A proxy from the environment would connect for us to addresses that the guard never sees.
            None => Client::builder().dns_resolver(GuardedResolver::new(allow.clone())).no_proxy(),
        };
        builder
            .tls_certs_merge(ca.iter().cloned())
            .user_agent(agent.clone())
            .default_headers(default_headers())
            // Each hop is checked by ourselves.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Bodies are unpacked by ourselves, within bounds.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(options.per_host.max(1))
            .http1_max_headers(MOST_HEADERS)
            // Old servers fold long header lines or put a space before the colon; both can be read without doubt.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http2_max_header_list_size(256 * 1024)
    };
    let (client, no_roots) = match builder().build() {
        Ok(client) => (client, None),
        Err(error) => {
            let client = builder().tls_certs_only(ca.iter().cloned()).build();
            let client = client.map_err(|error| FetcherError::Client(chain(&error)))?;
            (client, ca.is_empty().then(|| chain(&error).into()))
        }
    };
    Ok(Connection { client, is_proxied, no_roots })
}

impl Fetcher {
    /// Makes a client with these limits. Fails if the User-Agent cannot be sent or the TLS library cannot be set up.
    ///
    /// A machine without CA certificates can still fetch `http` and files; each `https` source then says what is missing.
    pub fn new(options: FetchOptions) -> Result<Fetcher, FetcherError> {
        let agent = HeaderValue::from_str(&options.user_agent)
            .map_err(|_| FetcherError::UserAgent(options.user_agent.clone()))?;
        // An error says that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let allow: Arc<[IpNet]> = options.allow_addresses.as_slice().into();
        let ca = match &options.ca {
            Some(pem) => Certificate::from_pem_bundle(pem)
                .map_err(|error| FetcherError::Client(chain(&error)))?,
            None => Vec::new(),
        };
        let usual = connection(&options, &agent, &allow, &ca, options.proxy.as_ref())?;
        let clients = Mutex::new(HashMap::new());
        let hosts = Hosts::new(options.per_host, options.per_host_delay);
        let all = Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Fetcher {
            shared: Arc::new(Shared { usual, clients, agent, ca, options, allow, hosts, all }),
        })
    }

    /// Asks one source, as soon as the limits let it.
    ///
    /// Waiting for the limits costs next to nothing, so every due source may be asked at once; a slow host then holds up nobody but itself.
    pub async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, FetchError> {
        match &request.address {
            SourceAddress::Web(url) => {
                let mut at = None;
                let fetched = self.shared.follow(request, url, &mut at).await;
                fetched.map_err(|reason| {
                    let mut error = FetchError::new(&request.source_key, &request.address, reason);
                    error.redirected_to = at.map(|at| clean(at.as_str(), URL_CHARACTERS));
                    error
                })
            }
            SourceAddress::File(path) => {
                let fetched = self.shared.read_file(request, path.clone()).await;
                fetched.map_err(|reason| {
                    FetchError::new(&request.source_key, &request.address, reason)
                })
            }
        }
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

/// What one hop of a request came to.
enum Hop {
    NotModified(HeaderMap),
    Body(HeaderMap, Unpacked),
    Redirect { to: Url, permanent: bool },
}

impl Shared {
    /// Follows redirects from `start` to an answer. `at` is where they led, for messages.
    async fn follow(
        &self,
        request: &FetchRequest,
        start: &Url,
        at: &mut Option<Url>,
    ) -> Result<Fetched, FetchReason> {
        let mut secrets = Some(own_headers(request, start)?);
        let mut url = bare(request.moved_to.as_ref().unwrap_or(start));
        if !may_see_secrets(start, &url) {
            secrets = None;
        }
        let mut moved = Moved::nowhere();
        let mut notes = Vec::new();
        let mut left = request.timeout;
        for _ in 0..=self.options.redirects {
            let place = self.hosts.enter(url.host_str().unwrap_or_default()).await;
            // After the place at the host, never before: who waits for a busy host must not keep others from theirs.
            let permit = self.all.acquire().await;
            let begun = Instant::now();
            let hop = Box::pin(self.hop(request, &url, secrets.as_ref()));
            let hop = tokio::time::timeout(left, hop).await;
            left = left.saturating_sub(begun.elapsed());
            drop((permit, place));
            match hop.map_err(|_| FetchReason::Timeout { after: request.timeout })?? {
                Hop::NotModified(headers) => {
                    let new = conditional::validators(&headers, request.now);
                    return Ok(Fetched::NotModified {
                        validators: conditional::merged(&request.validators, new),
                        caching: conditional::caching(&headers, request.now),
                        final_url: url,
                        permanent_redirect: moved.for_good(),
                        took: request.timeout.saturating_sub(left),
                    });
                }
                Hop::Body(headers, body) => {
                    notes.extend(body.notes);
                    return Ok(Fetched::Body {
                        bytes: body.bytes,
                        content_type: content_type(&headers),
                        advert: link::advert(&headers, &url),
                        final_url: url,
                        permanent_redirect: moved.for_good(),
                        validators: conditional::validators(&headers, request.now),
                        caching: conditional::caching(&headers, request.now),
                        received_bytes: body.received,
                        took: request.timeout.saturating_sub(left),
                        notes,
                    });
                }
                Hop::Redirect { to, permanent } => {
                    if !may_see_secrets(&url, &to) {
                        // For good: a stranger's redirect back must not choose where they are sent.
                        secrets = None;
                    }
                    if url.scheme() == "https" && to.scheme() == "http" {
                        notes.push(format!(
                            "redirected from https to http, at {}",
                            to.host_str().unwrap_or_default()
                        ));
                    }
                    moved.add(&to, permanent);
                    *at = Some(to.clone());
                    url = to;
                }
            }
        }
        Err(FetchReason::Redirect {
            detail: format!("it redirects more than {} times", self.options.redirects),
        })
    }

    /// The client for a source's proxy; made when it is asked for first.
    fn connection(&self, proxy: &Proxy) -> Result<Connection, FetchReason> {
        let own = match proxy {
            Proxy::Usual => return Ok(self.usual.clone()),
            Proxy::Direct if self.options.proxy.is_none() => return Ok(self.usual.clone()),
            Proxy::Direct => None,
            Proxy::Of(url) => Some(url),
        };
        let name = own.map_or("", Secret::reveal);
        // A map stays whole if a holder panicked: each change is one insertion.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(name) {
            return Ok(known.clone());
        }
        let made = connection(&self.options, &self.agent, &self.allow, &self.ca, own)
            .map_err(|error| FetchReason::Request { detail: error.to_string() })?;
        clients.insert(name.to_owned(), made.clone());
        Ok(made)
    }

    /// The client that may contact an address, after the guard has seen it.
    pub(super) async fn permitted(&self, url: &Url, proxy: &Proxy) -> Result<Client, FetchReason> {
        guard::permitted_host(url, &self.allow).map_err(FetchReason::RefusedAddress)?;
        let connection = self.connection(proxy)?;
        if connection.is_proxied {
            guard::permitted_name(url, &self.allow).await?;
        }
        if let (Some(missing), "https") = (&connection.no_roots, url.scheme()) {
            return Err(FetchReason::Tls {
                detail: format!(
                    "this machine has no CA certificates (install ca-certificates): {missing}"
                ),
            });
        }
        Ok(connection.client)
    }

    /// One request and its answer.
    async fn hop(
        &self,
        request: &FetchRequest,
        url: &Url,
        secrets: Option<&HeaderMap>,
    ) -> Result<Hop, FetchReason> {
        let client = self.permitted(url, &request.proxy).await?;
        let mut message = Request::new(Method::GET, url.clone());
        *message.headers_mut() = self.headers(&request.validators, secrets);
        let conditional = message.headers().contains_key(IF_NONE_MATCH)
            || message.headers().contains_key(IF_MODIFIED_SINCE);
        let response =
            client.execute(message).await.map_err(|error| reason_of(&error, Phase::Head))?;
        let status = response.status();
        match status {
            // 203 is a 200 that a proxy has touched.
            StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => {
                let (headers, body) = self.read_body(response).await?;
                Ok(Hop::Body(headers, body))
            }
            StatusCode::NOT_MODIFIED if conditional => {
                Ok(Hop::NotModified(response.headers().clone()))
            }
            StatusCode::NOT_MODIFIED => Err(FetchReason::UnexpectedNotModified),
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => Ok(Hop::Redirect {
                to: target(url, response.headers())?,
                permanent: matches!(
                    status,
                    StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT
                ),
            }),
            StatusCode::GONE => Err(FetchReason::Gone),
            StatusCode::SWITCHING_PROTOCOLS => Err(FetchReason::Protocol {
                detail: "it switches to another protocol, unasked".to_owned(),
            }),
            _ => {
                let status = status.as_u16();
                // Usual with 429 and 503; a server that adds it to another error means it as well.
                let wait = (status >= 400)
                    .then(|| conditional::retry_after(response.headers(), request.now))
                    .flatten();
                Err(match wait {
                    Some(after) => FetchReason::RateLimited { status, after },
                    None => FetchReason::Status { status },
                })
            }
        }
    }

    /// The headers of one request; `If-None-Match` first, as it is what counts (RFC 9110 §13.2.2).
    fn headers(&self, validators: &Validators, secrets: Option<&HeaderMap>) -> HeaderMap {
        let mut headers = secrets.cloned().unwrap_or_default();
        for (name, value) in
            [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)]
        {
            // What is no legal header value was never stored; a store of another version may hold it all the same.
            let value = value.as_ref().and_then(|value| HeaderValue::from_bytes(value).ok());
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        headers
    }

    async fn read_body(
        &self,
        mut response: Response,
    ) -> Result<(HeaderMap, Unpacked), FetchReason> {
        let length = response.content_length();
        let mut body = Body::new(response.headers(), length, self.options.max_body_bytes)?;
        let mut paused_at = 0;
        loop {
            let chunk = response.chunk().await.map_err(|error| reason_of(&error, Phase::Body))?;
            let Some(chunk) = chunk else { break };
            for piece in chunk.chunks(PIECE) {
                body.push(piece)?;
                if body.len() - paused_at > PAUSE_AFTER {
                    paused_at = body.len();
                    tokio::task::yield_now().await;
                }
            }
        }
        Ok((std::mem::take(response.headers_mut()), body.finish()?))
    }

    async fn read_file(
        &self,
        request: &FetchRequest,
        path: std::path::PathBuf,
    ) -> Result<Fetched, FetchReason> {
        let _permit = self.all.acquire().await;
        let known = request.validators.clone();
        let limit = self.options.max_body_bytes;
        let final_url =
            std::path::absolute(&path).ok().and_then(|path| Url::from_file_path(path).ok());
        let final_url = final_url.ok_or_else(|| FetchReason::Request {
            detail: "the path of the file cannot be written as a URL".to_owned(),
        })?;
        let begun = Instant::now();
        let reading = tokio::task::spawn_blocking(move || file::read(&path, &known, limit));
        let contents = tokio::time::timeout(request.timeout, reading)
            .await
            .map_err(|_| FetchReason::Timeout { after: request.timeout })?
            .map_err(|error| FetchReason::File { detail: detail(&error), transient: true })??;
        Ok(match contents {
            Contents::Unchanged => Fetched::NotModified {
                validators: request.validators.clone(),
                caching: Caching::default(),
                final_url,
                permanent_redirect: None,
                took: begun.elapsed(),
            },
            Contents::Read { bytes, validators } => Fetched::Body {
                received_bytes: bytes.len() as u64,
                took: begun.elapsed(),
                bytes,
                content_type: None,
                final_url,
                permanent_redirect: None,
                validators,
                caching: Caching::default(),
                advert: Advert::default(),
                notes: Vec::new(),
            },
        })
    }
}

/// The headers of every request.
fn default_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static(WANTED)),
        (ACCEPT_ENCODING, HeaderValue::from_static(coding::ACCEPT_ENCODING)),
    ])
}

/// The headers for the source's own host only: those of the configuration, and credentials from the URL.
fn own_headers(request: &FetchRequest, start: &Url) -> Result<HeaderMap, FetchReason> {
    let mut headers = HeaderMap::new();
    if !start.username().is_empty() || start.password().is_some() {
        let decode = |part: &str| percent_encoding::percent_decode_str(part).collect::<Vec<u8>>();
        let mut pair = decode(start.username());
        pair.push(b':');
        pair.extend(decode(start.password().unwrap_or_default()));
        let value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)));
        headers.extend(value.ok().map(|mut value| {
            value.set_sensitive(true);
            (AUTHORIZATION, value)
        }));
    }
    for (name, secret) in &request.headers {
        let unusable = |what: &str| FetchReason::Request {
            detail: format!("the header `{}` {what}", clean(name, 100)),
        };
        let header = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| unusable("has no legal name"))?;
        let mut value = HeaderValue::from_str(secret.reveal().trim())
            .map_err(|_| unusable("has a value that cannot be sent"))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

/// The Content-Type, where it can be text.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    let value = clean(&String::from_utf8_lossy(value.as_bytes()), 1_000);
    (!value.is_empty()).then_some(value)
}
