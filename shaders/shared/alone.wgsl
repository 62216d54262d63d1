// Codes that come as numbers of their own, walked four by four, and need no offset: what block.wgsl, pairs.wgsl and
// singly.wgsl say of the others.
const FIELD = vec4(1.0);
const APART = 0u;
const SPAN = RUN;
const OFFSETS = false;
fn eight(i: u32) -> mat2x4<f32> {
    return mat2x4(codes(i), vec4<f32>());
}
