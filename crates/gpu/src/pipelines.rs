//! One compute pipeline per shader, built at first use and kept; and which form of an op serves.

use crate::{device::Device, shaders::SHADERS};
use squint_ops::{Error, Form, Gpu, Kind, On, OpSpec};
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

#[derive(Default)]
pub struct Pipelines {
    built: RefCell<HashMap<(&'static str, &'static str, &'static str), wgpu::ComputePipeline>>,
    /// Forms that were wrong on this device.
    refused: RefCell<HashSet<(&'static str, &'static str)>>,
}

/// The shader that serves a step.
#[derive(Clone)]
pub struct Choice {
    pub form: &'static str,
    pub grid: fn(&[u32]) -> [u32; 3],
    pub pipeline: wgpu::ComputePipeline,
}

impl Pipelines {
    /// The form of an op that serves these parameters on this kind of adapter.
    pub fn form(&self, op: &'static OpSpec, params: &[u32], on: On) -> Option<&'static Form> {
        let refused = self.refused.borrow();
        op.forms(on).find(|f| !refused.contains(&(op.stem, f.name)) && (f.fits)(params))
    }

    /// Never again on this device.
    pub fn refuse(&self, op: &OpSpec, form: &'static str) {
        self.refused.borrow_mut().insert((op.stem, form));
    }

    /// The shader of an op for these parameters and buffers of these formats.
    pub fn choose(
        &self,
        device: &Device,
        op: &'static OpSpec,
        params: &[u32],
        kinds: &[Kind],
        on: On,
    ) -> Result<Choice, Error> {
        let (form, grid) = match op.gpu {
            Gpu::Shader { grid } => ("", grid),
            Gpu::Forms { .. } => match self.form(op, params, on) {
                Some(form) => (form.name, form.grid),
                None => return Err(missing(op, "these parameters")),
            },
            Gpu::CpuOnly(why) => return Err(missing(op, why)),
        };
        let variant = op.variant_slot().map_or("", |slot| kinds[slot].name);
        let shader = SHADERS.iter().find(|s| s.stem == op.stem && s.form == form && s.variant == variant);
        let shader = shader.ok_or_else(|| missing(op, variant))?;
        let mut built = self.built.borrow_mut();
        let pipeline = built.entry((shader.stem, shader.form, shader.variant)).or_insert_with(|| {
            let module = device.device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(shader.stem),
                source: wgpu::ShaderSource::Wgsl(shader.source.into()),
            });
            device.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(shader.stem),
                layout: None,
                module: &module,
                entry_point: Some("main"),
                compilation_options: Default::default(),
                cache: None,
            })
        });
        Ok(Choice { form, grid, pipeline: pipeline.clone() })
    }
}

fn missing(op: &OpSpec, why: &str) -> Error {
    Error::new("no_shader", format!("'{}' has no shader: {why}", op.stem), "choose the cpu backend")
}
