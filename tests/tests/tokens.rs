//! Token ids against the `tokenizers` package (scripts/golden/tokens.py): SmolLM2's tokenizer, rebuilt from its GGUF file,
//! and two small ones, from a tokenizer.json and from a GGUF file each.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use pollster::block_on;
use serde_json::Value as Json;
use squint_engine::text::{Decoder, Tokenizer, from_utf16};
use squint_ops::case::Rng;
use squint_tests::{backends::say, tree};
use squint_weights::{Error, Gguf, List, Meta, Value, source::File};
use std::sync::LazyLock;

static GOLDEN: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(&tree::read("tests/fixtures/tokens.json")).unwrap());
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = |t: &Json| match t.as_array() {
        Some(units) => from_utf16(&units.iter().map(|u| u.as_u64().unwrap() as u16).collect::<Vec<_>>()),
        None => t.as_str().unwrap().to_owned(),
    };
    GOLDEN["texts"].as_array().unwrap().iter().map(text).collect()
});

fn meta(path: &str) -> Meta {
    block_on(Gguf::read(&File::open(&tree::root().join(path)).unwrap())).unwrap().meta
}

/// The metadata of a fixture with other values; `None` takes a key away.
fn changed(name: &str, changes: &[(&str, Option<Value>)]) -> Meta {
    let mut new = Meta::default();
    for (key, value) in changes {
        value.iter().for_each(|v| assert!(new.insert((*key).to_owned(), v.clone())));
    }
    for (key, value) in meta(&format!("tests/fixtures/tokens/{name}.gguf")).iter() {
        if changes.iter().all(|c| c.0 != key) {
            new.insert(key.to_owned(), value.clone());
        }
    }
    new
}

fn text(value: &str) -> Option<Value<'_>> {
    Some(Value::Text(value.into()))
}

fn texts(values: &[&str]) -> Option<Value<'static>> {
    let mut list = List::default();
    values.iter().for_each(|v| list.push_text(v));
    Some(Value::List(list))
}

fn json(name: &str) -> Vec<u8> {
    tree::read(&format!("tests/fixtures/tokens/{name}.json")).into_bytes()
}

fn small(name: &str) -> [(&'static str, Tokenizer); 2] {
    [("json", Tokenizer::from_json(&json(name)).unwrap()), ("gguf", Tokenizer::from_gguf(&changed(name, &[])).unwrap())]
}

fn smollm2() -> Option<Tokenizer> {
    let path = ".models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
    if !tree::root().join(path).is_file() {
        say(&format!("skipped: {path} is not here"));
        return None;
    }
    Some(Tokenizer::from_gguf(&meta(path)).unwrap())
}

fn ids(value: &Json) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|i| i.as_u64().unwrap() as u32).collect()
}

fn fnv(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |h, b| (h ^ b as u32).wrapping_mul(0x0100_0193))
}

fn checksum(ids: &[u32]) -> u32 {
    fnv(ids.iter().flat_map(|i| i.to_le_bytes()))
}

/// Checksums one after another in hexadecimal.
fn checksums(packed: &Json) -> Vec<u32> {
    let packed = packed.as_str().unwrap();
    let sums: Vec<u32> =
        (0..packed.len() / 8).map(|i| u32::from_str_radix(&packed[8 * i..8 * i + 8], 16).unwrap()).collect();
    assert!(sums.len() >= TEXTS.len());
    sums
}

fn same_ids(what: &str, tokenizer: &Tokenizer, packed: &Json) {
    let edges = GOLDEN["edges"].as_array().unwrap().iter().map(|t| t.as_str().unwrap());
    for (text, want) in TEXTS.iter().map(String::as_str).chain(edges).zip(checksums(packed)) {
        let got = tokenizer.encode(text, false).unwrap();
        assert_eq!(checksum(&got), want, "{what}: {text:?} became {got:?}");
    }
}

/// The text that comes out token by token.
fn streamed(tokenizer: &Tokenizer, ids: &[u32], skip: bool) -> String {
    let mut decoder = Decoder::new(tokenizer, skip);
    let mut out: String = ids.iter().filter_map(|id| decoder.push(*id)).collect();
    out.extend(decoder.flush());
    assert_eq!(decoder.flush(), None);
    out
}

fn like_golden(what: &str, tokenizer: &Tokenizer, golden: &Json) {
    assert!(TEXTS.len() >= 300);
    for (n, text) in TEXTS.iter().enumerate() {
        let want = ids(&golden["ids"][n]);
        assert_eq!(tokenizer.encode(text, false).unwrap(), want, "{what}: {text:?}");
        let full = golden["decoded"][n.to_string()].as_str().unwrap_or(text);
        assert_eq!(tokenizer.decode(&want, false), full, "{what}: ids of {text:?}");
        let bare = golden["bare"][n.to_string()].as_str().unwrap_or(full);
        assert_eq!(tokenizer.decode(&want, true), bare, "{what}: ids of {text:?} without special tokens");
        assert_eq!(streamed(tokenizer, &want, false), full, "{what}: ids of {text:?} one by one");
        assert_eq!(
            streamed(tokenizer, &want, true),
            bare,
            "{what}: ids of {text:?} one by one, without special tokens"
        );
    }
    assert_eq!(tokenizer.encode("a b", true).unwrap(), ids(&golden["framed"]), "{what}");
    for long in golden["long"].as_array().unwrap() {
        let text = long[0].as_str().unwrap().repeat(long[1].as_u64().unwrap() as usize) + "x";
        let got = tokenizer.encode(&text, false).unwrap();
        assert_eq!(checksum(&got) as u64, long[2].as_u64().unwrap(), "{what}: {long} became {} ids", got.len());
    }
}

#[test]
fn smollm2_has_the_ids_of_the_tokenizers_package() {
    let Some(tokenizer) = smollm2() else { return };
    like_golden("SmolLM2", &tokenizer, &GOLDEN["smollm2"]);
    assert_eq!((tokenizer.vocab_size(), tokenizer.bos(), tokenizer.eos()), (49152, Some(1), Some(2)));
    assert_eq!(tokenizer.ends(), [0, 2]);
    assert_eq!(tokenizer.id_of("<|im_start|>"), Some(1));
}

#[test]
fn small_tokenizers_have_the_ids_of_the_tokenizers_package() {
    for name in ["bytes", "pieces"] {
        for (kind, tokenizer) in small(name) {
            like_golden(&format!("{name}.{kind}"), &tokenizer, &GOLDEN[name]);
        }
    }
}

/// What SentencePiece itself makes of texts without marks, with the tables of three GGUF files (scripts/golden/pieces.py).
#[test]
fn pieces_are_those_of_sentencepiece() {
    let golden: Json = serde_json::from_str(&tree::read("tests/fixtures/pieces.json")).unwrap();
    let looks = golden["looks"].as_array().unwrap().iter().map(|t| t.as_str().unwrap());
    let every: Vec<&str> = TEXTS.iter().map(String::as_str).chain(looks).collect();
    for name in ["pieces", "code", "by_hand"] {
        let tokenizer = Tokenizer::from_gguf(&changed(name, &[])).unwrap();
        let sums = golden[name].as_str().unwrap();
        assert_eq!(sums.len(), 8 * every.len());
        let mut compared = 0;
        for (i, text) in every.iter().enumerate() {
            let Ok(want) = u32::from_str_radix(&sums[8 * i..8 * i + 8], 16) else { continue };
            let got = tokenizer.encode(text, false).unwrap();
            let read: Vec<_> = got.iter().map(|id| tokenizer.token_of(*id).unwrap()).collect();
            assert_eq!(checksum(&got), want, "{name}: {text:?} became {read:?}");
            compared += 1;
        }
        println!("{name}: {compared} of {} texts", every.len());
        assert!(compared > 380, "{name}: {compared}");
    }
}

/// A vocabulary in which any two bytes are a token, so that nearly every cut shows in the ids.
fn pairs() -> Meta {
    let printable = |b: &u32| matches!(b, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let alphabet: Vec<char> = (0..0x144).filter(|c| *c > 0xff || printable(c)).filter_map(char::from_u32).collect();
    assert_eq!(alphabet.len(), 256);
    let (mut tokens, mut merges) = (List::default(), List::default());
    alphabet.iter().for_each(|c| tokens.push_text(&c.to_string()));
    for (a, b) in alphabet.iter().flat_map(|a| alphabet.iter().map(move |b| (a, b))) {
        tokens.push_text(&format!("{a}{b}"));
        merges.push_text(&format!("{a} {b}"));
    }
    let mut meta = Meta::default();
    meta.insert("tokenizer.ggml.model".into(), Value::Text("gpt2".into()));
    meta.insert("tokenizer.ggml.tokens".into(), Value::List(tokens));
    meta.insert("tokenizer.ggml.merges".into(), Value::List(merges));
    meta
}

#[test]
fn every_pre_tokenizer_cuts_like_the_published_one() {
    let rules = GOLDEN["pre"].as_object().unwrap();
    let mut tested: Vec<&str> = vec![];
    let tables = pairs();
    for (names, packed) in rules {
        for name in names.split(' ') {
            let mut meta = tables.clone();
            meta.insert("tokenizer.ggml.pre".into(), Value::Text(name.into()));
            same_ids(name, &Tokenizer::from_gguf(&meta).unwrap(), packed);
            tested.push(name);
        }
    }
    // The hint lists what is known: nothing may be known that is not tested.
    let hint = refused(&[("tokenizer.ggml.pre", text("unheard-of"))], "bytes").hint;
    let known: Vec<&str> = hint.strip_prefix("use a file with one of ").unwrap().split(", ").collect();
    tested.sort_unstable();
    let mut sorted = known.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, tested);
}

#[test]
fn pieces_merge_by_score_or_by_place() {
    let gemma = changed("pieces", &[("general.architecture", text("gemma3"))]);
    same_ids("gemma", &Tokenizer::from_gguf(&gemma).unwrap(), &GOLDEN["gemma"]);
    let bare = changed("pieces", &[("tokenizer.ggml.add_space_prefix", Some(Value::Number(0.0)))]);
    let bare = Tokenizer::from_gguf(&bare).unwrap();
    same_ids("no prefix", &bare, &GOLDEN["no_prefix"]);
    let ids = bare.encode("  a", false).unwrap();
    assert_eq!(bare.decode(&ids, false), "  a");
}

#[test]
fn other_rules_in_a_json_are_followed() {
    for variant in GOLDEN["variants"].as_array().unwrap() {
        let mut file: Json = serde_json::from_slice(&json(variant["base"].as_str().unwrap())).unwrap();
        for (key, value) in variant["patch"].as_object().unwrap() {
            file[key] = value.clone();
        }
        let tokenizer = Tokenizer::from_json(file.to_string().as_bytes()).unwrap();
        same_ids(&variant["patch"].to_string(), &tokenizer, &variant["ids"]);
        for (text, want) in TEXTS.iter().zip(checksums(&variant["decoded"])) {
            let got = streamed(&tokenizer, &tokenizer.encode(text, false).unwrap(), false);
            assert_eq!(fnv(got.bytes()), want, "{}: {text:?} came back as {got:?}", variant["patch"]);
        }
    }
}

#[test]
fn any_ids_come_one_by_one_as_they_come_at_once() {
    let mut rng = Rng::new(5);
    let all = [small("bytes"), small("pieces")].into_iter().flatten().map(|(_, t)| t).chain(smollm2());
    for tokenizer in all {
        for round in 0..400 {
            // Some ids have no token; the low ones are single bytes, so most of these texts are broken.
            let most = if round % 2 == 0 { tokenizer.vocab_size() + 9 } else { 270 };
            let ids: Vec<u32> = (0..rng.below(40)).map(|_| rng.below(most) as u32).collect();
            for skip in [false, true] {
                assert_eq!(streamed(&tokenizer, &ids, skip), tokenizer.decode(&ids, skip), "{ids:?}");
            }
        }
    }
}

#[test]
fn no_character_is_cut() {
    let hard = "👩‍👩‍👧‍👦🇩🇪 𠮷野家で እንደምን é";
    for (kind, tokenizer) in [small("bytes"), small("pieces")].into_iter().flatten() {
        let ids = tokenizer.encode(hard, false).unwrap();
        let mut decoder = Decoder::new(&tokenizer, false);
        let pushed: Vec<Option<String>> = ids.iter().map(|id| decoder.push(*id)).collect();
        assert!(pushed.iter().filter(|p| p.is_none()).count() > 20, "{kind}: {pushed:?}");
        assert_eq!(decoder.flush(), None);
        assert_eq!(pushed.into_iter().flatten().collect::<String>(), hard);
        // Cut in the middle of a character, the rest of it is one mark and not silence.
        let mut decoder = Decoder::new(&tokenizer, false);
        let last = tokenizer.encode("é𠮷", false).unwrap();
        let text: String = last[..last.len() - 1].iter().filter_map(|id| decoder.push(*id)).collect();
        assert_eq!((text.as_str(), decoder.flush().as_deref()), ("é", Some("\u{fffd}")));
    }
}

#[test]
fn halves_of_surrogates_become_marks() {
    assert_eq!(from_utf16(&[0x61, 0xd83d, 0x62, 0xd83d, 0xde42, 0xdc00]), "a\u{fffd}b🙂\u{fffd}");
}

#[test]
fn roles_come_from_metadata_and_configurations() {
    let [(_, json), (_, gguf)] = small("bytes");
    assert_eq!((gguf.bos(), gguf.eos(), gguf.ends()), (Some(0), Some(1), &[1][..]));
    assert!(gguf.is_special(0) && gguf.is_special(2) && !gguf.is_special(3));
    let think = gguf.id_of("<think>").unwrap();
    assert!(!gguf.is_special(think));
    assert_eq!((gguf.token_of(think).as_deref(), gguf.vocab_size()), (Some("<think>"), think as usize + 2));
    // A json knows its special tokens, not what they are for.
    assert_eq!((json.bos(), json.eos(), json.ends()), (None, None, &[1][..]));
    let json =
        json.with_config(br#"{"bos_token": {"content": "<|begin_of_text|>"}, "eos_token": "<|user|>"}"#).unwrap();
    assert_eq!((json.bos(), json.eos(), json.ends()), (Some(0), Some(2), &[1, 2][..]));
    let more = json.clone().with_generation(br#"{"eos_token_id": [1, 7]}"#).unwrap();
    assert_eq!(more.ends(), [1, 2, 7]);
    assert_eq!(json.clone().with_generation(br#"{"eos_token_id": 9}"#).unwrap().ends(), [1, 2, 9]);
    let e = json.clone().with_generation(br#"{"eos_token_id": 99999}"#).err().unwrap();
    assert!(e.what.contains("99999"), "{e}");
    let e = json.clone().with_config(br#"{"bos_token": 7}"#).err().unwrap();
    assert!(e.what.contains("bos_token of tokenizer_config.json is 7; a text"), "{e}");
    let e = json.with_config(br#"{"eos_token": "<nowhere>"}"#).err().unwrap();
    assert!(e.what.contains("eos_token '<nowhere>'"), "{e}");
    let flags = [("tokenizer.ggml.add_bos_token", Some(Value::Number(0.0)))];
    let flags = changed("bytes", &[&flags[..], &[("tokenizer.ggml.add_eos_token", Some(Value::Number(1.0)))]].concat());
    let ids = Tokenizer::from_gguf(&flags).unwrap().encode("<think>", true).unwrap();
    assert_eq!(ids, [think, 1]);
}

fn refused(changes: &[(&str, Option<Value>)], name: &str) -> Error {
    Tokenizer::from_gguf(&changed(name, changes)).err().unwrap_or_else(|| panic!("{changes:?} was accepted"))
}

#[test]
fn bad_metadata_is_named() {
    let number = |n: f64| Some(Value::Number(n));
    let floats = |n: usize| Some(Value::List(List::numbers(6, vec![0; 4 * n])));
    let long = "x".repeat(600);
    let pieces = changed("pieces", &[]);
    let score = |wrong: f32| {
        let scores = pieces.numbers("tokenizer.ggml.scores").unwrap().unwrap();
        let scores = scores.iter().enumerate().map(|(id, score)| if id == 9 { wrong } else { score as f32 });
        Some(Value::List(List::numbers(6, scores.flat_map(f32::to_le_bytes).collect())))
    };
    let cases = [
        ("bytes", "model", None, "tokenizer.ggml.model"),
        ("bytes", "model", text("bert"), "'bert'"),
        ("bytes", "tokens", None, "tokenizer.ggml.tokens"),
        ("bytes", "tokens", text("x"), "tokenizer.ggml.tokens"),
        ("bytes", "tokens", texts(&[]), "tokenizer.ggml.tokens"),
        ("bytes", "tokens", floats(3), "tokenizer.ggml.tokens"),
        ("bytes", "token_type", floats(3), "tokenizer.ggml.token_type has 3 entries"),
        ("bytes", "pre", None, "no tokenizer.ggml.pre"),
        ("bytes", "pre", text("unheard-of"), "'unheard-of'"),
        ("bytes", "merges", None, "tokenizer.ggml.merges"),
        ("bytes", "merges", texts(&["q x", "qqq zzz"]), "entry 0 'q x' of tokenizer.ggml.merges: 'qx'"),
        ("bytes", "merges", texts(&["i n", "qqq zzz"]), "entry 1 'qqq zzz' of tokenizer.ggml.merges: 'qqq'"),
        ("bytes", "merges", texts(&["in"]), "entry 0 'in'"),
        ("bytes", "merges", texts(&[""]), "entry 0 ''"),
        ("bytes", "merges", texts(&["<|begin_of_text|> <|begin_of_text|>"]), "<|begin_of_text|><|begin_of_text|>"),
        ("bytes", "bos_token_id", number(1e6), "tokenizer.ggml.bos_token_id is 1000000"),
        ("bytes", "eos_token_id", number(0.5), "tokenizer.ggml.eos_token_id is 0.5"),
        ("pieces", "scores", None, "tokenizer.ggml.scores"),
        ("pieces", "scores", floats(7), "tokenizer.ggml.scores has 7 entries"),
        ("pieces", "scores", text("none"), "'tokenizer.ggml.scores' is the text 'none'; a list of numbers"),
        ("pieces", "scores", score(f32::NAN), "tokenizer.ggml.scores says NaN of token 9"),
        ("pieces", "scores", score(f32::INFINITY), "tokenizer.ggml.scores says inf of token 9"),
        ("bytes", "token_type", text("1"), "'tokenizer.ggml.token_type' is the text '1'"),
        ("bytes", "bos_token_id", text("1"), "'tokenizer.ggml.bos_token_id' is the text '1'; a number"),
        ("bytes", "add_bos_token", text("no"), "'tokenizer.ggml.add_bos_token' is the text 'no'; true or false"),
        ("bytes", "add_bos_token", number(7.0), "is 7; true or false"),
        ("bytes", "pre", number(1.0), "'tokenizer.ggml.pre' is 1; a text"),
        ("bytes", "merges", floats(1), "'tokenizer.ggml.merges' is a list of 1 numbers; a list of texts"),
        ("pieces", "add_space_prefix", text("no"), "'tokenizer.ggml.add_space_prefix' is the text 'no'"),
        ("pieces", "unknown_token_id", number(-3.0), "tokenizer.ggml.unknown_token_id is -3"),
    ];
    for (name, key, value, words) in cases {
        let e = refused(&[(&format!("tokenizer.ggml.{key}"), value)], name);
        assert_eq!(e.code, "tokenizer", "{key}: {e}");
        assert!(e.what.contains(words), "{key}: {e} does not say '{words}'");
    }
    let absurd = [("tokenizer.ggml.tokens", texts(&["a", &long])), ("tokenizer.ggml.token_type", None)];
    let absurd = [&absurd[..], &[("tokenizer.ggml.scores", floats(2)), ("tokenizer.ggml.eos_token_id", None)]].concat();
    let e = refused(&absurd, "pieces");
    assert!(e.what.contains("token 1") && e.what.contains("600 bytes"), "{e}");
}

#[test]
fn a_bad_json_is_named() {
    let whole: Json = serde_json::from_slice(&json("bytes")).unwrap();
    let with = |path: &str, value: Json| {
        let mut file = whole.clone();
        *file.pointer_mut(path).unwrap() = value;
        file.to_string().into_bytes()
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "not JSON"),
        (json("bytes")[..5000].to_vec(), "not JSON"),
        (b"\xff\xfe{}".to_vec(), "not JSON"),
        (b"[]".to_vec(), "not a JSON object"),
        (b"{}".to_vec(), "no 'model'"),
        (
            with("/model/merges", serde_json::json!([["i", "n"], ["qqq", "n"]])),
            "merge 1 of tokenizer.json: the token 'qqq'",
        ),
        (with("/model/merges", serde_json::json!(["<|begin_of_text|> <|user|>"])), "'<|begin_of_text|><|user|>'"),
        (with("/model/merges", serde_json::json!([7])), "merge 0"),
        (with("/model/continuing_subword_prefix", "##".into()), "prefix '##'"),
        (with("/model/vocab", serde_json::json!({"a": -1})), "merge 0"),
        (with("/model/type", "Magic".into()), "tokenizer.json"),
        (with("/decoder", Json::Null), "decoder null"),
        (with("/decoder", serde_json::json!({"type": "CTC"})), "CTC"),
        (
            with(
                "/pre_tokenizer",
                serde_json::json!({"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": false}),
            ),
            "tokenizer.json",
        ),
        (with("/added_tokens/0/id", Json::Null), "added token"),
        (with("/added_tokens/0/content", "".into()), "added token"),
        (with("/post_processor/special_tokens", serde_json::json!({})), "'<|begin_of_text|>'"),
        (with("/post_processor/single/1/Sequence/id", "B".into()), "second text"),
        (with("/version", "7".into()), "version"),
    ];
    // What the library would stop the program at, or take for a length.
    let step = |part: &str, step: Json| with(&format!("/{part}"), step);
    let replace =
        |pattern: Json, content: &str| serde_json::json!({"type": "Replace", "pattern": pattern, "content": content});
    let long = |n: usize| vec![replace(serde_json::json!({"String": "a"}), &"a".repeat(n)); 3];
    let steps: Vec<(Vec<u8>, &str)> = vec![
        (
            step("normalizer", serde_json::json!({"type": "Precompiled", "precompiled_charsmap": "AAAA"})),
            "'Precompiled' of tokenizer.json has compiled rules",
        ),
        (step("pre_tokenizer", serde_json::json!({"type": "FixedLength", "length": 0})), "no length"),
        (step("normalizer", serde_json::json!({"type": "Prepend", "prepend": ""})), "nothing before"),
        (step("normalizer", replace(serde_json::json!({"String": ""}), "b")), "looks for nothing"),
        (step("normalizer", replace(serde_json::json!({"Regex": ""}), "b")), "looks for nothing"),
        (step("normalizer", replace(serde_json::json!({"Regex": "x*"}), "b")), "looks for nothing"),
        (step("normalizer", replace(serde_json::json!({"Regex": "(?=l)"}), "b")), "looks for nothing"),
        (step("normalizer", serde_json::json!({"type": "Sequence", "normalizers": long(30)})), "times as long"),
    ];
    let fine = step("normalizer", serde_json::json!({"type": "Sequence", "normalizers": long(3)}));
    assert!(Tokenizer::from_json(&fine).is_ok());
    for (bytes, words) in cases.into_iter().chain(steps) {
        let e = Tokenizer::from_json(&bytes).err().unwrap_or_else(|| panic!("accepted, though '{words}'"));
        assert_eq!(e.code, "tokenizer");
        assert!(e.what.contains(words), "{e} does not say '{words}'");
    }
}

/// Every place of a JSON value, as pointers.
fn places(value: &Json, at: String, into: &mut Vec<String>) {
    match value {
        Json::Object(map) => {
            map.iter().for_each(|(k, v)| places(v, format!("{at}/{}", k.replace('~', "~0").replace('/', "~1")), into))
        }
        Json::Array(all) => all.iter().enumerate().for_each(|(i, v)| places(v, format!("{at}/{i}"), into)),
        _ => {}
    }
    into.push(at);
}

#[test]
fn no_damaged_json_stops_the_program() {
    let mut rng = Rng::new(7);
    let odd = [
        Json::Null,
        true.into(),
        0.into(),
        (-1).into(),
        u64::MAX.into(),
        1e300.into(),
        "".into(),
        "é".into(),
        "$".into(),
        "(".into(),
        serde_json::json!([]),
        serde_json::json!({}),
        serde_json::json!(["a", "b"]),
        serde_json::json!({"type": "Sequence"}),
    ];
    let mut accepted = 0;
    for name in ["bytes", "pieces"] {
        let whole: Json = serde_json::from_slice(&json(name)).unwrap();
        let mut all = vec![];
        places(&whole, String::new(), &mut all);
        // Most places are in the vocabulary and the merges; the others are visited as often as those together.
        let (tables, rules): (Vec<String>, Vec<String>) =
            all.into_iter().partition(|p| p.starts_with("/model/vocab/") || p.starts_with("/model/merges/"));
        for round in 0..1500 {
            let mut file = whole.clone();
            let from = if round % 2 == 0 { &tables } else { &rules };
            let place = &from[rng.below(from.len())];
            *file.pointer_mut(place).unwrap() = odd[rng.below(odd.len())].clone();
            let Ok(tokenizer) = Tokenizer::from_json(file.to_string().as_bytes()) else { continue };
            accepted += 1;
            for text in ["", " a\u{301} <s>é<|user|> 12\n", "<think>   x"] {
                if let Ok(ids) = tokenizer.encode(text, true) {
                    assert_eq!(streamed(&tokenizer, &ids, true), tokenizer.decode(&ids, true), "{place}");
                }
            }
        }
    }
    say(&format!("{accepted} of 3000 were still tokenizers"));
    assert!(accepted > 100);
}
