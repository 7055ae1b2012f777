//! What every strategy must do: ask the same for the same seed and answers, find better than random, and cope with missing answers.

use super::*;
use crate::space::{Enumerable, NatsSss, NatsTss, Nb101};
use serde_json::{Value, json};

fn spaces() -> [Arc<dyn SearchSpace>; 3] {
    [Arc::new(NatsTss::default()), Arc::new(NatsSss::default()), Arc::new(Nb101::default())]
}

/// The sum of an architecture's choices, less half the product of the first and the last.
fn toy(space: &dyn SearchSpace, arch: &Arch) -> f64 {
    let choices = space.encoded().unwrap().encode(arch).unwrap();
    let sum: usize = choices.iter().sum();
    sum as f64 - 0.5 * (choices[0] * choices[choices.len() - 1]) as f64
}

/// Asks and tells until `budget` architectures have a value; those that `skip` selects have none.
fn follow(
    search: &mut dyn Strategy,
    space: &dyn SearchSpace,
    budget: usize,
    skip: fn(&Arch) -> bool,
) -> Vec<Evaluated> {
    let mut seen = Vec::new();
    while seen.len() < budget {
        let asked = search.ask().unwrap();
        assert!(!asked.is_empty());
        let known = asked.into_iter().filter(|arch| !skip(arch));
        let told: Vec<Evaluated> = known.map(|arch| Evaluated { objectives: vec![toy(space, &arch)], arch }).collect();
        search.tell(&told).unwrap();
        seen.extend(told);
    }
    seen.truncate(budget);
    seen
}

fn found(name: &str, asked: &[(&str, Value)], space: &Arc<dyn SearchSpace>, run: u64, budget: usize) -> Vec<Evaluated> {
    let mut search = find(name, asked).unwrap().start(Start::new(space.clone(), 3, run)).unwrap();
    follow(&mut *search, &**space, budget, |_| false)
}

/// The strategies that learn from what they are told.
fn learning() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().filter(|name| !["random", "every"].contains(name))
}

fn best(seen: &[Evaluated]) -> f64 {
    seen.iter().map(|evaluated| evaluated.objectives[0]).fold(f64::NEG_INFINITY, f64::max)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    sum / count
}

#[test]
fn searches_find_better_than_random_ones() {
    for space in spaces() {
        let reached = |name: &str| mean((0..4).map(|run| best(&found(name, &[], &space, run, 80))));
        let random = reached("random");
        for name in ["local", "rea", "genetic", "nsga2", "bananas"] {
            let reached = reached(name);
            assert!(reached > random, "{name} in {}: {reached}, random {random}", space.name());
        }
    }
}

#[test]
fn policies_learn_to_propose_better() {
    for space in spaces() {
        let late = |name: &str| {
            let runs = (0..2).map(|run| {
                let seen = found(name, &[], &space, run, 400);
                mean(seen[350..].iter().map(|evaluated| evaluated.objectives[0]))
            });
            mean(runs)
        };
        let random = late("random");
        for name in ["reinforce", "lstm"] {
            let late = late(name);
            assert!(late > random + 1.0, "{name} in {}: {late}, random {random}", space.name());
        }
    }
}

#[test]
fn a_seed_and_what_is_told_decide_what_is_asked() {
    for space in spaces() {
        for name in NAMES {
            let one = found(name, &[], &space, 0, 60);
            assert!(one == found(name, &[], &space, 0, 60), "{name}");
            assert!(one != found(name, &[], &space, 1, 60), "{name}");
        }
    }
}

/// Two searches that are told different values after the first ask must ask differently later.
#[test]
fn what_is_told_counts() {
    let space = &spaces()[0];
    for name in learning() {
        let asks = |sign: f64| {
            let mut search = find(name, &[]).unwrap().start(Start::new(space.clone(), 0, 0)).unwrap();
            let mut asks = Vec::new();
            while asks.len() < 100 {
                let asked = search.ask().unwrap();
                asks.extend(asked.clone());
                let told =
                    asked.into_iter().map(|arch| Evaluated { objectives: vec![sign * toy(&**space, &arch)], arch });
                search.tell(&told.collect::<Vec<_>>()).unwrap();
            }
            asks
        };
        assert!(asks(1.0) != asks(-1.0), "{name}");
    }
}

#[test]
fn candidates_without_a_value_are_done_without() {
    for space in spaces() {
        for name in NAMES {
            let mut search = find(name, &[]).unwrap().start(Start::new(space.clone(), 0, 0)).unwrap();
            let gap = |arch: &Arch| zeronas_random::fnv1a64(arch.as_str().as_bytes()).is_multiple_of(2);
            let seen = follow(&mut *search, &*space, 80, gap);
            assert!(seen.iter().all(|evaluated| !gap(&evaluated.arch)), "{name}");
        }
    }
}

#[test]
fn a_value_that_is_none_is_refused() {
    let space = &spaces()[0];
    for name in learning() {
        for objectives in [vec![], vec![f64::NAN]] {
            let mut search = find(name, &[]).unwrap().start(Start::new(space.clone(), 0, 0)).unwrap();
            let arch = search.ask().unwrap().remove(0);
            assert!(search.tell(&[Evaluated { arch, objectives }]).is_err(), "{name}");
        }
    }
}

#[test]
fn seeds_go_first() {
    for space in spaces() {
        let scored = space.clone();
        let scorer: Scorer = Arc::new(move |archs| Ok(archs.iter().map(|arch| Some(toy(&*scored, arch))).collect()));
        let seeds = warm_up(&*space, &scorer, 300, 4, 0, 0).unwrap();
        let values: Vec<f64> = seeds.iter().map(|arch| toy(&*space, arch)).collect();
        assert!(values.is_sorted_by(|a, b| a >= b));
        for name in NAMES.into_iter().filter(|name| !["local", "every"].contains(name)) {
            let start = Start { seeds: seeds.clone(), ..Start::new(space.clone(), 0, 0) };
            let mut search = find(name, &[]).unwrap().start(start).unwrap();
            let asked = follow(&mut *search, &*space, 4, |_| false);
            assert_eq!(asked.into_iter().map(|evaluated| evaluated.arch).collect::<Vec<_>>(), seeds, "{name}");
        }
        let start = Start { seeds: seeds.clone(), ..Start::new(space.clone(), 0, 0) };
        assert_eq!(find("local", &[]).unwrap().start(start).unwrap().ask().unwrap(), seeds[..1], "the first climb");
    }
}

#[test]
fn a_policy_comes_to_propose_itself_however_many_seeds_there_are() {
    let space = &spaces()[0];
    let seeds: Vec<Arch> = (0..100).map(|index| space.enumerable().unwrap().nth(index)).collect();
    for name in ["reinforce", "lstm"] {
        let start = Start { seeds: seeds.clone(), ..Start::new(space.clone(), 0, 0) };
        let mut search = find(name, &[]).unwrap().start(start).unwrap();
        let asked: Vec<Arch> =
            follow(&mut *search, &**space, 40, |_| false).into_iter().map(|seen| seen.arch).collect();
        assert_eq!(asked[..10], seeds[..10], "{name}");
        assert!(asked[10..].iter().filter(|arch| seeds.contains(arch)).count() < 5, "{name}");
    }
}

#[test]
fn a_warm_up_leaves_out_what_has_no_score_and_refuses_to_keep_more_than_it_draws() {
    let space = NatsTss::default();
    let scorer: Scorer = Arc::new(|archs| Ok(archs.iter().map(|_| None).collect()));
    assert_eq!(warm_up(&space, &scorer, 10, 5, 0, 0).unwrap(), []);
    for (pool, keep) in [(10, 11), (10, 0), (0, 0)] {
        let error = warm_up(&space, &scorer, pool, keep, 0, 0).unwrap_err().to_string();
        assert!(error.starts_with("`warmup=`:"), "{error}");
    }
}

#[test]
fn moves_take_the_best_neighbour_or_now_and_then_any() {
    let space = NatsTss::default();
    let parent = space.nth(777);
    let neighbours = space.neighbours(&parent).unwrap();
    let scorer: Scorer = Arc::new(|archs| Ok(archs.iter().map(|arch| Some(toy(&NatsTss::default(), arch))).collect()));
    let top = neighbours.iter().map(|arch| toy(&space, arch)).fold(f64::NEG_INFINITY, f64::max);
    let mut dice = Dice::new("test", 0, 0);
    let mut share = |random| {
        let moves = Moves::new(scorer.clone(), random).unwrap();
        let moved = (0..1_000).map(|_| moves.propose(&space, &parent, &mut dice).unwrap().unwrap());
        moved.filter(|arch| neighbours.contains(arch) && toy(&space, arch) == top).count()
    };
    assert_eq!(share(0.0), 1_000);
    // A quarter of the moves is random, and few of the 24 neighbours are the best.
    assert!((750..850).contains(&share(0.25)));
    assert!(share(1.0) < 200);
    assert!(Moves::new(scorer.clone(), 1.5).is_err());
}

#[test]
fn moves_speed_up_evolution_and_are_refused_where_nothing_mutates() {
    let space = &spaces()[0];
    let scored = space.clone();
    let scorer: Scorer = Arc::new(move |archs| Ok(archs.iter().map(|arch| Some(toy(&*scored, arch))).collect()));
    let moves = Moves::new(scorer, 0.25).unwrap();
    let start = |run| Start { moves: Some(moves.clone()), ..Start::new(space.clone(), 3, run) };
    let with = (0..5).map(|run| {
        let mut search = find("rea", &[]).unwrap().start(start(run)).unwrap();
        best(&follow(&mut *search, &**space, 40, |_| false))
    });
    assert!(mean(with) > mean((0..5).map(|run| best(&found("rea", &[], space, run, 40)))));
    for (name, mutates) in NAMES.map(|name| (name, ["rea", "genetic", "nsga2", "bananas"].contains(&name))) {
        let refused = find(name, &[]).unwrap().start(start(0)).err().map(|error| error.to_string());
        assert_eq!(refused.is_none(), mutates, "{name}");
        assert!(refused.is_none_or(|error| error.starts_with("`moves=`:") && error.contains(name)));
    }
}

#[test]
fn evolution_forgets_the_oldest_however_good() {
    let space = &spaces()[0];
    let asked = [("population", json!(1)), ("tournament", json!(1))];
    let mut search = find("rea", &asked).unwrap().start(Start::new(space.clone(), 0, 0)).unwrap();
    let mut parent = search.ask().unwrap().remove(0);
    for value in (0..20).rev() {
        search.tell(&[Evaluated { arch: parent.clone(), objectives: vec![f64::from(value)] }]).unwrap();
        let child = search.ask().unwrap().remove(0);
        assert!(space.neighbours(&parent).unwrap().contains(&child), "a mutation of the youngest");
        parent = child;
    }
}

/// Two conflicting objectives: wide networks, and narrow ones with all widths equal.
#[test]
fn nsga2_finds_more_of_a_front_than_random_search() {
    let space = &spaces()[1];
    let covered = |name: &str| {
        let mut search = find(name, &[]).unwrap().start(Start::new(space.clone(), 0, 0)).unwrap();
        let mut seen: Vec<Evaluated> = Vec::new();
        while seen.len() < 400 {
            let told = search.ask().unwrap().into_iter().map(|arch| {
                let choices = space.encoded().unwrap().encode(&arch).unwrap();
                let wide: usize = choices.iter().sum();
                let squares: usize = choices.iter().map(|choice| choice * choice).sum();
                Evaluated { arch, objectives: vec![wide as f64, 245.0 - squares as f64] }
            });
            let told: Vec<Evaluated> = told.collect();
            search.tell(&told).unwrap();
            seen.extend(told);
        }
        // The area that is dominated, measured from the axes.
        let points: Vec<&[f64]> = seen.iter().map(|evaluated| &evaluated.objectives[..]).collect();
        let mut front: Vec<&[f64]> = fronts(&points)[0].iter().map(|&point| points[point]).collect();
        front.sort_by(|a, b| b[0].total_cmp(&a[0]));
        let heights = front.iter().scan(0.0, |below, point| {
            let height = point[1] - *below;
            *below = point[1];
            Some(height * point[0])
        });
        heights.sum::<f64>()
    };
    let (evolved, random) = (covered("nsga2"), covered("random"));
    assert!(evolved > random, "{evolved}, random {random}");
}

#[test]
fn nsga2_is_told_the_same_objectives_throughout() {
    let space = &spaces()[1];
    let mut search = find("nsga2", &[]).unwrap().start(Start::new(space.clone(), 0, 0)).unwrap();
    let arch = search.ask().unwrap().remove(0);
    let told = [vec![1.0, 2.0], vec![1.0]].map(|objectives| Evaluated { arch: arch.clone(), objectives });
    assert!(search.tell(&told).is_err());
}
