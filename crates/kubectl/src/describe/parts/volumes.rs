//! Volumes of a Pod or of a Pod template, by source.
use super::fields::plain;
use super::page::Page;
use objects::Tree;

/// How one source is shown: its key, its sentence, and its fields (title, key, shown when missing).
struct Source {
    key: &'static str,
    sentence: &'static str,
    fields: &'static [(&'static str, &'static str, &'static str)],
}

const SOURCES: &[Source] = &[
    Source {
        key: "hostPath",
        sentence: "HostPath (bare host directory volume)",
        fields: &[("Path", "path", ""), ("HostPathType", "type", "<none>")],
    },
    Source {
        key: "emptyDir",
        sentence: "EmptyDir (a temporary directory that shares a pod's lifetime)",
        fields: &[("Medium", "medium", ""), ("SizeLimit", "sizeLimit", "<unset>")],
    },
    Source {
        key: "secret",
        sentence: "Secret (a volume populated by a Secret)",
        fields: &[("SecretName", "secretName", ""), ("Optional", "optional", "false")],
    },
    Source {
        key: "configMap",
        sentence: "ConfigMap (a volume populated by a ConfigMap)",
        fields: &[("Name", "name", ""), ("Optional", "optional", "false")],
    },
    Source {
        key: "nfs",
        sentence: "NFS (an NFS mount that lasts the lifetime of a pod)",
        fields: &[("Server", "server", ""), ("Path", "path", ""), ("ReadOnly", "readOnly", "false")],
    },
    Source {
        key: "persistentVolumeClaim",
        sentence: "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        fields: &[("ClaimName", "claimName", ""), ("ReadOnly", "readOnly", "false")],
    },
    Source {
        key: "image",
        sentence: "Image (a container image or OCI artifact)",
        fields: &[("Reference", "reference", ""), ("PullPolicy", "pullPolicy", "")],
    },
];

/// Writes `Volumes:`; in a template everything stands further right.
pub fn volumes(page: &mut Page, volumes: &Tree, in_template: bool) {
    let (indent, before) = if in_template { ("  ", " ") } else { ("", "") };
    if volumes.items().is_empty() {
        return page.line(0, &format!("{indent}Volumes:\t<none>"));
    }
    page.line(0, &format!("{indent}Volumes:"));
    for volume in volumes.items() {
        page.line(1, &format!("{before}{}:", volume.get("name").text()));
        one(page, volume);
    }
}

fn one(page: &mut Page, volume: &Tree) {
    if let Some(source) = SOURCES.iter().find(|source| volume.has(source.key)) {
        page.field(2, "Type", source.sentence);
        for (title, key, missing) in source.fields {
            let value = volume.get(source.key).get(key);
            page.field(2, title, &if value.is_null() { (*missing).to_string() } else { plain(value) });
        }
    } else if volume.has("projected") {
        page.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
        volume.at(&["projected", "sources"]).items().iter().for_each(|source| projected(page, source));
    } else if volume.has("downwardAPI") {
        page.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
        page.line(2, "Items:");
        volume.at(&["downwardAPI", "items"]).items().iter().for_each(|item| downward(page, item));
    } else {
        page.line(1, "<unknown>");
    }
}

fn projected(page: &mut Page, source: &Tree) {
    let optional = |reference: &Tree| reference.get("optional").is_true().to_string();
    if source.has("secret") {
        page.field(2, "SecretName", source.at(&["secret", "name"]).text());
        page.field(2, "Optional", &optional(source.get("secret")));
    } else if source.has("downwardAPI") {
        page.field(2, "DownwardAPI", "true");
    } else if source.has("configMap") {
        page.field(2, "ConfigMapName", source.at(&["configMap", "name"]).text());
        page.field(2, "Optional", &optional(source.get("configMap")));
    } else if source.has("serviceAccountToken") {
        page.field(2, "TokenExpirationSeconds", &plain(source.at(&["serviceAccountToken", "expirationSeconds"])));
    }
}

fn downward(page: &mut Page, item: &Tree) {
    for (reference, key) in [("fieldRef", "fieldPath"), ("resourceFieldRef", "resource")] {
        if item.has(reference) {
            page.line(3, &format!("{} -> {}", item.get(reference).get(key).text(), item.get("path").text()));
        }
    }
}
