//! The recurrent policy: two LSTM layers that make one choice per step.
//!
//! The input of a step is the embedding of the previous choice; its output, through a linear layer for that step, is the distribution of the
//! choice. All parameters are initialised uniformly in (-0.08, 0.08).
//!
//! Source: Zoph & Le 2017 (Neural Architecture Search with Reinforcement Learning), section 4.

use super::Dice;
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::ops::log_softmax;
use candle_nn::rnn::{LSTM, LSTMConfig, LSTMState, RNN, lstm};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder};
use std::collections::HashMap;

const LAYERS: usize = 2;
const START: f64 = 0.08;

/// The policy and its optimiser.
pub(super) struct Controller {
    /// Number of choices at each step.
    counts: Vec<usize>,
    layers: Vec<LSTM>,
    /// The input of the first step (1 x hidden).
    first: Tensor,
    /// For each step the embeddings of its choices (count x hidden), which are the input of the next step.
    embeddings: Vec<Tensor>,
    /// For each step its linear layer (hidden x count).
    heads: Vec<Tensor>,
    adam: AdamW,
}

/// Makes parameters.
struct Parameters<'a> {
    made: Vec<Var>,
    dice: &'a mut Dice,
}

impl Parameters<'_> {
    fn make(&mut self, rows: usize, columns: usize) -> Result<Tensor> {
        let values: Vec<f32> =
            (0..rows * columns).map(|_| (START * (2.0 * self.dice.uniform() - 1.0)) as f32).collect();
        let var = Var::from_vec(values, (rows, columns), &Device::Cpu)?;
        let tensor = var.as_tensor().clone();
        self.made.push(var);
        Ok(tensor)
    }
}

/// The policy's probabilities for sequences of choices.
struct Opinion {
    /// Logarithm of the probability of each sequence (B).
    log_probability: Tensor,
    /// Entropy of the distributions that each sequence was chosen from, summed over its steps (B).
    entropy: Tensor,
}

impl Controller {
    pub fn new(counts: Vec<usize>, hidden: usize, learning_rate: f64, dice: &mut Dice) -> Result<Self> {
        Self::of(&mut Parameters { made: Vec::new(), dice }, counts, hidden, learning_rate)
    }

    fn of(parameters: &mut Parameters<'_>, counts: Vec<usize>, hidden: usize, rate: f64) -> Result<Self> {
        let mut layers = Vec::with_capacity(LAYERS);
        for _ in 0..LAYERS {
            let input = parameters.make(4 * hidden, hidden)?;
            let state = parameters.make(4 * hidden, hidden)?;
            let bias = parameters.make(1, 4 * hidden)?.squeeze(0)?;
            let named = [("weight_ih_l0", input), ("weight_hh_l0", state), ("bias_ih_l0", bias)];
            let named = HashMap::from(named.map(|(name, tensor)| (name.to_string(), tensor)));
            let config = LSTMConfig { b_hh_init: None, ..LSTMConfig::default() };
            layers.push(lstm(hidden, hidden, config, VarBuilder::from_tensors(named, DType::F32, &Device::Cpu))?);
        }
        let first = parameters.make(1, hidden)?;
        let embeddings = counts.iter().map(|&count| parameters.make(count, hidden)).collect::<Result<_>>()?;
        let heads = counts.iter().map(|&count| parameters.make(hidden, count)).collect::<Result<_>>()?;
        let settings = ParamsAdamW { lr: rate, weight_decay: 0.0, ..ParamsAdamW::default() };
        let adam = AdamW::new(parameters.made.clone(), settings)?;
        Ok(Controller { counts, layers, first, embeddings, heads, adam })
    }

    fn start(&self, sequences: usize) -> Result<Vec<LSTMState>> {
        self.layers.iter().map(|layer| layer.zero_state(sequences)).collect()
    }

    /// The log-probabilities of the choices at a step (B x count), given its input (B x hidden).
    fn step(&self, step: usize, input: Tensor, states: &mut [LSTMState]) -> Result<Tensor> {
        let mut input = input;
        for (layer, state) in self.layers.iter().zip(states) {
            *state = layer.step(&input, state)?;
            input = state.h().clone();
        }
        log_softmax(&input.matmul(&self.heads[step])?, 1)
    }

    /// Draws this many sequences of choices from the policy.
    pub fn draw(&self, sequences: usize, dice: &mut Dice) -> Result<Vec<Vec<usize>>> {
        let mut states = self.start(sequences)?;
        let mut input = self.first.repeat((sequences, 1))?;
        let mut drawn = vec![Vec::with_capacity(self.counts.len()); sequences];
        for (step, embeddings) in self.embeddings.iter().enumerate() {
            let logarithms = self.step(step, input, &mut states)?.to_vec2::<f32>()?;
            let mut chosen = Vec::with_capacity(sequences);
            for (choices, logarithms) in drawn.iter_mut().zip(logarithms) {
                let probabilities: Vec<f64> = logarithms.iter().map(|&logarithm| f64::from(logarithm).exp()).collect();
                let choice = dice.choose(&probabilities);
                choices.push(choice);
                chosen.push(choice as u32);
            }
            input = embeddings.index_select(&Tensor::from_vec(chosen, sequences, &Device::Cpu)?, 0)?;
        }
        Ok(drawn)
    }

    /// Evaluates the policy on these sequences.
    fn opinion(&self, sequences: &[Vec<usize>]) -> Result<Opinion> {
        let mut states = self.start(sequences.len())?;
        let mut input = self.first.repeat((sequences.len(), 1))?;
        let mut log_probability = Tensor::zeros(sequences.len(), DType::F32, &Device::Cpu)?;
        let mut entropy = log_probability.clone();
        for step in 0..self.counts.len() {
            let logarithms = self.step(step, input, &mut states)?;
            let chosen: Vec<u32> = sequences.iter().map(|choices| choices[step] as u32).collect();
            let chosen = Tensor::from_vec(chosen, sequences.len(), &Device::Cpu)?;
            log_probability = (log_probability + logarithms.gather(&chosen.unsqueeze(1)?, 1)?.squeeze(1)?)?;
            entropy = (entropy - (logarithms.exp()? * &logarithms)?.sum(1)?)?;
            input = self.embeddings[step].index_select(&chosen, 0)?;
        }
        Ok(Opinion { log_probability, entropy })
    }

    /// The loss of a training step: for each sequence `-log p advantage - bonus entropy`, averaged.
    fn loss(&self, sequences: &[Vec<usize>], advantages: &[f64], bonus: f64) -> Result<Tensor> {
        let advantages: Vec<f32> = advantages.iter().map(|&advantage| advantage as f32).collect();
        let advantages = Tensor::from_vec(advantages, sequences.len(), &Device::Cpu)?;
        let Opinion { log_probability, entropy } = self.opinion(sequences)?;
        ((log_probability * advantages)? + (entropy * bonus)?)?.mean_all()?.neg()
    }

    /// Makes sequences more likely according to their advantages, and all choices more even according to the bonus.
    pub fn learn(&mut self, sequences: &[Vec<usize>], advantages: &[f64], bonus: f64) -> Result<()> {
        let loss = self.loss(sequences, advantages, bonus)?;
        self.adam.backward_step(&loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_has_the_probability_that_learning_sees() {
        let mut controller = Controller::new(vec![3, 2], 8, 0.05, &mut Dice::new("test", 1, 0)).unwrap();
        let all: Vec<Vec<usize>> = (0..6).map(|number| vec![number / 2, number % 2]).collect();
        // Move away from the start, where all sequences are equally likely.
        controller.learn(&all, &[1.0, -1.0, 0.5, 0.0, 0.0, -2.0], 0.0).unwrap();
        for _ in 0..3 {
            controller.learn(&all, &[1.0, -1.0, 0.5, 0.0, 0.0, -2.0], 0.0).unwrap();
        }
        let expected = controller.opinion(&all).unwrap().log_probability.exp().unwrap().to_vec1::<f32>().unwrap();
        assert!((expected.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{expected:?}");
        assert!(expected[0] > 0.2 && expected[5] < 0.15, "{expected:?}");
        let mut dice = Dice::new("test", 2, 0);
        let mut counts = [0; 6];
        for choices in controller.draw(2_000, &mut dice).unwrap() {
            counts[2 * choices[0] + choices[1]] += 1;
        }
        for (count, expected) in counts.into_iter().zip(expected) {
            assert!((f64::from(count) / 2_000.0 - f64::from(expected)).abs() < 0.04, "{counts:?}");
        }
    }

    #[test]
    fn every_parameter_learns() {
        let mut parameters = Parameters { made: Vec::new(), dice: &mut Dice::new("test", 1, 0) };
        let mut controller = Controller::of(&mut parameters, vec![3, 2, 4], 8, 0.01).unwrap();
        let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let values = || parameters.made.iter().map(|var| flat(var)).collect::<Vec<_>>();
        let before = values();
        controller.learn(&[vec![1, 1, 3], vec![0, 0, 1]], &[1.0, -0.5], 0.1).unwrap();
        let after = values();
        let still: Vec<&Vec<f32>> = before.iter().zip(&after).filter(|(a, b)| a == b).map(|(_, after)| after).collect();
        assert_eq!(still, [&flat(&controller.embeddings[2])], "nothing reads the last choice");
    }
}
