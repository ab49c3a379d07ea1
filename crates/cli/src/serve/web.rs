//! HTTP from real clients into the simulated network: a request is asked there, and its answer handed back.
use super::engine::{Door, Order};
use super::stream::Reply;
use cluster::traffic::{Ask, Url};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use objects::Text;
use objects::wire::Body;
use simcore::Duration;
use std::io;
use std::sync::mpsc::Sender;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

/// Answers one connection's requests, which all go through `door`.
pub async fn serve(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, door: Door, orders: Sender<Order>) {
    let service = hyper::service::service_fn(move |request| answer(request, door.clone(), orders.clone()));
    // A connection that breaks off is the client's affair.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(io), service).await;
}

/// An error closes the connection without an answer: what a broken request in the cluster comes to here.
async fn answer(request: Request<Incoming>, door: Door, orders: Sender<Order>) -> io::Result<Response<Reply>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = Url { secure: false, host: Text::default(), port: door.port(), path: Text::new(path) };
    let header =
        |(name, value): (&HeaderName, &HeaderValue)| (Text::new(name.as_str()), Text::new(String::from_utf8_lossy(value.as_bytes())));
    let headers = request.headers().iter().map(header).collect();
    let ask = Ask { method: Text::new(request.method().as_str()), headers, limit: Duration::secs(60), ..Ask::get(url) };
    let gone = |words: &str| io::Error::new(io::ErrorKind::ConnectionReset, words.to_string());
    let (answer, heard) = oneshot::channel();
    orders.send(Order::Fetch { door, ask: Box::new(ask), answer }).map_err(|_| gone("the cluster has ended"))?;
    let heard = heard.await.map_err(|_| gone("the cluster has ended"))?;
    let Body::Text(text) = heard.body else { return Err(gone("no text")) };
    if heard.code == 0 {
        return Err(gone(&text));
    }
    let mut response = Response::new(Reply::whole(text));
    *response.status_mut() = StatusCode::from_u16(heard.code).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in heard.warnings.iter().filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}
