//! SIGTERM and Ctrl-C as a future: the supervisor ends, runs go on.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves at the first SIGTERM or SIGINT. Where the handlers cannot be installed it never does, and the signals
/// keep their usual meaning.
pub async fn stop_signals() {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}
