//! Which proxies rank alike: Spearman's rho of every two, over the architectures that both rank.

use super::average::{ProxyReadings, Readings};
use super::join::{BadPolicy, Direction, standing};
use super::statistics::spearman;

/// How alike two proxies rank.
#[derive(Clone, Debug)]
pub struct Alike {
    /// The first proxy.
    pub a: String,
    /// The second; may be the first.
    pub b: String,
    /// How many architectures both rank.
    pub n: usize,
    /// Spearman's rho of their standings, signed as the scores are.
    pub spearman: Option<f64>,
}

/// Compares every proxy with every proxy, row by row of the matrix.
pub fn alike(readings: &Readings, direction: &dyn Fn(&str) -> Direction, bad: BadPolicy) -> Vec<Alike> {
    let standings: Vec<Vec<Option<f64>>> = readings
        .proxies
        .iter()
        .map(|proxy| {
            let direction = direction(&proxy.proxy);
            let of = |reading: &Option<_>| reading.as_ref().and_then(|reading| standing(reading, direction, bad));
            proxy.readings.iter().map(of).collect()
        })
        .collect();
    let one = |(a, of_a): (&ProxyReadings, &Vec<Option<f64>>), (b, of_b): (&ProxyReadings, &Vec<Option<f64>>)| {
        let both: Vec<(f64, f64)> = of_a.iter().zip(of_b).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
        Alike { a: a.proxy.clone(), b: b.proxy.clone(), n: both.len(), spearman: spearman(&both) }
    };
    let all = || readings.proxies.iter().zip(&standings);
    all().flat_map(|a| all().map(move |b| one(a, b))).collect()
}

/// Orders the proxies so that those that rank alike stand together: clusters are joined by their mean rho, the closest first, and each is
/// turned so that the ends that are most alike meet.
pub fn clustered(alike: &[Alike]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    alike.iter().for_each(|two| {
        if names.last() != Some(&two.a.as_str()) {
            names.push(&two.a);
        }
    });
    let rho = |a: usize, b: usize| alike.get(a * names.len() + b).and_then(|two| two.spearman).unwrap_or(0.0);
    let mut clusters: Vec<Vec<usize>> = (0..names.len()).map(|place| vec![place]).collect();
    while clusters.len() > 1 {
        let mean = |a: &[usize], b: &[usize]| {
            let all = a.iter().flat_map(|&one| b.iter().map(move |&other| rho(one, other)));
            all.sum::<f64>() / (a.len() * b.len()) as f64
        };
        let pairs = (0..clusters.len()).flat_map(|a| (a + 1..clusters.len()).map(move |b| (a, b)));
        let closest = pairs.max_by(|&(a, b), &(c, d)| {
            mean(&clusters[a], &clusters[b]).total_cmp(&mean(&clusters[c], &clusters[d])).then((c, d).cmp(&(a, b)))
        });
        let Some((a, b)) = closest else { break };
        let mut second = clusters.remove(b);
        let first = &mut clusters[a];
        let ends = |one: &[usize]| (one[0], one[one.len() - 1]);
        let ((head, tail), (other_head, other_tail)) = (ends(first), ends(&second));
        let meeting = [rho(tail, other_head), rho(tail, other_tail), rho(head, other_head), rho(head, other_tail)];
        let best = (0..meeting.len()).max_by(|&a, &b| meeting[a].total_cmp(&meeting[b]).then(b.cmp(&a)));
        if best.is_some_and(|best| best >= 2) {
            first.reverse();
        }
        if best.is_some_and(|best| best % 2 == 1) {
            second.reverse();
        }
        first.extend(second);
    }
    clusters.into_iter().flatten().map(|place| names[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_that_rank_alike_stand_together() {
        let names = ["a", "x", "b", "y", "c"];
        let near = |a: &str, b: &str| {
            names[..].iter().step_by(2).any(|n| *n == a) == names[..].iter().step_by(2).any(|n| *n == b)
        };
        let two = |a: &str, b: &str| {
            let rho = if a == b {
                1.0
            } else if near(a, b) {
                0.9
            } else {
                0.1
            };
            Alike { a: a.into(), b: b.into(), n: 9, spearman: Some(rho) }
        };
        let alike: Vec<Alike> = names.iter().flat_map(|a| names.iter().map(|b| two(a, b))).collect();
        let order = clustered(&alike);
        assert_eq!(order.len(), 5);
        let place = |name| order.iter().position(|one| *one == name).unwrap();
        assert_eq!(place("x").abs_diff(place("y")), 1, "{order:?}");
        assert!(
            ["a", "b", "c"].map(place).iter().max().unwrap() - ["a", "b", "c"].map(place).iter().min().unwrap() == 2
        );
        assert!(clustered(&[]).is_empty());
    }
}
