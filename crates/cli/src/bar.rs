//! How far long work is, on stderr. One that is no terminal is told nothing: programs read it, too.

use indicatif::{ProgressBar, ProgressStyle};

/// Gone from the terminal with its last use.
pub struct Bar(ProgressBar);

impl Bar {
    /// Bytes of a checkpoint.
    pub fn loading() -> Bar {
        Bar::new("loading {bar:40} {bytes}/{total_bytes}", 0)
    }

    /// So many tokens, or whatever is counted.
    pub fn counting(what: &str, all: usize) -> Bar {
        Bar::new(&format!("{what} {{bar:40}} {{pos}}/{{len}}"), all)
    }

    /// Work in one piece, of which nobody knows how far it is.
    pub fn waiting(what: &str) -> Bar {
        let bar = Bar::new(&format!("{what} {{elapsed}}"), 0);
        bar.0.enable_steady_tick(std::time::Duration::from_secs(1));
        bar
    }

    fn new(template: &str, all: usize) -> Bar {
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = Bar(ProgressBar::new(all as u64).with_style(style));
        // Seen from the start: the first piece may take the longest.
        bar.0.tick();
        bar
    }

    pub fn at(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }

    pub fn more(&self, done: usize) {
        self.0.inc(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
