//! Token ids of Qwen2, Phi-2, Gemma and Phi-3 (scripts/golden/family_tokens.py), from a tokenizer.json and from a GGUF
//! file's metadata, over small vocabularies.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use pollster::block_on;
use serde_json::Value as Json;
use squint_engine::text::Tokenizer;
use squint_tests::tree;
use squint_weights::{Gguf, Meta, Value, source::File};

fn read(name: &str) -> Json {
    serde_json::from_str(&tree::read(&format!("tests/fixtures/{name}.json"))).unwrap()
}

/// A fixture's metadata with other values.
fn meta(base: &str, changes: &serde_json::Map<String, Json>) -> Meta {
    let path = tree::root().join(format!("tests/fixtures/tokens/{base}.gguf"));
    let file = block_on(Gguf::read(&File::open(&path).unwrap())).unwrap().meta;
    let mut new = Meta::default();
    for (key, value) in changes {
        let value = match value.as_f64() {
            Some(number) => Value::Number(number),
            None => Value::Text(value.as_str().unwrap().into()),
        };
        new.insert(key.clone(), value);
    }
    for (key, value) in file.iter().filter(|(key, _)| !changes.contains_key(*key)) {
        new.insert(key.to_owned(), value.clone());
    }
    new
}

fn fnv(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |h, b| (h ^ b as u32).wrapping_mul(0x0100_0193))
}

/// Checksums one after another in hexadecimal.
fn checksums(packed: &Json) -> Vec<u32> {
    let packed = packed.as_str().unwrap();
    (0..packed.len() / 8).map(|i| u32::from_str_radix(&packed[8 * i..8 * i + 8], 16).unwrap()).collect()
}

#[test]
fn every_family_has_its_ids_from_a_json_and_from_a_gguf() {
    let (golden, plain) = (read("family_tokens"), read("tokens"));
    let texts = plain["texts"].as_array().unwrap().iter().filter_map(Json::as_str);
    let texts: Vec<&str> = texts.chain(golden["marks"].as_array().unwrap().iter().filter_map(Json::as_str)).collect();
    assert!(texts.len() > 250);
    let families = golden["tokenizers"].as_array().unwrap();
    assert_eq!(families.len(), 4);
    for row in families {
        let base = row["base"].as_str().unwrap();
        let mut file = read(&format!("tokens/{base}"));
        for (place, value) in row["patch"].as_object().unwrap() {
            *file.pointer_mut(place).unwrap() = value.clone();
        }
        let family = row["gguf"]["general.architecture"].as_str().unwrap();
        let json = Tokenizer::from_json(file.to_string().as_bytes()).unwrap();
        let gguf = Tokenizer::from_gguf(&meta(base, row["gguf"].as_object().unwrap())).unwrap();
        let (ids, decoded) = (checksums(&row["ids"]), checksums(&row["decoded"]));
        assert_eq!((ids.len(), decoded.len()), (texts.len(), texts.len()));
        for (from, tokenizer) in [("json", json), ("gguf", gguf)] {
            for (i, text) in texts.iter().enumerate() {
                let got = tokenizer.encode(text, false).unwrap();
                let sum = fnv(got.iter().flat_map(|id| id.to_le_bytes()));
                assert_eq!(sum, ids[i], "{family} from {from}: {text:?} became {got:?}");
                let back = tokenizer.decode(&got, false);
                assert_eq!(fnv(back.bytes()), decoded[i], "{family} from {from}: {text:?} came back as {back:?}");
            }
            let framed: Vec<u64> = tokenizer.encode("a b", true).unwrap().into_iter().map(u64::from).collect();
            let want: Vec<u64> = row["framed"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
            assert_eq!(framed, want, "{family} from {from}");
        }
    }
}
