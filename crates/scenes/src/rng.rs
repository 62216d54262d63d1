//! Chance from whole numbers only: the same on every machine.

/// SplitMix64: a counter, and a mixer over it.
#[derive(Clone, Debug)]
pub struct Rng(u64);

/// Mixes all bits of a number into all bits of another.
pub const fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(mix(seed))
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Below `n`, which is not 0. By the upper bits of a product: no remainder that would favour small ones.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.draw()) * n as u128) >> 64) as usize
    }

    /// From `low` to `high`, both among them.
    pub fn among(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// From 0 up to 1 without it, in steps of 2⁻²⁴: each is a number of f32.
    pub fn unit(&mut self) -> f32 {
        (self.draw() >> 40) as f32 / 16_777_216.0
    }

    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// One of `list`, which is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_about_as_often() {
        let mut rng = Rng::new(7);
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[rng.below(7)] += 1);
        assert!(counts.iter().all(|n| (9_600..10_400).contains(n)), "{counts:?}");
        assert!((0..10_000).all(|_| (2..=4).contains(&rng.among(2, 4)) && (0.0..1.0).contains(&rng.unit())));
    }

    #[test]
    fn a_shuffle_keeps_everything_and_every_order_comes() {
        let mut rng = Rng::new(1);
        let mut orders = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let mut list = [1, 2, 3, 4];
            rng.shuffle(&mut list);
            orders.insert(list);
        }
        assert_eq!(orders.len(), 24);
    }
}
