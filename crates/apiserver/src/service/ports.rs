//! Gives Services their node ports, and load balancers the port that they ask for the nodes' health (upstream `portallocator`).
use super::{has_node_ports, invalid, kind, others};
use crate::exchange::Exchange;
use objects::views::needs_health_check;
use objects::{FieldError, Status, Tree};
use std::collections::{BTreeMap, BTreeSet};

const PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;
/// Ports handed out by chance come from here on first; the ones below are left to be asked for.
const BAND: i64 = 30_086;

/// What the other Services hold.
struct Taken(BTreeSet<i64>);

impl Taken {
    fn by_others(x: &Exchange) -> Taken {
        let ports = |spec: &Tree| -> Vec<i64> {
            let own = spec.get("ports").items().iter().map(|port| port.get("nodePort").int_or(0));
            own.chain([spec.get("healthCheckNodePort").int_or(0)]).collect()
        };
        Taken(others(x).flat_map(|kept| ports(kept.spec())).filter(|port| *port != 0).collect())
    }

    fn take(&mut self, port: i64) -> Result<(), &'static str> {
        if !PORTS.contains(&port) {
            return Err("provided port is not in the valid range. The range of valid ports is 30000-32767");
        }
        if self.0.insert(port) { Ok(()) } else { Err("provided port is already allocated") }
    }

    fn next(&mut self, rng: &mut simcore::Rng) -> Result<i64, Status> {
        let start = BAND + i64::from(rng.below((PORTS.end() - BAND + 1) as u32));
        let above = (start..=*PORTS.end()).chain(BAND..start);
        let port = above.chain(*PORTS.start()..BAND).find(|port| !self.0.contains(port));
        let port = port.ok_or_else(|| internal("failed to allocate a nodePort: range is full"))?;
        self.0.insert(port);
        Ok(port)
    }
}

fn internal(why: &str) -> Status {
    Status::new(500, "InternalError", format!("Internal error occurred: {why}"))
}

/// Node ports and the health check's port, for creations and updates.
pub(super) fn allocate(x: &mut Exchange, old: Option<&Tree>) -> Result<(), Status> {
    let needs = needs_health_check(x.new.get("spec"));
    if !has_node_ports(&x.new) && !needs {
        return Ok(());
    }
    let mut taken = Taken::by_others(x);
    if has_node_ports(&x.new) {
        match old {
            Some(old) => renewed(x, old, &mut taken)?,
            None => fresh(x, &mut taken)?,
        }
    }
    if needs && !old.is_some_and(|old| needs_health_check(old.get("spec"))) {
        health(x, &mut taken)?;
    }
    Ok(())
}

fn node_port(port: &Tree) -> i64 {
    port.get("nodePort").int_or(0)
}

/// Whether ports that nobody chose are chosen by us.
fn chooses(tree: &Tree) -> bool {
    kind(tree) == "NodePort" || tree.at(&["spec", "allocateLoadBalancerNodePorts"]).is_true()
}

fn refuse(x: &Exchange, at: usize, port: i64, why: &str) -> Result<(), Status> {
    invalid(x, vec![FieldError::invalid(format!("spec.ports[{at}].nodePort"), &Tree::Int(port), why)])
}

/// The ports of one number (TCP and UDP) share their node port.
fn fresh(x: &mut Exchange, taken: &mut Taken) -> Result<(), Status> {
    let list = x.new.at(&["spec", "ports"]).items().to_vec();
    let mut by_number: BTreeMap<i64, i64> = BTreeMap::new();
    for (at, port) in list.iter().enumerate() {
        let (number, own) = (port.get("port").int_or(0), node_port(port));
        if own == 0 && !chooses(&x.new) {
            continue;
        }
        let given = match by_number.get(&number) {
            Some(shared) if own == 0 || own == *shared => *shared,
            Some(_) => {
                if let Err(why) = taken.take(own) {
                    return refuse(x, at, own, why);
                }
                own
            }
            None => {
                let asked = list.iter().filter(|one| one.get("port").int_or(0) == number).map(node_port).find(|asked| *asked != 0);
                let given = match asked {
                    Some(asked) => match taken.take(asked) {
                        Ok(()) => asked,
                        Err(why) => return refuse(x, at, asked, why),
                    },
                    None => taken.next(&mut x.server.rng)?,
                };
                by_number.insert(number, given);
                given
            }
        };
        if own != given {
            x.new.edit(&["spec", "ports"]).list_mut()[at].set(&["nodePort"], given);
        }
    }
    Ok(())
}

/// Ports that it had stay its own; others must be free.
fn renewed(x: &mut Exchange, old: &Tree, taken: &mut Taken) -> Result<(), Status> {
    let before: BTreeSet<i64> = old.at(&["spec", "ports"]).items().iter().map(node_port).collect();
    taken.0.extend(before.iter().filter(|port| **port != 0));
    let list = x.new.at(&["spec", "ports"]).items().to_vec();
    let mut own: BTreeSet<i64> = BTreeSet::new();
    let mut pairs: BTreeSet<(String, i64)> = BTreeSet::new();
    for (at, port) in list.iter().enumerate() {
        let mut number = node_port(port);
        if number == 0 && !chooses(&x.new) {
            continue;
        }
        if number == 0 {
            number = taken.next(&mut x.server.rng)?;
            x.new.edit(&["spec", "ports"]).list_mut()[at].set(&["nodePort"], number);
        } else if !before.contains(&number)
            && own.insert(number)
            && let Err(why) = taken.take(number)
        {
            return refuse(x, at, number, why);
        }
        let protocol = port.get("protocol").text().to_string();
        if !pairs.insert((protocol.clone(), number)) {
            return Err(Status::new(500, "", format!("duplicate nodePort: {{{protocol} {number}}}")));
        }
    }
    Ok(())
}

fn health(x: &mut Exchange, taken: &mut Taken) -> Result<(), Status> {
    let asked = x.new.at(&["spec", "healthCheckNodePort"]).int_or(0);
    if asked == 0 {
        let port = taken.next(&mut x.server.rng)?;
        x.new.set(&["spec", "healthCheckNodePort"], port);
        return Ok(());
    }
    taken.take(asked).map_err(|why| internal(&format!("failed to allocate requested HealthCheck NodePort {asked}: {why}")))
}
