//! What happened: the largest spike beside its twin of the same seed, and the table of the largest ones. What a recipe injected
//! is counted and never among them.

use super::document::{Block, Figure, File, Section, Span, Table};
use super::drawn::{HALF_MM, blank, cell, csv, drawing, extremes, panel, reach};
use super::names::{Named, beginning, inside};
use super::read::Material;
use crate::Context;
use crate::digits::{fixed, grouped, signed};
use crate::dto::{
    EventInfo, FigureEvent, FigureHeat, FigureLine, FigureLines, FigurePlot, FrameRequest, HeatmapCell,
    Language, LeadOrder, SeriesAsk,
};
use crate::error::Result;
use crate::said::Report;
use crate::{frames, runs};
use vitals_recipe::{Metric, Reads, metric};

/// Spikes in the table.
const MOST_SHOWN: usize = 6;
/// Steps before an event and behind its end in its figure, and what a column of a half figure is wide.
const BEFORE: u64 = 120;
const BEHIND: u64 = 280;
const COLUMNS: u32 = 250;
const FROZEN: &str = "frozen_patch_projection";

/// An event with the run that it happened to.
#[derive(Clone, Copy)]
struct Happened<'a> {
    named: &'a Named,
    seed: u64,
    run: &'a str,
    event: &'a EventInfo,
}

fn all(material: &Material) -> Vec<Happened<'_>> {
    material
        .runs()
        .flat_map(|(named, _, run)| {
            let events = material.events.get(&run.run).into_iter().flat_map(|found| &found.events);
            events.map(move |event| Happened { named, seed: run.seed, run: &run.run, event })
        })
        .collect()
}

/// Spikes of the runs' own, the largest first.
fn spikes<'a>(all: &[Happened<'a>]) -> Vec<Happened<'a>> {
    let size = |one: &Happened<'_>| one.event.peak_z.unwrap_or(0.0);
    let own = all.iter().filter(|one| one.event.kind == "spike" && !one.event.injected && size(one) > 0.0);
    let mut found: Vec<Happened<'a>> = own.copied().collect();
    found.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.event.step.cmp(&b.event.step)));
    found
}

/// What is said where nothing happened.
fn nothing(material: &Material, title: String) -> Section {
    let steps = material.rows.values().map(|row| row.steps_done).sum();
    let said = material
        .language
        .say(&Report::NoSpikeAtAll { runs: grouped(material.rows.len() as u64), steps: grouped(steps) });
    Section { title, blocks: vec![Block::Text(vec![Span::text(said)])], is_half: false }
}

/// The largest spike of all runs; none where there is none.
pub async fn largest(context: &Context, material: &Material, number: usize) -> Result<Option<Section>> {
    let language = material.language;
    let all = all(material);
    let Some(&largest) = spikes(&all).first() else { return Ok(None) };
    let twin = twin(material, largest);
    let end = largest.event.end_step.unwrap_or(largest.event.step).max(largest.event.step);
    let row = material.rows.get(largest.run);
    let last = row.map_or(end, |row| row.steps_done.saturating_sub(1)).max(largest.event.step);
    let window = (largest.event.step.saturating_sub(BEFORE), (end + BEHIND).min(last.max(1)));
    let below = below(material, largest.run);
    let shown: Vec<(&Named, u64, &str)> =
        twin.into_iter().chain([(largest.named, largest.seed, largest.run)]).collect();
    let y = y(context, &shown, &below, window).await?;
    let (mut drawings, mut table) = (Vec::new(), "run,seed,series,first_step,min,max\n".to_owned());
    let mut has_frozen = false;
    for &(named, seed, run) in &shown {
        let here: Vec<&Happened<'_>> =
            all.iter().filter(|one| one.run == run && is_in(one.event, window)).collect();
        let spike = spikes(&here.iter().map(|one| **one).collect::<Vec<_>>()).first().copied();
        let said = match spike {
            Some(spike) => Report::SpikeAt {
                step: grouped(spike.event.step),
                size: fixed(spike.event.peak_z.unwrap_or(0.0), 0),
            },
            None => Report::NoSpikes,
        };
        let name = language.words("decide.seed_of", &[("arm", &named.name), ("seed", &seed.to_string())]);
        let head = vec![
            Span::Mark(named.index()),
            Span::Strong(name.clone()),
            Span::Quiet(format!(" {}", language.say(&said))),
        ];
        let events: Vec<FigureEvent> = here.iter().filter_map(|one| marked(one.event)).collect();
        let heat = heat(context, material, run, &events).await?;
        has_frozen |= heat.as_ref().is_some_and(|heat| !heat.frozen.is_empty());
        let ends = (window.0 as f64, window.1 as f64);
        let mut ask = blank(language, HALF_MM, ends);
        if let Some(heat) = heat {
            table += &values(context, run, (&name, seed), norms(&heat.layers), window).await?;
            let title = language.metric(Metric::LayerNorm.name());
            ask.panels.push(panel(&title, "", 1.0, FigurePlot::Heat(heat)));
        }
        if let Some(y) = y {
            table += &values(context, run, (&name, seed), vec![SeriesAsk::raw(&below.name)], window).await?;
            let plot = FigurePlot::Lines(line(named, run, &below, (y, events)));
            ask.panels.push(panel(&below.title, below.unit, 0.7, plot));
        }
        if !ask.panels.is_empty() {
            drawings.push(
                drawing(context, &ask, None, (head, format!("{}: {name}", language.say(&Report::Largest))))
                    .await?,
            );
        }
    }
    if drawings.is_empty() {
        return Ok(None);
    }
    let of = inside(&below.title);
    let said = match shown.len() {
        1 => Report::LargestAlone { of },
        _ => Report::LargestCaption { of, runs: shown.len().to_string() },
    };
    let mut caption = vec![
        Span::Strong(language.say(&Report::Figure { number: number.to_string() })),
        Span::text(format!(" {}", language.say(&said))),
    ];
    if has_frozen {
        caption.push(Span::text(format!(" {}", language.say(&Report::FrozenRow))));
    }
    let files = vec![File::csv("figure-3-event", &language.say(&Report::DataCsv), table)];
    let blocks = vec![Block::Figure(Figure { drawings, caption, files })];
    Ok(Some(Section { title: language.say(&Report::Largest), blocks, is_half: false }))
}

/// The run of the same seed in the baseline; of the baseline's own events in the first arm that has the seed.
fn twin<'a>(material: &'a Material, of: Happened<'_>) -> Option<(&'a Named, u64, &'a str)> {
    let mut others = material.runs().filter(|(named, _, run)| {
        named.written != of.named.written && run.seed == of.seed && material.events.contains_key(&run.run)
    });
    others.next().map(|(named, _, run)| (named, run.seed, run.run.as_str()))
}

fn is_in(event: &EventInfo, (from, to): (u64, u64)) -> bool {
    event.step <= to && event.end_step.unwrap_or(event.step) >= from
}

/// What an event looks like in a figure; checkpoints and the like are none.
fn marked(event: &EventInfo) -> Option<FigureEvent> {
    let is_drawn =
        matches!(event.kind.as_str(), "spike" | "dip" | "collapse" | "divergence" | "nonfinite" | "shock");
    is_drawn.then(|| FigureEvent {
        kind: event.kind.clone(),
        at: event.step as f64,
        end: event.recovered_step.or(event.end_step).map(|end| end as f64),
        injected: event.injected,
    })
}

/// What stands below the heat map.
struct Below {
    name: String,
    title: String,
    unit: &'static str,
    scale: f64,
}

/// An accuracy where the run has one, for that is where a spike shows what it did.
fn below(material: &Material, run: &str) -> Below {
    let has = |name: &&str| material.rows.get(run).is_some_and(|row| row.metrics.contains_key(*name));
    let usual = [Metric::KnnTop1.name(), Metric::KnnTop1Fixed.name(), Metric::Loss.name()];
    let name = usual.into_iter().find(has).unwrap_or(material.decision.metric.as_str());
    let percent = metric(name, None).is_some_and(|known| known.row().reads == Reads::Percent);
    Below {
        name: name.to_owned(),
        title: material.language.metric(name),
        unit: if percent { "%" } else { "" },
        scale: if percent { 100.0 } else { 1.0 },
    }
}

fn asked(run: &str, series: Vec<SeriesAsk>, (from, to): (u64, u64)) -> FrameRequest {
    FrameRequest {
        runs: vec![run.to_owned()],
        series,
        from: Some(from as f64),
        to: Some(to as f64),
        columns: COLUMNS,
        axis: None,
        edges: false,
    }
}

/// One scale for both.
async fn y(
    context: &Context,
    shown: &[(&Named, u64, &str)],
    below: &Below,
    window: (u64, u64),
) -> Result<Option<[f64; 2]>> {
    let mut ends = Vec::new();
    for (_, _, run) in shown {
        let (lines, _) =
            frames::lines(context, &asked(run, vec![SeriesAsk::raw(&below.name)], window)).await?;
        ends.extend(lines.iter().flat_map(|line| &line.columns).flat_map(extremes));
    }
    Ok(reach(ends.into_iter()))
}

fn line(named: &Named, run: &str, below: &Below, (y, events): ([f64; 2], Vec<FigureEvent>)) -> FigureLines {
    let drawn = FigureLine {
        label: String::new(),
        slot: named.slot,
        solid: false,
        ghost: false,
        runs: vec![run.to_owned()],
        is_mean: false,
        interval: false,
        series: SeriesAsk::raw(&below.name),
    };
    FigureLines { scale: below.scale, log: false, y, lines: vec![drawn], band: None, events }
}

fn norms(layers: &[String]) -> Vec<SeriesAsk> {
    let ask =
        |layer: &String| SeriesAsk { relative: true, ..SeriesAsk::raw(Metric::LayerNorm.member(layer)) };
    layers.iter().map(ask).collect()
}

/// The gradient of every layer; none of a run without.
async fn heat(
    context: &Context,
    material: &Material,
    run: &str,
    events: &[FigureEvent],
) -> Result<Option<FigureHeat>> {
    let id = runs::resolve(context, run).await?;
    let layers = runs::layers(context, id).await?;
    if layers.is_empty() {
        return Ok(None);
    }
    let language = material.language;
    let row = material.rows.get(run);
    let is_frozen =
        row.and_then(|row| row.parameters().ok()?.remove(FROZEN)).is_some_and(|value| value == true);
    let first = if is_frozen { runs::first_layer(context, id).await? } else { None };
    Ok(Some(FigureHeat {
        run: run.to_owned(),
        metric: Metric::LayerNorm.name().to_owned(),
        labels: layers.iter().map(|layer| language.layer(layer, true)).collect(),
        layers,
        cell: HeatmapCell::Relative,
        scale_label: language.say(&Report::LargestScale),
        frozen: first.into_iter().collect(),
        events: events.to_vec(),
    }))
}

/// The columns of series as rows of a table.
async fn values(
    context: &Context,
    run: &str,
    (name, seed): (&str, u64),
    series: Vec<SeriesAsk>,
    window: (u64, u64),
) -> Result<String> {
    let (lines, _) = frames::lines(context, &asked(run, series, window)).await?;
    let mut text = String::new();
    for line in &lines {
        let relative = if line.relative { " over its median" } else { "" };
        let series = cell(&format!("{}{relative}", line.name));
        for column in &line.columns {
            let [low, high] = extremes(column).map(csv);
            text += &format!("{},{seed},{series},{},{low},{high}\n", cell(name), column.first_step);
        }
    }
    Ok(text)
}

/// The table of events.
pub fn section(material: &Material) -> Section {
    let language = material.language;
    let title = language.say(&Report::Events);
    let all = all(material);
    let spikes = spikes(&all);
    let dips = all.iter().filter(|one| one.event.kind == "dip" && !one.event.injected).count();
    let injected = all.iter().filter(|one| one.event.kind == "spike" && one.event.injected).count();
    if spikes.is_empty() && dips == 0 && injected == 0 {
        return nothing(material, title);
    }
    let shown: Vec<Happened<'_>> = spikes.iter().take(MOST_SHOWN).copied().collect();
    let words = [
        (Report::Run, false),
        (Report::Onset, true),
        (Report::MovedFirst, false),
        (Report::Size, true),
        (Report::Lead, true),
        (Report::Dip, true),
        (Report::Recovered, true),
    ];
    let head = words.into_iter().map(|(word, right)| (language.say(&word), right)).collect();
    let rows = shown.iter().map(|one| row(language, &all, *one)).collect();
    let said = Report::EventsCaption {
        shown: shown.len().to_string(),
        spikes: grouped(spikes.len() as u64),
        dips: grouped(dips as u64),
        runs: grouped(material.rows.len() as u64),
    };
    let mut caption = vec![
        Span::Strong(language.say(&Report::Table { number: "2".to_owned() })),
        Span::text(format!(" {}", language.say(&said))),
    ];
    if injected > 0 {
        let count = grouped(injected as u64);
        caption.push(Span::text(format!(" {}", language.say(&Report::Injected { count }))));
    }
    caption.extend(leads(material).map(|said| Span::text(format!(" {said}"))));
    let files = vec![File::csv("events", &language.say(&Report::EventsCsv), table(&all))];
    let table = Table { head, rows, caption, files };
    Section { title, blocks: vec![Block::Table(table)], is_half: false }
}

fn row(language: Language, all: &[Happened<'_>], one: Happened<'_>) -> Vec<Vec<Span>> {
    let event = one.event;
    let text = |text: String| vec![Span::Text(text)];
    let none = || vec![Span::Quiet("–".to_owned())];
    let name = language.words("decide.seed_of", &[("arm", &one.named.name), ("seed", &one.seed.to_string())]);
    let first = match &event.layer {
        Some(layer) => language.layer(layer, false),
        None => language.say(&Report::Together),
    };
    let lead = event.lead.as_ref().filter(|lead| lead.order == LeadOrder::ReferenceFirst);
    let lead = lead.and_then(|lead| lead.delays.iter().map(|delay| delay.steps).max_by(f64::total_cmp));
    let dip = all
        .iter()
        .map(|one| (one.run, one.event))
        .find(|(run, dip)| *run == one.run && dip.kind == "dip" && dip.follows.first() == Some(&event.id));
    let depth = dip.and_then(|(_, dip)| {
        let percent = metric(dip.metric.as_deref()?, None)?.row().reads == Reads::Percent;
        let depth = -dip.depth?;
        Some(if percent {
            format!("{} {}", signed(100.0 * depth, 1), language.word("decide.points"))
        } else {
            signed(depth, 3)
        })
    });
    let recovered = dip.and_then(|(_, dip)| Some(grouped(dip.recovered_step?.saturating_sub(dip.step))));
    vec![
        vec![Span::Mark(one.named.index()), Span::Text(name)],
        text(grouped(event.step)),
        text(first),
        text(fixed(event.peak_z.unwrap_or(0.0), 1)),
        lead.map_or_else(none, |steps| text(signed(steps, 0))),
        depth.map_or_else(none, text),
        recovered.map_or_else(none, text),
    ]
}

/// Over all runs, as each of them counts.
fn leads(material: &Material) -> Option<String> {
    let told = || material.events.values().filter_map(|found| found.lead.as_ref());
    let reference = &told().next()?.reference;
    let same = || told().filter(|lead| lead.reference == *reference);
    let layer = beginning(&material.language.layer(reference, false));
    let (first, of) =
        same().fold((0, 0), |(first, of), lead| (first + lead.reference_first, of + lead.events));
    Some(material.language.say(&Report::LeadCaption { layer, first: first.to_string(), of: of.to_string() }))
}

fn table(all: &[Happened<'_>]) -> String {
    let mut text = "run,arm,seed,kind,step,end_step,peak_step,peak_z,layer,metric,baseline,depth,area,recovered_step,injected,open\n"
        .to_owned();
    for Happened { named, seed, run, event } in all {
        let step = |step: Option<u64>| step.map_or_else(String::new, |step| step.to_string());
        let number = |value: Option<f64>| csv(value.unwrap_or(f64::NAN));
        let word = |text: &Option<String>| cell(text.as_deref().unwrap_or(""));
        let cells = [
            (*run).to_owned(),
            cell(&named.name),
            seed.to_string(),
            event.kind.clone(),
            event.step.to_string(),
            step(event.end_step),
            step(event.peak_step),
            number(event.peak_z),
            word(&event.layer),
            word(&event.metric),
            number(event.baseline),
            number(event.depth),
            number(event.area),
            step(event.recovered_step),
            event.injected.to_string(),
            event.open.to_string(),
        ];
        text += &format!("{}\n", cells.join(","));
    }
    text
}
