//! Golden values from scipy 1.17.1 (numpy for the repeats); the Python that made them stands above each.

use super::*;

const X: [f64; 10] = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];
const Y: [f64; 10] = [2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0, 2.0, 8.0];

fn pairs(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    x.iter().copied().zip(y.iter().copied()).collect()
}

fn assert_close(found: Option<f64>, golden: f64) {
    assert!(found.is_some_and(|found| (found - golden).abs() < 1e-12), "{found:?} is not {golden}");
}

/// ```python
/// from scipy.stats import pearsonr, spearmanr, kendalltau, rankdata
/// x = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]; y = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8]
/// rankdata(x).tolist(), pearsonr(x, y)[0], spearmanr(x, y)[0], kendalltau(x, y)[0]
/// ```
#[test]
fn ties_agree_with_scipy() {
    let ranks = [4.5, 1.5, 6.0, 1.5, 7.5, 10.0, 3.0, 9.0, 7.5, 4.5];
    assert_eq!(average_ranks(&X), Some(ranks.to_vec()));
    let pairs = pairs(&X, &Y);
    assert_close(pearson(&pairs), 0.10492284287735881);
    assert_close(spearman(&pairs), 0.13471506281091267);
    assert_close(kendall(&pairs), 0.13041013273932525);
}

/// ```python
/// x = [(i * i) % 101 % 23 for i in range(500)]
/// y = [(7 * i + i * i * i) % 103 % 31 + i // 50 for i in range(500)]
/// pearsonr(x, y)[0], spearmanr(x, y)[0], kendalltau(x, y)[0]
/// ```
#[test]
fn many_ties_agree_with_scipy() {
    let pairs: Vec<(f64, f64)> =
        (0..500_u64).map(|i| (((i * i) % 101 % 23) as f64, ((7 * i + i * i * i) % 103 % 31 + i / 50) as f64)).collect();
    assert_close(pearson(&pairs), -0.01365285668971648);
    assert_close(spearman(&pairs), -0.013431832102197904);
    assert_close(kendall(&pairs), -0.009955131467378265);
}

/// ```python
/// x, y = (np.repeat(v, [2, 0, 1, 3, 0, 1, 1, 0, 2, 0]) for v in (x, y))  # x and y of the first test
/// pearsonr(x, y)[0], spearmanr(x, y)[0], kendalltau(x, y)[0]
/// ```
#[test]
fn counts_are_repeated_rows() {
    let counts = [2, 0, 1, 3, 0, 1, 1, 0, 2, 0];
    let pairs = pairs(&X, &Y);
    let ranked = Ranked::new(&pairs).unwrap();
    let linear = Linear::new(pairs.iter().enumerate().map(|(row, &(x, y))| (row, x, y))).unwrap();
    assert_close(linear.pearson(&counts), -0.11860915484313675);
    assert_close(ranked.draw(&counts).spearman(), -0.3172206342872576);
    assert_close(ranked.draw(&counts).kendall(), -0.22360679774997896);
}

#[test]
fn undefined_correlations_are_none() {
    let undefined: [&[(f64, f64)]; 4] =
        [&[], &[(1.0, 2.0)], &[(0.1, 1.0), (0.1, 2.0), (0.1, 5.0)], &[(f64::NAN, 1.0), (1.0, 2.0), (3.0, 1.0)]];
    for pairs in undefined {
        assert_eq!((pearson(pairs), spearman(pairs), kendall(pairs)), (None, None, None), "{pairs:?}");
    }
}

#[test]
fn infinity_has_a_rank_and_no_product() {
    let pairs = [(f64::NEG_INFINITY, 1.0), (0.0, 2.0), (5.0, 3.0)];
    assert_close(spearman(&pairs), 1.0);
    assert_close(kendall(&pairs), 1.0);
    assert_eq!(pearson(&pairs), None);
}

#[test]
fn order_is_signed_and_huge_values_do_not_overflow() {
    let pairs: Vec<(f64, f64)> = (0..50).map(|i| (1e300 * f64::from(i), -1e-300 * f64::from(i))).collect();
    assert_close(pearson(&pairs), -1.0);
    assert_close(spearman(&pairs), -1.0);
    assert_close(kendall(&pairs), -1.0);
}

#[test]
fn negative_zero_ties_with_zero() {
    assert_eq!(average_ranks(&[0.0, -0.0, 1.0]), Some(vec![1.5, 1.5, 3.0]));
}
