//! Node ports on loopback: a real client's request goes through the simulated network to a simulated Pod.
use super::engine::Order;
use super::stream::Reply;
use cluster::traffic::{Ask, Url};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use objects::Text;
use objects::wire::Body;
use simcore::Duration;
use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::Sender;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How often it is looked for Services that came or went.
const LOOK: std::time::Duration = std::time::Duration::from_millis(500);

/// Listens on 127.0.0.1 on the node ports of all Services, for ever. A port that another program has is left to it, with a word.
pub async fn keep_open(orders: Sender<Order>) {
    let mut open: BTreeMap<u16, Option<JoinHandle<()>>> = BTreeMap::new();
    loop {
        let (answer, ports) = oneshot::channel();
        if orders.send(Order::NodePorts { answer }).is_err() {
            return;
        }
        let Ok(ports) = ports.await else { return };
        open.retain(|port, task| {
            let stays = ports.contains(port);
            task.iter().filter(|_| !stays).for_each(JoinHandle::abort);
            stays
        });
        for port in ports {
            if open.contains_key(&port) {
                continue;
            }
            let task = match TcpListener::bind(("127.0.0.1", port)).await {
                Ok(listener) => Some(tokio::spawn(accept(listener, port, orders.clone()))),
                Err(error) => {
                    eprintln!("kubarium serve: node port {port} is not served: {error}");
                    None
                }
            };
            open.insert(port, task);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn accept(listener: TcpListener, port: u16, orders: Sender<Order>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let orders = orders.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| answer(request, port, orders.clone()));
            // A connection that breaks off is the client's affair.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

/// An error closes the connection without an answer: what a refused or broken request in the cluster comes to here.
async fn answer(request: Request<Incoming>, port: u16, orders: Sender<Order>) -> io::Result<Response<Reply>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = Url { secure: false, host: Text::default(), port, path: Text::new(path) };
    let header =
        |(name, value): (&HeaderName, &HeaderValue)| (Text::new(name.as_str()), Text::new(String::from_utf8_lossy(value.as_bytes())));
    let headers = request.headers().iter().map(header).collect();
    let ask = Ask { method: Text::new(request.method().as_str()), headers, limit: Duration::secs(60), ..Ask::get(url) };
    let gone = |words: &str| io::Error::new(io::ErrorKind::ConnectionReset, words.to_string());
    let (answer, heard) = oneshot::channel();
    orders.send(Order::Fetch { ask: Box::new(ask), answer }).map_err(|_| gone("the cluster has ended"))?;
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
