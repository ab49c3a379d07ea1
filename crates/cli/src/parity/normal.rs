//! Normalises printed text as the recorder does, so that two runs of one scenario can be compared.
use super::names::Names;
use fancy_regex::{Captures, Regex};
use std::sync::LazyLock;

/// What is replaced in every text, in this order.
static RULES: &[(&str, &str)] = &[
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", "<time>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( [+-]\d{4} \S+)?( m=[+-][\d.]+)?", "<time>"),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
    (r"\b10\.24\d\.\d+\.\d+\b|\b10\.25\d\.\d+\.\d+\b", "<podip>"),
    (r"\b10\.(9[6-9]|10\d|11[01])\.\d+\.\d+\b", "<clusterip>"),
    (r"\b192\.168\.100\.\d+\b", "<nodeip>"),
    (r"https?://127\.0\.0\.1:\d+", "<server>"),
    (r"127\.0\.0\.1:\d{4,5}", "<server>"),
    (r#"(resourceVersion"?: ?"?)\d+"#, "${1}<rv>"),
    (r"sha256:[0-9a-f]{64}", "sha256:<digest>"),
    (r"containerd://[0-9a-f]{64}", "containerd://<id>"),
    (r"\b[0-9a-f]{64}\b", "<id>"),
    (r"in \d+(\.\d+)?(ms|s) \(\d+(\.\d+)?(ms|s) including waiting\)", "in <dur> (<dur> including waiting)"),
    (r#"(nodePort"?: ?)3[0-2]\d{3}"#, "${1}<nodeport>"),
    (r":3[0-2]\d{3}/(TCP|UDP)", ":<nodeport>/${1}"),
    (r"(NodePort:.* )3[0-2]\d{3}/", "${1}<nodeport>/"),
    (r"kube-api-access-[a-z0-9]{5}", "kube-api-access-<r>"),
    (r"(/tmp|<tmp>)/(LIVE|MERGED)-\d+", "<tmp>/${2}"),
    (r"(?m)^([EWI])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ ", "${1}<klog> "),
    (r"\bgen-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "gen-<g>"),
    (r"\.1[0-9a-f]{15}\b", ".<event>"),
    (r"hostpath_pv/\S+", "hostpath_pv/<uid>"),
    (r"[\w.<>-]+/library/", "<registry>/library/"),
    (r"[\w.<>-]+/private/app", "<registry>/private/app"),
];

/// The patterns are constants of this file; a test uses them all.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

macro_rules! patterns {
    ($($name:ident = $text:literal;)*) => { $(static $name: LazyLock<Regex> = LazyLock::new(|| pattern($text));)* };
}

static COMPILED: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| RULES.iter().map(|(text, with)| (pattern(text), *with)).collect());

patterns! {
    WORKER = r"worker-[1-9]\b";
    SERIAL = r"<(p|es|g)\d+>";
    REFUSED = r"(<(rs|t)\d+>)-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])";
    AGE = r"(?<![\w.<-])(\d+d)?(\d+h)?(\d+m)?(\d+s)?(?![\w.])";
    REPEATED = r"<age> \(x\d+ over <age>\)";
    STRUCTURED = r"-o[ =]?(yaml|json)";
    DOCUMENT = r"-o[ =]?(yaml|json\b)|--raw";
    SPACES = r"\s{2,}";
    RULER = r"-{4,}";
    ENVIRONMENT = r" -- (env|printenv)$";
    LISTING = r"^kubectl( -n \S+)? (get|api-resources|events|top)\b";
    STATUS = r"^kubectl rollout status";
}

fn fits(regex: &Regex, text: &str) -> bool {
    regex.is_match(text).unwrap_or(false)
}

/// Names, ids, times, addresses and whatever else differs from run to run.
pub fn norm(text: &str, names: &Names) -> String {
    let mut text = names.sub(text);
    for (regex, with) in COMPILED.iter() {
        text = regex.replace_all(&text, *with).into_owned();
    }
    text
}

/// Any worker is as good as another.
pub fn any_node(text: &str) -> String {
    WORKER.replace_all(text, "worker-<n>").into_owned()
}

/// No ages, no column widths, no serial numbers of random names; the lines of a list in any order.
pub fn loose(text: &str, cmd: &str) -> String {
    let text = SERIAL.replace_all(text, "<${1}>");
    let text = REFUSED.replace_all(&text, "${1}-<p>");
    let text = AGE.replace_all(&text, |found: &Captures| if found[0].is_empty() { "" } else { "<age>" });
    let text = REPEATED.replace_all(&text, "<age>").replace("<invalid>", "<age>");
    let structured = fits(&STRUCTURED, cmd);
    let line = |line: &str| {
        let line = line.trim_end();
        let squeezed = if structured { line.into() } else { SPACES.replace_all(line, "  ") };
        RULER.replace_all(&squeezed, "----").into_owned()
    };
    let mut lines: Vec<String> = text.split('\n').map(line).collect();
    if fits(&ENVIRONMENT, cmd) {
        lines.sort();
    }
    if fits(&LISTING, cmd) && !fits(&DOCUMENT, cmd) {
        let mut rest: Vec<String> = lines.drain(1..).filter(|line| !line.is_empty()).collect();
        rest.sort();
        lines.append(&mut rest);
    }
    lines.join("\n").trim().to_string()
}

/// A printed text in the form in which it is compared.
pub fn comparable(text: &str, cmd: &str, names: &Names, any: bool, is_stdout: bool) -> String {
    let text = if any { any_node(text) } else { text.to_string() };
    let text = loose(&norm(&text, names), cmd);
    // How often a rollout's status was looked at is chance: only its last line counts.
    if is_stdout && fits(&STATUS, cmd) { text.rsplit('\n').next().unwrap_or_default().to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, cmd: &str) -> String {
        comparable(text, cmd, &Names::default(), true, true)
    }

    #[test]
    fn forgets_what_differs_from_run_to_run() {
        let table = "NAME    READY   STATUS   RESTARTS     AGE\nb   0/1     Error    1 (3s ago)   5s\na   1/1     Running    0   2m10s\n";
        assert_eq!(
            plain(table, "kubectl get pods"),
            "NAME  READY  STATUS  RESTARTS  AGE\na  1/1  Running  0  <age>\nb  0/1  Error  1 (<age> ago)  <age>"
        );
        assert_eq!(plain("IP: 10.241.3.7 on worker-2", "kubectl describe pod x"), "IP: <podip> on worker-<n>");
        assert_eq!(
            plain("Normal  Pulled  4s (x3 over 1m2s)  in 1.2s (1.3s including waiting)", ""),
            "Normal  Pulled  <age>  in <dur> (<dur> including waiting)"
        );
        assert_eq!(plain("Waiting 1\nWaiting 2\ndone\n", "kubectl rollout status deploy/x"), "done");
    }

    #[test]
    fn leaves_numbers_that_are_no_ages() {
        assert_eq!(plain("v1.2s 10m0 x5s 250m", "kubectl describe"), "v1.2s 10m0 x5s <age>");
    }
}
