use super::super::average::average;
use super::super::fixture::{scores, target};
use super::super::report;
use super::*;

fn readings() -> Readings {
    average(&scores(
        "b,params,0,7,,ok,1\n\
         a,synflow,0,,3.5,ok,1\n\
         b,synflow,0,0,,ok,1\n\
         c,synflow,0,,,overflow,1\n\
         unknown,synflow,0,,1,ok,1\n",
    ))
    .unwrap()
}

fn targets() -> [Target; 2] {
    let params = target("params", &[("b", 70.0)]);
    [target("acc", &[("a", 1.0), ("b", 2.0), ("c", 3.0)]), params]
}

fn written(table: PolarsResult<DataFrame>) -> String {
    let mut text = Vec::new();
    CsvWriter::new(&mut text).finish(&mut table.unwrap()).unwrap();
    String::from_utf8(text).unwrap()
}

fn made() -> (Report, Settings) {
    let settings = Settings { bootstrap: 0, ..Settings::default() };
    (report(&readings(), &targets(), None, &|_| Direction::Higher, &settings).unwrap(), settings)
}

#[test]
fn the_joined_table_holds_values_statuses_and_targets() {
    assert_eq!(
        written(joined(&readings(), &targets())),
        "arch,params,params_status,ln_synflow,synflow_status,acc,target_params\n\
         a,,,3.5,ok,1.0,\n\
         b,7.0,ok,,ln_zero,2.0,70.0\n\
         c,,,,overflow,3.0,\n"
    );
    assert_eq!(
        written(joined_long(&readings(), &targets())),
        "arch,proxy,scale,value,status,acc,params\n\
         b,params,linear,7.0,ok,2.0,70.0\n\
         a,synflow,ln,3.5,ok,1.0,\n\
         b,synflow,ln,,ln_zero,2.0,70.0\n\
         c,synflow,ln,,overflow,3.0,\n"
    );
}

#[test]
fn the_summary_has_a_column_for_every_measure_and_its_interval() {
    let (report, settings) = made();
    let text = written(summary(&report.summary, &settings));
    let header = text.lines().next().unwrap();
    assert!(header.starts_with(
        "target,proxy,better,pearson_scale,n,ok,bad,ln_zero,missing,n_given,undefined,spearman,spearman_lo"
    ));
    for name in
        ["kendall_hi", "partial_spearman_lo", "ndcg_top10", "precision_top100_hi", "best_top1", "regret_top1000"]
    {
        assert!(header.split(',').any(|column| column == name), "{name} is not in {header}");
    }
    assert_eq!(text.lines().count(), 1 + 4);
    assert!(text.contains("acc,params,higher,linear,1,1,,0,0,0,fewer than two architectures,,"), "{text}");
}

/// `scipy.stats.kendalltau([1, 0.5, 0], [1, 2, 3])` is -1.
#[test]
fn long_tables_have_a_number_a_row() {
    let (report, _) = made();
    let text = written(summary_long(&report.summary));
    assert!(text.starts_with("target,proxy,measure,k,n,value,value_lo,value_hi\n"), "{text}");
    assert!(text.contains("acc,synflow,kendall,,3,-1.0,,\n"), "{text}");
    assert!(text.contains("acc,synflow,best,1,3,1.0,,\n"), "{text}");
    let text = written(statuses_long(&report));
    assert!(text.contains("acc,synflow,ok,2\nacc,synflow,overflow,1\n"), "{text}");
    assert_eq!(written(statuses(&report)).lines().next().unwrap(), "target,proxy,ok,overflow");
}

#[test]
fn pairs_and_the_matrix_come_wide_and_long() {
    let (report, _) = made();
    assert!(written(pairs(&report)).starts_with("target,a,b,n,spearman_difference,spearman_difference_lo"));
    assert!(written(pairs_long(&report)).contains("acc,params,synflow,spearman,1,"));
    assert_eq!(written(alike(&report)), "proxy,params,synflow\nparams,,\nsynflow,,1.0\n");
    assert_eq!(
        written(curves(&report)).lines().next().unwrap(),
        "target,k,params_best,params_precision,synflow_best,synflow_precision"
    );
    assert!(written(deciles_long(&report)).starts_with("target,proxy,decile,n,target_lowest"));
}
