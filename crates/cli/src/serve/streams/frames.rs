//! SPDY/3.1's frames, as far as Kubernetes' clients use them.
use tokio::io::{AsyncRead, AsyncReadExt};

const CONTROL: u32 = 0x8003_0000;
/// On a frame: nothing follows on its stream.
pub const LAST: u8 = 1;

/// What comes over the wire.
#[derive(PartialEq, Debug)]
pub enum Frame {
    /// A stream begins, with its block of headers.
    Open {
        stream: u32,
        flags: u8,
        block: Vec<u8>,
    },
    Data {
        stream: u32,
        flags: u8,
        bytes: Vec<u8>,
    },
    Reset {
        stream: u32,
    },
    Ping {
        id: u32,
    },
    /// Settings, windows, farewells: nothing that matters here.
    Other,
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..at + 4)?.first_chunk::<4>()?))
}

/// The next frame; `None` at the end and where the bytes make no sense.
pub async fn read(wire: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let (first, second) = (wire.read_u32().await.ok()?, wire.read_u32().await.ok()?);
    let (flags, length) = ((second >> 24) as u8, second & 0x00ff_ffff);
    let mut bytes = vec![0; length as usize];
    wire.read_exact(&mut bytes).await.ok()?;
    if first & 0x8000_0000 == 0 {
        return Some(Frame::Data { stream: first, flags, bytes });
    }
    match first & 0xffff {
        1 => {
            let stream = word(&bytes, 0)? & 0x7fff_ffff;
            Some(Frame::Open { stream, flags, block: bytes.get(10..)?.to_vec() })
        }
        3 => Some(Frame::Reset { stream: word(&bytes, 0)? & 0x7fff_ffff }),
        6 => Some(Frame::Ping { id: word(&bytes, 0)? }),
        _ => Some(Frame::Other),
    }
}

fn framed(first: u32, flags: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = first.to_be_bytes().to_vec();
    frame.extend((u32::from(flags) << 24 | bytes.len() as u32).to_be_bytes());
    frame.extend(bytes);
    frame
}

pub fn data(stream: u32, flags: u8, bytes: &[u8]) -> Vec<u8> {
    framed(stream, flags, bytes)
}

/// The answer to a stream that was opened.
pub fn reply(stream: u32, block: &[u8]) -> Vec<u8> {
    framed(CONTROL | 2, 0, &[&stream.to_be_bytes()[..], block].concat())
}

pub fn ping(id: u32) -> Vec<u8> {
    framed(CONTROL | 6, 0, &id.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_read_as_they_were_written() {
        let mut wire = data(5, LAST, b"hello");
        wire.extend(ping(7));
        // A stream that a client opens: its number, none that it belongs to, priority, and the block.
        wire.extend(framed(CONTROL | 1, 0, &[&[0, 0, 0, 3, 0, 0, 0, 0, 0, 0][..], b"block"].concat()));
        let mut rest = &wire[..];
        assert_eq!(read(&mut rest).await, Some(Frame::Data { stream: 5, flags: LAST, bytes: b"hello".to_vec() }));
        assert_eq!(read(&mut rest).await, Some(Frame::Ping { id: 7 }));
        assert_eq!(read(&mut rest).await, Some(Frame::Open { stream: 3, flags: 0, block: b"block".to_vec() }));
        assert_eq!(read(&mut rest).await, None);
    }
}
