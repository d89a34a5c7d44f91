//! When something happened, as the files and the doors write it.

use jiff::Timestamp;

/// RFC 3339 in UTC, to the millisecond, of milliseconds since 1970. Times beyond the years of the standard become its ends.
pub fn rfc3339(at: i64) -> String {
    let end = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
    format!("{:.3}", Timestamp::from_millisecond(at).unwrap_or(end))
}

/// Milliseconds since 1970 of an RFC 3339 time; none where the text is no such time.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    text.parse().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_to_the_millisecond() {
        assert_eq!(rfc3339(1_700_000_000_007), "2023-11-14T22:13:20.007Z");
        assert_eq!(parse_rfc3339("2023-11-14T22:13:20.007Z"), Some(1_700_000_000_007));
        assert_eq!(parse_rfc3339("2023-11-15T00:13:20+02:00"), Some(1_700_000_000_000));
        assert_eq!(parse_rfc3339("yesterday"), None);
    }

    #[test]
    fn no_time_is_beyond_the_years_of_the_standard() {
        assert!(rfc3339(i64::MAX).starts_with("9999-"));
        assert!(rfc3339(i64::MIN).starts_with("-009999-"));
    }
}
