/// One form of one shader, expanded and validated when this crate was built.
pub struct Shader {
    pub stem: &'static str,
    /// Which of the op's forms; empty is the plain one.
    pub form: &'static str,
    /// The weight's format, or empty where there is one form only.
    pub variant: &'static str,
    /// Which bytes of the lines all shaders share are its text.
    runs: &'static [(u32, u32)],
}

impl Shader {
    pub fn source(&self) -> String {
        self.runs.iter().map(|&(from, to)| &LINES[from as usize..to as usize]).collect()
    }
}

include!(concat!(env!("OUT_DIR"), "/shaders.rs"));
