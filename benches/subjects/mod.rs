//! Networks to time, each with a mini-batch of noise.

use zeronas::space::{NatsTss, SearchSpace};
use zeronas_proxies::Batch;
use zeronas_proxies::network::Network;
use zeronas_random::Stream;

const IMAGES: usize = 64;

/// One network to score.
pub struct Subject {
    pub name: String,
    pub net: Network,
    pub batch: Batch,
}

impl Subject {
    fn new(line: &str) -> Self {
        let space = NatsTss::default();
        let arch = space.parse(line).expect("an architecture");
        let net = space.network(&arch).expect("a network");
        let shape = net.input_shape();
        let stream = Stream::new("images", 0);
        let images = (0..IMAGES * shape.len()).map(|i| stream.normal(i as u64) as f32).collect();
        let labels = (0..IMAGES as u32).map(|n| n % 10).collect();
        Subject { name: line.into(), net, batch: Batch::new(images, labels, shape).expect("a batch") }
    }
}

/// Returns the networks of the file named on the command line, or of `benches/peer/archs_tss12.txt`.
pub fn subjects() -> Vec<Subject> {
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = path.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer/archs_tss12.txt").into());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Subject::new).collect()
}
