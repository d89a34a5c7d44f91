//! Reads the real series: CSV in the form that the import takes.

use vitals_series::is_in_percent;

/// Layers' norms at each step, and kNN accuracy where it was measured.
pub struct Run {
    pub layers: Vec<String>,
    pub steps: Vec<u64>,
    pub norms: Vec<Vec<f64>>,
    pub knn_steps: Vec<u64>,
    pub knn: Vec<f64>,
}

pub fn read(name: &str) -> Run {
    let text = vitals_fixtures::series(name);
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let layer = |name: &&str| name.strip_prefix("grad_norm/").map(str::to_owned);
    let knn = names.iter().position(|name| *name == "knn_top1");
    let mut run = Run {
        layers: names.iter().filter_map(layer).collect(),
        steps: Vec::new(),
        norms: Vec::new(),
        knn_steps: Vec::new(),
        knn: Vec::new(),
    };
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let step = cells[0].parse().unwrap();
        run.steps.push(step);
        let norms = names.iter().zip(&cells).filter(|(name, _)| layer(name).is_some());
        run.norms.push(norms.map(|(_, cell)| cell.parse().unwrap_or(f64::NAN)).collect());
        if let Some(value) = knn.and_then(|knn| cells[knn].parse::<f64>().ok()) {
            run.knn_steps.push(step);
            run.knn.push(value);
        }
    }
    if is_in_percent(run.knn.iter().copied()) {
        run.knn.iter_mut().for_each(|accuracy| *accuracy /= 100.0);
    }
    run
}
