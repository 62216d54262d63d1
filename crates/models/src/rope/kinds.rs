//! The kinds of stretching. Names and numbers are those of `config.json`; GGUF files have a few of them.

use super::{Said, Stretched, meaningless};
use squint_nn::Turns;
use squint_weights::{Error, Fact};

/// The same at every length, and with turns as long as they were.
fn always(table: Vec<f32>) -> Stretched {
    Stretched { turns: Turns::Always(table), gain: 1.0, farther: 1.0 }
}

pub(super) fn plain(said: &Said) -> Result<Stretched, Error> {
    Ok(always(said.plain()))
}

/// Positions stretched evenly: <https://arxiv.org/abs/2306.15595>.
pub(super) fn linear(said: &Said) -> Result<Stretched, Error> {
    let factor = said.factor()?.unwrap_or(1.0) as f32;
    Ok(always(said.plain().into_iter().map(|f| f / factor).collect()))
}

/// Slow turns are stretched, fast ones stay, those between are mixed.
pub(super) fn llama3(said: &Said) -> Result<Stretched, Error> {
    let factor = said.factor()?.unwrap_or(1.0) as f32;
    let of = |hf, usual| Ok::<_, Error>(said.number("", hf)?.unwrap_or(usual) as f32);
    let low = of("rope_scaling.low_freq_factor|rope_parameters.low_freq_factor", 1.0)?;
    let high = of("rope_scaling.high_freq_factor|rope_parameters.high_freq_factor", 4.0)?;
    let trained = said.trained()? as f32;
    let one = |f: f32| {
        let turns = trained * f / std::f32::consts::TAU;
        let stay = ((turns - low) / (high - low)).clamp(0.0, 1.0);
        f * (stay + (1.0 - stay) / factor)
    };
    Ok(always(said.plain().into_iter().map(one).collect()))
}

/// As far as it was trained nothing is stretched; beyond, the base grows with the text.
pub(super) fn dynamic(said: &Said) -> Result<Stretched, Error> {
    let factor = said.factor()?.unwrap_or(1.0);
    let turns = Turns::Growing { base: said.base, factor, upto: said.context, rotated: said.rope.rotated };
    Ok(Stretched { turns, gain: 1.0, farther: factor })
}

/// Like `llama3`, with a border in pairs rather than in turns, and turned numbers made longer:
/// <https://arxiv.org/abs/2309.00071>, §3.4.
pub(super) fn yarn(said: &Said) -> Result<Stretched, Error> {
    let (trained, context) = (said.trained()?, said.context as f64);
    let factor = said.factor()?.unwrap_or(if said.gguf() { 1.0 } else { context / trained });
    // Zero stands for nothing said.
    let of = |gguf, hf| Ok::<_, Error>(said.number(gguf, hf)?.filter(|n| *n != 0.0));
    let beta = |gguf, hf, usual| Ok::<_, Error>(of(gguf, hf)?.unwrap_or(usual));
    let fast = beta("rope.scaling.yarn_beta_fast", "rope_scaling.beta_fast|rope_parameters.beta_fast", 32.0)?;
    let slow = beta("rope.scaling.yarn_beta_slow", "rope_scaling.beta_slow|rope_parameters.beta_slow", 1.0)?;
    let whole = Fact { gguf: "?", hf: "rope_scaling.truncate|rope_parameters.truncate" };
    let whole = said.facts.flag(whole)?.unwrap_or(true);
    // The pair that turns so many times in what it was trained for.
    let rotated = said.rope.rotated as f64;
    let pair = |turns: f64| rotated * (trained / (turns * std::f64::consts::TAU)).ln() / (2.0 * said.base.ln());
    let (first, last) = if whole { (pair(fast).floor(), pair(slow).ceil()) } else { (pair(fast), pair(slow)) };
    let (first, last) = (first.max(0.0), last.min(rotated - 1.0));
    let wide = if first == last { 0.001 } else { last - first };
    let mix = |(i, f): (usize, f32)| {
        let stretched = ((i as f64 - first) / wide).clamp(0.0, 1.0);
        (f as f64 * (stretched / factor + 1.0 - stretched)) as f32
    };
    let table = said.plain().into_iter().enumerate().map(mix).collect();

    let longer = |by: f64| if factor <= 1.0 { 1.0 } else { 0.1 * by * factor.ln() + 1.0 };
    let ratio = of("", "rope_scaling.mscale|rope_parameters.mscale")?
        .zip(of("", "rope_scaling.mscale_all_dim|rope_parameters.mscale_all_dim")?);
    let gain = match said.number("", GAIN)? {
        Some(gain) => gain,
        None => ratio.map_or(longer(1.0), |(one, all)| longer(one) / longer(all)),
    };
    let farther = if factor > 1.0 { factor * trained / context } else { 1.0 };
    Ok(Stretched { turns: Turns::Always(table), gain, farther })
}

/// Every pair by a factor of its own, of which there are two tables: <https://arxiv.org/abs/2402.13753>.
pub(super) fn longrope(said: &Said) -> Result<Stretched, Error> {
    if said.gguf() {
        // The two are tensors, which the loader finds.
        return plain(said);
    }
    let trained = said.trained()?;
    let factors = |hf| {
        let all = said.facts.numbers(Fact { gguf: "", hf })?.unwrap_or_default();
        if all.len() != said.rope.rotated / 2 {
            let what = format!("'{hf}' has {} numbers for {} pairs", all.len(), said.rope.rotated / 2);
            return Err(meaningless(what));
        }
        Ok(said.plain().iter().zip(all).map(|(f, by)| f / by as f32).collect::<Vec<f32>>())
    };
    let short = factors("rope_scaling.short_factor|rope_parameters.short_factor")?;
    let long = factors("rope_scaling.long_factor|rope_parameters.long_factor")?;
    let factor = said.factor()?.unwrap_or(said.context as f64 / trained);
    let gain = match said.number("", GAIN)? {
        Some(gain) => gain,
        None if factor <= 1.0 => 1.0,
        None => (1.0 + factor.ln() / trained.ln()).sqrt(),
    };
    let turns = Turns::Either { upto: trained as usize, tables: [short, long], anew: said.habit.anew };
    Ok(Stretched { turns, gain, farther: 1.0 })
}

const GAIN: &str = "rope_scaling.attention_factor|rope_parameters.attention_factor";
