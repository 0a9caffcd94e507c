//! What is remembered of hubs and subscribers.

use super::{Place, at, key};
use crate::model::source::Secret;
use crate::model::websub::{Announced, Change, Remembered, Standing, Subscriber, Subscription};

fn subscription(id: &str, standing: Standing) -> Subscription {
    Subscription {
        id: Secret::new(id.to_owned()),
        source: key("a"),
        hub: "https://hub.example/?x=\"1\"".to_owned(),
        topic: "https://A.example".to_owned(),
        base: "https://a.example/feed".to_owned(),
        secret: Secret::new("s\u{ac00}".to_owned()),
        standing,
        asked: Some(at(5)),
        next: at(9),
        failures: u32::MAX,
        pushes: 1 << 40,
        last_push: None,
        forged: 3,
    }
}

fn subscriber(topic: &str, delivered: &str) -> Subscriber {
    Subscriber {
        callback: Secret::new("https://reader.example/?id=1".to_owned()),
        topic: topic.to_owned(),
        secret: (topic == "one").then(|| Secret::new("k".to_owned())),
        until: at(100),
        delivered: delivered.to_owned(),
        failures: 2,
        not_before: at(7),
    }
}

pub(super) fn hubs_and_subscribers_are_remembered(place: &dyn Place) {
    let mut store = place.open().unwrap();
    assert_eq!(store.websub().unwrap(), Remembered::default());
    let standings = [
        Standing::Unconfirmed,
        Standing::Live { until: at(3) },
        Standing::Denied { at: at(4), reason: "no \"more\"".to_owned() },
        Standing::Failed { since: at(4), reason: String::new() },
        Standing::Leaving,
    ];
    let subscriptions: Vec<Subscription> = standings
        .into_iter()
        .enumerate()
        .map(|(number, standing)| subscription(&format!("id-{number}"), standing))
        .collect();
    let announced = |version: &str| Announced {
        hub: "h".to_owned(),
        topic: "t".to_owned(),
        version: version.to_owned(),
    };
    let mut changes: Vec<Change> =
        subscriptions.iter().cloned().map(Box::new).map(Change::Subscription).collect();
    changes.extend([
        Change::Subscriber(Box::new(subscriber("one", "\"1\""))),
        Change::Subscriber(Box::new(subscriber("two", "\"1\""))),
        Change::Subscriber(Box::new(subscriber("one", "\"2\""))),
        Change::Announced(announced("\"1\"")),
        Change::Announced(announced("\"2\"")),
    ]);
    store.keep_websub(&changes).unwrap();
    let want = Remembered {
        subscriptions: subscriptions.clone(),
        subscribers: vec![subscriber("one", "\"2\""), subscriber("two", "\"1\"")],
        announced: vec![announced("\"2\"")],
    };
    assert_eq!(store.websub().unwrap(), want);
    drop(store);
    assert_eq!(place.open_reader().unwrap().websub().unwrap(), want);
    let mut store = place.open().unwrap();
    let callback = Secret::new("https://reader.example/?id=1".to_owned());
    let gone = |topic: &str| Change::SubscriberGone {
        callback: callback.clone(),
        topic: topic.to_owned(),
    };
    let mut changes: Vec<Change> = subscriptions
        .into_iter()
        .map(|subscription| Change::Unsubscribed { id: subscription.id })
        .collect();
    changes.extend([gone("one"), gone("two"), gone("three")]);
    changes.push(Change::Forgotten { hub: "h".to_owned(), topic: "t".to_owned() });
    store.keep_websub(&changes).unwrap();
    assert_eq!(store.websub().unwrap(), Remembered::default());
}
