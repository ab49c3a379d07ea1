//! `cargo xtask serve`: sets up, builds, and serves the page on this machine only.

use crate::setup::{self, Part};
use crate::{Outcome, build, http, process, project};
use std::net::TcpListener;

const PORT: u16 = 8080;

pub fn arguments(command: clap::Command) -> clap::Command {
    command
        .arg(
            clap::arg!(--port <PORT> "The port to listen on (8080, or a free one where that is taken)")
                .value_parser(clap::value_parser!(u16)),
        )
        .arg(clap::arg!(--watch "Rebuild on each change (trunk serve); reload the page yourself"))
        .arg(clap::arg!(--"no-build" "Serve dist/ as it is"))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let port = given.get_one::<u16>("port").copied();
    if given.get_flag("watch") {
        setup::ensure(&[Part::Rust, Part::Page])?;
        return process::run("trunk", &["serve", "--skip-version-check", "--port", &port.unwrap_or(PORT).to_string()]);
    }
    // Listened to before the build: a taken port is worth knowing at once.
    let listener = listen(port)?;
    if !given.get_flag("no-build") {
        build::build(false)?;
    }
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("\n  Kubarium is at  http://{address}/\n\n  Ctrl+C ends it.");
    http::serve(&listener, &project::dist());
    Ok(())
}

fn listen(port: Option<u16>) -> Result<TcpListener, String> {
    let wanted = port.unwrap_or(PORT);
    match TcpListener::bind(("127.0.0.1", wanted)) {
        Ok(listener) => Ok(listener),
        Err(error) if port.is_some() => {
            Err(format!("port {wanted} cannot be had: {error}. Another program may be listening there; choose another --port"))
        }
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).map_err(|error| format!("no port can be had: {error}")),
    }
}
