//! Long work on the only thread: now and then others have their turn, and whoever wants to stop is heard.

use squint_ops::Host;

/// Milliseconds between two turns of others. Twice that, and a stop is still heard within a tenth of a second.
const STRETCH: f64 = 30.0;

pub struct Pace<'a> {
    host: &'a Host,
    since: f64,
}

impl Pace<'_> {
    pub fn new(host: &Host) -> Pace<'_> {
        Pace { host, since: (host.now)() }
    }

    /// Between two pieces of work: comes back at once, unless others have waited long.
    pub async fn rest(&mut self) {
        if (self.host.now)() - self.since >= STRETCH {
            (self.host.pause)().await;
            self.since = (self.host.now)();
        }
    }
}
