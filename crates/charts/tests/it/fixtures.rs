//! The real series of the fixtures, as a comparison of two runs.

use std::collections::BTreeMap;

use vitals_charts::{ComparedRun, Comparison, Marker, plot_width};
use vitals_series::{Frame, frame};

/// Columns of a CSV by name, each its steps and values; an empty cell is no value.
type Columns = BTreeMap<String, (Vec<u64>, Vec<f64>)>;

fn read(name: &str) -> (Vec<String>, Columns) {
    let text = vitals_fixtures::series(name);
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
    (names, columns)
}

fn run(name: &str, label: &str, index: usize, markers: Vec<Marker>) -> ComparedRun {
    let (names, columns) = read(name);
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
    ComparedRun {
        label: label.to_owned(),
        index,
        loss: of("loss"),
        knn_top1: of("knn_top1"),
        learning_rate: of("learning_rate"),
        layers,
        markers,
    }
}

/// Frozen against learned, 1,000 calm steps.
pub fn calm() -> Comparison {
    Comparison {
        title: "Frozen or learned patch projection".to_owned(),
        subtitle: "MoCo v3, ViT of width 32 and depth 6, CIFAR-10 at 24 px, batch 256, base learning rate 1e−2, AdamW"
            .to_owned(),
        loss_band: Some((4.436, 1.9)),
        runs: vec![
            run("calm_frozen_d32_lr1e-2_1000", "frozen", 0, vec![]),
            run("calm_learned_d32_lr1e-2_1000", "learned", 1, vec![]),
        ],
    }
}

/// One run with an injected disturbance.
pub fn kicked() -> Comparison {
    let kick = Marker { step: 250, label: "주입된 교란".to_owned() };
    Comparison {
        title: "교란을 넣은 실행".to_owned(),
        subtitle: "학습률 × 8, 250–257 스텝".to_owned(),
        loss_band: None,
        runs: vec![run("lr_kick_x8_learned_d32_340", "학습", 1, vec![kick])],
    }
}
