// A run is walked four by four.
const APART = 0u;
const SPAN = RUN;
fn eight(i: u32) -> mat2x4<f32> {
    return mat2x4(places(i), vec4<f32>());
}
