// Scores of queries with keys. The cache of values is not needed here, so only keys are read.

// How many keys query i of those looked at sees.
fn seen(i: u32) -> u32 {
    var place = params.start + params.first + i;
    if params.placed == 1u {
        place = places[i];
    }
    if params.causal == 1u {
        return min(params.keys, max(place + 1u, params.prefix));
    }
    return params.keys;
}

fn score(i: u32, h: u32, j: u32) -> f32 {
    let at = ((params.first + i) * params.heads + h) * params.head;
    let key = (h / (params.heads / params.groups) * params.room + j) * params.head;
    var dot = 0.0;
    for (var c = 0u; c < params.head; c++) {
        dot += q[at + c] * key_at(key + c);
    }
    dot *= params.scale;
    if params.biased == 1u {
        dot += bias[j];
    }
    return dot;
}
