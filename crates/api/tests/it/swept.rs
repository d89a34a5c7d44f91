//! Runs of a sweep as a supervisor leaves them: folders with the job, its data set and its machine, a journal, states. For what
//! looks at sweeps as a whole.

use std::collections::BTreeMap;

use vitals_api::{Evidence, RunState, sweeps};
use vitals_journal::{Column, EndRecord, FORMAT_VERSION, Header, RunFolder, Writer, WriterOptions};
use vitals_recipe::{DatasetFacts, Point};
use vitals_run::{EndReason, JOB_FORMAT, Job, JobDataset, JobSweep};
use vitals_series::synthetic::{Jump, Synthetic};

use crate::world::World;

/// What stands nowhere in what is written for others.
pub const MACHINE: &str = "machine-of-somebody";
pub const PLACE: &str = "/home/somebody/images";

/// How the runs of a sweep come out.
pub struct Swept {
    /// The whole file.
    pub text: String,
    pub steps: u64,
    /// Steps between evaluations.
    pub every: u64,
    /// Layers with a gradient norm; without any there is nothing to find.
    pub layers: usize,
    /// The last accuracy of a point and seed; NaN is one, too.
    pub outcome: fn(&Point, u64) -> f64,
    /// Where its first layer leaps, if it does; the others follow.
    pub spike: fn(&Point, u64) -> Option<u64>,
    /// None: it does not train any more.
    pub ended: fn(&Point, u64) -> Option<RunState>,
}

/// Makes them; the sweep's id.
pub async fn swept(world: &World, made: &Swept) -> String {
    let context = &world.context;
    let (sweep, revision, points) = sweeps::add(context, &made.text, "swept.toml").await.unwrap();
    let stored = context.store().sweep(sweep).await.unwrap();
    for point in &points {
        for &seed in &point.seeds {
            let Some(state) = (made.ended)(point, seed) else { continue };
            let id = vitals_api::RunId::from_u128(
                u128::from_str_radix(&point.id[..16], 16).unwrap() << 64 | u128::from(seed) << 8 | 1,
            );
            let folder = context.workspace().run_folder(id);
            let asked = JobSweep {
                id: sweep.to_string(),
                revision,
                source: stored.source.clone(),
                name: stored.name.clone(),
                text: made.text.clone(),
                hash: stored.hash.clone(),
            };
            fill(&folder, made, (point, seed), (&id.to_string(), asked));
            vitals_supervisor::ingest_folder(context.store(), folder.path(), context.now()).await.unwrap();
            for (seconds, state) in
                (0..).zip([RunState::Queued, RunState::Starting, RunState::Running, state])
            {
                let at = context.now() + 90_000 * seconds;
                context.store().set_state(id, state, Evidence::said("made"), at).await.unwrap();
            }
        }
    }
    sweep.to_string()
}

fn fill(folder: &RunFolder, made: &Swept, (point, seed): (&Point, u64), (run, sweep): (&str, JobSweep)) {
    let versions: BTreeMap<String, String> = [("vitals", "0.9.2"), ("libtorch", "2.11.0")]
        .map(|(name, one)| (name.to_owned(), one.to_owned()))
        .into();
    let facts = DatasetFacts {
        name: "photographs".to_owned(),
        images: 126_689,
        classes: 100,
        labelled: true,
        image_size: None,
    };
    let job = Job {
        format: JOB_FORMAT,
        run: run.to_owned(),
        attempt: 1,
        first_step: 0,
        resume_from: None,
        fallbacks: Vec::new(),
        recipe: point.recipe_with_seed(seed),
        probed: None,
        dataset: JobDataset {
            name: "photographs".to_owned(),
            path: PLACE.to_owned(),
            fingerprint: "8f27c7786b15aa01".to_owned(),
            facts,
        },
        device: "cpu".to_owned(),
        acknowledged_control: 0,
        versions: versions.clone(),
        label: format!("{}-s{seed}", point.label),
        axes: point.axes.clone(),
        sweep: Some(sweep),
    };
    folder.create_attempt(1).unwrap();
    std::fs::write(folder.job(), job.to_json()).unwrap();
    let header = Header {
        format: FORMAT_VERSION,
        run: run.to_owned(),
        attempt: 1,
        first_step: 0,
        started_at: "2026-09-21T14:13:20Z".to_owned(),
        versions,
        host: Some(MACHINE.to_owned()),
    };
    let journal = Writer::create(&folder.journal(1), header, WriterOptions::default()).unwrap();
    rows(&journal, made, point, seed);
    let end = EndRecord {
        reason: EndReason::Finished.as_str().to_owned(),
        exit_code: EndReason::Finished.exit_code().0,
        last_step: made.steps.checked_sub(1),
        message: "ended".to_owned(),
    };
    journal.end(end).unwrap();
}

fn rows(journal: &Writer, made: &Swept, point: &Point, seed: u64) {
    let spike = (made.spike)(point, seed);
    let mut gradients = Synthetic::calm(made.steps, made.layers.max(1), 7 + seed);
    for (layer, step) in (0..made.layers).zip(spike.into_iter().cycle()) {
        let step = step + 5 * layer as u64;
        gradients.jumps.push(Jump { layer, step, steps: 24, factor: 40.0 });
    }
    let columns: Vec<Column> = gradients
        .layers
        .iter()
        .take(made.layers)
        .map(|layer| Column::f32(format!("grad_norm/{layer}"), ""))
        .collect();
    let step_stream = journal.stream("step", vec![Column::f64("loss".to_owned(), "")]).unwrap();
    let norms = (made.layers > 0).then(|| journal.stream("gradients", columns).unwrap());
    let evaluated = journal.stream("evaluation", vec![Column::f64("knn_top1".to_owned(), "")]).unwrap();
    let last = (made.outcome)(point, seed);
    for (step, norm) in (0..).zip(gradients.rows()) {
        let at = step as f64;
        let share = (step + 1) as f64 / made.steps as f64;
        journal
            .row(step_stream, step, at, &[9.0 - 4.0 * share + 0.01 * ((step * 37 + seed) % 11) as f64])
            .unwrap();
        if let Some(norms) = norms {
            journal.row(norms, step, at, &norm).unwrap();
        }
        if step % made.every == 0 || step + 1 == made.steps {
            let dip = spike.is_some_and(|spike| (spike + 20..spike + 120).contains(&step));
            let value = last * (1.0 - (-5.0 * share).exp()) - if dip { 0.06 } else { 0.0 };
            journal.row(evaluated, step, at, &[value]).unwrap();
        }
    }
}
