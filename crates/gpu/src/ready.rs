//! What is done before the first run: pipelines compiled while weights download, and forms held against the twins.

use crate::{backend::Gpu, plan};
use squint_ops::{Error, Form, OpSpec, Recording, Reference, Step, case::Rng, case::relative_error};

/// Draws in search of a case that a form serves, cases it must then pass.
const DRAWS: u64 = 200;
const PASSES: usize = 2;

impl Gpu {
    /// Builds those pipelines of a recording that are not built yet and dispatches each once, on zeros: compilers work at
    /// first use. Needs no weights, so that it can run while they download.
    pub async fn warm(&self, rec: &Recording) -> Result<(), Error> {
        self.device.check()?;
        rec.check()?;
        let most: Vec<u32> = rec.run_values().iter().map(|(_, most)| *most).collect();
        // All parameters zero: no row, nothing to do. Sixteen buffers are more than any op has.
        let zeros: Vec<wgpu::Buffer> = (0..16)
            .map(|_| self.device.buffer(256, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::UNIFORM))
            .collect();
        for step in &rec.steps {
            let (params, kinds) = (step.resolve(&most)?, rec.kinds(step));
            let before = self.pipelines.count();
            let choice = self.pipelines.choose(&self.device, step.op, &params, &kinds, &self.terms)?;
            if self.pipelines.count() == before {
                continue;
            }
            let buffers: Vec<&wgpu::Buffer> = zeros.iter().skip(1).take(step.op.slots.len()).collect();
            let group = plan::bind(&self.device, &choice, (&zeros[0], 0, 256), &buffers);
            let mut encoder = self.device.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                pass.set_pipeline(&choice.pipeline);
                pass.set_bind_group(0, &group, &[]);
                pass.dispatch_workgroups(1, 1, 1);
            }
            let mark = self.device.submit(encoder);
            self.device.wait(mark).await?;
            (self.host.pause)().await;
        }
        self.device.check()
    }

    /// Holds every special form that would be used here against the twin, and gives up those that are wrong: the next
    /// form serves then, in the end the plain one. Returns what was given up, and why; `caps` name it too.
    pub async fn vet(&mut self, ops: &[&'static OpSpec]) -> Result<Vec<String>, Error> {
        let mut given_up = vec![];
        for op in ops {
            let forms: Vec<&Form> = self.forms(op).filter(|f| !f.name.is_empty()).collect();
            for form in forms {
                if let Err(why) = self.passes(op, form).await {
                    // Nothing works on a lost device; that is not the form's fault.
                    self.device.check().or_else(|e| if e.code == "device_lost" { Err(e) } else { Ok(()) })?;
                    self.pipelines.refuse(op, form.name);
                    self.name_features();
                    given_up.push(format!("{} in form '{}': {why}", op.stem, form.name));
                }
                (self.host.pause)().await;
            }
        }
        Ok(given_up)
    }

    async fn passes(&self, op: &'static OpSpec, form: &'static Form) -> Result<(), String> {
        let twin = Reference::default();
        let mut passed = 0;
        for seed in 0..DRAWS {
            let case = (op.case)(&mut Rng::new(seed));
            let step = case.rec.steps.iter().find(|s| s.op.stem == op.stem);
            let serves = |s: &Step| self.form(op, &s.resolve(&[]).ok()?, &case.rec.kinds(s));
            if step.and_then(serves) != Some(form.name) {
                continue;
            }
            let want = case.run(&twin).await.map_err(|e| e.to_string())?;
            let got = case.run(self).await.map_err(|e| e.to_string())?;
            let error = want.iter().zip(&got).map(|(w, g)| relative_error(w, g, case.typical)).fold(0.0, f32::max);
            if error > op.tolerance_with(form.rounds).limit {
                return Err(format!("error {error:e} at {}", case.name));
            }
            passed += 1;
            if passed == PASSES {
                break;
            }
        }
        Ok(())
    }
}
