//! The benchmark's module hash: equal for isomorphic cells.
//!
//! The hash of a vertex starts as the MD5 of its degrees and label, and takes in the sorted hashes of its neighbours as often
//! as the cell has vertices; the module's hash is the MD5 of the sorted result. Texts are those that Python's `str` would give.

use super::module::Module;
use md5::{Digest, Md5};

/// Hexadecimal digits of an MD5.
type Hex = [u8; 32];

/// The hash of a cell, which must be pruned: 32 hexadecimal digits.
pub(super) fn module_hash(module: &Module) -> String {
    let label = |vertex: usize| match vertex {
        0 => -1,
        _ if vertex == module.output() => -2,
        _ => module.ops()[vertex - 1] as i8,
    };
    let start = |v| {
        let text = format!("({}, {}, {})", module.targets(v).count(), module.sources(v).count(), label(v));
        md5(text.as_bytes())
    };
    let mut hashes: Vec<Hex> = (0..module.vertices()).map(start).collect();
    let mut text = Vec::with_capacity(512);
    for _ in 0..module.vertices() {
        let next = (0..module.vertices()).map(|v| {
            text.clear();
            push_sorted(&mut text, &hashes, module.sources(v));
            text.push(b'|');
            push_sorted(&mut text, &hashes, module.targets(v));
            text.push(b'|');
            text.extend(hashes[v]);
            md5(&text)
        });
        hashes = next.collect();
    }
    hashes.sort_unstable();
    let listed: Vec<String> = hashes.iter().map(|hash| format!("'{}'", String::from_utf8_lossy(hash))).collect();
    String::from_utf8_lossy(&md5(format!("[{}]", listed.join(", ")).as_bytes())).into_owned()
}

/// Appends the hashes of these vertices, smallest first.
fn push_sorted(text: &mut Vec<u8>, hashes: &[Hex], vertices: impl Iterator<Item = usize>) {
    let start = text.len();
    text.extend(vertices.flat_map(|vertex| hashes[vertex]));
    text[start..].as_chunks_mut::<32>().0.sort_unstable();
}

fn md5(text: &[u8]) -> Hex {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [0; 32];
    for (byte, digits) in Md5::digest(text).iter().zip(hex.chunks_exact_mut(2)) {
        digits[0] = DIGITS[usize::from(byte >> 4)];
        digits[1] = DIGITS[usize::from(byte & 15)];
    }
    hex
}
