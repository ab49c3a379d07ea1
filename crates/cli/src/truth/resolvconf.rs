//! resolv.conf: what a kubelet makes of a Pod's settings and its node's file.
use super::Row;
use dataplane::network::dns::{NodeDns, ResolvConf, pod_dns};
use objects::{Text, Tree};
use serde_json::{Value, json};
use std::path::Path;

/// Every case: the settings, the file, the warnings. Merged options have no order upstream, so theirs is not compared.
pub fn rows(table: &Value, _folder: &Path) -> Result<Vec<Row>, String> {
    table["cases"].as_array().into_iter().flatten().map(row).collect()
}

fn row(case: &Value) -> Result<Row, String> {
    let texts = |list: &Value| -> Vec<Text> { list.as_array().into_iter().flatten().filter_map(Value::as_str).map(Text::new).collect() };
    let node = NodeDns {
        cluster_dns: texts(&case["clusterDNS"]),
        cluster_domain: Text::new(case["clusterDomain"].as_str().unwrap_or_default()),
        node_file: case["node /etc/resolv.conf"].as_str().map(Text::new),
    };
    let spec = Tree::from_json(&case["spec"].to_string()).map_err(|error| error.to_string())?;
    let (conf, warnings) = pod_dns(&node, case["namespace"].as_str().unwrap_or_default(), "<pod>", &spec);
    let said: Vec<String> = warnings.iter().map(|warning| format!("Warning {} {}", warning.reason, warning.message)).collect();
    let list = |name: &str| texts(&case["cri"][name]);
    let recorded = ResolvConf { servers: list("servers"), searches: list("searches"), options: list("options") };
    let events: Vec<String> = texts(&case["events"]).iter().map(Text::to_string).collect();
    Ok(Row {
        name: case["case"].as_str().unwrap_or_default().to_string(),
        wanted: shown(&recorded, case["resolv.conf"].as_str().unwrap_or_default(), events),
        got: shown(&conf, &conf.text(), said),
    })
}

fn shown(conf: &ResolvConf, file: &str, events: Vec<String>) -> String {
    let words = |list: &[Text]| list.iter().map(Text::to_string).collect::<Vec<String>>();
    let mut options = words(&conf.options);
    options.sort();
    let line = |line: &str| match line.strip_prefix("options ") {
        Some(options) => {
            let mut options: Vec<&str> = options.split(' ').collect();
            options.sort_unstable();
            format!("options {}", options.join(" "))
        }
        None => line.to_string(),
    };
    let file: Vec<String> = file.lines().map(line).collect();
    json!({"servers": words(&conf.servers), "searches": words(&conf.searches), "options": options, "file": file, "events": events})
        .to_string()
}
