//! Tokenizers rebuilt from the metadata of a GGUF file, which holds tables but no rules: byte-level BPE (`gpt2`) and
//! SentencePiece BPE (`llama`).

use super::{Tokenizer, pre::Pre, scores, spelling::Spelling, tokenizer::Roles};
use squint_weights::{Error, List, Meta};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::{Prepend, Replace, Sequence};
use tokenizers::{AddedToken, NormalizerWrapper};

/// What `tokenizer.ggml.token_type` says of a token.
const UNKNOWN: f64 = 2.0;
const CONTROL: f64 = 3.0;
const USER_DEFINED: f64 = 4.0;
const BYTE: f64 = 6.0;

impl Tokenizer {
    pub fn from_gguf(meta: &Meta) -> Result<Tokenizer, Error> {
        let model = ours(meta.text("tokenizer.ggml.model"))?.ok_or_else(|| missing("tokenizer.ggml.model"))?;
        let tables = Tables::read(meta)?;
        match model {
            "gpt2" => byte_level(meta, tables),
            "llama" => pieces(meta, tables),
            other => Err(Error::new(
                "tokenizer",
                format!("tokenizer.ggml.model is '{other}', which Squint cannot rebuild"),
                "use a file with a tokenizer of kind gpt2 or llama, or the model's tokenizer.json",
            )),
        }
    }
}

fn missing(key: &str) -> Error {
    Error::new("tokenizer", format!("the file has no list or text '{key}'"), HINT)
}

fn bad(what: String) -> Error {
    Error::new("tokenizer", what, HINT)
}

const HINT: &str = "use a GGUF file with a complete tokenizer, or the model's tokenizer.json";

struct Tables {
    tokens: Vec<String>,
    /// Empty where the file says nothing.
    kinds: Vec<f64>,
    roles: Roles,
    /// Marks take the spaces after them along, as Phi-3's do by its tokenizer.json; these files have no place to say so.
    greedy: bool,
}

/// Phi-3's marks that do not.
const NOT_GREEDY: &[&str] = &["<unk>", "<s>", "<|endoftext|>"];

impl Tables {
    fn read(meta: &Meta) -> Result<Tables, Error> {
        let tokens: Vec<String> = texts(meta, "tokenizer.ggml.tokens")?.texts().map(str::to_owned).collect();
        if tokens.is_empty() {
            return Err(bad("tokenizer.ggml.tokens holds no texts".into()));
        }
        let kinds = ours(meta.numbers("tokenizer.ggml.token_type"))?;
        let kinds: Vec<f64> = kinds.map(|l| l.iter().collect()).unwrap_or_default();
        if !kinds.is_empty() && kinds.len() != tokens.len() {
            let (kinds, tokens) = (kinds.len(), tokens.len());
            return Err(bad(format!("tokenizer.ggml.token_type has {kinds} entries for {tokens} tokens")));
        }
        let id = |name: &str| role(meta, name, tokens.len());
        let mut roles = Roles { bos: id("bos")?, eos: id("eos")?, ends: vec![] };
        roles.ends.extend(id("eot")?);
        roles.ends.extend(id("eom")?);
        Ok(Tables { tokens, kinds, roles, greedy: false })
    }

    fn vocab(&self) -> Vocab {
        self.tokens.iter().zip(0..).map(|(t, id)| (t.clone(), id)).collect()
    }

    /// Tokens that are recognised in a text before anything else happens to it.
    fn added(&self) -> Vec<AddedToken> {
        let marks = [self.roles.bos, self.roles.eos];
        let kind = |id: usize| match self.kinds.get(id) {
            Some(kind) => *kind,
            None if marks.contains(&Some(id as u32)) => CONTROL,
            None => 1.0,
        };
        let tokens = self.tokens.iter().enumerate().filter(|(_, t)| !t.is_empty());
        let added = tokens.filter(|(id, _)| [UNKNOWN, CONTROL, USER_DEFINED].contains(&kind(*id)));
        let mark = |(id, t): (usize, &String)| {
            let special = kind(id) != USER_DEFINED;
            let greedy = self.greedy && special && !NOT_GREEDY.contains(&t.as_str());
            AddedToken::from(t.clone(), special).normalized(false).rstrip(greedy)
        };
        added.map(mark).collect()
    }

    fn finish(
        self,
        mut library: tokenizers::Tokenizer,
        meta: &Meta,
        spelling: Spelling,
        bos: bool,
    ) -> Result<Tokenizer, Error> {
        library.add_tokens(self.added()).map_err(|e| bad(format!("the special tokens cannot be used: {e}")))?;
        let frame = |name: &str, id: Option<u32>, default: bool| -> Result<Vec<u32>, Error> {
            let asked = ours(meta.flag(&format!("tokenizer.ggml.add_{name}_token")))?.unwrap_or(default);
            Ok(id.filter(|_| asked).into_iter().collect())
        };
        let around = (frame("bos", self.roles.bos, bos)?, frame("eos", self.roles.eos, false)?);
        Ok(Tokenizer::new(library, spelling, around, self.roles))
    }
}

fn texts<'a>(meta: &'a Meta, key: &str) -> Result<List<'a>, Error> {
    ours(meta.texts(key))?.ok_or_else(|| missing(key))
}

/// What metadata are wrong about, as a mistake of the tokenizer.
fn ours<T>(read: Result<T, Error>) -> Result<T, Error> {
    read.map_err(|e| bad(e.what))
}

/// The token a file names for a purpose.
fn role(meta: &Meta, name: &str, tokens: usize) -> Result<Option<u32>, Error> {
    let key = format!("tokenizer.ggml.{name}_token_id");
    let Some(number) = ours(meta.number(&key))? else { return Ok(None) };
    // -1 is how some writers say that there is none.
    if number == -1.0 || number == u32::MAX as f64 {
        return Ok(None);
    }
    let is_one = number >= 0.0 && number < tokens as f64 && number.fract() == 0.0;
    if is_one { Ok(Some(number as u32)) } else { Err(bad(format!("{key} is {number}, but there are {tokens} tokens"))) }
}

fn byte_level(meta: &Meta, tables: Tables) -> Result<Tokenizer, Error> {
    let pre = Pre::named(ours(meta.text("tokenizer.ggml.pre"))?)?;
    let vocab = tables.vocab();
    let merges = written_merges(meta, &vocab)?;
    let model = BPE::builder().vocab_and_merges(vocab, merges).ignore_merges(pre.whole_words).build();
    let mut library = tokenizers::Tokenizer::new(model.map_err(|e| bad(format!("the merges do not fit: {e}")))?);
    pre.set_up(&mut library).map_err(|e| Error::bug(format!("the pre-tokenizer does not compile: {e}")))?;
    tables.finish(library, meta, Spelling::byte_level(), pre.bos)
}

/// The merges as the file lists them, each of two known tokens that make a third.
fn written_merges(meta: &Meta, vocab: &Vocab) -> Result<Vec<(String, String)>, Error> {
    let key = "tokenizer.ggml.merges";
    let merge = |(rank, line): (usize, &str)| {
        // A token may begin with a space, but never hold one later.
        let at = line.char_indices().skip(1).find(|(_, c)| *c == ' ').map(|(at, _)| at);
        let (left, right) = at.map(|at| (&line[..at], &line[at + 1..])).unwrap_or((line, ""));
        let made = format!("{left}{right}");
        match [left, right, &made].iter().find(|t| !vocab.contains_key(**t)) {
            None => Ok((left.to_owned(), right.to_owned())),
            Some(token) => Err(bad(format!("entry {rank} '{line}' of {key}: '{token}' is not among the tokens"))),
        }
    };
    texts(meta, key)?.texts().enumerate().map(merge).collect()
}

fn pieces(meta: &Meta, mut tables: Tables) -> Result<Tokenizer, Error> {
    let family = ours(meta.text("general.architecture"))?.unwrap_or("");
    let gemma = family.starts_with("gemma");
    tables.greedy = family == "phi3";
    if gemma {
        tables.respell_spaces();
    }
    let scores: Vec<f64> = match ours(meta.numbers("tokenizer.ggml.scores"))? {
        // The scores of Gemma's vocabulary do not follow the order in which it merges; its places do.
        _ if gemma => (0..tables.tokens.len()).map(|id| -(id as f64)).collect(),
        Some(scores) => scores.iter().collect(),
        None => return Err(missing("tokenizer.ggml.scores")),
    };
    if scores.len() != tables.tokens.len() {
        let (scores, tokens) = (scores.len(), tables.tokens.len());
        return Err(bad(format!("tokenizer.ggml.scores has {scores} entries for {tokens} tokens")));
    }
    if let Some(id) = scores.iter().position(|score| !score.is_finite()) {
        return Err(bad(format!("tokenizer.ggml.scores says {} of token {id}, which is no score", scores[id])));
    }
    let vocab = tables.vocab();
    let merges = match meta.get("tokenizer.ggml.merges") {
        Some(_) => written_merges(meta, &vocab)?,
        None => {
            let piece = |id| tables.kinds.get(id).is_none_or(|kind| ![UNKNOWN, CONTROL, BYTE].contains(kind));
            scores::merges(&tables.tokens, |id| Some(scores[id]).filter(|_| piece(id)))?
        }
    };
    let mut model = BPE::builder().vocab_and_merges(vocab, merges).byte_fallback(true).fuse_unk(true);
    if let Some(unknown) = role(meta, "unknown", tables.tokens.len())? {
        model = model.unk_token(tables.tokens[unknown as usize].clone());
    }
    let model = model.build().map_err(|e| bad(format!("the merges do not fit: {e}")))?;
    let mut library = tokenizers::Tokenizer::new(model);
    let prefix = ours(meta.flag("tokenizer.ggml.add_space_prefix"))?.unwrap_or(true);
    let mut steps: Vec<NormalizerWrapper> = vec![];
    if prefix {
        steps.push(Prepend::new("▁".into()).into());
    }
    let broken = |e| Error::bug(format!("the normalizer cannot be made: {e}"));
    steps.push(Replace::new(" ", "▁").map_err(broken)?.into());
    library.with_normalizer(Some(Sequence::new(steps))).map_err(broken)?;
    tables.finish(library, meta, Spelling::pieces(prefix), true)
}

impl Tables {
    /// Gemma's files write tokens of several spaces with spaces, which the merges know as `▁`.
    fn respell_spaces(&mut self) {
        for (id, token) in self.tokens.iter_mut().enumerate() {
            if token.len() > 1 && token.bytes().all(|b| b == b' ') {
                *token = token.replace(' ', "▁");
                if let Some(kind) = self.kinds.get_mut(id) {
                    *kind = 1.0;
                }
            }
        }
    }
}
