//! Programs that tell of disks, variables, people and differences: du, lsblk, mount, env, who, diff.
use super::apart;
use crate::call::{Call, Step, Stop};

pub fn env(call: &mut Call) -> Step<()> {
    let (user, home, folder) = (call.user.clone(), call.home(), call.folder.clone());
    call.say(format_args!("SHELL=/bin/bash\nPWD={folder}\nLOGNAME={user}\nHOME={home}\nLANG=C.UTF-8\nUSER={user}"));
    let own: Vec<String> = call.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    own.iter().for_each(|line| call.say(line));
    call.say("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    Ok(())
}

pub fn groups(call: &mut Call) -> Step<()> {
    let line = if call.is_root() { "root".to_string() } else { format!("{} sudo", call.user) };
    call.say(line);
    Ok(())
}

/// Sizes of folders, in KiB or with `-h`; `-s` of each word alone.
pub fn du(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, mut rest) = apart(&words);
    let human = flags.iter().any(|flag| flag.contains('h'));
    if rest.is_empty() {
        rest.push(".");
    }
    let mut code = 0;
    for path in rest {
        let full = call.machine.files.real(&call.path(path));
        let files = &call.machine.files;
        if !files.exists(&full) && !files.is_folder(&full) {
            call.complain(format_args!("du: cannot access '{path}': No such file or directory"));
            code = 1;
            continue;
        }
        let mut all = files.below(&full);
        all.push(full.as_str().into());
        let sizes = all.iter().filter_map(|path| files.get(path)).map(|file| (file.size() as u64).div_ceil(4_096) * 4);
        let kib = sizes.sum::<u64>() + 4;
        let size = match kib {
            _ if !human => kib.to_string(),
            0..1_024 => format!("{kib}K"),
            _ => format!("{}.{}M", kib / 1_024, kib % 1_024 * 10 / 1_024),
        };
        call.say(format_args!("{size}\t{path}"));
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}

pub fn lsblk(call: &mut Call) -> Step<()> {
    let disk = call.machine.hardware.disk_gib;
    let swaps = call.machine.swaps.clone();
    call.say("NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS");
    call.say(format_args!("sda      8:0    0  {disk:>3}G  0 disk "));
    let branch = if swaps.is_empty() { '└' } else { '├' };
    call.say(format_args!("{branch}─sda1   8:1    0  {disk:>3}G  0 part /"));
    if let Some(swap) = swaps.first() {
        call.say(format_args!("└─sda3   8:3    0 {:>4}M  0 part [SWAP]", swap.mib));
    }
    Ok(())
}

pub fn mount(call: &mut Call) -> Step<()> {
    call.say("sysfs on /sys type sysfs (rw,nosuid,nodev,noexec,relatime)\nproc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\n/dev/sda1 on / type ext4 (rw,relatime,errors=remount-ro)");
    if call.machine.hardware.cgroup == 2 {
        call.say("cgroup2 on /sys/fs/cgroup type cgroup2 (rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot)");
    }
    Ok(())
}

pub fn who(call: &mut Call) -> Step<()> {
    let (user, stamp) = (call.user.clone(), call.machine.local(call.now).rfc3339());
    call.say(format_args!("{user:<8} pts/0        {} {}", &stamp[..10], &stamp[11..16]));
    Ok(())
}

/// What the kernel said while it started; what happens later it does not say here.
pub fn dmesg(call: &mut Call) -> Step<()> {
    let lines = kernel_lines(call);
    lines.iter().for_each(|line| call.say(line));
    Ok(())
}

/// The kernel's lines, each after its seconds since the boot.
pub fn kernel_lines(call: &Call) -> Vec<String> {
    let hardware = call.machine.hardware.clone();
    let kib = u64::from(hardware.memory_mib) * 1_024;
    vec![
        format!("[    0.000000] Linux version {} (debian-kernel@lists.debian.org)", hardware.kernel),
        format!("[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-{} root=/dev/sda1 ro quiet", hardware.kernel),
        "[    0.000000] Hypervisor detected: KVM".to_string(),
        format!("[    0.093214] Memory: {kib}K available"),
        format!("[    0.201187] smp: Brought up 1 node, {} CPUs", hardware.cores),
        "[    1.482213] EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.".to_string(),
    ]
}

/// `diff [-u] [-q] A B`
pub fn diff(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let [a, b] = rest[..] else {
        call.complain("diff: missing operand\ndiff: Try 'diff --help' for more information.");
        return Err(Stop::Code(2));
    };
    let mut texts = Vec::new();
    for name in [a, b] {
        match call.open(name) {
            Ok(text) => texts.push(text),
            Err(why) => {
                call.complain(format_args!("diff: {name}: {why}"));
                return Err(Stop::Code(2));
            }
        }
    }
    if texts[0] == texts[1] {
        return Ok(());
    }
    if flags.contains(&"-q") {
        call.say(format_args!("Files {a} and {b} differ"));
        return Err(Stop::Code(1));
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (texts[0].lines().collect(), texts[1].lines().collect());
    let same = common(&old, &new);
    let mut lines = Vec::new();
    if flags.iter().any(|flag| flag.starts_with("-u")) {
        lines.extend([format!("--- {a}"), format!("+++ {b}"), format!("@@ -1,{} +1,{} @@", old.len(), new.len())]);
    }
    let unified = !lines.is_empty();
    let (mut x, mut y) = (0, 0);
    for (i, j) in same.into_iter().chain([(old.len(), new.len())]) {
        let (gone, come) = (&old[x..i], &new[y..j]);
        if unified {
            lines.extend(gone.iter().map(|line| format!("-{line}")).chain(come.iter().map(|line| format!("+{line}"))));
            lines.extend(old.get(i).map(|line| format!(" {line}")));
        } else if !gone.is_empty() || !come.is_empty() {
            let range = |from: usize, to: usize| {
                if to - from > 1 { format!("{},{to}", from + 1) } else { (from + usize::from(to > from)).to_string() }
            };
            let letter = if gone.is_empty() {
                'a'
            } else if come.is_empty() {
                'd'
            } else {
                'c'
            };
            lines.push(format!("{}{letter}{}", range(x, i), range(y, j)));
            lines.extend(gone.iter().map(|line| format!("< {line}")));
            lines.extend((letter == 'c').then(|| "---".to_string()));
            lines.extend(come.iter().map(|line| format!("> {line}")));
        }
        (x, y) = (i + 1, j + 1);
    }
    lines.iter().for_each(|line| call.say(line));
    Err(Stop::Code(1))
}

/// Places of the lines that both have, in order: a longest common part.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let mut best = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            best[i][j] = if old[i] == new[j] { best[i + 1][j + 1] + 1 } else { best[i + 1][j].max(best[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut all) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            all.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[i + 1][j] >= best[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    all
}
