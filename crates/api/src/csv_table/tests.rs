//! Tables in and out: what we write comes back the same, what others write is read as they mean it, and what is wrong is
//! said at its place.

use proptest::prelude::*;

use super::*;
use crate::said::Noticed;

fn table(text: &str) -> Table {
    read(text.as_bytes()).unwrap().table
}

/// `line:column message`.
fn said(text: &str) -> String {
    match read(text.as_bytes()) {
        Err(Unread::Wrong(Wrong { line, column, said, .. })) => format!("{line}:{column} {said}"),
        other => format!("{other:?}"),
    }
}

/// The table as we write it, and what was noticed.
fn told(text: &str) -> (String, String) {
    let reading = read(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
    let noticed: Vec<String> = reading.noticed.iter().map(Noticed::to_string).collect();
    (reading.table.to_csv(), noticed.join("; "))
}

#[test]
fn cells_gaps_and_values_that_are_no_numbers() {
    let found = table("step,elapsed_seconds,height,\"a,\"\"b\"\n5,0.5,1.25,\n3,0.25,NaN,-inf\n  \n\n");
    assert_eq!(found.names, ["height", "a,\"b"]);
    assert_eq!(found.rows.keys().copied().collect::<Vec<_>>(), [3, 5]);
    assert_eq!(found.rows[&5], (0.5, vec![Some(1.25), None]));
    assert!(found.rows[&3].1[0].is_some_and(f64::is_nan));
    assert_eq!(found.rows[&3].1[1], Some(f64::NEG_INFINITY));
    assert_eq!(table("\u{feff}step,a\r\n1,2\r\n"), table("step,a\n1,2"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    assert_eq!(said(""), "1:1 the file has no header");
    assert_eq!(said("\n \n"), "1:1 the file has no header");
    assert_eq!(said("loss,acc\n"), "1:1 no column holds the steps; there are loss, acc");
    assert_eq!(said("step\n0\n"), "1:1 there is no column of values beside the steps");
    assert_eq!(said("step,loss\n"), "1:1 the file has a header and no rows");
    assert_eq!(said("step,loss\n0,\n1,\n"), "1:1 no row has a value");
    assert_eq!(said("step,loss,loss\n"), "1:11 `loss` cannot be the name of another column");
    assert_eq!(said("Step,loss, loss\n"), "1:11 `loss` cannot be the name of another column");
    assert_eq!(said("step,loss\n1,2,3\n"), "2:1 3 cells, but the header has 2");
    assert_eq!(said("step,loss\n1\n"), "2:1 1 cells, but the header has 2");
    assert_eq!(said("step,loss\n1,2\n2,x\n"), "3:3 `x` is no number");
    assert_eq!(said("step,loss\n0,x\n"), "2:3 `x` is no number");
    assert_eq!(said("Step,loss\n0,x\n1,2\n"), "2:3 `x` is no number");
    assert_eq!(said("step,loss\n-1,2\n"), "2:1 `-1` is no step: a whole number from 0 on");
    assert_eq!(said("Step,loss\n,2\n"), "2:1 the row has values and no step");
    assert_eq!(said("step,loss\n0,\"4,5\"\n"), "2:3 `4,5` has a decimal comma");
    assert_eq!(said("step;loss\n0;4,5\n"), "2:3 `4,5` has a decimal comma");
    assert_eq!(said("Step,loss,\n0,1,\n1,2,3\n"), "3:5 a column without a name has values");
    // Lines are those of the file, whatever ends them and whatever stands in a name or between rows.
    assert_eq!(said("step,\"a\nb\",c\n1,2,3\n\n2,\"3\",x\n"), "5:7 `x` is no number");
    assert_eq!(said("step,\"a,b\",c\r\n1,2,3\r\n\r\n2,y,4\r\n"), "4:3 `y` is no number");
    assert_eq!(said("step,a\r1,2\r\r2,x\r"), "4:3 `x` is no number");
    assert_eq!(said("step,\"a\nb\",\"a\nb\"\n"), "2:4 `a\nb` cannot be the name of another column");
    assert_eq!(
        said("step,loss\n0,4.5\n18446744073709551615,4.4\n"),
        "3:1 step 18446744073709551615 is out of range: the greatest is 9007199254740990"
    );
}

#[test]
fn a_file_of_another_kind_is_named() {
    let said = |bytes: &[u8]| match read(bytes) {
        Err(Unread::Wrong(wrong)) => format!("{}; {}", wrong.said, wrong.hint),
        other => format!("{other:?}"),
    };
    assert_eq!(said(b"\x1f\x8b\x08\0"), "this is no CSV: it is packed with gzip; unpack it first");
    assert_eq!(said(b"\xff\xfes\0t\0"), "this is no CSV: it is text in UTF-16; save it as UTF-8");
    assert!(said(b"PK\x03\x04").starts_with("this is no CSV: it is a zip archive; "));
    assert!(said(b"<!doctype html>").starts_with("this is no CSV: it is a web page; "));
    assert_eq!(said(b"s\0t\0e\0p\0,\0a\0"), "this is no text in UTF-8; save it as UTF-8");
    assert_eq!(said(b"step,l\xe9\n0,1\n"), "this is no text in UTF-8; save it as UTF-8");
}

#[test]
fn rows_of_one_step_are_one_row_and_the_later_of_two_values_counts() {
    let (text, noticed) = told("step,a,b\n49,4.5,\n99,4.4,\n99,,4.41\n");
    assert_eq!(text, "step,a,b\n49,4.5,\n99,4.4,4.41\n");
    assert_eq!(noticed, "rows at a step that was there already, joined with it: 1");
    let (text, noticed) = told("step,a,b\n1,1.0,NaN\n1,2.0,NaN\n0,5.0,\n1,2.0,7.0\n");
    assert_eq!(text, "step,a,b\n0,5.0,\n1,2.0,7.0\n");
    // The first 1.0 gave way to 2.0 and the NaN to 7.0; what is the same meets nothing.
    assert_eq!(
        noticed,
        "rows at a step that was there already, joined with it: 2; \
         values that stood twice at a step, of which the last one counts: 2"
    );
}

#[test]
fn tables_of_other_programs() {
    for (text, expected, noticed) in [
        // W&B's panel, with the run before each metric; its further columns.
        (
            "\"Step\",\"r - 1 - loss\",\"r - 1 - loss__MIN\",\"r - 1 - loss__MAX\"\n\"0\",\"4.5\",\"4.4\",\"4.6\"\n",
            "step,loss\n0,4.5\n",
            "left out, least and greatest of what was drawn: r - 1 - loss__MIN, r - 1 - loss__MAX; \
             the run is called `r - 1` there",
        ),
        // W&B's history, by its library.
        (
            ",_step,_runtime,_timestamp,loss\n0,0,1.5,1700000000.5,4\n1,1,2.5,1700000001.5,3\n",
            "step,elapsed_seconds,loss\n0,1.5,4.0\n1,2.5,3.0\n",
            "left out, the number of the row: ``; steps are those of the column `_step`; left out, further times: _timestamp",
        ),
        // TensorBoard's download: one series.
        (
            "Wall time,Step,Value\n1638352345.5,0,4.5\n1638352347.5,1,4.4\n",
            "step,elapsed_seconds,Value\n0,0.0,4.5\n1,2.0,4.4\n",
            "times are those of the column `Wall time`, counted from the earliest",
        ),
        // TensorBoard's data frame: one value a row.
        (
            "run,tag,step,value,wall_time\na,loss,0,4.5,1638352345\na,acc,0,0.1,1638352345\na,loss,5,4,1638352346\n",
            "step,elapsed_seconds,loss,acc\n0,0.0,4.5,0.1\n5,1.0,4.0,\n",
            "times are those of the column `wall_time`, counted from the earliest",
        ),
        // MLflow, with the spellings of its stores.
        (
            "run_uuid,key,value,step,timestamp,is_nan\nr1,loss,4.5,0,1656483600000,0\nr1,loss,0,1,1656483601500,1\nr1,loss,-1.7976931348623157e308,2,1656483602000,False\n",
            "step,elapsed_seconds,loss\n0,0.0,4.5\n1,1.5,NaN\n2,2.0,-inf\n",
            "times are those of the column `timestamp`, counted from the earliest",
        ),
        // Lightning: training and validation in rows of their own.
        (
            "epoch,step,train_loss,val_loss\n0,49,4.5,\n0,99,4.4,\n0,99,,4.41\n",
            "step,epoch,train_loss,val_loss\n49,0.0,4.5,\n99,0.0,4.4,4.41\n",
            "rows at a step that was there already, joined with it: 1",
        ),
        // pandas: the index, steps as fractions, what is missing, texts.
        (
            ",step,loss,phase\n0,0.0,4.5,train\n1,1.0,,val\n",
            "step,loss\n0,4.5\n1,\n",
            "left out, the number of the row: ``; left out, no numbers: phase",
        ),
        (
            ",loss\n0,4.5\n1,4.4\n",
            "step,loss\n0,4.5\n1,4.4\n",
            "no column is called `step`: the index counts the steps",
        ),
        // Keras and timm count epochs; Ultralytics sets its columns off with blanks.
        (
            "   epoch,   train/box_loss\n   1,   0.5\n",
            "step,train/box_loss\n1,0.5\n",
            "steps are those of the column `epoch`",
        ),
        // A resumed program wrote its header again.
        (
            "Step,loss\n0,1\nStep,loss\n1,2\n",
            "step,loss\n0,1.0\n1,2.0\n",
            "headers within the file, left out: 1",
        ),
        ("step;loss\n0;4.5\n", "step,loss\n0,4.5\n", "cells are separated by semicolons"),
        ("step\tloss\n0\t4.5\n", "step,loss\n0,4.5\n", "cells are separated by tabs"),
        ("Step,loss,\n0,4.5,\n1,4.4,,\n", "step,loss\n0,4.5\n1,4.4\n", ""),
        ("Step,date,loss\n0,x,4.5\n", "step,loss\n0,4.5\n", "left out, no numbers: date"),
        (
            "timestamp,step,loss\n2024-01-01,0,4.5\n",
            "step,loss\n0,4.5\n",
            "left out, further times: timestamp",
        ),
        ("step,loss,never\n0,4.5,\n", "step,loss\n0,4.5\n", "left out, without a value: never"),
    ] {
        assert_eq!(told(text), (expected.to_owned(), noticed.to_owned()), "{text}");
    }
}

#[test]
fn several_runs_in_one_file_are_refused() {
    let panel = "Step,a - loss,a - loss__MIN,b - loss\n0,1,1,2\n";
    assert_eq!(said(panel), "1:6 the file holds several runs: a, b");
    let long = "run_id,key,value,step,timestamp\na,loss,1,0,0\nb,loss,2,0,0\n";
    assert_eq!(said(long), "3:1 the file holds several runs: a, b");
    assert_eq!(said("step,key,value\n0,,1\n"), "2:3 the row names no metric");
}

fn any_table() -> impl Strategy<Value = Table> {
    let name = any::<String>().prop_filter("a name", |name| !name.is_empty() && name != STEP);
    let odd = prop::sample::select(vec![
        ELAPSED,
        "Step",
        "epoch",
        "Wall time",
        "key",
        "value",
        "x__MIN",
        " a",
        "timestamp",
        "index",
    ]);
    let names = prop::collection::btree_set(prop_oneof![name, odd.prop_map(str::to_owned)], 1..5);
    names.prop_flat_map(|names| {
        let value = any::<f64>().prop_map(|value| if value.is_nan() { f64::NAN } else { value });
        let cells = prop::collection::vec(prop::option::of(value), names.len());
        let full = prop::collection::vec(value_strategy().prop_map(Some), names.len());
        let elapsed = (0.0..1e6_f64).boxed();
        let rows = prop::collection::btree_map(0..=cells::MOST_STEP, (elapsed.clone(), cells), 0..6);
        let names: Vec<String> = names.into_iter().collect();
        // A column without any value would be left out.
        (rows, 0..=cells::MOST_STEP, (elapsed, full)).prop_map(move |(mut rows, step, whole)| {
            rows.insert(step, whole);
            Table { names: names.clone(), rows }
        })
    })
}

fn value_strategy() -> impl Strategy<Value = f64> {
    any::<f64>().prop_map(|value| if value.is_nan() { f64::NAN } else { value })
}

/// The text with its cells in quotes and its lines ended otherwise, as another program may write it.
fn otherwise(text: &str, line_end: &str, quoted: bool, mark: bool, last: bool) -> String {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let lines: Vec<String> = reader
        .records()
        .map(|record| {
            let cell = |cell: &str| match quoted || cell.contains(['"', ',', '\n', '\r']) {
                true => format!("\"{}\"", cell.replace('"', "\"\"")),
                false => cell.to_owned(),
            };
            record.unwrap().iter().map(cell).collect::<Vec<_>>().join(",")
        })
        .collect();
    let mark = if mark { "\u{feff}" } else { "" };
    format!("{mark}{}{}", lines.join(line_end), if last { line_end } else { "" })
}

proptest! {
    #[test]
    fn every_table_comes_back_whatever_its_metrics_are_called(found in any_table(), timed in any::<bool>()) {
        let mut found = found;
        if !timed {
            found.rows.values_mut().for_each(|row| row.0 = 0.0);
        }
        let text = found.to_csv();
        let again = table(&text);
        // NaN equals nothing: the text does.
        prop_assert_eq!(again.to_csv(), text);
        prop_assert_eq!(format!("{again:?}"), format!("{found:?}"));
    }

    #[test]
    fn line_ends_quotes_and_a_mark_change_nothing(
        found in any_table(),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", "\r\r"]),
        quoted in any::<bool>(),
        mark in any::<bool>(),
        last in any::<bool>(),
    ) {
        let text = found.to_csv();
        let other = otherwise(&text, line_end, quoted, mark, last);
        prop_assert_eq!(table(&other).to_csv(), text);
    }

    #[test]
    fn any_text_is_a_table_or_wrong_at_a_place_in_it(text in any::<String>(), rows in "[0-9a\",;\r\n]{0,40}") {
        for text in [text, format!("step,a\n{rows}"), format!("Step;a\r{rows}")] {
            if let Err(Unread::Wrong(wrong)) = read(text.as_bytes()) {
                prop_assert!(wrong.line as usize <= text.matches(['\n', '\r']).count() + 1, "{wrong:?}");
            }
        }
    }
}
