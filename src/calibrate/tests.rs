//! The rule on made-up scores.

use super::*;
use crate::report::aggregate::Aggregate;
use crate::report::average::average;
use crate::report::fixture::scores;
use crate::report::join::Direction;
use zeronas_random::Stream;

const ARCHS: u64 = 200;

fn noise(name: &str, arch: u64) -> f64 {
    Stream::new(name, 0).normal(arch)
}

/// Two hundred architectures with these columns, and an aggregate of the first two proxies after the sizes.
fn field(columns: &[(&str, &dyn Fn(u64) -> f64)]) -> Field {
    let mut lines = String::new();
    for (name, value) in columns {
        for arch in 0..ARCHS {
            lines += &format!("a{arch:03},{name},0,{},,ok,1\n", value(arch));
        }
    }
    let readings = average(&scores(&lines)).unwrap();
    let names: Vec<&str> = columns.iter().map(|column| column.0).filter(|name| !name.ends_with("ops")).collect();
    let default = names.get(2).map(|_| format!("default=logrank({},{})", names[1], names[2]));
    let default = default.map(|text| text.parse::<Aggregate>().unwrap());
    Field::new(&readings, default.as_ref(), &|_| Direction::Higher).unwrap()
}

fn label(field: &Field, count: usize, seed: u64, value: &dyn Fn(u64) -> f64) -> Vec<Label> {
    let places = spread(&field.mean_ranks(), count, seed, |_| Ok(true)).unwrap();
    let value = |place| Label { place, value: value(place as u64), trainings: Vec::new() };
    places.into_iter().map(value).collect()
}

const SETTINGS: Settings = Settings { draws: 200, shuffles: 200, step: 10, seed: 0 };

fn kind(calibration: &Calibration) -> Option<Kind> {
    match &calibration.verdict {
        Verdict::Train => None,
        Verdict::Use { kind, .. } => Some(*kind),
    }
}

#[test]
fn a_proxy_that_is_the_accuracy_is_used() {
    let accuracy = |arch| noise("accuracy", arch);
    let field = field(&[
        ("params", &|arch| noise("params", arch)),
        ("flops", &|arch| noise("flops", arch)),
        ("x", &|arch| noise("x", arch)),
        ("y", &|arch| noise("y", arch)),
        ("good", &accuracy),
    ]);
    let found = calibrate(&field, &label(&field, 20, 0, &accuracy), &SETTINGS);
    assert_eq!((kind(&found), found.judged.len(), found.networks), (Some(Kind::Combination), 7, 20));
    let aggregate = found.verdict.aggregate().unwrap();
    let heaviest = aggregate.weighted_members().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert_eq!(heaviest.0, "good", "{aggregate}");
    let good = found.judged.iter().find(|one| one.name == "good").unwrap();
    assert_eq!(good.kendall.value, Some(1.0));
    assert_eq!(good.curve.iter().map(|point| point.0).collect::<Vec<_>>(), [10, 20]);
    assert!(found.by_chance < 0.02 && found.verdict.says().starts_with("use logrank("), "{found:?}");
}

#[test]
fn among_noise_nothing_carries_signal() {
    let names: Vec<String> = (0..15).map(|proxy| format!("p{proxy}")).collect();
    let columns: Vec<Box<dyn Fn(u64) -> f64>> =
        names.iter().map(|name| Box::new(|arch| noise(name, arch)) as Box<dyn Fn(u64) -> f64>).collect();
    let mut all: Vec<(&str, &dyn Fn(u64) -> f64)> =
        names.iter().zip(&columns).map(|(name, column)| (name.as_str(), &**column)).collect();
    (all[0].0, all[1].0) = ("params", "flops");
    let field = field(&all);
    let trains = (0..20).filter(|&seed| {
        let labels = label(&field, 20, seed, &|arch| noise(&format!("accuracy{seed}"), arch));
        kind(&calibrate(&field, &labels, &Settings { draws: 50, ..SETTINGS })).is_none()
    });
    // One in twenty may be fooled.
    assert!(trains.count() >= 18);
}

#[test]
fn where_only_parameters_rank_they_are_enough() {
    let params = |arch| noise("params", arch);
    let field = field(&[
        ("params", &params),
        ("flops", &|arch| noise("flops", arch)),
        ("x", &|arch| noise("x", arch)),
        ("y", &|arch| noise("y", arch)),
        ("z", &|arch| noise("z", arch)),
    ]);
    let accuracy = |arch| params(arch) + 0.1 * noise("accuracy", arch);
    let found = calibrate(&field, &label(&field, 20, 1, &accuracy), &SETTINGS);
    assert_eq!(kind(&found), Some(Kind::Params), "{found:?}");
    assert_eq!(found.verdict.aggregate().unwrap().to_string(), "logrank(params)");
    assert_eq!(found.judged[0].partial.value, None, "nothing is left of parameters given parameters");
}

#[test]
fn the_combination_ranks_like_the_expression_that_is_written_of_it() {
    let accuracy = |arch| noise("accuracy", arch);
    let columns: [(&str, &dyn Fn(u64) -> f64); 5] = [
        ("params", &|arch| noise("params", arch)),
        ("flops", &|arch| noise("flops", arch)),
        ("x", &|arch| accuracy(arch) + noise("x", arch)),
        ("y", &|arch| noise("y", arch)),
        ("z", &|arch| accuracy(arch) + noise("z", arch)),
    ];
    let field = field(&columns);
    let (places, values): (Vec<usize>, Vec<f64>) =
        label(&field, 50, 0, &accuracy).into_iter().map(|label| (label.place, label.value)).unzip();
    let fit = combination::Fit::new(&field, &places, &values);
    let aggregate = fit.aggregate(&field).unwrap();
    let sum: f64 = aggregate.weighted_members().map(|(_, weight)| weight).sum();
    assert!((sum - 1.0).abs() < 0.01, "{aggregate}");
    let mut lines = String::new();
    for (name, value) in columns {
        (0..ARCHS).for_each(|arch| lines += &format!("a{arch:03},{name},0,{},,ok,1\n", value(arch)));
    }
    let readings = average(&scores(&lines)).unwrap();
    let made = aggregate.apply(&readings, |_| Direction::Higher, Default::default()).unwrap();
    let pairs = made.readings.iter().enumerate().map(|(arch, reading)| match reading {
        Some(crate::report::average::Reading::Value(value)) => (fit.value(&field, arch).unwrap(), *value),
        other => panic!("{other:?}"),
    });
    let alike = crate::report::statistics::kendall(&pairs.collect::<Vec<_>>()).unwrap();
    assert!(alike > 0.99, "{alike}");
}

#[test]
fn without_a_default_and_with_bad_architectures_it_goes_on() {
    let readings = |lines: &str| average(&scores(lines)).unwrap();
    let mut lines = String::new();
    for arch in 0..30 {
        lines += &format!("a{arch:02},params,0,{arch},,ok,1\na{arch:02},flops,0,{},,ok,1\n", arch / 2);
        lines += &match arch % 10 {
            0 => format!("a{arch:02},x,0,,,singular,1\n"),
            1 => String::new(),
            _ => format!("a{arch:02},x,0,{},,ok,1\n", arch * arch),
        };
    }
    let field = Field::new(&readings(&lines), None, &|_| Direction::Higher).unwrap();
    assert_eq!((field.archs.len(), field.left_out, field.candidates.len()), (27, 3, 3));
    let found = calibrate(&field, &label(&field, 15, 0, &|place| place as f64), &SETTINGS);
    assert!(found.verdict.aggregate().is_some(), "{found:?}");
    let error = Field::new(&readings("a,x,0,1,,ok,1\n"), None, &|_| Direction::Higher).unwrap_err().to_string();
    assert!(error.contains("params"), "{error}");
}
