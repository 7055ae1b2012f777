//! Limits on the size of a pickle. Files are not trusted: whatever exceeds these limits is refused before memory runs out.

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
    /// Limits for benchmark records: a record has some forty thousand values, a list of all architectures has as many, and none
    /// of their texts comes near a megabyte.
    pub(crate) const RECORDS: Limits = Limits { argument: 1 << 20, values: 1 << 22, texts: 1 << 26 };
    /// Limits for batches of images: one array of at most a gigabyte, and a label per image. Protocol 2 writes the array as a text.
    pub(crate) const IMAGES: Limits = Limits { argument: 1 << 30, values: 1 << 27, texts: 1 << 30 };
}
