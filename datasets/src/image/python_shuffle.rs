//! Python's `random.shuffle`, with which NATS-Bench drew its halves of CIFAR-10 and the order of its architectures: the Mersenne
//! Twister MT19937 (Matsumoto & Nishimura, 1998), seeded by an integer as in CPython 3, and a Fisher-Yates shuffle from the back.

const STATE: usize = 624;
const MIDDLE: usize = 397;

/// Returns the numbers 0 to `n - 1` in the order that `random.seed(seed); random.shuffle(numbers)` produces.
pub fn shuffled(n: u32, seed: u32) -> Vec<usize> {
    let mut twister = Twister::new(seed);
    let mut numbers: Vec<usize> = (0..n as usize).collect();
    for i in (1..n).rev() {
        numbers.swap(i as usize, twister.below(i + 1) as usize);
    }
    numbers
}

struct Twister {
    state: [u32; STATE],
    next: usize,
}

impl Twister {
    /// `init_by_array` with the seed as its only word.
    fn new(seed: u32) -> Self {
        let mut state = [0; STATE];
        state[0] = 19_650_218;
        for i in 1..STATE {
            state[i] = mixed(state[i - 1]).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        let mut place = 1;
        for _ in 0..STATE {
            state[place] = (state[place] ^ mixed(state[place - 1]).wrapping_mul(1_664_525)).wrapping_add(seed);
            place = Self::after(place, &mut state);
        }
        for _ in 1..STATE {
            let product = mixed(state[place - 1]).wrapping_mul(1_566_083_941);
            state[place] = (state[place] ^ product).wrapping_sub(place as u32);
            place = Self::after(place, &mut state);
        }
        state[0] = 1 << 31;
        Twister { state, next: STATE }
    }

    fn after(place: usize, state: &mut [u32; STATE]) -> usize {
        if place + 1 < STATE {
            return place + 1;
        }
        state[0] = state[STATE - 1];
        1
    }

    fn bits(&mut self) -> u32 {
        if self.next == STATE {
            for i in 0..STATE {
                let both = (self.state[i] & 1 << 31) | (self.state[(i + 1) % STATE] & (u32::MAX >> 1));
                let odd = if both & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + MIDDLE) % STATE] ^ (both >> 1) ^ odd;
            }
            self.next = 0;
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// Draws uniformly from `0..n`: takes as many high bits as `n` has, and repeats until the result is below `n`.
    fn below(&mut self, n: u32) -> u32 {
        loop {
            let drawn = self.bits() >> n.leading_zeros();
            if drawn < n {
                return drawn;
            }
        }
    }
}

fn mixed(word: u32) -> u32 {
    word ^ (word >> 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `random.seed(1021); l = list(range(10)); random.shuffle(l)` in CPython 3.11, and the sum of place times number for 50,000.
    #[test]
    fn it_shuffles_as_python_does() {
        assert_eq!(shuffled(10, 1021), [0, 5, 6, 3, 7, 1, 4, 2, 9, 8]);
        let sum: usize = shuffled(50_000, 1021).iter().enumerate().map(|(place, number)| place * number).sum();
        assert_eq!(sum, 31_287_384_875_197);
    }
}
