use crate::engine::Engine;
use crate::grid::{axes, cell, find};
use leptos::prelude::*;
use squint_protocol::ProbeReport;

/// "What my device can do": every op on every backend against its definition, and which backend would be picked.
#[component]
pub fn DevicePage() -> impl IntoView {
    let Some(engine) = use_context::<Engine>() else {
        return ().into_any();
    };
    let done = move || engine.report.with(Option::is_some);
    view! {
        <section class="device" aria-busy=move || if done() { "false" } else { "true" }>
            <h2>"What my device can do"</h2>
            <p>
                "Every operation a model needs is tried here, on your device, on each backend, and held against its plain \
                 definition. A backend that computes wrong is never used."
            </p>
            <p class="picked" aria-live="polite">{move || engine.report.with(|r| r.as_ref().map_or("Trying…".into(), verdict))}</p>
            <Table />
            {move || engine.report.get().map(|report| view! { <Devices report /> })}
            <button class="again" disabled=move || !done() on:click=move |_| engine.probe()>"Try again"</button>
        </section>
    }
    .into_any()
}

fn verdict(report: &ProbeReport) -> String {
    format!("Squint takes the {} backend here: {}.", report.picked.backend, report.picked.because)
}

/// Op × backend.
#[component]
fn Table() -> impl IntoView {
    let Some(engine) = use_context::<Engine>() else {
        return ().into_any();
    };
    let table = move || {
        let rows = engine.rows.get();
        let (ops, backends) = axes(&rows);
        let head = backends.iter().map(|b| view! { <th scope="col">{b.clone()}</th> }).collect_view();
        let body = ops.iter().map(|op| {
            let cells = backends.iter().map(|backend| {
                let c = cell(find(&rows, op, backend));
                view! { <td class=c.class title=c.title data-op=op.clone() data-backend=backend.clone()>{c.text}</td> }
            });
            view! { <tr><th scope="row">{op.clone()}</th>{cells.collect_view()}</tr> }
        });
        let body = body.collect_view();
        view! {
            <table>
                <thead><tr><th scope="col">"op"</th>{head}</tr></thead>
                <tbody>{body}</tbody>
            </table>
        }
    };
    // Scrolls by itself on narrow screens, so it can be reached by keyboard.
    view! { <div class="scroll" tabindex="0" role="region" aria-label="Operations by backend">{table}</div> }.into_any()
}

/// What each backend found.
#[component]
fn Devices(
    /// The finished probe.
    report: ProbeReport,
) -> impl IntoView {
    let rows = report.devices.into_iter().map(|d| {
        let features = if d.features.is_empty() { String::new() } else { format!(" · {}", d.features.join(", ")) };
        view! { <dt>{d.backend}</dt><dd>{d.device}{features}</dd> }
    });
    let rows = rows.collect_view();
    view! {
        <dl>
            <dt>"build"</dt>
            <dd data-build=report.build.clone()>{report.build.clone()}</dd>
            {rows}
            <dt>"probe"</dt>
            <dd>{format!("{:.0} ms", report.ms)}</dd>
        </dl>
    }
}
