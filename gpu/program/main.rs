//! What `gpu/check.sh` runs beside `zeronas` itself: checks and measurements of one device in one process, each figure a line of JSON the
//! moment it is there.
//!
//! ```text
//! cargo run --release --example gpu -- probe cuda:0
//! cargo run --release --example gpu -- golden cuda:0
//! ```

mod count;
mod device;
mod golden;
mod profile;
mod sample;
mod support;
mod tune;

use serde_json::Value;
use std::process::ExitCode;

/// What went wrong, in words.
type Outcome<T> = Result<T, String>;

const USAGE: &str = "usage:
  gpu probe DEVICE                                  how fast copies and launches are
  gpu golden DEVICE [--most OPERATIONS] [--only NAME] [--threads N]
                                                    all golden cases in 64 and 32 bits; with --most small ones
  gpu tune DEVICE [--networks N] [--seconds S] [--most OPERATIONS] [--threads N] [--small]
                                                    which tuning scores most NATS-Bench networks per second by naswot, synflow and
                                                    grad_norm, and is accurate; `zeronas --device` uses it from then on
  gpu profile DEVICE [--networks N] [--small]       time, arithmetic and bytes by kernel of the same
  gpu count [--networks N]                          the same counted without any device, for three search spaces
  gpu compile ARCHITECTURE                          all variants of the kernels, for a GPU that is not here
A DEVICE is cuda:N or emulation, with how its kernels are tuned: cuda:0,step=16,stages=2.";

/// Flags behind the command and what they are given.
struct Flags(Vec<String>);

impl Flags {
    /// The value behind a flag, if it stands there.
    fn value<T: std::str::FromStr>(&self, flag: &str) -> Outcome<Option<T>> {
        let Some(place) = self.0.iter().position(|word| word == flag) else { return Ok(None) };
        let value = self.0.get(place + 1).and_then(|value| value.parse().ok());
        value.map(Some).ok_or_else(|| format!("{flag} needs a value\n{USAGE}"))
    }

    fn has(&self, flag: &str) -> bool {
        self.0.iter().any(|word| word == flag)
    }
}

/// Prints a figure.
fn say(figure: &Value) {
    use std::io::Write;
    // Whoever reads may have gone: there is nobody left to tell.
    let _ = writeln!(std::io::stdout().lock(), "{figure}").and_then(|()| std::io::stdout().flush());
}

fn run() -> Outcome<bool> {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let flags = Flags(rest.clone());
    let named = || rest.first().filter(|word| !word.starts_with("--")).ok_or_else(|| USAGE.to_owned());
    match command.as_str() {
        "probe" => device::probe(named()?).map(|()| true),
        "golden" => golden::run(named()?, &flags),
        "tune" => tune::run(named()?, &flags).map(|()| true),
        "profile" => profile::run(named()?, &flags).map(|()| true),
        "count" => count::run(&flags).map(|()| true),
        "compile" => device::compile(named()?).map(|()| true),
        _ => Err(USAGE.to_owned()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("gpu: {message}");
            ExitCode::from(2)
        }
    }
}
