//! All coefficients of a block at once.

use super::Fault;
use super::frame::Block;
use super::marker::ZIGZAG;
use super::scan::{Coder, Codes};

pub fn whole(coder: &mut Coder, codes: Codes, block: &mut Block) -> Result<(), Fault> {
    block[0] = coder.dc(codes)?;
    let mut at = 1;
    while at < 64 {
        let symbol = codes.ac.read(&mut coder.bits)?;
        let (zeros, long) = ((symbol >> 4) as usize, symbol as u32 & 15);
        match (zeros, long) {
            (15, 0) => at += 16,
            (_, 0) => break,
            _ => {
                at += zeros;
                let place = *ZIGZAG.get(at).ok_or(Fault::Damaged("a block has too many coefficients"))?;
                block[place as usize] = coder.bits.signed(long)? as i16;
                at += 1;
            }
        }
    }
    Ok(())
}
