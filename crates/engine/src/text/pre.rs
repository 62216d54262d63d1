//! Pre-tokenizers by the name a GGUF file gives them: how a text is cut before bytes are merged. The rules are those of
//! the published tokenizers; a name that is not here is refused, because a wrong rule gives wrong ids and no error.

use squint_weights::Error;
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::{PreTokenizerWrapper, byte_level::ByteLevel, digits::Digits};
use tokenizers::pre_tokenizers::{sequence::Sequence, split::Split, split::SplitPattern};
use tokenizers::{SplitDelimiterBehavior, Tokenizer};

pub(super) struct Pre {
    name: &'static str,
    /// Characters are composed first.
    nfc: bool,
    /// Each piece that fits is cut out, rule by rule.
    splits: &'static [&'static str],
    /// Every digit stands alone.
    digits: bool,
    /// The words of GPT-2 as a last rule.
    gpt2: bool,
    /// A word that is a token is taken whole, whatever the merges say.
    pub whole_words: bool,
    /// Whether a text begins with the first token when the file does not say.
    pub bos: bool,
}

const PLAIN: Pre =
    Pre { name: "", nfc: false, splits: &[], digits: false, gpt2: false, whole_words: false, bos: false };
const LLAMA: Pre = Pre { splits: &[LLAMA_WORDS], whole_words: true, bos: true, ..PLAIN };

const PRES: &[Pre] = &[
    Pre { name: "gpt-2", gpt2: true, ..PLAIN },
    Pre { name: "phi-2", gpt2: true, ..PLAIN },
    Pre { name: "smollm", digits: true, gpt2: true, ..PLAIN },
    Pre { name: "starcoder", digits: true, gpt2: true, ..PLAIN },
    Pre { name: "refact", digits: true, gpt2: true, ..PLAIN },
    Pre { name: "command-r", nfc: true, digits: true, gpt2: true, ..PLAIN },
    Pre { name: "llama-bpe", ..LLAMA },
    Pre { name: "llama3", ..LLAMA },
    Pre { name: "llama-v3", ..LLAMA },
    Pre { name: "qwen2", nfc: true, splits: &[QWEN_WORDS], ..PLAIN },
    Pre { name: "stablelm2", nfc: true, splits: &[QWEN_WORDS], ..PLAIN },
    Pre { name: "deepseek-llm", splits: &["[\r\n]", CASED, MARKS, r"\s+$", HAN], digits: true, ..PLAIN },
    Pre { name: "deepseek-coder", splits: &["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", HAN], digits: true, ..PLAIN },
];

const LLAMA_WORDS: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
const QWEN_WORDS: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);
/// Letters with a case, as a list of some Unicode version.
const CASED: &str = concat!(
    r"\s?[A-Za-z\u{B5}\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{1BA}\u{1BC}-\u{1BF}\u{1C4}-\u{293}\u{295}-\u{2AF}",
    r"\u{370}-\u{373}\u{376}\u{377}\u{37B}-\u{37D}\u{37F}\u{386}\u{388}-\u{38A}\u{38C}\u{38E}-\u{3A1}\u{3A3}-\u{3F5}",
    r"\u{3F7}-\u{481}\u{48A}-\u{52F}\u{531}-\u{556}\u{10A0}-\u{10C5}\u{13A0}-\u{13F5}\u{13F8}-\u{13FD}",
    r"\u{1C90}-\u{1CBA}\u{1CBD}-\u{1CBF}\u{1D00}-\u{1D2B}\u{1D6B}-\u{1D77}\u{1D79}-\u{1D9A}\u{1E00}-\u{1F15}",
    r"\u{1F18}-\u{1F1D}\u{1F20}-\u{1F45}\u{1F48}-\u{1F4D}\u{1F50}-\u{1F57}\u{1F59}\u{1F5B}\u{1F5D}\u{1F5F}-\u{1F7D}",
    r"\u{1F80}-\u{1FB4}\u{1FB6}-\u{1FBC}\u{1FBE}\u{1FC2}-\u{1FC4}\u{1FC6}-\u{1FCC}\u{1FD0}-\u{1FD3}\u{1FD6}-\u{1FDB}",
    r"\u{1FE0}-\u{1FEC}\u{1FF2}-\u{1FF4}\u{1FF6}-\u{1FFC}\u{2102}\u{2107}\u{210A}-\u{2113}\u{2115}\u{2119}-\u{211D}",
    r"\u{2124}\u{2126}\u{2128}\u{212A}-\u{212D}\u{212F}-\u{2134}\u{2139}\u{213C}-\u{213F}\u{2145}-\u{2149}\u{214E}",
    r"\u{2183}\u{2184}\u{2C00}-\u{2C7B}\u{2C7E}-\u{2CE4}\u{2CEB}-\u{2CEE}\u{2CF2}\u{2CF3}\u{A640}-\u{A66D}",
    r"\u{A680}-\u{A69B}\u{A722}-\u{A76F}\u{A771}-\u{A787}\u{A78B}-\u{A78E}\u{AB70}-\u{ABBF}\u{FB00}-\u{FB06}",
    r"\u{FB13}-\u{FB17}\u{FF21}-\u{FF3A}\u{FF41}-\u{FF5A}\u{10400}-\u{1044F}\u{104B0}-\u{104D3}\u{104D8}-\u{104FB}",
    r"\u{10C80}-\u{10CB2}\u{10CC0}-\u{10CF2}\u{118A0}-\u{118DF}\u{1E900}-\u{1E943}]+"
);
const MARKS: &str = r"\s?[!-/:-\x7E\u{FF01}-\u{FF0F}\u{FF1A}-\u{FF5E}\u{2018}-\u{201F}\u{3000}-\u{3002}]+";
const HAN: &str = r"[\u{4E00}-\u{9FA5}\u{800}-\u{4E00}\u{AC00}-\u{D7FF}]+";

impl Pre {
    pub fn named(name: Option<&str>) -> Result<&'static Pre, Error> {
        let known: Vec<_> = PRES.iter().map(|p| p.name).collect();
        name.and_then(|name| PRES.iter().find(|p| p.name == name)).ok_or_else(|| {
            let what = match name {
                Some(name) => {
                    format!("tokenizer.ggml.pre names the pre-tokenizer '{name}', which Squint does not know")
                }
                None => "the file has no tokenizer.ggml.pre, which says how text is cut into words".into(),
            };
            Error::new("tokenizer", what, format!("use a file with one of {}", known.join(", ")))
        })
    }

    pub fn set_up(&self, library: &mut Tokenizer) -> tokenizers::Result<()> {
        let mut steps: Vec<PreTokenizerWrapper> = vec![];
        for rule in self.splits {
            let pattern = SplitPattern::Regex((*rule).into());
            steps.push(Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?.into());
        }
        if self.digits {
            steps.push(Digits::new(true).into());
        }
        steps.push(ByteLevel::new(false, true, self.gpt2).into());
        library.with_pre_tokenizer(Some(Sequence::new(steps)));
        if self.nfc {
            library.with_normalizer(Some(NFC))?;
        }
        Ok(())
    }
}
