//! How much a pickle may hold. Files are not believed: what is beyond these bounds is refused before memory runs out.

/// Bounds on a pickle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of one text or bytes object.
    pub(super) argument: u64,
    /// Values held at once.
    pub(super) values: usize,
    /// Bytes of all distinct texts together.
    pub(super) texts: usize,
}

impl Limits {
    /// Benchmarks' records: one has some forty thousand values, a list of all architectures as many, and no text of them comes
    /// near a megabyte.
    pub(crate) const RECORDS: Limits = Limits { argument: 1 << 20, values: 1 << 22, texts: 1 << 26 };
    /// Batches of images: one array of a gigabyte at most, and a label per image. Protocol 2 writes the array as a text.
    pub(crate) const IMAGES: Limits = Limits { argument: 1 << 30, values: 1 << 27, texts: 1 << 30 };
}
