//! Buffers of this backend: bytes on a cache line's boundary, lent to steps as slices.

use crate::panels::Panels;
use squint_ops::{Access, Entry, Error, Handle, Ledger, View};
use std::{cell::UnsafeCell, rc::Rc};

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line(#[allow(dead_code, reason = "read as bytes only")] [u8; 64]);

pub struct Memory {
    lines: UnsafeCell<Box<[Line]>>,
    bytes: usize,
    /// Of a weight's matrix; other buffers lie as their format says.
    pub panels: Option<Panels>,
    _held: Entry,
}

/// Bytes of memory for so many.
pub fn lines(bytes: usize) -> u64 {
    bytes.next_multiple_of(size_of::<Line>()) as u64
}

impl Memory {
    pub fn new(bytes: usize, ledger: &Rc<Ledger>) -> Memory {
        let all = vec![Line([0; 64]); bytes.div_ceil(64)].into_boxed_slice();
        Memory { lines: UnsafeCell::new(all), bytes, panels: None, _held: ledger.enter(lines(bytes)) }
    }

    pub fn matrix(panels: Panels, ledger: &Rc<Ledger>) -> Memory {
        Memory { panels: Some(panels), ..Memory::new(panels.bytes(), ledger) }
    }

    /// # Safety
    /// Nobody may write the buffer while the slice lives.
    pub unsafe fn bytes(&self) -> &[u8] {
        // SAFETY: the box holds at least `bytes` bytes, and the caller keeps writers out.
        unsafe { std::slice::from_raw_parts((*self.lines.get()).as_ptr().cast(), self.bytes) }
    }

    /// # Safety
    /// The slice must be the only one of this buffer.
    #[allow(clippy::mut_from_ref, reason = "the cell is what makes buffers shareable between recordings")]
    pub unsafe fn bytes_mut(&self) -> &mut [u8] {
        // SAFETY: the box holds at least `bytes` bytes, and the caller lets nobody else in.
        unsafe { std::slice::from_raw_parts_mut((*self.lines.get()).as_mut_ptr().cast(), self.bytes) }
    }
}

/// The buffers of one step, as slices. `Recording::check` has made sure that one that is written appears once; bound
/// handles could still repeat, so that is looked at here.
///
/// # Safety
/// No other slice of these buffers may be alive until the views are dropped.
pub unsafe fn views<'a>(slots: &[squint_ops::Slot], handles: &[&'a Handle]) -> Result<Vec<View<'a>>, Error> {
    let memories: Vec<&Memory> = handles.iter().map(|h| h.downcast()).collect::<Result<_, _>>()?;
    let mut out = Vec::with_capacity(handles.len());
    for (i, slot) in slots.iter().enumerate() {
        let kind = handles[i].kind;
        // SAFETY: no other slices are alive, and a written buffer is in no other slot of this step.
        out.push(unsafe {
            if slot.access == Access::Read {
                match &memories[i].panels {
                    Some(panels) => View::Packed(panels, memories[i].bytes()),
                    None => View::read(kind, memories[i].bytes()),
                }
            } else if memories.iter().filter(|m| std::ptr::eq(**m, memories[i])).count() > 1 {
                return Err(Error::bug(format!(
                    "'{}' is written and used by another slot of the same step",
                    slot.name
                )));
            } else {
                View::write(kind, memories[i].bytes_mut())
            }
        });
    }
    Ok(out)
}
