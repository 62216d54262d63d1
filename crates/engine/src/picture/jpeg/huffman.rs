//! Codes of one to sixteen bits: as many of each length as a table says, counted upwards.

use super::Fault;
use super::bits::Bits;

/// Bits that are looked up at once; most codes are no longer.
const SHORT: usize = 9;

#[derive(Default)]
pub struct Huffman {
    symbols: Vec<u8>,
    /// Length and symbol for each beginning, zero for longer codes.
    short: Vec<(u8, u8)>,
    /// For each length from one: where its codes end as sixteen bits, and its first symbol less its first code.
    long: Vec<(usize, isize)>,
}

impl Huffman {
    pub fn new(lengths: &[u8], symbols: &[u8]) -> Option<Huffman> {
        let mut table = Huffman { symbols: symbols.to_vec(), short: vec![(0, 0); 1 << SHORT], long: vec![] };
        let (mut code, mut at) = (0usize, 0);
        for (length, count) in (1..=16).zip(lengths) {
            let count = *count as usize;
            if code + count > 1 << length {
                return None;
            }
            if length <= SHORT {
                for i in 0..count {
                    let from = (code + i) << (SHORT - length);
                    table.short[from..from + (1 << (SHORT - length))].fill((length as u8, symbols[at + i]));
                }
            }
            table.long.push(((code + count) << (16 - length), at as isize - code as isize));
            (code, at) = ((code + count) << 1, at + count);
        }
        Some(table)
    }

    pub fn read(&self, bits: &mut Bits) -> Result<u8, Fault> {
        let next = bits.peek();
        if let Some(&(length, symbol)) = self.short.get(next >> (16 - SHORT)).filter(|(length, _)| *length > 0) {
            bits.skip(length as u32)?;
            return Ok(symbol);
        }
        let length = self.long.iter().position(|(end, _)| next < *end);
        let length = length.ok_or(Fault::Damaged("a scan has a code that its table lacks"))? + 1;
        bits.skip(length as u32)?;
        let at = (next >> (16 - length)) as isize + self.long[length - 1].1;
        self.symbols.get(at as usize).copied().ok_or(Fault::Damaged("a table of codes is wrong"))
    }
}
