//! The WebGPU backend: the WGSL of `shaders/`, through wgpu. In the browser that is WebGPU itself, natively Vulkan,
//! Metal or D3D12. Assumes nothing beyond WebGPU's default limits. No optional feature is needed; some have forms.

mod arena;
mod backend;
mod clock;
mod device;
mod footprint;
mod layout;
mod memory;
mod pace;
mod pipelines;
mod plan;
mod ready;
mod shaders;

pub use backend::Gpu;
pub use footprint::FOOTPRINT;
pub use shaders::{SHADERS, Shader};
