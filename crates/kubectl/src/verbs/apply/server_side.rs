//! `kubectl apply --server-side`: the whole object as an apply patch; the server merges and watches over ownership.
use crate::args::Args;
use crate::client::{self, Info};
use crate::job::{Io, Stop, server_words_about};
use objects::wire::{self, PatchKind};

const ADVICE: &str = "Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

pub fn apply(args: &Args, io: &mut Io, mut info: Info, dry: &str, validation: &str) -> Result<super::Applied, Stop> {
    if info.name.is_empty() {
        return Err(Stop::error("metadata.name is required for server-side apply"));
    }
    let mut send = client::request(args, wire::Verb::Patch(PatchKind::Apply), &info.served, &info.namespace, &info.name).body(&info.tree);
    send.options.field_manager = if args.given("field-manager") { args.text("field-manager").to_string() } else { "kubectl".to_string() };
    send.options.force = args.is("force-conflicts");
    send.options.field_validation = validation.to_string();
    send.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
    let response = io.send(send)?;
    if !response.is_ok() {
        let conflict = response.tree().get("reason").text() == "Conflict" && !response.tree().at(&["details", "causes"]).is_empty();
        let words = if response.code == 415 {
            format!("error: Server-side apply not available on the server: ({})", response.tree().get("message").text())
        } else if conflict {
            format!("error: {}\n{ADVICE}", response.tree().get("message").text())
        } else {
            server_words_about(&response, "patching", &info.source)
        };
        return Err(Stop::plain(words));
    }
    info.tree = client::info(&info.served, response.tree().clone()).tree;
    Ok((info, "serverside-applied"))
}
