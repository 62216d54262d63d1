//! Which files a name stands for.

use squint_ops::Error;
use std::path::{Path, PathBuf};

/// A model, and the files of its encoder and projector where they have one of their own.
pub struct Files {
    pub model: PathBuf,
    pub mmproj: Vec<PathBuf>,
}

/// A path as it is, or the checkpoint of that name in `.models`, which `scripts/models` fills.
pub fn find(model: &str) -> Result<Files, Error> {
    let path = Path::new(model);
    if path.is_dir() && !path.join("config.json").exists() {
        return inside(path);
    }
    if path.exists() {
        return Ok(Files { model: path.into(), mmproj: vec![] });
    }
    let folder = Path::new(".models").join(model);
    if folder.is_dir() {
        return inside(&folder);
    }
    Err(Error::new(
        "model",
        format!("there is no file or folder '{model}', and no .models/{model}"),
        "give a path, or run scripts/models and use a name it prints",
    ))
}

/// What is in a folder: a .gguf, and beside it those that have `mmproj` in their names, as llama.cpp writes them; or all of
/// it, a Hugging Face directory.
fn inside(folder: &Path) -> Result<Files, Error> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|f| f.path());
    let named = |path: &Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let files = files.filter(|path| named(path).ends_with(".gguf"));
    let (mmproj, models): (Vec<_>, Vec<_>) = files.partition(|path| named(path).contains("mmproj"));
    match &models[..] {
        [model] => Ok(Files { model: model.clone(), mmproj }),
        [] => Ok(Files { model: folder.into(), mmproj: vec![] }),
        several => Err(many(folder, several, "give one of them as the model")),
    }
}

/// The only one, if there is one.
pub fn only(all: Vec<PathBuf>) -> Result<Option<PathBuf>, Error> {
    match &all[..] {
        [] | [_] => Ok(all.into_iter().next()),
        [first, ..] => {
            let folder = first.parent().unwrap_or(Path::new("."));
            Err(many(folder, &all, "say with --mmproj which one is meant"))
        }
    }
}

fn many(folder: &Path, files: &[PathBuf], hint: &str) -> Error {
    let mut names: Vec<_> = files.iter().filter_map(|f| f.file_name()).map(|n| n.to_string_lossy()).collect();
    names.sort();
    Error::new("model", format!("there are several files in '{}': {}", folder.display(), names.join(", ")), hint)
}
