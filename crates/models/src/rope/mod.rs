//! How fast each pair of a head turns, by what a file says of stretching: as `transformers` reads `config.json`, and as
//! llama.cpp reads its own files.

mod kinds;

use squint_nn::Turns;
use squint_ops::op::Rope;
use squint_weights::{Error, Fact, Facts};

/// What a family's files mean by their stretching, where they differ from those of others.
#[derive(Clone, Copy)]
pub struct Habit {
    /// Names that mean another kind in its `config.json`.
    pub aliases: &'static [[&'static str; 2]],
    /// Positions its models were trained for before they were stretched, where `config.json` does not say so beside its
    /// stretching; none where what is inside that counts, or the context.
    pub trained: Option<usize>,
    /// With longrope, a text that grows past them is read anew.
    pub anew: bool,
}

pub const USUAL: Habit = Habit { aliases: &[], trained: None, anew: false };

/// How positions come into a model.
pub struct Positions {
    pub turns: Turns,
    pub rope: Rope,
    /// Tokens that it can read.
    pub context: usize,
}

/// Positions there can be, stretched or not.
const MOST: f64 = (1 << 24) as f64;

/// One kind of stretching.
struct Kind {
    /// As both formats name it.
    name: &'static str,
    stretch: fn(&Said) -> Result<Stretched, Error>,
}

static KINDS: &[Kind] = &[
    Kind { name: "default", stretch: kinds::plain },
    Kind { name: "none", stretch: kinds::plain },
    Kind { name: "linear", stretch: kinds::linear },
    Kind { name: "llama3", stretch: kinds::llama3 },
    Kind { name: "dynamic", stretch: kinds::dynamic },
    Kind { name: "yarn", stretch: kinds::yarn },
    Kind { name: "longrope", stretch: kinds::longrope },
];

struct Stretched {
    turns: Turns,
    /// What is turned is multiplied with it, in queries and keys alike.
    gain: f64,
    /// Times as many positions as the file says that there are.
    farther: f64,
}

/// What a file says, and what follows for a model that is not stretched.
struct Said<'a> {
    facts: &'a Facts,
    rope: Rope,
    habit: Habit,
    base: f64,
    /// Positions that the file says there are.
    context: usize,
}

impl Said<'_> {
    fn number(&self, gguf: &'static str, hf: &'static str) -> Result<Option<f64>, Error> {
        self.facts.number(Fact { gguf, hf })
    }
    fn gguf(&self) -> bool {
        matches!(self.facts, Facts::Gguf(_))
    }
    fn plain(&self) -> Vec<f32> {
        self.rope.table(self.base as f32)
    }
    /// By how much positions are stretched. Older GGUF files have another name for it.
    fn factor(&self) -> Result<Option<f64>, Error> {
        let old = self.number("rope.scale_linear", "")?;
        Ok(self.number("rope.scaling.factor", "rope_scaling.factor|rope_parameters.factor")?.or(old))
    }
    /// Positions it was trained for before it was stretched.
    fn trained(&self) -> Result<f64, Error> {
        let beside = self.number("rope.scaling.original_context_length", "original_max_position_embeddings")?;
        let inside = "rope_scaling.original_max_position_embeddings|rope_parameters.original_max_position_embeddings";
        Ok(match (beside, self.habit.trained) {
            (Some(beside), _) => beside,
            (None, Some(usual)) if !self.gguf() => usual as f64,
            _ => self.number("", inside)?.unwrap_or(self.context as f64),
        })
    }
}

/// What a file says of positions; `context` of them, before they are stretched.
pub fn positions(facts: &Facts, rope: Rope, context: usize, habit: Habit) -> Result<Positions, Error> {
    let base = Fact { gguf: "rope.freq_base", hf: "rope_scaling.rope_theta|rope_parameters.rope_theta|rope_theta" };
    let base = facts.number(base)?.unwrap_or(10_000.0);
    let said = Said { facts, rope, habit, base, context };
    let kind = Fact {
        gguf: "rope.scaling.type",
        hf: "rope_scaling.rope_type|rope_scaling.type|rope_parameters.rope_type|rope_parameters.type",
    };
    // GGUF files may say the factor only.
    let name = facts.text(kind)?.unwrap_or(if said.gguf() { "linear" } else { "default" });
    let alias = habit.aliases.iter().find(|[theirs, _]| *theirs == name && !said.gguf());
    let name = alias.map_or(name, |[_, ours]| ours);
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        return Err(Error::new(
            "config",
            format!("positions are stretched by '{name}', which Squint cannot do"),
            format!("use a model whose positions are one of {}", known.join(", ")),
        ));
    };
    let Stretched { turns, gain, farther } = (kind.stretch)(&said)?;
    // Written by llama.cpp's converter where its program could not know it.
    let gain = gain * said.number("rope.scaling.attn_factor", "")?.unwrap_or(1.0);
    let reach = (context as f64 * farther.max(1.0)).min(MOST) as usize;
    for tokens in [1, reach] {
        let table = turns.table(tokens);
        if let Some(bad) = table.iter().position(|f| !f.is_finite() || *f <= 0.0) {
            let (theta, by) =
                if said.gguf() { ("rope.freq_base", "rope.scaling") } else { ("rope_theta", "rope_scaling") };
            let what = format!("'{theta}' is {base}, and the pair {bad} of {} turns by {}: ", table.len(), table[bad]);
            return Err(meaningless(what + &format!("that, or what '{by}' says, means nothing")));
        }
    }
    if !gain.is_finite() || gain <= 0.0 {
        return Err(meaningless(format!("what is turned is multiplied with {gain}")));
    }
    Ok(Positions { turns, rope: Rope { gain: gain as f32, ..rope }, context: reach })
}

/// Two tables that a file of llama.cpp has as tensors, by what each pair turns slower for short texts and for long ones.
pub fn from_tensors(facts: &Facts, plain: &[f32], by: [Vec<f32>; 2], context: usize) -> Result<Turns, Error> {
    let trained = facts.uint(Fact { gguf: "rope.scaling.original_context_length", hf: "" })?;
    let tables = by.map(|by| plain.iter().zip(by).map(|(f, by)| f / by).collect::<Vec<f32>>());
    if tables.iter().flatten().any(|f| !f.is_finite() || *f <= 0.0) {
        return Err(meaningless("factors of 'rope_factors_long' or 'rope_factors_short' mean nothing".into()));
    }
    Ok(Turns::Either { upto: trained.map_or(context, |n| n as usize), tables, anew: true })
}

fn meaningless(what: String) -> Error {
    Error::new("config", what, "the file is damaged: get it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use squint_weights::{Meta, Value};

    const ROPE: Rope = Rope { rotated: 64, side_by_side: false, gain: 1.0 };

    fn read(json: &str) -> Result<Positions, Error> {
        positions(&Facts::Hf(serde_json::from_str(json).unwrap()), ROPE, 4096, USUAL)
    }

    fn scaled(scaling: &str) -> Result<Positions, Error> {
        read(&format!(r#"{{"architectures": ["x"], "rope_theta": 10000, "rope_scaling": {scaling}}}"#))
    }

    fn table(scaling: &str) -> Result<Vec<f32>, Error> {
        scaled(scaling).map(|p| p.turns.table(1))
    }

    #[test]
    fn turns_that_mean_nothing_are_refused() {
        for scaling in ["0", "-2", "1e300"] {
            let e = table(&format!(r#"{{"rope_type": "linear", "factor": {scaling}}}"#)).unwrap_err();
            assert_eq!(e.code, "config", "{scaling}");
        }
        for base in ["0", "-5", "1e39"] {
            assert!(read(&format!(r#"{{"architectures": ["x"], "rope_theta": {base}}}"#)).is_err(), "{base}");
        }
    }

    #[test]
    fn stretched_positions_turn_slower() {
        let plain = table("null").unwrap();
        assert_eq!(plain[0], 1.0);
        let linear = table(r#"{"rope_type": "linear", "factor": 4.0}"#).unwrap();
        assert!(plain.iter().zip(&linear).all(|(p, l)| (p / 4.0 - l).abs() < 1e-7));
        let llama3 = r#"{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192}"#;
        let llama3 = table(llama3).unwrap();
        // The first pairs turn thousands of times in the trained context and stay, the last one turns less than once.
        assert_eq!(llama3[0], plain[0]);
        assert!((llama3[31] * 8.0 / plain[31] - 1.0).abs() < 1e-6);
        for key in ["llama.rope.scaling.factor", "llama.rope.scale_linear"] {
            let mut meta = Meta::default();
            meta.insert("general.architecture".into(), Value::Text("llama".into()));
            meta.insert(key.into(), Value::Number(4.0));
            let factor_only = positions(&Facts::Gguf(meta), ROPE, 4096, USUAL).unwrap();
            assert_eq!(factor_only.turns.table(1), linear, "{key}");
        }
        assert!(table(r#"{"rope_type": "rubber", "factor": 4.0}"#).unwrap_err().what.contains("rubber"));
    }

    #[test]
    fn stretched_models_reach_farther_and_turn_longer() {
        let yarn = scaled(r#"{"rope_type": "yarn", "factor": 4.0}"#).unwrap();
        assert_eq!((yarn.context, yarn.rope.gain), (4 * 4096, (0.1 * 4f64.ln() + 1.0) as f32));
        let dynamic = scaled(r#"{"rope_type": "dynamic", "factor": 2.0}"#).unwrap();
        assert_eq!((dynamic.context, dynamic.rope.gain), (2 * 4096, 1.0));
        let longrope = |more: &str| {
            let factors = format!("{:?}", [2.0; 32]);
            scaled(&format!(r#"{{"type": "longrope", "short_factor": {factors}, "long_factor": {factors} {more}}}"#))
        };
        let long = longrope(r#", "original_max_position_embeddings": 64"#).unwrap();
        // 4096 is 64 times 64: a logarithm of one, and one more.
        assert_eq!(
            (long.context, long.rope.gain, long.turns.which(64), long.turns.which(65)),
            (4096, 2f32.sqrt(), 0, 1)
        );
        for (more, words) in [
            (r#", "attention_factor": -1"#, "multiplied with -1"),
            (r#", "long_factor": [1, 2]"#, "has 2 numbers for 32 pairs"),
            (r#", "long_factor": "2""#, "a list of numbers"),
        ] {
            let e = longrope(more).err().unwrap_or_else(|| panic!("{more} was read"));
            assert!(e.code == "config" && e.what.contains(words), "{more}: {e}");
        }
    }
}
