//! Labels as rows and members state them, numbers or names, made numbers for all splits alike. Where they are found is told by
//! their sources.

use std::collections::BTreeSet;

/// A label as it is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stated {
    Number(u32),
    Name(String),
}

/// What a number says of a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Numeral {
    Class(u32),
    /// Below zero or not a number: Hugging Face marks "no label" (the test split of ImageNet) with -1.
    None,
    /// Between two classes, or beyond all of them.
    Between,
}

impl Numeral {
    /// `1.0` is 1.
    pub(crate) fn of(number: f64) -> Self {
        if number.is_nan() || number < 0.0 {
            Self::None
        } else if number.fract() == 0.0 && number <= f64::from(u32::MAX) {
            Self::Class(number as u32)
        } else {
            Self::Between
        }
    }
}

fn numeral(name: &str) -> Numeral {
    name.parse::<f64>().map_or(Numeral::Between, Numeral::of)
}

/// True where some labels are stated as numbers and others as names that are none.
pub(crate) fn are_mixed(splits: &[Vec<Option<Stated>>]) -> bool {
    let stated = || splits.iter().flatten().flatten();
    let is_name = |label: &Stated| matches!(label, Stated::Name(name) if numeral(name) == Numeral::Between);
    stated().any(is_name) && stated().any(|label| matches!(label, Stated::Number(_)))
}

/// Labels of each split as numbers, and the class names by label: empty where the labels are numbers. Names that all are numbers
/// are numbers; other names are numbered in name order.
pub(crate) fn number(splits: Vec<Vec<Option<Stated>>>) -> (Vec<Vec<Option<u32>>>, Vec<String>) {
    let stated = || splits.iter().flatten().flatten();
    let are_numbers = stated().all(|label| match label {
        Stated::Number(_) => true,
        Stated::Name(name) => numeral(name) != Numeral::Between,
    });
    let text = |label: &Stated| match label {
        Stated::Number(number) => number.to_string(),
        Stated::Name(name) => name.clone(),
    };
    let names: BTreeSet<String> = if are_numbers { BTreeSet::new() } else { stated().map(text).collect() };
    let names: Vec<String> = names.into_iter().collect();
    let label = |label: Stated| match &label {
        Stated::Number(number) if are_numbers => Some(*number),
        Stated::Name(name) if are_numbers => match numeral(name) {
            Numeral::Class(number) => Some(number),
            Numeral::None | Numeral::Between => None,
        },
        _ => names.binary_search(&text(&label)).ok().map(|place| place as u32),
    };
    let labels =
        splits.into_iter().map(|split| split.into_iter().map(|stated| stated.and_then(label)).collect());
    (labels.collect(), names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(labels: &[&str]) -> (Vec<Option<u32>>, Vec<String>) {
        let stated = labels.iter().map(|label| Some(Stated::Name((*label).to_owned()))).collect();
        let (labels, names) = number(vec![stated]);
        (labels.concat(), names)
    }

    #[test]
    fn numbers_stay_and_names_are_numbered() {
        assert_eq!(numbered(&["3", "0", "1.0"]), (vec![Some(3), Some(0), Some(1)], vec![]));
        assert_eq!(numbered(&["2", "-1", "nan"]), (vec![Some(2), None, None], vec![]));
        let names = vec!["cat".to_owned(), "dog".to_owned()];
        assert_eq!(numbered(&["dog", "cat", "dog"]), (vec![Some(1), Some(0), Some(1)], names));
        let names = vec!["1".to_owned(), "1.5".to_owned(), "dog".to_owned()];
        assert_eq!(numbered(&["1", "1.5", "dog"]), (vec![Some(0), Some(1), Some(2)], names));
    }
}
