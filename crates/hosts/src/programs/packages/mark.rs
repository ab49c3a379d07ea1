//! `apt-mark`: what stays as it is when everything else is upgraded.
use crate::call::{Call, Step, Stop, fail};
use crate::machine::packages::{Installed, candidates};
use crate::programs::apart;
use objects::Text;

/// `apt-mark hold|unhold|showhold`
pub fn apt_mark(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, rest) = apart(&words);
    let Some((verb, names)) = rest.split_first() else { return fail("E: Command line option is missing") };
    if *verb == "showhold" {
        let held: Vec<Text> = call.machine.packages.installed.iter().filter(|(_, one)| one.held).map(|(name, _)| name.clone()).collect();
        held.iter().for_each(|name| call.say(name));
        return Ok(());
    }
    if !call.is_root() {
        call.complain("E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?");
        return Err(Stop::Code(100));
    }
    for name in names {
        let Some(one) = call.machine.packages.installed.get(*name).cloned() else {
            call.complain(format_args!(
                "E: {}\nE: No packages found",
                if candidates(&call.machine.packages.lists, name).is_empty() {
                    format!("Unable to locate package {name}")
                } else {
                    format!("Can't select installed nor candidate version from package '{name}' as it has neither of them")
                }
            ));
            return Err(Stop::Code(100));
        };
        let wanted = *verb == "hold";
        call.say(match (wanted, one.held) {
            (true, false) => format!("{name} set on hold."),
            (true, true) => format!("{name} was already set on hold."),
            (false, true) => format!("Canceled hold on {name}."),
            (false, false) => format!("{name} was already not on hold."),
        });
        hold(call, name, wanted);
    }
    Ok(())
}

pub fn hold(call: &mut Call, name: &str, held: bool) {
    if let Some(one) = call.machine.packages.installed.get(name).cloned() {
        call.machine.packages.installed.insert_mut(Text::new(name), Installed { held, ..one });
    }
}
