//! What the server says of itself: versions, groups, resources, health.
use objects::wire::{Request, Response};
use objects::Status;

/// Answers a path that is no resource.
pub(crate) fn answer(path: &str, _request: &Request) -> Response {
    match path {
        "/healthz" | "/livez" | "/readyz" => Response::text("ok"),
        _ => Response::from(Status::new(404, "NotFound", "the server could not find the requested resource")),
    }
}
