//! Variants of a shader are the same but for a few lines: what several have stands in the module once, or a worker would
//! be a megabyte larger.

use std::collections::HashMap;

/// The lines of all texts, and for each text which of them it has, in order.
#[derive(Default)]
pub struct Shared {
    lines: Vec<String>,
    /// Where each line stands.
    places: HashMap<String, Vec<usize>>,
}

impl Shared {
    /// Runs of lines, as first and number, that are this text without its comments.
    pub fn runs(&mut self, text: &str) -> Vec<(usize, usize)> {
        let lines: Vec<&str> = text.lines().map(bare).filter(|line| !line.trim().is_empty()).collect();
        let (mut runs, mut at) = (Vec::<(usize, usize)>::new(), 0);
        while at < lines.len() {
            let places = self.places.get(lines[at]);
            let longest = places.into_iter().flatten().map(|&p| (p, self.alike(p, &lines[at..]))).max_by_key(|r| r.1);
            let (first, n) = longest.unwrap_or_else(|| self.add(lines[at]));
            at += n;
            match runs.last_mut() {
                Some(last) if last.0 + last.1 == first => last.1 += n,
                _ => runs.push((first, n)),
            }
        }
        runs
    }

    /// All of the lines as one text, and where each begins in it; the last is its end.
    pub fn text(&self) -> (String, Vec<usize>) {
        let mut starts = vec![0];
        for line in &self.lines {
            starts.push(starts[starts.len() - 1] + line.len() + 1);
        }
        (self.lines.iter().map(|line| format!("{line}\n")).collect(), starts)
    }

    fn alike(&self, place: usize, lines: &[&str]) -> usize {
        self.lines[place..].iter().zip(lines).take_while(|(a, b)| a == *b).count()
    }

    fn add(&mut self, line: &str) -> (usize, usize) {
        let place = self.lines.len();
        self.lines.push(line.to_owned());
        self.places.entry(line.to_owned()).or_default().push(place);
        (place, 1)
    }
}

/// A line without its comment; WGSL has no strings that could hold its sign.
fn bare(line: &str) -> &str {
    line.split("//").next().unwrap_or("").trim_end()
}
