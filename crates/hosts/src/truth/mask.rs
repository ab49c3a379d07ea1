//! The comparison: what may differ from run to run is masked.
use super::steps::Recorded;
use crate::run::Ran;

/// What may differ from run to run, as one word each.
pub fn masked(text: &str) -> String {
    let text = text.replace("registry.k8s.io", "<registry>");
    let mut lines: Vec<String> = text.trim_end().lines().map(line).collect();
    // How often a client tried again depends on how fast the other end was.
    lines.dedup_by(|a, b| a == b && a.starts_with("{\"level\":\"warn\""));
    // Done side by side, drawn from a Go map, or sorted by something drawn: these runs of lines come in any order.
    for start in ["[control-plane-check] kube-", "[certs] ", "<token> "] {
        for run in lines.chunk_by_mut(|a, b| a.starts_with(start) && b.starts_with(start)) {
            run.sort();
        }
    }
    lines.join("\n")
}

/// A line of `find -printf "%M %s %p"`. RSA keys differ by some bytes, and with them the files that hold one; what the kubelet
/// writes was written by a stand-in when this was recorded.
fn file(text: &str) -> Option<String> {
    let [mode, size, path] = text.split(' ').collect::<Vec<_>>()[..] else { return None };
    let size: usize = size.parse().ok().filter(|_| mode.starts_with("-r") && mode.len() == 10)?;
    let kubelets = ["/kubelet.conf", "/bootstrap-kubelet.conf", "/kubelet-client-current.pem"];
    if kubelets.iter().any(|end| path.ends_with(end)) {
        return Some(format!("<kubelet> {path}"));
    }
    let keyed = [".key", ".conf"].iter().any(|end| path.ends_with(end));
    keyed.then(|| format!("{mode} <{}> {path}", size / 16))
}

/// A warning of etcd's client: when, from which port and by which object it was said differs.
fn warning(text: &str) -> Option<String> {
    let rest = text.strip_prefix("{\"level\":\"warn\",\"ts\":\"")?;
    let (_, rest) = rest.split_once('"')?;
    let (head, rest) = rest.split_once("etcd-endpoints://0x")?;
    let (_, rest) = rest.split_once('/')?;
    let rest = match rest.split_once("LocalAddr: '") {
        Some((before, after)) => format!("{before}LocalAddr: '<port>{}", &after[after.find('\'').unwrap_or(0)..]),
        None => rest.to_string(),
    };
    Some(format!("{{\"level\":\"warn\"{head}<pointer>/{rest}"))
}

fn line(text: &str) -> String {
    if let Some(masked) = file(text).or_else(|| warning(text)) {
        return masked;
    }
    // What the registry was asked for is the stand-in's, cut off.
    let cut = text.split_once("https://<registry>/v2/").and_then(|(head, tail)| Some((head, tail.split_once(": dial")?.1)));
    let text = &cut.map_or(text.to_string(), |(head, tail)| format!("{head}https://<registry>/v2/…: dial{tail}"));
    let klog = text.len() > 30 && text.as_bytes()[1..5].iter().all(u8::is_ascii_digit) && "IWE".contains(&text[..1]);
    let mut text = match text.split_once("] ").filter(|_| klog) {
        Some((head, rest)) => {
            let place = head.rsplit(' ').next().unwrap_or("");
            format!("{} {place}] {rest}", &head[..1])
        }
        None => text.to_string(),
    };
    // The client's port, and how the name server failed, which differed between recordings of one condition.
    if let Some((head, tail)) = text.clone().split_once(": read udp ") {
        let end = tail.split(": ").skip(2).collect::<Vec<_>>().join(": ");
        text = format!("{head}: <dns>{}", if end.is_empty() { String::new() } else { format!(": {end}") });
    }
    text = text
        .split(": <dns>")
        .next()
        .map_or(text.clone(), |head| if text.contains(": <dns>") { format!("{head}: <dns>") } else { text.clone() });
    if let Some((head, _)) = text.split_once("\"residualTime\": ") {
        text = format!("{head}\"residualTime\": <n>");
    }
    let words: Vec<String> = text.split(' ').map(word).collect();
    without_dates(&words.join(" ")).trim_end().to_string()
}

/// `Nov 23, 2027 05:52 UTC` as one word.
fn without_dates(text: &str) -> String {
    let Some(at) = text.find(" UTC ").filter(|at| *at >= 18 && text.is_char_boundary(at - 18)) else { return text.to_string() };
    let date = &text[at - 18..at];
    if date.as_bytes()[6] == b',' { format!("{}<date>{}", &text[..at - 18], &text[at + 4..]) } else { text.to_string() }
}

/// Hashes, keys, tokens, spans and folders by chance.
fn word(word: &str) -> String {
    let bare = word.trim_matches(|c: char| "\"',.[]".contains(c));
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let token =
        bare.len() == 23 && bare.as_bytes()[6] == b'.' && bare.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.');
    let span = bare.ends_with('s') && bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains('.');
    let stamp = bare.len() == 20 && bare.ends_with('Z') && bare.as_bytes()[4] == b'-';
    // What etcd calls its members.
    let member = matches!(bare.len(), 15 | 16) && bare.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if member {
        return word.replace(bare, "<member>");
    }
    if hex(bare) || bare.strip_prefix("sha256:").is_some_and(hex) {
        "<hash>".into()
    } else if token {
        "<token>".into()
    } else if stamp {
        word.replace(bare, "<time>")
    } else if span {
        "<span>".into()
    } else if let Some((head, _)) =
        ["kubeadm-upgraded-manifests", "kubeadm-backup-manifests-", "kubeadm-backup-etcd-", "kubeadm-kubelet-config-"]
            .iter()
            .find_map(|name| word.split_once(name))
    {
        format!("{head}kubeadm-<folder>")
    } else if let Some((head, tail)) = word.split_once("-dryrun") {
        format!("{head}-dryrun<n>{}", tail.trim_start_matches(|c: char| c.is_ascii_digit()))
    } else {
        word.into()
    }
}

/// The most that a recording holds of one stream.
const CUT: usize = 50_000;

/// Whether ours says the same; else where it begins to differ.
pub fn compare(step: &Recorded, ran: &Ran) -> Result<(), String> {
    let told = |text: &String| step.code.is_some() || !text.is_empty();
    let parts =
        [("stdout", &step.stdout, &ran.stdout), ("stderr", &step.stderr, &ran.stderr)].into_iter().filter(|(_, wanted, _)| told(wanted));
    for (name, wanted, got) in parts {
        let cut = wanted.len() > CUT && !wanted.ends_with('\n');
        let (mut wanted, mut got) = (masked(wanted), masked(got));
        if cut {
            // The recording holds no more than so many characters: the last line is broken off.
            let whole = wanted.lines().count() - 1;
            let first = |text: &str| text.lines().take(whole).collect::<Vec<_>>().join("\n");
            (wanted, got) = (first(&wanted), first(&got));
        }
        if step.code.is_none() {
            // Taken from the program's source: without what the network made it log.
            got = got.lines().filter(|line| !line.starts_with("W ")).collect::<Vec<_>>().join("\n");
        }
        if wanted != got {
            let (mut a, mut b) = (wanted.lines(), got.lines());
            loop {
                match (a.next(), b.next()) {
                    (x, y) if x == y => {}
                    (x, y) => return Err(format!("{name}: wanted {x:?}\n      got    {y:?}")),
                }
            }
        }
    }
    match step.code {
        Some(code) if code != i64::from(ran.code) => Err(format!("code: wanted {code}, got {}", ran.code)),
        _ => Ok(()),
    }
}
