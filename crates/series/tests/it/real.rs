//! What the fixtures' README says each run must give.

use vitals_series::{DipRule, SpikeRule, dips, spikes};

use crate::fixtures::read;

#[test]
fn calm_runs_have_no_event() {
    for name in
        ["calm_frozen_d32_lr1e-2_1000", "calm_learned_d32_lr1e-2_1000", "demo_frozen_600", "demo_learned_600"]
    {
        let run = read(name);
        assert_eq!(spikes(&run.steps, &run.norms, SpikeRule::default()), [], "{name}");
        assert_eq!(dips(&run.knn_steps, &run.knn, DipRule::default()), [], "{name}");
    }
}

#[test]
fn the_injected_disturbance_is_one_event_followed_by_a_dip() {
    let run = read("lr_kick_x8_learned_d32_340");
    let found = spikes(&run.steps, &run.norms, SpikeRule::default());
    let [event] = &found[..] else { panic!("{found:#?}") };
    assert!((250..=253).contains(&event.onset), "{event:#?}");
    let blocks = event.layers.iter().filter(|layer| run.layers[layer.layer].starts_with("blocks."));
    assert!(blocks.count() >= 3, "several blocks jump: {event:#?}");
    let found = dips(&run.knn_steps, &run.knn, DipRule::default());
    let [dip] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(dip.onset, 259);
    assert!((0.08..0.12).contains(&dip.depth), "{dip:?}");
    assert!(dip.area > 0.0);
}
