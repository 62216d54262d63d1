//! `tokenizer.json` of Hugging Face, and what the files beside it say about its tokens.
//!
//! The library trusts its file in places where a wrong one would stop the program, and reads regular expressions in
//! another dialect than the library's own build for servers; both are seen to before it gets the file.

use super::{Tokenizer, spelling::Spelling, tokenizer::Roles};
use serde_json::Value;
use squint_weights::Error;
use tokenizers::utils::SysRegex;

impl Tokenizer {
    /// From the bytes of a `tokenizer.json`. Which tokens begin and end a text is not in it; see `with_config` and
    /// `with_generation`.
    pub fn from_json(bytes: &[u8]) -> Result<Tokenizer, Error> {
        let mut file = parse("tokenizer.json", bytes)?;
        if file["model"].is_null() {
            return Err(bad("tokenizer.json has no 'model'"));
        }
        check_merges(&file["model"])?;
        check_added(&file["added_tokens"])?;
        check_frame(&file["post_processor"])?;
        let spelling = Spelling::read(&file["decoder"])?;
        for part in ["normalizer", "pre_tokenizer"] {
            if check_steps(&file[part])? > GROWTH {
                return Err(bad(&format!("the {part} of tokenizer.json makes texts more than {GROWTH} times as long")));
            }
            lines_have_ends(&mut file[part], false);
        }
        // How long a text may be is the session's business.
        for part in ["truncation", "padding"] {
            file[part] = Value::Null;
        }
        // Merges left out at random are for training.
        if let Some(model) = file["model"].as_object_mut() {
            model.remove("dropout");
        }
        let library = serde_json::from_value(file).map_err(|e| bad(&format!("tokenizer.json: {e}")))?;
        Ok(Tokenizer::new(library, spelling, (vec![], vec![]), Roles::default()))
    }

    /// Adds what a `tokenizer_config.json` says about the first and the last token.
    pub fn with_config(mut self, bytes: &[u8]) -> Result<Tokenizer, Error> {
        let config = parse("tokenizer_config.json", bytes)?;
        if let Some(bos) = self.named(&config, "bos_token")? {
            self.roles().bos = Some(bos);
        }
        if let Some(eos) = self.named(&config, "eos_token")? {
            self.roles().eos = Some(eos);
            self.add_ends(vec![eos]);
        }
        Ok(self)
    }

    /// Adds the tokens that end an answer by a `generation_config.json` (or `config.json`).
    pub fn with_generation(mut self, bytes: &[u8]) -> Result<Tokenizer, Error> {
        let config = parse("generation_config.json", bytes)?;
        let ends: Vec<&Value> = match &config["eos_token_id"] {
            Value::Null => vec![],
            Value::Array(ids) => ids.iter().collect(),
            one => vec![one],
        };
        for end in ends {
            let id = end.as_u64().and_then(|id| u32::try_from(id).ok()).filter(|id| self.token_of(*id).is_some());
            let id = id.ok_or_else(|| bad(&format!("eos_token_id of generation_config.json is {end}, not a token")))?;
            self.add_ends(vec![id]);
        }
        Ok(self)
    }

    /// The id of a token that a configuration names as text or as `{"content": text}`.
    fn named(&self, config: &Value, key: &str) -> Result<Option<u32>, Error> {
        let said = &config[key];
        if said.is_null() {
            return Ok(None);
        }
        let name = said.as_str().or_else(|| said["content"].as_str());
        let name = name.ok_or_else(|| bad(&format!("{key} of tokenizer_config.json is {said}; a text is expected")))?;
        let missing = || bad(&format!("{key} '{name}' of tokenizer_config.json is not in the vocabulary"));
        self.id_of(name).ok_or_else(missing).map(Some)
    }
}

fn bad(what: &str) -> Error {
    Error::new("tokenizer", what, "get the file again, or use the tokenizer files of the same model")
}

pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Value, Error> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| bad(&format!("{file} is not JSON: {e}")))?;
    if value.is_object() { Ok(value) } else { Err(bad(&format!("{file} is not a JSON object"))) }
}

/// Every merge of a BPE model joins two tokens into a third; the library copies them into a buffer as long as the longest
/// token without looking.
fn check_merges(model: &Value) -> Result<(), Error> {
    let (Some(vocab), Some(merges)) = (model["vocab"].as_object(), model["merges"].as_array()) else {
        return Ok(());
    };
    let prefix = model["continuing_subword_prefix"].as_str().unwrap_or("");
    for (rank, merge) in merges.iter().enumerate() {
        let pair = match merge {
            Value::String(line) => line.split_once(' '),
            Value::Array(two) => two.first().and_then(Value::as_str).zip(two.get(1).and_then(Value::as_str)),
            _ => None,
        };
        let Some((left, right)) = pair else {
            return Err(bad(&format!("merge {rank} of tokenizer.json is not a pair of tokens")));
        };
        let tail = right.strip_prefix(prefix).ok_or_else(|| {
            bad(&format!("merge {rank} of tokenizer.json: '{right}' does not begin with the prefix '{prefix}'"))
        })?;
        if let Some(unknown) = [left, right, &format!("{left}{tail}")].iter().find(|t| !vocab.contains_key(**t)) {
            return Err(bad(&format!(
                "merge {rank} of tokenizer.json: the token '{unknown}' is not in the vocabulary"
            )));
        }
    }
    Ok(())
}

/// The library gives an added token the next free id and only logs that the file wanted another.
fn check_added(added: &Value) -> Result<(), Error> {
    let mut seen = std::collections::HashSet::new();
    for token in added.as_array().into_iter().flatten() {
        let id = token["id"].as_u64().filter(|id| *id <= u32::MAX as u64);
        let content = token["content"].as_str().unwrap_or("");
        if id.is_none() || content.is_empty() || !seen.insert(id) {
            return Err(bad(&format!("the added token {token} of tokenizer.json has no text, or no id of its own")));
        }
    }
    Ok(())
}

/// How much longer a text may become before it is cut into tokens: a space is three bytes in many families.
const GROWTH: f64 = 64.0;

/// The library stops the program at empty patterns and lengths, and believes tables of compiled rules. Returns how much
/// longer the steps make a text at most.
fn check_steps(part: &Value) -> Result<f64, Error> {
    let steps = ["normalizers", "pretokenizers"].iter().filter_map(|key| part[*key].as_array()).flatten();
    let all = steps.map(check_steps).try_fold(1.0, |all, one| one.map(|one| all * one))?;
    let empty = |key: &str| part[key].as_str().is_some_and(str::is_empty);
    let long = |v: &Value| v.as_str().map_or(1, |text| text.len().max(1)) as f64;
    let name = part["type"].as_str().unwrap_or("");
    let wrong = |what: &str| Err(bad(&format!("the step '{name}' of tokenizer.json {what}")));
    match name {
        "Precompiled" => wrong("has compiled rules, which are not supported"),
        "FixedLength" if part["length"].as_u64() == Some(0) => wrong("cuts pieces of no length"),
        "Prepend" if empty("prepend") => wrong("puts nothing before a text"),
        "Replace" | "Split" => match (&part["pattern"]["String"], &part["pattern"]["Regex"]) {
            (Value::String(text), _) if text.is_empty() => wrong("looks for nothing"),
            (_, Value::String(rule)) if name == "Replace" && finds_nothing(rule) => wrong("looks for nothing"),
            (text, _) => Ok(all * (long(&part["content"]) / long(text)).max(1.0)),
        },
        _ => Ok(all),
    }
}

/// Whether a rule finds the empty text at the beginning of one: tried before each letter it is written with, and some more.
fn finds_nothing(rule: &str) -> bool {
    let Ok(regex) = SysRegex::new(rule) else { return false };
    let found = |text: &str| regex.find_iter(text).next() == Some((0, 0));
    rule.chars().chain(" ~\n.aA0é世".chars()).any(|c| found(c.encode_utf8(&mut [0; 4])))
}

/// What goes around a text is spelled out token by token; the library looks each up without asking whether it is there.
fn check_frame(processor: &Value) -> Result<(), Error> {
    processor["processors"].as_array().into_iter().flatten().try_for_each(check_frame)?;
    let alone = processor["single"].as_array().into_iter().flatten();
    if alone.filter_map(|piece| piece["Sequence"]["id"].as_str()).any(|id| id != "A") {
        return Err(bad("the post-processor of tokenizer.json wants a second text beside a single one"));
    }
    let pieces = ["single", "pair"].iter().filter_map(|k| processor[k].as_array()).flatten();
    for name in pieces.filter_map(|piece| piece["SpecialToken"]["id"].as_str()) {
        let token = &processor["special_tokens"][name];
        let lengths = ["ids", "tokens"].map(|key| token[key].as_array().map(Vec::len));
        if lengths[0].is_none() || lengths[0] != lengths[1] {
            return Err(bad(&format!(
                "the post-processor of tokenizer.json uses '{name}' and does not say which ids it is"
            )));
        }
    }
    Ok(())
}

/// In the dialect these files are written in, `^` and `$` stand at every line; here they do so only when asked.
fn lines_have_ends(part: &mut Value, is_regex: bool) {
    match part {
        Value::String(text) if is_regex && text.contains(['^', '$']) => text.insert_str(0, "(?m)"),
        Value::Array(items) => items.iter_mut().for_each(|i| lines_have_ends(i, false)),
        Value::Object(map) => map.iter_mut().for_each(|(key, v)| lines_have_ends(v, key == "Regex")),
        _ => {}
    }
}
