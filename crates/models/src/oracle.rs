//! What published methods were held against here: cards say which.

pub const TRANSFORMERS: &str = "transformers, on small random weights";
pub const PYTORCH: &str = "PyTorch written from its description, apart from the recipe, on small random weights";
