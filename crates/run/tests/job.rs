//! `job.json`: the stored samples of every format read, a round trip is exact, newer formats are refused in words.

use std::path::Path;

use vitals_recipe::{Optimizer, Recipe, Task};
use vitals_run::{Job, JobError};

fn parse(text: &str) -> Result<Job, JobError> {
    Job::parse(text.as_bytes(), Path::new("/runs/x/job.json"))
}

const SAMPLE: &str = include_str!("samples/job-format-1.json");

#[test]
fn the_stored_sample_of_format_1_reads() {
    let job = parse(SAMPLE).expect("the sample is sound");
    assert_eq!((job.attempt, job.first_step, job.acknowledged_control), (2, 300, 4));
    assert_eq!((job.recipe.optimizer, job.recipe.seed, job.recipe.embed_dim), (Optimizer::Lamb, 7, 64));
    assert_eq!(job.dataset.facts.image_size, Some((28, 28)));
    assert_eq!(job.recipe.schedule(job.dataset.facts.images).total_steps, 600);
}

#[test]
fn the_stored_sample_of_format_2_reads() {
    let job = parse(include_str!("samples/job-format-2.json")).expect("the sample is sound");
    let probed = job.probed.expect("a probe says whom it judges");
    assert_eq!((probed.run.as_str(), probed.step), ("0199c2a4-7a3e-7c51-9d1f-3f0e8f6f2a11", Some(600)));
    assert_eq!((job.recipe.task, job.recipe.label_smoothing), (Task::Finetune, 0.1));
    assert_eq!(parse(SAMPLE).expect("the sample is sound").probed, None);
}

#[test]
fn a_round_trip_keeps_every_bit_of_every_number() {
    let mut job = parse(SAMPLE).expect("the sample is sound");
    let mut rate = 1e-4;
    for _ in 0..1000 {
        // 17 significant digits: a parser that is not exact loses the last bit of some of these.
        rate *= 1.000_123_456_789_1;
        job.recipe = Recipe { base_learning_rate: rate, temperature: rate.sqrt(), ..job.recipe };
        let text = job.to_json();
        assert_eq!(parse(&text).expect("its own text"), job);
    }
}

#[test]
fn a_newer_format_is_refused_in_words() {
    let newer = SAMPLE.replace("\"format\": 1", "\"format\": 3").replace("\"attempt\"", "\"try\"");
    let error = parse(&newer).expect_err("must be refused");
    assert!(matches!(error, JobError::Newer { found: 3, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "read /runs/x/job.json: its format 3 is newer than 2, the newest that this version reads; update Vitals"
    );
    assert!(matches!(parse("{"), Err(JobError::Unreadable { .. })));
}
