//! Ops that choose: places, experts, and the attention that says which rows matter.

use crate::bench::Bench;
use candle_core::{D, Device, Tensor};
use squint_ops::op::{Experts, Looks, Over, Share, Sight};

fn flat(t: &Tensor) -> Vec<f32> {
    t.contiguous().unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn softmax(t: &Tensor) -> Tensor {
    let e = t.broadcast_sub(&t.max_keepdim(D::Minus1).unwrap()).unwrap().exp().unwrap();
    e.broadcast_div(&e.sum_keepdim(D::Minus1).unwrap()).unwrap()
}

#[test]
fn largest_numbers() {
    for (k, by_place, share) in
        [(5, false, Share::No), (40, false, Share::OfAll), (3, false, Share::OfKept), (7, true, Share::OfKept)]
    {
        let mut b = Bench::new(1);
        let (x, tx) = b.numbers(&[4, 40]);
        let [ids, weights] = b.rec.top_k(x, 40, k, by_place, share);
        let mut order = tx.arg_sort_last_dim(false).unwrap().narrow(1, 0, k).unwrap().contiguous().unwrap();
        if by_place {
            let mut rows: Vec<Vec<u32>> = order.to_vec2().unwrap();
            rows.iter_mut().for_each(|r| r.sort());
            order = Tensor::new(rows, &Device::Cpu).unwrap();
        }
        let values = tx.gather(&order, 1).unwrap();
        let want = match share {
            Share::No => values,
            Share::OfKept => softmax(&values),
            Share::OfAll => softmax(&tx).gather(&order, 1).unwrap(),
        };
        let order = order.to_dtype(candle_core::DType::F32).unwrap();
        b.equals(&format!("top {k}, {share:?}"), &[(ids, flat(&order)), (weights, flat(&want))], 1e-6);
    }
    // Of equals the first; 0 and −0 are equal.
    let mut b = Bench::new(2);
    let x = b.stored(&[-1.0, -0.0, 2.0, 0.0, 2.0, -1.0, 0.0]);
    let [ids, _] = b.rec.top_k(x, 7, 4, false, Share::No);
    let [sorted, _] = b.rec.top_k(x, 7, 6, true, Share::No);
    b.equals("ties", &[(ids, vec![2.0, 4.0, 1.0, 3.0]), (sorted, vec![0.0, 1.0, 2.0, 3.0, 4.0, 6.0])], 0.0);
}

#[test]
fn attention_that_keys_get() {
    let (rows, heads, groups, head, start) = (6, 4, 2, 10, 5);
    let keys = rows + start;
    let all = [Over::Mean, Over::Max, Over::Each];
    let drawn = [(false, false, 0, 6), (true, false, 1, 5), (true, true, 5, 1), (true, true, 2, 3)];
    for ((causal, placed, first, count), queries) in drawn.into_iter().zip([Over::Mean, Over::Max].repeat(2)) {
        for over in all {
            let mut b = Bench::new(3);
            let (q, tq) = b.numbers(&[rows, heads, head]);
            let ((k, tk), (bias, tbias)) = (b.numbers(&[groups, keys, head]), b.numbers(&[keys]));
            let stands = [0u32, 9, 4];
            let places = b.ids(&stands);
            let sight = Sight { keys: (keys as u32).into(), start: (start as u32).into(), causal, prefix: 0 };
            let looks = Looks {
                first: (first as u32).into(),
                count,
                sight,
                places: placed.then_some(places),
                bias: Some(bias),
                scale: 0.3,
            };
            let y = b.rec.score_reduce([q, k], [heads, groups, head], looks, [queries, over]);

            let wide = tk.unsqueeze(1).unwrap().broadcast_as((groups, heads / groups, keys, head)).unwrap();
            let k = wide.reshape((heads, keys, head)).unwrap().transpose(1, 2).unwrap().contiguous().unwrap();
            let q = tq.narrow(0, first, count).unwrap().transpose(0, 1).unwrap().contiguous().unwrap();
            let scores = (q.matmul(&k).unwrap() * 0.3).unwrap().broadcast_add(&tbias).unwrap();
            let place = |i: usize| if placed { stands[i] as usize } else { start + first + i };
            let mask = |n: usize| if causal && n % keys > place(n / keys) { -1e9 } else { 0.0f32 };
            let mask = Tensor::from_vec((0..count * keys).map(mask).collect(), (count, keys), &Device::Cpu).unwrap();
            let map = softmax(&scores.broadcast_add(&mask).unwrap());
            let by_head = if queries == Over::Max { map.max(1) } else { map.mean(1) }.unwrap();
            let want = match over {
                Over::Mean => by_head.mean(0).unwrap(),
                Over::Max => by_head.max(0).unwrap(),
                Over::Each => by_head,
            };
            let what = format!("scores, causal {causal}, placed {placed}, {count} queries {queries:?}, heads {over:?}");
            b.same(&what, y, want, 5e-6);
        }
    }
}

#[test]
fn experts() {
    let (rows, each, outs, depth) = (5, 2, 6, 9);
    let chosen = [1u32, 0, 2, 2, 0, 1, 1, 7, 2, 0];
    for (own, summed) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut b = Bench::new(4);
        let (x, tx) = if own { b.numbers(&[rows, each, depth]) } else { b.numbers(&[rows, 1, depth]) };
        let ((w, tw), (factors, tfactors)) = (b.numbers(&[3, outs, depth]), b.numbers(&[rows, each]));
        let ids = b.ids(&chosen);
        let how = Experts { outs, depth, each, summed };
        let y = b.rec.matmul_id(x, w, ids, Some(factors), how);
        let one = |n: usize| {
            let x = tx.get(n / each).unwrap().get(if own { n % each } else { 0 }).unwrap();
            let factor = tfactors.get(n / each).unwrap().get(n % each).unwrap();
            // The fourth row names an expert that does not exist.
            let w = tw.get(chosen[n] as usize).or_else(|_| tw.get(0).unwrap().zeros_like()).unwrap();
            let y = w.matmul(&x.unsqueeze(1).unwrap()).unwrap().squeeze(1).unwrap();
            y.broadcast_mul(&factor).unwrap()
        };
        let answers: Vec<Tensor> = (0..rows * each).map(one).collect();
        let apart = Tensor::stack(&answers, 0).unwrap().reshape((rows, each, outs)).unwrap();
        let want = if summed { apart.sum(1).unwrap() } else { apart };
        b.same(&format!("experts, own {own}, summed {summed}"), y, want, 1e-6);
    }

    // A router over copies of one layer is that layer, since shares sum to one.
    let mut b = Bench::new(5);
    let ((x, tx), (w, tw)) = (b.numbers(&[rows, depth]), b.numbers(&[outs, depth]));
    let (router, _) = b.numbers(&[rows, 4]);
    let copies = b.stored(&flat(&tw).repeat(4));
    let [ids, factors] = b.rec.top_k(router, 4, 2, false, Share::OfKept);
    let mixed = b.rec.matmul_id(x, copies, ids, Some(factors), Experts { outs, depth, each: 2, summed: true });
    let dense = b.rec.matmul(x, w, depth);
    let want = flat(&tx.matmul(&tw.t().unwrap()).unwrap());
    b.equals("copies of one expert", &[(mixed, want.clone()), (dense, want)], 1e-6);
}
