//! From a checkpoint to weights on a backend: streamed in pieces, converted on the way where asked, and never held twice.

use squint_models::{Named, Part};
use squint_nn::{Place, Want};
use squint_ops::{Backend, Buf, Error, Handle, Host};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes read at once: enough to keep a disk busy, small beside any model.
const PIECE: usize = 1 << 20;

/// Bytes read so far, and all there will be.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// The weights of one model, by the recipe's names.
#[derive(Default)]
pub struct Weights(BTreeMap<String, Handle>);

impl Weights {
    pub fn get(&self, name: &str) -> Result<&Handle, Error> {
        self.0.get(name).ok_or_else(|| Error::bug(format!("the weight '{name}' was not loaded")))
    }

    /// The buffers of a recording that are weights, bound.
    pub fn bind(&self, wants: &[Want]) -> Result<Vec<(Buf, Handle)>, Error> {
        let ours = wants.iter().filter(|w| w.place == Place::Model);
        ours.map(|w| Ok((w.buf, self.get(&w.name)?.clone()))).collect()
    }
}

/// What is loaded, and where to.
pub struct Loader<'a> {
    pub backend: &'a dyn Backend,
    pub host: &'a Host,
    pub names: Named<'a>,
    pub family: &'static str,
    /// Ends of names of tensors that are not missed, and beginnings, where they end in a dot.
    pub ignored: &'a [&'static str],
}

impl Loader<'_> {
    /// Everything that `wants` names and the model has, `wants` being all there is of it.
    pub async fn load(&self, wants: &[Want], progress: Progress<'_>) -> Result<Weights, Error> {
        self.load_some(wants, wants, progress).await
    }

    /// What `wants` names; `all` is everything there is of the model.
    pub async fn load_some(&self, wants: &[Want], all: &[Want], progress: Progress<'_>) -> Result<Weights, Error> {
        let parts = |of: &[Want]| named(of).filter_map(|n| self.names.part(n)).map(|p| &*p.tensor.name).collect();
        self.nothing_is_left(&parts(all))?;
        let total =
            named(wants).filter_map(|n| self.names.part(n)).map(|p| p.tensor.kind.bytes_of(p.len()) as u64).sum();
        let wants: Vec<&Want> = wants.iter().filter(|w| w.place == Place::Model).collect();
        let mut weights = BTreeMap::new();
        let mut done = 0;
        progress(0, total);
        for want in wants {
            let handle = match want.cols {
                0 => self.backend.create(want.kind, want.rows)?,
                cols => self.backend.matrix(want.kind, want.rows, cols)?,
            };
            if let Some(values) = &want.made {
                let values = match &want.over {
                    Some(by) => values.iter().zip(numbers(&self.names, by).await?).map(|(v, by)| v / by).collect(),
                    None => values.clone(),
                };
                self.backend.write(&handle, 0, &want.kind.pack_all(&values))?;
                weights.insert(want.name.clone(), handle);
                continue;
            }
            if want.turned || want.decay {
                let mut numbers = numbers(&self.names, &want.name).await?;
                done += self.names.part(&want.name).map_or(0, |p| p.tensor.kind.bytes_of(p.len()) as u64);
                progress(done, total);
                if want.turned {
                    numbers = turned(&numbers, want.rows);
                }
                if want.decay {
                    numbers.iter_mut().for_each(|n| *n = -n.exp());
                }
                self.backend.write(&handle, 0, &want.kind.pack_all(&numbers))?;
                weights.insert(want.name.clone(), handle);
                continue;
            }
            let mut at = 0;
            for part in want.name.split('+') {
                let mut read = |n| {
                    done += n;
                    progress(done, total);
                };
                at += self.stream(want, part, &handle, at, &mut read).await?;
            }
            weights.insert(want.name.clone(), handle);
        }
        Ok(Weights(weights))
    }

    /// A bias or a norm that the recipe does not know would make every answer a little wrong.
    fn nothing_is_left(&self, used: &BTreeSet<&str>) -> Result<(), Error> {
        let fits =
            |name: &str, part: &str| if part.ends_with('.') { name.starts_with(part) } else { name.ends_with(part) };
        let ignored = |name: &str| self.ignored.iter().any(|part| fits(name, part));
        let checkpoint = self.names.checkpoint;
        if let Some(other) = checkpoint.others().iter().find(|o| !o.counts() && !ignored(&o.name)) {
            return other.refuse();
        }
        match checkpoint.tensors().find(|t| !used.contains(&*t.name) && !ignored(&t.name)) {
            None => Ok(()),
            Some(t) => Err(Error::new(
                "tensor",
                format!("the tensor '{}' has no place in a model of the family '{}'", t.name, self.family),
                "the file is a variant that Squint does not know",
            )),
        }
    }

    /// One tensor into `handle` from byte `at` on, in whole rows. Says how many bytes it took there.
    async fn stream(
        &self,
        want: &Want,
        name: &str,
        handle: &Handle,
        at: usize,
        read: &mut dyn FnMut(u64),
    ) -> Result<usize, Error> {
        let kind = want.kind;
        let part = part(&self.names, name)?;
        let tensor = part.tensor;
        let cols = if want.cols > 0 { want.cols } else { part.shape.last().copied().unwrap_or(1) };
        let (from, to) = (tensor.kind.bytes_of(cols), kind.bytes_of(cols));
        let rows = part.len() / cols.max(1);
        let before = tensor.kind.bytes_of(part.at);
        let at_once = (PIECE / from.max(1)).max(1);
        let mut piece = vec![];
        for row in (0..rows).step_by(at_once) {
            let count = at_once.min(rows - row);
            piece.resize(count * from, 0);
            self.names.checkpoint.read(&tensor.name, (before + row * from) as u64, &mut piece).await?;
            let place = at + row * to;
            if tensor.kind == kind && want.chans == 0 && want.plus == 0.0 {
                self.backend.write(handle, place, &piece)?;
            } else {
                let mut numbers = tensor.kind.unpack_all(&piece);
                if want.chans > 0 {
                    numbers = numbers.chunks_exact(cols).flat_map(|row| by_cell(row, want.chans)).collect();
                }
                if want.plus != 0.0 {
                    numbers.iter_mut().for_each(|n| *n += want.plus);
                }
                self.backend.write(handle, place, &kind.pack_all(&numbers))?;
            }
            read((count * from) as u64);
            (self.host.pause)().await;
        }
        Ok(rows * to)
    }
}

/// A small tensor, whole.
pub async fn numbers(names: &Named<'_>, name: &str) -> Result<Vec<f32>, Error> {
    let part = part(names, name)?;
    let kind = part.tensor.kind;
    let mut bytes = vec![0; kind.bytes_of(part.len())];
    names.checkpoint.read(&part.tensor.name, kind.bytes_of(part.at) as u64, &mut bytes).await?;
    Ok(kind.unpack_all(&bytes))
}

fn part<'a>(names: &'a Named, name: &str) -> Result<Part<'a>, Error> {
    names.part(name).ok_or_else(|| Error::bug(format!("the tensor of '{name}' is gone")))
}

/// Names of the model's own.
fn named(wants: &[Want]) -> impl Iterator<Item = &str> {
    let ours = wants.iter().filter(|w| w.place == Place::Model);
    ours.flat_map(|w| w.name.split('+').chain(w.over.as_deref()))
}

/// Of so many columns, columns become rows.
fn turned(numbers: &[f32], cols: usize) -> Vec<f32> {
    (0..cols).flat_map(|c| numbers.iter().skip(c).step_by(cols.max(1)).copied()).collect()
}

/// Channel after channel becomes cell after cell.
fn by_cell(row: &[f32], chans: usize) -> impl Iterator<Item = f32> + '_ {
    let cells = row.len() / chans;
    (0..cells).flat_map(move |cell| (0..chans).map(move |c| row[c * cells + cell]))
}
