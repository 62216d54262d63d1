//! Pictures with known answers. A seed makes a scene, a scene its picture, and questions whose answers are known. The
//! same code runs in the browser, on the command line and for training; all of it is whole numbers and single steps of
//! arithmetic in f32, so that pictures are the same to the bit everywhere.

mod ask;
mod atlas;
mod canvas;
mod colour;
mod compose;
mod digits;
mod edit;
mod fault;
mod ground;
mod hash;
mod kinds;
mod paint;
mod place;
mod rng;
mod scene;
mod score;
mod seen;
mod split;
mod styles;
mod table;

pub use ask::{FAMILIES, Family, Question, questions};
pub use atlas::Atlas;
pub use colour::{COLOURS, Colour};
pub use compose::compose;
pub use edit::{MOST, SIZES};
pub use fault::Fault;
pub use ground::{Cover, Ground};
pub use hash::hash;
pub use kinds::{Kind, kind, kinds};
pub use paint::paint;
pub use place::{PLACES, Place};
pub use rng::Rng;
pub use scene::{Number, Scene, Shape, Thing};
pub use score::{f1, normal, right};
pub use seen::{Seen, labels, see};
pub use split::{Example, SPLITS, Split, example};
pub use styles::{Role, Style, styles};
