//! gzip and zstd: what is packed, and what is wrong with it in words that are true. Text in UTF-16, as spreadsheets
//! write it, becomes UTF-8 here.

mod utf16;

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// Bytes asked for at once.
const STEP: usize = 1 << 18;

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
/// The last bytes of the magic number of a frame without rows (RFC 8878, 3.1.2).
const SKIPPABLE: &[u8] = b"\x2a\x4d\x18";

/// Bytes of the start that tell how a file is packed.
pub(super) const HEAD: usize = 6;

/// Bytes as they come.
pub(super) type Bytes = Box<dyn Read + Send>;

/// Unpacks `raw`, whose first bytes are `head`, and says whether it is packed, or text that is written otherwise.
pub(super) fn unpacked(head: &[u8], raw: impl Read + Send + 'static) -> io::Result<(Bytes, bool)> {
    let is_skippable = |head: &[u8]| matches!(head.first(), Some(0x50..=0x5f)) && head.get(1..4) == Some(SKIPPABLE);
    if head.starts_with(GZIP) {
        return Ok((Box::new(Gzip::new(BufReader::with_capacity(STEP, raw))), true));
    }
    if head.starts_with(ZSTD) || is_skippable(head) {
        let needs_dictionary = head.starts_with(ZSTD) && head.get(4).is_some_and(|descriptor| descriptor & 3 != 0);
        let unpacking = zstd::stream::read::Decoder::new(raw)?;
        return Ok((Box::new(Zstd { unpacking, needs_dictionary, is_begun: false }), true));
    }
    if let Some(text) = utf16::Text::of(head) {
        return Ok((Box::new(text.read_from(BufReader::with_capacity(STEP, raw))), true));
    }
    Ok((Box::new(raw), false))
}

/// Members of a gzip file, one after the other, and zeros behind them: what copies to tapes and
/// block devices leave, and what gzip itself passes over.
struct Gzip<R> {
    /// `None` behind the last member.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    fn new(raw: R) -> Self {
        Self { member: Some(GzDecoder::new(raw)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(mut raw) = self.member.take().map(GzDecoder::into_inner) else { break };
            let mut padded = false;
            let next = loop {
                let content = raw.fill_buf()?;
                let zeros = content.iter().take_while(|byte| **byte == 0).count();
                match content.get(zeros) {
                    Some(first) => {
                        let first = *first;
                        raw.consume(zeros);
                        padded |= zeros > 0;
                        break Some(first);
                    }
                    None if content.is_empty() => break None,
                    None => {
                        raw.consume(zeros);
                        padded = true;
                    }
                }
            };
            match next {
                None => {}
                Some(0x1f) if !padded => self.member = Some(GzDecoder::new(raw)),
                Some(_) => {
                    let what = "behind its packed content is something that is not gzip";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
            }
        }
        Ok(0)
    }
}

/// Frames of a zstd file.
struct Zstd<R: Read> {
    unpacking: zstd::stream::read::Decoder<'static, BufReader<R>>,
    /// Its first frame names a dictionary.
    needs_dictionary: bool,
    is_begun: bool,
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.unpacking.read(buffer) {
            Err(error) if self.needs_dictionary && !self.is_begun || error.to_string().contains("ictionary") => {
                let what =
                    "it is packed with a dictionary, which is not in it; unpack it with `zstd -d -D DICTIONARY` first";
                Err(io::Error::new(io::ErrorKind::InvalidData, what))
            }
            Ok(read) => {
                self.is_begun |= read > 0;
                Ok(read)
            }
            error => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    }

    /// What is read of a file, or the error behind it.
    fn read(file: Vec<u8>) -> (String, Option<String>) {
        let head = file.get(..HEAD).unwrap_or(&file).to_vec();
        let (mut reader, is_packed) = unpacked(&head, Cursor::new(file)).unwrap();
        assert!(is_packed);
        let (mut content, mut buffer) = (Vec::new(), [0; 1000]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return (String::from_utf8(content).unwrap(), None),
                Ok(read) => content.extend_from_slice(&buffer[..read]),
                Err(error) => return (String::from_utf8(content).unwrap(), Some(error.to_string())),
            }
        }
    }

    #[test]
    fn zeros_behind_a_gzip_file_are_padding() {
        let plain = ("rows".to_owned(), None);
        assert_eq!(read(gzip("rows")), plain);
        for zeros in [1, 511, STEP + 9] {
            assert_eq!(read([gzip("rows"), vec![0; zeros]].concat()), plain, "{zeros}");
        }
        assert_eq!(read([gzip("ro"), gzip("ws")].concat()), plain);
    }

    #[test]
    fn data_after_a_gzip_file_is_reported_and_the_file_is_read() {
        for behind in [&b"garbage"[..], b"\0\0garbage", b"{}"] {
            let (text, error) = read([gzip("rows"), behind.to_vec()].concat());
            assert_eq!(text, "rows");
            assert_eq!(error.as_deref(), Some("behind its packed content is something that is not gzip"));
        }
        let (text, error) = read(gzip(&"rows ".repeat(5000)).split_at(40).0.to_vec());
        assert!(error.is_some() && text.len() < 25_000);
    }

    #[test]
    fn frames_without_rows_are_passed_over() {
        let skipped = [&b"\x5a\x2a\x4d\x18\x04\0\0\0"[..], b"note"].concat();
        let rows = zstd::encode_all(&b"rows"[..], 1).unwrap();
        let plain = ("rows".to_owned(), None);
        assert_eq!(read([skipped.clone(), rows.clone()].concat()), plain);
        assert_eq!(read([rows.clone(), skipped.clone(), rows].concat()), ("rowsrows".to_owned(), None));
        assert_eq!(read(skipped), (String::new(), None));
    }

    #[test]
    fn a_missing_dictionary_is_reported() {
        // A frame of one block as it is, of dictionary number 5 (RFC 8878, 3.1.1).
        let frame = [ZSTD, b"\x21\x05\x04\x21\0\0rows"].concat();
        let (_, error) = read(frame);
        assert!(error.as_deref().unwrap().starts_with("it is packed with a dictionary"), "{error:?}");
    }
}
