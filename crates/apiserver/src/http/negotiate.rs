//! Which form of the answer a client takes.
use objects::wire::Accept;

/// The first form in an `Accept` header that we have; `None` when there is none. JSON and YAML only: no protobuf.
pub(super) fn accept(header: &str) -> Option<(Accept, bool)> {
    if header.trim().is_empty() {
        return Some((Accept::Json, false));
    }
    header.split(',').find_map(one)
}

fn one(media: &str) -> Option<(Accept, bool)> {
    let mut parts = media.split(';').map(str::trim);
    let yaml = match parts.next().unwrap_or("") {
        "application/json" | "*/*" | "application/*" => false,
        "application/yaml" => true,
        _ => return None,
    };
    let mut form = Accept::Json;
    for part in parts {
        match part.split_once('=') {
            Some(("as", "Table")) => form = Accept::Table,
            Some(("as", "PartialObjectMetadata" | "PartialObjectMetadataList")) => form = Accept::Metadata,
            Some(("as", "APIGroupDiscoveryList")) => form = Accept::Discovery,
            // Only the versions that are current.
            Some(("v", version)) if version.contains("beta") => return None,
            _ => {}
        }
    }
    Some((form, yaml))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_we_have_is_taken() {
        let cases = [
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
                Accept::Table,
            ),
            ("application/vnd.kubernetes.protobuf,application/json", Accept::Json),
            ("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json", Accept::Discovery),
            ("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", Accept::Json),
            ("application/json, */*", Accept::Json),
        ];
        for (header, form) in cases {
            assert_eq!(accept(header), Some((form, false)), "{header}");
        }
        assert_eq!(accept("application/yaml"), Some((Accept::Json, true)));
        assert_eq!(accept("text/csv"), None);
    }
}
