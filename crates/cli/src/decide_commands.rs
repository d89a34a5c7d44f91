//! `vitals compare --by`: arms with their values, and for each what the pairs allow to say; `vitals table`, `vitals report`.

use vitals_api::decide::{self, written};
use vitals_api::dto::{Arm, ArmComparison, ArmVerdict, DecideBy, Decision, ReportBy, SheetBy};
use vitals_api::{Context, Language, Result, report, tabulate};

use crate::args::{CompareArgs, ReportArgs, TableArgs};
use crate::out::Out;
use crate::text::{Table, alike, counted, duration};

pub async fn compare(context: &Context, args: CompareArgs, out: &Out) -> Result<u8> {
    let CompareArgs { by, condition, metric, smallest_effect, baseline, correction, .. } = args;
    let filter = condition.unwrap_or_default();
    let asked = DecideBy { by, filter, metric, smallest_effect, baseline, correction };
    let decision = decide::decide(context, &asked).await?;
    if out.json {
        out.document(&decision)?;
    } else {
        arms(&decision, out);
        decision.comparisons.iter().for_each(|one| comparison(&decision, one, out));
        if decision.left_out > 0 {
            out.remark(format!(
                "{} left out: their parameters are not known",
                counted(decision.left_out, "imported run")
            ));
        }
    }
    Ok(0)
}

pub async fn table(context: &Context, args: TableArgs, out: &Out) -> Result<u8> {
    let TableArgs { condition, sweep, columns, group, format } = args;
    let sheet = tabulate::sheet(context, &SheetBy { filter: condition, sweep, columns, group }).await?;
    if out.json {
        out.document(&sheet)?;
    } else {
        out.lines(tabulate::write(&sheet, &format)?.trim_end());
    }
    Ok(0)
}

pub async fn report(context: &Context, args: ReportArgs, out: &Out) -> Result<u8> {
    let ReportArgs { sweep, condition, out: path, by, metric, smallest_effect, baseline, correction, .. } =
        args;
    let filter = condition.unwrap_or_default();
    let of = DecideBy { by, filter, metric, smallest_effect, baseline, correction };
    let language = if args.language == "ko" { Language::Ko } else { Language::En };
    let of = ReportBy { of, sweep, language, title: args.title, paragraph: args.paragraph };
    let written = report::save(context, &of, &path).await?;
    if out.json {
        out.document(&written)?;
    } else {
        out.line(&written.path);
        if let Some(folder) = &written.made {
            out.remark(format!("made the folder {folder}"));
        }
        if let Some(large) = &written.large {
            out.remark(large);
        }
    }
    Ok(0)
}

fn arms(decision: &Decision, out: &Out) {
    let numbers: Vec<f64> = decision
        .arms
        .iter()
        .flat_map(|arm| {
            [arm.mean, arm.std, arm.interval.map(|(low, _)| low), arm.interval.map(|(_, high)| high)]
        })
        .flatten()
        .collect();
    let number = alike(&numbers);
    let value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), &number);
    let mut table = Table::new(&[&decision.by.join(", "), "n", "failed", "mean", "std", "95 % interval"]);
    for (place, arm) in decision.arms.iter().enumerate() {
        let Arm { n, failed, mean, std, interval, .. } = arm;
        let name = written(&arm.value);
        table.row(vec![
            if place == 0 { format!("{name} (baseline)") } else { name },
            n.to_string(),
            failed.to_string(),
            value(*mean),
            value(*std),
            interval
                .map_or_else(|| "–".to_owned(), |(low, high)| format!("{} to {}", number(low), number(high))),
        ]);
    }
    out.line(format!("{}.{}", decision.metric, decision.value));
    table.lines().iter().for_each(|line| out.line(line));
    out.line("");
}

fn comparison(decision: &Decision, one: &ArmComparison, out: &Out) {
    let verdict = match one.verdict {
        ArmVerdict::Helps => "helps",
        ArmVerdict::Hurts => "hurts",
        ArmVerdict::NoDifference => "no difference that matters",
        ArmVerdict::Undecided => "not enough seeds",
        ArmVerdict::NotComparable => "not comparable",
    };
    out.line(format!("{} instead of {}: {verdict}", written(&one.arm), written(&decision.baseline)));
    if let Some((difference, (low, high))) = one.difference.zip(one.interval) {
        let values = [difference, low, high];
        let number = alike(&values);
        let p =
            one.p_sign_flip.map(|p| format!(", exact sign-flip p {}", alike(&[p])(p))).unwrap_or_default();
        let [difference, low, high] = values.map(number);
        out.line(format!("  difference {difference}, 95 % interval {low} to {high}{p}"));
    }
    out.line(format!("  {}", one.why));
    if one.failures.arm.0 + one.failures.baseline.0 > 0 {
        let ((arm, of), (baseline, _)) = (one.failures.arm, one.failures.baseline);
        let p = alike(&[one.failures.p])(one.failures.p);
        out.line(format!("  failed: {arm} of {of} with it, {baseline} of {of} without (exact p {p})"));
    }
    if let Some(missing) = one.missing_pairs.filter(|missing| *missing > 0) {
        let cost =
            one.cost_seconds.map(|seconds| format!(", about {}", duration(seconds))).unwrap_or_default();
        let chance = one
            .assurance
            .map(|chance| match 100.0 * chance {
                chance if chance < 1.0 => "; chance that they give a verdict: under 1 %".to_owned(),
                chance => format!("; chance that they give a verdict: {chance:.0} %"),
            })
            .unwrap_or_default();
        let coming = match one.pairs_on_the_way {
            0 => String::new(),
            coming => format!(", {coming} of them on the way"),
        };
        out.line(format!("  {} missing{coming}{cost}{chance}", counted(missing, "pair")));
    }
}
