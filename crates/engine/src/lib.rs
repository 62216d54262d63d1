//! Between a request and the backends.
//!
//! * [`open`] — the backends of this device, by name.
//! * [`probe`] — every op on each of them against its twin.
//! * `pick` — which one `auto` stands for.
//! * [`weights`] — a checkpoint's tensors become weights on a backend.
//! * `both` — two things at once: pipelines are built meanwhile.
//! * [`picture`] — a file becomes what a vision encoder is shown.
//! * [`load`] — a language model there; [`vision`] — a vision encoder; [`pair`] — two of them; [`projection`] — what stands
//!   between them and a language model; [`head`] — what makes a map of a picture of its rows.
//! * `wanted` — what of a picture is to be seen by an encoder that stands alone; [`mod@glance`] — it looks, with another
//!   perhaps; `taken` — what a stage takes meanwhile.
//! * [`sight`] — all three as one: pictures become rows that a language model reads; [`marks`] — where in a prompt.
//! * [`estimate`] — what a run would cost, before any download; [`about`] — on what terms a model can be had.
//! * [`text`], [`words`] — tokenizers and chat templates, and those a checkpoint brings.
//! * [`artefacts`] — what stages made, kept for the next run.
//! * [`session`] — prompt in, next id out: the only loop of prefill and decode.
//! * `bill` — what a pass of it costs.
//! * `kept` — matrices that could not be packed as wished.
//! * [`room`] — how many tokens prompt and answer have.
//! * `stretch` — positions turned by tables that a file has.
//! * `limits` — what a token asks of the machine at least.
//! * `profile` — what its steps take, by kinds.
//! * [`answer`] — a question answered, told token by token.
//! * `revive` — a session whose device is gone gets another.
//! * `eye` — what it looks with moves there, too; `gaze` — so does an encoder that stands alone.
//! * [`talk`] — all of it as people use it: questions about pictures, which come as a [`shot`].

pub mod about;
pub mod answer;
pub mod artefacts;
mod bill;
mod both;
pub mod estimate;
mod eye;
mod fault;
mod gaze;
pub mod glance;
pub mod head;
mod kept;
mod limits;
pub mod load;
pub mod marks;
pub mod open;
pub mod pair;
mod pick;
pub mod picture;
pub mod probe;
mod profile;
pub mod projection;
mod revive;
pub mod room;
pub mod session;
pub mod shot;
pub mod sight;
mod stretch;
mod taken;
pub mod talk;
pub mod text;
pub mod vision;
mod wanted;
pub mod weights;
mod wish;
pub mod words;

pub use fault::fault;
pub use gaze::{Beside, Gaze};
pub use glance::{Glance, glance, together};
pub use head::Head;
pub use kept::Kept;
pub use limits::Reads;
pub use load::Model;
pub use marks::Marks;
pub use open::{Backends, Surroundings};
pub use pair::{Join, Pair};
pub use profile::{Profile, Row};
pub use projection::Projection;
pub use session::{Choice, Session};
pub use shot::Shot;
pub use sight::Sight;
pub use squint_cpu::{Isa, Peaks};
pub use squint_models::vision::Found;
pub use squint_nn::encoder::Look;
pub use squint_ops::{Backend, Error, Grid, Host, Sampling};
pub use talk::Talk;
pub use vision::Encoder;
pub use wanted::{Plan, Wanted};
pub use wish::{activations, cache_kind, wishes};
pub use words::{Prompt, Words};
