//! Replays a fixture: `cargo run -p vitals-engine --example parity FIXTURE OUT [THREADS]`.
fn main() -> Result<(), vitals_engine::EngineError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(threads) = arguments.get(2).and_then(|threads| threads.parse().ok()) {
        vitals_engine::set_threads(threads);
    }
    vitals_engine::parity::run(arguments[0].as_ref(), arguments[1].as_ref())
}
