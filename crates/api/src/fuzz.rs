//! Entry points for bytes that come from anywhere: what the fuzz targets (`tests/fuzz`) and a test call. Each must return,
//! whatever the bytes are, and checks what it is given back; its answer is whether they were understood. Not for use by
//! programs.

use std::io::BufReader;

use crate::csv_table::{Table, read};

/// A table of series: what is read can be written in our own form, and is read from there as the same.
pub fn csv(bytes: &[u8]) -> bool {
    let Some(table) = table(bytes) else { return false };
    assert!(!table.rows.is_empty() && !table.names.is_empty());
    assert!(table.rows.values().all(|(_, cells)| cells.len() == table.names.len()));
    let written = table.to_csv();
    // By their texts: a NaN is no other NaN's equal.
    assert_eq!(self::table(written.as_bytes()).map(|again| again.to_csv()), Some(written));
    true
}

fn table(bytes: &[u8]) -> Option<Table> {
    // As files are read: the first buffer tells what the file is.
    read(BufReader::with_capacity(1 << 16, bytes)).ok().map(|reading| reading.table)
}

#[cfg(test)]
mod tests {
    use vitals_fixtures::fuzz;

    use super::*;

    /// As we write tables, and as other programs do.
    const TABLES: [&str; 8] = [
        "step,elapsed_seconds,loss,knn_top1\n0,0.5,4.5,\n1,0.75,NaN,0.25\n2,1.0,-inf,\n",
        "step,\"a, \"\"b\"\"\"\n0,1e-3\n9007199254740990,2\n",
        "\u{feff}Step;loss;acc\r\n0;1.5;\r\n",
        "Wall time,Step,Value\n1700000000.5,0,2.5\n1700000001.5,10,2.25\n",
        "\"Step\",\"calm - loss\",\"calm - loss__MIN\",\"calm - loss__MAX\"\n\"0\",\"2.5\",\"2.5\",\"2.5\"\n",
        "run_id,key,value,step,timestamp\nr,loss,2.5,0,1700000000000\nr,acc,0.5,0,1700000000000\n",
        ",epoch,train_loss,note\n0,1,2.5,x\n1,2,\u{2212}2.25,y\n\n,epoch,train_loss,note\n2,3.0,1.#QNAN,\n",
        "iteration\tloss\ttime\n1\t0.5\tnull\n1\t0.75\tNA\n",
    ];

    /// Zeros in a name were taken for text of two bytes a character, and the table that we write was refused.
    #[test]
    fn zeros_in_a_name_come_back() {
        assert!(csv(b"epoch,\0\0\0\0\0\0\0\0\0\0\0\0\n0,1\n"));
        for utf_16 in [&b"s\0t\0e\0p\0,\0a\0\n\x000\0,\x001\0"[..], b"\0s\0t\0e\0p\0,\0a\0\n\x000\0,\x001"] {
            assert!(table(utf_16).is_none());
        }
    }

    /// The separator stood within a letter, and what it left of it in two cells ended the program.
    #[test]
    fn a_letter_in_two_cells_is_no_text() {
        assert!(table(b"step,a\xef,\xbb\xbf\n0,1,2\n").is_none());
        assert!(table("step,a\u{feff},b\n0,1,2\n".as_bytes()).is_some());
    }

    /// What stood where an archive has its mark was an archive once a shorter name of the steps had moved it there.
    #[test]
    fn a_word_of_archives_in_a_name_is_a_name() {
        let name = format!("{}ustar0{}", "a".repeat(257 - "step,".len()), "b".repeat(300));
        assert!(csv(format!("iteration\t{name}\n0\t1\n").as_bytes()));
    }

    #[test]
    fn every_entry_stands_anything() {
        let seeds = TABLES.iter().map(|table| table.as_bytes().to_vec()).collect();
        fuzz("vitals_api", &[("csv", csv, seeds)]);
    }
}
