//! GatewayClasses: accepted where they name this controller.
use super::condition::{Condition, conditions, plan};
use crate::kinds as names;
use controlplane::harness::{Controller, Cx, Plan, itself};
use objects::{Key, kinds, map};

pub static GATEWAY_CLASS: Controller =
    Controller { name: "gateway-controller", triggers: &[(kinds::GATEWAY_CLASS, itself)], workers: 1, reconcile };

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(class) = cx.view.get(key).filter(|class| names::is_our_class(class)) else { return Plan::rest() };
    let accepted = match class.spec().get("parametersRef").is_null() {
        true => Condition::new("Accepted", true, "Accepted", "The class is handled by this controller"),
        false => Condition::new("Accepted", false, "InvalidParameters", "This controller takes no parameters"),
    };
    let list = conditions(class.status().get("conditions"), vec![accepted], class.generation(), cx.now);
    plan(class, map! {"conditions": list})
}
