//! Where everything stands: a pure function of the picture's size and what is in it.

/// What the layout depends on. Lengths are CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    pub width: f64,
    pub height: f64,
    pub nodes: usize,
    /// Servers with a control plane: each has its own four parts.
    pub controls: usize,
    /// The most places that any node needs for its Pods.
    pub most: usize,
    /// Groups of workloads: a Deployment with its ReplicaSets.
    pub groups: usize,
    /// Whether a Pod waits for a node: a narrow picture keeps room for it only then.
    pub waiting: bool,
    /// Whether Service rules are drawn in the nodes, and users below them.
    pub stripes: bool,
    pub users: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Full,
    Short,
    Dot,
}

impl Size {
    pub fn class(self) -> &'static str {
        match self {
            Size::Full => "full",
            Size::Short => "short",
            Size::Dot => "dotted",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub width: f64,
    pub height: f64,
    pub narrow: bool,
    /// Narrow, but with nodes high enough for what stands in their feet.
    pub roomy: bool,
    pub control: Area,
    /// kube-apiserver, etcd, kube-controller-manager, kube-scheduler; one such row for each control plane.
    pub parts: Vec<[Area; 4]>,
    /// Where Pods wait for a node.
    pub tray: Area,
    pub groups: Vec<Area>,
    /// Height of the line that all parts talk over.
    pub bus: f64,
    pub nodes: Vec<Area>,
    pub size: Size,
    pub pod: (f64, f64),
    /// Pods side by side in a node.
    pub columns: usize,
    /// How many places of a node are drawn singly.
    pub most: usize,
    /// How far above a node's lower edge its Service rules begin; 0 for none.
    pub stripe: f64,
    /// Where requests come from; without height for none.
    pub users: Area,
}

const PAD: f64 = 14.0;
const GAP: f64 = 16.0;
/// A node's title and its foot.
const HEAD: f64 = 42.0;
const FOOT: f64 = 34.0;
/// The same where width and height are scarce.
const NARROW_HEAD: f64 = 32.0;
const NARROW_FOOT: f64 = 14.0;
/// Two lines with the names of what runs there.
const ROOMY_FOOT: f64 = 42.0;
const GROUP_HEIGHT: f64 = 34.0;
/// So wide a small Pod has its name, too.
pub const NAMED: f64 = 84.0;
/// Groups of workloads beyond two rows are counted, not drawn.
pub const MOST_GROUP_ROWS: usize = 2;

pub fn plan(facts: Facts) -> Plan {
    let width = facts.width.max(280.0).floor();
    let narrow = width < 640.0;
    let inner = width - 2.0 * PAD;
    let (parts, tray, parts_bottom) = match (narrow, facts.controls > 1) {
        (_, true) => rows_of_parts(inner, facts.controls, facts.waiting, narrow),
        (true, false) => narrow_parts(inner, facts.waiting),
        (false, false) => wide_parts(inner),
    };
    // The strip of a phone has room for parts and nodes only; what was asked for stands in the outline.
    let (groups, groups_bottom) = place_groups(if narrow || facts.stripes { 0 } else { facts.groups }, inner, parts_bottom + 10.0);
    let foot = if narrow { 6.0 } else { 12.0 };
    let control_bottom = if groups.is_empty() { parts_bottom + foot } else { groups_bottom + foot };
    let head = if narrow { 2.0 } else { 8.0 };
    let control = Area { x: PAD, y: head, w: inner, h: control_bottom - head };
    let bus = control_bottom + if narrow { 9.0 } else { 13.0 };
    let top = bus + if narrow { 11.0 } else { 27.0 };
    let per_row = per_row(facts.nodes, inner, narrow);
    let rows = facts.nodes.div_ceil(per_row.max(1)).max(1);
    let node_width = (inner - (per_row.max(1) - 1) as f64 * gap(narrow)) / per_row.max(1) as f64;
    let users = match (facts.users, narrow) {
        (false, _) => 0.0,
        (true, true) => 28.0,
        (true, false) => 42.0,
    };
    // Below the nodes: the users with a gap above them.
    let below = if users > 0.0 { users + if narrow { 8.0 } else { 14.0 } } else { 0.0 };
    let free = (facts.height - below - top - if narrow { 4.0 } else { 10.0 } - (rows - 1) as f64 * gap(narrow)) / rows as f64;
    let roomy = narrow && node_width >= 140.0 && free >= 200.0;
    let foot = foot_of(narrow, roomy) + if facts.stripes { stripe_of(narrow && !roomy) } else { 0.0 };
    let (size, pod, columns, needed) = pod_size(node_width - 2.0 * edge(narrow), free - head_of(narrow) - foot, facts.most, narrow);
    let node_height = (needed + head_of(narrow) + foot).max(free.min(286.0)).max(if narrow { 88.0 } else { 140.0 });
    let nodes: Vec<Area> = (0..facts.nodes)
        .map(|at| Area {
            x: PAD + (at % per_row) as f64 * (node_width + gap(narrow)),
            y: top + (at / per_row) as f64 * (node_height + gap(narrow)),
            w: node_width,
            h: node_height,
        })
        .collect();
    let nodes_bottom = nodes.last().map(|node| node.y + node.h).unwrap_or(top);
    let bottom = nodes_bottom + below;
    let users_area = Area { x: PAD, y: bottom - users, w: if narrow { 64.0 } else { (node_width * 0.5).clamp(84.0, 128.0) }, h: users };
    Plan {
        width,
        height: (bottom + if narrow { 3.0 } else { 10.0 }).max(facts.height.floor() - 1.0),
        narrow,
        roomy,
        control,
        parts,
        tray,
        groups,
        bus,
        nodes,
        size,
        pod,
        columns,
        most: facts.most,
        stripe: if facts.stripes { foot - if narrow { 2.0 } else { 1.0 } } else { 0.0 },
        users: if facts.users { users_area } else { Area::default() },
    }
}

fn gap(narrow: bool) -> f64 {
    if narrow { 8.0 } else { GAP }
}

fn head_of(narrow: bool) -> f64 {
    if narrow { NARROW_HEAD } else { HEAD }
}

fn foot_of(narrow: bool, roomy: bool) -> f64 {
    match (narrow, roomy) {
        (_, true) => ROOMY_FOOT,
        (true, false) => NARROW_FOOT,
        (false, false) => FOOT,
    }
}

/// The band of Service rules above a node's foot.
fn stripe_of(narrow: bool) -> f64 {
    if narrow { 8.0 } else { 18.0 }
}

fn edge(narrow: bool) -> f64 {
    if narrow { 8.0 } else { 14.0 }
}

fn wide_parts(inner: f64) -> (Vec<[Area; 4]>, Area, f64) {
    let scale = (inner / 1012.0).min(1.12);
    let (y, h) = (38.0, 48.0);
    let part = |x: f64, w: f64| Area { x: PAD + 14.0 + x * scale, y, w: w * scale, h };
    let scheduler = part(522.0, 150.0);
    let from = scheduler.x + scheduler.w + 14.0;
    let tray = Area { x: from, y, w: PAD + inner - 14.0 - from, h };
    (vec![[part(0.0, 150.0), part(184.0, 96.0), part(314.0, 194.0), scheduler]], tray, y + h)
}

fn narrow_parts(inner: f64, waiting: bool) -> (Vec<[Area; 4]>, Area, f64) {
    let (y, h) = (8.0, 36.0);
    let w = (inner - 16.0 - 18.0) / 4.0;
    let part = |at: f64| Area { x: PAD + 8.0 + at * (w + 6.0), y, w, h };
    let tray = Area { x: PAD + 8.0, y: y + h + 5.0, w: inner - 16.0, h: if waiting { 24.0 } else { 0.0 } };
    (vec![[part(0.0), part(1.0), part(2.0), part(3.0)]], tray, y + h + if waiting { 29.0 } else { 0.0 })
}

/// Room for the server's name before its parts, where there are several control planes.
const NAME: f64 = 116.0;
const NARROW_NAME: f64 = 20.0;

/// A row for each control plane, with its server's name before it.
fn rows_of_parts(inner: f64, rows: usize, waiting: bool, narrow: bool) -> (Vec<[Area; 4]>, Area, f64) {
    let (top, h, step, edge, gap, name) =
        if narrow { (8.0, 24.0, 28.0, 8.0, 5.0, NARROW_NAME) } else { (36.0, 30.0, 36.0, 14.0, 14.0, NAME) };
    let tray_width = if narrow { 0.0 } else { (inner * 0.2).clamp(100.0, 240.0) };
    let room = inner - 2.0 * edge - name - tray_width - 3.0 * gap;
    // The longest name has the most room.
    let shares = if narrow { [0.25; 4] } else { [0.25, 0.17, 0.33, 0.25] };
    let row = |at: usize| {
        let mut x = PAD + edge + name;
        shares.map(|share| {
            let area = Area { x, y: top + at as f64 * step, w: room * share, h };
            x += area.w + gap;
            area
        })
    };
    let bottom = top + (rows - 1) as f64 * step + h;
    if narrow {
        let tray = Area { x: PAD + edge, y: bottom + 5.0, w: inner - 2.0 * edge, h: if waiting { 24.0 } else { 0.0 } };
        return ((0..rows).map(row).collect(), tray, bottom + if waiting { 29.0 } else { 0.0 });
    }
    let from = PAD + inner - edge - tray_width + gap;
    let tray = Area { x: from, y: top, w: tray_width - gap, h: bottom - top };
    ((0..rows).map(row).collect(), tray, bottom)
}

fn place_groups(count: usize, inner: f64, top: f64) -> (Vec<Area>, f64) {
    let room = inner - 28.0;
    let w = room.min(room.clamp(240.0, 470.0));
    let per_row = ((room + 12.0) / (w + 12.0)).floor().max(1.0) as usize;
    let groups: Vec<Area> = (0..count.min(per_row * MOST_GROUP_ROWS))
        .map(|at| Area {
            x: PAD + 14.0 + (at % per_row) as f64 * (w + 12.0),
            y: top + (at / per_row) as f64 * (GROUP_HEIGHT + 6.0),
            w,
            h: GROUP_HEIGHT,
        })
        .collect();
    let bottom = groups.last().map(|group| group.y + group.h).unwrap_or(top);
    (groups, bottom)
}

fn per_row(nodes: usize, inner: f64, narrow: bool) -> usize {
    let least = if narrow {
        92.0
    } else if inner < 760.0 {
        168.0
    } else {
        218.0
    };
    let fit = ((inner + gap(narrow)) / (least + gap(narrow))).floor().max(1.0) as usize;
    nodes.clamp(1, fit)
}

/// The largest size at which all Pods of the fullest node fit; else the smallest. Gives the height they need.
fn pod_size(width: f64, height: f64, most: usize, narrow: bool) -> (Size, (f64, f64), usize, f64) {
    let fit = |least: f64, gap: f64, h: f64| {
        let columns = ((width + gap) / (least + gap)).floor().max(1.0) as usize;
        let rows = most.div_ceil(columns) as f64;
        (columns, (width - (columns - 1) as f64 * gap) / columns as f64, rows * (h + gap) - gap.min(rows * gap))
    };
    let (columns, w, needed) = fit(122.0, 8.0, 58.0);
    if w >= 122.0 && needed <= height.max(66.0) {
        // Few Pods in a wide node have room for more of their names.
        let columns = columns.min(most.max(1));
        let w = (width - (columns - 1) as f64 * 8.0) / columns as f64;
        return (Size::Full, (w.min(160.0).floor(), 58.0), columns, needed);
    }
    // Small, but with room for a name; else with a version only.
    for least in [NAMED, if narrow { 38.0 } else { 60.0 }] {
        let (columns, w, needed) = fit(least, 6.0, 24.0);
        if w >= least && needed <= height.max(if narrow { 60.0 } else { 120.0 }) {
            return (Size::Short, (w.min(if least == NAMED { 132.0 } else { 96.0 }).floor(), 24.0), columns, needed);
        }
    }
    let (columns, _, needed) = fit(16.0, 4.0, 16.0);
    (Size::Dot, (16.0, 16.0), columns, needed)
}

impl Plan {
    /// Where a place lies in its node, from the node's corner.
    pub fn slot(&self, slot: usize) -> (f64, f64) {
        let gap = match self.size {
            Size::Full => 8.0,
            Size::Short => 6.0,
            Size::Dot => 4.0,
        };
        let (column, row) = (slot % self.columns.max(1), slot / self.columns.max(1));
        (edge(self.narrow) + column as f64 * (self.pod.0 + gap), head_of(self.narrow) - 4.0 + row as f64 * (self.pod.1 + gap))
    }
}
