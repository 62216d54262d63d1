//! A header takes at most twice its file in memory, whole or damaged; and no damage ends in a panic or in a wait.

use pollster::block_on;
use squint_weights::{Checkpoint, Error, Gguf, Kind, Safetensors, Source, source::Memory};
use std::{collections::BTreeMap, rc::Rc};

/// Keys with a value of each type in turn, and tensors of `len` numbers each.
fn gguf(pairs: usize, tensors: usize, len: usize, name: &str) -> Vec<u8> {
    let mut f = b"GGUF".to_vec();
    let text = |f: &mut Vec<u8>, t: &str| {
        f.extend((t.len() as u64).to_le_bytes());
        f.extend(t.as_bytes());
    };
    f.extend(3u32.to_le_bytes());
    f.extend((tensors as u64).to_le_bytes());
    f.extend((pairs as u64).to_le_bytes());
    for i in 0..pairs {
        text(&mut f, &format!("{i:x}"));
        match i % 5 {
            0..3 => {
                f.extend(0u32.to_le_bytes());
                f.push(i as u8);
            }
            3 => {
                f.extend(8u32.to_le_bytes());
                text(&mut f, "é");
            }
            _ => {
                f.extend(9u32.to_le_bytes());
                f.extend(8u32.to_le_bytes());
                f.extend(2u64.to_le_bytes());
                ["a", ""].iter().for_each(|t| text(&mut f, t));
            }
        }
    }
    let each = (len * 4).next_multiple_of(32);
    for i in 0..tensors {
        text(&mut f, &format!("{name}{i:x}"));
        f.extend(1u32.to_le_bytes());
        f.extend((len as u64).to_le_bytes());
        f.extend(Kind::F32.ggml.to_le_bytes());
        f.extend(((i * each) as u64).to_le_bytes());
    }
    f.resize(f.len().next_multiple_of(32) + tensors * each, 0);
    f
}

fn safetensors(tensors: usize, len: usize, name: &str) -> Vec<u8> {
    let entry = |i: usize| {
        let (from, to) = (i * len * 4, (i + 1) * len * 4);
        let dtype = if i % 7 == 3 { "I32" } else { "F32" };
        format!(r#""{name}{i:x}":{{"dtype":"{dtype}","shape":[{len}],"data_offsets":[{from},{to}]}}"#)
    };
    let entries: Vec<String> = (0..tensors).map(entry).collect();
    let json = format!(r#"{{"__metadata__":{{"format":"pt"}},{}}}"#, entries.join(","));
    let mut f = (json.len() as u64).to_le_bytes().to_vec();
    f.extend(json.as_bytes());
    f.resize(f.len() + tensors * len * 4, 0);
    f
}

/// A vocabulary and nothing else.
fn vocabulary(words: u64) -> Vec<u8> {
    let mut f = b"GGUF".to_vec();
    f.extend(3u32.to_le_bytes());
    f.extend([0u64, 1, 1].into_iter().flat_map(u64::to_le_bytes));
    f.push(b't');
    f.extend([9u32, 8].into_iter().flat_map(u32::to_le_bytes));
    f.extend(words.to_le_bytes());
    for i in 0..words {
        f.extend(5u64.to_le_bytes());
        f.extend(format!("{i:05}").as_bytes());
    }
    f.resize(f.len().next_multiple_of(32), 0);
    f
}

#[test]
fn large_headers_take_no_more_than_twice_their_file() {
    let usual = "model.layers.0.self_attn.q_proj.weight.";
    type Open = fn(&Rc<Memory>) -> Result<usize, Error>;
    let gg: Open = |m| block_on(Gguf::read(m.as_ref())).map(|g| g.tensors.len() + g.meta.iter().count());
    let st: Open = |m| block_on(Safetensors::read(m.as_ref())).map(|s| s.tensors.len() + s.others.len());
    let whole: Open = |m| block_on(Checkpoint::gguf(m.clone())).map(|c| c.tensors().count());
    for (what, file, open, count) in [
        ("gguf, 50 000 tensors", gguf(0, 50_000, 8, usual), gg, 50_000),
        ("gguf, 50 000 tensors without numbers", gguf(0, 50_000, 0, ""), gg, 50_000),
        ("gguf, 200 000 keys", gguf(200_000, 0, 0, ""), gg, 200_000),
        ("gguf, 50 000 words", vocabulary(50_000), gg, 1),
        ("gguf, as a checkpoint", gguf(1_000, 50_000, 0, ""), whole, 50_000),
        ("safetensors, 50 000 tensors", safetensors(50_000, 8, usual), st, 50_000),
        ("safetensors, 50 000 tensors without numbers", safetensors(50_000, 0, ""), st, 50_000),
    ] {
        let (size, source) = (file.len(), Rc::new(Memory::new("large", file)));
        let mut found = Ok(0);
        let most = allocation::peak(|| found = open(&source));
        assert_eq!(found.as_ref(), Ok(&count), "{what}");
        println!("{what}: {size} bytes, {most} at most in memory, {:.2} times", most as f64 / size as f64);
        assert!(most <= 2 * size, "{what}: {most} bytes of memory for a file of {size}");
    }
}

/// Messages and small texts, which a file of a few hundred bytes cannot pay for.
const SMALL: usize = 768;

/// 10⁵ damaged headers, half of them of each format: each gives a header or an error.
#[test]
fn no_damage_panics_hangs_or_swallows_memory() {
    let mut seed = 1u64;
    let mut bits = move || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        seed >> 33
    };
    let whole = [
        vec![gguf(5, 3, 8, "w"), gguf(40, 30, 8, "layers."), gguf(0, 9, 0, ""), vocabulary(60)],
        vec![safetensors(3, 4, "w"), safetensors(30, 8, "layers."), safetensors(9, 0, "")],
    ];
    let mut outcomes: [BTreeMap<&str, usize>; 2] = Default::default();
    let (mut worst, mut sum) = (0.0f64, 0);
    for i in 0..100_000 {
        let format = i % 2;
        let bases = &whole[format];
        let mut f = bases[bits() as usize % bases.len()].clone();
        for _ in 0..1 + bits() % 4 {
            let at = bits() as usize % f.len();
            match bits() % 7 {
                0 => f[at] = bits() as u8,
                1 => f[at] ^= 1 << (bits() % 8),
                2 => f[at..].iter_mut().take(8).for_each(|b| *b = 0xff),
                // Digits stay digits, and sizes become absurd.
                3 => f.iter_mut().skip(at).filter(|b| b.is_ascii_digit()).take(1).for_each(|b| *b = b'9'),
                // A part once more.
                4 => {
                    let part = f[at..f.len().min(at + 60)].to_vec();
                    f.splice(at..at, part);
                }
                5 => drop(f.drain(at..(at + 9).min(f.len() - 1).max(at))),
                _ => f.truncate(at.max(1)),
            }
        }
        let size = f.len();
        let source = Memory::new("damaged", f);
        let mut code = "read";
        let most = allocation::peak(|| {
            let read = match format {
                0 => block_on(Gguf::read(&source)).map(drop),
                _ => block_on(Safetensors::read(&source)).map(drop),
            };
            if let Err(e) = read {
                code = e.code;
            }
        });
        *outcomes[format].entry(code).or_default() += 1;
        sum += most;
        worst = worst.max(most.saturating_sub(SMALL) as f64 / size as f64);
        assert!(most <= 2 * size + SMALL, "{most} bytes allocated for a file of {size}, mutation {i}: {code}");
        assert_eq!(source.size() as usize, size);
    }
    println!("{outcomes:?}; {worst:.2} times the file at most, {} bytes a header", sum / 100_000);
    // Both formats are read when whole, and refused for reasons of all kinds.
    for (outcomes, kinds) in outcomes.iter().zip([9, 5]) {
        assert!(outcomes["read"] > 500 && outcomes.len() > kinds, "{outcomes:?}");
        assert_eq!(outcomes.values().sum::<usize>(), 50_000);
    }
}

/// Counts what is allocated, to hold the parsers to their word.
mod allocation {
    #![allow(unsafe_code, reason = "an allocator that counts is unsafe by its trait; tests only")]
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;

    thread_local! {
        static NOW: Cell<isize> = const { Cell::new(0) };
        static MOST: Cell<isize> = const { Cell::new(0) };
    }

    struct Counting;

    // SAFETY: passes every call on to the system's allocator unchanged.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            add(layout.size() as isize);
            unsafe { System.alloc(layout) }
        }
        unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
            add(-(layout.size() as isize));
            unsafe { System.dealloc(at, layout) }
        }
    }

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    fn add(bytes: isize) {
        // A thread that ends has no counters any more.
        let _ = NOW.try_with(|now| {
            now.set(now.get() + bytes);
            let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
        });
    }

    /// The most that was allocated at one time during `work`, beyond what was there before.
    pub fn peak(work: impl FnOnce()) -> usize {
        let before = NOW.get();
        MOST.set(before);
        work();
        (MOST.get() - before) as usize
    }
}
