//! An API server as a client on the wire meets it.
use apiserver::http::parse;
use apiserver::{ApiServer, Outcome};
use objects::wire::Response;
use simcore::Time;

pub struct Server(pub ApiServer);

impl Server {
    /// With objects that are there from the start, by path and body.
    pub fn with(objects: &[(&str, &str)]) -> Server {
        let mut server = Server(ApiServer::new(7));
        for (path, body) in objects {
            assert_eq!(server.send("POST", path, "", body).code, 201);
        }
        server
    }

    pub fn send(&mut self, method: &str, path: &str, content: &str, body: &str) -> Response {
        let headers = [("Content-Type".to_string(), content.to_string())];
        let request = match parse(method, path, &headers, body.as_bytes()) {
            Ok(request) => request,
            Err(response) => return *response,
        };
        match self.0.handle(Time::START, &request) {
            Outcome::When { response, .. } => {
                self.0.store.begin_sync();
                self.0.store.end_sync();
                response
            }
            Outcome::Now(response) => response,
            Outcome::Kubelet { .. } => panic!("not a matter of the node"),
        }
    }
}
