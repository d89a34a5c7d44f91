//! A run at scale whose truth is known, through its journal and the store: events are found as they were made, and the
//! picture shows every spike and every NaN at every width.

use vitals_api::dto::{HeatmapCell, HeatmapHeader, HeatmapRequest};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Evidence, events, heatmap};
use vitals_journal::Column;
use vitals_series::synthetic::Synthetic;

use crate::world::World;

#[tokio::test]
async fn ten_spikes_and_three_nan_are_told_and_drawn_at_every_width() {
    let made = Synthetic::ten_spikes(20_000, 30, 5);
    let world = World::new().await;
    let about = About {
        origin: Origin::stand_in(),
        label: "synthetic".to_owned(),
        steps: made.steps,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "synthetic".to_owned(),
    };
    let rows = made.clone();
    let write = move |journal: &vitals_journal::Writer| -> vitals_journal::Result<()> {
        let columns = rows.layers.iter().map(|layer| Column::f32(format!("grad_norm/{layer}"), "")).collect();
        let stream = journal.stream("gradients", columns)?;
        for (step, norms) in (0..).zip(rows.rows()) {
            journal.row(stream, step, step as f64, &norms)?;
        }
        Ok(())
    };
    let run = record(&world.context, about, write).await.unwrap().run.to_string();

    let found = events::events(&world.context, &run, &["spike".to_owned()]).await.unwrap();
    let told: Vec<(u64, Vec<&str>)> = found
        .events
        .iter()
        .map(|event| (event.step, event.layers.iter().map(|layer| layer.layer.as_str()).collect()))
        .collect();
    let truth: Vec<(u64, Vec<&str>)> = made
        .spikes()
        .into_iter()
        .map(|(step, layers)| (step, layers.iter().map(|layer| made.layers[*layer].as_str()).collect()))
        .collect();
    assert_eq!(told, truth);

    for columns in [300, 1_000, 1_440] {
        for window in [None, Some((made.spikes()[4].0 as f64 - 200.0, made.spikes()[4].0 as f64 + 300.0))] {
            let request = HeatmapRequest {
                run: run.clone(),
                metric: "grad_norm".to_owned(),
                layers: Vec::new(),
                cell: HeatmapCell::Relative,
                from: window.map(|(from, _)| from),
                to: window.map(|(_, to)| to),
                columns,
            };
            let bytes = heatmap::frame(&world.context, &request).await.unwrap();
            let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
            let header: HeatmapHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
            let cell = |array: usize, layer: usize, step: u64| {
                let column = ((step as f64 - header.from) / header.stride) as usize;
                let place = (array * header.rows.len() + layer) * header.columns as usize + column;
                let at = header.offset as usize + 4 * place;
                f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
            };
            let shown = |step: u64| window.is_none_or(|(from, to)| (from..=to).contains(&(step as f64)));
            let mut seen = 0;
            for jump in made.jumps.iter().filter(|jump| shown(jump.step)) {
                assert!(cell(0, jump.layer, jump.step) > 20.0, "{jump:?} in {columns} columns");
                seen += 1;
            }
            assert!(seen > 0);
            for &(layer, step) in made.nan.iter().filter(|(_, step)| shown(*step)) {
                assert_eq!(cell(1, layer, step), 1.0, "NaN of layer {layer} at {step}");
            }
        }
    }
}
