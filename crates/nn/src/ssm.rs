//! Selective scans over a grid: rows walked along in several orders, each with a memory that fades as the rows themselves
//! say (VMamba's first version, <https://arxiv.org/abs/2401.10166>).

use crate::Net;
use squint_ops::op::{Scan, Span};
use squint_ops::{Buf, Error, Grid, Window};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scan2d {
    /// 2: along rows and back; 4: along columns too.
    pub paths: usize,
    pub width: usize,
    /// Width inside.
    pub inner: usize,
    /// Numbers remembered for each channel.
    pub states: usize,
    /// Numbers that steps are made of.
    pub rank: usize,
}

/// x: [grid, width] → the same. Weights `<name>.{in,conv,norm,out}`, and for each path `<name>.paths.<i>.{x,dt,decay,skip}`.
pub fn scan_2d(net: &mut Net, x: Buf, name: &str, on: Grid, s: Scan2d) -> Result<Buf, Error> {
    let both = net.linear(x, &format!("{name}.in"), s.width, 2 * s.inner)?;
    let [x, gate] = [0, s.inner].map(|first| net.rec.columns(both, 2 * s.inner, first, s.inner));
    let (x, _) = net.depthwise(x, &format!("{name}.conv"), on, s.inner, Window::new(3, 1, 1))?;
    let x = net.rec.activate(x, s.inner, "silu", false)?;
    let held = s.inner * s.states;
    let zeros = net.made(&format!("nothing.{held}"), &vec![0.0; held]);
    let mut sum = None;
    for i in 0..s.paths {
        let which = if s.paths == 2 { 2 * i } else { i };
        let (path, order) = (path(which, on), format!("path.{which}.{}x{}", on.height, on.width));
        let y = match &path {
            Some(path) => {
                let ids = net.made_ids(&order, path);
                net.rec.gather(x, ids, s.inner)
            }
            None => x,
        };
        let mut y = walk(net, y, &format!("{name}.paths.{i}"), s, zeros)?;
        if let Some(path) = path {
            let mut back = vec![0; path.len()];
            path.iter().enumerate().for_each(|(at, row)| back[*row as usize] = at as u32);
            let ids = net.made_ids(&format!("{order}.back"), &back);
            y = net.rec.gather(y, ids, s.inner);
        }
        sum = Some(sum.map_or(y, |sum| net.rec.add(sum, y)));
    }
    let y = net.layer_norm(sum.unwrap_or(x), &format!("{name}.norm"), s.inner, 1e-5)?;
    let gate = net.rec.activate(gate, s.inner, "silu", false)?;
    let y = net.rec.mul(y, gate);
    net.linear(y, &format!("{name}.out"), s.inner, s.width)
}

/// Which row comes when: along rows, along columns, and both from the end; none where it is the order they lie in.
fn path(which: usize, on: Grid) -> Option<Vec<u32>> {
    let rows = on.rows() as u32;
    let down = |at: u32| at % on.height as u32 * on.width as u32 + at / on.height as u32;
    match which {
        0 => None,
        1 => Some((0..rows).map(down).collect()),
        2 => Some((0..rows).rev().collect()),
        _ => Some((0..rows).rev().map(down).collect()),
    }
}

/// x: [rows, inner] → the same, from the first row to the last.
fn walk(net: &mut Net, x: Buf, name: &str, s: Scan2d, zeros: Buf) -> Result<Buf, Error> {
    let wide = s.rank + 2 * s.states;
    let all = net.linear(x, &format!("{name}.x"), s.inner, wide)?;
    let spans = [(0, s.rank), (s.rank, s.states), (s.rank + s.states, s.states)];
    let [step, b, c] = spans.map(|(first, cols)| net.rec.columns(all, wide, first, cols));
    let dt = net.linear(step, &format!("{name}.dt"), s.rank, s.inner)?;
    let dt = net.rec.activate(dt, s.inner, "softplus", false)?;
    let a = net.decay(&format!("{name}.decay"), &[s.inner, s.states])?;
    let d = net.vector(&format!("{name}.skip"), s.inner)?;
    // The memory is empty whenever a walk begins.
    let state = net.rec.temp(s.inner * s.states);
    let all = Span { at: 0.into(), step: s.inner * s.states };
    net.rec.copy(zeros, all, state, all, 1.into(), s.inner * s.states);
    Ok(net.rec.ssm_scan(x, Scan { dt, a, b, c, d }, state))
}
