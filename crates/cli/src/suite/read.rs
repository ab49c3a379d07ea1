//! Reads a transcript: `##` headings begin sections, ```` ```yaml NAME ```` blocks are files, ```` ```console ```` blocks are played.

/// What is told under one heading.
#[derive(Debug, Default, PartialEq)]
pub struct Section {
    pub heading: String,
    /// `load-balancer: cloud` below the heading: how the cluster differs from the usual one.
    pub settings: Vec<(String, String)>,
    /// `- host: server-1 10.0.0.10 arch=arm64`: the section is played on bare servers, not in a cluster.
    pub hosts: Vec<String>,
    pub files: Vec<(String, String)>,
    pub steps: Vec<Step>,
}

/// One line of a console block, and what is printed after it.
#[derive(Debug, PartialEq)]
pub struct Step {
    pub act: Act,
    pub expected: String,
    /// The first and the last line of what is expected, counted from 0 in the whole text; the last one is not included.
    pub lines: (usize, usize),
}

#[derive(Debug, PartialEq)]
pub enum Act {
    /// `$ kubectl get pods`
    Type(String),
    /// `~ 30s`: seconds pass.
    Pass(f64),
    /// `! stop-node worker-1`: something breaks or is mended.
    Fault(String),
}

/// All sections that play something.
pub fn sections(text: &str) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    let mut block: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let fence = line.strip_prefix("```");
        match (&block, fence) {
            (None, Some(info)) => {
                block = Some(info.trim().to_string());
                if let (Some(name), Some(section)) = (info.trim().strip_prefix("yaml "), all.last_mut()) {
                    section.files.push((name.to_string(), String::new()));
                }
            }
            (Some(_), Some(_)) => block = None,
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    all.push(Section { heading: heading.to_string(), ..Section::default() });
                } else if let (Some(host), Some(section)) = (line.strip_prefix("- host: "), all.last_mut()) {
                    section.hosts.push(host.to_string());
                } else if let (Some(setting), Some(section)) = (line.strip_prefix("- cluster: "), all.last_mut()) {
                    section.settings.extend(setting.split_once(' ').map(|(key, value)| (key.to_string(), value.to_string())));
                }
            }
            (Some(info), None) => {
                let Some(section) = all.last_mut() else { continue };
                if info == "console" {
                    console(section, number, line);
                } else if info.starts_with("yaml ")
                    && let Some((_, file)) = section.files.last_mut()
                {
                    file.push_str(line);
                    file.push('\n');
                }
            }
        }
    }
    all.retain(|section| !section.steps.is_empty());
    all
}

fn console(section: &mut Section, number: usize, line: &str) {
    let act = match line.split_at_checked(2) {
        Some(("$ ", rest)) => Some(Act::Type(rest.to_string())),
        Some(("~ ", rest)) => rest.trim_end_matches('s').parse().ok().map(Act::Pass),
        Some(("! ", rest)) => Some(Act::Fault(rest.to_string())),
        _ => None,
    };
    match (act, section.steps.last_mut()) {
        (Some(act), _) => section.steps.push(Step { act, expected: String::new(), lines: (number + 1, number + 1) }),
        (None, Some(step)) => {
            step.expected.push_str(line);
            step.expected.push('\n');
            step.lines.1 = number + 1;
        }
        (None, None) => {}
    }
}

/// The text with what was really printed. Sections of one text are to be given in their order: each keeps its place by heading.
pub fn with_answers(text: &str, section: &Section, said: &[String]) -> String {
    // The lines may have moved since the section was read: they are found anew.
    let Some(now) = sections(text).into_iter().find(|one| one.heading == section.heading) else { return text.to_string() };
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    for (step, answer) in now.steps.iter().zip(said) {
        out.extend(lines[at..step.lines.0].iter().map(|line| line.to_string()));
        out.extend(answer.trim_end().lines().map(|line| line.trim_end().to_string()));
        at = step.lines.1;
    }
    out.extend(lines[at..].iter().map(|line| line.to_string()));
    out.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Title\n\n## A Pod runs.\nWords.\n```yaml a.yaml\nkind: Pod\n```\n```console\n$ kubectl apply -f a.yaml\npod/a created\n~ 5s\n! stop-node worker-1\n```\n";

    #[test]
    fn headings_files_and_steps() {
        let all = sections(TEXT);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].heading.as_str(), &all[0].files[..]), ("A Pod runs.", &[("a.yaml".to_string(), "kind: Pod\n".to_string())][..]));
        let acts: Vec<&Act> = all[0].steps.iter().map(|step| &step.act).collect();
        let typed = Act::Type("kubectl apply -f a.yaml".to_string());
        assert_eq!(acts, [&typed, &Act::Pass(5.0), &Act::Fault("stop-node worker-1".to_string())]);
        assert_eq!(all[0].steps[0].expected, "pod/a created\n");
    }

    #[test]
    fn servers_stand_below_the_heading() {
        let all = sections("## A server.\n- host: a 10.0.0.1 cores=1\n- host: b 10.0.0.2\n```console\n$ hostname\na\n```\n");
        assert_eq!(all[0].hosts, ["a 10.0.0.1 cores=1", "b 10.0.0.2"]);
    }

    #[test]
    fn answers_are_put_in_their_places() {
        let section = sections(TEXT).remove(0);
        let after = with_answers(TEXT, &section, &["one\ntwo\n".to_string(), String::new(), String::new()]);
        assert_eq!(after, TEXT.replace("pod/a created\n", "one\ntwo\n"));
    }
}
