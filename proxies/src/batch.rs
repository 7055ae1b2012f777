//! A minibatch: the images and labels of one pass.

use crate::network::Shape;
use crate::{Error, Result};
use zeronas_random::Stream;

/// Images with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    images: Vec<f64>,
    labels: Vec<u32>,
    shape: Shape,
}

impl Batch {
    /// Creates a batch of `labels.len()` images. `images` holds them one after another, each channels x height x width in
    /// row-major order. Fails if there is no image or if the lengths do not agree.
    pub fn new(images: Vec<f32>, labels: Vec<u32>, shape: Shape) -> Result<Self> {
        if labels.is_empty() {
            return Err(Error::Batch("holds no image".into()));
        }
        if images.len() != labels.len() * shape.len() {
            let message = format!("{} values are not {} images of {shape}", images.len(), labels.len());
            return Err(Error::Batch(message));
        }
        Ok(Batch { images: images.into_iter().map(f64::from).collect(), labels, shape })
    }

    /// One image of ones, for passes that need no data.
    pub fn ones(shape: Shape) -> Self {
        Batch { images: vec![1.0; shape.len()], labels: vec![0], shape }
    }

    /// Images of noise: every pixel is drawn from N(0, 1) with stream `name` under `seed` and rounded to f32. All labels are 0.
    pub fn noise(images: usize, shape: Shape, name: &str, seed: u64) -> Self {
        let stream = Stream::new(name, seed);
        let pixels = (0..(images * shape.len()) as u64).map(|i| f64::from(stream.normal(i) as f32));
        Batch { images: pixels.collect(), labels: vec![0; images], shape }
    }

    /// Returns these images with `size` times those of `other` added, pixel by pixel. Fails if the batches differ in their
    /// number or shape of images.
    pub fn shifted(&self, other: &Batch, size: f64) -> Result<Self> {
        if (self.size(), self.shape) != (other.size(), other.shape) {
            let [one, two] = [self, other].map(|batch| format!("{} images of {}", batch.size(), batch.shape));
            return Err(Error::Batch(format!("{two} cannot be added to {one}")));
        }
        let pixels = self.images.iter().zip(&other.images).map(|(pixel, other)| pixel + size * other);
        Ok(Batch { images: pixels.collect(), labels: self.labels.clone(), shape: self.shape })
    }

    /// Returns images of noise as drawn by [`Batch::noise`], with the number, shape and labels of this batch.
    pub fn noise_like(&self, name: &str, seed: u64) -> Self {
        Batch { labels: self.labels.clone(), ..Batch::noise(self.size(), self.shape, name, seed) }
    }

    /// Image `n` as a batch of its own. Panics if `n` is out of range.
    pub fn single(&self, n: usize) -> Self {
        let pixels = n * self.shape.len()..(n + 1) * self.shape.len();
        Batch { images: self.images[pixels].to_vec(), labels: vec![self.labels[n]], shape: self.shape }
    }

    /// Number of images.
    pub fn size(&self) -> usize {
        self.labels.len()
    }

    /// Shape of one image.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// All pixel values, image by image, channels x height x width.
    pub fn images(&self) -> &[f64] {
        &self.images
    }

    /// The class numbers, one per image.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }
}
