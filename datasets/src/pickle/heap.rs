//! Storage of unpickled values: scalars in place, containers in one list that is truncated when a record is done.
//!
//! Handles instead of pointers mean that no nesting, however deep or cyclic, is ever walked by recursion, and that a handle to a
//! released container is recognised.

use std::collections::HashMap;
use std::rc::Rc;

use super::global::NumberType;
use super::op::Fault;
use super::{Global, Limits};

/// A value; containers are referred to by their handle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    Object(Handle),
    Global(Global),
    NumberType(NumberType),
    /// Something that benchmark records are never read from: weights, a record already handed out, a huge integer.
    Opaque,
}

/// A text; equal texts have the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Text(u32);

/// A container; dead once it has been released.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Handle {
    index: u32,
    generation: u32,
}

#[derive(Debug)]
pub(super) enum Object {
    /// A list, tuple or set.
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Bytes(Vec<u8>),
    Array(Array),
}

/// A numpy array; without numbers until its state has been read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Array {
    pub(crate) shape: Vec<i64>,
    pub(crate) number: Option<NumberType>,
    /// Whether the last index is the slowest, as in Fortran, instead of the fastest.
    pub(crate) fortran: bool,
    /// The bytes object of its numbers.
    pub(super) bytes: Option<Value>,
}

impl Object {
    fn size(&self) -> usize {
        1 + match self {
            Object::List(items) => items.len(),
            Object::Dict(items) => 2 * items.len(),
            Object::Bytes(bytes) => bytes.len() / size_of::<Value>(),
            Object::Array(array) => array.shape.len(),
        }
    }
}

/// All the containers and texts.
pub(crate) struct Heap {
    objects: Vec<(u32, Object)>,
    generation: u32,
    /// Number of values held.
    held: usize,
    limits: Limits,
    texts: Vec<Rc<str>>,
    numbers: HashMap<Rc<str>, Text>,
    text_bytes: usize,
}

impl Heap {
    pub(super) fn new(limits: Limits) -> Self {
        Heap {
            objects: Vec::new(),
            generation: 0,
            held: 0,
            limits,
            texts: Vec::new(),
            numbers: HashMap::new(),
            text_bytes: 0,
        }
    }

    pub(super) fn add(&mut self, object: Object) -> Result<Value, Fault> {
        self.hold(object.size())?;
        let index = u32::try_from(self.objects.len()).map_err(|_| "too many objects")?;
        let generation = self.generation;
        self.objects.push((generation, object));
        Ok(Value::Object(Handle { index, generation }))
    }

    pub(super) fn text(&mut self, bytes: &[u8]) -> Result<Value, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| "a text that is not UTF-8")?;
        if let Some(&known) = self.numbers.get(text) {
            return Ok(Value::Text(known));
        }
        self.text_bytes += text.len() + 64;
        if self.text_bytes > self.limits.texts {
            return Err(format!("more than {} bytes of text", self.limits.texts).into());
        }
        let number = Text(self.texts.len() as u32);
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        self.numbers.insert(text, number);
        Ok(Value::Text(number))
    }

    /// Counts `more` values as held.
    pub(super) fn hold(&mut self, more: usize) -> Result<(), Fault> {
        self.held += more;
        if self.held > self.limits.values {
            return Err(format!("more than {} values outside of finished records", self.limits.values).into());
        }
        Ok(())
    }

    pub(super) fn object(&self, value: Value) -> Option<&Object> {
        let Value::Object(handle) = value else { return None };
        let (generation, object) = self.objects.get(handle.index as usize)?;
        (*generation == handle.generation).then_some(object)
    }

    pub(super) fn object_mut(&mut self, value: Value) -> Option<&mut Object> {
        let Value::Object(handle) = value else { return None };
        let (generation, object) = self.objects.get_mut(handle.index as usize)?;
        (*generation == handle.generation).then_some(object)
    }

    /// Releases a container and everything created after it.
    pub(super) fn release(&mut self, value: Value) {
        if self.object(value).is_none() {
            return;
        }
        if let Value::Object(handle) = value {
            let gone: usize = self.objects.drain(handle.index as usize..).map(|(_, object)| object.size()).sum();
            self.held = self.held.saturating_sub(gone);
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// A text's characters.
    pub(crate) fn str(&self, value: Value) -> Option<&str> {
        let Value::Text(text) = value else { return None };
        self.texts.get(text.0 as usize).map(AsRef::as_ref)
    }

    /// The items of a dictionary.
    pub(crate) fn dict(&self, value: Value) -> Option<&[(Value, Value)]> {
        match self.object(value)? {
            Object::Dict(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a list, tuple or set.
    pub(crate) fn list(&self, value: Value) -> Option<&[Value]> {
        match self.object(value)? {
            Object::List(items) => Some(items),
            _ => None,
        }
    }

    /// The bytes of a bytes object.
    pub(super) fn bytes(&self, value: Value) -> Option<&[u8]> {
        match self.object(value)? {
            Object::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A numpy array and the bytes of its numbers.
    pub(crate) fn array(&self, value: Value) -> Option<(&Array, &[u8])> {
        match self.object(value)? {
            Object::Array(array) => Some((array, self.bytes(array.bytes?)?)),
            _ => None,
        }
    }

    /// Returns what a dictionary has under a key, given as text or as its bytes; the later one if there are two.
    pub(crate) fn get(&self, dict: Value, key: &str) -> Option<Value> {
        let items = self.dict(dict)?;
        let is_key = |value| self.str(value) == Some(key) || self.bytes(value) == Some(key.as_bytes());
        items.iter().rev().find(|(k, _)| is_key(*k)).map(|(_, value)| *value)
    }
}
