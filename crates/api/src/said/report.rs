//! The words of a report, but for those that Decide has: headings, captions, and the paragraph that answers the question. Numbers
//! come as text, written once.

vitals_recipe::sentences! {
    /// Words of a report.
    pub enum Report in "report" {
        Name = "Vitals report";
        OfSweep = "sweep";
        Revision { number: String } = "revision {number}";
        OfRuns = "runs";
        AllRuns = "all runs of a workspace";
        Written { at: String } = "written {at} UTC";
        OneFile = "one file, nothing is loaded, no script";
        AsOf { living: String, runs: String, step: String } =
            "As of step {step}: {living} of {runs} runs have not ended, and what is said may change.";
        Unread { runs: String } = "Could not be read, and is missing below: {runs}.";
        LeftOutRuns { count: String } = "Left out, as they were cancelled or got lost: {count}.";

        TitleOne { arm: String, metric: String } = "Does {arm} change {metric}?";
        TitleMany { count: String, metric: String } = "Which of {count} changes moves {metric}?";
        Setting { data: String, steps: String, runs: String, baseline: String } =
            "On {data}, {steps} steps, {runs} runs, against {baseline}:";
        Helps { arm: String, difference: String, rest: String } = "**{arm} helps: {difference}** ({rest})";
        Hurts { arm: String, difference: String, rest: String } = "**{arm} hurts: {difference}** ({rest})";
        HelpsLittle { arm: String, difference: String, rest: String, delta: String } =
            "{arm} helps, by less than the {delta} that would matter: {difference} ({rest})";
        HurtsLittle { arm: String, difference: String, rest: String, delta: String } =
            "{arm} hurts, by less than the {delta} that would matter: {difference} ({rest})";
        Rest { interval: String, pairs: String, p: String } = "95 % interval {interval}, {pairs} pairs, p {p}";
        Corrected { p: String, name: String } = "{p} corrected: {name}";
        NoDifference { arm: String, delta: String, interval: String, pairs: String } =
            "{arm} makes no difference larger than {delta} (90 % interval {interval}, {pairs} pairs)";
        NotSettled { arm: String, pairs: String } = "{arm} is not settled: too few pairs ({pairs})";
        NotSettledMany { arms: String } = "not settled, too few pairs: {arms}";
        NotSettledFailures { arm: String, with: String, without: String, of: String } =
            "{arm} is not settled: of {of} pairs {with} failed with it and {without} without";
        NotComparable { arm: String, why: String } = "{arm} cannot be compared: {why}";
        Further { count: String } = "further changes, below: {count}";
        Failed { failed: String, runs: String } = "{failed} of {runs} runs failed, collapsed or have no finite value.";

        Data = "Data";
        Images { name: String, images: String } = "{name}, {images} images";
        Fingerprint = "Fingerprint";
        Trained = "Trained by";
        Batch { count: String } = "batch {count}";
        Rate { rate: String } = "base rate {rate}";
        Length = "Length";
        Steps { steps: String } = "{steps} steps";
        Runs = "Runs";
        RunsOfArms { runs: String, arms: String } = "{runs} of {arms} arms";
        AllFinished = "all finished";
        Finished { count: String } = "{count} finished";
        FailedCount { count: String } = "{count} failed";
        Living { count: String } = "{count} not ended";
        JudgedBy = "Judged by";
        Delta = "Smallest effect of interest δ";
        NoDelta = "none declared";
        Cost = "Cost";
        CostOn { time: String, devices: String } = "{time} of run time on {devices}";
        CostTime { time: String } = "{time} of run time";
        NotRecorded = "not recorded";
        Versions = "Code";

        Step = "step";
        Curves = "Curves";
        Figure { number: String } = "Figure {number}.";
        Table { number: String } = "Table {number}.";
        CurvesCaption { metric: String } =
            "{metric} over steps. Thick: mean over seeds, n beside its name; band: 95 % interval of that mean (Student t), where three seeds or more have a value.";
        CurvesSeeds { arm: String, baseline: String } = "Faint: each seed of {arm} and of {baseline}.";
        CurvesOthers { count: String } = "The other arms ({count}): means without a band.";
        FromStep { step: String } = "From step {step} on; the data have all.";
        NoCurves = "No run has recorded this metric over steps.";
        DataCsv = "Data, CSV";
        Forest = "Differences from the baseline";
        ForestCaption { baseline: String, outcome: String } =
            "Difference to {baseline} in {outcome}, paired by seed; n counts pairs.";
        Results = "Results";
        ResultsCaption { runs: String } =
            "Mean ± standard deviation over seeds (n) of {runs} runs; what failed, collapsed or has no finite value is in no mean and counted beside.";
        ResultsTied =
            "Bold: the best. †: not separated from it (exact sign flips over pairs of one seed, Holm over the column, 0.05); this is no verdict, those stand in figure 2.";
        Arm = "Arm";
        SpikesRun = "Spikes a run";
        FailedColumn = "Failed";
        RunsCsv = "Every run, CSV";
        Largest = "Around the largest event";
        LargestCaption { of: String, runs: String } =
            "Gradient norm by layer over its own running median, input at the top, and {of} below; {runs} runs of one seed (n 1 each).";
        LargestAlone { of: String } =
            "Gradient norm by layer over its own running median, input at the top, and {of} below; one run (n 1): no other arm has its seed.";
        LargestScale = "× its median";
        FrozenRow = "Dashed row: the frozen projection's gradient is computed for display and not applied.";
        SpikeAt { step: String, size: String } = "spike at {step}, z {size}";
        NoSpikes = "no spike here";
        NoSpikeAtAll { runs: String, steps: String } = "None in {runs} runs, {steps} steps.";
        Events = "Events";
        Run = "Run";
        Onset = "Onset";
        MovedFirst = "Moved first";
        Size = "Size, z";
        Lead = "Last layer, steps";
        Dip = "Dip";
        Recovered = "Recovered, steps";
        Together = "several at once";
        EventsCaption { shown: String, spikes: String, dips: String, runs: String } =
            "Spikes: the {shown} largest of {spikes}. Dips: {dips}. Runs: n {runs}.";
        Injected { count: String } = "Spikes that the recipe injected are left out: {count}.";
        LeadCaption { layer: String, first: String, of: String } =
            "{layer} moved first in {first} of the {of} spikes in which it and others took part.";
        EventsCsv = "All events, CSV";
        Differs = "What differs";
        Parameter = "Parameter";
        Baseline = "Baseline";
        Values { count: String } = "{count} values";
        DiffersCaption { equal: String, all: String, runs: String } =
            "{equal} of {all} parameters are equal in all {runs} runs.";
        Again = "Run it again";
        AgainRemark { runs: String, time: String } = "runs: {runs}, {time}; on the CPU the same bits,";
        AgainRemarkGpu = "on a GPU within the spread of the seeds";
        AgainId = "SWEEP is the id that the line above prints";
        AgainFile = "Inside this report:";
        AgainRuns = "These runs come from no sweep file; the text that makes each of them again is inside this report:";
        AgainNothing = "These runs come from no sweep file.";
        End = "Intervals are of means over seeds: they do not speak of other data or other lengths.";
        Large { size: String, part: String, of: String } =
            "This report has {size}; most of it is “{part}”, {of}.";
    }
}
