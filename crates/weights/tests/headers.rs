//! Headers of GGUF and safetensors: what is written is read, and damage gets a message, never a panic.

use pollster::block_on;
use squint_weights::{Gguf, Kind, Safetensors, Source, source::Memory};

/// A small file as a converter would write it: every type of value, tensors of several kinds.
fn gguf() -> Vec<u8> {
    let mut f = b"GGUF".to_vec();
    let text = |f: &mut Vec<u8>, t: &str| {
        f.extend((t.len() as u64).to_le_bytes());
        f.extend(t.as_bytes());
    };
    f.extend(3u32.to_le_bytes());
    f.extend(3u64.to_le_bytes());
    f.extend(5u64.to_le_bytes());
    text(&mut f, "general.name");
    f.extend(8u32.to_le_bytes());
    text(&mut f, "tiny");
    text(&mut f, "llama.block_count");
    f.extend(4u32.to_le_bytes());
    f.extend(30u32.to_le_bytes());
    text(&mut f, "eps");
    f.extend(6u32.to_le_bytes());
    f.extend(1e-5f32.to_le_bytes());
    text(&mut f, "tokens");
    f.extend(9u32.to_le_bytes());
    f.extend(8u32.to_le_bytes());
    f.extend(3u64.to_le_bytes());
    ["a", "", "é"].iter().for_each(|t| text(&mut f, t));
    text(&mut f, "types");
    f.extend(9u32.to_le_bytes());
    f.extend(5u32.to_le_bytes());
    f.extend(2u64.to_le_bytes());
    f.extend((-7i32).to_le_bytes());
    f.extend(7i32.to_le_bytes());
    let tensors = [("embed", Kind::Q4_1, vec![64u64, 4]), ("norm", Kind::F32, vec![8]), ("w", Kind::F16, vec![3, 5])];
    let mut at = 0u64;
    for (name, kind, shape) in &tensors {
        text(&mut f, name);
        f.extend((shape.len() as u32).to_le_bytes());
        shape.iter().for_each(|d| f.extend(d.to_le_bytes()));
        f.extend(kind.ggml.to_le_bytes());
        f.extend(at.to_le_bytes());
        at += (kind.bytes_of(shape.iter().product::<u64>() as usize) as u64).div_ceil(32) * 32;
    }
    f.resize(f.len().div_ceil(32) * 32 + at as usize, 0);
    f
}

fn safetensors() -> Vec<u8> {
    safetensors_of(
        r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
        "b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}"#,
    )
}

/// 32 bytes behind a header.
fn safetensors_of(json: &str) -> Vec<u8> {
    let mut f = (json.len() as u64).to_le_bytes().to_vec();
    f.extend(json.as_bytes());
    f.extend([0; 32]);
    f
}

fn read_gguf(bytes: Vec<u8>) -> Result<Gguf, squint_weights::Error> {
    block_on(Gguf::read(&Memory::new("test.gguf", bytes)))
}

#[test]
fn gguf_is_read_as_written() {
    let g = read_gguf(gguf()).unwrap();
    assert_eq!((g.version, g.meta.text("general.name"), g.meta.uint("llama.block_count")), (3, Some("tiny"), Some(30)));
    assert_eq!(g.meta.number("eps"), Some(1e-5f32 as f64));
    assert_eq!(g.meta.list("tokens").unwrap().texts().collect::<Vec<_>>(), ["a", "", "é"]);
    assert_eq!(g.meta.list("types").unwrap().iter().collect::<Vec<_>>(), [-7.0, 7.0]);
    let embed = &g.tensors[0];
    assert_eq!(
        (embed.name.as_str(), embed.kind, embed.shape.as_slice(), embed.bytes),
        ("embed", Kind::Q4_1, &[4, 64][..], 160)
    );
    assert!(g.tensors.iter().all(|t| t.at % 32 == 0));
}

#[test]
fn safetensors_is_read_as_written() {
    let s = block_on(Safetensors::read(&Memory::new("test.safetensors", safetensors()))).unwrap();
    assert_eq!(s.tensors.len(), 2);
    assert_eq!((s.tensors[1].kind, s.tensors[1].shape.as_slice(), s.tensors[1].bytes), (Kind::BF16, &[4][..], 8));
}

#[test]
fn types_that_cannot_be_read_are_set_apart() {
    let read = |places: [[u64; 2]; 3]| {
        let [a, b, c] = places;
        let json = format!(
            r#"{{"a":{{"dtype":"F32","shape":[2],"data_offsets":{a:?}}},
            "ids":{{"dtype":"I64","shape":[1,2],"data_offsets":{b:?}}},"w":{{"dtype":"F8_E4M3","shape":[8],"data_offsets":{c:?}}}}}"#
        );
        block_on(Safetensors::read(&Memory::new("test.safetensors", safetensors_of(&json))))
    };
    let s = read([[0, 8], [8, 24], [24, 32]]).unwrap();
    assert_eq!(s.tensors.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["a"]);
    let others: Vec<_> = s.others.iter().map(|o| (o.name.as_str(), o.dtype.as_str(), o.counts())).collect();
    assert_eq!(others, [("ids", "I64", true), ("w", "F8_E4M3", false)]);
    let refused = s.others[1].refuse::<()>().unwrap_err();
    assert!(refused.code == "kind" && refused.what.contains("'w' is of type F8_E4M3"), "{refused}");
    // Their places are held to what holds for all.
    for (places, code) in [
        ([[0, 8], [4, 20], [24, 32]], "overlap"),
        ([[0, 8], [24, 8], [24, 32]], "shape"),
        ([[0, 8], [8, 24], [24, 40]], "truncated"),
        ([[0, 9], [9, 24], [24, 32]], "shape"),
    ] {
        let e = read(places).unwrap_err();
        assert_eq!(e.code, code, "{e}");
    }
}

#[test]
fn damage_is_named() {
    let whole = gguf();
    let code = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut f = whole.clone();
        change(&mut f);
        read_gguf(f).unwrap_err()
    };
    assert_eq!(code(&|f| f[0] = b'X').code, "magic");
    assert_eq!(code(&|f| f[4] = 1).code, "version");
    assert_eq!(code(&|f| f[15] = 0x7f).code, "count");
    assert_eq!(code(&|f| f.truncate(f.len() - 40)).code, "truncated");
    assert_eq!(code(&|f| f.truncate(50)).code, "count");
    assert_eq!(code(&|f| f.truncate(10)).code, "truncated");
    let place = |f: &[u8], what: &[u8]| f.windows(what.len()).position(|w| w == what).unwrap() + what.len();
    // Type, dimensions and offset of the tensor 'norm' (one dimension).
    let (dims, kind, offset) = (0, 12, 16);
    let norm = |f: &mut Vec<u8>, at: usize, v: u8| {
        let start = place(f, b"norm");
        f[start + at] = v;
    };
    assert!(code(&|f| norm(f, kind, 99)).what.contains("'norm' is of block type 99"));
    assert!(code(&|f| norm(f, dims, 9)).what.contains("9 dimensions"));
    assert_eq!(code(&|f| norm(f, offset, 1)).code, "alignment");
    assert_eq!(code(&|f| norm(f, offset, 32)).code, "overlap");
    assert_eq!(code(&|f| norm(f, offset + 7, 0x10)).code, "truncated");
    let mut s = safetensors();
    s.truncate(s.len() - 1);
    let e = block_on(Safetensors::read(&Memory::new("cut.safetensors", s))).unwrap_err();
    assert!(e.code == "truncated" && e.what.contains("'b'"), "{e}");
}

/// 10⁵ damaged headers: each gives a header or an error, soon, and never allocates more than twice the file (and the
/// cursor's window, and a little for being small).
#[test]
fn no_damage_panics_hangs_or_swallows_memory() {
    let mut seed = 1u64;
    let mut bits = move || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        seed >> 33
    };
    let (g, s) = (gguf(), safetensors());
    for i in 0..100_000 {
        let mut f = if i % 4 == 0 { s.clone() } else { g.clone() };
        for _ in 0..1 + bits() % 4 {
            let at = bits() as usize % f.len();
            match bits() % 4 {
                0 => f[at] = bits() as u8,
                1 => f[at] ^= 1 << (bits() % 8),
                2 => f[at] = 0xff,
                _ => f.truncate(at.max(1)),
            }
        }
        let size = f.len();
        let source = Memory::new("damaged", f);
        let most = allocation::peak(|| {
            if i % 4 == 0 {
                drop(block_on(Safetensors::read(&source)));
            } else {
                drop(block_on(Gguf::read(&source)));
            }
        });
        assert!(most <= 2 * size + 32 * 1024, "{most} bytes allocated for a file of {size}, mutation {i}");
        assert_eq!(source.size() as usize, size);
    }
}

/// Counts what is allocated, to hold the parser to its word.
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
