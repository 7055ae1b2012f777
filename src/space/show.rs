//! What an architecture is, without running it.

use super::{Names, SpaceChoice, networks};
use crate::Result;
use crate::listener::Listener;
use std::fmt::Write;
use std::path::PathBuf;
use zeronas_proxies::network::{Network, Op};

/// Describes an architecture: its graph, canonical key, parameters, FLOPs, live and dead parts.
#[derive(Clone, Debug)]
pub struct ShowRequest {
    /// The space.
    pub space: SpaceChoice,
    /// The architecture, as its benchmark writes it, or by index or hash in the table at [`from`](Self::from).
    pub arch: String,
    /// A benchmark table that knows the architecture.
    pub from: Option<PathBuf>,
    /// The column of that table that names architectures, where it has none of the usual names.
    pub arch_column: Option<String>,
    /// Every layer of the network as written, too.
    pub all_layers: bool,
    /// The network as written in its JSON form instead of the description.
    pub json: bool,
    /// A drawing as SVG instead of the description.
    pub svg: bool,
}

impl ShowRequest {
    /// The description of this architecture of the default space.
    pub fn new(arch: &str) -> Self {
        ShowRequest {
            space: SpaceChoice::default(),
            arch: arch.to_owned(),
            from: None,
            arch_column: None,
            all_layers: false,
            json: false,
            svg: false,
        }
    }

    /// The text.
    ///
    /// # Errors
    /// Names the setting, or what is wrong with the architecture.
    pub fn run(&self, listener: &dyn Listener) -> Result<String> {
        let space = self.space.space()?;
        let arch = Names::new(space.as_ref(), self.from.as_deref(), self.arch_column.as_deref(), listener)?
            .arch(&self.arch)?;
        if self.svg {
            return Ok(space.drawing(&arch)?.standalone(arch.as_str()));
        }
        let written = space.network(&arch)?;
        if self.json {
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
        if self.all_layers {
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
