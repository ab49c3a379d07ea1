//! The tools that talk over the network, as a table: what they ask for, and how they tell what they heard.
mod curl;
mod plain;
mod wget;

use crate::network::{Ask, Heard};
use objects::Text;

/// What a tool leaves behind.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Printed {
    pub out: String,
    pub err: String,
    /// A file that it wrote, by its path.
    pub file: Option<(Text, Text)>,
    pub code: i32,
}

/// What a tool asks for, read from its arguments; or its words and exit code where they make no sense.
type Plan = fn(&[Text]) -> Result<Ask, (String, i32)>;

/// One tool.
pub struct Client {
    pub name: &'static str,
    pub plan: Plan,
    pub tell: fn(&[Text], &Ask, &Heard) -> Printed,
}

static CLIENTS: &[Client] = &[
    Client { name: "curl", plan: curl::plan, tell: curl::tell },
    Client { name: "dig", plan: |words| Ok(plain::names("dig", words)), tell: plain::names_tells },
    Client { name: "getent", plan: |words| Ok(plain::names("getent", words)), tell: plain::names_tells },
    Client { name: "host", plan: |words| Ok(plain::names("host", words)), tell: plain::names_tells },
    Client { name: "nc", plan: plain::nc, tell: plain::nc_tells },
    Client { name: "nslookup", plan: |words| Ok(plain::names("nslookup", words)), tell: plain::names_tells },
    Client { name: "ping", plan: plain::ping, tell: plain::ping_tells },
    Client { name: "wget", plan: wget::plan, tell: wget::tell },
];

/// By the name that is typed.
pub fn client(name: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.name == name)
}

/// What stands behind a status code on the first line of an answer.
fn phrase(code: u16) -> &'static str {
    const PHRASES: [(u16, &str); 19] = [
        (200, "OK"),
        (201, "Created"),
        (204, "No Content"),
        (301, "Moved Permanently"),
        (302, "Found"),
        (304, "Not Modified"),
        (307, "Temporary Redirect"),
        (308, "Permanent Redirect"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (413, "Request Entity Too Large"),
        (429, "Too Many Requests"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
        (503, "Service Unavailable"),
        (504, "Gateway Timeout"),
    ];
    PHRASES.iter().find(|(known, _)| *known == code).map_or("", |(_, phrase)| phrase)
}
