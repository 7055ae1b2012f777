//! Checks the headers of Parquet's pages before polars trusts them: a damaged header may claim more values than fit into memory,
//! and the system kills a process that tries to allocate that much.
//!
//! A header is a struct in Thrift's compact protocol.

/// Maximum nesting depth of a page's header.
const DEEPEST: usize = 16;
/// More than any page of a table has: 1 GiB.
const LARGEST: i64 = 1 << 30;

/// Checks that the pages of a column chunk hold `values` values in total, and that none claims more than can be there; an error
/// says what is wrong.
pub(super) fn check(mut chunk: &[u8], values: i64) -> Result<(), String> {
    let mut found: i64 = 0;
    while !chunk.is_empty() && found < values {
        let mut thrift = Thrift { bytes: chunk };
        let header = thrift.header().ok_or("a page's header is damaged")?;
        let Header { packed, unpacked, values: of_page, dictionary } = header;
        let whole = usize::try_from(packed).ok().filter(|packed| *packed <= thrift.bytes.len());
        let Some(whole) = whole else {
            return Err(format!("a page claims {packed} bytes of the {} that are left", thrift.bytes.len()));
        };
        if !(0..=LARGEST).contains(&unpacked) {
            return Err(format!("a page claims {unpacked} bytes unpacked"));
        }
        if of_page < 0 || (dictionary && of_page > unpacked) {
            return Err(format!("a page claims {of_page} values in {unpacked} bytes"));
        }
        if !dictionary {
            found = found.saturating_add(of_page);
        }
        chunk = &thrift.bytes[whole..];
    }
    match found == values {
        true => Ok(()),
        false => Err(format!("pages claim {found} values where the file claims {values}")),
    }
}

/// What a page states about itself.
#[derive(Default)]
struct Header {
    packed: i64,
    unpacked: i64,
    values: i64,
    dictionary: bool,
}

/// Reads the rest of a struct.
struct Thrift<'a> {
    bytes: &'a [u8],
}

impl Thrift<'_> {
    fn header(&mut self) -> Option<Header> {
        let mut header = Header { packed: -1, ..Header::default() };
        let mut id = 0;
        while let Some((next, kind)) = self.field(id)? {
            id = next;
            match (id, kind) {
                (2, 5) => header.unpacked = self.integer()?,
                (3, 5) => header.packed = self.integer()?,
                // The headers of data pages, of dictionary pages, and of data pages in the second version.
                (5 | 7 | 8, 12) => {
                    header.dictionary = id == 7;
                    header.values = self.values()?;
                }
                _ => self.skip(kind, 0)?,
            }
        }
        Some(header)
    }

    /// Returns the first field of a struct, a number.
    fn values(&mut self) -> Option<i64> {
        let (mut id, mut values) = (0, 0);
        while let Some((next, kind)) = self.field(id)? {
            id = next;
            match (id, kind) {
                (1, 5) => values = self.integer()?,
                _ => self.skip(kind, 1)?,
            }
        }
        Some(values)
    }

    /// Returns the number and type of the next field, or `Some(None)` at the end of the struct.
    fn field(&mut self, last: i64) -> Option<Option<(i64, u8)>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        let id = match byte >> 4 {
            0 => self.integer()?,
            more => last + i64::from(more),
        };
        Some(Some((id, byte & 15)))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            1 | 2 => Some(()),
            3 => self.byte().map(drop),
            4..=6 => self.unsigned().map(drop),
            7 => self.take(8),
            8 => {
                let length = self.unsigned()?;
                self.take(usize::try_from(length).ok()?)
            }
            9 | 10 => {
                let byte = self.byte()?;
                let length = if byte >> 4 == 15 { self.unsigned()? } else { u64::from(byte >> 4) };
                // Each element has at least one byte, even a boolean.
                if length > self.bytes.len() as u64 {
                    return None;
                }
                (0..length).try_for_each(|_| {
                    if byte & 15 <= 2 { self.byte().map(drop) } else { self.skip(byte & 15, depth + 1) }
                })
            }
            12 => {
                let mut id = 0;
                while let Some((next, kind)) = self.field(id)? {
                    id = next;
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(byte)
    }

    fn take(&mut self, length: usize) -> Option<()> {
        self.bytes = self.bytes.get(length..)?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    /// Reads a signed number in zigzag encoding.
    fn integer(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}
