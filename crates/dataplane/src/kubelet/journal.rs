//! What the kubelet writes into its journal: its last lines, in klog's words.
use crate::kubelet::klog::Entry;
use objects::Text;
use objects::wire::{Body, Response};
use simcore::Time;
use std::collections::VecDeque;
use std::sync::Arc;

/// Older lines are forgotten until somebody reads them.
const KEPT: usize = 200;

/// The lines that nobody has read yet, shared between copies of a world.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    lines: Arc<VecDeque<Entry>>,
}

impl Journal {
    pub fn say(&mut self, at: Time, level: char, place: &'static str, words: impl Into<Text>) {
        let lines = Arc::make_mut(&mut self.lines);
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(Entry { at, level, place: Text::new_static(place), words: words.into() });
    }

    /// All lines, which are read with that.
    pub fn take(&mut self) -> Vec<Entry> {
        if self.lines.is_empty() {
            return Vec::new();
        }
        std::mem::take(&mut self.lines).iter().cloned().collect()
    }

    /// A Pod's sync has failed: `doing` is `failed to "StartContainer" for "web" with ErrImagePull: "…"`.
    pub fn skipped(&mut self, at: Time, doing: &str, pod: &Whose) {
        let Whose { namespace, name, uid } = pod;
        self.say(
            at,
            'E',
            "pod_workers.go:1324",
            format!("\"Error syncing pod, skipping\" err={doing:?} pod=\"{namespace}/{name}\" podUID=\"{uid}\""),
        );
    }

    /// The runtime could not fetch an image.
    pub fn unpulled(&mut self, at: Time, image: &str, error: &str) {
        let rpc = if error.starts_with("rpc error") { error.to_string() } else { format!("rpc error: code = Unknown desc = {error}") };
        self.say(at, 'E', "log.go:32", format!("\"PullImage from image service failed\" err={rpc:?} image={image:?}"));
        self.say(at, 'E', "kuberuntime_image.go:43", format!("\"Failed to pull image\" err={error:?} image={image:?}"));
    }

    /// A volume that refers to something that is not there. `words` are the event's, `pause` until the next try.
    pub fn unmounted(&mut self, at: Time, words: &str, pause: simcore::Duration, pod: &Whose) {
        let volume = words.split('"').nth(1).unwrap_or_default();
        let (what, why) = words.rsplit_once(" : ").unwrap_or(("", words));
        let plugin = if why.starts_with("secret") { "secret" } else { "configmap" };
        let (uid, unique) = (pod.uid, format!("kubernetes.io/{plugin}/{}-{volume}", pod.uid));
        let (until, name) = ((at + pause).rfc3339_micro(), pod.name);
        let until = format!("{} {}000 +0000 UTC", &until[..10], &until[11..26]);
        self.say(
            at,
            'E',
            "nestedpendingoperations.go:348",
            format!(
                "Operation for \"{{volumeName:{unique} podName:{uid} nodeName:}}\" failed. No retries permitted until {until} \
                 (durationBeforeRetry {pause}). Error: {what} (UniqueName: \"{unique}\") pod \"{name}\" (UID: \"{uid}\") : {why}"
            ),
        );
    }

    /// The Lease could not be renewed.
    pub fn unleased(&mut self, at: Time, node: &str, response: &Response) {
        let path = format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}?timeout=10s");
        let why = failure("Put", &path, response);
        self.say(at, 'E', "controller.go:195", format!("\"Failed to update lease\" err={why:?}"));
    }

    /// The Node could not be written, or not even be registered.
    pub fn unreported(&mut self, at: Time, node: &str, response: &Response, registers: bool) {
        let words = if registers {
            let why = failure("Post", "/api/v1/nodes", response);
            format!("\"Unable to register node with API server\" err={why:?} node={node:?}")
        } else {
            let why = failure("Get", &format!("/api/v1/nodes/{node}?timeout=10s"), response);
            let whole = format!("error getting node \"{node}\": {why}");
            format!("\"Error updating node status, will retry\" err={whole:?}")
        };
        self.say(at, 'E', if registers { "kubelet_node_status.go:107" } else { "kubelet_node_status.go:474" }, words);
    }

    /// The node is not ready, for a reason that the kubelet looks at again and again.
    pub fn unready(&mut self, at: Time, problem: &str) {
        let (place, words) = match problem.strip_prefix("container runtime network not ready: ") {
            Some(why) => ("kubelet.go:3117", format!("\"Container runtime network not ready\" networkReady={why:?}")),
            None => ("kubelet.go:2451", format!("\"Skipping pod synchronization\" err={problem:?}")),
        };
        self.say(at, 'E', place, words);
    }

    /// The process has started: what it is, what it finds, what it begins with.
    pub fn begins(&mut self, at: Time, version: &str, runtime: &str) {
        let (name, number) = runtime.split_once("://").unwrap_or((runtime, ""));
        let mut say = |place: &'static str, words: String| self.say(at, 'I', place, words);
        say("server.go:525", format!("\"Kubelet version\" kubeletVersion=\"{version}\""));
        say("server.go:527", "\"Golang settings\" GOGC=\"\" GOMAXPROCS=\"\" GOTRACEBACK=\"\"".into());
        say("server.go:951", "\"Client rotation is on, will bootstrap in background\"".into());
        say("dynamic_cafile_content.go:161", "\"Starting controller\" name=\"client-ca-bundle::/etc/kubernetes/pki/ca.crt\"".into());
        say("server.go:1419", "\"Using cgroup driver setting received from the CRI runtime\" cgroupDriver=\"systemd\"".into());
        say("kubelet.go:480", "\"Attempting to sync node with API server\"".into());
        say("kubelet.go:386", "\"Adding static pod path\" path=\"/etc/kubernetes/manifests\"".into());
        say(
            "kuberuntime_manager.go:279",
            format!("\"Container runtime initialized\" containerRuntime=\"{name}\" version=\"v{number}\" apiVersion=\"v1\""),
        );
        say("server.go:1274", "\"Started kubelet\"".into());
        say("server.go:180", "\"Starting to listen\" address=\"0.0.0.0\" port=10250".into());
        say("volume_manager.go:297", "\"Starting Kubelet Volume Manager\"".into());
        say("status_manager.go:230", "\"Starting to sync pod status with apiserver\"".into());
        say("kubelet.go:2427", "\"Starting kubelet main sync loop\"".into());
    }
}

/// The Pod that a line is about.
pub struct Whose<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub uid: &'a str,
}

/// Go's words for a request that came to nothing.
fn failure(verb: &str, path: &str, response: &Response) -> String {
    let Body::Text(text) = &response.body else { return response.tree().get("message").text().to_string() };
    let (what, address) = text.split_once(' ').unwrap_or(("refused", text));
    let url = format!("https://{address}{path}");
    match what {
        "lost" => format!("{verb} \"{url}\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)"),
        "told" => address.to_string(),
        "turned" => {
            let (address, why) = address.split_once(' ').unwrap_or((address, ""));
            format!("{verb} \"https://{address}{path}\": {why}")
        }
        "said" => format!("{verb} \"https://localhost:6443{path}\": {address}"),
        _ => format!("{verb} \"{url}\": dial tcp {address}: connect: connection refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use simcore::Duration;

    #[test]
    fn a_failed_sync_is_told_in_klogs_words() {
        let mut journal = Journal::default();
        let pod = Whose { namespace: "default", name: "web", uid: "1-2" };
        journal.skipped(Time::START, "failed to \"StartContainer\" for \"c\" with ErrImagePull: \"no\"", &pod);
        journal.unmounted(Time::START, "MountVolume.SetUp failed for volume \"v\" : configmap \"x\" not found", Duration::secs(1), &pod);
        let lines = journal.take();
        assert_eq!(
            lines[0].words,
            "\"Error syncing pod, skipping\" err=\"failed to \\\"StartContainer\\\" for \\\"c\\\" with ErrImagePull: \\\"no\\\"\" pod=\"default/web\" podUID=\"1-2\""
        );
        assert!(lines[1].words.contains("(durationBeforeRetry 1s). Error: MountVolume.SetUp failed for volume \"v\" (UniqueName:"));
        assert!(journal.take().is_empty());
    }
}
