//! Flags that every verb shares, and what they open.

use crate::bar::Bar;
use crate::find::{Files, find, only};
use crate::{picture, say};
use clap::Args;
use serde_json::{Map, Value, json};
use squint_engine::picture::Showing;
use squint_engine::sight::Seen;
use squint_engine::{
    Backend, Backends, Encoder, Found, Head, Host, Kept, Look, Marks, Model, Session, Sight, Surroundings,
};
use squint_engine::{activations, cache_kind, room, wishes};
use squint_ops::{Error, Grid, Kind};
use squint_weights::{Checkpoint, Source, source::File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

#[derive(Args)]
pub struct Which {
    /// A name in .models, a Hugging Face directory, a .gguf file, or a folder with one and an mmproj file
    #[arg(long, required_unless_present = "mmproj")]
    pub model: Option<String>,
    /// Encoder and projector of a .gguf file in a file of their own, as llama.cpp has them
    #[arg(long)]
    pub mmproj: Option<PathBuf>,
}

#[derive(Args)]
pub struct How {
    #[command(flatten)]
    pub which: Which,
    /// auto, cpu, gpu or reference; auto is the faster of those that compute right here, measured anew each time
    #[arg(long, default_value = "auto")]
    pub backend: String,
    /// Threads of the cpu backend; 0 is as many as there are
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Tokens of prompt and answer together; 1024, 2048 where the model sees, or its most where that is less
    #[arg(long)]
    pub context: Option<usize>,
    /// Formats to convert to at load: language=q4_0, kv=f32; and while it runs: activations=f32, f16 or q8_0
    #[arg(long, default_value = "")]
    pub quant: String,
    /// Keep activations and caches in f32
    #[arg(long)]
    pub exact: bool,
    /// Print exactly one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Which {
    pub async fn checkpoint(&self) -> Result<Checkpoint, Error> {
        let Some(name) = &self.model else {
            // An encoder alone.
            return open(self.mmproj.as_deref().unwrap_or(Path::new(""))).await;
        };
        let Files { model, mmproj } = find(name)?;
        let checkpoint = open(&model).await?;
        let mmproj = if self.mmproj.is_some() { self.mmproj.clone() } else { only(mmproj)? };
        Ok(match mmproj {
            Some(mmproj) => checkpoint.with_mmproj(open(&mmproj).await?),
            None => checkpoint,
        })
    }
}

async fn open(path: &Path) -> Result<Checkpoint, Error> {
    if path.is_dir() {
        let file = |name: &str| -> Option<Rc<dyn Source>> {
            let file = File::open(&path.join(name)).ok()?;
            Some(Rc::new(file))
        };
        return Checkpoint::hf(&file).await;
    }
    Checkpoint::gguf(Rc::new(File::open(path)?)).await
}

impl How {
    async fn load(&self, checkpoint: Checkpoint) -> Result<Rc<Model>, Error> {
        let checkpoint = Rc::new(checkpoint);
        let (backend, bar) = (self.open().await?, Bar::loading());
        let language = self.wishes(&checkpoint)?[0];
        let cache = Some(self.cache(backend.as_ref(), &checkpoint)?);
        let mut shown = |done, all| bar.at(done, all);
        let model = Model::load_warm(backend, Host::native(), checkpoint, language, cache, &mut shown).await;
        drop(bar);
        let model = Rc::new(model?);
        tell(&model.unpacked);
        Ok(model)
    }

    /// The same of a vision encoder, as far as one look needs it.
    pub async fn encoder(&self, checkpoint: &Checkpoint, what: (Found, Look)) -> Result<Encoder, Error> {
        self.encoder_on(self.open().await?, checkpoint, what).await
    }

    pub async fn encoder_on(
        &self,
        backend: Rc<dyn Backend>,
        checkpoint: &Checkpoint,
        what: (Found, Look),
    ) -> Result<Encoder, Error> {
        let bar = Bar::loading();
        let vision = wishes(&self.quant, &["vision"])?[0];
        let mut shown = |done, all| bar.at(done, all);
        let encoder = Encoder::load_for(backend, Host::native(), checkpoint.eye(), what, vision, &mut shown).await;
        drop(bar);
        let encoder = encoder?;
        tell(&encoder.unpacked);
        Ok(encoder)
    }

    /// A head over an encoder's rows, on the same backend.
    pub async fn head(&self, of: &Encoder, checkpoint: &Checkpoint, what: (&str, Grid)) -> Result<Head, Error> {
        let bar = Bar::loading();
        let mut shown = |done, all| bar.at(done, all);
        Head::load(of.backend.clone(), Host::native(), checkpoint, what, &of.sizes, &mut shown).await
    }

    async fn open(&self) -> Result<Rc<dyn Backend>, Error> {
        let (backend, because) = Backends::named(&self.around()?, &self.backend).await?;
        if self.backend == "auto" {
            say::tell(&format!("auto is the {} backend here: {because}", backend.caps().name));
        }
        Ok(backend)
    }

    pub fn around(&self) -> Result<Surroundings, Error> {
        let activations = activations(&self.quant, self.exact)?;
        Ok(Surroundings { host: Host::native(), build: "native", threads: self.threads, activations })
    }

    pub async fn session(&self) -> Result<Session, Error> {
        let checkpoint = self.which.checkpoint().await?;
        // Before anything is loaded: what cannot be had is said at once.
        let room = room::of(&checkpoint, self.context)?;
        let model = self.load(checkpoint).await?;
        let cache = self.cache(model.backend.as_ref(), &model.checkpoint)?;
        Session::new(model, room, cache)
    }

    /// The format of keys and values.
    fn cache(&self, on: &dyn Backend, checkpoint: &Checkpoint) -> Result<Kind, Error> {
        cache_kind(on, self.exact, self.wishes(checkpoint)?[1])
    }

    /// What `--quant` asks for the language model, its caches, and the encoder and the projector of one that can see.
    fn wishes(&self, checkpoint: &Checkpoint) -> Result<[Option<Kind>; 4], Error> {
        let parts = ["language", "kv", "vision", "projector"];
        let has = if Marks::of(checkpoint, Showing::default())?.is_some() { parts.len() } else { 2 };
        let mut all = wishes(&self.quant, &parts[..has])?;
        all.resize(parts.len(), None);
        Ok([all[0], all[1], all[2], all[3]])
    }

    /// Pictures become rows of a session.
    pub async fn show(&self, session: &mut Session, (paths, how): (&[PathBuf], Showing)) -> Result<Shown, Error> {
        let mut unpacked: Vec<Kept> = session.model.unpacked.iter().cloned().collect();
        if paths.is_empty() {
            return Ok(Shown {
                numbers: 0..0,
                seen: Seen { pictures: vec![], rows: vec![], stages: vec![] },
                unpacked,
                sight: None,
            });
        }
        let pictures = picture::open_all(paths).await?;
        let (model, bar) = (session.model.clone(), Bar::loading());
        let [.., vision, projector] = self.wishes(&model.checkpoint)?;
        let (on, host) = (model.backend.clone(), Host::native());
        let mut shown = |done, all| bar.at(done, all);
        let sight = Sight::load(on, host, (&model.checkpoint, how), [vision, projector], &mut shown).await;
        drop(bar);
        let sight = sight?;
        tell(sight.unpacked());
        unpacked.extend(sight.unpacked().cloned());
        let bar = Bar::counting("looking", pictures.len());
        let seen = sight.see_all(&pictures, &mut |done, all| bar.at(done, all)).await?;
        drop(bar);
        Ok(Shown { numbers: session.show(&seen.rows)?, seen, unpacked, sight: Some(sight) })
    }
}

/// Pictures that a session was shown.
pub struct Shown {
    /// Of their rows, in its prompts.
    pub numbers: Range<u32>,
    pub seen: Seen,
    /// Matrices of all parts of the model that could not be converted as was asked.
    pub unpacked: Vec<Kept>,
    /// Stays ready: the next picture needs it, as it would in a session that goes on.
    pub sight: Option<Sight>,
}

/// On stderr, like all that is not an answer.
fn tell<'a>(unpacked: impl IntoIterator<Item = &'a Kept>) {
    unpacked.into_iter().for_each(|kept| say::tell(&kept.to_string()));
}

/// The same for programs: one for each part of a model that is not as it was asked for.
pub fn unpacked<'a>(kept: impl IntoIterator<Item = &'a Kept>) -> Value {
    let one = |kept: &Kept| {
        let of = |(kind, n): &(Kind, usize)| (kind.name.to_owned(), Value::from(*n));
        let formats: Map<String, Value> = kept.formats.iter().map(of).collect();
        json!({"wish": kept.wish.name, "matrices": kept.all, "kept": formats})
    };
    kept.into_iter().map(one).collect()
}
