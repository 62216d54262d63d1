//! Coefficients that come in several scans: first their upper bits, then one bit more each time.

use super::Fault;
use super::frame::Block;
use super::marker::ZIGZAG;
use super::scan::{Coder, Codes};

pub fn dc_first(coder: &mut Coder, codes: Codes, block: &mut Block) -> Result<(), Fault> {
    block[0] = coder.dc(codes)? << coder.low;
    Ok(())
}

pub fn dc_more(coder: &mut Coder, _: Codes, block: &mut Block) -> Result<(), Fault> {
    block[0] |= (coder.bits.take(1)? as i16) << coder.low;
    Ok(())
}

pub fn ac_first(coder: &mut Coder, codes: Codes, block: &mut Block) -> Result<(), Fault> {
    let mut at = coder.from;
    while coder.ended == 0 && at <= coder.to {
        let symbol = codes.ac.read(&mut coder.bits)?;
        let (zeros, long) = (symbol as u32 >> 4, symbol as u32 & 15);
        match (zeros, long) {
            (15, 0) => at += 16,
            (_, 0) => coder.ended = (1 << zeros) + coder.bits.take(zeros)?,
            _ => {
                at += zeros as usize;
                let place = *ZIGZAG.get(at).ok_or(Fault::Damaged("a block has too many coefficients"))?;
                block[place as usize] = (coder.bits.signed(long)? << coder.low) as i16;
                at += 1;
            }
        }
    }
    coder.ended = coder.ended.saturating_sub(1);
    Ok(())
}

/// Coefficients that are not zero have a bit more each, between those that begin to be something.
pub fn ac_more(coder: &mut Coder, codes: Codes, block: &mut Block) -> Result<(), Fault> {
    let one = 1i16 << coder.low;
    let mut at = coder.from;
    while coder.ended == 0 && at <= coder.to {
        let symbol = codes.ac.read(&mut coder.bits)?;
        let (mut zeros, long) = (symbol as u32 >> 4, symbol & 15);
        let mut fresh = 0;
        if long > 0 {
            fresh = if coder.bits.take(1)? == 1 { one } else { -one };
        } else if zeros < 15 {
            coder.ended = (1 << zeros) + coder.bits.take(zeros)?;
            break;
        }
        while at <= coder.to {
            let value = &mut block[ZIGZAG[at] as usize];
            if *value != 0 {
                more(coder, value, one)?;
            } else if zeros == 0 {
                *value = fresh;
                break;
            } else {
                zeros -= 1;
            }
            at += 1;
        }
        at += 1;
    }
    if coder.ended > 0 {
        for place in ZIGZAG.iter().take(coder.to + 1).skip(at) {
            let value = &mut block[*place as usize];
            if *value != 0 {
                more(coder, value, one)?;
            }
        }
        coder.ended -= 1;
    }
    Ok(())
}

fn more(coder: &mut Coder, value: &mut i16, one: i16) -> Result<(), Fault> {
    if coder.bits.take(1)? == 1 && *value & one == 0 {
        *value = value.wrapping_add(if *value > 0 { one } else { -one });
    }
    Ok(())
}
