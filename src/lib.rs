//! Score neural architectures without training them, rank them, and see how far the ranking can be trusted.
//!
//! # Requests
//!
//! Every command of the program has a request: a plain struct with defaults. Fill in its fields, run it, and it returns the results. The
//! command line and the Python package use the same requests.
//!
//! | request | what it does |
//! | --- | --- |
//! | [`ScoreRequest`](job::ScoreRequest) | scores architectures with zero-cost proxies |
//! | [`MergeRequest`](job::MergeRequest) | merges the parts of a scoring that was split |
//! | [`ReportRequest`](report::ReportRequest) | correlates scores with a benchmark and gives the uncertainty of each number |
//! | [`CompareRequest`](report::compare::CompareRequest) | compares two runs |
//! | [`ViewRequest`](report::view::ViewRequest) | makes a page from score files |
//! | [`IndexRequest`](report::index::IndexRequest) | makes an index of the pages in a folder |
//! | [`AggregatesRequest`](report::aggregates::AggregatesRequest) | finds the aggregate of proxies that ranks best |
//! | [`SearchRequest`](search::SearchRequest) | runs a search strategy many times |
//! | [`SearchReportRequest`](search::report::SearchReportRequest) | compares searches |
//! | [`ShortlistRequest`](search::shortlist::ShortlistRequest) | says which architecture a short training of each proxy's best would pick |
//! | [`TrainRequest`](train::TrainRequest) | trains an architecture with a benchmark's recipe |
//! | [`ConfirmRequest`](train::ConfirmRequest) | trains the best architectures of score files and picks one |
//! | [`FindRequest`](find::FindRequest) | all of this: from your own pictures to a trained network within limits |
//! | [`PredictRequest`](predict::PredictRequest) | classifies pictures with a trained network |
//! | [`ExportRequest`](export::ExportRequest) | writes a network as ONNX or as a PyTorch module |
//! | [`TemplateRequest`](latency::TemplateRequest) | lists the operators of a space, for a table of their latencies |
//! | [`MeasureRequest`](latency::MeasureRequest) | measures these operators on this machine |
//! | [`CheckRequest`](latency::CheckRequest) | compares predicted latencies with measured ones |
//! | [`BuildRequest`](bench::BuildRequest) | repeats the trainings of the benchmark that comes with the program |
//! | [`CalibrateRequest`](calibrate::CalibrateRequest) | finds out from a few trainings whether any proxy carries signal, and what to rank by |
//! | [`ImportRequest`](space::import::ImportRequest) | converts a benchmark's official files to a table |
//! | [`QueryRequest`](space::query::QueryRequest) | looks up one architecture in a benchmark |
//! | [`StatusRequest`](status::StatusRequest) | reports the progress of jobs from their files |
//! | [`ShowRequest`](space::ShowRequest) | describes an architecture without running it |
//!
//! The benchmark that comes with the program, scored by two proxies and compared with its accuracies:
//!
//! ```
//! use zeronas::job::ScoreRequest;
//! use zeronas::listener::Stop;
//! use zeronas::report::ReportRequest;
//! use zeronas::space::Archs;
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let folder = folder.path();
//! let request = ScoreRequest {
//!     proxies: Some(vec!["params".into(), "flops".into()]),
//!     ..ScoreRequest::new(Archs::Benchmark("zeronas-mini".into()), folder.join("scores.parquet"))
//! };
//! let scored = request.run(&Stop::default(), &())?;
//! assert_eq!(scored.summary.archs, 200);
//!
//! let report = ReportRequest::new(vec![request.out], "zeronas-mini", folder.join("report")).run(&())?;
//! println!("{}", report.text);
//! assert!(report.pages[0].exists());
//! # Ok::<(), zeronas::Error>(())
//! ```
//!
//! To stop a request that takes long, set its [`Stop`](listener::Stop); to follow it, pass a [`Listener`](listener::Listener).
//! [Errors](enum@Error) name settings. The requests build on the other modules; the documentation of each says what it is for.
#![forbid(unsafe_code)]

pub mod bench;
#[cfg(doctest)]
mod book;
pub mod calibrate;
pub mod device;
mod error;
pub mod export;
pub mod find;
pub mod images;
pub mod job;
pub mod latency;
pub mod listener;
pub mod log;
mod markup;
pub mod memory;
mod number;
mod percentile;
pub mod predict;
pub mod recipe;
pub mod report;
pub mod results;
pub mod search;
pub mod space;
pub mod status;
pub mod strategy;
pub mod text;
pub mod train;
pub mod words;

pub use error::{Error, Result, with_settings};
