/// One form of one shader, expanded and validated when this crate was built.
pub struct Shader {
    pub stem: &'static str,
    /// Which of the op's forms; empty is the plain one.
    pub form: &'static str,
    /// The weight's format, or empty where there is one form only.
    pub variant: &'static str,
    pub source: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/shaders.rs"));
