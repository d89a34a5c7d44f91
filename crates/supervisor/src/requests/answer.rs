//! What was done for a request, or why not: words for whoever asked.

pub(super) type Answer = std::result::Result<String, String>;

pub(super) fn done(text: impl Into<String>) -> Answer {
    Ok(text.into())
}

pub(super) fn refused(text: impl Into<String>) -> Answer {
    Err(text.into())
}
