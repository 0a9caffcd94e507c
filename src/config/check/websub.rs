//! `[websub]`.

use super::{Checker, Seen};
use crate::config::problem::Problem;
use crate::config::raw::{self, At};
use crate::config::{Publish, Server, Websub};
use crate::model::websub::address;

/// So many hubs are told of changes at most: each costs a request for each document that changed.
const MOST_HUBS: usize = 8;

impl Checker<'_> {
    pub(super) fn websub(
        &mut self,
        raw: raw::Websub,
        publish: &Publish,
        server: &Server,
    ) -> Websub {
        const CHOICES: [(&str, bool); 2] = [("self", true), ("off", false)];
        let callback = raw.callback.and_then(|at| self.base_url("callback", &at));
        let mut hubs = self.hubs(raw.hubs.map(|at| at.value).unwrap_or_default());
        let mut own_hub = None;
        if let Some(at) = &raw.hub
            && self.choice("hub", at, &CHOICES) == Some(true)
        {
            if server.listen.is_some() {
                own_hub = Some(format!("{}hub", publish.base_url));
            } else {
                self.problems.push(Problem::doubtful(
                    "a hub is served only, and `[server] listen` is off".to_owned(),
                    at.span.clone(),
                    "give `[server] listen` an address, or remove `hub`",
                ));
            }
        }
        hubs.extend(own_hub.clone());
        Websub { callback, hubs, own_hub }
    }

    fn hubs(&mut self, raw: Vec<At<String>>) -> Vec<String> {
        let mut seen = Seen::new();
        let mut hubs = Vec::new();
        for at in raw {
            let Some(hub) = address(None, &at.value) else {
                self.problems.push(Problem::bad_value(
                    "hubs",
                    "this is not the address of a hub",
                    at.span,
                    "write the whole address, without credentials: `https://hub.example.org/`",
                ));
                continue;
            };
            if hubs.len() == MOST_HUBS {
                self.problems.push(Problem::bad_value(
                    "hubs",
                    "these are more than 8 hubs",
                    at.span,
                    "one or two reach every subscriber",
                ));
                break;
            }
            if let Some(first) = seen.again(hub.clone(), &at.span) {
                self.problems.push(Problem::duplicate(
                    "the hub",
                    &hub,
                    at.span,
                    first,
                    "remove one of the two",
                ));
                continue;
            }
            hubs.push(hub);
        }
        hubs
    }
}
