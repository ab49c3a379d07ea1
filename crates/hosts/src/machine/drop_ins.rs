//! What stands beside a unit's file: drop-ins, and the environment that its command line is filled with.
use super::Machine;
use super::units::Unit;
use objects::Text;

/// kubeadm's own for the kubelet, as the package brings it.
pub const KUBEADM: &str = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf";

/// The kubelet's unit as the package brings it: alone it knows no cluster.
pub const KUBELET_UNIT: &str = "[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
";

pub const KUBEADM_TEXT: &str = "[Service]
Environment=\"KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf\"
Environment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"
# Written by kubeadm init and kubeadm join
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# KUBELET_EXTRA_ARGS of whoever looks after this server
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
";

impl Machine {
    /// Files that add to a unit's, in the order in which systemd reads them.
    pub fn drop_ins(&self, name: &str) -> Vec<String> {
        let name = name.trim_end_matches(".service");
        let folders = ["/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system"];
        let mut found: Vec<(String, String)> = Vec::new();
        for folder in folders.map(|folder| format!("{folder}/{name}.service.d")) {
            let files = self.files.names(&folder);
            found.extend(files.iter().filter(|file| file.ends_with(".conf")).map(|file| (file.to_string(), format!("{folder}/{file}"))));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.into_iter().map(|(_, path)| path).collect()
    }

    /// A unit's text with all that is dropped in.
    pub(super) fn with_drop_ins(&self, name: &str, text: &str) -> String {
        let more = self.drop_ins(name).into_iter().filter_map(|path| self.files.read(&path));
        more.fold(text.to_string(), |all, one| format!("{all}\n{one}"))
    }

    /// The last `ExecStart=` that says something, with the variables of the environment put in.
    pub(super) fn command_line(&self, text: &str) -> String {
        let mut starts = text.lines().filter_map(|line| line.strip_prefix("ExecStart=")).map(str::trim);
        let Some(command) = starts.rfind(|line| !line.is_empty()) else { return String::new() };
        if !command.contains(" $") {
            return command.to_string();
        }
        let environment = self.environment(text);
        let words = command.split(' ').map(|word| match word.strip_prefix('$') {
            Some(name) => environment.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str()),
            None => word,
        });
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// `Environment=` and the files of `EnvironmentFile=`, the later ones last.
    fn environment(&self, text: &str) -> Vec<(String, String)> {
        let pair = |line: &str| {
            let (name, value) = line.trim().trim_matches('"').split_once('=')?;
            Some((name.to_string(), value.trim_matches('"').to_string()))
        };
        let mut all = Vec::new();
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("EnvironmentFile=") {
                let text = self.files.read(path.trim_start_matches('-')).unwrap_or_default();
                all.extend(text.lines().filter_map(pair));
            } else if let Some(one) = line.strip_prefix("Environment=") {
                all.extend(pair(one));
            }
        }
        all
    }

    /// At each start systemd reads the environment's files anew.
    pub(super) fn read_environment(&mut self, name: &str, unit: Unit) -> Unit {
        let Some(text) = self.files.read(&unit.path).filter(|_| !self.drop_ins(name).is_empty()) else { return unit };
        let command = Text::from(self.command_line(&self.with_drop_ins(name, &text)));
        self.alter_unit(name, |unit| unit.command = command.clone());
        Unit { command, ..unit }
    }
}
