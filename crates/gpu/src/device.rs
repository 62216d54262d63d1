//! The adapter, the device, and what it said last.

use crate::layout;
use squint_ops::{Caps, Error, Needs, On};
use std::sync::{Arc, Mutex};

pub struct Device {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub caps: Caps,
    /// A GPU, or a processor that plays one.
    pub on: On,
    /// What forms may need of it.
    pub has: Vec<Needs>,
    /// Milliseconds of one tick of its clock, if it can be read.
    pub tick: Option<f64>,
    trouble: Arc<Mutex<Trouble>>,
}

/// The feature that lets a device's clock be read.
pub const CLOCK: &str = "timestamp-query";

#[derive(Default)]
struct Trouble {
    /// The first thing that went wrong since the last look.
    last: Option<Error>,
    /// Said for ever: a lost device does not come back.
    lost: Option<String>,
}

impl Device {
    /// A device with those optional features, by name, that its adapter has and `want` wants.
    pub async fn open(want: impl Fn(&str) -> bool) -> Result<Device, Error> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            })
            .await
            .map_err(|e| absent(format!("no WebGPU adapter here: {e}")))?;
        // Packed products are a matter of the language, not of the device.
        let dot4 = instance.wgsl_language_features().contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct);
        let wanted = [(Needs::F16.name(), wgpu::Features::SHADER_F16), (CLOCK, wgpu::Features::TIMESTAMP_QUERY)];
        let wanted = wanted.into_iter().filter(|(name, _)| want(name));
        let required_features = wanted.fold(wgpu::Features::empty(), |all, (_, f)| all | f) & adapter.features();
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor { label: Some("squint"), required_features, ..Default::default() })
            .await
            .map_err(|e| absent(format!("the WebGPU adapter gave no device: {e}")))?;
        let f16 = required_features.contains(wgpu::Features::SHADER_F16);
        let has = [(Needs::F16, f16), (Needs::Dot4, dot4 && want(Needs::Dot4.name()))];
        let has = has.into_iter().filter(|(_, there)| *there).map(|(need, _)| need).collect();
        let clock = required_features.contains(wgpu::Features::TIMESTAMP_QUERY);
        let tick = clock.then(|| queue.get_timestamp_period() as f64 / 1e6);

        let trouble = Arc::new(Mutex::new(Trouble::default()));
        let (on_error, on_loss) = (trouble.clone(), trouble.clone());
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| {
            with(&on_error, |t| t.last = t.last.take().or_else(|| Some(error(&e))));
        }));
        device.set_device_lost_callback(move |_, message| {
            with(&on_loss, |t| t.lost = t.lost.take().or(Some(message)));
        });
        let on = match adapter.get_info().device_type {
            wgpu::DeviceType::Cpu => On::Software,
            _ => On::Hardware,
        };
        Ok(Device { caps: caps(&adapter), device, queue, on, has, tick, trouble })
    }

    /// What went wrong since the last call, if anything; a lost device is an error at every call.
    pub fn check(&self) -> Result<(), Error> {
        with(&self.trouble, |t| match (&t.lost, t.last.take()) {
            (Some(why), _) => Err(lost(why)),
            (None, Some(e)) => Err(e),
            (None, None) => Ok(()),
        })
    }

    /// Destroys the device on purpose.
    pub fn lose(&self) {
        with(&self.trouble, |t| t.lost = Some("destroyed on purpose".into()));
        self.device.destroy();
    }

    /// A buffer of whole words, of sixteen bytes at least: the largest thing a shader reads at once.
    pub fn buffer(&self, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: layout::held(bytes),
            usage: usage | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    /// Submits, and returns something to wait for its end with.
    pub fn submit(&self, commands: wgpu::CommandEncoder) -> Mark {
        let at = self.queue.submit([commands.finish()]);
        let (done, wait) = futures_channel::oneshot::channel();
        self.queue.on_submitted_work_done(move || done.send(()).unwrap_or(()));
        Mark { at, wait }
    }

    pub async fn wait(&self, mark: Mark) -> Result<(), Error> {
        self.poll(mark.at)?;
        // A device that goes drops its callbacks unheard.
        let heard = mark.wait.await;
        self.check()?;
        heard.map_err(|e| broken(&e.to_string()))
    }

    /// The bytes of a buffer that can be mapped, once what was submitted up to `at` is done.
    pub async fn map<T>(
        &self,
        buffer: &wgpu::Buffer,
        at: wgpu::SubmissionIndex,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, Error> {
        let (done, wait) = futures_channel::oneshot::channel();
        buffer.map_async(wgpu::MapMode::Read, .., move |result| drop(done.send(result)));
        self.poll(at)?;
        let mapped = wait.await;
        // Loss is the better reason, where it is one.
        self.check()?;
        mapped.map_err(|e| broken(&e.to_string()))?.map_err(|e| broken(&e.to_string()))?;
        let mapped = buffer.get_mapped_range(..).map_err(|e| broken(&e.to_string()))?;
        Ok(take(&mapped))
    }

    /// The browser polls by itself; natively somebody has to.
    pub fn poll(&self, until: wgpu::SubmissionIndex) -> Result<(), Error> {
        self.check()?;
        let wait = wgpu::PollType::Wait { submission_index: Some(until), timeout: None };
        if let Err(e) = self.device.poll(wait) {
            self.check()?;
            return Err(broken(&e.to_string()));
        }
        Ok(())
    }
}

/// A point in the queue.
pub struct Mark {
    at: wgpu::SubmissionIndex,
    wait: futures_channel::oneshot::Receiver<()>,
}

pub fn broken(why: &str) -> Error {
    Error::new("gpu", format!("the GPU did not finish its work: {why}"), "choose the cpu backend, or reload the page")
}

fn lost(why: &str) -> Error {
    Error::new(
        "device_lost",
        format!("the GPU is gone: {why}"),
        "open the backend again and load the model into it, or choose the cpu backend",
    )
}

fn error(e: &wgpu::Error) -> Error {
    match e {
        wgpu::Error::OutOfMemory { .. } => Error::new(
            "gpu_memory",
            format!("the GPU has no memory left: {e}"),
            "choose a smaller model or a shorter context, close other pages, or choose the cpu backend",
        ),
        e => Error::new("gpu", e.to_string(), "choose the cpu backend, or reload the page"),
    }
}

fn absent(what: String) -> Error {
    Error::new(
        "no_gpu",
        what,
        "the cpu backend works everywhere; for WebGPU use a recent browser on https or localhost",
    )
}

fn with<T>(trouble: &Mutex<Trouble>, f: impl FnOnce(&mut Trouble) -> T) -> T {
    f(&mut trouble.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
}

fn caps(adapter: &wgpu::Adapter) -> Caps {
    let info = adapter.get_info();
    // Browsers leave the name empty to make visitors harder to tell apart.
    let device = if info.name.is_empty() { "WebGPU adapter".into() } else { info.name.clone() };
    Caps {
        name: "gpu",
        device,
        threads: 1,
        // Those in use are known when it is known which forms serve.
        features: vec![],
        // An answer is read back once for four tokens; more would make stopping and streaming feel late.
        ahead: 4,
    }
}
