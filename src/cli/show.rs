//! `zeronas show`: what an architecture is, without running it.

use crate::Result;
use crate::space::{self, Skeleton};
use std::fmt::Write;
use zeronas_proxies::network::{Network, Op};

/// Show an architecture's graph, canonical key, parameters, FLOPs, live and dead parts
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas show --space nats-tss --arch '|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|'")]
pub struct ShowArgs {
    /// Search space
    #[arg(long, value_name = "SPACE", default_value = "nats-tss")]
    space: String,

    /// Architecture, as its benchmark writes it
    #[arg(long, value_name = "ARCH")]
    arch: String,

    #[command(flatten)]
    skeleton: SkeletonArgs,

    /// List every layer of the network as written
    #[arg(long)]
    layers: bool,
}

/// The part of the network that does not depend on the architecture.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct SkeletonArgs {
    /// Output channels of the stem
    #[arg(long, value_name = "C", default_value_t = Skeleton::default().channels)]
    channels: usize,

    /// Cells in each stage
    #[arg(long, value_name = "N", default_value_t = Skeleton::default().cells)]
    cells: usize,

    /// Number of classes
    #[arg(long, value_name = "K", default_value_t = Skeleton::default().classes)]
    classes: usize,

    /// Side of the images
    #[arg(long, value_name = "SIDE", default_value_t = Skeleton::default().resolution)]
    resolution: usize,
}

impl From<SkeletonArgs> for Skeleton {
    fn from(args: SkeletonArgs) -> Self {
        let SkeletonArgs { channels, cells, classes, resolution } = args;
        Skeleton { channels, cells, classes, resolution }
    }
}

/// Prints the description.
pub fn run(args: &ShowArgs) -> Result<()> {
    crate::print(&describe(args)?)
}

fn describe(args: &ShowArgs) -> Result<String> {
    let space = space::find(&args.space)?;
    let skeleton = Skeleton::from(args.skeleton).checked()?;
    let arch = space.parse(&args.arch)?;
    let written = space.network(&arch, &skeleton)?;
    let canonical = space.canonical_network(&arch, &skeleton)?;

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
    if args.layers {
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
