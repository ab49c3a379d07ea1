//! Whether the image is there, fetching it, and the growing pauses when it cannot be had.
use crate::host::Ailment;
use crate::images::Lookup;
use crate::kubelet::context::Context;
use crate::kubelet::worker::{Step, Worker};
use crate::kubelet::{mirror, start};
use crate::runtime::Sandbox;
use objects::Text;
use simcore::{Duration, Time};

/// Begins with a container's image. False when the container cannot go on in this sync.
pub fn begin(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text) -> bool {
    let Some(container) = worker.spec_of(name).cloned() else { return false };
    let image = container.get("image").text();
    let policy = container.get("imagePullPolicy").text();
    let found = cx.catalog.lookup(image);
    if let Lookup::Malformed(problem) = &found {
        let words = format!("Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {problem}");
        worker.note(cx, name, true, "InspectFailed", words.as_str());
        return refuse(worker, cx, name, "InvalidImageName", words);
    }
    let present = cx.store.get(image).is_some() || (mirror::is_process(&worker.pod) && *cx.host.ailment(name) != Ailment::NoImage);
    if present && policy != "Always" {
        let words = format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
        worker.note(cx, name, false, "Pulled", words);
        return start::create(worker, sandbox, cx, name);
    }
    if policy == "Never" {
        let words = format!("Container image \"{image}\" is not present with pull policy of Never");
        worker.note(cx, name, true, "ErrImageNeverPull", words.as_str());
        return refuse(worker, cx, name, "ErrImageNeverPull", words);
    }
    if let Some((backoff, failed_at, error)) = worker.pulls.get(image)
        && backoff.until(cx.now, *failed_at).is_some()
    {
        let words = format!("Back-off pulling image \"{image}\"");
        let whole = format!("{words}: ErrImagePull: {error}");
        worker.note(cx, name, false, "BackOff", words);
        refuse(worker, cx, name, "ImagePullBackOff", whole);
        let again = cx.now + cx.some_millis(10_000, 15_000);
        worker.sync_at = Some(worker.sync_at.filter(|at| *at > cx.now).map_or(again, |at| at.min(again)));
        return false;
    }
    worker.note(cx, name, false, "Pulling", format!("Pulling image \"{image}\""));
    let from = (*cx.pulling_until).max(cx.now);
    // What is on disk already needs only a look at the registry; a refusal is its first answer.
    let length = match &found {
        Lookup::Found(image) if !present => image.pull,
        Lookup::Refused(_) => Duration::millis(100),
        _ => Duration::millis(200),
    };
    let until = from + length + cx.some_millis(0, 20);
    *cx.pulling_until = until;
    worker.step = Step::Pull { name: name.clone(), since: cx.now, from, until };
    true
}

/// Ends a pull.
pub fn pulled(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text, since: Time, from: Time) {
    let image = Text::new(worker.spec_of(name).map_or("", |container| container.get("image").text()));
    match cx.catalog.lookup(&image) {
        Lookup::Found(found) => {
            let (took, waited) = (round(cx.now.since(from)), round(cx.now.since(since)));
            let words = format!(
                "Successfully pulled image \"{image}\" in {took} ({waited} including waiting). Image size: {} bytes.",
                found.size_bytes
            );
            cx.store.insert(found);
            worker.pulls.remove(&image);
            worker.note(cx, name, false, "Pulled", words);
            if !start::create(worker, sandbox, cx, name) {
                start::next(worker, sandbox, cx);
            }
        }
        Lookup::Refused(error) | Lookup::Malformed(error) => {
            cx.journal.unpulled(cx.now, &image, &error);
            worker.note(cx, name, true, "Failed", format!("Failed to pull image \"{image}\": {error}"));
            let known = worker.pulls.entry(image.clone()).or_default();
            known.0.grow(cx.now);
            known.1 = cx.now;
            known.2 = error.clone();
            refuse(worker, cx, name, "ErrImagePull", error);
            start::next(worker, sandbox, cx);
        }
    }
}

/// Whole milliseconds, as the kubelet prints these spans.
fn round(span: Duration) -> Duration {
    Duration::millis(span.as_millis())
}

fn refuse(worker: &mut Worker, cx: &mut Context, name: &Text, reason: &'static str, message: String) -> bool {
    worker.note(cx, name, true, "Failed", format!("Error: {reason}"));
    worker.wait(cx, name, reason, message);
    worker.failed = true;
    false
}
