//! `apt-get update`: which repositories a server names, and what becomes of fetching their lists.
use crate::call::{Call, Step, Stop};
use objects::Text;

/// A line of a sources list.
struct Source {
    url: String,
    suite: String,
    /// `signed-by=FILE`
    key: Option<String>,
}

impl Source {
    /// `pkgs.k8s.io/core:/stable:/v1.37/deb`: how lists are known.
    fn repository(&self) -> String {
        self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest).trim_end_matches('/').to_string()
    }

    fn release(&self) -> String {
        let url = self.url.trim_end_matches('/');
        if self.suite == "/" { format!("{url}/InRelease") } else { format!("{url}/dists/{}/InRelease", self.suite) }
    }

    fn title(&self) -> String {
        let suite = if self.suite == "/" { " " } else { self.suite.as_str() };
        format!("{} {suite}", self.url.trim_end_matches('/'))
    }
}

fn sources(call: &Call) -> Vec<Source> {
    let files = call.machine.files.below("/etc/apt/sources.list.d");
    let lists = files.iter().filter(|path| path.ends_with(".list")).filter_map(|path| call.machine.files.read(path));
    let all = call.machine.files.read("/etc/apt/sources.list").into_iter().chain(lists);
    let mut found = Vec::new();
    for text in all {
        for line in text.lines().map(str::trim).filter(|line| line.starts_with("deb ")) {
            let (options, rest) = match line[4..].trim().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((options, rest)) => (options, rest.trim()),
                None => ("", line[4..].trim()),
            };
            let mut words = rest.split_whitespace();
            let (Some(url), suite) = (words.next(), words.next().unwrap_or("/")) else { continue };
            let key = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by=")).map(String::from);
            found.push(Source { url: url.into(), suite: suite.into(), key });
        }
    }
    found
}

pub fn update(call: &mut Call) -> Step<()> {
    let (mut warnings, mut errors, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (at, source) in sources(call).iter().enumerate() {
        let (number, title, release) = (at + 1, source.title(), source.release());
        let answer = call.outside.page(call.machine, call.now, &release);
        let host = source.repository().split('/').next().unwrap_or("").to_string();
        let why = match call.pass(answer)? {
            Ok(page) if page.code >= 400 => Some(format!("{}  Forbidden", page.code)),
            Ok(page) => {
                bytes += page.bytes;
                None
            }
            Err(words) if words.contains("lookup") => Some(format!("Temporary failure resolving '{host}'")),
            Err(_) => Some(format!("Could not connect to {host}:443, connection refused")),
        };
        if let Some(why) = why {
            call.say(format_args!("Err:{number} {title} InRelease\n  {why}"));
            let hard = why.contains("Forbidden");
            let list = if hard { &mut errors } else { &mut warnings };
            list.push(format!("Failed to fetch {release}  {why}"));
            if hard {
                errors.push(format!("The repository '{title} InRelease' is not signed."));
            }
            continue;
        }
        let missing = source.key.as_ref().is_some_and(|key| call.machine.files.read(key).is_none_or(|text| text.is_empty()));
        let unsigned = source.key.is_none() && host != "deb.debian.org";
        if missing || unsigned {
            call.say(format_args!("Get:{number} {title} InRelease [1,189 B]"));
            warnings.push(format!("GPG error: {title} InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 234654DA9A296436"));
            errors.push(format!("The repository '{title} InRelease' is not signed."));
            continue;
        }
        let repository = source.repository();
        if call.machine.packages.lists.iter().any(|list| **list == *repository) {
            call.say(format_args!("Hit:{number} {title} InRelease"));
        } else {
            call.say(format_args!("Get:{number} {title} InRelease [1,189 B]"));
            call.machine.packages.lists.push(Text::new(&repository));
        }
    }
    // Lists of repositories that nothing names any more go.
    let named: Vec<String> = sources(call).iter().map(Source::repository).collect();
    call.machine.packages.lists.retain(|list| named.iter().any(|one| **one == **list));
    if bytes > 0 {
        call.say(format_args!("Fetched {} kB in 1s ({} kB/s)", bytes / 1000, bytes / 1000));
    }
    call.say("Reading package lists... Done");
    warnings.iter().for_each(|words| call.complain(format_args!("W: {words}")));
    errors.iter().for_each(|words| call.complain(format_args!("E: {words}")));
    if errors.is_empty() && !warnings.is_empty() {
        call.complain("W: Some index files failed to download. They have been ignored, or old ones used instead.");
    }
    if errors.is_empty() { Ok(()) } else { Err(Stop::Code(100)) }
}
