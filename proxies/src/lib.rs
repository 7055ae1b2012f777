//! Networks as data, the engines that run them, and the zero-cost proxies that score them.
//!
//! A score is computed in four steps: a [`network::Network`] gets its [`network::Weights`], a [`Scorer`] plans which passes the
//! chosen [`proxy::Proxy`]s need, an [`engine::Engine`] runs each of them once and shows it to the proxies' observers, and every
//! proxy ends with a value or with a [`Status`] that says why there is none.
//!
//! This crate knows nothing about benchmarks, search spaces or file formats.
//!
//! ```
//! use zeronas_proxies::network::{Conv, GlobalAverage, Linear, NetworkBuilder, Op, Shape};
//! use zeronas_proxies::{Batch, Protocol, Scorer, engine::CandleEngine, proxy};
//!
//! let images = Shape::new(3, 8, 8);
//! let mut net = NetworkBuilder::new(images)?;
//! let conv = net.add("conv", Op::Conv(Conv::same(4, 3, 1)), &[net.input()])?;
//! let relu = net.add("relu", Op::RELU, &[conv])?;
//! let pool = net.add("pool", Op::GlobalAverage(GlobalAverage), &[relu])?;
//! let logits = net.add("fc", Op::Linear(Linear::new(2)), &[pool])?;
//! let net = net.finish(logits)?;
//!
//! let batch = Batch::new((0..2 * images.len()).map(|i| (i as f32).sin()).collect(), vec![0, 1], images)?;
//! let mut scorer = Scorer::new(proxy::find(&["grad_norm", "synflow"])?, Protocol::default(), CandleEngine::cpu());
//! for score in scorer.score(&net, &[&batch], 0)? {
//!     println!("{} {:?} {}", score.proxy, score.value, score.status);
//! }
//! # Ok::<(), zeronas_proxies::Error>(())
//! ```
#![deny(unsafe_code)]

mod batch;
pub mod engine;
mod error;
pub mod network;
pub mod proxy;
mod score;

pub use batch::Batch;
pub use error::{Error, Result};
pub use score::{Protocol, Score, Scorer, Status};
