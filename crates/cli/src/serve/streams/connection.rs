//! One SPDY connection: the streams that a client opens on it, each with both of its directions.
use super::dictionary::{Reader, Writer};
use super::frames::{self, Frame, LAST};
use std::collections::BTreeMap;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The longest piece of data in one frame (bytes).
const PIECE: usize = 16 * 1024;

/// A stream that the client has opened.
pub struct Stream {
    pub headers: Vec<(String, String)>,
    /// Ends when the client has said all.
    pub said: UnboundedReceiver<Vec<u8>>,
    pub way_back: WayBack,
}

impl Stream {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// What is sent to the client on one stream.
pub struct WayBack {
    id: u32,
    wire: UnboundedSender<Vec<u8>>,
}

impl WayBack {
    pub fn send(&self, bytes: &[u8]) {
        // A client that is gone is told nothing.
        bytes.chunks(PIECE).for_each(|piece| drop(self.wire.send(frames::data(self.id, 0, piece))));
    }
}

impl Drop for WayBack {
    /// Nothing follows.
    fn drop(&mut self) {
        let _ = self.wire.send(frames::data(self.id, LAST, &[]));
    }
}

/// Carries a connection until the client ends it; `opened` is told of each stream.
pub async fn carry(io: impl AsyncRead + AsyncWrite + Send + 'static, opened: UnboundedSender<Stream>) {
    let (mut from, mut into) = tokio::io::split(io);
    let (wire, mut frames_out) = unbounded_channel::<Vec<u8>>();
    let writer = tokio::spawn(async move {
        while let Some(frame) = frames_out.recv().await {
            if into.write_all(&frame).await.is_err() || into.flush().await.is_err() {
                return;
            }
        }
        let _ = into.shutdown().await;
    });
    let (mut reader, mut blocks) = (Reader::new(), Writer::new());
    let mut streams: BTreeMap<u32, UnboundedSender<Vec<u8>>> = BTreeMap::new();
    while let Some(frame) = frames::read(&mut from).await {
        match frame {
            Frame::Open { stream, flags, block } => {
                let Some(headers) = reader.pairs(&block) else { break };
                let (say, said) = unbounded_channel();
                if flags & LAST == 0 {
                    streams.insert(stream, say);
                }
                let _ = wire.send(frames::reply(stream, &blocks.block(&[])));
                let way_back = WayBack { id: stream, wire: wire.clone() };
                if opened.send(Stream { headers, said, way_back }).is_err() {
                    break;
                }
            }
            Frame::Data { stream, flags, bytes } => {
                if let Some(say) = streams.get(&stream).filter(|_| !bytes.is_empty()) {
                    let _ = say.send(bytes);
                }
                if flags & LAST != 0 {
                    streams.remove(&stream);
                }
            }
            Frame::Reset { stream } => drop(streams.remove(&stream)),
            Frame::Ping { id } => drop(wire.send(frames::ping(id))),
            Frame::Other => {}
        }
    }
    drop((streams, opened, wire));
    writer.abort();
}
