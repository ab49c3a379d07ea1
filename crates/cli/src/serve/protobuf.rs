//! Reads the protobuf bodies that kubectl's own typed clients send (`create deployment`, `create service`, …).
//!
//! Field numbers are those of upstream's `generated.proto` files. Only what these clients send is known.
use objects::{Map, Text, Tree, base64};

/// How a field's bytes are read.
enum Kind {
    Text,
    Texts,
    /// Left out when zero, as its JSON is.
    Number,
    /// Zero means something: a pointer upstream.
    Count,
    Flag,
    Object(Message),
    Objects(Message),
    /// A message whose fields stand in the object itself.
    Inner(Message),
    Pairs,
    BytePairs,
    IntOrText,
    /// Set by the server, or empty in a new object.
    Ignored,
}

struct Field(u64, &'static str, Kind);

type Message = &'static [Field];

static METADATA: Message = &[
    Field(1, "name", Kind::Text),
    Field(2, "generateName", Kind::Text),
    Field(3, "namespace", Kind::Text),
    Field(4, "selfLink", Kind::Ignored),
    Field(5, "uid", Kind::Text),
    Field(6, "resourceVersion", Kind::Text),
    Field(7, "generation", Kind::Ignored),
    Field(8, "creationTimestamp", Kind::Ignored),
    Field(11, "labels", Kind::Pairs),
    Field(12, "annotations", Kind::Pairs),
    Field(14, "finalizers", Kind::Texts),
];
static SELECTOR: Message = &[Field(1, "matchLabels", Kind::Pairs)];
static PORT: Message = &[
    Field(1, "name", Kind::Text),
    Field(2, "hostPort", Kind::Number),
    Field(3, "containerPort", Kind::Number),
    Field(4, "protocol", Kind::Text),
    Field(5, "hostIP", Kind::Text),
];
static CONTAINER: Message = &[
    Field(1, "name", Kind::Text),
    Field(2, "image", Kind::Text),
    Field(3, "command", Kind::Texts),
    Field(4, "args", Kind::Texts),
    Field(5, "workingDir", Kind::Text),
    Field(6, "ports", Kind::Objects(PORT)),
    Field(7, "env", Kind::Objects(&[Field(1, "name", Kind::Text), Field(2, "value", Kind::Text)])),
    Field(8, "resources", Kind::Object(&[])),
    Field(
        9,
        "volumeMounts",
        Kind::Objects(&[Field(1, "name", Kind::Text), Field(2, "readOnly", Kind::Flag), Field(3, "mountPath", Kind::Text)]),
    ),
    Field(13, "terminationMessagePath", Kind::Text),
    Field(14, "imagePullPolicy", Kind::Text),
    Field(
        15,
        "securityContext",
        Kind::Object(&[
            Field(1, "capabilities", Kind::Object(&[Field(1, "add", Kind::Texts), Field(2, "drop", Kind::Texts)])),
            Field(2, "privileged", Kind::Flag),
        ]),
    ),
    Field(16, "stdin", Kind::Flag),
    Field(17, "stdinOnce", Kind::Flag),
    Field(18, "tty", Kind::Flag),
    Field(20, "terminationMessagePolicy", Kind::Text),
];
static VOLUME: Message = &[
    Field(1, "name", Kind::Text),
    Field(2, "source", Kind::Inner(&[Field(1, "hostPath", Kind::Object(&[Field(1, "path", Kind::Text), Field(2, "type", Kind::Text)]))])),
];
static TOLERATION: Message = &[
    Field(1, "key", Kind::Text),
    Field(2, "operator", Kind::Text),
    Field(3, "value", Kind::Text),
    Field(4, "effect", Kind::Text),
    Field(5, "tolerationSeconds", Kind::Count),
];
static POD_SPEC: Message = &[
    Field(1, "volumes", Kind::Objects(VOLUME)),
    Field(2, "containers", Kind::Objects(CONTAINER)),
    Field(3, "restartPolicy", Kind::Text),
    Field(4, "terminationGracePeriodSeconds", Kind::Count),
    Field(6, "dnsPolicy", Kind::Text),
    Field(7, "nodeSelector", Kind::Pairs),
    Field(8, "serviceAccountName", Kind::Text),
    Field(9, "serviceAccount", Kind::Text),
    Field(10, "nodeName", Kind::Text),
    Field(11, "hostNetwork", Kind::Flag),
    Field(12, "hostPID", Kind::Flag),
    Field(13, "hostIPC", Kind::Flag),
    Field(14, "securityContext", Kind::Object(&[])),
    Field(16, "hostname", Kind::Text),
    Field(17, "subdomain", Kind::Text),
    Field(19, "schedulerName", Kind::Text),
    Field(22, "tolerations", Kind::Objects(TOLERATION)),
    Field(24, "priorityClassName", Kind::Text),
];
static TEMPLATE: Message = &[Field(1, "metadata", Kind::Object(METADATA)), Field(2, "spec", Kind::Object(POD_SPEC))];
static DEPLOYMENT_SPEC: Message = &[
    Field(1, "replicas", Kind::Count),
    Field(2, "selector", Kind::Object(SELECTOR)),
    Field(3, "template", Kind::Object(TEMPLATE)),
    Field(4, "strategy", Kind::Object(&[Field(1, "type", Kind::Text)])),
    Field(5, "minReadySeconds", Kind::Number),
    Field(6, "revisionHistoryLimit", Kind::Count),
    Field(7, "paused", Kind::Flag),
    Field(9, "progressDeadlineSeconds", Kind::Count),
];
static SERVICE_PORT: Message = &[
    Field(1, "name", Kind::Text),
    Field(2, "protocol", Kind::Text),
    Field(3, "port", Kind::Number),
    Field(4, "targetPort", Kind::IntOrText),
    Field(5, "nodePort", Kind::Number),
];
static SERVICE_SPEC: Message = &[
    Field(1, "ports", Kind::Objects(SERVICE_PORT)),
    Field(2, "selector", Kind::Pairs),
    Field(3, "clusterIP", Kind::Text),
    Field(4, "type", Kind::Text),
    Field(5, "externalIPs", Kind::Texts),
    Field(7, "sessionAffinity", Kind::Text),
    Field(8, "loadBalancerIP", Kind::Text),
    Field(10, "externalName", Kind::Text),
    Field(11, "externalTrafficPolicy", Kind::Text),
    Field(12, "healthCheckNodePort", Kind::Number),
    Field(13, "publishNotReadyAddresses", Kind::Flag),
];
static ATTRIBUTES: Message = &[
    Field(1, "namespace", Kind::Text),
    Field(2, "verb", Kind::Text),
    Field(3, "group", Kind::Text),
    Field(4, "version", Kind::Text),
    Field(5, "resource", Kind::Text),
    Field(6, "subresource", Kind::Text),
    Field(7, "name", Kind::Text),
];
static ACCESS_SPEC: Message = &[
    Field(1, "resourceAttributes", Kind::Object(ATTRIBUTES)),
    Field(2, "nonResourceAttributes", Kind::Object(&[Field(1, "path", Kind::Text), Field(2, "verb", Kind::Text)])),
];

static BACKEND: Message = &[Field(
    4,
    "service",
    Kind::Object(&[
        Field(1, "name", Kind::Text),
        Field(2, "port", Kind::Object(&[Field(1, "name", Kind::Text), Field(2, "number", Kind::Number)])),
    ]),
)];
static INGRESS_PATH: Message =
    &[Field(1, "path", Kind::Text), Field(3, "pathType", Kind::Text), Field(2, "backend", Kind::Object(BACKEND))];
static INGRESS_RULE: Message = &[
    Field(1, "host", Kind::Text),
    Field(
        2,
        "http",
        // An embedded message upstream: the rule's value, then its http.
        Kind::Inner(&[Field(1, "http", Kind::Object(&[Field(1, "paths", Kind::Objects(INGRESS_PATH))]))]),
    ),
];
static INGRESS_SPEC: Message = &[
    Field(4, "ingressClassName", Kind::Text),
    Field(1, "defaultBackend", Kind::Object(BACKEND)),
    Field(2, "tls", Kind::Objects(&[Field(1, "hosts", Kind::Texts), Field(2, "secretName", Kind::Text)])),
    Field(3, "rules", Kind::Objects(INGRESS_RULE)),
];
/// An object of metadata, a spec, and a status that a client does not set.
const fn specified(spec: Message) -> [Field; 3] {
    [Field(1, "metadata", Kind::Object(METADATA)), Field(2, "spec", Kind::Object(spec)), Field(3, "status", Kind::Ignored)]
}

/// The kinds that kubectl creates in this form.
static KINDS: &[(&str, Message)] = &[
    ("Deployment", &specified(DEPLOYMENT_SPEC)),
    ("Service", &specified(SERVICE_SPEC)),
    (
        "ConfigMap",
        &[
            Field(1, "metadata", Kind::Object(METADATA)),
            Field(2, "data", Kind::Pairs),
            Field(3, "binaryData", Kind::BytePairs),
            Field(4, "immutable", Kind::Flag),
        ],
    ),
    (
        "Secret",
        &[
            Field(1, "metadata", Kind::Object(METADATA)),
            Field(2, "data", Kind::BytePairs),
            Field(3, "type", Kind::Text),
            Field(4, "stringData", Kind::Pairs),
            Field(5, "immutable", Kind::Flag),
        ],
    ),
    ("Ingress", &specified(INGRESS_SPEC)),
    (
        "PriorityClass",
        &[
            Field(1, "metadata", Kind::Object(METADATA)),
            Field(2, "value", Kind::Count),
            Field(3, "globalDefault", Kind::Flag),
            Field(4, "description", Kind::Text),
            Field(5, "preemptionPolicy", Kind::Text),
        ],
    ),
    ("Pod", &specified(POD_SPEC)),
    ("Namespace", &specified(&[])),
    ("ServiceAccount", &[Field(1, "metadata", Kind::Object(METADATA))]),
    ("SelfSubjectAccessReview", &specified(ACCESS_SPEC)),
    (
        "SelfSubjectRulesReview",
        &[
            Field(1, "metadata", Kind::Object(METADATA)),
            Field(2, "spec", Kind::Object(&[Field(1, "namespace", Kind::Text)])),
            Field(3, "status", Kind::Ignored),
        ],
    ),
    ("TokenRequest", &specified(TOKEN_SPEC)),
    ("SelfSubjectReview", &[Field(1, "metadata", Kind::Object(METADATA)), Field(2, "status", Kind::Ignored)]),
];

static TOKEN_SPEC: Message = &[
    Field(1, "audiences", Kind::Texts),
    Field(
        3,
        "boundObjectRef",
        Kind::Object(&[
            Field(1, "kind", Kind::Text),
            Field(2, "apiVersion", Kind::Text),
            Field(3, "name", Kind::Text),
            Field(4, "uid", Kind::Text),
        ]),
    ),
    Field(4, "expirationSeconds", Kind::Count),
];

/// Whether it is an object in protobuf, of whatever kind.
pub fn is_object(body: &[u8]) -> bool {
    envelope(body).is_some()
}

/// An object as a tree; `None` for a kind that is not known here, or bytes that make no sense.
pub fn read(body: &[u8]) -> Option<Tree> {
    let (api_version, kind, raw) = envelope(body)?;
    let fields = KINDS.iter().find(|(known, _)| *known == kind)?.1;
    let mut object = message(raw, fields)?;
    object.insert("apiVersion", api_version);
    object.insert("kind", kind);
    Some(object.into())
}

/// What stands in the envelope: `k8s` and a zero byte, then `runtime.Unknown` with the object's type and bytes.
fn envelope(body: &[u8]) -> Option<(String, String, &[u8])> {
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    walk(body.strip_prefix(b"k8s\0")?, |number, value| {
        match number {
            1 => walk(value.bytes()?, |number, value| {
                match number {
                    1 => api_version = value.text()?,
                    2 => kind = value.text()?,
                    _ => return None,
                }
                Some(())
            })?,
            2 => raw = value.bytes()?,
            _ => {}
        }
        Some(())
    })?;
    Some((api_version, kind, raw))
}

fn message(bytes: &[u8], fields: Message) -> Option<Map> {
    let mut object = Map::default();
    walk(bytes, |number, value| {
        let Field(_, name, kind) = fields.iter().find(|field| field.0 == number)?;
        put(&mut object, name, kind, &value)
    })?;
    Some(object)
}

fn put(object: &mut Map, name: &str, kind: &Kind, value: &Value) -> Option<()> {
    match kind {
        Kind::Ignored => {}
        Kind::Text => keep(object, name, value.text()?.is_empty(), value.text()?),
        Kind::Texts => object.entry(name).list_mut().push(value.text()?.into()),
        Kind::Number => keep(object, name, value.number()? == 0, value.number()?),
        Kind::Count => keep(object, name, false, value.number()?),
        Kind::Flag => keep(object, name, value.number()? == 0, true),
        Kind::Object(fields) => {
            let inner = message(value.bytes()?, fields)?;
            keep(object, name, inner.is_empty(), inner);
        }
        Kind::Inner(fields) => {
            for (name, inner) in message(value.bytes()?, fields)?.iter() {
                object.insert(name.clone(), inner.clone());
            }
        }
        Kind::Objects(fields) => object.entry(name).list_mut().push(message(value.bytes()?, fields)?.into()),
        Kind::Pairs | Kind::BytePairs => {
            let (key, bytes) = pair(value.bytes()?)?;
            let text = if matches!(kind, Kind::Pairs) { String::from_utf8(bytes.to_vec()).ok()? } else { base64::encode(bytes) };
            object.entry(name).map_mut().insert(Text::new(key), text);
        }
        Kind::IntOrText => {
            let inner =
                message(value.bytes()?, &[Field(1, "type", Kind::Count), Field(2, "int", Kind::Count), Field(3, "text", Kind::Text)])?;
            let is_text = inner.get("type").is_some_and(|kind| kind.int_or(0) == 1);
            let chosen = inner.get(if is_text { "text" } else { "int" }).cloned().unwrap_or_default();
            keep(object, name, chosen.is_empty() || chosen.int_or(1) == 0, chosen);
        }
    }
    Some(())
}

fn keep(object: &mut Map, name: &str, empty: bool, value: impl Into<Tree>) {
    if !empty {
        object.insert(Text::new(name), value);
    }
}

fn pair(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (mut key, mut found) = (String::new(), &[][..]);
    walk(bytes, |number, value| {
        match number {
            1 => key = value.text()?,
            2 => found = value.bytes()?,
            _ => return None,
        }
        Some(())
    })?;
    Some((key, found))
}

/// Gives every field of a message to `take`; `None` where the bytes make no sense or `take` finds none in them.
fn walk<'a>(bytes: &'a [u8], mut take: impl FnMut(u64, Value<'a>) -> Option<()>) -> Option<()> {
    let mut wire = Wire(bytes);
    while let Some((number, value)) = wire.next()? {
        take(number, value)?;
    }
    Some(())
}

/// What is left to read of a message.
struct Wire<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    /// The next field; `Some(None)` at the end, `None` where the bytes make no sense.
    fn next(&mut self) -> Option<Option<(u64, Value<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            _ => return None,
        };
        Some(Some((tag >> 3, value)))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for place in 0..10 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

impl<'a> Value<'a> {
    fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            Value::Number(_) => None,
        }
    }

    fn text(&self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn number(&self) -> Option<i64> {
        match self {
            Value::Number(number) => Some(*number as i64),
            Value::Bytes(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_config_map_and_refuses_noise() {
        let mut body = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x10".to_vec();
        body.extend(b"\x0a\x06\x0a\x01a\x12\x01b\x12\x06\x0a\x01k\x12\x01v");
        let tree = read(&body).map(|tree| tree.to_json());
        assert_eq!(
            tree.as_deref(),
            Some(r#"{"apiVersion":"v1","data":{"k":"v"},"kind":"ConfigMap","metadata":{"generateName":"b","name":"a"}}"#)
        );
        assert!(read(&body[..20]).is_none() && read(b"k8s\0\xff\xff").is_none() && read(b"{}").is_none());
    }
}
