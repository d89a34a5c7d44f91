//! `vitals supervise`: the workspace's supervisor in this process.

use std::sync::Arc;

use serde_json::json;
use vitals_api::{Context, Ended, Options, Result, Supervisor, stop_signals};

use crate::clock;
use crate::out::Out;
use crate::queue_commands::look_twice;

pub async fn supervise(context: &Context, until_idle: bool, detached: bool, out: &Out) -> Result<u8> {
    let mut options = Options::new(Arc::new(clock::now), context.binaries().clone());
    if until_idle {
        options = options.until_idle();
    }
    options.detached = detached;
    look_twice(context, out).await?;
    out.remark(format!("supervising {}", context.workspace().root().display()));
    let ended = Supervisor::run(context.workspace().root(), options, stop_signals()).await?;
    let why = match ended {
        Ended::Idle => "nothing left to do",
        Ended::Stopped => "stopped; runs go on",
    };
    if out.json {
        out.document(&json!({ "ended": why }))?;
    } else {
        out.remark(why);
    }
    Ok(0)
}
