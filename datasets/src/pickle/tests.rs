use std::ops::ControlFlow;

use super::heap::{Heap, Value};
use super::memo::NEAR;
use super::op::Fault;
use super::*;

/// Loads a pickle; errors come back in words.
fn load(bytes: &[u8]) -> Result<(Heap, Value), String> {
    load_far(bytes, &Far::default())
}

fn load_far(bytes: &[u8], far: &Far) -> Result<(Heap, Value), String> {
    match unpickle(bytes, far, &mut ()) {
        Ok((heap, value)) => Ok((heap, value.unwrap())),
        Err((offset, Fault::Content(reason))) => Err(format!("{offset}: {reason}")),
        Err((_, Fault::Io(error))) => panic!("{error}"),
    }
}

fn fault(bytes: &[u8]) -> String {
    load(bytes).map(|(_, value)| value).unwrap_err()
}

/// Written by Python 3.11 and numpy 2.4 (`values` in `tests/data/official/make.py`).
#[test]
fn what_python_writes() {
    for version in [2, 4] {
        let file = format!("{}/tests/data/official/values_{version}.pickle", env!("CARGO_MANIFEST_DIR"));
        let (heap, root) = load(&std::fs::read(file).unwrap()).unwrap();
        let list = |name| heap.list(heap.get(root, name).unwrap()).unwrap().to_vec();
        assert_eq!(list("i"), [1, -2, 300, 70_000, 1 << 40].map(Value::Int));
        assert_eq!(heap.get(root, "f"), Some(Value::Float(1.5)));
        assert_eq!((heap.get(root, "n"), heap.get(root, "t")), (Some(Value::None), Some(Value::Bool(true))));
        let pair = heap.get(heap.get(root, "od").unwrap(), "a").unwrap();
        assert_eq!(heap.list(pair), Some(&[Value::Int(1), Value::Int(2)][..]));
        assert_eq!(list("s"), [Value::Int(7)]);
        assert_eq!(list("np"), [Value::Float(0.25), Value::Int(-3)]);
    }
}

#[test]
fn nothing_foreign_is_run_or_believed() {
    for (bytes, reason) in [
        (&b"\x80\x04\x8c\x02os\x8c\x06system\x93."[..], "14: refers to os.system, which no benchmark file has"),
        (b"cbuiltins\neval\n.", "0: refers to builtins.eval, which no benchmark file has"),
        (b"\x80\x04\x81.", "2: opcode 0x81, which no benchmark file has"),
        (b"\x80\x06.", "0: protocol 6; known are 2 to 5"),
        (b"X\xff\xff\xff\xffabc", "0: a text of 4294967295 bytes; the longest allowed is 1048576"),
        (b"B\x00\x00\x10\x00abc", "0: ends in the middle of a value"),
        (b"\x8c\x02\xff\xfe.", "0: a text that is not UTF-8"),
        (b"", "0: ends in the middle of a value"),
        (b".", "0: takes a value from an empty stack"),
        (b"N(0", "2: opcode 0x30, which no benchmark file has"),
        (b"N(.", "2: takes a value from an empty stack"),
        (b"Nt.", "1: goes back to a missing mark"),
        (b"Nh\x05.", "1: refers to object 5 of the memo, which is not there"),
        (b"\x94.", "0: remembers a value of an empty stack"),
        (b"NNa.", "2: appends to what is no list"),
        (b"}(Nu.", "3: a dictionary's key without a value"),
        (b"NNNs.", "3: sets items of what is no dictionary"),
        (b"N)R.", "2: calls what is no known global"),
        (b"ccollections\nOrderedDict\nNR.", "26: calls a global without a tuple of arguments"),
        (b"ccollections\nOrderedDict\nN\x85R.", "27: OrderedDict with 1 unknown arguments"),
        (b"cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R.", "21: a numpy number of type O8"),
        (b"K\x01Nb.", "3: gives a state to what has none"),
    ] {
        let found = fault(bytes);
        assert!(found.starts_with(reason), "{bytes:?}\n{found}");
    }
    let endless = [b"c".as_slice(), &[b'a'; 300]].concat();
    assert!(fault(&endless).contains("goes on for more than 256 bytes"));
}

#[test]
fn depth_and_cycles_do_no_harm() {
    let deep = [b"N".as_slice(), &[0x85; 1 << 20], b"."].concat();
    assert!(load(&deep).is_ok());
    assert!(load(b"]\x94h\x00a.").is_ok(), "a list in itself");
    let wide = [b"]".as_slice(), &b"K\x01".repeat((1 << 20) + 1)].concat();
    assert!(fault(&wide).ends_with("the stack grows without end"));
    let many = b"]K\x01a".repeat(1 << 20);
    assert!(fault(&many).contains("the stack grows without end"));
    let appended = [b"]".as_slice(), &b"K\x01a".repeat((1 << 22) + 1)].concat();
    assert!(fault(&appended).ends_with("values outside of finished records"));
}

/// An old object is kept if the first pass has seen that it is needed.
#[test]
fn far_references_are_found_by_the_first_pass() {
    let bytes = [b"\x8c\x03old\x94".as_slice(), &b"N\x94".repeat(NEAR + 5), b"h\x00."].concat();
    assert!(fault(&bytes).ends_with("refers to object 0 of the memo, which is not there"));
    let far = far_references(Limits::RECORDS, &bytes[..]).map_err(|(offset, _)| offset).unwrap();
    let (heap, value) = load_far(&bytes, &far).unwrap();
    assert_eq!(heap.str(value), Some("old"));
}

#[derive(Default)]
struct Records(Vec<i64>);

impl Receiver for Records {
    fn is_record(&self, heap: &Heap, value: Value) -> bool {
        heap.get(value, "r").is_some()
    }

    fn take(&mut self, heap: &Heap, _: Value, record: Value) -> Result<ControlFlow<()>, Fault> {
        let Some(Value::Int(number)) = heap.get(record, "r") else { panic!("no number") };
        self.0.push(number);
        Ok(ControlFlow::Continue(()))
    }
}

/// Records come out in order and are gone afterwards, from the memo too.
#[test]
fn records_are_handed_out_and_let_go() {
    // {"a": {"r": 1}, "b": {"r": 2}}, then under "again" the memo's 0, which was {"r": 1}.
    let bytes = b"}(\x8c\x01a}\x94\x8c\x01rK\x01s\x8c\x01b}\x94\x8c\x01rK\x02su\x8c\x05againh\x00s.";
    let mut records = Records::default();
    let Ok((heap, Some(root))) = unpickle(&bytes[..], &Far::default(), &mut records) else { panic!("is sound") };
    assert_eq!(records.0, [1, 2]);
    assert_eq!(heap.get(root, "a"), Some(Value::Opaque));
    let again = heap.get(root, "again").unwrap();
    assert_eq!((heap.dict(again), heap.get(again, "r")), (None, None));
}
