// Keys that a query sees.
fn seen_by(row: u32) -> u32 {
    return select(params.keys, min(params.keys, max(params.start + row + 1u, params.prefix)), params.causal == 1u);
}
