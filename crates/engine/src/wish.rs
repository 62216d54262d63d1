//! Formats as people ask for them: `language=q4_0,kv=f32`.

use crate::Model;
use squint_ops::{Error, Kind};

/// What `quant` asks for each of `parts`; a part it does not have is an error.
pub fn wishes(quant: &str, parts: &[&str]) -> Result<Vec<Option<Kind>>, Error> {
    let mut out = vec![None; parts.len()];
    for pair in quant.split(',').filter(|p| !p.is_empty()) {
        let Some((name, kind)) = pair.split_once('=') else {
            return Err(Error::new("quant", format!("'{pair}' is not part=format"), "write language=q4_0"));
        };
        let Some(i) = parts.iter().position(|p| *p == name) else {
            let hint = format!("parts are {}", parts.join(", "));
            return Err(Error::new("quant", format!("there is no part '{name}'"), hint));
        };
        out[i] = Some(Kind::from_name(kind)?);
    }
    Ok(out)
}

/// What caches store: what was asked for, else half precision where speed is the aim and full where exactness is.
pub fn cache_kind(model: &Model, exact: bool, wish: Option<Kind>) -> Kind {
    let exact = exact || model.backend.caps().name == "reference";
    wish.unwrap_or(if exact { Kind::F32 } else { Kind::F16 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_or_refused() {
        let parts = ["language", "kv"];
        assert_eq!(wishes("", &parts).unwrap(), [None, None]);
        assert_eq!(wishes("kv=f32,language=q4_0", &parts).unwrap(), [Some(Kind::Q4_0), Some(Kind::F32)]);
        for (wrong, word) in [("kv", "part=format"), ("vision=q4_0", "vision"), ("kv=q9", "q9")] {
            assert!(wishes(wrong, &parts).unwrap_err().what.contains(word));
        }
    }
}
