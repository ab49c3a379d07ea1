//! What the facts behind a decision are called, in both languages: the keys of the JSON that the engine's trace keeps.

/// In English; a key that nobody knows stays as it is, and so do the names of fields.
pub fn en(key: &str) -> &str {
    match key {
        "missing" => "missing Pods",
        "surplus" => "Pods too many",
        "mostPods" => "most Pods at once",
        "leastAvailable" => "fewest available",
        "pods" => "Pods now",
        "available" => "available now",
        "silentFor" => "silent for (s)",
        "grace" => "patience (s)",
        "lostOwners" => "owners that are gone",
        "preemptor" => "makes room for",
        "priority" => "priority of that Pod",
        "victim" => "priority of this Pod",
        other => other,
    }
}

/// In Korean.
pub fn ko(key: &str) -> &str {
    match key {
        "wanted" => "원하는 수",
        "missing" => "모자란 파드",
        "surplus" => "남는 파드",
        "mostPods" => "한꺼번에 있을 수 있는 파드",
        "leastAvailable" => "쓸 수 있어야 하는 파드",
        "pods" => "지금 파드",
        "available" => "지금 쓸 수 있는 파드",
        "node" => "노드",
        "silentFor" => "소식이 없던 시간(초)",
        "grace" => "기다려 주는 시간(초)",
        "lostOwners" => "사라진 주인",
        "preemptor" => "자리를 받을 파드",
        "priority" => "그 파드의 우선순위",
        "victim" => "이 파드의 우선순위",
        other => other,
    }
}
