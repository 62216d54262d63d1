//! Rows that lie on a grid: token (y, x) of picture i is row (i · height + y) · width + x, its channels side by side.
//! Convolutions, pools and resizes work on such rows, so that nothing is turned around between them and attention.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    pub height: usize,
    pub width: usize,
}

impl Grid {
    pub fn square(side: usize) -> Grid {
        Grid { height: side, width: side }
    }
    pub fn rows(self) -> usize {
        self.height * self.width
    }
}

/// A square window that slides over a grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    pub size: usize,
    pub stride: usize,
    /// Cells beyond each edge.
    pub pad: usize,
    /// Cells from one number of the window to the next.
    pub dilation: usize,
}

impl Window {
    pub fn new(size: usize, stride: usize, pad: usize) -> Window {
        Window { size, stride, pad, dilation: 1 }
    }
    /// Cuts a grid into pieces of `size`; what is left at the far edges is not seen.
    pub fn patches(size: usize) -> Window {
        Window::new(size, size, 0)
    }
    /// Where the window stops; zero by zero where it is larger than the grid.
    pub fn over(self, grid: Grid) -> Grid {
        let reach = self.dilation * self.size.saturating_sub(1);
        let stops = |n: usize| match (n + 2 * self.pad).checked_sub(reach + 1) {
            Some(room) => room / self.stride.max(1) + 1,
            None => 0,
        };
        Grid { height: stops(grid.height), width: stops(grid.width) }
    }
}
