//! Reports of runs that a store holds: what stands in the file, that it says no more than Decide, that nothing of the machine is in
//! it, and in which sentence it is refused.

use std::collections::BTreeSet;
use std::path::Path;

use vitals_api::decide::decide;
use vitals_api::dto::{ApiError, DecideBy, ReportBy, RunsQuery};
use vitals_api::report::{draft, save};
use vitals_api::{Language, RunState, runs};
use vitals_recipe::Point;
use vitals_run::{Dip, Event, Happening, Spike};

use crate::decide::{Made, arms, asked, run};
use crate::swept::{MACHINE, PLACE, Swept, swept};
use crate::world::World;

const SWEEP: &str = "format = 1
name = \"What steadies a high rate?\"
seeds = [0, 1, 2, 3, 4, 5]

[recipe]
preset = \"mocov3_vit_micro\"
max_steps = 1200

[[axis]]
parameter = \"frozen_patch_projection\"
values = [false, true]

[[axis]]
parameter = \"beta2\"
values = [0.999, 0.95]

[[exclude]]
frozen_patch_projection = true
beta2 = 0.95

[objective]
metric = \"knn_top1\"
goal = \"maximize\"

[decide]
value = \"mean10\"
smallest_effect = 0.005
looks = [6]
";

fn is_frozen(point: &Point) -> bool {
    point.axes["frozen_patch_projection"] == true
}

fn is_low(point: &Point) -> bool {
    point.axes["beta2"] == 0.95
}

/// Three arms over six seeds: frozen gains, a low beta2 costs, and one run of the baseline spikes.
fn small() -> Swept {
    Swept {
        text: SWEEP.to_owned(),
        steps: 1200,
        every: 20,
        layers: 6,
        outcome: |point, seed| {
            let own = 0.69 + 0.002 * ((seed * 5 + 3) % 7) as f64 / 7.0;
            match (is_frozen(point), is_low(point)) {
                (true, _) => own + 0.017 + 0.0004 * ((seed * 3) % 5) as f64,
                (_, true) => own - 0.009 - 0.0005 * ((seed * 2) % 5) as f64,
                _ => own,
            }
        },
        spike: |point, seed| (!is_frozen(point) && !is_low(point) && seed == 2).then_some(600),
        ended: |_, _| Some(RunState::Finished),
    }
}

fn of_sweep(sweep: &str, language: Language) -> ReportBy {
    ReportBy { sweep: Some(sweep.to_owned()), language, ..ReportBy::default() }
}

async fn written(world: &World, of: ReportBy, name: &str) -> String {
    let path = world.folder.path().join(name);
    let told = save(&world.context, &of, &path).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(told.bytes, text.len() as u64);
    if let Some(folder) = std::env::var_os("VITALS_KEEP_REPORTS") {
        std::fs::write(Path::new(&folder).join(name), &text).unwrap();
    }
    text
}

async fn refused(world: &World, of: ReportBy) -> ApiError {
    let path = world.folder.path().join("refused.html");
    let error = save(&world.context, &of, &path).await.unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error:?}");
    assert!(!path.exists());
    error
}

/// Attributes of this name, with what stands in them.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!(" {name}=\"");
    html.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Elements that are open where another one ends; empty in a file that is well-formed.
fn unbalanced(html: &str) -> Vec<String> {
    const VOID: [&str; 4] = ["meta", "link", "br", "img"];
    let (mut open, mut wrong): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    let style = html.find("</style>").unwrap();
    let body = &html[style..];
    for tag in body.split('<').skip(2) {
        let (inside, _) = tag.split_once('>').unwrap_or((tag, ""));
        let name = |text: &'_ str| {
            text.len() - text.trim_start_matches(|one: char| one.is_ascii_alphanumeric()).len()
        };
        if let Some(ended) = inside.strip_prefix('/') {
            let ended = ended.trim();
            if ended == "head" || ended == "html" {
                continue;
            }
            if open.pop() != Some(ended) {
                wrong.push(ended.to_owned());
            }
        } else {
            let word = &inside[..name(inside)];
            if !word.is_empty() && !VOID.contains(&word) && !inside.ends_with('/') {
                open.push(word);
            }
        }
    }
    wrong.extend(open.into_iter().map(str::to_owned));
    wrong
}

fn is_complete_in_itself(html: &str) {
    assert_eq!(unbalanced(html), [""; 0]);
    let lower = html.to_lowercase();
    for forbidden in ["<script", "<iframe", "<object", "javascript:", "@import", " onload", " onclick"] {
        assert!(!lower.contains(forbidden), "{forbidden}");
    }
    for name in ["href", "src", "xlink:href", "srcset", "action"] {
        for target in attributes(html, name) {
            assert!(target.starts_with("data:"), "{name} leads to {}", &target[..target.len().min(60)]);
        }
    }
    assert!(lower.split("url(").skip(1).all(|rest| rest.starts_with("data:")));
    let ids: Vec<&str> = attributes(html, "id");
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "an id is one thing");
    for (number, figure) in html.split("<figure>").skip(1).enumerate() {
        let caption = figure.split("<figcaption>").nth(1).and_then(|rest| rest.split("</figcaption>").next());
        let figure = figure.split("</figure>").next().unwrap();
        let says_n =
            |caption: &str| caption.split(|one: char| !one.is_ascii_alphanumeric()).any(|word| word == "n");
        assert!(caption.is_some_and(says_n), "figure {} says n", number + 1);
        assert!(figure.contains("<text"), "text is text");
        assert!(!figure.contains("<title></title>"), "a picture has a name");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
    for secret in [MACHINE, PLACE, "somebody"] {
        assert!(!html.contains(secret), "{secret}");
    }
    for key in ["decide.", "layer.", "layer_short.", "parameter.", "event.", "report.", "time."] {
        let word = format!(">{key}");
        assert!(!html.contains(&word), "a word is missing: {key}");
    }
}

#[tokio::test]
async fn a_sweep_is_told_in_one_file_that_says_what_decide_says() {
    let world = World::new().await;
    let sweep = swept(&world, &small()).await;
    let proposed = draft(&world.context, &of_sweep(&sweep, Language::En)).await.unwrap();
    assert_eq!((proposed.title.as_str(), proposed.runs), ("Which of 2 changes moves kNN accuracy?", 18));
    let question = DecideBy {
        by: vec!["beta2".to_owned(), "frozen_patch_projection".to_owned()],
        filter: format!("sweep = \"{sweep}\""),
        ..DecideBy::default()
    };
    let decision = decide(&world.context, &question).await.unwrap();
    for language in [Language::En, Language::Ko] {
        let html =
            written(&world, of_sweep(&sweep, language), &format!("small.{}.html", lang(language))).await;
        is_complete_in_itself(&html);
        assert!(html.contains(&format!("<html lang=\"{}\">", lang(language))));
        assert!(html.len() < 1_000_000, "{} bytes", html.len());
        // The sentence, the figure and the decision have one number.
        for (number, one) in (1..).zip(&decision.comparisons) {
            let field = &proposed.fields[&format!("difference{number}")];
            let shown = field.split(' ').next().unwrap();
            let read: f64 = shown.replace('−', "-").parse().unwrap();
            assert!((read - 100.0 * one.difference.unwrap()).abs() < 0.051, "{shown}");
            assert!(html.matches(shown).count() >= 2, "{shown}");
        }
        assert!(html.contains("8f27c7786b15") && html.contains("0.9.2") && html.contains("126,689"));
        assert!(html.contains("what-steadies-a-high-rate.toml"));
    }
    // Decide asks for a sweep by a condition: no id of this workspace stands in the command.
    let by_condition = ReportBy { of: question.clone(), ..ReportBy::default() };
    let html = written(&world, by_condition, "asked.html").await;
    assert!(
        html.contains("vitals report SWEEP --by beta2,frozen_patch_projection --out")
            && !html.contains(&sweep)
    );
    let mut some = of_sweep(&sweep, Language::En);
    some.of.filter = "seed < 3".to_owned();
    let html = written(&world, some, "some.html").await;
    assert!(html.contains("runs </span><code>seed &lt; 3</code>"), "the head says which");
    assert!(html.contains("vitals report SWEEP --where &#39;seed &lt; 3&#39; --by"));
    let markdown = written(&world, of_sweep(&sweep, Language::En), "small.en.md").await;
    assert!(!markdown.contains(MACHINE) && !markdown.contains(PLACE));
}

fn lang(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ko => "ko",
    }
}

/// A Markdown report without what nobody reads: pictures, files, ids and times.
fn readable(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("base64,") {
        found.push_str(before);
        let end = after.find([')', ' ']).unwrap_or(after.len());
        found.push('…');
        rest = &after[end..];
    }
    found.push_str(rest);
    let ids = found.split('`').enumerate().map(|(at, part)| {
        let is_id = at % 2 == 1 && part.len() == 8 && part.chars().all(|one| one.is_ascii_hexdigit());
        if is_id { "ID".to_owned() } else { part.to_owned() }
    });
    ids.collect::<Vec<_>>().join("`")
}

/// What followed the spike, and one that the recipe made.
async fn dip(world: &World) {
    let query = RunsQuery { filter: "spike.count > 0".to_owned(), ..RunsQuery::default() };
    let found = runs::list(&world.context, &query).await.unwrap();
    let run = found.runs[0].id.parse().unwrap();
    let fell = Dip {
        metric: "knn_top1".to_owned(),
        baseline: 0.63,
        depth: 0.068,
        area: 3.1,
        peak_step: 640,
        recovered: Some(724),
        open: false,
    };
    let made = Happening::Spike(Spike { peak_step: 900, peak_z: 90.0, layers: Vec::new(), open: false });
    let events = [
        Event::new(612, Some(724), Happening::Dip(fell)),
        Event { injected: true, ..Event::new(900, Some(910), made) },
    ];
    world.context.store().add_events(run, 1, &events).await.unwrap();
}

#[tokio::test]
async fn the_text_in_both_languages() {
    let world = World::new().await;
    let sweep = swept(&world, &small()).await;
    dip(&world).await;
    let both = [Language::En, Language::Ko].map(|language| (language, lang(language)));
    for (language, name) in both {
        let text = written(&world, of_sweep(&sweep, language), &format!("text.{name}.md")).await;
        insta::assert_snapshot!(format!("report_{name}"), readable(&text));
    }
    // For whoever looks at it.
    written(&world, of_sweep(&sweep, Language::En), "events.en.html").await;
}

#[tokio::test]
async fn sixty_runs_stay_small() {
    let world = World::new().await;
    let text = "format = 1\nname = \"Sixty\"\nseeds = [0, 1, 2, 3, 4]\n[recipe]\npreset = \"mocov3_vit_micro\"\nmax_steps = 3000\n\
                [[axis]]\nparameter = \"base_learning_rate\"\nvalues = [1e-4, 1.5e-4, 2e-4, 3e-4, 4e-4, 6e-4]\n\
                [[axis]]\nparameter = \"frozen_patch_projection\"\nvalues = [false, true]\n";
    let made = Swept {
        text: text.to_owned(),
        steps: 3_000,
        every: 5,
        layers: 0,
        outcome: |point, seed| {
            let own = 0.0007 * f64::from(point.id.as_bytes()[seed as usize] % 7);
            0.6 + 0.01 * f64::from(u8::from(is_frozen(point))) + 0.003 * ((seed * 7) % 5) as f64 + own
        },
        spike: |_, _| None,
        ended: |_, seed| Some(if seed == 4 { RunState::Failed } else { RunState::Finished }),
    };
    let sweep = swept(&world, &made).await;
    for language in [Language::En, Language::Ko] {
        let html =
            written(&world, of_sweep(&sweep, language), &format!("sixty.{}.html", lang(language))).await;
        is_complete_in_itself(&html);
        assert!(html.len() < 3_000_000, "{} bytes", html.len());
    }
    let html = written(&world, of_sweep(&sweep, Language::En), "sixty.html").await;
    assert!(html.contains("60 of 12 arms, 48 finished, 12 failed"));
    assert!(html.contains("None in 60 runs, 180,000 steps."));
}

#[tokio::test]
async fn title_and_paragraph_are_written_anew_and_their_fields_follow() {
    let world = arms(&[0.021, 0.024, 0.019, 0.022, 0.018, 0.025]).await;
    let of = |title: &str, paragraph: &str| ReportBy {
        of: asked(),
        title: Some(title.to_owned()),
        paragraph: Some(paragraph.to_owned()),
        ..ReportBy::default()
    };
    let hostile = of("<script>alert(1)</script>", "Frozen: **{difference1}**, {pairs1} pairs & \"more\"");
    let html = written(&world, hostile, "own.html").await;
    is_complete_in_itself(&html);
    assert!(html.contains("<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>"));
    assert!(html.contains("Frozen: <b>+2.2 pt</b>, 6 pairs &amp; &quot;more&quot;"), "{html}");
    let error = refused(&world, of("a", "{difference2}")).await;
    assert_eq!(error.message, "there is no field `difference2` of a report");
    assert!(error.hints[0].contains("{difference1}"), "{:?}", error.hints);
    assert!(refused(&world, of(" ", "a")).await.message.contains("title"));
}

#[tokio::test]
async fn what_has_not_ended_and_what_was_cancelled_is_said() {
    let world = arms(&[0.021, 0.024, 0.019]).await;
    run(&world, Made { seed: 7, ended: RunState::Paused, ..Made::default() }).await;
    run(&world, Made { seed: 8, ended: RunState::Cancelled, ..Made::default() }).await;
    let html = written(&world, ReportBy { of: asked(), ..ReportBy::default() }, "living.html").await;
    is_complete_in_itself(&html);
    assert!(html.contains("1 of 7 runs have not ended"), "{html}");
    assert!(html.contains("cancelled or got lost: 1."));
    // Three pairs: no verdict, and none is claimed.
    assert!(html.contains("frozen patch is not settled: too few pairs (3)"));
    assert!(!html.contains("helps:") && !html.contains("hurts:"));
    assert!(html.contains("These runs come from no sweep file; the text"));
}

#[tokio::test]
async fn what_cannot_be_reported_is_refused_in_a_sentence() {
    let plain = || ReportBy { of: asked(), ..ReportBy::default() };
    let of = |change: fn(&mut DecideBy)| {
        let mut by = asked();
        change(&mut by);
        ReportBy { of: by, ..ReportBy::default() }
    };
    // Seeds that nobody shares.
    let world = World::new().await;
    for seed in 0..3 {
        run(&world, Made { seed, ..Made::default() }).await;
        run(&world, Made { seed: 10 + seed, frozen: true, ..Made::default() }).await;
    }
    assert!(refused(&world, plain()).await.message.contains("no seed has ended on both sides"));
    let world = arms(&[0.02]).await;
    assert!(refused(&world, plain()).await.message.contains("one common seed"));
    for effect in ["0", "-1"] {
        let mut by = asked();
        by.smallest_effect = effect.parse().ok();
        let error = refused(&world, ReportBy { of: by, ..ReportBy::default() }).await;
        assert!(error.message.contains("must be larger than 0"), "{}", error.message);
    }
    assert!(
        refused(&world, of(|by| by.filter = "seed > 100".to_owned()))
            .await
            .message
            .contains("no run matches")
    );
    assert!(
        refused(&world, of(|by| by.by = vec!["optimiser".to_owned()])).await.message.contains("optimiser")
    );

    let world = World::new().await;
    for seed in 0..3 {
        for frozen in [false, true] {
            run(&world, Made { seed, frozen, ended: RunState::Failed, ..Made::default() }).await;
        }
    }
    assert!(refused(&world, plain()).await.message.contains("all 6 runs that have ended failed"));

    // Half of them lack the metric; in the others it is never finite.
    let world = World::new().await;
    for seed in 0..3 {
        run(&world, Made { seed, values: vec![f64::NAN], ..Made::default() }).await;
        run(&world, Made { seed, frozen: true, values: Vec::new(), ..Made::default() }).await;
    }
    let lacking = of(|by| by.metric = Some("knn_top1".to_owned()));
    assert!(
        refused(&world, lacking).await.message.contains("3 of the 6 runs that have ended have no `knn_top1`")
    );
    let world = World::new().await;
    for seed in 0..3 {
        for frozen in [false, true] {
            run(&world, Made { seed, frozen, values: vec![f64::NAN], ..Made::default() }).await;
        }
    }
    assert!(refused(&world, plain()).await.message.contains("not finite in any run"));

    let world = World::new().await;
    assert!(refused(&world, ReportBy::default()).await.message.contains("no run matches"));
    let world = arms(&[0.02, 0.021, 0.02]).await;
    for name in ["report.pdf", "report"] {
        let path = world.folder.path().join(name);
        let error = save(&world.context, &plain(), &path).await.unwrap_err();
        assert_eq!((error.exit_code(), error.hints), (2, vec!["end its name with .html or .md".to_owned()]));
    }
    let sweep = of_sweep("ffffffff", Language::En);
    assert!(draft(&world.context, &sweep).await.is_err());
}
