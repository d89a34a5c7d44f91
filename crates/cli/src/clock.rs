//! The time of day: the one place of this binary that asks for it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970; a clock before that counts as 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Now as RFC 3339.
pub fn now_text() -> String {
    vitals_api::rfc3339(now())
}
