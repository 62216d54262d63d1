//! What stages made, kept while there is room: a run starts at its first stale stage.
//!
//! A key is the hash of all that went into it: the key of the stage before, and the switches that act in this one.
//! Another picture reaches every key after it, another way to draw ids reaches none.

use squint_ops::Error;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// Bytes a model's artefacts may take: the rows of dozens of pictures, little beside any model.
pub const BUDGET: usize = 16 << 20;

/// Odd numbers whose bits look random. A picture is 600 KB and hashed before it is looked for: two multiplications a word.
const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// 128 bits: that two inputs share a key is less likely than that the memory errs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u64; 2]);

impl Key {
    /// Of what comes from outside.
    pub fn of(input: &[u8]) -> Key {
        let mut halves = [input.len() as u64; 2];
        let (words, rest) = input.as_chunks();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for word in words.iter().chain([&last]) {
            for (half, factor) in halves.iter_mut().zip(FACTORS) {
                *half = (half.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(factor);
            }
        }
        Key(halves.map(|half| (half ^ half >> 32).wrapping_mul(FACTORS[0])))
    }

    /// Of what a stage makes of this, with its switches as they are written.
    pub fn then(self, stage: &str, switches: &str) -> Key {
        let before: Vec<u8> = self.0.into_iter().flat_map(u64::to_le_bytes).collect();
        Key::of(&[&before[..], stage.as_bytes(), b":", switches.as_bytes()].concat())
    }
}

/// What a stage made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made<T> {
    pub values: Rc<Vec<T>>,
    /// It was there already: nothing ran.
    pub reused: bool,
}

/// Artefacts by key, with room for so many bytes. Those that were not asked for longest go first.
pub struct Store {
    budget: usize,
    /// The one used last is last.
    kept: RefCell<Vec<Kept>>,
}

struct Kept {
    key: Key,
    bytes: usize,
    values: Rc<dyn Any>,
}

impl Store {
    pub fn new(budget: usize) -> Store {
        Store { budget, kept: RefCell::default() }
    }

    /// What is kept under `key`, or what `make` makes now. What fails or is dropped half-way is not kept.
    pub async fn stage<T: 'static>(
        &self,
        key: Key,
        make: impl AsyncFnOnce() -> Result<Vec<T>, Error>,
    ) -> Result<Made<T>, Error> {
        if let Some(values) = self.find(key) {
            return Ok(Made { values, reused: true });
        }
        let values = Rc::new(make().await?);
        self.keep(key, &values);
        Ok(Made { values, reused: false })
    }

    /// Bytes that are kept.
    pub fn bytes(&self) -> usize {
        self.kept.borrow().iter().map(|k| k.bytes).sum()
    }

    fn find<T: 'static>(&self, key: Key) -> Option<Rc<Vec<T>>> {
        let mut kept = self.kept.borrow_mut();
        let at = kept.iter().position(|k| k.key == key)?;
        let found = kept.remove(at);
        let values = found.values.clone().downcast().ok();
        kept.push(found);
        values
    }

    fn keep<T: 'static>(&self, key: Key, values: &Rc<Vec<T>>) {
        let bytes = size_of_val(&values[..]);
        // One that takes all the room would cost all the others theirs.
        if bytes > self.budget {
            return;
        }
        let mut kept = self.kept.borrow_mut();
        kept.retain(|k| k.key != key);
        let mut all = kept.iter().map(|k| k.bytes).sum::<usize>() + bytes;
        while all > self.budget {
            all -= kept.remove(0).bytes;
        }
        kept.push(Kept { key, bytes, values: values.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;

    fn made(store: &Store, input: &str, len: usize) -> bool {
        block_on(store.stage(Key::of(input.as_bytes()), async || Ok(vec![0u32; len]))).unwrap().reused
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let store = Store::new(100);
        for input in ["a", "b"] {
            assert!(!made(&store, input, 10));
        }
        assert!(made(&store, "a", 10) && store.bytes() == 80);
        // Room for two: `b` goes, which was used before `a`.
        assert!(!made(&store, "c", 10));
        assert!(made(&store, "a", 10) && made(&store, "c", 10) && store.bytes() == 80);
        assert!(!made(&store, "b", 10) && !made(&store, "a", 10));
        // One that is too large for all the room is made each time and drives nobody out.
        assert!(!made(&store, "large", 26) && !made(&store, "large", 26));
        assert!(made(&store, "a", 10) && made(&store, "b", 10));
    }

    #[test]
    fn what_failed_is_not_kept() {
        let store = Store::new(100);
        let key = Key::of(b"x");
        let fails = block_on(store.stage::<u32>(key, async || Err(Error::bug("no"))));
        assert!(fails.is_err() && store.bytes() == 0);
        assert_eq!(
            block_on(store.stage(key, async || Ok(vec![1u32]))).unwrap(),
            Made { values: Rc::new(vec![1]), reused: false }
        );
    }

    #[test]
    fn keys_follow_from_everything_before_them() {
        let rows = Key::of(b"picture").then("vision", "keep=0.5");
        assert_eq!(rows, Key::of(b"picture").then("vision", "keep=0.5"));
        for other in [
            Key::of(b"picturf").then("vision", "keep=0.5"),
            Key::of(b"picture").then("vision", "keep=0.6"),
            Key::of(b"picture").then("reduce", "keep=0.5"),
            rows.then("vision", "keep=0.5"),
            Key::of(b"picture"),
        ] {
            assert_ne!(rows, other);
        }
    }
}
