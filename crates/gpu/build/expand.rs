//! The preprocessor: one line per form in shaders/variants, `#{NAME}` and `#import name` in the shader.

use std::{collections::BTreeMap, fs, path::Path};

/// One form of one shader, ready to compile.
pub struct Expanded {
    pub stem: String,
    /// Empty for the plain form: shaders/stem.wgsl; else shaders/stem.form.wgsl.
    pub form: String,
    /// Empty where the shader has one form only.
    pub variant: String,
    pub source: String,
}

type Defines = BTreeMap<String, String>;

impl Expanded {
    /// Its file.
    pub fn file(&self) -> String {
        let dot = if self.form.is_empty() { "" } else { "." };
        format!("shaders/{}{dot}{}.wgsl", self.stem, self.form)
    }
}

/// Every variant of every shader, sorted by file.
pub fn all(dir: &Path) -> Result<Vec<Expanded>, String> {
    let listed = variants(&read(&dir.join("variants"))?)?;
    let mut stems: Vec<String> = fs::read_dir(dir)
        .map_err(|e| format!("{}: {e}", dir.display()))?
        .filter_map(|f| f.ok()?.file_name().to_str()?.strip_suffix(".wgsl").map(str::to_owned))
        .collect();
    stems.sort();
    let mut out = vec![];
    for file in &stems {
        let text = read(&dir.join(format!("{file}.wgsl")))?;
        // All forms of a stem come in the same variants here; those that a form does not take are sorted out later.
        let (stem, form) = file.split_once('.').unwrap_or((file, ""));
        let own = listed.get(stem).cloned().unwrap_or_else(|| vec![(String::new(), Defines::new())]);
        for (variant, defines) in own {
            let source = expand(&text, &defines, dir).map_err(|e| format!("shaders/{file}.wgsl ({variant}): {e}"))?;
            out.push(Expanded { stem: stem.into(), form: form.into(), variant, source });
        }
    }
    match listed.keys().find(|stem| !stems.contains(stem)) {
        Some(stem) => Err(format!("shaders/variants names '{stem}', but shaders/{stem}.wgsl does not exist")),
        None => Ok(out),
    }
}

fn variants(text: &str) -> Result<BTreeMap<String, Vec<(String, Defines)>>, String> {
    let mut out = BTreeMap::<_, Vec<_>>::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(stem), Some(variant)) = (words.next(), words.next()) else {
            return Err(format!("shaders/variants: '{line}' needs a stem and a variant"));
        };
        let mut defines = Defines::new();
        for word in words {
            let (k, v) = word.split_once('=').ok_or(format!("shaders/variants: '{word}' is not NAME=value"))?;
            defines.insert(k.into(), v.into());
        }
        out.entry(stem.to_owned()).or_default().push((variant.to_owned(), defines));
    }
    Ok(out)
}

fn expand(text: &str, defines: &Defines, dir: &Path) -> Result<String, String> {
    let mut replaced = text.to_owned();
    for (name, value) in defines {
        replaced = replaced.replace(&format!("#{{{name}}}"), value);
    }
    if let Some(at) = replaced.find("#{") {
        return Err(format!("no definition for {}", replaced[at..].split_inclusive('}').next().unwrap_or("#{")));
    }
    let mut out = String::new();
    for line in replaced.lines() {
        match line.strip_prefix("#import ") {
            Some(name) => {
                out += &expand(&read(&dir.join("shared").join(format!("{}.wgsl", name.trim())))?, defines, dir)?
            }
            None => out += line,
        }
        out.push('\n');
    }
    Ok(out)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}
