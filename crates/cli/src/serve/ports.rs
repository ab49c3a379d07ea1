//! Node ports on loopback: a real client's request goes through the simulated network to a simulated Pod.
use super::engine::{Door, Order};
use super::web;
use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How often it is looked for node ports that came or went.
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

/// Listens on 127.0.0.1 on the node ports of all Services, for ever, except on those that the node's rules refuse: there nobody
/// listens, so that a client is refused, too. A port that another program has is left to it, with a word.
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
        tokio::spawn(web::serve(socket, Door::NodePort(port), orders.clone()));
    }
}
