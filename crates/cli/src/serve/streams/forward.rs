//! port-forward: pairs of streams, one for each connection of the client, that lead to a port of a Pod.
use super::super::engine::{Door, Order};
use super::super::web;
use super::connection::{Stream, carry};
use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};

/// Serves a connection of `portforward.k8s.io` until its client ends it.
pub async fn serve(io: impl AsyncRead + AsyncWrite + Send + 'static, namespace: String, pod: String, orders: Sender<Order>) {
    let (opened, mut streams) = mpsc::unbounded_channel();
    let carried = tokio::spawn(carry(io, opened));
    // A request's stream for errors comes first, then the one for data.
    let mut waiting: BTreeMap<String, Stream> = BTreeMap::new();
    while let Some(stream) = streams.recv().await {
        let request = stream.header("requestid").to_string();
        if stream.header("streamtype") != "data" {
            waiting.insert(request, stream);
            continue;
        }
        let errors = waiting.remove(&request);
        let port = stream.header("port").parse().unwrap_or(0);
        let door = Door::Pod { namespace: namespace.clone(), pod: pod.clone(), port };
        tokio::spawn(connect(door, stream, errors, orders.clone()));
    }
    let _ = carried.await;
}

/// One connection: refused in the runtime's words, or HTTP until either side ends it.
async fn connect(door: Door, stream: Stream, errors: Option<Stream>, orders: Sender<Order>) {
    let (answer, listens) = oneshot::channel();
    let asked = orders.send(Order::Listens { door: door.clone(), answer }).is_ok();
    let refusal = if asked { listens.await.unwrap_or_default() } else { Some("the cluster has ended".to_string()) };
    if let Some(words) = refusal {
        errors.iter().for_each(|errors| errors.way_back.send(words.as_bytes()));
        return;
    }
    let Stream { mut said, way_back, .. } = stream;
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (mut read, mut write) = tokio::io::split(near);
    let served = tokio::spawn(web::serve(far, door, orders));
    let typed = tokio::spawn(async move {
        while let Some(bytes) = said.recv().await {
            if write.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = write.shutdown().await;
    });
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = read.read(&mut bytes).await {
        way_back.send(&bytes[..length]);
    }
    typed.abort();
    let _ = served.await;
}
