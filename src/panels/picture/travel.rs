//! Messages as moving dots: only where the reader allows motion, and only at speeds an eye can follow.
use super::Drawing;
use super::control::{PARTS, part_id};
use super::layout::Plan;
use super::nodes::boxed_names;
use crate::js::dots;
use crate::state::app;
use leptos::prelude::*;

/// Faster than this (thousandths of real time) dots would only flicker.
const FASTEST: u32 = 5000;

pub fn follow(drawing: Drawing) {
    let app = app();
    Effect::new(move |_| {
        let messages = app.world.travelled.get();
        if !app.prefs.motion.get_untracked() || app.clock.speed.get_untracked() > FASTEST {
            return;
        }
        let names = boxed_names(app.world);
        let controls = drawing.controls.get_untracked();
        // Who writes for all control planes is the one that leads.
        let leading = |process: &str| {
            let leads = |control: &String| {
                let id = part_id(process, control);
                app.world.index.with_value(|index| {
                    index
                        .components
                        .get(&id)
                        .is_some_and(|cell| cell.view.with_untracked(|view| view.running && (view.note == "leader" || process == PARTS[0])))
                })
            };
            controls.iter().position(leads).unwrap_or(0)
        };
        drawing.plan.with_untracked(|plan| {
            let anchor = |plan: &Plan, names: &[String], id: &str| anchor(plan, names, &controls, &leading, id);
            for (at, (from, to, write)) in messages.iter().enumerate() {
                if let (Some(from), Some(to)) = (anchor(plan, &names, from), anchor(plan, &names, to)) {
                    dots::travel(&way(plan, from, to), *write, at as f64 * 12.0);
                }
            }
        });
    });
}

/// The point of a part where its messages leave and arrive.
fn anchor(plan: &Plan, nodes: &[String], controls: &[String], leading: &dyn Fn(&str) -> usize, id: &str) -> Option<(f64, f64)> {
    let (process, host) = id.split_once('/').unwrap_or((id, ""));
    if let Some(at) = PARTS.iter().position(|part| *part == process) {
        let row = if host.is_empty() { leading(process) } else { controls.iter().position(|control| control == host)? };
        let area = plan.parts.get(row)?[at];
        return Some((area.x + area.w / 2.0, area.y + if at == 1 { area.h / 2.0 } else { area.h }));
    }
    if id == "you" || id == "kubectl" {
        return Some((plan.parts[0][0].x, 0.0));
    }
    let node = id.rsplit_once('/').map(|(_, node)| node).unwrap_or(id);
    let at = nodes.iter().position(|name| name == node)?;
    plan.nodes.get(at).map(|area| (area.x + area.w / 2.0, area.y))
}

/// Along the bus, except between the API server and its store or its user.
fn way(plan: &Plan, from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let etcd = plan.parts[0][1];
    let direct = |point: (f64, f64)| point.1 == 0.0 || (point.0 - (etcd.x + etcd.w / 2.0)).abs() < 1.0;
    if direct(from) || direct(to) { vec![from, to] } else { vec![from, (from.0, plan.bus), (to.0, plan.bus), to] }
}
