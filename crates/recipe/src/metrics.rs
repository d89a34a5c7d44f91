//! The metric table: one declaration a metric makes its name in code, its row in `METRICS`, its column in the journal and
//! its documentation. To add a metric, compute it in the engine and add its lines here. Groups are the journal's streams:
//! what is recorded at the same steps shares one.

use crate::metric::{Better, MetricRow, Of, Panel, Reads, Role, Stored, split};

macro_rules! or {
    ($default:expr) => {
        $default
    };
    ($default:expr, $value:expr) => {
        $value
    };
}

macro_rules! metric_table {
    ($($stream:ident {$(
        $(#[doc = $help:literal])+
        $key:ident: $stored:ident = $name:literal $(/ $of:ident)?, $title:literal
            $(, unit $unit:literal)?
            , role $role:ident
            $(, panel $panel:ident)?
            $(, better $better:ident)?
            $(, reads $reads:ident)?
        ;
    )+})+) => {
        /// Every metric that is recorded anywhere.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {$($(
            $(#[doc = $help])+
            $key,
        )+)+}

        impl Metric {
            pub const ALL: &[Metric] = &[$($(Metric::$key,)+)+];
        }

        /// The row of every metric, in the order of [`Metric::ALL`].
        pub const METRICS: &[MetricRow] = &[$($(
            MetricRow {
                key: stringify!($key),
                name: $name,
                title: $title,
                of: or!(Of::Run $(, Of::$of)?),
                stream: stringify!($stream),
                stored: Stored::$stored,
                unit: or!("" $(, $unit)?),
                role: Role::$role,
                scheduled: Role::$role.is_scheduled(),
                panel: or!(Panel::All $(, Panel::$panel)?),
                better: or!(Better::Neither $(, Better::$better)?),
                reads: or!(Reads::Plain $(, Reads::$reads)?),
                help: concat!($($help),+).trim_ascii(),
            },
        )+)+];
    };
}

metric_table! {
    step {
        /// What training minimises, mean over the batch.
        Loss: F32 = "loss", "Loss", role Loss, panel Curves, better Lower;
        /// Of the step, warm-up, schedule and disturbance included.
        LearningRate: F64 = "learning_rate", "Learning rate", role LearningRate, panel Curves, reads Scientific;
        /// Weight of the past in the momentum encoder.
        EncoderMomentum: F64 = "encoder_momentum", "Encoder momentum", role EncoderMomentum, panel Optimizer;
        /// Spread of the batch's normalised features: √D × the mean over dimensions of their deviation. 1 is spread, 0 is
        /// collapse.
        FeatureStd: F32 = "feature_std", "Feature std", role FeatureSpread, panel Gradients, better Higher;
        /// Mean cosine between the features of different images.
        FeatureCosine: F32 = "feature_cosine", "Feature cosine", role FeatureCosine, panel Gradients, better Lower;
        /// From the end of one step to the end of the next, evaluation left out.
        StepSeconds: F32 = "step_seconds", "Step time", unit "s", role System, panel System, better Lower, reads Milliseconds;
        /// What of the step's time was waiting for the loader.
        DataWaitSeconds: F32 = "data_wait_seconds", "Wait for data", unit "s", role System, panel System, better Lower, reads Milliseconds;
        /// Images trained on each second, smoothed.
        ImagesPerSecond: F32 = "images_per_second", "Images per second", unit "images/s", role Throughput, panel System, better Higher;
    }
    gradients {
        /// L2 norm of the raw gradient over all trained tensors, before clipping.
        GradNorm: F32 = "grad_norm", "Gradient norm", role TotalNorm, panel Gradients;
        /// L2 norm of the raw gradient of a layer. A frozen layer reports the gradient it would have had.
        LayerNorm: F32 = "grad_norm" / Layer, "Gradient norm", role LayerNorm, panel Curves;
        /// L2 norm of the raw gradient of a tensor, under its checkpoint name.
        TensorNorm: F32 = "grad_norm" / Tensor, "Gradient norm", role TensorNorm;
        /// Largest absolute value in the raw gradient of a layer.
        GradMax: F32 = "grad_max" / Layer, "Largest gradient", role LayerValue, panel Gradients;
        /// How far a step moved a layer: norm of the change over norm of the weights before it.
        UpdateRatio: F32 = "update_ratio" / Layer, "Update ratio", role LayerValue, panel Optimizer, reads Scientific;
        /// Root of the mean of gradient² over Adam's second moment; far above 1 where the moment lags behind the gradient.
        AdamRms: F32 = "adam_rms" / Layer, "Adam RMS", role LayerValue, panel Optimizer;
    }
    attention {
        /// How spread the attention of a block is, from 0 (one token) to 1 (all alike).
        AttentionEntropy: F32 = "attention_entropy" / Block, "Attention entropy", role LayerValue;
    }
    precision {
        /// What half precision multiplies the loss with, so that small gradients stay above zero.
        LossScale: F32 = "loss_scale", "Loss scale", role Other;
    }
    evaluation {
        /// Held-out kNN top-1 accuracy; the bank is a queue of training features.
        KnnTop1: F32 = "knn_top1", "kNN accuracy", role KnnAccuracy, panel Curves, better Higher, reads Percent;
    }
    evaluation_fixed {
        /// The same against a fixed bank of training images without augmentation, evaluated anew.
        KnnTop1Fixed: F32 = "knn_top1_fixed", "Fixed-bank kNN accuracy", role KnnFixedBank, panel Curves, better Higher, reads Percent;
    }
    baseline {
        /// The same bank and queries as raw pixels: what no training at all gives.
        KnnTop1Pixels: F32 = "knn_top1_pixels", "Raw-pixel kNN accuracy", role KnnPixels, better Higher, reads Percent;
    }
    probe {
        /// Top-1 accuracy of the probe on held-out images.
        ProbeTop1: F32 = "probe_top1", "Top-1 probe accuracy", role ProbeAccuracy, panel Curves, better Higher, reads Percent;
        /// Held-out images whose class is among the probe's five best.
        ProbeTop5: F32 = "probe_top5", "Top-5 probe accuracy", role Other, panel Curves, better Higher, reads Percent;
        /// Cross-entropy of the probe on held-out images.
        ProbeLoss: F32 = "probe_loss", "Held-out probe loss", role ProbeLoss, panel Curves, better Lower;
    }
    system {
        /// Main memory that the worker holds.
        ResidentMemoryBytes: F64 = "resident_memory_bytes", "Worker memory", unit "bytes", role System, panel System, better Lower, reads Bytes;
        /// Time that training has waited for the journal, in all; above zero where the disk is too slow.
        JournalWaitSeconds: F64 = "journal_wait_seconds", "Wait for the journal", unit "s", role System, better Lower;
    }
    device {
        /// Memory that the worker holds on its device.
        DeviceMemoryBytes: F64 = "device_memory_bytes", "Device memory", unit "bytes", role System, panel System, better Lower, reads Bytes;
    }
}

impl Metric {
    pub const fn row(self) -> &'static MetricRow {
        // The table makes a variant and a row of each entry, in one order.
        &METRICS[self as usize]
    }

    /// The series' name, or what stands before the slash.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    pub const fn role(self) -> Role {
        self.row().role
    }

    /// The name of the series of one layer, tensor or block.
    pub fn member(self, member: &str) -> String {
        format!("{}/{member}", self.name())
    }

    /// The layer, tensor or block that a name of this metric names.
    pub fn member_of(self, name: &str) -> Option<&str> {
        split(name).and_then(|(family, member)| (family == self.name()).then_some(member))
    }
}

/// The metric of a series that the table knows. Layers and tensors share a family's name, so the role of the series
/// chooses; without one a family's first row answers.
pub fn metric(name: &str, role: Option<Role>) -> Option<Metric> {
    let (family, is_one_of_many) = split(name).map_or((name, false), |(family, _)| (family, true));
    let mut rows = Metric::ALL
        .iter()
        .copied()
        .filter(|metric| metric.name() == family && (metric.row().of != Of::Run) == is_one_of_many);
    let first = rows.clone().next();
    rows.find(|metric| role == Some(metric.role())).or(first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_metric_is_found_by_its_name_and_role() {
        for (index, one) in Metric::ALL.iter().enumerate() {
            assert_eq!(*one as usize, index);
            let name = match one.row().of {
                Of::Run => one.name().to_owned(),
                _ => one.member("some.thing"),
            };
            assert_eq!(metric(&name, Some(one.role())), Some(*one), "{name}");
        }
        assert_eq!(metric("grad_norm/some.thing", None), Some(Metric::LayerNorm));
        assert_eq!(metric("grad_norm", None), Some(Metric::GradNorm));
        assert_eq!(metric("grad_max", None), None);
        assert_eq!(metric("loss/train", None), None);
    }

    #[test]
    fn no_two_rows_are_the_same_series() {
        let patterns: BTreeSet<String> = METRICS.iter().map(MetricRow::pattern).collect();
        assert_eq!(patterns.len(), METRICS.len());
        assert!(METRICS.iter().all(|row| !row.help.is_empty() && row.help.ends_with('.')));
    }
}
