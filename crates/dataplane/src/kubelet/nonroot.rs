//! Whether a container may run as the user that it would run as (upstream `kuberuntime/security_context.go`, `verifyRunAsNonRoot`).
use objects::{Object, Tree};

/// What speaks against starting it: `runAsNonRoot` is asked for, and root is what the image or the container says.
/// `user` is the image's own.
pub fn problem(pod: &Object, container: &Tree, user: &str) -> Option<String> {
    // The container's word stands above its Pod's.
    let said = |key: &str| match container.at(&["securityContext", key]) {
        Tree::Null => pod.spec().at(&["securityContext", key]),
        own => own,
    };
    if !said("runAsNonRoot").is_true() {
        return None;
    }
    let (key, name) = (&pod.key, container.get("name").text());
    let whole = format!("(pod: \"{}_{}({})\", container: {name})", key.name, key.namespace, pod.uid());
    match (said("runAsUser").as_int(), user) {
        (Some(0), _) => Some(format!("container's runAsUser breaks non-root policy {whole}")),
        (Some(_), _) => None,
        (None, "" | "0") => Some(format!("container has runAsNonRoot and image will run as root {whole}")),
        (None, user) if user.parse::<i64>().is_ok() => None,
        (None, user) => {
            Some(format!("container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root {whole}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{Key, kinds};

    fn judge(pod: &str, container: &str, user: &str) -> Option<String> {
        let tree = Tree::from_json(&format!(
            r#"{{"metadata":{{"name":"a","namespace":"n","uid":"u"}},"spec":{{"securityContext":{pod},"containers":[]}}}}"#
        ));
        let pod = Object::new(Key::new(kinds::POD, "n", "a"), 1, tree.unwrap());
        let container = Tree::from_json(&format!(r#"{{"name":"c","securityContext":{container}}}"#)).unwrap();
        problem(&pod, &container, user).map(|words| words.split(" (pod").next().unwrap_or_default().to_string())
    }

    #[test]
    fn root_is_refused_where_the_pod_or_the_container_forbids_it() {
        let root = Some("container has runAsNonRoot and image will run as root".to_string());
        assert_eq!(judge("{}", "{}", ""), None);
        assert_eq!(judge(r#"{"runAsNonRoot":true}"#, "{}", ""), root);
        assert_eq!(judge("{}", r#"{"runAsNonRoot":true}"#, "0"), root);
        assert_eq!(judge(r#"{"runAsNonRoot":true}"#, r#"{"runAsNonRoot":false}"#, ""), None);
    }

    #[test]
    fn a_user_that_is_named_by_number_is_believed() {
        assert_eq!(judge(r#"{"runAsNonRoot":true,"runAsUser":1000}"#, "{}", ""), None);
        assert_eq!(judge(r#"{"runAsNonRoot":true}"#, "{}", "101"), None);
        let breaks = Some("container's runAsUser breaks non-root policy".to_string());
        assert_eq!(judge(r#"{"runAsNonRoot":true,"runAsUser":1000}"#, r#"{"runAsUser":0}"#, ""), breaks);
        let unsure = "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root";
        assert_eq!(judge(r#"{"runAsNonRoot":true}"#, "{}", "app"), Some(unsure.to_string()));
    }
}
