//! A sample for every pixel. Where a component has half of them, the nearer sample counts three times and the farther once
//! (libjpeg's "fancy" upsampling); what stands in the middle is rounded up and down in turn. Elsewhere samples are repeated.

use super::Fault;
use super::frame::{Component, Frame};

/// The most pixels of a sample, across or down.
pub const MOST: usize = 4;

pub struct Way {
    /// Pixels of a sample across and down.
    times: [usize; 2],
    fill: fn(&Component, usize, [usize; 2], &mut [u8]),
}

type Fill = fn(&Component, usize, [usize; 2], &mut [u8]);

/// Where samples are mixed. Rows of one or two samples are only repeated.
const MIXED: &[([usize; 2], usize, Fill)] = &[([2, 1], 3, across), ([1, 2], 1, down), ([2, 2], 3, both)];

pub fn way(frame: &Frame, part: &Component) -> Result<Way, Fault> {
    if (0..2).any(|i| !frame.most[i].is_multiple_of(part.samples[i])) {
        return Err(Fault::Kind("its colours have neither as many samples as it has pixels nor a whole part of them"));
    }
    let times = [0, 1].map(|i| frame.most[i] / part.samples[i]);
    let mixed = MIXED.iter().find(|(of, least, _)| *of == times && part.seen.width >= *least);
    Ok(Way { times, fill: mixed.map_or(repeat, |(_, _, fill)| *fill) })
}

impl Way {
    /// Pixels of row `y`; the last samples may reach behind its end.
    pub fn row(&self, part: &Component, y: usize, out: &mut [u8]) {
        (self.fill)(part, y, self.times, out);
    }
}

fn repeat(part: &Component, y: usize, [across, down]: [usize; 2], out: &mut [u8]) {
    for (out, sample) in out.chunks_mut(across).zip(part.row(y / down)) {
        out.fill(*sample);
    }
}

/// The row a pixel is in, and the next one above or below it. Beside the picture is its last row again.
fn near(part: &Component, y: usize) -> (&[u8], &[u8]) {
    let at = y / 2;
    let next = if y.is_multiple_of(2) { at.saturating_sub(1) } else { (at + 1).min(part.seen.height - 1) };
    (part.row(at), part.row(next))
}

fn down(part: &Component, y: usize, _: [usize; 2], out: &mut [u8]) {
    let (near, next) = near(part, y);
    let half = 1 + (y as u32 & 1);
    for ((out, near), next) in out.iter_mut().zip(near).zip(next) {
        *out = ((*near as u32 * 3 + *next as u32 + half) >> 2) as u8;
    }
}

fn across(part: &Component, y: usize, _: [usize; 2], out: &mut [u8]) {
    let row = part.row(y);
    spread(row.len(), |i| row[i] as u32, [1, 2], 2, out);
}

fn both(part: &Component, y: usize, _: [usize; 2], out: &mut [u8]) {
    let (near, next) = near(part, y);
    spread(near.len(), |i| near[i] as u32 * 3 + next[i] as u32, [8, 7], 4, out);
}

/// Two pixels for each sample: `halves` round the left and the right one, `bits` are those of the weights.
fn spread(count: usize, sample: impl Fn(usize) -> u32, halves: [u32; 2], bits: u32, out: &mut [u8]) {
    for (i, pair) in out.chunks_exact_mut(2).take(count).enumerate() {
        let this = sample(i);
        let beside = [sample(i.saturating_sub(1)), sample((i + 1).min(count - 1))];
        for ((out, beside), half) in pair.iter_mut().zip(beside).zip(halves) {
            *out = ((this * 3 + beside + half) >> bits) as u8;
        }
    }
}
