//! A Pod's class of priority becomes a number (`Priority`).
use crate::exchange::Exchange;
use objects::{Status, Text, kinds};

pub(super) fn priority(x: &mut Exchange) -> Result<(), Status> {
    if x.kind != kinds::POD || !x.creates {
        return Ok(());
    }
    let name = x.new.at(&["spec", "priorityClassName"]).as_text().cloned().unwrap_or_default();
    let view = x.server.store.tail();
    let class = if name.is_empty() {
        view.list(kinds::PRIORITY_CLASS).find(|class| class.tree.get("globalDefault").is_true())
    } else {
        let Some(class) = view.find(kinds::PRIORITY_CLASS, "", &name) else {
            return Err(Status::forbidden("pods", &x.name, &format!("no PriorityClass with name {name} was found")));
        };
        Some(class)
    };
    let number = class.map_or(0, |class| class.tree.get("value").int_or(0));
    let policy = class.and_then(|class| class.tree.get("preemptionPolicy").as_text().cloned());
    let default_name = class.map(|class| class.key.name.clone()).filter(|_| name.is_empty());
    if let Some(given) = x.new.at(&["spec", "priority"]).as_int().filter(|given| *given != number) {
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {number} from the given PriorityClass name"
        );
        return Err(Status::forbidden("pods", &x.name, &why));
    }
    let spec = x.new.edit(&["spec"]).map_mut();
    spec.insert(Text::new_static("priority"), number);
    if let Some(name) = default_name {
        spec.insert(Text::new_static("priorityClassName"), name);
    }
    if spec.get("preemptionPolicy").is_none() {
        spec.insert(Text::new_static("preemptionPolicy"), policy.unwrap_or(Text::new_static("PreemptLowerPriority")));
    }
    Ok(())
}
