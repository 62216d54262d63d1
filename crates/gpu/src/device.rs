//! The adapter, the device, and what it said last.

use squint_ops::{Caps, Error};
use std::sync::{Arc, Mutex};

pub struct Device {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub caps: Caps,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Device {
    pub async fn open() -> Result<Device, Error> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            })
            .await
            .map_err(|e| absent(format!("no WebGPU adapter here: {e}")))?;
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor { label: Some("squint"), ..Default::default() })
            .await
            .map_err(|e| absent(format!("the WebGPU adapter gave no device: {e}")))?;

        let trouble = Arc::new(Mutex::new(None));
        let (on_error, on_loss) = (trouble.clone(), trouble.clone());
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| note(&on_error, e.to_string())));
        device.set_device_lost_callback(move |reason, message| {
            // Dropping the device ourselves is no news.
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&on_loss, format!("device lost: {message}"));
            }
        });
        Ok(Device { caps: caps(&adapter), device, queue, trouble })
    }

    /// The first thing that went wrong since the last call, if any.
    pub fn check(&self) -> Result<(), Error> {
        let mut trouble = self.trouble.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match trouble.take() {
            None => Ok(()),
            Some(what) => Err(Error::new("gpu", what, "choose the cpu backend, or reload the page")),
        }
    }
}

fn absent(what: String) -> Error {
    Error::new(
        "no_gpu",
        what,
        "the cpu backend works everywhere; for WebGPU use a recent browser on https or localhost",
    )
}

fn note(trouble: &Mutex<Option<String>>, what: String) {
    let mut trouble = trouble.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    trouble.get_or_insert(what);
}

fn caps(adapter: &wgpu::Adapter) -> Caps {
    let info = adapter.get_info();
    // Browsers leave the name empty to make visitors harder to tell apart.
    let device = if info.name.is_empty() { "WebGPU adapter".into() } else { info.name.clone() };
    let features = adapter.features();
    let known = [
        ("shader-f16", wgpu::Features::SHADER_F16),
        ("subgroups", wgpu::Features::SUBGROUP),
        ("timestamp-query", wgpu::Features::TIMESTAMP_QUERY),
    ];
    Caps {
        name: "gpu",
        device,
        threads: 1,
        features: known.iter().filter(|(_, f)| features.contains(*f)).map(|(n, _)| n.to_string()).collect(),
        // An answer is read back once for four tokens; more would make stopping and streaming feel late.
        ahead: 4,
    }
}
