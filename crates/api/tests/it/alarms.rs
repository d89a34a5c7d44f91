//! Which events are alarms goes by the rules of the workspace: list and counts follow them at once, and without rules everything
//! that detection finds is one.

use vitals_api::dto::{AlarmRule, AlarmSettings, AlarmsQuery};
use vitals_api::{alarm_settings, alarms};
use vitals_run::{Dip, Event, Happening, Spike};

use crate::filter::fast_run;
use crate::world::World;

/// A run with a spike of ten and one of thirty times its noise, the latter injected, and a dip of four points.
async fn eventful(world: &World) {
    let run = fast_run(world).await;
    let spike = |step, peak_z, injected| {
        let what = Happening::Spike(Spike { peak_step: step, peak_z, layers: Vec::new(), open: false });
        Event { injected, ..Event::new(step, Some(1000), what) }
    };
    let dip = Happening::Dip(Dip {
        metric: "knn_top1".to_owned(),
        baseline: 0.5,
        depth: 0.04,
        area: 1.0,
        peak_step: 60,
        recovered: Some(80),
        open: false,
    });
    let events = [spike(10, 10.0, false), spike(30, 30.0, true), Event::new(50, None, dip)];
    world.context.store().add_events(run, 1, &events).await.unwrap();
}

/// Steps of the alarms, the newest first, and the counts: `50 30 10 of 3, 3 new`.
async fn told(world: &World, query: AlarmsQuery) -> String {
    let found = alarms::alarms(&world.context, &query).await.unwrap();
    let mut steps: Vec<u64> = found.alarms.iter().map(|alarm| alarm.event.step).collect();
    steps.sort_unstable();
    format!("{steps:?} of {}, {} new", found.total, found.unread)
}

#[tokio::test]
async fn list_and_counts_follow_the_rules() {
    let world = World::new().await;
    eventful(&world).await;
    let all = AlarmsQuery::default;
    assert_eq!(told(&world, all()).await, "[10, 30, 50] of 3, 3 new");
    let set = async |change: fn(&mut AlarmSettings)| {
        let mut rules = AlarmSettings::default();
        change(&mut rules);
        alarm_settings::set(&world.context, rules).await.unwrap();
    };
    set(|rules| rules.kinds.get_mut("spike").unwrap().from = Some(20.0)).await;
    assert_eq!(told(&world, all()).await, "[30, 50] of 2, 2 new");
    set(|rules| rules.kinds.get_mut("dip").unwrap().from = Some(5.0)).await;
    assert_eq!(told(&world, all()).await, "[10, 30] of 2, 2 new");
    set(|rules| rules.injected = false).await;
    assert_eq!(told(&world, all()).await, "[10, 50] of 2, 2 new");
    let only = |kind: &str| AlarmsQuery { kinds: Some(vec![kind.to_owned()]), ..all() };
    assert_eq!(told(&world, only("spike")).await, "[10] of 2, 2 new");
    set(|rules| rules.kinds.get_mut("spike").unwrap().listed = false).await;
    assert_eq!(told(&world, all()).await, "[50] of 1, 1 new");
    assert_eq!(told(&world, only("spike")).await, "[] of 1, 1 new");
    // Where a rule says so, the list has an alarm that the desktop never hears of.
    set(|rules| rules.kinds.get_mut("dip").unwrap().notified = false).await;
    let found = alarms::alarms(&world.context, &all()).await.unwrap();
    assert!(found.alarms.iter().all(|alarm| alarm.notified == (alarm.event.kind == "spike")));
}

#[tokio::test]
async fn a_refused_rule_changes_nothing() {
    let world = World::new().await;
    let mut rules = AlarmSettings::default();
    rules.kinds.insert("quake".to_owned(), AlarmRule::default());
    assert!(alarm_settings::set(&world.context, rules).await.is_err());
    assert_eq!(alarm_settings::get(&world.context).await.unwrap(), AlarmSettings::default());
}
