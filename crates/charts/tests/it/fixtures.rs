//! The real series of `../shared/fixtures/series`, as a comparison of two runs.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use vitals_charts::{ComparedRun, Comparison, Marker, plot_width};
use vitals_series::{Frame, frame};

/// Columns of a CSV by name, each its steps and values; an empty cell is no value.
type Columns = BTreeMap<String, (Vec<u64>, Vec<f64>)>;

/// `None`, with a sentence, where the fixtures are not there.
fn read(name: &str) -> Option<(Vec<String>, Columns)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/series").join(name);
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let names: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let mut columns = Columns::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let step = cells[0].parse().unwrap();
        for (name, cell) in names.iter().zip(&cells).skip(1).filter(|(_, cell)| !cell.is_empty()) {
            let (steps, values) = columns.entry(name.clone()).or_default();
            steps.push(step);
            let value: f64 = cell.parse().unwrap();
            // The fixtures hold accuracies in %, Vitals as fractions.
            values.push(if name == "knn_top1" { value / 100.0 } else { value });
        }
    }
    Some((names, columns))
}

fn run(name: &str, label: &str, index: usize, markers: Vec<Marker>) -> Option<ComparedRun> {
    let (names, columns) = read(name)?;
    let last = columns["loss"].0.last().unwrap() + 1;
    let of = |name: &str| -> Option<Frame> {
        let (steps, values) = columns.get(name)?;
        Some(frame(steps, values, 0, last, 2 * plot_width(960)))
    };
    let layers = names
        .iter()
        .filter_map(|name| name.strip_prefix("grad_norm/"))
        .filter(|layer| *layer != "cls_token")
        .map(|layer| (layer.to_owned(), of(&format!("grad_norm/{layer}")).unwrap()))
        .collect();
    Some(ComparedRun {
        label: label.to_owned(),
        index,
        loss: of("loss"),
        knn_top1: of("knn_top1"),
        learning_rate: of("learning_rate"),
        layers,
        markers,
    })
}

/// Frozen against learned, 1,000 calm steps.
pub fn calm() -> Option<Comparison> {
    Some(Comparison {
        title: "Frozen or learned patch projection".to_owned(),
        subtitle: "MoCo v3, ViT of width 32 and depth 6, CIFAR-10 at 24 px, batch 256, base learning rate 1e−2, AdamW"
            .to_owned(),
        loss_band: Some((4.436, 1.9)),
        runs: vec![
            run("calm_frozen_d32_lr1e-2_1000.csv.gz", "frozen", 0, vec![])?,
            run("calm_learned_d32_lr1e-2_1000.csv.gz", "learned", 1, vec![])?,
        ],
    })
}

/// One run with an injected disturbance.
pub fn kicked() -> Option<Comparison> {
    let kick = Marker { step: 250, label: "주입된 교란".to_owned() };
    Some(Comparison {
        title: "교란을 넣은 실행".to_owned(),
        subtitle: "학습률 × 8, 250–257 스텝".to_owned(),
        loss_band: None,
        runs: vec![run("lr_kick_x8_learned_d32_340.csv.gz", "학습", 1, vec![kick])?],
    })
}
