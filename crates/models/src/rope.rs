//! How fast each pair of a head turns, by what a file says of stretching.

use squint_ops::op::Rope;
use squint_weights::{Error, Fact, Facts};

/// Radians a position for each pair.
pub fn frequencies(facts: &Facts, rope: Rope) -> Result<Vec<f32>, Error> {
    let number = |gguf, hf, default: f64| Ok::<_, Error>(facts.number(Fact { gguf, hf })?.unwrap_or(default));
    let base = number("rope.freq_base", "rope_parameters.rope_theta|rope_theta", 10_000.0)? as f32;
    let mut table = rope.table(base);
    let kind = Fact {
        gguf: "rope.scaling.type",
        hf: "rope_scaling.rope_type|rope_scaling.type|rope_parameters.rope_type|rope_parameters.type",
    };
    // Older GGUF files have another name for it, and say the factor only.
    let old = number("rope.scale_linear", "", 1.0)?;
    let factor = number("rope.scaling.factor", "rope_scaling.factor|rope_parameters.factor", old)? as f32;
    let unsaid = if matches!(facts, Facts::Gguf(_)) { "linear" } else { "default" };
    match facts.text(kind)?.unwrap_or(unsaid) {
        "default" | "none" => {}
        // Positions stretched evenly.
        "linear" => table.iter_mut().for_each(|f| *f /= factor),
        // Slow turns are stretched, fast ones stay, those between are mixed.
        "llama3" => {
            let of = |hf, default| number("rope.scaling.?", hf, default).map(|n| n as f32);
            let low = of("rope_scaling.low_freq_factor|rope_parameters.low_freq_factor", 1.0)?;
            let high = of("rope_scaling.high_freq_factor|rope_parameters.high_freq_factor", 4.0)?;
            let trained =
                "rope_scaling.original_max_position_embeddings|rope_parameters.original_max_position_embeddings";
            let trained = of(trained, 8192.0)?;
            for f in &mut table {
                let turns = trained * *f / std::f32::consts::TAU;
                let stay = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                *f *= stay + (1.0 - stay) / factor;
            }
        }
        other => {
            return Err(Error::new(
                "config",
                format!("positions are stretched by '{other}', which Squint cannot do"),
                "use a model with plain, linear or llama3 positions",
            ));
        }
    }
    if table.iter().any(|f| !f.is_finite() || *f <= 0.0) {
        return Err(Error::new(
            "config",
            format!(
                "pairs turn by {table:?} radians a position: 'rope_theta' or what it is stretched by means nothing"
            ),
            "the file is damaged: get it again",
        ));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use squint_weights::{Meta, Value};

    fn table(scaling: &str) -> Result<Vec<f32>, Error> {
        let json = format!(r#"{{"architectures": ["x"], "rope_theta": 10000, "rope_scaling": {scaling}}}"#);
        frequencies(&Facts::Hf(serde_json::from_str(&json).unwrap()), Rope { rotated: 64, side_by_side: false })
    }

    #[test]
    fn turns_that_mean_nothing_are_refused() {
        for scaling in ["0", "-2", "1e300"] {
            let e = table(&format!(r#"{{"rope_type": "linear", "factor": {scaling}}}"#)).unwrap_err();
            assert_eq!(e.code, "config", "{scaling}");
        }
        for base in ["0", "-5", "1e39"] {
            let json = format!(r#"{{"architectures": ["x"], "rope_theta": {base}}}"#);
            let facts = Facts::Hf(serde_json::from_str(&json).unwrap());
            assert!(frequencies(&facts, Rope { rotated: 64, side_by_side: false }).is_err(), "{base}");
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
            let factor_only = frequencies(&Facts::Gguf(meta), Rope { rotated: 64, side_by_side: true }).unwrap();
            assert_eq!(factor_only, linear, "{key}");
        }
        assert!(table(r#"{"rope_type": "yarn", "factor": 4.0}"#).unwrap_err().what.contains("yarn"));
    }
}
