//! Questions to CoreDNS: its own view of the file's objects, asked each row.
use super::Row;
use apiserver::client::{Effects, Ticket};
use apiserver::store::{Store, Write};
use dataplane::network::dns::{Answer, CoreDns, Data, Kind, Question, Record, Zone};
use objects::wire::Response;
use objects::{Key, Text, Tree, kinds};
use serde_json::Value;
use simcore::{Duration, Time};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// Every row of `questions`, `podModes` and `nsWithEndpoints`.
pub fn rows(table: &Value, _folder: &Path) -> Result<Vec<Row>, String> {
    let mut all = asked(&mut server(table, &|file| file.to_string(), None)?, "", &table["questions"]);
    for (mode, questions) in table["podModes"].as_object().into_iter().flatten() {
        let word = mode.split(' ').next().unwrap_or_default();
        let mut server = server(table, &|file| file.replace("pods insecure", &format!("pods {word}")), None)?;
        all.extend(asked(&mut server, &format!("pods {word}: "), questions));
    }
    let local: IpAddr = IpAddr::from([10, 244, 0, 2]);
    let mut server = server(table, &|file| file.to_string(), Some(local))?;
    all.extend(asked(&mut server, "with its endpoint: ", &table["nsWithEndpoints"]["questions"]));
    Ok(all)
}

/// A running CoreDNS that has heard of the file's objects. `local` is the address that it listens on, where the kube-dns
/// Service has one.
pub fn server(table: &Value, change: &dyn Fn(&str) -> String, local: Option<IpAddr>) -> Result<CoreDns, String> {
    let store = store(table, local)?;
    let corefile = table["about"]["corefile"].as_str().ok_or("no about.corefile")?;
    let mut server = CoreDns::new(1, "truth", &change(corefile));
    server.set_internet(Arc::new(internet(table)?));
    server.set_addresses(local.as_slice());
    let mut fx = Effects::default();
    server.start(Time::START, store.applied(), &mut fx);
    if let Some(words) = server.exit() {
        return Err(words.to_string());
    }
    let lists: Vec<Ticket> = fx.send.iter().map(|(ticket, _)| *ticket).collect();
    let listed = Response::text(String::new());
    lists.into_iter().for_each(|ticket| server.reply(Time::START, ticket, &listed, &mut fx));
    server.wake(Time::START + Duration::secs(1), &mut fx);
    Ok(server)
}

/// What is outside, as the file describes it.
pub fn internet(table: &Value) -> Result<Zone, String> {
    Zone::parse(table["about"]["upstream"].as_str().ok_or("no about.upstream")?)
}

fn store(table: &Value, local: Option<IpAddr>) -> Result<Store, String> {
    let mut store = Store::default();
    let mut put = |kind, namespace: &str, name: &str, tree| {
        store.append(Time::START, Write::Put { key: Key::new(kind, namespace, name), tree }, None);
    };
    for name in table["about"]["namespaces"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        put(kinds::NAMESPACE, "", name, objects::map! {"metadata": objects::map! {"name": name}});
    }
    for object in table["objects"].as_array().into_iter().flatten() {
        let mut tree = Tree::from_json(&object.to_string()).map_err(|error| error.to_string())?;
        let (word, meta) = (tree.get("kind").text().to_string(), tree.get("metadata").clone());
        let place = kinds::KINDS.iter().position(|row| row.kind == word).ok_or_else(|| format!("unknown kind {word}"))?;
        let service = meta.at(&["labels", "kubernetes.io/service-name"]).text();
        if let Some(local) = local.filter(|_| service == "kube-dns") {
            let endpoint = objects::map! {"addresses": objects::list![local.to_string()], "conditions": objects::map! {"ready": true}};
            tree.set(&["endpoints"], objects::list![endpoint]);
        }
        put(objects::KindId(place as u16), meta.get("namespace").text(), meta.get("name").text(), tree);
    }
    store.begin_sync();
    store.end_sync();
    Ok(store)
}

fn asked(server: &mut CoreDns, title: &str, questions: &Value) -> Vec<Row> {
    let now = Time::START + Duration::secs(2);
    let ask = |question: &Value| {
        let word = |key: &str| question[key].as_str().unwrap_or_default();
        let kind = Kind::parse(word("type")).unwrap_or(Kind::A);
        let answer = server.answer(now, &Question::new(word("name"), kind));
        let lines = |key: &str| question[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect();
        Row {
            name: format!("{title}{} {}", word("name"), word("type")),
            wanted: shown(word("rcode"), word("flags"), [lines("answer"), lines("authority"), lines("additional")]),
            got: told(&answer),
        }
    };
    questions.as_array().into_iter().flatten().map(ask).collect()
}

fn told(answer: &Answer) -> String {
    let lines = |records: &Vec<Record>| records.iter().map(line).collect();
    shown(answer.rcode.word(), &answer.flags(), [lines(&answer.answer), lines(&answer.authority), lines(&answer.additional)])
}

/// A record, without the serial number that tells when the server started.
fn line(record: &Record) -> String {
    let text = record.text();
    match &record.data {
        Data::Soa { serial, .. } => text.replacen(&format!(" {serial} "), " <serial> ", 1),
        _ => text,
    }
}

fn shown(rcode: &str, flags: &str, sections: [Vec<String>; 3]) -> String {
    let mut text = format!("{rcode} [{flags}]");
    for (title, mut lines) in ["answer", "authority", "additional"].into_iter().zip(sections) {
        lines.sort();
        if !lines.is_empty() {
            text.push_str(&format!(" {title}: {}", lines.join("; ")));
        }
    }
    text
}

/// The records of an answer, in the order of the alphabet.
pub fn records(answer: &Answer) -> Vec<String> {
    let mut lines: Vec<String> = answer.answer.iter().map(line).collect();
    lines.sort();
    lines
}

/// A name as the tables write it.
pub fn plain(name: &Text) -> &str {
    dataplane::network::dns::plain(name)
}
