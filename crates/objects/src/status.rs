//! The API's answer when something is wrong, in upstream's words (apimachinery `api/errors`).
use crate::{Tree, map};

/// A failure as a value: HTTP code, reason, message and details of `metav1.Status`.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub code: u16,
    /// `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `BadRequest`, `Forbidden`, `Expired`, …
    pub reason: &'static str,
    pub message: String,
    /// `details` of the Status object; null when there are none.
    pub details: Tree,
}

/// One broken field of an `Invalid` answer.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// `FieldValueInvalid`, `FieldValueRequired`, `FieldValueNotSupported`, `FieldValueForbidden`, `FieldValueDuplicate`, …
    pub cause: &'static str,
    /// `spec.containers[0].name`
    pub field: String,
    /// The part after the field: `Required value: must not be empty`.
    pub message: String,
}

impl Status {
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Status {
        Status { code, reason, message: message.into(), details: Tree::Null }
    }

    /// `pods "web" not found`. `resource` is `pods` or `deployments.apps`.
    pub fn not_found(resource: &str, name: &str) -> Status {
        Status::new(404, "NotFound", format!("{resource} \"{name}\" not found")).about(resource, name)
    }

    pub fn already_exists(resource: &str, name: &str) -> Status {
        Status::new(409, "AlreadyExists", format!("{resource} \"{name}\" already exists")).about(resource, name)
    }

    /// `Operation cannot be fulfilled on …: why`
    pub fn conflict(resource: &str, name: &str, why: &str) -> Status {
        Status::new(409, "Conflict", format!("Operation cannot be fulfilled on {resource} \"{name}\": {why}")).about(resource, name)
    }

    pub fn bad_request(message: impl Into<String>) -> Status {
        Status::new(400, "BadRequest", message)
    }

    pub fn forbidden(resource: &str, name: &str, why: &str) -> Status {
        Status::new(403, "Forbidden", format!("{resource} \"{name}\" is forbidden: {why}")).about(resource, name)
    }

    /// 410 Gone: a list or watch from a revision that compaction has taken.
    pub fn expired(message: impl Into<String>) -> Status {
        Status::new(410, "Expired", message)
    }

    pub fn method_not_allowed(message: impl Into<String>) -> Status {
        Status { details: map! {}, ..Status::new(405, "MethodNotAllowed", message) }
    }

    /// 422 with each broken field. `kind` is the kind with its group: `Pod`, `Deployment.apps`.
    pub fn invalid(kind: &str, name: &str, errors: &[FieldError]) -> Status {
        let words: Vec<String> = errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
        let all = if words.len() == 1 { words[0].clone() } else { format!("[{}]", words.join(", ")) };
        let mut status = Status::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {all}")).about(kind, name);
        let causes: Vec<Tree> =
            errors.iter().map(|e| map! {"reason": e.cause, "message": e.message.as_str(), "field": e.field.as_str()}).collect();
        status.details.set(&["causes"], causes);
        // Upstream names the kind here, and the resource in the other answers.
        let bare = kind.split('.').next().unwrap_or(kind).to_string();
        status.details.set(&["kind"], bare);
        status
    }

    /// Adds `details.name`, `details.kind` (the plural) and `details.group` from `deployments.apps`.
    pub fn about(mut self, resource: &str, name: &str) -> Status {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let mut details = map! {"kind": plural};
        if !name.is_empty() {
            details.set(&["name"], name);
        }
        if !group.is_empty() {
            details.set(&["group"], group);
        }
        self.details = details;
        self
    }

    /// The Status object on the wire.
    pub fn to_tree(&self) -> Tree {
        let mut tree = map! {
            "apiVersion": "v1", "kind": "Status", "metadata": map! {}, "status": "Failure",
            "message": self.message.as_str(), "code": i64::from(self.code),
        };
        if !self.reason.is_empty() {
            tree.set(&["reason"], self.reason);
        }
        if !self.details.is_null() {
            tree.set(&["details"], &self.details);
        }
        tree
    }

    /// The Status of a finished deletion and the like.
    pub fn success(resource: &str, name: &str, uid: &str) -> Tree {
        let details = Status::new(200, "", "").about(resource, name).details;
        let mut tree = map! {"apiVersion": "v1", "kind": "Status", "metadata": map! {}, "status": "Success", "details": details};
        if !uid.is_empty() {
            tree.set(&["details", "uid"], uid);
        }
        tree
    }

    /// Causes by field, for `details.causes`.
    pub fn causes(&self) -> &[Tree] {
        self.details.get("causes").items()
    }
}

impl FieldError {
    pub fn new(cause: &'static str, field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { cause, field: field.into(), message: message.into() }
    }

    /// `Required value`, with upstream's detail after a colon where there is one.
    pub fn required(field: impl Into<String>, detail: &str) -> FieldError {
        let message = if detail.is_empty() { "Required value".to_string() } else { format!("Required value: {detail}") };
        FieldError::new("FieldValueRequired", field, message)
    }

    /// `Invalid value: "x": detail`. `value` is printed as compact JSON, as upstream does.
    pub fn invalid(field: impl Into<String>, value: &Tree, detail: &str) -> FieldError {
        FieldError::new("FieldValueInvalid", field, format!("Invalid value: {}: {detail}", value.to_json()))
    }

    pub fn duplicate(field: impl Into<String>, value: &Tree) -> FieldError {
        FieldError::new("FieldValueDuplicate", field, format!("Duplicate value: {}", value.to_json()))
    }

    pub fn forbidden(field: impl Into<String>, detail: &str) -> FieldError {
        FieldError::new("FieldValueForbidden", field, format!("Forbidden: {detail}"))
    }

    /// `Unsupported value: "x": supported values: "a", "b"`
    pub fn not_supported(field: impl Into<String>, value: &Tree, supported: &[&str]) -> FieldError {
        let words: Vec<String> = supported.iter().map(|word| format!("\"{word}\"")).collect();
        let message = format!("Unsupported value: {}: supported values: {}", value.to_json(), words.join(", "));
        FieldError::new("FieldValueNotSupported", field, message)
    }
}
