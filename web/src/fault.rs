use crate::engine::Engine;
use leptos::prelude::*;

/// What went wrong, what to do, and a button that does it.
#[component]
pub fn FaultCard() -> impl IntoView {
    let Some(engine) = use_context::<Engine>() else {
        return ().into_any();
    };
    let card = move || {
        engine.fault.get().map(|fault| {
            let code = fault.code.clone();
            view! {
                <section class="fault" role="alert" data-code=code>
                    <h2>"Something went wrong"</h2>
                    <p>{fault.what}</p>
                    <p class="hint">{fault.hint}</p>
                    <button on:click=move |_| engine.start()>"Restart the worker"</button>
                    <code>{fault.code}</code>
                </section>
            }
        })
    };
    card.into_any()
}
