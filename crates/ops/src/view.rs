//! What a twin sees of a buffer.

use squint_weights::{Error, Kind};
use std::any::Any;

/// How a backend has laid out a weight of `Backend::matrix`. Twins read it row by row; its own kernels know its type.
pub trait Layout: Any {
    fn kind(&self) -> Kind;
    /// `len` numbers from number `start` on, within one row: what unpacking the format's own bytes gives.
    fn row(&self, bytes: &[u8], start: usize, len: usize) -> Result<Vec<f32>, Error>;
}

/// A buffer lent to a twin for one step.
pub enum View<'a> {
    F32(&'a [f32]),
    F32Mut(&'a mut [f32]),
    U32(&'a [u32]),
    U32Mut(&'a mut [u32]),
    Blocks(Kind, &'a [u8]),
    BlocksMut(Kind, &'a mut [u8]),
    /// A weight in the backend's own layout.
    Packed(&'a dyn Layout, &'a [u8]),
}

impl<'a> View<'a> {
    pub fn read(kind: Kind, bytes: &'a [u8]) -> View<'a> {
        match kind {
            k if k == Kind::F32 => View::F32(bytemuck::cast_slice(bytes)),
            k if k == Kind::U32 => View::U32(bytemuck::cast_slice(bytes)),
            k => View::Blocks(k, bytes),
        }
    }

    pub fn write(kind: Kind, bytes: &'a mut [u8]) -> View<'a> {
        match kind {
            k if k == Kind::F32 => View::F32Mut(bytemuck::cast_slice_mut(bytes)),
            k if k == Kind::U32 => View::U32Mut(bytemuck::cast_slice_mut(bytes)),
            k => View::BlocksMut(k, bytes),
        }
    }

    pub fn f32(&self) -> Result<&[f32], Error> {
        match self {
            View::F32(v) => Ok(v),
            View::F32Mut(v) => Ok(v),
            _ => Err(self.not("f32")),
        }
    }

    pub fn f32_mut(&mut self) -> Result<&mut [f32], Error> {
        match self {
            View::F32Mut(v) => Ok(v),
            _ => Err(self.not("writable f32")),
        }
    }

    pub fn u32(&self) -> Result<&[u32], Error> {
        match self {
            View::U32(v) => Ok(v),
            View::U32Mut(v) => Ok(v),
            _ => Err(self.not("u32")),
        }
    }

    pub fn u32_mut(&mut self) -> Result<&mut [u32], Error> {
        match self {
            View::U32Mut(v) => Ok(v),
            _ => Err(self.not("writable u32")),
        }
    }

    /// Words of 32 bits, whatever they mean.
    pub fn bits(&self) -> Result<&[u32], Error> {
        match self {
            View::F32(v) => Ok(bytemuck::cast_slice(v)),
            View::F32Mut(v) => Ok(bytemuck::cast_slice(v)),
            _ => self.u32(),
        }
    }

    pub fn bits_mut(&mut self) -> Result<&mut [u32], Error> {
        match self {
            View::F32Mut(v) => Ok(bytemuck::cast_slice_mut(v)),
            _ => self.u32_mut(),
        }
    }

    /// `len` numbers from number `start` on, in whatever format they lie. Both must fall on blocks.
    pub fn row(&self, start: usize, len: usize) -> Result<Vec<f32>, Error> {
        match self {
            View::Blocks(kind, bytes) => Ok(unpack(*kind, bytes, start, len)),
            View::BlocksMut(kind, bytes) => Ok(unpack(*kind, bytes, start, len)),
            View::Packed(layout, bytes) => layout.row(bytes, start, len),
            _ => Ok(self.f32()?[start..start + len].to_vec()),
        }
    }

    /// Numbers from number `start` on, in whatever format they lie. Both must fall on blocks.
    pub fn put_row(&mut self, start: usize, values: &[f32]) -> Result<(), Error> {
        if let View::BlocksMut(kind, bytes) = self {
            let (from, to) = (start / kind.block * kind.bytes, (start + values.len()) / kind.block * kind.bytes);
            (kind.pack)(values, &mut bytes[from..to]);
            return Ok(());
        }
        self.f32_mut()?[start..start + values.len()].copy_from_slice(values);
        Ok(())
    }

    fn not(&self, wanted: &str) -> Error {
        let found = match self {
            View::F32(_) => "f32",
            View::F32Mut(_) => "writable f32",
            View::U32(_) => "u32",
            View::U32Mut(_) => "writable u32",
            View::Blocks(k, _) | View::BlocksMut(k, _) => k.name,
            View::Packed(..) => "a packed matrix",
        };
        Error::bug(format!("a step expected a {wanted} buffer and was given {found}"))
    }
}

fn unpack(kind: Kind, bytes: &[u8], start: usize, len: usize) -> Vec<f32> {
    let (from, to) = (start / kind.block * kind.bytes, (start + len) / kind.block * kind.bytes);
    kind.unpack_all(&bytes[from..to])
}

/// All buffers of a step at once, so that a twin can name them.
pub trait Views<'a> {
    fn split<const N: usize>(&mut self) -> Result<&mut [View<'a>; N], Error>;
}

impl<'a> Views<'a> for [View<'a>] {
    fn split<const N: usize>(&mut self) -> Result<&mut [View<'a>; N], Error> {
        let found = self.len();
        self.try_into().map_err(|_| Error::bug(format!("a step has {found} buffers, its op takes {N}")))
    }
}
