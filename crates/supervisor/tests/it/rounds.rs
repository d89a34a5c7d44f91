//! The short form of the siege: every kind of fault once, in the seed's order. Its long form is the benchmark `faults`.

use crate::cluster::Cluster;
use crate::kinds::Fault;
use crate::siege::besiege;

#[tokio::test]
async fn nothing_is_lost_whatever_happens() {
    let kinds = Fault::ALL.len() as u64;
    let table = besiege(20_261_124, kinds, 3, &Fault::ALL, None).await;
    assert!(table.problems.is_empty(), "{:#?}", table.problems);
    assert_eq!((table.values_lost, table.lines.len() as u64), (0, kinds));
    assert!(table.faults() >= kinds - 7, "five need a mount, others python3 and a built window");
    assert!(table.values_compared > 10_000, "{table:?}");
    for (fault, line) in table.lines {
        if let Some(why) = line.impossible {
            vitals_fixtures::not_run(format!("{fault:?}: {why}"));
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_on_a_cluster_either() {
    let kinds = Fault::ON_CLUSTER.len() as u64;
    let table = besiege(20_261_130, kinds, 3, &Fault::ON_CLUSTER, Some(Cluster::new())).await;
    assert!(table.problems.is_empty(), "{:#?}", table.problems);
    assert_eq!((table.values_lost, table.lines.len() as u64), (0, kinds));
    assert!(table.faults() >= kinds - 2, "two need a mount");
}
