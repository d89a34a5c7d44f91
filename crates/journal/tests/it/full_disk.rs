//! A disk that fills up and is emptied again, a queue that is too small, a disk that dies.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vitals_journal::{
    Column, JournalError, ReadOutcome, Record, Sink, Stall, StreamId, Writer, WriterOptions,
};

use crate::support::{header, read_all};

/// A disk in memory that takes a few bytes at a time and has the errors that it is given.
#[derive(Clone, Default)]
struct Disk {
    bytes: Arc<Mutex<Vec<u8>>>,
    error: Arc<Mutex<Option<i32>>>,
    slow: Arc<AtomicBool>,
}

impl Disk {
    fn fail_with(&self, errno: Option<i32>) {
        *self.error.lock().unwrap() = errno;
    }

    fn ask(&self) -> io::Result<()> {
        self.error.lock().unwrap().map_or(Ok(()), |errno| Err(io::Error::from_raw_os_error(errno)))
    }
}

impl Sink for Disk {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.ask()?;
        if self.slow.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let count = bytes.len().min(100);
        self.bytes.lock().unwrap().extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn sync(&self) -> io::Result<()> {
        self.ask()
    }
}

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

fn over(disk: &Disk, queue_bytes: usize) -> (Writer, StreamId, Receiver<Option<Stall>>) {
    let (tell, told): (SyncSender<Option<Stall>>, _) = sync_channel(100);
    let on_stall = Box::new(move |stall: Option<&Stall>| tell.send(stall.cloned()).unwrap());
    let options = WriterOptions { queue_bytes, on_stall: Some(on_stall) };
    let writer = Writer::over(disk.clone(), header(1, 0), options).unwrap();
    let id = writer.stream("step", vec![Column::f64("loss", "")]).unwrap();
    (writer, id, told)
}

fn records(disk: &Disk) -> Vec<Record> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    std::fs::write(&path, &*disk.bytes.lock().unwrap()).unwrap();
    let (records, end) = read_all(&path);
    assert!(matches!(end, ReadOutcome::NotYet { pending: 0, .. }), "{end:?}");
    records
}

fn steps(records: &[Record]) -> Vec<u64> {
    records
        .iter()
        .filter_map(|record| if let Record::Row(row) = record { Some(row.step) } else { None })
        .collect()
}

#[test]
fn a_full_disk_is_waited_out_and_nothing_is_lost() {
    let disk = Disk::default();
    let (writer, id, told) = over(&disk, 64 << 20);
    writer.sync().unwrap();
    disk.fail_with(Some(ENOSPC));
    for step in 0..50 {
        writer.row(id, step, 0.0, &[1.0]).unwrap();
    }
    let stall = told.recv_timeout(Duration::from_secs(30)).unwrap().unwrap();
    assert!(stall.reason.contains("No space left"), "{}", stall.reason);
    assert_eq!(writer.stalled(), Some(stall));
    for step in 50..100 {
        writer.row(id, step, 0.0, &[1.0]).unwrap();
    }
    disk.fail_with(None);
    assert_eq!(told.recv_timeout(Duration::from_secs(30)).unwrap(), None);
    writer.sync().unwrap();
    assert_eq!(writer.stalled(), None);
    drop(writer);
    let records = records(&disk);
    assert_eq!(steps(&records), (0..100).collect::<Vec<_>>());
    let event =
        records.iter().find_map(|record| if let Record::Event(event) = record { Some(event) } else { None });
    let event = event.expect("the stall stands in the journal");
    assert_eq!(event.kind, "stalled");
    assert!(event.data["lasted_secs"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_full_queue_makes_the_caller_wait_and_the_wait_is_recorded() {
    let disk = Disk::default();
    let (writer, id, told) = over(&disk, 300);
    disk.fail_with(Some(ENOSPC));
    let last = 40;
    std::thread::scope(|scope| {
        let writer = &writer;
        let recording = scope.spawn(move || {
            for step in 0..=last {
                writer.row(id, step, 0.0, &[1.0]).unwrap();
            }
        });
        told.recv_timeout(Duration::from_secs(30)).unwrap().unwrap();
        assert!(!recording.is_finished(), "41 rows do not fit into 300 bytes");
        disk.fail_with(None);
        recording.join().unwrap();
    });
    assert!(writer.waited() > Duration::ZERO);
    let waited = writer.waited().as_secs_f64();
    drop(writer);
    let records = records(&disk);
    assert_eq!(steps(&records), (0..=last).collect::<Vec<_>>());
    let waits: Vec<f64> = records
        .iter()
        .filter_map(|r| if let Record::Wait(wait) = r { Some(wait.wait_secs) } else { None })
        .collect();
    assert!(!waits.is_empty());
    assert!((waits.iter().sum::<f64>() - waited).abs() < 1e-6, "{waits:?} {waited}");
}

#[test]
fn a_disk_that_dies_is_told_to_every_caller() {
    let disk = Disk::default();
    let (writer, id, _) = over(&disk, 64 << 20);
    disk.fail_with(Some(EIO));
    let error = writer.sync().unwrap_err();
    assert!(
        matches!(&error, JournalError::WriterFailed { reason } if reason.contains("Input/output")),
        "{error}"
    );
    assert!(matches!(writer.row(id, 0, 0.0, &[1.0]), Err(JournalError::WriterFailed { .. })));
    drop(writer);
}

#[test]
fn dropping_the_writer_writes_what_is_left() {
    let disk = Disk::default();
    disk.slow.store(true, Ordering::Relaxed);
    let (writer, id, _) = over(&disk, 64 << 20);
    for step in 0..1000 {
        writer.row(id, step, 0.0, &[f64::NAN]).unwrap();
    }
    drop(writer);
    assert_eq!(steps(&records(&disk)).len(), 1000);
}
