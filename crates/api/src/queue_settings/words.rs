//! `NAME=VALUE`, as the command line says a setting: names as in the document of all settings, sizes with a unit, lists by
//! commas. An empty value takes a device's entry away.

use vitals_recipe::{nearest, plain_number};

use crate::dto::{ApiError, QueueSettings};
use crate::error::Result;
use crate::said::{Advice, Setting, names};

/// The names; DEVICE stands for `cpu` or `cuda:N`.
pub const NAMES: [&str; 15] = [
    "slots.DEVICE",
    "memory_bytes.DEVICE",
    "retry.times",
    "retry.causes",
    "low_disk_bytes",
    "checkpoint_limit_bytes",
    "journal_limit_bytes",
    "slurm.enabled",
    "slurm.partition",
    "slurm.account",
    "slurm.time",
    "slurm.gpus",
    "slurm.extra",
    "slurm.at_once",
    "slurm.conf",
];

/// Puts one word into the settings. Whether they can be obeyed is looked at when they are stored.
///
/// # Errors
/// `invalid_input`: no such name, or a value of another kind.
pub fn assign(settings: &mut QueueSettings, word: &str) -> Result<()> {
    let Some((name, value)) = word.split_once('=') else {
        let error = ApiError::invalid(Setting::NotNameValue { word: word.to_owned() });
        return Err(error.hint(all_names()));
    };
    let (name, value) = (name.trim(), value.trim());
    if let Some(device) = name.strip_prefix("slots.") {
        return entry(&mut settings.slots, device, value, |value| count(name, value));
    }
    if let Some(device) = name.strip_prefix("memory_bytes.") {
        return entry(&mut settings.memory_bytes, device, value, |value| size(name, value));
    }
    let slurm = &mut settings.slurm;
    match name {
        "retry.times" => settings.retry.times = count(name, value)?,
        "retry.causes" => settings.retry.causes = list(value),
        "low_disk_bytes" => settings.low_disk_bytes = size(name, value)?,
        "checkpoint_limit_bytes" => settings.checkpoint_limit_bytes = size(name, value)?,
        "journal_limit_bytes" => settings.journal_limit_bytes = size(name, value)?,
        "slurm.enabled" => slurm.enabled = yes(name, value)?,
        "slurm.partition" => value.clone_into(&mut slurm.partition),
        "slurm.account" => value.clone_into(&mut slurm.account),
        "slurm.time" => value.clone_into(&mut slurm.time),
        "slurm.gpus" => slurm.gpus = count(name, value)?,
        // An option may hold a comma; whoever has several writes them on lines.
        "slurm.extra" => {
            slurm.extra =
                value.lines().map(|line| line.trim().to_owned()).filter(|l| !l.is_empty()).collect();
        }
        "slurm.at_once" => slurm.at_once = count(name, value)?,
        "slurm.conf" => value.clone_into(&mut slurm.conf),
        _ => {
            let near = nearest(name, NAMES.iter().copied());
            let meant = near.map(|near| Advice::DidYouMean { name: near.to_owned() });
            let error = ApiError::invalid(Setting::Unknown { name: name.to_owned() });
            return Err(error.hint(meant.unwrap_or_else(all_names)));
        }
    }
    Ok(())
}

fn all_names() -> Advice {
    Advice::SettingNames { names: names(&NAMES) }
}

fn entry<T>(
    map: &mut std::collections::BTreeMap<String, T>,
    device: &str,
    value: &str,
    read: impl FnOnce(&str) -> Result<T>,
) -> Result<()> {
    if value.is_empty() {
        map.remove(device);
    } else {
        map.insert(device.to_owned(), read(value)?);
    }
    Ok(())
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn count(name: &str, value: &str) -> Result<u32> {
    plain_number(value).parse().map_err(|_| {
        ApiError::invalid(Setting::WholeNumber { name: name.to_owned(), found: value.to_owned() })
    })
}

fn yes(name: &str, value: &str) -> Result<bool> {
    match value {
        "true" | "on" | "yes" => Ok(true),
        "false" | "off" | "no" => Ok(false),
        _ => {
            let (name, found) = (name.to_owned(), value.to_owned());
            Err(ApiError::invalid(Setting::Boolean { name, found }))
        }
    }
}

/// Bytes, with or without a unit: `1073741824`, `2GiB`, `1.5 GB`.
fn size(name: &str, value: &str) -> Result<u64> {
    let wrong = || {
        ApiError::invalid(Setting::Size { name: name.to_owned(), found: value.to_owned() })
            .hint(Advice::SizeForms)
    };
    let digits = value.find(char::is_alphabetic).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let number = plain_number(number);
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * factor;
    // Whole numbers beyond this are no sizes of disks.
    if (0.0..=9e15).contains(&bytes) { Ok(bytes.round() as u64) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::base;
    use super::*;

    #[test]
    fn words_become_settings() {
        let mut settings = base();
        for word in [
            "slots.cpu=2",
            "slots.cuda:0=1",
            "memory_bytes.cuda:0=40GiB",
            "retry.times=2",
            "retry.causes=signal, reboot",
            "low_disk_bytes=1.5 GB",
            "checkpoint_limit_bytes=0",
            "journal_limit_bytes=1000",
            "slurm.enabled=on",
            "slurm.partition=gpu",
            "slurm.extra=--mem=8G\n--nodelist=a,b",
        ] {
            assign(&mut settings, word).unwrap();
        }
        assert_eq!(settings.slots, [("cpu".to_owned(), 2), ("cuda:0".to_owned(), 1)].into());
        assert_eq!(settings.memory_bytes, [("cuda:0".to_owned(), 40 << 30)].into());
        assert_eq!((settings.retry.times, settings.retry.causes.len()), (2, 2));
        assert_eq!((settings.low_disk_bytes, settings.journal_limit_bytes), (1_500_000_000, 1000));
        assert_eq!((settings.slurm.enabled, settings.slurm.extra.len()), (true, 2));
        assign(&mut settings, "slots.cuda:0=").unwrap();
        assert_eq!(settings.slots.len(), 1);
    }

    #[test]
    fn what_is_no_setting_is_told() {
        let told = |word: &str, expected: &str| {
            let error = assign(&mut base(), word).unwrap_err();
            assert!(format!("{} {}", error.message, error.hints.join(" ")).contains(expected), "{error:?}");
        };
        told("slots", "is not NAME=VALUE");
        told("retry.time=2", "did you mean retry.times?");
        told("slots.cpu=two", "slots.cpu is `two`; it must be a whole number");
        told("slots.cpu=-1", "it must be a whole number");
        told("low_disk_bytes=much", "it must be a size");
        told("low_disk_bytes=3 parsecs", "it must be a size");
        told("slurm.enabled=maybe", "it must be true or false");
    }
}
