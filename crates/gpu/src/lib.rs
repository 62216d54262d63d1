//! The WebGPU backend: the WGSL of `shaders/`, through wgpu. In the browser that is WebGPU itself, natively Vulkan,
//! Metal or D3D12. Assumes nothing beyond WebGPU's default limits; no optional feature is needed.

mod backend;
mod device;
mod pipelines;
mod shaders;

pub use backend::Gpu;
pub use shaders::{SHADERS, Shader};
