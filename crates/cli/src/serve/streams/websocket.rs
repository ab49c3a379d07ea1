//! Kubernetes' two uses of WebSockets: numbered channels of one command, and a tunnel for SPDY.
use super::channels::{Channels, Told, Typed};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
/// Of v5.channel.k8s.io: the channel that the next byte names is closed.
const CLOSE: u8 = 255;

/// Without a code clients take the end for an accident.
const WELL: CloseFrame = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::from_static("") };

fn message(channel: u8, bytes: &[u8]) -> Message {
    let mut all = vec![channel];
    all.extend(bytes);
    Message::binary(all)
}

/// The channels of `v4.channel.k8s.io` and `v5.channel.k8s.io`.
pub fn channels<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(socket: WebSocketStream<S>) -> Channels {
    let (mut into, mut from) = socket.split();
    let (type_in, typed) = unbounded_channel();
    let (told, mut tell) = unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(heard)) = from.next().await {
            let bytes = heard.into_data();
            let sent = match bytes.split_first() {
                Some((&STDIN, bytes)) => type_in.send(Typed::Bytes(bytes.to_vec())),
                Some((&CLOSE, [STDIN])) => type_in.send(Typed::End),
                _ => Ok(()),
            };
            if sent.is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some(told) = tell.recv().await {
            let (message, last) = match told {
                Told::Out(bytes) => (message(STDOUT, &bytes), false),
                Told::Errors(bytes) => (message(STDERR, &bytes), false),
                Told::Status(status) => (message(STATUS, status.as_bytes()), true),
            };
            if into.send(message).await.is_err() || last {
                break;
            }
        }
        let _ = into.send(Message::Close(Some(WELL))).await;
        let _ = into.close().await;
    });
    Channels { typed, told }
}

/// The bytes that travel in a socket's messages, as one stream in each direction.
pub fn tunnel<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(socket: WebSocketStream<S>) -> DuplexStream {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (mut into, mut from) = socket.split();
    let (mut read, mut write) = tokio::io::split(far);
    tokio::spawn(async move {
        while let Some(Ok(heard)) = from.next().await {
            if matches!(heard, Message::Binary(_)) && write.write_all(&heard.into_data()).await.is_err() {
                return;
            }
        }
        let _ = write.shutdown().await;
    });
    tokio::spawn(async move {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = read.read(&mut bytes).await {
            if into.send(Message::binary(bytes[..length].to_vec())).await.is_err() {
                return;
            }
        }
        let _ = into.send(Message::Close(Some(WELL))).await;
        let _ = into.close().await;
    });
    near
}
