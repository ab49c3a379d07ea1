//! Every word of the page, in each language; sentences are templates, never glued from parts.
mod en;
pub mod facts;
mod ko;
pub mod lab;
pub mod net;
pub mod ops;
pub mod particle;
pub mod parts;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Ko,
    En,
}

impl Lang {
    pub fn code(self) -> &'static str {
        match self {
            Lang::Ko => "ko",
            Lang::En => "en",
        }
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Lang::Ko => "한국어",
            Lang::En => "English",
        }
    }

    pub fn other(self) -> Self {
        match self {
            Lang::Ko => Lang::En,
            Lang::En => Lang::Ko,
        }
    }
}

/// All words of one language. A missing one does not compile.
pub struct Words {
    pub net: net::Net,
    /// Words of the lenses that a first visit does not open.
    pub ops: fn() -> &'static ops::Ops,
    /// Words of the lab.
    pub lab: fn() -> &'static lab::Lab,
    pub lab_title: &'static str,
    pub lab_short: &'static str,
    /// Sandboxes besides the usual one, in the order of `SANDBOXES`.
    pub sandboxes: [&'static str; 10],
    /// The name of who runs a control plane, as the engine says it.
    pub provider: fn(&str) -> &str,
    /// Of servers without a cluster.
    pub no_control: &'static str,
    pub lesson: &'static str,
    pub picture: &'static str,
    pub outline: &'static str,
    pub table: &'static str,
    pub editor: &'static str,
    pub terminal: &'static str,
    pub why: &'static str,
    pub inspector: &'static str,
    pub time: &'static str,
    pub skip: &'static str,
    pub lessons: &'static str,
    pub commands: &'static str,
    pub what_to_do: &'static str,
    pub theme: &'static str,
    pub theme_auto: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub settings: &'static str,
    pub motion: &'static str,
    pub plain_editor: &'static str,
    pub start_over: &'static str,
    pub keys: &'static str,
    pub sandbox: &'static str,
    pub sandbox_short: &'static str,
    pub sandbox_lead: &'static str,
    pub sandbox_hint: &'static str,
    pub lesson_done: &'static str,
    pub next_lesson: &'static str,
    pub predict: &'static str,
    pub task: &'static str,
    pub quiz: &'static str,
    pub break_it: &'static str,
    pub explain: &'static str,
    pub read: &'static str,
    pub done: &'static str,
    pub what_happened: &'static str,
    pub choose_one: &'static str,
    pub commit: &'static str,
    pub committed: &'static str,
    pub came_true_mine: &'static str,
    pub came_true: &'static str,
    pub your_guess: &'static str,
    pub not_right: &'static str,
    pub check: &'static str,
    pub solve: &'static str,
    pub go_on: &'static str,
    pub passed: &'static str,
    pub failed: &'static str,
    pub pending: &'static str,
    pub into_terminal: &'static str,
    pub break_hint: &'static str,
    pub output: &'static str,
    pub command: &'static str,
    pub edited: &'static str,
    pub files: &'static str,
    pub cancel: &'static str,
    pub save: &'static str,
    pub apply: &'static str,
    pub problems: &'static str,
    pub leave_hint: &'static str,
    pub plain_hint: &'static str,
    pub to_start: &'static str,
    pub back: &'static str,
    pub play: &'static str,
    pub pause: &'static str,
    pub play_pause: &'static str,
    pub step: &'static str,
    pub step_size: &'static str,
    pub next_event: &'static str,
    pub next_write: &'static str,
    pub next_second: &'static str,
    pub speed: &'static str,
    pub virtual_time: &'static str,
    pub to_now: &'static str,
    pub live: &'static str,
    pub lane_you: &'static str,
    pub lane_api: &'static str,
    pub lane_controllers: &'static str,
    pub lane_scheduler: &'static str,
    pub lane_kubelets: &'static str,
    pub lane_faults: &'static str,
    pub lane_traffic: &'static str,
    pub scrub: &'static str,
    pub off: &'static str,
    pub cut_off: &'static str,
    pub power_off: &'static str,
    pub power_on: &'static str,
    pub cut: &'static str,
    pub mend: &'static str,
    pub stop: &'static str,
    pub start: &'static str,
    pub kill: &'static str,
    pub upgrade: &'static str,
    pub close: &'static str,
    pub pick_something: &'static str,
    pub you_did: &'static str,
    pub fault_did: &'static str,
    pub asked_for: &'static str,
    pub nodes: &'static str,
    pub tray: &'static str,
    pub happened: &'static str,
    pub filter: &'static str,
    pub kind: &'static str,
    pub namespace: &'static str,
    pub name: &'static str,
    pub state: &'static str,
    pub picture_keys: &'static str,
    pub stopped: &'static str,
    pub running: &'static str,
    pub left_out: &'static str,
    pub booting: &'static str,
    pub ready: &'static str,
    pub cordoned: &'static str,
    pub probing: &'static str,
    /// Of a Pod whose node is not heard of.
    pub silent: &'static str,
    pub leaving: &'static str,
    pub completed: &'static str,
    pub no_node: &'static str,
    pub creating: &'static str,
    pub starting: &'static str,
    pub vanished: &'static str,
    pub broken: &'static str,
    pub crashed: &'static str,
    pub unfetched: &'static str,
    pub saved_refused: &'static str,
    pub trouble: &'static str,
    pub no_lesson: &'static str,
    /// Of a name in the address that no lesson has, and what is shown instead.
    pub unknown_lesson: fn(&str) -> String,
    pub first_instead: &'static str,
    pub unknown_sandbox: fn(&str) -> String,
    pub usual_instead: &'static str,
    /// Another tab keeps the work: its title, what that means, the button, and the mark in the head.
    pub elsewhere: [&'static str; 4],
    pub too_large: &'static str,
    pub too_large_line: &'static str,
    pub summary: fn(usize, usize, usize, usize) -> String,
    pub waiting_for_node: fn(usize) -> String,
    pub queue: fn(u32) -> String,
    pub wanted_ready: fn(u32, u32) -> String,
    pub leaving_in: fn(u64) -> String,
    pub heartbeat: fn(u64) -> String,
    pub node_off: fn(&str) -> String,
    pub node_cut: fn(&str) -> String,
    pub stop_node: fn(&str) -> String,
    /// To a version; empty: the next.
    pub upgrade_control_plane: fn(&str) -> String,
    pub upgrade_node: fn(&str) -> String,
    pub start_node: fn(&str) -> String,
    pub cut_node: fn(&str) -> String,
    pub mend_node: fn(&str) -> String,
    pub stop_component: fn(&str) -> String,
    pub start_component: fn(&str) -> String,
    pub kill_component: fn(&str) -> String,
    pub slow_component: fn(&str, u32) -> String,
    pub etcd_fault: &'static str,
    pub slow_disk: fn(&str, u32) -> String,
    pub cut_etcd: fn(&str) -> String,
    pub mend_etcd: fn(&str) -> String,
    pub lose_etcd_data: fn(&str) -> String,
    pub restore_etcd: fn(&str, &str) -> String,
    pub etcd_quota: fn(&str, u32) -> String,
    pub slow_link: &'static str,
    pub link: fn(&str, &str, u32, u32) -> String,
    pub kill_container: fn(&str) -> String,
    pub hint: fn(u32, u32) -> String,
    pub observed: fn(&str) -> String,
    pub observed_wanted: fn(&str, &str) -> String,
    pub step_done: fn(&str) -> String,
    pub step_of: fn(usize, usize) -> String,
    pub minutes: fn(u32) -> String,
    pub line: fn(u32) -> String,
    pub too_large_by: fn(usize, usize) -> String,
    pub at_time: fn(&str) -> String,
    pub in_past: fn(&str) -> String,
    pub skip_to: fn(&str) -> String,
    pub points: fn(&str) -> String,
    pub reported: fn(&str) -> String,
    pub created: fn(&str) -> String,
    pub changed: fn(&str) -> String,
    pub deleted: fn(&str) -> String,
    pub bound: fn(&str) -> String,
}

/// Whole megabytes, at least one.
fn megabytes(bytes: usize) -> usize {
    bytes.div_ceil(1024 * 1024)
}

impl Words {
    pub fn of(lang: Lang) -> &'static Words {
        match lang {
            Lang::Ko => &ko::WORDS,
            Lang::En => &en::WORDS,
        }
    }
}
