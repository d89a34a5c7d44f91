//! Times the micro preset: `cargo run -p vitals-engine --example bench STEPS THREADS [NAME=VALUE…]`.
use vitals_recipe::Recipe;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    vitals_engine::set_threads(arguments[1].parse()?);
    let mut recipe = Recipe::preset("mocov3_vit_micro").ok_or("no micro preset")?;
    for setting in &arguments[2..] {
        let (name, value) = setting.split_once('=').ok_or("NAME=VALUE")?;
        recipe.set(name, &serde_json::from_str(value)?)?;
    }
    let report = vitals_engine::bench(&recipe, arguments[0].parse()?, vitals_engine::Device::Cpu)?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
