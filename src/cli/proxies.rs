//! `zeronas proxies`: the proxies there are.

use super::terminal::print;
use zeronas::Result;
use zeronas::text::{Column, Table, Text};
use zeronas_proxies::proxy::{ALIASES, ALL, GROUPS, Scale, standard};

/// List the zero-cost proxies that `zeronas score --proxies` takes
///
/// Cost is what has to run for a proxy: nothing, one image, the minibatch forward, forward and backward, the same with second derivatives
/// (curvature), or backward for each class or each image, which is expensive. Proxies share what they need, so several with the same cost
/// take hardly longer than one. Some also need something of their own: jacob_cov and epe_nas another backward pass, zico a second
/// minibatch, zen images of noise, epsinas 64-bit floats. docs/proxies.md says what the newer ones need.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas proxies
  zeronas score --proxies naswot,snip,logsynflow --sample 20 --out scores.parquet")]
pub struct ProxiesArgs {}

/// Prints the table.
pub fn run(_args: &ProxiesArgs) -> Result<()> {
    print(&text())
}

fn text() -> Text {
    let columns = [
        Column::word("name").key(),
        Column::word("better"),
        Column::word("scale").detail(),
        Column::word("cost"),
        Column::prose("what it is").called("summary").key(),
        Column::prose("source").detail(),
    ];
    let mut table = Table::new("proxy", columns);
    for info in standard().iter().map(|proxy| proxy.info()) {
        let scale = match info.scale {
            Scale::Linear => "linear",
            Scale::Log => "log",
        };
        table.row([info.name, info.direction.as_str(), scale, info.cost.as_str(), info.summary, info.source]);
    }
    let aliases = ALIASES.iter().map(|(alias, name)| format!("`{alias}` is `{name}`"));
    let groups = GROUPS.iter().map(|(group, what, members)| format!("`{group}` is {what}: {}", members.join(", ")));
    let others: Vec<String> = aliases.chain(groups).chain([format!("`{ALL}` is all of them")]).collect();
    Text::from(table).and(format!("\n\n{}\n", others.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proxy_has_a_line() {
        let text = text().to_string();
        for name in standard().iter().map(|proxy| proxy.info().name) {
            assert!(text.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}\n{text}");
        }
        assert!(text.contains("`nwot` is `naswot`") && text.contains("`suite-zero` is the proxies of"), "{text}");
    }
}
