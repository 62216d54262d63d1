//! Activations of feed-forward blocks by their names in `config.json`.

use squint_weights::{Error, Fact, Facts};

/// Theirs, ours.
const FUNCTIONS: &[(&str, &str)] = &[
    ("gelu", "gelu"),
    ("gelu_python", "gelu"),
    ("gelu_fast", "gelu_tanh"),
    ("gelu_new", "gelu_tanh"),
    ("gelu_pytorch_tanh", "gelu_tanh"),
    ("quick_gelu", "quick_gelu"),
    ("relu", "relu"),
    ("silu", "silu"),
    ("swish", "silu"),
    ("tanh", "tanh"),
];

/// The one a file names; `usual` where it names none, as GGUF files never do.
pub fn function(facts: &Facts, usual: &str) -> Result<&'static str, Error> {
    function_of(facts, "hidden_act", usual)
}

/// The same where a file names it `key`.
pub fn function_of(facts: &Facts, key: &'static str, usual: &str) -> Result<&'static str, Error> {
    let name = facts.text(Fact { gguf: "?", hf: key })?.unwrap_or(usual);
    FUNCTIONS.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours).ok_or_else(|| {
        let known: Vec<_> = FUNCTIONS.iter().map(|(theirs, _)| *theirs).collect();
        Error::new(
            "config",
            format!("'{key}' is '{name}', which is not known here"),
            format!("use a model with one of {}", known.join(", ")),
        )
    })
}
