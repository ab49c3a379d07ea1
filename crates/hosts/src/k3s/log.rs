//! Lines as K3s logs them: into the journal of its unit, or onto the terminal.
use crate::Machine;
use crate::call::Call;
use simcore::Time;
use std::fmt::Display;

/// A line into the journal: `time="2026-12-01T00:00:00Z" level=info msg="Starting k3s v1.37.1+k3s1"`.
pub fn journal(machine: &mut Machine, at: Time, unit: &str, level: &str, words: impl Display) {
    let pid = machine.unit(unit).map_or(0, |unit| unit.pid);
    let stamp = machine.local(at).rfc3339();
    let words = words.to_string().replace('\\', "\\\\").replace('"', "\\\"");
    machine.log(at, unit, &format!("k3s[{pid}]"), &format!("time=\"{stamp}\" level={level} msg=\"{words}\""));
}

/// A line on the terminal, `INFO[0012] words`: the seconds since the command began.
pub fn terminal(call: &mut Call, level: &str, seconds: u64, words: impl Display) {
    let words = words.to_string();
    call.complain(format_args!("{level}[{seconds:04}] {words}"));
}
