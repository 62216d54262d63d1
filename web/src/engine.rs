//! The page's picture of the engine: one link, what it last said, and the way to start it anew.

use crate::link::{LOST, Link};
use leptos::prelude::*;
use squint_protocol::{Ask, Estimate, Estimated, Event, Fault, News, ProbeReport, ProbeRow, Published, Request};

/// Given to components as context; every field is a handle and copies freely.
#[derive(Clone, Copy)]
pub struct Engine {
    /// Rows of the probe as they come.
    pub rows: RwSignal<Vec<ProbeRow>>,
    /// The probe's end.
    pub report: RwSignal<Option<ProbeReport>>,
    pub fault: RwSignal<Option<Fault>>,
    /// Models that are known by name, the one that was chosen, and what it would cost.
    pub models: RwSignal<Vec<Published>>,
    pub chosen: RwSignal<Option<String>>,
    pub estimated: RwSignal<Option<Estimated>>,
    link: StoredValue<Option<Link>, LocalStorage>,
    run: StoredValue<u32>,
    /// The runs that are listened to: the last one of each kind.
    probing: StoredValue<u32>,
    listing: StoredValue<u32>,
    costing: StoredValue<u32>,
}

impl Engine {
    pub fn new() -> Engine {
        Engine {
            rows: RwSignal::default(),
            report: RwSignal::default(),
            fault: RwSignal::default(),
            models: RwSignal::default(),
            chosen: RwSignal::default(),
            estimated: RwSignal::default(),
            link: StoredValue::new_local(None),
            run: StoredValue::new(0),
            probing: StoredValue::new(0),
            listing: StoredValue::new(0),
            costing: StoredValue::new(0),
        }
    }

    /// Starts a worker in place of the one there may be, and probes the device.
    pub fn start(self) {
        self.fault.set(None);
        let opened = Link::open(&worker_url(), move |event| self.hear(event));
        match opened {
            Ok(link) => {
                self.link.set_value(Some(link));
                self.listing.set_value(self.send(Ask::Published));
                self.probe();
            }
            Err(fault) => self.fault.set(Some(fault)),
        }
    }

    pub fn probe(self) {
        self.rows.set(vec![]);
        self.report.set(None);
        self.probing.set_value(self.send(Ask::Probe));
    }

    /// Shows a model; an empty name is none.
    pub fn choose(self, model: String) {
        self.estimated.set(None);
        self.chosen.set(Some(model.clone()).filter(|name| !name.is_empty()));
        if !model.is_empty() {
            self.costing.set_value(self.send(Ask::Estimate(Estimate { model, ..Estimate::default() })));
        }
    }

    /// Says the run's number.
    fn send(self, ask: Ask) -> u32 {
        self.run.update_value(|r| *r += 1);
        let request = Request { run: self.run.get_value(), ask };
        let sent = self.link.with_value(|link| link.as_ref().map(|l| l.send(&request)));
        if let Some(Err(fault)) = sent {
            self.fault.set(Some(fault));
        }
        self.run.get_value()
    }

    fn hear(self, event: Event) {
        // Run 0 speaks for the worker itself; other runs than the present ones are history.
        let present = [self.probing, self.listing, self.costing].map(|run| run.get_value());
        if event.run != 0 && !present.contains(&event.run) {
            return;
        }
        match event.news {
            News::Probed(row) => self.rows.update(|rows| rows.push(row)),
            News::ProbeDone(report) => self.report.set(Some(report)),
            // The first fault is the cause; what follows is its echo. `start` clears it.
            News::Fault(fault) => self.fault.update(|now| _ = now.get_or_insert(fault)),
            News::Loading(_) | News::Loaded(_) | News::Token(_) | News::Stage(_) => {}
            News::Done(_) | News::Encoded(_) | News::About(_) => {}
            News::Published(models) => self.models.set(models),
            News::Estimated(bill) => self.estimated.set(Some(*bill)),
            News::Back => self.fault.update(|now| _ = now.take_if(|f| f.code == LOST)),
        }
    }
}

/// `?build=` and `?threads=` of the page go to the worker, so that a link can ask for a build.
fn worker_url() -> String {
    let search = window().location().search().unwrap_or_default();
    format!("./worker.js{search}")
}
