//! Lines run to the edges of a zoomed chart: with a window of steps comes the value before it and the one behind it, of what
//! is recorded at every step and of what is recorded seldom, and no extreme of the window gets lost for it.

use vitals_api::dto::{FrameHeader, FrameRequest, SeriesAsk};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Context, Evidence, RunId, frames};
use vitals_journal::Column;

use crate::world::World;

const STEPS: u64 = 4_000;
const SELDOM: u64 = 500;

/// A value at each step, one norm of a layer, and an accuracy at every 500th.
async fn recorded(context: &Context) -> RunId {
    let about = About {
        origin: Origin::stand_in(),
        label: "edges".to_owned(),
        steps: STEPS,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "test".to_owned(),
    };
    let write = |journal: &vitals_journal::Writer| -> vitals_journal::Result<()> {
        let step = journal.stream("step", vec![Column::f64("loss", "")])?;
        let layers = journal.stream("gradients", vec![Column::f32("grad_norm/patch_embed", "")])?;
        let seldom = journal.stream("evaluation", vec![Column::f64("knn_top1", "")])?;
        for at in 0..STEPS {
            journal.row(step, at, at as f64, &[at as f64])?;
            journal.row(layers, at, at as f64, &[if at == 2_100 { 50.0 } else { 1.0 }])?;
            if at % SELDOM == 0 {
                journal.row(seldom, at, at as f64, &[at as f64 / 1e4])?;
            }
        }
        Ok(())
    };
    record(context, about, write).await.unwrap().run
}

/// Steps and maxima of each series, `<` before the one in front of the window and `>` before the one behind it.
async fn shown(context: &Context, run: RunId, series: SeriesAsk, window: (u64, u64), columns: u32) -> String {
    let request = FrameRequest {
        runs: vec![run.to_string()],
        series: vec![series],
        from: Some(window.0 as f64),
        to: Some(window.1 as f64),
        columns,
        axis: None,
        edges: true,
    };
    let bytes = frames::frame(context, &request).await.unwrap();
    let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    let header: FrameHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
    assert_eq!(header.series.len(), 1, "{:?}", header.series);
    let one = &header.series[0];
    let number = |array: u32, row: u32| {
        let at = (one.offset + (array * one.columns + row) * 8) as usize;
        f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
    };
    let rows = (0..one.columns).map(|row| {
        let mark = match row {
            0 if one.before => "<",
            row if one.after && row + 1 == one.columns => ">",
            _ => "",
        };
        format!("{mark}{}:{}", number(0, row), number(2, row))
    });
    rows.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_window_comes_with_the_value_before_it_and_the_one_behind_it() {
    let world = World::new().await;
    let run = recorded(&world.context).await;
    let context = &world.context;
    let loss = || SeriesAsk::raw("loss");
    assert_eq!(
        shown(context, run, loss(), (2_000, 2_003), 100).await,
        "<1999:1999 2000:2000 2001:2001 2002:2002 2003:2003 >2004:2004"
    );
    assert_eq!(
        shown(context, run, loss(), (0, 2), 100).await,
        "0:0 1:1 2:2 >3:3",
        "nothing lies before the first step"
    );
    assert_eq!(
        shown(context, run, loss(), (STEPS - 2, STEPS - 1), 100).await,
        "<3997:3997 3998:3998 3999:3999"
    );

    // Recorded at every 500th step: the line goes across a window that holds none of its values.
    let knn = || SeriesAsk::raw("knn_top1");
    assert_eq!(shown(context, run, knn(), (2_010, 2_400), 100).await, "<2000:0.2 >2500:0.25");
    assert_eq!(shown(context, run, knn(), (1_990, 2_400), 100).await, "<1500:0.15 2000:0.2 >2500:0.25");

    // Over its running median, from the nodes; the spike inside stays whole in three columns.
    let norm = SeriesAsk { relative: true, ..SeriesAsk::raw("grad_norm/patch_embed") };
    let cut = shown(context, run, norm, (2_050, 2_149), 3).await;
    assert!(cut.starts_with('<') && cut.contains(":50 ") && cut.ends_with(":1"), "{cut}");

    // Smoothed: the values beyond the edges are those of the smoothed curve.
    let smooth = |window| shown(context, run, SeriesAsk { smoothing: 5.0, ..loss() }, window, 100);
    let (inner, outer) = (smooth((2_000, 2_001)).await, smooth((1_999, 2_002)).await);
    let middle = |text: &str| {
        text.split(' ').map(|one| one.trim_start_matches(['<', '>']).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(middle(&inner), middle(&outer)[1..5]);
}
