//! Prints what happens (scratch).
mod world;
use objects::kinds;
use simcore::{Duration, Time};
use world::{World, deployment};
#[test]
fn show() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 3, "nginx:1.27", &[]));
    world.run(Duration::secs(2));
    for change in world.changes() {
        let Some(after) = &change.after else { println!("{} DEL {}", change.at.since(Time::START), change.key.path()); continue };
        if change.key.kind == kinds::LEASE || change.key.kind == kinds::NAMESPACE || change.key.kind == kinds::NODE { continue; }
        println!("{} {} {} {}", change.at.since(Time::START), change.key.kind.row().kind, change.key.path(), after.status().to_json());
        if change.key.kind == kinds::EVENT { println!("    {} {}", after.tree.get("reason").text(), after.tree.get("message").text()); }
    }
    println!("{:?}", world.manager.busy().collect::<Vec<_>>());
}
