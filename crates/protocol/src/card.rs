//! Cards: what a method says of itself. The page builds its controls from them, so a new method needs no page.

use crate::{Fault, Switch};
use serde::{Deserialize, Serialize};

/// One method. Facts only; where it departs from its paper, `differs` says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// As in links and on the command line: `fastv`.
    pub name: String,
    /// As people say it: `FastV`.
    pub title: String,
    /// `reduce`, `quant`, `sparse`, `cache`, `decode`.
    pub kind: String,
    /// arXiv number or address.
    pub paper: String,
    pub year: u32,
    /// Where in the pipeline it acts.
    pub seam: String,
    pub params: Vec<Param>,
    /// The setting at which it changes nothing, if there is one.
    pub neutral: Option<Switch>,
    pub differs: String,
}

/// One parameter with its range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    pub name: String,
    pub low: f64,
    pub high: f64,
    pub step: f64,
    pub default: f64,
}

impl Card {
    /// The switch with every parameter set, or which one is unknown or out of range.
    pub fn complete(&self, switch: &Switch) -> Result<Switch, Fault> {
        let bad = |what: String| Fault::new("switch", what, self.usage());
        if let Some(name) = switch.params.keys().find(|k| !self.params.iter().any(|p| p.name == **k)) {
            return Err(bad(format!("{} has no parameter '{name}'", self.name)));
        }
        let mut full = Switch { name: self.name.clone(), params: Default::default() };
        for p in &self.params {
            let value = switch.params.get(&p.name).copied().unwrap_or(p.default);
            if !(p.low..=p.high).contains(&value) {
                return Err(bad(format!("{}: {}={value} is outside {} to {}", self.name, p.name, p.low, p.high)));
            }
            full.params.insert(p.name.clone(), value);
        }
        Ok(full)
    }

    fn usage(&self) -> String {
        let params: Vec<_> = self.params.iter().map(|p| format!("{} from {} to {}", p.name, p.low, p.high)).collect();
        if params.is_empty() {
            format!("{} takes no parameters", self.name)
        } else {
            format!("it takes {}", params.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let param = |name: &str, low, high, step, default| Param { name: name.into(), low, high, step, default };
        Card {
            name: "drop".into(),
            title: "Drop".into(),
            kind: "reduce".into(),
            paper: "none".into(),
            year: 2026,
            seam: "pre_encoder".into(),
            params: vec![param("keep", 0.05, 1.0, 0.05, 0.5), param("layer", 0.0, 8.0, 1.0, 2.0)],
            neutral: "drop:keep=1".parse().ok(),
            differs: String::new(),
        }
    }

    #[test]
    fn defaults_fill_and_ranges_hold() {
        let full = card().complete(&"drop:keep=0.25".parse().unwrap()).unwrap();
        assert_eq!(full.to_string(), "drop:keep=0.25,layer=2");
        for wrong in ["drop:keep=0", "drop:keep=1.5", "drop:depth=3"] {
            let fault = card().complete(&wrong.parse().unwrap()).unwrap_err();
            assert!(fault.hint.contains("keep from 0.05 to 1"), "{fault}");
        }
    }

    #[test]
    fn a_card_crosses_to_the_page_whole() {
        let text = serde_json::to_string(&card()).unwrap();
        assert_eq!(serde_json::from_str::<Card>(&text).unwrap(), card());
    }
}
