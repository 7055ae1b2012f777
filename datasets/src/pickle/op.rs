//! The supported opcodes and the parsing of their arguments. A length is trusted only as far as there is data.

use std::io::{self, Read};

use super::Limits;

/// An opcode with its argument; arguments that are texts or bytes are in [`Input::argument`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Op {
    Skip,
    Stop,
    Mark,
    None,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits.
    BigInt,
    Float(f64),
    Text,
    Bytes,
    EmptyDict,
    EmptyList,
    EmptySet,
    /// The tuple of this many topmost values.
    TupleOf(usize),
    TupleToMark,
    Append,
    Appends,
    AddItems,
    SetItem,
    SetItems,
    /// A global whose module and name are the argument's two lines.
    Global,
    StackGlobal,
    Reduce,
    Build,
    PersistentId,
    Memoize,
    Put(u32),
    Get(u32),
}

/// What is wrong at a byte of a pickle.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Reading failed.
    Io(io::Error),
    /// The content is not what it should be.
    Content(String),
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Fault::Content(reason)
    }
}

impl From<&str> for Fault {
    fn from(reason: &str) -> Self {
        Fault::Content(reason.to_owned())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends in the middle of a value".into(),
            // The kinds of error with which decompressors report damage.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Fault::Content(error.to_string()),
            _ => Fault::Io(error),
        }
    }
}

/// The bytes of a pickle.
pub(super) struct Input<R> {
    input: R,
    /// Bytes read.
    pub(super) offset: u64,
    /// The text or bytes of the latest opcode.
    pub(super) argument: Vec<u8>,
    longest: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R, limits: Limits) -> Self {
        Input { input, offset: 0, argument: Vec::new(), longest: limits.argument }
    }

    pub(super) fn next(&mut self) -> Result<Op, Fault> {
        let [code] = self.bytes()?;
        Ok(match code {
            0x80 => match self.bytes()? {
                [2..=5] => Op::Skip,
                [version] => return Err(format!("protocol {version}; known are 2 to 5").into()),
            },
            0x95 => {
                // A frame only tells how much could be read ahead.
                self.bytes::<8>()?;
                Op::Skip
            }
            b'.' => Op::Stop,
            b'(' => Op::Mark,
            b'N' => Op::None,
            0x88 => Op::Bool(true),
            0x89 => Op::Bool(false),
            b'J' => Op::Int(i32::from_le_bytes(self.bytes()?).into()),
            b'K' => Op::Int(self.byte()?.into()),
            b'M' => Op::Int(u16::from_le_bytes(self.bytes()?).into()),
            0x8a => self.long()?,
            b'G' => Op::Float(f64::from_be_bytes(self.bytes()?)),
            0x8c => self.short(Op::Text)?,
            b'X' => self.long_argument(Op::Text)?,
            // A string of Python 2: a name if it is short and valid text, else bytes.
            b'U' => match self.short(Op::Text)? {
                Op::Text if std::str::from_utf8(&self.argument).is_err() => Op::Bytes,
                op => op,
            },
            b'T' => self.long_argument(Op::Bytes)?,
            b'C' => self.short(Op::Bytes)?,
            b'B' => self.long_argument(Op::Bytes)?,
            // Bytes of any length, and the bytearray of protocol 5.
            0x8e | 0x96 => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.read_argument(length, Op::Bytes)?
            }
            b'}' => Op::EmptyDict,
            b']' => Op::EmptyList,
            0x8f => Op::EmptySet,
            b')' => Op::TupleOf(0),
            0x85 => Op::TupleOf(1),
            0x86 => Op::TupleOf(2),
            0x87 => Op::TupleOf(3),
            b't' => Op::TupleToMark,
            b'a' => Op::Append,
            b'e' => Op::Appends,
            0x90 => Op::AddItems,
            b's' => Op::SetItem,
            b'u' => Op::SetItems,
            b'c' => self.global()?,
            0x93 => Op::StackGlobal,
            b'R' => Op::Reduce,
            b'b' => Op::Build,
            b'Q' => Op::PersistentId,
            0x94 => Op::Memoize,
            b'q' => Op::Put(self.byte()?.into()),
            b'r' => Op::Put(u32::from_le_bytes(self.bytes()?)),
            b'h' => Op::Get(self.byte()?.into()),
            b'j' => Op::Get(u32::from_le_bytes(self.bytes()?)),
            other => return Err(format!("opcode {other:#04x}, which no benchmark file has").into()),
        })
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.offset += N as u64;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.bytes().map(|[byte]| byte)
    }

    fn short(&mut self, op: Op) -> Result<Op, Fault> {
        let length = self.byte()?.into();
        self.read_argument(length, op)
    }

    fn long_argument(&mut self, op: Op) -> Result<Op, Fault> {
        let length = u32::from_le_bytes(self.bytes()?);
        self.read_argument(length.into(), op)
    }

    fn read_argument(&mut self, length: u64, op: Op) -> Result<Op, Fault> {
        if length > self.longest {
            return Err(format!("a text of {length} bytes; the longest allowed is {}", self.longest).into());
        }
        self.argument.clear();
        let read = (&mut self.input).take(length).read_to_end(&mut self.argument)?;
        self.offset += read as u64;
        if (read as u64) < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(op)
    }

    fn long(&mut self) -> Result<Op, Fault> {
        self.short(Op::BigInt)?;
        if self.argument.len() > 8 {
            return Ok(Op::BigInt);
        }
        let negative = self.argument.last().is_some_and(|&byte| byte >= 0x80);
        let mut bytes = [if negative { 0xff } else { 0 }; 8];
        bytes[..self.argument.len()].copy_from_slice(&self.argument);
        Ok(Op::Int(i64::from_le_bytes(bytes)))
    }

    fn global(&mut self) -> Result<Op, Fault> {
        self.argument.clear();
        let mut lines = 0;
        while lines < 2 {
            let byte = self.byte()?;
            lines += usize::from(byte == b'\n');
            self.argument.push(byte);
            if self.argument.len() > 256 {
                return Err("the name of a global goes on for more than 256 bytes".into());
            }
        }
        Ok(Op::Global)
    }
}
