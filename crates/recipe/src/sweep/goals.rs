//! What a sweep is after: `[objective]` says which metric is better in which direction, `[decide]` how its runs are judged.

use toml::Spanned;
use toml::de::DeValue;

use super::definition::{Decide, Goal, Objective};
use super::findings::{Findings, integer_of, number_of};
use super::mistake::Mistake;
use crate::described::{Expected, Part};
use crate::reading::USUAL;

pub(super) fn read_objective(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Objective> {
    let table = findings.table(value, Part::key("objective"))?;
    for (key, _) in table.iter().filter(|(key, _)| !["metric", "goal"].contains(&key.get_ref().as_ref())) {
        findings.unknown_key(key.span(), key.get_ref(), Part::section("[objective]"), &["metric", "goal"]);
    }
    let (Some(metric), Some(goal)) = (table.get("metric"), table.get("goal")) else {
        findings.error(value.span(), Mistake::ObjectiveNeeds);
        return None;
    };
    let metric = findings.text(metric, "metric")?;
    let word = findings.text(goal, "goal")?;
    let goal = match word.as_str() {
        "maximize" => Goal::Maximize,
        "minimize" => Goal::Minimize,
        _ => {
            findings.error(goal.span(), Mistake::UnknownGoal { found: word });
            return None;
        }
    };
    Some(Objective { metric, goal })
}

/// Keys of `[decide]`.
const DECIDE: &[&str] = &["value", "smallest_effect", "looks"];

pub(super) fn read_decide(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Decide> {
    let table = findings.table(value, Part::key("decide"))?;
    for (key, _) in table.iter().filter(|(key, _)| !DECIDE.contains(&key.get_ref().as_ref())) {
        findings.unknown_key(key.span(), key.get_ref(), Part::section("[decide]"), DECIDE);
    }
    let mut decide = Decide { value: USUAL, smallest_effect: None, looks: Vec::new() };
    if let Some(word) = table.get("value") {
        let text = findings.text(word, "value")?;
        match text.parse() {
            Ok(reading) => decide.value = reading,
            Err(_) => {
                findings.error(word.span(), Mistake::UnknownReading { found: text });
            }
        }
    }
    if let Some(smallest) = table.get("smallest_effect") {
        match number_of(smallest.get_ref()) {
            Some(number) if number > 0.0 && number.is_finite() => decide.smallest_effect = Some(number),
            Some(_) => {
                findings.error(smallest.span(), Mistake::SmallestEffect);
            }
            None => findings.wrong_type(smallest, Part::key("smallest_effect"), Expected::Number),
        }
    }
    if let Some(looks) = table.get("looks") {
        let DeValue::Array(items) = looks.get_ref() else {
            findings.wrong_type(looks, Part::key("looks"), Expected::List);
            return Some(decide);
        };
        let numbers: Option<Vec<i64>> = items.iter().map(|item| integer_of(item.get_ref())).collect();
        let rises = |numbers: &[i64]| numbers[0] >= 2 && numbers.windows(2).all(|two| two[0] < two[1]);
        match numbers.filter(|numbers| numbers.is_empty() || rises(numbers)) {
            // At least 2, so none is lost.
            Some(numbers) => decide.looks = numbers.into_iter().map(i64::unsigned_abs).collect(),
            None => {
                findings.error(looks.span(), Mistake::LooksRise);
            }
        }
    }
    Some(decide)
}

#[cfg(test)]
mod tests {
    use crate::reading::{Reading, USUAL};
    use crate::sweep::parse;

    fn decide(text: &str) -> Option<(Reading, Option<f64>, Vec<u64>)> {
        let sweep = parse(&format!("format = 1\n{text}"), "a.toml").unwrap();
        sweep.decide.map(|decide| (decide.value, decide.smallest_effect, decide.looks))
    }

    #[test]
    fn how_runs_are_judged() {
        assert_eq!(decide(""), None);
        assert_eq!(decide("[decide]"), Some((USUAL, None, vec![])));
        assert_eq!(
            decide("[decide]\nvalue = \"best\"\nsmallest_effect = 1e-2\nlooks = [6, 9, 12]"),
            Some((Reading::Best, Some(0.01), vec![6, 9, 12]))
        );
        // A whole number is a number, too.
        assert_eq!(decide("[decide]\nsmallest_effect = 1\nlooks = []"), Some((USUAL, Some(1.0), vec![])));
    }
}
