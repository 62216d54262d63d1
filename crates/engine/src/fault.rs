use squint_ops::Error;
use squint_protocol::Fault;

/// An error of the lower crates as visitors see it.
pub fn fault(e: Error) -> Fault {
    Fault::new(e.code, e.what, e.hint)
}
