//! What a process asks of the network, and what it hears: an answer, or the precise failure.
use objects::Text;
use simcore::Duration;
use std::net::IpAddr;

/// How long Linux tries to open a connection that nobody answers (`tcp_syn_retries` 6).
pub const CONNECT_MAX: Duration = Duration::secs(127);
/// How long a host waits for a neighbour that does not exist before it says "no route to host".
pub const NEIGHBOUR: Duration = Duration::millis(3_060);

/// `http://web.shop:8080/cart?x=1`, in parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    pub secure: bool,
    pub host: Text,
    pub port: u16,
    /// With its query; never empty.
    pub path: Text,
}

impl Url {
    /// `None` where it is not one. Without a scheme it is http.
    pub fn parse(text: &str) -> Option<Url> {
        let (scheme, bare) = text.split_once("://").unwrap_or(("http", text));
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let cut = bare.find(['/', '?']).unwrap_or(bare.len());
        let (place, path) = bare.split_at(cut);
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (place, if secure { 443 } else { 80 }),
        };
        let path = if path.starts_with('/') { Text::new(path) } else { Text::from(format!("/{path}")) };
        let fits = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        fits.then(|| Url { secure, host: Text::new(host), port, path })
    }
}

/// What is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// An HTTP request.
    Http,
    /// Only a connection, which is closed at once (`nc -z`).
    Connection,
    /// An echo (`ping`).
    Echo,
    /// Questions to name servers by a tool whose words stand in `words` (`nslookup web`).
    Name,
}

/// One request of a client.
#[derive(Clone, PartialEq, Debug)]
pub struct Ask {
    pub what: What,
    pub method: Text,
    pub url: Url,
    pub headers: Vec<(Text, Text)>,
    /// For the whole of it.
    pub limit: Duration,
    /// For the name and the connection.
    pub connect_limit: Duration,
    /// Whether redirects are followed.
    pub follow: bool,
    /// Of a tool that asks name servers: its name and its arguments.
    pub words: Vec<Text>,
    /// Whether any certificate will do.
    pub insecure: bool,
    /// The address that is dialled in place of the URL's host; empty for none.
    pub via: Text,
    /// Of an echo: how many bytes it carries.
    pub size: u32,
}

impl Ask {
    pub fn get(url: Url) -> Ask {
        let (method, headers) = (Text::new_static("GET"), Vec::new());
        let (limit, connect_limit, words) = (Duration::mins(15), CONNECT_MAX, Vec::new());
        Ask {
            what: What::Http,
            method,
            url,
            headers,
            limit,
            connect_limit,
            follow: false,
            words,
            insecure: false,
            via: Text::default(),
            size: 0,
        }
    }
}

/// Why there was no answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Failure {
    /// The name does not exist.
    NoName,
    /// The name servers did not answer, or failed.
    NameServer,
    /// The Service has no endpoints: refused at once by the node's rules.
    NoEndpoints,
    /// Nobody listens there.
    Refused,
    /// A NetworkPolicy swallows the packets.
    Denied,
    /// Nothing has that address (an ICMP error comes after some seconds).
    Unreachable,
    /// Packets vanish: no route, a dead or cut machine, a rule that drops.
    Lost,
    /// Connected, but the answer did not come in time.
    Timeout,
    /// The connection broke before the process had taken it up.
    Reset,
    /// The process ended while it worked on the answer: the connection closed without one.
    Empty,
    /// Sent back redirect after redirect.
    Redirects,
    /// The certificate is signed by itself, or by somebody unknown; it is too old or too new; it is another host's.
    SelfSigned,
    Untrusted,
    Expired,
    WrongName,
    /// The other end does not speak TLS.
    NoTls,
}

impl Failure {
    pub const ALL: [Failure; 16] = [
        Failure::NoName,
        Failure::NameServer,
        Failure::NoEndpoints,
        Failure::Refused,
        Failure::Denied,
        Failure::Unreachable,
        Failure::Lost,
        Failure::Timeout,
        Failure::Reset,
        Failure::Empty,
        Failure::Redirects,
        Failure::SelfSigned,
        Failure::Untrusted,
        Failure::Expired,
        Failure::WrongName,
        Failure::NoTls,
    ];

    /// As counters and pictures name it.
    pub fn word(self) -> &'static str {
        match self {
            Failure::NoName => "nxdomain",
            Failure::NameServer => "dns",
            Failure::NoEndpoints => "no-endpoints",
            Failure::Refused => "refused",
            Failure::Denied => "denied",
            Failure::Unreachable => "unreachable",
            Failure::Lost => "lost",
            Failure::Timeout => "timeout",
            Failure::Reset | Failure::Empty => "reset",
            Failure::Redirects => "redirects",
            Failure::SelfSigned | Failure::Untrusted | Failure::Expired | Failure::WrongName | Failure::NoTls => "tls",
        }
    }
}

/// An HTTP answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    pub code: u16,
    pub headers: Vec<(Text, Text)>,
    pub body: Text,
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Heard {
    /// From the first packet until the client knew.
    pub took: Duration,
    /// The part of it that the name took.
    pub named: Duration,
    /// Where the client connected to, or tried to.
    pub address: Option<IpAddr>,
    pub end: Result<Reply, Failure>,
}

impl Heard {
    pub fn failed(failure: Failure) -> Heard {
        Heard { took: Duration::ZERO, named: Duration::ZERO, address: None, end: Err(failure) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_falls_into_its_parts() {
        let url = Url::parse("http://web.shop:8080/cart?x=1").expect("a URL");
        assert_eq!((url.host.as_str(), url.port, url.path.as_str()), ("web.shop", 8080, "/cart?x=1"));
        let bare = Url::parse("10.96.0.7").expect("a URL");
        assert_eq!((bare.port, bare.path.as_str(), bare.secure), (80, "/", false));
        assert_eq!(Url::parse("https://web").map(|url| url.port), Some(443));
        assert_eq!(Url::parse("web?a=b").map(|url| url.path), Some(Text::new_static("/?a=b")));
        assert!(Url::parse("ftp://web").is_none() && Url::parse("http://").is_none() && Url::parse("http://a b/").is_none());
    }
}
