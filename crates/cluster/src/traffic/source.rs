//! One traffic source: what it sends where, how often, as whom, and what it keeps between requests.
use crate::input::TrafficSpec;
use crate::traffic::fabric::Client;
use crate::traffic::tally::Tally;
use crate::traffic::walk::{Server, Steps};
use dataplane::network::{Ask, Url};
use objects::Text;
use simcore::{Duration, Rng, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// No more than a page can bear.
pub(super) const RPS_MOST: u32 = 5_000;
pub(super) const USERS_MOST: u32 = 1_000;
/// How many idle connections a source keeps.
const IDLE: usize = 64;

/// A connection that stays open between requests: it leads to its endpoint, whatever the Service says now.
#[derive(Clone, PartialEq, Debug)]
pub struct Connection {
    pub(crate) client: Client,
    pub(crate) server: Server,
    pub(crate) steps: Steps,
    pub(crate) user: u32,
}

/// Where a source sends.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Target {
    Url(Arc<Ask>),
    /// A Service: by its name from a Pod, by a node port or its load balancer from outside.
    Service {
        namespace: Text,
        name: Text,
        port: u16,
        ask: Arc<Ask>,
    },
}

/// Which requests go where for a Service that is looked up from outside, as it was at one revision.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doors {
    pub revision: u64,
    /// The host that is dialled (or from which the cluster address is), and the request.
    pub asks: Vec<(usize, Arc<Ask>)>,
    /// Whether the requests come from outside; otherwise from the host itself.
    pub outside: bool,
}

#[derive(Clone, Debug)]
pub struct Source {
    pub id: Text,
    pub spec: Arc<TrafficSpec>,
    pub(crate) target: Target,
    /// The request of those users that send the shared header.
    pub(crate) shared: Option<Arc<Ask>>,
    pub(crate) doors: Doors,
    /// Pods that it sends from, as of a revision.
    pub(crate) senders: (u64, Arc<Vec<Client>>),
    pub(crate) turn: u32,
    pub(crate) active: u32,
    pub(crate) idle: Vec<Connection>,
    /// What servers gave each user to keep.
    pub(crate) cookies: BTreeMap<u32, Text>,
    /// Its own chance: who comes when is the same whatever becomes of the requests.
    pub(crate) rng: Rng,
    pub tally: Tally,
}

impl Source {
    /// The error says what does not fit. `seed` is the world's.
    pub(crate) fn new(spec: &TrafficSpec, seed: u64) -> Result<Source, String> {
        let target = target(spec)?;
        if spec.id.is_empty() || spec.rps > RPS_MOST || spec.users > USERS_MOST {
            return Err(format!("traffic \"{}\": it needs an id, at most {RPS_MOST} rps and at most {USERS_MOST} users", spec.id));
        }
        let shared = spec.share.as_ref().map(|share| {
            let (Target::Url(ask) | Target::Service { ask, .. }) = &target;
            let mut ask = (**ask).clone();
            ask.headers.push((Text::new(&share.header), Text::new(&share.value)));
            Arc::new(ask)
        });
        Ok(Source {
            id: Text::new(&spec.id),
            spec: Arc::new(spec.clone()),
            target,
            shared,
            doors: Doors::default(),
            senders: (0, Arc::default()),
            turn: 0,
            active: 0,
            idle: Vec::new(),
            cookies: BTreeMap::new(),
            rng: Rng::stream(seed, &format!("traffic of {}", spec.id)),
            tally: Tally::default(),
        })
    }

    /// Whether its requests come by the clock, and not one after another.
    pub(crate) fn is_open(&self) -> bool {
        self.spec.rps > 0
    }

    /// The time until the next arrival: as if many independent people came (exponential), in whole numbers.
    pub(crate) fn gap(&mut self) -> Duration {
        let mean = 1_000_000 / u64::from(self.spec.rps.max(1));
        let draw = self.rng.draw().max(1);
        let zeros = draw.leading_zeros();
        // -log2 of the draw with 16 bits behind the point; between powers of two a straight line, whose mean is 1.5.
        let fraction = u64::from(((draw << zeros) << 1) >> 16);
        let drawn = (u64::from(zeros) + 1) * 65_536 - fraction;
        Duration((mean * drawn / 98_304).max(1))
    }

    /// When a closed source's user comes again.
    pub(crate) fn again(&mut self, now: Time) -> Time {
        let think = u64::from(self.spec.think_ms) * 1_000;
        let think = if think == 0 { 0 } else { self.rng.between(think / 2, think * 3 / 2) };
        now + Duration(think.max(1_000))
    }

    /// Whether a user is one of those that send the shared header.
    pub(crate) fn is_shared(&self, user: u32) -> bool {
        self.spec.share.as_ref().is_some_and(|share| user % 100 < share.percent)
    }

    /// An idle connection for a user: their own, or any where users are not told apart. The newest first.
    pub(crate) fn take_idle(&mut self, user: u32) -> Option<Connection> {
        let own = self.spec.users > 0;
        let place = self.idle.iter().rposition(|open| !own || open.user == user)?;
        Some(self.idle.remove(place))
    }

    pub(crate) fn put_idle(&mut self, open: Connection) {
        if self.idle.len() < IDLE {
            self.idle.push(open);
        }
    }
}

/// `http://shop.default:80/`, `svc/shop:80`, `svc/team/shop:80`.
fn target(spec: &TrafficSpec) -> Result<Target, String> {
    let wrong = || format!("traffic \"{}\": \"{}\" is neither a URL nor svc/NAME:PORT", spec.id, spec.to);
    let path = if spec.path.is_empty() { "/" } else { spec.path.as_str() };
    let limit = if spec.timeout_ms == 0 { Duration::secs(5) } else { Duration::millis(u64::from(spec.timeout_ms)) };
    let headers = spec.headers.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect();
    let via = Text::new(&spec.via);
    let ask = |url: Url| Arc::new(Ask { limit, connect_limit: limit, headers, via, ..Ask::get(url) });
    let Some(place) = spec.to.strip_prefix("svc/").or_else(|| spec.to.strip_prefix("service/")) else {
        let mut url = Url::parse(&spec.to).ok_or_else(wrong)?;
        if !spec.path.is_empty() {
            url.path = Text::new(path);
        }
        return Ok(Target::Url(ask(url)));
    };
    let (place, port) = place.rsplit_once(':').unwrap_or((place, "80"));
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let home = if spec.namespace.is_empty() { "default" } else { spec.namespace.as_str() };
    let (namespace, name) = place.split_once('/').unwrap_or((home, place));
    let host = Text::from(format!("{name}.{namespace}"));
    let url = Url { secure: false, host, port, path: Text::new(path) };
    Ok(Target::Service { namespace: Text::new(namespace), name: Text::new(name), port, ask: ask(url) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_come_as_often_as_asked() {
        let spec = TrafficSpec { id: "users".into(), to: "svc/shop:80".into(), rps: 100, ..TrafficSpec::default() };
        let mut source = Source::new(&spec, 1).expect("it fits");
        let all: u64 = (0..20_000).map(|_| source.gap().0).sum();
        let mean = all / 20_000;
        assert!((9_700..10_300).contains(&mean), "{mean} microseconds between two arrivals");
    }

    #[test]
    fn a_target_is_a_url_or_a_service() {
        let of =
            |to: &str| Source::new(&TrafficSpec { id: "x".into(), to: to.into(), ..TrafficSpec::default() }, 1).map(|source| source.target);
        assert!(
            matches!(of("svc/team/shop:8080"), Ok(Target::Service { namespace, name, port: 8080, .. }) if namespace == "team" && name == "shop")
        );
        assert!(matches!(of("http://192.168.100.12:30080/"), Ok(Target::Url(ask)) if ask.url.port == 30080));
        assert!(of("ftp://x").is_err() && of("svc/shop:http").is_err());
    }
}
