//! Runs a pickle's opcodes on a stack.

use std::io::Read;
use std::ops::ControlFlow;

use super::Limits;
use super::global::{Global, NumberType};
use super::heap::{Array, Heap, Object, Value};
use super::memo::{Far, Memo};
use super::op::{Fault, Input, Op};

/// Bound on the stack; at most the items of a thousand records wait on it.
const DEEPEST: usize = 1 << 20;

/// Receives records as they are completed.
pub(crate) trait Receiver {
    /// Whether a value just put into a dictionary is a record.
    fn is_record(&self, heap: &Heap, value: Value) -> bool;

    /// Takes a record that was put into a dictionary under `key`; the heap releases it afterwards.
    fn take(&mut self, heap: &Heap, key: Value, record: Value) -> Result<ControlFlow<()>, Fault>;
}

/// Receives nothing.
impl Receiver for () {
    fn is_record(&self, _: &Heap, _: Value) -> bool {
        false
    }

    fn take(&mut self, _: &Heap, _: Value, _: Value) -> Result<ControlFlow<()>, Fault> {
        Ok(ControlFlow::Continue(()))
    }
}

/// What is wrong, and at which byte of the pickle.
pub(crate) type Located<T> = Result<T, (u64, Fault)>;

/// Makes the first pass over a long pickle and returns the objects that are referred to from far away. Reads to the end of the
/// pickle and no farther.
pub(crate) fn far_references(limits: Limits, input: impl Read) -> Located<Far> {
    let mut input = Input::new(input, limits);
    let mut far = Far::default();
    let (mut memoized, mut latest) = (0_u32, 0);
    loop {
        let start = input.offset;
        let mut step = || -> Result<bool, Fault> {
            match input.next()? {
                Op::Stop => return Ok(true),
                Op::Memoize => {
                    latest = memoized;
                    memoized = memoized.checked_add(1).ok_or("too many objects")?;
                }
                Op::Put(id) => latest = id,
                Op::Get(id) => far.note(id, latest)?,
                _ => (),
            }
            Ok(false)
        };
        if step().map_err(|fault| (start, fault))? {
            return Ok(far);
        }
    }
}

/// Reads one pickle to its end, or until the receiver has enough. Returns its value (`None` in the latter case) and its heap.
pub(crate) fn unpickle(input: impl Read, far: &Far, receiver: &mut dyn Receiver) -> Located<(Heap, Option<Value>)> {
    unpickle_within(Limits::RECORDS, input, far, receiver)
}

/// Like [`unpickle`], with other limits.
pub(crate) fn unpickle_within(
    limits: Limits,
    input: impl Read,
    far: &Far,
    receiver: &mut dyn Receiver,
) -> Located<(Heap, Option<Value>)> {
    let mut input = Input::new(input, limits);
    let mut vm = Vm {
        heap: Heap::new(limits),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Memo::new(far),
        memoized: 0,
        receiver,
    };
    loop {
        let start = input.offset;
        let step = input.next().and_then(|op| match op {
            Op::Stop => vm.pop().map(|value| ControlFlow::Break(Some(value))),
            op => Ok(vm.step(op, &input.argument)?.map_break(|()| None)),
        });
        match step.map_err(|fault| (start, fault))? {
            ControlFlow::Continue(()) => (),
            ControlFlow::Break(value) => return Ok((vm.heap, value)),
        }
    }
}

struct Vm<'a> {
    heap: Heap,
    stack: Vec<Value>,
    /// Heights of the stack at its marks.
    marks: Vec<usize>,
    memo: Memo,
    memoized: u32,
    receiver: &'a mut dyn Receiver,
}

impl Vm<'_> {
    fn step(&mut self, op: Op, argument: &[u8]) -> Result<ControlFlow<()>, Fault> {
        let value = match op {
            Op::Skip | Op::Stop => return Ok(ControlFlow::Continue(())),
            Op::Mark => {
                self.marks.push(self.stack.len());
                if self.marks.len() > DEEPEST {
                    return Err("too many marks".into());
                }
                return Ok(ControlFlow::Continue(()));
            }
            Op::None => Value::None,
            Op::Bool(truth) => Value::Bool(truth),
            Op::Int(number) => Value::Int(number),
            Op::BigInt => Value::Opaque,
            Op::Float(number) => Value::Float(number),
            Op::Text => self.heap.text(argument)?,
            Op::Bytes => self.heap.add(Object::Bytes(argument.to_vec()))?,
            Op::EmptyDict => self.heap.add(Object::Dict(Vec::new()))?,
            Op::EmptyList | Op::EmptySet => self.heap.add(Object::List(Vec::new()))?,
            Op::TupleOf(count) => {
                let at = self.floor_for(count)?;
                self.tuple(at)?
            }
            Op::TupleToMark => {
                let at = self.mark()?;
                self.tuple(at)?
            }
            Op::Append => {
                let at = self.floor_for(1)?;
                return self.append(at);
            }
            Op::Appends | Op::AddItems => {
                let at = self.mark()?;
                return self.append(at);
            }
            Op::SetItem => {
                let at = self.floor_for(2)?;
                return self.set_items(at);
            }
            Op::SetItems => {
                let at = self.mark()?;
                return self.set_items(at);
            }
            Op::Global => {
                let lines = std::str::from_utf8(argument).map_err(|_| "a global's name that is not UTF-8")?;
                let (module, name) = lines.trim_end().split_once('\n').unwrap_or_default();
                Value::Global(Global::find(module, name)?)
            }
            Op::StackGlobal => {
                let (name, module) = (self.pop()?, self.pop()?);
                let text = |value| self.heap.str(value).ok_or("a global whose name is no text");
                Value::Global(Global::find(text(module)?, text(name)?)?)
            }
            Op::Reduce => {
                let (arguments, global) = (self.pop()?, self.pop()?);
                self.call(global, arguments)?
            }
            Op::Build => {
                let state = self.pop()?;
                return self.build(state);
            }
            Op::PersistentId => {
                self.pop()?;
                Value::Opaque
            }
            Op::Memoize => {
                let id = self.memoized;
                self.memoized = id.checked_add(1).ok_or("too many objects")?;
                return self.memoize(id);
            }
            Op::Put(id) => return self.memoize(id),
            Op::Get(id) => self.memo.get(id)?,
        };
        if self.stack.len() >= DEEPEST {
            return Err("the stack grows without end".into());
        }
        self.stack.push(value);
        Ok(ControlFlow::Continue(()))
    }

    /// The lowest height down to which values may be taken off the stack.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Value, Fault> {
        if self.stack.len() <= self.floor() {
            return Err("takes a value from an empty stack".into());
        }
        self.stack.pop().ok_or_else(|| "takes a value from an empty stack".into())
    }

    /// The height of the stack below its `count` topmost values.
    fn floor_for(&self, count: usize) -> Result<usize, Fault> {
        let at = self.stack.len().checked_sub(count).filter(|&at| at >= self.floor());
        at.ok_or_else(|| "takes a value from an empty stack".into())
    }

    /// Removes the latest mark and returns the height of the stack there.
    fn mark(&mut self) -> Result<usize, Fault> {
        self.marks.pop().filter(|&mark| mark <= self.stack.len()).ok_or_else(|| "goes back to a missing mark".into())
    }

    fn tuple(&mut self, at: usize) -> Result<Value, Fault> {
        let items = self.stack.split_off(at);
        self.heap.add(Object::List(items))
    }

    /// Returns the container below `at`, to which the values above belong.
    fn below(&self, at: usize) -> Result<Value, Fault> {
        let found = at.checked_sub(1).filter(|&place| place >= self.floor()).map(|place| self.stack[place]);
        found.ok_or_else(|| "takes a value from an empty stack".into())
    }

    fn append(&mut self, at: usize) -> Result<ControlFlow<()>, Fault> {
        let list = self.below(at)?;
        self.heap.hold(self.stack.len() - at)?;
        match self.heap.object_mut(list) {
            Some(Object::List(items)) => items.extend(self.stack.drain(at..)),
            _ => return Err("appends to what is no list".into()),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn set_items(&mut self, at: usize) -> Result<ControlFlow<()>, Fault> {
        let dict = self.below(at)?;
        if (self.stack.len() - at) % 2 == 1 {
            return Err("a dictionary's key without a value".into());
        }
        self.heap.hold(self.stack.len() - at)?;
        let mut first = None;
        for place in (at..self.stack.len()).step_by(2) {
            let [key, value] = [self.stack[place], self.stack[place + 1]];
            if !self.receiver.is_record(&self.heap, value) {
                continue;
            }
            if self.receiver.take(&self.heap, key, value)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.stack[place + 1] = Value::Opaque;
            first = first.or(Some(value));
        }
        let items =
            self.stack.drain(at..).as_slice().chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
        match self.heap.object_mut(dict) {
            Some(Object::Dict(all)) => all.extend(items),
            // An instance whose items are not needed.
            _ if dict == Value::Opaque => (),
            _ => return Err("sets items of what is no dictionary".into()),
        }
        if let Some(record) = first {
            self.heap.release(record);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn memoize(&mut self, id: u32) -> Result<ControlFlow<()>, Fault> {
        let top = *self.stack.last().ok_or("remembers a value of an empty stack")?;
        self.memo.put(id, top);
        Ok(ControlFlow::Continue(()))
    }

    fn call(&mut self, global: Value, arguments: Value) -> Result<Value, Fault> {
        let Value::Global(global) = global else { return Err("calls what is no known global".into()) };
        let arguments = self.heap.list(arguments).ok_or("calls a global without a tuple of arguments")?;
        match (global, arguments) {
            (Global::OrderedDict, []) => self.heap.add(Object::Dict(Vec::new())),
            (Global::Set, [items]) => Ok(*items),
            (Global::NumpyType, [code, ..]) => {
                let code = self.heap.str(*code).ok_or("a numpy type whose name is no text")?;
                NumberType::find(code).map(Value::NumberType)
            }
            (Global::NumpyScalar, [Value::NumberType(number), bytes]) => {
                number.number(self.heap.bytes(*bytes).ok_or("a numpy number without bytes")?)
            }
            (Global::NumpyArray, [Value::Global(Global::NumpyArrayType), ..]) => {
                self.heap.add(Object::Array(Array::default()))
            }
            (Global::NumpyFromBuffer, &[bytes, Value::NumberType(number), shape, order]) => {
                let array = self.array_of(shape, number, self.heap.str(order) == Some("F"), bytes);
                self.heap.add(Object::Array(array.ok_or("an array from a buffer without bytes or shape")?))
            }
            (Global::Bytes, []) => self.heap.add(Object::Bytes(Vec::new())),
            (Global::Bytes, &[bytes]) if self.heap.bytes(bytes).is_some() => Ok(bytes),
            (Global::Encode, [text, _]) => {
                let text = self.heap.str(*text).ok_or("encodes what is no text")?;
                let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
                let bytes = bytes.map_err(|_| "encodes a text that is not Latin-1")?;
                self.heap.add(Object::Bytes(bytes))
            }
            (Global::Weights, _) => Ok(Value::Opaque),
            (global, arguments) => Err(format!("{global:?} with {} unknown arguments", arguments.len()).into()),
        }
    }

    /// Builds the array from a state: version, shape, type, whether the order is Fortran's, bytes.
    fn array(&self, state: Value) -> Option<Array> {
        let &[_, shape, Value::NumberType(number), Value::Bool(fortran), bytes] = self.heap.list(state)? else {
            return None;
        };
        self.array_of(shape, number, fortran, bytes)
    }

    fn array_of(&self, shape: Value, number: NumberType, fortran: bool, bytes: Value) -> Option<Array> {
        let side = |value: &Value| if let Value::Int(side) = value { Some(*side) } else { None };
        let shape = self.heap.list(shape)?.iter().map(side).collect::<Option<_>>()?;
        self.heap.bytes(bytes)?;
        Some(Array { shape, number: Some(number), fortran, bytes: Some(bytes) })
    }

    /// Gives the topmost object its state. Of the known objects, only numpy types, arrays and ordered dictionaries have one.
    fn build(&mut self, state: Value) -> Result<ControlFlow<()>, Fault> {
        match self.stack.last() {
            Some(Value::NumberType(_)) => {
                let order =
                    self.heap.list(state).and_then(|state| state.get(1)).and_then(|order| self.heap.str(*order));
                if !matches!(order, Some("<" | "|" | "=")) {
                    return Err("a numpy type that is not little-endian".into());
                }
            }
            Some(&array @ Value::Object(_)) if matches!(self.heap.object(array), Some(Object::Array(_))) => {
                let filled = self.array(state).ok_or("a numpy array whose state is not that of numbers")?;
                if let Some(Object::Array(array)) = self.heap.object_mut(array) {
                    *array = filled;
                }
            }
            // Weights and their dictionary have attributes that are not needed.
            Some(Value::Opaque | Value::Object(_)) => (),
            _ => return Err("gives a state to what has none".into()),
        }
        Ok(ControlFlow::Continue(()))
    }
}
