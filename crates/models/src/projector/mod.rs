//! Projectors: rows of a vision encoder become rows for a language model. A new one is a file here and two lines: `mod` and
//! its entry in `PROJECTORS`.
//!
//! What a checkpoint has for one of our names depends on who published it, so a name may stand in several rows of a table:
//! Hugging Face's own form first, then that of the official code.

mod c_abstractor;
mod chain;
mod d_abstractor;
mod ldp;
mod linear;
mod mining;
mod mlp;
mod pair;
mod perceiver;
mod qformer;
mod resampler;
mod shuffle;
mod vss;

use crate::Naming;
use squint_nn::{Catalog, Net, Want};
use squint_ops::op::Span;
use squint_ops::{Buf, Error, Grid, Kind, Recording};
use squint_weights::{Fact, Facts};

/// One kind.
pub struct Projector {
    pub name: &'static str,
    /// What it was held against here.
    pub oracle: &'static str,
    /// As configurations name it.
    pub types: &'static [&'static str],
    pub naming: Naming,
    /// Its sizes, from what a configuration says and from what lies on both sides of it.
    pub read: fn(&Facts, &Ends) -> Result<Fitted, Error>,
}

pub static PROJECTORS: &[&Projector] = &[
    &linear::LINEAR,
    &linear::NORMED,
    &linear::STRIPS,
    &linear::INTERLEAVED,
    &mlp::MLP,
    &mlp::SILU,
    &mlp::FUSED,
    &mlp::WIDE,
    &mlp::POOLED_INSIDE,
    &mlp::POOLED_AFTER,
    &mlp::POOLED_BEFORE,
    &mlp::AVERAGE,
    &pair::HYBRID,
    &pair::BESIDE,
    &pair::MIXED,
    &shuffle::PIXEL_SHUFFLE,
    &ldp::LDP,
    &ldp::LDPV2,
    &ldp::COBRA,
    &qformer::QFORMER,
    &qformer::TINYGPT_V,
    &perceiver::IDEFICS2,
    &perceiver::FLAMINGO,
    &resampler::QWEN_VL,
    &resampler::MINICPM,
    &resampler::MINICPM_DIRECT,
    &c_abstractor::C_ABSTRACTOR,
    &d_abstractor::D_ABSTRACTOR,
    &vss::VSS_L2,
    &vss::VSS_L2_CROSS,
    &vss::VSS_MLP,
    &vss::VSS_MLP_CROSS,
    &mining::MINING,
];

/// What lies on both sides of a projector.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    /// What it is given, usually one.
    pub views: Vec<View>,
    /// Numbers in a row of the language model.
    pub width: usize,
}

/// Rows of one encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Rows before the patches: class tokens.
    pub before: usize,
    pub grid: Grid,
    pub chans: usize,
}

impl View {
    pub fn rows(&self) -> usize {
        self.before + self.grid.rows()
    }

    /// All its rows in one line, for projectors that know no grid.
    fn in_line(self) -> View {
        View { before: 0, grid: Grid { height: 1, width: self.rows() }, ..self }
    }

    /// x: [rows, chans] → [patches, chans]
    fn patches(&self, net: &mut Net, x: Buf) -> Buf {
        if self.before == 0 {
            return x;
        }
        let (rows, step) = (self.grid.rows(), self.chans);
        let y = net.rec.temp(rows * step);
        let from = Span { at: ((self.before * step) as u32).into(), step };
        net.rec.copy(x, from, y, Span { at: 0.into(), step }, (rows as u32).into(), step);
        y
    }
}

impl Ends {
    /// The views of a projector that wants so many.
    fn views<const N: usize>(&self) -> Result<[View; N], Error> {
        self.views[..].try_into().map_err(|_| {
            let what = format!("{} encoders before a projector for {N}", self.views.len());
            Error::new("config", what, "give it the features it was trained for")
        })
    }

    fn view(&self) -> Result<View, Error> {
        self.views::<1>().map(|[view]| view)
    }
}

/// A projector with its sizes.
pub type Fitted = Box<dyn Project>;

/// What a kind does once its sizes are known.
pub trait Project {
    /// Rows that come out.
    fn tokens(&self) -> usize;
    /// x: of each view its rows → [tokens, width]
    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error>;
}

/// The projector that a configuration calls by this name.
pub fn projector(kind: &str) -> Result<&'static Projector, Error> {
    PROJECTORS.iter().copied().find(|p| p.types.contains(&kind)).ok_or_else(|| {
        let known: Vec<_> = PROJECTORS.iter().flat_map(|p| p.types).copied().collect();
        Error::new("projector", format!("there is no projector '{kind}'"), format!("known are {}", known.join(", ")))
    })
}

/// A recorded projector and the buffers its caller writes and reads.
pub struct Projected {
    pub rec: Recording,
    pub wants: Vec<Want>,
    /// Inputs: of each view its rows.
    pub views: Vec<Buf>,
    /// [tokens, width]
    pub rows: Buf,
}

/// A projector alone.
pub fn record(catalog: &dyn Catalog, what: &dyn Project, ends: &Ends) -> Result<Projected, Error> {
    let mut net = Net::new(catalog);
    let input = |v: &View| net.rec.input("view", Kind::F32, v.rows() * v.chans);
    let views: Vec<Buf> = ends.views.iter().map(input).collect();
    let rows = what.record(&mut net, &views)?;
    net.rec.output(rows);
    let (rec, wants) = net.finish();
    Ok(Projected { rec, wants, views, rows })
}

/// Queries lie on a square.
fn bins(facts: &Facts) -> Result<Grid, Error> {
    let queries = facts.size_or(Fact { gguf: "", hf: "projector_config.num_query_tokens" }, 144, 1 << 16)?;
    if queries.isqrt().pow(2) != queries {
        return wrong(format!("{queries} queries, which are no square"));
    }
    Ok(Grid::square(queries.isqrt()))
}

/// A configuration that cannot be.
fn wrong<T>(what: String) -> Result<T, Error> {
    Err(Error::new("config", what, "the file is damaged, or this projector is not for such features"))
}
