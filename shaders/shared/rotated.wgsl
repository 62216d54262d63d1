#import turn
// Number `at` of x, which is number `c` of its head, as it is when its pair stands at position `place`.
fn rotated(at: u32, c: u32, place: u32) -> f32 {
    if c >= params.rotated {
        return x[at];
    }
    // Which pair this number belongs to, whether it is its second, and how far off the other one lies.
    let half_way = params.rotated / 2u;
    var i = c % half_way;
    var second = c >= half_way;
    var apart = half_way;
    if params.side_by_side == 1u {
        i = c / 2u;
        second = c % 2u == 1u;
        apart = 1u;
    }
    let t = turn(place, table[i]) * params.gain;
    if second {
        return x[at - apart] * t.y + x[at] * t.x;
    }
    return x[at] * t.x - x[at + apart] * t.y;
}
