//! The sampler against the distribution it should draw from, in f64 and written the usual way.

use crate::bench::Bench;
use pollster::block_on;
use squint_ops::Sampling;
use squint_ops::{Backend, Kind, Reference, Word};

const LOGITS: [f32; 12] = [1.5, -0.3, 2.2, 2.2, 0.1, -4.0, 1.1, 0.9, -1.2, 2.0, 0.0, -9.0];
const DRAWS: u32 = 20_000;

/// How often each id comes in many steps of one seed.
fn counts(how: Sampling, recent: &[u32], seed: u32) -> Vec<u32> {
    let mut b = Bench::new(1);
    let x = b.stored(&LOGITS);
    let ids = b.ids(&[recent, &[99]].concat());
    let [seed_word, step_word] = ["seed", "step"].map(|name| b.rec.run_value(name, u32::MAX));
    let count = Word::Fixed(recent.len() as u32);
    let y = b.rec.sample(x, Some((ids, count)), how.words().map(Word::from), seed_word, step_word);
    b.rec.output(y);
    let on = Reference::default();
    let ready = block_on(on.prepare(&b.rec, &[])).unwrap();
    b.inputs.iter().for_each(|(buf, bytes)| on.write(ready.handle(*buf), 0, bytes).unwrap());
    let mut counts = vec![0; LOGITS.len()];
    for step in 0..DRAWS {
        block_on(on.run(&ready, &[seed, step])).unwrap();
        counts[Kind::U32.unpack_all(&block_on(on.read(ready.handle(y))).unwrap())[0] as usize] += 1;
    }
    counts
}

/// Temperature, then top-k, top-p and min-p on what is left, each renormalized.
fn shares(how: Sampling, recent: &[u32]) -> Vec<f64> {
    let penalty = how.penalty as f64;
    let logit = |id: usize| {
        let l = LOGITS[id] as f64;
        let l = if !recent.contains(&(id as u32)) {
            l
        } else if l > 0.0 {
            l / penalty
        } else {
            l * penalty
        };
        l / how.temperature as f64
    };
    let mut left: Vec<(f64, usize)> = (0..LOGITS.len()).map(|id| (logit(id).exp(), id)).collect();
    left.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then(a.1.cmp(&b.1)));
    if how.top_k > 0 {
        left.truncate(how.top_k as usize);
    }
    let total: f64 = left.iter().map(|l| l.0).sum();
    let mut before = 0.0;
    left.retain(|l| {
        before += l.0;
        how.top_p >= 1.0 || before - l.0 < how.top_p as f64 * total
    });
    let most = left[0].0;
    left.retain(|l| l.0 >= how.min_p as f64 * most);
    let total: f64 = left.iter().map(|l| l.0).sum();
    let mut shares = vec![0.0; LOGITS.len()];
    left.iter().for_each(|(weight, id)| shares[*id] = weight / total);
    shares
}

const PLAIN: Sampling = Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.0 };

#[test]
fn ids_come_as_often_as_they_should() {
    let settings: &[(Sampling, &[u32])] = &[
        (PLAIN, &[]),
        (Sampling { temperature: 0.6, ..PLAIN }, &[]),
        (Sampling { temperature: 1.7, ..PLAIN }, &[]),
        (Sampling { top_k: 3, ..PLAIN }, &[]),
        (Sampling { top_p: 0.8, ..PLAIN }, &[]),
        // The border falls between the two equal ones: the first stays.
        (Sampling { top_p: 0.15, ..PLAIN }, &[]),
        (Sampling { min_p: 0.3, ..PLAIN }, &[]),
        (Sampling { top_k: 6, top_p: 0.9, min_p: 0.2, temperature: 1.3, penalty: 1.5 }, &[2, 8, 2]),
        (Sampling { penalty: 2.0, ..PLAIN }, &[3, 1, 9]),
    ];
    for (i, (how, recent)) in settings.iter().enumerate() {
        let (counts, shares) = (counts(*how, recent, 7 + i as u32), shares(*how, recent));
        for (id, share) in shares.iter().enumerate() {
            let (got, want) = (counts[id] as f64, share * DRAWS as f64);
            if *share == 0.0 {
                assert_eq!(counts[id], 0, "{how:?}: id {id} should never come");
            }
            // Five standard deviations: once in two million for each of a hundred.
            let apart = 5.0 * (want * (1.0 - share)).sqrt() + 1.0;
            assert!((got - want).abs() <= apart, "{how:?}: id {id} came {got} times, expected {want:.0} ± {apart:.0}");
        }
    }
}

#[test]
fn seeds_and_steps_decide() {
    let drawn = |seed| counts(PLAIN, &[], seed);
    assert_eq!(drawn(3), drawn(3));
    assert_ne!(drawn(3), drawn(4));
    let greedy = counts(Sampling { temperature: 0.0, ..PLAIN }, &[2], 5);
    assert_eq!(greedy[2], DRAWS, "the first of two equal ones");
    let penalized = counts(Sampling { temperature: 0.0, penalty: 1.2, ..PLAIN }, &[2, 3], 5);
    assert_eq!(penalized[9], DRAWS, "both equal ones fall below the third");
}
