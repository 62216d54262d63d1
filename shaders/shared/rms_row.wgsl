#import sum_64
#import each_row
// y = v / √(mean(v²) + eps) · w with v = `value(i)`, asked for once, and `again(i)` after that by the same invocation.
fn count() -> u32 {
    return params.rows;
}

fn whole(row: u32, lane: u32) {
    let start = row * params.cols;
    var squares = 0.0;
    for (var c = lane; c < params.cols; c += 64u) {
        let v = value(start + c);
        squares += v * v;
    }
    let scale = inverseSqrt(sum_64(lane, squares) / f32(params.cols) + params.eps);
    for (var c = lane; c < params.cols; c += 64u) {
        y[start + c] = again(start + c) * scale * w[c];
    }
}
