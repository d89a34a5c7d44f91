//! The time: enters here and is handed down as a function.

use std::time::SystemTime;

/// Milliseconds since 1970. A clock before that reads as 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
