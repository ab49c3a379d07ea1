//! Every Pod runs as a service account and gets its token as a volume (`ServiceAccount`).
use crate::exchange::Exchange;
use objects::{Status, Text, Tree, kinds, list, map};
use std::sync::LazyLock;

const MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The projected volume's content, the same in every Pod.
static TOKEN: LazyLock<Tree> = LazyLock::new(|| {
    map! {
        "defaultMode": 420i64,
        "sources": list![
            map! {"serviceAccountToken": map! {"expirationSeconds": 3607i64, "path": "token"}},
            map! {"configMap": map! {"items": list![map! {"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
            map! {"downwardAPI": map! {"items": list![map! {
                "fieldRef": map! {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]}},
        ],
    }
});

pub(super) fn mount(x: &mut Exchange) -> Result<(), Status> {
    let mirror = x.new.at(&["metadata", "annotations"]).has("kubernetes.io/config.mirror");
    if x.kind != kinds::POD || !x.creates || mirror || !matches!(x.new.get("spec"), Tree::Map(_)) {
        return Ok(());
    }
    let mut name = x.new.at(&["spec", "serviceAccountName"]).as_text().cloned().unwrap_or_default();
    if name.is_empty() {
        name = Text::new_static("default");
        let spec = x.new.edit(&["spec"]).map_mut();
        spec.insert(Text::new_static("serviceAccountName"), name.clone());
        spec.insert(Text::new_static("serviceAccount"), name.clone());
    }
    let Some(account) = x.server.store.tail().find(kinds::SERVICE_ACCOUNT, &x.namespace, &name).cloned() else {
        let why = format!("error looking up service account {}/{name}: serviceaccount \"{name}\" not found", x.namespace);
        return Err(Status::forbidden("pods", &x.name, &why));
    };
    let secrets = account.tree.get("imagePullSecrets");
    if !secrets.is_empty() && x.new.at(&["spec", "imagePullSecrets"]).is_empty() {
        x.new.set(&["spec", "imagePullSecrets"], secrets);
    }
    let wanted = [x.new.at(&["spec", "automountServiceAccountToken"]), account.tree.get("automountServiceAccountToken")];
    if wanted.iter().find_map(|choice| choice.as_bool()).unwrap_or(true) {
        mount_token(x);
    }
    Ok(())
}

fn mount_token(x: &mut Exchange) {
    let spec = x.new.get("spec");
    let all = || spec.get("containers").items().iter().chain(spec.get("initContainers").items());
    if all().all(is_mounted) {
        return;
    }
    let volume = Text::from(format!("kube-api-access-{}", simcore::name_suffix(&mut x.server.rng, 5)));
    let point = map! {"mountPath": Text::new_static(MOUNT), "name": &volume, "readOnly": true};
    let spec = x.new.edit(&["spec"]);
    for key in ["containers", "initContainers"] {
        crate::fill::each(spec, key, |container| {
            if matches!(container, Tree::Map(_)) && !is_mounted(container) {
                container.map_mut().entry("volumeMounts").list_mut().push(point.clone());
            }
        });
    }
    spec.map_mut().entry("volumes").list_mut().push(map! {"name": volume, "projected": &*TOKEN});
}

fn is_mounted(container: &Tree) -> bool {
    container.get("volumeMounts").items().iter().any(|mount| mount.get("mountPath").text() == MOUNT)
}
