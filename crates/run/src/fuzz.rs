//! Entry points for bytes that come from anywhere: what the fuzz targets (`tests/fuzz`) and a test call. Each must return,
//! whatever the bytes are, and checks what it is given back; its answer is whether they were understood. Not for use by
//! programs.

use std::path::Path;

use serde_json::Value;
use vitals_recipe::{check, effective_learning_rate};

use crate::{ImportRecord, Job, RunConfig};

/// `job.json` or `import.json`: what is read can be written, is read from there as the same, and can be worked with.
pub fn job(bytes: &[u8]) -> bool {
    let path = Path::new("file");
    let job = Job::parse(bytes, path).ok();
    if let Some(job) = &job {
        assert_eq!(Job::parse(job.to_json().as_bytes(), path).as_ref(), Ok(job));
        let (recipe, facts) = (&job.recipe, &job.dataset.facts);
        check(recipe, Some(facts));
        effective_learning_rate(recipe);
        let schedule = recipe.schedule(facts.images);
        for step in [0, job.first_step, schedule.total_steps] {
            schedule.learning_rate(recipe, step);
            schedule.encoder_momentum(recipe, step);
        }
    }
    let import = ImportRecord::parse(bytes, path).ok();
    if let Some(import) = &import {
        assert_eq!(ImportRecord::parse(import.to_json().as_bytes(), path).as_ref(), Ok(import));
    }
    // A configuration that is given beside a table.
    let config =
        serde_json::from_slice::<Value>(bytes).ok().and_then(|value| RunConfig::from_json(&value).ok());
    if let Some(config) = config {
        let text = serde_json::to_vec(&config).unwrap_or_default();
        assert_eq!(serde_json::from_slice::<RunConfig>(&text).ok(), Some(config));
    }
    job.is_some() || import.is_some()
}

#[cfg(test)]
mod tests {
    use vitals_fixtures::{fuzz, samples};

    use super::*;
    use crate::{IMPORT_FORMAT, Imported};

    #[test]
    fn every_entry_stands_anything() {
        let config = serde_json::json!({ "lr": 1e-4, "optim": { "name": "adamw", "betas": [0.9, 0.95] }, "frozen": false });
        let import = ImportRecord {
            format: IMPORT_FORMAT,
            run: "01a0c450-6c00-702e-8a2a-d576b918056d".to_owned(),
            label: "theirs".to_owned(),
            steps: 3,
            imported: Imported { config: RunConfig::from_json(&config).unwrap(), ..Imported::default() },
        };
        let seeds = [samples("crates/run/tests/samples", ".json"), vec![import.to_json().into_bytes()]];
        fuzz("vitals_run", &[("job", job, seeds.concat())]);
    }
}
