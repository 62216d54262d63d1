//! One compute pipeline per shader form, built at first use and kept.

use crate::shaders::SHADERS;
use squint_ops::{Error, Kind, OpSpec};
use std::{cell::RefCell, collections::HashMap};

#[derive(Default)]
pub struct Pipelines {
    built: RefCell<HashMap<(&'static str, &'static str), wgpu::ComputePipeline>>,
}

impl Pipelines {
    /// The pipeline of an op for buffers of these formats.
    pub fn get(&self, device: &wgpu::Device, op: &OpSpec, kinds: &[Kind]) -> Result<wgpu::ComputePipeline, Error> {
        let variant = op.variant_slot().map_or("", |slot| kinds[slot].name);
        let shader = SHADERS.iter().find(|s| s.stem == op.stem && s.variant == variant).ok_or_else(|| {
            Error::new(
                "no_shader",
                format!("'{}' has no shader for {variant} weights", op.stem),
                "choose the cpu backend",
            )
        })?;
        let mut built = self.built.borrow_mut();
        let pipeline = built.entry((shader.stem, shader.variant)).or_insert_with(|| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(shader.stem),
                source: wgpu::ShaderSource::Wgsl(shader.source.into()),
            });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(shader.stem),
                layout: None,
                module: &module,
                entry_point: Some("main"),
                compilation_options: Default::default(),
                cache: None,
            })
        });
        Ok(pipeline.clone())
    }
}
