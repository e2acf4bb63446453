//! Where a client dials next, and how long it waits before it does.
//!
//! [`Pool`] knows the addresses that were given and those that servers named since, which of them failed and which
//! refused us; never sockets or time. Differs from the Go client, which waits two seconds each round: the first attempts
//! come sooner, so that a short break is short, and later ones less often. It gives up only where every server refused.
//! Source: NATS docs "Automatic Reconnections"; nats-server's `connect_urls` and lame duck mode.

use crate::nuid::Rng;
use std::collections::VecDeque;
use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(250);
/// No wait is longer, jitter aside.
pub const LONGEST: Duration = Duration::from_secs(8);
/// A server that was not tried in vain before is dialled within this.
const AT_ONCE_MILLIS: u64 = 50;
/// A server that let us in before may refuse once: its accounts may just be read anew.
const REFUSALS_AFTER_SUCCESS: u32 = 2;

/// The wait before the attempt after so many that failed.
pub fn wait_after(failed: u32) -> Duration {
    FIRST.saturating_mul(1 << failed.min(16)).min(LONGEST)
}

/// Addresses in the order in which they will be tried; the first is the one in use.
#[derive(Clone, Debug)]
pub struct Pool {
    servers: VecDeque<Server>,
    /// Some server let us in once.
    was_welcome: bool,
}

#[derive(Clone, Debug)]
struct Server {
    url: String,
    /// Named by a server, not by the user.
    is_discovered: bool,
    failed: u32,
    refused: u32,
}

impl Server {
    fn new(url: &str, is_discovered: bool) -> Server {
        Server { url: url.to_owned(), is_discovered, failed: 0, refused: 0 }
    }
}

impl Pool {
    /// `urls` in the order of preference; there is at least one.
    pub fn new(urls: &[String]) -> Pool {
        Pool { servers: urls.iter().map(|url| Server::new(url, false)).collect(), was_welcome: false }
    }

    /// The address in use, or to be dialled.
    pub fn current(&self) -> &str {
        self.servers.front().map_or("", |server| &server.url)
    }

    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(|server| &*server.url)
    }

    /// The current server let us in.
    pub fn welcomed(&mut self) {
        self.was_welcome = true;
        if let Some(server) = self.servers.front_mut() {
            (server.failed, server.refused) = (0, 0);
        }
    }

    /// The current server could not be reached, or its wire broke: the next one is current. `false` when nobody is left
    /// to be asked.
    pub fn failed(&mut self) -> bool {
        if let Some(mut server) = self.servers.pop_front() {
            server.failed += 1;
            self.servers.push_back(server);
        }
        self.skip_refusing()
    }

    fn skip_refusing(&mut self) -> bool {
        let limit = if self.was_welcome { REFUSALS_AFTER_SUCCESS } else { 1 };
        let next = self.servers.iter().position(|server| server.refused < limit);
        self.servers.rotate_left(next.unwrap_or(0));
        next.is_some()
    }

    /// The current server does not want us: the next one is current. `false` when nobody is left to be asked.
    pub fn refused(&mut self) -> bool {
        if let Some(server) = self.servers.front_mut() {
            server.refused += 1;
        }
        self.failed()
    }

    /// The current server is about to go: another one is current, if there is one.
    pub fn leave(&mut self) -> bool {
        let is_alone = self.servers.len() < 2;
        if !is_alone {
            self.servers.rotate_left(1);
        }
        !is_alone
    }

    /// How often the current server failed since it last let us in.
    pub fn failures(&self) -> u32 {
        self.servers.front().map_or(0, |server| server.failed)
    }

    /// Every server was tried in vain since one last let us in.
    pub fn is_exhausted(&self) -> bool {
        self.servers.iter().all(|server| server.failed > 0)
    }

    /// A server named its cluster: `hosts` are `host:port`, reached the way the current server is. What was named before
    /// and is not any more is forgotten, unless it is in use.
    pub fn discovered(&mut self, hosts: &[String]) {
        let scheme = self.current().split_once("://").map_or("", |(scheme, _)| scheme).to_owned();
        let current = self.current().to_owned();
        let named = |url: &str| hosts.iter().any(|host| host_and_port(url) == *host);
        self.servers.retain(|server| !server.is_discovered || server.url == current || named(&server.url));
        for host in hosts {
            if !self.servers.iter().any(|server| host_and_port(&server.url) == *host) {
                let url = if scheme.is_empty() { host.clone() } else { format!("{scheme}://{host}") };
                self.servers.push_back(Server::new(&url, true));
            }
        }
    }

    /// How long to wait before the current server is dialled. Many clients that lost the same server come back one by one.
    pub fn wait(&self, rng: &mut Rng) -> Duration {
        match self.failures() {
            0 => Duration::from_millis(rng.below(AT_ONCE_MILLIS)),
            failed => {
                let wait = wait_after(failed - 1).as_millis() as u64;
                Duration::from_millis(wait + rng.below(wait / 2 + 1))
            }
        }
    }
}

/// `host:port` of an address, with the port its scheme stands for.
pub fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let has_port = rest.rsplit_once(':').is_some_and(|(host, port)| {
        // The colons inside of an IPv6 address are none before a port.
        (!host.contains(':') || host.ends_with(']')) && port.parse::<u16>().is_ok()
    });
    match scheme {
        _ if has_port => rest.to_owned(),
        "ws" => format!("{rest}:80"),
        "wss" => format!("{rest}:443"),
        _ => format!("{rest}:4222"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(urls: &[&str]) -> Pool {
        Pool::new(&urls.iter().map(|url| (*url).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn waits_grow_and_stay_bounded() {
        let waits: Vec<u128> = (0..8).map(|failed| wait_after(failed).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(wait_after(u32::MAX), LONGEST);
    }

    #[test]
    fn the_next_server_comes_at_once_and_the_same_one_after_a_wait_with_jitter() {
        let mut rng = Rng::new(3);
        let mut pool = pool(&["ws://a:1", "ws://b:1"]);
        pool.welcomed();
        pool.failed();
        assert_eq!((pool.current(), pool.failures()), ("ws://b:1", 0));
        assert!(pool.wait(&mut rng) < Duration::from_millis(AT_ONCE_MILLIS));
        pool.failed();
        assert!(pool.is_exhausted());
        let waits: Vec<Duration> = (0..20).map(|_| pool.wait(&mut rng)).collect();
        assert!(waits.iter().all(|wait| (250..=375).contains(&wait.as_millis())), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "no jitter: {waits:?}");
        (0..10).for_each(|_| assert!(pool.failed()));
        assert!(pool.wait(&mut rng) >= Duration::from_secs(4));
        pool.welcomed();
        assert!(!pool.is_exhausted());
    }

    #[test]
    fn nobody_is_asked_for_ever_who_refuses() {
        let mut fresh = pool(&["ws://a", "ws://b"]);
        assert!(fresh.refused());
        assert!(!fresh.refused());
        let mut known = pool(&["ws://a"]);
        known.welcomed();
        assert!(known.refused());
        assert!(!known.refused());
    }

    #[test]
    fn a_cluster_names_its_servers() {
        let mut pool = pool(&["ws://a:8080"]);
        let hosts = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
        pool.discovered(&hosts(&["a:8080", "b:8080", "c:8080"]));
        assert_eq!(pool.urls().collect::<Vec<_>>(), ["ws://a:8080", "ws://b:8080", "ws://c:8080"]);
        pool.discovered(&hosts(&["a:8080", "c:8080"]));
        assert_eq!(pool.urls().collect::<Vec<_>>(), ["ws://a:8080", "ws://c:8080"]);
        assert!(pool.leave());
        pool.discovered(&[]);
        assert_eq!(pool.urls().collect::<Vec<_>>(), ["ws://c:8080", "ws://a:8080"]);
    }

    #[test]
    fn ports_are_what_the_scheme_says() {
        for (url, expected) in [
            ("ws://a", "a:80"),
            ("wss://a/nats", "a:443"),
            ("nats://u:p@a", "a:4222"),
            ("ws://[::1]:8080", "[::1]:8080"),
            ("ws://[::1]", "[::1]:80"),
            ("a:1", "a:1"),
        ] {
            assert_eq!(host_and_port(url), expected, "{url}");
        }
    }
}
