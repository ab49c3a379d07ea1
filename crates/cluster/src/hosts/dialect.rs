//! ping and nc on a server speak as Debian's do, not as those of small images.
use ::hosts::outside::Printed;

/// The same facts in the words of iputils' ping and OpenBSD's nc.
pub(super) fn of_debian(words: &[String], printed: Printed) -> Printed {
    match words.first().map(String::as_str) {
        Some("ping") => Printed { stdout: ping(&printed.stdout), ..printed },
        Some("nc") => Printed { stdout: nc(&printed.stdout, words), stderr: nc(&printed.stderr, words), code: printed.code },
        _ => printed,
    }
}

fn ping(text: &str) -> String {
    let mut out = String::new();
    let mut who = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let new = if let Some(rest) = line.strip_prefix("PING ") {
            let head = rest.split(':').next().unwrap_or(rest);
            let (name, address) = head.split_once(' ').unwrap_or((head, ""));
            let address = address.trim_matches(['(', ')']);
            who = if name == address { address.to_string() } else { format!("{name} ({address})") };
            format!("PING {name} ({address}) 56(84) bytes of data.")
        } else if line.contains(" bytes from ") {
            let after = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)).unwrap_or("0");
            let number = after("seq=").parse::<u64>().unwrap_or(0) + 1;
            // The servers stand in one network: nobody forwards between them.
            format!("64 bytes from {who}: icmp_seq={number} ttl=64 time={} ms", after("time="))
        } else if line.contains(" packets transmitted") {
            let sent: u64 = words.first().and_then(|word| word.parse().ok()).unwrap_or(1);
            let (got, lost) = (words.get(3).copied().unwrap_or("0"), words.get(6).copied().unwrap_or("0%"));
            format!("{sent} packets transmitted, {got} received, {lost} packet loss, time {}ms", sent.saturating_sub(1) * 1_001)
        } else if let Some(rest) = line.strip_prefix("round-trip min/avg/max = ") {
            format!("rtt min/avg/max/mdev = {}/0.000 ms", rest.trim_end_matches(" ms"))
        } else {
            line.to_string()
        };
        out.push_str(&new);
        out.push('\n');
    }
    out
}

fn nc(text: &str, words: &[String]) -> String {
    let mut plain = words.iter().skip(1).filter(|word| !word.starts_with('-'));
    let (host, port) = (plain.next().map_or("", String::as_str), plain.next().map_or("", String::as_str));
    let said = |line: &str| {
        if line.contains("refused") {
            format!("nc: connect to {host} port {port} (tcp) failed: Connection refused\n")
        } else if line.contains("timed out") {
            format!("nc: connect to {host} port {port} (tcp) failed: Connection timed out\n")
        } else if line.ends_with(" open") {
            format!("Connection to {host} {port} port [tcp/*] succeeded!\n")
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_pings_as_debian_does() {
        let small = "PING node-2 (192.168.100.12): 56 data bytes\n64 bytes from 192.168.100.12: seq=0 ttl=63 time=0.642 ms\n\n--- node-2 ping statistics ---\n1 packets transmitted, 1 packets received, 0% packet loss\nround-trip min/avg/max = 0.642/0.642/0.642 ms\n";
        let printed = of_debian(&["ping".to_string()], Printed { stdout: small.into(), ..Printed::default() });
        assert_eq!(
            printed.stdout,
            "PING node-2 (192.168.100.12) 56(84) bytes of data.\n64 bytes from node-2 (192.168.100.12): icmp_seq=1 ttl=64 time=0.642 ms\n\n--- node-2 ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.642/0.642/0.642/0.000 ms\n"
        );
    }
}
