//! SPDY/3.1's header blocks: names and values, compressed with a dictionary that both ends know.
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// The words that the dictionary begins with, each with its length before it.
const WORDS: &str = "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow \
    authorization cache-control connection content-base content-encoding content-language content-length content-location \
    content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range \
    if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after \
    server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version \
    HTTP/1.1 url public set-cookie keep-alive origin";
/// What follows them.
const TAIL: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative \
    Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server \
    Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, \
    Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,\
    text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/// The largest block that is read.
const LARGEST: usize = 64 * 1024;

/// The dictionary of SPDY/3.1, section 2.6.10.1 of its draft.
fn dictionary() -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in WORDS.split_whitespace() {
        bytes.extend((word.len() as u32).to_be_bytes());
        bytes.extend(word.replace('_', " ").bytes());
    }
    bytes.extend(TAIL.bytes());
    bytes
}

/// Reads the blocks of one direction, in order.
pub struct Reader(Decompress);

impl Reader {
    pub fn new() -> Reader {
        Reader(Decompress::new(true))
    }

    /// The pairs of a block, names in lower case; `None` where it makes no sense.
    pub fn pairs(&mut self, block: &[u8]) -> Option<Vec<(String, String)>> {
        let plain = self.inflated(block)?;
        let mut rest = &plain[..];
        let count = number(&mut rest)?;
        (0..count).map(|_| Some((word(&mut rest)?.to_ascii_lowercase(), word(&mut rest)?))).collect()
    }

    fn inflated(&mut self, mut block: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Vec::with_capacity(1024);
        while !block.is_empty() {
            if plain.len() == plain.capacity() {
                plain.reserve(4096);
            }
            let (read, room) = (self.0.total_in(), plain.len());
            let outcome = self.0.decompress_vec(block, &mut plain, FlushDecompress::Sync);
            block = &block[(self.0.total_in() - read) as usize..];
            match outcome {
                Ok(Status::StreamEnd) => break,
                Ok(_) if plain.len() > LARGEST => return None,
                Ok(_) => {}
                Err(error) if error.needs_dictionary().is_some() => drop(self.0.set_dictionary(&dictionary()).ok()?),
                Err(_) => return None,
            }
            if block.is_empty() && plain.len() > room && plain.len() == plain.capacity() {
                // More may wait than there was room for.
                plain.reserve(4096);
                self.0.decompress_vec(&[], &mut plain, FlushDecompress::Sync).ok()?;
            }
        }
        Some(plain)
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_be_bytes(*bytes))
}

fn word(rest: &mut &[u8]) -> Option<String> {
    let length = number(rest)? as usize;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    String::from_utf8(bytes.to_vec()).ok()
}

/// Writes the blocks of one direction, in order.
pub struct Writer(Compress);

impl Writer {
    pub fn new() -> Writer {
        let mut compress = Compress::new(Compression::fast(), true);
        // Only a stream that has begun refuses a dictionary.
        let _ = compress.set_dictionary(&dictionary());
        Writer(compress)
    }

    pub fn block(&mut self, pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut plain = (pairs.len() as u32).to_be_bytes().to_vec();
        for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
            plain.extend((text.len() as u32).to_be_bytes());
            plain.extend(text.bytes());
        }
        let mut block = Vec::with_capacity(plain.len() + 128);
        let _ = self.0.compress_vec(&plain, &mut block, FlushCompress::Sync);
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_is_the_drafts_and_blocks_follow_each_other() {
        let known = dictionary();
        let (low, high) = known.iter().fold((1u32, 0u32), |(low, high), byte| {
            let low = (low + u32::from(*byte)) % 65_521;
            (low, (high + low) % 65_521)
        });
        assert_eq!((known.len(), high << 16 | low), (1_423, 0xe3c6_a7c2), "Adler-32, which a compressed block names");
        let (mut writer, mut reader) = (Writer::new(), Reader::new());
        for round in ["0", "1", "2"] {
            let block = writer.block(&[("streamType", "data"), ("port", "8080"), ("requestID", round)]);
            let pairs = reader.pairs(&block).expect("a block");
            assert_eq!(pairs[0], ("streamtype".to_string(), "data".to_string()));
            assert_eq!(pairs[2].1, round);
        }
        assert!(reader.pairs(b"nonsense").is_none());
    }
}
