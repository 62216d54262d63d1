//! Headers of GGUF and safetensors: what is written is read, and damage gets a message, never a panic.

use pollster::block_on;
use squint_weights::{Error, Gguf, Kind, Safetensors, shards, source::Memory};

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

fn read_gguf(bytes: Vec<u8>) -> Result<Gguf, Error> {
    block_on(Gguf::read(&Memory::new("test.gguf", bytes)))
}

#[test]
fn gguf_is_read_as_written() {
    let g = read_gguf(gguf()).unwrap();
    assert_eq!((g.version, g.meta.text("general.name").unwrap()), (3, Some("tiny")));
    assert_eq!(g.meta.uint("llama.block_count").unwrap(), Some(30));
    assert_eq!(g.meta.number("eps").unwrap(), Some(1e-5f32 as f64));
    assert_eq!(g.meta.texts("tokens").unwrap().unwrap().texts().collect::<Vec<_>>(), ["a", "", "é"]);
    assert_eq!(g.meta.numbers("types").unwrap().unwrap().iter().collect::<Vec<_>>(), [-7.0, 7.0]);
    assert!(g.meta.texts("types").unwrap_err().what.contains("'types' is a list of 2 numbers; a list of texts"));
    let embed = &g.tensors[0];
    assert_eq!((&*embed.name, embed.kind, &*embed.shape, embed.bytes), ("embed", Kind::Q4_1, &[4, 64][..], 160));
    assert!(g.tensors.iter().all(|t| t.at % 32 == 0));
}

#[test]
fn safetensors_is_read_as_written() {
    let s = block_on(Safetensors::read(&Memory::new("test.safetensors", safetensors()))).unwrap();
    assert_eq!(s.tensors.len(), 2);
    assert_eq!((s.tensors[1].kind, &*s.tensors[1].shape, s.tensors[1].bytes), (Kind::BF16, &[4][..], 8));
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
    assert_eq!(s.tensors.iter().map(|t| &*t.name).collect::<Vec<_>>(), ["a"]);
    let others: Vec<_> = s.others.iter().map(|o| (&*o.name, &*o.dtype, o.counts())).collect();
    assert_eq!(others, [("ids", "I64", true), ("w", "F8_E4M3", false)]);
    let refused = s.others[1].refuse::<()>().unwrap_err();
    assert!(refused.code == "kind" && refused.what.contains("'w' is of type F8_E4M3"), "{refused}");
    // Their places are held to what holds for all.
    for (places, code) in [
        ([[0, 8], [4, 20], [24, 32]], "overlap"),
        ([[0, 8], [24, 8], [24, 32]], "shape"),
        ([[0, 8], [8, 24], [24, 40]], "shape"),
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

fn read_json(json: &str) -> Result<Safetensors, Error> {
    block_on(Safetensors::read(&Memory::new("test.safetensors", safetensors_of(json))))
}

/// A header as it should not be, and a word of what is said of it.
#[test]
fn a_header_says_everything_once_and_leaves_nothing_out() {
    let a = r#""a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}"#;
    let b = r#""b":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}"#;
    assert_eq!(read_json(&format!(" {{ {a} ,\n{b}}}   ")).unwrap().tensors.len(), 2);
    let name = r#""\u0061\"\\é":{"shape":[4],"data_offsets":[0,16],"dtype":"F32"}"#;
    assert_eq!(&*read_json(&format!("{{{name},{b}}}")).unwrap().tensors[0].name, "a\"\\é");
    let one = |entry: &str| format!("{{{entry}}}");
    for (json, code, word) in [
        (format!("{{{a},{a}}}"), "overlap", "'a' and 'a'"),
        (format!("{{{a},{}}}", b.replace("\"b\"", "\"a\"")), "twice", "'a' comes twice"),
        (format!("{{{a},{}}}", b.replace("\"b\":{\"dtype\":\"F32\"", "\"a\":{\"dtype\":\"I32\"")), "twice", "'a'"),
        (one(a), "hole", "16 bytes from"),
        (one(b), "hole", "before 'b'"),
        (format!("{{{a},{}}}", b.replace("16,32", "20,32").replace("[4]", "[3]")), "hole", "4 bytes"),
        (one(&a.replace("[4]", "[\"4\"]")), "json", "'shape' of tensor 'a': a whole number from 0 up is expected"),
        (one(&a.replace("[4]", "4")), "json", "'shape' of tensor 'a': '[' is expected, found '4'"),
        (one(&a.replace("[4]", "[-4]")), "json", "found '-'"),
        (one(&a.replace("[4]", "[4.5]")), "json", "found '.'"),
        (one(&a.replace("[4]", "[04]")), "json", "a number that cannot be"),
        (one(&a.replace("[4]", "[99999999999999999999]")), "json", "a number that cannot be"),
        (one(&a.replace("[4]", &format!("{:?}", [1; 99]))), "json", "more than 16"),
        (one(&a.replace("\"F32\"", "32")), "json", "'dtype' of tensor 'a': a text is expected, found '3'"),
        (one(&a.replace("[0,16]", "[0]")), "json", "'data_offsets' of tensor 'a' is [0]; two"),
        (one(&a.replace("dtype", "kind")), "json", "'kind' of tensor 'a' is not known"),
        (one(&a.replace("\"dtype\":\"F32\",", "")), "json", "'dtype' of tensor 'a' is missing"),
        (one(&a.replace("dtype\":\"F32\"", "shape\":[1]")), "twice", "'shape' of tensor 'a' comes twice"),
        (format!("{{{a} {b}}}"), "json", "',' or '}' is expected"),
        (format!("{{{a},{b}"), "json", "the header's end"),
        (format!("{{{a},{b}}}x"), "json", "behind the header's last bracket"),
        ("[1]".into(), "json", "the header: '{' is expected, found '['"),
        (String::new(), "json", "the header's end"),
        (r#"{"a"#.into(), "json", "the header ends in"),
        (format!("{{\"{}\":1}}", "n".repeat(5000)), "json", "longer than 4096"),
        (r#"{"__metadata__":{"format":7}}"#.into(), "json", "__metadata__"),
        (r#"{"\x":1}"#.into(), "json", "cannot be read"),
    ] {
        let e = read_json(&json).err().unwrap_or_else(|| panic!("{json} was accepted"));
        assert!(e.code == code && e.what.contains(word), "{json}: {e}");
    }
}

/// Sizes of types that nobody computes with are held to what is there, too.
#[test]
fn shapes_fit_their_bytes_whatever_their_type() {
    let read = |dtype: &str, shape: &str| {
        read_json(&format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,32]}}}}"#))
    };
    for (dtype, shape) in [("I64", "[4]"), ("BOOL", "[2,16]"), ("F8_E5M2", "[32]"), ("F4", "[64]"), ("Q9", "[3]")] {
        assert_eq!(read(dtype, shape).unwrap().others.len(), 1, "{dtype}");
    }
    for (dtype, shape) in [
        ("I64", "[4611686018427387904,4611686018427387904]"),
        ("I64", "[4611686018427387905]"),
        ("I64", "[5]"),
        ("U8", "[0]"),
        ("Q9", "[18446744073709551615,2]"),
    ] {
        let e = read(dtype, shape).err().unwrap_or_else(|| panic!("{dtype} {shape} was accepted"));
        assert!(e.code == "shape" && e.what.contains("'a'"), "{e}");
    }
}

#[test]
fn an_index_names_files() {
    assert_eq!(shards(br#"{"metadata":{"x":1},"weight_map":{"a":"2","b":"1","c":"2"}}"#).unwrap(), ["1", "2"]);
    for (index, code) in [
        (r#"{"weight_map":{}}"#, "missing"),
        (r#"{"weight_map":[]}"#, "json"),
        (r#"{"weight_map":{"a":1}}"#, "json"),
        ("{}", "json"),
        (r#"{"weight_map":{"a":"../b"}}"#, "path"),
    ] {
        assert_eq!(shards(index.as_bytes()).unwrap_err().code, code, "{index}");
    }
}

/// 'general.alignment' with another type, or a number that is no alignment.
#[test]
fn alignments_that_cannot_be_are_refused() {
    let with = |kind: u32, value: &[u8]| {
        let mut f = b"GGUF".to_vec();
        f.extend(3u32.to_le_bytes());
        f.extend([0u64, 1, 17].into_iter().flat_map(u64::to_le_bytes));
        f.extend(b"general.alignment");
        f.extend(kind.to_le_bytes());
        f.extend(value);
        read_gguf(f)
    };
    for fine in [1, 8, 32, 4096u32] {
        assert!(with(4, &fine.to_le_bytes()).is_ok(), "{fine}");
    }
    let text = [&2u64.to_le_bytes()[..], b"32"].concat();
    for (kind, value, word) in [
        (5, &(-32i32).to_le_bytes()[..], "'general.alignment' is -32; a whole number"),
        (4, &7u32.to_le_bytes(), "an alignment of 7"),
        (4, &0u32.to_le_bytes(), "an alignment of 0"),
        (4, &(1u32 << 21).to_le_bytes(), "an alignment of 2097152"),
        (6, &32.5f32.to_le_bytes(), "is 32.5"),
        (6, &f32::NAN.to_le_bytes(), "is NaN"),
        (8, &text, "is the text '32'"),
    ] {
        let e = with(kind, value).err().unwrap_or_else(|| panic!("{value:?} was accepted"));
        assert!(e.what.contains(word), "{e}");
    }
}
