//! Score neural architectures without training them, rank them, and see how far the ranking can be trusted.
//!
//! # Requests
//!
//! What a command of the program does, a request does: a plain struct with defaults, which is filled, run and answers with what came of
//! it. The command line and the Python package fill the same ones.
//!
//! | request | what it does |
//! | --- | --- |
//! | [`ScoreRequest`](job::ScoreRequest) | scores architectures with zero-cost proxies |
//! | [`MergeRequest`](job::MergeRequest) | puts the parts of a split scoring together |
//! | [`ReportRequest`](report::ReportRequest) | correlates scores with a benchmark, each number with its uncertainty |
//! | [`CompareRequest`](report::compare::CompareRequest) | compares two runs |
//! | [`ViewRequest`](report::view::ViewRequest) | makes a page of score files |
//! | [`IndexRequest`](report::index::IndexRequest) | makes an index of the pages in a folder |
//! | [`AggregatesRequest`](report::aggregates::AggregatesRequest) | finds the aggregate of proxies that ranks best |
//! | [`SearchRequest`](search::SearchRequest) | searches with a strategy, many times over |
//! | [`SearchReportRequest`](search::report::SearchReportRequest) | compares searches |
//! | [`ShortlistRequest`](search::shortlist::ShortlistRequest) | says what a short training of each proxy's best would pick |
//! | [`TrainRequest`](train::TrainRequest) | trains an architecture by a benchmark's recipe |
//! | [`ConfirmRequest`](train::ConfirmRequest) | trains the best of score files and picks one |
//! | [`FindRequest`](find::FindRequest) | all of this: from one's own pictures to a trained network within limits |
//! | [`PredictRequest`](predict::PredictRequest) | classifies pictures with a trained network |
//! | [`ExportRequest`](export::ExportRequest) | writes a network as ONNX or as a PyTorch module |
//! | [`TemplateRequest`](latency::TemplateRequest) | lists the operators of a space, for a table of their latencies |
//! | [`MeasureRequest`](latency::MeasureRequest) | measures these operators on this machine |
//! | [`CheckRequest`](latency::CheckRequest) | compares predicted latencies with measured ones |
//! | [`BuildRequest`](bench::BuildRequest) | trains the benchmark that comes with the program again |
//! | [`CalibrateRequest`](calibrate::CalibrateRequest) | asks on a few trainings whether any proxy carries signal, and what to rank by |
//! | [`ImportRequest`](space::import::ImportRequest) | makes a table of a benchmark's official files |
//! | [`QueryRequest`](space::query::QueryRequest) | asks a benchmark about one architecture |
//! | [`StatusRequest`](status::StatusRequest) | says how far jobs are, by their files |
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
//! A request that takes long is told to stop by a [`Stop`](listener::Stop), and tells a [`Listener`](listener::Listener) what goes on.
//! [Errors](enum@Error) name settings. Beneath the requests are the parts that they put together: each module says what it is for.
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
