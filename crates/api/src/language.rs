//! The two languages in which the host itself writes for people: a report is a file of its own, and no window stands behind it to
//! put sentences into words. Knows no word: English of sentences stands where they are declared, all else in the window's
//! catalogues, which are built in, so that a report and the screen call one thing by one name.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::Value;
use vitals_recipe::{Form, Sentence, Tells, Told, metric};

use crate::digits;
use crate::dto::Language;

/// Names of parameters, layers and events, what Decide says, and lengths of time.
const ENGLISH: [&str; 3] = [
    include_str!("../../../ui/src/lib/i18n/en/words.json"),
    include_str!("../../../ui/src/lib/i18n/en/decide.json"),
    include_str!("../../../ui/src/lib/i18n/en/common.json"),
];
const KOREAN: [&str; 4] = [
    include_str!("../../../ui/src/lib/i18n/ko/words.json"),
    include_str!("../../../ui/src/lib/i18n/ko/decide.json"),
    include_str!("../../../ui/src/lib/i18n/ko/common.json"),
    include_str!("../../../ui/src/lib/i18n/ko/sentences.json"),
];
const KOREAN_METRICS: &str = include_str!("../../../ui/src/lib/metrics.ko.json");

type Catalogue = BTreeMap<String, String>;

/// A file that is built in is JSON, as a test holds; one that is not says nothing.
fn joined(files: &[&str]) -> Catalogue {
    files.iter().filter_map(|file| serde_json::from_str::<Catalogue>(file).ok()).flatten().collect()
}

fn forms() -> &'static HashMap<String, &'static Sentence> {
    static FORMS: OnceLock<HashMap<String, &'static Sentence>> = OnceLock::new();
    FORMS.get_or_init(|| crate::sentences::sentences().into_iter().map(|one| (one.key(), one)).collect())
}

impl Language {
    /// As `lang` of a page has it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    fn catalogue(self) -> &'static Catalogue {
        static ALL: [OnceLock<Catalogue>; 2] = [OnceLock::new(), OnceLock::new()];
        match self {
            Self::En => ALL[0].get_or_init(|| joined(&ENGLISH)),
            Self::Ko => ALL[1].get_or_init(|| joined(&KOREAN)),
        }
    }

    /// A sentence of ours.
    pub(crate) fn say(self, sentence: &impl Tells) -> String {
        self.told(&sentence.told())
    }

    /// A sentence that was told; in English where this language lacks it.
    pub(crate) fn told(self, told: &Told) -> String {
        let known = self.catalogue().get(&told.kind).zip(forms().get(&told.kind));
        let Some((text, sentence)) = known else { return told.text.clone() };
        filled(text, |name| {
            let (_, form) = sentence.fields.iter().find(|(field, _)| *field == name)?;
            Some(self.written(*form, told.fields.get(name)?))
        })
    }

    fn written(self, form: Form, value: &Value) -> String {
        match (form, value) {
            (Form::Sentence, value) => serde_json::from_value::<Told>(value.clone())
                .map_or_else(|_| String::new(), |told| self.told(&told)),
            (Form::Names, Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            (Form::Bytes, value) => vitals_recipe::Bytes(value.as_u64().unwrap_or(0)).to_string(),
            (_, Value::String(text)) => text.clone(),
            (_, value) => value.as_f64().map_or_else(|| value.to_string(), digits::setting),
        }
    }

    /// A word of the window's catalogues; the key itself where there is none, which a test would find.
    pub(crate) fn word(self, key: &str) -> String {
        self.known_word(key).unwrap_or_else(|| key.to_owned())
    }

    pub(crate) fn known_word(self, key: &str) -> Option<String> {
        self.catalogue().get(key).cloned()
    }

    /// The same with `{name}` replaced; of one of something as the catalogue has it.
    pub(crate) fn words(self, key: &str, fields: &[(&str, &str)]) -> String {
        let is_one = fields.contains(&("n", "1"));
        let one = is_one.then(|| self.known_word(&format!("{key}.one"))).flatten();
        let text = one.unwrap_or_else(|| self.word(key));
        filled(&text, |name| {
            fields.iter().find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// What people call a metric; its name where nobody declared it.
    pub(crate) fn metric(self, name: &str) -> String {
        static TITLES: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
        let korean = || {
            let names = TITLES.get_or_init(|| serde_json::from_str(KOREAN_METRICS).unwrap_or_default());
            names.get(name)?.get("title")?.as_str().map(str::to_owned)
        };
        let own = if self == Self::Ko { korean() } else { None };
        own.unwrap_or_else(|| metric(name, None).map_or(name, |known| known.row().title).to_owned())
    }

    /// The fourth block as "Block 3", or short as "B3"; of other programs as it is.
    pub(crate) fn layer(self, name: &str, is_short: bool) -> String {
        let room = if is_short { "layer_short" } else { "layer" };
        // Of layers that are numbered the catalogue has the word for one.
        let one = name.rsplit_once('.').and_then(|(stem, number)| Some((stem.strip_suffix('s')?, number)));
        if let Some((key, number)) = one.map(|(stem, number)| (format!("{room}.{stem}"), number))
            && self.known_word(&key).is_some()
        {
            return self.words(&key, &[("n", number)]);
        }
        let stage = name.strip_prefix("layer").and_then(|rest| rest.split_once('.'));
        if let Some((stage, Ok(block))) = stage.map(|(stage, block)| (stage, block.parse::<u32>())) {
            let block = block.saturating_add(1).to_string();
            return self.words(&format!("{room}.stage"), &[("stage", stage), ("block", &block)]);
        }
        let short = self.known_word(&format!("{room}.{name}"));
        short.or_else(|| self.known_word(&format!("layer.{name}"))).unwrap_or_else(|| name.to_owned())
    }

    /// 2 h 51 min.
    pub(crate) fn duration(self, seconds: f64) -> String {
        let whole = seconds.max(0.0).round() as u64;
        let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
        let said =
            |key: &str, a: u64, b: u64| self.words(key, &[("a", &a.to_string()), ("b", &b.to_string())]);
        match (days, hours, minutes) {
            (0, 0, 0) => said("time.s", whole, 0),
            (0, 0, minutes) => said("time.m", minutes, 0),
            (0, hours, minutes) => said("time.h", hours, minutes),
            (days, hours, _) => said("time.d", days, hours),
        }
    }
}

/// A text with `{name}` replaced where something is known of the name.
pub(crate) fn filled(text: &str, field: impl Fn(&str) -> Option<String>) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        found.push_str(before);
        match after.split_once('}').and_then(|(name, behind)| Some((field(name)?, behind))) {
            Some((value, behind)) => {
                found.push_str(&value);
                rest = behind;
            }
            None => {
                found.push('{');
                rest = after;
            }
        }
    }
    found + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::said::Why;

    #[test]
    fn every_file_is_a_catalogue_and_every_sentence_has_its_korean() {
        for file in ENGLISH.iter().chain(&KOREAN) {
            assert!(serde_json::from_str::<Catalogue>(file).is_ok_and(|words| !words.is_empty()));
        }
        let lacking: Vec<String> =
            forms().keys().filter(|key| Language::Ko.known_word(key).is_none()).cloned().collect();
        assert_eq!(lacking, [""; 0]);
    }

    #[test]
    fn one_thing_in_both_languages() {
        let why = Why::FewPairs { n: 3, least: 6 };
        assert_eq!(Language::En.say(&why), "3 of the 6 pairs that any test needs");
        assert_eq!(Language::Ko.say(&why), "짝이 3개입니다. 6개가 되어야 검정할 수 있습니다");
        let both = |of: fn(Language) -> String| [of(Language::En), of(Language::Ko)];
        assert_eq!(both(|one| one.metric("knn_top1")), ["kNN accuracy", "kNN 정확도"]);
        assert_eq!(both(|one| one.metric("theirs")), ["theirs", "theirs"]);
        assert_eq!(both(|one| one.layer("blocks.3", false)), ["Block 3", "블록 3"]);
        assert_eq!(both(|one| one.layer("layer1.0", true)), ["S1.1", "S1.1"]);
        assert_eq!(both(|one| one.duration(10_290.0)), ["2 h 51 min", "2시간 51분"]);
        assert_eq!(both(|one| one.word("decide.verdict.helps")), ["helps", "효과 있음"]);
    }

    #[test]
    fn only_known_fields_are_filled() {
        let known = |name: &str| (name == "n").then(|| "7".to_owned());
        assert_eq!(filled("{n} of {m}, {n}{", known), "7 of {m}, 7{");
    }
}
