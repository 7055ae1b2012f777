//! `zeronas show`: what an architecture is, without running it.

use super::archs::Names;
use super::reading::ArchColumnArg;
use super::space::SpaceArgs;
use crate::Result;
use crate::space::{self, networks};
use std::fmt::Write;
use std::path::PathBuf;
use zeronas_proxies::network::{Network, Op};

/// Show an architecture's graph, canonical key, parameters, FLOPs, live and dead parts
#[derive(Debug, clap::Args)]
#[command(after_help = spaces())]
pub struct ShowArgs {
    #[command(flatten)]
    space: SpaceArgs,

    /// Architecture, as its benchmark writes it
    #[arg(long, value_name = "ARCH")]
    arch: String,

    /// The architecture may be given by its `index` or `module_hash` in this table
    #[arg(long, value_name = "TABLE")]
    from: Option<PathBuf>,

    #[command(flatten)]
    column: ArchColumnArg,

    /// List every layer of the network as written
    #[arg(long)]
    all_layers: bool,

    /// Print the network as written in the JSON form that `zeronas score --network` reads
    #[arg(long, conflicts_with = "all_layers")]
    json: bool,
}

/// Every space with its notations and an example.
fn spaces() -> String {
    let mut text = "Spaces, and how their architectures are written:\n".to_owned();
    for benchmark in space::all() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}: {}", benchmark.name, benchmark.about);
        let _ = writeln!(text, "      {}", benchmark.notation);
        let _ = writeln!(text, "      zeronas show --space {} --arch '{}'", benchmark.name, benchmark.example);
    }
    text
}

/// Prints the description.
pub fn run(args: &ShowArgs) -> Result<()> {
    crate::print(&describe(args)?)
}

fn describe(args: &ShowArgs) -> Result<String> {
    let space = args.space.space()?;
    let arch = Names::new(space.as_ref(), args.from.as_deref(), &args.column)?.arch(&args.arch)?;
    let written = space.network(&arch)?;
    if args.json {
        return Ok(networks::json_of(&written, Some(arch.as_str()))? + "\n");
    }
    let canonical = space.canonical_network(&arch)?;

    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<14}{value}");
    };
    line("architecture", arch.to_string());
    line("space", space.name().into());
    line("canonical key", space.key(&arch)?.unwrap_or_else(|| "none: no path from input to output".into()));
    line("parameters", count(written.parameter_count(), canonical.as_ref().map(Network::parameter_count)));
    line("FLOPs", count(written.flops(), canonical.as_ref().map(Network::flops)));
    line("layers", count(written.layers().len() as u64, canonical.as_ref().map(|net| net.layers().len() as u64)));
    line("", String::new());
    for part in space.graph(&arch)? {
        line(if part.live { "live" } else { "dead" }, part.text);
    }
    if args.all_layers {
        line("", String::new());
        for (layer, live) in written.layers().iter().zip(written.live()) {
            let state = if live { "live" } else { "dead" };
            let inputs: Vec<&str> = layer.inputs.iter().map(|&id| written.layer(id).name.as_str()).collect();
            let from = if matches!(layer.op, Op::Input(_)) { "images".into() } else { inputs.join(" + ") };
            line(
                state,
                format!("{:<32} {:<16} {:>12}  <- {from}", layer.name, layer.op.kind(), layer.shape.to_string()),
            );
        }
    }
    Ok(text)
}

/// A count of the network as written, and of its live part.
fn count(written: u64, live: Option<u64>) -> String {
    match live {
        Some(live) if live != written => format!("{} (canonical network: {})", grouped(written), grouped(live)),
        _ => grouped(written),
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let start = digits.len() % 3;
    let mut groups: Vec<&str> = Vec::new();
    if start > 0 {
        groups.push(&digits[..start]);
    }
    groups.extend((start..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!([grouped(7), grouped(123), grouped(1234), grouped(15_625_000)], ["7", "123", "1,234", "15,625,000"]);
    }
}
