//! How fast the pairs of a head turn. Most models turn them alike whatever is read. Those whose positions are stretched by
//! longrope or dynamic NTK choose by how long the text is: by the prompt's length while it is read, then by where the next
//! token stands, as `transformers` does. Keys that are in a cache stay as they were turned, there as here.

/// Radians a position for each pair, by tokens of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Turns {
    Always(Vec<f32>),
    /// Two tables, the second for texts of more than `upto` tokens.
    Either {
        upto: usize,
        tables: [Vec<f32>; 2],
        /// A text that grows past it is read anew, so that its keys are all turned alike.
        anew: bool,
    },
    /// The base grows with every token beyond `upto`: <https://arxiv.org/abs/2309.00071>, §3.3.
    Growing {
        base: f64,
        factor: f64,
        upto: usize,
        rotated: usize,
    },
}

impl Turns {
    /// Pairs there are.
    pub fn pairs(&self) -> usize {
        match self {
            Turns::Always(table) | Turns::Either { tables: [table, _], .. } => table.len(),
            Turns::Growing { rotated, .. } => rotated / 2,
        }
    }

    /// A number that is the same for two lengths where their tables are.
    pub fn which(&self, tokens: usize) -> usize {
        match self {
            Turns::Always(_) => 0,
            Turns::Either { upto, .. } => (tokens > *upto) as usize,
            Turns::Growing { upto, .. } => tokens.max(*upto),
        }
    }

    /// The table of a text of so many tokens.
    pub fn table(&self, tokens: usize) -> Vec<f32> {
        match self {
            Turns::Always(table) => table.clone(),
            Turns::Either { tables, .. } => tables[self.which(tokens)].clone(),
            Turns::Growing { base, factor, upto, rotated } => {
                let turned = *rotated as f64;
                let over = factor * tokens.max(*upto) as f64 / *upto as f64 - (factor - 1.0);
                let base = base * over.powf(turned / (turned - 2.0));
                (0..rotated / 2).map(|i| base.powf(-2.0 * i as f64 / turned) as f32).collect()
            }
        }
    }

    /// Tokens of the longest text whose pairs turn as those of the shortest; none where all do.
    pub fn beyond(&self) -> Option<usize> {
        match self {
            Turns::Always(_) => None,
            Turns::Either { upto, .. } | Turns::Growing { upto, .. } => Some(*upto),
        }
    }

    /// Tokens up to which a text may grow before it has to be read anew; none where it never has to.
    pub fn border(&self) -> Option<usize> {
        match self {
            Turns::Either { upto, anew: true, .. } => Some(*upto),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_change_where_they_say() {
        let growing = Turns::Growing { base: 100.0, factor: 2.0, upto: 32, rotated: 8 };
        let plain: Vec<f32> = (0..4).map(|i| 100f64.powf(-i as f64 / 4.0) as f32).collect();
        assert_eq!((growing.table(1), growing.which(1)), (plain.clone(), growing.which(32)));
        // Twice as long: the base is 3^(8/6) times as large, and so the slowest pair is 3 times as slow.
        let far = growing.table(64);
        assert!((far[3] * 3.0 / plain[3] - 1.0).abs() < 1e-6 && far[0] == 1.0, "{far:?}");
        assert_ne!(growing.which(33), growing.which(32));
        let either = Turns::Either { upto: 32, tables: [vec![1.0], vec![0.5]], anew: true };
        assert_eq!((either.table(32), either.table(33)), (vec![1.0], vec![0.5]));
        assert_eq!((either.pairs(), either.border(), growing.pairs(), growing.border()), (1, Some(32), 4, None));
        assert_eq!((either.beyond(), growing.beyond(), Turns::Always(plain).beyond()), (Some(32), Some(32), None));
    }
}
