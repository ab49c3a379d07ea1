//! Custom resources: held against their schema as an API server holds them, with the words of its OpenAPI validation.
use super::path::{Faults, Path};
use super::words;
use objects::schema::{Definition, Type};
use objects::{FieldError, KindId, Tree, schema};

/// What a field may hold, beyond what the schema table knows of it.
enum Limit {
    Range(i64, i64),
    Items(usize, usize),
    Length(usize, usize),
    /// A test of a text (or of each text of a list), and the expression that upstream names.
    Shape(fn(&str) -> bool, &'static str),
}

use Limit::{Items, Length, Range, Shape};

const PORT: Limit = Range(1, 65_535);
const NAME: Limit = Length(1, 253);
const SUBDOMAIN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const HOST: &str = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const CONTROLLER: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$";
const DURATION: &str = r"^([0-9]{1,5}(h|m|s|ms)){1,4}$";

/// Definition, field, limit.
static LIMITS: &[(&str, &str, Limit)] = &[
    ("GatewayClassSpec", "controllerName", NAME),
    ("GatewayClassSpec", "controllerName", Shape(controller, CONTROLLER)),
    ("GatewayClassSpec", "description", Length(0, 64)),
    ("GatewaySpec", "gatewayClassName", NAME),
    ("GatewaySpec", "listeners", Items(1, 64)),
    ("GatewaySpec", "addresses", Items(0, 16)),
    ("Listener", "name", NAME),
    ("Listener", "name", Shape(subdomain, SUBDOMAIN)),
    ("Listener", "hostname", NAME),
    ("Listener", "hostname", Shape(host, HOST)),
    ("Listener", "port", PORT),
    ("ListenerTLSConfig", "certificateRefs", Items(0, 64)),
    ("SecretObjectReference", "name", NAME),
    ("ParentReference", "name", NAME),
    ("ParentReference", "sectionName", Shape(subdomain, SUBDOMAIN)),
    ("ParentReference", "port", PORT),
    ("HTTPRouteSpec", "parentRefs", Items(0, 32)),
    ("HTTPRouteSpec", "hostnames", Items(0, 16)),
    ("HTTPRouteSpec", "hostnames", Shape(host, HOST)),
    ("HTTPRouteSpec", "rules", Items(1, 16)),
    ("HTTPRouteRule", "matches", Items(0, 64)),
    ("HTTPRouteRule", "filters", Items(0, 16)),
    ("HTTPRouteRule", "backendRefs", Items(0, 16)),
    ("HTTPPathMatch", "value", Length(0, 1024)),
    ("HTTPBackendRef", "name", NAME),
    ("HTTPBackendRef", "port", PORT),
    ("HTTPBackendRef", "weight", Range(0, 1_000_000)),
    ("BackendObjectReference", "name", NAME),
    ("BackendObjectReference", "port", PORT),
    ("HTTPRequestRedirectFilter", "port", PORT),
    ("HTTPRouteTimeouts", "request", Shape(duration, DURATION)),
    ("HTTPRouteTimeouts", "backendRequest", Shape(duration, DURATION)),
    ("ReferenceGrantSpec", "from", Items(1, 16)),
    ("ReferenceGrantSpec", "to", Items(1, 16)),
    ("ReferenceGrantFrom", "namespace", Length(1, 63)),
];

fn subdomain(text: &str) -> bool {
    words::subdomain(text).is_empty()
}

fn host(text: &str) -> bool {
    subdomain(text.strip_prefix("*.").unwrap_or(text))
}

fn controller(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    text.split_once('/').is_some_and(|(domain, path)| subdomain(domain) && !path.is_empty() && path.bytes().all(fits))
}

/// `1h30m`, `500ms`: up to four numbers with units.
fn duration(text: &str) -> bool {
    let (mut rest, mut parts) = (text, 0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = ["ms", "h", "m", "s"].into_iter().find(|unit| rest[digits..].starts_with(unit));
        let Some(unit) = unit.filter(|_| (1..=5).contains(&digits)) else { return false };
        rest = &rest[digits + unit.len()..];
        parts += 1;
    }
    (1..=4).contains(&parts)
}

/// Everything that the schema of a kind says against an object. The rules that look at several fields (`rules`) are asked
/// only where nothing that is missing, too long or unknown stands in their way.
pub(super) fn resource(kind: KindId, tree: &Tree, faults: &mut Faults, rules: fn(&Tree, &mut Faults)) {
    for field in schema::of_kind(kind).fields {
        if field.name != "metadata" {
            member(schema::of_kind(kind), field.name, tree, Path::root(field.name), faults);
        }
    }
    let blocking = ["FieldValueRequired", "FieldValueNotSupported", "FieldValueTooLong", "FieldValueTooMany"];
    if faults.0.iter().any(|fault| blocking.contains(&fault.cause)) {
        let words = "Invalid value: \"null\": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
        faults.0.push(FieldError::new("FieldValueInvalid", "<nil>", words));
    } else {
        rules(tree, faults);
    }
}

fn object(definition: &'static Definition, tree: &Tree, path: Path, faults: &mut Faults) {
    for field in definition.fields {
        member(definition, field.name, tree, path.field(field.name), faults);
    }
}

fn member(definition: &'static Definition, name: &str, tree: &Tree, path: Path, faults: &mut Faults) {
    let (Some(field), value) = (definition.field(name), tree.get(name)) else { return };
    if value.is_null() {
        if field.required {
            faults.required(path, "");
        }
        return;
    }
    for (_, _, limit) in LIMITS.iter().filter(|row| row.0 == definition.short() && row.1 == name) {
        check(limit, value, path, faults);
    }
    if !field.values.is_empty() {
        faults.one_of(path, value, field.values);
    }
    match field.ty {
        Type::Object(_) => {
            if let Some(inner) = field.ty.definition().filter(|inner| inner.name.starts_with("io.k8s.networking.gateway.")) {
                object(inner, value, path, faults);
            }
        }
        Type::Array(item) => {
            for (at, one) in value.items().iter().enumerate() {
                if let Some(inner) = item.definition() {
                    object(inner, one, path.item(at), faults);
                }
                keys_once(field.keys, &value.items()[..at], one, path.item(at), faults);
            }
        }
        _ => {}
    }
}

/// Items of a list that is a map tell themselves apart by their keys.
fn keys_once(keys: &[&'static str], before: &[Tree], item: &Tree, path: Path, faults: &mut Faults) {
    let same = |other: &Tree| keys.iter().all(|key| other.get(key) == item.get(key));
    if !keys.is_empty() && before.iter().any(same) {
        let mut shown = objects::map! {};
        keys.iter().for_each(|key| shown.set(&[key], item.get(key)));
        faults.duplicate(path, shown);
    }
}

fn check(limit: &Limit, value: &Tree, path: Path, faults: &mut Faults) {
    let says = |path: &Path, words: String| format!("{} in body should {words}", path.text());
    match *limit {
        Range(first, last) => match value.as_int() {
            Some(number) if number < first => faults.invalid(path, value, says(&path, format!("be greater than or equal to {first}"))),
            Some(number) if number > last => faults.invalid(path, value, says(&path, format!("be less than or equal to {last}"))),
            _ => {}
        },
        Items(least, most) => {
            let count = value.items().len();
            if count < least {
                faults.invalid(path, count, says(&path, format!("have at least {least} items")));
            } else if count > most {
                let words = format!("Too many: {count}: must have at most {most} items");
                faults.0.push(FieldError::new("FieldValueTooMany", path.text(), words));
            }
        }
        Length(least, most) => {
            let count = value.text().chars().count();
            if count < least {
                faults.invalid(path, value, says(&path, format!("be at least {least} chars long")));
            } else if count > most {
                faults.too_long(path, most);
            }
        }
        Shape(fits, expression) => {
            if value.as_text().is_some_and(|text| !fits(text)) {
                faults.invalid(path, value, says(&path, format!("match '{expression}'")));
            }
            for (at, item) in value.items().iter().enumerate().filter(|(_, item)| !fits(item.text())) {
                let here = path.item(at);
                faults.invalid(here, item, says(&here, format!("match '{expression}'")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_numbers_with_units() {
        assert!(["10s", "1h30m", "500ms", "1h1m1s1ms"].into_iter().all(duration));
        assert!(!["", "10", "s", "1.5s", "100000s", "1s1s1s1s1s", "5d"].into_iter().any(duration));
    }
}
