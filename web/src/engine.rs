//! The page's picture of the engine: one link, what it last said, and the way to start it anew.

use crate::link::{LOST, Link};
use leptos::prelude::*;
use squint_protocol::{Ask, Event, Fault, News, ProbeReport, ProbeRow, Request};

/// Given to components as context; every field is a handle and copies freely.
#[derive(Clone, Copy)]
pub struct Engine {
    /// Rows of the probe as they come.
    pub rows: RwSignal<Vec<ProbeRow>>,
    /// The probe's end.
    pub report: RwSignal<Option<ProbeReport>>,
    pub fault: RwSignal<Option<Fault>>,
    link: StoredValue<Option<Link>, LocalStorage>,
    run: StoredValue<u32>,
}

impl Engine {
    pub fn new() -> Engine {
        Engine {
            rows: RwSignal::default(),
            report: RwSignal::default(),
            fault: RwSignal::default(),
            link: StoredValue::new_local(None),
            run: StoredValue::new(0),
        }
    }

    /// Starts a worker in place of the one there may be, and probes the device.
    pub fn start(self) {
        self.fault.set(None);
        let opened = Link::open(&worker_url(), move |event| self.hear(event));
        match opened {
            Ok(link) => {
                self.link.set_value(Some(link));
                self.probe();
            }
            Err(fault) => self.fault.set(Some(fault)),
        }
    }

    pub fn probe(self) {
        self.rows.set(vec![]);
        self.report.set(None);
        self.send(Ask::Probe);
    }

    fn send(self, ask: Ask) {
        self.run.update_value(|r| *r += 1);
        let request = Request { run: self.run.get_value(), ask };
        let sent = self.link.with_value(|link| link.as_ref().map(|l| l.send(&request)));
        if let Some(Err(fault)) = sent {
            self.fault.set(Some(fault));
        }
    }

    fn hear(self, event: Event) {
        // Run 0 speaks for the worker itself; other runs than the present one are history.
        if event.run != 0 && event.run != self.run.get_value() {
            return;
        }
        match event.news {
            News::Probed(row) => self.rows.update(|rows| rows.push(row)),
            News::ProbeDone(report) => self.report.set(Some(report)),
            // The first fault is the cause; what follows is its echo. `start` clears it.
            News::Fault(fault) => self.fault.update(|now| _ = now.get_or_insert(fault)),
            News::Loading(_) | News::Loaded(_) | News::Token(_) | News::Stage(_) => {}
            News::Done(_) | News::Encoded(_) => {}
            News::Back => self.fault.update(|now| _ = now.take_if(|f| f.code == LOST)),
        }
    }
}

/// `?build=` and `?threads=` of the page go to the worker, so that a link can ask for a build.
fn worker_url() -> String {
    let search = window().location().search().unwrap_or_default();
    format!("./worker.js{search}")
}
