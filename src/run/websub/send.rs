//! One message, sent, and what its answer means.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::fetch::{Answer, FetchReason, Fetcher, Message};
use crate::model::source::Secret;
use crate::model::websub::shown;
use crate::run::clock::Clock;
use crate::run::desk::Desk;
use crate::run::websub::announcements::Ping;
use crate::run::websub::hub::{self, Errand};
use crate::run::websub::subscriptions::{self, Request};
use crate::websub::form;
use crate::websub::rules;
use crate::websub::signature::sign;

/// How long a message and its answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// So much of an answer is read where only its status counts: the first line may say why.
const ANSWER_BYTES: usize = 1024;
/// So many redirects of a hub are followed when we subscribe (WebSub §5.1.1).
const REDIRECTS: usize = 3;
const FORM: &str = "application/x-www-form-urlencoded";

/// What is to be sent.
#[derive(Debug)]
pub enum Job {
    /// A hub is asked to tell us, and reaches us there.
    Ask(Request, Url),
    /// A hub is told of a change.
    Tell(Ping),
    /// A subscriber is served.
    Serve(Errand),
}

/// What came of it.
#[derive(Debug)]
pub enum Done {
    /// A hub was asked about this subscription.
    Asked(Secret, subscriptions::Outcome),
    /// A hub was told, or not: why, and how long it asks us to wait.
    Told(Ping, Result<(), (String, Option<Duration>)>),
    /// A subscriber was served.
    Served(Errand, hub::Outcome),
}

/// Sends a message. `challenge` is for the question whether a subscriber meant it.
pub async fn send(job: Job, desk: &Desk, clock: Clock, challenge: Option<Secret>) -> Done {
    match job {
        Job::Ask(request, callback) => {
            let outcome = ask(&request, &callback, &desk.fetcher, clock).await;
            Done::Asked(request.id, outcome)
        }
        Job::Tell(ping) => {
            let outcome = tell(&ping, &desk.fetcher, clock).await;
            Done::Told(ping, outcome)
        }
        Job::Serve(errand) => {
            let outcome = serve(&errand, desk, clock, challenge).await;
            Done::Served(errand, outcome)
        }
    }
}

fn posted(to: Url, form: String, clock: Clock) -> Message {
    Message {
        to,
        body: Some(Bytes::from(form)),
        headers: vec![("content-type", FORM.to_owned())],
        timeout: TIMEOUT,
        most_bytes: ANSWER_BYTES,
        now: clock.now(),
    }
}

/// Asks a hub for a subscription, following it where it has moved to.
async fn ask(
    request: &Request,
    callback: &Url,
    fetcher: &Fetcher,
    clock: Clock,
) -> subscriptions::Outcome {
    use subscriptions::Outcome;
    let Ok(mut to) = Url::parse(&request.hub) else {
        return Outcome::Refused("its address cannot be read".to_owned());
    };
    let callback = format!("{callback}websub/{}", request.id.reveal());
    let form = form::subscription(
        request.mode,
        &callback,
        &request.topic,
        rules::USUAL_LEASE,
        &request.secret,
    );
    for _ in 0..=REDIRECTS {
        let answer = match fetcher.send(posted(to.clone(), form.clone(), clock)).await {
            Ok(answer) => answer,
            Err(FetchReason::RefusedAddress(refusal)) => {
                return Outcome::Refused(refusal.to_string());
            }
            Err(reason) => return Outcome::Failed(reason.to_string(), None),
        };
        match (answer.status, &answer.location) {
            (307 | 308, Some(next)) => {
                // The secret goes along, so it does not leave a secure connection.
                if !matches!(next.scheme(), "http" | "https")
                    || to.scheme() == "https" && next.scheme() != "https"
                {
                    return Outcome::Refused("it redirects to an insecure address".to_owned());
                }
                to = next.clone();
            }
            (200..300, _) => return Outcome::Accepted,
            // Not a matter of what was asked for: later may be better.
            (408 | 425 | 429, _) => return Outcome::Failed(said(&answer), answer.retry_after),
            (400..500, _) => return Outcome::Refused(said(&answer)),
            _ => return Outcome::Failed(said(&answer), answer.retry_after),
        }
    }
    Outcome::Failed("it redirects too often".to_owned(), None)
}

/// Tells a hub of a change.
async fn tell(
    ping: &Ping,
    fetcher: &Fetcher,
    clock: Clock,
) -> Result<(), (String, Option<Duration>)> {
    let to =
        Url::parse(&ping.hub).map_err(|_| (format!("{} is no address", shown(&ping.hub)), None))?;
    let answer = fetcher
        .send(posted(to, form::ping(&ping.topic), clock))
        .await
        .map_err(|reason| (reason.to_string(), None))?;
    if answer.is_success() { Ok(()) } else { Err((said(&answer), answer.retry_after)) }
}

/// Serves a subscriber of ours.
async fn serve(
    errand: &Errand,
    desk: &Desk,
    clock: Clock,
    challenge: Option<Secret>,
) -> hub::Outcome {
    use hub::Outcome;
    let asks = |to: Url, most_bytes: usize| Message {
        to,
        body: None,
        headers: Vec::new(),
        timeout: TIMEOUT,
        most_bytes,
        now: clock.now(),
    };
    let message = match errand {
        Errand::Ask(intent) => {
            let Some(challenge) = &challenge else {
                return Outcome::Failed("this machine gives no random numbers".to_owned(), None);
            };
            let challenge = challenge.reveal();
            let to = form::intent(
                &intent.callback,
                intent.mode,
                &intent.topic,
                challenge,
                Some(intent.lease),
            );
            // One byte more, to see that there is no more.
            asks(to, challenge.len() + 1)
        }
        Errand::Deny { callback, topic } => {
            let reason = "it is published no more";
            asks(form::denial(callback, topic, reason), ANSWER_BYTES)
        }
        Errand::Deliver { subscriber, artifact } => {
            let Ok(to) = Url::parse(subscriber.callback.reveal()) else { return Outcome::Gone };
            let mut headers = vec![("content-type", artifact.media_type.to_owned())];
            headers.extend(artifact.links.clone().map(|links| ("link", links)));
            if let Some(secret) = &subscriber.secret {
                headers.push(("x-hub-signature", sign(secret.reveal(), &artifact.bytes)));
            }
            Message {
                to,
                body: Some(artifact.bytes.clone()),
                headers,
                timeout: TIMEOUT,
                most_bytes: ANSWER_BYTES,
                now: clock.now(),
            }
        }
    };
    let answer = match desk.messenger.send(message).await {
        Ok(answer) => answer,
        Err(reason) => return Outcome::Failed(reason.to_string(), None),
    };
    let is_question = matches!(errand, Errand::Ask(_));
    let echo = challenge.map(|challenge| challenge.reveal().as_bytes().to_vec());
    match answer.status {
        200..300 if !is_question || echo.as_ref() == Some(&answer.body) => Outcome::Done,
        200..300 | 404 if is_question => Outcome::No,
        410 => Outcome::Gone,
        _ => Outcome::Failed(said(&answer), answer.retry_after),
    }
}

/// What an answer says, in words.
fn said(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let first = text.lines().next().unwrap_or_default();
    // A page is no line for people.
    let first = if first.contains('<') { String::new() } else { form::line(first) };
    match first.as_str() {
        "" => format!("it answers {}", answer.status),
        first => format!("it answers {}: {first}", answer.status),
    }
}
