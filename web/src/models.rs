use crate::engine::Engine;
use leptos::prelude::*;
use squint_protocol::{Estimate, Estimated, ModelCard, Published, Terms};

/// Of each kind what it is for, in the order of the list.
const KINDS: &[(&str, &str)] =
    &[("sees", "answer questions about pictures"), ("looks", "look at pictures"), ("reads", "answer questions")];

/// "Models that can be had": on what terms, and what a run would cost, before anything of them is downloaded.
#[component]
pub fn ModelsPage() -> impl IntoView {
    let Some(engine) = use_context::<Engine>() else {
        return ().into_any();
    };
    let groups = move || {
        let all = engine.models.get();
        let group = |(kind, label): &(&str, &'static str)| {
            let one = |m: &Published| view! { <option value=m.name.clone()>{m.name.clone()}</option> };
            let options: Vec<_> = all.iter().filter(|m| m.kind == *kind).map(one).collect();
            view! { <optgroup label=*label>{options}</optgroup> }
        };
        KINDS.iter().map(group).collect_view()
    };
    let chosen = move || {
        let name = engine.chosen.get()?;
        let known = engine.models.with(|all| all.iter().find(|m| m.name == name).cloned())?;
        Some(view! { <Terms terms=known.licence /> })
    };
    let Estimate { prompt_tokens, max_tokens, .. } = Estimate::default();
    let said = format!(
        "Squint hosts no weights of others. Before any are downloaded: on what terms they can be had, and what a run of \
         {prompt_tokens} tokens of prompt and {max_tokens} of answer would cost, with one square picture where a model sees."
    );
    let estimated = move || engine.estimated.get().map(|bill| view! { <Bill bill /> });
    view! {
        <section class="models">
            <h2>"Models that can be had"</h2>
            <p>{said}</p>
            <label>
                "Model "
                <select on:change=move |e| engine.choose(event_target_value(&e))>
                    <option value="">"choose one"</option>
                    {groups}
                </select>
            </label>
            <div aria-live="polite">{chosen} {estimated}</div>
        </section>
    }
    .into_any()
}

/// The licence first.
#[component]
fn Terms(
    /// Of the weights.
    terms: Terms,
) -> impl IntoView {
    let said = terms.to_string();
    let class = if terms.permissive { "ok" } else { "wrong" };
    let note = (!terms.note.is_empty()).then(|| view! { <dt>"besides"</dt><dd>{terms.note.clone()}</dd> });
    view! {
        <dl class="terms">
            <dt>"licence"</dt>
            <dd class=class>{said}</dd>
            {note}
            <dt>"text"</dt>
            <dd><a href=terms.text.clone()>{terms.text.clone()}</a></dd>
            <dt>"weights"</dt>
            <dd><a href=terms.link.clone()>{terms.link.clone()}</a></dd>
        </dl>
    }
}

/// Its card, where it sees, and what it costs.
#[component]
fn Bill(
    /// What the engine estimated.
    bill: Estimated,
) -> impl IntoView {
    let card = bill.about.card.map(|card| {
        let row = |(name, said): (&'static str, String)| view! { <dt>{name}</dt><dd>{said}</dd> };
        facts(card).into_iter().map(row).collect_view()
    });
    let stages = bill.stages.iter().map(|s| {
        view! { <dt>{s.name.clone()}</dt><dd>{format!("{:.1} GFLOP", s.flops / 1e9)}</dd> }
    });
    let stages = stages.collect_view();
    view! {
        <dl class="bill">
            {card}
            {stages}
            <dt>"weights"</dt>
            <dd>{format!("{:.0} MB in {}", bill.weight_bytes / 1e6, bill.file)}</dd>
            <dt>"memory"</dt>
            <dd>{format!("{:.0} MB at most", bill.peak_bytes / 1e6)}</dd>
        </dl>
    }
}

fn facts(card: ModelCard) -> Vec<(&'static str, String)> {
    vec![
        ("parts", card.parts.join("; ")),
        ("pictures", card.pictures()),
        ("prompt", card.template),
        ("claims", format!("{} ({})", card.claims, card.source)),
        ("held to", card.oracle),
    ]
}
