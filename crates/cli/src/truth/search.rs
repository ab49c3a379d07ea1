//! The search list: every name that is tried for a short one, what each answers, and which is used.
use super::{Row, dns};
use dataplane::network::dns::{Answer, Data, Family, Kind, Lookup, Question, Reply, ResolvConf, candidates, resolve};
use objects::Text;
use serde_json::{Value, json};
use simcore::{Duration, Time};
use std::net::IpAddr;
use std::path::Path;

/// Every name of every policy in `search`.
pub fn rows(table: &Value, _folder: &Path) -> Result<Vec<Row>, String> {
    let mut server = dns::server(table, &|file| file.to_string(), None)?;
    let outside = dns::internet(table)?;
    let cluster: IpAddr = IpAddr::from([10, 96, 0, 10]);
    let now = Time::START + Duration::secs(2);
    let mut ask = |server_address: IpAddr, question: &Question| -> Answer {
        if server_address == cluster { server.answer(now, question) } else { outside.answer(question) }
    };
    let mut all = Vec::new();
    for policy in table["search"].as_array().into_iter().flatten() {
        let (title, conf) = (policy["policy"].as_str().unwrap_or_default(), conf(policy));
        let to: IpAddr = conf.servers.first().and_then(|server| server.parse().ok()).unwrap_or(cluster);
        for name in policy["names"].as_array().into_iter().flatten() {
            let short = name["name"].as_str().unwrap_or_default();
            let got = tried(&conf, short, &mut |question| ask(to, question));
            let mut wanted = name.clone();
            for list in wanted["candidates"].as_array_mut().into_iter().flatten() {
                sort(&mut list[2]);
            }
            sort(&mut wanted["addresses"]);
            all.push(Row { name: format!("{title}: {short}"), wanted: wanted.to_string(), got: got.to_string() });
        }
    }
    Ok(all)
}

fn sort(list: &mut Value) {
    list.as_array_mut().into_iter().for_each(|list| list.sort_by_key(|item| item.as_str().unwrap_or_default().to_string()));
}

fn conf(policy: &Value) -> ResolvConf {
    let searches = policy["search"].as_array().into_iter().flatten().filter_map(Value::as_str).map(Text::new);
    ResolvConf {
        servers: vec![Text::new(policy["nameserver"].as_str().unwrap_or_default())],
        searches: searches.collect(),
        options: vec![Text::from(format!("ndots:{}", policy["ndots"]))],
    }
}

/// The table counts the names up to the first that gives an address, or all of them.
fn tried(conf: &ResolvConf, short: &str, ask: &mut dyn FnMut(&Question) -> Answer) -> Value {
    let names = candidates(conf, short);
    let mut told = Vec::new();
    let mut queries = names.len();
    for (place, name) in names.iter().enumerate() {
        let answer = ask(&Question { name: name.clone(), kind: Kind::A });
        if answer.answer.iter().any(|record| matches!(record.data, Data::Address(_))) {
            queries = queries.min(place + 1);
        }
        told.push(json!([dns::plain(name), answer.rcode.word(), dns::records(&answer)]));
    }
    let lookup: Lookup = resolve(conf, short, Family::V4, &mut |_, question, _| Reply::Answer(ask(question), Duration::ZERO));
    let mut addresses: Vec<String> = lookup.addresses().iter().map(IpAddr::to_string).collect();
    addresses.sort();
    let last = lookup.steps.last().filter(|_| !addresses.is_empty());
    let used = last.map(|step| dns::plain(&step.question.name).to_string());
    json!({"name": short, "candidates": told, "used": used, "addresses": addresses, "queries": queries})
}
