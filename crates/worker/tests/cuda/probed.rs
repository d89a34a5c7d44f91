//! Probes of a card's checkpoint, on a card.

use serde_json::json;

use crate::job::{Asked, Place};
use crate::run::{TIMES, distance};

#[test]
fn each_kind_of_probe_judges_on_a_card_as_on_the_cpu() {
    let place = Place::new();
    place.train("pretrained", &Asked::on("cuda:0", json!({}))).finished();
    for (task, precision) in
        [("knn", "fp32"), ("linear", "fp32"), ("finetune", "fp32"), ("finetune", "bf16"), ("linear", "bf16")]
    {
        let recipe = json!({
            "task": task, "precision": precision, "optimizer": if task == "finetune" { "adamw" } else { "sgd" },
            "gradient_clip": if task == "finetune" { 1e6 } else { 0.0 }, "frozen_patch_projection": false,
            "augmentation": "crop_flip", "epochs": 2, "max_steps": 0, "evaluate_every_epochs": 1.0, "knn_k": 5,
        });
        let judge = |run: &str, device: &'static str| {
            let run = format!("{task}-{precision}-{run}");
            let probed = place.path(&run).join("probed");
            std::fs::create_dir_all(&probed).unwrap();
            for file in std::fs::read_dir(place.path("pretrained/checkpoints/step-00000004")).unwrap() {
                let file = file.unwrap();
                std::fs::copy(file.path(), probed.join(file.file_name())).unwrap();
            }
            let probed = json!({ "run": "0199c2a4-7a3e-7c51-9d1f-3f0e8f6f2a12", "step": 4 });
            place.train(&run, &Asked { probed: Some(probed), ..Asked::on(device, recipe.clone()) }).finished()
        };
        let (cpu, cuda) = (judge("cpu", "cpu"), judge("cuda", "cuda:1"));
        assert!(cpu.series.contains_key("probe_top1"), "{task}: {:?}", cpu.series.keys());
        for series in cpu.series.keys().filter(|series| !TIMES.contains(&series.as_str())) {
            let found = distance(&cpu, &cuda, series);
            assert!(found == 0.0, "{task} in {precision}: {series} is {found} off");
        }
        assert!(cuda.peak_bytes(1) > 0 && cuda.peak_bytes(0) == 0, "{}", cuda.counts);
    }
}
