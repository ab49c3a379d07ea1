//! Startup, readiness and liveness probes: when they run, what they see, what follows.
use crate::runtime::Sandbox;
use objects::{Text, Tree};
use simcore::{Duration, Time};

/// When a probe looks that is not to look any more.
pub const NEVER: Time = Time(u64::MAX);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Startup,
    Readiness,
    Liveness,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Startup, Kind::Readiness, Kind::Liveness];

    /// Its field in a container.
    pub fn field(self) -> &'static str {
        match self {
            Kind::Startup => "startupProbe",
            Kind::Readiness => "readinessProbe",
            Kind::Liveness => "livenessProbe",
        }
    }

    /// As events begin: `Readiness probe failed: ...`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Startup => "Startup",
            Kind::Readiness => "Readiness",
            Kind::Liveness => "Liveness",
        }
    }
}

/// The memory of one probe of one running container.
#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    pub next: Time,
    pub content: bool,
    /// The probe ticks every period from here on (when its Pod came to the node), whatever its container does.
    origin: Time,
    /// How many equal results came in a row, and which.
    run: (bool, i64),
}

impl Probe {
    /// For a container that started at `since`. Readiness is looked at right after the start, the others at their tick.
    pub fn new(kind: Kind, data: &Tree, origin: Time, since: Time) -> Probe {
        let delay = Duration::secs(data.get("initialDelaySeconds").int_or(0).max(0) as u64);
        let at_once = kind == Kind::Readiness && delay == Duration::ZERO;
        let next = if at_once { since + Duration::millis(5) } else { tick(origin, period(data), since + delay) };
        Probe { next, content: kind == Kind::Liveness, origin, run: (false, 0) }
    }

    /// Nothing to look at now: the next tick.
    pub fn skip(&mut self, now: Time, data: &Tree) {
        self.next = tick(self.origin, period(data), now);
    }

    /// Takes one result in. Says whether the verdict changed.
    pub fn learn(&mut self, now: Time, data: &Tree, well: bool) -> bool {
        self.skip(now, data);
        self.run = if self.run.0 == well { (well, self.run.1 + 1) } else { (well, 1) };
        let (key, usual) = if well { ("successThreshold", 1) } else { ("failureThreshold", 3) };
        let reached = self.run.1 >= data.get(key).int_or(usual);
        let changed = reached && self.content != well;
        if changed {
            self.content = well;
        }
        changed
    }

    /// Whether so many failures in a row are enough to act (liveness, startup).
    pub fn is_lost(&self, data: &Tree) -> bool {
        !self.run.0 && self.run.1 >= data.get("failureThreshold").int_or(3)
    }
}

fn period(data: &Tree) -> Duration {
    Duration::secs(data.get("periodSeconds").int_or(10).max(1) as u64)
}

/// The first tick after `now`.
fn tick(origin: Time, period: Duration, now: Time) -> Time {
    origin + period.times(now.since(origin).0 / period.0 + 1)
}

/// Looks once. `Err` is the text after `probe failed: `.
pub fn look(now: Time, data: &Tree, container: &Tree, sandbox: &mut Sandbox) -> Result<(), String> {
    let limit = Duration::secs(data.get("timeoutSeconds").int_or(1).max(1) as u64);
    if data.has("exec") {
        return look_exec(now, data, container, sandbox, limit);
    }
    if data.has("httpGet") {
        return look_http(now, data.get("httpGet"), container, sandbox, limit);
    }
    let target = if data.has("grpc") { data.at(&["grpc", "port"]) } else { data.at(&["tcpSocket", "port"]) };
    let Some(port) = port(target, container) else { return Err("strconv.Atoi: parsing port: invalid syntax".to_string()) };
    if sandbox.listens(now, port) {
        return Ok(());
    }
    let place = format!("{}:{port}", sandbox.ip);
    Err(if data.has("grpc") {
        format!("timeout: failed to connect service \"{place}\" within {limit}: context deadline exceeded")
    } else {
        format!("dial tcp {place}: connect: connection refused")
    })
}

fn look_exec(now: Time, data: &Tree, container: &Tree, sandbox: &mut Sandbox, limit: Duration) -> Result<(), String> {
    let argv: Vec<Text> = data.at(&["exec", "command"]).items().iter().map(|word| Text::new(word.text())).collect();
    match sandbox.exec(now, container.get("name").text(), &argv, limit) {
        Some((0, _, _)) => Ok(()),
        Some((_, text, _)) => Err(text),
        None => Err(format!("command timed out: \"{}\" timed out after {limit}", argv.join(" "))),
    }
}

fn look_http(now: Time, data: &Tree, container: &Tree, sandbox: &Sandbox, limit: Duration) -> Result<(), String> {
    let Some(port) = port(data.get("port"), container) else { return Err("strconv.Atoi: parsing port: invalid syntax".to_string()) };
    let path = if data.get("path").text().is_empty() { "/" } else { data.get("path").text() };
    let host = if data.get("host").text().is_empty() { sandbox.ip.as_str() } else { data.get("host").text() };
    let scheme = if data.get("scheme").text() == "HTTPS" { "https" } else { "http" };
    let slash = if path.starts_with('/') { "" } else { "/" };
    let url = format!("{scheme}://{host}:{port}{slash}{path}");
    if !sandbox.listens(now, port) {
        return Err(format!("Get \"{url}\": dial tcp {host}:{port}: connect: connection refused"));
    }
    let Some((code, _, took)) = sandbox.get(now, port, path) else { return Err(format!("Get \"{url}\": EOF")) };
    if took > limit {
        return Err(format!("Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"));
    }
    if (200..400).contains(&code) { Ok(()) } else { Err(format!("HTTP probe failed with statuscode: {code}")) }
}

/// A port by number or by its name in the container.
pub fn port(wanted: &Tree, container: &Tree) -> Option<u16> {
    if let Some(number) = wanted.as_int() {
        return u16::try_from(number).ok();
    }
    let named = container.get("ports").items().iter().find(|port| port.get("name").text() == wanted.text());
    named.and_then(|port| u16::try_from(port.get("containerPort").as_int()?).ok()).or_else(|| wanted.text().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::map;

    #[test]
    fn readiness_turns_after_its_thresholds() {
        let data = map! {"periodSeconds": 2, "failureThreshold": 2};
        let mut probe = Probe::new(Kind::Readiness, &data, Time::START, Time::START);
        assert!(probe.learn(Time::START, &data, true) && probe.content);
        assert!(!probe.learn(Time::START, &data, false) && probe.content);
        assert!(probe.learn(Time::START, &data, false) && !probe.content);
        assert_eq!(probe.next, Time::START + Duration::secs(2));
    }
}
