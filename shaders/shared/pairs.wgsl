// A word holds the codes of four numbers low and of the four APART from them high: read once, used twice. A run is walked
// as far as SPAN.
const APART = 16u;
const SPAN = 16u;
