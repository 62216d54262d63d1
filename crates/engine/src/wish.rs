//! Formats as people ask for them: `language=q4_0,kv=f32,activations=q8_0`.

use squint_ops::{Backend, Error, Kind};

/// The part that no model has of its own: what its steps round to on the way.
const ACTIVATIONS: &str = "activations";

/// What `quant` asks for each of `parts`; a part it does not have is an error. What it asks for activations is another
/// question.
pub fn wishes(quant: &str, parts: &[&str]) -> Result<Vec<Option<Kind>>, Error> {
    let mut out = vec![None; parts.len()];
    for (name, kind) in pairs(quant)? {
        match parts.iter().position(|p| *p == name) {
            Some(_) if !possible(name, kind) => return Err(refuse(name, kind)),
            Some(i) => out[i] = Some(kind),
            None if name == ACTIVATIONS => {}
            None => {
                let hint = format!("parts are {}, {ACTIVATIONS}", parts.join(", "));
                return Err(Error::new("quant", format!("there is no part '{name}'"), hint));
            }
        }
    }
    Ok(out)
}

/// Caches are written number by number and never packed; ids are no weights.
fn possible(part: &str, kind: Kind) -> bool {
    if part == "kv" { [Kind::F32, Kind::F16].contains(&kind) } else { kind != Kind::U32 }
}

fn refuse(part: &str, kind: Kind) -> Error {
    let can = if part == "kv" { "f32, f16".into() } else { Kind::of_weights() };
    Error::new("quant", format!("'{part}' cannot be {}", kind.name), format!("it can be {can}"))
}

/// What `quant` asks for activations; `exact` is another word for f32.
pub fn activations(quant: &str, exact: bool) -> Result<Option<Kind>, Error> {
    let asked = pairs(quant)?.into_iter().find(|(name, _)| *name == ACTIVATIONS).map(|(_, kind)| kind);
    match asked {
        Some(kind) if ![Kind::F32, Kind::F16, Kind::Q8_0].contains(&kind) => {
            Err(Error::new("quant", format!("activations cannot be {}", kind.name), "they can be f32, f16 or q8_0"))
        }
        Some(kind) if exact && kind != Kind::F32 => {
            Err(Error::new("quant", format!("activations cannot be exact and {}", kind.name), "ask for one of the two"))
        }
        asked => Ok(if exact { Some(Kind::F32) } else { asked }),
    }
}

/// Parts and formats, each part once; blanks around them say nothing.
fn pairs(quant: &str) -> Result<Vec<(&str, Kind)>, Error> {
    let mut all: Vec<(&str, Kind)> = vec![];
    for pair in quant.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let Some((name, kind)) = pair.split_once('=') else {
            return Err(Error::new("quant", format!("'{pair}' is not part=format"), "write language=q4_0"));
        };
        let (name, kind) = (name.trim(), Kind::from_name(kind.trim())?);
        if all.iter().any(|(other, _)| *other == name) {
            return Err(Error::new("quant", format!("'{name}' is asked for twice"), "ask for one format of each part"));
        }
        all.push((name, kind));
    }
    Ok(all)
}

/// What caches store: what was asked for, else half precision where speed is the aim and full where exactness is.
pub fn cache_kind(on: &dyn Backend, exact: bool, wish: Option<Kind>) -> Result<Kind, Error> {
    if let Some(kind) = wish.filter(|kind| exact && *kind != Kind::F32) {
        return Err(Error::new("quant", format!("'kv' cannot be exact and {}", kind.name), "ask for one of the two"));
    }
    let exact = exact || on.caps().name == "reference";
    Ok(wish.unwrap_or(if exact { Kind::F32 } else { Kind::F16 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_or_refused() {
        let parts = ["language", "kv"];
        assert_eq!(wishes("", &parts).unwrap(), [None, None]);
        assert_eq!(wishes("kv=f32,language=q4_0", &parts).unwrap(), [Some(Kind::Q4_0), Some(Kind::F32)]);
        assert_eq!(wishes(" kv = f32 , language=q4_0, ", &parts).unwrap(), [Some(Kind::Q4_0), Some(Kind::F32)]);
        assert_eq!(wishes("activations=q8_0", &parts).unwrap(), [None, None]);
        for (wrong, word) in [
            ("kv", "part=format"),
            ("vision=q4_0", "vision"),
            ("kv=q9", "q9"),
            ("kv=q8_0", "q8_0"),
            ("language=u32", "u32"),
            ("kv=f32,kv=f16", "'kv' is asked for twice"),
        ] {
            assert!(wishes(wrong, &parts).unwrap_err().what.contains(word));
        }
    }

    #[test]
    fn exact_caches_are_f32() {
        let on = squint_ops::Reference::default();
        assert_eq!(cache_kind(&on, true, None).unwrap(), Kind::F32);
        assert_eq!(cache_kind(&on, true, Some(Kind::F32)).unwrap(), Kind::F32);
        assert_eq!(cache_kind(&on, false, Some(Kind::F16)).unwrap(), Kind::F16);
        let e = cache_kind(&on, true, Some(Kind::F16)).unwrap_err();
        assert!(e.code == "quant" && e.what.contains("'kv' cannot be exact and f16"), "{e}");
    }

    #[test]
    fn activations_are_asked_for_once() {
        for (quant, exact, kind) in [
            ("", false, None),
            ("", true, Some(Kind::F32)),
            ("kv=f32,activations=q8_0", false, Some(Kind::Q8_0)),
            ("activations=f32", true, Some(Kind::F32)),
        ] {
            assert_eq!(activations(quant, exact).unwrap(), kind);
        }
        for (quant, exact) in [("activations=q4_0", false), ("activations=q8_0", true), ("activations=q9", false)] {
            assert!(activations(quant, exact).is_err(), "{quant}");
        }
    }
}
