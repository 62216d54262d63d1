//! `name[:k=v,…]`, several joined by `+`; and `component=type` pairs. The same text in URLs, on the command line
//! and in reports.

use crate::Fault;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A method switched on, with its parameters: `fastv:layer=2,keep=0.5`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Switch {
    pub name: String,
    pub params: BTreeMap<String, f64>,
}

impl Switch {
    /// A `+`-joined list in pipeline order; an empty text is an empty list.
    pub fn list(text: &str) -> Result<Vec<Switch>, Fault> {
        text.split('+').filter(|s| !s.is_empty()).map(str::parse).collect()
    }
}

impl FromStr for Switch {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Switch, Fault> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        check_name(name, text)?;
        let mut params = BTreeMap::new();
        for pair in rest.split(',').filter(|p| !p.is_empty()) {
            let (k, v) = pair.split_once('=').ok_or_else(|| bad(text, format!("'{pair}' is not name=number")))?;
            check_name(k, text)?;
            let number = v.parse().ok().filter(|n: &f64| n.is_finite());
            let number = number.ok_or_else(|| bad(text, format!("'{v}' is not a number")))?;
            if params.insert(k.to_owned(), number).is_some() {
                return Err(bad(text, format!("'{k}' is given twice")));
            }
        }
        Ok(Switch { name: name.into(), params })
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)?;
        for (i, (k, v)) in self.params.iter().enumerate() {
            write!(f, "{}{k}={v}", if i == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

/// `component=type`: `vision=q8_0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub component: String,
    pub kind: String,
}

impl Pair {
    /// A comma-separated list.
    pub fn list(text: &str) -> Result<Vec<Pair>, Fault> {
        text.split(',').filter(|s| !s.is_empty()).map(str::parse).collect()
    }
}

impl FromStr for Pair {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Pair, Fault> {
        let (component, kind) = text.split_once('=').ok_or_else(|| bad(text, "it is not component=type".into()))?;
        check_name(component, text)?;
        check_name(kind, text)?;
        Ok(Pair { component: component.into(), kind: kind.into() })
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.component, self.kind)
    }
}

fn check_name(name: &str, whole: &str) -> Result<(), Fault> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(fine) {
        return Err(bad(whole, format!("'{name}' is not a name")));
    }
    Ok(())
}

fn bad(text: &str, why: String) -> Fault {
    Fault::new("switch", format!("'{text}' cannot be read: {why}"), "write name:k=v,k=v and join several with +")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for text in ["fastv:keep=0.5,layer=2", "vtw", "h2o:budget=128"] {
            assert_eq!(text.parse::<Switch>().unwrap().to_string(), text);
        }
        let list = Switch::list("patch_drop:keep=0.8+fastv:layer=2,keep=0.5").unwrap();
        assert_eq!((list.len(), list[1].params["keep"]), (2, 0.5));
        assert_eq!(Pair::list("vision=q8_0,kv=q8_0").unwrap()[1].to_string(), "kv=q8_0");
        assert!(Switch::list("").unwrap().is_empty());
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for text in ["fastv:keep", "fastv:keep=much", "fastv:keep=inf", "fastv:keep=1,keep=2", "Fast V", "a:=1"] {
            let fault = text.parse::<Switch>().unwrap_err();
            assert!(fault.what.contains(text), "{fault}");
        }
        assert!("vision".parse::<Pair>().is_err());
    }
}
