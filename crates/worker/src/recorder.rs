//! What a run or a probe records, as streams of the journal. Names, units, roles and streams are those of the table of
//! metrics; which values there are is told by the engine's reports. Nothing is listed here.

use std::time::{Duration, Instant};

use vitals_engine::{Trainer, Values};
use vitals_journal::{Column, JournalError, StreamId, Writer};
use vitals_recipe::{Metric, Of, Stored, layers};

/// Weight of the past in the rate of images; a single step's rate jumps too much to predict an end from.
const RATE_SMOOTHING: f64 = 0.9;

/// What every run has recorded, so that its streams stand first in the journal, whatever is measured first.
const FIRST: [Metric; 2] = [Metric::Loss, Metric::ResidentMemoryBytes];

/// How long a step took and what of it was waiting.
#[derive(Debug, Clone, Copy)]
pub struct StepTime {
    /// From the end of the last step to the end of this one, evaluation left out.
    pub whole: Duration,
    /// Waiting for the loader.
    pub data_wait: Duration,
}

/// Images a second, smoothed.
#[derive(Debug, Default)]
struct Rate(Option<f64>);

impl Rate {
    /// The rate after a step of `batch` images that lasted so long.
    fn of(&mut self, batch: u32, time: Duration) -> f64 {
        let now = f64::from(batch) / time.as_secs_f64().max(f64::MIN_POSITIVE);
        let rate = self.0.map_or(now, |past| RATE_SMOOTHING * past + (1.0 - RATE_SMOOTHING) * now);
        self.0 = Some(rate);
        rate
    }
}

/// Layers and tensors of a network, which name the series of metrics that have one for each.
#[derive(Debug, Clone, Default)]
pub struct Members {
    layers: Vec<String>,
    tensors: Vec<String>,
    /// The place in `layers` of each tensor's layer.
    tensor_layers: Vec<usize>,
}

impl Members {
    pub fn of(trainer: &Trainer) -> Self {
        Self {
            layers: trainer.layers().to_vec(),
            tensors: trainer.tensors().to_vec(),
            tensor_layers: trainer.tensor_layers().to_vec(),
        }
    }

    /// The columns of a metric that has `count` values a row.
    fn columns(&self, metric: Metric, count: usize) -> Vec<Column> {
        let of_layer =
            |layer: &String| (metric.member(layer), self.layers.iter().position(|known| known == layer));
        let named: Vec<(String, Option<usize>)> = match metric.row().of {
            Of::Run => vec![(metric.name().to_owned(), None)],
            Of::Layer => self.layers.iter().map(of_layer).collect(),
            Of::Block => (0..count).map(|index| of_layer(&layers::block(index))).collect(),
            Of::Tensor => {
                let places = self.tensor_layers.iter().copied().map(Some);
                self.tensors.iter().map(|tensor| metric.member(tensor)).zip(places).collect()
            }
        };
        let declare = |(name, place): (String, Option<usize>)| {
            let unit = metric.row().unit;
            let column = match metric.row().stored {
                Stored::F32 => Column::f32(name, unit),
                Stored::F64 => Column::f64(name, unit),
            };
            column.meaning(metric.role(), place.and_then(|place| u32::try_from(place).ok()))
        };
        named.into_iter().map(declare).collect()
    }
}

/// A stream as declared.
struct Declared {
    name: &'static str,
    id: StreamId,
    metrics: Vec<Metric>,
}

/// Writes rows to the journal. A stream is declared with its first row, and has from then on the metrics that it had there.
pub struct Recorder<'a> {
    journal: &'a Writer,
    began: Instant,
    members: Members,
    streams: Vec<Declared>,
    rate: Rate,
    row: Vec<f64>,
}

impl<'a> Recorder<'a> {
    pub fn new(journal: &'a Writer, members: Members) -> Self {
        let (streams, row) = (Vec::new(), Vec::new());
        Self { journal, began: Instant::now(), members, streams, rate: Rate::default(), row }
    }

    /// Declares the streams that every run has.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn declare(&mut self) -> Result<(), JournalError> {
        for first in FIRST {
            let stream = first.row().stream;
            let of_stream = |metric: &&Metric| metric.row().stream == stream;
            let metrics: Vec<Metric> = Metric::ALL.iter().filter(of_stream).copied().collect();
            let columns = metrics.iter().flat_map(|metric| self.members.columns(*metric, 1)).collect();
            let id = self.journal.stream(stream, columns)?;
            self.streams.push(Declared { name: stream, id, metrics });
        }
        Ok(())
    }

    /// Records what was measured at a step; each stream's metrics become one row of it.
    ///
    /// # Errors
    /// The journal cannot be written, or a stream has other metrics than in its first row.
    pub fn record(&mut self, step: u64, mut values: Vec<(Metric, Values<'_>)>) -> Result<(), JournalError> {
        let elapsed = self.began.elapsed().as_secs_f64();
        values.sort_by_key(|(metric, _)| *metric);
        for row in values.chunk_by(|(one, _), (next, _)| one.row().stream == next.row().stream) {
            let Some((first, _)) = row.first() else { continue };
            let id = self.stream(first.row().stream, row)?;
            self.row.clear();
            for (_, values) in row {
                match values {
                    Values::One(value) => self.row.push(*value),
                    Values::Each(values) => self.row.extend(values.iter().map(|&value| f64::from(value))),
                }
            }
            self.journal.row(id, step, elapsed, &self.row)?;
        }
        Ok(())
    }

    /// Records a step of `batch` images, with the time it took.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    pub fn step(
        &mut self,
        step: u64,
        mut values: Vec<(Metric, Values<'_>)>,
        time: StepTime,
        batch: u32,
    ) -> Result<(), JournalError> {
        values.extend([
            (Metric::StepSeconds, Values::One(time.whole.as_secs_f64())),
            (Metric::DataWaitSeconds, Values::One(time.data_wait.as_secs_f64())),
            (Metric::ImagesPerSecond, Values::One(self.rate.of(batch, time.whole))),
        ]);
        self.record(step, values)
    }

    /// What the process uses; of a device's memory where that is known.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    pub fn system(&mut self, step: u64, resident: u64, device: Option<u64>) -> Result<(), JournalError> {
        let mut values = vec![
            (Metric::ResidentMemoryBytes, Values::One(resident as f64)),
            (Metric::JournalWaitSeconds, Values::One(self.journal.waited().as_secs_f64())),
        ];
        values.extend(device.map(|bytes| (Metric::DeviceMemoryBytes, Values::One(bytes as f64))));
        self.record(step, values)
    }

    /// The stream of that name, declared with the metrics of this row where it is new.
    fn stream(&mut self, name: &'static str, row: &[(Metric, Values<'_>)]) -> Result<StreamId, JournalError> {
        let metrics = row.iter().map(|(metric, _)| *metric);
        if let Some(known) = self.streams.iter().find(|known| known.name == name) {
            // Values in another order than the columns would be a lie that nobody sees.
            return match metrics.eq(known.metrics.iter().copied()) {
                true => Ok(known.id),
                false => Err(JournalError::BadStream {
                    stream: name.to_owned(),
                    what: "its rows have other metrics than its first; give them a stream of their own"
                        .to_owned(),
                }),
            };
        }
        let columns = row.iter().flat_map(|(metric, values)| {
            let count = match values {
                Values::One(_) => 1,
                Values::Each(values) => values.len(),
            };
            self.members.columns(*metric, count)
        });
        let id = self.journal.stream(name, columns.collect())?;
        self.streams.push(Declared { name, id, metrics: metrics.collect() });
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use vitals_journal::{Header, ReadOutcome, Reader, Record, Stream, WriterOptions};
    use vitals_recipe::Role;

    use super::*;

    fn recorded(record: impl FnOnce(&mut Recorder<'_>)) -> Vec<Record> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Writer::create(&path, Header::new("r", 1, 0, ""), WriterOptions::default()).unwrap();
        let members = Members {
            layers: ["patch_embed", "blocks.0"].map(str::to_owned).to_vec(),
            tensors: ["base_encoder.patch_embed.proj.weight", "base_encoder.blocks.0.norm1.bias"]
                .map(str::to_owned)
                .to_vec(),
            tensor_layers: vec![0, 1],
        };
        let mut recorder = Recorder::new(&journal, members);
        record(&mut recorder);
        drop(journal);
        let mut reader = Reader::open(&path, 0).unwrap();
        let mut found = Vec::new();
        while let ReadOutcome::Record { record, .. } = reader.finish().unwrap() {
            found.push(record);
        }
        found
    }

    fn streams(records: &[Record]) -> Vec<&Stream> {
        let streams = records.iter().filter_map(|record| match record {
            Record::Stream(stream) => Some(stream),
            _ => None,
        });
        streams.collect()
    }

    #[test]
    fn columns_declare_what_they_mean_and_where_their_layer_lies() {
        let records = recorded(|recorder| {
            recorder.declare().unwrap();
            let values = vec![
                (Metric::AttentionEntropy, Values::Each(&[0.5])),
                (Metric::GradNorm, Values::One(3.0)),
                (Metric::LayerNorm, Values::Each(&[1.0, 2.0])),
                (Metric::TensorNorm, Values::Each(&[1.5, 2.5])),
            ];
            recorder.record(7, values).unwrap();
        });
        let streams = streams(&records);
        let names: Vec<&str> = streams.iter().map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, ["step", "system", "gradients", "attention"]);
        let told = |stream: usize, column: usize| {
            let column = &streams[stream].columns[column];
            (column.name.as_str(), column.role, column.order)
        };
        assert_eq!(told(0, 0), ("loss", Some(Role::Loss), None));
        assert_eq!(told(2, 2), ("grad_norm/blocks.0", Some(Role::LayerNorm), Some(1)));
        assert_eq!(
            told(2, 3),
            ("grad_norm/base_encoder.patch_embed.proj.weight", Some(Role::TensorNorm), Some(0))
        );
        assert_eq!(told(3, 0), ("attention_entropy/blocks.0", Some(Role::LayerValue), Some(1)));
        let rows = records.iter().filter_map(|record| match record {
            Record::Row(row) => Some((row.step, row.values.clone())),
            _ => None,
        });
        assert_eq!(rows.collect::<Vec<_>>(), [(7, vec![3.0, 1.0, 2.0, 1.5, 2.5]), (7, vec![0.5])]);
    }

    #[test]
    fn names_tell_the_same_roles_as_the_declarations() {
        let records = recorded(|recorder| {
            recorder.declare().unwrap();
            let each = |metric: Metric| match metric.row().of {
                Of::Run => Values::One(1.0),
                Of::Block => Values::Each(&[1.0]),
                Of::Layer | Of::Tensor => Values::Each(&[1.0, 2.0]),
            };
            recorder.record(0, Metric::ALL.iter().map(|&metric| (metric, each(metric))).collect()).unwrap();
        });
        for stream in streams(&records) {
            let bare =
                stream.columns.iter().map(|column| Column { role: None, order: None, ..column.clone() });
            let mut told = vitals_journal::with_roles(bare.collect());
            // Blocks stand in a stream without the layers that would tell their places.
            for (told, declared) in
                told.iter_mut().zip(&stream.columns).filter(|_| stream.name == "attention")
            {
                told.order = declared.order;
            }
            assert_eq!(told, stream.columns, "{}", stream.name);
        }
    }

    #[test]
    fn a_row_of_other_metrics_than_the_first_is_refused() {
        recorded(|recorder| {
            recorder.record(0, vec![(Metric::ProbeTop1, Values::One(0.5))]).unwrap();
            let error = recorder.record(1, vec![(Metric::ProbeTop5, Values::One(0.5))]).unwrap_err();
            assert!(error.to_string().contains("a stream of their own"), "{error}");
        });
    }
}
