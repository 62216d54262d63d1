//! One compute pipeline per shader, built at first use and kept; and which form of an op serves.

use crate::{device::Device, shaders::SHADERS};
use squint_ops::{Error, Form, Gpu, Kind, Needs, On, OpSpec, Rounding};
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

/// Which forms may serve at all.
#[derive(Clone)]
pub struct Terms {
    /// The kind of adapter.
    pub on: On,
    /// What the device has.
    pub has: Vec<Needs>,
    /// What may be rounded.
    pub rounds: Vec<&'static Rounding>,
}

impl Terms {
    fn allow(&self, form: &Form) -> bool {
        let there = form.needs == Needs::Nothing || self.has.contains(&form.needs);
        there && form.rounds.is_none_or(|r| self.rounds.iter().any(|asked| asked.name == r.name))
    }
}

/// The shader that serves a step.
#[derive(Clone)]
pub struct Choice {
    pub form: &'static str,
    pub grid: fn(&[u32]) -> [u32; 3],
    pub pipeline: wgpu::ComputePipeline,
}

impl Pipelines {
    /// The forms of an op that may serve, best first.
    pub fn forms(&self, op: &'static OpSpec, terms: &Terms) -> impl Iterator<Item = &'static Form> {
        let refused = |form: &Form| self.refused.borrow().contains(&(op.stem, form.name));
        op.forms(terms.on).filter(move |f| terms.allow(f) && !refused(f))
    }

    /// The one of them that serves these parameters and buffers of these formats.
    pub fn form(&self, op: &'static OpSpec, params: &[u32], kinds: &[Kind], terms: &Terms) -> Option<&'static Form> {
        let variant = op.variant(kinds);
        self.forms(op, terms).find(|f| f.takes(variant) && (f.fits)(params))
    }

    /// Never again on this device.
    pub fn refuse(&self, op: &OpSpec, form: &'static str) {
        self.refused.borrow_mut().insert((op.stem, form));
    }

    /// Ops and forms that were.
    pub fn refused(&self) -> Vec<(&'static str, &'static str)> {
        let mut all: Vec<_> = self.refused.borrow().iter().copied().collect();
        all.sort();
        all
    }

    pub fn count(&self) -> usize {
        self.built.borrow().len()
    }

    /// The shader of an op for these parameters and buffers of these formats.
    pub fn choose(
        &self,
        device: &Device,
        op: &'static OpSpec,
        params: &[u32],
        kinds: &[Kind],
        terms: &Terms,
    ) -> Result<Choice, Error> {
        let (form, grid) = match op.gpu {
            Gpu::Shader { grid } => ("", grid),
            Gpu::Forms { .. } => match self.form(op, params, kinds, terms) {
                Some(form) => (form.name, form.grid),
                None => return Err(missing(op, "these parameters")),
            },
            Gpu::CpuOnly(why) => return Err(missing(op, why)),
        };
        let variant = op.variant(kinds).map_or("", |kind| kind.name);
        let shader = SHADERS.iter().find(|s| s.stem == op.stem && s.form == form && s.variant == variant);
        let shader = shader.ok_or_else(|| missing(op, variant))?;
        let mut built = self.built.borrow_mut();
        let pipeline = built.entry((shader.stem, shader.form, shader.variant)).or_insert_with(|| {
            let module = device.device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(shader.stem),
                source: wgpu::ShaderSource::Wgsl(shader.source().into()),
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
