//! Logs, exec and the like: the kubelet of the Pod's node answers them.
use crate::exchange::Exchange;
use crate::server::Outcome;
use objects::{Status, kinds};

/// Hands connections on to the node. 400 where the Pod has none yet.
pub(crate) fn connect(x: &mut Exchange) -> Result<(), Status> {
    if !matches!(x.part.as_str(), "log" | "exec" | "attach" | "portforward" | "proxy") {
        return Ok(());
    }
    let Some(kept) = x.server.store.applied().get(&x.key()) else {
        return Err(x.not_found());
    };
    if x.kind != kinds::POD {
        return Err(Status::new(503, "ServiceUnavailable", "error trying to reach service: no endpoints available"));
    }
    if x.part == "log" || x.part == "exec" || x.part == "attach" {
        named_container(x, kept)?;
    }
    let node = kept.spec().get("nodeName").as_text().cloned().unwrap_or_default();
    if node.is_empty() {
        return match x.part.as_str() {
            // A Pod without a node has written nothing yet; upstream answers an empty log.
            "log" => {
                x.answer = Some(Outcome::Now(objects::wire::Response::text("")));
                Ok(())
            }
            _ => Err(Status::bad_request(format!("pod {} does not have a host assigned", x.name))),
        };
    }
    x.answer = Some(Outcome::Kubelet { node, request: Box::new(x.request.clone()) });
    Ok(())
}

/// The container that is asked for, checked as upstream's `PodLogOptions` location is.
fn named_container(x: &Exchange, pod: &objects::Object) -> Result<(), Status> {
    let asked = x.request.options.other.iter().find(|(key, _)| key == "container").map(|(_, value)| value.as_str());
    let names = |list: &str| -> Vec<String> { pod.spec().get(list).items().iter().map(|c| c.get("name").text().to_string()).collect() };
    let (init, plain, extra) = (names("initContainers"), names("containers"), names("ephemeralContainers"));
    match asked.filter(|name| !name.is_empty()) {
        Some(name) => {
            if [&init, &plain, &extra].iter().any(|list| list.iter().any(|n| n == name)) {
                return Ok(());
            }
            Err(Status::bad_request(format!("container {name} is not valid for pod {}", x.name)))
        }
        None if plain.len() == 1 => Ok(()),
        None => {
            let mut words = format!("a container name must be specified for pod {}, choose one of: [{}]", x.name, plain.join(" "));
            if !init.is_empty() {
                words.push_str(&format!(" or one of the init containers: [{}]", init.join(" ")));
            }
            Err(Status::bad_request(words))
        }
    }
}
