// Keys that a query sees: up to which, and from which on.
fn seen_by(row: u32) -> u32 {
    return select(params.keys, min(params.keys, max(params.start + row + 1u, params.prefix)), params.causal == 1u);
}

fn seen_from(row: u32) -> u32 {
    let end = params.start + row + 1u;
    return select(0u, end - min(end, params.window), params.window > 0u);
}
