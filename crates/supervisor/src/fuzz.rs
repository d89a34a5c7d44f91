//! Entry points for bytes that come from anywhere: what the fuzz targets (`tests/fuzz`) and a test call. Each must return,
//! whatever the bytes are, and checks what it is given back; its answer is whether they were understood. Not for use by
//! programs.

use crate::guard::GuardMark;

/// `guard.json`: what is read can be written, and is read from there as the same.
pub fn guard(bytes: &[u8]) -> bool {
    let Some(mark) = GuardMark::parse(bytes) else { return false };
    let written = serde_json::to_vec(&mark).unwrap_or_default();
    assert_eq!(GuardMark::parse(&written), Some(mark));
    true
}

#[cfg(test)]
mod tests {
    use vitals_fixtures::fuzz;

    use super::*;
    use crate::ProcessMark;

    #[test]
    fn every_entry_stands_anything() {
        let boot_id = Some("4bfa4c63-8ffb-4dc6-a1a8-000000000000".to_owned());
        let process =
            ProcessMark { pid: 4242, started: 99, boot_id: boot_id.clone(), namespace: Some(4_026_531_836) };
        let older = ProcessMark { namespace: None, ..process.clone() };
        let marks = [
            GuardMark {
                format: 1,
                guard: Some(process.clone()),
                worker: Some(process),
                boot_id: boot_id.clone(),
            },
            GuardMark { format: 1, guard: Some(older), worker: None, boot_id },
        ];
        let seeds = marks.iter().map(|mark| serde_json::to_vec(mark).unwrap()).collect();
        fuzz("vitals_supervisor", &[("guard", guard, seeds)]);
    }
}
