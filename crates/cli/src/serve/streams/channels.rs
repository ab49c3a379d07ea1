//! What a client and a command say to each other, whichever wire is between them.
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// From the client.
#[derive(Debug)]
pub enum Typed {
    Bytes(Vec<u8>),
    /// Its standard input has ended.
    End,
}

/// To the client.
#[derive(Debug)]
pub enum Told {
    Out(Vec<u8>),
    Errors(Vec<u8>),
    /// How it ended: a `Status` as JSON. Nothing follows.
    Status(String),
}

/// Both directions of one command.
pub struct Channels {
    pub typed: UnboundedReceiver<Typed>,
    pub told: UnboundedSender<Told>,
}

impl Channels {
    pub fn out(&self, text: impl Into<Vec<u8>>) {
        // Who hung up needs no more.
        let _ = self.told.send(Told::Out(text.into()));
    }

    pub fn errors(&self, text: impl Into<Vec<u8>>) {
        let _ = self.told.send(Told::Errors(text.into()));
    }

    /// The command ended with this code (upstream's `NonZeroExitCode`).
    pub fn ended(&self, code: u8) {
        let status = match code {
            0 => serde_json::json!({"metadata": {}, "status": "Success"}),
            _ => serde_json::json!({
                "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
                "message": format!("command terminated with non-zero exit code: exit status {code}"),
                "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}
            }),
        };
        let _ = self.told.send(Told::Status(status.to_string()));
    }

    /// It could not be started, or not gone on with.
    pub fn failed(&self, message: &str) {
        let status = serde_json::json!({"metadata": {}, "status": "Failure", "reason": "InternalError", "message": message, "code": 500});
        let _ = self.told.send(Told::Status(status.to_string()));
    }
}
