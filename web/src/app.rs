use crate::{device::DevicePage, engine::Engine, fault::FaultCard, models::ModelsPage};
use leptos::prelude::*;

/// The frame around every page.
#[component]
pub fn App() -> impl IntoView {
    let engine = Engine::new();
    provide_context(engine);
    engine.start();
    view! {
        <header>
            <h1>"squint"</h1>
            <p>"See how little a vision-language model needs."</p>
        </header>
        <FaultCard />
        <DevicePage />
        <ModelsPage />
    }
}
