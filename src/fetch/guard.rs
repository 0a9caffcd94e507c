//! Which addresses may be contacted.
//!
//! A feed's URL, a redirect or a DNS answer can name any machine, also those that only we can reach. [`permitted`] is asked about every
//! address between its look-up and the connection to it, so that the address checked is the address connected to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::error::FetchReason;

/// An address that may not be contacted, and what kind of address it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The address.
    pub address: IpAddr,
    /// Its kind: `loopback`, `private`, …
    pub kind: &'static str,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is a {} address; to contact it, add it to allow_addresses",
            self.address, self.kind
        )
    }
}

impl std::error::Error for Refusal {}

/// Whether an address may be contacted: it is listed in `allow`, or it is a public unicast address that leads nowhere else.
///
/// Addresses that carry an IPv4 address inside (v4-mapped, NAT64, 6to4, Teredo) are refused whatever they carry, unless they are listed
/// themselves.
pub fn permitted(address: IpAddr, allow: &[IpNet]) -> Result<(), Refusal> {
    let kind = match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => special_v6(v6),
    };
    match kind {
        Some(kind) if !allow.iter().any(|net| net.contains(&address)) => {
            Err(Refusal { address, kind })
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks the host of a URL where it is an address; a name is checked when it is looked up.
///
/// The URL parser has read every spelling by then (`http://2130706433/`, `0x7f.1`, `0177.0.0.1`), so there is only the address itself.
pub fn permitted_host(url: &Url, allow: &[IpNet]) -> Result<(), Refusal> {
    match url.host() {
        Some(Host::Ipv4(v4)) => permitted(IpAddr::V4(v4), allow),
        Some(Host::Ipv6(v6)) => permitted(IpAddr::V6(v6), allow),
        Some(Host::Domain(_)) | None => Ok(()),
    }
}

/// Checks the host of a URL that a proxy will look up: where it is a name, every address that we find for it must be permitted, and there must be
/// one. What the proxy finds a moment later may differ; only the proxy can guard that.
pub(super) async fn permitted_name(url: &Url, allow: &[IpNet]) -> Result<(), FetchReason> {
    let Some(Host::Domain(host)) = url.host() else { return Ok(()) };
    let unknown =
        |detail: String| FetchReason::Dns { host: super::error::clean(host, 255), detail };
    let found = tokio::net::lookup_host((host, 0)).await;
    let found = found.map_err(|error| unknown(super::error::detail(&error)))?;
    for address in found {
        permitted(address.ip(), allow).map_err(FetchReason::RefusedAddress)?;
    }
    Ok(())
}

/// The kind of a special IPv4 address (IANA special-purpose registry, RFC 6890); `None` if it is an ordinary public one.
fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("unspecified"),
        [127, ..] => Some("loopback"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        [169, 254, ..] => Some("link-local"),
        [100, 64..=127, ..] => Some("carrier-grade NAT"),
        // Azure gives its virtual machines their secrets here.
        [168, 63, 129, 16] => Some("metadata"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("documentation"),
        [198, 18..=19, ..] => Some("benchmarking"),
        [192, 0, 0, _] => Some("reserved"),
        [192, 88, 99, _] => Some("6to4 relay"),
        [224..=239, ..] => Some("multicast"),
        [255, 255, 255, 255] => Some("broadcast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

/// The kind of a special IPv6 address; only what lies in the global unicast block 2000::/3 and outside its special parts is ordinary.
fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Some("v4-mapped"),
        [0, 0, 0, 0, 0, 0, ..] => Some("v4-compatible"),
        [0x64, 0xff9b, ..] => Some("NAT64"),
        [0x2001, 0, ..] => Some("Teredo"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("documentation"),
        [0x2001, 0..=0x1ff, ..] => Some("reserved"),
        [0x2002, ..] => Some("6to4"),
        [0x2000..=0x3fff, ..] => None,
        [0xfc00..=0xfdff, ..] => Some("unique-local"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xfec0..=0xfeff, ..] => Some("site-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        _ => Some("reserved"),
    }
}

/// The look-up of a name found nothing.
#[derive(Debug)]
pub(super) struct LookupFailed {
    pub(super) host: String,
    pub(super) detail: String,
}

impl fmt::Display for LookupFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot find the host {}: {}", self.host, self.detail)
    }
}

impl std::error::Error for LookupFailed {}

/// The system's resolver behind the guard: what it gives is what the client connects to, so a name cannot change its address in between.
#[derive(Debug, Clone)]
pub(super) struct GuardedResolver {
    allow: Arc<[IpNet]>,
}

impl GuardedResolver {
    pub(super) fn new(allow: Arc<[IpNet]>) -> GuardedResolver {
        GuardedResolver { allow }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.allow.clone();
        Box::pin(async move {
            let host = name.as_str();
            let failed = |detail: String| LookupFailed { host: host.to_owned(), detail };
            let found = tokio::net::lookup_host((host, 0)).await;
            let found = found.map_err(|error| failed(super::error::detail(&error)))?;
            let addresses = permitted_of(found, &allow)?;
            if addresses.is_empty() {
                return Err(failed("it has no address".to_owned()).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The permitted ones of a name's addresses; the first refusal if all are refused.
fn permitted_of(
    found: impl Iterator<Item = SocketAddr>,
    allow: &[IpNet],
) -> Result<Vec<SocketAddr>, Refusal> {
    let mut refused = None;
    let mut addresses = Vec::new();
    for address in found {
        match permitted(address.ip(), allow) {
            Ok(()) => addresses.push(address),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match refused {
        Some(refusal) if addresses.is_empty() => Err(refusal),
        Some(_) | None => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], want: Option<&str>) {
        for address in addresses {
            let refusal = permitted(address.parse().unwrap(), &[]).err();
            assert_eq!(refusal.map(|refusal| refusal.kind), want, "{address}");
        }
    }

    #[test]
    fn special_addresses_are_refused() {
        check(&["127.0.0.1", "127.255.255.254", "::1"], Some("loopback"));
        check(&["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"], Some("private"));
        check(&["169.254.169.254", "fe80::1", "febf::1"], Some("link-local"));
        check(&["100.64.0.1", "100.100.100.200", "100.127.255.255"], Some("carrier-grade NAT"));
        check(&["168.63.129.16"], Some("metadata"));
        check(&["0.0.0.0", "0.1.2.3", "::"], Some("unspecified"));
        check(&["224.0.0.1", "239.255.255.255", "ff02::1"], Some("multicast"));
        check(&["240.0.0.1", "192.0.0.192", "4000::1", "100::1", "2001:20::1"], Some("reserved"));
        check(&["255.255.255.255"], Some("broadcast"));
        check(
            &["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
            Some("documentation"),
        );
        check(&["198.18.0.1", "198.19.255.255"], Some("benchmarking"));
        check(&["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8"], Some("v4-mapped"));
        check(&["::127.0.0.1", "::8.8.8.8"], Some("v4-compatible"));
        check(&["64:ff9b::7f00:1", "64:ff9b:1::1"], Some("NAT64"));
        check(&["2002:7f00:1::"], Some("6to4"));
        check(&["192.88.99.1"], Some("6to4 relay"));
        check(&["2001::1", "2001:0:ffff::1"], Some("Teredo"));
        check(&["fc00::1", "fd00:ec2::254"], Some("unique-local"));
        check(&["fec0::1"], Some("site-local"));
    }

    #[test]
    fn public_addresses_pass() {
        check(
            &[
                "8.8.8.8",
                "1.1.1.1",
                "172.15.0.1",
                "172.32.0.1",
                "100.63.0.1",
                "100.128.0.1",
                "223.255.255.255",
                "192.0.1.1",
            ],
            None,
        );
        check(&["2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "2001:200::1"], None);
    }

    #[test]
    fn the_operator_may_allow() {
        let allow = ["127.0.0.2/32".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let check = |address: &str, want: bool| {
            assert_eq!(permitted(address.parse().unwrap(), &allow).is_ok(), want, "{address}");
        };
        check("127.0.0.2", true);
        check("127.0.0.1", false);
        check("::ffff:127.0.0.2", false);
        check("fd12::1", true);
        check("8.8.8.8", true);
    }

    #[test]
    fn every_spelling_of_an_address_is_seen() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
        ] {
            assert!(permitted_host(&url.parse().unwrap(), &[]).is_err(), "{url}");
        }
        assert!("http://[fe80::1%25eth0]/".parse::<Url>().is_err());
    }

    #[test]
    fn a_name_with_one_public_address_is_contacted_there() {
        let parse = |text: &&str| text.parse::<SocketAddr>().unwrap();
        let check = |found: &[&str], want: Result<usize, &str>| {
            let got = permitted_of(found.iter().map(parse), &[]);
            assert_eq!(got.map(|list| list.len()).map_err(|refusal| refusal.kind), want);
        };
        check(&["10.0.0.1:0", "8.8.8.8:0"], Ok(1));
        check(&["10.0.0.1:0", "127.0.0.1:0"], Err("private"));
        check(&[], Ok(0));
    }
}
