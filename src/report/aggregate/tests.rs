//! Tests of what aggregates compute.

use super::super::average::average;
use super::super::fixture::scores;
use super::rule::{dense_ranks, regularised, z_scores};
use super::*;

fn readings() -> Readings {
    average(&scores(
        "a,naswot,0,1,,ok,2\n\
         b,naswot,0,5,,ok,2\n\
         c,naswot,0,,,singular,2\n\
         d,naswot,0,5,,ok,2\n\
         e,naswot,0,9,,ok,2\n\
         a,loss,0,7,,ok,1\n\
         b,loss,0,3,,ok,1\n\
         c,loss,0,1,,ok,1\n\
         d,loss,0,2,,ok,\n",
    ))
    .unwrap()
}

fn values(rule: &str, bad: BadPolicy) -> Vec<Option<Reading>> {
    let direction = |proxy: &str| if proxy == "loss" { Direction::Lower } else { Direction::Higher };
    rule.parse::<Aggregate>().unwrap().apply(&readings(), direction, bad).unwrap().readings
}

fn assert_values(found: &[Option<Reading>], golden: &[f64]) {
    for (found, golden) in found.iter().zip(golden) {
        let Some(Reading::Value(found)) = found else { panic!("{found:?} is not {golden}") };
        assert!((found - golden).abs() < 1e-12, "{found} is not {golden}");
    }
}

/// `e` has no loss, so m = 4:
///
/// ```python
/// naswot, loss = [1, 5, -np.inf, 5], [7, 3, 1, 2]
/// np.log(rankdata(naswot) / 4) + np.log(rankdata(-np.array(loss)) / 4)
/// (rankdata(naswot) / 4 + rankdata(-np.array(loss)) / 4) / 2
/// ```
#[test]
fn ranks_are_combined_as_numpy_does() {
    let found = values("both=logrank(naswot, loss)", BadPolicy::Worst);
    assert_values(&found[..4], &[-2.0794415416798357, -0.8266785731844679, -1.3862943611198906, -0.4212134650763035]);
    assert_eq!(found[4], None);
    assert_values(&values("both=meanrank(naswot,loss)", BadPolicy::Worst)[..4], &[0.375, 0.6875, 0.625, 0.8125]);
}

/// ```python
/// naswot, loss = [1, 5, 1, 5], [7, 3, 1, 2]
/// (scipy.stats.zscore(naswot) - scipy.stats.zscore(loss)) / 2
/// ```
#[test]
fn z_scores_are_those_of_scipy_and_a_bad_architecture_counts_as_the_worst() {
    let found = values("both=meanz(naswot,loss)", BadPolicy::Worst);
    assert_values(&found[..4], &[-1.3232319499226777, 0.5548821299948452, -0.006060830046393462, 0.7744106499742258]);
    assert_eq!(z_scores(&[2.0, 2.0]), [0.0, 0.0]);
    assert_eq!(z_scores(&[1.0, 3.0, f64::MIN]), z_scores(&[1.0, 3.0, 1.0]), "ln 0 does not silence the proxy");
}

/// `tests/golden/aggregates_36.csv`: 36 topologies with their proxies, and the aggregates that NumPy and SciPy compute from them by the
/// rules of VKDNW and SWAP-NAS.
#[test]
fn published_aggregates_are_what_numpy_makes_of_them() {
    let mut lines = include_str!("../../../tests/golden/aggregates_36.csv").lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 36);
    let column = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let mut text = String::new();
    for (arch, row) in rows.iter().enumerate() {
        for (proxy, value) in names.iter().zip(row) {
            let (value, status) = if *value == "nan" { ("", "constant") } else { (*value, "ok") };
            text += &format!("a{arch:02},{proxy},0,{value},,{status},1\n");
        }
    }
    let mut readings = average(&scores(&text)).unwrap();
    readings.proxies.retain(|proxy| Aggregate::named(&proxy.proxy).is_none());
    for (name, rule, members) in NAMED {
        let aggregate = name.parse::<Aggregate>().unwrap();
        assert_eq!((aggregate.rule, aggregate.members.len()), (rule, members.len()));
        let found = aggregate.apply(&readings, |_| Direction::Higher, BadPolicy::Worst).unwrap().readings;
        let golden: Vec<f64> = rows.iter().map(|row| row[column(name)].parse().unwrap()).collect();
        for (arch, (found, golden)) in found.iter().zip(golden).enumerate() {
            let Some(Reading::Value(found)) = found else { panic!("{name} of {arch} is {found:?}") };
            assert!((found - golden).abs() <= 1e-9 * golden.abs(), "{name} of {arch}: {found} is not {golden}");
        }
    }
}

#[test]
fn rules_of_ordered_members_take_as_many_as_they_need() {
    assert!("vkdnw(a,b,c)".parse::<Aggregate>().is_ok() && "regularised(swap,params)".parse::<Aggregate>().is_ok());
    for (text, part) in [("vkdnw(a)", "two proxies"), ("regularised(a)", "a size"), ("regularised(a,b,c)", "a size")] {
        assert!(text.parse::<Aggregate>().unwrap_err().contains(part), "{text}");
    }
    assert_eq!(dense_ranks(&[2.0, 1.0, 2.0, 2.0], &[5.0, 9.0, 4.0, 5.0]), [3.0, 1.0, 2.0, 3.0]);
    assert_eq!(regularised(&[3.0, f64::NEG_INFINITY], &[1000.0, 1000.0]), [3.0, f64::NEG_INFINITY]);
}

/// ```python
/// 0.75 * np.log(rankdata(naswot) / 4) + 0.25 * np.log(rankdata(-np.array(loss)) / 4)   # as in the test of ranks
/// ```
#[test]
fn weights_say_how_much_a_member_counts() {
    let found = values("logrank(0.75*naswot, 0.25*loss)", BadPolicy::Worst);
    let half = |n: f64, l: f64| 0.75 * (n / 4.0).ln() + 0.25 * (l / 4.0).ln();
    assert_values(&found[..4], &[half(2.0, 1.0), half(3.5, 2.0), half(1.0, 4.0), half(3.5, 3.0)]);
    let aggregate = "logrank( 0.75*naswot,loss)".parse::<Aggregate>().unwrap();
    assert_eq!(aggregate.to_string(), "logrank(0.75*naswot,1*loss)");
    assert_eq!(aggregate.to_string().parse::<Aggregate>().unwrap(), aggregate);
    let named = "mine=meanrank(2*naswot,loss)".parse::<Aggregate>().unwrap();
    assert_eq!(named.to_string(), "mine=meanrank(2*naswot,1*loss)");
    assert_eq!(named.unnamed().name, "meanrank(2*naswot,1*loss)");
    assert_eq!("logrank(a*b)".parse::<Aggregate>().unwrap().members, ["a*b"], "a star in a name");
    for text in ["logrank(0*a)", "logrank(-1*a,b)", "logrank(NaN*a)", "vkdnw(2*a,b)"] {
        assert!(text.parse::<Aggregate>().is_err(), "{text}");
    }
}

#[test]
fn the_file_of_a_calibration_is_the_aggregate_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        let path = folder.path().join("calibrated.json");
        std::fs::write(&path, text).unwrap();
        path.display().to_string().parse::<Aggregate>()
    };
    let found = read(r#"{"aggregate": "logrank(0.75*naswot,0.25*loss)"}"#).unwrap();
    assert_eq!(found.to_string(), "logrank(0.75*naswot,0.25*loss)");
    for (text, part) in [
        ("{", "is not JSON"),
        ("{}", "is not what `zeronas calibrate` writes"),
        (r#"{"aggregate": "a.json"}"#, "is not what"),
        (r#"{"aggregate": "sum(a)"}"#, "its aggregate must read"),
        (r#"{"aggregate": null, "says": "train"}"#, "recommends no aggregate: train"),
    ] {
        assert!(read(text).unwrap_err().contains(part), "{text}");
    }
    assert!("none.json".parse::<Aggregate>().unwrap_err().contains("none.json: cannot be read"));
}

#[test]
fn without_a_name_it_is_called_what_it_reads() {
    let aggregate = "logrank(naswot, loss)".parse::<Aggregate>().unwrap();
    assert_eq!(aggregate.to_string(), "logrank(naswot,loss)");
    assert_eq!(aggregate.to_string().parse::<Aggregate>().unwrap(), aggregate);
}

#[test]
fn dropped_architectures_are_bad_for_the_aggregate() {
    let found = values("both=meanrank(naswot,loss)", BadPolicy::Drop);
    assert_eq!(found[2], Some(Reading::Bad("singular".into())));
    assert_values(&found[..1], &[1.0 / 3.0]);
}

#[test]
fn it_costs_what_its_members_cost() {
    let found = "both=meanrank(naswot,loss)".parse::<Aggregate>().unwrap();
    let found = found.apply(&readings(), |_| Direction::Higher, BadPolicy::Worst).unwrap();
    assert_eq!(found.took[0], Took { seconds: 3.0, timed: 1, whole: Some(3.0) });
    assert_eq!(found.took[3], Took::default());
}

#[test]
fn mistakes_are_named() {
    for text in ["naswot", "x=logrank", "x=logrank()", "=logrank(a)", "x=product(a)"] {
        assert!(text.parse::<Aggregate>().is_err(), "{text}");
    }
    let error = |text: &str| {
        let aggregate = text.parse::<Aggregate>().unwrap();
        aggregate.apply(&readings(), |_| Direction::Higher, BadPolicy::Worst).unwrap_err().to_string()
    };
    assert!(error("x=logrank(zen)").contains("there is no proxy `zen` among naswot, loss"));
    assert!(error("loss=logrank(naswot)").contains("has that name already"));
}
