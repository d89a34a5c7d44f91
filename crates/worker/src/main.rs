fn main() { println!("{}", vitals_engine::smoke()); }
