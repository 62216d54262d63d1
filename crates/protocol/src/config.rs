use crate::{Fault, Pair, Switch};
use serde::{Deserialize, Serialize};

/// The names of backends, everywhere.
pub const BACKENDS: &[&str] = &["auto", "cpu", "gpu", "reference"];

/// One run: model, switches, seed. One `RunConfig` is one link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunConfig {
    pub model: String,
    pub backend: String,
    /// In pipeline order.
    pub reduce: Vec<Switch>,
    pub quant: Vec<Pair>,
    pub projector: String,
    pub cache: Vec<Switch>,
    pub decode: Vec<Switch>,
    /// Pixels along a side; 0 is the model's own.
    pub resolution: u32,
    /// 0 is as many as there are.
    pub threads: u32,
    pub seed: u32,
}

impl Default for RunConfig {
    fn default() -> RunConfig {
        RunConfig {
            model: String::new(),
            backend: BACKENDS[0].into(),
            reduce: vec![],
            quant: vec![],
            projector: String::new(),
            cache: vec![],
            decode: vec![],
            resolution: 0,
            threads: 0,
            seed: 0,
        }
    }
}

/// A field of the link: its key, and how it is printed and read. The table is the URL.
struct Field {
    key: &'static str,
    print: fn(&RunConfig) -> String,
    read: fn(&mut RunConfig, &str) -> Result<(), Fault>,
}

static FIELDS: &[Field] = &[
    Field { key: "model", print: |c| c.model.clone(), read: |c, v| put(&mut c.model, v) },
    Field { key: "backend", print: |c| c.backend.clone(), read: backend },
    Field { key: "reduce", print: |c| join(&c.reduce, "+"), read: |c, v| Switch::list(v).map(|l| c.reduce = l) },
    Field { key: "quant", print: |c| join(&c.quant, ","), read: |c, v| Pair::list(v).map(|l| c.quant = l) },
    Field { key: "projector", print: |c| c.projector.clone(), read: |c, v| put(&mut c.projector, v) },
    Field { key: "cache", print: |c| join(&c.cache, "+"), read: |c, v| Switch::list(v).map(|l| c.cache = l) },
    Field { key: "decode", print: |c| join(&c.decode, "+"), read: |c, v| Switch::list(v).map(|l| c.decode = l) },
    Field { key: "resolution", print: |c| c.resolution.to_string(), read: |c, v| number(&mut c.resolution, v) },
    Field { key: "threads", print: |c| c.threads.to_string(), read: |c, v| number(&mut c.threads, v) },
    Field { key: "seed", print: |c| c.seed.to_string(), read: |c, v| number(&mut c.seed, v) },
];

impl RunConfig {
    /// `key=value&…`, fields that have their default left out. Keys and values need no escaping.
    pub fn to_link(&self) -> String {
        let default = RunConfig::default();
        let changed = FIELDS.iter().filter(|f| (f.print)(self) != (f.print)(&default));
        changed.map(|f| format!("{}={}", f.key, (f.print)(self))).collect::<Vec<_>>().join("&")
    }

    /// Tolerant: what cannot be read keeps its default and is told; unknown keys are left to others.
    pub fn from_link(link: &str) -> (RunConfig, Vec<Fault>) {
        let (mut config, mut faults) = (RunConfig::default(), vec![]);
        for (key, value) in link.trim_start_matches('#').split('&').filter_map(|p| p.split_once('=')) {
            if let Some(field) = FIELDS.iter().find(|f| f.key == key) {
                faults.extend((field.read)(&mut config, value).err());
            }
        }
        (config, faults)
    }
}

fn join<T: ToString>(list: &[T], by: &str) -> String {
    list.iter().map(T::to_string).collect::<Vec<_>>().join(by)
}

fn put(field: &mut String, value: &str) -> Result<(), Fault> {
    *field = value.into();
    Ok(())
}

fn number(field: &mut u32, value: &str) -> Result<(), Fault> {
    *field = value
        .parse()
        .map_err(|_| Fault::new("number", format!("'{value}' is not a whole number"), "write digits only"))?;
    Ok(())
}

fn backend(config: &mut RunConfig, value: &str) -> Result<(), Fault> {
    if !BACKENDS.contains(&value) {
        return Err(Fault::new(
            "backend",
            format!("there is no backend '{value}'"),
            format!("use one of {}", BACKENDS.join(", ")),
        ));
    }
    put(&mut config.backend, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_whole_run() {
        let link = "model=pocket&backend=cpu&reduce=patch_drop:keep=0.8+fastv:keep=0.5,layer=2&quant=vision=q8_0,kv=q8_0&seed=7";
        let (config, faults) = RunConfig::from_link(link);
        assert_eq!((faults.len(), config.reduce.len(), config.seed), (0, 2, 7));
        assert_eq!(config.to_link(), link);
        assert_eq!(RunConfig::default().to_link(), "");
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<RunConfig>(&json).unwrap(), config);
    }

    #[test]
    fn a_broken_link_still_gives_a_run() {
        let (config, faults) = RunConfig::from_link("#seed=many&backend=quantum&tomorrow=1&model=pocket");
        assert_eq!((config.seed, config.backend.as_str(), config.model.as_str()), (0, "auto", "pocket"));
        assert_eq!(faults.len(), 2);
    }
}
