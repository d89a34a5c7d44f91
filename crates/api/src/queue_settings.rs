//! What the supervisor obeys, read and changed: slots by number and memory, limits, retries, the cluster. A change is
//! checked as a whole and taken as a whole; a running supervisor obeys it at its next look.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vitals_recipe::Told;
use vitals_run::Standstill;
use vitals_supervisor::{Cause, DeviceState, Devices, Mistake, RetrySettings, settings, trust};

use crate::Context;
use crate::dto::{ApiError, QueueSettings, RetryPolicy, SlurmSettings};
use crate::error::{Result, hinted};
use crate::said::{Advice, Setting, names};
use crate::supervisor;

mod words;

pub use words::assign;

/// Slots that one device can be given.
const MOST_SLOTS: u32 = 64;
/// Retries in a row beyond which something is wrong that no retry mends.
const MOST_RETRIES: u32 = 100;

/// The settings as they are, defaults where nothing is set.
pub async fn get(context: &Context) -> Result<QueueSettings> {
    let store = context.store();
    let retry: RetrySettings = store.setting(settings::RETRY).await?.unwrap_or_default();
    let slurm: settings::SlurmSettings = store.setting(settings::SLURM).await?.unwrap_or_default();
    let low_disk: Option<u64> = store.setting(settings::LOW_DISK_BYTES).await?;
    Ok(QueueSettings {
        slots: store.setting(settings::SLOTS).await?.unwrap_or_default(),
        memory_bytes: store.setting(settings::MEMORY_BYTES).await?.unwrap_or_default(),
        retry: RetryPolicy {
            times: retry.times,
            causes: retry.causes.iter().map(|cause| cause.as_str().to_owned()).collect(),
        },
        low_disk_bytes: low_disk.unwrap_or(settings::LOW_DISK_BYTES_DEFAULT),
        checkpoint_limit_bytes: store.setting(settings::CHECKPOINT_LIMIT_BYTES).await?.unwrap_or(0),
        journal_limit_bytes: store.setting(settings::JOURNAL_LIMIT_BYTES).await?.unwrap_or(0),
        slurm: SlurmSettings {
            enabled: slurm.enabled,
            partition: slurm.partition,
            account: slurm.account,
            time: slurm.time,
            gpus: slurm.gpus,
            extra: slurm.extra,
            at_once: slurm.at_once,
            conf: slurm.conf,
        },
    })
}

/// Stores the settings and returns them as they are now. Where runs wait, a supervisor is there afterwards to obey them.
///
/// # Errors
/// `invalid_input` names the setting, what it is and what it can be; nothing is changed then.
pub async fn set(context: &Context, wanted: QueueSettings) -> Result<QueueSettings> {
    write(context, None, wanted).await
}

/// As [`set`], but for what is as it was: that may have been changed by somebody else since it was read.
///
/// # Errors
/// As [`set`].
pub async fn change(context: &Context, read: &QueueSettings, wanted: QueueSettings) -> Result<QueueSettings> {
    write(context, Some(read), wanted).await
}

async fn write(
    context: &Context,
    read: Option<&QueueSettings>,
    wanted: QueueSettings,
) -> Result<QueueSettings> {
    // A setting that nobody understands is what this call may be meant to mend.
    let before = get(context).await.ok();
    let mut devices = Devices::find().states(&BTreeMap::new(), &BTreeMap::new());
    // Which GPUs there are is the worker's word, which a supervisor took.
    for seen in supervisor::seen(context).await?.status.devices {
        if devices.iter().all(|found| found.device != seen.device) {
            devices.push(seen);
        }
    }
    check(&wanted, before.as_ref(), &devices)?;
    let store = context.store();
    let mut rows = rows(&wanted);
    if let Some(read) = read {
        let same = self::rows(read);
        rows.retain(|row| !same.contains(row));
    }
    store.set_settings(&rows).await?;
    // Whoever writes them means them; what stood there before, and is of somebody else, is not confirmed by the way.
    if read.or(before.as_ref()).is_none_or(|before| before.slurm != wanted.slurm) {
        trust::confirm(store, &cluster(&wanted.slurm))?;
    }
    if !store.queue().await?.is_empty() {
        supervisor::ensure(context).await?;
    }
    get(context).await
}

/// Every setting as it is stored.
fn rows(all: &QueueSettings) -> Vec<(&'static str, Value)> {
    let retry = RetrySettings {
        times: all.retry.times,
        causes: all.retry.causes.iter().filter_map(|cause| Cause::parse(cause)).collect(),
    };
    vec![
        (settings::SLOTS, json!(all.slots)),
        (settings::MEMORY_BYTES, json!(all.memory_bytes)),
        (settings::RETRY, json!(retry)),
        (settings::LOW_DISK_BYTES, json!(all.low_disk_bytes)),
        (settings::CHECKPOINT_LIMIT_BYTES, json!(all.checkpoint_limit_bytes)),
        (settings::JOURNAL_LIMIT_BYTES, json!(all.journal_limit_bytes)),
        (settings::SLURM, json!(all.slurm)),
    ]
}

/// This user has looked at `seen`, and runs may be sent off by its cluster: not by what somebody else has written in its place since.
///
/// # Errors
/// `invalid_input` for settings that make no sense; `failed` where the user's record cannot be written.
pub async fn confirm(context: &Context, seen: &QueueSettings) -> Result<QueueSettings> {
    let cluster = cluster(&seen.slurm);
    vitals_supervisor::check(&cluster).map_err(refused)?;
    trust::confirm(context.store(), &cluster)?;
    let found = get(context).await?;
    if found.slurm == seen.slurm {
        // Seen by the supervisor at its next look.
        context.store().set_setting(settings::SLURM, &cluster).await?;
    }
    Ok(found)
}

/// Why nothing is sent off by the settings that stand in the workspace; `None`: it is, or nothing is to be sent.
pub async fn unconfirmed(context: &Context) -> Result<Option<Told>> {
    let found: settings::SlurmSettings = context.store().setting(settings::SLURM).await?.unwrap_or_default();
    let held_back = found.enabled && !trust::is_trusted(context.store(), &found);
    Ok(held_back.then(|| Standstill::Unconfirmed { what: found.in_words() }.into()))
}

fn cluster(form: &SlurmSettings) -> settings::SlurmSettings {
    settings::SlurmSettings {
        enabled: form.enabled,
        partition: form.partition.clone(),
        account: form.account.clone(),
        time: form.time.clone(),
        gpus: form.gpus,
        extra: form.extra.clone(),
        at_once: form.at_once,
        conf: form.conf.clone(),
    }
}

/// A mistake with what to do about it.
fn refused(mistake: Mistake) -> ApiError {
    let advice = match &mistake {
        Mistake::NoName { .. } => Some(Advice::ClusterName),
        Mistake::NoTime { .. } => Some(Advice::TimeLimitForms),
        Mistake::OutOfRange { name, .. } if name == "slurm.at_once" => {
            Some(Advice::SubmitNothing { name: "slurm.enabled".to_owned() })
        }
        _ => None,
    };
    hinted(ApiError::invalid(mistake), advice)
}

/// Whether the settings can be obeyed on a machine with these devices. What was stored before may name a device that is
/// away for now; a new wish may not.
fn check(wanted: &QueueSettings, before: Option<&QueueSettings>, devices: &[DeviceState]) -> Result<()> {
    for (device, &slots) in &wanted.slots {
        if before.is_some_and(|before| before.slots.get(device) == Some(&slots)) {
            continue;
        }
        known(device, devices)?;
        if !(1..=MOST_SLOTS).contains(&slots) {
            return Err(
                out_of_range(&format!("slots.{device}"), slots, 1, MOST_SLOTS).hint(Advice::PauseQueue)
            );
        }
    }
    for (device, &bytes) in &wanted.memory_bytes {
        if before.is_some_and(|before| before.memory_bytes.get(device) == Some(&bytes)) {
            continue;
        }
        let total = known(device, devices)?.memory_total_bytes;
        if bytes < LEAST_MEMORY || total.is_some_and(|total| bytes > total) {
            let (name, found, least) = (format!("memory_bytes.{device}"), bytes, LEAST_MEMORY);
            let said = match total {
                Some(most) => Setting::Memory { name, found, least, most },
                None => Setting::LeastMemory { name, found, least },
            };
            return Err(ApiError::invalid(said).hint(Advice::AllMemory));
        }
    }
    check_retry(&wanted.retry)?;
    vitals_supervisor::check(&cluster(&wanted.slurm)).map_err(refused)
}

/// No run takes less than this.
const LEAST_MEMORY: u64 = 64 << 20;

fn known<'a>(device: &str, devices: &'a [DeviceState]) -> Result<&'a DeviceState> {
    devices.iter().find(|known| known.device == device).ok_or_else(|| {
        let names = devices.iter().map(|known| known.device.as_str()).collect();
        let error = ApiError::invalid(Setting::NoDevice { device: device.to_owned() });
        error.hint(Advice::Devices { names })
    })
}

fn check_retry(retry: &RetryPolicy) -> Result<()> {
    let causes = || names(&Cause::ALL.map(Cause::as_str));
    if let Some(cause) = retry.causes.iter().find(|cause| Cause::parse(cause).is_none()) {
        let said = Setting::NoCause { found: cause.clone(), causes: causes() };
        return Err(ApiError::invalid(said).hint(Advice::NeverRetried));
    }
    if retry.times > MOST_RETRIES {
        return Err(out_of_range("retry.times", retry.times, 0, MOST_RETRIES));
    }
    if retry.times > 0 && retry.causes.is_empty() {
        return Err(ApiError::invalid(Setting::NoCauses).hint(Advice::NameACause { causes: causes() }));
    }
    Ok(())
}

fn out_of_range(name: &str, found: u32, least: u32, most: u32) -> ApiError {
    ApiError::invalid(Setting::Range { name: name.to_owned(), found, least, most })
}

#[cfg(test)]
#[path = "queue_settings/tests.rs"]
mod tests;
