//! Adam on plain numbers.
//!
//! Source: Kingma & Ba 2015, with decay rates of .9 and .999 for the moments and an epsilon of 1e-8 added to the root.

const DECAYS: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// The optimiser's state.
pub(super) struct Adam {
    rate: f64,
    moments: Vec<[f64; 2]>,
    /// The decays to the power of the steps done.
    decayed: [f64; 2],
}

impl Adam {
    pub fn new(rate: f64, parameters: usize) -> Self {
        Adam { rate, moments: vec![[0.0; 2]; parameters], decayed: [1.0; 2] }
    }

    /// One step down the gradient.
    pub fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        for (decayed, decay) in self.decayed.iter_mut().zip(DECAYS) {
            *decayed *= decay;
        }
        let [unbiased, unbiased_square] = self.decayed.map(|decayed| 1.0 / (1.0 - decayed));
        for ((parameter, &slope), [mean, square]) in parameters.iter_mut().zip(gradient).zip(&mut self.moments) {
            *mean += (1.0 - DECAYS[0]) * (slope - *mean);
            *square += (1.0 - DECAYS[1]) * (slope * slope - *square);
            *parameter -= self.rate * *mean * unbiased / ((*square * unbiased_square).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_has_the_rates_length_and_the_second_follows_the_formula() {
        let mut adam = Adam::new(0.1, 2);
        let mut parameters = [1.0, 1.0];
        adam.step(&mut parameters, &[4.0, -0.5]);
        assert!((parameters[0] - 0.9).abs() < 1e-8 && (parameters[1] - 1.1).abs() < 1e-8, "{parameters:?}");
        adam.step(&mut parameters, &[-2.0, 0.0]);
        // By hand: mean .9 * .4 - .2 = .16, over 1 - .81; square .999 * .016 + .004 = .019984, over 1 - .998001.
        let step = 0.1 * (0.16 / 0.19) / (0.019984_f64 / 0.001999).sqrt();
        assert!((parameters[0] - (0.9 - step)).abs() < 1e-8, "{parameters:?}");
    }
}
