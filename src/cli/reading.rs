//! The flags that say how tables are read.

use zeronas::report::reading::ReadAs;

/// How score files are read, and for which proxies lower is better.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// In another tool's table, the columns that are proxies, if a file has them [default: all numeric ones but keys, times, ranks
    /// and the target]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "How tables are read")]
    proxy_columns: Vec<String>,

    #[command(flatten)]
    archs: ArchColumnArg,

    /// Proxies for which lower scores are better, in addition to the known ones
    #[arg(long, value_name = "PROXIES", value_delimiter = ',', help_heading = "How tables are read")]
    lower_is_better: Vec<String>,
}

/// Which column names architectures.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct ArchColumnArg {
    /// In tables, the column that names the architectures [default: arch, arch_str, architecture, net_str, net, module_hash, hash or
    /// index]
    #[arg(long, value_name = "NAME", help_heading = "How tables are read")]
    pub arch_column: Option<String>,
}

impl From<ReadArgs> for ReadAs {
    fn from(args: ReadArgs) -> Self {
        let ReadArgs { proxy_columns, archs: ArchColumnArg { arch_column }, lower_is_better } = args;
        ReadAs { proxy_columns, arch_column, lower_is_better }
    }
}
